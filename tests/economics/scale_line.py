"""A small line in two technologies, a rotor or a filter, in which nothing is left to chance but a price."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import exosim as xs

TEXT = """\
format = 1
name = "two_ways"
seed = 3
horizon = "365 d"

[product]
dose = "1e10 EV"

[[axis]]
id = "separation"
base = "rotor"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
unit = "freezer"
[unit_procedure.parameters]
volume = "2 L"
titer  = "5e9 EV/mL"
thaw_time = "1 h"

[[unit_procedure]]
id = "pellet"
operation = "ultracentrifugation"
rotor = "type_45_ti"
unit = "ultracentrifuge"
operator = "lab"
max_hold = { limit = "24 h", breach = "reject" }
[unit_procedure.parameters]
washes = 0
spin_time = "1.5 h"
turnaround = "0.5 h"
resuspension_time = "0.01 h"
ev_recovery = 0.4

[[unit_procedure]]
id = "fill"
operation = "vial_filling"
unit = "filler"
operator = "lab"
[unit_procedure.parameters]
fill_volume = "1 mL/vial"
target_content = "1e10 EV/vial"
line_loss = "0 mL"
reject_fraction = 0.0
overfill = 0.0
retained = "0 vial"
rate = "600 vial/h"
test_time = "0 h"

[[equipment]]
id = "freezer"
[[equipment]]
id = "ultracentrifuge"
turnaround = "1 h"
purchase = "100000 EUR"
footprint = "3 m2"
room = "suite"
[[equipment]]
id = "filler"
purchase = "50000 EUR"

[[room]]
id = "suite"
capacity = 100
segregation = "none"
area = "50 m2"
building = "5000 EUR/m2"
utilities = "800 EUR/m2/year"

[[personnel]]
role = "lab"
headcount = 2
shifts = ["day"]
wage = "40 EUR/h"

[calendar.shift.day]
days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
from = 00:00:00
to   = 00:00:00

[campaign]
every = "7 d"

[economics]
currency = "EUR"
royalty = 0.02

[[material]]
id = "buffer"
price = { triangular = { low = "2 EUR/L", mode = "4 EUR/L", high = "10 EUR/L" } }

[[charge]]
id = "release"
price = "10000 EUR/lot"
category = "quality"

[scale]
most_lots = "100 1/year"
most_area = "5000 m2"

[[variant]]
name = "filter"
axis = "separation"
replace = ["pellet", "equipment.ultracentrifuge"]
[[variant.unit_procedure]]
id = "concentrate"
operation = "tangential_flow_filtration"
unit = "skid"
operator = "lab"
after = "medium"
when_too_large = "parallel"
[variant.unit_procedure.parameters]
membrane_area = "0.2 m2"
ev_recovery = 0.6
[[variant.equipment]]
id = "skid"
purchase = "400000 EUR"
purchase_size = "0.2 m2"
exponent = 0.5
size_limit = "5 m2"
room = "suite"
"""


def two_ways(folder: Path, changes: Mapping[str, Any] | None = None) -> xs.Scenario:
    """Return the line, the rotor first."""
    file = folder / "two_ways.toml"
    file.write_text(TEXT, encoding="utf-8")
    return xs.load(file, dict(changes or {}))
