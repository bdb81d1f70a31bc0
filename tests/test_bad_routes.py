"""Rows of the table of bad inputs about routes and about running: exit code, place, words, nothing left behind."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from concurrent.futures.process import BrokenProcessPool

import numpy as np
import pytest

import exosim as xs
from tests.plugin_packages import Install
from tests.test_bad_inputs import ROUTES as ROUTE_ROWS
from tests.test_bad_inputs import ROWS, WAITING
from tests.test_bad_plants import plant, refused
from tests.texts import BASE, FILE, Door, changed, of_operation

HEAD = 'format = 1\nname = "route"\nproduct.dose = "1e10 EV"\n'
MEDIUM = HEAD + '[[unit_procedure]]\nid = "medium"\noperation = "conditioned_medium"\n'


def step(id: str, *lines: str, operation: str = "depth_filtration") -> str:
    return "\n".join(["[[unit_procedure]]", f'id = "{id}"', f'operation = "{operation}"', *lines, ""])


def timed(id: str, unit: str | None, hours: float) -> str:
    unit_line = (f'unit = "{unit}"',) if unit else ()
    return step(id, *unit_line, f'parameters.step_time = "{hours} h"', operation="timed_step")


ONLY_EQUIPMENT = plant(('operator = "operator"', "")).partition("[[personnel]]")[0]


def line(*steps: str, turnaround: float = 0.0, vessels: int = 1, **campaign: str) -> str:
    """Return a plant of a vessel and a tank with the given campaign and steps."""
    keys = "\n".join(f"{key} = {value}" for key, value in {"every": '"3 h"', **campaign}.items())
    vessel = f'id = "vessel"\ncount = {vessels}\nturnaround = "{turnaround} h"\n[[equipment]]\nid = "tank"'
    text = changed('id = "vessel"', vessel, ONLY_EQUIPMENT)
    return changed('every = "24 h"', keys, text) + "".join(steps)


# -- routes -----------------------------------------------------------------------------------------------------------

UNREACHED = MEDIUM + step("polish", 'feeds = ["clarify"]') + step("clarify", 'feeds = ["polish"]')
SPLIT = "\nsplit = {{ keep = 0.8, give = {} }}\n"
BRANCHES = step("a", 'feeds = ["medium.keep"]', "end = true") + step("b", 'feeds = ["medium.give"]')
REFUSED = [
    ("ROU-005", HEAD + step("clarify"), "operation", "clarify.operation: depth_filtration needs a feed", "before"),
    ("ROU-005", UNREACHED, 'feeds = ["clarify"]', 'polish.feeds.1: "clarify" does not come before this procedure'),
    (
        "ROU-006",
        MEDIUM + step("side") + step("main", 'feeds = ["medium"]'),
        'id = "side"',
        "side.id: side.product goes",
    ),
    (
        "ROU-006",
        MEDIUM + step("other", operation="conditioned_medium"),
        'id = "medium"',
        "medium.id: medium.product goes nowhere; expected a later procedure that names it in its feeds, or end = true",
    ),
    ("ROU-008", MEDIUM + SPLIT.format(0.3) + BRANCHES, "split", "the shares sum to 1.1: mass would be created"),
    (
        "ROU-009",
        MEDIUM + SPLIT.format(0.1) + BRANCHES,
        "split",
        "the shares sum to 0.9: where the other 10 % goes is unknown",
        "such as waste = 0.1",
    ),
    (
        "ROU-011",
        changed('unit = "vessel"', 'unit = ["vessel", "vessel"]', plant()),
        "unit = [",
        "mix.unit: is of the wrong kind; got a list of 2; expected text",
    ),
    (
        "ROU-011",
        changed('unit = "vessel"', 'unit = "vessel"\nunit = "vessel"', plant()),
        'unit = "vessel"',
        "unit on line",
        "is already defined",
    ),
    (
        "ROU-011",
        changed('id = "vessel"', 'id = "vessel"\n[[equipment]]\nid = "vessel"', plant()),
        'id = "vessel"',
        'the id "vessel" is taken; got the same id on line 13',
    ),
    ("ROU-011", MEDIUM + step("a", 'feeds = ["medium", "medium"]'), "feeds", '"medium.product" already feeds a'),
]


@pytest.mark.parametrize("case", REFUSED, ids=[f"{case[0]}-{number}" for number, case in enumerate(REFUSED)])
def test_refused(case: tuple[str, ...], door: Door) -> None:
    row, text, at, *words = case
    message = door.refused(text, code=int(ROWS[row]["exit_code"]))
    for word in words:
        assert word in message
    assert text.splitlines()[int(message.split(":")[1]) - 1].startswith(at)


def test_ROU_011_shifts_are_merged(door: Door) -> None:
    """A shift that is named twice is one shift."""
    path = door.write(plant())
    once = xs.simulate(xs.load(path), replications=1).first.run.log
    door.write(plant(('shifts = ["night"]', 'shifts = ["night", "night"]')))
    assert xs.simulate(xs.load(path), replications=1).first.run.log == once


def begun(text: str, door: Door, procedure: str) -> list[float]:
    """Return when the batches of the first replication have their unit for a procedure."""
    log = xs.simulate(xs.load(door.write(text)), replications=1).first.run.log
    return [event.time for event in log if event.event == "start" and event.procedure == procedure]


def test_ROU_012(door: Door) -> None:
    """No storage between steps means blocking: a batch stays on its unit until the next one is free; by hand."""
    steps = timed("mix", "vessel", 2.0), timed("rest", "tank", 5.0)
    text = line(*steps, storage='"none"', batches="3")
    assert (begun(text, door, "mix"), begun(text, door, "rest")) == ([0.0, 3.0, 7.0], [2.0, 7.0, 12.0])
    assert begun(line(*steps, batches="3"), door, "mix") == [0.0, 3.0, 6.0]
    door.write(text)
    assert door.run("run", FILE, "--quiet").code == 0


AGAIN = timed("mix", "vessel", 2.0), timed("rest", "tank", 2.0), timed("again", "vessel", 2.0)


def test_ROU_017(door: Door) -> None:
    """A batch that never waits cannot use a vessel that it has itself still in turnaround."""
    message = refused(door, line(*AGAIN, turnaround=5.0, storage='"zero_wait"'))
    assert message == (
        f"{FILE}: again.unit: without waiting it would need a vessel that the batch itself still has since mix; "
        "got 1 vessel, needed at 4 h, free at 7 h; "
        "expected at least 2: equipment.vessel.count, or another campaign.storage\n"
    )
    for fine in (
        line(*AGAIN, turnaround=5.0, vessels=2, storage='"zero_wait"', every='"24 h"'),
        line(*AGAIN, turnaround=1.0, storage='"zero_wait"', every='"24 h"'),
    ):
        assert begun(fine, door, "again")[:2] == [4.0, 28.0]
    assert begun(line(*AGAIN, turnaround=5.0, every='"24 h"'), door, "again")[0] == 7.0


# -- running ----------------------------------------------------------------------------------------------------------


def test_RUN_002(door: Door) -> None:
    """A batch that needs again the only unit that it holds stays on it: no deadlock, one stay, one turnaround."""
    text = line(timed("mix", "vessel", 2.0), timed("again", "vessel", 3.0), storage='"none"', batches="2")
    log = xs.simulate(xs.load(door.write(text)), replications=1).first.run.log
    assert [event.time for event in log if event.event == "finished"] == [5.0, 10.0]
    assert [event.time for event in log if event.event == "leave"] == [5.0, 10.0]
    assert door.run("run", FILE, "--quiet").code == 0


SOON = {"mode": '"as_soon_as_possible"'}
ENDLESS = {
    "no time at all": line(timed("mix", "vessel", 0.0), **SOON),
    "no time where they enter": line(timed("mix", "vessel", 0.0), timed("rest", "tank", 2.0), **SOON),
    "no unit where they enter": line(timed("mix", None, 2.0), timed("rest", "tank", 2.0), **SOON),
    "no unit at all": line(timed("mix", None, 2.0), **SOON),
    "no time, in blocks": line(timed("mix", "vessel", 0.0), **SOON, storage='"none"'),
    "no time, limited on the line": line(timed("mix", "vessel", 0.0), **SOON, work_in_progress="4"),
}
ENDS = {
    "turnaround": line(timed("mix", "vessel", 0.0), turnaround=1.0, **SOON),
    "blocked": line(timed("mix", "vessel", 0.0), timed("rest", "tank", 50.0), **SOON, storage='"none"'),
    "reserved": line(timed("mix", "vessel", 0.0), timed("rest", "tank", 50.0), **SOON, storage='"zero_wait"'),
    "counted": line(timed("mix", "vessel", 0.0), **SOON, batches="3"),
    "limited on the line": line(timed("mix", None, 50.0), **SOON, work_in_progress="2"),
}


@pytest.mark.parametrize("text", ENDLESS.values(), ids=ENDLESS)
def test_RUN_004(text: str, door: Door) -> None:
    """Batches that would be started without end at one moment are refused at once, with the step."""
    started = time.monotonic()
    message = refused(door, text, code=4)
    assert time.monotonic() - started < 10.0
    assert "mix: time stands still at 0 h: nothing limits how many batches enter mix at one moment" in message
    assert "campaign.batches or campaign.work_in_progress" in message


@pytest.mark.parametrize("text", ENDS.values(), ids=ENDS)
def test_RUN_004_what_ends_is_run(text: str, door: Door) -> None:
    path = door.write(text)
    results = xs.simulate(xs.load(path), replications=1)
    assert 2 <= len(results.first.run.batches) < 1000


def test_every_batch_lost(door: Door) -> None:
    """Nothing is finished: 0 doses, the reason in words, and no NaN or infinity in any table."""
    failure = '[[failure]]\nid = "spill"\nduring = "mix"\nprobability = 1.0\nconsequence = "reject"\n'
    door.write(line(timed("mix", "vessel", 2.0)) + failure)
    answer = door.run("run", FILE, "--json", "--out", "r")
    assert answer.code == 0
    found = {q["name"]: q for q in answer.document()["quantities"]}
    assert (found["doses_per_year"]["mean"], found["batches_finished"]["mean"]) == (0.0, 0.0)
    assert (found["lead_time"]["n"], found["lead_time"]["mean"]) == (0, None)
    assert any("no batch was finished" in warning and "lost" in warning for warning in answer.document()["warnings"])
    for path in (door.folder / "r").glob("*.csv"):
        cells = path.read_text(encoding="utf-8").replace("\n", ",").split(",")
        assert not {"nan", "inf", "-inf"} & set(cells), path


def test_RUN_010(door: Door) -> None:
    """What cannot be paid for is refused before anything is allocated, with memory, hours and what fits."""
    for text in (BASE, changed('volume = "10 L"', "", BASE)):
        door.write(text)
        started = time.monotonic()
        answer = door.run("yield", FILE, "--draws", str(10**15))
        assert time.monotonic() - started < 10.0
        assert (answer.code, answer.out) == (6, "")
        for word in (
            "1,000,000,000,000,000 draws would need about",
            " GiB for their results and about",
            " hours",
            "at most",
        ):
            assert word in answer.err
        assert "--draws N asks for fewer" in answer.err
    assert door.run("yield", FILE, "--draws", str(10**19)).code == 6
    assert "at least 1" in door.refused(BASE + "\n[campaign]\nbatches = 0\n")
    assert [path.name for path in door.folder.iterdir()] == [FILE]


def test_RUN_010_hours(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory would do, the hours would not; what does not vary takes one block, however many draws."""
    door.write(BASE)
    monkeypatch.setattr("exosim.budget.memory_limit", lambda: 2**62)
    monkeypatch.setattr("exosim.budget.TIME_LIMIT", 0.01)
    answer = door.run("yield", FILE, "--draws", str(10**15))
    assert answer.code == 6
    assert "limits: 4.29e+09 GiB, 0.01 hours" in answer.err
    fixed = xs.load(door.write(BASE.partition("[[assay]]")[0]))
    yields = xs.evaluate(fixed, draws=10_000_000)
    assert yields.values("doses").shape == (10_000_000,)
    assert yields.summary("doses").n == 10_000_000


