"""One patient, one lot: promises, courses, who counts as served in time, and waits that queueing theory knows."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.errors import ScenarioError
from exosim.patient_indicators import PATIENTS, fates, patient_headlines
from exosim.patients import Promise
from exosim.plant import Plant
from exosim.product_indicators import on_time
from exosim.records import BatchRecord, Disposition, Run
from exosim.window import Window
from tests.test_indicators import mean

END, START = 100.0, 20.0
PLANT = """\
format = 1
name = "patients"
seed = 5
horizon = "{horizon}"
warm_up = "500 h"
replications = 4

[product]
dose = "1e10 EV"
course = {course}

[campaign]
every = {{ exponential = {{ mean = "10 h" }}, varies = "batch" }}
promise = "{promise}"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
unit = "line"
[unit_procedure.parameters]
volume = "10 L"
titer  = "6e9 EV/mL"

[[unit_procedure]]
id = "work"
operation = "timed_step"
unit = "line"
[unit_procedure.parameters]
step_time = {work}

[[equipment]]
id = "line"
count = {lines}
"""


def plant(
    folder: Path, work: str, lines: int, promise: str = "22 h", course: int = 4, horizon: str = "12500 h"
) -> xs.Scenario:
    """Return a plant of lines on which each patient's lot stays for some work."""
    path = folder / "patients.toml"
    text = PLANT.format(work=work, lines=lines, promise=promise, course=course, horizon=horizon)
    path.write_text(text, encoding="utf-8")
    return xs.load(path)


def lot(due: float, kind: Disposition, available: float | None = None, doses: float = 4.0) -> BatchRecord:
    """Return the lot of a patient who came 30 h before the due date."""
    ended = None if kind == "unfinished" else available or due
    return BatchRecord(0, 0, due - 30.0, ended, kind, doses=doses, due=due, available=available)


def window(*lots: BatchRecord, promise: Promise = Promise(30.0, 4), outside: tuple[float, ...] = ()) -> Window:  # noqa: B008
    """Return a window with the lots of some patients."""
    run = Run(0, [], lots, END, 0, outside=[("", due) for due in outside])
    return Window(run, Plant(promises={"": promise}), START)


@pytest.mark.parametrize(
    ("one", "fate"),
    [
        (lot(50.0, "released", 50.0), "on_time"),
        (lot(50.0, "finished", 49.0), "on_time"),
        (lot(50.0, "released_with_deviation", 50.5), "late"),
        (lot(50.0, "unfinished"), "open"),
        (lot(50.0, "unfinished", 40.0), "on_time"),
        (lot(50.0, "rejected"), "never"),
        (lot(50.0, "rejected", 40.0), "never"),
        (lot(50.0, "turned_away"), "never"),
        (lot(50.0, "released", 40.0, doses=3.0), "never"),
    ],
)
def test_what_becomes_of_a_patient(one: BatchRecord, fate: str) -> None:
    """Served by the due date, later, not yet, or never: a lot may leave before its tests are done and be recalled."""
    assert fates(window(one)) == [fate]


def test_who_counts_is_told_by_the_due_date() -> None:
    """On both edges of the window a patient counts; before and after nobody does, served or not."""
    inside = [lot(START, "released", START), lot(END, "unfinished")]
    outside = [lot(START - 1.0, "rejected"), lot(END + 1.0, "released", 90.0), lot(END + 1.0, "unfinished")]
    found = patient_headlines(window(*inside, *outside))
    assert (found["patients_due"], found["patients_on_time"], found["patients_late"]) == (2.0, 0.5, 0.5)
    assert found["patients_served_per_year"] == pytest.approx(2 * 8766.0 / (END - START))  # at 20 h and at 90 h


def test_who_waits_outside_a_full_line_counts() -> None:
    """No batch is made for them yet: they are late all the same, once they are due."""
    found = window(lot(50.0, "released", 45.0), outside=(60.0, END + 1.0))
    assert fates(found) == ["on_time", "open"]
    assert on_time(found) == {"batches": 0.5}


def test_shares_sum_to_one() -> None:
    """In time, late or waiting, and never: every patient is one of them."""
    kinds: list[BatchRecord] = [
        lot(50.0, "released", 50.0), lot(51.0, "released", 60.0), lot(52.0, "rejected"), lot(53.0, "unfinished"),
        lot(54.0, "turned_away"), lot(55.0, "released", 50.0, doses=1.0),
    ]  # fmt: skip
    found = patient_headlines(window(*kinds))
    names = ("patients_on_time", "patients_late", "patients_never_served")
    assert [found[name] for name in names] == pytest.approx([1 / 6, 2 / 6, 3 / 6])


def test_what_is_told_where() -> None:
    """Without a course there are no patients; without a promise nobody is due."""
    made = lot(50.0, "released", 50.0)
    assert patient_headlines(window(made)).keys() == PATIENTS.keys()
    assert not patient_headlines(window(made, promise=Promise(30.0)))
    assert on_time(window(made, promise=Promise(30.0))) == {"batches": 1.0}
    assert patient_headlines(window(made, promise=Promise(None, 4))).keys() == {"patients_served_per_year"}
    assert math.isnan(patient_headlines(window())["patients_on_time"])


def each(results: xs.FacilityResults, name: str) -> list[float]:
    """Return an indicator of every replication."""
    return [account.headlines[name] for account in results.accounts]


