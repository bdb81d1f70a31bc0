"""Shared runs in a scenario: what is read and refused, the material of each batch, indicators, the same bits always."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.errors import ScenarioError
from exosim.explanation import explain
from exosim.indicators import account
from exosim.plant import Equipment, Plant, Role
from exosim.reasons import why
from exosim.records import BatchRecord, Event, Run
from exosim.replications import run_once
from exosim.run_indicators import batches_per_day, batches_per_working_day, run_filling, runs, working_days
from exosim.waits import waiting, waiting_for_run
from exosim.window import Window
from exosim.working_time import WorkingTime

STAND = """\
format = 1
name = "stand"
start = 2027-01-04T06:00:00
horizon = "1 week"
replications = 2
product.dose = "1 EV"

[campaign]
mode = "as_soon_as_possible"
work_in_progress = 40

[[equipment]]
id = "column_stand"

[[personnel]]
role = "technician"
shifts = ["day"]

[calendar.shift.day]
days = ["Mon", "Tue", "Wed", "Thu", "Fri"]
from = 08:00:00
to = 14:48:00

[[unit_procedure]]
id = "separate"
operation = "timed_step"
unit = "column_stand"
operator = "technician"
parameters = { step_time = "1 h", people = 1 }
[unit_procedure.shared_run]
places = 8
"""
SAMPLES = """\
format = 1
name = "samples"
horizon = "10 day"
warm_up = "1 day"
replications = 2
product.dose = "1e9 EV"

[campaign]
every = { exponential = { mean = "1.3 h" }, varies = "batch" }

[[equipment]]
id = "rotor"
turnaround = "30 min"

[[unit_procedure]]
id = "draw"
operation = "conditioned_medium"
parameters = { volume = "1 L" }

[[unit_procedure]]
id = "courier"
operation = "pooling"
parameters = { duration = "2 h", transfer_loss = 0.0 }
hold = { rate = "0.02 1/h", size_exponent = 0.0 }
[unit_procedure.shared_run]
places = 100
every = "6 h"

