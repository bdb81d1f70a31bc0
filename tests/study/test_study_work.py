"""The folder of a study on its way: begun, gone on with, put in place of what was there; what fails leaves no mess."""

from __future__ import annotations

import errno
import json
import os
import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim import study_work
from exosim.errors import CheckpointError, FileError, ScenarioError
from exosim.folder import Target, check_files, identity_of, write_manifest
from exosim.study import asked
from exosim.study.asked import Request, plan_in, read_request, request_of, write_request
from exosim.study.chunk import Chunk
from exosim.study.plan import Plan, plan_of
from exosim.study_check import is_unfinished
from exosim.study_work import UNFINISHED, Work, working
from tests.test_bad_inputs import ROOT, ROWS
from tests.texts import BASE, FILE, Door

FACTORS = [("clarify.ev_recovery", "0.7..0.9")]
KEY = "0123456789abcdef"


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    """A small study, in an empty folder of its own."""
    monkeypatch.chdir(tmp_path)
    return sweep_of()


def sweep_of(**given: Any) -> Plan:
    return plan_of(xs.load(ROOT / "scenarios" / "minimal.toml"), "sweep", {"factors": FACTORS, **given})


def request(plan: Plan, **given: Any) -> Request:
    return request_of(plan, {"factors": FACTORS, **given}, "minimal.toml", {})


def target(plan: Plan, overwrite: bool = False) -> Target:
    return Target(Path("a/there"), True, request(plan).identity, overwrite)


def keep(work: Work, start: int = 0) -> None:
    """Finish three points."""
    work.chunks.keep(KEY, start, Chunk(np.arange(3.0)[np.newaxis], None, {}))


def results(*names: str) -> Callable[[Path], list[Path]]:
    """Return what writes files of these names and their manifest."""

    def write(folder: Path) -> list[Path]:
        for name in names:
            (folder / name).write_text(f"new {name}")
        write_manifest(folder, {**identity_of("sweep", "minimal", "0", 0), "study": "new"})
        return [folder / name for name in names]

    return write


def names(folder: Path = Path()) -> list[str]:
    """Return all files and folders, without the names of chunks."""
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.match("*-*.npz"))


def test_a_study_is_begun_gone_on_with_and_finished(plan: Plan) -> None:
    """What was asked stands beside the chunks until the results are in place; then only they are left."""
    with pytest.raises(KeyboardInterrupt, match=r"safe so far: 1 chunk with 3 points; go on with: exosim resume a/the"):
        begin_one(plan)
    assert names() == ["a", "a/there", *inside()]
    told: list[str] = []
    with working(target(plan), request(plan), plan, told.append) as work:
        assert told == ["a/there: goes on with the study that was begun here; 1 chunk with 3 points found"]
        assert [start for start, _ in work.chunks.found(KEY, 3, 1)] == [0]
        assert work.plan.digest == plan.digest
        assert not work.died
        written = work.finish(results("x.csv"))
    assert [path.name for path in written] == ["x.csv"]
    assert names(Path("a/there")) == ["asked.json", "manifest.json", "scenario.json", "x.csv"]
    assert set(check_files(Path("a/there"))["files"]) == {"asked.json", "scenario.json", "x.csv"}
    assert plan_in(Path("a/there"), read_request(Path("a/there"))).digest == plan.digest


def begin_one(plan: Plan) -> None:
    with working(target(plan), request(plan), plan) as work:
        assert names() == ["a", "a/.there.lock", "a/there", *inside()]
        keep(work)
        raise KeyboardInterrupt


def inside() -> list[str]:
    return [f"a/there/{name}" for name in (UNFINISHED, f"{UNFINISHED}/asked.json", f"{UNFINISHED}/scenario.json")]


@pytest.mark.parametrize("error", [ScenarioError("impossible"), MemoryError(), OSError(errno.EIO, "wrong")])
def test_what_fails_at_once_leaves_nothing(error: Exception, plan: Plan) -> None:
    """Not even the folders above; an interrupt leaves what was asked, so that it can be gone on with."""
    told: list[str] = []
    with (
        pytest.raises((ScenarioError, MemoryError, FileError)),
        working(target(plan), request(plan), plan, None, told.append),
    ):
        raise error
    assert (names(), told) == ([], [])
    with pytest.raises(KeyboardInterrupt), working(target(plan), request(plan), plan):
        raise KeyboardInterrupt
    assert names() == ["a", "a/there", *inside()]
    with pytest.raises(ScenarioError), working(target(plan), request(plan), plan, None, told.append):
        raise ScenarioError("impossible")
    assert names() == ["a", "a/there", *inside()]
    assert told == ["safe so far: 0 chunks with 0 points; go on with: exosim resume a/there"]


