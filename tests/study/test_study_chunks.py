"""Finished chunks: whatever befalls their files or the disk, none is lost unseen and none that was damaged is used."""

from __future__ import annotations

import errno
import hashlib
import io
import math
import os
import random
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import exosim as xs
from exosim.errors import CheckpointError, FileError, Problem
from exosim.study import chunks as chunks_module
from exosim.study import dispatch
from exosim.study.answers import Asked, Condition, Met, Of
from exosim.study.chunk import Chunk, Failure, from_bytes, joined, to_bytes
from exosim.study.chunks import KEY, Chunks, Entry
from exosim.study.crew import crew
from exosim.study.factor import Factor
from exosim.study.job import Job
from exosim.study.margins import Lead, Margin, Reached
from exosim.study.model import FunctionModel
from exosim.study.numbers import fingerprint
from exosim.study.objectives import Known
from exosim.study.reading import read_factors
from exosim.study.respond import Answers, respond
from exosim.study.scenario_model import scenario_model
from tests.perilous import ASKED, Perilous, calls, numbered

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "scenarios"
KEY_OF_NOBODY = "0123456789abcdef"
CHUNKS = 200


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return where chunks go."""
    return tmp_path / "unfinished"


def kept(folder: Path, count: int = CHUNKS, chunk: int = 1, **more: Any) -> Answers:
    """Ask at some points, one chunk for every call of the model, and keep all that comes of it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dispatch, "TASK", 0.0)
        with crew(1, Chunks(folder)) as workers:
            return respond(Perilous(chunk=chunk), numbered(count), ASKED, jobs=workers, **more)


def gone_on(folder: Path, marks: Path, count: int = CHUNKS, jobs: int = 1, **more: Any) -> tuple[Answers, list[str]]:
    """Ask the same again; return what came of it, and what was told. Calls of the model leave marks."""
    marks.mkdir(exist_ok=True)
    notes: list[str] = []
    model = Perilous(**{"marks": str(marks), "chunk": 1, **more})
    with crew(jobs, Chunks(folder, notes.append)) as workers:
        return respond(model, numbered(count), ASKED, jobs=workers, keep_going=True), notes


def asked_again(marks: Path) -> list[int]:
    """Return the points at which the model was asked."""
    return sorted(int(x) for points in calls(marks).elements() for x in points)


def files(folder: Path) -> list[Path]:
    """Return the files of a folder by name, which is the order of their points."""
    return sorted(folder.iterdir())


# ---------------------------------------------------------------- damage


def test_one_bit_is_found_in_each_of_200_chunks(folder: Path, tmp_path: Path) -> None:
    """At a random place each: all are told and asked again, and the answers are the same to the bit."""
    chance = random.Random(1)
    before = kept(folder)
    assert len(files(folder)) == CHUNKS
    names = [file.name for file in files(folder)]
    for file in files(folder):
        data = bytearray(file.read_bytes())
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
    problems = Chunks(folder).check()
    assert [Path(str(problem.file)).name for problem in problems] == names
    assert {problem.problem for problem in problems} == {"differs from what was written"}
    assert [file.name for file in files(folder)] == names  # to check changes nothing
    again, notes = gone_on(folder, tmp_path / "marks")
    assert again.values.tobytes() == before.values.tobytes()
    assert asked_again(tmp_path / "marks") == list(range(CHUNKS))
    words = "differs from what was written; it is asked again"
    assert notes == [f"the chunk of point {n} {words}" for n in range(1, CHUNKS + 1)]
    assert not Chunks(folder).check()


def assert_mended(damage: Callable[[bytes], bytes], words: str, folder: Path, marks: Path) -> None:
    """One file is damaged: it is told and asked again, and nothing else is."""
    before = kept(folder, 12)
    damaged = files(folder)[5]
    damaged.write_bytes(damage(damaged.read_bytes()))
    again, notes = gone_on(folder, marks, 12)
    assert notes == [f"the chunk of point 6 {words}; it is asked again"]
    assert again.values.tobytes() == before.values.tobytes() and asked_again(marks) == [5]


def test_CHK_012(folder: Path, tmp_path: Path) -> None:
    """An empty file."""
    assert_mended(lambda _: b"", "is empty", folder, tmp_path / "marks")


@pytest.mark.parametrize("left", [0.5, 0.01, 0.99])
def test_CHK_013(left: float, folder: Path, tmp_path: Path) -> None:
    """A file that was cut off."""
    assert_mended(
        lambda data: data[: int(left * len(data))], "differs from what was written", folder, tmp_path / "marks"
    )


