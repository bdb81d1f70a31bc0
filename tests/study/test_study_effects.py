"""The benchmark table: known effects are found, chance is called noise, and intervals cover the truth."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.distributions import Distribution
from exosim.errors import ModelError, ScenarioError
from exosim.study.answers import Response
from exosim.study.effect import By, course_of, elasticity_of, interval_of, paired, span_of
from exosim.study.effects import MOST_LEVELS, Effects, beside, effects, levels_of, points_of
from exosim.study.factor import Factor, Floats
from exosim.study.model import FunctionModel

X = Factor("a.x", "L", 1.0, 10.0, base=2.0)
UNIFORM = Distribution("uniform", (("low", 0.0), ("high", 10.0)))
DRAWS = 200


def model(function: Callable[[Floats, Floats], Floats], *factors: Factor, better: Any = "more", seed: int = 1) -> Any:
    """Return a model of one response: a function of the columns of a point and of a normal number on each draw."""
    normal = np.random.default_rng(seed).normal(size=(len(factors) + 1, DRAWS))
    return FunctionModel(
        factors, (Response("y", "1", better),), lambda points: function(points[:, None, :], normal)[:, None, :], DRAWS
    )


def columns(points: Floats) -> list[Floats]:
    """Return each factor as an array of shape (points, 1)."""
    return [points[:, :, place] for place in range(points.shape[2])]


def power(points: Floats, normal: Floats) -> Floats:
    """y = 3 x^(0.7 + 0.1 u) e^(0.5 v): draws differ much more from each other than the factor moves them."""
    (x,) = columns(points)
    return np.asarray(3.0 * x ** (0.7 + 0.1 * normal[0]) * np.exp(0.5 * normal[1]))


def test_a_power_law_has_its_exponent() -> None:
    """The elasticity is the exponent of each draw; pairing takes away what draws share."""
    found = effects(model(power, X), name="law", seed=3)
    (row,) = found.rows
    exact = 3.0 * np.exp(0.5 * np.random.default_rng(1).normal(size=(2, DRAWS))[1])
    exponent = 0.7 + 0.1 * np.random.default_rng(1).normal(size=(2, DRAWS))[0]
    gain = exact * (10.0**exponent - 1.0)
    assert row.median.value == pytest.approx(np.median(gain), rel=1e-12)
    assert row.mean.value == pytest.approx(gain.mean(), rel=1e-12)
    assert row.elasticity.value == pytest.approx(np.median(exponent), rel=1e-9)
    assert row.elasticity.low is not None and row.elasticity.high is not None
    assert row.elasticity.low < 0.7 < row.elasticity.high < row.elasticity.low + 0.05
    assert (row.course, row.monotone, row.best, row.rank) == ("rises", True, 10.0, 1)
    assert row.relative == pytest.approx(row.median.value / float(np.median(exact * 2.0**exponent)), rel=1e-12)
    assert row.span == pytest.approx(row.median.value, rel=1e-12)


def test_a_turn_inside_the_range_is_seen() -> None:
    """The ends are alike, and still it is the largest effect: its best level lies between."""
    hill = Factor("a.hill", "h", 0.0, 2.0, base=0.5)
    slope = Factor("a.slope", "h", 0.0, 1.0, base=0.5)

    def function(points: Floats, normal: Floats) -> Floats:
        z, x = columns(points)
        return np.asarray(5.0 - (x - 1.0) ** 2 + 0.5 * z + normal[0])

    found = effects(model(function, slope, hill))
    first, second = found.rows
    assert (first.factor, first.course, first.monotone, first.best) == ("a.hill", "turns", False, 1.0)
    assert (first.span, first.median.value) == (pytest.approx(1.0), 0.0)
    assert (second.factor, second.course, second.best, second.rank) == ("a.slope", "rises", 1.0, 2)
    worst = effects(model(function, slope, hill, better="less"))
    assert [row.best for row in worst.rows] == [0.0, 0.0]
    neither = effects(model(function, slope, hill, better="neither"))
    assert [row.best for row in neither.rows] == [None, None]


def test_chance_is_called_noise_and_nothing_is_called_flat() -> None:
    """A factor that only stirs the draws, and one that does nothing, rounding left aside."""
    stirs, idle = Factor("a.stirs", "1", 0.0, 1.0), Factor("a.idle", "1", 0.0, 1.0)

    def function(points: Floats, normal: Floats) -> Floats:
        x, z = columns(points)
        return np.asarray(100.0 + normal[0] + x * normal[1] + 1e-12 * z)

    stirred, nothing = effects(model(function, stirs, idle)).rows
    assert (stirred.course, stirred.best, stirred.monotone) == ("noise", None, None)
    assert stirred.median.low is not None and stirred.median.high is not None
    assert stirred.median.low < 0.0 < stirred.median.high
    assert (nothing.course, nothing.median.value, nothing.span, nothing.monotone) == ("flat", 0.0, 0.0, True)
    assert any("1 of 2 effects are noise" in told for told in effects(model(function, stirs, idle)).remarks())


def test_choices_have_no_order() -> None:
    """Each is compared to the first; the best is told by its place."""
    resin = Factor("a.resin", "1", 0.0, 2.0, choices=("gel", "beads", "film"))

    def function(points: Floats, normal: Floats) -> Floats:
        (x,) = columns(points)
        return np.asarray(np.array([1.0, 5.0, 1.0])[np.rint(x).astype(int)] + normal[0])

    found = effects(model(function, resin))
    (row,) = found.rows
    assert (row.course, row.monotone, row.best, row.span) == ("differs", None, 1.0, 4.0)
    assert row.elasticity.n == 0
    assert found._frames()["effects"]().columns["best"] == ["beads"]
    idle = effects(model(lambda points, normal: normal[:1] + 0.0 * points[:, :, 0], resin))
    assert idle.rows[0].course == "flat"


def test_one_draw_is_taken_as_it_is_and_few_have_no_interval() -> None:
    """A model without chance needs no interval; four replications have none for a median."""
    alone = FunctionModel((X,), (Response("y", "1", "more"),), lambda points: points**2)
    (row,) = effects(alone).rows
    assert (row.course, row.median.value, row.median.low, row.elasticity.value) == (
        "rises", 99.0, None, pytest.approx(2.0, rel=1e-3),
    )  # fmt: skip
    few = FunctionModel((X,), (Response("y", "1"),), lambda p: p[:, :, None] + np.arange(4.0) * p[:, :, None], 4)
    found = effects(few)
    assert (found.rows[0].course, found.rows[0].median.low) == ("unknown", None)
    assert any("4 draws are too few" in told for told in found.remarks())
    assert effects(few, by="mean").rows[0].course == "rises"


def refusing(points: Floats) -> Floats:
    """A model that does not go above 9."""
    if (points > 9.0).any():
        raise ScenarioError("more than 9 does not fit")
    return np.asarray(points + 1.0)


def test_points_that_fail_are_told() -> None:
    """The effect has a reason instead of numbers; the others have theirs."""
    both = (X, replace(X, path="a.other", high=5.0))
    failing = FunctionModel(both, (Response("y", "1", "more"),), lambda p: refusing(p[:, :1] + 0.0 * p[:, 1:]))
    with pytest.raises(ScenarioError, match="more than 9 does not fit"):
        effects(failing)
    found = effects(failing, keep_going=True)
    assert list(found.failed) == ["a.x = 10 L"]
    row = next(row for row in found.rows if row.factor == "a.x")
    assert (row.course, row.median.n, row.mean.value, row.relative) == ("rises", 0, None, None)
    assert row.reason == "more than 9 does not fit"
    json.dumps(found.as_dict(), allow_nan=False)
    base = FunctionModel((replace(X, base=9.5),), (Response("y", "1"),), refusing)
    nothing = effects(base, keep_going=True)
    assert set(nothing.failed) == {"base", "a.x = 10 L", "a.x = 9.975 L", "a.x = 9.025 L"}
    assert nothing.rows[0].relative is None


def test_draws_without_a_value_are_left_out_and_told() -> None:
    """A cost per dose where nothing is released."""

    def function(points: Floats, normal: Floats) -> Floats:
        (x,) = columns(points)
        return np.where(normal[0] > 0.0, x + normal[1], np.nan)

    found = effects(model(function, X))
    row = found.rows[0]
    assert 0 < row.median.n < DRAWS
    assert row.median.value == pytest.approx(9.0)
    assert any(f"in {row.median.n} of {DRAWS} draws" in told for told in found.remarks())
    assert row.elasticity.n == 0  # fewer than half of the draws have one
    empty = effects(model(lambda points, normal: np.full((len(points), DRAWS), np.nan), X))
    assert (empty.rows[0].course, empty.rows[0].reason) == ("unknown", "no draw has a value at both ends")


def test_the_best_level_has_a_value_wherever_another_has_one() -> None:
    """A cost that is lowest where hardly a draw has one."""

    def function(points: Floats, normal: Floats) -> Floats:
        (x,) = columns(points)
        return np.where((x < 2.0) & (normal[0] > -1.0), np.nan, x + 0.1 * normal[1])

    found = effects(replace(model(function, X), responses=(Response("y", "EUR/dose", "less"),)))
    assert (found.rows[0].course, found.rows[0].best) == ("rises", 3.25)


@pytest.mark.parametrize(
    ("factor", "wanted"),
    [
        (Factor("p", "1", 1.0, 9.0), [1.0, 3.0, 5.0, 7.0, 9.0]),
        (Factor("p", "1", 1.0, 16.0, scale="log"), [1.0, 2.0, 4.0, 8.0, 16.0]),
        (Factor("p", "1", 1.0, 3.0, whole=True), [1.0, 2.0, 3.0]),
        (Factor("p", "1", 10.0, 40.0, levels=(40.0, 10.0, 20.0)), [10.0, 20.0, 40.0]),
        (Factor("p", "1", 0.0, 1.0, choices=("a", "b")), [0.0, 1.0]),
        (Factor("p", "1", 0.5, 9.5, distribution=UNIFORM), [0.5, 2.75, 5.0, 7.25, 9.5]),
    ],
)
def test_levels_go_from_low_to_high(factor: Factor, wanted: list[float]) -> None:
    """Both ends are among them, whatever the kind of the factor."""
    assert levels_of(factor, 5).tolist() == pytest.approx(wanted, rel=1e-12)
    many = Factor("p", "1", 0.0, 999.0, levels=tuple(map(float, range(1000))))
    thinned = levels_of(many, 5)
    assert (len(thinned), thinned[0], thinned[-1]) == (MOST_LEVELS, 0.0, 999.0)


@pytest.mark.parametrize(
    ("factor", "base", "wanted"),
    [
        (X, 2.0, (1.9, 2.1)),
        (X, 10.0, (9.5, 10.0)),
        (X, 1.0, (1.0, 1.05)),
        (Factor("p", "1", 1.0, 9.0, whole=True), 3.0, (2.0, 4.0)),
        (Factor("p", "1", 10.0, 40.0, levels=(10.0, 20.0, 40.0)), 20.0, (10.0, 40.0)),
        (Factor("p", "1", 10.0, 40.0, levels=(10.0, 20.0, 40.0)), 15.0, (10.0, 20.0)),
        (Factor("p", "1", -1.0, 1.0), 0.0, None),
        (Factor("p", "1", 0.0, 1.0, choices=("a", "b")), 1.0, None),
    ],
)
def test_an_elasticity_is_taken_beside_the_base(factor: Factor, base: float, wanted: Any) -> None:
    """Within the range, above zero; whole and listed values have neighbors."""
    found = beside(factor, base)
    assert found == (None if wanted is None else pytest.approx(wanted))


def test_the_number_of_processes_and_of_points_at_once_changes_no_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor does how many factors are held together; progress ends at all points."""
    factors = tuple(replace(X, path=f"a.{name}") for name in "xyz")
    one = FunctionModel(factors, (Response("y", "1"),), np_sum, 3)
    seen: list[tuple[int, int]] = []
    wanted = effects(one, progress=lambda done, asked: seen.append((done, asked)))
    assert seen[-1] == (points_of(one), points_of(one))
    assert json.dumps(effects(replace(one, chunk=2), jobs=2).as_dict()) == json.dumps(wanted.as_dict())
    monkeypatch.setattr("exosim.study.effects._MOST_NUMBERS", 1)
    assert json.dumps(effects(one).as_dict()) == json.dumps(wanted.as_dict())


