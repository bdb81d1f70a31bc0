"""The two truths over all draws: what is there after a step beside what the assays say of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from exosim.summaries import Summary
from exosim.two_truths import TRUE, parts_of

if TYPE_CHECKING:
    from exosim.results import Yields

_TOLD = ("unit", "mean", "sd", "median", "p5", "p95", "reason")
TRUTH_COLUMNS = (
    "step", "quantity", "since", "by",
    *(f"true_{name}" for name in _TOLD), *(f"measured_{name}" for name in _TOLD), "above_one",
)  # fmt: skip
"""What is told of a sample in tables."""


@dataclass(frozen=True, slots=True)
class Compared:
    """A true value and the measured one beside it, over all draws.

    Attributes
    ----------
    step, quantity, since, by : after which procedure, what, of a recovery since which one, by which assays
    true, measured : their summaries, each in its own unit: true vesicles beside counted particles
    above_one : of a recovery, the share of the draws in which it is measured above 1; else None
    """

    step: str
    quantity: str
    since: str
    by: str
    true: Summary
    measured: Summary
    above_one: float | None

    def as_dict(self) -> dict[str, Any]:
        """Return the row as a JSON object."""
        told = {name: {key: getattr(of, key) for key in _TOLD} for name, of in self.parts()}
        named = {"step": self.step, "quantity": self.quantity, "since": self.since or None, "by": self.by}
        return {**named, **told, "above_one": self.above_one}

    def row(self) -> list[Any]:
        """Return the row of a table with :data:`TRUTH_COLUMNS`."""
        told = [getattr(of, key) for _, of in self.parts() for key in _TOLD]
        return [self.step, self.quantity, self.since, self.by, *told, self.above_one]

    def parts(self) -> tuple[tuple[str, Summary], tuple[str, Summary]]:
        """Return both summaries with what they are of."""
        return ("true", self.true), ("measured", self.measured)


def compared(yields: Yields) -> Iterator[Compared]:
    """Yield what was measured of every sample beside what is true, in the order of the steps."""
    for name, step in yields._kept["measured"]:
        quantity, since, by = parts_of(name)
        true = yields._summary("true", (f"{TRUE}{name}", step))
        above = yields.share("above", (name, step)) if (name, step) in yields._kept["above"] else None
        yield Compared(step or "", quantity, since, by, true, yields._summary("measured", (name, step)), above)
