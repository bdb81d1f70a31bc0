"""The JSON documents of all studies begin alike and tell their factors alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import exosim as xs
from exosim.study.documents import plain

FACTORS = {"concentrate.concentration_factor": "5..40", "concentrate.diavolumes": (3, 12)}
STUDIES: dict[str, Callable[[xs.Scenario], Any]] = {
    "sweep": lambda scenario: xs.sweep(scenario, FACTORS, ["doses"], samples=4, draws=8),
    "sensitivity": lambda scenario: xs.sensitivity(scenario, FACTORS, ["doses"], draws=8),
    "space": lambda scenario: xs.space(scenario, FACTORS, ["doses >= 100"], levels=2, draws=8),
    "front": lambda scenario: xs.front(
        scenario, FACTORS, ["more doses", "more ev_yield"], population=4, generations=1, draws=8
    ),
    "target": lambda scenario: xs.target(scenario, FACTORS, ["doses >= 100"], evaluations=48, draws=8),
}
OF_FACTORS = {
    "path", "unit", "low", "high", "scale", "times", "whole", "levels", "choices", "distribution", "base", "doc",
}  # fmt: skip


@pytest.mark.parametrize("verb", STUDIES)
def test_documents_begin_alike(verb: str) -> None:
    """Form, version, scenario, seed and draws come first; factors stand where the scenario does."""
    scenario = xs.load(Path(__file__).parents[2] / "scenarios" / "msc_hollow_fiber.toml")
    found = json.loads(json.dumps(STUDIES[verb](scenario).as_dict(), allow_nan=False))
    assert list(found)[:5] == ["form", "version", "scenario", "seed", "draws"]
    assert found["form"] == f"exosim.{verb}/1"
    assert found["scenario"] == {"name": scenario.name, "hash": scenario.hash}
    assert all(set(row) >= OF_FACTORS for row in found["factors"])
    assert [row["base"] for row in found["factors"]] == [20.0, 6.0]


def test_numbers_that_are_missing_are_null() -> None:
    """NaN and infinity are no JSON, at any depth."""
    assert plain([[1.0, float("nan")], [float("-inf"), 2.0]]) == [[1.0, None], [None, 2.0]]