def np_sum(points: Floats) -> Floats:
    """Return three draws of a sum; at the top of a module, so that other processes find it."""
    return np.asarray(points.sum(axis=1)[:, None, None] * np.array([1.0, 2.0, 4.0]))


@given(st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40), st.sampled_from(["mean", "median"]))
def test_differences_have_a_direction(values: list[float], by: By) -> None:
    """Going back undoes going there; what differs by rounding is equal."""
    before = np.array(values)
    after = before[::-1]
    assert (paired(before, after) == -paired(after, before)).all()
    there, back = interval_of(paired(before, after), by), interval_of(paired(after, before), by)
    assert there.value == pytest.approx(-(back.value or 0.0), abs=1e-9)
    assert span_of([before, after], by) == pytest.approx(abs(there.value or 0.0))
    assert not paired(before, before * (1.0 + 1e-12)).any()
    assert course_of([before, before], by, ordered=True) == "flat"


def test_an_elasticity_needs_half_of_the_draws() -> None:
    """Those above zero at both values; of the mean those with a value at both."""
    below, above = np.array([1.0, 1.0, 0.0, np.nan]), np.array([1.1, 1.21, 1.0, 1.0])
    assert elasticity_of(below, above, 1.1, "median").value == pytest.approx(1.5)
    assert elasticity_of(below[1:], above[1:], 1.1, "median").n == 0
    assert elasticity_of(below, above, 1.1, "mean").value == pytest.approx(math.log(3.31 / 2.0) / math.log(1.1))
    assert elasticity_of(below[2:], above[2:], 1.1, "mean").n == 0  # no mean above zero
    assert elasticity_of(np.array([np.nan, np.nan, 1.0]), np.ones(3), 1.1, "mean").n == 0


