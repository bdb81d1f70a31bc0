"""How an indicator is folded from a run, as a formula over numbers and series that are read from the window.

An indicator declares its formula beside itself; what it is and in which unit its inputs are stands in their docstrings.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

if TYPE_CHECKING:
    from exosim.window import Window

Read: TypeAlias = Callable[[Any], float]
Series: TypeAlias = Callable[[Any], Sequence[float]]
_Indicator = TypeVar("_Indicator", bound=Callable[..., Any])
_UNIT = re.compile(r"^(.*?)\s*\[([^\]]+)\]$")


@dataclass(frozen=True)
class Fold:
    """The formula of an indicator (:mod:`exosim.formula`), its numbers by name, and the series that is its ``each``.

    All are read from what the indicator reads: the window of a run, or what it holds of orders and stock.
    """

    formula: str
    each: Series | None
    inputs: Mapping[str, Read]


_FOLDS: dict[Callable[..., Any], Fold] = {}


def folded(formula: str, each: Series | None = None, **inputs: Read) -> Callable[[_Indicator], _Indicator]:
    """Declare the formula of an indicator beside it."""

    def declare(indicator: _Indicator) -> _Indicator:
        _FOLDS[indicator] = Fold(formula, each, inputs)
        return indicator

    return declare


def fold_of(indicator: Callable[..., Any]) -> Fold | None:
    """Return the formula of an indicator; None where it declares none."""
    return _FOLDS.get(indicator)


def meaning(read: Callable[..., Any]) -> tuple[str, str]:
    """Return what a function returns, in words, and its unit, by its docstring: the unit stands in brackets."""
    first = (inspect.getdoc(read) or "").partition("\n")[0].strip().rstrip(".")
    words = first.removeprefix("Return ").partition(";")[0]
    found = _UNIT.match(words)
    return (found[1], found[2]) if found else (words, "1")


def hours(window: Window) -> float:
    """Return the length of the window: the run without its warm-up [h]."""
    return window.hours


def doses_of_good(window: Window) -> list[float]:
    """Return the doses of each batch that ended well in the window [dose]."""
    return [batch.doses for batch in window.ended if batch.good]


def doses_of_started(window: Window) -> list[float]:
    """Return the doses of each batch that was started in the window and has ended, 0 of a lost one [dose]."""
    return [batch.doses if batch.good else 0.0 for batch in window.batches if batch.ended is not None]


def starts(window: Window) -> list[float]:
    """Return when each batch of the window was started [h]."""
    return [batch.started for batch in window.batches]


def ends_of_good(window: Window) -> list[float]:
    """Return when each batch that ended well in the window did so [h]."""
    return [batch.ended or 0.0 for batch in window.ended if batch.good]


def ends_of_rejected(window: Window) -> list[float]:
    """Return when each batch that was lost in the window ended [h]."""
    return [batch.ended or 0.0 for batch in window.ended if batch.disposition == "rejected"]


def arrivals_turned_away(window: Window) -> list[float]:
    """Return when each batch of the window came that found the line full [h]."""
    away = (batch for batch in window.run.batches if batch.disposition == "turned_away")
    return [batch.started for batch in away if batch.started >= window.start]


def finished(window: Window) -> float:
    """Return the batches that ended well in the window."""
    return float(len(ends_of_good(window)))


def right(window: Window) -> list[float]:
    """Return 1 for each batch that ended in the window without any failure or deviation, else 0."""
    return [float(batch.good and batch.number not in window.troubles) for batch in window.ended]


def violations(window: Window) -> list[float]:
    """Return how often each batch that ended in the window exceeded a hold limit."""
    found = (window.troubles.get(batch.number, ()) for batch in window.ended)
    return [float(sum(e.event == "deviation" and e.note.startswith("max_hold") for e in events)) for events in found]


def lead_times(window: Window) -> list[float]:
    """Return the time until the doses of a batch may leave, of each that ended well in the window [h]."""
    return [b.available - b.started for b in window.ended if b.good and b.available is not None]


def ends(window: Window) -> list[float]:
    """Return when each batch that ended in the window did so [h]."""
    return [batch.ended for batch in window.ended if batch.ended is not None]


def planned_per_unit(window: Window) -> list[float]:
    """Return the planned hours of a batch on each equipment class, per unit of the class [h]."""
    count = {equipment.id: equipment.count for equipment in window.plant.equipment}
    return [planned / count[name] for name, planned in window.planned.items()]


def last_end(window: Window) -> float:
    """Return the last end of a batch that was started in the window [h]."""
    found = [b.ended for b in window.batches if b.ended is not None and b.ended <= window.run.hours]
    return max(found, default=float("nan"))


def first_start(window: Window) -> float:
    """Return the first start of a batch in the window [h]."""
    return min(starts(window), default=float("nan"))


def hours_on_the_line(window: Window) -> list[float]:
    """Return the hours that each batch spends on the line within the window [h]."""
    end = window.run.hours
    return [window.inside(b.started, b.ended if b.ended is not None else end) for b in window.run.batches]


def good(window: Window) -> list[float]:
    """Return 1 for each batch that ended well in the window, 0 for each other that ended."""
    return [float(batch.good) for batch in window.ended]


def deviations(window: Window) -> list[float]:
    """Return the deviations of each batch that ended in the window."""
    return [float(len(batch.deviations)) for batch in window.ended]


def rejected_after_recipe(window: Window) -> list[float]:
    """Return 1 for each lot that quality rejected in the window, 0 for each that it released."""
    judged = (batch for batch in window.ended if batch.manufactured is not None)
    return [float(batch.disposition == "rejected") for batch in judged]
