"""The urine line: how long a result takes, how far it drifts, and how often it alarms an unchanged patient."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import exosim as xs

FILE = str(Path(__file__).parents[2] / "scenarios" / "urine_monitoring.toml")
ALARMS = "false_alarms_per_patient_year"
DRAWS = 512


def drawn(
    name: str, variant: str = "", changes: Mapping[str, Any] | None = None, step: str | None = None
) -> NDArray[np.float64]:
    return xs.evaluate(xs.load(FILE + variant).with_(changes or {}), DRAWS).values(name, step)


def test_the_reference_change_value_is_that_of_the_evidence() -> None:
    """124 % for 0.2 of assay and isolation and 0.4 within a person, two-sided and linear."""
    fixed = {"diagnostic.monitoring.analytical": 0.2, "diagnostic.monitoring.within_person": 0.4}
    assert drawn("reference_change_value", changes=fixed) == pytest.approx(1.24, abs=0.005)


def test_shorter_intervals_alarm_more() -> None:
    """Three times the visits, and somewhat less than three times the alarms of the last ones, which drift less."""
    ratio = drawn(ALARMS, "#monthly") / drawn(ALARMS)
    assert np.all((ratio > 2.5) & (ratio < 3.0 + 1e-9))


def test_more_baselines_alarm_less_and_find_smaller_changes() -> None:
    assert np.all(drawn(ALARMS, "#three_baselines") < drawn(ALARMS))
    assert np.all(drawn("detected_change", "#three_baselines") < drawn("detected_change"))


def test_a_calibration_that_drifts_alarms_more() -> None:
    by_drift = [drawn(ALARMS, changes={"diagnostic.monitoring.drift": f"{d} 1/year"}) for d in (0.0, 0.05, 0.2)]
    assert all(np.all(less < more) for less, more in itertools.pairwise(by_drift))
    assert by_drift[0] == pytest.approx(drawn(ALARMS, "#recalibrated"))


def test_limits_of_the_ratio_keep_their_promise() -> None:
    """Four visits a year at 5 % are 0.2 alarms; limits of the difference raise about twice as many."""
    still = {"diagnostic.monitoring.drift": "0 1/year"}
    assert drawn(ALARMS, "#logarithmic_limits", still) == pytest.approx(0.2, rel=1e-9)
    assert np.all(drawn(ALARMS, changes=still) > 1.5 * 0.2)


def test_opened_uromodulin_leaves_more_vesicles() -> None:
    assert np.all(drawn("vesicles", "#reducing_agent", step="separate") > drawn("vesicles", step="separate"))
    per_protein = drawn("vesicles", "#reducing_agent", step="void") / drawn("protein", "#reducing_agent", step="void")
    assert np.all(per_protein > drawn("vesicles", step="void") / drawn("protein", step="void"))


def test_a_rarer_plate_makes_results_later() -> None:
    """Half of a result's time to the next plate: a plate every 84 h instead of 24 h costs about 30 h at the median."""
    short = {"horizon": "21 d", "warm_up": "9 d"}
    daily, rare = (
        {
            quantity.name: quantity.mean or 0.0
            for quantity in xs.simulate(xs.load(FILE + variant).with_(short), 1).quantities()
            if quantity.step is None
        }
        for variant in ("", "#plate_twice_a_week")
    )
    assert 15.0 < rare["lead_time"] - daily["lead_time"] < 50.0
    assert daily["lead_time"] < daily["lead_time_p90"] < rare["lead_time_p90"]
    assert daily["right_first_time"] == pytest.approx(1.0 - 0.0936, abs=0.05)