def test_a_share_of_yes_and_no_has_the_elasticity_of_its_mean() -> None:
    """P(met) = x / 2 is in proportion to x, though on every draw that is met at both values nothing changes.

    500 draws of 300 seeds: the interval holds the 1 in 91 to 99 % of them (3 standard errors about 95 %).
    """
    held = 0
    for seed in range(300):
        chance = np.random.default_rng([11, seed]).random(500)
        below, above = ((chance < x / 2.0).astype(float) for x in (0.95, 1.05))
        found = elasticity_of(below, above, 1.05 / 0.95, "mean")
        assert found.value == pytest.approx(math.log(above.mean() / below.mean()) / math.log(1.05 / 0.95))
        assert found.low is not None and found.high is not None
        held += found.low <= 1.0 <= found.high
    assert 0.91 <= held / 300 <= 0.99


def test_frames_and_document_agree() -> None:
    """Levels of each factor with 5 to 95 % over the draws, and one row for each effect."""
    found = effects(model(power, X), name="law", seed=3)
    slices = found.to_pandas("slices")
    assert list(slices["value"]) == [1.0, 3.25, 5.5, 7.75, 10.0]
    assert (slices["p5"] < slices["median"]).all() and (slices["median"] < slices["p95"]).all()
    table = found.to_pandas()
    assert table["median"].tolist() == [found.as_dict()["effects"][0]["median"]["value"]]
    assert (str(found), found.as_dict()["form"]) == ("largest effects in law: y: a.x", "exosim.effects/1")


