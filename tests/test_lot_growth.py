"""A scenario whose lots have another size: what is multiplied, what stays, and what is told of it."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exosim as xs
from exosim.errors import ScenarioError, UsageError
from exosim.lot_figures import lot_figures
from exosim.lot_growth import growing
from exosim.lot_size import grown, grown_lot, largest, sizes
from tests.lot_line import TEXT, line

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FORMS: dict[str, Any] = {
    "text": "2 L",
    "another unit": "1500 mL",
    "value": {"value": "2 L", "source": "tessee", "grade": "A"},
    "spread": {"value": "2 L", "donor_spread": "30 %", "batch_spread": 0.1},
    "uniform": {"uniform": {"low": "1 L", "high": "3 L"}, "varies": "batch"},
    "triangular": {"triangular": {"low": "1 L", "mode": "2 L", "high": "4 L"}, "varies": "donor"},
    "truncated": {"truncated_normal": {"mean": "2 L", "sd": "500 mL", "low": "1 L", "high": "4 L"}},
    "median": {"lognormal": {"median": "2 L", "gsd": 1.3}, "source": "tessee"},
    "mean": {"lognormal": {"mean": "2 L", "cv": 0.3}},
    "gamma": {"gamma": {"mean": "2 L", "cv": 0.3}},
    "weibull": {"weibull": {"shape": 2.0, "scale": "2 L"}},
    "exponential": {"exponential": {"mean": "2 L"}},
    "pert": {"pert": {"low": "1 L", "mode": "2 L", "high": "4 L"}},
    "quantiles": {"p5": "1 L", "p50": "2 L", "p95": "5 L"},
}


@pytest.mark.parametrize("form", FORMS)
def test_every_way_to_give_a_quantity_is_multiplied(tmp_path: Path, form: str) -> None:
    """A growing parameter has 2.5 times the value on every draw, and the same level of variation."""
    scenario = line(tmp_path, {"medium.volume": FORMS[form]})
    larger = grown(scenario, 2.5)
    before, after = scenario.values(0, 64)["medium.volume"], larger.values(0, 64)["medium.volume"]
    np.testing.assert_allclose(after, 2.5 * np.asarray(before), rtol=1e-12)
    one, other = (s.declarations.procedures[0].operation.given["volume"].quantity for s in (scenario, larger))
    assert (one.varies, one.donor_spread, one.batch_spread) == (other.varies, other.donor_spread, other.batch_spread)


def test_what_does_not_grow_stays(tmp_path: Path) -> None:
    """Nothing but what grows is changed, defaults are multiplied as well, and the ledger says what was changed."""
    scenario = line(tmp_path)
    larger = grown(scenario, 3.0)
    assert set(larger.overrides) == {"medium.volume", "concentrate.membrane_area", "polish.column_volume"}
    assert [one.address for one in growing(scenario)] == list(larger.overrides)
    before, after = ({r.path: r for r in s.ledger()} for s in (scenario, larger))
    assert {path for path in after if before[path] != after[path]} == set(larger.overrides)
    assert after["medium.volume"].value == "6" and after["medium.volume"].origin == "override"
    by_default = line(tmp_path, text=TEXT.replace('volume = "2 L"\n', ""))
    assert grown(by_default, 3.0).typical_values()["medium.volume"] == pytest.approx(3.0)


def test_evidence_is_what_is_left_of_it(tmp_path: Path) -> None:
    """A decided size is of the plan; a distribution keeps its source, and a grade of A becomes one of B: derived."""
    said = {"lognormal": {"median": "2 L", "gsd": 1.3}, "source": "tessee", "grade": "A"}
    scenario = line(tmp_path, {"medium.volume": said, "concentrate.membrane_area": {"value": "0.05 m2"}})
    lines = {r.path: (r.source, r.grade) for r in grown(scenario, 2.0).ledger()}
    assert lines["medium.volume"] == ("tessee", "B")
    assert lines["concentrate.membrane_area"] == ("plan", "plan")
    assert lines["polish.column_volume"] == ("assumption", "D")


def test_the_same_size_is_the_same_scenario(tmp_path: Path) -> None:
    """A factor of 1 changes nothing, and going back and forth leads to the same values."""
    scenario = line(tmp_path)
    assert grown(scenario, 1.0) is scenario
    back = grown(grown(scenario, 4.0), 0.25)
    for path, value in scenario.values(0, 8).items():
        np.testing.assert_allclose(back.values(0, 8)[path], value, rtol=1e-12)


def test_whole_numbers_say_how_large_a_lot_is() -> None:
    """40 flasks become 14 in a lot of a third, which is 0.35 of them, and the inoculum follows; one flask is left."""
    scenario = xs.load(SCENARIOS / "msc_flasks_ultracentrifugation.toml")
    third, least = (grown_lot(scenario, factor) for factor in (1.0 / 3.0, 0.001))
    assert third.factor == 0.35 and third.scenario.typical_values()["culture.vessels"] == 14.0
    before, after = (s.typical_values()["seed_train.inoculum"] for s in (scenario, third.scenario))
    assert after == pytest.approx(0.35 * before) and third.rounded == {}
    assert least.factor == 1 / 40 and least.scenario.typical_values()["culture.vessels"] == 1.0
    assert grown_lot(scenario, 3.0).factor == 3.0
    assert [size.size for size in sizes(scenario, 1.0 / 3.0) if size.by == "vessels"] == [14.0]
    assert lot_figures(scenario, [1.0 / 3.0, 2.0], draws=4).factors.tolist() == [0.35, 2.0]


def test_room_for_vessels_is_rounded_up_and_told() -> None:
    """There is room for 100, 60, 24, 12 and 12 vessels: a lot of 2.7 times the size has 270, 162, 65, 33 and 33."""
    room = grown_lot(xs.load(SCENARIOS / "tessee_planar_msc.toml"), 2.7)
    assert room.factor == 2.7
    assert room.rounded == {
        "passage_3.most_vessels": 65 / 24, "passage_4.most_vessels": 33 / 12, "passage_5.most_vessels": 33 / 12,
    }  # fmt: skip


def test_what_leaves_its_range_is_allowed_and_told() -> None:
    """Ten hollow-fiber lots in one: the area of 21 m2 is more than a cartridge has; the ledger counts it."""
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    ten = grown_lot(scenario, 10.0)
    assert [left.address for left in ten.outside] == [
        "culture.fiber_area", "culture.extracapillary_volume", "culture.medium_rate",
    ]  # fmt: skip
    assert str(ten.outside[0]) == "culture.fiber_area: 21 m2 is outside the plausible range, 0.005 to 10 m2"
    assert sum(r.outside_range for r in ten.scenario.ledger()) == 3
    assert grown_lot(scenario, 2.0).outside == ()


def test_the_range_is_that_of_one_unit() -> None:
    """Shared among ten cartridges of the same area as before, nothing leaves its range."""
    changes = {"equipment.hollow_fiber_bioreactor.size_limit": "2.1 m2", "culture.when_too_large": "parallel"}
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml", changes)
    assert grown_lot(scenario, 10.0).outside == ()


def test_a_variant_grows_as_what_it_is() -> None:
    """What a variant sets is what is multiplied."""
    scenario = xs.load(f"{SCENARIOS / 'platform_comparison.toml'}#hollow_fiber")
    values, larger = scenario.typical_values(), grown(scenario, 2.0).typical_values()
    assert larger["culture.fiber_area"] == 2.0 * values["culture.fiber_area"]


@pytest.mark.parametrize("factor", [0.0, -1.0, math.inf, math.nan])
def test_no_size_is_refused(tmp_path: Path, factor: float) -> None:
    """A lot has a size above nothing."""
    with pytest.raises(UsageError, match=r"the size of a lot is a factor; got .*; expected a number above 0"):
        grown(line(tmp_path), factor)


def test_a_lot_of_one_patient_is_refused() -> None:
    """An autologous lot cannot be made larger: more patients are more lots."""
    scenario = xs.load(SCENARIOS / "dendritic_vaccine.toml")
    with pytest.raises(ScenarioError, match="collect: the lots of this process do not grow; got 2 times the lot"):
        grown(scenario, 2.0)
    assert grown(scenario, 1.0) is scenario
    assert largest(scenario).factor == 1.0 and "what starts the process does not grow" in largest(scenario).why


def test_measured_values_are_refused(tmp_path: Path) -> None:
    """Measured values stand in a file; the message says what can grow instead."""
    (tmp_path / "volumes.csv").write_text("v\n1.9\n2.1\n2.3\n", encoding="utf-8")
    given = {"empirical": {"file": "volumes.csv", "column": "v", "unit": "L"}}
    scenario = line(tmp_path, {"medium.volume": given})
    with pytest.raises(ScenarioError, match=r"medium.volume: is given by measured values, which cannot be multiplied"):
        grown(scenario, 2.0)


# -- units ------------------------------------------------------------------------------------------------------------


def test_sizes_are_those_of_the_plant(tmp_path: Path) -> None:
    """5 times 0.05 m2 fill three skids of 0.1 m2, all three at once; the filler takes its liters in cycles."""
    found = {size.procedure: size for size in sizes(line(tmp_path), 5.0)}
    skid = found["concentrate"]
    assert (skid.size, skid.measure, skid.by) == (pytest.approx(0.25), "m2", "membrane_area")
    assert (skid.filled, skid.at_once, skid.cycles, skid.count, skid.fits) == (3, 3, 1, 3, True)
    assert str(skid) == "concentrate: 0.25 m2 of membrane_area; one skid takes 0.1 m2"
    assert found["medium"].unit == "" and found["medium"].by is None
    fill = found["fill"]
    assert fill.measure == "L" and fill.filled == fill.cycles == math.ceil(fill.size / 0.2) > 1


def test_sixteen_skids_wanted_of_three_are_six_cycles(tmp_path: Path) -> None:
    """32 times the lot fill 16 units of a class of three: six cycles."""
    skid = next(size for size in sizes(line(tmp_path), 32.0) if size.procedure == "concentrate")
    assert (skid.filled, skid.at_once, skid.cycles) == (16, 3, 6)


@given(limit=st.floats(0.02, 0.3))
@settings(max_examples=4, deadline=None)
def test_the_largest_lot_just_fits(limit: float, tmp_path_factory: pytest.TempPathFactory) -> None:
    """At the largest factor every procedure fits, and above it one does not: sized by its feed or by a parameter."""
    changes = {
        "equipment.filler.size_limit": f"{limit!r} L", "fill.when_too_large": "refuse",
        "concentrate.when_too_large": "refuse",
    }  # fmt: skip
    scenario = line(tmp_path_factory.mktemp("line"), changes)
    most = largest(scenario)
    assert most.factor < 2.000001 and most.by in ("equipment.filler.size_limit", "equipment.skid.size_limit")
    assert all(size.fits for size in sizes(scenario, most.factor))
    assert not all(size.fits for size in sizes(scenario, most.factor * (1.0 + 1e-6)))


def test_the_largest_lot_says_why(tmp_path: Path) -> None:
    """A parameter that limits is exact: 0.1 m2 over 0.05 m2."""
    scenario = line(tmp_path, {"concentrate.when_too_large": "refuse"})
    most = largest(scenario)
    assert most.factor == pytest.approx(2.0, rel=1e-8)
    assert str(most) == "2 times the lot: concentrate: one skid takes 0.1 m2 of membrane_area, and not more"
    assert largest(line(tmp_path)).factor == math.inf and largest(line(tmp_path)).by == ""


def test_a_culture_cannot_run_in_cycles() -> None:
    """Its visits follow one schedule: the units of its class limit it, unless there may be more of them."""
    changes = {"equipment.hollow_fiber_bioreactor.size_limit": "2.1 m2", "culture.when_too_large": "parallel"}
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml", changes)
    assert largest(scenario).factor == pytest.approx(2.0, rel=1e-8)
    assert "2 hollow_fiber_bioreactor take 4.2 m2 of fiber_area" in largest(scenario).why
    assert largest(scenario, more_units=True).factor == math.inf
    in_cycles = scenario.with_({"culture.when_too_large": "cycles"})
    assert largest(in_cycles, more_units=True).factor == pytest.approx(1.0, rel=1e-8)


def test_a_number_of_the_plan_has_an_end() -> None:
    """More than 10,000 flasks cannot be meant, and the scenario of such a lot is refused."""
    scenario = xs.load(SCENARIOS / "msc_flasks_ultracentrifugation.toml")
    assert (largest(scenario).factor, largest(scenario).by) == (250.0, "culture.vessels")
    grown(scenario, 250.0)
    with pytest.raises(ScenarioError, match=r"culture\.vessels: is more than 10 times outside the plausible range"):
        grown(scenario, 251.0)


def test_runs_that_would_count_twice_are_told(tmp_path: Path) -> None:
    """The filler takes as long as all vials take, and cycles would count that anew; a skid grows, and does not."""
    (told,) = line(tmp_path).warnings
    assert told.startswith("fill: the time of a large lot is already that of all its runs, limited by the filler")
    assert told.endswith('expected "refuse", or no equipment.filler.size_limit')
    assert line(tmp_path, {"fill.when_too_large": "refuse"}).warnings == ()
