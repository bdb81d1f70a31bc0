"""Compare scenarios on the same draws: which is better, by how much, and how surely.

A random value follows from the seed and the address of its quantity, so scenarios share whatever they leave alone
(common random numbers): draw by draw it is the same batch of the same donor in the same possible world. The variance of
a difference is Var A + Var B - 2 Cov(A, B), and what is common cancels.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim import units
from exosim.errors import Problem, UsageError, in_words
from exosim.hinges import FEWEST_LANES, Rivalries, Rivalry
from exosim.limiting import Bound
from exosim.results import Yields
from exosim.sampling import SampleMatrix
from exosim.scenario import Scenario, load_all
from exosim.simulation import Progress, evaluate
from exosim.summaries import Row, Summary, half_width, share_interval, summarize
from exosim.version import __version__

Floats: TypeAlias = NDArray[np.float64]
FORM = "exosim.compare/1"
IN_SPECIFICATION = "in_specification"
DIRECTIONS: Mapping[str, str] = {
    "batch_duration": "less",
    "cells_started": "neither",
    "false_positives_per_100000": "less",
    "interference": "less",
    "reference_change_value": "less",
    "alarm_rise": "less",
    "alarm_fall": "less",
    "false_alarms_per_patient_year": "less",
    "detected_change": "less",
    "apparent_cargo_per_dose": "neither",  # aggregates make it more
    "apparent_cargo_per_vesicle": "neither",
    "lost_in_loading": "less",
    "unpaired_share": "less",
    "companion_limits": "neither",
}
"""What is better of a headline; more of all others."""
_OF_A_DOSE = ("doses", "potent_doses", "cargo_per_dose", "apparent_cargo_per_dose")
ROUNDING = 1e-9
"""Difference of two values, as a share of them, below which it is rounding."""


@dataclass(frozen=True, slots=True)
class Contrast(Row):
    """One headline of one scenario, and its paired difference to the first scenario.

    Attributes
    ----------
    name, unit, direction : the headline, its unit, and whether `more` or `less` of it is better, or `neither`
    scenario : label of the scenario
    n, mean, sd, median, p5, p95, reason : as in :class:`exosim.summaries.Summary`
    difference, low, high : mean of this minus the first, draw by draw, with the 95 % interval of the mean (Student)
    difference_sd, difference_p5, difference_p95 : spread of the differences over the draws
    correlation : of the two over the draws; None when one of them does not vary
    better, better_low, better_high : share of the draws in which this is better than the first, with its exact 95 %
        interval (Clopper and Pearson); the probability that it is better
    equal : share of the draws in which the two are equal
    best : share of the draws in which it is the best of all; those that tie share a draw evenly
    """

    name: str
    unit: str
    direction: str
    scenario: str
    n: int
    mean: float | None = None
    sd: float | None = None
    median: float | None = None
    p5: float | None = None
    p95: float | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    difference_sd: float | None = None
    difference_p5: float | None = None
    difference_p95: float | None = None
    correlation: float | None = None
    better: float | None = None
    better_low: float | None = None
    better_high: float | None = None
    equal: float | None = None
    best: float | None = None
    reason: str | None = None

    @property
    def typical(self) -> float | None:
        """The median; of a share of the draws, the share."""
        return self.mean if self.name == IN_SPECIFICATION else self.median

    def __str__(self) -> str:
        if self.typical is None:
            return f"{self.scenario}: none ({self.reason})"
        shown = f"{self.scenario}: {units.show(self.typical, '1', 3)}"
        if self.difference is None or self.low is None or self.high is None:
            return shown
        span = f"{units.show(self.low, '1', 3)} to {units.show(self.high, '1', 3)}"
        sure = "" if self.better is None else f"; better in {100.0 * self.better:.3g} %"
        return f"{shown}, difference {units.show(self.difference, '1', 3)} ({span}){sure}"


class Comparison:
    """Scenarios on the same draws; made by :func:`compare`.

    Attributes
    ----------
    scenarios : by label; the first is what the others are compared to
    seed, draws : what was run
    contrasts : every headline of every scenario, headline by headline
    bounds : what holds the cultures of each scenario back
    """

    def __init__(
        self,
        scenarios: Mapping[str, Scenario],
        seed: int,
        draws: int,
        kept: Mapping[tuple[str, str], Floats],
        summaries: Mapping[tuple[str, str], Summary],
        bounds: Mapping[str, tuple[Bound, ...]],
    ) -> None:
        self.scenarios, self.seed, self.draws = scenarios, seed, draws
        self._kept, self.bounds = kept, bounds
        self.version = __version__
        self._rivalries: tuple[Rivalry, ...] | None = None
        names = dict.fromkeys(name for _, name in summaries)
        self.contrasts = tuple(c for name in names for c in self._contrasts(name, summaries))

    def values(self, name: str, scenario: str) -> Floats:
        """Return a headline of a scenario on all draws, shape (draws,).

        Raises
        ------
        KeyError
            when there is none.
        """
        return np.broadcast_to(self._kept[scenario, name], self.draws)

    def of(self, name: str) -> tuple[Contrast, ...]:
        """Return the contrasts of one headline, in the order of the scenarios."""
        return tuple(contrast for contrast in self.contrasts if contrast.name == name)

    def differing(self) -> list[str]:
        """Return the headlines in which a scenario differs from the first in any draw."""
        found = (c.name for c in self.contrasts if c.equal is not None and c.equal < 1.0)
        return list(dict.fromkeys(found))

    def rivalries(self) -> tuple[Rivalry, ...]:
        """Return, headline by headline, what the order of the best scenario and every other hangs on.

        Headlines in which the scenarios differ and that have a best one; none with fewer than 16 draws. See
        :mod:`exosim.hinges`.
        """
        if self._rivalries is None:
            told = Rivalries(self.scenarios, self.seed, self.draws)
            names = self.differing() if self.draws >= FEWEST_LANES else []
            self._rivalries = tuple(one for name in names for one in self._rivalries_in(name, told))
        return self._rivalries

    def _rivalries_in(self, name: str, told: Rivalries) -> tuple[Rivalry, ...]:
        ranked = [contrast for contrast in self.of(name) if contrast.best is not None]
        if not ranked:
            return ()
        sign = -1.0 if ranked[0].direction == "less" else 1.0
        leader = max(ranked, key=lambda c: (c.best or 0.0, sign * (c.typical or 0.0)))
        return told.of(name, {c.scenario: self.values(name, c.scenario) for c in ranked}, leader.scenario, sign)

    def _contrasts(self, name: str, summaries: Mapping[tuple[str, str], Summary]) -> list[Contrast]:
        first, *_ = self.scenarios
        direction = DIRECTIONS.get(name, "more")
        unit = next(s.unit for (_, n), s in summaries.items() if n == name)
        best = self._best(name, direction)
        found = []
        for label in self.scenarios:
            s = summaries.get((label, name)) or Summary(name, None, unit, 0, reason="this scenario does not report it")
            paired = {}
            both = (label, name) in self._kept and (first, name) in self._kept
            if label != first and both and self._comparable(name):
                paired = paired_difference(self.values(name, label), self.values(name, first), direction)
            about = {"reason": s.reason, "best": best.get(label), **paired}
            found.append(
                Contrast(name, s.unit, direction, label, s.n, s.mean, s.sd, s.median, s.p5, s.p95, **about)  # type: ignore[arg-type]
            )
        return found

    def _comparable(self, name: str) -> bool:
        """Return whether a headline means the same in all scenarios: doses do not when a dose is not the same."""
        declared = [scenario.declarations for scenario in self.scenarios.values()]
        if name == "companion_doses":
            return len({one.companion.dose for one in declared if one.companion is not None}) == 1
        return name not in _OF_A_DOSE or len({one.dose for one in declared}) == 1

    def _best(self, name: str, direction: str) -> dict[str, float]:
        """Return the share of the draws in which each scenario is the best; ties are shared evenly."""
        labels = [label for label in self.scenarios if (label, name) in self._kept]
        if direction == "neither" or len(labels) < len(self.scenarios) or not self._comparable(name):
            return {}
        sign = -1.0 if direction == "less" else 1.0
        table = sign * np.stack([self.values(name, label) for label in labels])
        top = table == table.max(axis=0)
        return dict(zip(labels, map(float, (top / top.sum(axis=0)).mean(axis=1)), strict=True))

    def remarks(self) -> list[str]:
        """Return what a reader must know: warnings of the scenarios, and doses that are not the same."""
        first, *others = self.scenarios
        rules = {label: scenario.declarations.dose for label, scenario in self.scenarios.items()}
        told = [
            f"{label}: a dose is {_dose(rules[label])}, and {_dose(rules[first])} in {first}: doses are not compared"
            for label in others
            if rules[label] != rules[first]
        ]
        warned = [f"{label}: {text}" for label, scenario in self.scenarios.items() for text in scenario.warnings]
        return [*told, *warned]

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON document ``exosim.compare/1``: no time, path or machine, no NaN."""
        return {
            "form": FORM,
            "version": self.version,
            "scenarios": [
                {"label": label, "name": s.name, "title": s.title, "hash": s.hash, "ledger": s.ledger().headline()}
                for label, s in self.scenarios.items()
            ],
            "seed": self.seed,
            "n": self.draws,
            "quantities": [contrast.as_dict() for contrast in self.contrasts],
            "bounds": {label: [bound.as_dict() for bound in found] for label, found in self.bounds.items()},
            "rivalries": [rivalry.as_dict() for rivalry in self.rivalries()],
            "warnings": self.remarks(),
        }

    def __str__(self) -> str:
        lines = [f"{len(self.scenarios)} scenarios, {self.draws} common draws, seed {self.seed}: median"]
        for name in dict.fromkeys(contrast.name for contrast in self.contrasts):
            lines += [name, *(f"  {contrast}" for contrast in self.of(name))]
        return "\n".join(lines)


