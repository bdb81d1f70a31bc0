"""`exosim resume`: an interrupted study goes on to the same bits; what is damaged, edited or foreign is told."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from matplotlib.figure import Figure

import exosim as xs
from exosim.errors import CheckpointError, FileError, ModelError, Problem
from exosim.study.chunk import Chunk, Failure
from exosim.study.chunks import Chunks, Entry
from exosim.study.factor import Floats
from exosim.study.job import Job
from exosim.study.numbers import fingerprint
from exosim.study.plan import plan_of
from exosim.study_work import resume_line
from tests.test_bad_inputs import ROOT, ROWS, STUDY_FILES, WAITING
from tests.texts import FILE, Answer, Door

SCENARIO = (ROOT / "scenarios" / "minimal.toml").read_text(encoding="utf-8")
SWEEP = (
    "sweep", FILE, "--vary", "clarify.ev_recovery=0.7..0.9", "--response", "doses", "--points", "20", "--draws", "20",
    "--out", "there",
)  # fmt: skip
RESUME = ("resume", "there")
MORE = '[[variant]]\nname = "more"\n[variant.set]\n"clarify.ev_recovery" = 0.75\n'


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write small files for pictures, which other tests look at."""
    monkeypatch.setattr(Figure, "savefig", lambda _, place, **__: Path(place).write_bytes(b"picture"))


@pytest.fixture
def written(door: Door) -> Door:
    """The command line beside a scenario."""
    door.write(SCENARIO)
    return door


@pytest.fixture
def ending(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, BaseException], None]:
    """End a study with an error when so many chunks are kept."""
    keep = Chunks.keep

    def end_after(number: int, error: BaseException) -> None:
        def kept(self: Chunks, *given: Any) -> None:
            if self.count == number:
                monkeypatch.setattr(Chunks, "keep", keep)
                raise error
            keep(self, *given)

        monkeypatch.setattr(Chunks, "keep", kept)

    return end_after


def bits(folder: Path) -> dict[str, bytes]:
    """Return every file of a finished study but the manifest, which tells the time."""
    found = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    return {name: path.read_bytes() for name, path in sorted(found.items()) if name != "manifest.json"}


def chunks(folder: Path) -> list[Path]:
    """Return the finished chunks of a study."""
    return sorted((folder / "unfinished").glob("*-*.npz"))


def there_is(folder: Path) -> str:
    """Return how much is finished in words; how points are cut into chunks depends on how fast they are."""
    named = [path.name.split("-")[1:3] for path in chunks(folder)]
    points = sum(int(stop) - int(start) for start, stop in named)
    return f"{len(named)} {'chunk' if len(named) == 1 else 'chunks'} with {points} points"


def interrupted(door: Door, ending: Callable[[int, BaseException], None], *options: str) -> Answer:
    """Sweep and be interrupted when a chunk is kept."""
    ending(1, KeyboardInterrupt())
    answer = door.run(*SWEEP, *options)
    assert (answer.code, answer.out) == (130, "")
    assert len(chunks(door.folder / "there")) == 1
    return answer


@pytest.fixture
def whole(written: Door) -> dict[str, bytes]:
    """The files of the study as one that nothing has interrupted writes them."""
    assert written.run(*SWEEP, "--quiet").code == 0
    found = bits(written.folder / "there")
    for path in sorted((written.folder / "there").iterdir()):
        path.unlink()
    (written.folder / "there").rmdir()
    return found


def test_an_interrupted_study_goes_on(
    written: Door, whole: dict[str, bytes], ending: Callable[[int, BaseException], None]
) -> None:
    """It tells how, what was there is not asked again, and every file is the same to the last bit."""
    answer = interrupted(written, ending)
    finished = there_is(written.folder / "there")
    assert answer.err.strip().splitlines()[-1] == (
        f"interrupted; safe so far: {finished}; go on with: exosim resume there"
    )
    assert sorted(path.name for path in written.folder.iterdir()) == [FILE, "there"]
    answer = written.run(*RESUME)
    assert answer.code == 0
    assert f"note: there: goes on with the study that was begun here; {finished} found" in answer.err
    assert "the best of 20 points" in answer.out
    assert bits(written.folder / "there") == whole
    assert not (written.folder / "there" / "unfinished").exists()
    files = json.loads((written.folder / "there" / "manifest.json").read_text())["files"]
    assert {"asked.json", "scenario.json", "study.json"} <= set(files)


