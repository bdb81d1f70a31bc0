"""Replications by half-width: when a run stops, what it says, and how often its interval covers the mean."""

from __future__ import annotations

import math
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.errors import UsageError
from exosim.stopping import HalfWidth, read_half_widths, settled, targets
from tests.test_replications import exponential, plain
from tests.texts import Door

STUDENT_9 = 2.262157  # 97.5 % quantile of Student's t with 9 degrees of freedom


def accounts(values: Any, name: str = "lead_time") -> Any:
    return [SimpleNamespace(headlines={name: float(value)}) for value in values]


def test_what_can_be_asked_for() -> None:
    """A percentage is a share of the mean; else the unit of the indicator, converted."""
    asked = {"doses_per_year": "5%", "lead_time": "0.5 d", "batches_finished": "0.25", "batches_per_year": "2 1/year"}
    found = read_half_widths(asked)
    assert found == (
        HalfWidth("doses_per_year", "dose/year", 0.05, True),
        HalfWidth("lead_time", "h", 12.0, False),
        HalfWidth("batches_finished", "1", 0.25, False),
        HalfWidth("batches_per_year", "1/year", 2.0, False),
    )


@pytest.mark.parametrize(
    ("name", "width", "words"),
    [
        ("lead_tme", "5 %", 'unknown indicator "lead_tme".*did you mean lead_time'),
        (
            "lead_time",
            "10",
            'the unit is missing; got "10"; expected a share of the mean, such as "5 %", or a quantity',
        ),
        ("lead_time", "10 L", "L cannot be converted to h"),
        ("lead_time", "0 %", "a half-width is above 0"),
        ("lead_time", "-3 h", "a half-width is above 0"),
        ("lead_time", "1e999 h", "not a finite number"),
        ("lead_time", "narrow", "this is not a quantity"),
        ("lead_time", "", "this is not a quantity"),
    ],
)
def test_what_cannot_be_asked_for(name: str, width: str, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        read_half_widths({name: width})


def test_all_problems_at_once() -> None:
    with pytest.raises(UsageError) as error:
        read_half_widths({"lead_time": "x", "nothing": "5 %", "doses_per_year": "5%"})
    assert len(error.value.problems) == 2


def test_the_numbers_to_look_at_are_known_beforehand() -> None:
    """Ten at a time, later a tenth; never more than the most; without a width all at once."""
    (width,) = read_half_widths({"lead_time": "1 h"})
    assert list(targets([width], 35)) == [10, 20, 30, 35]
    assert list(targets([width], 4)) == [4]
    assert list(targets([width], 10)) == [10]
    assert list(targets([], 35)) == [35]
    many = list(targets([width], 1_000_000))
    assert many[:3] == [10, 20, 30] and many[-1] == 1_000_000
    steps = np.diff(many)
    assert len(many) < 200
    assert all(step == 10 or step <= count / 10 for count, step in zip(many, steps, strict=False))


def test_the_half_width_is_that_of_student() -> None:
    values = [4.0, 6.0] * 5
    half = STUDENT_9 * math.sqrt(10 / 9) / math.sqrt(10)
    (absolute, relative) = (HalfWidth("lead_time", "h", half * 1.0001, False), HalfWidth("lead_time", "h", 0.1, True))
    assert absolute.reached(accounts(values)).width == pytest.approx(half, rel=1e-6)
    assert absolute.reached(accounts(values)).met
    assert relative.reached(accounts(values)).width == pytest.approx(half / 5.0, rel=1e-6)
    assert not relative.reached(accounts(values)).met
    assert "15.1 % of the mean after 10 replications; not met, asked for: 10 % of the mean" in str(
        relative.reached(accounts(values))
    )


def test_nothing_is_met_by_too_few() -> None:
    """Neither nine replications nor ten of which one has no value are enough; values that do not vary are."""
    width = HalfWidth("lead_time", "h", 1.0, False)
    assert not width.reached(accounts([5.0] * 9)).met
    assert not width.reached(accounts([5.0] * 9 + [math.nan])).met
    assert width.reached(accounts([5.0] * 10)).met
    zero = HalfWidth("lead_time", "h", 0.05, True)
    assert zero.reached(accounts([0.0] * 10)).met
    assert zero.reached(accounts([-1.0, 1.0] * 5)).width is None


def test_what_has_no_value_is_not_waited_for() -> None:
    """More replications of a run in which nothing ends promise nothing."""
    width = HalfWidth("lead_time", "h", 1.0, False)
    none = accounts([math.nan] * 10)
    assert settled([width], none)
    assert "no value in 10 replications" in str(width.reached(none))
    assert not settled([width], accounts([math.nan] * 9 + [3.0]))


def test_coverage_is_slightly_below_nominal() -> None:
    """The caveat of the page: stopping on a narrow interval costs some per cent of coverage, not more."""
    generator = np.random.default_rng(5)
    width = HalfWidth("lead_time", "h", 0.35, False)
    covered, used, trials = 0, 0, 600
    for _ in range(trials):
        values = generator.normal(0.0, 1.0, 400)
        for count in targets([width], 400):
            found = width.reached(accounts(values[:count]))
            if found.met:
                break
        assert found.width is not None
        covered += abs(float(values[:count].mean())) <= found.width
        used += count
    assert 0.90 <= covered / trials <= 0.96
    assert used / trials == pytest.approx((1.96 / 0.35) ** 2, rel=0.25)


@pytest.fixture
def queue(tmp_path: Path) -> xs.Scenario:
    return plain(
        tmp_path, [("server", exponential(1.0))], {"server": 1}, horizon="400 h", campaign=f"every = {exponential(2.0)}"
    )


def test_replications_are_added_until_it_is_met(queue: xs.Scenario) -> None:
    """The run stops at the first number that meets it, and a longer run begins with the same replications."""
    results = xs.simulate(queue, half_width={"lead_time": "6 %"})
    (reached,) = results.half_widths
    assert reached.met and results.replications > 10 and results.replications % 10 == 0
    before = HalfWidth("lead_time", "h", 0.06, True).reached(results.accounts[:-10])
    assert not before.met
    all_ = xs.simulate(queue, results.replications)
    assert all_.accounts == results.accounts and not all_.half_widths
    found = next(q for q in results.quantities() if q.name == "lead_time")
    assert found.high is not None and found.mean is not None
    assert (found.high - found.mean) / found.mean == pytest.approx(reached.width) and reached.width <= 0.06
    assert not [remark for remark in results.remarks() if "half-width" in remark]


def test_the_number_does_not_depend_on_the_processes(queue: xs.Scenario) -> None:
    """One process and three stop at the same replication with the same logs."""
    asked = {"lead_time": "8 %", "batches_finished": "5"}
    alone, together = (xs.simulate(queue, half_width=asked, jobs=jobs) for jobs in (1, 3))
    assert alone.accounts == together.accounts
    assert alone.as_dict() == together.as_dict()


def test_the_most_that_are_allowed(queue: xs.Scenario) -> None:
    """A stated maximum ends the run; what was not met is said."""
    results = xs.simulate(queue, 15, half_width={"lead_time": "0.01 %"})
    assert results.replications == 15
    (reached,) = results.as_dict()["half_widths"]
    assert (reached["met"], reached["n"], reached["relative"], reached["asked"]) == (False, 15, True, 0.0001)
    (remark,) = [remark for remark in results.remarks() if "half-width" in remark]
    assert "after 15 replications; not met, asked for: 0.01 % of the mean" in remark


def test_on_the_command_line(door: Door, queue: xs.Scenario) -> None:
    file = str(queue.source.name)
    answer = door.run(
        "run", file, "--half-width", "lead_time=20%", "--half-width", "batches_finished = 50", "--out", "r"
    )
    assert answer.code == 0
    assert re.search("half-width of lead_time: .* after 10 replications; met, asked for: 20 % of the mean", answer.out)
    assert "half-width of batches_finished: " in answer.out
    for option, words in (("lead_time", "needs NAME=WIDTH"), ("led_time=5%", "did you mean lead_time?")):
        refused = door.run("run", file, "--half-width", option, "--out", "s")
        assert refused.code == 2 and words in refused.err
    assert sorted(path.name for path in door.folder.iterdir()) == ["r"]
