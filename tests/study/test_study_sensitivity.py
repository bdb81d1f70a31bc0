"""A sensitivity as a result: its document, its tables, what it tells the reader, and a scenario asked by it."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import exosim as xs
from exosim.errors import ModelError, Problem, UsageError
from exosim.study.answers import Condition, Met, Of, Response
from exosim.study.factor import Factor
from exosim.study.model import FunctionModel
from exosim.study.plan import plan_of
from exosim.study.sensitivity import METHODS, Sensitivity, ask, sensitivity

Floats = NDArray[np.float64]
FLASKS = Path(__file__).parents[2] / "scenarios" / "msc_flasks_ultracentrifugation.toml"
DRAWS = 64
NOISE = np.random.default_rng(1).standard_normal(DRAWS)
FACTORS = (
    Factor("slope", "L", 0.0, 2.0, base=0.5),
    Factor("kind", "1", 0.0, 2.0, choices=("soft", "hard", "none")),
    Factor("idle", "h", 1.0, 9.0, base=3.0),
)
RESPONSES = (Response("y", "L"), Response("flat", "h"))
ASKED = (Of("y", "mean"), Met((Condition("y", ">=", 2.0, "L"),)), Of("flat"))


def answer(points: Floats) -> Floats:
    y = 2.0 * points[:, :1] + np.array([0.0, 1.0, 3.0])[points[:, 1].astype(int)][:, None] + NOISE
    return np.stack([y, np.full_like(y, 7.0)], axis=1)


MODEL = FunctionModel(FACTORS, RESPONSES, answer, draws=DRAWS, chunk=7)


def broken(points: Floats) -> Floats:
    if (points[:, 0] > 1.9).any():
        raise ModelError(Problem("too steep", path="slope"))
    return answer(points)


def found_by(method: str) -> Sensitivity:
    return sensitivity(MODEL, ASKED, method, seed=3, name="try", hash="abc")


@pytest.mark.parametrize("method", METHODS)
def test_document_is_json_without_nan_and_ranks(method: str) -> None:
    found = found_by(method)
    document = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert document["form"] == "exosim.sensitivity/1" and document["scenario"] == {"name": "try", "hash": "abc"}
    assert [one["asked"] for one in document["questions"]] == [one.label for one in ASKED]
    ranked = document["questions"][0]["factors"]
    assert {one["path"] for one in ranked[:2]} == {"slope", "kind"} and ranked[2]["path"] == "idle"
    assert [one["noise"] for one in ranked] == [False, False, True]
    flat = document["questions"][2]
    assert flat["reason"] == "the answer is the same at all points"
    assert document["points"] == len(found.answers.points)


@pytest.mark.parametrize("method", METHODS)
def test_remarks_say_what_is_noise_and_what_does_not_vary(method: str) -> None:
    told = " ".join(found_by(method).remarks())
    assert "mean of y: nothing at all comes from idle." in told
    assert "median of flat: the answer is the same at all points" in told


@pytest.mark.parametrize("method", METHODS)
def test_same_seed_same_bits_for_any_chunks(method: str) -> None:
    other = FunctionModel(FACTORS, RESPONSES, answer, draws=DRAWS, chunk=1000)
    one, two = found_by(method), sensitivity(other, ASKED, method, seed=3, name="try", hash="abc")
    assert one.as_dict() == two.as_dict()
    if method != "one_at_a_time":
        assert one.as_dict() != sensitivity(MODEL, ASKED, method, seed=4, name="try", hash="abc").as_dict()


@pytest.mark.parametrize("method", METHODS)
def test_tables_are_data_frames(method: str) -> None:
    found = found_by(method)
    factors, points = found.to_pandas(), found.to_pandas("points")
    assert len(factors) == 9 and list(factors["path"][:3]) == [
        one["path"] for one in found.as_dict()["questions"][0]["factors"]
    ]
    assert len(points) == len(found.answers.points) and set(points["kind"]) <= {"soft", "hard", "none"}
    assert points.attrs["units"]["mean of y"] == "L" and points.attrs["units"]["slope"] == "L"


def test_choices_are_told_by_their_words() -> None:
    rows = found_by("one_at_a_time").as_dict()["questions"][0]["factors"]
    kind = next(row for row in rows if row["path"] == "kind")
    assert (kind["low_at"], kind["high_at"], round(kind["swing"], 9)) == ("soft", "none", 3.0)


def test_rounding_of_samples_is_told() -> None:
    found = sensitivity(MODEL, ASKED, "sobol", samples=1000)
    assert found.samples == 1024 and any("1,000 samples were rounded up to 1,024" in one for one in found.remarks())
    assert not any("rounded" in one for one in sensitivity(MODEL, ASKED, "sobol", samples=1024).remarks())


def test_few_samples_are_told() -> None:
    assert any("approximate" in one for one in sensitivity(MODEL, ASKED, "sobol", samples=64).remarks())
    assert any("approximate" in one for one in sensitivity(MODEL, ASKED, "morris", samples=8).remarks())


@pytest.mark.parametrize("method", METHODS)
def test_points_that_fail_are_told_and_not_hidden(method: str) -> None:
    model = FunctionModel(FACTORS, RESPONSES, broken, draws=DRAWS)
    with pytest.raises(ModelError, match="too steep"):
        sensitivity(model, ASKED, method)
    found = sensitivity(model, ASKED, method, keep_going=True)
    assert found.failed and all("too steep" in why for why in found.failed.values())
    told = " ".join(found.remarks())
    assert "points were not possible" in told and "has no answer at" in told
    document = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert len(document["failed"]) == len(found.failed)
    assert document["failed"][0]["point"] == min(found.failed) + 1
    assert found.to_pandas("points")["failed"].notna().sum() == len(found.failed)


@pytest.mark.parametrize(
    ("model", "asked", "method", "given", "told"),
    [
        (MODEL, ASKED, "tornado", {}, "one_at_a_time"),
        (MODEL, (), "morris", {}, "at least one question"),
        (FunctionModel((), RESPONSES, answer), ASKED, "morris", {}, "at least one factor"),
        (MODEL, ASKED, "one_at_a_time", {"samples": 10}, "takes no samples"),
        (MODEL, ASKED, "sobol", {"levels": 4}, "has levels"),
        (MODEL, ASKED, "morris", {"levels": 5}, "even number"),
        (MODEL, ASKED, "sobol", {"samples": -1}, "above 0"),
    ],
)
def test_what_cannot_be_done_is_refused(
    model: FunctionModel, asked: tuple[Of, ...], method: str, given: dict[str, int], told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        sensitivity(model, asked, method, **given)  # type: ignore[arg-type]


def test_all_questions_without_an_answer() -> None:
    model = FunctionModel(FACTORS, RESPONSES, lambda x: np.full((len(x), 2, 1), math.nan))
    for method in METHODS:
        found = sensitivity(model, ASKED[:1], method)
        assert found.found[0].reason == "there is no answer at any point"
        json.dumps(found.as_dict(), allow_nan=False)
        assert "there is nothing to rank" in " ".join(found.remarks())


def test_scenario_is_asked_about_all_that_it_is_not_sure_of() -> None:
    scenario = xs.load(FLASKS)
    found = ask(plan_of(scenario, "sensitivity", {"draws": 50}), jobs=1, progress=None, keep_going=False)
    assert found.method == "one_at_a_time" and found.hash == scenario.hash and found.seed == scenario.seed
    assert {factor.path for factor in found.factors} <= set(scenario.uncertain())
    assert found.factors and all(factor.distribution is not None for factor in found.factors)


def test_scenario_answers_by_screening_and_by_indices() -> None:
    scenario = xs.load(FLASKS)
    factors = [("culture.secretion_rate", "x0.5..x2"), ("culture.glucose_uptake", "x0.99..x1.01")]
    for method, samples in (("morris", 8), ("sobol", 64)):
        given = {"method": method, "samples": samples, "draws": 20, "factors": factors, "responses": ("doses",)}
        found = ask(plan_of(scenario, "sensitivity", given), jobs=1, progress=None, keep_going=False)
        assert found.found[0].order == [0, 1] and not found.found[0].noise[0]


@pytest.mark.parametrize("method", METHODS)
def test_draws_without_a_value_are_told(method: str) -> None:
    """A cost where little is released is left out of the statistic; nobody is to take that for a gain."""

    def rare(points: Floats) -> Floats:
        draws = points[:, :1, None] + np.linspace(0.0, 1.0, 10)
        return np.where((points[:, :1, None] > 0.5) & (np.arange(10) >= 2), np.nan, draws)

    model = FunctionModel((Factor("x", "1", 0.0, 1.0, base=0.4),), (Response("cost", "EUR"),), rare, 10)
    found = sensitivity(model, [Of("cost", "median")], method)
    assert found.valued == {"cost": 0.2}
    assert any(told.startswith("cost has a value on as few as 0.2 of the draws") for told in found.remarks())
    whole = sensitivity(model, [Met((Condition("cost", "<=", 1.0),))], method)
    assert not whole.valued
