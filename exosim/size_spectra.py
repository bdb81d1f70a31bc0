"""Size spectra: the vesicles of each size class before and after every step of a run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.kernel import Step, run
from exosim.material import Material, is_number, plus
from exosim.operations.base import HARVEST_HOLD
from exosim.parameter import Array
from exosim.sampling import Nesting

if TYPE_CHECKING:
    from exosim.results import Yields

Floats: TypeAlias = NDArray[np.float64]
LANES = 1024
"""Most draws of which spectra are told: the first of the run."""


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The vesicles by size before and after a step.

    Attributes
    ----------
    step : id of the procedure, ``<id>.hold`` for a wait
    edges : of the size classes, shape (classes + 1,) [nm]
    before, after : shape (classes, draws) [EV]; `before` is None where the vesicles are made
    """

    step: str
    edges: Floats
    before: Floats | None
    after: Floats

    @property
    def recovery(self) -> Floats | None:
        """Vesicles after over vesicles before the step, shape (draws,); None where they are made."""
        if self.before is None:
            return None
        return np.asarray(self.after.sum(axis=0) / np.maximum(self.before.sum(axis=0), 1e-300))


def size_spectra(yields: Yields, lanes: int = LANES) -> tuple[Spectrum, ...]:
    """Return the spectra of every step that has vesicles, for the first draws of a run; a wait is a step of its own."""
    used = min(yields.draws, lanes)
    _, donors, batches = yields.nested
    scenario = yields.scenario
    with np.errstate(all="ignore"):  # the run has reported what is not finite
        recipe = scenario.recipe(scenario.values(0, used, yields.seed, Nesting(donors, batches)))
        pairs = [pair for step in run(recipe) for pair in _pairs(step)]
    edges = recipe.context.sizes.edges

    def spread(amounts: Array) -> Floats:
        return np.array(np.broadcast_to(amounts, (len(edges) - 1, used)))

    return tuple(
        Spectrum(name, edges, None if is_number(before, 0.0) else spread(before), spread(after))
        for name, before, after in pairs
    )


def _pairs(step: Step) -> Iterator[tuple[str, Array, Array]]:
    """Yield each row of a step with its vesicles before and after; rows without vesicles are left out."""
    name, held, product = step.procedure.id, step.held.vesicles, step.outcome.product.vesicles
    if not is_number(step.waited.vesicles, 0.0):
        yield f"{name}.hold", plus(held, step.waited.vesicles), held
    if is_number(product, 0.0):
        return
    in_pools = step.outcome.losses.get(HARVEST_HOLD, Material()).vesicles
    yield name, held, plus(product, in_pools)
    if not is_number(in_pools, 0.0):
        yield f"{name}.hold", plus(product, in_pools), product