def test_a_file_that_grew(folder: Path, tmp_path: Path) -> None:
    """An archive may have anything behind it and still be read; its digest differs."""
    assert_mended(lambda data: data + b"\0", "differs from what was written", folder, tmp_path / "marks")


def test_CHK_012_and_013_cannot_be_repaired(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the damaged file can be neither read nor removed nobody can go on: exit code 7."""
    kept(folder, 3)
    files(folder)[1].write_bytes(b"")

    def refuse(*_: Any, **__: Any) -> None:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(CheckpointError, match="is empty, and cannot be removed: Read-only file system") as caught:
        list(Chunks(folder).found(files(folder)[0].name[:KEY], 3, len(ASKED)))
    assert caught.value.exit_code == 7


def test_a_file_of_another_range_is_not_believed(folder: Path, tmp_path: Path) -> None:
    """Renamed to other points, or to another size: its bytes are what its name says, and all the same it is wrong."""
    before = kept(folder, 12, chunk=4)
    first = files(folder)[0]
    key, start, stop, digest = first.name.removesuffix(".npz").split("-")
    first.rename(first.with_name(f"{key}-{int(start):012d}-{int(stop) - 1:012d}-{digest}.npz"))
    again, notes = gone_on(folder, tmp_path / "marks", 12)
    assert len(notes) == 1 and "is not of the range that its name says" in notes[0]
    assert again.values.tobytes() == before.values.tobytes() and asked_again(tmp_path / "marks") == [0, 1, 2, 3]


def test_no_archive_and_an_archive_of_something_else_are_no_chunk(folder: Path) -> None:
    """Also where the name gives the right SHA-256."""
    stream = io.BytesIO()
    np.savez(stream, other=np.zeros(3))
    folder.mkdir()
    for data in (b"nothing of the kind", stream.getvalue()):
        digest = hashlib.sha256(data).hexdigest()
        (folder / f"{KEY_OF_NOBODY}-{0:012d}-{3:012d}-{digest}.npz").write_bytes(data)
    assert [problem.problem for problem in Chunks(folder).check()] == ["is no chunk of a study"] * 2
    notes: list[str] = []
    assert not list(Chunks(folder, notes.append).found(KEY_OF_NOBODY, 3, 1))
    assert len(notes) == 2 and not files(folder)


def test_a_chunk_that_nothing_can_unpickle(folder: Path, tmp_path: Path) -> None:
    """A chunk holds numbers and text; one that holds a program is not run."""
    trap = tmp_path / "trap"

    class Trap:
        def __reduce__(self) -> Any:
            return trap.touch, ()

    stream = io.BytesIO()
    np.savez(stream, values=np.array([[Trap()]], dtype=object), allow_pickle=True)
    folder.mkdir()
    data = stream.getvalue()
    name = f"{KEY_OF_NOBODY}-{0:012d}-{1:012d}-{hashlib.sha256(data).hexdigest()}.npz"
    (folder / name).write_bytes(data)
    assert [problem.problem for problem in Chunks(folder).check()] == ["is no chunk of a study"]
    assert not trap.exists()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.EIO, errno.ESTALE])
def test_a_chunk_that_cannot_be_read_now_is_not_damaged(number: int, folder: Path) -> None:
    """It is asked again and stays, as nobody has seen anything wrong with it."""
    kept(folder, 3)
    before, notes = files(folder), list[str]()
    found = Chunks(folder, notes.append)

    def refuse(_file: Path) -> bytes:
        raise OSError(number, os.strerror(number))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        assert not list(found.found(before[0].name[:KEY], 3, len(ASKED)))
    assert len(notes) == 3 and all(f"cannot be read: {os.strerror(number)}; it is asked again" in n for n in notes)
    assert files(folder) == before and not Chunks(folder).check()


def test_want_of_memory_is_no_damage(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A chunk that is whole is not thrown away because there is no room to read it."""
    kept(folder, 3)
    before = files(folder)

    def refuse(_data: bytes) -> None:
        raise MemoryError

    monkeypatch.setattr(chunks_module, "from_bytes", refuse)
    with pytest.raises(MemoryError):
        list(Chunks(folder).found(before[0].name[:KEY], 3, len(ASKED)))
    assert files(folder) == before


@pytest.mark.parametrize("number", [errno.EINVAL, errno.EBADF, errno.ENOTSUP])
def test_a_file_system_that_cannot_bring_a_folder_to_the_disk(
    number: int, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As some that are shared by a network: files are brought there, and the study goes on."""
    sync = os.fsync

    def refuse(place: int) -> None:
        if stat.S_ISDIR(os.fstat(place).st_mode):
            raise OSError(number, os.strerror(number))
        sync(place)

    monkeypatch.setattr(os, "fsync", refuse)
    kept(folder, 3)
    assert len(files(folder)) == 3


def test_CHK_017(folder: Path, tmp_path: Path) -> None:
    """Whatever else is in the folder is not looked at and stays, also when the chunks go."""
    kept(folder, 5)
    name = files(folder)[0].name
    others = ["notes.txt", ".chunk-mine.tmp", name + ".bak", name.upper(), "x" + name, name.replace(".npz", ".tmp")]
    others += [f"{KEY_OF_NOBODY}-1-2.npz", "sub"]
    (folder / "sub").mkdir()
    for other in others[:-1]:
        (folder / other).write_text("mine")
    (folder / ".chunk-0123abcd.tmp").write_bytes(b"half of")
    _, notes = gone_on(folder, tmp_path / "marks", 5)
    assert not notes and not asked_again(tmp_path / "marks") and not Chunks(folder).check()
    Chunks(folder).tidy()
    assert not (folder / ".chunk-0123abcd.tmp").exists()
    Chunks(folder).clear()
    assert {file.name for file in folder.iterdir()} == set(others)


def test_FIL_019_and_020(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Times of files say nothing; a clock that is set back stops nobody."""
    before = kept(folder, 8)
    future = time.time() + 1e7
    for number, file in enumerate(files(folder)):
        os.utime(file, (future, future) if number % 2 else (0.0, 0.0))
    files(folder)[3].unlink()
    now = iter(range(2_000_000_000, 0, -3600))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    again, notes = gone_on(folder, tmp_path / "marks", 8)
    assert again.values.tobytes() == before.values.tobytes() and not notes
    assert asked_again(tmp_path / "marks") == [3]


# ---------------------------------------------------------------- going on by other means


def assert_goes_on(jobs: int, chunk: int, folder: Path, marks: Path) -> None:
    """A third of the chunks is missing: the same bits, and only what was missing is asked."""
    before = kept(folder, 60, chunk=4)
    for file in files(folder)[1::3]:
        file.unlink()
    missing = [n for at in range(4, 60, 12) for n in range(at, at + 4)]
    again, notes = gone_on(folder, marks, 60, jobs, chunk=chunk)
    assert again.values.tobytes() == before.values.tobytes() and not notes
    assert asked_again(marks) == missing


@pytest.mark.parametrize("jobs", [1, 2, 4])
def test_CHK_021(jobs: int, folder: Path, tmp_path: Path) -> None:
    """With another number of processes."""
    assert_goes_on(jobs, 4, folder, tmp_path / "marks")


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_CHK_022(chunk: int, folder: Path, tmp_path: Path) -> None:
    """With other sizes: points do not know with which others they are asked."""
    assert_goes_on(1, chunk, folder, tmp_path / "marks")


# ---------------------------------------------------------------- disks


def full(folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, calls_before: int) -> None:
    """Let every write to a disk fail after some."""
    left = iter(range(calls_before))
    true = os.fsync

    def refuse(place: int) -> None:
        if next(left, None) is None:
            raise OSError(number, os.strerror(number))
        true(place)

    monkeypatch.setattr(chunks_module.os, "fsync", refuse)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EDQUOT])
