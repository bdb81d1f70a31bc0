"""The step table: a row for every step, wait and split, with the figures of what it hands on.

Names and units of the figures are fixed: other programs read them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from exosim.composition import Contents, ratio, total_dna
from exosim.kernel import Step
from exosim.material import Material, is_number, plus, times, total
from exosim.operations.base import HARVEST_HOLD, Outcome
from exosim.parameter import Array
from exosim.recipe import WASTE

STEP_UNITS: Mapping[str, str] = {
    "vesicles": "EV",
    "volume": "mL",
    "titer": "EV/mL",
    "particles": "particle",
    "protein": "ug",
    "dna": "ng",
    "evs_per_protein": "EV/ug",
    "particles_per_protein": "particle/ug",
    "protein_ceiling": "EV/ug",
    "purity_relative_to_ceiling": "1",
    "recovery": "1",
    "cumulative_yield": "1",
    "duration": "h",
}
"""What is reported after each step, with units."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One reported quantity on all lanes.

    Attributes
    ----------
    name, step : what and after which step; `step` is None for a headline
    unit : unit of the values
    values : shape (lanes,) or a number; None when there is nothing to report, for the `reason` given
    """

    name: str
    step: str | None
    unit: str
    values: Array | None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Stage:
    """A row of the step table: the material at one point of the process and what happened to reach it.

    Attributes
    ----------
    id, material : of the row
    entered : vesicles that came in
    hours : what it took
    losses : vesicles that were lost, by channel
    """

    id: str
    material: Material
    entered: Array
    hours: Array
    losses: Mapping[str, Array] = field(default_factory=dict)


def stages(
    steps: Iterable[Step], species: str = "vesicles", summed: Callable[[Array], Array] = total
) -> tuple[Stage, ...]:
    """Return the rows of the step table.

    A wait that takes vesicles is a row of its own, named ``<id>.hold``, and so is a split with waste, ``<id>.split``.

    Parameters
    ----------
    species : what the losses and the amounts before each step are counted in
    summed : how an amount by size class is summed
    """
    return tuple(row for step in steps for row in _stages_of(step, lambda material: summed(getattr(material, species))))


def _stages_of(step: Step, amount: Callable[[Material], Array]) -> Iterator[Stage]:
    procedure, outcome = step.procedure, step.outcome
    name, before = procedure.id, amount(step.held)
    if not is_number(step.waited.vesicles, 0.0):
        waited = amount(step.waited)
        yield Stage(f"{name}.hold", step.held, plus(before, waited), procedure.expected_hold, {"hold": waited})
    lost = {channel: amount(material) for channel, material in outcome.losses.items()}
    in_pools = lost.pop(HARVEST_HOLD, 0.0)
    harvested = _collected(outcome)
    yield Stage(name, harvested, before, outcome.duration, lost)
    if not is_number(in_pools, 0.0):
        yield Stage(f"{name}.hold", outcome.product, amount(harvested), 0.0, {HARVEST_HOLD: in_pools})
    if WASTE in procedure.split:
        parts = outcome.product.divided(procedure.split)
        wasted, used = amount(parts.pop(WASTE)), Material()
        for part in parts.values():
            used = used + part
        yield Stage(f"{name}.split", used, amount(outcome.product), 0.0, {WASTE: wasted})


def _collected(outcome: Outcome) -> Material:
    """Return the product before what it lost while it waited for its pool."""
    if HARVEST_HOLD not in outcome.losses:
        return outcome.product
    return outcome.product + outcome.losses[HARVEST_HOLD]


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the step table with the figures of its material in place of it: arrays of lanes only.

    Attributes
    ----------
    stage : the row; of its material there are only the viable cells
    vesicles : that it hands on [EV]
    figures : those of :data:`STEP_UNITS` up to the protein ceiling; none where there are no vesicles
    potency : of a vesicle over that of early cells; None where it is not asked for
    """

    stage: Stage
    vesicles: Array
    figures: tuple[Array, ...] = ()
    potency: Array | None = None


def rows_of(step: Step, contents: Contents, *, potency: bool = False) -> Iterator[Row]:
    """Yield the rows of a step; with the `potency` of a vesicle where it is asked for."""
    for stage in _stages_of(step, contents.vesicles):
        material, bare = stage.material, replace(stage, material=Material(viable_cells=stage.material.viable_cells))
        vesicles, milliliters = contents.vesicles(material), times(material.volume, 1e3)
        if is_number(vesicles, 0.0):
            yield Row(bare, vesicles)
            continue
        protein, particles = contents.protein(material), contents.particles(material)
        figures = (
            vesicles,
            milliliters,
            ratio(vesicles, milliliters),
            particles,
            protein,
            total_dna(material),
            ratio(vesicles, protein),
            ratio(particles, protein),
            contents.protein_ceiling(material),
        )
        yield Row(bare, vesicles, figures, ratio(material.potency, vesicles) if potency else None)


def row_readings(row: Row, start: Array) -> Iterator[Reading]:
    """Yield what is reported of a row; `start` is what left the cultures, to which yields refer [EV]."""
    stage, vesicles = row.stage, row.vesicles
    yield Reading("duration", stage.id, "h", stage.hours)
    yield from loss_readings(stage, "EV")
    if not row.figures:
        yield Reading("viable_cells", stage.id, "cell", stage.material.viable_cells)
        return
    pure, _, ceiling = row.figures[-3:]
    recovery = 1.0 if is_number(stage.entered, 0.0) else ratio(vesicles, stage.entered)
    values = (*row.figures, ratio(pure, ceiling), recovery, ratio(vesicles, start))
    for (name, unit), value in zip(STEP_UNITS.items(), values, strict=False):
        yield Reading(name, stage.id, unit, value)
    if row.potency is not None:
        yield Reading("relative_potency", stage.id, "1", row.potency)


def loss_readings(row: Stage, unit: str) -> Iterator[Reading]:
    """Yield the losses of a row by channel, in the unit of what they are counted in."""
    for channel, lost in row.losses.items():
        if not is_number(lost, 0.0):
            yield Reading(f"loss: {channel}", row.id, unit, lost)
