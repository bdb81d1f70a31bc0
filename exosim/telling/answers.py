"""The answer of a run in three lines: how much, how good and how sure, and what holds it back.

Every word follows from the saved results: a line that they do not bear is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from exosim.campaign import CampaignNumbers
from exosim.parameter import GRADES
from exosim.ranking import asked_first
from exosim.readings import ALL_ATTRIBUTES
from exosim.saved import Saved
from exosim.saved_run import SavedRun
from exosim.saved_yields import SavedYields
from exosim.summaries import Estimate, Summary
from exosim.telling.cells import Part, Sentence, amount, number, percent, span, told
from exosim.titles import headline_title

_MOST_INPUTS = 3
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
_BETWEEN = {"study": "", "donor": " between donors", "batch": " between batches"}
"""Of whom an input tells, by the level at which it varies; at the level of the study it is a number nobody knows."""
_BESIDE_DOSES = ("dose_pairs", "cargo_per_dose", "apparent_cargo_per_dose")
_IN_TIME = {
    "patients_on_time": " of the patients were served on time",
    "on_time_in_full": " of the orders{of} were filled on time and in full",
    "on_time": " of the batches{of} were on time",
}
_BESIDE_A_YEAR = {
    "dose_pairs_per_year": " pairs of doses per year",
    "patients_served_per_year": " patients served per year",
}
_OF_A_TEST = (
    "positive_predictive_value", "negative_predictive_value", "sensitivity", "specificity",
    "false_alarms_per_patient_year",
)  # fmt: skip
_GOOD = ("ev_yield", "cell_yield", "evs_per_protein", "purity_relative_to_ceiling")
"""Headlines that are told beside the doses, of a diagnostic test, and of yield and purity, where they are reported."""
_Found: TypeAlias = dict[tuple[str, str | None], Estimate]


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the answer: what it is about, and what is so."""

    about: str
    says: Sentence

    def __str__(self) -> str:
        return f"{self.about}: {told(self.says).rstrip()}"


def answer(saved: Saved) -> tuple[Line, ...]:
    """Return the lines of the answer, in the order in which people ask."""
    found = _of_run(saved) if isinstance(saved, SavedRun) else _of_yield(saved)
    return tuple(Line(about, _capital(says)) for about, says in found if says)


def _capital(says: Sentence) -> Sentence:
    """Return a sentence that begins with a capital letter, unless it begins with a number."""
    parts = tuple(part for part in says if part != "")
    first = parts[0]
    return (first[:1].upper() + first[1:], *parts[1:]) if isinstance(first, str) else parts


# -- a batch ----------------------------------------------------------------------------------------------------------


def _of_yield(yields: SavedYields) -> Iterator[tuple[str, Sentence]]:
    yield "How much", (*_doses(yields), *_told_beside(yields, _BESIDE_DOSES), *_in_specification(yields))
    yield "What a result means", (*_condition(yields), *_told_beside(yields, _OF_A_TEST))
    yield "How good", tuple(_told_beside(yields, _GOOD))
    yield "What holds it back", (*_hangs_on(yields), *_largest_loss(yields), *_held_by(yields))


def _doses(yields: SavedYields) -> Iterator[Part]:
    """Yield the doses that a batch gives, where it is dosed."""
    if not yields.has("doses"):
        if not any(yields.has(name) for name in (*_OF_A_TEST, *_GOOD)):
            yield "nothing that can be counted comes out of the process. "
        return
    found = yields.summary("doses")
    yield from (number(found.median), " doses per started batch at the median ")
    yield from ("(5 to 95 %: ", *span(found.p5, found.p95), f"; {yields.draws:,} draws). ")


def _condition(yields: SavedYields) -> Iterator[Part]:
    """Yield what a diagnostic test is for, and how frequent that is."""
    tested = yields.document.get("diagnostic")
    prevalence = yields.scenario.typical_values().get("diagnostic.prevalence")
    if tested and prevalence is not None:
        yield from (f"for {tested['condition']} in ", percent(float(prevalence)), " of those tested: ")


def _told_beside(yields: SavedYields, wanted: Sequence[str]) -> Iterator[Part]:
    """Yield those of some headlines that are reported, each with its interval."""
    found = [name for name in wanted if yields.has(name)]
    for place, name in enumerate(found):
        title = headline_title(name, yields)
        yield from (f"; {title} " if place else f"{title[:1].upper()}{title[1:]} ", *_typical(yields.summary(name)))
    if found:
        yield ". "


def _in_specification(yields: SavedYields) -> Iterator[Part]:
    shares = yields.document["specification"]
    if ALL_ATTRIBUTES not in shares:
        return
    yield percent(shares[ALL_ATTRIBUTES])
    yield " of the batches meet the whole specification"
    worst = min((name for name in shares if name != ALL_ATTRIBUTES), key=lambda name: shares[name])
    if shares[worst] < 1.0:
        yield from (f"; the attribute most often missed is {worst} (met by ", percent(shares[worst]), ")")
    yield ". "


