"""Plants sized for a demand: by hand, and to the cent what the cost ledger books."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from scale_line import TEXT, two_ways

import exosim as xs
from exosim.cost_numbers import CATEGORIES
from exosim.economics.booking import booked
from exosim.economics.fixed import YEAR
from exosim.economics.usage import NOBODY, Use
from exosim.economics_builder import costing
from exosim.scaling.confirm import confirmed, sized
from exosim.scaling.screen import Screen, screen
from exosim.scaling.technologies import limits_of, technologies

WORLDS = 3


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> xs.Scenario:
    return two_ways(tmp_path_factory.mktemp("scale"))


@pytest.fixture(scope="module")
def screens(line: xs.Scenario) -> dict[str, Screen]:
    limits = limits_of(line)
    return {one.name: screen(one, limits, WORLDS, 1, line.seed) for one in technologies(line)}


def test_the_largest_lot_of_a_rotor_on_paper(screens: dict[str, Screen]) -> None:
    """Six tubes of 94 mL, 2 h a run, 0.01 h a tube, and 24 h in which medium may wait: 12 runs, 6.768 L, 1,353 doses.

    Runs 2 to 12 take 11 x 2 h and the pellets of 71 tubes 0.71 h: 22.71 h. With one tube in a thirteenth it is 24.72 h.
    2 L at 5e9 EV/mL, of which 40 % are recovered, are 400 doses of 1e10 EV. A facility makes 100 lots a year.
    """
    doses = 12 * 6 * 0.094 * 5e12 * 0.4 / 1e10
    assert doses == pytest.approx(1353.6)
    rotor = screens["rotor"]
    assert rotor.reach(100, 1e12) == pytest.approx(100 * math.floor(doses), rel=0.006)
    point = rotor.best(2e5)
    assert not point.feasible
    assert (point.binding, point.held) == ("lots", "pellet")
    assert "13 runs take 26.73 h, limited by the rotor; what waits may wait 24 h" in point.why
    assert "100 a year are the most" in point.why
    assert point.lots == math.ceil(2e5 / point.doses)


def test_units_and_people_by_hand(screens: dict[str, Screen]) -> None:
    """What 40,000 doses of 1,347 take: 30 lots of 24.72 h and an hour of turnaround, planned for 80 % of a year."""
    point = screens["rotor"].best(4e4)
    assert (point.lots, point.feasible) == (30, True)
    hours = point.lots * (24.72 + 1.0)
    assert point.units["ultracentrifuge"] == math.ceil(hours / (0.8 * YEAR)) == 1
    more = screens["rotor"].best(1e6)
    assert more.units["ultracentrifuge"] == math.ceil(more.lots * (24.72 + 1.0) / (0.8 * YEAR)) == 3
    assert more.area == pytest.approx(50.0 + (3 - 1) * 3.0)


@pytest.mark.parametrize("name", ["rotor", "filter"])
@pytest.mark.parametrize("demand", [300.0, 3e4, 9e4])
def test_an_estimate_costs_what_the_ledger_books(
    line: xs.Scenario, screens: dict[str, Screen], name: str, demand: float
) -> None:
    """The uses of a year of a plant, priced by the booking of the ledger, cost what the estimate says: to 1e-12."""
    point, world = screens[name].best(demand), 1
    scenario = next(one.scenario for one in technologies(line) if one.name == name)
    plant = sized(scenario, point)
    ledger = booked(list(_uses(screens[name], point.factor, demand, world)), costing(plant, world, line.seed), ())
    assert ledger.released / point.delivered[world] >= 1.0
    assert ledger.total == pytest.approx(point.cost[:, world].sum(), rel=1e-12)


def _uses(own: Screen, factor: float, demand: float, world: int) -> Iterator[Use]:
    """Yield what a plant uses in a year, as a run would tell it."""
    point = own.best(demand)
    place = own.lots.factors.tolist().index(factor)
    lots = float(point.run[world])
    for use, amount in zip(own.lots.uses, own.lots.used[:, place, world], strict=True):
        yield use._replace(quantity=float(amount) * lots)
    yield Use(0, "", "dose", "released", lots * float(own.lots.doses[place, world]), "dose", 0.0)
    for name, units in point.units.items():
        yield Use(NOBODY, "", f"equipment.{name}", "owned", units * YEAR, "h", 0.0)
    for role, people in point.people.items():
        yield Use(NOBODY, "", f"personnel.{role}", "paid", people * YEAR * own.lots.on_duty[role], "h", 0.0)
    yield Use(NOBODY, "", "calendar", "passed", YEAR, "h", 0.0)


@pytest.mark.parametrize(("name", "demand"), [("rotor", 1e4), ("filter", 1e5)])
def test_a_facility_in_which_nothing_waits_costs_what_was_estimated(
    line: xs.Scenario, screens: dict[str, Screen], name: str, demand: float
) -> None:
    """Without chance and queues, the run in time and the estimate agree to rounding, world by world."""
    scenario = next(one.scenario for one in technologies(line) if one.name == name)
    checked = confirmed(scenario, screens[name].best(demand), 1, 2, line.seed)
    np.testing.assert_allclose(checked.simulated, checked.screened, rtol=1e-11)
    assert checked.started == pytest.approx(checked.planned, rel=1e-12)
    assert checked.released == checked.started
    assert "0% and brings 0% doses" in checked.why


def test_larger_units_cost_less_than_in_proportion(screens: dict[str, Screen]) -> None:
    """A skid for lots of a factor f costs f to the power 0.5 times as much, until a lot fills several of 5 m2."""
    own = screens["filter"]
    small = own.lots.factors < 25.0
    np.testing.assert_allclose(own.purchase["skid"][small, 0], own.lots.factors[small] ** 0.5, rtol=1e-12)
    np.testing.assert_allclose(own.purchase["filler"], 1.0)


def test_prices_are_those_of_the_worlds_of_a_run(line: xs.Scenario, screens: dict[str, Screen]) -> None:
    """World n of the estimate has the price of a buffer of replication n of a run."""
    own = screens["rotor"]
    place = [use.resource for use in own.lots.uses].index("material.buffer")
    shares = [1.1 * 1.02 * costing(line, world).prices["material.buffer"] for world in range(WORLDS)]
    np.testing.assert_allclose(own.costs.each[place].sum(axis=0), shares, rtol=1e-12)


def test_more_demand_never_makes_a_dose_dearer(screens: dict[str, Screen]) -> None:
    for own in screens.values():
        points = [own.best(demand) for demand in np.geomspace(100, 9e4, 9)]
        medians = [point.expected for point in points]
        assert medians == sorted(medians, reverse=True)
        assert all(np.all(point.delivered == point.demand) for point in points)


@pytest.mark.parametrize(
    ("limit", "kind"),
    [
        ({"scale.most_area": "52 m2", "equipment.ultracentrifuge.footprint": "100 m2"}, "area"),
        ({"scale.most_people": 1}, "people"),
        ({"scale.most_units": 2}, "units"),
    ],
)
def test_each_limit_of_a_plant_binds(tmp_path: Path, limit: dict[str, object], kind: str) -> None:
    """What there may not be more of is named, with how much is needed and how much there may be."""
    line = two_ways(tmp_path, {"scale.most_lots": {"value": "9000 1/year", "allow_outside_range": True}, **limit})
    point = screen(technologies(line)[0], limits_of(line), 1, 1, 0).best(1e6)
    assert not point.feasible
    assert point.binding == kind
    assert "would be needed" in point.why
    assert "the most" in point.why


@pytest.mark.parametrize(
    ("number", "value"),
    [("most_lots", "50 1/year"), ("occupancy", 0.3), ("smallest_lot", 0.5), ("largest_lot", 2.0)],
)
def test_each_other_number_of_scale_counts(
    tmp_path: Path, screens: dict[str, Screen], number: str, value: str | float
) -> None:
    """What a plant may have is tested above; these move the sizes of lots, the lots of a year or the units."""
    line = two_ways(tmp_path, {f"scale.{number}": value})
    own, usual = screen(technologies(line)[1], limits_of(line), WORLDS, 1, line.seed), screens["filter"]
    told = [
        (one.lots.factors.tolist(), [(p.lots, p.factor, p.units, p.people) for p in map(one.best, (1e2, 1e6, 1e7))])
        for one in (own, usual)
    ]
    assert told[0] != told[1]


def test_a_plant_for_more_worlds_has_more_lots(tmp_path: Path) -> None:
    """Where titers differ between worlds, more certainty means more lots planned, and more worlds with all doses."""
    spread = {"medium.titer": {"lognormal": {"median": "5e9 EV/mL", "gsd": 2.0}}}
    found = []
    for certainty in (0.5, 0.9):
        line = two_ways(tmp_path, {**spread, "scale.certainty": certainty})
        found.append(screen(technologies(line)[1], limits_of(line), 32, 1, line.seed).best(1e5))
    usual, sure = found
    assert sure.lots > usual.lots
    assert np.mean(usual.delivered == 1e5) >= 0.5 and np.mean(sure.delivered == 1e5) >= 0.9


def test_people_cost_the_hours_of_their_shifts(tmp_path: Path) -> None:
    """Eight hours a day at 40 EUR/h are a third of the year for each of the people of the plan."""
    file = tmp_path / "day.toml"
    file.write_text(TEXT.replace("from = 00:00:00\nto   = 00:00:00", "from = 08:00:00\nto   = 16:00:00"), "utf-8")
    line = xs.load(file)
    point = screen(technologies(line)[1], limits_of(line), 1, 1, line.seed).best(1e5)
    labor = point.cost[list(CATEGORIES).index("labor"), 0]
    assert labor == pytest.approx(point.people["lab"] * YEAR / 3.0 * 40.0, rel=1e-9)


def test_lots_that_are_lost_bring_no_doses(tmp_path: Path, screens: dict[str, Screen]) -> None:
    """Of ten lots that are started, three are spoiled: doses and success are those of the seven that are left."""
    lost = '\n[[failure]]\nid = "spoiled"\nduring = "fill"\nprobability = 0.3\nconsequence = "reject"\n'
    file = tmp_path / "losing.toml"
    file.write_text(TEXT + lost, encoding="utf-8")
    line = xs.load(file)
    own, usual = screen(technologies(line)[0], limits_of(line), WORLDS, 1, line.seed).lots, screens["rotor"].lots
    np.testing.assert_allclose(own.doses, 0.7 * usual.doses, rtol=1e-12)
    np.testing.assert_allclose(own.success, 0.7 * usual.success, rtol=1e-12)


def test_lots_out_of_specification_bring_no_doses(tmp_path: Path, screens: dict[str, Screen]) -> None:
    """A limit that no lot meets leaves nothing to sell, though as many doses are filled; that it binds is told."""
    asked = (
        '\n[[attribute]]\nid = "strength"\nmeasure = "particles_per_volume"\n'
        'limits = { at_least = "1e15 particle/mL" }\n'
    )
    file = tmp_path / "strict.toml"
    file.write_text(TEXT + asked, encoding="utf-8")
    line = xs.load(file)
    own = screen(technologies(line)[0], limits_of(line), WORLDS, 1, line.seed)
    assert not own.lots.doses.any() and screens["rotor"].lots.doses.all()
    point = own.best(1e3)
    assert (point.feasible, point.binding) == (False, "specification")
