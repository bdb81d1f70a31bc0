"""Lots that are not lost by failures: closed forms."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.lot_figures import lot_figures
from exosim.lot_survival import lot_survival
from tests.lot_line import TEXT, line

SCENARIOS = Path(__file__).parents[1] / "scenarios"
FAILURES = """
[[failure]]
id = "tube"
during = "pellet"
rate = "0.01 1/h"
consequence = "reject"

[[failure]]
id = "integrity"
during = "polish"
probability = 0.2
consequence = "repeat"
limit = 2

[[failure]]
id = "stopper"
during = "fill"
per_manipulation = 0.05
consequence = "reject"

[[failure]]
id = "alarm"
during = "polish"
probability = 0.5
consequence = "deviation"
"""


def survives(folder: Path, factor: float) -> float:
    """Return the probability of the line with failures."""
    scenario = line(folder, {"polish.column_volume": "0.5 L"}, text=TEXT + FAILURES)
    found = lot_survival(scenario, lot_figures(scenario, [factor], draws=4))
    assert found.shape == (1, 4) and np.ptp(found) <= 1e-12
    return float(found[0, 0])


@pytest.mark.parametrize("factor", [1.0, 10.0])
def test_closed_form(tmp_path: Path, factor: float) -> None:
    """The rotor fails for as long as it turns; three failed repeats in a row lose a lot; a needle is set up twice."""
    tubes = math.ceil(2.0 * factor / 0.094)
    hours = math.ceil(tubes / 6) * (0.75 + 1.5) + tubes * 0.05
    cycles = {1.0: 1, 10.0: 5}[factor]  # of the filler, which takes 0.2 L
    manipulations = 2 * cycles  # prepare and fill; nobody is at the tests
    expected = math.exp(-0.01 * hours) * (1.0 - 0.2**3) * 0.95**manipulations
    assert survives(tmp_path, factor) == pytest.approx(expected, rel=1e-12)


def test_nothing_fails_where_nothing_can(tmp_path: Path) -> None:
    """A line without failures loses no lot."""
    scenario = line(tmp_path)
    assert np.all(lot_survival(scenario, lot_figures(scenario, [1.0, 5.0], draws=4)) == 1.0)


def test_the_shipped_line() -> None:
    """2 % of the batches of a culture of 480 h are lost to contamination, and next to none to filters."""
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    hours = 480.0 + 4.0  # the inoculation comes before the clock of the culture
    found = lot_survival(scenario, lot_figures(scenario, [1.0], draws=4))
    assert found == pytest.approx(math.exp(-4.2e-5 * hours) * (1.0 - 0.015**2), rel=1e-9)