def _typical(found: Summary) -> Iterator[Part]:
    """Yield the median of a quantity and its interval."""
    yield amount(found.median, found.unit)
    if found.p5 != found.p95:
        share = found.unit == "1"
        low, high = (percent(found.p5), percent(found.p95)) if share else (number(found.p5), number(found.p95))
        yield from (" (5 to 95 %: ", low, " to ", high, ")")


def asked_of(yields: SavedYields) -> str:
    """Return the headline whose spread is told; empty where nothing varies."""
    return asked_first(rank["quantity"] for rank in yields.document["ranking"])


def _hangs_on(yields: SavedYields) -> Iterator[Part]:
    """Yield the inputs with the largest shares in the spread of the first headline that varies."""
    ranks, of = yields.document["ranking"], asked_of(yields)
    first = [rank for rank in ranks if rank["quantity"] == of and not rank["noise"]][:_MOST_INPUTS]
    if not first:
        return
    yield f"the spread of {headline_title(first[0]['quantity'], yields)} hangs most on "
    for place, rank in enumerate(first):
        yield f"{', ' if place else ''}{rank['input']}{_BETWEEN[rank['level']]} ("
        yield percent(rank["share"])
        yield f", {_grade(rank['grade'])})"
    yield ". "


def _grade(grade: str) -> str:
    return "an assumption" if grade == "D" else f"grade {grade}: {GRADES.get(grade, 'a decision')}"


def _largest_loss(yields: SavedYields) -> Iterator[Part]:
    """Yield the step with the lowest recovery."""
    recoveries = [row for (name, step), row in yields.quantities.items() if name == "recovery" and step and row.n]
    least = min(recoveries, key=lambda row: row.median or 0.0, default=None)
    if least is not None and (least.median or 0.0) < 1.0:
        yield from (f"The largest loss is at {least.step}: ", percent(least.median), " recovered at the median. ")


def _held_by(yields: SavedYields) -> Iterator[Part]:
    """Yield the limit that most often holds each culture."""
    seen: set[str] = set()
    for bound in yields.document["bounds"]:
        if bound["step"] not in seen and bound["share"] > 0.0:
            yield f"The nearest limit of {bound['step']} is its {bound['limit']} ("
            yield from (percent(bound["share"]), " of draws). ")
        seen.add(bound["step"])


# -- a run in time ----------------------------------------------------------------------------------------------------


def _of_run(run: SavedRun) -> Iterator[tuple[str, Sentence]]:
    found = {(row.name, row.step): row for row in run.indicators if row.mean is not None}
    yield "How much", tuple(_per_year(run, found))
    yield "How good", (*_lots(found), *_lead_time(found), *_orders(found))
    yield "What holds it back", (*_busiest(found), *_launches(run), *_longest_wait(found), *_longest_job(found))


def _per_year(run: SavedRun, found: _Found) -> Iterator[Part]:
    rows = [row for (name, _), row in found.items() if name == "doses_by_product"]
    whole = {"doses_per_year": " doses per year", **_BESIDE_A_YEAR}
    told = [(row, f" doses of {row.step} per year") for row in rows if len(rows) > 1]
    told += [(found[name, None], words) for name, words in whole.items() if (name, None) in found and not told]
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
    if row.low is not None and row.low != row.high:
        yield from (" (95 % interval of the mean: ", *span(row.low, row.high), ")")


def _lots(found: _Found) -> Iterator[Part]:
    released, lost = found.get(("released_fraction", None)), found.get(("failures_per_year", None))
    if released is not None:
        yield from (percent(released.mean), " of the lots that ended were released")
        if lost is not None:
            yield from (", ", number(lost.mean), " per year were lost or rejected")
        yield from (*_out_of_specification(found), ". ")
        return
    for name, words in (("batches_finished", " batches finished"), ("batches_rejected", " lost")):
        if (name, None) in found:
            yield from ("" if name == "batches_finished" else " and ", number(found[name, None].mean), words)
    yield " in a run. "


def _out_of_specification(found: _Found) -> Iterator[Part]:
    """Yield the attribute whose first results are most often out of specification."""
    rows = [row for (name, _), row in found.items() if name == "out_of_specification"]
    most = max(rows, key=lambda row: row.mean or 0.0, default=None)
    if most is not None and most.mean:
        yield from (f"; most often out of specification: {most.step} (", percent(most.mean), " of first results)")


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
    """Yield who was served in time: patients, orders, or batches with a due date."""
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
    yield from (f"the most occupied equipment is {most.step}, ", percent(most.mean), " of the time")
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
        yield from (f"Lots wait longest for {_WAITS[most.name]} before {most.step}: ", amount(most.mean, "h"))
        yield " on the mean. "


def _longest_job(found: _Found) -> Iterator[Part]:
    jobs = [row for (name, _), row in found.items() if name == "job_time"]
    most = max(jobs, key=lambda row: row.mean or 0.0, default=None)
    if most is not None and most.mean:
        yield from (f"The longest job after the recipe is {most.step}: ", amount(most.mean, "h"), " until it is done. ")
