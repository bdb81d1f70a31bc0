"""Asking a model at many points: who works on what is seen in no answer, and points that fail are told."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
import tracemalloc
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.errors import ExosimError, LimitError, ModelError, Problem, ScenarioError, UsageError
from exosim.study.answers import Condition, Met, Of, Response, needed, share_of, statistic_of
from exosim.study.factor import Factor, Floats
from exosim.study.model import FunctionModel, Model, response_of
from exosim.study.respond import respond

ROOT = Path(__file__).parents[2]
X = Factor("x", "1", 0.0, 1.0, base=0.25)
ASKED = (Of("y", "mean"), Of("y", "p90"), Met((Condition("y", ">=", 10.0), Condition("z", "<=", 1e3))))


@dataclass(frozen=True)
class Picky(Model):
    """A model of y = x + the draws and z = x^2, which refuses some values of x; it notes how it was called."""

    wrong: Mapping[float, type[ExosimError]] = field(default_factory=dict)
    chunk: int = 4
    calls: list[int] = field(default_factory=list, compare=False)
    factors: tuple[Factor, ...] = (X,)
    responses: tuple[Response, ...] = (Response("y", "dose"), Response("z", "1"))
    draws: int = 5

    @property
    def at_once(self) -> int:
        return self.chunk

    def sample(self, points: Floats) -> Floats:
        self.calls.append(len(points))
        for (x,) in points.tolist():
            if x in self.wrong:
                raise self.wrong[x](Problem("is not for this model", path="x", got=f"{x:g}"))
        y = points + np.arange(self.draws)
        return np.stack([y, np.broadcast_to(points**2, y.shape)], axis=1)


def numbered(count: int) -> Floats:
    return np.arange(float(count))[:, None]


# ---------------------------------------------------------------- answers


def test_answers_have_a_row_for_each_question_and_a_column_for_each_point() -> None:
    found = respond(Picky(), numbered(10), ASKED)
    assert found.values.shape == (3, 10) and found.sample is None and not found.failed
    assert found.values[0].tolist() == [x + 2.0 for x in range(10)]
    assert found.values[1] == pytest.approx([x + 3.6 for x in range(10)])
    assert found.values[2].tolist() == [np.mean(x + np.arange(5) >= 10) for x in range(10)]


@pytest.mark.parametrize("chunk", [1, 3, 7, 100])
@pytest.mark.parametrize("keep", [True, False])
def test_the_size_of_chunks_is_seen_nowhere(chunk: int, keep: bool) -> None:
    whole = respond(Picky(chunk=10), numbered(10), ASKED, keep=True)
    found = respond(Picky(chunk=chunk), numbered(10), ASKED, keep=keep)
    assert found.values.tobytes() == whole.values.tobytes()
    assert (found.sample is None) != keep
    if found.sample is not None and whole.sample is not None:
        assert found.sample.shape == (10, 2, 5) and found.sample.tobytes() == whole.sample.tobytes()


def test_helpers_change_no_bit() -> None:
    """Neither the processes of a number nor those of an executor; also of points that fail."""
    model = replace(Picky(), wrong={3.0: ScenarioError, 17.0: ModelError})
    alone = respond(model, numbered(40), ASKED, keep_going=True, keep=True)
    with ThreadPoolExecutor(2) as pool:
        helped = respond(model, numbered(40), ASKED, jobs=pool, keep_going=True, keep=True)
    assert helped.values.tobytes() == alone.values.tobytes() and helped.failed == alone.failed
    assert helped.sample is not None and alone.sample is not None
    assert helped.sample.tobytes() == alone.sample.tobytes()


def test_no_points_and_no_questions_have_empty_answers() -> None:
    assert respond(Picky(), np.empty((0, 1)), ASKED).values.shape == (3, 0)
    assert respond(Picky(), numbered(6), ()).values.shape == (0, 6)


@given(st.integers(1, 60), st.integers(1, 9))
def test_progress_rises_to_all_points(points: int, chunk: int) -> None:
    told: list[tuple[int, int]] = []
    respond(Picky(chunk=chunk), numbered(points), ASKED[:1], progress=lambda done, asked: told.append((done, asked)))
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert told[-1] == (points, points) and {asked for _, asked in told} == {points}


def test_fewer_than_one_process_is_refused() -> None:
    with pytest.raises(UsageError, match="jobs must be at least 1; got 0"):
        respond(Picky(), numbered(2), ASKED, jobs=0)


# ---------------------------------------------------------------- points that fail


@settings(max_examples=40)
@given(st.sets(st.integers(0, 39)), st.integers(1, 50))
def test_exactly_the_points_that_fail_are_found(wrong: set[int], chunk: int) -> None:
    """Whatever the chunks; all others are answered as if nothing had been."""
    model = replace(Picky(chunk=chunk), wrong=dict.fromkeys(map(float, wrong), ScenarioError))
    found = respond(model, numbered(40), ASKED, keep_going=True, keep=True)
    assert set(found.failed) == wrong
    assert all(found.failed[number] == f"x: is not for this model; got {number}" for number in wrong)
    right = [number for number in range(40) if number not in wrong]
    plain = respond(Picky(), numbered(40), ASKED, keep=True)
    assert found.sample is not None and plain.sample is not None
    assert np.array_equal(found.values[:, right], plain.values[:, right])
    assert np.array_equal(found.sample[right], plain.sample[right])
    lost = sorted(wrong)
    assert np.all(np.isnan(found.values[:, lost])) and np.all(np.isnan(found.sample[lost]))


def test_a_failing_point_costs_few_more_calls() -> None:
    """It is found by halving: two calls for each doubling of a chunk of 64."""
    model = replace(Picky(chunk=64, calls=[]), wrong={40.0: ScenarioError})
    respond(model, numbered(64), ASKED, keep_going=True)
    assert len(model.calls) == 1 + 2 * 6


def test_the_error_of_the_first_point_tells_its_number_when_all_others_are_done() -> None:
    calls: list[int] = []
    told: list[int] = []
    model = replace(Picky(chunk=4, calls=calls), wrong={5.0: ScenarioError, 9.0: ModelError, 30.0: ScenarioError})
    with pytest.raises(ScenarioError) as caught:
        respond(model, numbered(1200), ASKED, progress=lambda done, _: told.append(done))
    assert str(caught.value) == ("x: point 6 of 1,200 is not possible, nor are 2 others: is not for this model; got 5")
    assert caught.value.exit_code == 3 and told[-1] == 1200


def test_the_error_keeps_its_class() -> None:
    with pytest.raises(ModelError, match=r"^x: point 3 of 3 is not possible: is not for this model; got 2$") as caught:
        respond(replace(Picky(), wrong={2.0: ModelError}), numbered(3), ASKED)
    assert caught.value.exit_code == 4


@pytest.mark.parametrize("kind", [UsageError, LimitError])
@pytest.mark.parametrize("keep_going", [True, False])
def test_what_is_no_matter_of_a_point_is_raised_at_once(kind: type[ExosimError], keep_going: bool) -> None:
    calls: list[int] = []
    with pytest.raises(kind, match=r"^x: is not for this model; got 5$"):
        respond(replace(Picky(calls=calls), wrong={5.0: kind}), numbered(400), ASKED, keep_going=keep_going)
    assert len(calls) == 2


def test_an_error_travels_from_another_process() -> None:
    error = ScenarioError([Problem("one", path="a.b"), Problem("two")])
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is ScenarioError and again.problems == error.problems and str(again) == str(error)


# ---------------------------------------------------------------- questions


@settings(max_examples=30)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.floats(0.0, 100.0))
def test_statistics_are_those_of_numpy(values: list[float], percent: float) -> None:
    draws = np.array([values, values[::-1]])
    assert statistic_of(draws, f"p{percent!r}") == pytest.approx(np.quantile(draws, percent / 100.0, axis=1))
    assert statistic_of(draws, "median") == pytest.approx(np.median(draws, axis=1), rel=1e-12, abs=1e-9)
    assert np.array_equal(statistic_of(draws, "mean"), np.mean(draws, axis=1))
    if len(values) > 1:
        assert np.array_equal(statistic_of(draws, "sd"), np.std(draws, axis=1, ddof=1))


@pytest.mark.parametrize("statistic", ["mean", "median", "sd", "p5", "p97.5"])
def test_draws_without_a_value_are_left_out(statistic: str) -> None:
    rng = np.random.default_rng(1)
    draws = rng.normal(size=(3, 50))
    draws[0, ::3] = math.nan
    draws[1] = math.nan
    found = statistic_of(draws, statistic)
    own = draws[0][~np.isnan(draws[0])]
    assert found[0] == pytest.approx(statistic_of(own[None, :], statistic)[0], rel=1e-14)
    assert math.isnan(found[1]) and found[2] == statistic_of(draws[2:], statistic)[0]


@pytest.mark.parametrize("name", ["p101", "p-1", "p", "pnan", "average", ""])
def test_a_statistic_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        share_of(name)


def test_conditions_are_met_together_draw_by_draw() -> None:
    """Each alone is met on half of the draws, both on none; a draw without a value meets nothing."""
    draws = {"y": np.array([[1.0, 2.0, 3.0, 4.0]]), "z": np.array([[1.0, 2.0, 3.0, math.nan]])}
    high, low = Condition("y", ">=", 3.0, "dose"), Condition("z", "<=", 2.0)
    assert Met((high,)).of(draws).tolist() == Met((low,)).of(draws).tolist() == [0.5]
    assert Met((high, low)).of(draws).tolist() == [0.0]
    assert Met((Condition("z", ">=", 0.0),)).of(draws).tolist() == [0.75]
    assert Met((high, low)).label == "probability of y >= 3 dose and z <= 2"
    assert needed((Of("z"), Met((high, low)), Of("y"))) == ("z", "y")


def test_a_model_stands_at_its_base_or_in_the_middle() -> None:
    other = Factor("w", "1", 1.0, 100.0, scale="log")
    model = FunctionModel((X, other), (Response("y", "1"),), lambda x: x[:, :1])
    assert model.base() == pytest.approx([0.25, 10.0])
    assert response_of(model.responses, "y").label == "y"


# ---------------------------------------------------------------- memory

_PEAK = """
import sys, tracemalloc
import numpy as np
import exosim as xs
from exosim.study.answers import Of
from exosim.study.kernel_model import kernel_model
from exosim.study.reading import read_factors
from exosim.study.respond import respond

