"""A run in time as a comparison needs it: every indicator of every replication, whether it is live or lies in a folder.

Both give the same bits: a folder holds numbers with as many digits as they have.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.errors import FileError, Problem, printable
from exosim.export import read_csv
from exosim.parameter import Ledger
from exosim.results import FacilityResults
from exosim.saved_run import SavedRun
from exosim.summaries import Estimate, estimate

Floats: TypeAlias = NDArray[np.float64]
Key: TypeAlias = tuple[str, str | None]
"""An indicator: its name, and the equipment class, role, procedure or product that it is of; None for the whole."""
_DOSE = "dose"


@dataclass(frozen=True)
class TimedRun:
    """What a comparison knows of a run.

    Attributes
    ----------
    name, hash, seed, version : of the scenario, and of exosim when it ran
    replications : number of replications
    window : end of the warm-up and of the run [h]
    doses : what a dose is, by name of the product; the name is empty where there is one product
    indicators : unit of every indicator
    values : every indicator of every replication, shape (replications,); NaN where it has no value
    ledger : rows of the ledger as text, each a mapping of its columns
    headline : of the ledger
    warnings : of the run
    digest : SHA-256 of the hashes of all its event logs
    folder : name of the folder that it was read from; empty for a live one
    money : currency and year of its costs, such as ``EUR of 2024``; empty where the scenario says nothing of money
    """

    name: str
    hash: str
    seed: int
    version: str
    replications: int
    window: tuple[float, float]
    doses: Mapping[str, str]
    indicators: Mapping[Key, str] = field(repr=False)
    values: Mapping[Key, Floats] = field(repr=False)
    ledger: Sequence[Mapping[str, str]] = field(repr=False)
    headline: str
    warnings: Sequence[str]
    digest: str
    folder: str = ""
    money: str = ""

    @property
    def hours(self) -> float:
        """Length of the window [h]."""
        return self.window[1] - self.window[0]

    @property
    def in_words(self) -> str:
        """The window, such as ``day 0 to 365``."""
        begin, end = (units.show(hours / 24.0, "1") for hours in self.window)
        return f"day {begin} to {end}"

    def estimate(self, key: Key) -> Estimate:
        """Return an indicator over the replications."""
        name, step = key
        return estimate(name, step, self.indicators[key], self.values[key].tolist())

    def cut(self, replications: int) -> TimedRun:
        """Return the run with its first replications alone."""
        if replications >= self.replications:
            return self
        first = {key: values[:replications] for key, values in self.values.items()}
        return replace(self, replications=replications, values=first)

    def parameters(self) -> dict[str, str]:
        """Return every parameter of the ledger with its value and unit, by its address."""
        return {row["path"]: f"{row['value']} {row['unit']}".removesuffix(" 1").rstrip() for row in self.ledger}

    def dose(self, name: str, unit: str, step: str | None) -> str:
        """Return what a dose is in an indicator that counts doses; empty for one that counts none."""
        if _DOSE not in unit.split("/"):
            return ""
        return self.doses.get(step or "") or "; ".join(dict.fromkeys(self.doses.values()))

    def as_dict(self) -> dict[str, Any]:
        """Return what the run is as a JSON object: no time, path or machine."""
        begin, end = self.window
        about = {"name": self.name, "hash": self.hash, "seed": self.seed, "replications": self.replications}
        span = {"start": begin, "end": end}
        return {**about, "window": span, "version": self.version, "digest": self.digest, "ledger": self.headline}


def of_results(results: FacilityResults) -> TimedRun:
    """Return the run of live results."""
    document = results.as_dict()
    rows = [dict(zip(Ledger.COLUMNS, map(str, row), strict=True)) for row in results.scenario.ledger().rows()]
    return _run(document, list(results.quantities()), dict(_values(results)), rows)


def of_saved(saved: SavedRun) -> TimedRun:
    """Return the run of a folder.

    Raises
    ------
    FileError
        when the folder is of a version that did not yet write what a comparison needs.
    """
    values = {(q.name, q.step): np.array(saved.values(q.name, q.step)) for q in saved.indicators}
    try:
        run = _run(saved.document, saved.indicators, values, read_csv(saved.folder / "ledger.csv"))
    except KeyError as error:
        problem = f"run.json has no {error}: it is of an earlier version, {saved.document.get('version')}"
        raise FileError(Problem(problem, file=str(saved.folder), expected="the scenario run again")) from None
    return replace(run, folder=printable(Path(saved.folder).resolve().name))


def _run(
    document: Mapping[str, Any],
    estimates: Sequence[Estimate],
    values: Mapping[Key, Floats],
    ledger: Sequence[Mapping[str, str]],
) -> TimedRun:
    about, window = document["scenario"], document["window"]
    return TimedRun(
        about["name"],
        about["hash"],
        document["seed"],
        document["version"],
        document["n"],
        (window["start"], window["end"]),
        {product: _dose(**dose) for product, dose in document["doses"].items()},
        {(q.name, q.step): q.unit for q in estimates},
        values,
        ledger,
        document["ledger"]["headline"],
        document["warnings"],
        hashlib.sha256(json.dumps(document["log_hashes"]).encode()).hexdigest(),
        money=document.get("money", ""),
    )


def _values(results: FacilityResults) -> Mapping[Key, Floats]:
    """Return every indicator of every replication; NaN where it has no finite value, as in a folder."""
    found: dict[Key, Floats] = {}
    for q in results.quantities():
        if q.step is None:
            numbers = [account.headlines.get(q.name, math.nan) for account in results.accounts]
        else:
            numbers = [account.by_resource.get(q.name, {}).get(q.step, math.nan) for account in results.accounts]
        array = np.array(numbers, dtype=np.float64)
        found[q.name, q.step] = np.where(np.isfinite(array), array, math.nan)
    return found


def labeled(runs: Sequence[TimedRun]) -> dict[str, TimedRun]:
    """Return the runs by label: the name of the scenario, of its folder where several have it, numbered if need be."""
    names = Counter(run.name for run in runs)
    found: dict[str, TimedRun] = {}
    for run in runs:
        name = run.folder if run.folder and names[run.name] > 1 else run.name
        numbered = (name, *(f"{name} ({n})" for n in range(2, len(runs) + 1)))
        found[next(label for label in numbered if label not in found)] = run
    return found


def _dose(amount: float, kind: str, assay: str | None = None) -> str:
    """Return what a dose is, as text."""
    text = units.show(amount, kind, 12)
    return text if assay is None else f"{text} by {assay}"
