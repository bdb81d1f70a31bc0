"""The warehouse and its orders: cases by hand, a twin that goes hour by hour, balances of doses, directions."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from exosim.demand import Demand, Order, Warehouse
from exosim.records import BatchRecord, Disposition, Event, Run
from exosim.service.dispatch import dispatch
from exosim.service.orders import OrderRecord, made_to_order
from exosim.service.warehouse import NOBODY, OPENING, Lot, StockCourse, fit_to_ship, stock_course

END = 60.0
FOREVER = math.inf


def lot(batch: int, made: float, doses: int, available: float | None = None, recalled: float | None = None) -> Lot:
    return Lot(batch, made, made if available is None else available, doses, recalled)


def order(number: int, due: float, doses: int, patience: float = FOREVER, *, partial: bool = False) -> Order:
    return Order(number, due, doses=doses, patience=patience, partial=partial)


def course(lots: Sequence[Lot], orders: Sequence[Order], life: float = FOREVER, least: float = 0.0) -> StockCourse:
    return stock_course(Warehouse("", life, least), lots, orders, END)


def shipped(found: StockCourse) -> list[tuple[int, int, int, float]]:
    """Return each delivery: order, lot, doses, time."""
    return [(m.order, m.batch, m.doses, m.time) for m in found.movements if m.kind == "shipped"]


def fates(found: StockCourse) -> list[str]:
    return [one.fate for one in found.orders]


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_one_lot_one_order() -> None:
    """Ten doses come in at hour 5; four of them leave at hour 8, when they are due."""
    found = course([lot(0, 3.0, 10, available=5.0)], [order(0, 8.0, 4)])
    assert [tuple(m) for m in found.movements] == [
        (5.0, "in", "", 0, NOBODY, 10, 10),
        (8.0, "shipped", "", 0, 0, 4, 6),
    ]
    (of_lot,), (of_order,) = found.lots, found.orders
    assert (of_lot.doses, of_lot.shipped, of_lot.left, of_lot.made) == (10, 4, 6, 3.0)
    assert (of_order.fate, of_order.filled, of_order.late_by, of_order.shipped_on_time) == ("on_time", 8.0, 0.0, 4)


def test_what_comes_in_at_the_due_date_is_in_time() -> None:
    found = course([lot(0, 8.0, 4)], [order(0, 8.0, 4)])
    assert fates(found) == ["on_time"]


def test_an_order_waits_until_it_is_complete() -> None:
    """Three of five doses are there at the due date; all leave together when the next lot comes."""
    lots = [lot(0, 1.0, 3), lot(1, 12.0, 3)]
    found = course(lots, [order(0, 8.0, 5)])
    assert shipped(found) == [(0, 0, 3, 12.0), (0, 1, 2, 12.0)]
    assert (found.orders[0].fate, found.orders[0].late_by, found.orders[0].shipped_on_time) == ("late", 4.0, 0)


def test_a_partial_order_takes_what_is_there() -> None:
    found = course([lot(0, 1.0, 3), lot(1, 12.0, 3)], [order(0, 8.0, 5, partial=True)])
    assert shipped(found) == [(0, 0, 3, 8.0), (0, 1, 2, 12.0)]
    assert (found.orders[0].shipped, found.orders[0].shipped_on_time, found.orders[0].filled) == (5, 3, 12.0)


def test_expired_the_hour_before() -> None:
    """A dose of shelf life 10 that was made at hour 1 may leave at 10, and is gone at 11."""
    for due, fate in ((10.0, "on_time"), (11.0, "open"), (12.0, "open")):
        found = course([lot(0, 1.0, 2)], [order(0, due, 2)], life=10.0)
        assert fates(found) == [fate]
        assert found.lots[0].expired == (0 if fate == "on_time" else 2)


def test_the_minimum_remaining_life_counts_at_shipping() -> None:
    """Three of the ten hours must be left: the last moment is hour 8 itself; the doses stay until they expire."""
    for due, fate in ((8.0, "on_time"), (8.5, "open")):
        found = course([lot(0, 1.0, 2)], [order(0, due, 2)], life=10.0, least=3.0)
        assert fates(found) == [fate]
    assert found.movements[-1].kind == "expired" and found.movements[-1].time == 11.0


def test_released_too_late_expires_at_the_door() -> None:
    found = course([lot(0, 1.0, 2, available=15.0)], [order(0, 15.0, 2)], life=10.0)
    assert [(m.time, m.kind) for m in found.movements] == [(15.0, "in"), (15.0, "expired")]


def test_first_expired_first_out() -> None:
    """What was made first leaves first, although it was released last."""
    lots = [lot(0, 5.0, 4, available=6.0), lot(1, 2.0, 3, available=9.0)]
    found = course(lots, [order(0, 10.0, 5)], life=50.0)
    assert shipped(found) == [(0, 1, 3, 10.0), (0, 0, 2, 10.0)]


def test_without_a_shelf_life_the_first_in_is_the_first_out() -> None:
    lots = [lot(0, 5.0, 4, available=6.0), lot(1, 2.0, 3, available=9.0)]
    assert shipped(course(lots, [order(0, 10.0, 5)])) == [(0, 0, 4, 10.0), (0, 1, 1, 10.0)]


def test_impatience_ends_an_order_and_serves_the_next() -> None:
    """The first wants more than there is; when its customer gives up at hour 14, the second is served at once."""
    orders = [order(0, 8.0, 9, patience=6.0), order(1, 10.0, 3)]
    found = course([lot(0, 1.0, 5)], orders)
    assert fates(found) == ["lost", "late"]
    assert (found.orders[0].lost, found.orders[0].shipped) == (14.0, 0)
    assert shipped(found) == [(1, 0, 3, 14.0)]


def test_what_was_shipped_of_a_lost_order_stays_shipped() -> None:
    found = course([lot(0, 1.0, 5)], [order(0, 8.0, 9, patience=6.0, partial=True), order(1, 9.0, 1)])
    assert (found.orders[0].fate, found.orders[0].shipped, found.lots[0].shipped) == ("lost", 5, 5)
    assert fates(found) == ["lost", "open"]


def test_what_comes_in_at_the_last_moment_still_fills() -> None:
    assert fates(course([lot(0, 14.0, 9)], [order(0, 8.0, 9, patience=6.0)])) == ["late"]
    assert fates(course([lot(0, 8.0, 9)], [order(0, 8.0, 9, patience=0.0)])) == ["on_time"]


def test_two_who_give_up_at_one_moment() -> None:
    """The first to go leaves its doses to the second, which is served at its last moment; the third finds none."""
    orders = [order(0, 8.0, 9, patience=6.0), order(1, 9.0, 5, patience=5.0), order(2, 10.0, 1, patience=4.0)]
    assert fates(course([lot(0, 1.0, 5)], orders)) == ["lost", "late", "lost"]


def test_nobody_overtakes() -> None:
    """An order keeps what is there for itself, whatever a later one could take."""
    found = course([lot(0, 1.0, 5), lot(1, 20.0, 5)], [order(0, 8.0, 9), order(1, 9.0, 1)])
    assert shipped(found) == [(0, 0, 5, 20.0), (0, 1, 4, 20.0), (1, 1, 1, 20.0)]


def test_ties_go_by_number() -> None:
    """Two orders due at one moment are served in their order, two lots that expire together in theirs."""
    lots = [lot(1, 1.0, 2), lot(0, 1.0, 2)]
    found = course(lots, [order(1, 8.0, 2), order(0, 8.0, 1)], life=20.0)
    assert shipped(found) == [(0, 0, 1, 8.0), (1, 0, 1, 8.0), (1, 1, 1, 8.0)]


def test_a_recall_empties_the_shelf() -> None:
    """Four doses were shipped before the recall, six are withdrawn; at its very moment nothing more leaves."""
    found = course([lot(0, 1.0, 10, recalled=12.0)], [order(0, 8.0, 4), order(1, 12.0, 1)])
    (of_lot,) = found.lots
    assert (of_lot.shipped, of_lot.recalled, of_lot.recalled_after_shipping, of_lot.recalled_at) == (4, 6, 4, 12.0)
    assert fates(found) == ["on_time", "open"]


def test_opening_stock_has_an_age() -> None:
    rules = Warehouse("", 10.0, 0.0, 5, 4.0)
    found = stock_course(rules, [], [order(0, 5.0, 2), order(1, 6.0, 1)], END)
    assert found.lots[0].batch == OPENING and found.lots[0].made == -4.0
    assert fates(found) == ["on_time", "open"]
    assert found.movements[-1][:2] == (6.0, "expired")


def test_what_comes_after_the_end_is_not_told() -> None:
    found = course([lot(0, END, 2), lot(1, END + 1.0, 2)], [order(0, END, 2), order(1, END + 1.0, 2)])
    assert fates(found) == ["on_time"] and [one.batch for one in found.lots] == [0]


# -- against a twin ----------------------------------------------------------------------------------------------------

HOURS = st.integers(0, 30)


@st.composite
def lots_of(draw: st.DrawFn) -> list[Lot]:
    """Draw lots whose times are whole hours."""
    found = []
    for number in range(draw(st.integers(0, 5))):
        made, wait = draw(HOURS), draw(st.integers(0, 6))
        recalled = draw(st.none() | st.integers(0, 15))
        at = None if recalled is None else float(made + wait + recalled)
        found.append(Lot(number, float(made), float(made + wait), draw(st.integers(1, 8)), at))
    return found


@st.composite
def orders_of(draw: st.DrawFn) -> list[Order]:
    """Draw orders whose times are whole hours."""
    return [
        order(
            number,
            float(draw(HOURS)),
            draw(st.integers(1, 9)),
            float(draw(st.integers(0, 9))) if draw(st.booleans()) else FOREVER,
            partial=draw(st.booleans()),
        )
        for number in range(draw(st.integers(0, 6)))
    ]


LIFE = st.integers(1, 15) | st.just(FOREVER)


def stepped(
    rules: Warehouse, lots: Sequence[Lot], orders: Sequence[Order]
) -> tuple[Counter[tuple[int, int, float]], dict[int, tuple[float | None, float | None]], list[int], list[int]]:
    """Go hour by hour, dose by dose: what was shipped, when each order was filled or lost, the stock after each hour.

    The last is what of the stock has more than the minimum remaining life.
    """
    shelf: list[Lot] = []
    waiting: list[Order] = []
    missing = {one.number: one.doses for one in orders}
    sent: Counter[tuple[int, int, float]] = Counter()
    ends: dict[int, tuple[float | None, float | None]] = {one.number: (None, None) for one in orders}
    levels, fresh = [], []

    def serve(hour: float) -> None:
        while waiting:
            first = waiting[0]
            fit = [dose for dose in shelf if dose.made + rules.shelf_life - hour >= rules.minimum_remaining_life]
            fit.sort(key=lambda dose: (dose.made + rules.shelf_life, dose.available, dose.batch))
            if len(fit) < missing[first.number] and not first.partial:
                return
            for dose in fit[: missing[first.number]]:
                shelf.remove(dose)
                sent[first.number, dose.batch, hour] += 1
                missing[first.number] -= 1
            if missing[first.number]:
                return
            ends[first.number] = (hour, None)
            waiting.pop(0)

    for step in range(int(END) + 1):
        hour = float(step)
        shelf += [one for one in lots if one.available == hour for _ in range(one.doses)]
        shelf = [dose for dose in shelf if dose.recalled is None or dose.recalled > hour]
        shelf = [dose for dose in shelf if dose.made + rules.shelf_life > hour]
        waiting += sorted((one for one in orders if one.due == hour), key=lambda one: one.number)
        serve(hour)
        for one in [one for one in waiting if one.due + one.patience == hour]:
            serve(hour)
            if one in waiting:
                waiting.remove(one)
                ends[one.number] = (None, hour)
        serve(hour)
        levels.append(len(shelf))
        fresh.append(sum(dose.made + rules.shelf_life - hour > rules.minimum_remaining_life for dose in shelf))
    return sent, ends, levels, fresh


@settings(max_examples=400, deadline=None)
@given(lots_of(), orders_of(), LIFE, st.integers(0, 6))
def test_the_twin_that_goes_hour_by_hour_agrees(lots: list[Lot], orders: list[Order], life: float, least: int) -> None:
    rules = Warehouse("", life, float(least))
    found = stock_course(rules, lots, orders, END)
    sent, ends, levels, fresh = stepped(rules, lots, orders)
    deliveries: Counter[tuple[int, int, float]] = Counter()
    for number, batch, doses, time in shipped(found):
        deliveries[number, batch, time] += doses
    assert deliveries == sent
    assert {one.number: (one.filled, one.lost) for one in found.orders} == ends
    for hour, level in enumerate(levels):
        assert level == next((m.stock for m in reversed(found.movements) if m.time <= hour), 0)
    fit = fit_to_ship(rules, found)
    for hour, level in enumerate(fresh):  # as it is between this hour and the next
        assert level == next((doses for time, doses in reversed(fit) if time <= hour), 0)


@settings(max_examples=200, deadline=None)
@given(lots_of(), orders_of(), LIFE, st.integers(0, 6), st.integers(0, 5))
def test_doses_are_conserved_at_every_moment(
    lots: list[Lot], orders: list[Order], life: float, least: int, opening: int
) -> None:
    """In = shipped + expired + recalled + left, movement by movement, lot by lot, and order by order."""
    rules = Warehouse("", life, float(least), opening, 1.0)
    found = stock_course(rules, lots, orders, END)
    so_far: Counter[str] = Counter()
    for move in found.movements:
        assert move.doses > 0
        so_far[move.kind] += move.doses
        assert move.stock == so_far["in"] - so_far["shipped"] - so_far["expired"] - so_far["recalled"] >= 0
    for one in found.lots:
        assert one.doses == one.shipped + one.expired + one.recalled + one.left
        assert one.recalled_after_shipping <= one.shipped
    assert so_far["in"] == opening + sum(one.doses for one in lots)
    per_order: Counter[int] = Counter()
    for number, _, doses, _ in shipped(found):
        per_order[number] += doses
    for record in found.orders:
        assert record.shipped == per_order[record.number] >= record.shipped_on_time
        assert (record.shipped == record.doses) == (record.filled is not None)
    turned = stock_course(rules, lots[::-1], orders[::-1], END)  # the order in which they are told does not matter
    assert (turned.movements, turned.orders) == (found.movements, found.orders)


# -- directions --------------------------------------------------------------------------------------------------------


def filled_at(found: StockCourse) -> list[float]:
    return [FOREVER if one.filled is None else one.filled for one in found.orders]


def patient(orders: Sequence[Order]) -> list[Order]:
    return [replace(one, patience=FOREVER) for one in orders]


def kept(lots: Sequence[Lot]) -> list[Lot]:
    return [replace(one, recalled=None) for one in lots]


@settings(max_examples=300, deadline=None)
@given(lots_of(), orders_of(), st.integers(1, 15), st.integers(0, 6), st.integers(0, 9), st.integers(0, 6))
def test_a_longer_life_makes_no_patient_order_later(
    lots: list[Lot], orders: list[Order], life: int, least: int, more: int, less: int
) -> None:
    """Where nobody gives up and nothing is recalled; nor does a smaller minimum remaining life."""
    lots, orders = kept(lots), patient(orders)
    before = filled_at(course(lots, orders, float(life), float(least)))
    longer = filled_at(course(lots, orders, float(life + more), float(least)))
    looser = filled_at(course(lots, orders, float(life), float(max(least - less, 0))))
    assert all(after <= at for after, at in zip(longer, before, strict=True))
    assert all(after <= at for after, at in zip(looser, before, strict=True))


@settings(max_examples=300, deadline=None)
@given(
    lots_of(), st.lists(HOURS, max_size=7), st.integers(1, 6), st.integers(0, 6), st.integers(1, 15), st.integers(0, 9)
)
def test_a_longer_life_loses_no_more_of_like_orders(
    lots: list[Lot], dues: list[int], doses: int, patience: int, life: int, more: int
) -> None:
    """Where all orders have the same size and patience."""
    orders = [order(number, float(due), doses, float(patience)) for number, due in enumerate(sorted(dues))]
    lost = [fates(course(kept(lots), orders, float(hours))).count("lost") for hours in (life, life + more)]
    assert lost[1] <= lost[0]


def test_a_longer_life_can_lose_more_of_unlike_orders() -> None:
    """Doses that no longer expire fill a large order, and two small ones are lost for it."""
    lots = [lot(0, 0.0, 4), lot(1, 9.0, 2)]
    orders = [order(0, 9.0, 6, 0.0), order(1, 10.0, 1, 0.0), order(2, 11.0, 1, 0.0)]
    assert fates(course(lots, orders, 8.0)) == ["lost", "on_time", "on_time"]
    assert fates(course(lots, orders, 20.0)) == ["on_time", "lost", "lost"]


@settings(max_examples=300, deadline=None)
@given(lots_of(), orders_of(), st.data())
def test_an_earlier_lot_makes_no_patient_order_later(lots: list[Lot], orders: list[Order], data: st.DataObject) -> None:
    """Where nothing expires, nobody gives up and nothing is recalled."""
    lots, orders = kept(lots), patient(orders)
    sooner = [replace(one, available=float(data.draw(st.integers(0, int(one.available))))) for one in lots]
    before, after = filled_at(course(lots, orders)), filled_at(course(sooner, orders))
    assert all(new <= old for new, old in zip(after, before, strict=True))


def test_an_earlier_lot_can_make_an_order_later_where_doses_expire() -> None:
    """Served sooner, the first order takes fresh doses, since the old ones come later; these expire for the second."""
    orders = [order(0, 5.0, 2), order(1, 12.0, 2)]
    old, fresh = lot(0, 2.0, 2, available=8.0), lot(1, 7.0, 2, available=9.0)
    late = course([old, fresh], orders, 9.0)
    soon = course([old, replace(fresh, made=7.0, available=7.0)], orders, 9.0)
    assert filled_at(late) == [8.0, 12.0]
    assert filled_at(soon) == [7.0, FOREVER]


# -- made to order -----------------------------------------------------------------------------------------------------


def batch(number: int, due: float, ended: float | None, disposition: Disposition = "finished") -> BatchRecord:
    available = ended if disposition in ("finished", "released") else None
    return BatchRecord(number, 0, 1.0, ended, disposition, doses=10.0, due=due, manufactured=ended, available=available)


def of_batches(
    batches: Sequence[BatchRecord], count: int = 2, due: float = 20.0, patience: float = FOREVER
) -> OrderRecord:
    (found,) = made_to_order([Order(0, due, batches=count, patience=patience)], batches, END)
    return found


def test_an_order_of_batches_is_filled_with_its_last_one() -> None:
    found = of_batches([batch(0, 20.0, 18.0), batch(1, 20.0, 25.0)])
    assert (found.fate, found.filled, found.late_by) == ("late", 25.0, 5.0)
    assert of_batches([batch(0, 20.0, 18.0), batch(1, 20.0, 20.0)]).fate == "on_time"


def test_a_lost_batch_is_not_made_again() -> None:
    found = of_batches([batch(0, 20.0, 18.0), batch(1, 20.0, 15.0, "rejected")])
    assert (found.fate, found.lost) == ("lost", 15.0)
    assert of_batches([batch(0, 20.0, 18.0), batch(1, 20.0, None, "unfinished")]).fate == "open"
    assert of_batches([batch(0, 20.0, 18.0)]).fate == "open"


def test_patience_counts_for_batches_too() -> None:
    pair = [batch(0, 20.0, 18.0), batch(1, 20.0, 25.0)]
    assert of_batches(pair, patience=5.0).fate == "late"
    found = of_batches(pair, patience=4.0)
    assert (found.fate, found.lost) == ("lost", 24.0)


def test_batches_of_one_due_date_go_to_the_orders_in_turn() -> None:
    orders = [Order(0, 20.0, batches=1), Order(1, 20.0, batches=2)]
    made = [batch(2, 20.0, 30.0), batch(0, 20.0, 19.0), batch(1, 20.0, 22.0)]
    assert [one.filled for one in made_to_order(orders, made, END)] == [19.0, 30.0]


# -- a run -------------------------------------------------------------------------------------------------------------


def test_a_run_is_put_against_its_demand() -> None:
    """Two products: one from stock, with a lot that is released conditionally and recalled, one made to order."""
    batches = [
        BatchRecord(0, 0, 0.0, 9.0, "released", doses=10.0, campaign="a", manufactured=5.0, available=8.0),
        BatchRecord(1, 0, 0.0, 20.0, "rejected", doses=6.0, campaign="a", manufactured=9.0, available=10.0),
        BatchRecord(2, 0, 0.0, 30.0, "rejected", doses=0.0, campaign="a", manufactured=29.0),
        BatchRecord(3, 0, 1.0, 12.0, "finished", doses=7.0, campaign="b", due=14.0, manufactured=12.0, available=12.0),
    ]
    log = [Event(10.0, 1, event="conditional"), Event(18.0, 1, event="recalled"), Event(20.0, 1, event="rejected")]
    demand = Demand(
        (Order(0, 14.0, "b", batches=1), Order(1, 15.0, "a", doses=12), Order(2, 18.0, "a", doses=1)),
        (Warehouse("a", 100.0),),
    )
    found = dispatch(Run(0, log, batches, END, 3), demand)
    shipped = [step for step in found.movements if step.kind == "shipped"]
    assert [(d.order, d.batch, d.doses, d.time) for d in shipped] == [(1, 0, 10, 15.0), (1, 1, 2, 15.0)]
    assert [one.fate for one in found.orders] == ["on_time", "on_time", "open"]
    assert [(one.batch, one.made, one.recalled, one.recalled_after_shipping) for one in found.lots] == [
        (0, 5.0, 0, 0),
        (1, 9.0, 4, 2),
    ]
    assert all(a.time <= b.time for a, b in itertools.pairwise(found.movements))


def test_no_demand_no_dispatch() -> None:
    found = dispatch(Run(0, [], [batch(0, 1.0, 5.0)], END, 0), Demand())
    assert not found.orders and not found.lots and not found.movements and not Demand()


@pytest.mark.parametrize("doses", [0.0, 0.4])
def test_a_batch_without_doses_brings_nothing(doses: float) -> None:
    made = BatchRecord(0, 0, 0.0, 5.0, "finished", doses=doses, manufactured=5.0, available=5.0)
    assert not dispatch(Run(0, [], [made], END, 0), Demand(warehouses=(Warehouse(),))).lots
