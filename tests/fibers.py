"""The inputs of the readable culture, as the package has them for the reference scenario."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

import exosim as xs
from exosim.operations.base import Outcome
from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from tests.readable_culture import Fibers

REFERENCE = Path(__file__).parents[1] / "scenarios" / "msc_hollow_fiber.toml"
_MILLIMOLAR = 1e-6  # mmol/L that a pmol per cell makes for every cell/mL
_HOURS = 24.0
PLANNED = frozenset({"theta", "growth_hours", "harvest_hours", "pools"})
"""What all lanes share: plain numbers."""


def reference(lanes: int, changes: Mapping[str, str] | None = None) -> tuple[Fibers, Outcome]:
    """Return the inputs of the reference scenario, with some changes, and what the package makes of them."""
    scenario = xs.load(REFERENCE, changes or {})
    recipe = scenario.recipe(scenario.values(0, lanes))
    seeds, procedure = recipe.procedures[:2]
    feed = seeds.operation.transform(seeds.feed({})).product
    operation = procedure.operation
    assert isinstance(operation, HollowFiberCulture)
    assert operation.harvest_hold is not None
    assert operation.transfer is not None
    milliliters = operation.liters * 1e3
    saturation = operation.oxygen_saturation * operation.oxygen_level
    fibers = Fibers(
        inoculum=feed.viable_cells,
        doublings=feed.doublings / feed.viable_cells,
        milliliters=milliliters,
        attachment=operation.attachment,
        doubling_time=operation.doubling_time,
        doublings_limit=operation.doublings_limit,
        theta=operation.contact_inhibition,
        growth_death=operation.growth_death_rate,
        death=operation.death_rate,
        starvation=operation.starvation_rate,
        space=operation.most_cells / milliliters,
        oxygen=operation.transfer * saturation * (1.0 - operation.least_oxygen) / (operation.oxygen_uptake * 1e-9),
        uptake=operation.glucose_uptake * _MILLIMOLAR,
        lactate_yield=operation.lactate_yield,
        lactate_limit=operation.lactate_limit,
        ammonia=operation.ammonia_rate * _MILLIMOLAR,
        ammonia_limit=operation.ammonia_limit,
        glucose=operation.medium_glucose,
        exchange=operation.exchange,
        lag=operation.lag,
        growth_hours=_HOURS * operation.growth_period,
        harvest_hours=_HOURS * operation.harvest_every,
        pools=tuple(visit.pool for visit in operation.schedule() if visit.kind == "harvest"),
        harvest_fraction=operation.harvest_fraction,
        secretion=operation.activity * operation.secretion_rate / _HOURS,
        metabolic_link=operation.metabolic_link,
        reuptake=operation.reuptake,
        decay=operation.decay,
        shares=recipe.context.secreted,
        hold_rate=operation.harvest_hold.rate,
        hold_exponent=operation.harvest_hold.size_exponent,
        diameters=recipe.context.sizes.diameters,
    )
    return fibers, operation.transform(feed)


def in_namespace(fibers: Fibers, array: Any) -> Fibers:
    """Return the inputs with every number that may vary as an array of another namespace: `array` makes it of one."""
    given: dict[str, Any] = vars(fibers)
    return Fibers(**{name: value if name in PLANNED else array(_numbers(value)) for name, value in given.items()})


def _numbers(value: Any) -> NDArray[np.float64]:
    return np.asarray(value, dtype=np.float64)
