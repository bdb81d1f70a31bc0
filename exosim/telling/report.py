"""The report of a saved run: one page that opens anywhere, with the answer first and all that it rests on behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from exosim.balance_audit import CLOSED, Audit, audit
from exosim.costs import cost
from exosim.regulatory import regulatory_view
from exosim.saved import Saved
from exosim.saved_run import SavedRun
from exosim.saved_yields import SavedYields
from exosim.scenario import Scenario
from exosim.simulation import evaluate
from exosim.sites import seeds
from exosim.summaries import Summary
from exosim.telling import batch_tables, cost_tables, evidence, run_tables
from exosim.telling.answers import answer
from exosim.telling.cells import Figure, Table, number, plain, table
from exosim.telling.checklist import DOI, checklist
from exosim.telling.page import page
from exosim.telling.pictures import OF_RUN, OF_YIELD, pictures
from exosim.telling.subject import chains, commands, sentence, title

_DRAWS_OF_STEPS = 256
"""Draws from which a run in time tells the losses of its steps, which its folder does not hold."""
_FEW = 5
"""Replications below which a reader is told that there are few."""
_OF_DRAWS = "share of draws that meets them"


@dataclass(frozen=True, slots=True)
class Section:
    """A part of the page: its heading, what is said first, its tables, and those that are folded away on a screen."""

    heading: str
    says: str
    tables: tuple[Table, ...] = ()
    folded: tuple[Table, ...] = ()


def report(saved: Saved) -> str:
    """Return the report of a saved yield or run in time as a self-contained page.

    Parameters
    ----------
    saved : as :func:`exosim.saved.load_saved` reads it

    Raises
    ------
    FileError
        when the folder does not hold its scenario, or another version of exosim wrote it.
    """
    scenario = saved.scenario
    in_time = isinstance(saved, SavedRun)
    found, told, products = audit(scenario, saved.seed), chains(scenario), scenario.products()
    return page(
        "report.html",
        title=title(scenario),
        name=scenario.name,
        subject=sentence(saved),
        chains=told,
        answer=answer(saved),
        remarks=remarks(saved),
        pictures=pictures(saved.folder, OF_RUN if in_time else OF_YIELD),
        sections=_of_run(saved) if isinstance(saved, SavedRun) else _of_yield(saved),
        regulatory_views=[
            (chain.product, regulatory_view(product)) for chain, product in zip(told, products, strict=True)
        ],
        evidence=_evidence(saved),
        headline=scenario.ledger().headline(),
        audit=_audited(found),
        checklist=checklist(saved),
        checklist_doi=DOI,
        hashes=_hashes(saved),
        commands=commands(saved),
        version=saved.manifest.get("version"),
        seed=saved.seed,
        hash=scenario.hash,
    )


def remarks(saved: Saved) -> tuple[str, ...]:
    """Return what a reader must know: the warnings of the run, and which draws stand for all."""
    told = [str(text) for text in saved.document["warnings"]]
    if isinstance(saved, SavedYields):
        if saved.document["kept"] < saved.draws:
            error = 100 * float(saved.document["quantile_error"])
            kept = saved.document["kept"]
            told.append(
                f"streamed: quantiles err by at most {error:.2g} %; pictures are those of the first {kept:,} draws"
            )
        if "screening" in saved.document:
            told.append("screening in float32: for looking around, not for numbers that are published")
    elif saved.replications < 2:
        told.append("one replication: there is no interval")
    elif saved.replications < _FEW:
        told.append(f"{saved.replications} replications: intervals of the mean are wide")
    return tuple(told)


def _of_yield(yields: SavedYields) -> tuple[Section, ...]:
    document = yields.document
    shares, limits = batch_tables.shares(yields), batch_tables.limits(document["limits"])
    truths = document.get("two_truths", [])
    return (
        Section(
            "Figures with their intervals",
            f"Over {yields.draws:,} draws; the 5 to 95 % interval is that of one batch, not of the median.",
            tuple(filter(None, (batch_tables.headlines(yields), batch_tables.reported(yields), shares))),
            (batch_tables.every_quantity(yields.quantities),),
        ),
        Section(
            "Steps and losses",
            "Medians after each step; a wait that takes vesicles is a row of its own.",
            tuple(filter(None, (batch_tables.steps(yields.quantities, "Step by step"), limits))),
        ),
        _quality(
            yields.scenario.products(),
            [document["specification"]],
            _OF_DRAWS,
            (batch_tables.truths(truths),) if truths else (),
        ),
    )


def _of_run(run: SavedRun) -> tuple[Section, ...]:
    products = run.scenario.products()
    found = [
        _shown_draws(product, seed) for product, seed in zip(products, _seeds(run.scenario, run.seed), strict=True)
    ]
    names = [product.name if len(products) > 1 else "" for product in products]
    steps = [
        batch_tables.steps(quantities, f"Step by step{f': {name}' if name else ''}")
        for (quantities, _), name in zip(found, names, strict=True)
    ]
    says = (
        f"Medians of {_DRAWS_OF_STEPS} draws of a batch as planned, computed for this report from the scenario of the "
        "run: what waits beyond the plan take is not in them."
    )
    of = f"share of {_DRAWS_OF_STEPS} draws as planned that meets them"
    return (
        Section(
            "Indicators with their intervals",
            f"Means over {run.replications:,} replications with the 95 % interval of the mean (Student), which ends "
            "where the indicator does: at 0, and for a share at 1.",
            (run_tables.whole(run),),
            tuple(run_tables.parts(run)),
        ),
        *_costs(run),
        Section("Steps and losses", says, tuple(steps)),
        _quality(products, [met for _, met in found], of),
    )


def _costs(run: SavedRun) -> tuple[Section, ...]:
    """Return what the run costs; nothing where its scenario says nothing of money."""
    if run.scenario.declarations.economics is None:
        return ()
    costs = cost(run)
    shown = (cost_tables.figures(costs), *cost_tables.parts(costs))
    folded = (cost_tables.investment(costs), cost_tables.prices(costs))
    return (Section("Costs", " ".join(f"{text.rstrip('.')}." for text in costs.sentences), shown, folded),)


def _seeds(scenario: Scenario, seed: int) -> Sequence[int]:
    return seeds(scenario, seed) if len(scenario.products()) > 1 else (seed,)


def _shown_draws(product: Scenario, seed: int) -> tuple[dict[tuple[str, str | None], Summary], dict[str, float]]:
    """Return the quantities of a batch as planned, and the share that meets the limits of each attribute."""
    found = evaluate(product, _DRAWS_OF_STEPS, seed=seed)
    return {(row.name, row.step): row for row in found.quantities()}, found.in_specification()


def _quality(
    products: Sequence[Scenario], shares: Sequence[dict[str, float]], of: str, more: tuple[Table, ...] = ()
) -> Section:
    """Return what the product must be, and how often it is."""
    tables = [
        batch_tables.specification(product, met, of)
        for product, met in zip(products, shares, strict=False)
        if product.declarations.attributes
    ]
    says = (
        "Limits apply to what the assays report." if tables else "The scenario sets no limits: there is no attribute."
    )
    return Section("Specification and quality", says, (*tables, *more))


def _evidence(saved: Saved) -> Section:
    """Return what the numbers rest on."""
    counts = saved.scenario.ledger().counts()
    says = f"{counts['D']} of {sum(counts.values())} parameters are assumptions. {saved.scenario.ledger().headline()}."
    first = evidence.assumed(saved)
    shown = (evidence.grades(saved.scenario), *((first,) if first else ()))
    return Section("Evidence", says, shown, (evidence.parameters(saved), evidence.bibliography(saved.scenario)))


def _audited(found: Audit) -> Section:
    """Return how far the balances of the steps are from closing."""
    worst = found.worst
    says = (
        f"What enters each step against what leaves it, for every species and vesicle size, on the first {found.draws} "
    )
    says += "draws of the run; computed for this report from the scenario of the run. "
    if worst is not None:
        closes = f"All balances close to rounding ({plain(CLOSED)})" if found.closed else "NOT all balances close"
        where = f"{worst.species} at {worst.step}"
        says += f"{closes}: the largest imbalance is {plain(worst.relative, 2)} of the largest term ({where})."
    head = ("largest imbalance of", "relative", "where")
    rows = [(_place(row.product, row.step), _tiny(row.relative), row.species) for row in found.by_step()]
    by_step = table("By step", (*head[:2], "species"), rows)
    by_species = table(
        "By species", head, ((r.species, _tiny(r.relative), _place(r.product, r.step)) for r in found.by_species())
    )
    return Section("Balance audit", says, (by_step,), (by_species,))


def _place(product: str, step: str) -> str:
    return f"{product}: {step}" if product else step


def _tiny(value: float) -> Figure:
    return Figure(value, "0" if value == 0.0 else number(value, 2).text)


def _hashes(saved: Saved) -> tuple[Table, ...]:
    """Return what tells this run from any other."""
    named: dict[str, Any] = {
        "scenario": saved.scenario.hash,
        "seed": saved.seed,
        "exosim": saved.manifest.get("version"),
    }
    tables = [table("What was run", ("what", "value"), [(name, str(value)) for name, value in named.items()])]
    if isinstance(saved, SavedRun):
        rows = [(f"replication {number}", hash_) for number, hash_ in enumerate(saved.log_hashes, start=1)]
        tables.append(table("Event logs (SHA-256)", ("log", "hash"), rows))
    files = sorted(saved.manifest["files"].items())
    return (*tables, table("Files of the run (SHA-256)", ("file", "hash"), files))
