"""Smallest changes that reach a goal, against closed forms and brute force."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import UsageError
from exosim.study.answers import Condition, Met, Response
from exosim.study.factor import Factor, Floats
from exosim.study.margins import Margin
from exosim.study.model import FunctionModel, Model
from exosim.study.target import Target, target
from exosim.study.target_space import space_of

DRAWS = 400
NOISE = np.random.default_rng(5).standard_normal((2, DRAWS))
QUANTILE = float(np.sort(NOISE[0])[DRAWS - 360])
"""Of the noise: 360 of 400 draws are not below it."""
ROUNDED = 1.01
"""By how much an answer may be larger than the smallest: what rounding and fewer factors may cost."""


@dataclass(frozen=True)
class Linear:
    """y = slopes . x + noise."""

    slopes: tuple[float, ...]

    def __call__(self, x: Floats) -> Floats:
        return (x @ np.array(self.slopes))[:, None, None] + NOISE[0]


@dataclass(frozen=True)
class Product:
    """y = the product of x^power, times lognormal noise."""

    powers: tuple[float, ...]

    def __call__(self, x: Floats) -> Floats:
        return np.exp((np.log(x) @ np.array(self.powers))[:, None, None] + 0.3 * NOISE[0])


def plant(x: Floats) -> Floats:
    """Return cost and doses: cost falls with scale and rises with titer, doses rise with both and level off."""
    scale, titer = x[:, 0, None], x[:, 1, None]
    cost = 2000.0 * scale**-0.4 * np.exp(0.2 * NOISE[0]) + 300.0 * titer
    doses = 900.0 * scale**1.1 * titer**-0.5 / (1.0 + 0.02 * scale) * np.exp(0.3 * NOISE[1]) * (1.0 + titer)
    return np.stack([cost, doses], axis=1)


SCALE = Factor("culture.scale", "L", 1.0, 200.0, "log", base=10.0)
TITER = Factor("culture.titer", "1", 0.1, 3.0, base=1.0)
PLANT = FunctionModel((SCALE, TITER), (Response("cost", "EUR", "less"), Response("doses", "1", "more")), plant, DRAWS)


def linear(slopes: Sequence[float], base: float = 2.0, **more: Any) -> FunctionModel:
    """Return a linear model on factors from 0 to 10."""
    factors = tuple(Factor(f"x{n}", "1", 0.0, 10.0, base=base, **more) for n in range(len(slopes)))
    return FunctionModel(factors, (Response("y", "1", "more"),), Linear(tuple(slopes)), DRAWS)


def brute(model: Model, conditions: Sequence[Condition], places: Floats) -> tuple[Floats, Floats]:
    """Return sizes and margins at many places."""
    space = space_of(model.factors, model.base())
    points = space.points(places)
    names = [response.name for response in model.responses]
    margins = [
        Margin(tuple(conditions), 0.9).of(dict(zip(names, model.sample(part).swapaxes(0, 1), strict=True)))
        for part in np.array_split(points, max(1, len(points) // 2000))
    ]
    return space.size(places), np.concatenate(margins)


def reaches(model: Model, found: Target, point: Sequence[float]) -> bool:
    """Return whether a point reaches the goal on the draws of the search, asked anew."""
    names = [response.name for response in model.responses]
    draws = dict(zip(names, model.sample(np.array([point])).swapaxes(0, 1), strict=True))
    return bool(Met(found.conditions).of(draws)[0] >= found.probability)


@pytest.mark.parametrize("slopes", [(1.0, 2.0), (3.0, -1.0), (1.0, 2.0, 3.0), (-2.0, 0.7, 1.1)])
def test_the_smallest_change_of_a_linear_model_is_the_projection(slopes: tuple[float, ...]) -> None:
    """On the draws' own quantile the distance to the plane is known; no single factor does as well."""
    norm = float(np.linalg.norm(slopes))
    model = linear(slopes, base=5.0)
    limit = 5.0 * sum(slopes) + QUANTILE + 3.0 * norm
    found = target(model, [Condition("y", ">=", limit)], evaluations=900)
    best = found.answers[0]
    assert best.moved == tuple(range(len(slopes)))
    assert 0.3 * (1.0 - 1e-9) <= best.size <= 0.3 * ROUNDED
    assert np.array(best.shares) == pytest.approx(0.3 * np.array(slopes) / norm, abs=0.02)
    singles = {a.moved[0]: a.size for a in found.answers if len(a.moved) == 1}
    exact = {n: 0.3 * norm / abs(slope) for n, slope in enumerate(slopes) if 0.3 * norm / abs(slope) <= 0.5}
    assert singles == pytest.approx(exact, rel=ROUNDED - 1.0)
    assert all(best.size < size for size in singles.values())


