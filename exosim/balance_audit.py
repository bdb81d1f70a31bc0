"""The balance of every step of a scenario on some of its draws: what went in against what came out.

A run computes balances that close by construction; the audit says how far they are from it, for those who must not take
that on trust.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from exosim.balance import imbalance
from exosim.kernel import run
from exosim.material import Material
from exosim.operations.base import Outcome
from exosim.scenario import Scenario
from exosim.sites import seeds

DRAWS = 64
"""Draws on which a scenario is audited, unless more are asked for: the first of the run."""
CLOSED = 1e-12
"""Imbalance up to which a balance closes: rounding of sums of many terms."""


@dataclass(frozen=True, slots=True)
class Imbalance:
    """How far one species is off its balance at one step.

    Attributes
    ----------
    product, step, species : where, and of what; the product is empty where there is one only
    relative : worst |in - out| over the largest term, of all draws and size classes
    """

    product: str
    step: str
    species: str
    relative: float


@dataclass(frozen=True, slots=True)
class Audit:
    """The balances of all steps.

    Attributes
    ----------
    rows : those of all species that are anywhere in a step
    draws : on how many draws
    """

    rows: tuple[Imbalance, ...]
    draws: int

    @property
    def worst(self) -> Imbalance | None:
        """The largest of all; None where nothing is there to be balanced."""
        return max(self.rows, key=lambda row: row.relative, default=None)

    @property
    def closed(self) -> bool:
        """Whether all balances close."""
        return self.worst is None or self.worst.relative <= CLOSED

    def by_step(self) -> list[Imbalance]:
        """Return the largest imbalance of each step, in the order of the recipe."""
        return _worst_of(self.rows, lambda row: (row.product, row.step))

    def by_species(self) -> list[Imbalance]:
        """Return the largest imbalance of each species, in the order in which they appear."""
        return _worst_of(self.rows, lambda row: (row.species,))


def audit(scenario: Scenario, seed: int, draws: int = DRAWS) -> Audit:
    """Return the balances of all steps of all products of a scenario on the first draws of a run.

    Parameters
    ----------
    scenario : what was run
    seed : of the run
    draws : how many of them
    """
    products = scenario.products()
    used = seeds(scenario, seed) if len(products) > 1 else (seed,)
    rows = [
        Imbalance(product.name if len(products) > 1 else "", step, species, relative)
        for product, own in zip(products, used, strict=True)
        for step, species, relative in _of_product(product, own, draws)
    ]
    return Audit(tuple(rows), draws)


def _of_product(product: Scenario, seed: int, draws: int) -> Iterator[tuple[str, str, float]]:
    """Yield step, species and imbalance, from the streams that enter a step to those that leave it, waits included."""
    recipe = product.recipe(product.values(0, draws, seed))
    streams: dict[str, Material] = {}
    for step in run(recipe):
        procedure, outcome = step.procedure, step.outcome
        feed, leaving = procedure.feed(streams), procedure.streams(outcome)
        streams.update(leaving)
        left = Material()
        for stream in leaving.values():
            left = left + stream
        whole = replace(outcome, product=left, remainder=Material(), losses={**outcome.losses, "wait": step.waited})
        there = _present(feed, whole)
        yield from ((procedure.id, name, off) for name, off in imbalance(feed, whole).items() if name in there)


def _present(feed: Material, outcome: Outcome) -> set[str]:
    """Return the species of which there is anything in a step."""
    materials = (feed, outcome.product, outcome.added, outcome.generated, *outcome.losses.values())
    return {name for material in materials for name, amount in material.present().items() if np.any(amount)}


def _worst_of(rows: Iterable[Imbalance], key: Callable[[Imbalance], tuple[str, ...]]) -> list[Imbalance]:
    worst: dict[tuple[str, ...], Imbalance] = {}
    for row in rows:
        if key(row) not in worst or row.relative > worst[key(row)].relative:
            worst[key(row)] = row
    return list(worst.values())
