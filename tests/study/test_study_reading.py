"""Reading of factors: every short form and its table, what is wrong with either in words, nothing but words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import exosim as xs
from exosim.errors import Problem, ScenarioError, UsageError
from exosim.study.answers import Condition, Of, Response
from exosim.study.factor import Factor
from exosim.study.questions import named, read_conditions, read_questions
from exosim.study.reading import read_factors, uncertain_factors
from exosim.study.salib_problem import factors_of

SCENARIOS = Path(__file__).parents[2] / "scenarios"
FLUX = "clarify.flux"
"""In L/m2/h, fixed at 100 in the reference scenario, plausible from 50 to 200."""


@cache
def scenario(name: str = "msc_hollow_fiber") -> xs.Scenario:
    return xs.load(SCENARIOS / f"{name}.toml")


def read(path: str, spec: Any = None) -> Factor:
    (factor,) = read_factors(scenario(), {path: spec})
    return factor


def wrong(asked: Mapping[str, Any] | list[tuple[str, Any]]) -> tuple[Problem, ...]:
    """Return what is wrong with factors; the error is that of a scenario."""
    with pytest.raises(ScenarioError) as caught:
        read_factors(scenario(), asked)
    assert caught.value.exit_code == 3 and all(problem.file for problem in caught.value.problems)
    return caught.value.problems


# ---------------------------------------------------------------- every form

FORMS: tuple[tuple[str, str, Mapping[str, Any]], ...] = (
    (FLUX, "60..200 L/m2/h", {"low": "60 L/m2/h", "high": "200 L/m2/h"}),
    (FLUX, "60 L/m2/h .. 200 L/m2/h", {"low": "60 L/m2/h", "high": "200 L/m2/h"}),
    (FLUX, "60..200 L/m2/h step 20", {"low": "60 L/m2/h", "high": "200 L/m2/h", "step": "20 L/m2/h"}),
    (FLUX, "60..200 L/m2/h step 20 L/m2/h", {"low": 60, "high": "200 L/m2/h", "step": 20}),
    (FLUX, "log 60..200 L/m2/h", {"low": "60 L/m2/h", "high": "200 L/m2/h", "scale": "log"}),
    (FLUX, "60, 100, 200 L/m2/h", {"values": ["60 L/m2/h", "100 L/m2/h", "200 L/m2/h"]}),
    (FLUX, "x0.5..x2", {"times": [0.5, 2.0]}),
    (FLUX, "x0.5..2", {"times": [0.5, 2.0]}),
    (FLUX, "x0.5, x1, x2", {"times": [0.5, 1, 2]}),
    (FLUX, "", {}),
    ("culture.secretion_rate", "log 1e3..1e5 EV/cell/d", {"low": "1e3 EV/cell/d", "high": 1e5, "scale": "log"}),
    ("culture.secretion_rate", "own", {"own": True}),
    ("polish.bed_recovery", "70..95 %", {"low": 0.7, "high": 0.95}),
    ("polish.bed_recovery", "0.7..0.95", {"low": "70 %", "high": "95 %"}),
    ("polish.bed_recovery", ".7...95", {"low": 0.7, "high": 0.95}),
    ("seed_train.passages", "1..4", {"low": 1, "high": 4}),
    ("seed_train.passages", "1, 2, 4", {"values": [1, 2, 4]}),
    ("concentrate.max_hold.breach", "deviation, reject", {"values": ["deviation", "reject"]}),
    ("campaign.mode", "paced, as_soon_as_possible", {"values": ["paced", "as_soon_as_possible"]}),
)


@pytest.mark.parametrize(("path", "text", "table"), FORMS, ids=lambda one: str(one))
def test_text_is_its_table(path: str, text: str, table: Mapping[str, Any]) -> None:
    if table.get("high") == 1e5:
        table = {**table, "high": "1e5 EV/cell/d"}
    assert read(path, text) == read(path, table)


@settings(max_examples=40)
@given(st.floats(50.0, 150.0), st.floats(151.0, 200.0), st.sampled_from(["linear", "log"]))
def test_a_range_comes_back_from_its_own_words(low: float, high: float, scale: str) -> None:
    def of(spec: Any) -> Factor:
        return read_factors(scenario("minimal"), {FLUX: spec})[0]

    factor = of({"low": f"{low!r} L/m2/h", "high": f"{high!r} L/m2/h", "scale": scale})
    head = "log " if scale == "log" else ""
    assert (factor.low, factor.high) == pytest.approx((low, high), rel=1e-14)
    assert of(f"{head}{factor.low!r}..{factor.high!r} {factor.unit}") == factor


def test_pairs_and_lists_of_a_call() -> None:
    assert read(FLUX, ("60 L/m2/h", "200 L/m2/h")) == read(FLUX, "60..200 L/m2/h")
    assert read(FLUX, ["60 L/m2/h", "200 L/m2/h"]).levels == (60.0, 200.0)
    assert read("seed_train.passages", list(np.arange(1, 4))).levels == (1.0, 2.0, 3.0)
    assert read("polish.bed_recovery", (np.float64(0.7), 0.95)) == read("polish.bed_recovery", "0.7..0.95")
    assert read_factors(scenario(), iter([(FLUX, None)])) == (read(FLUX),)
    assert read_factors(scenario(), {}) == ()
    assert read(f"{FLUX}.value", "60..200 L/m2/h") == read(FLUX, "60..200 L/m2/h")


def test_factors_of_another_study_or_of_salib_are_taken_as_they_are() -> None:
    """A factor comes back from itself; one without a unit has that of what it moves; another unit is refused."""
    whole = read_factors(
        scenario(), {FLUX: "log 60..200 L/m2/h", "culture.secretion_rate": "own", "fill.fill_volume": "x0.5..x2"}
    )
    assert read_factors(scenario(), whole) == whole
    problem = {"names": [FLUX], "bounds": [[60.0, 200.0]], "dists": ["logunif"]}
    assert read_factors(scenario(), factors_of(problem)) == whole[:1]
    (refused,) = wrong({FLUX: replace(whole[0], unit="mL")})
    assert (refused.path, refused.got, refused.expected) == (FLUX, "mL", "L/m2/h")


def test_units_are_converted_to_that_of_the_parameter() -> None:
    factor = read("clarify.area", "0.01..0.1 m2")
    assert factor.unit == "cm2" and (factor.low, factor.high) == (100.0, 1000.0)
    assert read("clarify.area", "100..1000 cm2") == factor
    mixed = read("clarify.area", {"low": "100 cm2", "high": "0.1 m2"})
    assert mixed == factor
    assert read("culture.collection", "168..336 h") == read("culture.collection", "7..14 d")


def test_what_is_told_of_a_factor() -> None:
    fixed, drawn = read(FLUX, "60..200 L/m2/h"), read("culture.secretion_rate", "log 1e3..1e5 EV/cell/d")
    assert (fixed.base, fixed.unit, fixed.doc) == (100.0, "L/m2/h", "initial flux")
    assert drawn.base == pytest.approx(1e4, rel=1e-12) and drawn.distribution is None and not drawn.whole
    assert read("polish.ev_recovery", "0.5..0.9").base is None
    assert read("seed_train.passages", "1..4").whole and read("seed_train.passages", "1..4").base == 2.0


def test_nothing_is_the_5_to_95_percent_of_a_distribution_else_the_plausible_range() -> None:
    """Clipped to that range; the median of a lognormal times its spread to the power of 1.645 is its 95 % quantile."""
    rate, flux = read("culture.secretion_rate"), read(FLUX)
    assert (rate.low, rate.high) == pytest.approx((1e4 / 2.05**1.6448536, 1e4 * 2.05**1.6448536), rel=1e-6)
    assert (flux.low, flux.high, flux.scale) == (50.0, 200.0, "linear") and isinstance(flux.low, float)
    assert read("culture.secretion_rate", {"scale": "log"}).scale == "log"


def test_own_is_the_distribution_itself() -> None:
    factor = read("culture.secretion_rate", "own")
    given = scenario().uncertain()["culture.secretion_rate"]
    assert factor.distribution == given.quantity.base
    assert factor.at(np.array([0.05, 0.95])) == pytest.approx([factor.low, factor.high])
    assert read(FLUX, {"own": False, "low": "60 L/m2/h", "high": "70 L/m2/h"}) == read(FLUX, "60..70 L/m2/h")


@pytest.mark.parametrize("path", [FLUX, "clarify.capacity", "sterilize.flux"])
def test_times_of_a_number_a_distribution_and_a_default(path: str) -> None:
    factor = read(path, "x0.5..x2")
    assert (factor.times, factor.unit, factor.base, factor.scale) == (True, "1", 1.0, "log")
    assert (factor.low, factor.high, factor.levels) == (0.5, 2.0, ())
    assert read(path, "x2, x0.5, x1").levels == (2.0, 0.5, 1.0)
    assert read(path, "x2, x0.5, x1").high == 2.0


@given(st.integers(0, 40), st.integers(1, 60), st.sampled_from(["0.1", "0.2", "0.25", "0.05", "1", "3"]))
def test_steps_are_the_decimal_numbers_that_are_meant(low: int, count: int, step: str) -> None:
    """0.1..0.7 step 0.2 ends with 0.7, and has 0.3 and not 0.30000000000000004."""
    high = low + count * float(step)
    (factor,) = read_factors(scenario("minimal"), {"medium.volume": f"{low + 1}..{high + 1!r} L step {step}"})
    assert factor.levels[0] == low + 1 and factor.levels[-1] == pytest.approx(high + 1, rel=1e-14)
    assert factor.levels[-1] <= factor.high and len(factor.levels) == count + 1
    assert all(len(repr(level)) <= 6 for level in factor.levels)


def test_a_step_that_does_not_fit_ends_before() -> None:
    assert read(FLUX, "60..200 L/m2/h step 50").levels == (60.0, 110.0, 160.0)
    assert read("polish.bed_recovery", "0.1..0.7 step 0.2").levels == (0.1, 0.3, 0.5, 0.7)
    assert read("polish.bed_recovery", "10..70 % step 20 %").levels == (0.1, 0.3, 0.5, 0.7)


def test_keys_that_are_no_quantities_are_words_numbers_or_truth_values() -> None:
    mode = read("campaign.mode", "paced, as_soon_as_possible")
    assert mode.choices == ("paced", "as_soon_as_possible") and mode.base is None
    (limit,) = read_factors(scenario(), {"concentrate.max_hold.limit": "12..48 h"})
    assert (limit.unit, limit.low, limit.high) == ("h", 12.0, 48.0)


def test_uncertain_quantities_of_the_study_level() -> None:
    factors = {factor.path: factor for factor in uncertain_factors(scenario())}
    assert all(factor.distribution is not None for factor in factors.values())
    assert "culture.secretion_rate" in factors and "product.protein_fraction" in factors
    assert not {"culture.death_rate", "culture.doubling_time", "culture.activity", FLUX} & set(factors)


@pytest.mark.slow
def test_uncertain_quantities_of_the_plant_count_in_time() -> None:
    own = scenario("msc_hollow_fiber_release")
    in_time = {factor.path for factor in uncertain_factors(own, in_time=True)}
    assert in_time > {factor.path for factor in uncertain_factors(own)}


# ---------------------------------------------------------------- every mistake

MISTAKES: tuple[tuple[str, Any, str], ...] = (
    (FLUX, "200..60 L/m2/h", "low must be below high; got low = 200 L/m2/h, high = 60 L/m2/h"),
    (FLUX, "60..60 L/m2/h", "low must be below high; got low = 60 L/m2/h, high = 60 L/m2/h"),
    (FLUX, "60..200", 'the unit is missing; got "60"; expected a quantity in L/m2/h'),
    (FLUX, (60, 200), 'the unit is missing; got 60; expected a quantity in L/m2/h, such as "60 L/m2/h"'),
    (FLUX, "60..200 L/h", "L/h cannot be converted to L/m2/h (a flux is per membrane area: L/m2/h)"),
    (FLUX, "60..200 L/m2/hrr", 'unknown unit "hrr"'),
    (FLUX, "60..", 'this is no range; got "60.."; expected "15..40 L/m2/h", "log 1e3..1e5 EV" or "x0.5..x2"'),
    (FLUX, "..60 L/m2/h", 'this is no range; got "..60 L/m2/h"'),
    (FLUX, "many", 'this is not a quantity; got "many"; expected a number and a unit, such as "50 L"'),
    (FLUX, "log 0..200 L/m2/h", "a log scale needs values above 0; got low = 0"),
    (FLUX, "60..200 L/m2/h step 0", "a step must be above 0; got 60 L/m2/h..200 L/m2/h step 0 L/m2/h"),
    (FLUX, "60..200 L/m2/h step -5", "a step must be above 0; got 60 L/m2/h..200 L/m2/h step -5 L/m2/h"),
    (FLUX, "60..200 L/m2/h step 1e-9", "a step this small makes too many values; got 1.4e+11"),
    (FLUX, "60..200 L/m2/h step 1e-320", "a step this small makes too many values; got inf; expected at most 100,000"),
    (FLUX, "60, 60.0 L/m2/h", "a value stands twice; got 60, 60.0 L/m2/h; expected each once"),
    ("clarify.area", ["100 cm2", "0.01 m2"], "a value stands twice; got 100 cm2, 0.01 m2; expected each once"),
    (FLUX, {"values": []}, "values are a list; got an empty list; expected values = [10, 20, 40]"),
    (FLUX, {"values": 5}, "values are a list; got 5; expected values = [10, 20, 40]"),
    (FLUX, {"values": [True]}, "is of the wrong kind; got boolean true; expected a quantity in L/m2/h"),
    (FLUX, {"values": [{"a": 1}]}, "is of the wrong kind; got a table; expected a quantity in L/m2/h"),
    (FLUX, {"low": "60 L/m2/h"}, 'a range needs low and high; got low = "60 L/m2/h"'),
    (FLUX, {"high": "60 L/m2/h"}, 'a range needs low and high; got high = "60 L/m2/h"'),
    (FLUX, {"step": "60 L/m2/h"}, 'a step needs low and high; got step = "60 L/m2/h"'),
    (FLUX, {"low": 1, "high": 2, "times": [1, 2]}, "give a range, values, times or own, not several"),
    (FLUX, {"low": 0, "high": 2, "values": [1]}, "give a range, values, times or own, not several"),
    (FLUX, {"own": True, "times": [1, 2]}, "give a range, values, times or own, not several; got times and own"),
    (FLUX, {"own": "yes"}, 'own must be true or false; got "yes"'),
    (FLUX, {"hihg": 3}, 'unknown key "hihg"; expected one of low, high, scale, step, '
     'values, times, own; did you mean high?'),
    (FLUX, {"low": "60 L/m2/h", "high": "70 L/m2/h", "scale": "lgo"},
     'scale is linear or log; got "lgo"; did you mean log?'),
    (FLUX, {"scale": 3}, "scale is linear or log; got 3"),
    (FLUX, 5, "is no range; got 5; expected low and high, such as { low = 1, high = 6 }, or values = […]"),
    (FLUX, True, "is no range; got boolean true"),
    (FLUX, {"times": [1]}, "times are two numbers or more, above 0; got a list of 1; expected times = [0.5, 2]"),
    (FLUX, {"times": [0, 1]}, "times are two numbers or more, above 0"),
    (FLUX, {"times": ["1", "2"]}, "times are two numbers or more, above 0"),
    (FLUX, {"times": 2}, "times are two numbers or more, above 0; got 2"),
    (FLUX, "x1..x1e999", "times are two numbers or more, above 0"),
    (FLUX, "x2..x0.5", "low must be below high; got low = 2, high = 0.5"),
    (FLUX, "x1, x1, x2", "a value stands twice"),
    (FLUX, "own", "the scenario gives no distribution here; got own; expected a range: low and high"),
    ("culture.death_rate", "own", "varies by batch, so that no possible world has one value of it"),
    ("polish.ev_recovery", "x0.5..x2", "there is nothing to multiply; expected a range: low and high"),
    ("fill.test_time", "x0.5..x2", "there is nothing to multiply; expected a range: low and high"),
    ("seed_train.passages", "1.5..4", "must be whole numbers; got 1.5, 4"),
    ("seed_train.passages", "1, 2.5", "must be whole numbers; got 1, 2.5"),
    ("polish.bed_recovery", {"low": 0.5, "high": float("inf")}, "this is not a finite number"),
    ("polish.bed_recovery", {"low": 0.5, "high": 10**400}, "this is not a finite number"),
    ("polish.bed_recovery", "0.5..1e999", "this is not a finite number"),
    ("campaign.mode", None, "what this is moved between is missing; expected low and high, or values"),
    ("campaign.mode", "paced, paced", "a value stands twice"),
    ("concentrate.max_hold.limit", None, "what this is moved between is missing; expected low and high, or values"),
    ("campaign.moode", None, 'unknown key "moode"'),
)  # fmt: skip


@pytest.mark.parametrize(("path", "spec", "words"), MISTAKES, ids=lambda one: str(one)[:40])
def test_a_mistake_in_words(path: str, spec: Any, words: str) -> None:
    problem = wrong({path: spec})[0]
    assert problem.path.startswith(path.removesuffix(".value"))
    told = str(problem).split(f"{problem.path}: ", 1)[1]
    assert told.startswith(words), told


def test_all_mistakes_are_told_at_once() -> None:
    problems = wrong(
        {FLUX: "200..60 L/m2/h", "polish.bed_recoverry": "0.5..0.9", "clarify.area": "1..2 L", "x.y": None}
    )
    assert [problem.path for problem in problems] == [FLUX, "polish.bed_recoverry", "clarify.area", "x.y"]
    assert problems[1].nearest == "bed_recovery"


def test_each_path_stands_once() -> None:
    (problem,) = wrong([(FLUX, "60..200 L/m2/h"), (f"{FLUX}.value", None)])
    assert str(problem).endswith(f"{FLUX}: two factors set the same key; expected each path once")


@pytest.mark.parametrize("path", ["", ".", "clarify", "clarify.", "a.b.c.d", "clarify.flux.median", "seed"])
def test_a_path_that_is_no_key_is_told(path: str) -> None:
    assert wrong({path: "1..2"})


def test_ranges_that_are_not_possible_at_either_end_are_refused() -> None:
    """One that is possible at an end is a study's own answer."""
    (low, high) = wrong({"polish.bed_recovery": "1.5..2.5"})
    assert low.problem == high.problem == "a fraction must lie between 0 and 1"
    assert read("polish.bed_recovery", "0.5..1.5").high == 1.5
    (problem,) = wrong({"campaign.mode": "often, seldom"})[:1]
    assert problem.path == "campaign.mode"


