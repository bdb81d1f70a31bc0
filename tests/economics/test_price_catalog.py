"""The shipped price list: well formed, sourced, in units that can be read, a default for what a process uses."""

from __future__ import annotations

import math
import re
import subprocess
import sys
import tomllib
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim import units
from exosim.assay_methods import methods
from exosim.errors import nearest_name
from exosim.parameter import ASSUMPTION
from exosim.price_catalog import (
    CURRENCIES,
    GRADES,
    KINDS,
    ListPrice,
    PriceError,
    addresses_of,
    default_for,
    defaults,
    escalation,
    exchange_rate,
    index_ratio,
    price,
    prices,
)
from exosim.references import references
from exosim.vocabulary import CONSUMABLES
from tests.texts import Door

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "reference" / "prices.md"
EVERY = pytest.mark.parametrize("entry", prices().values(), ids=lambda entry: entry.key)


@EVERY
def test_an_entry_is_well_formed(entry: ListPrice) -> None:
    assert re.fullmatch(r"[a-z][a-z0-9]*(_[A-Za-z0-9]+)+", entry.key)
    assert 0.0 <= entry.low <= entry.typical <= entry.high and math.isfinite(entry.high) and entry.high > 0.0
    assert entry.kind in KINDS and entry.grade in GRADES
    assert entry.name == entry.name.strip() != "" and entry.basis == entry.basis.strip() != ""
    assert not re.search(r"labour|fibre|litre|isation", entry.name + entry.basis)


@EVERY
def test_money_has_a_currency_and_a_year_and_a_factor_has_neither(entry: ListPrice) -> None:
    assert (entry.kind == "factor") == (entry.currency == "") == (entry.year is None)
    assert entry.year is None or 2000 <= entry.year <= 2026
    written = "/".join(part for part in (entry.currency, entry.per) if part)
    assert entry.unit == written
    got = units.dimension(entry.unit if entry.unit != "1" else "dimensionless")
    assert got.count("currency") == (1 if entry.currency else 0)


@EVERY
def test_an_exponent_belongs_to_a_size_that_can_be_read(entry: ListPrice) -> None:
    assert entry.exponent is None or entry.size is not None
    if entry.size is not None:
        assert entry.size > 0.0 and units.factor(entry.size_unit, entry.size_unit) == 1.0
    assert entry.exponent is None or 0.0 < entry.exponent <= 1.0


@EVERY
def test_the_source_is_known_and_an_assumption_says_so(entry: ListPrice) -> None:
    assert (entry.source == ASSUMPTION) == (entry.grade == "D")
    assert entry.source == ASSUMPTION or entry.source in references()
    if entry.grade == "D":
        assert re.search(r"without a citable source|as remembered", entry.basis)


def test_what_has_no_price_list_at_all_is_wide() -> None:
    """What nobody publishes is bracketed by at least a factor of four."""
    guessed = ["separation_polymer", "trehalose", "human_albumin", "cargo", "chip", "affinity_resin"]
    for name in [*guessed, "virus_filter_area", "gradient_medium"]:
        standing = default_for(f"material.{name}")
        assert standing is not None and standing.grade == "D"
        assert standing.high >= 4.0 * standing.low


@pytest.mark.parametrize(("name", "unit"), CONSUMABLES.items())
def test_every_consumable_has_a_default_of_its_dimension(name: str, unit: str) -> None:
    standing = default_for(f"material.{name}")
    assert standing is not None and standing.currency
    assert units.dimension(f"{standing.unit}*{unit}") == units.dimension(standing.currency)


def test_defaults_name_prices_of_the_right_kind() -> None:
    kinds = {
        "material": {"material", "consumable"},
        "equipment": {"equipment"},
        "personnel": {"labor"},
        "assay": {"quality"},
        "utility": {"facility", "material"},
        "economics": {"facility", "material"},
    }
    for address in defaults():
        standing = default_for(address)
        assert standing is not None and standing.kind in kinds[address.partition(".")[0]], address