@pytest.mark.parametrize("options", [("--jobs", "2"), ()], ids=["two-processes", "same-command"])
def test_it_goes_on_in_other_ways(
    options: tuple[str, ...], written: Door, whole: dict[str, bytes], ending: Callable[[int, BaseException], None]
) -> None:
    """With other processes, and by the command that began it."""
    interrupted(written, ending)
    answer = written.run(*(RESUME if options else SWEEP), *options, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.encode() == whole["study.json"]
    assert bits(written.folder / "there") == whole


def test_a_study_that_fails_keeps_what_is_finished(
    written: Door, whole: dict[str, bytes], ending: Callable[[int, BaseException], None]
) -> None:
    """An error in the middle: its exit code, what is safe, and how to go on."""
    ending(1, ModelError(Problem("a bad wind")))
    answer = written.run(*SWEEP, "--quiet")
    assert answer.code == 4
    assert "a bad wind" in answer.err
    finished = there_is(written.folder / "there")
    assert f"note: safe so far: {finished}; go on with: exosim resume there" in answer.err
    assert written.run(*RESUME, "--quiet") == Answer(0, "", "")
    assert bits(written.folder / "there") == whole


def test_nothing_is_left_to_do(written: Door, whole: dict[str, bytes]) -> None:
    """A finished study is left alone, and says so; with --json it is its document."""
    assert written.run(*SWEEP, "--quiet").code == 0
    before = {path: path.stat().st_mtime_ns for path in (written.folder / "there").iterdir()}
    answer = written.run(*RESUME)
    assert answer == Answer(0, "there: the study is finished and whole; nothing is left to do\n", "")
    assert written.run(*RESUME, "--json").out.encode() == whole["study.json"]
    assert written.run(*RESUME, "--quiet") == Answer(0, "", "")
    assert {path: path.stat().st_mtime_ns for path in (written.folder / "there").iterdir()} == before


@pytest.mark.parametrize("file", ["points.csv", "study.json", "ledger.csv", "manifest.json"])
@pytest.mark.parametrize("content", [b"", b"nonsense", None], ids=["empty", "other", "gone"])
def test_a_finished_study_that_was_damaged_is_done_again(
    file: str, content: bytes | None, written: Door, whole: dict[str, bytes]
) -> None:
    """From what was asked, with a note that names the file."""
    assert written.run(*SWEEP, "--quiet").code == 0
    path = written.folder / "there" / file
    path.unlink() if content is None else path.write_bytes(content)
    checked = written.run(*RESUME, "--check")
    assert checked.code == 7
    assert "there" in checked.err
    answer = written.run(*RESUME)
    assert answer.code == 0
    assert "the study is done again" in answer.err
    assert file in answer.err
    assert bits(written.folder / "there") == whole
    assert written.run(*RESUME, "--check").code == 0


@pytest.mark.parametrize("file", ["asked.json", "scenario.json"])
def test_what_was_asked_cannot_be_guessed(file: str, written: Door) -> None:
    """A finished study whose question was edited or is gone is refused: nobody knows what it was."""
    assert written.run(*SWEEP, "--quiet").code == 0
    path = written.folder / "there" / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("minimal", "maximal"), encoding="utf-8")
    answer = written.run(*RESUME)
    assert (answer.code, answer.out) == (7, "")
    assert f"there/{file}: differs from what the run wrote" in answer.err
    path.unlink()
    assert written.run(*RESUME).code == 7


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [("asked.json", '"samples": 20', '"samples": 30'), ("scenario.json", '"0.8', '"0.9'), ("asked.json", "{", "")],
)
def test_an_edited_question_is_refused(
    file: str, old: str, new: str, written: Door, ending: Callable[[int, BaseException], None]
) -> None:
    """Neither resume nor the same command goes on with it; --overwrite begins anew."""
    interrupted(written, ending)
    path = written.folder / "there" / "unfinished" / file
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(old, new, 1) if old in text else text + " ", encoding="utf-8")
    for command in (RESUME, (*RESUME, "--check"), SWEEP):
        answer = written.run(*command)
        assert (answer.code, answer.out) == (7, ""), command
        assert f"there/unfinished/{file}: " in answer.err
    assert len(chunks(written.folder / "there")) == 1
    assert written.run(*SWEEP, "--overwrite", "--quiet").code == 0