def test_the_search_itself_is_exact_to_a_thousandth() -> None:
    """Before numbers are rounded, three factors of a linear model."""
    from exosim.study.known_points import KnownPoints
    from exosim.study.target_search import search

    slopes = (1.0, 2.0, 3.0)
    model, norm = linear(slopes), math.sqrt(14.0)
    space = space_of(model.factors, model.base())
    goal = Margin((Condition("y", ">=", 12.0 + QUANTILE + 4.0 * norm),), 0.9)
    known = KnownPoints(model, space, [goal], 200)
    known.ask(space.origin[None])
    found = search(space, known, (0, 1, 2), 0)
    assert 0.4 * (1.0 - 1e-9) <= found.size <= 0.4 * 1.001
    assert found.reaches


@pytest.mark.parametrize(("norm", "size"), [("euclidean", 0.4), ("sum", 0.5), ("largest", 2.0 / 7.0)])
def test_norms_and_their_smallest_changes(norm: Any, size: float) -> None:
    """y = 3 a + 4 b: nearest by the Euclidean norm along (3, 4); by the sum b alone; by the largest both alike."""
    model = linear((3.0, 4.0))
    found = target(model, [Condition("y", ">=", 14.0 + QUANTILE + 20.0)], norm=norm)
    assert size * (1.0 - 1e-9) <= found.answers[0].size <= size * ROUNDED


def test_weights_make_a_factor_dear() -> None:
    """With weights the smallest change minimizes the weighted shares: w² d ∝ slope."""
    found = target(linear((3.0, 4.0)), [Condition("y", ">=", 14.0 + QUANTILE + 20.0)], weights={"x1": 2.0})
    slopes = np.array([3.0, 4.0]) / np.array([1.0, 2.0])
    assert found.answers[0].size == pytest.approx(2.0 / np.linalg.norm(slopes), rel=ROUNDED - 1.0)


def test_a_direction_that_is_not_allowed_is_not_taken() -> None:
    """Where a falling factor may only rise, the others do its part."""
    free = target(linear((2.0, -2.0)), [Condition("y", ">=", QUANTILE + 4.0)])
    held = target(linear((2.0, -2.0)), [Condition("y", ">=", QUANTILE + 4.0)], ways={"x1": "up"})
    assert free.answers[0].size == pytest.approx(math.sqrt(2.0) * 0.1, rel=ROUNDED - 1.0)
    assert held.answers[0].size == pytest.approx(0.2, rel=ROUNDED - 1.0)
    assert held.answers[0].moved == (0,)


def test_a_product_of_logarithmic_factors_is_a_projection_in_logarithms() -> None:
    """ln y is linear in ln x: shares of the logarithmic ranges have a closed form."""
    powers, spans = np.array([1.0, -0.5, 2.0]), np.log(np.array([100.0, 1000.0, 16.0]))
    highs = (10.0, 31.6227766016838, 4.0)
    factors = tuple(Factor(f"x{n}", "L", 1.0 / high, high, "log", base=1.0) for n, high in enumerate(highs))
    model = FunctionModel(factors, (Response("y", "1", "more"),), Product(tuple(powers)), DRAWS)
    found = target(model, [Condition("y", ">=", math.exp(0.3 * QUANTILE) * 5.0)], evaluations=900)
    slopes = powers * spans
    size = math.log(5.0) / float(np.linalg.norm(slopes))
    best = found.answers[0]
    assert size * (1.0 - 1e-6) <= best.size <= size * ROUNDED
    assert np.array(best.shares) == pytest.approx(size * slopes / np.linalg.norm(slopes), abs=0.01)