def test_every_method_of_assay_has_a_default() -> None:
    assert not [key for key in methods() if default_for(f"assay.{key}") is None]


def test_a_section_alone_stands_for_what_is_not_named() -> None:
    assert default_for("personnel.upstream") is default_for("personnel") is price("lab_technician_eu_loaded")
    assert default_for("personnel.qa") is price("lab_qa_loaded")
    assert default_for("equipment.time_machine") is None and default_for("room.suite") is None
    assert addresses_of("media_stempro_sf") == ("material.growth_medium",)


def test_usual_equipment_has_a_default() -> None:
    """Ids that several shipped scenarios use are priced; what stands for a whole suite or line is not."""
    used = Counter[str]()
    for path in (ROOT / "scenarios").glob("*.toml"):
        scenario = tomllib.loads(path.read_text(encoding="utf-8"))
        used.update({unit["id"] for unit in scenario.get("equipment", ()) if "id" in unit})
    usual = {name for name, scenarios in used.items() if scenarios >= 3}
    assert "tff_skid" in usual and not {name for name in usual if default_for(f"equipment.{name}") is None}


@pytest.mark.parametrize(
    ("prefix", "unit", "exponent", "factor", "among"),
    [
        ("planar_", "cm2", "planar_cost_exponent", 0.104, "tessee"),
        ("su_vessel_", "L", "su_vessel_exponent", 171.0, "stemfactory"),
    ],
)
def test_stated_exponents_are_those_of_the_rows(
    prefix: str, unit: str, exponent: str, factor: float, among: str
) -> None:
    """Least squares of the logarithms of price over size, over the rows that were read."""
    rows = [p for p in prices().values() if p.key.startswith(prefix) and p.source == among and p.size is not None]
    assert len(rows) == (8 if unit == "cm2" else 7)
    sizes = [math.log((p.size or 0.0) * units.factor(p.size_unit, unit)) for p in rows]
    slope, at_one = np.polyfit(sizes, [math.log(p.typical) for p in rows], 1)
    assert slope == pytest.approx(price(exponent).typical, abs=0.005)
    assert math.exp(at_one) == pytest.approx(factor, rel=0.01)
    assert {p.exponent for p in rows} == {price(exponent).typical}


def test_the_slopes_that_the_basis_tells_are_those_of_the_rows() -> None:
    stacks = [price(f"planar_cs{n}") for n in (1, 2, 5, 10)]
    large = [price(f"su_vessel_{n}") for n in ("1_8L", "5L", "14L", "50L")]
    wheels = [price(f"pbs_vessel_{n}") for n in ("0_1L", "0_5L", "3L")]
    for rows, stated in ((stacks, 0.66), (large, 0.50), (wheels, 0.46)):
        slope = np.polyfit([math.log(p.size or 0.0) for p in rows], [math.log(p.typical) for p in rows], 1)[0]
        assert slope == pytest.approx(stated, abs=0.005)


def test_what_is_computed_from_other_entries_agrees_with_them() -> None:
    stack, surface = price("planar_cs10"), price("surface_cs10")
    bundle, fiber = price("hf_quantum_set"), price("fiber_quantum")
    for whole, part, area in ((stack, surface, 0.636), (bundle, fiber, 2.1)):
        for of in ("low", "typical", "high"):
            assert getattr(part, of) == pytest.approx(getattr(whole, of) / area, rel=1e-3)
    basal = price("media_dmem_basal").typical
    for medium, supplement in (("media_dmem_10fbs", "suppl_fbs"), ("media_dmem_10hpl", "suppl_hpl")):
        assert price(medium).typical == pytest.approx(0.9 * basal + 0.1 * price(supplement).typical, abs=0.01)