@pytest.mark.parametrize("whole", [0, 5])
def test_a_disk_that_takes_no_more(
    number: int, whole: int, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Exit code 5 with the reason; what was finished before is whole, and nothing half written is left."""
    with pytest.MonkeyPatch.context() as patch:
        full(folder, patch, number, 2 * whole)
        with pytest.raises(FileError) as caught:
            kept(folder, 20)
    reason = f"a finished part of the study cannot be written: {os.strerror(number)}"
    assert caught.value.exit_code == 5 and caught.value.problems[0].problem == reason
    assert caught.value.problems[0].file == str(folder)
    assert len(files(folder)) == len(Chunks(folder).entries()) == whole and not Chunks(folder).check()
    again, notes = gone_on(folder, tmp_path / "marks", 20)
    assert again.values.tobytes() == respond(Perilous(), numbered(20), ASKED).values.tobytes() and not notes
    assert asked_again(tmp_path / "marks") == list(range(whole, 20))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a disk of 256 KiB, where the system lets us make one."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(place)]
    try:
        done = subprocess.run(command, capture_output=True, timeout=10, check=False)
    except OSError:
        pytest.skip("there is no mount")
    if done.returncode:
        pytest.skip("a small disk cannot be mounted")
    try:
        yield place
    finally:
        subprocess.run(["umount", "-l", str(place)], capture_output=True, timeout=10, check=True)


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_disk_that_is_full(small_disk: Path, jobs: int, tmp_path: Path) -> None:
    """A true one: what fitted is whole and goes on where there is room."""
    notes: list[str] = []
    with pytest.MonkeyPatch.context() as patch, crew(jobs, Chunks(small_disk / "study", notes.append)) as workers:
        patch.setattr(dispatch, "TASK", 0.0)
        with pytest.raises(FileError, match="cannot be written: No space left on device; expected room for it"):
            respond(Perilous(chunk=40), numbered(10_000), ASKED, jobs=workers, keep=True)
    there = Chunks(small_disk / "study").entries()
    assert len(there) > 20 and not Chunks(small_disk / "study").check()
    assert len(files(small_disk / "study")) == len(there)
    elsewhere = tmp_path / "larger"
    elsewhere.mkdir()
    for entry in there:
        (elsewhere / entry.file.name).write_bytes(entry.file.read_bytes())
    with crew(1, Chunks(elsewhere)) as workers:
        again = respond(Perilous(chunk=40), numbered(10_000), ASKED, jobs=workers, keep=True)
        assert workers.chunks is not None
        assert workers.chunks.read == sum(entry.stop - entry.start for entry in there)
    plain = respond(Perilous(), numbered(10_000), ASKED, keep=True)
    assert again.sample is not None and plain.sample is not None
    assert again.values.tobytes() == plain.values.tobytes() and again.sample.tobytes() == plain.sample.tobytes()


def test_a_folder_that_is_no_folder_or_is_gone(tmp_path: Path) -> None:
    """A file in its place is told; a folder that somebody has removed is made again."""
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileError, match="cannot be written") as caught:
        kept(tmp_path / "file", 3)
    assert caught.value.exit_code == 5 and (tmp_path / "file").read_text() == "mine"
    chunks = Chunks(tmp_path / "a" / "b")
    chunk = Job(Perilous(), ASKED).chunk(numbered(3))
    chunks.keep(KEY_OF_NOBODY, 0, chunk)
    for file in files(tmp_path / "a" / "b"):
        file.unlink()
    (tmp_path / "a" / "b").rmdir()
    chunks.keep(KEY_OF_NOBODY, 3, chunk)
    assert [entry.start for entry in Chunks(tmp_path / "a" / "b").entries()] == [3]


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="whoever is root may write anything")
def test_a_folder_that_can_no_longer_be_written(folder: Path) -> None:
    kept(folder, 3)
    folder.chmod(0o500)
    try:
        with pytest.raises(FileError, match="Permission denied"):
            kept(folder, 6)
        assert len(files(folder)) == 3
    finally:
        folder.chmod(0o700)


def test_an_interrupt_while_a_chunk_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is whole or not there."""

    def interrupt(_place: int) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks_module.os, "fsync", interrupt)
        with pytest.raises(KeyboardInterrupt):
            kept(folder, 3)
    assert not files(folder)


