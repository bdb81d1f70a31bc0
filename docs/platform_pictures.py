"""What the pictures of platforms show: more cells on each platform of a scenario, and the limits of real vessels."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import exosim as xs
from exosim.plots import CellNumbers, SizedVessel
from exosim.preset_catalog import presets
from exosim.scenario import load_all
from exosim.units import parse

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COMPARISON = Path(__file__).resolve().parents[1] / "scenarios" / "platform_comparison.toml"
_NAMES = {None: "layered vessels", "fixed_bed": "fixed bed", "hollow_fiber": "hollow fibers"}
_INOCULA = np.geomspace(1e5, 3e8, 9)
_DRAWS = 2000
_ONE_VESSEL = """
format = 1
name = "one_vessel"
[product]
dose = "1e10 EV"
[[unit_procedure]]
id = "thaw"
operation = "cell_thaw"
[unit_procedure.parameters]
inoculum = {{ value = "{inoculum:.6g} cell", allow_outside_range = true }}
[[unit_procedure]]
id = "culture"
operation = "{operation}"
vessel = "{vessel}"
cells = "{cells}"
medium = "{medium}"
[unit_procedure.parameters]
{given}
"""
_MSC, _HEK = ("msc_bone_marrow", "serum_free"), ("hek293", "chemically_defined")
_PERFUSED = 'perfusion_rate = "1 1/d"\ncollection = "14 d"\nharvest_every = "1 d"'
# title, operation, cells and medium, size and its unit, cells to seed per unit of size, what is given, vessels
_ROWS: Sequence[tuple[str, str, tuple[str, str], tuple[str, str], float, str, Sequence[str]]] = (
    ("planar", "planar_culture", _MSC, ("vessel_area", "cm2"), 3e3, "vessels = 1",
     ("t75", "t175", "cellstack_1", "cellstack_10", "hyperstack_36", "cell_factory_40", "roller_850")),
    ("fixed bed", "fixed_bed_culture", _MSC, ("bed_area", "cm2"), 3e3, "",
     ("icellis_nano_053", "icellis_nano_400", "icellis_500_66", "icellis_500_500", "scale_x_nitro_600")),
    ("hollow fibers", "hollow_fiber_culture", _MSC, ("fiber_area", "cm2"), 3e3, "", ("fibercell_c2011", "quantum")),
    ("microcarriers", "microcarrier_culture", _MSC, ("volume", "L"), 2e7, 'exchange_every = "2 d"',
     ("spinner_125", "pbs_0_5_mini", "pbs_3", "pbs_80", "xdr_200")),
    ("aggregates", "aggregate_culture", _MSC, ("volume", "L"), 2e8, "", ("spinner_125", "pbs_0_5_mini", "pbs_80")),
    ("HEK293, batch", "suspension_culture", _HEK, ("volume", "L"), 3e8, "",
     ("shake_flask_125_ml", "wave_bag_50", "stirred_tank_50", "stirred_tank_2000")),
    ("HEK293, perfusion at 1 volume a day", "suspension_culture", _HEK, ("volume", "L"), 3e8, _PERFUSED,
     ("wave_bag_50", "stirred_tank_50", "stirred_tank_2000")),
)  # fmt: skip


def numbers_of_cells(draws: int = _DRAWS) -> dict[str, CellNumbers]:
    """Return what more cells bring on every platform of the comparison: seeded at once, without a growth period."""
    found = {}
    for scenario in load_all(COMPARISON):
        rows = []
        for inoculum in _INOCULA:
            changes: dict[str, Any] = {
                "seed_train.inoculum": {"value": f"{inoculum} cell", "allow_outside_range": True},
                "culture.growth_period": "0 d",
            }
            if scenario.variant != "aggregates":
                changes["culture.capacity"] = "30000 cell/cm2"
            yields = xs.evaluate(scenario.with_(changes), draws)
            rows.append((yields.course("viable_cells")[-1], yields.course("titer")[-1], yields.values("harvested")))
        name = _NAMES.get(scenario.variant, str(scenario.variant))
        found[name] = CellNumbers(*(np.stack(values) for values in zip(*rows, strict=True)))
    return found


def limits_of_vessels(draws: int = _DRAWS) -> dict[str, list[SizedVessel]]:
    """Return the limits of real vessels of every platform, each seeded in proportion to its size."""
    return {title: list(_vessels(draws, *row)) for title, *row in _ROWS}


def _vessels(
    draws: int, operation: str, kind: tuple[str, str], size: tuple[str, str], seed: float, given: str,
    keys: Sequence[str],
) -> Iterator[SizedVessel]:  # fmt: skip
    for key in keys:
        preset = presets("vessel")[key]
        amount = parse(_raw(preset.parameters, size[0]), size[1])
        cells, medium = kind
        words = {"operation": operation, "vessel": key, "cells": cells, "medium": medium, "given": given}
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "one_vessel.toml"
            file.write_text(_ONE_VESSEL.format(inoculum=seed * amount, **words), encoding="utf-8")
            bounds = xs.evaluate(xs.load(file), draws).bounds()
        yield SizedVessel(preset.name, amount, {bound.limit: bound.headroom for bound in bounds})


def _raw(parameters: Mapping[str, Any], name: str) -> str:
    value = parameters[name]
    return str(value["value"] if isinstance(value, dict) else value)


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the two pictures by the names of their files."""
    used = _DRAWS if draws is None else min(draws, _DRAWS)
    yield "more_cells", xs.plots.more_cells(numbers_of_cells(used))[0]
    yield "limits_by_size", xs.plots.limits_by_size(limits_of_vessels(used))
