"""A run in time as a folder: written whole by :meth:`FacilityResults.save`, read back by :func:`load_run`.

What comes back is equal to the bit: numbers are written with as many digits as they have.
"""

from __future__ import annotations

import json
import math
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any

from exosim.economics.usage import Use
from exosim.errors import FileError, Problem, shortened
from exosim.event_files import EVENTS, part, read_log
from exosim.export import SEPARATOR, read_csv
from exosim.folder import check_files, refuse_other_command
from exosim.records import BatchRecord, Event, log_hash
from exosim.report_door import Reported
from exosim.saved_scenario import read_saved_scenario
from exosim.scenario import Scenario
from exosim.service.orders import OrderRecord
from exosim.service.warehouse import LotRecord, Movement
from exosim.service_tables import read_by_replication, read_records
from exosim.summaries import Estimate
from exosim.usage_file import read_usage

Row = Mapping[str, str]


@dataclass(frozen=True)
class SavedRun(Reported):
    """A run in time that was read from its folder.

    Attributes
    ----------
    folder : where it was read from
    manifest : what was run, with which versions, where, when, and the hash of every file
    document : the JSON document of the run, ``run.json``
    indicators : every indicator with its mean and interval over the replications
    batches : the batches of each replication
    log : events of the first replication
    orders, lots : what became of each order, and of each lot in the warehouse, in each replication
    movements : doses that came in and went out in the first replication
    """

    folder: Path
    manifest: Mapping[str, Any]
    document: Mapping[str, Any]
    indicators: Sequence[Estimate]
    batches: Sequence[Sequence[BatchRecord]]
    log: Sequence[Event]
    _values: Mapping[tuple[str, str | None], Mapping[int, float]]
    orders: Sequence[Sequence[OrderRecord]] = ()
    lots: Sequence[Sequence[LotRecord]] = ()
    movements: Sequence[Movement] = ()

    @cached_property
    def scenario(self) -> Scenario:
        """The scenario that was run, built again from the folder alone.

        Raises
        ------
        FileError
            when the folder does not hold it, or another version of exosim wrote it.
        """
        return read_saved_scenario(self.folder)

    @cached_property
    def uses(self) -> Sequence[Sequence[Use]]:
        """What each replication used, without money.

        Raises
        ------
        FileError
            when the folder does not tell it.
        """
        return read_usage(self.folder)

    @property
    def seed(self) -> int:
        """Seed of the run."""
        return int(self.document["seed"])

    @property
    def replications(self) -> int:
        """Number of replications."""
        return len(self.log_hashes)

    @property
    def log_hashes(self) -> Sequence[str]:
        """SHA-256 of the log of each replication in its canonical form."""
        hashes: list[str] = self.document["log_hashes"]
        return hashes

    def values(self, name: str, step: str | None = None) -> list[float]:
        """Return an indicator of each replication, in order; NaN where it has no value.

        Parameters
        ----------
        name : such as ``doses_per_year``
        step : equipment class, role or procedure; None for an indicator of the whole

        Raises
        ------
        KeyError
            when there is no such indicator, with those that there are.
        """
        if (name, step) not in self._values:
            valid = sorted(n for n, s in self._values if s == step) or sorted({s for _, s in self._values if s})
            raise KeyError(f"no indicator {name!r} of {step!r}; there is: {', '.join(valid)}")
        found = self._values[name, step]
        return [found.get(replication, math.nan) for replication in range(self.replications)]

    def events(self, replication: int) -> Sequence[Event]:
        """Return the log of a replication, counted from 0.

        Raises
        ------
        FileError
            when the run kept the log of the first replication only, or the log is not the one that was simulated.
        UsageError
            when the extra ``parquet`` is missing.
        """
        if replication == 0:
            return self.log
        file = part(self.folder / EVENTS, replication)
        if not 0 < replication < self.replications or not file.exists():
            problem = f"there is no log of replication {replication + 1}"
            raise FileError(
                Problem(problem, file=str(file), expected="a run with --parquet, and one of its replications")
            )
        return _checked(read_log(self.folder / EVENTS, replication), self.log_hashes[replication], file)


