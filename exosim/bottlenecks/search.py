"""What one more unit, person, shift or place would bring: each candidate is simulated on the same random values."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from exosim.bottlenecks.candidates import KINDS, Candidate, Kind, asked_for, candidates_of, everything, pairs
from exosim.bottlenecks.gains import Floats, Gain, gains
from exosim.bottlenecks.runs import Outcome, Runs
from exosim.bottlenecks.words import answer, reasons
from exosim.bottlenecks.yardsticks import indicators_of, output_of, reported
from exosim.economics.headlines import COST_UNITS
from exosim.errors import Problem, UsageError, nearest_name, unknown
from exosim.replications import Progress, check_run, sharing
from exosim.scenario import Scenario
from exosim.version import __version__

FORM = "exosim.bottleneck/1"


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
    by: str | None = None,
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
    by : indicator by which candidates are ranked, such as ``lead_time`` or ``waiting.fill``; default:
        ``doses_per_year``, or ``batches_per_year`` where no product states a dose
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
    by = output_of(scenario) if by is None else by
    if by not in indicators_of(scenario):
        raise UsageError(_no_indicator(by, list(indicators_of(scenario))))
    names = reported(scenario, by)
    candidates = _wanted(scenario, only, add, in_pairs)
    whole = everything(candidates) if len(candidates) > 1 else None
    tried = [*candidates, *([] if whole is None else [whole])]
    with sharing(jobs) as each:
        runs = Runs(n, used, tuple(names), each, progress, len(tried))
        base = tuple(runs.all_of(scenario))
        rhythm = _shortest_rhythm(scenario, base)
        runs.more(0 if rhythm is None else n)
        values = runs.of_candidates(scenario, tried, base, screen and not any(name in COST_UNITS for name in names))
        pace = None if rhythm is None else _at_pace(scenario, runs, base, rhythm, names)
    return Bottleneck(scenario, used, n, by, names, candidates, base, values, runs.count, whole, pace)


def _no_indicator(name: str, known: Sequence[str]) -> Problem:
    """Return the problem of an indicator that is not known; those of the places are too many to be listed."""
    of_the_whole = [indicator for indicator in known if "." not in indicator]
    example = next((indicator for indicator in known if "." in indicator), None)
    problem = unknown("indicator", name, of_the_whole)
    expected = problem.expected if example is None else f"{problem.expected}, or of a place, such as {example}"
    return replace(problem, path="--by", expected=expected, nearest=nearest_name(name, known))


def _wanted(scenario: Scenario, only: Sequence[Kind], add: Sequence[str], in_pairs: bool) -> tuple[Candidate, ...]:
    wrong = [unknown("kind", kind, KINDS) for kind in only if kind not in KINDS]
    if wrong:
        raise UsageError(wrong)
    own = asked_for(scenario, add)
    usual = candidates_of(scenario, only or KINDS) if only or not add else ()
    found = tuple(dict.fromkeys((*own, *usual)))
    return (*found, *(pair for pair in pairs(found) if pair not in found)) if in_pairs else found


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


def _at_pace(
    scenario: Scenario,
    runs: Runs,
    base: Sequence[Outcome],
    rhythm: tuple[str, float, float],
    names: Mapping[str, str],
) -> Pace:
    """Return what another rhythm changes."""
    path, before, after = rhythm
    label = f"{path} = {after:g} h"
    old, new = runs.columns(base), runs.columns(list(runs.all_of(scenario.with_({path: f"{after:g} h"}))))
    told = {n: gains(n, unit, old[n], {label: new[n]}, corrected=False)[0] for n, unit in names.items()}
    return Pace(path, before, after, told)
