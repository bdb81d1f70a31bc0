"""What one more unit, person, shift or place would bring: each candidate is simulated on the same random values.

A replication in which nobody ever lacked a resource runs event by event as it would with one more of it: units are
taken lowest number first, people are granted at once, and random values belong to batches and not to the clock. Such a
replication need not be run again: its difference is 0. That holds neither for shifts nor for units whose number itself
matters (maintenance, breakdowns, limits of size, zero wait); those are always run. `screen=False` runs everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeAlias

import numpy as np

from exosim.bottleneck_words import answer, reasons
from exosim.candidates import KINDS, Candidate, Kind, asked_for, candidates_of, everything, pairs
from exosim.errors import ModelError, UsageError, unknown
from exosim.gains import Floats, Gain, gains
from exosim.indicators import Window, limiting_class
from exosim.replications import Progress, check_run, run_once, sharing
from exosim.scenario import Scenario
from exosim.version import __version__
from exosim.yardsticks import indicators_of, measured, reported

FORM = "exosim.bottleneck/1"
_Each: TypeAlias = Callable[[Callable[[int], "Outcome"], Sequence[int]], Iterable["Outcome"]]


class Outcome(NamedTuple):
    """What is kept of one replication: indicators, what somebody lacked, and the pace as planned."""

    values: Mapping[str, float]
    lacked: frozenset[str]
    limiting_class: str
    cycle: float
    fates: tuple[int, int, int, int]
    """Batches that were started, ended well, were lost, and are under way at the end; over the whole run."""


@dataclass(frozen=True)
class Pace:
    """A faster rhythm, for information: it costs no resource.

    Attributes
    ----------
    path : of the rhythm
    before, after : time between two batches, and the shortest that the equipment allows as planned [h]
    gains : what it changes, by indicator
    """

    path: str
    before: float
    after: float
    gains: Mapping[str, Gain]

    def as_dict(self) -> dict[str, Any]:
        """Return the rhythm and what it changes as a JSON object."""
        told = [gain.as_dict() for gain in self.gains.values()]
        return {"path": self.path, "before": self.before, "after": self.after, "gains": told}


@dataclass(frozen=True)
class Bottleneck:
    """What each candidate brings; made by :func:`bottleneck`.

    Attributes
    ----------
    scenario, seed, replications : what was run
    by : indicator by which candidates are ranked
    indicators : what is told, with units
    candidates : what was added
    base : the replications as they are
    values : indicators of each replication by candidate and name, shape (replications,)
    runs : replications that were simulated
    together : all candidates at once; None with fewer than two
    pace : a faster rhythm; None where none is planned or none is possible
    """

    scenario: Scenario = field(repr=False)
    seed: int
    replications: int
    by: str
    indicators: Mapping[str, str]
    candidates: tuple[Candidate, ...]
    base: tuple[Outcome, ...] = field(repr=False)
    values: Mapping[str, Mapping[str, Floats]] = field(repr=False)
    runs: int
    together: Candidate | None = field(default=None, repr=False)
    pace: Pace | None = None
    version: str = __version__

    def of(self, indicator: str) -> tuple[Gain, ...]:
        """Return what each candidate changes in an indicator, in the order of the candidates.

        Raises
        ------
        KeyError
            when the indicator was not asked for.
        """
        return self._gains[indicator]

    @property
    def ranking(self) -> tuple[Gain, ...]:
        """What each candidate changes in the indicator of the ranking: the best first, then the others as they came."""
        return tuple(sorted(self.of(self.by), key=lambda gain: -gain.improvement))

    @property
    def best(self) -> Gain | None:
        """What helps most; None when the answer is "nothing"."""
        return next((gain for gain in self.ranking if gain.verdict == "helps"), None)

    @cached_property
    def at_once(self) -> Mapping[str, Gain]:
        """What all candidates together change, by indicator; empty with fewer than two."""
        return {} if self.together is None else self._single(self.together.name)

    @cached_property
    def _gains(self) -> Mapping[str, tuple[Gain, ...]]:
        names = [candidate.name for candidate in self.candidates]
        return {
            indicator: gains(
                indicator, unit, self.without(indicator), {name: self.values[name][indicator] for name in names}
            )
            for indicator, unit in self.indicators.items()
        }

    def without(self, indicator: str) -> Floats:
        """Return an indicator as it is without any candidate, shape (replications,)."""
        return np.array([outcome.values[indicator] for outcome in self.base])

    def _single(self, name: str) -> dict[str, Gain]:
        return {
            indicator: gains(
                indicator, unit, self.without(indicator), {name: self.values[name][indicator]}, corrected=False
            )[0]
            for indicator, unit in self.indicators.items()
        }

    @property
    def sentences(self) -> list[str]:
        """The answer in words, and what limits the plant where no candidate helps."""
        return [answer(self), *reasons(self)]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.bottleneck/1``: no time, path or machine, no NaN."""
        return {
            "form": FORM,
            "version": self.version,
            "scenario": {"name": self.scenario.name, "hash": self.scenario.hash},
            "seed": self.seed,
            "n": self.replications,
            "runs": self.runs,
            "by": self.by,
            "answer": self.sentences,
            "candidates": [candidate.as_dict() for candidate in self.candidates],
            "gains": [gain.as_dict() for indicator in self.indicators for gain in self.of(indicator)],
            "together": [gain.as_dict() for gain in self.at_once.values()],
            "pace": None if self.pace is None else self.pace.as_dict(),
            "warnings": list(self.scenario.warnings),
        }

    def __str__(self) -> str:
        head = f"{self.scenario.name}: {self.by}, paired over {self.replications} replications, seed {self.seed}"
        return "\n".join([*self.sentences, head, *(f"  {gain}" for gain in self.ranking)])


