"""A recipe: the unit procedures of one batch, in order, and the streams that connect them (ISA-88)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from exosim.material import Material
from exosim.operations.base import Context, Hold, Outcome, UnitOperation
from exosim.parameter import Array, parameter
from exosim.shared_run import SharedRun

Breach = Literal["deviation", "reject"]
WhenTooLarge = Literal["refuse", "parallel", "cycles"]
PRODUCT, REMAINDER, WASTE = "product", "remainder", "waste"
"""Names of streams: what goes on, what stays in the vessel, and the share of a split that nothing uses."""


@dataclass(frozen=True, kw_only=True)
class Wait:
    """The planned wait before a procedure."""

    expected_hold: Array = parameter(0.0, "h", low=0.0, high=720, doc="planned wait before the procedure")


@dataclass(frozen=True, kw_only=True)
class Split:
    """A product that is divided: what every one of its streams declares."""

    share: float | None = parameter(
        None, "1", low=1e-6, high=1.0, planned=True, doc="share of the product that goes into the stream"
    )


@dataclass(frozen=True, kw_only=True)
class Common:
    """What the steps of one batch have in common."""

    batch: float = parameter(
        0.0, "1", low=0.0, high=1.0, planned=True, decided=False,
        doc="correlation of the step recoveries of a batch that vary by batch, below 1",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class UnitProcedure:
    """One unit operation in its place.

    Attributes
    ----------
    id : name of the procedure, unique in the recipe
    operation : the operation with its parameter values
    feeds : streams that enter, such as ``culture.product``; several make a pool
    hold : how the feed is lost while it waits; None when waiting does nothing
    expected_hold : planned wait before the operation [h]
    longest_hold, breach : limit of the wait [h], None when there is none; and what follows when it is exceeded
    unit, operator : equipment class and role, for the facility
    waits_in : store in which the feed waits
    utilities : what the procedure takes of each utility while it runs
    when_too_large : what happens when one unit is too small
    split : shares of the product, by the name of the stream that each becomes; empty when it stays whole
    shared_run : how the batches of a campaign share its runs; None when each has a run of its own
    """

    id: str
    operation: UnitOperation
    feeds: tuple[str, ...] = ()
    hold: Hold | None = None
    expected_hold: Array = 0.0
    longest_hold: float | None = None
    unit: str | None = None
    operator: str | None = None
    breach: Breach = "deviation"
    waits_in: str | None = None
    utilities: Mapping[str, float] = field(default_factory=dict)
    when_too_large: WhenTooLarge = "refuse"
    split: Mapping[str, float] = field(default_factory=dict)
    shared_run: SharedRun | None = None

    def feed(self, streams: Mapping[str, Material]) -> Material:
        """Return what enters, of all the streams that there are."""
        feed = Material()
        for name in self.feeds:
            feed = feed + streams[name]
        return feed

    def streams(self, outcome: Outcome) -> dict[str, Material]:
        """Return the streams that come out, by their full names such as ``culture.product``."""
        parts = outcome.product.divided(self.split) if self.split else {PRODUCT: outcome.product}
        return {f"{self.id}.{name}": part for name, part in {**parts, REMAINDER: outcome.remainder}.items()}

    def held(self, feed: Material, context: Context) -> tuple[Material, Material]:
        """Return the feed after its planned wait, and what it lost."""
        if self.hold is None:
            return feed, Material()
        return self.hold.apply(feed, self.expected_hold, context.sizes)


@dataclass(frozen=True, slots=True)
class Recipe:
    """The unit procedures of one batch, in order; the last one makes the product."""

    procedures: tuple[UnitProcedure, ...]
    context: Context
