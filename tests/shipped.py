"""The scenarios that ship with exosim, each read once for all tests that are repeated over them."""

from __future__ import annotations

from pathlib import Path

import pytest

import exosim as xs
from exosim.scenario import load_all

SCENARIOS = Path(xs.__file__).parents[1] / "scenarios"
_READ = [scenario for file in sorted(SCENARIOS.glob("*.toml")) for scenario in load_all(file)]
ALL = [pytest.param(scenario, id=scenario.name) for scenario in _READ]
"""All of them with all their variants."""
IN_TIME = [scenario for scenario in _READ if scenario.variant is None and scenario.declarations.plant.campaigns]
"""Those that run in time, without their variants."""
