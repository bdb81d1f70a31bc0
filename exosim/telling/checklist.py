"""The checklist STRESS-DES, filled from a scenario and its run (Monks et al. 2019, doi:10.1080/17477778.2018.1442155).

Its twenty items ask what a reader needs to judge a simulation and to do it again. A yield has no clock: its items are
answered as those of a Monte Carlo simulation, and what has no meaning there says so.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from exosim.balance_audit import CLOSED
from exosim.declarations import PlantDeclarations
from exosim.parameter import ASSUMPTION, PLAN
from exosim.saved import Saved
from exosim.saved_run import SavedRun
from exosim.scenario import Scenario
from exosim.telling.cells import plain
from exosim.telling.subject import chains, commands, file_of, sentence, title

DOI = "10.1080/17477778.2018.1442155"
_NO_CLOCK = "not applicable: a batch is evaluated without a clock"
_TITLES = (
    ("Objectives", ("1.1", "Purpose of the model"), ("1.2", "Model outputs"), ("1.3", "Aims of the experiment")),
    ("Logic", ("2.1", "Overview of the base model"), ("2.2", "Logic of the base model"), ("2.3", "Logic of scenarios"),
     ("2.4", "Algorithms"), ("2.5.1", "Entities"), ("2.5.2", "Activities"), ("2.5.3", "Resources"),
     ("2.5.4", "Queues"), ("2.5.5", "Entry and exit points")),
    ("Data", ("3.1", "Data sources"), ("3.2", "Pre-processing"), ("3.3", "Input parameters"), ("3.4", "Assumptions")),
    ("Experimentation", ("4.1", "Initialization"), ("4.2", "Run length"), ("4.3", "Estimation")),
    ("Implementation", ("5.1", "Software"), ("5.2", "Random sampling"), ("5.3", "Execution"),
     ("5.4", "System")),
    ("Code access", ("6.1", "How to get the model")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the checklist: its number, what it asks, under which heading, and what is so."""

    number: str
    asks: str
    heading: str
    answer: str


def checklist(saved: Saved) -> tuple[Item, ...]:
    """Return the items with their answers, in the order of the checklist."""
    answers = {**_same(saved), **(_of_run(saved) if isinstance(saved, SavedRun) else _of_yield(saved.draws))}
    return tuple(Item(number, asks, heading, answers[number]) for heading, *items in _TITLES for number, asks in items)


def _same(saved: Saved) -> dict[str, str]:
    """Return what a yield and a run in time answer alike."""
    scenario, manifest = saved.scenario, saved.manifest
    ledger = scenario.ledger()
    counts, sources = ledger.counts(), {line.source for line in ledger} - {ASSUMPTION, PLAN}
    packages = ", ".join(f"{name} {version}" for name, version in manifest.get("packages", {}).items())
    plugins = ", ".join(f"{name}: {version}" for name, version in manifest.get("plugins", {}).items())
    changes = ", ".join(scenario.overrides) or "none"
    return {
        "1.1": f"{title(scenario)}. Simulated: {sentence(saved)}",
        "2.1": " | ".join(
            (f"{chain.product}: " if chain.product else "") + " → ".join(link.id for link in chain.links)
            for chain in chains(scenario)
        ),
        "2.3": f"Variant of the scenario file: {scenario.variant or 'none'}; values replaced: {changes}.",
        "3.1": f"{len(sources)} sources, with DOI where there is one: see Sources used.",
        "3.2": _measured(scenario),
        "3.3": f"{len(ledger)} parameters with value, distribution, unit, source and grade: see Evidence. Values that "
        f"vary do so by study (what nobody knows), donor or batch; {counts[PLAN]} are decided by the plan.",
        "3.4": f"{counts['D']} parameters are assumptions (grade D), listed first in the table of parameters. Balances "
        f"of all species close to {plain(CLOSED)}: see Balance audit.",
        "5.1": f"exosim {manifest.get('version')}, Python {manifest.get('python')}, {packages}"
        + (f"; plug-ins: {plugins}." if plugins else "."),
        "5.2": "Philox, a counter-based generator (NumPy), keyed by the seed and the address of each quantity: a value "
        "depends on neither the order of events nor the number of processes, and scenarios share common random "
        f"numbers. Seed {saved.seed}.",
        "5.4": f"{manifest.get('platform')}. Results do not depend on the number of processes.",
        "6.1": f"exosim is open source (BSD-3-Clause). The folder of this run holds the scenario whole (scenario.json, "
        f"hash {scenario.hash}); with the file {file_of(scenario)}: {' ; '.join(commands(saved)[:2])}",
    }


def _measured(scenario: Scenario) -> str:
    if not scenario.measured:
        return "None: no file of measured values is used; units are converted as the file is read."
    tables = ", ".join(f"{address} ({base.asked})" for address, base in scenario.measured.items())
    return f"Measured values are used as they stand, as empirical distributions: {tables}."


# -- a yield ----------------------------------------------------------------------------------------------------------


