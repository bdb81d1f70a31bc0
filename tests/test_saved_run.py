"""The folder of a run in time: what is written comes back to the bit, and what was changed is told."""

from __future__ import annotations

import csv
import hashlib
import importlib.util
import json
import math
import re
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exosim as xs
from exosim import event_files
from exosim.errors import FileError, ModelError, UsageError
from exosim.event_files import read_log, write_log
from exosim.export import read_csv, write_csv
from exosim.records import Event, log_hash
from exosim.replications import run_once
from tests.test_replications import PLAIN, STEP, exponential
from tests.texts import Door

REFERENCE = Path(__file__).parent.parent / "scenarios" / "msc_hollow_fiber.toml"
FAILURE = (
    '[[failure]]\nid = "spill"\nduring = "p1"\nprobability = 0.4\nconsequence = "repeat"\nrepair = "1 h"\nlimit = 1\n'
)
REPLICATIONS = 5


@pytest.fixture(scope="module")
def text() -> str:
    head = PLAIN.format(horizon="120 h", warm_up="10 h", campaign=f"every = {exponential(5.0)}")
    units = "".join(f'[[equipment]]\nid = "{name}"\nturnaround = "1 h"\n' for name in "ab")
    people = '[[personnel]]\nrole = "operator"\nheadcount = 2\n'
    by_hand = 'operator = "operator"'
    steps = [STEP.format(id=f"p{n}", unit="ab"[n], time=exponential(2.0), operator=by_hand) for n in range(2)]
    return head + units + people + FAILURE + "".join(steps)


@pytest.fixture(scope="module")
def scenario(text: str, tmp_path_factory: pytest.TempPathFactory) -> xs.Scenario:
    file = tmp_path_factory.mktemp("scenario") / "plain.toml"
    file.write_text(text, encoding="utf-8")
    return xs.load(file)


@pytest.fixture(scope="module")
def results(scenario: xs.Scenario, tmp_path_factory: pytest.TempPathFactory) -> xs.FacilityResults:
    events = tmp_path_factory.mktemp("events") / "events.parquet"
    return xs.simulate(scenario, REPLICATIONS, events=events)


def bits(value: object) -> object:
    """Return a value such that equal means equal to the bit, and NaN equals NaN."""
    return struct.pack("<d", value) if isinstance(value, float) else value


def test_a_run_comes_back_to_the_bit(results: xs.FacilityResults, tmp_path: Path) -> None:
    """Log, batches with their genealogy, indicators and every replication's values."""
    paths = results.save(tmp_path / "run")
    assert all(path.exists() for path in paths)
    run = xs.load_run(tmp_path / "run")
    assert isinstance(run, xs.SavedRun)
    assert run.replications == REPLICATIONS
    assert run.document == results.as_dict()
    assert run.log == results.first.run.log
    assert [[bits(value) for value in event] for event in run.log] == [
        [
            bits(float(value)) if name in ("time", "amount", "waited") else value
            for name, value in event._asdict().items()
        ]
        for event in results.first.run.log
    ]
    assert run.batches == [account.batches for account in results.accounts]
    assert {batch.disposition for found in run.batches for batch in found} == {"finished", "rejected", "unfinished"}
    assert [q.as_dict() for q in run.indicators] == [q.as_dict() for q in results.quantities()]
    for indicator in run.indicators:
        name, step = indicator.name, indicator.step
        found = [
            account.headlines[name] if step is None else account.by_resource[name].get(step, math.nan)
            for account in results.accounts
        ]
        assert list(map(bits, run.values(name, step))) == list(map(bits, map(float, found))), (name, step)


