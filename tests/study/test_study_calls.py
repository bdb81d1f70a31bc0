"""Studies from Python: what is given may be short, and what is of the wrong kind is told, never a traceback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.errors import UsageError
from exosim.study.plan import plan_of
from exosim.study.questions import unknown_response

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FLUX = "concentrate.flux"


@pytest.fixture(scope="module")
def scenario() -> xs.Scenario:
    return xs.load(SCENARIOS / "msc_hollow_fiber.toml")


@pytest.mark.parametrize(
    "factors",
    [
        {FLUX: "15..40 L/m2/h"},
        [(FLUX, "15..40 L/m2/h")],
        f"{FLUX}=15..40 L/m2/h",
        [f" {FLUX} = 15..40 L/m2/h"],
        {FLUX: ("15 L/m2/h", "40 L/m2/h")},
    ],
)
def test_a_factor_may_be_written_in_many_ways(scenario: xs.Scenario, factors: Any) -> None:
    (factor,) = plan_of(scenario, "sweep", {"factors": factors}).factors
    assert (factor.path, factor.low, factor.high) == (FLUX, 15.0, 40.0)


def test_arrays_and_ranges_are_lists(scenario: xs.Scenario) -> None:
    for values in (np.array([3.0, 6.0, 9.0]), range(3, 10, 3), [3, 6, 9]):
        (factor,) = plan_of(scenario, "sweep", {"factors": {"concentrate.diavolumes": values}}).factors
        assert factor.levels == (3.0, 6.0, 9.0)


def test_one_text_is_a_list_of_one(scenario: xs.Scenario) -> None:
    asked = plan_of(scenario, "space", {"responses": "doses", "conditions": "doses >= 100", "objectives": "more doses"})
    assert (asked.responses, asked.conditions, asked.objectives) == (("doses",), ("doses >= 100",), ("more doses",))
    found = xs.sweep(scenario, f"{FLUX}=15..40 L/m2/h", "doses", draws=10, samples=2)
    assert [one.name for one in found.responses] == ["doses"]


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"draws": 0}, "draws must be a whole number of at least 1; got 0"),
        ({"draws": -5}, "draws must be a whole number"),
        ({"draws": 1e3}, "draws must be a whole number of at least 1; got 1000.0"),
        ({"draws": 10**12}, "draws of each point are too many; got 1,000,000,000,000; expected at most 10,000,000"),
        ({"replications": "many"}, 'replications must be a whole number of at least 1; got "many"'),
        ({"generations": 0}, "generations must be"),
        ({"levels": True}, "levels must be"),
        ({"samples": 2.5}, "samples must be"),
        ({"seed": -1}, "seed must be a whole number of at least 0; got -1"),
        ({"probability": "high"}, 'the probability is a number; got "high"'),
        ({"weights": {FLUX: "heavy"}}, f'the weight of {FLUX} is a number; got "heavy"'),
        ({"weights": 3}, "weights are given by path; got 3; expected a dict"),
        ({"responses": [3]}, "responses are text"),
        ({"responses": 3}, "responses are text; got 3"),
        ({"factors": 3}, "factors are given by path; got 3"),
        ({"factors": [(FLUX, 1, 2)]}, "factors are given by path"),
        ({"drawz": 3}, 'unknown option "drawz"'),
    ],
)
def test_what_is_of_the_wrong_kind_is_told(scenario: xs.Scenario, given: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(scenario, "sweep", given)
    assert told in str(caught.value)


def test_all_that_is_wrong_is_told_at_once(scenario: xs.Scenario) -> None:
    with pytest.raises(UsageError) as caught:
        plan_of(scenario, "sweep", {"draws": 0, "seed": "a", "colour": 1})
    assert len(caught.value.problems) == 3


def test_a_path_is_no_scenario() -> None:
    with pytest.raises(UsageError, match=r"a Scenario is needed; got \"a.toml\"; expected exosim.load\(path\)"):
        xs.sweep("a.toml", {FLUX: "x0.5..x2"})  # type: ignore[arg-type]


def test_jobs_are_a_whole_number(scenario: xs.Scenario) -> None:
    with pytest.raises(UsageError, match='jobs must be at least 1; got "2"'):
        xs.sweep(scenario, {FLUX: "x0.5..x2"}, "doses", draws=5, jobs="2")  # type: ignore[arg-type]


def test_what_would_make_a_response_known_is_told() -> None:
    """Costs without prices, and time without a campaign: neither is a misspelling."""
    minimal, timed = ["doses", "polish.recovery"], ["doses", "lead_time", "tff.occupancy"]
    assert "needs prices; expected [economics]" in str(unknown_response("cost_per_dose", timed))
    for name in ("doses_per_year", "lead_time", "tff.occupancy"):
        assert "is of a facility in time; expected a [campaign]" in str(unknown_response(name, minimal))
    assert "unknown response" in str(unknown_response("lead_tme", timed))
    assert "unknown response" in str(unknown_response("polish.recovry", minimal))


def test_the_command_says_so_too() -> None:
    with pytest.raises(UsageError, match="needs prices"):
        xs.sweep(xs.load(SCENARIOS / "minimal.toml"), "medium.volume=1..2 L", "cost_per_dose")


def test_what_moves_the_plant_is_asked_about_in_time() -> None:
    """The kernel knows of no campaign: all of its answers would be without effect."""
    scenario = xs.load(SCENARIOS / "urine_monitoring.toml")
    batches = {"factors": {"campaign.batches": [2, 4]}}
    assert "lead_time" in [one.response for one in plan_of(scenario, "sweep", batches).questions()]
    assert plan_of(scenario, "sweep", {**batches, "engine": "kernel"}).questions()[0].response == "ev_yield"