def load_run(folder: str | Path) -> SavedRun:
    """Return a run in time that ``exosim run`` or :meth:`FacilityResults.save` wrote.

    Parameters
    ----------
    folder : of the run

    Raises
    ------
    FileError
        when it is not such a folder, or for every file that is missing or differs from what was written.
    """
    place = Path(folder)
    manifest = check_files(place)
    refuse_other_command(place, manifest, "run", "a run in time")
    if manifest.get("stopped"):
        problem = "the run could not go on, and there are no results"
        raise FileError(Problem(problem, file=str(place), expected="a run that ended; error.json tells why"))
    try:
        return _read(place, manifest)
    except (OSError, ValueError, KeyError, TypeError) as error:
        expected = f"a folder that this version of exosim wrote; it is of {manifest.get('version')}"
        raise FileError(
            Problem(f"cannot be read: {shortened(str(error))}", file=str(place), expected=expected)
        ) from None


def _read(place: Path, manifest: Mapping[str, Any]) -> SavedRun:
    document = json.loads((place / "run.json").read_text(encoding="utf-8"))
    rows = read_csv(place / "events.csv")
    log = _checked([_event(row) for row in rows], document["log_hashes"][0], place / "events.csv")
    batches: list[list[BatchRecord]] = [[] for _ in document["log_hashes"]]
    for row in read_csv(place / "batches.csv"):
        batches[int(row["replication"]) - 1].append(_batch(row))
    indicators = [_estimate(row) for row in read_csv(place / "indicators.csv")]
    values: dict[tuple[str, str | None], dict[int, float]] = {}
    for row in read_csv(place / "replications.csv"):
        found = values.setdefault((row["name"], row["step"] or None), {})
        found[int(row["replication"]) - 1] = math.nan if row["value"] == "" else float(row["value"])
    service = {name: _rows(place / f"{name}.csv") for name in ("orders", "stock_lots", "stock")}
    return SavedRun(
        place, manifest, document, indicators, batches, log, values,
        read_by_replication(OrderRecord, service["orders"], len(batches)),
        read_by_replication(LotRecord, service["stock_lots"], len(batches)),
        read_records(Movement, service["stock"]),
    )  # fmt: skip


def _rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a table that only some runs have."""
    return read_csv(path) if path.exists() else []


def _checked(log: list[Event], known: str, file: Path) -> list[Event]:
    if log_hash(log) != known:
        raise FileError(Problem("the log is not the one that was simulated", file=str(file), expected=f"hash {known}"))
    return log


def _event(row: Row) -> Event:
    kinds = typing.get_type_hints(Event)
    event = Event(**{name: kind(row[name]) for name, kind in kinds.items()})
    return event._replace(batch=event.batch - 1)


def _batch(row: Row) -> BatchRecord:
    return BatchRecord(
        int(row["number"]) - 1,
        int(row["donor"]),
        float(row["started"]),
        float(row["ended"]) if row["ended"] else None,
        typing.cast(Any, row["disposition"]),
        doses=float(row["doses"]),
        campaign=row["campaign"],
        due=float(row["due"]),
        deviations=_parts(row["deviations"]),
        failures=_parts(row["failures"]),
        procedures=_parts(row["procedures"]),
        in_vain=row["in_vain"],
        manufactured=float(row["manufactured"]) if row["manufactured"] else None,
        available=float(row["available"]) if row["available"] else None,
        companion_doses=_number(row.get("companion_doses")),
        dose_pairs=_number(row.get("dose_pairs")),
    )


def _number(cell: str | None) -> float | None:
    """Return a number that not every run has."""
    return float(cell) if cell else None


def _parts(cell: str) -> tuple[str, ...]:
    return tuple(cell.split(SEPARATOR)) if cell else ()


def _estimate(row: Row) -> Estimate:
    numbers = [field.name for field in fields(Estimate) if field.type == "float | None"]
    read = {name: float(row[name]) if row[name] else None for name in numbers}
    return Estimate(row["name"], row["step"] or None, row["unit"], int(row["n"]), **read, reason=row["reason"] or None)
