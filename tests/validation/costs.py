"""K1 to K4 and what else was published of cost: totals, shares, ranges, by exosim's own ledger and capital."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from case import Draws, Published, Row
from lot_costs import SCENARIOS, by_category, ledger, shipped
from runs import DRAWS, SEED

import exosim as xs
from exosim.cost_numbers import EconomicsNumbers
from exosim.economics.costing import Costing, EquipmentCost
from exosim.economics.fixed import YEAR, capital_of, fixed_costs
from exosim.economics.ledger import CostLedger, CostLine
from exosim.economics.usage import NOBODY, Use
from exosim.economics_builder import costing
from exosim.sampling import uniforms

TESSEE, BEMSCA = "tessee_planar_msc.toml", "bemsca_hipsc.toml"
DOSES_A_YEAR = 400e6
"""Of K12."""
_LINES = 6
_MILLION = 1e6


def rows() -> Iterator[Row]:
    """Yield the rows of K1 to K4, then ranges and shapes."""
    yield from _tessee()
    yield from _bemsca()
    yield from _vaccine()
    yield from _bag()
    yield from _heads()
    yield from _footprint()
    yield from _batches()
    yield from _left_out()


def _again(case: str, outcome: str, source: str, text: str, share: float, value: float, why: str) -> Row:
    """Return a row of a published tool whose plan and prices are given: the number within a share of it."""
    stated, shown = float(text.replace(",", "")), f"{value:,.0f}" if value >= 1e4 else f"{value:.1f}"
    return Row(
        case, outcome, source, "plan, prices, plant", "", Published(text, stated * (1 - share), stated * (1 + share)),
        "band", "regression", np.array([value]), f"{shown}{'; ' * bool(why)}{why}",
    )  # fmt: skip


def _tessee() -> Iterator[Row]:
    once, twice = shipped(f"{TESSEE}#all_pass"), shipped(f"{TESSEE}#counted_twice")
    batches = "12 batches that pass"
    yield _again(
        "K1", f"{batches}, equipment counted once [EUR]", "tessee", "755,793", 0.01, once.total,
        "each category within 0.01 %: see [the case](cases/tessee.md)",
    )  # fmt: skip
    for found, text in ((once, "617.5"), (twice, "621.4")):
        counted = "once" if found is once else "twice, as in its code"
        yield _again("K1", f"a dose, equipment counted {counted} [EUR]", "tessee", text, 0.01, found.cost_per_dose, "")
    one_lost = twice.total / (11 * 102)
    yield _again(
        "K1", "a dose with 11 of 12 batches, counted twice [EUR]", "tessee", "677.9", 0.01, one_lost,
        "the eleven pay for the twelfth",
    )  # fmt: skip


def _bemsca() -> Iterator[Row]:
    why = "the bases of the vessels explain what was missing in the plant: see [the case](cases/bemsca.md)"
    cases = (("K2", "", "34,334", why), ("K3", "#dextran_sulfate", "19,359", ""), ("K4", "#low_density", "23,911", ""))
    for case, variant, text, note in cases:
        name = variant.lstrip("#").replace("_", " ") or "as published"
        lot = shipped(f"{BEMSCA}{variant}").total / _LINES
        yield _again(case, f"a lot, {name} [EUR]", "salvador2023", text, 0.02, lot, note)


@cache
def _yearly_share() -> float:
    """Return what a year of fixed capital costs, over that capital, with the defaults: one unit that costs 1."""
    unit = {"plant": EquipmentCost(1.0, EconomicsNumbers().equipment_life)}
    numbers = EconomicsNumbers(lang_factor=1.0)
    world = Costing("USD", 2021, numbers, "staffing", "lang", "straight_line", {}, {}, {}, {}, unit, {})
    uses = [Use(NOBODY, "", "equipment.plant", "owned", YEAR, "h", 0.0)]
    return float(sum(line.cost for line in fixed_costs(uses, world, YEAR)))


def _per_dose(investment: float) -> Draws:
    """Return the cost of a year of capital over the doses [USD]: of the investment 5 to 15 % is no fixed capital."""
    fixed = investment / (1.05 + 0.10 * uniforms(SEED, "k12_share", "study", 0, DRAWS))
    return np.asarray(fixed * _yearly_share() / DOSES_A_YEAR)


def _vaccine() -> Iterator[Row]:
    batch, perfusion = _per_dose(299 * _MILLION), _per_dose(126 * _MILLION)
    given = "capital of 299 and 126 M USD, 400 million doses a year"
    assumed = "the default rates of SuperPro: 10 years, 5 % left, 14 % a year; of the investment 5 to 15 % is not fixed"
    yield Row(
        "K12", "capital is a main part of both: over a third of 0.23 and of 0.15 USD", "ferreira2021", given, assumed,
        Published("media and facility lead"), "sign", "test",
        ((batch > 0.23 / 3.0) & (perfusion > 0.15 / 3.0)).astype(np.float64),
        f"{np.median(batch) / 0.23:.0%} and {np.median(perfusion) / 0.15:.0%}: what is left for media and people is "
        "alike in both",
    )  # fmt: skip
    yield Row(
        "K12", "batch over perfusion, of capital alone [USD/dose]", "ferreira2021", given, assumed,
        Published("0.08: 0.23 less 0.15, of all cost", 0.08, 0.08), "25 %", "test", batch - perfusion,
        "capital explains all of the difference",
    )  # fmt: skip
    yield Row(
        "V18", "cost of a dose, batch and perfusion [USD]", "ferreira2021", "titers, doses a year", "",
        Published("0.23 and 0.15", 0.15, 0.23, stated=False), "band", "test", None,
        "not testable: the sheet of its unit operations was in no copy that could be read, only the abstract",
    )  # fmt: skip


def _booked(parts: dict[str, float]) -> CostLedger:
    """Return a ledger of one lot with these costs by category."""
    lines = [CostLine(0, "", name, "started", 1.0, "lot", cost, name, 0.0) for name, cost in parts.items()]
    return CostLedger(lines, (), 1.0, YEAR, "EUR")


def _bag() -> Iterator[Row]:
    shares = {"labor": (0.28, 3.6), "materials": (0.49, 1.9), "quality": (0.11, 5.3), "tests of our own": (0.12, 1.0)}
    gmp = _booked({name: 2633.0 * share * fold for name, (share, fold) in shares.items()})
    yield Row(
        "K13", "a bag of stem cells under GMP [EUR]", "lechanteur2021",
        "2,633 EUR at clinical grade; 28, 49 and 11 % of it times 3.6, 1.9 and 5.3",
        "that the rest is its own quality control, which stays", Published("6,647", 6647.0, 6647.0), "25 %", "input",
        np.array([gmp.cost_per_dose]),
        f"put in: {gmp.cost_per_dose:,.0f}; so the shares are those of clinical grade, and under GMP staff leads with "
        f"{by_category(gmp)['labor'] / gmp.total:.0%}",
    )  # fmt: skip
    yield Row(
        "K13", "the same from a plant [EUR]", "lechanteur2021", "28 d, 80 to 190 million cells a bag", "",
        Published("6,647", 6647.0, 6647.0), "25 %", "test", None,
        "not testable: how many bags a batch makes is not told",
    )  # fmt: skip


@cache
def _more_heads() -> tuple[float, float]:
    """Return what ten heads cost more than seven, as a share, where labor is 50 and 56 % of the cost with seven."""
    plain = xs.load(f"{SCENARIOS / TESSEE}#all_pass")
    rest = shipped(f"{TESSEE}#all_pass").total - 205_500.0
    found = []
    for share in (0.50, 0.56):
        wage = rest * share / (1.0 - share) / (7 * 274)
        paid = {"personnel.technician.wage": {"value": f"{wage:.6f} EUR/d", "year": 2018}}
        seven, ten = (ledger(plain.with_({"personnel.technician.headcount": n, **paid})).total for n in (7, 10))
        found.append(ten / seven - 1.0)
    return found[0], found[1]


def _heads() -> Iterator[Row]:
    low, high = _more_heads()
    drawn = 100.0 * (low + (high - low) * uniforms(SEED, "k14_share", "study", 0, DRAWS))
    yield Row(
        "K14", "cost of a batch, ten heads over seven [%]", "lopes2018", "half of the cost is labor",
        "50 to 56 % is half; a plant with people on duty (staffing basis)", Published("+24", 24.0, 24.0), "25 %",
        "input", drawn, "put in: the share of labor; 24 % asks for 56 %",
    )  # fmt: skip


def _capital(name: str) -> tuple[float, float]:
    """Return fixed capital over the purchase of equipment, and that over the floor area [EUR/m2]."""
    scenario = xs.load(f"{SCENARIOS / name}")
    account = xs.simulate(scenario, 1).accounts[0]
    world = costing(scenario)
    found = capital_of(account.uses, world, shipped(name).hours)
    bought = sum(found.equipment.values())
    return found.fixed / bought, bought / sum(room.area for room in world.rooms.values())


def _footprint() -> Iterator[Row]:
    told = {
        BEMSCA: ("salvador2023", "six lines, a laboratory, 42 bases of vessels", ""),
        TESSEE: (
            "tessee", "two incubators, a cabinet, a centrifuge in 400 m2",
            "it buys four units for a building of 1.55 million EUR: no laboratory, no freezers, no autoclave",
        ),
    }  # fmt: skip
    for name, (_, plant, why) in told.items():
        lang, area = _capital(name)
        model = "BEMSCA" if name == BEMSCA else "TESSEE"
        assumed = f"that {model} stands for a facility; EUR as USD"
        yield Row(
            "K15", f"fixed capital over purchase of equipment, {model} [1]", "pereirachilima2020", plant, assumed,
            Published("2.3 to 8.5", 2.3, 8.5), "band", "test", np.array([lang]), why,
        )  # fmt: skip
        yield Row(
            "K15", f"purchase of equipment per area, {model} [EUR/m2]", "pereirachilima2020", plant, assumed,
            Published("675 to 6,815 USD", 675.0, 6815.0), "band", "test", np.array([area]), why,
        )  # fmt: skip
    yield Row(
        "K15", "capital of autologous over allogeneic plants [1]", "pereirachilima2020", "the same output", "",
        Published("6", 6.0, 6.0), "25 %", "test", None, "not testable: the table of technologies was not to be read",
    )  # fmt: skip


def _batches() -> Iterator[Row]:
    lots = {"TESSEE": shipped(f"{TESSEE}#all_pass").total / 12, "BEMSCA": shipped(BEMSCA).total / _LINES}
    for model, cost in lots.items():
        yield Row(
            "K23", f"a batch of cells, {model} [EUR]", "tenham2020", "eight therapies of four academic facilities",
            f"that {model} stands for such a facility", Published("23,000 to 191,000 (unchecked)", 23e3, 191e3), "band",
            "test", np.array([cost]),
            f"{cost:,.0f}",
        )  # fmt: skip


def _left_out() -> Iterator[Row]:
    told = (
        (
            "K17", "a dose in a new plant less one without depreciation [USD]", "rrbche_preprint",
            "capital of 168 M USD", "184: 573 less 389",
            "doses a year stand in no copy that could be read; at 10 years and 5 % left over, 184 USD are some 80,000 "
            "doses, 32 kg",
        ),
        (
            "K19", "cost before over after optimization; robust over nominal [1]", "misener2018", "",
            "4; 1.15", "a design that is optimized has no word here: its fibers make no cells of the blood",
        ),
        (
            "K24", "a clinical vial of pluripotent cells [USD]", "iscbi2022", "", "1,000 to 10,000",
            "what a bank pays for derivation, donors and release, and how many vials a bank has, is not told",
        ),
        (
            "K25", "cultured cells by the kilogram, above 20 m3 [USD/kg]", "risner2021", "",
            "1.95 to 437,000 (unchecked)", "operations end at 2,000 L",
        ),
    )  # fmt: skip
    for case, outcome, source, given, text, why in told:
        yield Row(case, outcome, source, given, "", Published(text), "sign", "test", None, f"not testable: {why}")
