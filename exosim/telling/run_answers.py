"""The answer of a run in time: what comes out, how good and how soon, and what holds it back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from exosim.campaign import CampaignNumbers
from exosim.cost_words import money
from exosim.saved_run import SavedRun
from exosim.summaries import Estimate
from exosim.telling.bounds import interval_of_mean
from exosim.telling.cells import Figure, Part, Sentence, amount, number, percent, span

_WAITS = {
    "waiting": "a free unit",
    "waiting_for_run": "a run to be full",
    "waiting_for_room": "a room",
    "waiting_for_material": "material",
    "waiting_for_utility": "a utility",
    "waiting_for_people": "people",
    "waiting_for_shift": "a shift",
    "lost_to_failures": "repairs",
}
"""What a batch waits for at a procedure, by indicator."""
_IN_TIME = {
    "on_time_in_full": " of the orders{of} were filled on time and in full",
    "on_time": " of the batches{of} were on time",
}
_A_YEAR = {
    "patients_served_per_year": " patients served per year",
    "dose_pairs_per_year": " pairs of doses released together per year",
    "doses_per_year": " doses per year",
}
"""What comes out, in the order in which it is told: who is served, what leaves together, then doses of any kind."""
_Found: TypeAlias = dict[tuple[str, str | None], Estimate]


def of_run(run: SavedRun) -> Iterator[tuple[str, Sentence]]:
    """Yield the lines of the answer: what each is about, and what is so."""
    found = {(row.name, row.step): row for row in run.indicators if row.mean is not None}
    rejects = tuple(_rejects(run, found))
    first, last = (rejects, ()) if _most(found) else ((), rejects)
    yield "How much", (*_patients(found), *_samples(run, found), *_per_year(run, found))
    yield "What it costs", tuple(_cost(run, found))
    yield "How good", (*_lots(found, not rejects), *_lead_time(found), *_orders(found))
    held = (*_busiest(found), *_launches(run), *_turned_away(found), *_longest_wait(found), *_longest_job(found))
    yield "What holds it back", (*first, *held, *last)


def _cost(run: SavedRun, found: _Found) -> Iterator[Part]:
    """Yield what a dose and a year cost, where the scenario says anything of money."""
    dose, year = found.get(("cost_per_dose", None)), found.get(("cost_per_year", None))
    about = run.document.get("money", "")
    if dose is not None:
        yield from ("a released dose costs ", _money(dose.median), f" {about} at the median (5 to 95 %: ")
        yield from (_money(dose.p5), " to ", _money(dose.p95), "); ")
    if year is not None:
        yield from ("a year of the plant costs ", _money(year.mean), f" {about}. ")


def _money(value: float | None) -> Figure:
    return Figure(value, money(value))


def _patients(found: _Found) -> Iterator[Part]:
    """Yield whether patients are served in time, where a lot is for one patient."""
    row = found.get(("patients_on_time", None))
    if row is not None:
        yield percent(row.mean)
        yield " of the patients were served on time"
        low, high = interval_of_mean(row)
        if low is not None and low != high:
            yield from (" (95 % interval of the mean: ", percent(low), " to ", percent(high), ")")
        yield "; "


def _samples(run: SavedRun, found: _Found) -> Iterator[Part]:
    """Yield the pace of a line that tests samples, each of which is a batch."""
    row = found.get(("batches_per_working_day", None))
    if row is not None and run.scenario.declarations.diagnostic is not None:
        yield from (*_mean(row, " samples per working day"), "; ")


def _per_year(run: SavedRun, found: _Found) -> Iterator[Part]:
    rows = [row for (name, _), row in found.items() if name == "doses_by_product"]
    told = [(row, f" doses of {row.step} per year") for row in rows if len(rows) > 1]
    told += [(found[name, None], words) for name, words in _A_YEAR.items() if (name, None) in found and not told]
    for place, (row, words) in enumerate(told):
        yield from ("; " if place else "", *_mean(row, words))
    batches = found.get(("batches_per_year", None))
    if batches is not None:
        yield from (", from " if told else "", *_mean(batches, " finished batches per year"))
    yield f"; {run.replications:,} replication{'' if run.replications == 1 else 's'}. "


def _mean(row: Estimate, what: str) -> Iterator[Part]:
    """Yield a mean with its 95 % interval."""
    yield number(row.mean)
    yield what
    low, high = interval_of_mean(row)
    if low is not None and low != high:
        yield from (" (95 % interval of the mean: ", *span(low, high), ")")


def _lots(found: _Found, with_attribute: bool) -> Iterator[Part]:
    released, lost = found.get(("released_fraction", None)), found.get(("failures_per_year", None))
    if released is not None:
        yield from (percent(released.mean), " of the lots that ended were released")
        if lost is not None:
            yield from (", ", number(lost.mean), " per year were lost or rejected")
        if with_attribute:
            yield from _worst(found, "; most often out of specification: ")
        yield ". "
        return
    for name, words in (("batches_finished", " batches finished"), ("batches_rejected", " lost")):
        if (name, None) in found:
            yield from ("" if name == "batches_finished" else " and ", number(found[name, None].mean), words)
    yield " in a run. "


def _worst(found: _Found, before: str) -> Iterator[Part]:
    """Yield the attribute whose first results are most often out of specification."""
    rows = [row for (name, _), row in found.items() if name == "out_of_specification"]
    most = max(rows, key=lambda row: row.mean or 0.0, default=None)
    if most is not None and most.mean:
        yield from (before, f"{most.step} (", percent(most.mean), " of first results)")


def _most(found: _Found) -> bool:
    """Return whether quality rejects most of the lots that come to it."""
    row = found.get(("rejected_by_test", None))
    return row is not None and (row.mean or 0.0) > 0.5


def _rejects(run: SavedRun, found: _Found) -> Iterator[Part]:
    """Yield what quality rejects, and for what, where that is more than all that is lost before."""
    start, end = run.document["window"]["start"], run.document["window"]["end"]
    rejected = [
        lot.manufactured is not None
        for lots in run.batches
        for lot in lots
        if lot.disposition == "rejected" and lot.ended is not None and start <= lot.ended <= end
    ]
    row = found.get(("rejected_by_test", None))
    if row is not None and 2 * sum(rejected) > len(rejected):
        yield from ("Tests reject ", percent(row.mean), " of the lots that are made, more than are lost on the line")
        yield from (*_worst(found, "; most often out of specification: "), ". ")


def _turned_away(found: _Found) -> Iterator[Part]:
    """Yield what finds the line full, where that happens."""
    row = found.get(("batches_turned_away", None))
    if row is not None and row.mean:
        yield from (*_mean(row, " batches found the line full in a run, and were turned away"), ". ")


def _lead_time(found: _Found) -> Iterator[Part]:
    middle, slow = found.get(("lead_time", None)), found.get(("lead_time_p90", None))
    if middle is None:
        yield "No batch ended well, so that there is no lead time. "
        return
    end = "until its doses may leave" if ("doses_per_year", None) in found else "to its end"
    yield from (f"From the start of a batch {end}: ", amount(middle.mean, "h"), " at the median")
    if slow is not None:
        yield from (", ", amount(slow.mean, "h"), " for nine in ten")
    yield ". "


def _orders(found: _Found) -> Iterator[Part]:
    """Yield whether orders, or batches with a due date, were in time; patients stand first of all."""
    if ("patients_on_time", None) in found:
        return
    for name, words in _IN_TIME.items():
        for (key, step), row in found.items():
            if key == name:
                of = f" of {step}" if step and step != "batches" else ""
                yield from (percent(row.mean), words.format(of=of), ". ")
        if any(key == name for key, _ in found):
            return


def _busiest(found: _Found) -> Iterator[Part]:
    classes = [row for (name, _), row in found.items() if name == "occupancy"]
    most = max(classes, key=lambda row: row.mean or 0.0, default=None)
    if most is None:
        return
    yield from (f"The most occupied equipment is {most.step}, ", percent(most.mean), " of the time")
    bound, made = found.get(("batches_per_year_bound", None)), found.get(("batches_per_year", None))
    if bound is not None and made is not None:
        yield from ("; as planned the plant allows at most ", number(bound.mean), " batches per year, and makes ")
        yield number(made.mean)
    yield ". "


def _launches(run: SavedRun) -> Iterator[Part]:
    """Yield what starts the batches, which limits a plant that could make more."""
    for campaign in run.scenario.declarations.plant.campaigns:
        of = f" of {campaign.product}" if campaign.product else ""
        if campaign.rules.mode == "paced":
            every = campaign.numbers.typical("every", float(CampaignNumbers().every))
            yield from (f"By the plan a batch{of} is started every ", amount(every, "h"), ". ")
        elif campaign.rules.mode == "on_order":
            yield f"Batches{of} are started for orders. "
        else:
            yield f"Batches{of} are started as soon as they can be. "


def _longest_wait(found: _Found) -> Iterator[Part]:
    waits = [row for (name, _), row in found.items() if name in _WAITS]
    most = max(waits, key=lambda row: row.mean or 0.0, default=None)
    if most is not None and most.mean:
        yield from (f"Batches wait longest for {_WAITS[most.name]} before {most.step}: ", amount(most.mean, "h"))
        yield " on the mean. "


def _longest_job(found: _Found) -> Iterator[Part]:
    jobs = [row for (name, _), row in found.items() if name == "job_time"]
    most = max(jobs, key=lambda row: row.mean or 0.0, default=None)
    if most is not None and most.mean:
        yield from (f"The longest job after the recipe is {most.step}: ", amount(most.mean, "h"), " until it is done. ")
