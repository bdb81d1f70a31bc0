"""Scenarios as models: what they answer at a point is what the changed scenario answers alone, lane by lane."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.collecting import TILE
from exosim.errors import ExosimError, ModelError, ScenarioError
from exosim.study import kernel_model as kernel
from exosim.study.answers import Condition, Met, Of
from exosim.study.changes import changes_at
from exosim.study.designs import latin_hypercube
from exosim.study.factor import Floats
from exosim.study.kernel_model import KernelModel, kernel_model, kernel_responses, moves_lanes
from exosim.study.reading import read_factors, uncertain_factors
from exosim.study.respond import respond

SCENARIOS = Path(__file__).parents[2] / "scenarios"
DRAWS = 70
"""No multiple of the padding of a block."""
HEADLINES = ("doses", "ev_yield", "purity_relative_to_ceiling", "batch_duration")
READINGS = (*HEADLINES, "polish.recovery", "concentrate.protein", "attribute.purity", "in_specification")


@cache
def scenario(name: str = "msc_hollow_fiber") -> xs.Scenario:
    return xs.load(SCENARIOS / f"{name}.toml")


def model_of(
    factors: Mapping[str, Any], names: Sequence[str] = READINGS, draws: int = DRAWS, **more: Any
) -> KernelModel:
    own = more.get("of") or scenario()
    return kernel_model(own, read_factors(own, factors), names, draws, more.get("seed"))


def alone(model: KernelModel, point: Floats) -> Floats:
    """Return the responses at a point as a run of its own gives them, shape (responses, draws)."""
    changed = model.scenario.with_(changes_at(model.scenario, model.factors, point))
    yields = xs.evaluate(changed, model.draws, seed=model.seed)
    return np.stack([of_run(yields, name) for name in (r.name for r in model.responses)])


def of_run(yields: Any, name: str) -> Floats:
    """Return a response on all draws of a run."""
    kinds = {"attribute.": "attribute", "met.": "met"}
    head = next((head for head in kinds if name.startswith(head)), None)
    if name == "in_specification":
        values = yields._kept["specification"]["all", None]
    elif head is not None:
        values = yields._kept[kinds[head]][name.removeprefix(head), None]
    else:
        step, _, reading = name.rpartition(".")
        values = yields.values(reading, step or None)
    return np.asarray(np.broadcast_to(values, (yields.draws,)))


def assert_same(model: KernelModel, points: Floats, rel: float = 1e-12) -> None:
    """Every point of a model is a run of its own, to rounding."""
    found = model.sample(points)
    assert found.shape == (len(points), len(model.responses), model.draws)
    for point, own in zip(points, found, strict=True):
        expected = alone(model, point)
        for response, one, other in zip(model.responses, own, expected, strict=True):
            assert np.allclose(one, other, rtol=rel, atol=0.0, equal_nan=True), (response.name, point)


# ---------------------------------------------------------------- kernel: a point is a run

MOVED = (
    {"concentrate.flux": "15..40 L/m2/h", "culture.secretion_rate": "log 3e3..3e4 EV/cell/d"},
    {
        "culture.secretion_rate": "x0.5..x2",
        "clarify.ev_recovery": "x0.8..x1.0",
        "culture.complex_protein": "x0.5..x1.5",
    },
    {"culture.activity": "0.5..2", "culture.doubling_time": "18..40 h"},
    {"culture.activity": "x0.5..x2", "seed_train.doubling_time": "x0.9..x1.3"},
    {"polish.bed_recovery": "0.7..0.95", "sterilize.ev_recovery": "70..90 %"},
    {"culture.death_rate": "x0.5..x2", "culture.associated_protein": "x0.5..x1.5", "polish.protein_tail": "x0.5..x1.2"},
    {"concentrate.hold_up": None, "sterilize.flux": "x0.8..x1.2"},
    {"culture.harvest_hold.rate": "x0.5..x2", "culture.harvest_hold.size_exponent": None},
)
"""What is fixed, drawn by study, donor or batch, spread, a recovery that shares a common factor, or a default."""


@pytest.mark.parametrize("asked", MOVED, ids=lambda asked: "-".join(asked))
def test_a_point_of_moved_lanes_is_a_run(asked: Mapping[str, str | None]) -> None:
    model = model_of(asked)
    assert all(moves_lanes(model.scenario, factor) for factor in model.factors)
    assert_same(model, latin_hypercube(model.factors, 4, 1))


def test_the_spread_between_donors_and_batches_stays() -> None:
    """Activity has a spread of both; its median is moved, and what is secreted still varies as the spreads say."""
    model = model_of({"culture.activity": "0.5..2"}, ["secreted"], 4000)
    one, double = model.sample(np.array([[1.0], [2.0]]))[:, 0]
    assert np.std(np.log(one)) > np.hypot(0.5, 0.2) * 0.9
    assert double == pytest.approx(2.0 * one, rel=1e-9)


STRUCTURAL = (
    ({"culture.collection": "7, 14 d"}, [[7.0], [14.0], [7.0]]),
    ({"seed_train.passages": "1..3", "concentrate.flux": "20..40 L/m2/h"}, [[1.0, 21.0], [3.0, 39.0], [1.0, 30.0]]),
    ({"product.ev_size.median": "90..140 nm", "culture.capacity": "x0.8..x1.2"}, [[92.0, 0.8], [137.0, 1.1]]),
    ({"product.ev_size.classes": "6, 12"}, [[6.0], [12.0]]),
    ({"fill.retained": "x0.5..x2"}, [[0.5], [1.5], [2.0]]),
    ({"culture.pool_every": "7, 14 d", "culture.medium_rate": "4..8 L/d"}, [[7.0, 5.0], [14.0, 7.0]]),
    ({"concentrate.max_hold.breach": "deviation, reject", "concentrate.flux": "x0.9..x1.1"}, [[1.0, 1.05], [0.0, 0.9]]),
    ({"campaign.every": "14..28 d"}, [[336.0], [500.0]]),
)
"""Schedules, counts, words, size classes and what stands in the plant."""


@pytest.mark.parametrize(("asked", "points"), STRUCTURAL, ids=lambda one: "-".join(map(str, one)))
def test_a_point_with_a_scenario_of_its_own_is_a_run(
    asked: Mapping[str, str], points: Sequence[Sequence[float]]
) -> None:
    model = model_of(asked)
    assert not all(moves_lanes(model.scenario, factor) for factor in model.factors)
    assert_same(model, np.array(points))


def test_quantiles_are_multiplied_exactly_above_a_bound() -> None:
    base = scenario().with_({"culture.capacity": {"p5": "6e3 cell/cm2", "p50": "1e4 cell/cm2", "p95": "3e4 cell/cm2"}})
    model = model_of({"culture.capacity": "x0.7..x1.4"}, of=base)
    assert moves_lanes(base, model.factors[0])
    assert_same(model, np.array([[0.7], [1.0], [1.23]]))


def test_quantiles_between_two_bounds_stay_between_them() -> None:
    """Times 1.05 moves the three quantiles, each point being a distribution of its own that never leaves 0 to 1."""
    base = scenario().with_({"sterilize.ev_recovery": {"p5": 0.7, "p50": 0.85, "p95": 0.94}})
    model = model_of({"sterilize.ev_recovery": "x0.9..x1.05"}, ["sterilize.recovery"], of=base)
    assert not moves_lanes(base, model.factors[0])
    assert_same(model, np.array([[0.9], [1.05]]))
    assert np.all(model.sample(np.array([[1.05]])) <= 1.0)


@pytest.mark.parametrize("path", ["culture.secretion_rate", "product.protein_fraction", "product.ev_size.median"])
def test_a_draw_at_its_own_value_is_the_scenario_itself(path: str) -> None:
    """Of a factor that is as the scenario says: lane n at the value that draw n has is lane n of the scenario."""
    model = model_of({path: "own"}, draws=40)
    drawn = model.scenario.values(0, 40)[path]
    points = np.asarray(drawn)[:, None]
    found = model.sample(points)
    yields = xs.evaluate(model.scenario, 40)
    for place, response in enumerate(model.responses):
        own = found[np.arange(40), place, np.arange(40)]
        assert own == pytest.approx(of_run(yields, response.name), rel=1e-12, nan_ok=True)


def test_all_uncertain_quantities_at_once_are_the_scenario_itself() -> None:
    """The points are the worlds of the scenario, and nothing is left to vary between them but donors and batches."""
    factors = uncertain_factors(scenario())
    assert len(factors) >= 12 and "culture.death_rate" not in {factor.path for factor in factors}
    model = kernel_model(scenario(), factors, READINGS, 24)
    drawn = scenario().values(0, 24)
    found = model.sample(np.stack([np.asarray(drawn[factor.path]) for factor in factors], axis=1))
    yields = xs.evaluate(scenario(), 24)
    for place, response in enumerate(model.responses):
        own = found[np.arange(24), place, np.arange(24)]
        assert own == pytest.approx(of_run(yields, response.name), rel=1e-12, nan_ok=True)


def test_a_parameter_that_the_scenario_does_not_give_is_a_run() -> None:
    """One with a default, and one that replaces a mechanism: what that lost before is then 0."""
    names = ["doses", "polish.loss: outside the pool", "polish.recovery"]
    model = model_of({"polish.ev_recovery": "0.6..0.9"}, names)
    found = model.sample(np.array([[0.6], [0.9]]))
    assert np.all(found[:, 1] == 0.0) and np.allclose(found[:, 2], [[0.6], [0.9]], rtol=1e-12)
    assert_same(model_of({"polish.ev_recovery": "0.6..0.9"}, ["doses", "polish.recovery"]), np.array([[0.6], [0.9]]))
    minimal = scenario("minimal")
    times = model_of({"clarify.capacity": "x0.5..x2", "medium.titer": "x0.5..x2"}, ["doses"], of=minimal)
    assert_same(times, np.array([[0.5, 2.0], [1.7, 0.6]]))


# ---------------------------------------------------------------- kernel: who works on what is seen nowhere

SHUFFLED = {"concentrate.flux": "15..40 L/m2/h", "seed_train.passages": "1..3"}


def test_a_single_draw_and_more_than_a_block() -> None:
    """Lanes of a run are those of the model, whatever their number."""
    few, many = model_of(SHUFFLED, ["doses"], 1), model_of({"clarify.flux": None}, ["doses"], TILE + 100, of=medium())
    assert_same(few, latin_hypercube(few.factors, 3, 2))
    assert_same(many, np.array([[60.0], [180.0]]))
    assert many.at_once == 1 and few.at_once == 2 * TILE
    first = replace(many, draws=50).sample(np.array([[60.0]]))
    assert np.array_equal(first[0], many.sample(np.array([[60.0]]))[0, :, :50])


@cache
def medium() -> xs.Scenario:
    """Return the smallest scenario with a titer that nobody knows and a recovery of each batch."""
    titer = {"lognormal": {"median": "2e9 EV/mL", "gsd": 2.0}, "batch_spread": 0.2}
    recovery = {"triangular": {"low": 0.6, "mode": 0.8, "high": 0.9}, "varies": "batch"}
    return scenario("minimal").with_({"medium.titer": titer, "clarify.ev_recovery": recovery})


def test_neither_chunks_nor_processes_nor_the_order_change_a_bit(monkeypatch: pytest.MonkeyPatch) -> None:
    model = model_of(SHUFFLED, ["doses", "purity_relative_to_ceiling"], 33)
    points = latin_hypercube(model.factors, 9, 4)
    asked = [Of("doses"), Of("purity_relative_to_ceiling", "p5"), Met((Condition("doses", ">=", 300.0),))]
    whole = respond(model, points, asked, keep=True)
    assert whole.sample is not None
    order = np.random.default_rng(1).permutation(len(points))
    shuffled = respond(model, points[order], asked, keep=True)
    assert shuffled.sample is not None and shuffled.sample.tobytes() == whole.sample[order].tobytes()
    for chunk in (1, 4):
        monkeypatch.setattr(KernelModel, "at_once", property(lambda _, chunk=chunk: chunk))
        cut = respond(model, points, asked, keep=True)
        assert cut.sample is not None and cut.sample.tobytes() == whole.sample.tobytes()
        assert cut.values.tobytes() == whole.values.tobytes()
    by_size = [replace(model).sample(points[start : start + 2]) for start in range(0, 9, 2)]
    assert np.concatenate(by_size).tobytes() == whole.sample.tobytes()


@pytest.mark.slow
def test_two_processes_change_no_bit() -> None:
    model = model_of(SHUFFLED, ["doses"], 5000)
    points, asked = latin_hypercube(model.factors, 20, 4), [Of("doses"), Of("doses", "p95")]
    assert respond(model, points, asked, jobs=2).values.tobytes() == respond(model, points, asked).values.tobytes()


def test_a_model_travels_by_pickle_without_what_it_built() -> None:
    model = model_of(SHUFFLED, ["doses"], 10)
    size, points = len(pickle.dumps(model)), latin_hypercube(model.factors, 5, 1)
    found = model.sample(points)
    assert len(pickle.dumps(model)) == size
    assert pickle.loads(pickle.dumps(model)).sample(points).tobytes() == found.tobytes()


def test_the_scenarios_and_numbers_that_are_kept_are_few(monkeypatch: pytest.MonkeyPatch) -> None:
    """However many values a count or a distribution takes."""
    monkeypatch.setattr(kernel, "_MOST_BUILT", 3)
    base = scenario().with_({"sterilize.ev_recovery": {"p5": 0.7, "p50": 0.85, "p95": 0.94}})
    model = model_of({"sterilize.ev_recovery": "x0.9..x1.05"}, ["doses"], 10, of=base)
    points = model.factors[0].grid(8)[:, None]
    found = model.sample(points)
    assert len(model._built) <= 3
    assert sum(key[0] == "sterilize.ev_recovery" for key in kernel._drawn(model.seed, 0, 10)._values) == 0
    assert np.concatenate([model.sample(point[None, :]) for point in points]).tobytes() == found.tobytes()


# ---------------------------------------------------------------- kernel: common random numbers


def test_a_factor_without_effect_changes_no_bit() -> None:
    """The flux of a filter has none on what passes it where its recovery is given."""
    model = model_of({"sterilize.flux": "200..400 L/m2/h"}, ["doses", "ev_yield", "attribute.purity"])
    found = model.sample(np.array([[200.0], [300.0], [400.0]]))
    assert found[0].tobytes() == found[1].tobytes() == found[2].tobytes()
    assert np.std(found[0, 0]) > 0.0


def test_the_difference_of_near_points_varies_far_less_than_they_do() -> None:
    model = model_of({"concentrate.flux": "15..40 L/m2/h", "polish.bed_recovery": "0.7..0.95"}, ["vialed"], 2000)
    one, other = model.sample(np.array([[30.0, 0.85], [30.0, 0.86]]))[:, 0]
    assert np.var(other - one) < 1e-3 * (np.var(one) + np.var(other))


def test_exponentials_by_common_inversion() -> None:
    """Means 1 and 1.2: the difference has (1.2 - 1)^2 of the variance of the first, as perfect correlation says."""
    titer = {"exponential": {"mean": "5e9 EV/mL"}}
    base = scenario("minimal").with_({"medium.titer": titer})
    model = model_of({"medium.titer": "x1..x1.2"}, ["harvested"], 20_000, of=base)
    one, other = model.sample(np.array([[1.0], [1.2]]))[:, 0]
    assert np.var(other - one) == pytest.approx(0.04 * np.var(one), rel=1e-9)
    again = model.with_seed(model.seed + 1).sample(np.array([[1.2]]))[0, 0]
    assert np.var(again - one) / np.mean(one) ** 2 == pytest.approx(2.44, rel=0.1)


# ---------------------------------------------------------------- kernel: points that are not possible


def refusal(ask: Callable[..., object], *given: object) -> str | None:
    """Return the error of a call, or None."""
    try:
        ask(*given)
    except ExosimError as error:
        return f"{type(error).__name__}: {error}"
    return None


EDGES: tuple[tuple[str, Mapping[str, Any], Sequence[Sequence[float]]], ...] = (
    ("msc_hollow_fiber", {"concentrate.flux": "15..40 L/m2/h"}, [[-1.0], [0.0], [0.1], [1e4], [1e12], [30.0]]),
    ("msc_hollow_fiber", {"polish.bed_recovery": "0.7..0.95"}, [[-0.1], [0.0], [1.0], [1.01], [60.0]]),
    ("msc_hollow_fiber", {"polish.bed_recovery": "x0.8..x1"}, [[0.1], [1.0], [1.009], [1.02], [1.2]]),
    ("msc_hollow_fiber", {"clarify.capacity": "x0.5..x2"}, [[0.001], [0.9], [1e3]]),
    ("msc_hollow_fiber", {"culture.activity": "0.5..2"}, [[0.0], [1e-9], [1e3]]),
    ("msc_hollow_fiber", {"culture.secretion_rate": "own"}, [[1e4], [10.0], [1e9], [-1.0]]),
    (
        "msc_hollow_fiber", {"culture.complex_protein": "0.05..0.4", "culture.small_protein": "0..0.6"},
        [[0.1, 0.1], [0.4, 0.6], [0.05, 0.9], [0.3, 0.5], [0.3, 0.50001]],
    ),
    (
        "msc_hollow_fiber", {"culture.harvest_every": "1..3 d", "culture.collection": "7, 14 d"},
        [[1.0, 7.0], [3.0, 14.0], [3.0, 7.0]],
    ),
    (
        "minimal", {"medium.small_protein": "0..0.6", "medium.complex_protein": "0..0.4"},
        [[0.2, 0.2], [0.55, 0.35], [1.0, 0.0]],
    ),
    ("minimal", {"medium.volume": "1..50 L"}, [[0.0], [-1.0], [1e9], [20.0]]),
    ("hek_perfusion", {"culture.bleed_rate": "0.1..0.5 1/d", "culture.perfusion_rate": "0.2..2 1/d"},
     [[0.1, 1.0], [0.5, 0.4], [0.4, 0.4]]),
    ("isolation_shootout", {"formulate.counted_target": "1e10..1e11 particle/mL"}, [[1e10], [1e11]]),
)  # fmt: skip


@pytest.mark.parametrize(("name", "asked", "points"), EDGES, ids=lambda one: str(one)[:30])
def test_a_point_is_refused_as_the_scenario_refuses_it(
    name: str, asked: Mapping[str, Any], points: Sequence[Sequence[float]]
) -> None:
    """In the same words, whether lanes are moved or a scenario is made; and else it is answered."""
    own = scenario(name)
    model = kernel_model(own, read_factors(own, asked), ["doses"], 8)
    for point in points:
        values = np.array([point])
        expected = refusal(lambda own, at: own.with_(changes_at(own, model.factors, at[0])), own, values)
        assert refusal(KernelModel.sample, model, values) == expected, point


def test_the_shares_of_a_split_are_one_together(tmp_path: Path) -> None:
    """One share alone cannot be moved: mass would be created; two can be, where they sum to 1."""
    text = (SCENARIOS / "minimal.toml").read_text(encoding="utf-8")
    split = "[unit_procedure.split]\nmain = 0.7\nwaste = 0.3\n"
    last = '[[unit_procedure]]\nid = "pool"\noperation = "pooling"\nfeeds = ["clarify.main"]\n'
    own = xs.load(written(tmp_path, text + split + last))
    with pytest.raises(ScenarioError, match=r"the shares sum to 1\.2"):
        read_factors(own, {"clarify.split.main": "0.5..0.9"})
    model = kernel_model(own, read_factors(own, {"clarify.split.main": "0.7..0.9"}), ["doses"], 4)
    assert not moves_lanes(own, model.factors[0])
    with pytest.raises(ScenarioError, match=r"the shares sum to 1\.1"):
        model.sample(np.array([[0.8]]))
    assert model.sample(np.array([[0.7]])).shape == (1, 1, 4)


def written(folder: Path, text: str) -> Path:
    file = folder / "own.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_quantity_that_is_outside_its_range_on_purpose_may_be_multiplied() -> None:
    base = scenario().with_({"concentrate.flux": {"value": "90 L/m2/h", "allow_outside_range": True}})
    model = model_of({"concentrate.flux": "x0.9..x1.1"}, ["doses"], of=base)
    assert_same(model, np.array([[1.0], [1.1]]))


def test_a_low_end_that_is_not_possible_spoils_no_other_point() -> None:
    """Of a parameter that the scenario does not give."""
    model = model_of({"polish.ev_recovery": "-0.5..0.9"}, ["polish.recovery"])
    found = respond(model, np.array([[-0.5], [0.5], [0.9]]), [Of("polish.recovery")], keep_going=True)
    assert list(found.failed) == [0] and found.values[0, 1:] == pytest.approx([0.5, 0.9])
    assert found.failed[0].startswith("polish.ev_recovery: a fraction must lie between 0 and 1; got -0.5")


def test_what_is_moved_on_the_lanes_may_need_a_scenario_of_its_own() -> None:
    """With the complex protein of the scenario the other shares would be more than all; with that of the point not."""
    base = scenario().with_({"culture.complex_protein": "0.39", "culture.immunoglobulin_like": "0.05"})
    asked = {"culture.small_protein": "0.5, 0.55, 0.6", "culture.complex_protein": "0.1..0.4"}
    model = model_of(asked, ["doses"], of=base)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "moves_lanes", lambda own, f: f.path.endswith("complex_protein"))
        assert_same(model, np.array([[0.6, 0.1], [0.55, 0.2]]))
        with pytest.raises(ScenarioError, match="add up to more than 1"):
            model.sample(np.array([[0.6, 0.38]]))


def test_numbers_beyond_what_can_be_computed_are_a_model_error() -> None:
    own = scenario("minimal")
    model = kernel_model(own, read_factors(own, {"medium.titer": None}), ["doses"], 4)
    (factor,) = model.factors
    points = np.array([[factor.high], [factor.high * 1e8]])
    found = respond(model, points, [Of("doses")], keep_going=True)
    assert list(found.failed) in ([], [1]) and found.values[0, 0] > 0.0
    with pytest.raises(ModelError, match="beyond what can be computed"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(kernel, "show", raising)
        model.sample(points[:1])


def raising(*_: object) -> None:
    raise FloatingPointError("overflow")


# ---------------------------------------------------------------- what may be asked


@pytest.mark.parametrize("name", ["minimal", "msc_hollow_fiber", "msc_cell_therapy_adjunct", "rna_delivery"])
def test_every_response_of_the_kernel_can_be_asked(name: str) -> None:
    """And is what a run says under that name."""
    own = scenario(name)
    known = kernel_responses(own)
    found = kernel_model(own, (), list(known), 8).sample(np.empty((1, 0)))[0]
    yields = xs.evaluate(own, 8)
    assert not any("true: " in response for response in known)
    for values, (response, about) in zip(found, known.items(), strict=True):
        assert np.array_equal(values, of_run(yields, response), equal_nan=True), response
        assert about.name == response and about.better in ("more", "less", "neither")
