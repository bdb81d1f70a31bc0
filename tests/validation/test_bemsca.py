"""Cases K2 to K4: BEMSCA, a published plan and costing of hiPSC in vertical-wheel vessels, beside ours.

Its numbers were read in its source, or come from a run of it; docs/explanation/cases/bemsca.md tells which.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from lot_costs import SCENARIOS, by_category, ledger, shipped
from numpy.typing import NDArray

import exosim as xs

FILE = "bemsca_hipsc.toml"
PAGE = SCENARIOS.parent / "docs" / "explanation" / "cases" / "bemsca.md"
LINES = 6
TARGET, ENOUGH = 2e9, 0.95
FILLS = ((0.06, 0.1), (0.3, 0.5), (1.8, 3.0))  # L, of the three vessels
USES, BASES, POWERS = (261.75, 327.75, 1248.0), (2473.0, 2473.0, 65550.0), (0.07, 0.07, 8.64)  # EUR, EUR, kWh/d
MTESR, MATRIGEL, EDTA, ACCUTASE, DPBS, INHIBITOR = 654.0, 708.94, 40.46, 468.0, 40.13, 139.01  # EUR/L
KILOWATT_HOUR = 0.12266  # EUR
DRAWS = 20_000
FLOW_CYTOMETRY = 3 * 1.5 + 3 * 0.1 + 3.85 + 3.74 + 0.58 + 0.58  # EUR: two stains in the cell, two on it, with blanks
GERM_LAYERS = 2.51 + 0.003 * MATRIGEL + 0.006 * (MTESR + INHIBITOR) + 85.0 + 22.5
AT_THE_END = 3 * 1.1 + 3 * 0.2 + 3.85 + 3.74 + 0.90 + 0.79 + 22.5 + 7.0 + 30.0


@dataclass(frozen=True)
class Case:
    """What BEMSCA is given, and what it answers: wells, vessels of each kind, money of a lot [EUR]."""

    variant: str
    inoculum: float
    expansion: float
    error: float
    experiments: int
    days: int
    exchanges: tuple[int, float]
    wells: tuple[int, ...]
    vessels: tuple[int, int, int]
    consumables: float
    reagents: float
    plant: float
    labor: float
    total: float
    bases: float


CASES = {
    "K2": Case(
        "", 250e3, 4.8, 0.5, 3, 7, (5, 0.8), (1, 4, 22), (4, 2, 1), 2965.0, 13462.0, 11433.0, 6475.0, 34334.0, 1900.0
    ),
    "K3": Case(
        "#dextran_sulfate", 250e3, 9.3, 0.6, 3, 5, (3, 0.8), (1, 4, 22), (1, 5, 0),
        1915.0, 6032.0, 6894.0, 4517.0, 19359.0, 243.0,
    ),
    "K4": Case(
        "#low_density", 20e3, 32.3, 3.2, 4, 6, (1, 0.5), (1, 6), (1, 2, 2),
        3418.0, 7485.0, 8641.0, 4367.0, 23911.0, 2212.0,
    ),
}  # fmt: skip
each = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@cache
def scenario(variant: str = "") -> xs.Scenario:
    return xs.load(f"{SCENARIOS / FILE}{variant}")


def steps(case: Case, start: str) -> list[dict[str, float]]:
    """Return the typical values of the passages or cycles of a case, in order."""
    values = scenario(case.variant).typical_values()
    found = sorted({path.split(".")[0] for path in values if path.startswith(start)})
    return [{p.split(".", 1)[1]: float(v) for p, v in values.items() if p.startswith(f"{name}.")} for name in found]


# -- the plan ---------------------------------------------------------------------------------------------------------


def growth(case: Case, cycles: int, draw: np.random.Generator) -> NDArray[np.float64]:
    """Return recovered over seeded cells of each cycle, drawn as BEMSCA does: shape (cycles, draws)."""
    mean, sd = 0.952, 0.040 * math.sqrt(4) / 3.0
    weight = mean * (1.0 - mean) / sd**2 - 1.0
    expansion = draw.normal(case.expansion, case.error * math.sqrt(case.experiments), (cycles, DRAWS))
    return expansion * draw.beta(mean * weight, (1.0 - mean) * weight, (cycles, DRAWS))


def reached(factors: NDArray[np.float64], planned: float = math.inf) -> float:
    """Return the growth that 95 of 100 lots exceed, where each cycle but the last keeps to a planned growth."""
    cells = np.ones(factors.shape[1])
    for number, factor in enumerate(factors, 1):
        cells = cells * factor if number == len(factors) else np.minimum(cells * factor, planned**number)
    return float(np.quantile(cells, 1.0 - ENOUGH))


def volumes(case: Case) -> list[float]:
    """Return the volumes of the cycles [L]: the fewest cycles, then the least growth in steps of 1 %."""
    draw = np.random.default_rng(1)
    needed = TARGET / (case.inoculum * 60.0)
    factors = growth(case, 9, draw)
    cycles = next(n for n in range(1, 9) if reached(factors[:n]) >= needed)
    least = (1.8 / 0.06) ** (1.0 / (cycles - 1))
    planned = case.expansion * 0.952
    while planned > least and reached(factors[:cycles], max(planned * 0.99, least)) >= needed:
        planned = max(planned * 0.99, least)
    return filled([0.06 * planned**number for number in range(cycles)])


def filled(liters: list[float]) -> list[float]:
    """Return the volumes with which vessels are filled to 60 % at least: the steps up to such a volume are even."""
    found = list(liters)
    for number, volume in enumerate(found):
        kind, count = vessels_of(volume)
        short = FILLS[kind][0] * count
        if volume < short:
            found[: number + 1] = [found[0] * (short / found[0]) ** (k / number) for k in range(number + 1)]
    return found


def vessels_of(volume: float) -> tuple[int, int]:
    """Return the kind of vessel of which fewest are needed, among those that can be filled, and how many."""
    counts = {kind: math.ceil(volume / most) for kind, (least, most) in enumerate(FILLS) if volume >= least}
    kind = min(counts, key=lambda k: counts[k])
    return kind, counts[kind]


@each
def test_the_volumes_follow(case: Case) -> None:
    """The cycles, their volumes and their vessels are those that the rules of BEMSCA give."""
    planned, found = volumes(case), steps(case, "cycle_")
    assert [step["volume"] for step in found] == pytest.approx(planned, rel=1e-4)
    chosen = [vessels_of(volume) for volume in planned]
    used = tuple(sum(count for kind, count in chosen if kind == wanted) for wanted in range(3))
    assert used == case.vessels and [step["vessels"] for step in found] == [count for _, count in chosen]
    assert [step["reagent_volume"] for step in found] == pytest.approx([200.0 * FILLS[kind][1] for kind, _ in chosen])


@each
def test_the_wells_follow(case: Case) -> None:
    """Three standard deviations below the mean the last wells suffice; full wells are split into at most six."""
    last = math.ceil((60.0 * case.inoculum + 4e6) / (1.2e6 - 3 * 1e5))
    wells = [last]
    for _ in range(1, math.ceil(math.log(last, 6))):
        wells.insert(0, max(math.ceil(wells[0] / 6), 3))
    assert (1, *wells) == case.wells == tuple(step["most_vessels"] for step in steps(case, "passage_"))


@each
def test_every_passage_has_the_cells_that_it_needs(case: Case) -> None:
    """No step is seeded thinner than planned, wells are full at the end, and the lot holds its 2e9 cells."""
    yields = xs.evaluate(scenario(case.variant), draws=1)
    assert not [reached for reached in yields.limits() if "few" in reached.limit]
    assert float(yields.values("cells_harvested")[0]) > TARGET
    assert float(yields.values("doses")[0]) == 1.0


def test_the_plan_holds_what_it_promises() -> None:
    """With expansion and recovery as BEMSCA draws them, 95 of 100 lots reach 2e9 cells, and not many more."""
    cells = xs.evaluate(scenario("#drawn")).values("cells_harvested")
    share = float(np.mean(cells >= TARGET))
    assert 0.945 <= share <= 0.957
    page = PAGE.read_text(encoding="utf-8")
    assert f"in {100 * share:.1f} % of {cells.size:,} lots" in page
    assert f"The median lot holds {np.median(cells) / 1e9:.1f}e9." in page


# -- what prices stand for --------------------------------------------------------------------------------------------


def price(case: Case, address: str) -> float:
    found = scenario(case.variant).declarations.economics
    assert found is not None
    stated = (*found.prices.values(), *(charge.price for charge in found.charges.values()))
    return next(float(p.given.quantity.typical) for p in stated if p.address == address)


@each
def test_what_is_bought_with_a_liter_is_in_its_price(case: Case) -> None:
    """Matrigel in the medium of the wells, inhibitor in that of the cycles and in Accutase, DPBS in Accutase."""
    for number, (wells, step) in enumerate(zip(case.wells, steps(case, "passage_"), strict=True), 1):
        at, last = f"passage_{number}.prices", number == len(case.wells)
        liters = wells * 4 * 2e-3 + (0.01 if number == 1 else 0.0)
        bought = liters * MTESR + wells * 1e-3 * MATRIGEL
        assert price(case, f"{at}.growth_medium") * liters == pytest.approx(bought, rel=1e-6)
        reagent = ACCUTASE + DPBS + 2 * INHIBITOR if last else EDTA
        assert price(case, f"{at}.detachment_reagent") == pytest.approx(reagent, rel=1e-6)
        surface = wells * step["vessel_area"] * 1e-4
        assert price(case, f"{at}.culture_surface") * surface == pytest.approx(2.40 * math.ceil(wells / 6), rel=1e-5)
    exchanges, share = case.exchanges
    for number, step in enumerate(steps(case, "cycle_"), 1):
        at, kind = f"cycle_{number}.prices", [20.0, 100.0, 600.0].index(round(step["reagent_volume"], 9))
        medium = MTESR + INHIBITOR / (1.0 + exchanges * share)
        assert price(case, f"{at}.growth_medium") == pytest.approx(medium, rel=1e-6)
        assert price(case, f"{at}.detachment_reagent") == pytest.approx(ACCUTASE + INHIBITOR, rel=1e-6)
        assert price(case, f"{at}.culture_vessel") == USES[kind]


@each
def test_what_is_charged(case: Case) -> None:
    """Tests by the number of cycles, electricity of bases by vessels and days, and running costs."""
    cycles = len(steps(case, "cycle_"))
    tests = (cycles + 1) * FLOW_CYTOMETRY + 2 * GERM_LAYERS + AT_THE_END
    assert price(case, "charge.quality_control.price") == pytest.approx(tests, rel=1e-6)
    drawn = sum(n * kwh for n, kwh in zip(case.vessels, POWERS, strict=True)) * case.days * KILOWATT_HOUR
    assert price(case, "charge.wheels.price") == pytest.approx(drawn, rel=1e-6)
    running = 7900 + 28000 + 54461 + 2000 + 21600 + 52800 + 65400
    assert price(case, "charge.operation.price") * 8766.0 == pytest.approx(running, rel=1e-9)
    power = [  # units, kWh/d, use factor
        (2, 240.0, 0.5), (6, 8.16, 0.5), (6, 40.8, 0.1), (1, 64.8, 0.05), (1, 3.6, 0.2), (1, 2.4, 0.1), (2, 82.8, 0.33),
        (1, 33.67, 0.33), (4, 82.8, 0.33), (12, 13.92, 0.5), (6, 0.72, 0.1), (1, 10.61, 0.1), (1, 0.06, 0.1),
    ]  # fmt: skip
    daily = sum(n * kwh * share for n, kwh, share in power) * KILOWATT_HOUR
    assert price(case, "charge.electricity.price") * 24.0 == pytest.approx(daily, rel=1e-7)


# -- what a lot costs -------------------------------------------------------------------------------------------------


@each
def test_a_lot_costs_what_it_costs_there(case: Case) -> None:
    """Every line to a euro; 2 % were asked for."""
    found = shipped(f"{FILE}{case.variant}")
    lot = {name: cost / LINES for name, cost in by_category(found).items()}
    assert found.unpriced == {} and found.released == LINES
    assert lot["consumables"] == pytest.approx(case.consumables, abs=0.6)
    assert lot["materials"] + lot["quality"] == pytest.approx(case.reagents, abs=0.6)
    assert lot["labor"] == pytest.approx(case.labor, abs=0.6)
    assert lot["building"] + lot["equipment"] + lot["facility"] + lot["utilities"] == pytest.approx(case.plant, abs=0.6)
    assert found.cost_per_dose == pytest.approx(case.total, abs=0.6)
    assert f"{case.total:,.0f}" in PAGE.read_text(encoding="utf-8")


@each
def test_the_rest_of_the_plant_is_the_bases(case: Case) -> None:
    """What 1,330.05 EUR a day do not explain of the plant: bases, written off over all days, and their electricity."""
    days = shipped(f"{FILE}{case.variant}").hours / 24.0
    rest = case.plant - 1330.05 / LINES * days
    bought = sum(n * money for n, money in zip(case.vessels, BASES, strict=True))
    mine = bought / (5 * 365.25) * days + price(case, "charge.wheels.price")
    assert mine == pytest.approx(rest, abs=1.5) and mine == pytest.approx(case.bases, abs=1.5)
    values = scenario(case.variant).typical_values()
    counts = [float(values.get(f"equipment.wheel_base_{size}.count", 0.0)) for size in ("0_1", "0_5", "3")]
    assert counts == [n * LINES for n in case.vessels]


def test_the_page_shows_both() -> None:
    """Every line of the first table of the page: ours and theirs, in all three cases."""
    page = PAGE.read_text(encoding="utf-8")
    parts = {
        "consumables": ("consumables",),
        "reagents and tests": ("materials", "quality"),
        "plant": ("building", "equipment", "facility", "utilities"),
        "labor": ("labor",),
    }
    theirs = {"consumables": "consumables", "reagents and tests": "reagents", "plant": "plant", "labor": "labor"}
    for words, names in parts.items():
        cells = list[str]()
        for case in CASES.values():
            found = by_category(shipped(f"{FILE}{case.variant}"))
            cells += [f"{sum(found[n] for n in names) / LINES:,.0f}", f"{getattr(case, theirs[words]):,.0f}"]
        assert f"| {words} | {' | '.join(cells)} |" in page
    totals = [f"**{total:,.0f}**" for c in CASES.values() for total in (_lot(c), c.total)]
    assert f"| **total** | {' | '.join(totals)} |" in page
    days = [f"{shipped(f'{FILE}{c.variant}').hours / 24.0:.0f}" for c in CASES.values() for _ in range(2)]
    assert f"| days, three of them for tests | {' | '.join(days)} |" in page


def _lot(case: Case) -> float:
    return shipped(f"{FILE}{case.variant}").total / LINES


def test_what_is_saved() -> None:
    """Dextran sulfate saves 44 %, a thin inoculum 30 %."""
    totals = {case.variant: shipped(f"{FILE}{case.variant}").total for case in CASES.values()}
    assert 1.0 - totals["#dextran_sulfate"] / totals[""] == pytest.approx(0.44, abs=0.005)
    assert 1.0 - totals["#low_density"] / totals[""] == pytest.approx(0.30, abs=0.005)


def test_a_hair_short_of_a_vessel() -> None:
    """1.8 L that are a hair less go into four vessels of 0.5 L; the one of 3 L would make the lot dearer."""
    assert 0.06 * ((1.8 / 0.06) ** 0.5) ** 2 < 1.8 and vessels_of(0.06 * ((1.8 / 0.06) ** 0.5) ** 2) == (1, 4)
    assert vessels_of(1.8) == (2, 1)
    bases = (BASES[2] - 4 * BASES[1]) / (5 * 365.25) * 30.0
    reagent = (0.2 * 3.0 - 4 * 0.2 * 0.5) * (ACCUTASE + INHIBITOR)
    drawn = (POWERS[2] - 4 * POWERS[1]) * 5 * KILOWATT_HOUR
    dearer = USES[2] - 4 * USES[1] + bases + reagent + drawn
    told = f"a lot would cost {shipped(f'{FILE}#dextran_sulfate').total / LINES + dearer:,.0f} EUR with it"
    assert told in PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"equipment.wheel_base_0_1.count": 18}, "one base for each vessel that is in use at once, on every line"),
        ({"equipment.wheel_base_3.count": 1}, "one base of 3 L for all six lines, whose lots then start a week apart"),
    ],
)
def test_what_its_simplifications_are_worth(change: dict[str, object], words: str) -> None:
    """The figures of the second table of the page."""
    per_lot = ledger(scenario().with_(change)).total / LINES
    row = re.search(rf"\| {re.escape(words)} \| ([\d,]+) \|", PAGE.read_text(encoding="utf-8"))
    assert row is not None and row[1] == f"{per_lot:,.0f}"
