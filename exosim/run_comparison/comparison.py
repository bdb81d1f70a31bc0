"""Compare runs in time: which plant is better, in which indicator, by how much, and how surely.

The first run is the base. What has one seed is paired by replication; :mod:`exosim.run_comparison.contrasts` tells how.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from exosim.directions import Direction, direction_of
from exosim.economics.headlines import COST_UNITS
from exosim.errors import Problem, UsageError
from exosim.run_comparison.contrasts import Fields, RunContrast, difference, of_estimate
from exosim.run_comparison.remarks import remarks
from exosim.run_comparison.timed_runs import Floats, Key, TimedRun, labeled
from exosim.summaries import Estimate
from exosim.version import __version__

FORM = "exosim.compare_runs/1"


class RunComparison:
    """Runs in time, beside the first of them; made by :func:`exosim.compare`.

    Attributes
    ----------
    runs : by label; the first is what the others are compared to
    contrasts : every indicator of every run, indicator by indicator: first those of the whole, then those of each
        equipment class, role, procedure and product
    version : version of exosim that compared them
    """

    def __init__(self, runs: Mapping[str, TimedRun]) -> None:
        self.runs, self.version = runs, __version__
        self._used = _common(runs)
        self._base = next(iter(self._used.values()))
        keys = dict.fromkeys(key for run in runs.values() for key in run.indicators)
        ordered = sorted(keys, key=lambda key: key[1] is not None)
        self.contrasts = tuple(contrast for key in ordered for contrast in self._contrasts(key))

    @property
    def paired(self) -> bool:
        """Whether all runs have the seed of the first: then replications are paired."""
        return all(run.seed == self._base.seed for run in self.runs.values())

    @property
    def replications(self) -> int:
        """Number of replications that all runs have."""
        return min(run.replications for run in self.runs.values())

    def of(self, name: str, step: str | None = None) -> tuple[RunContrast, ...]:
        """Return the contrasts of one indicator, in the order of the runs.

        Parameters
        ----------
        name : such as ``doses_per_year``
        step : equipment class, role, procedure or product; None for an indicator of the whole
        """
        return tuple(contrast for contrast in self.contrasts if (contrast.name, contrast.step) == (name, step))

    def differing(self, *, resources: bool = False) -> list[Key]:
        """Return the indicators in which a run differs from the first in any replication, or in its mean.

        Parameters
        ----------
        resources : whether those of equipment, roles, procedures and products, instead of those of the whole
        """
        found = (c for c in self.contrasts if c.difference is not None and not c.alike)
        return list(dict.fromkeys((c.name, c.step) for c in found if (c.step is not None) == resources))

    def alike(self) -> list[Key]:
        """Return the indicators that all runs have, and in which no run differs from the first."""
        keys = dict.fromkeys((c.name, c.step) for c in self.contrasts)
        return [key for key in keys if all(c.alike for c in self.of(*key)[1:])]

    def _contrasts(self, key: Key) -> list[RunContrast]:
        name, step = key
        direction = direction_of(name)
        unit = next(run.indicators[key] for run in self.runs.values() if key in run.indicators)
        best = self._best(key, unit, direction)
        found = []
        for label, run in self._used.items():
            lacking = Estimate(name, step, unit, 0, reason="this run does not report it")
            own = run.estimate(key) if key in run.indicators else lacking
            fields = {**of_estimate(own), **self._difference(key, unit, run, direction), "best": best.get(label)}
            found.append(RunContrast(name, step, unit, direction, label, **fields))  # type: ignore[arg-type]
        return found

    def _difference(self, key: Key, unit: str, run: TimedRun, direction: Direction) -> Fields:
        """Return how a run differs from the first; nothing for the first, and for what only one of them reports."""
        base = self._base
        name, _ = key
        if run is base or key not in run.values or key not in base.values:
            return {}
        if not _same_dose(key, unit, (run, base)):
            return {"reason": "a dose is not the same in both runs"}
        if name in COST_UNITS and run.money != base.money:
            return {"reason": f"money is not the same in both runs: {run.money} and {base.money}"}
        return difference(run.values[key], base.values[key], direction, run.seed == base.seed)

    def _best(self, key: Key, unit: str, direction: Direction) -> dict[str, float]:
        """Return the share of the replications in which each run is the best; ties are shared evenly."""
        runs = tuple(self._used.values())
        if direction == "neither" or any(key not in run.values for run in runs) or not _same_dose(key, unit, runs):
            return {}
        sign = -1.0 if direction == "less" else 1.0
        table: Floats = sign * np.stack([run.values[key][: self.replications] for run in runs])
        table = table[:, np.isfinite(table).all(axis=0)]
        if not table.size:
            return {}
        top = table == table.max(axis=0)
        return dict(zip(self.runs, map(float, (top / top.sum(axis=0)).mean(axis=1)), strict=True))

    def changed(self) -> dict[str, dict[str, str | None]]:
        """Return the parameters that are not the same in all runs, by address: the value in each or None.

        They are those of the ledger: rules and shifts are not among them.
        """
        known = {label: run.parameters() for label, run in self.runs.items()}
        addresses = dict.fromkeys(address for parameters in known.values() for address in parameters)
        values = {a: {label: parameters.get(a) for label, parameters in known.items()} for a in addresses}
        return {address: found for address, found in values.items() if len(set(found.values())) > 1}

    def remarks(self) -> list[str]:
        """Return what a reader must know: what is not compared, and what makes runs hard to compare."""
        return remarks(self.runs, self.contrasts)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.compare_runs/1``: no time, path or machine, no NaN."""
        return {
            "form": FORM,
            "version": self.version,
            "runs": [{"label": label, **run.as_dict()} for label, run in self.runs.items()],
            "paired": self.paired,
            "n": self.replications,
            "parameters": [{"path": address, "values": values} for address, values in self.changed().items()],
            "quantities": [contrast.as_dict() for contrast in self.contrasts],
            "warnings": self.remarks(),
        }

    def __str__(self) -> str:
        how = "paired" if self.paired else "not all paired"
        lines = [f"{len(self.runs)} runs, {self.replications} common replications, {how}: mean"]
        for name in dict.fromkeys(contrast.name for contrast in self.contrasts if contrast.step is None):
            lines += [name, *(f"  {contrast}" for contrast in self.of(name))]
        return "\n".join(lines)


