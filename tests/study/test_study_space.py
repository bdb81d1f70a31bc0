"""The design space of models whose probabilities are known in closed form."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from exosim.errors import LimitError, ModelError, UsageError
from exosim.study.answers import Condition, Response
from exosim.study.design_space import DesignSpace
from exosim.study.factor import Factor
from exosim.study.model import FunctionModel
from exosim.study.space import space

X, Y = Factor("mix.speed", "rpm", 0.0, 10.0, base=5.0), Factor("hold.time", "h", 0.0, 10.0, base=6.0)
RESPONSES = (Response("purity", "1", "more"), Response("titer", "g/L", "more"))
PURITY, TITER = Condition("purity", ">=", 2.0), Condition("titer", ">=", 4.0, "g/L")
BOTH = (PURITY, TITER)


@dataclass(frozen=True)
class Noisy:
    """Purity 2x - y and titer 2y - x, each with standard normal noise of its own, the same at all points."""

    noise: Any

    def __call__(self, points: Any) -> Any:
        x, y = points[:, :1], points[:, 1:2]
        return np.stack([2.0 * x - y + self.noise[0], 2.0 * y - x + self.noise[1]], axis=1)


def truth(x: Any, y: Any) -> Any:
    """Return the probabilities of purity and titer that are met, each by itself."""
    return np.stack([norm.cdf(2.0 * x - y - PURITY.limit), norm.cdf(2.0 * y - x - TITER.limit)])


def noisy(draws: int = 400, seed: int = 1, factors: tuple[Factor, ...] = (X, Y), **more: Any) -> FunctionModel:
    """Return the model on some draws."""
    noise = np.random.default_rng(seed).standard_normal((2, draws))
    return FunctionModel(factors, RESPONSES, Noisy(noise), draws=draws, **more)


def exact(draws: int = 2000) -> FunctionModel:
    """Return the model with purity alone noisy, on draws that are the quantiles themselves: no chance is left."""
    noise = np.stack([norm.ppf((np.arange(draws) + 0.5) / draws), np.zeros(draws)])
    return FunctionModel((X, Y), RESPONSES, Noisy(noise), draws=draws)


def everywhere(function: Callable[[Any, Any], Any], found: DesignSpace) -> Any:
    """Return a function at all points of the grid."""
    return function(*np.meshgrid(found.x, found.y, indexing="ij"))


def test_probabilities_are_those_of_the_normal_distribution() -> None:
    """Joint and single probabilities over the grid are the closed forms within the noise of 20,000 draws."""
    found = space(noisy(20_000), BOTH, grid=11)
    single = everywhere(truth, found)
    assert np.abs(found.each - single).max() < 0.015
    assert np.abs(found.joint.probability - single.prod(axis=0)).max() < 0.015


def test_the_joint_probability_is_counted_on_the_draws() -> None:
    """With one noise for both it is the least of the two, not their product."""
    noise = np.tile(np.random.default_rng(4).standard_normal(400), (2, 1))
    found = space(FunctionModel((X, Y), RESPONSES, Noisy(noise), draws=400), BOTH)
    assert np.array_equal(found.joint.probability, found.each.min(axis=0))


NEAR = (replace(X, low=4.0, high=4.8, base=4.4), replace(Y, low=5.0, high=5.4, base=5.2))
"""Ranges in which the probability is between 76 and 98 %."""


@pytest.mark.slow
def test_95_percent_intervals_hold_the_truth_in_95_percent_of_2000_repeats() -> None:
    """At every point between 93 and 97 %; neither verdict is wrong in more than 5 % (and chance) of the repeats."""
    check_coverage(2000, 0.93, 0.97)


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    """The same on fewer repeats."""
    check_coverage(200, 0.89, 0.99)


def check_coverage(repeats: int, least: float, most: float) -> None:
    """Check the coverage at all points of a small grid around the edge."""
    held = wrong_in = wrong_out = 0.0
    for seed in range(repeats):
        found = space(noisy(500, seed, NEAR), BOTH, grid=2)
        known = everywhere(truth, found).prod(axis=0)
        low, high = found.joint.interval
        held = held + ((low <= known) & (known <= high))
        wrong_in = wrong_in + (found.joint.inside & (known < found.level))
        wrong_out = wrong_out + (found.joint.outside & (known >= found.level))
    share = np.asarray(held) / repeats
    assert share.min() > least
    assert share.max() < most
    slack = 3.0 * np.sqrt(0.05 * 0.95 / repeats)
    assert np.max(wrong_in) / repeats <= 0.05 + slack
    assert np.max(wrong_out) / repeats <= 0.05 + slack


def test_the_edge_is_where_the_closed_form_says() -> None:
    """Purity falls to 90 % along 2x - y = 2 + z(0.9), to a fifth of a grid step."""
    found = space(exact(), (PURITY,), grid=21)
    off = [abs(2.0 * point.x - point.y - PURITY.limit - norm.ppf(0.9)) for point in found.edge]
    assert len(off) > 20
    assert max(off) / np.hypot(2.0, 1.0) < 0.5 / 5.0
    assert {point.binding for point in found.edge} == {"purity >= 2"}


def test_the_edge_is_told_with_the_condition_that_fails_most() -> None:
    """It is the one with the lower probability in closed form, save where both are about the same."""
    found = space(noisy(4000), BOTH)
    names = np.array(found.names)
    kinds = set()
    for point in found.edge:
        single = truth(point.x, point.y)
        if abs(single[0] - single[1]) > 0.02:
            assert point.binding == names[int(np.argmin(single))]
            kinds.add(point.binding)
    assert kinds == set(found.names)
    parts = found.parts()
    assert sum(part.edge for part in parts) == pytest.approx(1.0)
    assert sum(part.binds for part in parts) == pytest.approx(1.0)


def test_the_bounds_part_the_plane_in_three() -> None:
    """Inside, undecided and outside are all the points, and the edge runs through the undecided ones."""
    found = space(noisy(), BOTH)
    verdicts = found.joint.verdict
    assert set(np.unique(verdicts)) == {"inside", "undecided", "outside"}
    assert (found.joint.probability[verdicts == "inside"] >= found.level).all()
    assert (found.joint.probability[verdicts == "outside"] < found.level).all()


def test_the_operating_range_lies_within_and_is_asked_again() -> None:
    """It holds the base point inside of it, its grid points are inside, and its eight points are shown to be."""
    found = space(noisy(factors=(replace(X, base=8.0), replace(Y, base=8.5))), BOTH)
    proposed = found.operating_range
    assert proposed is not None
    assert proposed.holds_base
    assert proposed.holds
    assert proposed.points.shape == (8, 2)
    one, other = proposed.ranges
    assert one.low < found.base[0] < one.high
    assert other.low < found.base[1] < other.high
    within = np.outer((found.x >= one.low) & (found.x <= one.high), (found.y >= other.low) & (found.y <= other.high))
    assert found.joint.inside[within].all()
    low, high = truth(proposed.points[:, 0], proposed.points[:, 1])
    assert (low * high > 0.88).all()


def test_a_base_point_without_room_is_told() -> None:
    """No rectangle has it inside of it, so it is on the border of the one that is proposed."""
    found = space(noisy(), BOTH)
    assert found.operating_range is not None
    assert found.operating_range.holds_base
    assert found.operating_range.ranges[0].low == found.base[0]
    assert "on the border of the proposed range: no room below it in mix.speed" in " ".join(found.remarks())


def test_proven_acceptable_ranges_leave_the_other_factor_at_the_base() -> None:
    """Along either line through the base point everything between the ends is inside, and the ends are not far off."""
    found = space(exact(), (PURITY,), grid=41)
    across, up = found.proven
    assert across is not None
    assert up is not None
    ends = (PURITY.limit + norm.ppf(0.9) + 6.0) / 2.0, 2.0 * 5.0 - PURITY.limit - norm.ppf(0.9)
    assert 0.0 <= across.low - ends[0] < 0.25 + 0.15
    assert across.open_high
    assert 0.0 <= ends[1] - up.high < 0.25 + 0.2
    assert up.open_low


def test_a_base_point_outside_is_told() -> None:
    """The largest rectangle anywhere is proposed, and there is no proven acceptable range."""
    found = space(noisy(factors=(replace(X, base=1.0), Y)), BOTH)
    assert found.operating_range is not None
    assert not found.operating_range.holds_base
    assert found.proven == (None, None)
    words = " ".join(found.remarks())
    assert "The base point, mix.speed 1 rpm and hold.time 6 h, is outside the design space" in words
    assert "purity >= 2 fails most often there" in words
    assert "does not hold the base point" in words


def test_a_base_point_out_of_range_or_unknown_is_told() -> None:
    """It is asked, though it is no point of the grid; where the scenario says nothing, the middle stands for it."""
    beyond = space(noisy(factors=(replace(X, base=20.0), Y)), BOTH, grid=5)
    assert not beyond.base_in_range
    assert beyond.x.size == 5
    assert beyond.proven == (None, None)
    assert "lies outside of what was studied" in " ".join(beyond.remarks())
    silent = space(noisy(factors=(replace(X, base=None), Y)), BOTH)
    assert silent.base == (5.0, 6.0)
    assert "The scenario says nothing of mix.speed" in " ".join(silent.remarks())


def test_the_best_point_is_told_where_none_is_inside() -> None:
    """How near it comes, where it is and what fails there; and how many draws would show more."""
    hard = space(noisy(), (replace(PURITY, limit=12.0), TITER))
    assert not hard.joint.inside.any()
    assert hard.operating_range is None
    assert "No point is shown to meet both conditions on 90 %" in hard.answer
    assert "The best point, mix.speed 10 rpm" in hard.remarks()[0]
    assert "purity >= 12 fails most often there" in hard.remarks()[0]
    never = space(noisy(), (replace(PURITY, limit=99.0), TITER))
    assert never.remarks()[0] == "No draw meets both conditions at any point: purity >= 99 is met on 0 % at most."
    few = space(noisy(20), BOTH)
    assert "20 draws cannot show 90 % with 95 % confidence" in " ".join(few.remarks())
    assert "that takes 29 or more" in " ".join(few.remarks())
    near = space(noisy(200, factors=NEAR), BOTH, level=0.96)
    assert not near.joint.inside.any()
    assert "draws would show that the best point is inside" in " ".join(near.remarks())


def test_a_factor_that_changes_nothing_is_told() -> None:
    """A map over it would look as if it had been studied."""
    model = FunctionModel((X, Y), RESPONSES[:1], lambda points: points[:, :1])
    found = space(model, (replace(PURITY, limit=5.0),))
    assert "hold.time changes nothing here: the probability is the same at all its values." in found.remarks()


def test_all_inside_is_told() -> None:
    """The edge of failure lies beyond what was studied."""
    found = space(noisy(), (replace(PURITY, limit=-30.0),))
    assert found.joint.inside.all()
    assert found.edge == ()
    assert "the edge of failure lies beyond what was studied" in " ".join(found.remarks())
    assert "Every draw is another possible world" in found.remarks()[-1]


@settings(max_examples=25)
@given(st.floats(-2.0, 6.0), st.floats(0.0, 3.0), st.floats(0.5, 0.95), st.floats(0.0, 0.04))
def test_harder_is_never_larger(limit: float, more: float, level: float, higher: float) -> None:
    """A stricter limit, another condition or a higher level only takes points out of the design space."""
    model = noisy(200)
    easy = space(model, (replace(PURITY, limit=limit),), level=level, grid=6)
    for harder in (
        space(model, (replace(PURITY, limit=limit + more),), level=level, grid=6),
        space(model, (replace(PURITY, limit=limit), TITER), level=level, grid=6),
        space(model, (replace(PURITY, limit=limit),), level=level + higher, grid=6),
    ):
        assert not (harder.joint.inside & ~easy.joint.inside).any()
        assert (harder.joint.probability <= easy.joint.probability).all()


@pytest.mark.parametrize("chunk", [1, 7, 4096])
def test_answers_do_not_depend_on_chunks_or_helpers(chunk: int) -> None:
    """The same document to the bit."""
    usual = space(noisy(100), BOTH, grid=7).as_dict()
    assert space(noisy(100, chunk=chunk), BOTH, grid=7).as_dict() == usual
    with ThreadPoolExecutor(2) as helpers:
        assert space(noisy(100, chunk=chunk), BOTH, grid=7, jobs=helpers).as_dict() == usual


@pytest.mark.slow
def test_answers_do_not_depend_on_the_number_of_processes() -> None:
    """One and two give the same document to the bit."""
    assert space(noisy(100, chunk=7), BOTH, grid=7, jobs=2).as_dict() == space(noisy(100), BOTH, grid=7).as_dict()


@dataclass(frozen=True)
class Breaking:
    """The noisy model, which cannot go on where x is above a limit and has no purity where y is below one."""

    inner: Noisy
    most: float

    def __call__(self, points: Any) -> Any:
        if (points[:, 0] > self.most).any():
            raise ModelError("the tank overflows")
        found = self.inner(points)
        found[points[:, 1] < 5.0, 0, ::2] = np.nan
        return found


def breaking() -> FunctionModel:
    """Return the model that breaks."""
    model = noisy()
    return replace(model, function=Breaking(model.function, 7.0))  # type: ignore[arg-type]


def test_points_that_are_not_possible_are_outside() -> None:
    """They are told with their number, none of them is in a range, and a draw without a value meets nothing."""
    found = space(breaking(), BOTH, keep_going=True)
    lost = found.x > 7.0
    assert (found.joint.verdict[lost] == "not possible").all()
    assert not found.joint.inside[lost].any()
    assert set(found.failed) == {m * found.y.size + n for m in np.flatnonzero(lost) for n in range(found.y.size)}
    assert found.operating_range is not None
    assert found.operating_range.ranges[0].high <= 7.0
    assert found.joint.probability[:, found.y < 5.0][~lost].max() <= 0.5
    assert "points are not possible and counted as outside: the tank overflows" in " ".join(found.remarks())
    json.dumps(found.as_dict(), allow_nan=False)
    with pytest.raises(ModelError, match=r"point \d+ of \d+ is not possible.*the tank overflows"):
        space(breaking(), BOTH)


def test_other_factors_are_held() -> None:
    """At the base, or where they are asked to be."""
    third = Factor("feed.rate", "L/h", 0.0, 4.0, base=0.0)

    def moved(points: Any) -> Any:
        return (points[:, 0] + points[:, 1] + 10.0 * points[:, 2])[:, None]

    model = FunctionModel((X, third, Y), (Response("sum", "1"),), lambda points: moved(points[:, [0, 2, 1]]))
    limit = (Condition("sum", ">=", 12.0),)
    usual = space(model, limit, over=("mix.speed", "hold.time"), level=0.9)
    assert usual.held == {"feed.rate": 0.0}
    assert np.array_equal(usual.joint.probability, everywhere(lambda x, y: (x + y >= 12.0).astype(float), usual))
    more = space(model, limit, over=("hold.time", "mix.speed"), held={"feed.rate": 1.0})
    assert [factor.path for factor in more.factors] == ["hold.time", "mix.speed"]
    assert np.array_equal(more.joint.probability, everywhere(lambda x, y: (x + y >= 2.0).astype(float), more))


def test_scales_levels_and_whole_numbers() -> None:
    """Grid lines, ranges and middles are values that the factor can have."""
    dose = Factor("load.cells", "cell", 1e4, 1e8, scale="log", base=1e6)
    count = Factor("fill.lanes", "1", 1.0, 9.0, whole=True, base=4.0)
    draws = np.random.default_rng(0).standard_normal(400)

    def margin(points: Any) -> Any:
        return (4.0 - np.abs(np.log10(points[:, :1]) - 6.0) * 2.0 - np.abs(points[:, 1:] - 4.0) + draws)[:, None, :]

    found = space(FunctionModel((dose, count), (Response("m", "1"),), margin, draws=400), (Condition("m", ">=", 0.0),))
    assert found.operating_range is not None
    one, other = found.operating_range.ranges
    assert 1e4 < one.low < 1e6 < one.high < 1e8
    assert one.low * one.high == pytest.approx(1e12, rel=0.5)
    assert (other.low, other.high) == (3.0, 5.0)
    assert np.array_equal(found.operating_range.points[:, 1] % 1.0, np.zeros(8))
    listed = replace(Y, levels=(0.0, 2.0, 5.0, 6.0, 7.0))
    few = space(noisy(factors=(X, listed)), BOTH)
    assert few.y.tolist() == [0.0, 2.0, 5.0, 6.0, 7.0]
    assert few.operating_range is not None
    assert set(few.operating_range.points[:, 1]) <= set(few.y)


def test_the_base_point_is_on_the_grid() -> None:
    """A line goes through it, also where it is none of the even ones, and none is there twice."""
    found = space(noisy(factors=(replace(X, base=3.3), replace(Y, base=6.0 + 1e-12))), BOTH, grid=11)
    assert found.x.size == 12
    assert 3.3 in found.x
    assert found.y.size == 11
    place = int(np.flatnonzero(found.x == 3.3)[0]), int(np.argmin(np.abs(found.y - 6.0)))
    assert float(found.base_joint.probability) == found.joint.probability[place]


def test_the_document_and_the_tables_say_the_same() -> None:
    """One row for each point, in the order of the numbers; no NaN; the short text is the answer with its remarks."""
    found = space(noisy(), BOTH, grid=5, name="mixing", hash="f" * 64, seed=1)
    document = found.as_dict()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert document["form"] == "exosim.space/1"
    assert document["scenario"] == {"name": "mixing", "hash": "f" * 64}
    table = found.to_pandas()
    assert len(table) == found.x.size * found.y.size
    assert table["probability"].to_numpy().reshape(found.x.size, -1).tolist() == document["joint"]["probability"]
    assert list(table["verdict"][: found.y.size]) == document["joint"]["verdict"][0]
    assert len(found.to_pandas("edge")) == len(document["edge"])
    assert list(found.to_pandas("conditions")["condition"]) == list(found.names)
    assert str(found).splitlines()[0] == found.answer
    assert "err together" in str(found)


def test_attributes_are_told_in_words() -> None:
    """That an attribute is met is no comparison for a reader."""
    met = (Response("met.residual_dna", "1"), Response("in_specification", "1"))
    model = FunctionModel((X, Y), met, lambda points: np.ones((len(points), 2)))
    found = space(model, [Condition(one.name, ">=", 1.0) for one in met])
    assert found.names == ("residual dna within limits", "in specification")


def choices() -> tuple[Factor, ...]:
    """Return a factor without an order, and one with."""
    return replace(X, low=0.0, high=1.0, choices=("planar", "tank")), Y


@pytest.mark.parametrize(
    ("factors", "given", "words"),
    [
        ((X,), {}, "a design space is of two factors; got mix.speed"),
        ((X, Y, replace(X, path="c.d")), {}, "got mix.speed, hold.time, c.d"),
        ((X, Y), {"over": ("mix.speed", "mix.speed")}, "both factors are the same"),
        ((X, Y), {"over": ("mix.speed", "hold.tim")}, "did you mean hold.time"),
        ((X, Y), {"held": {"mix.speed": 2.0}}, "cannot be held as well"),
        ((X, Y), {"conditions": ()}, "nothing is limited"),
        ((X, Y), {"conditions": (replace(PURITY, response="puritty"),)}, "did you mean purity"),
        ((X, Y), {"level": 1.0}, "the level is a probability; got 1"),
        ((X, Y), {"confidence": 0.0}, "the confidence is a probability"),
        ((X, Y), {"grid": 1}, "a grid needs two lines or more"),
        ((X, replace(Y, levels=(3.0,))), {}, "has one value only"),
        (choices(), {}, "has no order"),
    ],
)
def test_what_cannot_be_studied_is_refused(factors: tuple[Factor, ...], given: dict[str, Any], words: str) -> None:
    """With what is wrong, before the model is asked."""
    conditions = given.pop("conditions", BOTH)
    with pytest.raises(UsageError, match=words):
        space(noisy(factors=factors), conditions, **given)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Each mistake is a problem of its own."""
    with pytest.raises(UsageError) as caught:
        space(noisy(), (), level=2.0, grid=0)
    assert len(caught.value.problems) == 3


def test_too_fine_a_grid_is_refused() -> None:
    """Before anything is allocated."""
    with pytest.raises(LimitError, match="this grid is too fine"):
        space(noisy(), BOTH, grid=1_000_000_000)
