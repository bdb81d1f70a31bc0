"""The inputs of a yield: every random number on which a batch depends, with its level and the evidence for it.

A quantity with several layers, such as a distribution over worlds with a donor spread, is several inputs; the common
factor of the step recoveries of a batch is one of its own. All inputs are independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from exosim.assay import laboratory_name
from exosim.sampling import COMMON, LEVELS, Level

if TYPE_CHECKING:
    from exosim.scenario import Scenario

COMMON_PATH = "common.batch"


@dataclass(frozen=True, slots=True)
class Input:
    """One random number of a batch.

    Attributes
    ----------
    path, level : the quantity, and what the number is drawn for
    name : under which it is drawn
    grade, source : the evidence for the quantity, as in the ledger
    score : whether the number is a standard normal score with which the quantity spreads others, and no value of it
    """

    path: str
    level: Level
    name: str
    grade: str
    source: str
    score: bool = False


def inputs_of(scenario: Scenario) -> tuple[Input, ...]:
    """Return the inputs of a yield, in the order of the ledger; what only the plant has is none."""
    plant = {block.prefix for block in scenario.declarations.plant.blocks()}
    given = {path: g for path, g in scenario.uncertain().items() if path.rpartition(".")[0] not in plant}
    found = [
        Input(path, level, name, g.grade, g.source)
        for path, g in given.items()
        for level, name in g.quantity.layers(path)
    ]
    found.extend(_laboratories(scenario))
    if any(g.quantity.common and g.quantity.varies == "batch" for g in given.values()):
        evidence = scenario.declarations.common.given["batch"]
        found.append(Input(COMMON_PATH, "batch", COMMON, evidence.grade, evidence.source, score=True))
    return tuple(found)


def _laboratories(scenario: Scenario) -> Iterator[Input]:
    """Yield the laboratories in which the product is counted and its protein read: worlds differ in them."""
    declared = scenario.declarations
    for name in dict.fromkeys((declared.instrument, declared.dose.assay)):
        spread = declared.assays[name].given.get("between_laboratories") if name is not None else None
        if spread is not None:
            path = f"assay.{name}.between_laboratories"
            yield Input(path, "study", laboratory_name(str(name)), spread.grade, spread.source, score=True)


def levels_of(scenario: Scenario) -> tuple[Level, ...]:
    """Return the levels at which a batch varies, in order."""
    present = {found.level for found in inputs_of(scenario)}
    return tuple(level for level in LEVELS if level in present)
