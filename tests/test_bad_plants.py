"""Rows of the table of bad inputs about the plant and a run in time: exit code, place, words, nothing left behind."""

from __future__ import annotations

import csv
import time

import pytest

import exosim as xs
from tests.test_bad_inputs import PLANT as PLANT_ROWS
from tests.test_bad_inputs import ROWS, WAITING
from tests.texts import FILE, Door, changed

PLANT = """\
format = 1
name = "plant"
seed = 11
start = 2027-01-04T08:00:00
horizon = "240 h"
replications = 2
product.dose = "1 EV"

[campaign]
every = "24 h"

[[equipment]]
id = "vessel"

[[personnel]]
role = "operator"
shifts = ["night"]

[calendar.shift.night]
days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
from = 22:00:00
to = 06:00:00

[[unit_procedure]]
id = "mix"
operation = "timed_step"
unit = "vessel"
operator = "operator"
[unit_procedure.parameters]
step_time = "2 h"
"""
DAYS = 'days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]'


def plant(*changes: tuple[str, str]) -> str:
    """Return the plant with some lines replaced."""
    text = PLANT
    for old, new in changes:
        text = changed(old, new, text)
    return text


def closed(text: str) -> str:
    """Return the plant with days on which nobody works."""
    return plant(("[calendar.shift.night]", f"[calendar]\n{text}\n[calendar.shift.night]"))


def refused(door: Door, text: str, *options: str, code: int = 3) -> str:
    """Run a scenario that is refused; it leaves nothing."""
    door.write(text)
    answer = door.run("run", FILE, *options)
    assert (answer.code, answer.out) == (code, "")
    assert sorted(path.name for path in door.folder.iterdir()) == [FILE]
    return answer.err


REFUSED = [
    (
        "VAL-009",
        plant(('id = "vessel"', 'id = "vessel"\ncount = 0')),
        ":14:",
        "vessel.count: must be at least 1",
        "got 0",
    ),
    ("VAL-010", plant(('role = "operator"', 'role = "operator"\nheadcount = 0')), "operator.headcount", "at least 1"),
    ("VAL-037", plant(('horizon = "240 h"', 'horizon = "0 h"')), ":5:", "horizon: must be above 0", '"52 week"'),
    ("VAL-037", plant(('horizon = "240 h"', 'horizon = "-5 h"')), ":5:", "horizon: must be above 0", 'got "-5 h"'),
    ("VAL-037", plant(('horizon = "240 h"', 'horizon = "1e12 h"')), ":5:", "too long", "at most 876600 h"),
    ("VAL-040", plant((DAYS, "days = []")), ":17:", "has no working time at all"),
    ("VAL-040", closed("shutdowns = [{ from = 2027-01-01, to = 2028-01-01 }]"), "no working time within the horizon"),
    ("ROU-019", plant(('every = "24 h"', 'every = "24 h"\npriority = 1')), ":11:", "got 1", '"fifo", "oldest"'),
    ("ROU-019", plant(('every = "24 h"', 'every = "24 h"\npriority = "first"')), '"earliest_due"'),
    (
        "shift",
        plant(('shifts = ["night"]', 'shifts = ["nigt"]')),
        ":17:",
        'unknown shift "nigt"',
        "did you mean night?",
    ),
    ("start", plant(("start = 2027-01-04T08:00:00", "start = 9999-12-31T08:00:00")), ":4:", "the years 1900 to 2200"),
    ("warm_up", plant(('horizon = "240 h"', 'horizon = "240 h"\nwarm_up = "10 d"')), "leaves nothing of the run"),
]


@pytest.mark.parametrize("case", REFUSED, ids=[f"{case[0]}-{number}" for number, case in enumerate(REFUSED)])
def test_refused(case: tuple[str, ...], door: Door) -> None:
    _, text, *words = case
    message = refused(door, text)
    assert message.count("\n") == 1
    for word in (FILE, *words):
        assert word in message


def test_VAL_010_more_people_than_there_are(door: Door) -> None:
    """A step that needs two operators of one is refused, with the place of the headcount."""
    message = refused(door, plant(('step_time = "2 h"', 'step_time = "2 h"\npeople = 2')))
    expected = "personnel.operator.headcount: mix needs 2 people at once; got 1; expected at least 2"
    assert message == f"{FILE}: {expected}\n"


def test_VAL_041(door: Door) -> None:
    """A shift from 22:00 to 06:00: a batch started at 08:00 begins at 22:00, one step after the other by hand."""
    path = door.write(PLANT)
    log = xs.simulate(xs.load(path), replications=1).first.run.log
    assert [event.time for event in log if event.event == "begin"] == [14.0 + 24.0 * day for day in range(10)]
    assert [event.time for event in log if event.event == "finish"][:2] == [16.0, 40.0]
    door.write(plant(('step_time = "2 h"', 'step_time = "10 h"')))
    log = xs.simulate(xs.load(path), replications=1).first.run.log
    ends = [event.time for event in log if event.event == "finish"]
    assert ends[:2] == [40.0, 64.0 + 2.0], "8 h in the first night, 2 h in the second, then 6 h and 4 h"