def test_saved_again_it_is_the_same(results: xs.FacilityResults, tmp_path: Path) -> None:
    """Two folders of one run hold the same bytes, but for the time in the manifest."""
    for name in "ab":
        results.save(tmp_path / name)
    files = {path.relative_to(tmp_path / "a").as_posix() for path in (tmp_path / "a").rglob("*") if path.is_file()}
    manifest = json.loads((tmp_path / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert files == {"manifest.json", *manifest["files"]}
    for name, digest in manifest["files"].items():
        for folder in "ab":
            assert hashlib.sha256((tmp_path / folder / name).read_bytes()).hexdigest() == digest


def test_what_the_manifest_holds(results: xs.FacilityResults, tmp_path: Path) -> None:
    results.save(tmp_path / "run")
    manifest = xs.load_run(tmp_path / "run").manifest
    assert (manifest["command"], manifest["hash"]) == ("run", results.scenario.hash)
    assert (manifest["seed"], manifest["replications"]) == (results.seed, REPLICATIONS)
    assert manifest["version"] == xs.__version__
    assert manifest["python"] and manifest["platform"] and manifest["packages"]["numpy"]


def test_genealogy(results: xs.FacilityResults, tmp_path: Path) -> None:
    """Every batch tells what made it and what failed, twice where it was lost."""
    results.save(tmp_path / "run")
    run = xs.load_run(tmp_path / "run")
    for number, found in enumerate(run.batches):
        log = run.events(number)
        for batch in found:
            own = [event for event in log if event.batch == batch.number]
            assert batch.procedures == tuple(event.procedure for event in own if event.event == "start")
            assert len(batch.failures) == sum(event.event == "failure" for event in own)
            assert set(batch.failures) <= {"p1: spill"}
            assert batch.product is None
            if batch.disposition == "rejected":
                assert batch.failures == ("p1: spill",) * 2
    with (tmp_path / "run" / "batches.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["streams"] for row in rows if row["procedures"] == "p0; p1"} == {"p0.product"}
    assert run.document["streams"] == {"p0": [], "p1": ["p0.product"]}


def test_batches_have_one_number_in_all_tables(results: xs.FacilityResults, tmp_path: Path) -> None:
    """In files batches are numbered from 1, as in pictures; in Python from 0."""
    results.save(tmp_path / "run")
    events = {row["batch"] for row in read_csv(tmp_path / "run" / "events.csv")}
    batches = {row["number"] for row in read_csv(tmp_path / "run" / "batches.csv") if row["replication"] == "1"}
    assert events == batches
    assert min(map(int, events)) == 1
    from pyarrow import dataset

    table = dataset.dataset(tmp_path / "run" / "events.parquet", partitioning="hive").to_table().to_pydict()
    assert {
        str(batch) for batch, number in zip(table["batch"], table["replication"], strict=True) if number == 1
    } == events
    assert set(table["replication"]) == set(range(1, REPLICATIONS + 1))


def test_the_logs_of_all_replications(scenario: xs.Scenario, results: xs.FacilityResults, tmp_path: Path) -> None:
    """Each partition is the log that a replay of the replication gives, and its hash is in the document."""
    results.save(tmp_path / "run")
    run = xs.load_run(tmp_path / "run")
    for number in range(REPLICATIONS):
        replayed = run_once(scenario, results.seed, number).run.log
        assert run.events(number) == replayed
        assert run.log_hashes[number] == log_hash(replayed) == log_hash(run.events(number))
    assert len(set(run.log_hashes)) == REPLICATIONS
    with pytest.raises(FileError, match="there is no log of replication 6"):
        run.events(REPLICATIONS)


def test_logs_do_not_depend_on_the_processes(
    scenario: xs.Scenario, results: xs.FacilityResults, tmp_path: Path
) -> None:
    """Hashes and files are the same for one process and for two."""
    again = xs.simulate(scenario, REPLICATIONS, events=tmp_path / "events", jobs=2)
    assert again.as_dict()["log_hashes"] == results.as_dict()["log_hashes"]
    assert results.events is not None and again.events is not None
    files = sorted(path.relative_to(again.events) for path in again.events.rglob("*.parquet"))
    assert len(files) == REPLICATIONS
    for file in files:
        assert (again.events / file).read_bytes() == (results.events / file).read_bytes()


def test_without_parquet_there_is_the_first_log(scenario: xs.Scenario, tmp_path: Path) -> None:
    xs.simulate(scenario, 2).save(tmp_path / "run")
    run = xs.load_run(tmp_path / "run")
    assert run.events(0) == run.log
    with pytest.raises(FileError, match=r"no log of replication 2; expected a run with --parquet"):
        run.events(1)


@pytest.mark.parametrize(
    "file", ["run.json", "batches.csv", "events.csv", "events.parquet/replication=3/events.parquet"]
)
def test_a_changed_file_is_named(results: xs.FacilityResults, tmp_path: Path, file: str) -> None:
    """One byte more, or no file any more; two files are both told."""
    results.save(tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("notes of a person do not matter")
    xs.load_run(tmp_path / "run")
    with (tmp_path / "run" / file).open("ab") as stream:
        stream.write(b"\n")
    with pytest.raises(FileError, match=rf"{re.escape(file)}: differs from what the run wrote; got SHA-256 "):
        xs.load_run(tmp_path / "run")
    (tmp_path / "run" / file).unlink()
    (tmp_path / "run" / "ledger.csv").write_text("")
    with pytest.raises(FileError, match=rf"{re.escape(file)}: cannot be read: No such file") as error:
        xs.load_run(tmp_path / "run")
    assert len(error.value.problems) == 2
    assert error.value.exit_code == 5


def test_what_is_no_run_is_refused(door: Door, results: xs.FacilityResults, tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(
            FileError, match=r"there is no manifest.json that can be read; expected the folder of a run"
        ):
            xs.load_run(folder)
    assert door.run("yield", str(REFERENCE), "--draws", "64", "--quiet", "--out", "y").code == 0
    with pytest.raises(FileError, match="not that of a run in time; got command yield"):
        xs.load_run(door.folder / "y")
    results.save(tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"]["../secret"] = "0"
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(FileError, match="outside the folder"):
        xs.load_run(tmp_path / "run")


def test_tables_of_another_form_are_refused(results: xs.FacilityResults, tmp_path: Path) -> None:
    """A folder whose hashes are right and whose content is not is no bug of the reader."""
    results.save(tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    for name, content in (("batches.csv", "number\n1\n"), ("run.json", "{}"), ("events.csv", "time,batch\n0,1\n")):
        before = (tmp_path / "run" / name).read_bytes()
        (tmp_path / "run" / name).write_text(content)
        files = {**manifest["files"], name: hashlib.sha256(content.encode()).hexdigest()}
        (tmp_path / "run" / "manifest.json").write_text(json.dumps({**manifest, "files": files}))
        with pytest.raises(FileError, match="cannot be read"):
            xs.load_run(tmp_path / "run")
        (tmp_path / "run" / name).write_bytes(before)


def test_a_folder_is_replaced_only_on_request(results: xs.FacilityResults, tmp_path: Path) -> None:
    results.save(tmp_path / "run")
    with pytest.raises(FileError, match="the folder holds another run"):
        results.save(tmp_path / "run")
    results.save(tmp_path / "run", overwrite=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run"]


def test_an_old_event_folder_does_not_stay(scenario: xs.Scenario, results: xs.FacilityResults, tmp_path: Path) -> None:
    """A folder that is rewritten without Parquet keeps a person's notes, and no logs of the run before."""
    results.save(tmp_path / "run")
    (tmp_path / "run" / "notes.txt").write_text("mine")
    xs.simulate(scenario, 1).save(tmp_path / "run", overwrite=True)
    assert not (tmp_path / "run" / "events.parquet").exists()
    assert (tmp_path / "run" / "notes.txt").read_text() == "mine"


def test_a_run_that_fails_leaves_no_logs(tmp_path: Path, text: str) -> None:
    """The folder of logs disappears with the run; one that is there already is not touched."""
    file = tmp_path / "plain.toml"
    back = STEP.format(id="p2", unit="a", time='"1 h"', operator="")
    file.write_text(text.replace("[campaign]", '[campaign]\nstorage = "none"') + back, encoding="utf-8")
    with pytest.raises(ModelError, match="deadlock"):
        xs.simulate(xs.load(file), 3, events=tmp_path / "logs")
    assert not (tmp_path / "logs").exists()
    (tmp_path / "logs").mkdir()
    with pytest.raises(FileError, match="logs: cannot be made: File exists; expected a folder that does not exist"):
        xs.simulate(xs.load(file), 3, events=tmp_path / "logs")


def test_on_the_command_line(door: Door, text: str) -> None:
    door.write(text)
    answer = door.run("run", "scenario.toml", "--replications", "3", "--parquet", "--out", "r", "--json")
    assert (answer.code, answer.err) == (0, "")
    run = xs.load_run(door.folder / "r")
    assert run.document == answer.document()
    assert [len(run.events(number)) > 0 for number in range(3)] == [True] * 3
    shown = door.run("run", "scenario.toml", "--replications", "2", "--parquet", "--out", "s")
    assert "s/events.parquet" in shown.out.splitlines()
    assert "batches per year" in shown.out and "minimum cycle time as planned" in shown.out


def test_a_missing_extra_is_named(door: Door, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One clear line, before anything is computed or written."""
    find = importlib.util.find_spec

    def without(name: str, package: str | None = None) -> Any:
        return None if name == "pyarrow" else find(name, package)

    monkeypatch.setattr(event_files.importlib.util, "find_spec", without)
    door.write(text)
    answer = door.run("run", "scenario.toml", "--parquet", "--out", "r")
    assert answer.code == 2
    first, *rest = answer.err.splitlines()
    assert first.startswith("Parquet files need pyarrow, which is not installed; expected the extra parquet: ")
    assert first.endswith("pip install 'exosim-ev[parquet]'")
    assert rest == ['try "exosim --help"']
    assert [path.name for path in door.folder.iterdir()] == ["scenario.toml"]
    with pytest.raises(UsageError, match="the extra parquet"):
        xs.simulate(xs.load(door.folder / "scenario.toml"), 2, events=door.folder / "logs")
    assert door.run("run", "scenario.toml", "--quiet", "--replications", "1").code == 0


LOGS: dict[str, list[Event]] = {
    "empty": [],
    "odd text": [Event(0.1 + 0.2, 3, "p", "a b", "begin", "u 1", "r", 1 / 3, '=1+1; "x"\n\'', 5e-324)],
    "odd numbers": [Event(math.nextafter(1e17, 0.0), n, note="'=x") for n in range(3)],
}


@pytest.mark.parametrize("log", [pytest.param(log, id=name) for name, log in LOGS.items()])
def test_logs_in_parquet(log: list[Event], tmp_path: Path) -> None:
    write_log(log, tmp_path, 6)
    assert read_log(tmp_path, 6) == log
    assert log_hash(read_log(tmp_path, 6)) == log_hash(log)


@given(st.lists(st.tuples(st.text(), st.floats(allow_nan=False, allow_infinity=False)), max_size=5))
def test_tables_come_back(tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, float]]) -> None:
    """Any text and any number; what a spreadsheet would compute is quoted on the way."""
    file = tmp_path_factory.mktemp("table") / "table.csv"
    rows = [(word.encode("utf-8", "ignore").decode(), number) for word, number in rows]
    write_csv(file, ["word", "number"], rows)
    with file.open(encoding="utf-8", newline="") as stream:
        assert not [row for row in csv.reader(stream) if row[0].startswith(("=", "@", "\t", "\r"))]
    found = [(row["word"], float(row["number"])) for row in read_csv(file)]
    assert [(word, bits(number)) for word, number in found] == [(word, bits(number)) for word, number in rows]


@pytest.mark.parametrize("word", ["=1+1", "'=1+1", "''=1+1", "'x", "-5", "'-5", "+a", "@a", "a=1", "'"])
def test_formulas_come_back(tmp_path: Path, word: str) -> None:
    write_csv(tmp_path / "t.csv", ["word", "other"], [(word, 1)])
    assert read_csv(tmp_path / "t.csv") == [{"word": word, "other": "1"}]
