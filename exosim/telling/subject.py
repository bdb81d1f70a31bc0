"""What was simulated, in words: the sentence, the chain of steps, and the commands that do it again."""

from __future__ import annotations

import json
import math
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath

from exosim.declarations import ProcedureDeclaration
from exosim.saved import Saved
from exosim.saved_run import SavedRun
from exosim.scenario import Scenario
from exosim.telling.cells import dose as in_words
from exosim.telling.cells import plain

_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Link:
    """One step of a chain: its name, what it does, and where it begins from unless that is the step before."""

    id: str
    operation: str
    begins_from: str = ""


@dataclass(frozen=True, slots=True)
class Chain:
    """The steps of a product in order; the product has no name where there is one only."""

    product: str
    links: tuple[Link, ...]


def title(scenario: Scenario) -> str:
    """Return what the scenario is called: its title, else its name."""
    return scenario.title or scenario.name


def sentence(saved: Saved) -> str:
    """Return what was simulated, in one sentence."""
    scenario = saved.scenario
    dose = _dose(scenario)
    if isinstance(saved, SavedRun):
        start, end = (saved.document["window"][key] / 24.0 for key in ("start", "end"))
        warm_up = f" after a warm-up of {plain(start)} d" if start else ""
        count = f"{saved.replications:,} possible world{'' if saved.replications == 1 else 's'}"
        makes = len(scenario.products())
        what = "a facility" if makes == 1 else f"a facility with {makes} products"
        return f"{what} over {plain(end - start)} d{warm_up}, once in each of {count} (replications){dose}."
    steps = len(scenario.declarations.procedures)
    return f"one started batch that does not fail, through {steps} steps, drawn {saved.draws:,} times{dose}."


def _dose(scenario: Scenario) -> str:
    dose = scenario.declarations.dose
    if len(scenario.products()) > 1 or not math.isfinite(dose.amount):  # what is not dosed has no end of a dose
        return ""
    return f"; a dose is {in_words(plain(dose.amount), dose.kind)}"


def chains(scenario: Scenario) -> tuple[Chain, ...]:
    """Return the steps of each product."""
    products = scenario.products()
    return tuple(
        Chain(product.name if len(products) > 1 else "", tuple(_links(product.declarations.procedures)))
        for product in products
    )


def _links(procedures: tuple[ProcedureDeclaration, ...]) -> Iterator[Link]:
    before = ""
    for procedure in procedures:
        usual = (f"{before}.product",) if before else ()
        begins = "" if procedure.feeds == usual else ", ".join(procedure.feeds)
        yield Link(procedure.id, operation_of(procedure), begins)
        before = procedure.id


def operation_of(procedure: ProcedureDeclaration) -> str:
    """Return what a procedure does, in words: ``tangential flow filtration``."""
    return _HUMP.sub(" ", procedure.operation.owner.__name__).lower()


def commands(saved: Saved) -> tuple[str, ...]:
    """Return the commands that give the same numbers again, and this report of them."""
    scenario, folder = saved.scenario, "results/again"
    file = file_of(scenario)
    changes = [word for change in scenario.overrides.items() for word in ("--set", _change(*change))]
    if isinstance(saved, SavedRun):
        told = ["exosim", "run", file, "--replications", str(saved.replications)]
    else:
        told = ["exosim", "yield", file, *_counts(saved.document["nested"], saved.draws)]
        told += ["--precision", "float32"] if "screening" in saved.document else []
    again = shlex.join([*told, "--seed", str(saved.seed), *changes, "--out", folder])
    return shlex.join(["exosim", "check", file, *changes]), again, f"exosim report {folder}"


def file_of(scenario: Scenario) -> str:
    """Return the file of a scenario without its folders, with the variant that was chosen."""
    name = PurePath(scenario.source.name).name
    return name if scenario.variant is None else f"{name}#{scenario.variant}"


def _counts(nested: dict[str, int], draws: int) -> list[str]:
    worlds, donors, batches = nested["worlds"], nested["donors"], nested["batches"]
    return ["--draws", str(draws)] if donors * batches == 1 else ["--nested", f"{worlds}x{donors}x{batches}"]


def _change(address: str, value: object) -> str:
    return f"{address}={_toml(value)}"


def _toml(value: object) -> str:
    """Return a value as TOML has it on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str | bool) else str(value)
