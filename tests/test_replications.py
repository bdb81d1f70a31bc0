"""`simulate`: a campaign over replications; textbook systems as scenario files; directions that must hold."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.errors import ModelError, ScenarioError, UsageError

REFERENCE = Path(__file__).parent.parent / "scenarios" / "msc_hollow_fiber.toml"
PLAIN = """
format = 1
name = "plain"
seed = 11
start = 2027-01-04T08:00:00
horizon = "{horizon}"
warm_up = "{warm_up}"
product.dose = "1 EV"
[campaign]
{campaign}
"""
STEP = """
[[unit_procedure]]
id = "{id}"
operation = "timed_step"
unit = "{unit}"
{operator}
[unit_procedure.parameters]
step_time = {time}
"""


def plain(
    tmp_path: Path, steps: list[tuple[str, str]], counts: dict[str, int], *, horizon: str = "4000 h",
    warm_up: str = "0 h", campaign: str = 'every = "2 h"', turnaround: str = "0 h", more: str = "", operator: str = "",
) -> xs.Scenario:  # fmt: skip
    """Return a scenario of plain timed steps: (unit, duration as TOML) each."""
    text = PLAIN.format(horizon=horizon, warm_up=warm_up, campaign=campaign)
    for name, count in counts.items():
        text += f'[[equipment]]\nid = "{name}"\ncount = {count}\nturnaround = "{turnaround}"\n'
    text += more
    for number, (unit, time) in enumerate(steps):
        role = f'operator = "{operator}"' if operator else ""
        text += STEP.format(id=f"p{number}", unit=unit, time=time, operator=role)
    file = tmp_path / "plain.toml"
    file.write_text(text, encoding="utf-8")
    return xs.load(file)


def mean(results: xs.FacilityResults, name: str, step: str | None = None) -> float:
    """Return the mean of an indicator."""
    found = next(q for q in results.quantities() if q.name == name and q.step == step)
    return math.nan if found.mean is None else found.mean


def exponential(hours: float) -> str:
    return f'{{ exponential = {{ mean = "{hours} h" }}, varies = "batch" }}'


@pytest.mark.parametrize(
    ("arrival", "service", "servers", "wait", "batches"),
    [
        pytest.param(2.0, 1.0, 1, 1.0, 2400, id="M/M/1"),
        pytest.param(0.25, 1.0, 5, 0.5541125541125541, 12000, id="M/M/5", marks=pytest.mark.slow),
        pytest.param(1.25, 1.0, 1, 4.0, 25000, id="M/M/1 at 0.8", marks=pytest.mark.slow),
    ],
)
def test_textbook_queues_from_a_scenario_file(
    tmp_path: Path, arrival: float, service: float, servers: int, wait: float, batches: int
) -> None:
    """Mean waits of exponential queues agree with Erlang within four standard errors, which are below 3 %."""
    scenario = plain(
        tmp_path, [("server", exponential(service))], {"server": servers}, horizon=f"{batches * arrival} h",
        warm_up=f"{200 * arrival} h", campaign=f"every = {exponential(arrival)}",
    )  # fmt: skip
    results = xs.simulate(scenario, replications=24)
    found = next(q for q in results.quantities() if q.name == "waiting")
    assert found.sd is not None and found.mean is not None
    error = found.sd / math.sqrt(found.n)
    assert error <= 0.03 * wait
    assert abs(found.mean - wait) <= 4.0 * error


def test_service_times_that_do_not_vary(tmp_path: Path) -> None:
    """M/D/1 at half load waits half as long as M/M/1 (Pollaczek and Khinchine)."""
    scenario = plain(
        tmp_path, [("server", '"1 h"')], {"server": 1}, horizon="2600 h", warm_up="200 h",
        campaign=f"every = {exponential(2.0)}",
    )  # fmt: skip
    found = next(q for q in xs.simulate(scenario, replications=24).quantities() if q.name == "waiting")
    assert found.sd is not None and found.mean is not None
    assert abs(found.mean - 0.5) <= 4.0 * found.sd / math.sqrt(found.n)


STAGES = [("culture", 120.0, 10.0), ("clarify", 30.0, 6.0), ("uf", 8.0, 2.0), ("sec", 14.0, 4.0), ("fill", 20.0, 4.0)]


@pytest.mark.parametrize(("vessels", "cycle"), [(1, 130.0), (3, 130.0 / 3), (4, 36.0), (6, 36.0)])
def test_cycle_time_of_a_five_stage_plant(tmp_path: Path, vessels: int, cycle: float) -> None:
    """As soon as possible, a plant cycles as fast as its most occupied class: the analytic minimum cycle time."""
    text = PLAIN.format(horizon="8000 h", warm_up="1000 h", campaign='mode = "as_soon_as_possible"')
    for name, hours, cleaning in STAGES:
        count = vessels if name == "culture" else 1
        text += f'[[equipment]]\nid = "{name}_unit"\ncount = {count}\nturnaround = "{cleaning} h"\n'
        text += STEP.format(id=name, unit=f"{name}_unit", time=f'"{hours} h"', operator="")
    file = tmp_path / "plant.toml"
    file.write_text(text, encoding="utf-8")
    results = xs.simulate(xs.load(file), replications=1)
    assert mean(results, "cycle_time") == pytest.approx(cycle, rel=0.02)
    slowest = "culture_unit" if vessels < 4 else "clarify_unit"
    assert mean(results, "occupancy", slowest) > 0.99
    assert mean(results, "occupancy", "fill_unit") == pytest.approx(24.0 / cycle, rel=0.02)


def test_the_minimum_cycle_time_is_printed_beside_the_simulated_one(tmp_path: Path) -> None:
    """A paced line that is not full cycles at its pace; the bound below it is that of the slowest class."""
    scenario = plain(tmp_path, [("a", '"3 h"'), ("b", '"5 h"')], {"a": 1, "b": 1}, campaign='every = "8 h"')
    results = xs.simulate(scenario, replications=1)
    assert mean(results, "cycle_time") == pytest.approx(8.0, rel=1e-9)
    assert results.bottleneck()[2] == pytest.approx(5.0, rel=0.01)


def test_littles_law(tmp_path: Path) -> None:
    """Batches on the line = rate x time on the line, to the ends of the window."""
    scenario = plain(
        tmp_path, [("a", exponential(1.0)), ("b", exponential(1.5))], {"a": 1, "b": 1}, horizon="30000 h",
        campaign=f"every = {exponential(2.0)}",
    )  # fmt: skip
    results = xs.simulate(scenario, replications=1)
    spent = [b.ended - b.started for b in results.accounts[0].batches if b.ended is not None]
    assert mean(results, "work_in_progress") == pytest.approx(sum(spent) / 30000.0, rel=0.002)


def test_work_in_progress_limit(tmp_path: Path) -> None:
    """Never more batches are on the line than allowed."""
    scenario = plain(
        tmp_path, [("a", '"5 h"'), ("b", '"5 h"')], {"a": 3, "b": 3}, campaign='every = "1 h"\nwork_in_progress = 2'
    )
    results = xs.simulate(scenario, replications=1)
    assert mean(results, "work_in_progress") <= 2.0 + 1e-9


def test_shifts_hold_attended_work_back(tmp_path: Path) -> None:
    """With a day shift of eight hours, eight one-hour batches a day leave; the night leaves nothing."""
    people = '[[personnel]]\nrole = "operator"\nshifts = ["day"]\n[calendar.shift.day]\ndays = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]\nfrom = 08:00:00\nto = 16:00:00\n'  # noqa: E501
    scenario = plain(
        tmp_path, [("a", '"1 h"')], {"a": 1}, horizon="2400 h", campaign='mode = "as_soon_as_possible"', more=people,
        operator="operator",
    )  # fmt: skip
    results = xs.simulate(scenario, replications=1)
    assert mean(results, "batches_finished") == pytest.approx(8 * 100, abs=8)
    assert mean(results, "labor", "operator") == pytest.approx(1.0, abs=0.01)


DAY_SHIFT = """
[[personnel]]
role = "operator"
shifts = ["day"]
[calendar.shift.day]
days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
from = 08:00:00
to = 16:00:00
[[failure]]
id = "spill"
during = "p0"
probability = 1.0
consequence = "wait"
repair = "2 h"
"""


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        pytest.param((5, 2), {"p0": (0, 0, 2), "p1": (1, 16, 0)}, id="too little of the shift is left"),
        pytest.param((10, 2), {"p0": (0, 16, 2), "p1": (0, 0, 0)}, id="longer than a shift"),
    ],
)
def test_waits_by_cause(tmp_path: Path, hours: tuple[int, int], expected: dict[str, tuple[float, ...]]) -> None:
    """Work asked for after the repair at 15:00 for two hours has one hour of the shift and a night to wait."""
    steps = [("a", f'"{hours[0]} h"'), ("b", f'"{hours[1]} h"')]
    scenario = plain(
        tmp_path, steps, {"a": 1, "b": 1}, horizon="2400 h",
        campaign='every = "48 h"', more=DAY_SHIFT, operator="operator",
    )  # fmt: skip
    results = xs.simulate(scenario, replications=1)
    for step, causes in expected.items():
        names = ("waiting_for_people", "waiting_for_shift", "lost_to_failures")
        assert tuple(mean(results, name, step) for name in names) == pytest.approx(causes, abs=1e-9), step


def test_the_time_of_a_batch_is_work_and_waits(tmp_path: Path) -> None:
    """From start to end: planned hours, waits for units and people, pauses and repairs, to rounding."""
    times = (3.0, 7.0, 2.0)
    steps = [(unit, f'"{hours} h"') for unit, hours in zip("abc", times, strict=True)]
    scenario = plain(
        tmp_path, steps, dict.fromkeys("abc", 1), horizon="2400 h", campaign=f"every = {exponential(30.0)}",
        turnaround="1 h", more=DAY_SHIFT, operator="operator",
    )  # fmt: skip
    run = xs.simulate(scenario, replications=1).first.run
    waited = dict.fromkeys((batch.number for batch in run.batches), 0.0)
    for event in run.log:
        waited[event.batch] += event.waited + (event.amount if event.event in ("start", "failure") else 0.0)
    finished = [batch for batch in run.batches if batch.disposition == "finished"]
    assert len(finished) > 40
    for batch in finished:
        assert batch.ended is not None
        assert batch.ended - batch.started == pytest.approx(sum(times) + waited[batch.number], rel=1e-12)


def test_failures_repeat_and_reject(tmp_path: Path) -> None:
    """One repeat is allowed: a step that fails with probability 0.2 loses 4 % of the batches."""
    failure = '[[failure]]\nid = "f"\nduring = "p0"\nprobability = 0.2\nconsequence = "repeat"\nlimit = 1\n'
    scenario = plain(tmp_path, [("a", '"1 h"')], {"a": 2}, horizon="20000 h", more=failure)
    results = xs.simulate(scenario, replications=2)
    lost = mean(results, "batches_rejected") / (mean(results, "batches_rejected") + mean(results, "batches_finished"))
    assert lost == pytest.approx(0.04, abs=4 * math.sqrt(0.04 * 0.96 / 20000))


@pytest.fixture(scope="module")
def reference() -> xs.FacilityResults:
    return xs.simulate(xs.load(REFERENCE), replications=6)


def test_results_do_not_depend_on_the_processes(reference: xs.FacilityResults) -> None:
    """One process and two give the same indicators and the same log."""
    again = xs.simulate(xs.load(REFERENCE), replications=6, jobs=2)
    assert again.accounts == reference.accounts
    assert again.first.run.log == reference.first.run.log


def test_more_replications_begin_with_the_same(reference: xs.FacilityResults) -> None:
    """A replication does not know how many others there are."""
    assert xs.simulate(xs.load(REFERENCE), replications=3).accounts == reference.accounts[:3]


def test_another_unit_never_makes_it_worse(reference: xs.FacilityResults) -> None:
    """On common random numbers a third bioreactor takes no dose away and delays nothing."""
    more = xs.simulate(xs.load(REFERENCE, {"equipment.hollow_fiber_bioreactor.count": 3}), replications=6)
    for before, after in zip(reference.accounts, more.accounts, strict=True):
        assert after.headlines["doses_per_year"] >= before.headlines["doses_per_year"] * 0.98
        assert after.headlines["lead_time"] <= before.headlines["lead_time"] * 1.02


def test_headlines_of_the_reference_year(reference: xs.FacilityResults) -> None:
    """A batch every three weeks: 18 start in a year, most of them end in it, with the doses of the kernel."""
    assert mean(reference, "batches_started") == 18.0
    assert 14.0 <= mean(reference, "batches_finished") <= 17.0
    assert mean(reference, "doses_per_year") > 1000.0
    assert reference.bottleneck()[0] == "hollow_fiber_bioreactor"


def test_a_run_that_ends_with_nothing_says_so() -> None:
    """A horizon shorter than a batch gives n = 0 with a reason and a remark, never an empty success."""
    results = xs.simulate(xs.load(REFERENCE, {"horizon": "2 week"}), replications=2)
    assert "no batch was finished in the window" in results.remarks()[-1]
    found = next(q for q in results.quantities() if q.name == "lead_time")
    assert (found.n, found.mean) == (0, None)
    assert found.reason


def test_lots_in_the_laboratory_are_not_on_the_line(tmp_path: Path) -> None:
    """What became of the batches is told where they are: in testing at the end, or rejected by quality."""
    test = '[[assay]]\nid = "slow"\nduration = "5000 h"\n[[review]]\nid = "record"\n'
    step, every = [("vessel", '"10 h"')], 'every = "1000 h"'
    waiting = xs.simulate(plain(tmp_path, step, {"vessel": 1}, campaign=every, more=test), replications=1)
    assert waiting.remarks()[-1].endswith("of 4 started in 1 replication, 4 still in testing and review at the end")
    failed = (
        '[product.lot]\ncd9 = 0.4\n[[review]]\nid = "record"\n'
        '[[attribute]]\nid = "marker"\nmeasure = "cd9_positive"\nlimits = { at_least = 0.5 }\n'
    )
    scenario = plain(tmp_path, step, {"vessel": 1}, campaign=every, more=failed)
    assert xs.simulate(scenario, replications=1).remarks()[-1].endswith("4 rejected by quality")


@pytest.mark.parametrize("changes", [{"replications": 0}, {"jobs": 0}, {"seed": -1}])
def test_impossible_requests(changes: dict[str, Any]) -> None:
    """Numbers below their minimum are usage errors."""
    with pytest.raises(UsageError):
        xs.simulate(xs.load(REFERENCE), **changes)


def test_a_scenario_without_a_campaign_is_told() -> None:
    """A run in time needs a campaign."""
    with pytest.raises(ScenarioError, match=r"no \[campaign\]"):
        xs.simulate(xs.load(REFERENCE.parent / "minimal.toml"))


def test_a_plain_recipe_has_no_yield(tmp_path: Path) -> None:
    """A recipe without vesicles cannot be asked for vesicles."""
    with pytest.raises(ScenarioError, match="makes no vesicles"):
        xs.evaluate(plain(tmp_path, [("a", '"1 h"')], {"a": 1}), draws=10)


def test_a_deadlock_is_found(tmp_path: Path) -> None:
    """Without storage, a recipe that comes back to a full class locks up: who holds what is told."""
    scenario = plain(
        tmp_path, [("a", '"1 h"'), ("b", '"1 h"'), ("a", '"1 h"')], {"a": 1, "b": 1},
        campaign='every = "0.5 h"\nstorage = "none"',
    )  # fmt: skip
    with pytest.raises(ModelError, match=r"(?s)deadlock at .*holds .* and waits for"):
        xs.simulate(scenario, replications=1)


LARGE = {
    "campaign.every": "12 h", "equipment.hollow_fiber_bioreactor.count": 64, "equipment.incubator.count": 40,
    "equipment.cold_store.count": 20, "equipment.mixing_vessel.count": 10, "equipment.filtration_bench.count": 10,
    "personnel.upstream.headcount": 60, "personnel.downstream.headcount": 30, "personnel.fill.headcount": 30,
}  # fmt: skip


def test_the_bottleneck_moves_from_downstream_to_the_cultures() -> None:
    """With cultures scaled out, one and two skids of each kind leave filling the bottleneck; four do not."""
    names, doses = [], []
    for count in (1, 2, 4):
        skids = {f"equipment.{s}.count": count for s in ("tff_skid", "chromatography_skid", "filling_isolator")}
        results = xs.simulate(xs.load(REFERENCE, LARGE | skids), replications=1)
        names.append(results.bottleneck()[0])
        doses.append(mean(results, "doses_per_year"))
    assert names == ["filling_isolator", "filling_isolator", "hollow_fiber_bioreactor"]
    assert doses[1] > 1.7 * doses[0]
    assert doses[2] > 1.3 * doses[1]


def test_a_step_that_only_takes_time_after_the_vials_changes_no_doses(tmp_path: Path) -> None:
    """Doses are counted where vials are filled, in the kernel and in the facility."""
    text = REFERENCE.read_text(encoding="utf-8")
    labelled = tmp_path / "labelled.toml"
    step = """
[[unit_procedure]]
id = "label"
operation = "timed_step"
[unit_procedure.parameters]
step_time = "1 h"
"""
    before = text.index("[[equipment]]")
    labelled.write_text(text[:before] + step + text[before:], encoding="utf-8")
    scenarios = [xs.load(REFERENCE), xs.load(labelled)]
    first, second = (xs.evaluate(scenario, draws=500).values("doses") for scenario in scenarios)
    assert np.array_equal(first, second)
    one, other = (xs.simulate(scenario, replications=1).accounts[0].batches for scenario in scenarios)
    assert [batch.doses for batch in one] == [batch.doses for batch in other]