def test_what_cannot_be_multiplied_is_told_with_all_else() -> None:
    """A beta ends at 0 and 1, and measured values are what they are."""
    base = scenario().with_({"polish.bed_recovery": {"beta": {"mean": 0.8, "sd": 0.05}}})
    with pytest.raises(ScenarioError) as caught:
        read_factors(base, {"polish.bed_recovery": "x0.9..x1.1", FLUX: "many"})
    first, second = caught.value.problems
    assert first.path == "polish.bed_recovery" and "follows beta values, which a study cannot multiply" in first.problem
    assert second.path == FLUX


# ---------------------------------------------------------------- nothing else

PIECES = st.sampled_from(
    ["15", "40", "..", "...", ".", " ", "L/m2/h", "%", "step", "log", "own", "x", ",", "e", "-", "+", "inf", "nan",
     "0", "1e999", "1e-320", "EV", "true", "\0", "é", "{", "9" * 400, "_", "/", "**"]
)  # fmt: skip
TEXTS = st.one_of(st.text(max_size=30), st.lists(PIECES, max_size=9).map("".join))
PATHS = st.sampled_from(["clarify.flux", "medium.volume", "medium.small_protein", "name", "seed", "product.dose"])
SCALARS = st.one_of(TEXTS, st.integers(), st.floats(), st.booleans(), st.none(), st.just(10**400))
KEYS = st.sampled_from(["low", "high", "scale", "step", "values", "times", "own", "other"])
SPECS = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=4), st.tuples(SCALARS, SCALARS),
    st.dictionaries(KEYS, st.one_of(SCALARS, st.lists(SCALARS, max_size=3)), max_size=4),
)  # fmt: skip


