"""Views and allocation: every view of every ledger has the same total, to the cent and far below."""

from __future__ import annotations

import math
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.economics.allocation import RULES, Rule, allocated, bottleneck_of, failed_cost
from exosim.economics.ledger import CostLedger, CostLine, Occupation
from exosim.economics.usage import NOBODY
from exosim.economics.views import (
    DIRECT,
    FAILED,
    INDIRECT,
    MONTH,
    NO_LOT,
    RELEASED,
    UNFINISHED,
    VIEWS,
    by_month,
    rounded,
)
from exosim.records import BatchRecord
from tests.economics.random_ledgers import ledgers


def same(parts: Mapping[str, float], ledger: CostLedger) -> None:
    """Assert that parts add up to the total, but for what adding up in another order loses."""
    size = math.fsum(abs(line.cost) for line in ledger.lines)
    assert abs(math.fsum(parts.values()) - ledger.total) <= 1e-13 * size


@given(ledgers())
def test_every_view_has_the_same_total(ledger: CostLedger) -> None:
    for view in VIEWS.values():
        same(ledger.by(view(ledger)), ledger)
    same(by_month(ledger), ledger)


@given(ledgers(), st.sampled_from(list(RULES)))
def test_allocation_keeps_the_total_of_each_view_of_what_is_shared(ledger: CostLedger, rule: Rule) -> None:
    """Categories and resources keep their sums; nothing is left of no lot where any lot has a weight."""
    whole = allocated(ledger, rule)
    same({"all": whole.total}, ledger)
    size = math.fsum(abs(line.cost) for line in ledger.lines)
    for view in ("category", "resource", "four", "direct"):
        before, after = ledger.by(VIEWS[view](ledger)), whole.by(VIEWS[view](whole))
        assert after == pytest.approx(before, rel=1e-12, abs=1e-12 * size + 1e-300)
    if any(weight > 0.0 for weight in RULES[rule](ledger).values()):
        assert NO_LOT not in whole.by(VIEWS["lots"](whole))


@given(ledgers(), st.integers(-3, 6))
def test_rounded_rows_add_up_to_the_rounded_total(ledger: CostLedger, places: int) -> None:
    """No row is off by a whole unit, and the sum is that of the total, exactly, in decimals."""
    parts = ledger.by(VIEWS["category"](ledger))
    shown, unit = rounded(parts, places), Decimal(1).scaleb(-places)
    total = (Decimal(math.fsum(parts.values())) / unit).to_integral_value(ROUND_HALF_EVEN) * unit
    slack = 1e-6 * float(unit) + 1e-15 * math.fsum(map(abs, parts.values()))
    assert math.fsum(shown.values()) == pytest.approx(float(total), abs=slack)
    assert all(abs(shown[name] - parts[name]) < float(unit) * (1 + 1e-9) + slack for name in parts)


def test_three_thirds_of_a_euro_show_as_one_euro() -> None:
    assert rounded({"a": 1 / 3, "b": 1 / 3, "c": 1 / 3}) == {"a": 0.34, "b": 0.33, "c": 0.33}
    assert rounded({}) == {}


def line(batch: int, category: str, cost: float, **more: object) -> CostLine:
    """Return a line of so much money."""
    known = {"step": "expand", "resource": "x", "driver": "consumed", "unit": "L", "time": 10.0} | more
    return CostLine(batch, quantity=1.0, price=cost, category=category, **known)  # type: ignore[arg-type]


