"""Scenarios as models in time: a point is a run of the changed plant, and both engines answer on the same worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.errors import ScenarioError, UsageError
from exosim.study.answers import Condition, Met, Of
from exosim.study.changes import changes_at
from exosim.study.facility_model import FacilityModel, facility_model, facility_responses
from exosim.study.kernel_model import KernelModel, kernel_model, kernel_responses
from exosim.study.reading import read_factors
from exosim.study.respond import respond
from exosim.study.scenario_model import (
    BothModel,
    ScenarioModel,
    known_responses,
    scenario_model,
    usual_responses,
)

SCENARIOS = Path(__file__).parents[2] / "scenarios"
HEAD = """\
format = 1
name = "bench"
seed = 11
horizon = "20 d"
replications = 3
product.dose = "1e10 EV"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
parameters.titer = { lognormal = { median = "2e9 EV/mL", gsd = 1.5 } }

[[unit_procedure]]
id = "clarify"
operation = "depth_filtration"
unit = "bench"
operator = "crew"

[campaign]
every = "1 d"
batches = 3

[[equipment]]
id = "bench"
count = 1
turnaround = { lognormal = { median = "8 h", gsd = 1.3 } }
"""
PRICES = """
purchase = "10000 EUR"

[economics]
currency = "EUR"
year = 2024

