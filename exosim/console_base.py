"""What all tables on the terminal share: the terminal, table lines, numbers, and the names of headline figures."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table

from exosim import units

if TYPE_CHECKING:
    from exosim.results import Yields

_WIDE = 132
_UNBOUNDED = 100_000
TITLES = {
    "doses": "doses per batch",
    "potent_doses": "doses at full potency",
    "relative_potency": "relative potency",
    "ev_yield": "EV yield, harvest to vial",
    "evs_per_protein": "purity, true",
    "particles_per_protein": "purity, as counted",
    "purity_relative_to_ceiling": "purity over its ceiling",
    "particles_per_cell_per_day": "harvested per cell and day",
    "vials": "accepted vials",
    "secreted": "vesicles secreted",
    "harvested": "vesicles harvested",
    "vialed": "vesicles in vials",
    "cargo_per_dose": "cargo per dose, true",
    "apparent_cargo_per_dose": "cargo per dose, apparent",
    "cargo_per_vesicle": "molecules per vesicle, true",
    "apparent_cargo_per_vesicle": "molecules per vesicle, apparent",
    "truly_loaded": "share truly loaded",
    "lost_in_loading": "vesicles lost in loading",
    "batch_duration": "process time of a batch",
    "cell_yield": "cell yield, harvest to product",
    "fold_expansion": "fold expansion, start to harvest",
    "cells_started": "viable cells at the start",
    "cells_harvested": "viable cells harvested",
    "cells_vialed": "viable cells in the product",
    "positive_predictive_value": "positive predictive value",
    "negative_predictive_value": "negative predictive value",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "true_positives_per_100000": "found, of 100,000 tested",
    "false_positives_per_100000": "false positives, of 100,000",
    "interference": "signal that is no vesicle",
    "reference_change_value": "reference change value",
    "alarm_rise": "a rise raises an alarm above",
    "alarm_fall": "a fall raises an alarm above",
    "false_alarms_per_patient_year": "false alarms of a patient",
    "detected_change": "rise that one visit detects",
}


def new_console(error: bool = False) -> Console:
    """Return the terminal: its own width, or a fixed one where the output goes to a file or a pipe."""
    stream = sys.stderr if error else sys.stdout
    width = None if stream.isatty() else _WIDE
    return Console(file=stream, width=width, highlight=False, soft_wrap=False)


def print_whole(table: Table, console: Console) -> None:
    """Print a table; in a file or a pipe it is as wide as its longest cells, so that a row is one line."""
    if console.file.isatty():
        console.print(table)
        return
    usual = console.width
    unbounded = console.options.update(max_width=_UNBOUNDED)
    console.width = max(usual, console.measure(table, options=unbounded).maximum)
    console.print(table)
    console.width = usual


def table_lines() -> box.Box:
    """Return table lines that the encoding of standard output can show."""
    encoding = (getattr(sys.stdout, "encoding", "") or "").lower().replace("-", "")
    return box.SIMPLE_HEAD if encoding.startswith("utf") else box.ASCII2


def number(value: float | None, digits: int = 3) -> str:
    """Return a number for a table cell."""
    if value is None:
        return "-"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else units.show(value, "1", digits)


def headline_title(name: str, yields: Yields) -> str:
    """Return the title of a headline; without a culture nothing is harvested, without vials nothing is vialed."""
    start = "harvest" if yields.has("secreted") else "start"
    end = "vial" if yields.has("vials") else "product"
    special = {
        "ev_yield": f"EV yield, {start} to {end}",
        "harvested": "vesicles harvested" if yields.has("secreted") else "vesicles at the start",
        "vialed": f"vesicles in {'vials' if yields.has('vials') else 'the product'}",
    }
    return special.get(name) or TITLES.get(name, name)
