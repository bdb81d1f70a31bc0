"""Where the time of an evaluation goes, part by part, beside the C++ of the same procedures: ``python breakdown.py``.

With ``--write`` the table is put into README.md between its markers.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import kernel
import limit
from pairs import PROCESSOR, timed

import exosim as xs
from exosim.kernel import run
from exosim.lot_readings import attribute_results
from exosim.readings import limit_shares, read_batch
from exosim.scenario import Scenario
from exosim.simulation import BLOCK

PAGE = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- breakdown: begin -->", "<!-- breakdown: end -->"
REPEATS = 15


def least(job: Callable[[], object], lanes: int, repeats: int = REPEATS) -> float:
    """Return the least time of some runs [ns per draw]."""
    job()
    return min(timed(job, PROCESSOR) for _ in range(repeats)) / lanes * 1e9


def parts(scenario: Scenario) -> dict[str, float]:
    """Return what each part of an evaluation costs in a block [ns per draw]; what is left is that of keeping lanes."""
    values, noise = scenario.values(0, BLOCK), scenario.noise(0, BLOCK)
    recipe, specification = scenario.recipe(values), scenario.specification(values)
    steps = run(recipe)

    def read() -> object:
        found = list(read_batch(steps, recipe.context, specification)), limit_shares(steps)
        return found, list(attribute_results(steps, recipe.context, specification, noise))

    found = {"sampling": least(lambda: (scenario.values(0, BLOCK), scenario.noise(0, BLOCK)), BLOCK)}
    found["context"] = least(lambda: scenario.recipe(values), BLOCK)
    for step in steps:
        job = step.procedure.operation.transform
        found[step.procedure.id] = least(lambda job=job, held=step.held: job(held), BLOCK)  # type: ignore[misc]
    found["readings"] = least(read, BLOCK)
    whole = least(lambda: kernel.evaluated(scenario), kernel.DRAWS, 5)
    made = least(lambda: xs.evaluate(scenario, kernel.DRAWS), kernel.DRAWS, 5)
    found["keeping lanes"] = max(made - sum(found.values()), 0.0)
    found["summaries"] = max(whole - made, 0.0)
    found["all"] = whole
    return found


def in_cpp(scenario: Scenario) -> dict[str, float]:
    """Return what the procedures cost in C++ [ns per draw]; nothing where there is no g++."""
    built = limit.build()
    if built is None:
        return {}
    values = scenario.values(0, BLOCK)
    return limit.procedure_nanoseconds(built, built.inputs(scenario.recipe(values), values))


def table(found: dict[str, float], cpp: dict[str, float]) -> str:
    """Return the parts as Markdown."""
    lines = ["| part | ns per draw | share | C++ |", "|---|--:|--:|--:|"]
    for name, spent in found.items():
        beside = f"{cpp[name]:.0f}" if name in cpp else ""
        lines.append(f"| {name} | {spent:.0f} | {100.0 * spent / found['all']:.1f} % | {beside} |")
    return "\n".join(lines)


def main(arguments: list[str]) -> None:
    """Print the table, and write it where asked for."""
    scenario = xs.load(kernel.REFERENCE)
    text = table(parts(scenario), in_cpp(scenario))
    print(text)
    if "--write" in arguments:
        before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
