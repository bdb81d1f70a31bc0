"""What a run costs, as files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exosim.cost_figures import LINE_COLUMNS
from exosim.economics.headlines import cost_units
from exosim.economics.views import VIEWS
from exosim.export import write_csv, write_json, write_ledger
from exosim.folder import Target, identity_of, write_manifest, writing

if TYPE_CHECKING:
    from exosim.costs import Costs

_PART = ("replication", "view", "part", "unit", "cost")
_FIGURE = ("replication", "name", "unit", "value")


def write_costs(costs: Costs, folder: Path) -> list[Path]:
    """Write the tables of costs; return their paths.

    They are ``cost.json``, ``costs.csv`` (the parts of every view over the window of each replication),
    ``cost_figures.csv`` (what a dose, a lot and a year cost in each replication), ``cost_lines.csv`` (every line of the
    ledger of the first replication) and ``ledger.csv``. Replications and batches are numbered from 1; what belongs to
    no batch has 0.
    """
    document = write_json(folder / "cost.json", costs.as_dict())
    parts = write_csv(folder / "costs.csv", _PART, _parts(costs))
    figures = write_csv(folder / "cost_figures.csv", _FIGURE, _figures(costs))
    lines = ((line.batch + 1, *line[1:], line.cost) for line in costs.ledgers[0].lines)
    booked = write_csv(folder / "cost_lines.csv", LINE_COLUMNS, lines)
    return [document, parts, figures, booked, write_ledger(costs.scenario.ledger(), folder)]


def _parts(costs: Costs) -> Iterator[Sequence[Any]]:
    for replication, ledger in enumerate(costs.ledgers, start=1):
        for view, key_of in VIEWS.items():
            for part, money in ledger.by(key_of(ledger)).items():
                yield replication, view, part, costs.currency, money


def _figures(costs: Costs) -> Iterator[Sequence[Any]]:
    """Yield the costs of each replication; what has none, since nothing was released, is left empty."""
    told = cost_units(costs.currency)
    for name, values in costs.replicated().items():
        for replication, value in enumerate(values, start=1):
            yield replication, name, told[name], value if math.isfinite(value) else None


def save_costs(costs: Costs, path: Path, overwrite: bool) -> list[Path]:
    """Write costs as a folder of tables, whole or not at all; return the paths."""
    identity = identity_of("cost", costs.scenario.name, costs.scenario.hash, costs.seed)
    with writing(Target(path, True, identity, overwrite)) as draft:
        written = write_costs(costs, draft)
        write_manifest(draft, {**identity, "version": costs.version, "replications": costs.replications})
    return [path / file.name for file in written]
