"""A recipe: the unit procedures of one batch, in order, and the streams that connect them (ISA-88)."""

from __future__ import annotations

from dataclasses import dataclass

from exosim.material import Material
from exosim.operations.base import Context, Hold, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class Wait:
    """The planned wait before a procedure."""

    expected_hold: Array = parameter(0.0, "h", low=0.0, high=720, doc="planned wait before the procedure")


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
    longest_hold : limit of the wait [h]; None when there is none
    unit, operator : equipment class and role, for the facility
    """

    id: str
    operation: UnitOperation
    feeds: tuple[str, ...] = ()
    hold: Hold | None = None
    expected_hold: Array = 0.0
    longest_hold: float | None = None
    unit: str | None = None
    operator: str | None = None

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
