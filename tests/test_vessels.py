"""The catalog of vessels: every entry can be run, and its figures hold together."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from exosim import units
from exosim.operations import catalog
from exosim.parameter import ASSUMPTION, GRADES, declared
from exosim.references import references

VESSELS = tomllib.loads((resources.files("exosim") / "presets" / "vessels.toml").read_text(encoding="utf-8"))
PLATFORMS = ("fixed_bed_culture", "hollow_fiber_culture", "planar_culture", "microcarrier_culture", "aggregate_culture")
OURS = [key for key, vessel in VESSELS.items() if set(vessel["operations"]) & set(PLATFORMS)]


@pytest.mark.parametrize("key", OURS)
def test_vessels_of_the_catalog_fit_their_operations(key: str) -> None:
    """Every value has a parameter, its unit, its range and a known source; the vessel can be run."""
    vessel = VESSELS[key]
    assert key == key.lower() and vessel["name"]
    for name in vessel["operations"]:
        operation = catalog()[name]
        known = declared(operation)
        values = {
            parameter: units.parse(given["value"], known[parameter].unit)
            for parameter, given in vessel["parameters"].items()
            if parameter in known
        }
        assert values
        for parameter, value in values.items():
            assert known[parameter].low <= value <= known[parameter].high
        operation(**values)
    for given in vessel["parameters"].values():
        assert given["source"] == ASSUMPTION or given["source"] in references()
        assert given.get("grade", "C") in GRADES


@pytest.mark.parametrize("key", [key for key in OURS if "planar_culture" in VESSELS[key]["operations"]])
def test_planar_vessels_are_filled_a_few_millimeters_deep(key: str) -> None:
    """Medium stands 1.5 to 3.5 mm deep in every planar vessel of the catalog."""
    given = VESSELS[key]["parameters"]
    area = units.parse(given["vessel_area"]["value"], "cm2")
    volume = units.parse(given["medium_volume"]["value"], "mL")
    assert 1.5 <= 10.0 * volume / area <= 3.5
