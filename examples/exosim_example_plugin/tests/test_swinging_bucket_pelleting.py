"""The contract of exosim for this operation, and its model beside published figures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from exosim_example_plugin.swinging_bucket_pelleting import SwingingBucketPelleting, pelleted_fraction

import exosim as xs
from exosim.testing import OperationContract

SCENARIO = Path(__file__).parents[1] / "scenario.toml"
# Livshits et al. 2015, Scientific Reports 5, tables 1 and 2: 30 min at 10,000 g at the mean radius, vesicles of
# 1.15 g/mL, 1.55 mPa s; radii [mm] and share of particles of 150, 120, 100 and 70 nm in the pellet [%].
ROTORS = {"SW 40 Ti": (66.7, 158.8, (30, 20, 14, 7)), "MLS-50": (47.5, 95.8, (51, 34, 25, 12))}


class TestContract(OperationContract):
    """All that exosim asks of an operation."""

    operation = SwingingBucketPelleting


@pytest.mark.parametrize("rotor", ROTORS)
def test_published_shares(rotor: str) -> None:
    """The shares of the paper, which gives whole percents, are met to one percent."""
    inner, outer, published = ROTORS[rotor]
    found = pelleted_fraction(np.array([150.0, 120.0, 100.0, 70.0]), 1.15, 1.55, 1e4, 0.5, inner, outer)
    assert np.max(np.abs(100.0 * found - published)) < 1.0


def share(**changes: float) -> float:
    """Return the pelleted share of 100 nm vesicles at 100,000 g in a rotor SW 40 Ti."""
    values = {"diameter": 100.0, "density": 1.15, "viscosity": 1.55, "force": 1e5, "hours": 1.0}
    return float(pelleted_fraction(**{**values, **changes}, inner=66.7, outer=158.8))


def test_limits() -> None:
    """Nothing settles without force, time or difference in density; all settles in the end."""
    assert share(force=0.0) == share(hours=0.0) == share(density=1.0) == 0.0
    assert share(hours=1000.0) == 1.0


def test_a_particle_at_the_meniscus_arrives_last() -> None:
    """The time from the meniscus to the bottom is ln(r_max / r_min) / (s omega^2): only then all is pelleted."""
    settling = (100e-9) ** 2 * 150.0 / (18.0 * 1.55e-3)  # s
    squared_speed = 1e5 * 9.80665 / 0.11275  # 1/s2
    hours = np.log(158.8 / 66.7) / (settling * squared_speed) / 3600.0
    assert 0.998 < share(hours=0.999 * hours) < 1.0
    assert share(hours=1.001 * hours) == 1.0


def test_the_scenario_runs() -> None:
    """Longer spinning recovers more, at most what is taken up of the pellets; the runs take their time."""
    scenario = xs.load(SCENARIO)
    recovered = []
    for hours in ("0.5 h", "1 h", "3 h", "18 h"):
        yields = xs.evaluate(scenario.with_({"pellet.spin_time": hours, "pellet.resuspended": 0.8}), draws=100)
        recovered.append(yields.summary("recovery", "pellet").median)
    assert recovered == sorted(recovered)
    assert 0.79 < recovered[-1] <= 0.8 + 1e-12
    runs = np.ceil(200.0 / (6 * 12.0))
    assert yields.summary("duration", "pellet").median == pytest.approx(runs * (18.0 + 1.0))