def md_c(x: float, arrivals: float, work: float, servers: int, states: int = 200) -> float:
    """Return P(wait <= x) of M/D/c: Crommelin's states, one service time apart, and Franx's formula for the wait."""
    number = np.arange(states)
    log_factorial = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, states)))])

    def poisson(load: float) -> np.ndarray:
        return np.exp(number * math.log(load) - load - log_factorial)

    come = poisson(arrivals * work)
    after = np.zeros((states, states))
    for before in range(states):
        left = max(before - servers, 0)
        after[before, left:] = come[: states - left]
    p = np.linalg.matrix_power(after / after.sum(axis=1, keepdims=True), 4096)[0]
    steps = math.floor(x / work) + 1
    queue = np.cumsum(p)[servers:]  # share of the time in which at most 0, 1, 2 and so on wait
    terms = poisson(arrivals * (steps * work - x))[: steps * servers]
    return float(sum(terms[j] * queue[steps * servers - j - 1] for j in range(steps * servers)))


def test_the_reference_itself() -> None:
    """With one server the formula is Erlang's of 1909, and the share that waits not at all is 1 - rho."""
    load, work = 0.6, 14.0
    rate = load / work
    assert md_c(1e-9, rate, work, 1) == pytest.approx(1.0 - load, rel=1e-6)
    x = 20.0
    terms = [(-rate * (x - k * work)) ** k / math.factorial(k) * math.exp(rate * (x - k * work)) for k in (0, 1)]
    assert md_c(x, rate, work, 1) == pytest.approx((1.0 - load) * sum(terms), rel=1e-6)


def mm_c(x: float, arrivals: float, rate: float, servers: int) -> float:
    """Return P(time in the system <= x) of M/M/c: Erlang C."""
    load = arrivals / rate
    full = load**servers / math.factorial(servers) / (1.0 - load / servers)
    wait = full / (sum(load**k / math.factorial(k) for k in range(servers)) + full)
    faster = servers * rate - arrivals - rate
    return 1.0 - math.exp(-rate * x) * (1.0 + wait * -math.expm1(-faster * x) * rate / faster)


@pytest.mark.parametrize("law", ["deterministic", "exponential"])
def test_patients_on_time_are_those_of_queueing_theory(tmp_path: Path, law: str) -> None:
    """Poisson arrivals at two lines: the share who wait at most 8 h (M/D/2), or are served within 24 h (M/M/2)."""
    if law == "deterministic":
        scenario, expected = plant(tmp_path, '"12 h"', 2, promise="20 h"), md_c(8.0, 0.1, 12.0, 2)
    else:
        work = '{ exponential = { mean = "12 h" }, varies = "batch" }'
        scenario, expected = plant(tmp_path, work, 2, promise="24 h"), mm_c(24.0, 0.1, 1.0 / 12.0, 2)
    results = xs.simulate(scenario)
    found = np.array(each(results, "patients_on_time"))
    error = found.std(ddof=1) / math.sqrt(found.size)
    assert error < 0.02
    assert abs(found.mean() - expected) < 4.0 * error
    assert mean(results, "on_time", "batches") == pytest.approx(found.mean())
    assert mean(results, "patients_due") == pytest.approx(1200.0, rel=0.05)


def test_nobody_is_served_with_less_than_a_course(tmp_path: Path) -> None:
    """6000 doses in every lot: a course of 6000 serves as well as one of 1, a course of 6001 nobody."""
    enough, too_much = (
        xs.simulate(plant(tmp_path, '"12 h"', 3, course=course, horizon="900 h"), 1) for course in (6000, 6001)
    )
    assert mean(enough, "patients_on_time") > 0.8
    assert mean(enough, "patients_never_served") == 0.0
    assert mean(too_much, "patients_on_time") == mean(too_much, "patients_served_per_year") == 0.0
    assert mean(too_much, "patients_never_served") > 0.9  # the others still wait


def test_more_lines_and_later_promises_serve_more(tmp_path: Path) -> None:
    """On the same patients, in every replication; the promise changes nothing but the due date."""
    shares = [
        each(xs.simulate(plant(tmp_path, '"16 h"', lines, promise=promise, horizon="3000 h")), "patients_on_time")
        for lines, promise in ((2, "20 h"), (3, "20 h"), (3, "30 h"))
    ]
    assert np.all(np.diff(shares, axis=0) >= 0.0)


def test_a_full_line_makes_late_not_less(tmp_path: Path) -> None:
    """Who waits outside a line with a limit is due all the same; who is turned away is never served."""
    free = plant(tmp_path, '"16 h"', 1, horizon="3000 h")
    outside = xs.simulate(free.with_({"campaign.work_in_progress": 1}), 2)
    away = xs.simulate(free.with_({"campaign.work_in_progress": 1, "campaign.when_full": "turn_away"}), 2)
    inside = xs.simulate(free, 2)
    assert each(outside, "patients_due") == each(inside, "patients_due") == each(away, "patients_due")
    assert each(outside, "patients_on_time") == pytest.approx(each(inside, "patients_on_time"))
    assert min(each(outside, "patients_late")) > 0.8
    assert min(each(away, "patients_never_served")) > 0.4 and max(each(away, "patients_late")) == 0.0


def test_a_promise_is_of_paced_batches(tmp_path: Path) -> None:
    """Batches on order are due with their orders, and those that start as soon as possible have no planned start."""
    scenario = plant(tmp_path, '"16 h"', 1)
    with pytest.raises(ScenarioError, match="a promise is of paced batches"):
        scenario.with_({"campaign.mode": "as_soon_as_possible"})
    for given, told in (
        ({"product.course": 0}, "course"),
        ({"product.course": 1.5}, "whole"),
        ({"campaign.promise": "0 h"}, "promise"),
    ):
        with pytest.raises(ScenarioError, match=told):
            scenario.with_(given)


def test_a_formula_tells_the_share(tmp_path: Path) -> None:
    """`explain` shows it as the mean over the patients who were due."""
    tree = xs.explain(plant(tmp_path, '"16 h"', 1, horizon="1000 h"), "patients_on_time")
    assert "mean(each)" in str(tree)
