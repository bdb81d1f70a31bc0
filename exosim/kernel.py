"""The yield kernel: a recipe applied to many lanes at once, and what it yields.

A lane is one started batch of one donor in one possible world. The kernel knows no clock: holds have their planned
length.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from exosim.freed_memory import keep_freed_memory
from exosim.material import Material
from exosim.operations.base import Outcome
from exosim.recipe import Recipe, UnitProcedure


@dataclass(frozen=True, slots=True)
class Step:
    """One procedure as it ran: what was left after the wait, what the wait took, what came out."""

    procedure: UnitProcedure
    held: Material
    waited: Material
    outcome: Outcome


def run(recipe: Recipe) -> tuple[Step, ...]:
    """Return every step of the recipe; the lanes are those of the parameter values."""
    return tuple(steps_of(recipe))


def steps_of(recipe: Recipe) -> Iterator[Step]:
    """Yield every step of the recipe as it ends; a stream is let go when nothing more is made of it."""
    keep_freed_memory()
    last_use = {name: place for place, procedure in enumerate(recipe.procedures) for name in procedure.feeds}
    streams: dict[str, Material] = {}
    for place, procedure in enumerate(recipe.procedures):
        held, waited = procedure.held(procedure.feed(streams), recipe.context)
        outcome = procedure.operation.transform(held)
        streams.update(procedure.streams(outcome))
        streams = {name: material for name, material in streams.items() if last_use.get(name, -1) > place}
        yield Step(procedure, held, waited, outcome)
        del held, waited, outcome


def last_maker(procedures: Sequence[UnitProcedure]) -> int:
    """Return the index of the last procedure that does more than take time: what is counted is counted there."""
    return max((i for i, p in enumerate(procedures) if not p.operation.plain), default=len(procedures) - 1)
