"""K8: cycle time, batch time and batches a year, on paper and as the facility runs them; Little's law."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import exosim as xs
from exosim.economics.rhythm import batch_time, batches_started, minimum_cycle_time, most_batches
from exosim.errors import UsageError
from exosim.replications import run_once
from exosim.window import Window

SCENARIO = Path(__file__).parents[1] / "validation" / "k8_rhythm.toml"
STEPS = {"reactor": 5.0, "column": 9.0, "filler": 4.0}
DAYS = 330.0


@cache
def scenarios() -> dict[str, xs.Scenario]:
    scenario = xs.load(SCENARIO)
    return {"": scenario, **scenario.variants()}


@cache
def window(name: str) -> Window:
    return run_once(scenarios()[name], 0, 0)


@pytest.mark.parametrize(("name", "columns", "cycle", "batches"), [("", 1, 9.0, 35), ("two_columns", 2, 5.0, 63)])
def test_three_steps(name: str, columns: int, cycle: float, batches: int) -> None:
    """The formulas, the plan of the facility, and the run agree."""
    assert minimum_cycle_time(STEPS, {"column": columns}) == cycle
    assert most_batches(DAYS, batch_time(list(STEPS.values())), cycle) == batches
    ran = window(name)
    assert ran.planned == {unit: 24.0 * days for unit, days in STEPS.items()}
    results = xs.simulate(scenarios()[name])
    headlines = results.accounts[0].headlines
    assert headlines["minimum_cycle_time"] == 24.0 * cycle
    assert headlines["cycle_time"] == pytest.approx(24.0 * cycle)
    assert headlines["batches_finished"] == batches


@pytest.mark.parametrize(("name", "expected"), [("paced", 18.0 / 9.0), ("two_columns_running", 23.0 / 5.0)])
def test_littles_law(name: str, expected: float) -> None:
    """Over whole cycles of a line in balance, work in progress is throughput times lead time."""
    headlines = xs.simulate(scenarios()[name]).accounts[0].headlines
    assert headlines["work_in_progress"] == pytest.approx(expected)
    assert headlines["work_in_progress"] == pytest.approx(headlines["lead_time"] / headlines["cycle_time"])


def test_littles_law_of_an_empty_line() -> None:
    """From empty to empty it holds on any path: here with times that differ from batch to batch."""
    times = {f"{step}.step_time": {"uniform": {"low": "1 d", "high": "9 d"}} for step in ("first", "second", "third")}
    varied = scenarios()[""].with_({**times, "campaign.batches": 12, "horizon": "330 d"})
    ran = run_once(varied, 7, 0)
    spent = [batch.ended - batch.started for batch in ran.run.batches if batch.ended is not None]
    assert len(spent) == 12 and np.ptp(spent) > 24.0
    headlines = xs.simulate(varied, seed=7).accounts[0].headlines
    assert headlines["work_in_progress"] * ran.hours == pytest.approx(sum(spent))


def test_a_year_of_weeks() -> None:
    """K6: 330 days with a batch every seven are 47 batches; 25 kg of 125 kg are 62,500 doses of 400 mg."""
    assert batches_started(330.0, 7.0) == 47
    assert 125e6 * 0.20 == 25e6
    assert 25e6 / 400.0 == 62_500.0


@given(st.integers(0, 500), st.floats(0.01, 30.0), st.floats(0.01, 60.0))
def test_batches_fit_into_the_year(extra: int, cycle: float, duration: float) -> None:
    """Exactly so many fit, and never one more."""
    available = duration + extra * cycle
    found = most_batches(available, duration, cycle)
    assert found == extra + 1
    assert duration + (found - 1) * cycle <= available * (1.0 + 1e-9)


def test_a_year_that_is_too_short() -> None:
    assert most_batches(10.0, 18.0, 9.0) == 0
    assert most_batches(18.0, 18.0, 9.0) == 1
    assert batches_started(0.3, 0.1) == 3


@pytest.mark.parametrize(
    "call",
    [
        lambda: minimum_cycle_time({}),
        lambda: minimum_cycle_time(STEPS, {"column": 0}),
        lambda: most_batches(330.0, 18.0, 0.0),
        lambda: batch_time([5.0, -1.0]),
        lambda: batches_started(np.inf, 1.0),
    ],
)
def test_impossible_numbers_are_refused(call: object) -> None:
    with pytest.raises(UsageError, match="cannot be used"):
        call()  # type: ignore[operator]
