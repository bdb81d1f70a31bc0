"""Results as files: JSON for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from exosim.parameter import Ledger
from exosim.records import Event
from exosim.results import FacilityResults, Yields

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets read as the start of a formula, full-width signs too."""


def to_json(document: object) -> str:
    """Return a document as JSON text; NaN and infinity are refused, not written."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_yields(yields: Yields, folder: Path) -> list[Path]:
    """Write ``yields.json``, ``quantities.csv`` and ``ledger.csv``; return their paths."""
    document = folder / "yields.json"
    document.write_text(to_json(yields.as_dict()), encoding="utf-8")
    summaries = [summary.as_dict() for summary in yields.quantities()]
    quantities = write_csv(folder / "quantities.csv", list(summaries[0]), [list(row.values()) for row in summaries])
    return [document, quantities, write_ledger(yields.scenario.ledger(), folder)]


def write_run(results: FacilityResults, folder: Path) -> list[Path]:
    """Write ``run.json``, ``indicators.csv``, ``batches.csv``, ``events.csv`` and ``ledger.csv``; return their paths.

    Batches are those of all replications; events those of the first.
    """
    document = folder / "run.json"
    document.write_text(to_json(results.as_dict()), encoding="utf-8")
    rows = [quantity.as_dict() for quantity in results.quantities()]
    indicators = write_csv(folder / "indicators.csv", list(rows[0]), [list(row.values()) for row in rows])
    columns = ["replication", "number", "donor", "released", "ended", "disposition", "doses"]
    records = [
        [replication + 1, b.number + 1, b.donor, b.released, b.ended, b.disposition, b.doses]
        for replication, account in enumerate(results.accounts)
        for b in account.batches
    ]
    batches = write_csv(folder / "batches.csv", columns, records)
    events = write_csv(folder / "events.csv", list(Event._fields), results.first.run.log)
    return [document, indicators, batches, events, write_ledger(results.scenario.ledger(), folder)]


def write_ledger(ledger: Ledger, folder: Path) -> Path:
    """Write ``ledger.csv``: every parameter with its value, origin, source and grade."""
    columns = ["path", "value", "unit", "origin", "grade", "source", "outside_range"]
    rows = [[getattr(line, column) for column in columns] for line in ledger]
    return write_csv(folder / "ledger.csv", columns, rows)


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a table after RFC 4180; text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([[_cell(value) for value in row] for row in rows])
    return path


def _cell(value: Any) -> Any:
    if isinstance(value, str) and value.startswith(_FORMULA_STARTS) and not _is_number(value):
        return f"'{value}"
    return "" if value is None else value


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
