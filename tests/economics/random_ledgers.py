"""Random ledgers of costs, for laws that hold in any."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from exosim.cost_numbers import CATEGORIES
from exosim.economics.ledger import CostLedger, CostLine, Occupation
from exosim.economics.usage import NOBODY
from exosim.records import BatchRecord

_STEPS = ("", "expand", "polish", "assay.qpcr", "deviation.1", "review.quality", "material.buffer")
_DRIVERS = ("consumed", "worked", "idle", "passed", "drawn", "tested", "started", "released")
_FATES = ("released", "released_with_deviation", "finished", "rejected", "unfinished")


@st.composite
def ledgers(draw: st.DrawFn) -> CostLedger:
    """Return a ledger of up to six lots and forty lines, with what each lot occupied."""
    count, hours = draw(st.integers(0, 6)), draw(st.floats(1.0, 20_000.0))
    start = draw(st.sampled_from((0.0, 1000.0)))
    batches = [draw(_batches(number, start, hours)) for number in range(count)]
    lines = draw(st.lists(_lines(count, start, hours), max_size=40))
    occupation = {f"equipment.{name}": draw(_occupations(count)) for name in ("tank", "skid")}
    released = float(sum(batch.doses for batch in batches if batch.good))
    lots = sum(batch.good for batch in batches)
    return CostLedger(lines, batches, released, hours, "EUR", 0.0, {}, 1e12 * lots, lots, occupation, start)


@st.composite
def _batches(draw: st.DrawFn, number: int, start: float, hours: float) -> BatchRecord:
    fate: Any = draw(st.sampled_from(_FATES))
    begun = draw(st.floats(0.0, start + hours))
    ended = None if fate == "unfinished" else draw(st.floats(begun, start + hours))
    doses = 10.0 if fate not in ("rejected", "unfinished") else 0.0
    campaign = draw(st.sampled_from(("", "a", "b")))
    return BatchRecord(number, 0, begun, ended, fate, doses=doses, campaign=campaign)


def _lines(count: int, start: float, hours: float) -> st.SearchStrategy[CostLine]:
    batch = st.integers(NOBODY, count - 1)
    amount = st.floats(0.0, 1e6, allow_subnormal=False)
    price = st.floats(-1e3, 1e5, allow_subnormal=False)
    when = st.floats(start, start + hours)
    return st.builds(
        CostLine, batch, st.sampled_from(_STEPS), st.sampled_from(("material.buffer", "building", "lot")),
        st.sampled_from(_DRIVERS), amount, st.just("h"), price, st.sampled_from(list(CATEGORIES)), when,
    )  # fmt: skip


@st.composite
def _occupations(draw: st.DrawFn, count: int) -> Occupation:
    hours = st.sampled_from((0.0, 1.0, 7.5, 100.0))
    return Occupation(draw(st.floats(1.0, 1e4)), {n: draw(hours) for n in range(count)})
