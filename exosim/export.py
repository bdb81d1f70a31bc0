"""Results as files: JSON for programs, CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
import math
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exosim.event_files import EVENTS
from exosim.folder import Target, identity_of, write_manifest, writing
from exosim.hinges import HINGE_COLUMNS, hinge_rows
from exosim.indicators import RESOURCE_UNITS, reported
from exosim.parameter import Ledger
from exosim.plugin_trial import versions
from exosim.ranking import Rank
from exosim.records import Event
from exosim.saved_scenario import write_scenario
from exosim.service_tables import service_tables
from exosim.truth_table import TRUTH_COLUMNS
from exosim.usage_file import write_usage

if TYPE_CHECKING:
    from exosim.attribution.why import Why
    from exosim.comparison import Comparison
    from exosim.results import FacilityResults, Yields
    from exosim.run_comparison.comparison import RunComparison

_BATCH = (
    "number", "donor", "started", "manufactured", "available", "ended", "disposition", "doses", "campaign", "due",
    "in_vain",
)  # fmt: skip
_LEDGER = ("path", "value", "unit", "origin", "grade", "source", "outside_range")
_SHARES = ("quantity", "level", "share", "low", "high", "worlds", "donors", "batches", "reason")
_HISTORY = ("deviations", "failures", "procedures", "streams")
SPAN_COLUMNS = ("begin", "end", "hours", "place", "cause", "resource", "lot", "note", "words")
"""What is told of a stretch of a lot's time; hours after the start of the run, lots from 1."""
LOSS_COLUMNS = ("step", "channel", "amount", "cause", "kept", "share")
BATCH_COLUMNS = ("replication", *_BATCH, *_HISTORY)
"""What is told of a batch; its history is names between separators."""
PAIR_COLUMNS = ("companion_doses", "dose_pairs")
"""What is told of it besides, where a product has a companion."""
SEPARATOR = "; "
"""Stands between the parts of a batch's history; none of them holds it: they are names."""
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""What spreadsheets read as the start of a formula, full-width signs too."""
_QUOTE = "'"


def to_json(document: object) -> str:
    """Return a document as JSON text; NaN and infinity are refused, not written."""
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def write_json(file: Path, document: object) -> Path:
    """Write a document as JSON; return the path of the file."""
    file.write_text(to_json(document), encoding="utf-8")
    return file


def write_yields(yields: Yields, folder: Path) -> list[Path]:
    """Write the tables of a yield; return their paths.

    They are ``yields.json``, ``quantities.csv``, ``shares.csv``, ``ranking.csv``, ``ledger.csv`` and ``scenario.json``,
    and where assays read samples ``two_truths.csv``.
    """
    document = write_json(folder / "yields.json", yields.as_dict())
    summaries = [summary.as_dict() for summary in yields.quantities()]
    quantities = write_csv(folder / "quantities.csv", list(summaries[0]), [list(row.values()) for row in summaries])
    truths = [row.row() for row in yields.two_truths()]
    two = [write_csv(folder / "two_truths.csv", TRUTH_COLUMNS, truths)] if truths else []
    shares = write_csv(folder / "shares.csv", _SHARES, _shares(yields))
    ranks = [rank.as_dict() for rank in yields.ranking()]
    columns = [field.name for field in fields(Rank)]
    ranking = write_csv(folder / "ranking.csv", columns, [list(row.values()) for row in ranks])
    ledger = write_ledger(yields.scenario.ledger(), folder)
    return [document, quantities, *two, shares, ranking, ledger, write_scenario(yields.scenario, folder)]


def _shares(yields: Yields) -> Iterator[Sequence[Any]]:
    """Yield the share of every level in the spread of every headline; one without shares has its reason."""
    for row in yields.shares():
        sample = (row.worlds, row.donors, row.batches)
        for level, part in row.parts().items():
            yield row.name, level, part.share, part.low, part.high, *sample, None
        if not row.parts():
            yield row.name, None, None, None, None, *sample, row.reason


def write_contrasts(comparison: Comparison, folder: Path) -> list[Path]:
    """Write ``compare.json``, ``compare.csv``, ``hinges.csv`` and ``ledgers.csv``; return their paths."""
    document = write_json(folder / "compare.json", comparison.as_dict())
    hinges = write_csv(folder / "hinges.csv", HINGE_COLUMNS, hinge_rows(comparison.rivalries()))
    rows = [contrast.as_dict() for contrast in comparison.contrasts]
    contrasts = write_csv(folder / "compare.csv", list(rows[0]), [list(row.values()) for row in rows])
    lines = (
        (label, *(getattr(line, column) for column in _LEDGER))
        for label, scenario in comparison.scenarios.items()
        for line in scenario.ledger()
    )
    return [document, contrasts, hinges, write_csv(folder / "ledgers.csv", ("scenario", *_LEDGER), lines)]


def write_run_contrasts(comparison: RunComparison, folder: Path) -> list[Path]:
    """Write ``compare.json``, ``compare.csv``, ``replications.csv`` and ``ledgers.csv``; return their paths."""
    document = write_json(folder / "compare.json", comparison.as_dict())
    rows = [contrast.as_dict() for contrast in comparison.contrasts]
    contrasts = write_csv(folder / "compare.csv", list(rows[0]), [list(row.values()) for row in rows])
    values = (
        (label, number, name, step, run.indicators[name, step], _finite(value))
        for label, run in comparison.runs.items()
        for (name, step), numbers in run.values.items()
        for number, value in enumerate(numbers.tolist(), start=1)
    )
    columns = ("run", "replication", "name", "step", "unit", "value")
    replications = write_csv(folder / "replications.csv", columns, values)
    lines = ((label, *(row[c] for c in _LEDGER)) for label, run in comparison.runs.items() for row in run.ledger)
    return [document, contrasts, replications, write_csv(folder / "ledgers.csv", ("run", *_LEDGER), lines)]


def write_attribution(why: Why, folder: Path) -> list[Path]:
    """Write ``why.json``, ``why.csv``, ``critical_path.csv`` and ``losses.csv``; return their paths."""
    found = why.as_dict()
    document = write_json(folder / "why.json", found)
    causes = (
        (row["cause"], row["title"], row["group"], detail["words"], detail["hours"], detail["hours"] / why.lead_time)
        for row in found["causes"]
        for detail in row["details"]
    )
    columns = ("cause", "title", "group", "words", "hours", "share")
    rows, spans, losses = (write_csv(folder / "why.csv", columns, causes), found["critical_path"], found["losses"])
    path = write_csv(folder / "critical_path.csv", SPAN_COLUMNS, [[span[c] for c in SPAN_COLUMNS] for span in spans])
    lost = [[row[column] for column in LOSS_COLUMNS] for row in losses["rows"]]
    return [document, rows, path, write_csv(folder / "losses.csv", LOSS_COLUMNS, lost)]


def write_run(results: FacilityResults, folder: Path) -> list[Path]:
    """Write the tables of a run in time; return their paths.

    They are ``run.json``, ``indicators.csv``, ``replications.csv``, ``batches.csv``, ``events.csv``, ``ledger.csv``,
    ``usage.npz`` (what was used) and ``scenario.json``, and where there are orders or a warehouse ``orders.csv``,
    ``stock_lots.csv`` and ``stock.csv``. Batches are those of all replications, events those of the first. Replications
    and batches are numbered from 1.
    """
    document = write_json(folder / "run.json", results.as_dict())
    rows = [quantity.as_dict() for quantity in results.quantities()]
    indicators = write_csv(folder / "indicators.csv", list(rows[0]), [list(row.values()) for row in rows])
    values = write_csv(folder / "replications.csv", ["replication", "name", "step", "unit", "value"], _values(results))
    batches = write_csv(folder / "batches.csv", batch_columns(results), batch_rows(results))
    events = write_events(results.first.run.log, folder)
    service = [write_csv(folder / f"{table.name}.csv", table.columns, table.rows) for table in service_tables(results)]
    ledger, usage = write_ledger(results.scenario.ledger(), folder), write_usage(results.uses, folder)
    told = [document, indicators, values, batches, events, *service, ledger]
    return [*told, usage, write_scenario(results.scenario, folder)]


def write_events(log: Sequence[Event], folder: Path) -> Path:
    """Write ``events.csv``; batches are numbered from 1, and 0 stands for none."""
    rows = (event._replace(batch=event.batch + 1) for event in log)
    return write_csv(folder / "events.csv", list(Event._fields), rows)


def _values(results: FacilityResults) -> Iterator[Sequence[Any]]:
    """Yield every indicator of every replication; one without a value is left empty."""
    units = reported(results.accounts)
    for replication, account in enumerate(results.accounts, start=1):
        for name, value in account.headlines.items():
            yield replication, name, None, units[name], _finite(value)
        for name, values in account.by_resource.items():
            for resource, value in values.items():
                yield replication, name, resource, RESOURCE_UNITS[name], _finite(value)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def batch_columns(results: FacilityResults) -> tuple[str, ...]:
    """Return what is told of every batch of a run."""
    paired = any(product.declarations.companion is not None for product in results.scenario.products())
    return (*BATCH_COLUMNS, *PAIR_COLUMNS) if paired else BATCH_COLUMNS


def batch_rows(results: FacilityResults) -> Iterator[Sequence[Any]]:
    """Yield every batch of every replication with its genealogy: the streams that went into it, and what made it."""
    feeds = {
        (product.declarations.plant.campaigns[0].product, procedure.id): procedure.feeds
        for product in results.scenario.products()
        for procedure in product.declarations.procedures
    }
    columns = batch_columns(results)
    for replication, account in enumerate(results.accounts, start=1):
        for b in account.batches:
            streams = dict.fromkeys(stream for name in b.procedures for stream in feeds[b.campaign, name])
            history = [SEPARATOR.join(parts) for parts in (b.deviations, b.failures, b.procedures, streams)]
            known = (getattr(b, name) for name in _BATCH[1:])
            pairs = [getattr(b, name) for name in PAIR_COLUMNS] if PAIR_COLUMNS[0] in columns else []
            yield replication, b.number + 1, *known, *history, *pairs


def save_run(results: FacilityResults, path: Path, overwrite: bool) -> list[Path]:
    """Write a run as a folder of tables, whole or not at all; return the paths."""
    scenario = results.scenario
    identity = identity_of("run", scenario.name, scenario.hash, results.seed)
    with writing(Target(path, True, identity, overwrite)) as draft:
        written = write_run(results, draft)
        if results.events is not None:
            written.append(Path(shutil.copytree(results.events, draft / EVENTS)))
        extra = {"version": results.version, "replications": results.replications, "plugins": versions(scenario)}
        write_manifest(draft, {**identity, **extra})
    return [path / file.name for file in written]


def write_ledger(ledger: Ledger, folder: Path) -> Path:
    """Write ``ledger.csv``: every parameter with its value, origin, source and grade."""
    return write_csv(folder / "ledger.csv", ledger.COLUMNS, ledger.rows())


def write_csv(path: Path, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """Write a table after RFC 4180; text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows([[_cell(value) for value in row] for row in rows])
    return path


def read_csv(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table that :func:`write_csv` wrote, with the apostrophes that it added taken away."""
    with path.open(newline="", encoding="utf-8") as file:
        return [{name: _text(cell) for name, cell in row.items()} for row in csv.DictReader(file)]


def _cell(value: Any) -> Any:
    if isinstance(value, str) and _looks_like_a_formula(value) and not _is_number(value):
        return f"{_QUOTE}{value}"
    return "" if value is None else value


def _text(cell: str) -> str:
    return cell[1:] if cell.startswith(_QUOTE) and _looks_like_a_formula(cell) else cell


def _looks_like_a_formula(text: str) -> bool:
    """Return whether a spreadsheet may compute the text, also behind apostrophes: those that are added come off."""
    return text.lstrip(_QUOTE).startswith(_FORMULA_STARTS)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
