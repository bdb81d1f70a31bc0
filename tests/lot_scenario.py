"""A small process whose lots are measured in every way, as a scenario."""

from __future__ import annotations

from pathlib import Path

import exosim as xs

TEXT = """\
format = 1
name = "lots"
seed = 5
start = 2027-01-04T06:00:00
horizon = "60 d"
replications = 1

[product]
dose = "1e10 EV"

[product.lot]
endotoxin = {{ lognormal = {{ median = "0.2 EU/mL", gsd = 1.5 }}, varies = "batch" }}
potency   = {{ lognormal = {{ median = 0.95, gsd = 1.1 }}, varies = "batch" }}
cd9       = {{ beta = {{ mean = 0.6, sd = 0.05 }}, varies = "batch" }}
cd63      = 0.7
cd81      = 0.65

[campaign]
every = "2 d"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "10 L"
titer  = {{ lognormal = {{ median = "6e9 EV/mL", gsd = 1.25 }}, varies = "batch" }}

[[unit_procedure]]
id = "tff"
operation = "tangential_flow_filtration"
unit = "skid"
expected_hold = "2 h"
hold = {{ rate = "0.003 1/h", size_exponent = 1.0 }}
[unit_procedure.parameters]
concentration_factor = 10

[[equipment]]
id = "skid"
count = 1
turnaround = "{turnaround}"

[[assay]]
id = "nanoparticle_tracking"
bias = {{ normal = {{ mean = 0.0, sd = 0.1 }}, varies = "batch" }}
repeatability = "12 %"
replicates = 3

[[assay]]
id = "protein_assay"
repeatability = "8 %"

[[assay]]
id = "cytometer"
repeatability = "10 %"

[[assay]]
id = "endotoxin_test"
repeatability = "25 %"

[[assay]]
id = "sterility"
volume_tested = "20 mL"
"""
ATTRIBUTES = (
    ("content", "particles_per_volume", "nanoparticle_tracking", 'at_least = "2e10 particle/mL"'),
    ("counted", "particles_per_volume", "", 'at_least = "2e10 particle/mL"'),
    ("purity", "particles_per_protein", "protein_assay", 'at_least = "2e7 particle/ug"'),
    ("true_purity", "evs_per_protein", "", 'at_least = "1e7 EV/ug"'),
    ("dna", "dna_per_dose", "", 'at_most = "1e4 ng/dose"'),
    ("endotoxin", "endotoxin_per_volume", "endotoxin_test", 'at_most = "0.25 EU/mL"'),
    ("endotoxin_in_dose", "endotoxin_per_dose", "endotoxin_test", 'at_most = "5 EU/dose"'),
    ("potency", "relative_potency", "cytometer", "at_least = 0.7"),
    ("identity_cd9", "cd9_positive", "cytometer", "at_least = 0.5"),
    ("identity_cd63", "cd63_positive", "cytometer", "at_least = 0.5"),
    ("identity_cd81", "cd81_positive", "", "at_least = 0.5"),
    ("sizes", "particles_in_size_range", "nanoparticle_tracking", 'at_least = 0.4 }\nsizes = { at_most = "150 nm"'),
    ("bacteria", "bioburden", "sterility", 'at_most = "0 CFU/mL"'),
    ("mollicutes", "mycoplasma", "sterility", 'at_most = "0 CFU/mL"'),
)


def attribute_text(name: str, measure: str, assay: str, limits: str) -> str:
    """Return one attribute as it stands in a file."""
    named = f'assay = "{assay}"\n' if assay else ""
    return f'\n[[attribute]]\nid = "{name}"\nmeasure = "{measure}"\nlimits = {{ {limits} }}\n{named}'


def measured_text(turnaround: str = "0 h") -> str:
    """Return the process without attributes."""
    return TEXT.format(turnaround=turnaround)


def measured_lots(folder: Path, turnaround: str = "0 h", more: str = "") -> xs.Scenario:
    """Return the scenario; a skid that is turned around for long makes its batches wait."""
    file = folder / "lots.toml"
    text = measured_text(turnaround) + "".join(attribute_text(*one) for one in ATTRIBUTES) + more
    file.write_text(text, encoding="utf-8")
    return xs.load(file)
