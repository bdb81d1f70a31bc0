"""Results of a run: arrays over lanes, their summaries, and what they look like as a table and as JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim import indicators, sketch
from exosim.indicators import Account
from exosim.limiting import Bound, bounds
from exosim.ranking import Rank, ranked_inputs
from exosim.readings import ALL_ATTRIBUTES
from exosim.report_door import Reported
from exosim.result_views import RunViews, YieldViews
from exosim.service.remarks import held_up
from exosim.sites import without_doses
from exosim.summaries import Estimate, LimitReached, Summary, estimate, summarize
from exosim.totals import Key, Totals
from exosim.variance import LevelShares, Scale, level_shares
from exosim.version import __version__
from exosim.window import Window

if TYPE_CHECKING:
    from exosim.collecting import Kept
    from exosim.records import BatchRecord
    from exosim.scenario import Scenario
    from exosim.screening import ScreeningError
    from exosim.stopping import Reached

Again: TypeAlias = Callable[..., "Yields"]
FORM = "exosim.yield/1"


class Yields(YieldViews, Reported):
    """What a started batch that does not fail yields, over many draws; made by :func:`exosim.evaluate`.

    Attributes
    ----------
    scenario, seed, draws : what was run
    kept : of how many draws everything was kept, the first; summaries are those of all draws
    nested : number of worlds, of donors in each world and of batches of each donor
    lanes : folder with the headlines and attributes on all draws; None when they were not written
    version : version of exosim that ran it
    screening : how far the figures lie from float64, where they were computed in float32; else None
    """

    screening: ScreeningError | None = None

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        draws: int,
        kept: Kept,
        nested: tuple[int, int, int],
        again: Again,
        totals: Totals,
        lanes: Path | None = None,
    ) -> None:
        self.scenario, self.seed, self.draws, self.nested = scenario, seed, draws, nested
        self.kept, self.lanes = kept.lanes if kept.varies else draws, lanes
        self.again = again  # the same scenario and seed with other counts
        self._shares: dict[Scale, tuple[LevelShares, ...]] = {}
        self._ranking: dict[Scale, tuple[Rank, ...]] = {}
        self.version = __version__
        self._kept, self._notes, self._totals = kept.values, kept.notes, totals
        self._summaries: dict[tuple[str, Key], Summary] = {}

    @property
    def streamed(self) -> bool:
        """Whether there are more draws than were kept."""
        return self.kept < self.draws

    @property
    def quantile_error(self) -> float:
        """Largest relative error of the quantiles; 0 where all draws were kept."""
        return sketch.ERROR if self.streamed else 0.0

    @property
    def kept_worlds(self) -> tuple[int, int, int]:
        """Number of worlds that are kept whole, of donors in each and of batches of each donor."""
        worlds, donors, batches = self.nested
        return min(worlds, self.kept // (donors * batches)), donors, batches

    def values(self, name: str, step: str | None = None) -> NDArray[np.float64]:
        """Return a quantity on all draws that are kept, shape (kept,).

        Parameters
        ----------
        name : a headline such as ``doses``, or with `step` what is reported after it, such as ``vesicles``
        step : id of a procedure, ``<id>.hold`` for the wait before it; None for a headline

        Raises
        ------
        KeyError
            when there is no such quantity, with those that there are.
        """
        kept = self._kept["reading"]
        if (name, step) not in kept:
            valid = sorted(n for n, s in kept if s == step) or sorted({s for _, s in kept if s})
            raise KeyError(f"no quantity {name!r} after step {step!r}; there is: {', '.join(valid)}")
        values = kept[name, step]
        return self._spread(np.full(1, math.nan) if values is None else np.asarray(values))

    def course(self, name: str) -> NDArray[np.float64]:
        """Return what the culture showed at each harvest, shape (harvests, kept); a name of ``collecting.COURSE``.

        Raises
        ------
        KeyError
            when the recipe has no culture.
        """
        found = [array for (key, _), array in self._kept["course"].items() if key == name]
        if not found:
            raise KeyError(f"no course of {name!r}: the recipe has no culture with harvests")
        return self._spread(np.asarray(found[0]))

    def _spread(self, array: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.broadcast_to(array, (*array.shape[:-1], self.kept))

    @property
    def steps(self) -> tuple[str, ...]:
        """The rows of the step table in order; a wait is a row of its own, ``<id>.hold``."""
        return tuple(dict.fromkeys(step for _, step in self._kept["reading"] if step is not None))

    def losses(self, step: str) -> dict[str, NDArray[np.float64]]:
        """Return the vesicles, or cells where they are the product, lost at a step, by channel, on the kept draws."""
        return {name: self.values(f"loss: {name}", step) for name in self.readings_of(step, "loss: ")}

    def readings_of(self, step: str, prefix: str) -> list[str]:
        """Return the names of what is reported of a step under a prefix, without it."""
        names = (name for name, s in self._kept["reading"] if s == step and name.startswith(prefix))
        return [name.removeprefix(prefix) for name in names]

    def bounds(self) -> tuple[Bound, ...]:
        """Return what holds each culture back, the limit that binds most often first; :mod:`exosim.limiting`."""
        return bounds(self)

    def has(self, name: str, step: str | None = None) -> bool:
        """Return whether a quantity is reported and not empty."""
        return self._kept["reading"].get((name, step)) is not None

    def summary(self, name: str, step: str | None = None) -> Summary:
        """Return mean, standard deviation, median and 5 to 95 % interval of a quantity."""
        return self._summary("reading", (name, step))

    def quantities(self) -> Iterator[Summary]:
        """Yield the summary of every quantity: headlines, steps, attributes as their assays report them."""
        for kind in ("reading", "attribute"):
            for key in self._kept[kind]:
                yield self._summary(kind, key)

    def headlines(self) -> list[Summary]:
        """Return the summaries of the headline figures."""
        return [self.summary(name) for name, step in self._kept["reading"] if step is None]

    def shares(self, scale: Scale = "score") -> tuple[LevelShares, ...]:
        """Return the shares of study, donor and batch in the spread of every headline; :mod:`exosim.variance`."""
        if scale not in self._shares:
            self._shares[scale] = level_shares(self, scale)
        return self._shares[scale]

    def ranking(self, scale: Scale = "score") -> tuple[Rank, ...]:
        """Return the inputs by their share in the spread of every headline, largest first; :mod:`exosim.ranking`."""
        if scale not in self._ranking:
            self._ranking[scale] = ranked_inputs(self, scale)
        return self._ranking[scale]

    def _summary(self, kind: str, key: Key) -> Summary:
        if (kind, key) not in self._summaries:
            unit, reason = self._notes[key]
            spread = self._totals.spreads.get((kind, key))
            self._summaries[kind, key] = (
                spread.summary(*key, unit)
                if spread is not None
                else summarize(key[0], key[1], unit, self._kept[kind][key], self.draws, reason)
            )
        return self._summaries[kind, key]

    def share(self, kind: str, key: Key) -> float:
        """Return the share of the draws on which a quantity of :data:`exosim.totals.SHARES` is 1."""
        hits = self._totals.hits.get((kind, key))
        return float(np.mean(np.asarray(self._kept[kind][key]))) if hits is None else hits / self.draws

    def limits(self) -> list[LimitReached]:
        """Return the named limits that were reached in at least one draw, with the share of the draws."""
        reached = ((step, text, self.share("limit", (text, step))) for text, step in self._kept["limit"])
        return [LimitReached(step or "", text, share) for step, text, share in reached if share > 0.0]

    def in_specification(self) -> dict[str, float]:
        """Return the share of the draws that meets the limits, by attribute; ``all`` for all at once."""
        return {key[0]: self.share(kind, key) for kind in ("met", "specification") for key in self._kept[kind]}

    def meets_specification(self) -> NDArray[np.float64] | None:
        """Return 1 for each kept draw that meets the limits of all attributes, else 0; None when there are none."""
        everything = self._kept["specification"].get((ALL_ATTRIBUTES, None))
        return None if everything is None else self._spread(everything)

    def remarks(self) -> list[str]:
        """Return what a reader must know: such as which draws stand for all."""
        if not self.streamed:
            return []
        return [
            f"streamed: quantiles err by at most {100 * self.quantile_error:.2g} %; pictures and the ranking of the "
            f"inputs are those of the first {self.kept:,} draws"
        ]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.yield/1``: no time, path or machine, no NaN."""
        ledger, test = self.scenario.ledger(), self.scenario.declarations.diagnostic
        return {
            "form": FORM,
            "version": self.version,
            "scenario": {"name": self.scenario.name, "hash": self.scenario.hash},
            "seed": self.seed,
            "n": self.draws,
            "kept": self.kept,
            "quantile_error": self.quantile_error,
            "nested": dict(zip(("worlds", "donors", "batches"), self.nested, strict=True)),
            **({} if self.screening is None else {"screening": self.screening.as_dict()}),
            "quantities": [summary.as_dict() for summary in self.quantities()],
            "limits": [limit.as_dict() for limit in self.limits()],
            "bounds": [bound.as_dict() for bound in self.bounds()],
            "specification": self.in_specification(),
            **({} if test is None else {"diagnostic": test.as_dict()}),
            **({"two_truths": [row.as_dict() for row in self.two_truths()]} if self._kept["measured"] else {}),
            "shares": [shares.as_dict() for shares in self.shares()],
            "ranking": [rank.as_dict() for rank in self.ranking()],
            "warnings": list(self.scenario.warnings),
            "ledger": {"headline": ledger.headline(), **ledger.counts()},
        }

    def __str__(self) -> str:
        lines = [f"{self.scenario.name}: {self.draws} draws, seed {self.seed}: median (5 to 95 %)"]
        lines += [f"  {summary}" for summary in self.headlines()]
        lines += [] if self.screening is None else [f"  {self.screening}"]
        return "\n".join([*lines, f"  {self.scenario.ledger().headline()}"])


