"""How `why` says things: who had what, in a few words, and what became of a lot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from exosim.attribution.causes import Span
from exosim.attribution.holders import class_of
from exosim.records import BatchRecord, Event
from exosim.release import ASSAY


def who(span: Span, products: Mapping[int, str], own: int = -1) -> str:
    """Return in a few words what a span was spent on, or who had what the lot waited for.

    Parameters
    ----------
    span : of one cause
    products : name of what each batch makes; empty where the site makes one product
    own : number of the lot itself
    """
    itself = span.lot == own and span.lot >= 0
    other = "the lot itself" if itself else lot_words(span.lot, products)
    doing = f" ({plain_place(span.note)})" if span.note and span.lot >= 0 else ""
    unit, note = class_of(span.resource) if " " in span.resource else span.resource, span.note
    after = f" after {other}" if other else ""
    texts = {
        "work": span.place, "gowning": span.place, "zero_wait": "", "review": span.place, "desk": span.place,
        "repeated": f"{span.place}, after {note}", "failure": f"{note} in {span.place}",
        "unit": f"{unit}: {other}{doing}", "turnaround": f"{unit}{after}", "unit_out": f"{span.resource}: {note}",
        "unit_preparation": f"{unit}: {note or 'preparation'}", "room": f"{span.resource}: {other}",
        "clearance": f"{span.resource}{after}", "changeover": f"{span.resource}, {note}" if note else span.resource,
        "people": f"{span.resource}: {other + doing if other else note or 'a preparation'}",
        "analysts": f"{span.resource}: {other + doing if other else note}",
        "instrument": f"{unit}: {other + doing if other else note}",
        "off_shift": f"{span.resource}: {note}", "material": f"{span.resource}: {note}",
        "utility": f"{span.resource}: {other + doing if other else note}", "repair": f"{span.resource}: {note}",
        "closure": f"{span.place}: {note}" if note else span.place,
    }  # fmt: skip
    return plain_place(texts.get(span.cause, span.place))


def lot_words(number: int, products: Mapping[int, str]) -> str:
    """Return the name of a batch as people say it, such as ``lot 16 of reference``; empty for none."""
    if number < 0:
        return ""
    product = products.get(number, "")
    return f"lot {number + 1} of {product}" if product else f"lot {number + 1}"


def plain_place(text: str) -> str:
    """Return the address of a job without the kind of its table, where that says nothing more."""
    return text.removeprefix(ASSAY)


def fates(lot: BatchRecord, own: Sequence[Event], end: float) -> list[str]:
    """Return what became of a lot until the `end` of the run: its disposition, and what happened on the way."""
    told = [_disposition(lot, own)]
    passes: dict[str, int] = {}
    for event in own:
        if event.event == "ready":
            passes[event.procedure] = passes.get(event.procedure, 0) + 1
    reworked = [name for name, count in passes.items() if count > 1]
    told += [f"reworked from {reworked[0]}"] if reworked else []
    failed = (f"{event.note} in {event.procedure}" for event in own if event.event == "failure")
    told += [failure for failure in failed if not told[0].endswith(f": {failure}")]
    out = sum(event.event == "result" and event.note == "oos" for event in own)
    told += [f"{out} result{'s' if out > 1 else ''} out of specification"] if out else []
    told += ["conditional release"] if any(e.event == "conditional" for e in own) else []
    told += ["recalled"] if any(e.event == "recalled" for e in own) else []
    ended = lot.ended if lot.ended is not None else end
    if lot.due > lot.started and ended > lot.due:
        told.append(f"late by {days(ended - lot.due)}")
    return list(dict.fromkeys(told))


def _disposition(lot: BatchRecord, own: Sequence[Event]) -> str:
    """Return how a lot ended, and where and by what it was rejected."""
    if lot.disposition != "rejected":
        return lot.disposition.replace("_", " ")
    return f"rejected: {rejected_by(lot, own)}"


def rejected_by(lot: BatchRecord, own: Sequence[Event]) -> str:
    """Return what had a lot rejected: the assay that it failed, or the last failure on the line."""
    failed = [e.procedure for e in own if e.event == "verdict" and e.note == "fail"]
    if failed and lot.manufactured is not None:
        return f"{plain_place(failed[-1])} out of specification"
    known = [e.phase for e in own if e.event == "result" and e.note == "oos" and not e.procedure]
    if known and lot.manufactured is not None:
        return f"{known[-1]} out of specification"
    for event in reversed(own):
        if event.event == "failure" or (event.event == "deviation" and event.note == "max_hold"):
            reason = "waited longer than allowed" if event.note == "max_hold" else event.note
            return f"{reason} in {event.procedure}"
        if event.event == "down":
            return f"{event.note} of {event.unit}"
    return "no reason in the log"


def days(hours: float) -> str:
    """Return hours as people say them: in days from one day on, else in hours."""
    return f"{hours / 24.0:.1f} d" if abs(hours) >= 23.95 else f"{hours:.1f} h"
