"""The plasma line: what a positive result is worth, what passes in a day, and how much of the signal is lipoprotein."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit, logit
from scipy.stats import norm

import exosim as xs

FILE = str(Path(__file__).parents[2] / "scenarios" / "plasma_early_detection.toml")
SHORT = {"horizon": "18 d", "warm_up": "8 d"}
DRAWS = 512


def drawn(variant: str, name: str, step: str | None = None) -> NDArray[np.float64]:
    return yields(variant).values(name, step)


@cache
def yields(variant: str) -> xs.Yields:
    return xs.evaluate(xs.load(FILE + variant), DRAWS)


def a_day(variant: str = "", changes: Mapping[str, Any] | None = None, replications: int = 1) -> dict[str, float]:
    """Return the indicators of a run of some days, all on the same samples."""
    results = xs.simulate(xs.load(FILE + variant).with_({**SHORT, **(changes or {})}), replications)
    return {quantity.name: quantity.mean or 0.0 for quantity in results.quantities() if quantity.step is None}


@pytest.mark.parametrize(
    ("prevalence", "expected"), [("0.013 %", 0.018), ("0.12 %", 0.146), ("1 %", 0.59), ("3.5 %", 0.84)]
)
def test_what_a_positive_result_is_worth(prevalence: str, expected: float) -> None:
    """The published performance at the prevalence of a population, of a risk group, after diabetes, in families."""
    published = {"diagnostic.sensitivity": 0.712, "diagnostic.specificity": 0.995, "diagnostic.prevalence": prevalence}
    found = xs.evaluate(xs.load(FILE + "#as_published").with_(published), 64).summary("positive_predictive_value")
    assert found.median == pytest.approx(expected, abs=0.006)
    assert found.median == found.p5 == found.p95


@pytest.mark.parametrize(
    ("figure", "published"), [("sensitivity", (0.632, 0.712, 0.781)), ("specificity", (0.970, 0.995, 0.999))]
)
def test_the_quantiles_follow_from_the_published_interval(figure: str, published: tuple[float, float, float]) -> None:
    """On the logit, from 95 % to 90 % of a normal distribution, each side of its own."""
    low, middle, high = logit(published)
    narrower = norm.ppf(0.95) / norm.ppf(0.975)
    expected = expit([middle - narrower * (middle - low), middle + narrower * (high - middle)])
    given = tomllib.loads(Path(FILE).read_text(encoding="utf-8"))["diagnostic"][figure]
    assert [given["p5"], given["p95"]] == pytest.approx(expected, abs=5e-4)
    assert given["p50"] == published[1]


def test_the_interval_of_the_study_is_wider_than_any_other() -> None:
    """The median is that of the published figures, and one false positive more or less of 184 decides the rest."""
    found = xs.evaluate(xs.load(FILE + "#as_published"), 4096).summary("positive_predictive_value")
    assert found.median == pytest.approx(0.59, abs=0.02)
    assert found.p5 is not None and found.p95 is not None
    assert found.p5 < 0.3 < 0.8 < found.p95


def test_size_exclusion_leaves_the_lipoproteins_with_the_vesicles() -> None:
    """The column takes less than half a log of what is counted, though most of the protein."""
    counted = drawn("", "particles", "second_spin") / drawn("", "particles", "separate")
    assert np.all(np.log10(counted) < 0.5)
    assert np.median(drawn("", "protein", "separate") / drawn("", "protein", "second_spin")) < 0.05


def test_a_layer_below_the_column_trades_vesicles_for_signal() -> None:
    """Mixed mode: less interference and fewer vesicles in every draw, and a positive result is worth more.

    At the ends of their ranges a tenth of the lipoproteins passes with four tenths of the vesicles.
    """
    over_vesicles = [
        share / (1.0 - share) for share in (drawn("#mixed_mode", "interference"), drawn("", "interference"))
    ]
    assert np.all(over_vesicles[0] < 0.25 * over_vesicles[1])
    assert np.all(drawn("#mixed_mode", "vesicles", "separate") < drawn("", "vesicles", "separate"))
    worth = "positive_predictive_value"
    assert np.all(drawn("", worth) < drawn("#mixed_mode", worth))
    assert np.all(drawn("#mixed_mode", worth) <= drawn("#as_published", worth))


def test_a_meal_before_the_draw_costs_predictive_value() -> None:
    assert np.all(drawn("#after_a_meal", "interference") > drawn("", "interference"))
    assert np.all(drawn("#after_a_meal", "positive_predictive_value") < drawn("", "positive_predictive_value"))


def test_a_week_in_the_freezer_costs_a_quarter_to_a_third_of_the_vesicles() -> None:
    """23 to 36 % in the first cycle of freezing and thawing, and 2 % in the week."""
    left = drawn("#biobank", "vesicles", "separate") / drawn("", "vesicles", "separate")
    assert np.all((left > 0.64 * 0.97) & (left < 0.77))


def test_samples_a_day_follow_the_way_of_separation() -> None:
    """One column 16, eight on a stand 48: floor of the hours of work over the cycle, times the places."""
    by_hand, on_a_stand = a_day(), a_day("#column_stand")
    assert by_hand["batches_per_day"] == pytest.approx(16.0, abs=0.7)
    assert on_a_stand["batches_per_day"] == pytest.approx(48.0, abs=2.0)
    assert by_hand["batches_turned_away"] > 5.0 * on_a_stand["batches_turned_away"]


def test_the_column_is_the_bottleneck() -> None:
    """A second column passes a fifth more, until its person has no hands left; a second plate reader nothing."""
    as_it_is = a_day()["batches_per_day"]
    assert a_day(changes={"equipment.column.count": 2})["batches_per_day"] > 1.15 * as_it_is
    assert a_day(changes={"equipment.plate_reader.count": 2})["batches_per_day"] == as_it_is


@pytest.mark.slow
def test_the_bottleneck_is_named() -> None:
    """`exosim bottleneck` names the column; on the stand no single thing, but stand and person together."""
    found = xs.bottleneck(xs.load(FILE), 3, only=("equipment", "personnel"))
    assert found.by == "batches_per_year"
    assert found.best is not None and found.best.candidate == "column + 1"
    often = {"campaign.every": {"exponential": {"mean": "0.3 h"}, "varies": "batch"}, "campaign.work_in_progress": 600}
    stand = xs.load(FILE + "#column_stand").with_(often)
    told = xs.bottleneck(stand, 3, add=("column_stand=1,isolation=1", "column_stand=1", "plate_reader=1"))
    assert told.best is not None and told.best.candidate.startswith("column_stand + 1, ")


@pytest.mark.slow
def test_fifty_samples_a_day_take_three_to_five_days() -> None:
    """With two stands all that is offered passes; half of the results are out after four days."""
    more = {"equipment.column_stand.count": 2, "personnel.isolation.headcount": 2}
    results = xs.simulate(xs.load(FILE + "#column_stand").with_(more), 3)
    found = {quantity.name: quantity.mean for quantity in results.quantities() if quantity.step is None}
    assert (found["batches_turned_away"] or 0.0) < 0.02 * (found["batches_finished"] or 0.0)
    assert found["batches_per_day"] == pytest.approx(50.0, abs=2.5)
    assert 72.0 < (found["lead_time"] or 0.0) < 120.0 < (found["lead_time_p90"] or 0.0)
