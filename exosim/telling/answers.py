"""The answer of a run in three lines: how much, how good and how sure, and what holds it back.

Every word follows from the saved results: a line that they do not bear is not told.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from exosim.parameter import GRADES
from exosim.ranking import asked_first
from exosim.readings import ALL_ATTRIBUTES
from exosim.saved import Saved
from exosim.saved_run import SavedRun
from exosim.saved_yields import SavedYields
from exosim.summaries import Summary
from exosim.telling.cells import Part, Sentence, amount, number, percent, span, told
from exosim.telling.run_answers import of_run
from exosim.titles import headline_title

_MOST_INPUTS = 3
_BETWEEN = {"study": "", "donor": " between donors", "batch": " between batches"}
"""Of whom an input tells, by the level at which it varies; at the level of the study it is a number nobody knows."""
_OF_A_TEST = (
    "false_alarms_per_patient_year", "positive_predictive_value", "negative_predictive_value", "sensitivity",
    "specificity",
)  # fmt: skip
_OF_CARGO = (
    ("cargo_per_dose", "a dose carries ", " of cargo in truth"),
    ("apparent_cargo_per_dose", "; an assay of all cargo would say ", ". "),
)
_GOOD = ("ev_yield", "cell_yield", "evs_per_protein", "purity_relative_to_ceiling")
"""Headlines of a diagnostic test, and of yield and purity, that are told where they are reported."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the answer: what it is about, and what is so."""

    about: str
    says: Sentence

    def __str__(self) -> str:
        return f"{self.about}: {told(self.says).rstrip()}"


def answer(saved: Saved) -> tuple[Line, ...]:
    """Return the lines of the answer, in the order in which people ask."""
    found = of_run(saved) if isinstance(saved, SavedRun) else _of_yield(saved)
    return tuple(Line(about, _capital(says)) for about, says in found if says)


def _capital(says: Sentence) -> Sentence:
    """Return a sentence that begins with a capital letter, unless it begins with a number."""
    parts = tuple(part for part in says if part != "")
    first = parts[0]
    return (first[:1].upper() + first[1:], *parts[1:]) if isinstance(first, str) else parts


# -- a batch ----------------------------------------------------------------------------------------------------------


def _of_yield(yields: SavedYields) -> Iterator[tuple[str, Sentence]]:
    yield "How much", (*_pairs(yields), *_cargo(yields), *_doses(yields), *_in_specification(yields))
    yield "What a result means", (*_condition(yields), *_told_beside(yields, _OF_A_TEST))
    yield "How good", tuple(_told_beside(yields, _GOOD))
    yield "What holds it back", (*_hangs_on(yields), *_largest_loss(yields), *_held_by(yields))


def _pairs(yields: SavedYields) -> Iterator[Part]:
    """Yield the pairs of doses that a batch gives, where the product has a companion."""
    if yields.has("dose_pairs"):
        found = yields.summary("dose_pairs")
        yield from (number(found.median), " pairs of doses per started batch at the median ")
        yield from ("(5 to 95 %: ", *span(found.p5, found.p95), "). ")


def _cargo(yields: SavedYields) -> Iterator[Part]:
    """Yield the cargo of a dose as it is beside what appears to be loaded, where something is."""
    for name, before, after in _OF_CARGO:
        if yields.has(name):
            found = yields.summary(name)
            yield from (before, *_typical(replace(found, unit=found.unit.removesuffix("/dose"))), after)


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
        yield from (f"{'; ' if place else ''}{headline_title(name, yields)} ", *_typical(yields.summary(name)))
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
    """Return the headline whose spread is told: the first that is asked for, else the first that varies; or empty."""
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