def test_the_rooms_of_the_academic_models_add_up_to_what_they_say() -> None:
    """TESSEE: 400 m2, a fifth of it clean, over 15 years, and the running cost without energy."""
    clean, other = price("fac_clean_capex_tes").typical, price("fac_other_capex").typical
    building = 400.0 * (0.2 * clean + 0.8 * other) / price("fin_depr_building").typical
    running = sum(price(f"fac_run_{n}").typical for n in ("co2", "gases", "supplies", "requal", "maint", "clean"))
    year = building + running + price("fac_run_garments").typical
    assert year / 365.25 == pytest.approx(769.54, abs=0.005)
    assert year / 400.0 == pytest.approx(price("fac_allin_tes").typical, abs=0.5)
    mean = price("fac_capex_academic")
    assert mean.typical == pytest.approx(0.2 * clean + 0.8 * other)
    assert mean.high == pytest.approx((132.0 * 6329.0 + 268.0 * 3692.0) / 400.0, abs=0.05)


@pytest.mark.parametrize(
    ("section", "building", "direct", "multiplier"),
    [("standard", 0.45, 2.88, "fac_dfc_mult_std"), ("purification", 3.0, 5.43, "fac_dfc_mult_gmp")],
)
def test_capital_factors_reproduce_the_published_multipliers(
    section: str, building: float, direct: float, multiplier: str
) -> None:
    """Purchase cost, direct and indirect cost, fee and contingency multiply up as in Table 2 of Tusé 2014."""
    names = ("piping", "instr", "insul", "elec", "yard", "aux")
    total = 1.0 + building + sum(price(f"dfc_{name}").typical for name in names)
    assert total == pytest.approx(direct, abs=0.001), section
    indirect = price("dfc_engineering").typical + price("dfc_construction").typical
    other = price("dfc_contractor").typical + price("dfc_contingency").typical
    assert direct * (1.0 + indirect) * (1.0 + other) == pytest.approx(price(multiplier).typical, abs=0.01)


def test_counts_of_grades_are_told_on_the_page() -> None:
    counts = Counter(entry.grade for entry in prices().values())
    words = " ".join(PAGE.read_text(encoding="utf-8").split())
    told = f"Of {len(prices())} entries {counts['A']} are A, {counts['B']} B, {counts['C']} C and {counts['D']} D"
    assert told in words


def test_exchange_rates_are_those_of_the_releases() -> None:
    """US dollars per euro and per pound, and francs per dollar, as the Federal Reserve prints them."""
    printed = {2012: 1.2859, 2015: 1.1096, 2018: 1.1817, 2020: 1.1410, 2022: 1.0534, 2023: 1.0817}
    for year, dollars in printed.items():
        assert exchange_rate("EUR", "USD", year) == pytest.approx(dollars, rel=2e-4)
    assert exchange_rate("GBP", "USD", 2021) == pytest.approx(1.3764, rel=2e-4)
    assert exchange_rate("USD", "CHF", 2014) == 0.9147
    assert exchange_rate("EUR", "USD", 2040) == exchange_rate("EUR", "USD", 2025)


@given(st.sampled_from(CURRENCIES), st.sampled_from(CURRENCIES), st.sampled_from(CURRENCIES), st.integers(2017, 2030))
def test_exchange_has_no_arbitrage(first: str, second: str, third: str, year: int) -> None:
    there = exchange_rate(first, second, year)
    assert there * exchange_rate(second, first, year) == pytest.approx(1.0, rel=1e-12)
    assert there * exchange_rate(second, third, year) == pytest.approx(exchange_rate(first, third, year), rel=1e-12)


@given(st.integers(1990, 2040), st.integers(0, 60), st.integers(0, 60), st.floats(0.0, 0.2))
def test_escalation_compounds(start: int, first: int, second: int, rate: float) -> None:
    stepwise = escalation(start, start + first, rate) * escalation(start + first, start + first + second, rate)
    assert stepwise == pytest.approx(escalation(start, start + first + second, rate), rel=1e-10)


