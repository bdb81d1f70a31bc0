"""What additions bring, as files."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

from exosim.bottlenecks.gains import Gain
from exosim.bottlenecks.search import Bottleneck
from exosim.export import write_csv, write_json, write_ledger

_VALUES = ("candidate", "replication", "name", "unit", "value")


def write_gains(found: Bottleneck, folder: Path) -> list[Path]:
    """Write ``bottleneck.json``, ``bottleneck.csv``, ``replications.csv`` and ``ledger.csv``; return their paths.

    Replications are numbered from 1; those of the plant as it is have no candidate.
    """
    document = write_json(folder / "bottleneck.json", found.as_dict())
    columns = [field.name for field in fields(Gain)]
    table = write_csv(folder / "bottleneck.csv", columns, [list(gain.as_dict().values()) for gain in _gains(found)])
    values = write_csv(folder / "replications.csv", _VALUES, _values(found))
    return [document, table, values, write_ledger(found.scenario.ledger(), folder)]


def _gains(found: Bottleneck) -> Iterator[Gain]:
    for indicator in found.indicators:
        yield from found.of(indicator)
    yield from found.at_once.values()
    yield from found.pace.gains.values() if found.pace is not None else ()


def _values(found: Bottleneck) -> Iterator[Sequence[Any]]:
    """Yield every indicator of every replication; one without a value is left empty."""
    known = {"": {name: found.without(name) for name in found.indicators}, **found.values}
    for candidate, values in known.items():
        for name, unit in found.indicators.items():
            for replication, value in enumerate(values[name].tolist(), start=1):
                yield candidate, replication, name, unit, value if math.isfinite(value) else None
