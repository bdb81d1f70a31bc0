"""Scenarios whose answer is known: what is harvested is a product of lognormals at chosen levels."""

from __future__ import annotations

import math
from pathlib import Path

import exosim as xs

LINE = 'titer = "5e9 EV/mL"'
TEXT = f"""\
format = 1
name = "layered"
draws = 20000
product.dose = "1e7 EV"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "1 L"
{LINE}
"""
"""One liter of conditioned medium and nothing else: harvested is the titer times 1000 mL."""


def of_titer(folder: Path, titer: str, name: str = "layered") -> xs.Scenario:
    """Return the scenario with a titer as TOML writes it."""
    file = folder / f"{name}.toml"
    file.write_text(TEXT.replace(LINE, f"titer = {titer}").replace('"layered"', f'"{name}"'), encoding="utf-8")
    return xs.load(file)


def of_levels(folder: Path, study: float, donor: float, batch: float) -> xs.Scenario:
    """Return the scenario whose titer is a product of lognormals with these sigmas of the logarithm."""
    base = f'lognormal = {{ median = "5e9 EV/mL", gsd = {math.exp(study)!r} }}' if study else 'value = "5e9 EV/mL"'
    layers = "".join(f", {level}_spread = {sigma}" for level, sigma in (("donor", donor), ("batch", batch)) if sigma)
    return of_titer(folder, f"{{ {base}{layers} }}")