# -- intervals cover the truth -----------------------------------------------------------------------------------------

REPEATS = 2000
TRUE = {"mean": math.exp(0.05 + 0.3**2 / 2.0), "median": math.exp(0.05)}
"""Of a lognormal difference with mu 0.05 and sigma 0.3."""


def covered(repeats: int, draws: int) -> dict[str, float]:
    """Return the share of repeats in which each interval of the table holds what is true.

    y(x) = 10 v + (x - 1) d with v and d lognormal, v by far the wider: from x = 1 to 2 the effect is the skewed d.
    z(x) = v x^e with e normal about 0.7, which is the elasticity.
    """
    hits = dict.fromkeys(("mean", "median", "elasticity"), 0)
    factor = Factor("a.x", "1", 1.0, 2.0, base=1.5)
    for repeat in range(repeats):
        u, v, w = np.random.default_rng([7, repeat]).normal(size=(3, draws))
        wide, gain, exponent = np.exp(v), np.exp(0.05 + 0.3 * u), 0.7 + 0.2 * w

        def function(points: Floats, wide: Floats = wide, gain: Floats = gain, e: Floats = exponent) -> Floats:
            return np.stack([10.0 * wide + (points - 1.0) * gain, wide * points**e], axis=1)

        found = effects(FunctionModel((factor,), (Response("y", "1"), Response("z", "1")), function, draws), levels=2)
        first, second = found.of("y")[0], found.of("z")[0]
        wanted = (("mean", first.mean, TRUE["mean"]), ("median", first.median, TRUE["median"]))
        for name, interval, true in (*wanted, ("elasticity", second.elasticity, 0.7)):
            assert interval.low is not None and interval.high is not None
            hits[name] += interval.low <= true <= interval.high
    return {name: count / repeats for name, count in hits.items()}