# ---------------------------------------------------------------- keys


def of_scenario(engine: str = "kernel", **more: Any) -> Any:
    """Return a scenario as a model, changed in one way or another."""
    given = {"name": "minimal", "factors": {"clarify.flux": "50..200 L/m2/h"}, "names": ["doses"], "seed": None,
             "set": {}, "draws": 70, **more}  # fmt: skip
    scenario = xs.load(SCENARIOS / f"{given['name']}.toml").with_(given["set"])
    factors = read_factors(scenario, given["factors"])
    return scenario_model(scenario, factors, given["names"], draws=given["draws"], seed=given["seed"])


QUESTIONS: list[tuple[Asked, ...]] = [
    (),
    (Of("doses"),),
    (Of("doses", "mean"),),
    (Of("doses", "p5"),),
    (Of("doses", "p50"),),
    (Of("doses", "p5"), Of("doses")),
    (Of("doses"), Of("doses", "p5")),
    (Of("doses", "p5", missing=math.inf),),
    (Of("doses", "p5", missing=-math.inf),),
    (Of("ev_yield"),),
    (Known("doses"),),
    (Met((Condition("doses", "<=", 1.0),)),),
    (Met((Condition("doses", ">=", 1.0),)),),
    (Met((Condition("doses", ">=", math.nextafter(1.0, 2.0)),)),),
    (Met((Condition("doses", ">=", 1.0, "dose"),)),),
    (Margin((Condition("doses", ">=", 1.0),), 0.8),),
    (Margin((Condition("doses", ">=", 1.0),), 0.9),),
    (Margin((Condition("doses", ">=", 1.0),), 0.9, (2.0,)),),
    (Lead((Condition("doses", ">=", 1.0),), 0.9),),
    (Reached(Condition("doses", ">=", 1.0), 0.9),),
]
MODELS: list[dict[str, Any]] = [
    {},
    {"seed": 5},
    {"draws": 71},
    {"names": ["ev_yield"]},
    {"names": ["doses", "ev_yield"]},
    {"names": ["ev_yield", "doses"]},
    {"factors": {"clarify.flux": "50..201 L/m2/h"}},
    {"factors": {"clarify.flux": "log 50..200 L/m2/h"}},
    {"factors": {"clarify.flux": "x0.5..x2"}},
    {"factors": {"clarify.ev_recovery": "0.5..0.9"}},
    {"set": {"clarify.flux": "101 L/m2/h"}},
    {"name": "msc_hollow_fiber"},
]