def test_escalation_and_index() -> None:
    assert escalation(2016, 2026) == pytest.approx(1.03**10)
    assert escalation(2020, 2019, 0.25) == 0.8
    assert index_ratio(2003, 2018) == pytest.approx(603.1 / 402.0)
    assert index_ratio(2013, 2013) == 1.0


def test_what_is_not_there_is_told_with_the_nearest() -> None:
    with pytest.raises(PriceError, match=r'no such price; got "tff_casette"; .*nearest: "tff_cassette"'):
        price("tff_casette")
    with pytest.raises(PriceError, match=r'unknown currency; got "EURO"; expected EUR or .*; nearest: "EUR"'):
        exchange_rate("EURO", "USD", 2020)
    with pytest.raises(PriceError, match=r'GBP .*; got 2016; expected 2012 to 2015 or 2017 to 2023; nearest: "2015"'):
        exchange_rate("GBP", "EUR", 2016)
    with pytest.raises(PriceError, match=r"no exchange rate of EUR .*; got 1990; expected 1999 to 2025"):
        exchange_rate("EUR", "USD", 1990)
    with pytest.raises(PriceError, match=r"index of plant cost .*; got 2004; expected 2003 or 2006 to 2023"):
        index_ratio(2018, 2004)


def test_importing_and_asking_loads_nothing_heavy() -> None:
    code = (
        "import sys; from exosim.price_catalog import prices, default_for; prices(); default_for('material.buffer');"
        "assert not {'numpy', 'pint', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_list_is_cached_and_read_only() -> None:
    assert prices() is prices()
    with pytest.raises(TypeError):
        prices()["new"] = price("buffer_inhouse")  # type: ignore[index]


def test_a_price_is_described(door: Door) -> None:
    out = door.run("describe", "planar_cs10").out
    assert out.startswith("planar_cs10: 10-layer cell stack")
    told = ["142.72 EUR", "114.18 to 256.9 EUR, triangular", "6360 cm2", "0.86 of size", "Bandeiras, TESSEE", "B: read"]
    assert not [words for words in told if words not in out]
    assert "material.growth_medium" in door.run("describe", "media_stempro_sf").out
    document = door.run("describe", "planar_cs10", "--json").document()
    assert (document["price"]["typical"], document["price"]["per"]) == (142.72, "")


def test_all_prices_are_listed(door: Door) -> None:
    lines = door.run("describe", "prices").out.splitlines()
    assert {key for key in prices() if sum(line.split()[:1] == [key] for line in lines) == 1} == set(prices())
    assert list(door.run("describe", "prices", "--json").document()["prices"]) == list(prices())


def test_a_price_that_is_not_there_is_told_with_the_nearest(door: Door) -> None:
    answer = door.run("describe", "tff_casette")
    assert (answer.code, answer.out) == (2, "")
    assert 'unknown name "tff_casette"' in answer.err and "did you mean tff_cassette?" in answer.err


def test_a_year_without_a_rate_asks_for_one(door: Door, tmp_path: Path) -> None:
    """Prices of the list are in euros and dollars; a scenario in pounds of 2016 must bring the rates."""
    base = ROOT / "scenarios" / "minimal.toml"
    money = tmp_path / "money.toml"
    head = f'extends = "{base.as_posix()}"\nname = "money"\n[economics]\ncurrency = "GBP"\nyear = '
    money.write_text(f"{head}2016\n", encoding="utf-8")
    answer = door.run("check", str(money))
    assert answer.code == 3
    assert (
        "no exchange rate of GBP is known for this year; got 2016; expected [economics.exchange] USD = " in answer.err
    )
    money.write_text(f"{head}2023\n", encoding="utf-8")
    assert door.run("check", str(money)).code == 0


def test_no_price_is_called_as_an_operation_or_section_is() -> None:
    from exosim.description import SECTIONS
    from exosim.operations import catalog

    assert not {*prices(), "prices"} & {*catalog(), *SECTIONS}
    assert nearest_name("prices", prices()) != "prices"
