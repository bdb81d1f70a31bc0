"""Quantities as text: every spelling of a unit, hints for frequent mistakes, and no text that does harm."""

from __future__ import annotations

import builtins
import itertools
import math
import time
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exosim import units
from exosim.units import QuantityError, parse

SPELLINGS = [
    ["L/m2/h", "L/m^2/h", "L/m**2/h", "LMH", "L/(m2*h)", "L m^-2 h^-1", "L·m^-2·h^-1", "liter/meter**2/hr"],
    ["m2", "m^2", "m**2", "m*m", "m·m", "metre^2", "meter2", " m2 "],
    ["m3", "m^3", "m**3"],
    ["L", "l", "liter", "Liter", "litre", "Litre", "litres", "dm3"],
    ["mL", "ml", "milliliter", "cm3", "cm^3"],
    ["um", "µm", "μm", "micrometer", "micrometre"],
    ["h", "hr", "hour", "hours"],
    ["min", "minute", "minutes", "mins"],
    ["d", "day", "days"],
    ["1/h", "/h", "h^-1", "h**-1"],
    ["EV/mL", "vesicle/mL", "EV/cm3", "EV mL^-1"],
    ["cell/cm2", "cells/cm^2", "cell cm**-2"],
    ["%", "percent", "pct"],
    ["LRV", "log", "logs"],
    ["degC", "°C", "degree_Celsius"],
]


def refusal(text: str, unit: str) -> QuantityError:
    with pytest.raises(QuantityError) as caught:
        parse(text, unit)
    return caught.value


@pytest.mark.parametrize("spellings", SPELLINGS, ids=lambda spellings: spellings[0])
def test_all_spellings_of_a_unit_are_one_unit(spellings: list[str]) -> None:
    for first, second in itertools.permutations(spellings, 2):
        assert parse(f"25 {first}", second) == 25.0, (first, second)
        assert units.factor(first, second) == pytest.approx(1.0, rel=1e-14)


@pytest.mark.parametrize(
    "text, unit, value",
    [
        ("85 %", "1", 0.85),
        ("85%", "1", 0.85),
        ("0.85", "1", 0.85),
        ("0.85", "%", 85.0),
        ("37 degC", "K", 310.15),
        ("310.15 K", "degC", 37.0),
        ("-20 °C", "K", 253.15),
        ("1 d", "h", 24.0),
        ("90 min", "h", 1.5),
        ("1 week", "d", 7.0),
        ("0.1 LMH", "mL/cm2/min", 0.1 / 600.0),
        ("1e4 EV/cell/d", "EV/cell/h", 1e4 / 24.0),
        ("3e7 particle/mL", "particle/L", 3e10),
        ("1 mM", "mol/L", 1e-3),
        ("0.5 bar", "Pa", 5e4),
        ("2.1 m2", "cm2", 2.1e4),
        ("10 ug", "mg", 0.01),
        ("5 U/mL", "U/L", 5e3),
        ("+5. L", "L", 5.0),
        (".5 L", "L", 0.5),
        ("-5 L", "L", -5.0),
        ("1_000_000 L", "L", 1e6),
        ("1E3 L", "L", 1e3),
        ("  7   L\n", "L", 7.0),
        ("1 kWh", "J", 3.6e6),
        ("10 ft2", "m2", 0.9290304),
        ("7", "1", 7.0),
        ("0 L", "mL", 0.0),
    ],
)
def test_values_are_converted(text: str, unit: str, value: float) -> None:
    assert parse(text, unit) == pytest.approx(value, rel=2e-15)


@pytest.mark.parametrize("micro", ["u", "\u00b5", "\u03bc"])
def test_all_signs_for_micro_are_equal(micro: str) -> None:
    assert parse(f"10 {micro}m", "nm") == 1e4
    assert parse(f"10 {micro}g/mL", "mg/L") == 10.0
    assert parse(f"10 {micro}m2", "m2") == 1e-11


@pytest.mark.parametrize(
    "text, unit, words",
    [
        ("5 m", "h", 'm is meter: write "min" for minutes'),
        ("5 m", "min", 'm is meter: write "min" for minutes'),
        ("1e12 1/L", "EV/mL", "say what is counted: EV/mL or EV/L"),
        ("1e12 /L", "EV/mL", "say what is counted: EV/mL or EV/L"),
        ("1e9 /mL", "particle/mL", "say what is counted: particle/mL or particle/L"),
        ("1e6 mL^-1", "cell/mL", "say what is counted: cell/mL or cell/L"),
        ("10 L/h", "L/m2/h", "a flux is per membrane area: L/m2/h"),
        ("10 particle", "EV", "EV is the true number of vesicles, particle is what an instrument counts"),
        ("10 EV", "particle", "EV is the true number of vesicles, particle is what an instrument counts"),
    ],
)
def test_frequent_mistakes_get_a_hint(text: str, unit: str, words: str) -> None:
    error = refusal(text, unit)
    assert words in error.problem
    assert error.got == f'"{text}"'
    assert error.expected == f"a quantity in {unit}"