def test_other_versions_are_refused(
    written: Door, ending: Callable[[int, BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What differs is named, there and here."""
    interrupted(written, ending)
    here = fingerprint()
    other = {**here, "numpy": "9.9.9", "arithmetic": "0" * 16}
    monkeypatch.setattr("exosim.study.asked.fingerprint", lambda: other)
    for command in (RESUME, SWEEP):
        answer = written.run(*command)
        assert answer.code == 7
        assert "there: was begun where numbers differ: " in answer.err
        assert f"numpy {here['numpy']} there, 9.9.9 here; arithmetic {here['arithmetic']} there, 0000" in answer.err
    assert len(chunks(written.folder / "there")) == 1


def test_CLI_015(written: Door, whole: dict[str, bytes], ending: Callable[[int, BaseException], None]) -> None:
    """A scenario that was edited since is refused with the keys that differ; --as-begun goes on with the old one."""
    assert not STUDY_FILES & set(WAITING)
    interrupted(written, ending)
    edited = SCENARIO.replace('dose = "1e10 EV"', 'dose = "2e10 EV"')
    assert edited != SCENARIO
    written.write(edited)
    for command, way in ((RESUME, "--as-begun"), (SWEEP, "--overwrite to begin anew")):
        answer = written.run(*command)
        assert (answer.code, answer.out) == (int(ROWS["CLI-015"]["exit_code"]), "")
        assert "there: product.dose: 1e10 EV in the folder, 2e10 EV now" in answer.err
        assert way in answer.err
    assert len(chunks(written.folder / "there")) == 1
    assert written.run(*RESUME, "--as-begun", "--quiet") == Answer(0, "", "")
    assert bits(written.folder / "there") == whole
    assert written.run(*RESUME).code == 7
    assert written.run(*RESUME, "--as-begun").code == 0


def test_a_scenario_file_that_is_gone_says_nothing(
    written: Door, whole: dict[str, bytes], ending: Callable[[int, BaseException], None]
) -> None:
    """The folder alone is enough; comments and layout change nothing either; one that is not valid is refused."""
    interrupted(written, ending)
    written.write(SCENARIO + "nonsense = 1\n")
    answer = written.run(*RESUME)
    assert answer.code == 7
    assert f"there: {FILE} no longer says what was begun" in answer.err
    assert "nonsense" in answer.err
    written.write("# a remark\n" + SCENARIO)
    assert written.run(*RESUME, "--check", "--quiet").code == 0
    (written.folder / FILE).unlink()
    assert written.run(*RESUME, "--quiet").code == 0
    assert bits(written.folder / "there") == whole


def test_another_study_is_refused(written: Door, ending: Callable[[int, BaseException], None]) -> None:
    """Keys of the plan that differ, with both values; --overwrite begins anew, and what nobody here wrote stays."""
    interrupted(written, ending)
    (written.folder / "there" / "unfinished" / "notes.txt").write_text("mine")
    other = [*SWEEP, "--seed", "5"]
    other[other.index("20")] = "21"
    answer = written.run(*other)
    assert (answer.code, answer.out) == (7, "")
    assert answer.err.startswith("there: the folder holds an unfinished study that asks something else")
    assert "there: seed: 0 in the folder, 5 now" in answer.err
    assert "there: samples: 20 in the folder, 21 now" in answer.err
    assert written.run(*other, "--overwrite", "--quiet") == Answer(0, "", "")
    assert [path.name for path in (written.folder / "there" / "unfinished").iterdir()] == ["notes.txt"]
    assert written.run(*RESUME, "--quiet").code == 0
    assert written.run(*SWEEP).code == 5


@pytest.mark.parametrize("damage", ["empty", "half", "flipped"])
def test_a_damaged_chunk_is_asked_again(
    damage: str, written: Door, whole: dict[str, bytes], ending: Callable[[int, BaseException], None]
) -> None:
    """With a note; --check names it and changes nothing."""
    interrupted(written, ending)
    chunk = chunks(written.folder / "there")[0]
    data = chunk.read_bytes()
    spoiled = {"empty": b"", "half": data[: len(data) // 2], "flipped": data[:-1] + bytes([data[-1] ^ 1])}
    chunk.write_bytes(spoiled[damage])
    checked = written.run(*RESUME, "--check")
    assert (checked.code, chunk.exists()) == (7, True)
    assert chunk.name in checked.err
    answer = written.run(*RESUME)
    assert answer.code == 0
    assert "it is asked again" in answer.err
    assert bits(written.folder / "there") == whole


def test_a_damaged_chunk_that_cannot_be_removed(
    written: Door, ending: Callable[[int, BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It cannot be repaired: 7, and nothing else is lost."""
    interrupted(written, ending)
    chunk = chunks(written.folder / "there")[0]
    chunk.write_bytes(b"")
    unlink = Path.unlink

    def kept(self: Path, missing_ok: bool = False) -> None:
        if self.name == chunk.name:
            raise PermissionError(13, "Permission denied")
        unlink(self, missing_ok)

    monkeypatch.setattr(Path, "unlink", kept)
    answer = written.run(*RESUME)
    assert (answer.code, answer.out) == (7, "")
    assert "cannot be removed: Permission denied" in answer.err
    assert len(chunks(written.folder / "there")) == 1


def test_check_counts(written: Door, ending: Callable[[int, BaseException], None]) -> None:
    """Chunks and points of an unfinished study, files of a finished one; nothing is written."""
    interrupted(written, ending)
    before = bits(written.folder / "there")
    answer = written.run(*RESUME, "--check")
    finished = there_is(written.folder / "there")
    assert answer == Answer(0, f"there: nothing is damaged: {finished}\n", "")
    document = written.run(*RESUME, "--check", "--json").document()
    points = int(finished.split()[3])
    assert document == {"form": "exosim.resume/1", "folder": "there", "chunks": 1, "points": points, "files": 0}
    assert bits(written.folder / "there") == before
    assert written.run(*RESUME, "--quiet").code == 0
    document = written.run(*RESUME, "--check", "--json").document()
    assert (document["chunks"], document["points"]) == (0, 0)
    assert document["files"] == len(bits(written.folder / "there"))


def test_folders_of_others(written: Door) -> None:
    """Nothing there, a file, a folder of a person, and one of another command: each is told as what it is."""
    (written.folder / "mine").mkdir()
    (written.folder / "mine" / "notes.txt").write_text("mine")
    assert written.run("yield", FILE, "--draws", "20", "--quiet", "--out", "run").code == 0
    told = {
        "nowhere": "there is no such folder",
        FILE: "this is a file",
        "mine": "the folder is not that of a study; got no manifest.json",
        "run": "the folder is not that of a study; got command yield",
    }
    for name, words in told.items():
        for options in ((), ("--check",)):
            answer = written.run("resume", name, *options)
            assert (answer.code, answer.out) == (5, ""), name
            assert answer.err.startswith(f"{name}: {words}")


def test_a_study_that_python_saved(written: Door) -> None:
    """It does not hold what was asked: whole it is left alone, damaged it is refused."""
    from exosim.study.study_files import save_study

    found = xs.sweep(xs.load(FILE), {"clarify.ev_recovery": (0.7, 0.9)}, "doses", samples=3, draws=5)
    save_study(found, "there")
    assert written.run(*RESUME).code == 0
    (written.folder / "there" / "points.csv").write_text("")
    assert written.run(*RESUME).code == 7


def test_a_variant_by_its_absolute_path(written: Door, ending: Callable[[int, BaseException], None]) -> None:
    """The question comes back as it was asked, and a finished folder tells of no machine."""
    written.write(SCENARIO + MORE)
    place = written.folder / FILE
    given = [*SWEEP, "--set", "product.dose=2e10 EV", "--quiet"]
    given[1] = f"{place}#more"
    assert written.run(*given).code == 0
    wanted = bits(written.folder / "there")
    assert str(written.folder).encode() not in b"".join(wanted.values())
    ending(1, KeyboardInterrupt())
    assert written.run(*given, "--overwrite").code == 130
    place.write_text(SCENARIO + MORE.replace("75", "76"))
    answer = written.run(*RESUME)
    assert answer.code == 7
    assert "there: clarify.ev_recovery: 0.75 in the folder, 0.76 now" in answer.err
    assert written.run(*RESUME, "--as-begun", "--quiet").code == 0
    assert bits(written.folder / "there") == wanted


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as on POSIX")
@pytest.mark.parametrize("times", [1, 2])
def test_an_interrupt_from_outside(times: int, written: Door) -> None:
    """One ends a study in good order and soon, two at once; what is finished is whole."""
    command = [*SWEEP]
    command[command.index("--points") + 1 : command.index("--out")] = ["100000", "--draws", "500"]
    there = written.folder / "there"
    settings = {**os.environ, "PYTHONPATH": str(ROOT)}

    def listen() -> None:  # a shell lets its background jobs ignore the interrupt, and children inherit that
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(
        [sys.executable, "-m", "exosim", *command], env=settings, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        preexec_fn=listen,
    ) as running:  # fmt: skip
        started = time.monotonic()
        while len(chunks(there)) < 2:
            assert running.poll() is None
            assert time.monotonic() - started < 60
            time.sleep(0.02)
        told = time.monotonic()
        for _ in range(times):
            running.send_signal(signal.SIGINT)
            time.sleep(0.05 if times > 1 else 0.0)
        _, err = running.communicate(timeout=60)
    assert running.returncode == 130
    assert time.monotonic() - told < 5.0
    assert b"Traceback" not in err
    assert b"go on with: exosim resume there" in err.strip().splitlines()[-1]
    assert written.run(*RESUME, "--check").code == 0


def test_points_that_cannot_be_computed(written: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything else is written, and each is told with its inputs: 4, unless --keep-going accepts that."""
    asked = Job.chunk

    def chunk(self: Job, points: Floats) -> Chunk:
        found = asked(self, points)
        lost = Failure("ModelError", (Problem("given up after 3 attempts"),), lost=True)
        return Chunk(found.values, found.sample, {0: lost}) if points[0, 0] == 0.7 else found

    monkeypatch.setattr(Job, "chunk", chunk)
    answer = written.run(*SWEEP, "--quiet")
    assert answer.code == 4
    assert answer.err.startswith("point 1: clarify.ev_recovery = 0.7: cannot be computed: given up after 3 attempts")
    assert "--keep-going to accept that; all the rest is in there" in answer.err
    assert written.run(*SWEEP, "--overwrite", "--quiet", "--keep-going").code == 0
    assert written.run(*SWEEP, "--overwrite", "--json").code == 4
    assert written.run(*RESUME).code == 0


def test_time_limits_are_times(written: Door) -> None:
    """A text with a unit, above 0."""
    for text in ("10 L", "10", "0 s", "-1 min", "soon"):
        answer = written.run(*SWEEP, "--time-limit", text)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err.startswith("--time-limit: ")
    assert [path.name for path in written.folder.iterdir()] == [FILE]


def test_a_script_goes_on(written: Door, ending: Callable[[int, BaseException], None]) -> None:
    """Run again, a script reads what its studies have answered; other folders and other versions are refused."""

    def script() -> list[Any]:
        with xs.resumable("night") as crew:
            found = [
                xs.sweep(xs.load(FILE), {"clarify.ev_recovery": (0.7, high)}, "doses", samples=20, draws=20, jobs=crew)
                for high in (0.8, 0.9)
            ]
            read.append(crew.chunks.read if crew.chunks else 0)
            return [one.as_dict() for one in found]

    read: list[int] = []
    ending(2, KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        script()
    assert len(list(Path("night").glob("*.npz"))) == 2
    first = script()
    assert first == script()
    assert 0 < read[0] < read[1]
    assert sorted(path.name for path in written.folder.iterdir()) == ["night", FILE]
    answer = written.run("resume", "night")
    assert (answer.code, "run the script again" in answer.err) == (5, True)
    assert written.run("resume", "night", "--check").code == 0
    with xs.resumable("night"), pytest.raises(FileError, match="another process is writing"), xs.resumable("night"):
        pass
    store = Path("night/store.json")
    store.write_text(store.read_text().replace('"scipy": "', '"scipy": "9.'))
    with pytest.raises(CheckpointError, match=r"scipy 9\..* there, .* here"), xs.resumable("night"):
        pass
    assert written.run(*SWEEP, "--quiet").code == 0
    with pytest.raises(FileError, match="holds the results of a command"), xs.resumable("there"):
        pass


def test_errors_of_a_script_are_its_own(written: Door) -> None:
    """A file that a script does not find is not told as one of the folder."""
    assert plan_of(xs.load(FILE), "sweep").verb == "sweep"
    with pytest.raises(FileNotFoundError), xs.resumable("night"):
        Path("nowhere.csv").read_text()


def test_the_unfinished_part_is_not_the_study(written: Door, ending: Callable[[int, BaseException], None]) -> None:
    """Who completes one folder too many is told which it is, and nothing is written into it."""
    interrupted(written, ending)
    there = sorted(path.name for path in (written.folder / "there" / "unfinished").iterdir())
    for check in ((), ("--check",)):
        answer = written.run("resume", "there/unfinished", *check)
        assert (answer.code, answer.out) == (5, "")
        assert "this is only what is unfinished of a study; expected exosim resume there" in answer.err
    assert sorted(path.name for path in (written.folder / "there" / "unfinished").iterdir()) == there


def test_a_finished_study_is_no_other_run(written: Door, whole: dict[str, bytes]) -> None:
    """Its command, typed again, is refused with what can be done; nothing is touched."""
    assert written.run(*SWEEP, "--quiet").code == 0
    answer = written.run(*SWEEP)
    assert answer.code == 5
    assert "the folder holds this very study, finished; expected exosim resume there to verify it" in answer.err
    assert "the folder holds another run" in written.run(*SWEEP, "--seed", "9").err
    assert bits(written.folder / "there") == whole


def test_chunks_of_an_unknown_question_go_not_unseen(
    written: Door, whole: dict[str, bytes], ending: Callable[[int, BaseException], None]
) -> None:
    """Resume names the command that began them; that begins anew, and tells what it removes."""
    interrupted(written, ending)
    finished = there_is(written.folder / "there")
    (written.folder / "there" / "unfinished" / "asked.json").unlink()
    answer = written.run(*RESUME)
    assert (answer.code, finished in answer.err) == (7, True)
    assert "expected the command that began it, which begins anew" in answer.err
    assert f"note: there: begins anew; {finished} of what was begun here removed" in written.run(*SWEEP).err
    assert bits(written.folder / "there") == whole


def test_the_line_to_go_on_says_the_manner(written: Door, ending: Callable[[int, BaseException], None]) -> None:
    """So that a study of many processes does not go on with one, nor is refused for a file that was edited."""
    answer = interrupted(written, ending, "--jobs", "2", "--time-limit", "2 min")
    assert answer.err.strip().endswith("go on with: exosim resume there --jobs 2 --time-limit '120 s'")
    written.write(SCENARIO.replace("1e10 EV", "2e10 EV"))
    for path in chunks(written.folder / "there"):
        path.unlink()
    ending(0, KeyboardInterrupt())
    assert written.run(*RESUME, "--as-begun").err.strip().endswith("exosim resume there --as-begun")


@pytest.mark.parametrize("name", ["plain", "it's here", 'a "b"\nc', "tab\there\\n", "é\udcff'"])
def test_the_line_to_go_on_can_be_typed(name: str) -> None:
    """A shell reads the name of the folder as it is, whatever is in it."""
    line = resume_line(Path(name))
    assert line.isprintable()
    read = subprocess.run(
        ["bash", "-c", line.replace("exosim resume", "printf %s")], stdout=subprocess.PIPE, check=True
    )
    assert os.fsdecode(read.stdout) == name


def test_a_refusal_does_not_tell_what_would_be_done(written: Door, whole: dict[str, bytes]) -> None:
    """Where a file is lost but the scenario was edited, nothing is done again, and nothing says so."""
    assert written.run(*SWEEP, "--quiet").code == 0
    (written.folder / "there" / "points.csv").unlink()
    written.write(SCENARIO.replace("1e10 EV", "2e10 EV"))
    answer = written.run(*RESUME)
    assert (answer.code, "done again" in answer.err) == (7, False)
    assert "points.csv: cannot be read: No such file or directory; the study is done again" in (
        written.run(*RESUME, "--as-begun").err
    )
    assert bits(written.folder / "there") == whole


def test_what_is_finished_meanwhile_is_not_damaged(
    written: Door, ending: Callable[[int, BaseException], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A check beside a study that ends: a chunk that goes between being listed and being read is no damage."""
    interrupted(written, ending)
    entries = Chunks.entries

    def listed(self: Chunks) -> list[Entry]:
        found = entries(self)
        for entry in found:
            entry.file.unlink()
        return found

    monkeypatch.setattr(Chunks, "entries", listed)
    assert Chunks(written.folder / "there" / "unfinished").check() == []
