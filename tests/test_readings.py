"""What is reported of a batch: names and units, doses, true and counted particles, purity and yields."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exosim import units
from exosim.assay import Assay
from exosim.cell_readings import CELL_HEADLINES, CELL_STEP_UNITS
from exosim.kernel import Step, run
from exosim.lot_readings import attribute_results
from exosim.material import Material, is_number, total
from exosim.operations.base import HARVEST_HOLD, Hold, UnitOperation, standard_context
from exosim.operations.cell_thaw import CellThaw
from exosim.operations.cell_wash import CellWash
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.depth_filtration import DepthFiltration
from exosim.operations.frozen_storage import FrozenStorage
from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.operations.lyophilization import Lyophilization
from exosim.operations.measured_step import MeasuredStep
from exosim.operations.planar_expansion import PlanarExpansion
from exosim.operations.planar_passage import PlanarPassage
from exosim.operations.vial_filling import VialFilling
from exosim.physics.size import protein_ceiling
from exosim.readings import HEADLINES, DoseRule, Specification, contents_of, limit_shares, read_batch, read_run
from exosim.recipe import Recipe, UnitProcedure
from exosim.scenario import load
from exosim.step_table import STEP_UNITS, Reading, stages

SCENARIOS = Path(__file__).parents[1] / "scenarios"
CONTEXT = standard_context()
EXACT_FILL: dict[str, Any] = {"overfill": 0.0, "line_loss": 0.0, "reject_fraction": 0.0, "retained": 0.0}
PURE: dict[str, Any] = {"protein": 0.0, "nonvesicular": 0.0, "dna": 0.0}


def batch(*operations: tuple[str, UnitOperation], hold: Hold | None = None, wait: float = 0.0) -> tuple[Step, ...]:
    """Return the steps of a chain of operations; the last one may wait."""
    procedures = []
    for position, (name, operation) in enumerate(operations):
        feeds = (f"{operations[position - 1][0]}.product",) if position else ()
        last = position == len(operations) - 1
        procedures.append(UnitProcedure(name, operation, feeds, hold if last else None, wait if last else 0.0))
    return run(Recipe(tuple(procedures), CONTEXT))


def read(steps: tuple[Step, ...], dose: DoseRule | None = None, assay: Assay | None = None) -> list[Reading]:
    """Return the readings with an unbiased default instrument and a dose of 1e10 true vesicles."""
    specification = Specification(dose or DoseRule(1e10, "EV"), {"counter": assay or Assay()}, "counter")
    return read_batch(steps, CONTEXT, specification)


def value(readings: list[Reading], name: str, step: str | None = None) -> float:
    """Return one reading of one lane as a number."""
    (found,) = [reading for reading in readings if (reading.name, reading.step) == (name, step)]
    assert found.values is not None, found.reason
    return float(np.squeeze(found.values))


def test_names_and_units_of_headlines_are_pinned() -> None:
    """Other programs read these names and units: changing one is breaking."""
    assert dict(HEADLINES) == {
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


def test_names_and_units_of_steps_are_pinned() -> None:
    """The columns of the step table keep their names, units and order."""
    assert list(STEP_UNITS.items()) == [
        ("vesicles", "EV"),
        ("volume", "mL"),
        ("titer", "EV/mL"),
        ("particles", "particle"),
        ("protein", "ug"),
        ("dna", "ng"),
        ("evs_per_protein", "EV/ug"),
        ("particles_per_protein", "particle/ug"),
        ("protein_ceiling", "EV/ug"),
        ("purity_relative_to_ceiling", "1"),
        ("recovery", "1"),
        ("cumulative_yield", "1"),
        ("duration", "h"),
    ]


def test_readings_come_with_those_units() -> None:
    """Headlines come first and in order, then every step, each with its unit."""
    readings = read(batch(("medium", ConditionedMedium()), ("clarify", DepthFiltration()), ("fill", VialFilling())))
    assert [(r.name, r.unit) for r in readings if r.step is None] == list(HEADLINES.items())
    for step in ("medium", "clarify", "fill"):
        found = {r.name: r.unit for r in readings if r.step == step and not r.name.startswith("loss: ")}
        assert found == dict(STEP_UNITS)
    for reading in readings:
        units.dimension(reading.unit)
        assert (reading.values is None) == (reading.reason is not None)


@pytest.mark.parametrize("vials", [1, 3, 7, 10, 49, 90])
@pytest.mark.parametrize("per_vial", [1e9, 3e9, 7e10])
def test_exact_multiples_make_whole_doses(vials: int, per_vial: float) -> None:
    """n vials of exactly one dose make n doses, and a dose a hair larger makes one less."""
    titer = per_vial  # 1 mL is filled into each vial
    medium = ConditionedMedium(volume=vials * 1e-3, titer=titer)
    steps = batch(("medium", medium), ("fill", VialFilling(**EXACT_FILL)))
    assert value(read(steps, DoseRule(per_vial, "EV")), "doses") == vials
    assert value(read(steps, DoseRule(per_vial * (1 + 1e-6), "EV")), "doses") == vials - 1
    assert value(read(steps, DoseRule(per_vial / 3.0, "EV")), "doses") == 3 * vials


def test_retained_vials_are_no_doses() -> None:
    """Doses are the content of accepted vials that are not kept back; `vials` counts all accepted ones."""
    filling = VialFilling(**{**EXACT_FILL, "retained": 20.0})
    readings = read(batch(("medium", ConditionedMedium(volume=0.1, titer=2.5e10)), ("fill", filling)))
    assert value(readings, "vials") == 100.0
    assert value(readings, "doses") == 200.0  # 80 vials of 2.5 doses
    assert value(readings, "vialed") == pytest.approx(2.5e12, rel=1e-12)


@pytest.mark.parametrize("after", [FrozenStorage(storage_time=30.0), Lyophilization()])
def test_what_happens_to_filled_vials_keeps_their_number(after: UnitOperation) -> None:
    """Freezing and drying lose vesicles in every vial alike: retained vials stay out of the doses."""
    filling = VialFilling(**{**EXACT_FILL, "retained": 20.0})
    steps = batch(("medium", ConditionedMedium(volume=0.1, titer=2.5e10)), ("fill", filling), ("after", after))
    readings = read(steps)
    kept = value(readings, "vialed") / 2.5e12
    assert 0.3 < kept < 1.0
    assert value(readings, "vials") == 100.0
    assert value(readings, "doses") == np.floor(80 * 2.5 * kept)


def test_doses_of_a_bulk() -> None:
    """Without vials, doses are whole multiples in the bulk, by true number or by count."""
    steps = batch(("medium", ConditionedMedium(volume=1.0, titer=1.05e8)), ("clarify", MeasuredStep(ev_recovery=1.0)))
    assert value(read(steps, DoseRule(1e10, "EV")), "doses") == 10.0
    counted = value(read(steps), "particles", "clarify")
    assert value(read(steps, DoseRule(counted / 7.0, "particle")), "doses") == 7.0
    (vials,) = [r for r in read(steps) if r.name == "vials"]
    assert vials.values is None and vials.reason == "no vial_filling in the recipe"


def test_doses_in_particles_follow_the_instrument() -> None:
    """A dose in particles is what the instrument counts in a vial, so a biased instrument changes the doses."""
    assay = Assay(bias=0.5)
    context = dataclasses.replace(CONTEXT, counter=assay.counter(), dose_kind="particle")
    medium = ConditionedMedium(context=context, volume=0.05, titer=1e11)
    steps = batch(("medium", medium), ("fill", VialFilling(context=context, **EXACT_FILL)))
    specification = Specification(DoseRule(1e9, "particle"), {"other": Assay(), "flow": assay}, "flow")
    assert specification.instrument is assay
    readings = read_batch(steps, context, specification)
    particles = value(readings, "particles", "fill")
    assert value(readings, "doses") == np.floor(particles / 1e9)
    unbiased = value(read(steps), "particles", "fill")
    assert particles == pytest.approx(1.5 * unbiased, rel=1e-12)


def test_a_counter_sees_other_particles_and_misses_small_vesicles() -> None:
    """Counted particles are fewer than pure vesicles and more than vesicles where other particles abound."""
    pure = read(batch(("medium", ConditionedMedium(titer=1e9, **PURE)), ("a", MeasuredStep(ev_recovery=1.0))))
    assert value(pure, "particles", "a") < 0.99 * value(pure, "vesicles", "a")
    dirty = ConditionedMedium(titer=1e9, nonvesicular=3e9, protein=0.0)
    mixed = read(batch(("medium", dirty), ("a", MeasuredStep(ev_recovery=1.0))))
    assert value(mixed, "particles", "a") > 2.0 * value(mixed, "vesicles", "a")
    assert value(mixed, "vesicles", "a") == pytest.approx(1e12, rel=1e-12)
    everything_seen = Assay(detection_limit=1.0, detection_width=1.0)
    seen = read(batch(("medium", dirty), ("a", MeasuredStep(ev_recovery=1.0))), assay=everything_seen)
    assert value(seen, "particles", "a") == pytest.approx(4e12, rel=1e-9)


def test_vesicles_alone_are_at_the_ceiling() -> None:
    """Purity relative to the ceiling is 1 for vesicles alone, and halves with as much protein again."""
    readings = read(batch(("medium", ConditionedMedium(titer=1e10, **PURE)), ("a", MeasuredStep(ev_recovery=1.0))))
    assert value(readings, "purity_relative_to_ceiling") == pytest.approx(1.0, rel=1e-12)
    assert value(readings, "evs_per_protein") == value(readings, "protein_ceiling", "a")
    own = value(readings, "protein", "a") / 1e3  # in a liter, so ug/mL
    doubled = ConditionedMedium(titer=1e10, **{**PURE, "protein": own})
    readings = read(batch(("medium", doubled), ("a", MeasuredStep(ev_recovery=1.0))))
    assert value(readings, "purity_relative_to_ceiling") == pytest.approx(0.5, rel=1e-12)


def test_the_ceiling_of_the_default_vesicles() -> None:
    """Vesicles of 115 nm and a spread of 1.45 cannot exceed about 3.4e9 per microgram of protein."""
    readings = read(batch(("medium", ConditionedMedium(**PURE)), ("a", MeasuredStep(ev_recovery=1.0))))
    assert value(readings, "protein_ceiling", "a") == pytest.approx(3.4e9, rel=0.05)
    assert protein_ceiling(100.0, 0.15) == pytest.approx(9.4e9, rel=0.01)


def culture(**values: Any) -> UnitOperation:
    return HollowFiberCulture(collection=4.0, **values)


def test_yield_refers_to_the_harvests_before_they_wait() -> None:
    """The yield of a batch counts from what left the culture, so that waiting for a pool costs yield."""
    train = (("seed", PlanarExpansion()), ("culture", culture(harvest_hold=Hold())), ("fill", VialFilling()))
    steps = batch(*train)
    readings = read(steps)
    outcome = steps[1].outcome
    left = float(np.sum(outcome.product.vesicles) + np.sum(outcome.losses[HARVEST_HOLD].vesicles))
    assert value(readings, "harvested") == pytest.approx(left, rel=1e-12)
    assert value(readings, "ev_yield") == pytest.approx(value(readings, "vialed") / left, rel=1e-12)
    assert value(readings, "ev_yield") < np.sum(outcome.product.vesicles) / left < 1.0
    assert value(readings, "secreted") > value(readings, "harvested")
    cell_days = float(np.sum(outcome.monitors["cell_hours"])) / 24.0
    assert value(readings, "particles_per_cell_per_day") == pytest.approx(left / cell_days, rel=1e-12)


def test_yield_of_bought_medium_refers_to_that_medium() -> None:
    """Without a culture the yield refers to the conditioned medium, and what needs cells says why it is missing."""
    steps = batch(
        ("medium", ConditionedMedium()), ("a", MeasuredStep(ev_recovery=0.5)), ("b", MeasuredStep(ev_recovery=0.4))
    )
    readings = read(steps)
    assert value(readings, "ev_yield") == pytest.approx(0.2, rel=1e-12)
    assert value(readings, "recovery", "b") == pytest.approx(0.4, rel=1e-12)
    assert value(readings, "cumulative_yield", "b") == pytest.approx(0.2, rel=1e-12)
    reasons = {r.name: r.reason for r in readings if r.values is None}
    assert set(reasons) == {"vials", "secreted", "particles_per_cell_per_day"}
    assert reasons["secreted"] == "the recipe has no culture whose cells are known"


def test_waits_are_rows_of_their_own() -> None:
    """The wait of a pool and the wait before a procedure each make a row with what they took."""
    train = (("seed", PlanarExpansion()), ("culture", culture(harvest_hold=Hold())), ("clarify", DepthFiltration()))
    steps = batch(*train, hold=Hold(rate=0.02), wait=24.0)
    assert [row.id for row in stages(steps)] == ["seed", "culture", "culture.hold", "clarify.hold", "clarify"]
    readings = read(steps)
    lost = value(readings, "loss: harvest hold", "culture.hold")
    assert value(readings, "vesicles", "culture.hold") == pytest.approx(
        value(readings, "vesicles", "culture") - lost, rel=1e-12
    )
    assert value(readings, "duration", "clarify.hold") == 24.0
    waited = value(readings, "loss: hold", "clarify.hold")
    assert waited == pytest.approx(
        value(readings, "vesicles", "culture.hold") - value(readings, "vesicles", "clarify.hold"), rel=1e-9
    )
    product = 1.0
    for row in stages(steps)[1:]:
        product *= value(readings, "recovery", row.id)
    assert product == pytest.approx(value(readings, "cumulative_yield", "clarify"), rel=1e-12)
    assert product == pytest.approx(value(readings, "ev_yield"), rel=1e-12)


def test_the_duration_of_a_batch_is_the_sum_of_its_steps() -> None:
    """Waits and phases add up."""
    steps = batch(
        ("medium", ConditionedMedium(thaw_time=3.0)),
        ("a", MeasuredStep(step_time=5.0)),
        ("b", MeasuredStep(step_time=2.0)),
        hold=Hold(),
        wait=7.0,
    )
    readings = read(steps)
    assert value(readings, "batch_duration") == pytest.approx(17.0, rel=1e-12)
    assert value(readings, "duration", "a") == 5.0


def test_cells_are_reported_where_there_are_no_vesicles() -> None:
    """The seed train reports its cells instead of particles."""
    readings = read(batch(("seed", PlanarExpansion()), ("culture", culture())))
    names = {reading.name for reading in readings if reading.step == "seed"}
    assert names == {"duration", "viable_cells"}


def test_a_product_of_cells_is_read_in_cells() -> None:
    """Doses, yield and losses count viable cells; the yield refers to what leaves the last expansion."""
    in_cells = dataclasses.replace(CONTEXT, dose_kind="cell")
    train = (
        ("thaw", CellThaw(inoculum=3e6)),
        ("passage", PlanarPassage()),
        ("wash", CellWash(recovery=0.8)),
        ("fill", VialFilling(context=in_cells, fill_volume=0.1, retained=3.0, line_loss=0.1, reject_fraction=0.0)),
    )
    steps = batch(*train)
    readings = read(steps, DoseRule(1e5, "cell"))
    assert {r.name: r.unit for r in readings if r.step is None} == dict(CELL_HEADLINES)
    harvested = float(np.squeeze(steps[1].outcome.product.viable_cells))
    vialed = float(np.squeeze(steps[-1].outcome.product.viable_cells))
    assert value(readings, "cells_started") == pytest.approx(2.79e6)
    assert value(readings, "cells_harvested") == harvested
    assert value(readings, "fold_expansion") == pytest.approx(harvested / 2.79e6, rel=1e-12)
    assert value(readings, "cell_yield") == pytest.approx(vialed / harvested, rel=1e-12)
    assert value(readings, "recovery", "wash") == pytest.approx(0.8, rel=1e-12)
    assert value(readings, "loss: supernatant", "wash") == pytest.approx(0.2 * harvested, rel=1e-12)
    vials = value(readings, "vials")
    assert value(readings, "doses") == np.floor((vials - 3.0) * 0.1 * 12.5e6 / 1e5 + 1e-9)
    assert value(readings, "cumulative_yield", "fill") == value(readings, "cell_yield")
    assert not [r for r in readings if r.unit.startswith("EV") or (r.step == "thaw" and r.name == "recovery")]
    for step in ("passage", "wash", "fill"):
        found = {r.name: r.unit for r in readings if r.step == step and not r.name.startswith("loss: ")}
        assert found == {"duration": "h", **CELL_STEP_UNITS}


def test_cells_that_only_pass_through() -> None:
    """Without an expansion the yield refers to the cells that enter."""
    readings = read(batch(("thaw", CellThaw()), ("wash", CellWash(recovery=0.5))), DoseRule(1e5, "cell"))
    assert value(readings, "cells_harvested") == value(readings, "cells_started") == 9.3e5
    assert value(readings, "cell_yield") == 0.5 and value(readings, "doses") == 4.0


def test_limits_are_named_by_step() -> None:
    """A limit that an operation reached is found under its step and text."""
    steps = batch(("medium", ConditionedMedium(volume=10.0)), ("clarify", DepthFiltration(area=10.0)))
    reached = limit_shares(steps)
    assert reached == {
        ("clarify", "depth filter would plug: more than one needed"): 1.0,
        ("clarify", "adsorption takes more than half of the vesicles"): 0.0,
    }


def test_readings_of_many_lanes_are_readings_of_each() -> None:
    """Every lane reads as it would alone; a remainder to the rounding of the vesicles of which it is left."""
    titers = np.geomspace(1e8, 1e11, 5)

    def all_readings(titer: Any) -> list[Reading]:
        return read(batch(("medium", ConditionedMedium(titer=titer)), ("fill", VialFilling(target_content=1e9))))

    together = all_readings(titers)
    for index, titer in enumerate(titers):
        entered = value(all_readings(float(titer)), "harvested")
        for one, alone in zip(together, all_readings(float(titer)), strict=True):
            assert (one.name, one.step, one.unit) == (alone.name, alone.step, alone.unit)
            if one.values is not None and alone.values is not None:
                values = np.broadcast_to(one.values, (5,))
                rounding = 1e-15 * entered if one.name.startswith("loss: ") else 0.0
                expected = pytest.approx(float(np.squeeze(alone.values)), rel=1e-12, abs=rounding)
                assert values[index] == expected, one.name


def test_an_empty_product_reads_as_nothing() -> None:
    """A lot that was lost altogether has no doses, no yield and no division by zero."""
    steps = batch(("medium", ConditionedMedium(volume=0.004)), ("fill", VialFilling(line_loss=5.0)))
    with np.errstate(all="raise"):
        readings = read(steps)
    assert value(readings, "doses") == value(readings, "ev_yield") == value(readings, "vialed") == 0.0
    assert np.all(total(steps[-1].outcome.product.vesicles) == 0.0)
    assert steps[0].outcome.remainder == Material()


@pytest.mark.parametrize("name", ["msc_hollow_fiber", "minimal"])
def test_what_is_read_as_it_runs_is_what_is_read_of_the_whole_run(name: str) -> None:
    """Bit by bit, with the limits and the product that the attributes refer to."""
    scenario = load(SCENARIOS / f"{name}.toml")
    values = scenario.values(0, 64)
    recipe, specification = scenario.recipe(values), scenario.specification(values)
    steps = run(recipe)
    whole = read_batch(steps, recipe.context, specification)
    contents = contents_of(recipe.context, specification)
    readings, lean = read_run(recipe, specification, contents)
    for one, other in zip(whole, readings, strict=True):
        assert (one.name, one.step, one.unit, one.reason) == (other.name, other.step, other.unit, other.reason)
        assert np.array_equal(np.asarray(one.values, float), np.asarray(other.values, float), equal_nan=True)
    assert limit_shares(steps).keys() == limit_shares(lean).keys()
    noise = scenario.noise(0, 64)
    results = (
        attribute_results(of, recipe.context, specification, noise, known)
        for of, known in ((steps, None), (lean, contents))
    )
    for (first, _, reported), (second, _, found) in zip(*results, strict=True):
        assert first is second
        assert np.array_equal(reported, found)
    assert all(is_number(step.held.vesicles, 0.0) and not step.outcome.losses for step in lean)