class FacilityResults(RunViews, Reported):
    """What leaves the facility, over replications; made by :func:`exosim.simulate`.

    Attributes
    ----------
    scenario, seed : what was run
    accounts : the indicators of each replication
    first : the first replication with its event log
    half_widths : what was asked for and reached, where replications were added until an interval was narrow enough
    events : folder with the logs of all replications as Parquet; None when they were not written
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        accounts: Sequence[Account],
        first: Window,
        half_widths: Sequence[Reached] = (),
        events: Path | None = None,
    ) -> None:
        self.scenario, self.seed, self.accounts, self.first = scenario, seed, accounts, first
        self.half_widths, self.events = half_widths, events
        self.version = __version__

    @property
    def replications(self) -> int:
        """Number of replications."""
        return len(self.accounts)

    @property
    def replications_in_words(self) -> str:
        """How many replications, such as ``1 replication``."""
        return f"{self.replications:,} replication{'' if self.replications == 1 else 's'}"

    def quantities(self) -> Iterator[Estimate]:
        """Yield every indicator with its mean and 95 % interval over replications."""
        for name, unit in without_doses(self.scenario, indicators.reported(self.accounts)).items():
            yield estimate(name, None, unit, [account.headlines.get(name, math.nan) for account in self.accounts])
        for name, unit in without_doses(self.scenario, indicators.RESOURCE_UNITS).items():
            found = [account.by_resource.get(name, {}) for account in self.accounts]
            for resource in dict.fromkeys(key for row in found for key in row):
                yield estimate(name, resource, unit, [row.get(resource, math.nan) for row in found])

    def bottleneck(self) -> tuple[str, float, float]:
        """Return the most occupied equipment class, its occupancy, and the analytic minimum cycle time [h]."""
        rows = [account.by_resource["occupancy"] for account in self.accounts]
        mean = {name: float(np.mean([row[name] for row in rows])) for name in rows[0]}
        name = max(mean, key=lambda key: mean[key], default="")
        bound = float(np.mean([account.headlines["minimum_cycle_time"] for account in self.accounts]))
        return name, mean.get(name, math.nan), bound

    def limiting_class(self) -> str:
        """Return the class that sets the analytic minimum cycle time in most replications; empty without equipment."""
        return Counter(account.limiting_class for account in self.accounts).most_common(1)[0][0]

    def save(self, folder: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Write the run as a folder of tables, whole or not at all; :func:`exosim.load_run` reads it.

        Parameters
        ----------
        folder : where; made when it does not exist
        overwrite : whether a folder that is not empty may be replaced

        Raises
        ------
        FileError
            when the folder is not empty, is being written by another process, or cannot be written.
        """
        from exosim.export import save_run

        return save_run(self, Path(folder), overwrite)

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.run/1``: no time, path or machine, no NaN."""
        ledger, plant = self.scenario.ledger(), self.scenario.declarations.plant
        return {
            "form": "exosim.run/1",
            "version": self.version,
            "scenario": {"name": self.scenario.name, "hash": self.scenario.hash},
            "seed": self.seed,
            "n": self.replications,
            "window": {"start": plant.warm_up, "end": plant.horizon},
            "doses": {
                product.declarations.plant.campaigns[0].product: asdict(product.declarations.dose)
                for product in self.scenario.products()
                if product.declarations.dose.stated
            },
            **self._money(),
            "quantities": [quantity.as_dict() for quantity in self.quantities()],
            "limits": [],
            "half_widths": [reached.as_dict() for reached in self.half_widths],
            "streams": {p.id: list(p.feeds) for p in self.scenario.declarations.procedures},
            "log_hashes": [account.log_hash for account in self.accounts],
            "warnings": [*self.scenario.warnings, *self.remarks()],
            "ledger": {"headline": ledger.headline(), **ledger.counts()},
        }

    def _money(self) -> dict[str, str]:
        """Return the currency and the year of costs, where the scenario says anything of money."""
        declared = self.scenario.declarations.economics
        return {} if declared is None else {"money": f"{declared.currency} of {declared.year}"}

    def remarks(self) -> list[str]:
        """Return what a reader must know: such as that nothing was finished, and why."""
        remarks = [*(str(reached) for reached in self.half_widths if not reached.met), *self._waits_in_vain()]
        remarks += held_up(self.accounts, self.first.plant.demand, self.first.run.hours)
        if any(account.headlines["batches_finished"] for account in self.accounts):
            return remarks
        return [*remarks, f"no batch was finished in the window: {self._fates()}"]

    def _waits_in_vain(self) -> Iterator[str]:
        """Yield what never came, and how many batches wait for it at the end, in words."""
        lacking = Counter(batch.in_vain for account in self.accounts for batch in account.batches if batch.in_vain)
        started = sum(len(account.batches) for account in self.accounts)
        for address, count in sorted(lacking.items()):
            why = "no shift is left" if address.startswith("personnel.") else "nothing of it is on order"
            waiting = "1 batch waits" if count == 1 else f"{count:,} batches wait"
            yield f"at the end {waiting} in vain for {address}: {why} (of {started:,} started in all replications)"

    def _fates(self) -> str:
        """Return what became of all batches, in words."""
        fates = Counter(_fate(batch) for account in self.accounts for batch in account.batches)
        if not fates:
            return "none was started"
        words = {
            "finished": "finished during the warm-up",
            "released": "released during the warm-up",
            "lost": "lost",
            "rejected": "rejected by quality",
            "turned_away": "turned away",
            "unfinished": "still on the line at the end",
            "tested": "still in testing and review at the end",
        }
        parts = [f"{fates[fate]} {word}" for fate, word in words.items() if fates[fate]]
        return f"of {fates.total()} started in {self.replications_in_words}, {', '.join(parts)}"

    def __str__(self) -> str:
        lines = [f"{self.scenario.name}: {self.replications_in_words}, seed {self.seed}: mean (95 % interval)"]
        lines += [f"  {quantity}" for quantity in self.quantities() if quantity.step is None]
        return "\n".join([*lines, f"  {self.scenario.ledger().headline()}"])


def _fate(batch: BatchRecord) -> str:
    """Return what became of a batch in a window in which none ended well."""
    if batch.manufactured is None:
        return "lost" if batch.disposition == "rejected" else batch.disposition
    if batch.disposition == "unfinished":
        return "tested"
    return "released" if batch.disposition == "released_with_deviation" else batch.disposition
