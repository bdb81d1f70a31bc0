"""Presets of cells, media and vessels: every value can be read by every operation that it is meant for, and runs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import exosim
from exosim.operations import catalog
from exosim.parameter import declared
from exosim.preset_catalog import KINDS, Preset, presets
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.scenario import load

GRADES = dict.fromkeys(references(), "C")
PLATFORMS = {
    "planar_culture",
    "hollow_fiber_culture",
    "fixed_bed_culture",
    "microcarrier_culture",
    "aggregate_culture",
    "suspension_culture",
}
ALL = [preset for kind in ("cells", "medium") for preset in presets(kind).values()]
FITTING = [
    (preset, operation)
    for kind in KINDS
    for preset in presets(kind).values()
    for operation in preset.operations
    if operation in catalog()
]


@pytest.mark.parametrize(("preset", "operation"), FITTING, ids=lambda value: getattr(value, "key", value))
def test_an_operation_reads_its_presets(preset: Preset, operation: str) -> None:
    """Units, ranges, sources and distributions are right for every operation that is named."""
    known = declared(catalog()[operation])
    values = preset.values_for(known)
    assert values
    for name, raw in values.items():
        given = read_quantity(raw, known[name], GRADES)
        assert not given.outside_range, name
        assert (given.grade == "D") == (given.source == "assumption"), name


@pytest.mark.parametrize("preset", ALL, ids=lambda preset: preset.key)
def test_cells_and_media_name_culture_operations(preset: Preset) -> None:
    """No operation is misspelled, and no value belongs to none of them."""
    assert set(preset.operations) <= PLATFORMS | {"planar_expansion"}
    of_any = {
        name for operation in preset.operations if operation in catalog() for name in declared(catalog()[operation])
    }
    assert set(preset.parameters) <= of_any


def test_cells_and_media_do_not_speak_of_the_same() -> None:
    """A procedure may name both, so that no parameter may come with both."""
    of_cells = {name for preset in presets("cells").values() for name in preset.parameters}
    of_media = {name for preset in presets("medium").values() for name in preset.parameters}
    assert not of_cells & of_media


SCENARIO = """\
format = 1
name = "perfusion of HEK293 in a stirred tank of 50 L"
seed = 1
draws = 64

[product]
dose = "1e10 EV"

[product.ev_size]
median = "115 nm"

[[unit_procedure]]
id = "thaw"
operation = "cell_thaw"
[unit_procedure.parameters]
inoculum = "1e10 cell"

[[unit_procedure]]
id = "perfusion"
operation = "suspension_culture"
vessel = "stirred_tank_50"
cells = "hek293"
medium = "chemically_defined"
[unit_procedure.parameters]
perfusion_rate = "1 1/d"
bleed_rate = "0.05 1/d"
collection = "10 d"
harvest_every = "1 d"
"""


def test_a_scenario_of_presets_runs(tmp_path: Path) -> None:
    path = tmp_path / "perfusion.toml"
    path.write_text(SCENARIO, encoding="utf-8")
    scenario = load(path)
    yields = exosim.evaluate(scenario)
    harvested = np.asarray(yields.values("harvested"))
    assert harvested.shape == (64,)
    assert 1e13 < np.median(harvested) < 1e16
    assert np.std(np.log(harvested)) > 0.3


@pytest.mark.parametrize(
    ("key", "name", "told"),
    [
        (
            "adsorber",
            "tim4",
            'affinity_capture takes no adsorber; got tim4; expected no adsorber for this operation, but ligand = "',
        ),
        ("ligand", "tim-4", "did you mean tim4?"),
        ("rotor", "sw_28", 'expected no rotor for this operation, but ligand = "heparin", say'),
    ],
)
def test_a_preset_of_the_wrong_kind_is_told_which_kinds_there_are(
    tmp_path: Path, key: str, name: str, told: str
) -> None:
    recipe = f'[[unit_procedure]]\nid = "pull"\noperation = "affinity_capture"\n{key} = "{name}"\n'
    (tmp_path / "s.toml").write_text(f'format = 1\nname = "s"\nproduct.dose = "1 EV"\n{recipe}', encoding="utf-8")
    with pytest.raises(exosim.ScenarioError) as caught:
        load(tmp_path / "s.toml")
    assert told in str(caught.value)