@pytest.mark.parametrize("limits", [(700.0, 3000.0), (450.0, 8000.0), (1200.0, 500.0)])
def test_two_conditions_agree_with_brute_force(limits: tuple[float, float]) -> None:
    """A grid of 201 x 201 points on two factors, cost and doses together."""
    conditions = [Condition("cost", "<=", limits[0], "EUR"), Condition("doses", ">=", limits[1])]
    found = target(PLANT, conditions, evaluations=600)
    axis = np.linspace(0.0, 1.0, 201)
    sizes, margins = brute(PLANT, conditions, np.array(list(itertools.product(axis, axis))))
    best = sizes[margins >= 0.0].min()
    size = found.answers[0].size
    assert size <= best * ROUNDED
    assert size >= best - math.sqrt(2.0) / 200.0
    assert reaches(PLANT, found, found.answers[0].point)


def test_what_cannot_be_reached_comes_as_near_as_brute_force() -> None:
    """The largest margin is that of the grid, at the same corner; the condition that binds is told."""
    conditions = [Condition("cost", "<=", 300.0, "EUR"), Condition("doses", ">=", 2.5e4)]
    found = target(PLANT, conditions, evaluations=600)
    axis = np.linspace(0.0, 1.0, 201)
    _, margins = brute(PLANT, conditions, np.array(list(itertools.product(axis, axis))))
    assert not found.answers
    assert found.nearest.margin == pytest.approx(margins.max(), rel=1e-6)
    assert found.nearest.point == (200.0, 0.1)
    assert found.nearest.binding(found.conditions, 0.9) == 0
    told = str(found)
    assert "Nothing within the ranges reaches it" in told
    assert "p90 of cost is" in told
    assert "above" in told


def ridge(x: Floats) -> Floats:
    """Return a narrow ridge away from the base, and a lower, broad one that never suffices."""
    a, b = x[:, 0], x[:, 1]
    high = np.exp(-(((a - 0.8) / 0.1) ** 2) - ((b - 0.3) / 0.3) ** 2)
    broad = 0.8 * np.exp(-(((a + 0.2) / 0.5) ** 2) - ((b - 0.5) / 0.5) ** 2)
    return np.maximum(high, broad)[:, None]


def test_a_response_that_is_not_monotone_agrees_with_brute_force() -> None:
    """The goal is reached only on an island; one factor alone overshoots it on an even scan."""
    factors = tuple(Factor(name, "1", 0.0, 1.0, base=0.5) for name in ("a", "b"))
    model = FunctionModel(factors, (Response("y", "1", "more"),), ridge)
    conditions = [Condition("y", ">=", 0.9)]
    found = target(model, conditions)
    axis = np.linspace(0.0, 1.0, 401)
    sizes, margins = brute(model, conditions, np.array(list(itertools.product(axis, axis))))
    best = sizes[margins >= 0.0].min()
    assert best - 0.004 <= found.answers[0].size <= best * ROUNDED


def stairs(x: Floats) -> Floats:
    """Return a response of two whole numbers and one factor, with a penalty that makes it not monotone."""
    a, b = x[:, 0], x[:, 1]
    return (3.0 * a + 5.0 * b - 0.35 * a * b)[:, None, None] + NOISE[0]


def test_whole_numbers_are_as_good_as_all_of_them() -> None:
    """Two whole numbers: the smallest of all 13 x 9 combinations, exactly."""
    factors = Factor("a", "1", 1.0, 13.0, whole=True, base=4.0), Factor("b", "1", 1.0, 9.0, whole=True, base=2.0)
    model = FunctionModel(factors, (Response("y", "1", "more"),), stairs, DRAWS)
    conditions = [Condition("y", ">=", 31.0)]
    found = target(model, conditions)
    space = space_of(factors, model.base())
    points = np.array(list(itertools.product(range(1, 14), range(1, 10))), dtype=float)
    sizes, margins = brute(model, conditions, space.places(points))
    assert found.answers[0].size == pytest.approx(sizes[margins >= 0.0].min(), rel=1e-12)
    assert all(value == int(value) for answer in found.answers for value in answer.point)


def test_a_whole_number_beside_a_continuous_one_agrees_with_brute_force() -> None:
    """For each whole number the other factor on a fine grid."""
    factors = Factor("a", "1", 1.0, 60.0, whole=True, base=4.0), Factor("b", "L", 1.0, 9.0, base=2.0)
    model = FunctionModel(factors, (Response("y", "1", "more"),), stairs, DRAWS)
    conditions = [Condition("y", ">=", 30.0)]
    found = target(model, conditions)
    space = space_of(factors, model.base())
    points = np.array(list(itertools.product(range(1, 61), np.linspace(1.0, 9.0, 801))), dtype=float)
    sizes, margins = brute(model, conditions, space.places(points))
    best = sizes[margins >= 0.0].min()
    assert best - 0.01 / 8.0 <= found.answers[0].size <= best * ROUNDED