def test_RUN_010_replications(door: Door) -> None:
    message = refused(door, plant(), "--replications", "1000000000000", code=6)
    assert message == "this is more than a run may have; got 1,000,000,000,000 replications; " + (
        "expected at most 1,000,000: --replications N\n"
    )


@pytest.mark.parametrize("error", [BrokenProcessPool("gone"), BlockingIOError(11, "no more processes")])
def test_a_worker_that_is_gone(error: Exception, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is killed, or cannot be started, is no bug: fewer processes may do."""

    class Broken:
        def __init__(self, *_: object, **__: object) -> None:
            raise error

    monkeypatch.setattr("exosim.workers.ProcessPoolExecutor", Broken)
    message = refused(door, plant(), "--jobs", "2", "--replications", "4", code=6)
    assert message.startswith("a worker process cannot be had: ")
    assert "got 2 processes; expected fewer: --jobs N" in message


ROGUE = """\
import random
from dataclasses import dataclass

import numpy as np

from exosim.operations.pooling import Pooling


@dataclass(frozen=True, kw_only=True)
class Rocking(Pooling):
    def transform(self, feed):
        np.random.seed(1)
        random.seed(1)
        random.random()
        return super().transform(feed)
"""


def test_RUN_020(door: Door, install: Install) -> None:
    """Random values are addressed: whoever seeds the global generators changes no bit, in a yield or in a run.

    ``tests/test_plugins.py`` shows that the check warns of it.
    """
    text = of_operation("pooling").replace('operation = "pooling"', 'operation = "{}"')
    medium = 'parameters.titer = { lognormal = { median = "5e9 EV/mL", gsd = 1.4 }, varies = "batch" }\n'
    text = text.replace('operation = "conditioned_medium"\n', f'operation = "conditioned_medium"\n{medium}')
    text += '[campaign]\nevery = "24 h"\n'
    install(ROGUE)
    found = []
    for name in ("pooling", "rocking"):
        scenario = xs.load(door.write(text.replace("{}", name).replace("seed = 1", 'seed = 1\nhorizon = "500 h"')))
        run = xs.simulate(scenario, replications=2)
        doses = [batch.doses for account in run.accounts for batch in account.batches]
        found.append((xs.evaluate(scenario, draws=200).values("vialed").tolist(), doses))
    assert found[0] == found[1]
    assert len(set(found[0][0])) > 100


def test_RUN_020_the_global_generators_are_not_used(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def poisoned(*_: object, **__: object) -> None:
        raise AssertionError("the global random state was used")

    for name in ("seed", "random", "uniform", "normal", "rand", "randn", "randint", "choice"):
        monkeypatch.setattr(np.random, name, poisoned)
    for name in ("seed", "random", "uniform", "gauss", "randint", "choice"):
        monkeypatch.setattr(random, name, poisoned)
    door.write(changed("seed = 1", 'seed = 1\nhorizon = "500 h"') + '[campaign]\nevery = "24 h"\n')
    assert door.run("yield", FILE, "--quiet", "--out", "y").code == 0
    assert door.run("run", FILE, "--quiet", "--out", "r", "--replications", "2").code == 0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda t: t.replace('step_time = "2.0 h"', 'step_time = "1e-11 h"'), "mix: the phase step is too short"),
        (lambda t: t.replace('turnaround = "1.0 h"', 'turnaround = "1e-11 h"'), "equipment.vessel.turnaround: is too"),
    ],
)
def test_RUN_021(spoil: Callable[[str], str], words: str, door: Door) -> None:
    """A step below the resolution of the clock is refused before the run: 1e-11 h beside a hundred years."""
    text = line(timed("mix", "vessel", 2.0), turnaround=1.0, batches="2").replace('"240 h"', '"876600 h"')
    message = refused(door, spoil(text), code=4)
    assert words in message
    assert "to move the clock at 876600 h; got 1e-11 h; expected 0 h, or more than 1.2e-10 h" in message
    door.write(spoil(text).replace('"876600 h"', '"24 h"'))
    assert door.run("run", FILE, "--quiet", "--replications", "1").code == 0


def test_RUN_023(door: Door) -> None:
    """Ten tenths make one: a liter that comes in ten shares of 0.1 fills as many vials as a liter does."""
    names = [f"s{n}" for n in range(10)]
    fill = ("parameters = { overfill = 0.0, line_loss = '0 mL', reject_fraction = 0.0 }",)
    split = "split = { " + ", ".join(f"{name} = 0.1" for name in names) + " }\n"
    feeds = "feeds = [" + ", ".join(f'"medium.{name}"' for name in names) + "]"
    divided = MEDIUM + split + step("fill", feeds, *fill, operation="vial_filling")
    whole = MEDIUM + step("fill", *fill, operation="vial_filling")
    vials = [xs.evaluate(xs.load(door.write(text)), draws=1).values("vials").tolist() for text in (whole, divided)]
    assert vials == [[1000.0], [1000.0]]


def test_every_row_of_the_routes_is_known() -> None:
    tested = {case[0] for case in REFUSED}
    tested |= {name[5:12].replace("_", "-") for name in globals() if name.startswith("test_") and name[5:8].isupper()}
    assert tested == ROUTE_ROWS
    assert set(ROWS) >= tested
    assert not tested & set(WAITING)