@pytest.mark.slow
@pytest.mark.parametrize("draws", [20, 100, 500])
def test_intervals_cover_what_is_true(draws: int) -> None:
    """95 % intervals hold the truth in 93 to 97 % of 2000 repeats, from few draws to many."""
    found = covered(REPEATS, draws)
    assert all(0.93 <= share <= 0.97 for share in found.values()), found


def test_intervals_cover_what_is_true_in_short() -> None:
    """The same over 300 repeats: 3 standard errors about 95 %."""
    found = covered(300, 100)
    assert all(0.95 - 3 * 0.0126 <= share <= 1.0 - 0.0126 / 3 for share in found.values()), found


@pytest.mark.parametrize("by", ["median", "mean"])
def test_noise_is_seldom_called_an_effect(by: By) -> None:
    """Of 800 factors that do nothing but stir the draws, few more than 5 % seem to have an effect."""
    rng = np.random.default_rng(5)
    sure = sum(course_of(list(rng.normal(size=(5, 100))), by, ordered=True) != "noise" for _ in range(800))
    assert 0.02 * 800 <= sure <= 0.085 * 800


def test_errors_of_the_model_are_kept() -> None:
    """A model that cannot go on says so with its own kind of error."""

    def broken(points: Floats) -> Floats:
        raise ModelError("cannot go on")

    with pytest.raises(ModelError, match="cannot go on"):
        effects(FunctionModel((X,), (Response("y", "1"),), broken))
    found: Effects = effects(FunctionModel((X,), (Response("y", "1"),), broken), keep_going=True)
    assert len(found.failed) == points_of(FunctionModel((X,), (Response("y", "1"),), broken))