def _common(runs: Mapping[str, TimedRun]) -> dict[str, TimedRun]:
    """Return the runs as they are compared: with the seed of the first, the replications that all those have.

    So the means that stand side by side are those of the same possible worlds, and differ by the mean difference.
    """
    seed = next(iter(runs.values())).seed
    common = min(run.replications for run in runs.values() if run.seed == seed)
    return {label: run.cut(common) if run.seed == seed else run for label, run in runs.items()}


def _same_dose(key: Key, unit: str, runs: Sequence[TimedRun]) -> bool:
    """Return whether an indicator means the same in all runs: one that counts doses does not when a dose differs."""
    name, step = key
    return len({run.dose(name, unit, step) for run in runs}) == 1


def compare_runs(runs: Sequence[TimedRun]) -> RunComparison:
    """Return how runs differ from the first one.

    Raises
    ------
    UsageError
        when there are fewer than two.
    """
    if len(runs) < 2:
        got = ", ".join(run.name for run in runs)
        raise UsageError(Problem("one run alone cannot be compared", got=got, expected="another run"))
    return RunComparison(labeled(runs))


def run_comparison_name(comparison: RunComparison) -> tuple[str, str, int]:
    """Return the name of a comparison, the hash of its runs in order, and the seed of the first."""
    first, *_ = comparison.runs.values()
    told = "".join(f"{label}\0{run.hash}\0{run.digest}\0" for label, run in comparison.runs.items())
    return first.name, hashlib.sha256(told.encode()).hexdigest(), first.seed