scenario = xs.load(sys.argv[1])
factors = read_factors(scenario, {"clarify.flux": "50..200 L/m2/h"})
model = kernel_model(scenario, factors, ["doses"], 500)
asked = [Of("doses"), Of("doses", "p5")]
respond(model, factors[0].grid(40)[:, None], asked)  # what is read and drawn once
tracemalloc.start()
respond(model, factors[0].grid(int(sys.argv[2]))[:, None], asked)
print(tracemalloc.get_traced_memory()[1])
"""


def peak(points: int) -> float:
    """Return the most memory that a sweep takes on top of what it found [MB]."""
    command = [sys.executable, "-c", _PEAK, str(ROOT / "scenarios" / "minimal.toml"), str(points)]
    return int(subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT).stdout) / 1e6


@pytest.mark.slow
def test_a_sweep_keeps_only_its_answers() -> None:
    """The reference scenario at 200,000 lanes and at twice as many; less than 20 MB, and no more for more points."""
    few, many = peak(400), peak(800)
    assert few < 20.0 and many < 1.1 * few


def test_a_sweep_of_a_function_keeps_only_its_answers() -> None:
    """A million draws of 8 bytes pass by; what is held at once is some chunks."""
    model = FunctionModel((X,), (Response("y", "1"),), lambda x: np.repeat(x[:, :, None], 1000, axis=2), 1000, 10)
    tracemalloc.start()
    respond(model, np.linspace(0.0, 1.0, 1000)[:, None], [Of("y")])
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < 1e6