def _of_yield(draws: int) -> dict[str, str]:
    return {
        "1.2": "Doses, yield, purity, losses and durations of a started batch that does not fail: median and 5 to 95 % "
        "interval over all draws, with the share of draws within specification; each with its n.",
        "1.3": "A single scenario; shares of the inputs in the spread tell what to measure first. No optimization.",
        "2.2": "Each step turns the material that enters into what goes on, what stays and what is lost, by species "
        "and vesicle size, under conservation of amounts; planned waits lose vesicles at the declared rate.",
        "2.4": "Closed forms and quadrature of the models named for each operation (exosim describe OPERATION). No "
        "scheduling: waits are those of the plan.",
        "2.5.1": "One batch of one donor in one possible world for each draw.",
        "2.5.2": "The steps of the recipe, in order.",
        "2.5.3": _NO_CLOCK + " and without competition for resources",
        "2.5.4": _NO_CLOCK,
        "2.5.5": "A batch begins with the first step and ends with the last; none arrives or queues.",
        "4.1": _NO_CLOCK + "; each batch begins empty",
        "4.2": f"{draws:,} draws; not a length of time.",
        "4.3": "Monte Carlo: independent draws of all uncertain values, or nested draws of batches in donors in "
        "worlds; quantiles over draws are the interval of one batch, not of the mean.",
        "5.3": "Monte Carlo over vectorized draws (NumPy), in blocks; no events.",
    }


# -- a run in time ----------------------------------------------------------------------------------------------------


def _of_run(run: SavedRun) -> dict[str, str]:
    plant = run.scenario.declarations.plant
    return {
        "1.2": "Indicators of the facility (words of ISO 22400), each a fold over the event log of one replication: "
        "mean over replications with its 95 % interval (Student), median, 5 to 95 % range and n.",
        "1.3": "A single scenario; what one more of each resource would bring is asked with exosim bottleneck, "
        "scenarios are compared on common random numbers with exosim compare. No optimization.",
        "2.2": "A batch enters the line, waits for a unit, people and their shift, materials, rooms and utilities, "
        "runs each step with the physics of its real waits, and gives the unit back after turnaround; then tests, "
        "reviews and disposition where the scenario has them.",
        "2.4": _rules(plant),
        "2.5.1": "Batches (lots), each of a donor, with its materials by species and vesicle size, its deviations and "
        "its history; jobs of the laboratory and of quality.",
        "2.5.2": "The unit procedures of the recipe; preparation of stocks, maintenance, repairs, line clearance; "
        "tests, reviews and closure of deviations where there are any.",
        "2.5.3": _resources(plant),
        "2.5.4": _queues(plant),
        "2.5.5": _entries(plant),
        "4.1": _beginning(plant),
        "4.2": f"{plain(plant.horizon)} h ({plain(plant.horizon / 24.0)} d); time is in hours.",
        "4.3": _replications(run),
        "5.3": "Process interaction: a SimPy environment for each replication, one process for each batch and job. "
        "Ties are resolved by rank and order of arrival.",
    }


def _rules(plant: PlantDeclarations) -> str:
    modes = _listed(f"{c.product or 'the product'} {c.rules.mode.replace('_', ' ')}" for c in plant.campaigns)
    failures = _listed([*plant.failures, *plant.breakdowns]) or "none"
    return f"Launch of batches: {modes}. Failures and breakdowns, drawn from their distributions: {failures}."


def _resources(plant: PlantDeclarations) -> str:
    count = {name: one.numbers.typical("count", 1.0) for name, one in plant.equipment.items()}
    people = {name: one.numbers.typical("count", 1.0) for name, one in plant.roles.items()}
    kinds = {"equipment": _counts(count), "people": _counts(people), "rooms": _listed(plant.rooms)}
    kinds |= {
        "stores": _listed(plant.stores),
        "materials": _listed(plant.stocks),
        "utilities": _listed(plant.utilities),
    }
    return "; ".join(f"{kind}: {names}" for kind, names in kinds.items() if names) + "."


def _counts(numbers: Mapping[str, float]) -> str:
    return _listed(f"{name} ({number:.0f})" for name, number in numbers.items())


def _queues(plant: PlantDeclarations) -> str:
    rules = _listed(
        f"{c.product or 'the product'} {c.rules.priority}, storage {c.rules.storage}".replace("_", " ")
        for c in plant.campaigns
    )
    return (
        f"Order in each queue: {rules}; a lot leaves a queue when it is served, or when a limit of its hold rejects it."
    )


def _entries(plant: PlantDeclarations) -> str:
    begun = _listed(
        f"{campaign.product or 'batches'}: when the line is full, {campaign.rules.when_full.replace('_', ' ')}"
        for campaign in plant.campaigns
    )
    ends = "release or rejection" if plant.release is not None else "the last step"
    orders = f" Orders: {len(plant.orders)} table(s)." if plant.orders else ""
    return f"Launch of a batch ({begun}). Exit: {ends}, or loss.{orders}"


def _beginning(plant: PlantDeclarations) -> str:
    warm_up = f"a warm-up of {plain(plant.warm_up)} h is left out" if plant.warm_up else "no warm-up is left out"
    begins = f"Begins empty on {plant.start:%A} {plant.start.isoformat(sep=' ', timespec='minutes')} of simulated time"
    return f"{begins}; {warm_up}. Ends at the horizon; what is then unfinished is told as such."


def _replications(run: SavedRun) -> str:
    asked = run.document["half_widths"]
    told = (
        f"{run.replications:,} independent replications, each one possible world; Student's 95 % interval of the mean."
    )
    return told + (" Replications were added until the half-widths asked for were met." if asked else "")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)
