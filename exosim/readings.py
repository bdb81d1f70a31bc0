"""What is reported of a batch: amounts, purity and losses after each step, and the headline figures.

Names and units of the headline figures are fixed: other programs read them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from exosim.assay import Assay
from exosim.cargo_readings import CARGO_HEADLINES, cargo_headlines, loading_steps, lost_in_loading
from exosim.cell_readings import (
    CELL_HEADLINES,
    CELL_STEP_UNITS,
    cell_figures,
    cell_headlines,
    harvested_cells,
    last_expansion,
)
from exosim.companion import PAIR_HEADLINES, Companion, Of, pair_figures
from exosim.composition import Contents, ratio
from exosim.diagnostic import Diagnostic
from exosim.diagnostic_readings import diagnosed
from exosim.kernel import Step, last_maker, run, steps_of
from exosim.lot_properties import LotProperties
from exosim.material import Material, is_number, plus, short_of_whole, total
from exosim.operations.base import HARVEST_HOLD, HEADROOM, VIRUS_REDUCTION, Context, Outcome
from exosim.parameter import Array
from exosim.potency import POTENCY_HEADLINES, may_differ, potency_headlines
from exosim.quality import Attribute
from exosim.recipe import Recipe
from exosim.step_table import Reading, Row, loss_readings, row_readings, rows_of, stages
from exosim.vocabulary import DoseKind

HEADLINES: Mapping[str, str] = {
    "doses": "dose",
    "ev_yield": "1",
    "evs_per_protein": "EV/ug",
    "particles_per_protein": "particle/ug",
    "purity_relative_to_ceiling": "1",
    "particles_per_cell_per_day": "EV/cell/d",
    "vials": "vial",
    "secreted": "EV",
    "harvested": "EV",
    "vialed": "EV",
    "batch_duration": "h",
}
"""Headline figures and their units, in the order of the report."""

ALL_ATTRIBUTES = "all"
"""The name under which meeting all attributes at once is reported."""
NO_CULTURE = "the recipe has no culture whose cells are known"


@dataclass(frozen=True, slots=True)
class DoseRule:
    """What a dose is: an amount in the unit of what it counts (:data:`exosim.vocabulary.DoseKind`).

    Attributes
    ----------
    amount, kind : how much of what; infinitely much where the scenario states no dose, so that nothing fills one
    assay : id of the assay that reports the protein of a dose; None where its true protein counts, or none
    """

    amount: float
    kind: DoseKind
    assay: str | None = None

    @property
    def stated(self) -> bool:
        """Whether there is a dose at all: a diagnostic line may fill none."""
        return math.isfinite(self.amount)

    @property
    def species(self) -> str:
        """The species of :data:`exosim.vocabulary.SPECIES` that the process is about."""
        return "viable_cells" if self.kind == "cell" else "vesicles"


@dataclass(frozen=True, slots=True)
class Specification:
    """The dose, the attributes that the product must meet, the assays, and which of them counts particles.

    Attributes
    ----------
    properties : what the scenario says of the lots of the product
    diagnostic : the test that reads the product; None where it is none of a diagnostic line
    companion : the second product of a batch; None where there is one product
    """

    dose: DoseRule
    assays: Mapping[str, Assay]
    instrument_id: str
    attributes: tuple[Attribute, ...] = ()
    properties: LotProperties = field(default_factory=LotProperties)
    diagnostic: Diagnostic | None = None
    companion: Companion | None = None

    def about(self, of: Of) -> Specification:
        """Return what concerns the product alone, or its companion alone."""
        dose = self.companion.dose if self.companion is not None and of == "companion" else self.dose
        return replace(self, dose=dose, attributes=tuple(one for one in self.attributes if one.of == of))

    @property
    def sampled(self) -> bool:
        """Whether any assay reads a sample, be it of the product alone."""
        return any(assay.samples for assay in self.assays.values())

    @property
    def instrument(self) -> Assay:
        """The assay that counts particles."""
        return self.assays[self.instrument_id]


def _headrooms(steps: Iterable[Step]) -> Iterator[Reading]:
    """Yield how many times the cells of each culture every limit sustains."""
    for step in steps:
        for name, value in step.outcome.monitors.items():
            if name.startswith(HEADROOM):
                yield Reading(name, step.procedure.id, "1", value)


def _virus_reduction(steps: Iterable[Step]) -> Iterator[Reading]:
    """Yield the log reduction of each kind of virus over the recipe, where a step reduces any."""
    sums: dict[str, Array] = {}
    for step in steps:
        for name, value in step.outcome.monitors.items():
            if name.startswith(VIRUS_REDUCTION):
                sums[name] = plus(sums.get(name, 0.0), value)
    yield from (Reading(name, None, "log", value) for name, value in sums.items())


def contents_of(context: Context, specification: Specification) -> Contents:
    """Return what counts the contents of the materials of a run: hand it to all that read the same steps."""
    return Contents(context, specification.instrument.counter())


def read_batch(
    steps: Sequence[Step], context: Context, specification: Specification, contents: Contents | None = None
) -> list[Reading]:
    """Return the headline figures, then what is reported after each step.

    Parameters
    ----------
    contents : of the materials of these steps, as far as they are known
    """
    if specification.dose.kind == "cell":
        return _read_cells(steps, context, specification)
    contents = contents_of(context, specification) if contents is None else contents
    rows: list[Row] = []
    start: Array = 0.0
    potency = may_differ([step.procedure for step in steps], specification.properties)
    for step in steps:
        rows += rows_of(step, contents, potency=potency)
        start = plus(start, _harvested(step, contents))
    return _readings(steps, rows, start, contents, specification)


def read_run(
    recipe: Recipe,
    specification: Specification,
    contents: Contents,
    sampled: Callable[[Step], None] | None = None,
) -> tuple[list[Reading], list[Step]]:
    """Run a recipe and read every step as it ends, as :func:`read_batch` does.

    The steps come back without the materials that only their own readings need: of those there is only the product of
    the step that makes it. What a step frees is what the next one takes, and stays in the cache.

    Parameters
    ----------
    sampled : is given each step while its materials are there
    """
    context = recipe.context
    if specification.dose.kind == "cell":
        whole = run(recipe)
        return _read_cells(whole, context, specification), list(whole)
    companion = specification.companion
    made = {recipe.procedures[last_maker(recipe.procedures)].id, companion.after if companion is not None else ""}
    potency = may_differ(recipe.procedures, specification.properties)
    rows: list[Row] = []
    read: list[Step] = []
    start: Array = 0.0
    for step in steps_of(recipe):
        rows += rows_of(step, contents, potency=potency)
        start = plus(start, _harvested(step, contents))
        if sampled is not None:
            sampled(step)
        contents.forget_all_but(step.outcome.product)
        read.append(_read(step, made))
        del step
    return _readings(read, rows, start, contents, specification), read


def _read(step: Step, made: Collection[str]) -> Step:
    """Return a step that has been read; its product stays when it is one that counts."""
    product = step.outcome.product if step.procedure.id in made else Material()
    nothing = Material()
    outcome = replace(step.outcome, product=product, remainder=nothing, added=nothing, generated=nothing, losses={})
    return Step(step.procedure, nothing, nothing, outcome)


def _readings(
    steps: Sequence[Step], rows: Iterable[Row], start: Array, contents: Contents, specification: Specification
) -> list[Reading]:
    rows = tuple(rows)
    readings = _headlines(steps, contents, specification, start)
    readings += _cargo(steps, rows, contents, specification)
    for row in rows:
        readings.extend(row_readings(row, start))
    return [*readings, *_virus_reduction(steps), *_headrooms(steps)]


def _read_cells(steps: Sequence[Step], context: Context, specification: Specification) -> list[Reading]:
    """Return the figures of a product of cells; yields refer to what leaves the last expansion."""
    last, dose = made_by(steps), specification.dose
    found = {
        "doses": _doses(last, last.product.viable_cells, dose),
        "vials": _vials(last),
        "batch_duration": _duration(steps),
        **cell_headlines(steps),
    }
    reported = CELL_HEADLINES
    if specification.companion is not None:
        reported = {"doses": CELL_HEADLINES["doses"], **PAIR_HEADLINES, **CELL_HEADLINES}
        found |= _pairs(steps, context, specification.companion, np.asarray(found["doses"]))
    readings = [_headline(name, unit, found.get(name)) for name, unit in reported.items()]
    grown, start = last_expansion(steps), harvested_cells(steps)
    downstream = grown is None
    for row in stages(steps, "viable_cells"):
        grows = grown is not None and row.id == grown.procedure.id
        downstream = downstream or grows
        entered = start if grows or is_number(row.entered, 0.0) else row.entered  # growth is no recovery
        readings.append(Reading("duration", row.id, "h", row.hours))
        readings.extend(loss_readings(row, "cell"))
        for name, value in cell_figures(row.material, entered if downstream else None, start).items():
            readings.append(Reading(name, row.id, CELL_STEP_UNITS[name], value))
    return readings


def made_by(steps: Sequence[Step]) -> Outcome:
    """Return the outcome of the step that makes the product; a step after it that only takes time counts nothing."""
    return steps[last_maker([step.procedure for step in steps])].outcome


def limit_shares(steps: Iterable[Step]) -> dict[tuple[str, str], Array]:
    """Return where each named limit of each step was reached: 1 or 0 on every lane."""
    return {(step.procedure.id, text): at for step in steps for text, at in step.outcome.limits.items()}


def _harvested(step: Step, contents: Contents) -> Array:
    """Return the vesicles that leave a culture in its harvests, or the conditioned medium; 0 of any other step."""
    if not step.procedure.operation.makes_vesicles:
        return 0.0
    waited = step.outcome.losses.get(HARVEST_HOLD, Material())
    return plus(contents.vesicles(step.outcome.product), contents.vesicles(waited))


def _duration(steps: Iterable[Step]) -> Array:
    """Return the planned time of a batch, waits included [h]."""
    hours: Array = 0.0
    for step in steps:
        hours = plus(plus(hours, step.procedure.expected_hold), step.outcome.duration)
    return hours


def _headline(name: str, unit: str, values: Array | None) -> Reading:
    """Return a headline figure, with the reason where there is none."""
    reasons = {"vials": "no vial_filling in the recipe"}
    return Reading(name, None, unit, values, None if values is not None else reasons.get(name, NO_CULTURE))


def _headlines(steps: Sequence[Step], contents: Contents, specification: Specification, start: Array) -> list[Reading]:
    last, dose = made_by(steps), specification.dose
    product = last.product
    vesicles, protein = contents.vesicles(product), contents.protein(product)
    pure = ratio(vesicles, protein)
    found: dict[str, Array | None] = {
        "doses": _doses(last, contents.doses(product, dose.kind), dose),
        "ev_yield": ratio(vesicles, start),
        "evs_per_protein": pure,
        "particles_per_protein": ratio(contents.particles(product), protein),
        "purity_relative_to_ceiling": ratio(pure, contents.protein_ceiling(product)),
        "vials": _vials(last),
        "harvested": start,
        "vialed": vesicles,
        "batch_duration": _duration(steps),
        **_culture_headlines(steps, start),
    }
    properties = specification.properties
    reported = HEADLINES
    if may_differ([step.procedure for step in steps], properties):
        reported = {"doses": HEADLINES["doses"], **POTENCY_HEADLINES, **HEADLINES}
        found |= potency_headlines(product, contents, properties, np.asarray(found["doses"]))
    if specification.companion is not None:
        reported = {"doses": HEADLINES["doses"], **PAIR_HEADLINES, **reported}
        found |= _pairs(steps, contents.context, specification.companion, np.asarray(found["doses"]))
    told = {name: unit for name, unit in reported.items() if dose.stated or unit != HEADLINES["doses"]}
    headlines = (_headline(name, unit, found.get(name)) for name, unit in told.items())
    return [*headlines, *diagnosed(specification.diagnostic, product, contents)]


def _cargo(
    steps: Sequence[Step], rows: Iterable[Row], contents: Contents, specification: Specification
) -> list[Reading]:
    """Return what a dose and a vesicle carry, where a step of the recipe loads any cargo."""
    loading = loading_steps(step.procedure for step in steps)
    if not loading:
        return []
    product, dose = made_by(steps).product, specification.dose
    found = cargo_headlines(product, contents, contents.doses(product, dose.kind) / dose.amount)
    found["lost_in_loading"] = lost_in_loading(rows, loading)
    return [Reading(name, None, unit, found[name]) for name, unit in CARGO_HEADLINES.items()]


def _pairs(steps: Iterable[Step], context: Context, companion: Companion, doses: Array) -> dict[str, Array]:
    """Return the doses of the companion, and the pairs with those of the product."""
    return pair_figures(doses, doses_of(companion.made(steps), context, companion.dose))


def _culture_headlines(steps: Iterable[Step], start: Array) -> dict[str, Array | None]:
    secreted: Array = 0.0
    cell_hours: Array = 0.0
    for step in steps:
        monitors = step.outcome.monitors
        if "secreted" in monitors:
            secreted = plus(secreted, total(monitors["secreted"]))
            cell_hours = plus(cell_hours, total(monitors["cell_hours"]))
    if is_number(secreted, 0.0):
        return {"secreted": None, "particles_per_cell_per_day": None}
    return {"secreted": secreted, "particles_per_cell_per_day": ratio(start, cell_hours / 24.0)}


def _doses(last: Outcome, available: Array, dose: DoseRule) -> Array:
    """Return whole doses of what is `available`; a tolerance keeps exact multiples whole.

    Retained vials hold none. What a step keeps after filling, such as freezing, is spread evenly over the vials.
    """
    if "content" in last.monitors:
        available = (last.monitors["accepted"] - last.monitors["retained"]) * last.monitors["content"]
    elif not is_number(last.product.vials, 0.0):
        available = available * (1.0 - ratio(last.product.retained_vials, last.product.vials))
    doses = available / dose.amount
    return np.asarray(np.floor(doses * (1.0 + 1e-12) + short_of_whole(doses)))


def _vials(last: Outcome) -> Array | None:
    """Return the accepted vials that hold the product; None where it is in none."""
    return None if is_number(last.product.vials, 0.0) else last.product.vials


def doses_of(last: Outcome, context: Context, dose: DoseRule) -> Array:
    """Return the whole doses that the outcome of the last procedure holds; 0 when it has nothing that a dose counts."""
    if is_number(getattr(last.product, dose.species), 0.0):
        return 0.0
    return _doses(last, context.dose_content(last.product, dose.kind), dose)