def compare(
    *scenarios: Scenario | str | os.PathLike[str],
    draws: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Comparison:
    """Return how scenarios differ from the first one, on the same draws.

    Parameters
    ----------
    scenarios : scenarios, or paths of files; a file with variants stands for itself and all of them, ``FILE#name`` for
        one
    draws, seed : of all; default: those of the first
    jobs : processes; the results do not depend on it
    progress : called with (draws done, draws asked for) over all scenarios

    Raises
    ------
    UsageError
        when there are fewer than two.
    FileError, LimitError, ModelError, ScenarioError
        as :func:`exosim.load` and :func:`exosim.evaluate`.

    Examples
    --------
    >>> print(compare("scenarios/more_doses.toml", draws=10_000))  # doctest: +SKIP
    """
    labeled = labels([scenario for given in scenarios for scenario in _loaded(given)])
    if len(labeled) < 2:
        expected = "another scenario, or a file with variants"
        raise UsageError(Problem("one scenario alone cannot be compared", got=", ".join(labeled), expected=expected))
    first = next(iter(labeled.values()))
    asked = first.draws if draws is None else draws
    used = first.seed if seed is None else seed
    kept: dict[tuple[str, str], Floats] = {}
    summaries: dict[tuple[str, str], Summary] = {}
    held: dict[str, tuple[Bound, ...]] = {}
    samples = SampleMatrix()
    for number, (label, scenario) in enumerate(labeled.items()):
        told = part_of(progress, number, len(labeled))
        yields = evaluate(scenario, asked, seed=used, keep=asked, jobs=jobs, samples=samples, progress=told)
        _keep(label, yields, kept, summaries)
        held[label] = yields.bounds()
    return Comparison(labeled, used, asked, kept, summaries, held)


def _loaded(given: object) -> Sequence[Scenario]:
    if isinstance(given, Scenario):
        return (given,)
    if isinstance(given, (str, os.PathLike)):
        return load_all(given)
    raise UsageError(Problem("a Scenario or the path of a file is needed", got=in_words(given)))


def labels(scenarios: Sequence[Scenario]) -> dict[str, Scenario]:
    """Return the scenarios by name; of several with one name the later ones are numbered."""
    labeled: dict[str, Scenario] = {}
    for scenario in scenarios:
        names = (scenario.name, *(f"{scenario.name} ({n})" for n in range(2, len(scenarios) + 1)))
        labeled[next(name for name in names if name not in labeled)] = scenario
    return labeled


def part_of(progress: Progress | None, number: int, count: int) -> Progress | None:
    """Return a callback that tells the progress of one of `count` runs as that of all."""
    if progress is None:
        return None
    return lambda done, asked: progress(number * asked + done, count * asked)


def _keep(
    label: str, yields: Yields, kept: dict[tuple[str, str], Floats], summaries: dict[tuple[str, str], Summary]
) -> None:
    """Keep the headlines of a run, and whether each draw meets the whole specification; the rest may go."""
    for summary in yields.headlines():
        summaries[label, summary.name] = summary
        if summary.n:
            kept[label, summary.name] = yields.values(summary.name).copy()
    met = yields.meets_specification()
    if met is not None:
        kept[label, IN_SPECIFICATION] = met
        summaries[label, IN_SPECIFICATION] = summarize(IN_SPECIFICATION, None, "1", met, yields.draws)


def paired_difference(values: Floats, first: Floats, direction: str = "more") -> dict[str, float | None]:
    """Return the paired difference of `values` to those of the first, as the fields of a :class:`Contrast`.

    Differences of rounding, below 1e-9 of the values, are none.
    """
    gain, n = values - first, values.size
    gain = np.where(np.abs(gain) > ROUNDING * np.maximum(np.abs(values), np.abs(first)), gain, 0.0)
    mean = float(gain.mean())
    low, high = map(float, np.quantile(gain, (0.05, 0.95)))
    found: dict[str, float | None] = {"difference": mean, "difference_p5": low, "difference_p95": high}
    if n > 1:
        sd = float(gain.std(ddof=1))
        half = half_width(sd, n)
        found.update(low=mean - half, high=mean + half, difference_sd=sd, correlation=_correlation(values, first))
    if direction != "neither":
        wins = int(np.count_nonzero(gain < 0.0 if direction == "less" else gain > 0.0))
        sure_low, sure_high = share_interval(wins, n)
        found.update(better=wins / n, better_low=sure_low, better_high=sure_high)
    return {**found, "equal": float(np.mean(gain == 0.0))}


def _correlation(a: Floats, b: Floats) -> float | None:
    if a.min() == a.max() or b.min() == b.max():
        return None
    x, y = (v / np.abs(v).max() for v in (a, b))
    x, y = x - x.mean(), y - y.mean()
    return float(np.clip((x * y).sum() / math.sqrt((x * x).sum() * (y * y).sum()), -1.0, 1.0))


def _dose(rule: Any) -> str:
    if not rule.stated:
        return "not stated"
    text = units.show(rule.amount, rule.kind)
    return text if rule.assay is None else f"{text} by {rule.assay}"


def comparison_name(labeled: Mapping[str, Scenario]) -> tuple[str, str]:
    """Return the name of a comparison, that of its first scenario, and the hash of all of them in order."""
    first, *_ = labeled.values()
    hashes = "".join(f"{label}\0{scenario.hash}\0" for label, scenario in labeled.items())
    return first.name, hashlib.sha256(hashes.encode()).hexdigest()
