"""One factor at a time: ends, swings with their intervals, what is noise."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from exosim.study.answers import Condition, Met, Of, Response
from exosim.study.factor import Factor
from exosim.study.model import FunctionModel
from exosim.study.respond import respond
from exosim.study.tornado import Bars, ends, tornado

Floats = NDArray[np.float64]
DRAWS = 400
MEAN = Of("y", "mean")


def drawn(seed: int) -> Floats:
    return np.random.default_rng(seed).standard_normal((2, DRAWS))


def world(points: Floats, seed: int = 1) -> Floats:
    """Return 3 a + 0.5 b z + w: a moves all draws alike, b only their spread, c nothing."""
    z, w = drawn(seed)
    return (3.0 * points[:, :1] + 0.5 * points[:, 1:2] * z + w)[:, None, :]


FACTORS = (
    Factor("a", "L", 0.0, 2.0, base=1.0),
    Factor("b", "1", -1.0, 1.0, base=0.0),
    Factor("c", "1", 5.0, 6.0),
)
MODEL = FunctionModel(FACTORS, (Response("y", "L"),), world, draws=DRAWS)


def asked(model: FunctionModel, *questions: Of | Met) -> tuple[Bars, ...]:
    design = ends(model)
    return tornado(model, questions, design, respond(model, design.points, questions, keep=True))


def test_points_are_the_base_and_two_ends_of_each_factor() -> None:
    design = ends(MODEL)
    wanted = [[1, 0, 5.5], [0, 0, 5.5], [2, 0, 5.5], [1, -1, 5.5], [1, 1, 5.5], [1, 0, 5], [1, 0, 6]]
    assert design.points.tolist() == wanted
    assert design.owner.tolist() == [-1, 0, 0, 1, 1, 2, 2]


def test_swings_are_differences_of_pairs() -> None:
    """A factor that moves all draws alike has a swing without an error; one that does nothing is noise."""
    (found,) = asked(MODEL, MEAN)
    z, w = drawn(1)
    assert found.base == pytest.approx(3.0 + w.mean())
    np.testing.assert_allclose(found.low, [w.mean(), 3 + w.mean() - 0.5 * z.mean(), 3 + w.mean()])
    np.testing.assert_allclose(found.swing, [6.0, z.mean(), 0.0], atol=1e-12)
    assert found.swing_low[0] == pytest.approx(6.0) and found.swing_high[0] == pytest.approx(6.0)
    half = 1.9659 * z.std(ddof=1) / math.sqrt(DRAWS)
    np.testing.assert_allclose([found.swing_low[1], found.swing_high[1]], [z.mean() - half, z.mean() + half], rtol=1e-3)
    assert found.noise.tolist() == [False, True, True]
    assert found.order == [0, 1, 2]


def test_swing_of_a_spread_is_seen_where_it_is_asked_for() -> None:
    wide = FunctionModel(
        (Factor("b", "1", 0.0, 4.0, base=1.0),), MODEL.responses,
        lambda x: world(np.hstack([x, x, x]) * [0.0, 1.0, 0.0]), draws=DRAWS,
    )  # fmt: skip
    mean, spread = asked(wide, MEAN, Of("y", "sd"))
    assert mean.noise.tolist() == [True] and spread.noise.tolist() == [False]
    assert spread.swing[0] > 1.0


def coverage(repeats: int) -> float:
    """Return how often the interval of b holds 0: it moves only the spread, so that the mean has no swing."""
    held = 0
    for seed in range(repeats):
        model = FunctionModel(FACTORS, MODEL.responses, partial(world, seed=seed), draws=DRAWS)
        (found,) = asked(model, MEAN)
        held += bool(found.swing_low[1] <= 0.0 <= found.swing_high[1])
    return held / repeats


def test_intervals_of_swings_hold_the_truth_quickly() -> None:
    assert abs(coverage(200) - 0.95) < 3.5 * math.sqrt(0.95 * 0.05 / 200)


@pytest.mark.slow
def test_intervals_of_swings_hold_the_truth() -> None:
    """The 95 % intervals hold it in 93 to 97 % of 2000 seeded repeats."""
    held = coverage(2000)
    assert 0.93 <= held <= 0.97


def test_answer_that_turns_between_the_ends_is_told_and_ranked() -> None:
    """A swing of nothing hides that both ends lie far below the base."""
    model = FunctionModel(
        (Factor("peak", "1", -1.0, 1.0, base=0.0), Factor("slope", "1", 0.0, 1.0, base=0.5)), MODEL.responses,
        lambda x: (10.0 * (1.0 - x[:, :1] ** 2) + x[:, 1:] + drawn(1)[0])[:, None, :], draws=DRAWS,
    )  # fmt: skip
    (found,) = asked(model, MEAN)
    assert found.swing[0] == 0.0 and found.size[0] == pytest.approx(10.0)
    assert found.turns.tolist() == [True, False] and not found.noise.any() and found.order == [0, 1]


def test_of_several_choices_the_extremes_are_shown_and_chance_is_counted_for_all_pairs() -> None:
    """Of eight choices that do nothing but draw for themselves, the extremes are apart in few of 200 seeds."""
    factor = Factor("kind", "1", 0.0, 7.0, choices=tuple("abcdefgh"))
    surely = 0
    for seed in range(200):
        own = np.random.default_rng(seed).standard_normal((8, 100))
        model = FunctionModel(
            (factor,), MODEL.responses, lambda x, own=own: own[x[:, 0].astype(int)][:, None, :], draws=100
        )
        (found,) = asked(model, MEAN)
        means = own.mean(axis=1)
        assert (found.low_at[0], found.high_at[0]) == (means.argmin(), means.argmax())
        surely += bool(found.apart[0])
    assert surely <= 0.05 * 200 + 2 * math.sqrt(0.05 * 0.95 * 200)


def test_share_of_draws_has_swings() -> None:
    (found,) = asked(MODEL, Met((Condition("y", ">=", 3.0),)))
    assert found.high[0] > 0.99 and found.low[0] < 0.01 and found.noise.tolist() == [False, True, True]


def test_without_draws_there_is_no_interval_and_nothing_is_called_noise_that_moves() -> None:
    model = FunctionModel(FACTORS, MODEL.responses, lambda x: x[:, :1] ** 2)
    (found,) = asked(model, MEAN)
    assert np.isnan(found.swing_low).all()
    assert found.noise.tolist() == [False, True, True]


def test_end_without_an_answer_is_not_hidden() -> None:
    model = FunctionModel(FACTORS, MODEL.responses, lambda x: np.where(x[:, :1] > 1.0, math.nan, x[:, :1] + x[:, 1:2]))
    (found,) = asked(model, MEAN)
    assert math.isnan(found.high[0]) and math.isnan(found.swing[0]) and found.low[0] == 0.0
    assert found.order == [1, 0, 2] and found.reason == ""


def test_answers_without_their_draws_are_refused() -> None:
    design = ends(MODEL)
    with pytest.raises(TypeError):
        tornado(MODEL, [MEAN], design, respond(MODEL, design.points, [MEAN]))