@pytest.mark.parametrize(
    "text, unit, problem",
    [
        ("1e9 cell/mL", "EV/mL", "cell/mL cannot be converted to EV/mL"),
        ("1e9 particle/mL", "EV/mL", "particle/mL cannot be converted to EV/mL"),
        ("10 USD", "EUR", "USD cannot be converted to EUR"),
        ("5 K", "J", "K cannot be converted to J"),
        ("3 log", "L", "log cannot be converted to L"),
        ("50", "L", "the unit is missing"),
        ("10,5 L", "L", "a comma is neither a decimal sign nor allowed between thousands"),
        ("1,500 mL", "mL", "a comma is neither a decimal sign nor allowed between thousands"),
        ("2 h + 3 L", "h", "a quantity is one number with one unit, not a sum"),
        ("2 + 3", "1", "a quantity is one number with one unit, not a sum"),
        ("1e400 L", "L", "this is not a finite number"),
        ("1e308 km", "nm", "this is too large a number"),
        ("1 L*km^90*m^-90*km^90*m^-90", "L", "this is too large a number"),
        ("nan L", "L", "this is not a quantity"),
        ("inf L", "L", "this is not a quantity"),
        ("L", "L", "this is not a quantity"),
        ("", "L", "this is not a quantity"),
        ("1" * 200, "1", "this is not a quantity"),
        ("1__0 L", "L", 'unknown unit "__0"'),
        ("10 $", "EUR", "this is not a unit"),
        ("10 L/0", "L", "this is not a unit"),
        ("10 (", "L", "this is not a unit"),
        ("10 L*2", "L", "this is not a unit"),
        ("10 " + "L*" * 40 + "L", "L", "this is not a unit"),
    ],
)
def test_what_is_not_a_quantity_is_refused(text: str, unit: str, problem: str) -> None:
    assert refusal(text, unit).problem == problem


@pytest.mark.parametrize(
    "written, nearest",
    [("LMHH", "LMH"), ("litre_", "litre"), ("partcle/mL", "particle"), ("Cell2/mL2", "cell"), ("qqqq", None)],
)
def test_an_unknown_unit_names_the_nearest(written: str, nearest: str | None) -> None:
    error = refusal(f"1 {written}", "L")
    assert error.problem.startswith('unknown unit "')
    assert error.nearest == nearest
    assert error.got == f'"{written}"'