def worded(x: Floats) -> Floats:
    """Return a response of a choice and a number: the third word helps most."""
    return (np.array([0.0, -2.0, 4.0])[x[:, 0].astype(int)] + x[:, 1])[:, None, None] + NOISE[0]


def test_a_choice_counts_as_one_change() -> None:
    """Another word is a change of 1, however far it stands in the list; a number alone is smaller where it can."""
    factors = (
        Factor("resin", "1", 0.0, 2.0, choices=("old", "cheap", "new"), base=0.0),
        Factor("x", "L", 0.0, 10.0, base=1.0),
    )
    model = FunctionModel(factors, (Response("y", "1", "more"),), worded, DRAWS)
    near = target(model, [Condition("y", ">=", 4.0 + QUANTILE)])
    assert {a.moved: round(a.size, 2) for a in near.answers} == {(1,): 0.3, (0,): 1.0}
    far = target(model, [Condition("y", ">=", 12.0 + QUANTILE)])
    assert far.answers[0].moved == (0, 1)
    assert far.answers[0].size == pytest.approx(math.hypot(1.0, 0.7), rel=ROUNDED - 1.0)
    assert "resin from old to new" in str(far)


def test_a_base_that_reaches_the_goal_tells_its_room() -> None:
    """y = x0 - x1: with 3 to spare, one may fall and the other rise by 3, the other ways to the ends."""
    found = target(linear((1.0, -1.0), base=5.0), [Condition("y", ">=", QUANTILE - 3.0)])
    assert found.base.reaches
    assert not found.answers
    first, second = found.rooms
    assert (first.low, first.high) == pytest.approx((2.0, 10.0), abs=0.03)
    assert (first.low_ends, first.high_ends) == (True, False)
    assert (second.low, second.high) == pytest.approx((0.0, 8.0), abs=0.03)
    assert first.low >= 2.0
    assert second.high <= 8.0
    assert "meets it already" in str(found)


def test_the_room_of_a_base_at_the_edge_is_none() -> None:
    """Where the smallest step loses the goal, the room ends at the base."""
    found = target(linear((1.0,), base=5.0), [Condition("y", ">=", QUANTILE + 5.0)])
    assert found.base.reaches
    assert found.rooms[0].low == pytest.approx(5.0, abs=1e-3)


_SHAPES: tuple[Callable[[Floats], Floats], ...] = (np.sqrt, np.square, np.tanh, lambda x: x, lambda x: x / (0.3 + x))


@dataclass(frozen=True)
class Monotone:
    """A sum of rising shapes."""

    slopes: tuple[float, ...]
    shapes: tuple[int, ...]

    def __call__(self, x: Floats) -> Floats:
        parts = [a * _SHAPES[s](x[:, n]) for n, (a, s) in enumerate(zip(self.slopes, self.shapes, strict=True))]
        return np.sum(parts, axis=0)[:, None, None] + 0.2 * NOISE[0]


@st.composite
def _monotone(draw: st.DrawFn) -> tuple[FunctionModel, float]:
    count = draw(st.integers(1, 3))
    slopes = tuple(draw(st.floats(0.1, 3.0)) for _ in range(count))
    shapes = tuple(draw(st.integers(0, len(_SHAPES) - 1)) for _ in range(count))
    bases = [draw(st.floats(0.05, 0.6)) for _ in range(count)]
    factors = tuple(Factor(f"x{n}", "L", 0.0, 1.0, base=base) for n, base in enumerate(bases))
    model = FunctionModel(factors, (Response("y", "1", "more"),), Monotone(slopes, shapes), DRAWS)
    ends = model.function(np.array([bases, np.ones(count)]))[:, 0, 0] - 0.2 * NOISE[0, 0]
    return model, float(ends[0] + draw(st.floats(0.05, 1.1)) * (ends[1] - ends[0]) + 0.2 * QUANTILE)


@settings(max_examples=8)
@given(_monotone())
def test_an_answer_reaches_the_goal_and_two_percent_less_does_not(case: tuple[FunctionModel, float]) -> None:
    """Every answer on its own ray, of any sum of rising shapes."""
    model, limit = case
    found = target(model, [Condition("y", ">=", limit)], evaluations=400)
    base = np.array(found.base.point)
    for answer in found.answers:
        point = np.array(answer.point)
        assert reaches(model, found, answer.point)
        assert not reaches(model, found, (base + 0.98 * (point - base)).tolist())
    assert bool(found.answers) == reaches(model, found, [1.0] * len(base)) or found.base.reaches


