"""Flow shops of Taillard: makespans of given orders, to the integer, for three rules of storage."""

from __future__ import annotations

import csv
import re

import pytest

from tests.facility.facility_rows import FOLDER, Row, rows
from tests.facility.plants import Setting, everything_is_back, flow

STORAGE = {"FLOW-uis": "unlimited", "FLOW-nis": "none", "FLOW-zw": "zero_wait"}


def instances() -> dict[str, dict[int, list[float]]]:
    """Return the hours by instance, job and machine."""
    found: dict[str, dict[int, list[float]]] = {}
    with (FOLDER / "flowshop_instances.csv").open(encoding="utf-8") as file:
        for line in csv.DictReader(line for line in file if not line.startswith("#")):
            hours = [float(line[f"m{machine}"]) for machine in range(1, 6)]
            found.setdefault(line["instance"], {})[int(line["job"])] = hours
    return found


INSTANCES = instances()


def test_all_rows_are_here() -> None:
    assert len(rows(*STORAGE)) == 63


@pytest.mark.parametrize("row", rows(*STORAGE), ids=lambda row: row.label)
def test_makespan(row: Row) -> None:
    jobs = INSTANCES[re.search(r"ta\d+", row.quantity).group()]  # type: ignore[union-attr]
    order = sorted(jobs)
    if row.params.startswith("reverse"):
        order.reverse()
    elif row.params.startswith("order"):
        order = [int(number) for number in row.params.split()[1].split(",")]
    ran = flow([jobs[job] for job in order], Setting(storage=STORAGE[row.id]))
    assert ran.makespan == row.value
    everything_is_back(ran)
    if row.id == "FLOW-zw":
        assert all(event.amount == 0.0 for event in ran.by["start"])
