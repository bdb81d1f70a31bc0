"""Cost lines from uses: each rule by hand, and that nothing is booked twice or lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

from exosim.cost_numbers import EconomicsNumbers
from exosim.economics.booking import booked
from exosim.economics.capital import estimate
from exosim.economics.charges import CHARGED
from exosim.economics.costing import Charge, Costing, EquipmentCost, RoomCost
from exosim.economics.depreciation import METHODS, schedule
from exosim.economics.fixed import YEAR, area_of, capital_of
from exosim.economics.footprint import footprint
from exosim.economics.ledger import CostLedger
from exosim.economics.masses import DEVICES, is_liquid
from exosim.economics.people_lines import roles
from exosim.economics.usage import NOBODY, Use
from exosim.vocabulary import CONSUMABLES

NUMBERS = EconomicsNumbers(overage=0.1, start_up=0.0)
FREE = Costing("EUR", 2024, NUMBERS, "activity", "installed", "straight_line", {}, {}, {}, {}, {}, {})


def world(**known: Any) -> Costing:
    """Return a world in which nothing costs anything but what is given."""
    return replace(FREE, **known)


def use(resource: str, driver: str, quantity: float, unit: str = "h", batch: int = 0, step: str = "p") -> Use:
    return Use(batch, step, resource, driver, quantity, unit, 0.0)


def costs(uses: Sequence[Use], costing: Costing) -> dict[str, float]:
    """Return what uses cost by category, without what costs nothing."""
    return {name: cost for name, cost in book(uses, costing).by(lambda line: line.category).items() if cost}


def book(uses: Sequence[Use], costing: Costing, hours: float = YEAR) -> CostLedger:
    return booked([*uses, use("calendar", "passed", hours, batch=NOBODY, step="")], costing, ())


def prices(**known: float) -> Mapping[str, float]:
    return {f"material.{name}": price for name, price in known.items()}


def test_liquids_are_prepared_beyond_what_is_used_and_columns_are_not() -> None:
    """Ten liters of buffer at 2, a tenth beyond; a liter of resin at 100 is a liter."""
    uses = [use("material.buffer", "consumed", 10.0, "L"), use("material.resin", "consumed", 1.0, "L")]
    found = costs(uses, world(prices=prices(buffer=2.0, resin=100.0)))
    assert found == {"materials": pytest.approx(22.0), "consumables": 100.0}
    own = world(prices=prices(buffer=2.0, resin=100.0), overage={"buffer": 0.5, "resin": 0.2})
    assert costs(uses, own) == {"materials": 30.0, "consumables": 120.0}


def test_what_expires_in_stock_is_paid_for() -> None:
    uses = [use("material.buffer", "expired", 7.0, "L", batch=NOBODY, step="")]
    assert costs(uses, world(prices=prices(buffer=2.0))) == {"materials": 14.0}


@pytest.mark.parametrize(("lots", "pro_rata", "whole"), [(1, 4.0, 100.0), (25, 100.0, 100.0), (26, 104.0, 200.0)])
def test_a_column_costs_its_cycles_or_is_bought_whole(lots: int, pro_rata: float, whole: float) -> None:
    """A liter of resin at 100 for 25 cycles."""
    uses = [use("material.resin", "consumed", 1.0, "L", batch=n, step="polish") for n in range(lots)]
    costing = world(prices=prices(resin=100.0), cycles={"resin": 25.0})
    assert costs(uses, costing) == {"consumables": pytest.approx(pro_rata)}
    ledger = book(uses, replace(costing, reuse="whole"))
    assert ledger.total == pytest.approx(whole)
    assert {line.batch for line in ledger.lines if line.driver == "replaced" and line.cost} <= {NOBODY}


def test_columns_of_two_steps_are_replaced_on_their_own() -> None:
    """Two columns, of one and of three liters, for 10 cycles each; five lots: both are bought once."""
    sizes = (("a", 1.0), ("b", 3.0))
    uses = [use("material.resin", "consumed", size, "L", n, step) for n in range(5) for step, size in sizes]
    costing = world(prices=prices(resin=100.0), cycles={"resin": 10.0}, reuse="whole")
    assert book(uses, costing).total == pytest.approx(400.0)


def test_waste_goes_by_liter_and_by_kilogram() -> None:
    """Ten liters and a tenth at 0.5; a square meter of membrane of 2.5 kg for five cycles at 2 per kg."""
    uses = [use("material.buffer", "consumed", 10.0, "L"), use("material.membrane_area", "consumed", 1.0, "m2")]
    costing = world(prices={"economics.liquid_waste": 0.5, "economics.solid_waste": 2.0}, cycles={"membrane_area": 5.0})
    assert costs(uses, costing) == {"waste": pytest.approx(5.5 + 2.5 / 5.0 * 2.0)}


def test_all_materials_are_things_or_liquids_or_powders() -> None:
    """A new material of the vocabulary is either weighed, prepared as a liquid, or counted in g, U or mol."""
    for name, unit in CONSUMABLES.items():
        assert (name in DEVICES) + is_liquid(name) + (unit in ("g", "U", "mol")) == 1, name


PEOPLE = [
    use("personnel.crew", "worked", 30.0), use("personnel.crew", "paid", 100.0, batch=NOBODY, step=""),
    use("personnel.qa", "worked", 5.0), use("personnel.qa", "paid", 20.0, batch=NOBODY, step=""),
]  # fmt: skip


def test_labor_on_both_bases_and_the_gap_by_role() -> None:
    """Wages of 40 and 60 with a quarter on top: 30 of 100 h and 5 of 20 h at work."""
    costing = world(wages={"crew": 40.0, "qa": 60.0}, numbers=replace(NUMBERS, loading=0.25))
    found = roles(PEOPLE, costing)
    assert {name: (one.activity, one.staffing, one.idle) for name, one in found.items()} == {
        "crew": (1500.0, 5000.0, 3500.0), "qa": (375.0, 1500.0, 1125.0)
    }  # fmt: skip
    activity, staffing = book(PEOPLE, costing), book(PEOPLE, replace(costing, labor_basis="staffing"))
    assert (activity.total, activity.idle) == (1875.0, 0.0)
    assert (staffing.total, staffing.idle) == (6500.0, 4625.0)


def test_shares_of_other_costs() -> None:
    """Work of 1000: a fifth for supervision; 100 of materials: half of it again; overhead 0.3; a royalty on all."""
    numbers = EconomicsNumbers(overage=0.0, start_up=0.0, supervision=0.2, miscellaneous=0.5, overhead=0.3, royalty=0.1)
    costing = world(numbers=numbers, wages={"crew": 10.0}, prices=prices(buffer=1.0))
    uses = [use("personnel.crew", "worked", 100.0), use("material.buffer", "consumed", 100.0, "L")]
    assert costs(uses, costing) == pytest.approx(
        {"labor": 1200.0, "materials": 150.0, "overhead": 300.0, "royalties": 165.0}
    )


CHARGES = {
    "lot": use("lot", "started", 1.0, "lot", step=""),
    "dose": use("dose", "released", 50.0, "dose", step=""),
    "vial": use("material.vial", "consumed", 60.0, "vial"),
    "dose*h": use("dose", "stored", 500.0, "dose*h", step=""),
    "vial*h": use("vial", "stored", 600.0, "vial*h", step=""),
    "shipment": use("shipment", "shipped", 0.5, "shipment", step=""),
}


@pytest.mark.parametrize("per", CHARGED)
def test_a_charge_takes_its_own_driver_and_nothing_else(per: str) -> None:
    costing = world(charges=(Charge("fee", 2.0, per, "fees"),), rooms={"suite": RoomCost(30.0, 0.0, 0.0)})
    times = {"h": YEAR, "m2*h": 30.0 * YEAR}
    expected = times[per] if per in times else CHARGES[per].quantity
    assert costs(list(CHARGES.values()), costing) == {"fees": pytest.approx(2.0 * expected)}


def test_a_charge_may_belong_to_a_step() -> None:
    ledger = book([CHARGES["lot"]], world(charges=(Charge("fee", 2.0, "lot", "fees", "polish"),)))
    assert [(line.step, line.resource) for line in ledger.lines if line.cost] == [("polish", "charge.fee")]


SKID = use("equipment.skid", "owned", 2.0 * YEAR, batch=NOBODY, step="")
"""Two units of a class over a year."""


@pytest.mark.parametrize("name", ["standard", "gmp_purification", "light"])
def test_capital_by_the_lists_of_factors(name: Any) -> None:
    """The estimate of the whole is that of :mod:`exosim.economics.capital`, unlisted equipment included."""
    costing = world(equipment={"skid": EquipmentCost(1000.0, 10.0)}, estimate=name)
    found = capital_of([SKID], costing, YEAR)
    assert found.fixed == pytest.approx(float(estimate(name).capital(2000.0).fixed))


def test_installed_equipment_and_rooms_by_area() -> None:
    rooms = {"suite": RoomCost(30.0, 8000.0, 0.25), "corridor": RoomCost(10.0, 1000.0, 0.0)}
    costing = world(equipment={"skid": EquipmentCost(1000.0, 10.0)}, rooms=rooms)
    found = capital_of([SKID], costing, YEAR)
    assert found.equipment == {"skid": pytest.approx(3000.0)}
    assert found.building == 250_000.0
    assert costs([SKID], costing)["facility"] == pytest.approx(30.0 * 0.25 * YEAR)


def test_area_by_what_equipment_takes_or_else_by_what_it_costs() -> None:
    taken = world(equipment={"skid": EquipmentCost(5000.0, 10.0, footprint=6.0)})
    assert area_of(taken, {"skid": 2.0}) == 12.0
    assert area_of(world(equipment={"skid": EquipmentCost(5000.0, 10.0)}), {"skid": 2.0}) == 4.0


def test_the_area_of_a_plant_is_that_of_its_units() -> None:
    """12 m2 that two skids state, and 4 m2 that a tank of 10,000 takes at 2,500 a square meter."""
    both = {"skid": EquipmentCost(5000.0, 10.0, footprint=6.0), "tank": EquipmentCost(10_000.0, 10.0)}
    owned = {"skid": 2.0, "tank": 1.0}
    assert area_of(world(equipment=both), owned) == 16.0
    assert sum(area_of(world(equipment=both), {name: count}) for name, count in owned.items()) == 16.0


@pytest.mark.parametrize("method", METHODS)
def test_a_year_carries_the_average_of_every_schedule(method: str) -> None:
    """Twenty units of money over 10 years, 5 % left: 1.9 a year, whatever the method writes off in which year."""
    costing = world(equipment={"skid": EquipmentCost(10.0, 10.0)}, numbers=replace(NUMBERS, installation=0.0))
    assert costs([SKID], costing)["equipment"] == pytest.approx(20.0 * float(schedule(method, 10, 0.05).mean()))


def test_what_is_used_without_a_price_is_told() -> None:
    uses = [use("material.buffer", "consumed", 3.0, "L"), use("assay.qpcr", "tested", 2.0, "1"), SKID]
    costing = world(unpriced=frozenset({"equipment.skid.purchase"}), equipment={"skid": EquipmentCost(0.0, 10.0)})
    found = book(uses, costing).unpriced
    assert found == {"material.buffer": 3.0, "assay.qpcr": 2.0, "equipment.skid": 2.0 * YEAR}


def test_rooms_of_known_area_that_cost_nothing_to_run_are_told() -> None:
    rooms = {"suite": RoomCost(30.0, 0.0, 0.0)}
    assert book([], world(rooms=rooms)).unpriced == {"economics.utilities": 30.0}
    paid = world(rooms=rooms, charges=(Charge("rooms", 1.0, "h", "facility"),))
    assert not book([], paid).unpriced


def test_the_footprint_of_a_dose_by_hand() -> None:
    """10 L and a tenth, 2 m2 of membrane for five cycles, 5 g; 4 h at 3 kW; water and power drawn; 8 h in a room.

    Fifty doses and 2e12 vesicles are released; a second lot that fails counts with its 11 L.
    """
    uses = [
        use("material.buffer", "consumed", 10.0, "L"), use("material.membrane_area", "consumed", 2.0, "m2"),
        use("material.trehalose", "consumed", 5.0, "g"), use("equipment.skid", "occupied", 4.0),
        use("utility.water_for_injection", "drawn", 20.0, "L"), use("utility.electricity", "drawn", 7.0, "kWh"),
        use("room.suite", "stayed", 8.0), use("dose", "released", 50.0, "dose"),
        use("vesicles", "contained", 2e12, "EV"), use("material.buffer", "consumed", 10.0, "L", batch=1),
    ]  # fmt: skip
    costing = world(equipment={"skid": EquipmentCost(0.0, 10.0, power=3.0)}, cycles={"membrane_area": 5.0})
    found = footprint(uses, costing)
    assert found.whole.plastic == pytest.approx(1.0)
    assert found.per_dose.water == pytest.approx((22.0 + 20.0) / 50.0)
    assert found.per_dose.electricity == pytest.approx((12.0 + 7.0) / 50.0)
    assert found.per_dose.room_hours == pytest.approx(8.0 / 50.0)
    assert found.whole.inputs == pytest.approx(22.0 + 1.0 + 0.005)
    assert found.intensity == pytest.approx(23.005 / 2.0)
    assert footprint(uses[:1], costing).per_dose.water != footprint(uses[:1], costing).per_dose.water  # of no dose