def bottleneck(
    scenario: Scenario,
    replications: int | None = None,
    *,
    by: str = "doses_per_year",
    only: Sequence[Kind] = (),
    add: Sequence[str] = (),
    in_pairs: bool = False,
    screen: bool = True,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Bottleneck:
    """Return what one more unit, person, shift or place of each kind would bring, on the same random values.

    Parameters
    ----------
    scenario : with a ``[campaign]``
    replications : number of replications of each candidate; default: as in the scenario
    by : indicator by which candidates are ranked, such as ``lead_time`` or ``waiting.fill``
    only : kinds of candidates: ``equipment``, ``personnel``, ``shift``, ``room``, ``store``, ``campaign``
    add : candidates of one's own, such as ``"tff_skid=1"``, ``"fill=late"`` or ``"tff_skid=1,fill=1"`` for both
        together; then those alone are run, and those of `only`
    in_pairs : whether every two candidates together are candidates, too
    screen : whether replications are left out that are certain to change nothing
    seed : seed of the addressed random values; default: as in the scenario
    jobs : processes; the results do not depend on it
    progress : called with (runs done or left out, runs in all)

    Raises
    ------
    UsageError
        for an indicator or a resource that is not known, or numbers that are off.
    ScenarioError
        when the scenario has no campaign.
    ModelError
        when the clock cannot go on, with the candidate with which it could not.
    LimitError
        when there are more replications than a run may have, or a worker process cannot be had.

    Examples
    --------
    >>> print(bottleneck(xs.load("scenarios/msc_hollow_fiber.toml"), 20))  # doctest: +SKIP
    """
    n = scenario.replications if replications is None else replications
    used = scenario.seed if seed is None else seed
    check_run(scenario, n, jobs, used)
    if by not in indicators_of(scenario):
        raise UsageError(replace(unknown("indicator", by, list(indicators_of(scenario))), path="--by"))
    names = reported(scenario, by)
    candidates = _wanted(scenario, only, add, in_pairs)
    whole = everything(candidates) if len(candidates) > 1 else None
    tried = [*candidates, *([] if whole is None else [whole])]
    with sharing(jobs) as each:
        runs = _Runs(n, used, tuple(names), each, progress, len(tried))
        base = tuple(runs.all_of(scenario))
        rhythm = _shortest_rhythm(scenario, base)
        runs.more(0 if rhythm is None else n)
        values = runs.of_candidates(scenario, tried, base, screen)
        pace = None if rhythm is None else runs.at_pace(scenario, base, rhythm, names)
    return Bottleneck(scenario, used, n, by, names, candidates, base, values, runs.count, whole, pace)


def _wanted(scenario: Scenario, only: Sequence[Kind], add: Sequence[str], in_pairs: bool) -> tuple[Candidate, ...]:
    wrong = [unknown("kind", kind, KINDS) for kind in only if kind not in KINDS]
    if wrong:
        raise UsageError(wrong)
    own = asked_for(scenario, add)
    usual = candidates_of(scenario, only or KINDS) if only or not add else ()
    found = tuple(dict.fromkeys((*own, *usual)))
    return (*found, *(pair for pair in pairs(found) if pair not in found)) if in_pairs else found


class _Runs:
    """Runs replications of scenarios, here or in other processes, and tells how many are done."""

    def __init__(
        self, n: int, seed: int, names: Sequence[str], each: _Each, progress: Progress | None, tried: int
    ) -> None:
        self._n, self._seed, self._names, self._each, self._progress = n, seed, names, each, progress
        self._done, self._asked, self.count = 0, n * (tried + 1), 0

    def all_of(self, scenario: Scenario, numbers: Sequence[int] | None = None) -> Iterator[Outcome]:
        """Yield what comes of replications, in their order; they are handed to other processes now."""
        asked = range(self._n) if numbers is None else numbers
        return self._told(self._each(partial(_outcome, scenario, self._seed, self._names), asked))

    def of_candidates(
        self, scenario: Scenario, tried: Sequence[Candidate], base: Sequence[Outcome], screen: bool
    ) -> dict[str, dict[str, Floats]]:
        """Return the indicators by candidate; replications that are certain to change nothing are not run."""
        open_, handed = {}, {}
        for candidate in tried:
            changed = scenario.with_(candidate.changes)
            open_[candidate.name] = [
                number for number, one in enumerate(base) if not (screen and candidate.changes_nothing(one.lacked))
            ]
            self._advance(self._n - len(open_[candidate.name]))
            handed[candidate.name] = self.all_of(changed, open_[candidate.name])
        return {c.name: self._joined(c, base, open_[c.name], handed[c.name]) for c in tried}

    def _joined(
        self, candidate: Candidate, base: Sequence[Outcome], numbers: Sequence[int], found: Iterator[Outcome]
    ) -> dict[str, Floats]:
        rows = list(base)
        try:
            for number, outcome in zip(numbers, found, strict=True):
                rows[number] = outcome
        except ModelError as error:
            told = ModelError([replace(p, problem=f"with {candidate}: {p.problem}") for p in error.problems])
            told.log = error.log
            raise told from None
        return self.columns(rows)

    def at_pace(
        self, scenario: Scenario, base: Sequence[Outcome], rhythm: tuple[str, float, float], names: Mapping[str, str]
    ) -> Pace:
        """Return what another rhythm changes."""
        path, before, after = rhythm
        old = self.columns(base)
        new = self.columns(list(self.all_of(scenario.with_({path: f"{after:g} h"}))))
        label = f"{path} = {after:g} h"
        told = {n: gains(n, unit, old[n], {label: new[n]}, corrected=False)[0] for n, unit in names.items()}
        return Pace(path, before, after, told)

    def columns(self, rows: Sequence[Outcome]) -> dict[str, Floats]:
        """Return the indicators of replications, by name."""
        return {name: np.array([row.values[name] for row in rows]) for name in self._names}

    def more(self, runs: int) -> None:
        """Expect more runs than were asked for."""
        self._asked += runs

    def _told(self, found: Iterable[Outcome]) -> Iterator[Outcome]:
        for outcome in found:
            self.count += 1
            self._advance(1)
            yield outcome

    def _advance(self, runs: int) -> None:
        self._done += runs
        if self._progress is not None and runs:
            self._progress(self._done, self._asked)


def _outcome(scenario: Scenario, seed: int, names: Sequence[str], replication: int) -> Outcome:
    """Run one replication and keep what is told of it."""
    window = run_once(scenario, seed, replication)
    name, cycle = limiting_class(window)
    return Outcome(measured(window, names), window.run.lacked, name, cycle, _fates(window))


def _fates(window: Window) -> tuple[int, int, int, int]:
    batches = [batch for batch in window.run.batches if batch.disposition != "turned_away"]
    good, lost = sum(b.good for b in batches), sum(b.disposition == "rejected" for b in batches)
    return len(batches), good, lost, sum(b.disposition == "unfinished" for b in batches)


def _shortest_rhythm(scenario: Scenario, base: Sequence[Outcome]) -> tuple[str, float, float] | None:
    """Return the address of the rhythm, the rhythm and the shortest that the equipment allows as planned [h].

    None where there is no rhythm, several, one that varies, or none shorter.
    """
    campaigns = scenario.declarations.plant.campaigns
    if len(campaigns) != 1 or campaigns[0].rules.mode != "paced" or campaigns[0].scenario is not None:
        return None
    numbers = campaigns[0].numbers
    given = numbers.given.get("every")
    before = given.quantity.typical if given is not None else float(numbers.parameters["every"].default or 0.0)
    cycles = [one.cycle for one in base]
    if not all(cycle > 0.0 for cycle in cycles) or (given is not None and not given.quantity.is_fixed):
        return None
    after = math.ceil(10.0 * max(cycles)) / 10.0
    return (f"{numbers.prefix}.every", before, after) if after < before else None
