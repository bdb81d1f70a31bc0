"""The doors: help, JSON documents, the folder of a run, progress, interruption, and how little a start loads."""

from __future__ import annotations

import csv
import errno
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import pytest

import exosim.simulation
from exosim import cli, command_options
from exosim.console import new_progress
from exosim.errors import ModelError, Problem
from exosim.readings import HEADLINES
from exosim.version import __version__
from exosim.whole_numbers import WholeNumber
from tests.texts import BASE, FILE, Door, changed, of_operation

SCENARIO = Path(__file__).parents[1] / "scenarios" / "msc_hollow_fiber.toml"
TABLES = ["ledger.csv", "scenario.json", "quantities.csv", "ranking.csv", "shares.csv", "yields.json", "two_truths.csv"]
HEAVY = {"numpy", "scipy", "matplotlib", "pint", "pydantic", "simpy", "jinja2"}
QUANTITY_KEYS = ["name", "step", "unit", "n", "mean", "sd", "median", "p5", "p95", "reason"]
YIELD_KEYS = [
    "form", "version", "scenario", "seed", "n", "kept", "quantile_error", "nested", "quantities", "limits", "bounds",
    "specification", "two_truths", "shares", "ranking", "warnings", "ledger",
]  # fmt: skip


def test_help_names_every_command_and_option(door: Door) -> None:
    for flag in ("--help", "-h"):
        overview = door.run(flag)
        assert (overview.code, overview.err) == (0, "")
    for name, command in cli.cli.commands.items():
        assert re.search(rf"^  {name} ", overview.out, re.MULTILINE)
        page = door.run(name, "--help").out
        for parameter in command.params:
            if parameter.param_type_name == "option":
                assert all(option in page for option in parameter.opts)
                assert getattr(parameter, "help", None)
            else:
                assert parameter.make_metavar(click.Context(command)) in page
    assert set(cli.cli.commands) == {
        "bottleneck",
        "certificate",
        "check",
        "cite",
        "compare",
        "cost",
        "describe",
        "explain",
        "front",
        "new",
        "profile",
        "report",
        "resume",
        "run",
        "scale",
        "schema",
        "sensitivity",
        "space",
        "study",
        "sweep",
        "target",
        "why",
        "yield",
    }
    assert all(f"{code} " in overview.out for code in (0, 1, 2, 3, 4, 5, 6, 7, 130))
    assert "\n  exosim check scenarios/msc_hollow_fiber.toml  " in overview.out
    assert "\\b" not in overview.out


def test_version(door: Door) -> None:
    assert door.run("--version").out == f"exosim, version {__version__}\n"


def test_check_as_json(door: Door) -> None:
    document = door.check(BASE, "--json").document()
    assert list(document) == ["form", "version", "scenario", "warnings", "variants", "combinations", "ledger"]
    assert (document["form"], document["version"]) == ("exosim.check/1", __version__)
    assert document["scenario"]["name"] == "base"
    assert re.fullmatch("[0-9a-f]{64}", document["scenario"]["hash"])
    assert list(document["ledger"]) == ["headline", "A", "B", "C", "D", "plan", "lines"]
    keys = ["path", "value", "unit", "origin", "source", "grade", "outside_range"]
    assert all(list(line) == keys for line in document["ledger"]["lines"])
    assert not any(path.name == "results" for path in door.folder.iterdir())


def test_yield_as_json(door: Door) -> None:
    answer = door.run("yield", str(SCENARIO), "--draws", "64", "--seed", "7", "--json")
    document = answer.document()
    assert (answer.code, answer.err) == (0, "")
    assert list(document) == YIELD_KEYS
    assert (document["form"], document["seed"], document["n"]) == ("exosim.yield/1", 7, 64)
    assert all(list(quantity) == QUANTITY_KEYS for quantity in document["quantities"])
    named = [(q["name"], q["step"]) for q in document["quantities"]]
    assert len(set(named)) == len(named)
    headlines = {q["name"]: q["unit"] for q in document["quantities"] if q["step"] is None and q["name"] in HEADLINES}
    assert headlines == dict(HEADLINES)
    for quantity in document["quantities"]:
        assert (quantity["n"] == 0) == (quantity["median"] is None) == (quantity["reason"] is not None)
        assert quantity["n"] in (0, 64)
    for word in (str(door.folder), "/", "20:"):
        assert word not in json.dumps(document["scenario"])