[[charge]]
id = "rooms"
category = "facility"
price = { lognormal = { median = "1e5 EUR/year", gsd = 1.5 } }
"""
CREW = '\n[[personnel]]\nrole = "crew"\n'
RESPONSES = ("doses_per_year", "lead_time", "bench.occupancy", "crew.labor", "batches_started")


@pytest.fixture(scope="module")
def plant(tmp_path_factory: pytest.TempPathFactory) -> xs.Scenario:
    """Return a plant of one bench, on which three batches of a medium of unknown titer are filtered."""
    return loaded(tmp_path_factory.mktemp("plant"), HEAD + CREW)


def loaded(folder: Path, text: str) -> xs.Scenario:
    file = folder / "bench.toml"
    file.write_text(text, encoding="utf-8")
    return xs.load(file)


def model_of(own: xs.Scenario, asked: Mapping[str, Any], names: Sequence[str] = RESPONSES) -> FacilityModel:
    return facility_model(own, read_factors(own, asked), names, 4)


# ---------------------------------------------------------------- a point is a run

ASKED = (
    ({"bench.turnaround": "x0.5..x3"}, [[0.5], [3.0]]),
    ({"bench.turnaround": "2..40 h", "clarify.flux": "50..200 L/m2/h"}, [[2.0, 60.0], [40.0, 180.0]]),
    ({"bench.count": "1..3", "campaign.every": "6..48 h"}, [[1.0, 6.0], [2.0, 6.0]]),
    ({"campaign.mode": "paced, as_soon_as_possible"}, [[0.0], [1.0]]),
    ({"medium.titer": "own"}, [[2e9], [1e9]]),
)


def renamed(asked: Mapping[str, str]) -> dict[str, str]:
    return {path.replace("bench.", "equipment.bench."): text for path, text in asked.items()}


@pytest.mark.parametrize(("asked", "points"), ASKED, ids=lambda one: "-".join(map(str, one)))
def test_a_point_is_a_run_to_the_bit(
    asked: Mapping[str, str], points: Sequence[Sequence[float]], plant: xs.Scenario
) -> None:
    model = model_of(plant, renamed(asked))
    found = model.sample(np.array(points))
    assert found.shape == (len(points), len(RESPONSES), 4)
    for point, own in zip(points, found, strict=True):
        changed = plant.with_(changes_at(plant, model.factors, np.array(point)))
        accounts = xs.simulate(changed, 4).accounts
        for name, values in zip(RESPONSES, own, strict=True):
            resource, _, indicator = name.rpartition(".")
            expected = [a.by_resource[indicator][resource] if resource else a.headlines[name] for a in accounts]
            assert values.tolist() == expected, name
    assert len(np.unique(found[:, :3].reshape(len(points), -1), axis=0)) == len(points)


def test_every_response_of_the_facility_can_be_asked(plant: xs.Scenario) -> None:
    known = facility_responses(plant)
    assert {"doses_per_year", "bench.occupancy", "bench.utilization", "crew.labor"} <= set(known)
    assert known["doses_per_year"].unit == "dose/year" and known["doses_per_year"].better == "more"
    assert known["lead_time"].better == "less" and known["bench.occupancy"].better == "neither"
    found = facility_model(plant, (), list(known), 2).sample(np.empty((1, 0)))
    assert found.shape == (1, len(known), 2) and np.isfinite(found).mean() > 0.8


def test_costs_are_responses_where_there_are_prices(tmp_path: Path) -> None:
    """In the same worlds: each further euro of a price adds as much as the one before it."""
    own = loaded(tmp_path, HEAD + PRICES + CREW)
    model = model_of(own, {"charge.rooms.price": "x1..x3"}, ["cost_per_dose", "cost_per_year"])
    assert [response.unit for response in model.responses] == ["EUR/dose", "EUR/year"]
    found = model.sample(np.array([[1.0], [2.0], [3.0]]))
    accounts = xs.simulate(own, 4).accounts
    assert found[0].tolist() == [[account.headlines[r.name] for account in accounts] for r in model.responses]
    assert found[2] - found[1] == pytest.approx(found[1] - found[0], rel=1e-9)


def test_another_seed_is_another_world(plant: xs.Scenario) -> None:
    model = model_of(plant, {"clarify.flux": None}, ["doses_per_year"])
    points = model.base()[None, :]
    other = model.with_seed(model.seed + 1)
    assert not np.array_equal(model.sample(points), other.sample(points))
    assert np.array_equal(other.sample(points)[0, 0], facility_model(plant, model.factors, ["doses_per_year"], 4,
                                                                      model.seed + 1).sample(points)[0, 0])  # fmt: skip


def test_a_scenario_without_a_campaign_has_no_responses_in_time() -> None:
    minimal = xs.load(SCENARIOS / "minimal.toml")
    with pytest.raises(ScenarioError, match="no \\[campaign\\]"):
        facility_responses(minimal)
    assert set(known_responses(minimal)) == set(kernel_responses(minimal))


def test_points_that_are_not_possible_are_told(plant: xs.Scenario) -> None:
    model = model_of(plant, {"equipment.bench.turnaround": "2..40 h"}, ["doses_per_year"])
    found = respond(model, np.array([[2.0], [-1.0], [8.0]]), [Of("doses_per_year")], keep_going=True)
    assert list(found.failed) == [1] and found.failed[1].startswith("equipment.bench.turnaround: ")
    assert np.isnan(found.values[0]).tolist() == [False, True, False]


# ---------------------------------------------------------------- both engines on the same worlds


def test_worlds_are_paired(plant: xs.Scenario) -> None:
    """Only the titer varies, once for each world: doses of lane n are those of each batch of replication n."""
    asked = read_factors(plant, {"clarify.flux": "50..200 L/m2/h"})
    model = scenario_model(plant, asked, ["doses", "doses_per_started_batch"], replications=6)
    assert isinstance(model, BothModel) and model.draws == 6 and model.at_once == 1
    found = model.sample(np.array([[60.0], [180.0]]))
    assert found.shape == (2, 2, 6) and len(np.unique(found[0, 0])) == 6
    assert np.array_equal(found[:, 0], found[:, 1])
    other = model.with_seed(99).sample(np.array([[60.0]]))[0]
    assert np.array_equal(other[0], other[1]) and not np.array_equal(other[0], found[0, 0])


def test_responses_keep_their_order_and_conditions_hold_in_one_world(plant: xs.Scenario) -> None:
    asked = read_factors(plant, {"clarify.flux": "50..200 L/m2/h"})
    names = ["lead_time", "doses", "bench.occupancy", "ev_yield"]
    model = scenario_model(plant, asked, names, replications=3)
    assert [response.name for response in model.responses] == names and model.factors == asked
    points = np.array([[60.0], [180.0]])
    found = model.sample(points)
    kernel = kernel_model(plant, asked, ["doses", "ev_yield"], 3).sample(points)
    facility = facility_model(plant, asked, ["lead_time", "bench.occupancy"], 3).sample(points)
    assert np.array_equal(found[:, 1::2], kernel) and np.array_equal(found[:, ::2], facility)
    middle = float(np.median(kernel[0, 0]))
    both = Met((Condition("doses", ">=", middle), Condition("lead_time", "<=", float(facility[0, 0].max()))))
    assert respond(model, points[:1], [both]).values[0, 0] == pytest.approx(2 / 3)


# ---------------------------------------------------------------- what may be asked


def test_whichever_knows_a_response_is_asked(plant: xs.Scenario) -> None:
    factors = read_factors(plant, {"clarify.flux": None})

    def built(*names: str, **more: Any) -> ScenarioModel:
        return scenario_model(plant, factors, names, **more)

    assert isinstance(built("doses"), KernelModel) and built("doses", draws=7).draws == 7
    assert isinstance(built("doses_per_year"), FacilityModel)
    assert isinstance(built("doses", "doses_per_year"), BothModel)
    assert built("doses", "lead_time", draws=7, replications=3).draws == 3
    assert isinstance(built(engine="facility"), FacilityModel) and isinstance(built(engine="kernel"), KernelModel)
    assert [r.name for r in built("doses", "lead_time", "doses").responses] == ["doses", "lead_time"]


def test_usual_responses(plant: xs.Scenario) -> None:
    minimal = xs.load(SCENARIOS / "minimal.toml")
    in_time = ["doses_per_year", "lead_time"]
    of_kernel = ["doses", "ev_yield", "purity_relative_to_ceiling", "batch_duration"]
    assert usual_responses(known_responses(minimal)) == of_kernel
    assert usual_responses(facility_responses(plant)) == in_time


def test_what_nobody_knows_is_told_all_at_once(plant: xs.Scenario) -> None:
    with pytest.raises(UsageError) as caught:
        scenario_model(plant, (), ["dosis", "cost_per_dose", "lead_time", "clarify.recovry"])
    dosis, cost, recovery = caught.value.problems
    assert dosis.nearest == "doses" and "lead_time" in str(dosis.expected)
    assert cost.problem == '"cost_per_dose" needs prices' and recovery.nearest == "clarify.recovery"
    with pytest.raises(UsageError, match=r"responses in time need a \[campaign\]"):
        scenario_model(xs.load(SCENARIOS / "minimal.toml"), (), ["zzz"])
    with pytest.raises(UsageError, match='unknown engine "kernl"'):
        scenario_model(plant, (), ["doses"], engine="kernl")  # type: ignore[arg-type]
    for build in (kernel_model, facility_model):
        with pytest.raises(UsageError, match="unknown response"):
            build(plant, (), ["nonsense"], 2)
