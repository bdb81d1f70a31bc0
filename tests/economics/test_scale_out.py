"""Six technologies of one scenario: what they share, and which way they go when a lot grows."""

from __future__ import annotations

import functools
import math
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.costs import cost
from exosim.lot_figures import lot_figures
from exosim.lot_limits import LotLimit, lot_limits
from exosim.scaling.scaling import scale

FILE = Path(__file__).parents[2] / "scenarios" / "scale_out.toml"
CULTURES, SEPARATIONS = ("vessels", "hollow_fibers", "stirred_tank"), ("ultracentrifugation", "tff_sec")
SPUN = [f"{culture}+ultracentrifugation" for culture in CULTURES]
FILTERED = [f"{culture}+tff_sec" for culture in CULTURES]
FACTORS = (1.0, 4.0, 8.0)
DRAWS = 16


@functools.cache
def six() -> dict[str, xs.Scenario]:
    """Return the technologies by name."""
    return xs.load(FILE).combinations()


def gone_beyond(name: str, *factors: float) -> list[list[LotLimit]]:
    """Return what lots of some sizes go beyond, where no such lot can be made."""
    found = lot_limits(six()[name], lot_figures(six()[name], factors, draws=DRAWS))
    return [[limit for limit in limits if limit.impossible] for limits in found]


def test_three_cultures_with_two_separations() -> None:
    assert list(six()) == [f"{culture}+{separation}" for culture in CULTURES for separation in SEPARATIONS]
    units = {name: set(scenario.declarations.plant.equipment) for name, scenario in six().items()}
    used = {name: {p.unit for p in scenario.declarations.procedures} for name, scenario in six().items()}
    assert units == used  # nothing stands idle in the plant of another technology


def test_cells_and_separations_are_drawn_once_for_all() -> None:
    """What two technologies both have is the same batch of the same donor in the same world."""
    drawn = {name: scenario.values(0, DRAWS) for name, scenario in six().items()}
    first = drawn[SPUN[0]]
    for values in drawn.values():
        for address in (
            "culture.secretion_rate",
            "culture.activity",
            "seed_train.doubling_time",
            "clarify.ev_recovery",
        ):
            np.testing.assert_array_equal(values[address], first[address])
    for names, address in ((SPUN, "pellet.resuspended"), (FILTERED, "polish.bed_recovery")):
        for name in names:
            np.testing.assert_array_equal(drawn[name][address], drawn[names[0]][address])


@pytest.mark.parametrize("name", SPUN)
def test_rotor_runs_grow_with_the_lot(name: str) -> None:
    """And with them the hours, by as much for each liter; the one run of the wash stays."""
    figures = lot_figures(six()[name], FACTORS, draws=DRAWS)
    one, four, eight = (float(np.median(row)) for row in figures.hours["pellet"])
    assert (eight - four) / (four - one) == pytest.approx(4.0 / 3.0, rel=0.1)


@pytest.mark.parametrize("name", FILTERED)
def test_larger_membranes_and_columns_take_the_same_hours(name: str) -> None:
    figures = lot_figures(six()[name], FACTORS, draws=DRAWS)
    for procedure in ("concentrate", "polish"):
        hours = figures.hours[procedure]
        np.testing.assert_allclose(hours[2], hours[0], rtol=1e-9)


def test_people_work_on_every_vessel() -> None:
    """By hand: two people, 15 min for each vessel and visit, six visits of which one seeds; and 0.79 h/m2 before."""
    figures = lot_figures(six()["vessels+tff_sec"], [1.0, 20.0], draws=DRAWS)
    vessels, visits = 2 * 20 - 2, 6
    one, many = (float(np.median(row)) for row in figures.work["upstream", "culture"])
    assert many - one == pytest.approx(2 * 0.25 * vessels * visits, rel=0.2)
    one, many = (float(np.median(row)) for row in figures.work["upstream", "seed_train"])
    areas = figures.used["seed_train", "culture_surface"]
    assert many - one == pytest.approx(2 * 0.79 * float(np.median(areas[1] - areas[0])), rel=0.05)


def test_people_work_on_every_cartridge() -> None:
    figures = lot_figures(six()["hollow_fibers+tff_sec"], [1.0, 20.0], draws=DRAWS)
    one, many = (float(np.median(row)) for row in figures.work["upstream", "culture"])
    assert many - one == pytest.approx(2 * 0.12 * 2.1 * 19 * 16, rel=0.2)  # 19 cartridges more, at 16 visits


def test_the_rotor_ends_a_lot_by_the_hold_of_its_medium() -> None:
    """By hand: six tubes of 94 mL, 70 min of spin and 45 of turnaround a run, 3 min to take up the pellet of a tube."""
    name, factor = "stirred_tank+ultracentrifugation", 1.5
    liters = 4.5 * 3 * 0.8 * 0.99 * factor  # three harvests of four fifths of the tank, less what stays in bags
    tubes = math.ceil(liters / 0.094)
    hours = math.ceil(tubes / 6) * (0.75 + 70 / 60) + 0.05 * tubes
    fine, beyond = gone_beyond(name, 1.0, factor)
    assert fine == [] and [limit.kind for limit in beyond] == ["hold"]
    assert beyond[0].procedure == "pellet" and beyond[0].most == 48.0
    assert beyond[0].value == pytest.approx(hours, rel=0.1) and hours > 48.0
    assert gone_beyond("stirred_tank+tff_sec", factor, 40.0) == [[], []]  # 180 L


def test_the_largest_tank_ends_the_other_separation() -> None:
    (beyond,) = gone_beyond("stirred_tank+tff_sec", 50.0)
    assert beyond[0].kind == "size" and beyond[0].procedure == "culture"
    assert "225 L" in beyond[0].why and "200 L" in beyond[0].why


def test_ultracentrifugation_hands_on_the_least() -> None:
    """In practically every draw, whatever the culture."""
    for spun, filtered in zip(SPUN, FILTERED, strict=True):
        few, many = (xs.evaluate(six()[name], 256).values("ev_yield") for name in (spun, filtered))
        assert (few < many).mean() > 0.97
        assert np.median(many) / np.median(few) > 3.0


@pytest.mark.slow
def test_costs_on_the_page_are_current() -> None:
    """In two digits, with the most doses a year of each technology."""
    section = (FILE.parent / "README.md").read_text(encoding="utf-8").split("\n## scale_out\n")[1].split("\n## ")[0]
    found = scale(xs.load(FILE), [1e2, 1e3, 1e4, 1e5, 1e6], confirm=0)
    for name, points in found.points.items():
        cells = [_in_two_digits(point.expected) if point.feasible else "-" for point in points]
        assert " | ".join([f"| `{name}`", *cells, _in_two_digits(found.reach[name])]) in section


def _in_two_digits(number: float) -> str:
    return f"{float(f'{number:.2g}'):,.0f}"


def test_a_dose_costs_more_by_ultracentrifugation() -> None:
    """From the same tank in the same months; and the money is that of rooms, crews, media and more."""
    plants = (six()[f"stirred_tank+{how}"].with_({"horizon": "2500 h"}) for how in SEPARATIONS)
    spun, filtered = (cost(xs.simulate(plant, 1)) for plant in plants)
    for dear, cheap in zip(spun.ledgers, filtered.ledgers, strict=True):
        assert dear.cost_per_dose > cheap.cost_per_dose > 0.0
        assert {"materials", "consumables", "labor", "quality", "equipment", "facility"} <= {
            line.category for line in cheap.lines
        }