def tried(path: str, spec: Any, name: str = "minimal") -> None:
    try:
        (factor,) = read_factors(scenario(name), {path: spec})
    except (ScenarioError, UsageError) as error:
        assert all(str(problem).isprintable() for problem in error.problems)
        return
    values = factor.at(np.array([0.0, 0.5, 1.0]))
    assert np.all(np.isfinite(values)) and factor.low <= factor.high
    assert len(factor.grid(3)) >= 1 and all(factor.told(value) for value in values)


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(PATHS, TEXTS)
@example(FLUX, "-1e308..1e308 L/m2/h step 1e-5")
def test_any_text_is_read_or_refused_in_words(path: str, text: str) -> None:
    tried(path, text)


@pytest.mark.parametrize(
    "spec", ["1..1e300", "-1e300..4", "0..0", "1..4 L", "1..4 step 0.5", "log 1..4", "x0.1..x1e300"]
)
def test_extremes_of_a_count_are_read_or_refused_in_words(spec: str) -> None:
    tried("seed_train.passages", spec, "msc_hollow_fiber")


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(PATHS, SPECS)
def test_any_value_is_read_or_refused_in_words(path: str, spec: Any) -> None:
    tried(path, spec)


@settings(max_examples=30)
@given(st.text(max_size=20))
def test_any_path_is_read_or_refused_in_words(path: str) -> None:
    tried(path, "1..2")