def test_what_is_finished_outlasts_an_error(plan: Plan) -> None:
    """It is told how to go on, once a chunk is there."""
    told: list[str] = []
    with pytest.raises(ScenarioError), working(target(plan), request(plan), plan, None, told.append) as work:
        keep(work)
        raise ScenarioError("impossible")
    assert told == ["safe so far: 1 chunk with 3 points; go on with: exosim resume a/there"]
    assert names() == ["a", "a/there", *inside()]


def older() -> dict[str, bytes]:
    """Write older results with a note of a person, and return them."""
    place = Path("a/there")
    (place / "lanes").mkdir(parents=True)
    for name in ("x.csv", "old.csv", "lanes/1.csv"):
        (place / name).write_text(f"old {name}")
    write_manifest(place, identity_of("sweep", "other", "1", 0))
    (place / "notes.txt").write_text("mine")
    return content(place)


def content(place: Path) -> dict[str, bytes]:
    found = {path.relative_to(place).as_posix(): path.read_bytes() for path in place.rglob("*") if path.is_file()}
    return {name: data for name, data in found.items() if not name.startswith(UNFINISHED)}


def test_older_results_stay_whole_until_then(plan: Plan) -> None:
    """With --overwrite alone; files that are no longer made go at last, and what a person wrote stays."""
    before = older()
    with pytest.raises(FileError, match="holds another run"), working(target(plan), request(plan), plan):
        pass
    with working(target(plan, overwrite=True), request(plan), plan) as work:
        keep(work)

        def write(folder: Path) -> list[Path]:
            assert content(Path("a/there")) == before
            return results("x.csv")(folder)

        work.finish(write)
    assert names(Path("a/there")) == ["asked.json", "manifest.json", "notes.txt", "scenario.json", "x.csv"]
    assert Path("a/there/x.csv").read_text() == "new x.csv"
    check_files(Path("a/there"))