def test_a_comma_is_answered_with_a_point() -> None:
    assert refusal("10,5 L", "L").expected == '"10.5 L" with a decimal point, or "105 L" for thousands'
    assert refusal("1,500 mL", "mL").expected == '"1.500 mL" with a decimal point, or "1500 mL" for thousands'


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os')",
        "1 __import__('os')",
        "1 __import__",
        "1 __import__*os",
        "1 exec(0)",
        "1 L.__class__",
        "1 (lambda: 0)()",
        "1 {0}",
        "1 L; import os",
        '1 """',
    ],
)
def test_text_is_never_evaluated(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    units.unit_names()  # what is imported on first use is imported now
    imported: list[str] = []
    monkeypatch.setattr(builtins, "eval", lambda *_: imported.append("eval"))
    monkeypatch.setattr(builtins, "exec", lambda *_: imported.append("exec"))
    original = builtins.__import__

    def spy(name: str, *rest: object, **named: object) -> object:
        imported.append(name)
        return original(name, *rest, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", spy)
    with pytest.raises(QuantityError):
        parse(text, "L")
    assert "os" not in imported and "eval" not in imported and "exec" not in imported


@pytest.mark.parametrize(
    "unit",
    ["L*9**9**9", "L*9^9^9", "L**9**9**9", "L*9**(9**9)", "L*9**99999999", "9^9_9_9_9_9_9_9", "m99**99", "L^(2^99)^9"],
)
def test_a_power_that_would_take_forever_is_refused_at_once(unit: str) -> None:
    start = time.perf_counter()
    assert refusal(f"1 {unit}", "L")
    assert time.perf_counter() - start < 1.0


TOKENS = [*"Lmh%°µ1290.eE_*^/-+,()·'$ ", "\n", "EV", "degC", "**", "__", "os", "km", "cell"]


def parsed_or_refused(text: str, unit: str) -> None:
    try:
        value = parse(text, unit)
    except QuantityError as error:
        assert error.problem
    else:
        assert math.isfinite(value)


@given(st.text(max_size=80), st.sampled_from(["L", "1", "EV/mL", "degC"]))
@example("1 m^1.5", "L")
@example("1 degC^2", "L")
@example("\ud800", "1")
@example("1 \ud800", "1")
@example("٣ L", "L")
def test_random_text_is_parsed_or_refused(text: str, unit: str) -> None:
    parsed_or_refused(text, unit)
    parsed_or_refused(f"1 {text}", unit)


@given(st.lists(st.sampled_from(TOKENS), max_size=14), st.sampled_from(["L", "1", "K", "EV/mL"]))
@settings(max_examples=500)
def test_random_tokens_are_parsed_or_refused(tokens: list[str], unit: str) -> None:
    parsed_or_refused("1 " + "".join(tokens), unit)
    parsed_or_refused("".join(tokens), unit)


@given(st.integers(-(10**12), 10**12), st.integers(-6, 6))
def test_the_unit_in_which_a_length_is_written_does_not_matter(digits: int, power: int) -> None:
    lengths = [f"{digits}e{power - 9 - shift} {unit}" for unit, shift in (("m", 0), ("mm", -3), ("um", -6), ("nm", -9))]
    values = {parse(text, unit) for unit in ("m",) for text in lengths}
    assert values == {float(Fraction(digits) * Fraction(10) ** (power - 9))}
    assert len({parse(text, "nm") for text in lengths}) == 1


def test_ten_micrometers_are_ten_thousand_nanometers_to_the_bit() -> None:
    for unit in ("m", "um", "nm", "km", "cm"):
        assert parse("10 um", unit).hex() == parse("10000 nm", unit).hex()
    assert parse("30 L/m2/h", "m/s").hex() == parse("30 LMH", "m/s").hex()


@given(st.floats(1e-200, 1e200), st.sampled_from([("EV/mL", "EV/L"), ("d", "h"), ("bar", "Pa"), ("degC", "K")]))
def test_there_and_back_again(value: float, pair: tuple[str, str]) -> None:
    there = parse(f"{value!r} {pair[0]}", pair[1])
    offset = 300.0 if pair[0] == "degC" else 0.0
    assert parse(f"{there!r} {pair[1]}", pair[0]) == pytest.approx(value, rel=1e-14, abs=1e-14 * offset)


def test_factors_and_dimensions() -> None:
    assert units.factor("d", "h") == 24.0
    assert units.factor("mL", "L") == 1e-3
    assert units.dimension("L/m2/h") == "[length] / [time]"
    assert units.is_dimensionless("%") and units.is_dimensionless("1") and units.is_dimensionless("m/km")
    assert not units.is_dimensionless("LRV") and not units.is_dimensionless("EV")


def test_what_can_be_counted_are_different_kinds() -> None:
    counted = ["EV", "particle", "cell", "vial", "dose", "U", "EU", "CV", "EUR", "USD", "GBP", "CHF", "FTE", "LRV", "1"]
    assert len({units.dimension(unit) for unit in counted}) == len(counted)


def test_splitting_a_quantity() -> None:
    assert units.split("25 L/m2/h") == (25.0, "L/m2/h")
    assert units.split("-1e-3") == (-1e-3, "")
    assert units.split("5%") == (5.0, "%")


@pytest.mark.parametrize(
    "value, unit, digits, text",
    [
        (25.0, "L/m2/h", 4, "25 L/m2/h"),
        (1e10, "EV", 4, "1e10 EV"),
        (1.23456e14, "EV", 4, "1.235e14 EV"),
        (2.5e-7, "mol", 4, "2.5e-7 mol"),
        (0.85, "1", 4, "0.85"),
        (123456.0, "L", 3, "1.23e5 L"),
        (0.0, "h", 4, "0 h"),
        (-3.0, "degC", 4, "-3 degC"),
    ],
)
def test_showing_a_quantity(value: float, unit: str, digits: int, text: str) -> None:
    assert units.show(value, unit, digits) == text


@given(st.floats(1e-100, 1e100), st.sampled_from(["L", "1", "EV/mL"]))
def test_what_is_shown_can_be_read(value: float, unit: str) -> None:
    assert parse(units.show(value, unit), unit) == pytest.approx(value, rel=6e-4)