def test_VAL_042(door: Door) -> None:
    """A holiday twice, and one outside the horizon, change nothing else."""
    path = door.write(closed("holidays = [2027-01-05, 2027-01-05, 2031-01-01]"))
    log = xs.simulate(xs.load(path), replications=1).first.run.log
    begun = [event.time for event in log if event.event == "begin"]
    assert begun[:3] == [14.0, 62.0, 64.0], "the night of the holiday is off; the next has both batches"


@pytest.mark.parametrize("jobs", ["0", "-1", "1000000", "two"])
def test_CLI_011(door: Door, jobs: str) -> None:
    assert f"--jobs: {jobs if jobs != 'two' else repr(jobs)} is not" in refused(door, PLANT, "--jobs", jobs, code=2)


def test_ROU_018(door: Door) -> None:
    """Ten thousand steps are checked in seconds and run."""
    head = PLANT.partition("[[personnel]]")[0]
    step = (
        '[[unit_procedure]]\nid = "s{}"\noperation = "timed_step"\nunit = "vessel"\nparameters.step_time = "0.001 h"\n'
    )
    door.write(head + "".join(step.format(number) for number in range(10_000)))
    begun = time.monotonic()
    answer = door.run("check", FILE, "--quiet")
    assert answer.code == 0, answer.err
    assert time.monotonic() - begun < 30.0, "5 s on a quiet machine"
    one_batch = ("--set", "horizon=12 h")
    assert door.run("run", FILE, "--quiet", "--replications", "1", *one_batch).code == 0


def test_RUN_001(door: Door) -> None:
    """Two batches that take two vessels in opposite order stop for ever; the report says who holds what, and when."""
    blocked = 'every = "3 h"\nstorage = "none"'
    text = plant(('every = "24 h"', blocked), ('operator = "operator"', "")) + "".join(
        f'[[unit_procedure]]\nid = "{name}"\noperation = "timed_step"\nunit = "{unit}"\nparameters.step_time = "2 h"\n'
        for name, unit in (("rest", "tank"), ("again", "vessel"))
    )
    door.write(text.replace('id = "vessel"', 'id = "vessel"\n[[equipment]]\nid = "tank"'))
    answer = door.run("run", FILE, "--out", "r")
    message = answer.err
    assert (answer.code, answer.out) == (4, "")
    with (door.folder / "r" / "events.csv").open(encoding="utf-8", newline="") as file:
        events = list(csv.DictReader(file))
    assert {event["event"] for event in events} >= {"launch", "start", "end"}, "what happened until then is kept"
    assert max(float(event["time"]) for event in events) == 5.0
    assert (door.folder / "r" / "error.json").exists() and "r/events.csv" in message
    for word in ("deadlock at 5 h", "holds vessel", "waits for tank", "holds tank", "waits for vessel"):
        assert word in message


def test_RUN_006(door: Door) -> None:
    """No batch is finished within the horizon: n = 0 and the reason, no picture fails, no NaN in the tables."""
    door.write(plant(('horizon = "240 h"', 'horizon = "1 h"')))
    answer = door.run("run", FILE, "--json", "--out", "r")
    assert answer.code == 0
    document = answer.document()
    lead = next(q for q in document["quantities"] if q["name"] == "lead_time")
    assert (lead["n"], lead["mean"]) == (0, None)
    assert lead["reason"]
    assert any("finished" in warning for warning in document["warnings"])
    with (door.folder / "r" / "indicators.csv").open(encoding="utf-8", newline="") as file:
        assert not {"nan", "inf"} & {cell for row in csv.reader(file) for cell in row}


def test_RUN_009(door: Door) -> None:
    assert "--replications: 0 is not in the range" in refused(door, PLANT, "--replications", "0", code=2)
    assert "at least 1" in refused(door, plant(("replications = 2", "replications = 0")))


def test_every_row_of_the_plant_is_known() -> None:
    tested = {case[0] for case in REFUSED if "-" in case[0]}
    tested |= {name[5:12].replace("_", "-") for name in globals() if name.startswith("test_") and name[5:8].isupper()}
    assert tested == PLANT_ROWS
    assert set(ROWS) >= tested
    assert not tested & set(WAITING)


def test_what_a_procedure_takes_of_the_plant_has_an_address(door: Door) -> None:
    """Stores, utilities and size rules of a procedure can be set, and what is wrong with them is told there."""
    steam = '[[utility]]\nid = "steam"\nlimit = "10 kg/h"\n\n[[unit_procedure]]'
    text = plant(("[[unit_procedure]]", steam)).replace(
        'id = "mix"\n', 'id = "mix"\nutilities = { steam = "1 kg/h" }\n'
    )
    door.write(text)
    for change in ("mix.utilities.steam=2 kg/h", "mix.when_too_large=cycles"):
        assert door.run("check", FILE, "--quiet", "--set", change).code == 0
    answer = door.run("check", FILE, "--set", "mix.utilities.steam=20 kg/h")
    assert answer.code == 3 and "mix.utilities.steam: is more than there is" in answer.err


def test_an_unknown_key_of_a_shift_is_told_with_those_that_a_file_writes(door: Door) -> None:
    """Whatever the shift is called, also like another table."""
    for name in ("night", "hold"):
        text = PLANT.replace("[calendar.shift.night]", f"[calendar.shift.{name}]\nform = 22:00:00")
        told = refused(door, text.replace('"night"', f'"{name}"'))
        assert (
            f'calendar.shift.{name}.form: unknown key "form"; expected one of days, from, to; did you mean from?'
            in told
        )
