"""Parameters: value, unit, range, meaning, source and grade on one declaration, and the ledger that lists them.

A parameter is declared once, as the default of a dataclass field::

    flux: Array = parameter(30.0, "L/m2/h", low=5, high=80, doc="permeate flux", source="busatto2018", grade="C")

The scenario reader, the checks, the documentation and the ledger all read that declaration.
"""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim import html, units
from exosim.frames import Frame, Framed, of_rows

Array: TypeAlias = float | NDArray[np.float64]
Grade: TypeAlias = Literal["A", "B", "C", "D"]

GRADES: Mapping[str, str] = {
    "A": "read in the source",
    "B": "derived from what was read",
    "C": "from the literature, not checked",
    "D": "assumption",
}
ASSUMPTION = "assumption"
PLAN = "plan"
"""Grade and source of what the scenario decides, such as a batch size: not a statement about nature."""
_KEY = "parameter"


@dataclass(frozen=True, slots=True)
class Parameter:
    """The declaration of one parameter.

    Attributes
    ----------
    default : value in `unit` when the scenario does not give one; None when the parameter is then not used
    unit : unit in which the field holds its number; ``"1"`` for dimensionless
    low, high : plausible range in `unit`; a fixed value or a median outside it is an error unless the scenario insists
    doc : meaning, as a noun phrase
    source, grade : a key of ``references.toml`` or ``"assumption"``; A read, B derived, C unchecked, D assumption
    critical : whether it is a critical process parameter (ICH Q8)
    planned : whether all draws share it (a schedule, a count), so that it is one number and never a distribution
    whole : whether it is a whole number
    minimum, maximum : hard physical bounds, which no draw may cross
    recovery : whether it is a step recovery, which shares the common batch factor
    repeated : whether it is drawn anew each time, such as the n-th repair of a unit, so that it takes no level
    decided : whether people decide it (a size, a set point, a count), so that a stated number needs no evidence
    """

    default: float | None
    unit: str
    low: float
    high: float
    doc: str
    source: str
    grade: Grade
    critical: bool
    planned: bool
    whole: bool
    minimum: float
    maximum: float
    recovery: bool
    repeated: bool = False
    decided: bool = False

    @property
    def range_text(self) -> str:
        """The plausible range as text, such as ``5..80 L/m2/h``."""
        return f"{units.show(self.low, '1')}..{units.show(self.high, self.unit)}"


def parameter(
    default: float | None,
    unit: str,
    *,
    low: float,
    high: float,
    doc: str,
    source: str = ASSUMPTION,
    grade: Grade | None = None,
    critical: bool = False,
    planned: bool = False,
    whole: bool = False,
    minimum: float = 0.0,
    maximum: float | None = None,
    recovery: bool = False,
    repeated: bool = False,
    decided: bool | None = None,
) -> Any:
    """Declare a parameter as a dataclass field; see :class:`Parameter` for the arguments.

    A dimensionless parameter whose range ends at or below 1 is a fraction: its hard maximum is 1 unless stated. What is
    planned is decided unless stated.
    """
    if maximum is None:
        maximum = 1.0 if unit == "1" and high <= 1.0 and not whole else math.inf
    grade = grade or ("D" if source == ASSUMPTION else "C")
    declared_parameter = Parameter(
        default,
        unit,
        low,
        high,
        doc,
        source,
        grade,
        critical,
        planned,
        whole,
        minimum,
        maximum,
        recovery,
        repeated,
        planned if decided is None else decided,
    )
    return dataclasses.field(default=default, metadata={_KEY: declared_parameter})


def declared(owner: type[Any]) -> dict[str, Parameter]:
    """Return the parameters that the dataclass `owner` declares, by field name."""
    return {f.name: f.metadata[_KEY] for f in dataclasses.fields(owner) if _KEY in f.metadata}


@dataclass(frozen=True, slots=True)
class Resolved:
    """One line of the ledger: a parameter, the value in use and where it comes from."""

    path: str
    value: str
    unit: str
    origin: Literal["default", "preset", "scenario", "override"]
    source: str
    grade: str
    outside_range: bool = False


@dataclass(frozen=True, slots=True, repr=False)
class Ledger(Framed):
    """Every parameter that a run uses, with its value, source and grade."""

    lines: tuple[Resolved, ...]

    COLUMNS: ClassVar[tuple[str, ...]] = ("path", "value", "unit", "origin", "grade", "source", "outside_range")
    """What is told of a parameter, in the order of every table."""

    def __iter__(self) -> Iterator[Resolved]:
        return iter(self.lines)

    def __len__(self) -> int:
        return len(self.lines)

    def counts(self) -> dict[str, int]:
        """Return the number of parameters of each grade, A to D, and of those of the plan."""
        counted = Counter(line.grade for line in self.lines)
        return {grade: counted[grade] for grade in (*GRADES, PLAN)}

    def headline(self) -> str:
        """Return a sentence: ``9 parameters: 2 of the plan; of the other 7: 4 grade A, 1 B, 1 C, 1 assumption``."""
        a, b, c, d, plan = self.counts().values()
        others = f" {plan} of the plan; of the other {len(self.lines) - plan}:" if plan else ""
        text = f"{len(self.lines)} parameters:{others} {a} grade A, {b} B, {c} C, {d} assumption{'s' if d != 1 else ''}"
        outside = sum(line.outside_range for line in self.lines)
        return text + (f"; {outside} outside the plausible range on purpose" if outside else "")

    def rows(self) -> list[list[Any]]:
        """Return the lines as rows of :data:`COLUMNS`."""
        return [[getattr(line, column) for column in self.COLUMNS] for line in self.lines]

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        return {"parameters": lambda: of_rows("row", self.COLUMNS, self.rows(), about={"headline": self.headline()})}

    def table_html(self) -> str:
        """Return the lines as a table for a notebook."""
        beyond = {True: " (outside its range)", False: ""}
        rows = ((r.path, r.value + beyond[r.outside_range], r.unit, r.origin, r.grade, r.source) for r in self.lines)
        return html.table(self.COLUMNS[:-1], rows, words=len(self.COLUMNS))

    def __repr__(self) -> str:
        return f"<Ledger: {self.headline()}>"

    def _repr_html_(self) -> str:
        return html.view("Ledger", self.headline(), self.table_html())

    def __str__(self) -> str:
        if not self.lines:
            return self.headline()
        rows = [(r.path, r.value, r.unit, r.origin, r.grade, r.source) for r in self.lines]
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        body = ["  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
        return "\n".join([*body, self.headline()])