def test_answers_depend_on_no_chunk_and_no_number_of_processes() -> None:
    """One process, two, and chunks of three points: the same document."""
    conditions = [Condition("cost", "<=", 700.0, "EUR"), Condition("doses", ">=", 3000.0)]
    one = target(PLANT, conditions, evaluations=120).as_dict()
    other = target(replace(PLANT, chunk=3), conditions, evaluations=120).as_dict()
    assert one == other
    two = target(replace(PLANT, chunk=20), conditions, evaluations=120, jobs=2).as_dict()
    assert one == two
    assert json.loads(json.dumps(one, allow_nan=False)) == one


@pytest.mark.parametrize("evaluations", [48, 100, 333, 1000])
def test_the_budget_is_kept(evaluations: int) -> None:
    """No more points are asked than were allowed, counted at the model; progress never goes beyond."""
    asked: list[int] = []
    seen: list[tuple[int, int]] = []

    def counted(x: Floats) -> Floats:
        asked.append(len(x))
        return plant(x)

    model = replace(PLANT, function=counted)
    conditions = [Condition("cost", "<=", 700.0, "EUR"), Condition("doses", ">=", 3000.0)]
    found = target(model, conditions, evaluations=evaluations, progress=lambda *at: seen.append(at))
    assert sum(asked) == found.asked <= evaluations
    assert all(done <= total == evaluations for done, total in seen)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


@dataclass(frozen=True)
class Seeded(Model):
    """A linear model whose noise has a seed."""

    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    draws: int
    seed: int

    @property
    def at_once(self) -> int:
        """Points of a call."""
        return 100

    def with_seed(self, seed: int) -> Seeded:
        """Return the model on other draws."""
        return replace(self, seed=seed)

    def sample(self, points: Floats) -> Floats:
        """Return the sum of the factors with noise."""
        noise = np.random.default_rng(self.seed).standard_normal(self.draws)
        return points.sum(axis=1)[:, None, None] + noise


def test_answers_are_checked_on_fresh_draws() -> None:
    """At the edge of the search's draws, other draws miss by chance or hold; a large true shortfall is told as no."""
    factors = (Factor("x", "L", 0.0, 10.0, base=2.0),)
    words = set()
    for seed in range(12):
        found = target(Seeded(factors, (Response("y", "1"),), 200, seed), [Condition("y", ">=", 5.0)], evaluations=60)
        (answer,) = found.answers
        assert found.fresh_seed == seed + 1
        assert answer.fresh is not None
        fresh = np.random.default_rng(seed + 1).standard_normal(200)
        assert answer.fresh.mean == pytest.approx(np.mean(answer.point[0] + fresh >= 5.0))
        words.add(answer.holds(0.9))
    assert {"yes", "within chance"} <= words


def test_draws_without_a_value_are_not_met_and_impossible_points_are_told() -> None:
    """Half of the draws have no value above x = 5; beyond 8 the model refuses."""
    from exosim.errors import Problem, ScenarioError

    def torn(x: Floats) -> Floats:
        if (x > 8.0).any():
            raise ScenarioError(Problem("too much"))
        values = x[:, :1, None] + 0.0 * NOISE[:1]
        return np.where((x[:, :1, None] > 5.0) & (np.arange(DRAWS) % 2 == 0), np.nan, values)

    model = FunctionModel((Factor("x", "L", 0.0, 10.0, base=2.0),), (Response("y", "1"),), torn, DRAWS)
    found = target(model, [Condition("y", ">=", 4.9)], evaluations=100)
    assert found.answers[0].point[0] == pytest.approx(4.9, rel=1e-2)
    assert any("too much" in remark for remark in found.remarks())
    assert any("proves no change to be the smallest" in remark for remark in found.remarks())
    beyond = target(model, [Condition("y", ">=", 6.0)], evaluations=100)
    assert not beyond.answers
    assert beyond.nearest.point[0] <= 5.0
    json.dumps(beyond.as_dict(), allow_nan=False)