def test_yield_prints_the_ceiling_with_its_protein_fraction(door: Door) -> None:
    """A ceiling of purity is worth what the protein fraction is worth on which it rests: both are in one line."""
    answer = door.run("yield", str(SCENARIO.parent / "minimal.toml"), "--draws", "20")
    assert "purity ceiling after clarify: 3.37e9 EV/ug, with phi_p (protein_fraction) 0.15" in answer.out
    answer = door.run("yield", str(SCENARIO.parent / "tessee_planar_msc.toml"), "--draws", "20")
    assert "purity ceiling" not in answer.out


def test_reserved_names_and_units() -> None:
    """Other programs read these; a change needs a new form."""
    assert dict(HEADLINES) == {
        "doses": "dose",
        "ev_yield": "1",
        "evs_per_protein": "EV/ug",
        "particles_per_protein": "particle/ug",
        "purity_relative_to_ceiling": "1",
        "particles_per_cell_per_day": "EV/cell/d",
        "vials": "vial",
        "secreted": "EV",
        "harvested": "EV",
        "vialed": "EV",
        "batch_duration": "h",
    }


def test_two_runs_give_the_same_bytes(door: Door) -> None:
    first = door.run("yield", str(SCENARIO), "--draws", "64", "--json", "--out", "a")
    second = door.run("yield", str(SCENARIO), "--draws", "64", "--json", "--out", "b")
    assert first.out == second.out
    assert first.out == (door.folder / "a" / "yields.json").read_text(encoding="utf-8")
    names = sorted(path.name for path in (door.folder / "a").iterdir())
    assert names == sorted(
        [*TABLES, "manifest.json", *pictures("waterfall", "yield_curve", "size_steps", "ledger_chart")]
    )
    for name in set(names) - {"manifest.json"}:
        assert (door.folder / "a" / name).read_bytes() == (door.folder / "b" / name).read_bytes()


def pictures(*names: str) -> list[str]:
    return [f"{name}.{kind}" for name in names for kind in ("png", "svg")]


