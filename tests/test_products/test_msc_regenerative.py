"""Doses a year of one hollow-fiber line against one stirred tank, on common random numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.results import FacilityResults
from exosim.scenario import Scenario

FIBERS = xs.load(Path(__file__).parents[2] / "scenarios" / "msc_regenerative.toml")
TANK = FIBERS.variants()["tank"]
REPLICATIONS = 3


def year(scenario: Scenario) -> FacilityResults:
    return xs.simulate(scenario, REPLICATIONS)


def doses(run: FacilityResults) -> np.ndarray:
    return np.array([account.headlines["doses_per_year"] for account in run.accounts])


@pytest.fixture(scope="module")
def fibers() -> FacilityResults:
    return year(FIBERS)


@pytest.fixture(scope="module")
def tank() -> FacilityResults:
    return year(TANK)


def test_the_tank_makes_more_in_every_world(fibers: FacilityResults, tank: FacilityResults) -> None:
    assert np.all(doses(tank) > 3.0 * doses(fibers))
    ran = [run.accounts[0].by_resource["utilization"] for run in (fibers, tank)]
    assert ran[0]["hollow_fiber_bioreactor"] > 0.7 and ran[0]["stirred_tank"] == 0.0
    assert ran[1]["stirred_tank"] > 0.7 and ran[1]["hollow_fiber_bioreactor"] == 0.0


def test_a_smaller_cartridge_makes_fewer_doses_a_year(fibers: FacilityResults) -> None:
    smaller = year(FIBERS.with_({"culture.fiber_area": "1.5 m2"}))
    assert np.all(doses(smaller) < doses(fibers))


def test_what_limits_a_batch_is_the_surface() -> None:
    """Both cultures are nearest to the limit of their surface; the tank has room to spare in glucose, too."""
    for scenario in (FIBERS, TANK):
        first = xs.evaluate(scenario, 256).bounds()[0]
        assert (first.limit, first.share > 0.9) == ("surface", True)


def test_what_limits_the_year_of_a_tank_is_the_filler(fibers: FacilityResults, tank: FacilityResults) -> None:
    """A filler of half the rate takes nothing from the fibers, and doses from the tank in a world with many."""
    half = {"fill.rate": "600 vial/h"}
    assert doses(year(FIBERS.with_(half))) == pytest.approx(doses(fibers), rel=0.1)
    slow = year(TANK.with_(half))
    richest = int(np.argmax(doses(fibers)))
    assert doses(slow)[richest] < 0.7 * doses(tank)[richest]
    assert max(account.by_resource["occupancy"]["filling_isolator"] for account in slow.accounts) > 0.9
