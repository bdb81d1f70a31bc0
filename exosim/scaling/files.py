"""What was found about scale, as files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from exosim.export import SEPARATOR, write_csv, write_json, write_ledger
from exosim.scaling.scaling import Scaling
from exosim.scaling.switches import Order, Switch

_FACILITY = (
    "technology", "demand", "rank", "replication", "estimate_per_dose", "facility_per_dose", "estimate_cost",
    "facility_cost", "estimate_doses", "facility_doses",
)  # fmt: skip
_WORLDS = ("technology", "demand", "world", "feasible", "lots", "cost_per_dose", "doses")


def write_scaling(found: Scaling, folder: Path) -> list[Path]:
    """Write ``scale.json``, ``scale.csv``, the tables and the ledger."""
    rows = [{key: _cell(value) for key, value in row.items()} for row in found.rows()]
    return [
        write_json(folder / "scale.json", found.as_dict()),
        write_csv(folder / "scale.csv", list(rows[0]), [list(row.values()) for row in rows]),
        write_csv(
            folder / "switches.csv",
            [field.name for field in fields(Switch)],
            [list(switch.as_dict().values()) for switch in found.switches],
        ),
        write_csv(
            folder / "orders.csv",
            [field.name for field in fields(Order)],
            [list(order.as_dict().values()) for order in found.orders],
        ),
        write_csv(folder / "worlds.csv", _WORLDS, _worlds(found)),
        write_csv(folder / "facility.csv", _FACILITY, _facility(found)),
        write_ledger(found.scenario.ledger(), folder),
    ]


def _cell(value: Any) -> Any:
    if isinstance(value, Mapping):
        return SEPARATOR.join(f"{name} {number}" for name, number in value.items())
    return value


def _worlds(found: Scaling) -> Iterator[Sequence[Any]]:
    """Yield every world of every plant; one in which nothing is released has no cost per dose."""
    for name, points in found.points.items():
        for point in points:
            each = zip(point.run.tolist(), point.per_dose.tolist(), point.delivered.tolist(), strict=True)
            for world, (lots, cost, doses) in enumerate(each, start=1):
                yield name, point.demand, world, point.feasible, lots, _known(cost), doses


def _facility(found: Scaling) -> Iterator[Sequence[Any]]:
    for one in found.checks:
        columns = (
            one.screened, one.simulated, one.screened_cost, one.simulated_cost, one.screened_doses, one.simulated_doses,
        )  # fmt: skip
        for replication, values in enumerate(zip(*(column.tolist() for column in columns), strict=True), start=1):
            yield one.technology, one.demand, one.rank, replication, *map(_known, values)


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