# ---------------------------------------------------------------- questions and limits

KNOWN = {
    name: Response(name, unit)
    for name, unit in (("doses", "dose"), ("cost_per_dose", "EUR/dose"), ("polish.recovery", "1"), ("lead_time", "h"))
}


def test_questions_of_a_name_and_of_a_statistic() -> None:
    asked = read_questions(["doses", "p90(cost_per_dose)", " mean ( polish.recovery ) ", "sd(doses)"], KNOWN, "p10")
    assert asked == (Of("doses", "p10"), Of("cost_per_dose", "p90"), Of("polish.recovery", "mean"), Of("doses", "sd"))
    assert asked[1].label == "p90 of cost_per_dose"


def test_mistakes_in_questions_are_told_at_once() -> None:
    with pytest.raises(UsageError) as caught:
        read_questions(["dosis", "p900(doses)", "average(polish.recovry)"], KNOWN)
    told = [problem.problem for problem in caught.value.problems]
    assert told == [
        'unknown response "dosis"',
        "no such statistic",
        "no such statistic",
        'unknown response "polish.recovry"',
    ]
    assert caught.value.problems[0].nearest == "doses" and caught.value.problems[3].nearest == "polish.recovery"
    assert caught.value.problems[0].expected == (
        "one of doses, cost_per_dose, lead_time, or <step>.<reading> such as polish.recovery"
    )


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("doses >= 500", Condition("doses", ">=", 500.0, "dose")),
        ("doses>500", Condition("doses", ">=", 500.0, "dose")),
        ("cost_per_dose <= 500 EUR/dose", Condition("cost_per_dose", "<=", 500.0, "EUR/dose")),
        ("cost_per_dose < 500 EUR", Condition("cost_per_dose", "<=", 500.0, "EUR/dose")),
        ("lead_time <= 2 d", Condition("lead_time", "<=", 48.0, "h")),
        ("polish.recovery >= 80 %", Condition("polish.recovery", ">=", 0.8, "1")),
        ("polish.recovery >= -1e-3", Condition("polish.recovery", ">=", -0.001, "1")),
    ],
)
def test_limits_in_words(text: str, condition: Condition) -> None:
    (found,) = read_conditions([text], KNOWN)
    assert found == condition
    assert read_conditions([str(found)], KNOWN) == (found,)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("doses", "this is no condition"), ("doses = 5", "this is no condition"), (">= 5", "this is no condition"),
        ("doses >=", "this is no condition"), ("dosis >= 5", 'unknown response "dosis"'),
        ("doses >= many", "this is not a quantity"), ("lead_time <= 5 L", "L cannot be converted to h"),
        ("doses >= inf", "a limit must be a finite number"), ("doses >= nan", "a limit must be a finite number"),
    ],
)  # fmt: skip
def test_a_limit_that_is_none_is_told(text: str, words: str) -> None:
    with pytest.raises(UsageError) as caught:
        read_conditions([text, "lead_time <= 5 h", "nothing"], KNOWN)
    assert len(caught.value.problems) == 2 and caught.value.problems[0].problem.startswith(words)


@settings(max_examples=200)
@given(st.lists(st.one_of(st.text(max_size=20), st.lists(PIECES, max_size=6).map(lambda p: f"doses >= {''.join(p)}"))))
def test_any_limit_and_question_is_read_or_refused(texts: list[str]) -> None:
    for reading in (read_conditions, read_questions):
        try:
            reading(texts, KNOWN)  # type: ignore[operator]
        except UsageError as error:
            assert error.problems
    assert len(named(texts)) <= len(texts)


def test_the_names_in_questions_and_limits() -> None:
    assert named(["p90(doses)", "doses >= 5", "lead_time", "cost_per_dose<=3"]) == [
        "doses",
        "lead_time",
        "cost_per_dose",
    ]