@pytest.mark.parametrize("place", range(9))
def test_a_kill_at_any_move_loses_nothing(place: int, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Done again, the folder is the same: results of the new study alone, and a note of a person."""
    older()
    move, moves = Path.replace, iter(range(100))

    class _Kill(BaseException):
        """What nobody expects."""

    def killed(self: Path, to: Path) -> Path:
        if next(moves) == place:
            raise _Kill
        return move(self, to)

    with monkeypatch.context() as patched:
        try:
            with working(target(plan, overwrite=True), request(plan), plan) as work:
                keep(work)
                patched.setattr(Path, "replace", killed)
                work.finish(results("x.csv", "y.csv"))
        except _Kill:
            assert (Path("a/there") / UNFINISHED / "asked.json").exists()
        else:
            assert place > 6
    with working(target(plan, overwrite=True), request(plan), plan) as work:
        work.finish(results("x.csv", "y.csv"))
    assert names(Path("a/there")) == ["asked.json", "manifest.json", "notes.txt", "scenario.json", "x.csv", "y.csv"]
    check_files(Path("a/there"))


def test_what_a_kill_after_the_last_move_leaves_is_put_away(plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of an older study go, too: `resume`, which has nothing else to do, knows which they are."""
    older()

    class _Kill(BaseException):
        """What nobody expects."""

    def killed(*_: object) -> None:
        raise _Kill

    with monkeypatch.context() as patched:
        patched.setattr(study_work, "_remove", killed)
        with pytest.raises(_Kill), working(target(plan, overwrite=True), request(plan), plan) as work:
            keep(work)
            work.finish(results("x.csv"))
    place = Path("a/there").resolve()
    assert len(names(place)) > 5 and not is_unfinished(place)
    study_work.put_away(place)
    assert names(place) == ["asked.json", "manifest.json", "notes.txt", "scenario.json", "x.csv"]
    check_files(place)


def test_a_study_that_is_done_anew_with_other_versions_is_not_finished(plan: Plan) -> None:
    """Whole results of older versions of exosim stand beside it: they are others, and what is finished anew stays."""
    before = replace(request(plan), numbers={**request(plan).numbers, "exosim": "0.0"})

    def write(folder: Path) -> list[Path]:
        write_manifest(folder, request(plan).identity)
        return []

    with working(target(plan), before, plan) as work:
        work.finish(write)
    with pytest.raises(KeyboardInterrupt), working(target(plan, overwrite=True), request(plan), plan) as work:
        keep(work)
        raise KeyboardInterrupt
    assert is_unfinished(Path("a/there"))


def test_leftovers_of_a_kill_are_removed(plan: Plan) -> None:
    """Half a chunk, half a draft, and a folder in which nothing was asked yet; files of others stay."""
    folder = Path("a/there") / UNFINISHED
    folder.mkdir(parents=True)
    for name in (".chunk-01234567.tmp", ".asked.json.tmp", "scenario.json", "notes.txt"):
        (folder / name).write_text("half")
    with pytest.raises(KeyboardInterrupt), working(target(plan), request(plan), plan) as work:
        keep(work)
        raise KeyboardInterrupt
    assert names(folder) == ["asked.json", "notes.txt", "scenario.json"]
    (folder / ".chunk-01234567.tmp").write_text("half")
    (folder / "draft").mkdir()
    (folder / "draft" / "x.csv").write_text("half")
    with working(target(plan), request(plan), plan) as work:
        assert names(folder) == ["asked.json", "notes.txt", "scenario.json"]
        work.finish(results("x.csv"))
    assert names(folder) == ["notes.txt"]


def test_another_study_in_the_folder(plan: Plan) -> None:
    """Refused with what differs; with --overwrite its chunks go, since nobody asks for them."""
    with pytest.raises(KeyboardInterrupt), working(target(plan), request(plan), plan) as work:
        keep(work)
        raise KeyboardInterrupt
    other = sweep_of(seed=4, samples=7)
    with pytest.raises(CheckpointError) as refused, working(target(other), request(other, seed=4, samples=7), other):
        pass
    assert [one.path for one in refused.value.problems] == ["", "seed", "samples"]
    assert "seed: 0 in the folder, 4 now" in str(refused.value)
    with working(target(other, overwrite=True), request(other, seed=4, samples=7), other) as work:
        assert not work.chunks.entries()
        work.finish(results("x.csv"))


def test_a_request_comes_back(plan: Plan, tmp_path: Path) -> None:
    """Whatever a plan was given, dates and infinity in --set included; the same bytes when it is written again."""
    given = {"factors": FACTORS, "weights": {"clarify.ev_recovery": 0.1}, "ways": {"clarify.ev_recovery": "up"}}
    whole = sweep_of(**given, responses=("doses",), seed=3)
    written = request_of(
        whole, {**given, "responses": ("doses",), "seed": 3, "levels": None}, "/a/b.toml#c", {"x": 1e309}
    )
    write_request(written, tmp_path, whole.scenario)
    first = (tmp_path / asked.ASKED).read_bytes(), (tmp_path / "scenario.json").read_bytes()
    read = read_request(tmp_path)
    again = plan_in(tmp_path, read)
    assert again.digest == whole.digest == read.study
    assert (read.changes, read.file, read.portable().file) == ({"x": 1e309}, "/a/b.toml#c", "b.toml#c")
    write_request(read, tmp_path, again.scenario)
    assert ((tmp_path / asked.ASKED).read_bytes(), (tmp_path / "scenario.json").read_bytes()) == first


def test_every_byte_of_a_request_is_vouched_for(plan: Plan, tmp_path: Path) -> None:
    """One that is changed is found, wherever it stands."""
    write_request(request(plan), tmp_path, plan.scenario)
    for name in (asked.ASKED, "scenario.json"):
        data = (tmp_path / name).read_bytes()
        for place in range(0, len(data), 97):
            if data[place : place + 1].isspace():
                continue
            (tmp_path / name).write_bytes(data[:place] + bytes([data[place] ^ 1]) + data[place + 1 :])
            with pytest.raises(CheckpointError):
                read_request(tmp_path)
        (tmp_path / name).write_bytes(data)
    read_request(tmp_path)


def swept(door: Door, *options: str) -> Any:
    door.write(BASE)
    vary = ("--vary", "tff.concentration_factor=5..20", "--response", "doses", "--points", "3", "--draws", "9")
    return door.run("sweep", FILE, *vary, "--out", "there", *options)


def test_FIL_016(door: Door) -> None:
    """A study in a folder that another process writes is refused at once, and told who."""
    lock = door.folder / ".there.lock"
    lock.write_text(json.dumps({"pid": os.getppid(), "host": socket.gethostname(), "started": "2026", "boot": boot()}))
    answer = swept(door)
    assert answer.code == int(ROWS["FIL-016"]["exit_code"])
    assert f"another process is writing this folder: pid {os.getppid()}" in answer.err
    assert sorted(path.name for path in door.folder.iterdir()) == [".there.lock", FILE]


def boot() -> str:
    file = Path("/proc/sys/kernel/random/boot_id")
    return file.read_text(encoding="ascii").strip() if file.exists() else ""


def test_FIL_017(plan: Plan) -> None:
    """The lock of a process that is gone is taken over with a note; a point may be to blame for its end."""
    Path("a").mkdir()
    held = {"pid": 2**22 + 1, "host": socket.gethostname(), "started": "2026", "boot": "another"}
    Path("a/.there.lock").write_text(json.dumps(held))
    told: list[str] = []
    with pytest.raises(KeyboardInterrupt), working(target(plan), request(plan), plan, told.append):
        raise KeyboardInterrupt
    assert told[0].startswith("a/there: took over the lock of a process that is gone: pid ")
    Path("a/.there.lock").write_text(json.dumps(held))
    with working(target(plan), request(plan), plan, told.append) as work:
        assert work.died
        work.finish(results("x.csv"))


@pytest.mark.parametrize("reason", [errno.ENOSPC, errno.EROFS, errno.EDQUOT, errno.EIO])
@pytest.mark.parametrize("moment", ["begin", "chunk", "table", "move"])
def test_failing_disk(moment: str, reason: int, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """5 with the reason, at any moment; what is finished stays, and it is told how to go on."""

    def fails(*_: object, **__: object) -> None:
        raise OSError(reason, os.strerror(reason))

    places = {
        "begin": "exosim.study.asked.write_whole",
        "chunk": "exosim.study.chunks.to_bytes",
        "table": "exosim.study.study_files.write_csv",
        "move": "exosim.study_work.settle",
    }
    with monkeypatch.context() as patched:
        patched.setattr("matplotlib.figure.Figure.savefig", lambda _, place, **__: Path(place).write_bytes(b""))
        if moment == "chunk":
            patched.setattr("exosim.study.chunks.os.fsync", fails)
            patched.setattr("exosim.study.asked.write_whole", lambda file, text: file.write_text(text))
            patched.setattr("exosim.study.asked.bring_to_disk", lambda _: None)
        else:
            patched.setattr(places[moment], fails)
        answer = swept(door)
    assert (answer.code, answer.out) == (5, "")
    assert f"cannot be written: {os.strerror(reason)}" in answer.err
    if moment in ("begin", "chunk"):
        assert [path.name for path in door.folder.iterdir()] == [FILE]
        return
    assert "go on with: exosim resume there" in answer.err
    assert list((door.folder / "there" / UNFINISHED).glob("*-*.npz"))
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", lambda _, place, **__: Path(place).write_bytes(b""))
    assert door.run("resume", "there", "--quiet").code == 0
    assert not (door.folder / "there" / UNFINISHED).exists()
    check_files(door.folder / "there")


def test_a_folder_that_cannot_be_written_is_told_before_anything_runs(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is asked, and nothing is left."""
    monkeypatch.setattr("exosim.study.sweep.respond", lambda *_, **__: pytest.fail("the study started"))

    def fails(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr("exosim.folder.tempfile.TemporaryFile", fails)
    answer = swept(door)
    assert (answer.code, answer.out) == (5, "")
    assert answer.err.startswith("there: cannot be written: Read-only file system")
    assert [path.name for path in door.folder.iterdir()] == [FILE]