LOTS = (
    BatchRecord(0, 0, 0.0, 100.0, "released", doses=10.0, campaign="a", manufactured=60.0),
    BatchRecord(1, 0, 50.0, 200.0, "rejected", campaign="b", manufactured=90.0),
    BatchRecord(2, 0, 900.0, None, "unfinished", campaign="a"),
)
LINES = [
    line(0, "materials", 100.0),
    line(0, "labor", 50.0),
    line(0, "labor", 20.0, step="assay.qpcr"),
    line(1, "consumables", 40.0, time=MONTH + 1.0),
    line(2, "quality", 5.0, time=990.0),
    line(NOBODY, "labor", 30.0, driver="idle", step="", time=0.0),
    line(NOBODY, "equipment", 60.0, driver="passed", step="", time=0.0),
    line(NOBODY, "fees", 10.0, driver="passed", step="", time=0.0),
]
TAKEN = {
    "equipment.tank": Occupation(1000.0, {0: 60.0, 1: 30.0, 2: 10.0}),
    "equipment.skid": Occupation(2000.0, {0: 1.0, 1: 149.0}),
}
LEDGER = CostLedger(LINES, LOTS, 10.0, 2 * MONTH, "EUR", 30.0, {}, 4e12, 1, TAKEN)


def view(name: str, ledger: CostLedger = LEDGER) -> Mapping[str, float]:
    return ledger.by(VIEWS[name](ledger))


def test_heads_of_cost_as_the_schools_of_the_field_have_them() -> None:
    assert view("direct") == {DIRECT: 215.0, INDIRECT: 100.0}
    assert view("four") == {
        "materials": 100.0, "labor": 100.0, "capital charges": 60.0, "consumables": 40.0, "other": 15.0
    }  # fmt: skip
    assert view("superpro") == {
        "raw materials": 100.0, "labor-dependent": 80.0, "facility-dependent": 60.0, "failed product": 40.0,
        "laboratory, QC and QA": 25.0, "miscellaneous": 10.0,
    }  # fmt: skip
    assert view("lots") == {RELEASED: 170.0, NO_LOT: 100.0, FAILED: 40.0, UNFINISHED: 5.0}
    assert view("product") == {"a": 175.0, NO_LOT: 100.0, "b": 40.0}


def test_months_share_what_costs_by_the_hour() -> None:
    """Two months: 100 by the hour in equal halves; the rest in the month in which it is used."""
    assert by_month(LEDGER) == {"month 1": pytest.approx(170.0 + 50.0), "month 2": pytest.approx(45.0 + 50.0)}


def test_the_bottleneck_carries_the_costs_of_no_lot() -> None:
    """The tank is taken for 10 % of its hours, the skid for 7.5 %: the lots carry 60, 30 and 10 of 100."""
    assert bottleneck_of(LEDGER) == "equipment.tank"
    assert view("lots", allocated(LEDGER)) == pytest.approx({RELEASED: 230.0, FAILED: 70.0, UNFINISHED: 15.0})
    assert failed_cost(LEDGER) == 40.0
    assert failed_cost(LEDGER, "bottleneck") == pytest.approx(70.0)


def test_other_rules_share_by_the_line_or_equally() -> None:
    """On the line for 60, 40 and 2 x 730.5 - 900 hours; equally a third each."""
    left = 2 * MONTH - 900.0
    assert failed_cost(LEDGER, "line") == pytest.approx(40.0 + 100.0 * 40.0 / (60.0 + 40.0 + left))
    assert failed_cost(LEDGER, "equal") == pytest.approx(40.0 + 100.0 / 3.0)


def test_nothing_is_shared_where_no_lot_occupied_anything() -> None:
    alone = CostLedger(LINES[-2:], (), 0.0, MONTH, "EUR")
    assert bottleneck_of(alone) is None
    assert allocated(alone) is alone
    assert math.isnan(alone.cost_per_dose)
    assert math.isnan(alone.cost_per_lot)
    assert math.isnan(alone.cost_per_trillion)


def test_costs_divide_by_what_was_released() -> None:
    """315 in all: over 10 doses, one lot and 4e12 vesicles, those of failed lots not counted."""
    assert (LEDGER.cost_per_dose, LEDGER.cost_per_lot, LEDGER.cost_per_trillion) == (31.5, 315.0, 78.75)