[[unit_procedure]]
id = "spin"
operation = "pooling"
unit = "rotor"
[unit_procedure.shared_run]
places = 8
controls = 1
longest_wait = "5 h"
"""


def changed(old: str, new: str, text: str) -> str:
    """Return a text with a part replaced that stands in it once."""
    assert text.count(old) == 1, old
    return text.replace(old, new)


def loaded(folder: Path, *changes: tuple[str, str], text: str = STAND, name: str = "stand.toml") -> xs.Scenario:
    """Return a scenario with some lines replaced."""
    for old, new in changes:
        text = changed(old, new, text)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return xs.load(path)


PLACES = "places = 8"
REFUSED = {
    "one place": ((PLACES, "places = 1"), "separate.shared_run.places: must be at least 2"),
    "half a place": ((PLACES, "places = 7.5"), "must be a whole number"),
    "no places": ((PLACES, "controls = 1"), "places = 8"),
    "nothing but controls": ((PLACES, "places = 8\ncontrols = 8"), "leaves no place for a batch; got controls = 8"),
    "a wait below 0": ((PLACES, 'places = 8\nlongest_wait = "-1 h"'), "longest_wait: must be at least 0"),
    "no time between": ((PLACES, 'places = 8\nevery = "0 h"'), "every: must be at least 0.01"),
    "no time at all": ((PLACES, 'places = 8\nevery = "5 L"'), "L cannot be converted to h"),
    "a misspelled key": ((PLACES, "placs = 8"), "did you mean places"),
    "a size limit": (('id = "column_stand"', 'id = "column_stand"\nsize_limit = "5 L"'), "unit: has a size limit"),
    "a room": (
        ('[[equipment]]\nid = "column_stand"', '[[room]]\nid = "r"\n[[equipment]]\nid = "column_stand"\nroom = "r"'),
        "separate.unit: stands in a room",
    ),
    "a store": (
        ('[[personnel]]', '[[store]]\nid = "cold"\n[[personnel]]'),
        "separate.waits_in: batches that gather for a shared run wait beside it",
    ),
    "when too large": (('unit = "column_stand"', 'unit = "column_stand"\nwhen_too_large = "cycles"'), "when_too_large"),
    "storage": (('work_in_progress = 40', 'storage = "none"'), 'got storage = "none"; expected storage = "unlimited"'),
    "zero wait": (('work_in_progress = 40', 'storage = "zero_wait"'), 'got storage = "zero_wait"'),
}  # fmt: skip
NEXT = """
[[unit_procedure]]
id = "next"
operation = "timed_step"
"""


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_shared_is_refused(case: str, tmp_path: Path) -> None:
    """Each with its place and a message that tells why."""
    change, words = REFUSED[case]
    changes = [change]
    if case == "a store":
        changes.append(('unit = "column_stand"', 'unit = "column_stand"\nwaits_in = "cold"'))
    with pytest.raises(ScenarioError, match=r"stand\.toml") as caught:
        loaded(tmp_path, *changes)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (f'{NEXT}unit = "column_stand"\n', "the procedure before or after it takes the same class"),
        (f'{NEXT}waits_in = "cold"\n[[store]]\nid = "cold"\n', "next waits in a store"),
    ],
)
def test_neighbors_that_would_hold_the_unit_are_refused(more: str, words: str, tmp_path: Path) -> None:
    """A batch may not go on, or stay, on the unit that all share."""
    with pytest.raises(ScenarioError) as caught:
        loaded(tmp_path, text=STAND + more)
    assert words in str(caught.value)


def test_a_culture_with_harvests_cannot_be_shared(tmp_path: Path) -> None:
    """Its visits follow the clock of its own vessel."""
    with pytest.raises(ScenarioError) as caught:
        loaded(tmp_path, ('"timed_step"', '"planar_culture"'), ('parameters = { step_time = "1 h", people = 1 }\n', ""))
    assert "keeps to the schedule of its own vessel" in str(caught.value)


def test_a_site_refuses_what_its_plant_cannot_share(tmp_path: Path) -> None:
    """A recipe on the plant of another file: its stand has a size limit there."""
    loaded(tmp_path, name="stand.toml")
    site = STAND.partition("[[unit_procedure]]")[0] + (
        '[[unit_procedure]]\nid = "mix"\noperation = "timed_step"\nparameters = { step_time = "1 h" }\n'
    )
    fitting = changed("[campaign]", '[[campaign]]\nproduct = "x"\nscenario = "stand.toml"', site)
    assert loaded(tmp_path, text=fitting, name="site.toml").products()[0].name == "x"
    limited = changed('id = "column_stand"', 'id = "column_stand"\nsize_limit = "5 L"', fitting)
    with pytest.raises(ScenarioError) as caught:
        loaded(tmp_path, text=limited, name="site.toml")
    assert "has a size limit" in str(caught.value)


def test_a_technician_alone_and_on_a_stand(tmp_path: Path) -> None:
    """8 h a day, 85 % of them at work: floor(6.8 h / 25 min) = 16 samples by hand, 8 * floor(6.8 h / 1 h) = 48."""
    by_hand = loaded(tmp_path, ('"1 h"', '"25 min"'), ("[unit_procedure.shared_run]\nplaces = 8\n", ""))
    stand = account(run_once(loaded(tmp_path), 0, 0))
    assert stand.headlines["batches_per_working_day"] == 48.0
    assert stand.headlines["batches_per_day"] == pytest.approx(48.0 * 5 / 7)
    assert stand.by_resource["run_filling"] == {"separate": 1.0}
    assert batches_per_working_day(run_once(by_hand, 0, 0)) == 16.0
    assert "batches_per_day" not in account(run_once(by_hand, 0, 0)).headlines  # told only where runs are shared
    assert stand.headlines["minimum_cycle_time"] == pytest.approx(1.0 / 8.0)


ONE_RUN = """\
format = 1
name = "one_run"
horizon = "600 h"
product.dose = "1 EV"