def every_key() -> list[str | None]:
    """Return the keys of many questions, no two of which are the same."""
    points = np.array([[50.0], [60.0], [-0.0]])
    base = of_scenario()
    found = [Job(base, asked).key(points) for asked in QUESTIONS]
    found += [Job(of_scenario(**more), QUESTIONS[1], keep=True).key(points) for more in MODELS]
    found += [
        Job(base, QUESTIONS[1]).key(other)
        for other in (points[:2], points[::-1].copy(), points.T, np.nextafter(points, 100.0), np.abs(points))
    ]
    return found


def test_a_key_never_repeats() -> None:
    """Between questions, their order, seeds, draws, factors, values and points: no two of them are one."""
    found = every_key()
    assert len(set(found)) == len(found) and None not in found
    assert all(len(key) == KEY for key in found if key is not None)


def test_a_key_is_the_same_in_another_process() -> None:
    """Whatever order sets and dictionaries of text have there."""
    text = "from tests.study.test_study_chunks import every_key; print(*every_key())"
    environment = {**os.environ, "PYTHONHASHSEED": "1", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", text]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == every_key()


@dataclass(frozen=True)
class OfAScript(Known):
    """A question that is not of exosim; its code may be edited, and its words are those of another."""


def test_a_question_of_a_script_has_no_key() -> None:
    """Nobody can say what it will ask tomorrow."""
    points = np.zeros((1, 1))
    assert Job(of_scenario(), (Known("doses"),)).key(points) is not None
    assert Job(of_scenario(), (Known("doses"), OfAScript("doses"))).key(points) is None


@pytest.mark.parametrize("name", ["exp", "pow"])
def test_another_arithmetic_has_other_keys(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Chunks that were copied from there answer nothing here; Python's own functions count, which the facility uses."""
    key, own = Job(of_scenario(), (Of("doses"),)).key(np.zeros((1, 1))), getattr(math, name)
    monkeypatch.setattr(math, name, lambda *x: math.nextafter(own(*x), 9.0))
    fingerprint.cache_clear()
    try:
        assert Job(of_scenario(), (Of("doses"),)).key(np.zeros((1, 1))) != key
    finally:
        fingerprint.cache_clear()


def test_a_model_without_identity_keeps_nothing(folder: Path) -> None:
    """Of a function nobody can say what it will answer tomorrow."""
    model = FunctionModel((Factor("x", "1", 0.0, 1.0),), Perilous().responses, lambda x: np.hstack([x, x]))
    with crew(1, Chunks(folder)) as workers:
        respond(model, numbered(5), ASKED, jobs=workers)
    assert not folder.exists()


def test_studies_in_one_folder_do_not_see_each_other(folder: Path) -> None:
    """The folder may hold chunks of many questions; each reads its own."""
    models = [Perilous(), replace(Perilous(), draws=6)]
    for _ in range(2):
        for model in models:
            with crew(1, Chunks(folder)) as workers:
                found = respond(model, numbered(9), ASKED, jobs=workers)
            assert found.values.tobytes() == respond(model, numbered(9), ASKED).values.tobytes()
    assert len({entry.key for entry in Chunks(folder).entries()}) == 2


# ---------------------------------------------------------------- bytes

TEXT = st.text(max_size=8)
MAYBE = st.none() | TEXT
PROBLEMS = st.builds(
    Problem, TEXT, path=TEXT, got=MAYBE, expected=MAYBE, nearest=MAYBE, file=MAYBE,
    line=st.none() | st.integers(0, 2**40), column=st.none() | st.integers(0, 9),
)  # fmt: skip
FAILURES = st.builds(
    Failure,
    st.sampled_from(["ScenarioError", "ModelError", "Plug"]),
    st.lists(PROBLEMS, min_size=1, max_size=3).map(tuple),
    st.booleans(),
)
EVERY_BIT = arrays(
    np.uint64, array_shapes(min_dims=2, max_dims=2, min_side=0, max_side=4), elements=st.integers(0, 2**64 - 1)
)


@settings(max_examples=100)
@given(EVERY_BIT, st.integers(0, 2**64 - 1) | st.none(), st.dictionaries(st.integers(0, 10**6), FAILURES, max_size=3))
def test_a_chunk_comes_back_to_the_bit(raw: Any, sample: int | None, failures: dict[int, Failure]) -> None:
    """NaN with any payload, -0.0, infinities, and every word of a failure."""
    values = raw.view(np.float64)
    draws = None if sample is None else np.full((values.shape[1], 1, 2), sample, np.uint64).view(np.float64)
    chunk = Chunk(values, draws, failures)
    again = from_bytes(to_bytes(chunk))
    assert again.values.tobytes() == chunk.values.tobytes() and again.values.shape == values.shape
    assert again.values.dtype == np.float64 and again.failures == failures
    assert (again.sample is None) == (draws is None)
    if again.sample is not None and draws is not None:
        assert again.sample.tobytes() == draws.tobytes() and again.sample.shape == draws.shape
    assert to_bytes(again) == to_bytes(chunk)


def test_special_numbers_come_back_to_the_bit() -> None:
    odd = np.array([[np.nan, -np.nan, -0.0, 0.0, np.inf, -np.inf, 5e-324, np.finfo(float).max]])
    odd[0, :1].view(np.uint64)[:] |= 0xDEAD
    assert from_bytes(to_bytes(Chunk(odd, None, {}))).values.tobytes() == odd.tobytes()


@given(st.lists(st.integers(1, 5), min_size=1, max_size=5), st.booleans(), st.data())
def test_neighbors_are_joined(sizes: list[int], keep: bool, data: st.DataObject) -> None:
    """As if they had been asked together."""
    wrong = data.draw(st.sets(st.integers(0, sum(sizes) - 1), max_size=3))
    job = Job(Perilous(dict.fromkeys(map(float, wrong), "refuse")), ASKED, keep)
    ends = np.cumsum(sizes)
    whole = job.chunk(numbered(ends[-1]))
    parts = [job.chunk(numbered(ends[-1])[end - size : end]) for size, end in zip(sizes, ends, strict=True)]
    assert to_bytes(joined(parts)) == to_bytes(whole)


def test_a_chunk_has_one_name(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same answers make the same file, at any time: nothing in it tells when it was written."""
    kept(folder, 6)
    later = time.localtime(time.time() + 1e7)
    monkeypatch.setattr(time, "time", lambda: time.mktime(later))
    monkeypatch.setattr(time, "localtime", lambda *_: later)
    kept(tmp_path / "other", 6)
    assert [file.name for file in files(folder)] == [file.name for file in files(tmp_path / "other")]


def test_many_chunks_that_are_damaged_take_no_longer_each(folder: Path) -> None:
    """As when a disk was lost that held all of them: 20,000 are told and removed within seconds."""
    folder.mkdir(exist_ok=True)
    for number in range(20_000):
        (folder / f"{KEY_OF_NOBODY}-{number:012d}-{number + 1:012d}-{'0' * 64}.npz").touch()
    begun = time.perf_counter()
    assert not list(Chunks(folder).found(KEY_OF_NOBODY, 20_000, 1)) and not files(folder)
    assert time.perf_counter() - begun < 20.0


def test_entries_are_in_order(folder: Path) -> None:
    kept(folder, 120)
    entries = Chunks(folder).entries()
    assert [entry.start for entry in entries] == list(range(120))
    assert all(isinstance(entry, Entry) for entry in entries)