def test_the_folder_of_a_run(door: Door) -> None:
    door.write(BASE)
    answer = door.run("yield", FILE)
    (folder,) = (door.folder / "results").iterdir()
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    assert re.fullmatch(r"base-[0-9a-f]{8}-s1", folder.name)
    assert manifest["hash"].startswith(folder.name.split("-")[1])
    assert sorted(manifest["files"]) == sorted([*TABLES, *pictures("waterfall", "size_steps")])
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest
        assert f"results/{folder.name}/{name}" in answer.out
    assert (folder / "waterfall.png").read_bytes().startswith(b"\x89PNG")
    assert (folder / "waterfall.svg").read_text(encoding="utf-8").startswith("<?xml")
    with (folder / "quantities.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == QUANTITY_KEYS
    assert not {"nan", "inf", "-inf"} & {cell for row in rows for cell in row.values()}
    assert [path.name for path in folder.parent.iterdir()] == [folder.name]


@pytest.mark.usefixtures("no_pictures")
def test_the_automatic_folder_is_rewritten(door: Door) -> None:
    door.write(BASE)
    assert door.run("yield", FILE, "--quiet").code == 0
    (folder,) = (door.folder / "results").iterdir()
    (folder / "stray.txt").write_text("stray")
    assert door.run("yield", FILE, "--quiet", "--draws", "128").code == 0
    assert json.loads((folder / "yields.json").read_text(encoding="utf-8"))["n"] == 128
    assert (folder / "stray.txt").read_text() == "stray"
    for manifest in ('{"hash": "another"}', "[]", "{"):
        (folder / "manifest.json").write_text(manifest)
        answer = door.run("yield", FILE, "--quiet")
        assert answer.code == 5
        assert "the folder holds another run; expected another --out, or --overwrite" in answer.err
    assert door.run("yield", FILE, "--quiet", "--overwrite").code == 0
    assert door.run("yield", FILE, "--quiet", "--seed", "2").code == 0
    assert len(list((door.folder / "results").iterdir())) == 2


@pytest.mark.usefixtures("no_pictures")
def test_a_named_folder_is_replaced_only_on_request(door: Door) -> None:
    door.write(BASE)
    (door.folder / "empty").mkdir()
    assert door.run("yield", FILE, "--quiet", "--out", "empty").code == 0
    before = (door.folder / "empty" / "yields.json").read_bytes()
    refused = door.run("yield", FILE, "--draws", "128", "--out", "empty")
    assert refused.code == 5
    assert (door.folder / "empty" / "yields.json").read_bytes() == before
    assert door.run("yield", FILE, "--draws", "128", "--out", "empty", "--overwrite", "--quiet").code == 0
    assert (door.folder / "empty" / "yields.json").read_bytes() != before
    for path in (FILE, f"{FILE}/below", "x" * 300):
        assert door.run("yield", FILE, "--out", path).code == 5
    assert sorted(path.name for path in door.folder.iterdir()) == ["empty", FILE]


@pytest.mark.usefixtures("no_pictures")
def test_a_link_is_followed(door: Door) -> None:
    door.write(BASE)
    (door.folder / "real").mkdir()
    (door.folder / "link").symlink_to("real")
    assert door.run("yield", FILE, "--quiet", "--out", "link").code == 0
    assert (door.folder / "link").is_symlink()
    assert (door.folder / "real" / "manifest.json").exists()


def test_quiet_prints_nothing(door: Door) -> None:
    door.write(BASE)
    for command in ("check", "yield"):
        answer = door.run(command, FILE, "--quiet")
        assert (answer.code, answer.out, answer.err) == (0, "", "")


def test_what_cannot_be_computed_is_reported_with_a_reason(door: Door) -> None:
    door.write(changed('fill_volume = "1 mL/vial"', 'line_loss = "1000 mL"'))
    answer = door.run("yield", FILE, "--json")
    assert (answer.code, answer.err) == (0, "")
    by_name = {q["name"]: q for q in answer.document()["quantities"] if q["step"] is None}
    assert by_name["doses"]["median"] == 0.0
    door.write(of_operation("sterile_filtration", 'hold_up = "500 mL"') + 'area = "1 m2"\n')
    assert door.run("yield", FILE, "--json").code == 0


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ModelError(Problem("a deadlock")), 4, "a deadlock"),
        (OSError(errno.ENOSPC, "No space left on device"), 5, "No space left on device"),
        (KeyboardInterrupt(), 130, "interrupted; nothing was written"),
        (ZeroDivisionError("odd"), 1, "this is a bug in exosim: please report it with the lines above"),
    ],
)
def test_a_run_that_ends_early_leaves_nothing(
    error: BaseException, code: int, words: str, door: Door, monkeypatch: pytest.MonkeyPatch, capfd: Any
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    door.write(BASE)
    monkeypatch.setattr(exosim.simulation, "evaluate", fails)
    assert cli.main(["yield", FILE]) == code
    out, err = capfd.readouterr()
    assert out == ""
    assert words in err
    assert ("Traceback" in err) == (code == 1)
    assert [path.name for path in door.folder.iterdir()] == [FILE]


def test_too_many_draws(door: Door) -> None:
    door.write(BASE)
    answer = door.run("yield", FILE, "--draws", str(10**15))
    assert answer.code == 6
    assert "1,000,000,000,000,000 draws would need about" in answer.err
    assert door.run("yield", FILE, "--draws", "9" * 400).code == 6
    for draws in ("0", "-1", "two", "1.5"):
        answer = door.run("yield", FILE, "--draws", draws)
        assert answer.code == 2
        assert answer.err.startswith("--draws: ")
    assert [path.name for path in door.folder.iterdir()] == [FILE]


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("text", ["1000", "1_000", "1,000", "1e3", "1E+3", "0.1e4", "1.0e3", " 1000 "])
def test_a_whole_number_may_be_written_in_many_ways(text: str, door: Door) -> None:
    """All options that take one read it alike."""
    door.write(BASE)
    document = door.run("yield", FILE, "--draws", text, "--seed", text, "--max-file-size", text, "--json").document()
    assert (document["n"], document["seed"]) == (1000, 1000)
    nested = door.run("yield", FILE, "--nested", f"{text}x1x2", "--json").document()
    assert nested["nested"] == {"worlds": 1000, "donors": 1, "batches": 2}
    for command in cli.cli.commands.values():
        for option in command.params:
            assert not isinstance(option.type, click.types.IntParamType) or isinstance(option.type, WholeNumber)


@pytest.mark.parametrize(
    "text", ["1.5", "two", "1e-3", "1.25e1", "100.000", "1,00", "1,0000", "1__0", "_1", "1e", "²e3"]
)
def test_what_is_no_whole_number_is_refused(text: str, door: Door) -> None:
    """A point with three zeros behind it is a thousand to some and one to others."""
    door.write(BASE)
    for option, command in (("--draws", "yield"), ("--seed", "run"), ("--replications", "run"), ("--jobs", "run")):
        answer = door.run(command, FILE, option, text)
        assert (answer.code, answer.out) == (2, "")
        assert answer.err == f"{option}: '{text}' is not a whole number\ntry \"exosim --help\"\n"
    assert door.run("yield", FILE, "--nested", f"{text}x1x2").code == 2


def test_a_table_in_a_pipe_breaks_no_address(door: Door) -> None:
    """Each parameter is one line with its whole address, however long; so is what a variant sets."""
    long = "concentrate_and_wash_the_pools_of_the_first_and_the_second_week"
    spread = "{ p5 = 5.1234, p50 = 6.1234, p95 = 7.1234, donor_spread = 0.123, batch_spread = 0.234 }"
    variant = f'[[variant]]\nname = "thinner"\nset = {{ "{long}.concentration_factor" = 20 }}\n\n[[assay]]'
    text = BASE.replace('id = "tff"', f'id = "{long}"').replace("[[assay]]", variant)
    text = text.replace("concentration_factor = 10", f"concentration_factor = 10\ndiavolumes = {spread}")
    rows = [row.strip() for row in door.check(text).out.splitlines()]
    for line in door.run("check", FILE, "--json").document()["ledger"]["lines"]:
        (row,) = (row for row in rows if row.split()[:1] == [line["path"]])
        assert all(line[key] in row for key in ("value", "unit", "origin", "grade", "source"))
    (row,) = (row for row in rows if row.startswith("base#thinner"))
    assert row.split() == ["base#thinner", f"{long}.concentration_factor", "10", "20"]
    assert max(map(len, rows)) > 132


def test_progress_writes_nothing_where_no_terminal_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Else a command would end at a pipe that nobody reads any more, before it has written its results."""
    bar = new_progress()
    bar.start()
    bar.update(bar.add_task("drawing", total=2), completed=1)
    bar.stop()
    assert capsys.readouterr() == ("", "")


def test_progress_shows_after_a_second(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[tuple[int, int]] = []

    class Bar:
        def start(self) -> None: ...

        def stop(self) -> None:
            shown.append((-1, -1))

        def add_task(self, _: str, total: int) -> int:
            return total

        def update(self, task: int, completed: int, total: int) -> None:
            shown.append((completed, total))

    clock = [0.0]
    monkeypatch.setattr("exosim.console.new_progress", Bar)
    monkeypatch.setattr(command_options.time, "monotonic", lambda: clock[0])
    with command_options.show_progress(silent=False) as advance:
        assert advance is not None
        for seconds, done in ((0.5, 1), (0.9, 2), (1.1, 3), (2.0, 4)):
            clock[0] = seconds
            advance(done, 4)
    assert shown == [(3, 4), (4, 4), (-1, -1)]
    with command_options.show_progress(silent=True) as advance:
        assert advance is None
    door.write(BASE)
    assert door.run("yield", FILE).err == ""


@pytest.mark.parametrize("arguments", [["--help"], ["yield", "--help"], ["--version"], ["check"], ["chek"]])
def test_a_start_loads_nothing_heavy(arguments: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    script = f"import sys; from exosim.cli import main; main({arguments!r}); print('loaded', *sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True)
    loaded = done.stdout[done.stdout.index("loaded ") :].split()
    assert not HEAVY & set(loaded)


def test_interrupting_a_real_run(door: Door) -> None:
    command = [sys.executable, "-m", "exosim", "yield", str(SCENARIO), "--draws", "3000000", "--out", "deep/there"]
    pipe = subprocess.PIPE

    def listen() -> None:  # a shell lets its background jobs ignore the interrupt, and children inherit that
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    with subprocess.Popen(command, cwd=door.folder, stdout=pipe, stderr=pipe, preexec_fn=listen) as running:
        started = time.monotonic()
        while not (door.folder / "deep" / ".there.lock").exists():
            assert running.poll() is None
            assert time.monotonic() - started < 30
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=30)
    assert running.returncode == 130
    assert b"Traceback" not in err
    assert list(door.folder.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="needs a shell")
def test_closed_and_full_outputs(door: Door) -> None:
    door.write(BASE)
    exosim_command = f"{sys.executable} -m exosim check {FILE}"
    for redirection, code in (("| head -n 1; exit ${PIPESTATUS[0]}", 0), (">&-", 0), ("> /dev/full", 5)):
        if "/dev/full" in redirection and not Path("/dev/full").exists():
            continue
        shell = ["bash", "-c", f"{exosim_command} {redirection}"]
        done = subprocess.run(shell, cwd=door.folder, capture_output=True, timeout=60, check=False)
        assert done.returncode == code, redirection
        assert b"Traceback" not in done.stderr