[campaign]
every = {{ exponential = {{ mean = "1 h" }}, varies = "batch" }}

[[equipment]]
id = "rotor"

[[unit_procedure]]
id = "draw"
operation = "conditioned_medium"
parameters = {{ volume = "1 L" }}

[[unit_procedure]]
id = "spin"
operation = "timed_step"
{unit}
parameters = {{ step_time = "3.2 h" }}
[unit_procedure.shared_run]
places = 4
{rule}
"""


def _in_bulk(ready: list[float]) -> list[float]:
    """Return the starts of one server that takes up to four of those who wait whenever it is free."""
    starts: list[float] = []
    free = 0.0
    while len(starts) < len(ready):
        start = max(free, ready[len(starts)])
        starts += [start] * sum(time <= start for time in ready[len(starts) : len(starts) + 4])
        free = start + 3.2
    return starts


def _full_or_after(ready: list[float]) -> list[float]:
    """Return the starts of runs that begin with the fourth, or two hours after the first."""
    starts: list[float] = []
    while len(starts) < len(ready):
        group = [time for time in ready[len(starts) : len(starts) + 4] if time <= ready[len(starts)] + 2.0]
        starts += [group[-1] if len(group) == 4 else group[0] + 2.0] * len(group)
    return starts


def _each_six_hours(ready: list[float]) -> list[float]:
    """Return the starts of full runs at the next time of six hours; who fills none goes when six hours are over."""
    return [math.ceil(time / 6.0) * 6.0 for time in ready]


@pytest.mark.parametrize(
    ("unit", "rule", "expected"),
    [
        ('unit = "rotor"', "", _in_bulk),
        ("", 'longest_wait = "2 h"', _full_or_after),
        ("", 'every = "6 h"\nlongest_wait = "0 h"', _each_six_hours),
    ],
)
def test_starts_are_those_of_bulk_service(
    unit: str, rule: str, expected: Callable[[list[float]], list[float]], tmp_path: Path
) -> None:
    """Random arrivals, and the start of each of six hundred samples by a recursion of a few lines."""
    path = tmp_path / "one_run.toml"
    path.write_text(ONE_RUN.format(unit=unit, rule=rule), encoding="utf-8")
    began = [event for event in run_once(xs.load(path), 0, 0).by_event["start"] if event.procedure == "spin"]
    ready = sorted(event.time - event.amount for event in began)
    assert len(ready) > 500
    assert sorted(event.time for event in began) == pytest.approx(expected(ready)[: len(ready)], abs=1e-6)


def test_places_can_be_set_from_outside(tmp_path: Path) -> None:
    """The numbers of a shared run have addresses, and stand in the ledger."""
    path = loaded(tmp_path).source.name
    doubled = xs.load(path, {"separate.shared_run.places": 16, "separate.shared_run.longest_wait": "2 h"})
    assert account(run_once(doubled, 0, 0)).headlines["batches_per_working_day"] == 96.0
    assert {"separate.shared_run.places", "separate.shared_run.longest_wait"} <= {
        line.path for line in doubled.ledger()
    }


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> xs.Scenario:
    return loaded(tmp_path_factory.mktemp("samples"), text=SAMPLES, name="samples.toml")


def test_each_batch_keeps_its_own_material(samples: xs.Scenario) -> None:
    """What a sample loses while it waits for the courier is exp(-rate * its own wait), whoever else goes with it."""
    window = run_once(samples, 5, 0)
    waited = {e.batch: e.amount for e in window.by_event["start"] if e.procedure == "courier"}
    made = {b.number: float(np.sum(b.product.vesicles)) for b in window.run.batches if b.product is not None}
    assert len(made) > 100 and len({round(hours, 6) for hours in waited.values()}) > 100
    amounts = np.array([made[number] * np.exp(0.02 * waited[number]) for number in made])
    assert np.allclose(amounts, amounts[0], rtol=1e-9)


def test_runs_of_the_samples(samples: xs.Scenario) -> None:
    """Runs hold seven samples at most beside the control; what comes out is what went in."""
    window = run_once(samples, 5, 0)
    found = account(window)
    began = [event for event in window.by_event["run"] if event.procedure == "spin"]
    groups = [event for event in began if event.note == str(event.batch + 1)]
    assert {event.amount for event in began} == {7.0}
    assert 0.0 < found.by_resource["run_filling"]["spin"] <= 1.0
    assert found.by_resource["runs"].keys() == {"courier", "spin"}
    assert len(groups) == len([e for e in window.by_event["leave"] if e.unit.startswith("rotor")])
    ended, due = len(window.by_event["finished"]), len(window.by_event["launch"])
    still = sum(batch.ended is None for batch in window.run.batches)
    assert ended + still == due


def test_the_same_bits_for_any_number_of_workers(samples: xs.Scenario) -> None:
    """The logs of all replications are the same, one after another or beside each other."""
    alone = xs.simulate(samples, replications=2)
    beside = xs.simulate(samples, replications=2, jobs=2)
    assert [a.log_hash for a in alone.accounts] == [a.log_hash for a in beside.accounts]
    assert alone.as_dict() == beside.as_dict()


def test_why_adds_up(samples: xs.Scenario) -> None:
    """The hours of a sample add up to its lead time, and its wait for others has a cause of its own."""
    found = [why(samples, lot) for lot in (90, 91, 92)]
    assert all(answer.unexplained == 0.0 for answer in found)
    assert any(row.cause == "run" and row.hours > 0.0 for answer in found for row in answer.causes())
    for answer in found:
        assert sum(row.hours for row in answer.causes()) == pytest.approx(answer.lead_time)


def test_explain_tells_the_formula(samples: xs.Scenario) -> None:
    """Batches per day are explained as other indicators are."""
    found = explain(samples, "batches_per_day")
    assert found.root.formula == "finished * 24 / hours"
    assert found.value == pytest.approx(found.root.children["finished"].value * 24.0 / (9 * 24.0))  # type: ignore[operator]


def shared_log(*members: int, begin: float, leader: int, usable: float = 4.0, waited: float = 1.0) -> list[Event]:
    """Return the events with which a run begins."""
    told = []
    for number in members:
        told.append(Event(begin, number, "p", "", "run", "u 1", "", usable, str(leader + 1), waited))
        told.append(Event(begin, number, "p", "", "start", "u 1" if number == leader else "", "", 3.0))
    return told


def test_indicators_of_runs_by_hand() -> None:
    """Two runs in the window: four and one of four places; each batch waited 1 h for others and 2 h for the unit."""
    log = [
        *shared_log(0, 1, begin=5.0, leader=0),
        *shared_log(2, 3, 4, 5, begin=20.0, leader=2),
        *shared_log(6, begin=40.0, leader=6),
    ]
    window = Window(Run(0, log, [], 58.0, 0), Plant((Equipment("u", 1),)), 10.0)
    assert runs(window) == {"p": 2 * 8766.0 / 48.0}
    assert run_filling(window) == {"p": (1.0 + 0.25) / 2}
    assert waiting_for_run(window) == {"p": 1.0} and waiting(window) == {"p": 2.0}


def test_working_days_by_hand() -> None:
    """A window from noon of a day with a shift of 8 to 16 h: half a day, then one more, then two days off."""
    days = WorkingTime(((8.0, 16.0), (32.0, 40.0), (104.0, 112.0)))
    batches = [BatchRecord(n, 0, 0.0, 20.0 + n, "finished") for n in range(3)]
    window = Window(Run(0, [Event(0.0, 0)], batches, 96.0, 0), Plant(roles=(Role("r", 1, days),)), 12.0)
    assert working_days(window) == 1.5
    assert batches_per_working_day(window) == 2.0
    assert batches_per_day(window) == 3 * 24.0 / 84.0
    always = Window(window.run, Plant(roles=(Role("r", 1),)), 12.0)
    assert working_days(always) == 3.5