def checked(x: Floats) -> Floats:
    """Return doses, and whether a lot is within its limits: only yes or no."""
    doses = 5.0 * x[:, :1] + x[:, 1:] + NOISE[0]
    return np.stack([doses, (2.0 * x[:, 1:] - x[:, :1] + 2.0 * NOISE[1] > 0.0).astype(float)], axis=1)


def test_a_response_of_yes_or_no_agrees_with_brute_force() -> None:
    """No draw has a distance from the limit: the share of the draws leads the search, and the line is found, too."""
    factors = tuple(Factor(name, "L", 0.0, 10.0, base=2.0) for name in ("a", "b"))
    model = FunctionModel(factors, (Response("doses", "1"), Response("met", "1")), checked, DRAWS)
    conditions = [Condition("doses", ">=", 20.0), Condition("met", ">=", 1.0)]
    found = target(model, conditions)
    axis = np.linspace(0.0, 1.0, 201)
    sizes, margins = brute(model, conditions, np.array(list(itertools.product(axis, axis))))
    best = sizes[margins >= 0.0].min()
    assert best - math.sqrt(2.0) / 200.0 <= found.answers[0].size <= best * ROUNDED
    assert found.yes_or_no
    assert len(found.surfaces[0].line) > 10
    assert "met >= 1 on" in str(found)


def test_the_line_of_two_factors_is_where_the_margin_is_zero() -> None:
    """Of a linear model the straight line x0 + 2 x1 = constant, to rounding."""
    found = target(linear((1.0, 2.0)), [Condition("y", ">=", 14.0 + QUANTILE)])
    (surface,) = found.surfaces
    assert len(surface.line) > 10
    assert surface.line @ np.array([1.0, 2.0]) == pytest.approx(14.0, rel=1e-9)
    assert ((surface.margin >= 0.0) == (surface.probability >= 0.9)).all()


def test_curved_lines_lie_on_the_brute_force_edge() -> None:
    """Each point of the line has a margin near zero beside that of its neighbors on the grid."""
    conditions = [Condition("cost", "<=", 700.0, "EUR"), Condition("doses", ">=", 3000.0)]
    found = target(PLANT, conditions)
    (surface,) = found.surfaces
    space = space_of(PLANT.factors, PLANT.base())
    _, margins = brute(PLANT, conditions, space.places(surface.line))
    assert np.abs(margins).max() < 0.02


def test_a_table_for_each_view_and_sentences() -> None:
    """Frames, the document and words of one result agree."""
    conditions = [Condition("cost", "<=", 700.0, "EUR"), Condition("doses", ">=", 3000.0)]
    found = target(PLANT, conditions, name="plant", hash="abc", seed=3)
    document = found.as_dict()
    assert document["form"] == "exosim.target/1"
    assert len(document["answers"]) == len(found.answers) == len(found._frame("answers"))
    assert document["answers"][0]["change"] in str(found)
    assert set(found._frames()) == {"answers", "misses", "profiles", "iso_lines", "maps"}
    assert len(found._frame("maps")) == found.surfaces[0].margin.size
    sizes = [answer.size for answer in found.answers]
    assert sizes == sorted(sizes)


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Names, numbers and a base outside its range."""
    with pytest.raises(UsageError) as caught:
        target(PLANT, [Condition("profit", ">=", 1.0)], probability=1.5, pairs=[("culture.scale", "x")], evaluations=3)
    assert len(caught.value.problems) == 4
    with pytest.raises(UsageError) as caught:
        target(linear((1.0,), base=11.0), [Condition("y", ">=", 1.0)], weights={"x0": -1.0, "z": 1.0})
    assert len(caught.value.problems) == 3
    assert "measured from there" in str(caught.value)


@pytest.mark.slow
@settings(max_examples=50)
@given(_monotone())
def test_answers_of_many_monotone_models(case: tuple[FunctionModel, float]) -> None:
    """As above, and no set of factors misses what brute force reaches with a smaller change."""
    model, limit = case
    conditions = [Condition("y", ">=", limit)]
    found = target(model, conditions)
    space = found.space
    axes = [np.linspace(float(o), 1.0, {1: 2000, 2: 150, 3: 36}[len(space.factors)]) for o in space.origin]
    sizes, margins = brute(model, conditions, np.array(list(itertools.product(*axes))))
    if (margins >= 0.0).any() and not found.base.reaches:
        assert found.answers[0].size <= sizes[margins >= 0.0].min() * ROUNDED
