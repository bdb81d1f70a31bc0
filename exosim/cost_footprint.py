"""What a dose takes besides money, over replications: plastic, water, electricity, mass of inputs, hours in rooms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exosim.economics.costing import Costing
from exosim.economics.footprint import Footprints, footprint
from exosim.economics.usage import Use
from exosim.summaries import Estimate, estimate

FOOTPRINT_UNITS: Mapping[str, str] = {
    "plastic_per_dose": "kg/dose",
    "water_per_dose": "L/dose",
    "electricity_per_dose": "kWh/dose",
    "inputs_per_dose": "kg/dose",
    "room_hours_per_dose": "h/dose",
    "process_mass_intensity": "kg/1e12 EV",
}
"""What is told of the footprint, with units."""


def footprint_figures(uses: Sequence[Sequence[Use]], worlds: Sequence[Costing]) -> list[Estimate]:
    """Return the footprint of a released dose over replications; none of those that released nothing."""
    each = [_figures(footprint(own, world)) for own, world in zip(uses, worlds, strict=True)]
    return [estimate(name, None, unit, [one[name] for one in each]) for name, unit in FOOTPRINT_UNITS.items()]


def _figures(found: Footprints) -> dict[str, float]:
    dose = found.per_dose
    values = (dose.plastic, dose.water, dose.electricity, dose.inputs, dose.room_hours, found.intensity)
    return dict(zip(FOOTPRINT_UNITS, values, strict=True))
