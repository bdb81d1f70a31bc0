"""What lots of several sizes make, take and use: the same as a yield of each, and as the facility plans them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.cycle_time import planned_occupation
from exosim.errors import ScenarioError, UsageError
from exosim.facility.lots import Lots
from exosim.lot_figures import LotFigures, lot_figures
from exosim.lot_size import grown
from exosim.replications import run_once
from tests.lot_line import line

SCENARIOS = Path(__file__).parents[1] / "scenarios"
MANY = ("msc_hollow_fiber_release", "msc_flasks_ultracentrifugation", "msc_cell_therapy_adjunct")


@pytest.mark.parametrize("name", MANY)
def test_each_size_is_a_yield_of_that_scenario(name: str) -> None:
    """Doses, duration and the specification are to the bit those of `evaluate` on the grown scenario, draw by draw."""
    scenario = xs.load(SCENARIOS / f"{name}.toml")
    found = lot_figures(scenario, [0.5, 3.0], draws=24)
    for place, factor in enumerate((0.5, 3.0)):
        yields = xs.evaluate(grown(scenario, factor), draws=24)
        assert np.array_equal(found.doses[place], yields.values("doses"))
        plain = lot_figures(scenario, [factor], draws=24)
        assert np.array_equal(plain.doses[0], found.doses[place])
        assert np.array_equal(found.met[place], yields.meets_specification())
        np.testing.assert_allclose(found.duration[place], yields.values("batch_duration"), rtol=1e-12)


def test_sizes_together_are_sizes_alone(tmp_path: Path) -> None:
    """Sizes share one run of the kernel, and are to rounding what each is alone, whatever stands beside it."""
    scenario = line(tmp_path)
    together = lot_figures(scenario, [1.0, 7.0, 0.2], draws=100)
    alone = [lot_figures(scenario, [factor], draws=100) for factor in (1.0, 7.0, 0.2)]
    for field in dataclasses.fields(LotFigures):
        tables = [getattr(figures, field.name) for figures in (together, *alone)]
        if isinstance(tables[0], dict):
            assert all(table.keys() == tables[0].keys() for table in tables)
            for key in tables[0].keys() - {"tests"} if field.name != "tests" else ():
                np.testing.assert_allclose(tables[0][key], np.concatenate([t[key] for t in tables[1:]]), rtol=1e-12)
        else:
            np.testing.assert_allclose(tables[0], np.concatenate(tables[1:]), rtol=1e-12)


def test_draws_are_common(tmp_path: Path) -> None:
    """More draws and other sizes change none of those that were there; scenarios share what they draw by its name."""
    scenario = line(tmp_path)
    few, many = lot_figures(scenario, [2.0], draws=10), lot_figures(scenario, [2.0, 5.0], draws=90)
    assert np.array_equal(few.doses[0], many.doses[0, :10])
    other = lot_figures(scenario.with_({"pellet.washes": 1}), [2.0], draws=10)
    kept = other.doses[0] / few.doses[0]
    assert np.all(kept < 1.0) and np.ptp(kept) < 0.02
    assert not np.array_equal(lot_figures(scenario, [2.0], draws=10, seed=1).doses, few.doses)


def test_one_lot_by_hand(tmp_path: Path) -> None:
    """Ten times 2 L fill 213 tubes of 94 mL: 36 runs of 6, of which 35 keep part of the lot waiting."""
    found = lot_figures(line(tmp_path), [10.0], draws=8)
    hours = 36 * (0.75 + 1.5) + 213 * 0.05
    gowning = 2 * 0.5  # before the runs are handled and before the pellets are taken up
    assert found.hours["pellet"] == pytest.approx(hours + gowning)
    assert found.run_waits["pellet"] == pytest.approx(hours - (0.75 + 1.5 + 0.05))
    assert np.all(found.runs["pellet"] == 36.0)
    assert found.occupied["ultracentrifuge"] == pytest.approx(hours + gowning + 1.0)
    assert found.work["lab", "pellet"] == pytest.approx(36 * 0.75 + 213 * 0.05 + gowning)
    assert np.all(found.used["pellet", "centrifuge_tube"] == 213.0)
    assert found.tests == {"nanoparticle_tracking": 1.0}


def test_units_at_once_and_cycles(tmp_path: Path) -> None:
    """0.5 m2 fill five skids of 0.1 m2, of which there are three: two cycles, and a turnaround for each unit."""
    scenario = line(tmp_path)
    found, single = (lot_figures(scenario, [10.0], draws=8) for _ in range(2))
    once = lot_figures(scenario.with_({"equipment.skid.size_limit": "9 m2"}), [10.0], draws=8)
    assert np.all(found.filled["concentrate"] == 5.0) and np.all(found.cycles["concentrate"] == 2.0)
    assert found.hours["concentrate"] == pytest.approx(2.0 * once.hours["concentrate"])
    assert found.run_waits["concentrate"] == pytest.approx(once.hours["concentrate"])
    turnaround = scenario.values(0, 8)["equipment.skid.turnaround"]
    assert found.occupied["skid"][0] == pytest.approx(3.0 * (found.hours["concentrate"][0] + turnaround))
    assert found.work["lab", "concentrate"] == pytest.approx(2.0 * once.work["lab", "concentrate"])
    assert np.array_equal(found.doses, single.doses)


def test_the_least_crew_comes(tmp_path: Path) -> None:
    """Two people fill where one is needed: the minimum of the role."""
    found = lot_figures(line(tmp_path), [1.0], draws=8)
    assert found.work["fill", "fill"] == pytest.approx(2.0 * found.hours["fill"])


@pytest.mark.parametrize("name", ["msc_200l_gmp", "msc_hollow_fiber_release"])
def test_time_on_units_is_that_of_the_facility(name: str) -> None:
    """The occupation of a plant is what the analytic minimum cycle time of a run in time is made of."""
    scenario = xs.load(SCENARIOS / f"{name}.toml")
    values = scenario.values(0, 64)
    recipe, plant = scenario.recipe(values), scenario.plant(values)
    lots = Lots(recipe, lambda _: recipe, 64)
    expected = planned_occupation(plant, recipe.procedures, lots, 64)
    found = lot_figures(scenario, [1.0], draws=64)
    assert found.occupied.keys() == expected.keys()
    for unit, hours in expected.items():
        assert found.occupied[unit].mean() == pytest.approx(hours, rel=1e-12)


def test_people_work_as_in_the_facility(tmp_path: Path) -> None:
    """One lot in an idle plant has people at work for as long as was planned, the laboratory and reviews included."""
    scenario = line(tmp_path, {"personnel.lab.headcount": 9})
    text = (tmp_path / "line.toml").read_text(encoding="utf-8")
    run = '\n[campaign]\nmode = "as_soon_as_possible"\nbatches = 1\n\n[release]\nanalyst = "lab"\n'
    told = 'repeatability = "12 %"\nduration = "5 d"\nhands_on = "3 h"\npeople = 2\n'
    review = '\n[[review]]\nid = "quality"\nrole = "fill"\nhands_on = "4 h"\nduration = "1 d"\n'
    text = text.replace('repeatability = "12 %"\n', told) + run + review
    scenario = line(tmp_path, text=text.replace("seed = 5", 'seed = 5\nreplications = 1\nhorizon = "200 d"'))
    planned = lot_figures(scenario, [1.0], draws=1)
    assert planned.work["lab", "assay.nanoparticle_tracking"] == pytest.approx(2 * (3.0 + 0.5))
    assert planned.work["fill", "review.quality"] == pytest.approx(8.0)  # never alone
    touched = run_once(scenario, scenario.seed, 0).touched
    for role, hours in touched.items():
        assert hours == pytest.approx(sum(h[0, 0] for (who, _), h in planned.work.items() if who == role), rel=1e-9), (
            role
        )


def test_a_shared_run_counts_in_parts(tmp_path: Path) -> None:
    """Of a run that four lots can share, each has a fourth of the time and of the work."""
    text = (tmp_path / "line.toml").read_text(encoding="utf-8") if line(tmp_path) else ""
    shared = line(tmp_path, text=text.replace('unit = "column"', 'unit = "column"\nshared_run = { places = 4 }'))
    one, fourth = (lot_figures(scenario, [1.0], draws=4) for scenario in (line(tmp_path), shared))
    assert fourth.occupied["column"] == pytest.approx(one.occupied["column"] / 4.0)
    assert fourth.work["lab", "polish"] == pytest.approx(one.work["lab", "polish"] / 4.0)
    assert np.array_equal(fourth.hours["polish"], one.hours["polish"])


def test_amounts_grow_and_probability_stays(tmp_path: Path) -> None:
    """A hundred lots in one use a hundred times as much, and meet the specification as often."""
    found = lot_figures(line(tmp_path, {"fill.line_loss": "0 mL"}), [10.0, 1000.0], draws=128)
    assert found.used["concentrate", "buffer"][1] == pytest.approx(
        100.0 * found.used["concentrate", "buffer"][0], rel=0.03
    )
    assert abs(found.success[1] - found.success[0]) < 0.05
    assert found.duration.shape == found.doses.shape == (2, 128)
    assert found.hours["polish"][1] == pytest.approx(found.hours["polish"][0], rel=0.1)


def test_nothing_asked_is_refused(tmp_path: Path) -> None:
    """A table has at least one size and one draw, and only sizes that a lot can have."""
    scenario = line(tmp_path)
    for factors, draws in (([], 4), ([1.0], 0)):
        with pytest.raises(UsageError, match="at least one size and one draw"):
            lot_figures(scenario, factors, draws)
    with pytest.raises(UsageError, match="the size of a lot is a factor"):
        lot_figures(scenario, [1.0, -2.0])
    with pytest.raises(ScenarioError, match="do not grow"):
        lot_figures(xs.load(SCENARIOS / "dendritic_vaccine.toml"), [2.0])
