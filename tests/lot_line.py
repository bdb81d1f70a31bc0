"""A small line whose lots can have any size, as a scenario: a rotor, a column, a filler."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import exosim as xs

TEXT = """\
format = 1
name = "line"
seed = 5

[product]
dose = "1e10 EV"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "2 L"
titer  = { lognormal = { median = "6e9 EV/mL", gsd = 1.25 }, varies = "batch" }

[[unit_procedure]]
id = "pellet"
operation = "ultracentrifugation"
unit = "ultracentrifuge"
operator = "lab"
max_hold = { limit = "24 h" }
[unit_procedure.parameters]
washes = 0

[[unit_procedure]]
id = "concentrate"
operation = "tangential_flow_filtration"
unit = "skid"
operator = "lab"
max_hold = { limit = "8 h", breach = "reject" }
when_too_large = "parallel"
[unit_procedure.parameters]
membrane_area = "0.05 m2"
concentration_factor = 2

[[unit_procedure]]
id = "polish"
operation = "size_exclusion_chromatography"
unit = "column"
operator = "lab"
[unit_procedure.parameters]
column_volume = { triangular = { low = "0.4 L", mode = "0.5 L", high = "0.6 L" } }

[[unit_procedure]]
id = "fill"
operation = "vial_filling"
unit = "filler"
operator = "fill"
when_too_large = "cycles"
[unit_procedure.parameters]
retained = "10 vial"

[[equipment]]
id = "ultracentrifuge"
turnaround = "1 h"

[[equipment]]
id = "skid"
count = 3
turnaround = { uniform = { low = "2 h", high = "4 h" } }
size_limit = "0.1 m2"

[[equipment]]
id = "column"
turnaround = "3 h"

[[equipment]]
id = "filler"
size_limit = "0.2 L"

[[personnel]]
role = "lab"
headcount = 4
gowning = "0.5 h"

[[personnel]]
role = "fill"
headcount = 4
minimum_crew = 2

[[assay]]
id = "nanoparticle_tracking"
repeatability = "12 %"

[[attribute]]
id = "particle_concentration"
measure = "particles_per_volume"
limits = { at_least = "1e9 particle/mL" }
assay = "nanoparticle_tracking"
"""


def line(folder: Path, changes: Mapping[str, Any] | None = None, text: str = TEXT) -> xs.Scenario:
    """Return the scenario with some values changed, by address."""
    path = folder / "line.toml"
    path.write_text(text, encoding="utf-8")
    return xs.load(path, changes)
