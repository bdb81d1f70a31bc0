"""Rows of the table of bad inputs, one test each: exit code, place, words, and nothing left behind."""

from __future__ import annotations

import csv
import errno
import io
import json
import os
import re
import socket
import subprocess
import sys
import time
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

import exosim.simulation
from exosim.assay import LEVEL, Assay
from exosim.export import write_csv
from exosim.folder import Target, default_path, slug, writing
from exosim.lot_properties import LotProperties
from exosim.operations import catalog
from exosim.operations.base import Hold
from exosim.parameter import Parameter, declared
from exosim.product import ProteinSize, Vesicles, VesicleSize
from exosim.recipe import Wait
from tests.texts import BASE, FILE, Door, changed, line_of, of_operation


def table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


ROWS = {row["id"]: row for row in table(Path(__file__).with_name("bad_inputs.csv"))}
ROOT = Path(__file__).parents[1]
WAITING = {
    "SCH-019": "no key is deprecated",
    "UNI-008": "no parameter is a difference of temperatures",
    "UNI-018": "force is a plain number: a speed has a key of its own, which needs no radius beside those of the rotor",
    "VAL-019": "failures of this kind are not in this version",
    "VAL-020": "correlation matrices are not in this version",
    "VAL-022": "failures of this kind are not in this version",
    "VAL-023": "failures of this kind are not in this version",
    "VAL-024": "failures of this kind are not in this version",
    "ROU-021": "no procedure waits for the result of a test, so that no circle can be written",
    "RUN-011": "hours of a soak: memory at 1e7 draws is measured by the benchmarks",
    "DAT-007": "no column of times is read in this version",
    "DAT-008": "measured values are inputs only in this version, and no input may cross its bounds",
    "DAT-009": "nothing is fitted in this version",
    "DAT-011": "nothing is fitted in this version",
}
DATA = {"DAT-001", "DAT-002", "DAT-003", "DAT-004", "DAT-005", "DAT-006", "DAT-012"}
"""Rows about files of measured values: tests/test_empirical.py."""
PLUGINS = {"RUN-019"}
"""Rows about operations that other packages bring: tests/test_plugins.py."""
PLANT = {
    "VAL-009", "VAL-010", "VAL-037", "VAL-040", "VAL-041", "VAL-042", "CLI-011", "ROU-018", "ROU-019", "RUN-001",
    "RUN-006", "RUN-009",
}  # fmt: skip
"""Rows about the plant: tests/test_bad_plants.py."""
ROUTES = {
    "ROU-005", "ROU-006", "ROU-008", "ROU-009", "ROU-011", "ROU-012", "ROU-017", "RUN-002", "RUN-004", "RUN-010",
    "RUN-020", "RUN-021", "RUN-023",
}  # fmt: skip
"""Rows about routes and about running: tests/test_bad_routes.py."""
RELEASE = {"ROU-022", "RUN-007"}
"""Rows about the laboratory and release: tests/test_bad_release.py."""
MONEY = {"UNI-017", "VAL-045", "VAL-047"}
"""Rows about money: tests/economics/test_bad_money.py."""
STUDIES = {"RUN-012", "RUN-013", "RUN-014", "RUN-015", "RUN-016"}
"""Rows about sweeps: tests/study/test_study_bad_input.py."""
STUDY_FILES = {"CLI-015"}
"""Rows about studies that are gone on with: tests/study/test_study_resume.py."""
KILLS = {
    "CHK-001", "CHK-002", "CHK-004", "CHK-007", "CHK-009", "CHK-011", "CHK-012", "CHK-013", "CHK-017", "CHK-021",
    "CHK-022", "CHK-025",
}  # fmt: skip
"""Rows about studies that are interrupted or damaged: tests/study/test_study_kills.py and those it names."""
DECIDED = {"TOM-019": 0}
"""Where the row leaves the answer open, the exit code that was chosen: lone carriage returns are line ends.

RUN-002 cannot happen here: a batch that needs its own unit again stays on it (0, not 4)."""


@dataclass(frozen=True)
class Case:
    """A scenario that is refused: where, and the words of the answer."""

    content: str | bytes
    words: tuple[str, ...]
    at: str | None = None
    options: tuple[str, ...] = ()


def replaced(row: str, old: str, new: str, *words: str) -> Any:
    """Return the test of a scenario with one line replaced; the answer must name that line."""
    return pytest.param(row, Case(changed(old, new), words, at=new if "\n" not in new else None), id=row)


def given(row: str, operation: str, line: str, *words: str) -> Any:
    """Return the test of one parameter line of an operation."""
    return pytest.param(row, Case(of_operation(operation, line), words, at=line), id=row)


FLOATING = 'medium_density = "1.04 g/mL"'
DENSITY = '%s_density = { value = "%s g/mL", allow_outside_range = true }'


def all_of_density(density: str) -> list[str]:
    """Return the lines of vesicles of one density in a liquid of 1.04 g/mL."""
    return [FLOATING, *(DENSITY % (part, density) for part in ("lumen", "shell"))]


def many(row: str, operation: str, lines: list[str], *words: str) -> Any:
    """Return the test of several parameter lines, told at the first."""
    return pytest.param(row, Case(of_operation(operation, *lines), words, at=lines[0]), id=row)


def whole(row: str, content: str | bytes, *words: str, options: tuple[str, ...] = ()) -> Any:
    """Return the test of a whole file."""
    return pytest.param(row, Case(content, words, options=options), id=row)


def volume(row: str, value: str, *words: str) -> Any:
    """Return the test of one value of a volume."""
    return replaced(row, 'volume = "10 L"', f"volume = {value}", "medium.volume", *words)


LIMITS = 'limits = { at_least = "1e6 particle/ug" }'
TWO_LIMITS = 'limits = { at_least = "2e6 particle/ug", at_most = "1e6 particle/ug" }'
EMPTY_WINDOW = '{ mean = "5 L", sd = "0.1 L", low = "9 L", high = "10 L" }'
FEEDS = 'operation = "vial_filling"\nfeeds = '
REFUSED = [
    replaced("TOM-001", 'name = "base"', 'name = "lot', ":2:8:", "string that starts here is not closed", "^"),
    replaced("TOM-002", 'operation = "vial_filling"', FEEDS + '[\n"tff",\n"medium"', ":33:9:", "array that starts"),
    replaced("TOM-004", "seed = 1", "seed = 1 draws = 64", ":3:10:", "one key per line"),
    replaced("TOM-007", "seed = 1", "seed.a = 1\nseed = 2", ":4:1:", "on line 4 is already defined on line 3"),
    replaced("TOM-008", "seed = 1", "seed = 1,5", ":3:9:", "a point"),
    replaced("TOM-009", "seed = 1", "seed = 01", ":3:8:", "must not begin with a zero"),
    replaced("TOM-011", "seed = 1", "title = 2026-02-30", ":3:9:", "the date 2026-02-30 does not exist"),
    whole("TOM-013", "# nothing\n# at all\n", "the scenario is empty", "[[unit_procedure]]"),
    whole("TOM-014", '{"format": 1, "name": "base"}', "looks like JSON", "exosim reads TOML"),
    whole("TOM-015", "format: 1\nname: base\n", "looks like YAML", "exosim reads TOML"),
    whole("TOM-016", b"PK\x03\x04\x14\x00\x06\x00\x08\x00", "binary file", "zip archive"),
    whole("TOM-021", BASE.replace("base", "b\xe9").encode("latin-1"), ":2:", "byte offset", "save as UTF-8", "0xe9"),
    replaced("TOM-022", 'name = "base"', 'name = "a\0b"', ":2:10:", "control character U+0000 is not allowed"),
    whole("TOM-023", "a = " + "[" * 100_000, ":1:", "nesting depth", "50 levels"),
    replaced("TOM-027", "seed = 1", f"seed = {'1' * 5000}", ":3:8:", "too many digits", "5000 digits"),
    replaced("TOM-030", "batch = 0.3", "batch = {\nvalue = 0.3 }", "inline table must stay on one line"),
    replaced("TOM-031", "seed = 1", "seed\u00a0= 1", ":3:5:", "U+00A0", "a plain space"),
    whole("SCH-001", BASE + "[prodct]\n", 'unknown section "prodct"', "did you mean product?", "unit_procedure, assay"),
    given("SCH-003", "depth_filtration", "plates = 100", "and size_exclusion_chromatography accept it"),
    replaced("SCH-004", 'volume = "10 L"', 'Volume = "10 L"', "medium.Volume", "did you mean volume?"),
    volume("SCH-006", "true", "got boolean true", 'a quantity in L, such as "50 L"'),
    replaced("SCH-007", 'operation = "vial_filling"', FEEDS + '"tff"', "fill.feeds", 'a list of text: feeds = ["tff"]'),
    replaced("SCH-008", 'operation = "vial_filling"', FEEDS + '["tff", 1]', "fill.feeds.2", "got 1", "expected text"),
    replaced("SCH-011", 'name = "base"', 'name = ""', "name: must not be empty"),
    replaced("SCH-012", 'name = "base"', f'name = "{"n" * 10_000}"', "10000 characters", "at most 200", "…"),
    replaced("SCH-015", 'id = "tff"', 'id = "medium"', '"medium" is taken', "the same id on line 16"),
    replaced("SCH-017", "format = 1", "format = 99", "formats up to 1", "got 99", "pip install --upgrade"),
    volume("UNI-005", '"5 m"', "m cannot be converted to L", 'got "5 m"'),
    replaced("UNI-005", 'expected_hold = "2 h"', 'expected_hold = "5 m"', "m is meter", '"min" for minutes'),
    given("UNI-009", "conditioned_medium", 'titer = "1e9 particles/mL"', "particles/mL cannot be converted to EV/mL"),
    given("UNI-009", "conditioned_medium", 'titer = "1e9 particle/mL"', "particle/mL cannot be converted to EV/mL"),
    given("UNI-009", "conditioned_medium", 'titer = "1e12 /L"', "say what is counted: EV/mL or EV/L"),
    given("UNI-009", "conditioned_medium", 'titer = "1e15 1/m^3"', "say what is counted: EV/mL or EV/L"),
    given("UNI-010", "depth_filtration", "ev_recovery = 85", "between 0 and 1", "got 85", '"85 %"'),
    volume("UNI-011", '"2 h + 3 L"', "not a sum", 'got "2 h + 3 L"'),
    given("UNI-019", "depth_filtration", 'flux = "10 L/h"', "per membrane area", "L/h cannot be converted to L/m2/h"),
    volume("UNI-020", "\"1 __import__('exosim_trap')\"", "this is not a unit"),
    volume("UNI-020", '"1 exosim_trap.L"', "unit"),
    volume("UNI-020", '"1 L**9**9**9"', "unit"),
    volume("VAL-001", '"-5 L"', "must be above 0", "got -5 L"),
    volume("VAL-002", '"0 L"', "must be above 0", "got 0 L"),
    given("VAL-004", "depth_filtration", "ev_recovery = -0.01", "between 0 and 1", "got -0.01"),
    replaced("VAL-008", 'median = "115 nm"', "classes = 12.5", "must be a whole number", "got 12.5"),
    given("VAL-008", "planar_expansion", "passages = 2.5", "must be a whole number", "got 2.5"),
    volume("VAL-012", '{ uniform = { low = "5 L", high = "2 L" } }', "low must be below high; low = 5, high = 2"),
    volume(
        "VAL-012", '{ truncated_normal = { mean = "3 L", sd = "1 L", low = "5 L", high = "2 L" } }', "low = 5, high = 2"
    ),
    replaced("VAL-012", LIMITS, TWO_LIMITS, "at_least is above at_most; got 2e6 particle/ug and 1e6 particle/ug"),
    volume("VAL-013", '{ triangular = { low = "1 L", mode = "9 L", high = "2 L" } }', "low <= mode <= high must hold"),
    volume("VAL-016", '{ lognormal = { mean = "0 L", cv = 0.1 } }', "mean of a lognormal must be above 0", "got 0"),
    volume("VAL-017", '{ lognormal = { mean = "5 L", cv = 0.1, median = "5 L", gsd = 2 } }', "not two", "{ mean, cv }"),
    volume("VAL-018", f"{{ truncated_normal = {EMPTY_WINDOW} }}", "practically empty"),
    given("VAL-026", "planar_expansion", 'doubling_time = "1e-9 h"', "outside the plausible range", "got 1e-9 h"),
    given("VAL-026", "planar_expansion", 'doubling_time = "10 h"', "plausible range", "or allow_outside_range = true"),
    many("VAL-029", "ultracentrifugation", all_of_density("1.04"), "never pellet", "1.04 g/mL at most"),
    many("VAL-030", "ultracentrifugation", all_of_density("1.03"), "never pellet", "1.03 g/mL at most"),
    given("VAL-031", "ultracentrifugation", 'r_max = "35 mm"', "larger than r_min: 35 mm is not above 35.9 mm"),
    given("VAL-032", "size_exclusion_chromatography", "load_fraction = 1.5", "between 0 and 1", "0.02..0.2,"),
    given("VAL-034", "tangential_flow_filtration", "concentration_factor = 0.5", "must be at least 1", "got 0.5"),
    replaced("VAL-048", "seed = 1", "seed = -1", "seed: is outside its range", "got -1", "a whole number, at least 0"),
    whole("VAL-048", BASE, "seed: is outside its range", "at least 0", options=("--set", "seed=-1")),
    replaced("VAL-050", "seed = 1", "seed = 1.0", "seed: is of the wrong kind", "got 1.0", "expected a whole number"),
    replaced("VAL-050", "seed = 1", 'seed = "abc"', "seed: is of the wrong kind", 'got "abc"', "a whole number"),
]  # fmt: skip
ACCEPTED = [
    whole("TOM-017", b"\xef\xbb\xbf" + BASE.encode()),
    whole("TOM-019", BASE.replace("\n", "\r")),
    whole("TOM-029", BASE.rstrip("\n")),
    volume("UNI-003", '"10 l"'),
    volume("UNI-003", '"10 Liter"'),
    volume("UNI-003", '"10 litre"'),
    volume("UNI-003", '"10 litres"'),
    given("UNI-010", "depth_filtration", 'ev_recovery = "85 %"'),
    given("UNI-010", "depth_filtration", "ev_recovery = 0.85"),
]


@pytest.mark.parametrize(("row", "case"), REFUSED)
def test_refused(row: str, case: Case, door: Door) -> None:
    code = int(ROWS[row]["exit_code"])
    message = door.refused(case.content, *case.options, code=code)
    for word in case.words:
        assert word in message
    if case.at is not None and isinstance(case.content, str):
        assert f"{FILE}:{line_of(case.content, case.at)}:" in message
    assert len(message) < 1200
    assert "exosim_trap" not in sys.modules


@pytest.mark.parametrize(("row", "case"), ACCEPTED)
def test_accepted(row: str, case: Case, door: Door) -> None:
    answer = door.check(case.content)
    assert (answer.code, answer.err) == (DECIDED.get(row, 0), "")
    assert "valid" in answer.out


# -- every number of every table --------------------------------------------------------------------------------------


def numeric_keys() -> list[tuple[str, str, Parameter]]:
    product = {"ev_size": VesicleSize, "protein_size": ProteinSize, "product": Vesicles, "lot": LotProperties}
    owners = {**catalog(), "hold": Hold, "wait": Wait, **product, "assay": Assay}
    found = [(owner, key, p) for owner in owners for key, p in declared(owners[owner]).items()]
    counted = "particle/mL"  # what the instrument of the product reads
    return [(owner, key, replace(p, unit=counted) if p.unit == LEVEL else p) for owner, key, p in found]


def with_number(owner: str, key: str, value: str) -> str:
    """Return a scenario that gives one key of an operation or a table."""
    line = f"{key} = {value}"
    places = {
        "hold": ('hold = { rate = "0.003 1/h", size_exponent = 1.0 }', f"hold = {{ {line} }}"),
        "wait": ('expected_hold = "2 h"', line),
        "ev_size": ('median = "115 nm"', line),
        "protein_size": ("[common]", f"[product.protein_size]\n{line}\n\n[common]"),
        "lot": ("[common]", f"[product.lot]\n{line}\n\n[common]"),
        "product": ('dose = "1e10 EV"', f'dose = "1e10 EV"\n{line}'),
        "assay": ('repeatability = "6 %"', line),
        "dose": ('dose = "1e10 EV"', line),
        "common": ("batch = 0.3", line),
        "limits": ('limits = { at_least = "1e6 particle/ug" }', f"limits = {{ {line} }}"),
        "max_hold": ('max_hold = { limit = "24 h" }', f"max_hold = {{ {line} }}"),
    }
    return changed(*places[owner]) if owner in places else of_operation(owner, line)


OTHERS = [("dose", "dose"), ("common", "batch"), ("limits", "at_least"), ("limits", "at_most"), ("max_hold", "limit")]
NUMBERS = [(owner, key) for owner, key, _ in numeric_keys()] + OTHERS
SPECIAL = {"VAL-005": "nan", "VAL-006": "inf", "VAL-007": "-inf"}


@pytest.mark.parametrize(("owner", "key"), NUMBERS, ids=[f"{owner}.{key}" for owner, key in NUMBERS])
@pytest.mark.parametrize("row", SPECIAL)
def test_not_finite(row: str, owner: str, key: str, door: Door) -> None:
    message = door.refused(with_number(owner, key, SPECIAL[row]))
    assert "this is not a finite number" in message
    assert f"got {SPECIAL[row]}" in message
    assert re.search(rf"{FILE}:\d+: [\w.]+\.{key}: ", message)
    assert message.count("\n") == 1


@pytest.mark.parametrize("key", ["format", "seed", "draws"])
@pytest.mark.parametrize("row", SPECIAL)
def test_not_finite_where_whole(row: str, key: str, door: Door) -> None:
    message = door.refused(re.sub(rf"^{key} = .*$", f"{key} = {SPECIAL[row]}", BASE, flags=re.MULTILINE))
    assert f"{key}: is of the wrong kind; got {SPECIAL[row]}; expected a whole number" in message


@pytest.mark.parametrize(("owner", "key", "parameter"), numeric_keys())
@pytest.mark.parametrize("number", ["median", "gsd"])
def test_not_finite_in_a_distribution(owner: str, key: str, parameter: Parameter, number: str, door: Door) -> None:
    unit = "" if parameter.unit == "1" else f" {parameter.unit}"
    middle = f'"{parameter.high:.17g}{unit}"' if unit else f"{parameter.high!r}"
    numbers = {"median": middle, "gsd": "1.1", number: "nan"}
    text = f"{{ lognormal = {{ median = {numbers['median']}, gsd = {numbers['gsd']} }} }}"
    assert f"lognormal.{number}: this is not a finite number; got nan" in door.refused(with_number(owner, key, text))


# -- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("row", "size"), [("TOM-025", 1024), ("TOM-026", 50)])
def test_size(row: str, size: int, door: Door) -> None:
    path = door.write("")
    os.truncate(path, size * 1024**2)
    started = time.monotonic()
    answer = door.run("check", FILE)
    assert answer.code == int(ROWS[row]["exit_code"])
    assert f"the file is too large; got {size}.0 MiB; expected at most 16 MiB; the option --max-file-size" in answer.err
    assert time.monotonic() - started < 1.0
    os.truncate(path, 17 * 1024**2)
    assert door.run("check", FILE, "--max-file-size", "18").code == 3


def test_SCH_016(door: Door) -> None:
    answer = door.check(changed("format = 1", ""), "--json")
    assert answer.code == 0
    assert answer.document()["warnings"] == ["format is missing: read as format = 1"]


def test_SCH_021(door: Door) -> None:
    door.write(BASE, "0.toml")
    for number in range(1, 22):
        door.write(f'extends = "{number - 1}.toml"\n', f"{number}.toml")
    assert door.run("check", "20.toml").code == 0
    answer = door.run("check", "21.toml")
    assert answer.code == int(ROWS["SCH-021"]["exit_code"])
    assert answer.err.startswith("1.toml:1: extends: the chain of files is too deep; got 21.toml > 20.toml > 19.toml")
    assert "> 1.toml > 0.toml; expected at most 20 bases one below the other" in answer.err


@pytest.mark.parametrize("files", [("a",), ("a", "b"), ("a", "b", "c")], ids=len)
def test_SCH_021_ring(files: tuple[str, ...], door: Door) -> None:
    for name, base in zip(files, (*files[1:], files[0]), strict=True):
        door.write(f'name = "x"\nextends = "./{base}.toml"\n', f"{name}.toml")
    answer = door.run("check", "a.toml")
    told = " > ".join(f"{name}.toml" for name in (*files, "a"))
    assert answer.code == 3
    assert answer.err == (
        f"{files[-1]}.toml:2: extends: the files extend each other in a ring; got {told}; "
        "expected a base that extends none of them\n"
    )


def test_SCH_022(door: Door) -> None:
    (door.folder / "sub").mkdir()
    door.write('name = "x"\nextends = "../bass.toml"\n', "sub/over.toml")
    door.write(BASE, "base.toml")
    answer = door.run("check", "sub/over.toml")
    assert answer.code == int(ROWS["SCH-022"]["exit_code"])
    assert answer.err.startswith("sub/over.toml:2: extends: there is no such file (looked at ")
    assert str(door.folder / "bass.toml") in answer.err
    assert 'got "../bass.toml"; did you mean base.toml?' in answer.err


def test_SCH_024(door: Door) -> None:
    wrong = "\n".join(f"wrong_{n} = {n}" for n in range(24))
    text = BASE.replace("draws = 64", f"draws = 0\n{wrong}").replace('"10 L"', '"10 h"').replace('"2 h"', "3")
    text = text.replace("batch = 0.3", "batch = 3").replace('"1 mL/vial"', '"1 mL"').replace('"115 nm"', "115")
    answer = door.check(text.replace('"6 %"', '"6 L"'), "--json")
    problems = answer.document()["problems"]
    assert len(problems) == 31
    lines = [problem["line"] for problem in problems]
    assert lines == sorted(lines)
    assert len(set(lines)) == 31


def test_SCH_024_more_than_fifty(door: Door) -> None:
    message = door.refused("\n".join(f"wrong_{n} = {n}" for n in range(60)) + "\n" + BASE).splitlines()
    assert len(message) == 51
    assert message[0].startswith(f"{FILE}:1: ")
    assert message[-1] == "and 10 more"


def test_SCH_025(door: Door) -> None:
    message = door.refused(BASE, "--set", "medium.volume", code=2)
    assert "--set: needs KEY=VALUE" in message
    assert 'got "medium.volume"' in message


def test_UNI_013(door: Door) -> None:
    values = []
    for mu in ("\u00b5", "\u03bc", "u"):
        ledger = door.check(changed('median = "115 nm"', f'median = "0.1 {mu}m"'), "--json").document()["ledger"]
        values += [line["value"] for line in ledger["lines"] if line["path"] == "product.ev_size.median"]
    assert values == ["100", "100", "100"]


def test_VAL_033(door: Door) -> None:
    path = door.write(
        of_operation("tangential_flow_filtration", "diavolumes = { value = 1e9, allow_outside_range = true }")
    )
    answer = door.run("yield", str(path), "--json")
    assert (answer.code, answer.err) == (0, "")
    (left,) = [q for q in answer.document()["quantities"] if (q["name"], q["step"]) == ("vesicles", "step")]
    assert left["median"] == 0.0


# -- the command line -------------------------------------------------------------------------------------------------


def test_CLI_001(door: Door) -> None:
    answer = door.run()
    assert (answer.code, answer.out) == (2, "")
    assert "Usage: exosim" in answer.err
    assert "yield" in answer.err


def test_CLI_002(door: Door) -> None:
    answer = door.run("yeld")
    assert answer.code == 2
    assert 'unknown command "yeld"; expected one of bottleneck, certificate, check, ' in answer.err
    assert "did you mean yield?" in answer.err


def test_CLI_003(door: Door) -> None:
    door.write(BASE)
    answer = door.run("yield", FILE, "--sed", "1")
    assert answer.code == 2
    assert 'no such option "--sed"; did you mean --seed?' in answer.err


def test_CLI_005(door: Door) -> None:
    door.write(BASE)
    answer = door.run("check", "scenarios.toml")
    assert (answer.code, answer.out) == (5, "")
    assert answer.err.startswith("scenarios.toml: there is no such file")
    assert str(door.folder / "scenarios.toml") in answer.err
    assert f"did you mean {FILE}?" in answer.err


def test_CLI_007(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr("exosim.toml_source.open", denied, raising=False)
    assert f"{FILE}: permission to read the file is denied" in door.refused(BASE, code=5)


def test_CLI_008(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"")))
    answer = door.run("check", "-")
    assert answer.code == 3
    assert answer.err.startswith("<stdin>: the scenario is empty")


def test_CLI_010(door: Door) -> None:
    name = "a\x1b[31mred\x07.toml"
    door.write(BASE, name)
    assert door.run("check", name).code == 0
    answer = door.run("yield", name, "--out", "o\x1b[31m")
    assert answer.code == 0
    assert "o\\x1b[31m/yields.json" in answer.out
    missing = door.run("check", "b\x1b[31m.toml")
    assert missing.code == 5
    assert "b\\x1b[31m.toml: there is no such file" in missing.err
    assert "\x1b" not in answer.out + answer.err + missing.err


def test_CLI_012(door: Door) -> None:
    door.write(BASE)
    (door.folder / "mine").mkdir()
    (door.folder / "mine" / "notes.txt").write_text("keep")
    answer = door.run("yield", FILE, "--out", "mine")
    assert answer.code == 5
    assert "mine: the folder is not empty; expected another --out, or --overwrite to replace it" in answer.err
    assert sorted(path.name for path in door.folder.rglob("*")) == ["mine", "notes.txt", FILE]


def test_CLI_014(door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    door.write(BASE)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    for folder in ("/", str(tmp_path / "home"), str(tmp_path), ".", "..", ""):
        answer = door.run("yield", FILE, "--out", folder, "--overwrite")
        assert answer.code == 5
        assert "this folder is never written; expected a folder of its own" in answer.err
    assert [path.name for path in door.folder.iterdir()] == [FILE]


# -- other surroundings: real processes --------------------------------------------------------------------------------


def started(*arguments: str, folder: Path, options: tuple[str, ...] = (), **environment: str | None) -> Any:
    """Run ``python -m exosim`` in a folder with changed environment variables; None removes one."""
    settings = {**os.environ, "PYTHONPATH": str(ROOT), **environment}
    kept = {key: value for key, value in settings.items() if value is not None}
    command = [sys.executable, *options, "-m", "exosim", *arguments]
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, timeout=60, check=False)
    assert b"Traceback" not in done.stderr, done.stderr.decode()
    return done


def same_results(door: Door, folder: Path) -> bool:
    """Return whether a run in process gives the same tables."""
    assert door.run("yield", FILE, "--out", "here_too").code == 0
    names = ("yields.json", "quantities.csv", "ledger.csv")
    return all((door.folder / "here_too" / n).read_bytes() == (folder / n).read_bytes() for n in names)


def test_CLI_019(door: Door) -> None:
    door.write(changed('name = "base"', 'name = "Zellkultur \u00e4 \u5916"'))
    ascii_only: dict[str, str | None] = {"LC_ALL": "C", "PYTHONUTF8": "0", "LANG": None, "PYTHONIOENCODING": None}
    done = started("yield", FILE, "--out", "there", folder=door.folder, **ascii_only)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Zellkultur \\xe4 \\u5916" in done.stdout
    assert done.stdout.isascii()
    assert same_results(door, door.folder / "there")
    document = json.loads(started("check", FILE, "--json", folder=door.folder, **ascii_only).stdout.decode("utf-8"))
    assert document["scenario"]["name"] == "Zellkultur \u00e4 \u5916"


def test_CLI_020(door: Door) -> None:
    door.write(BASE)
    done = started("yield", FILE, "--out", "there", folder=door.folder, LC_ALL="de_DE.UTF-8", LC_NUMERIC="de_DE.UTF-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert same_results(door, door.folder / "there")


def test_CLI_021(door: Door) -> None:
    texts = [
        case.values[1].content for case in REFUSED if case.values[0] in ("TOM-001", "SCH-008", "VAL-001", "VAL-012")
    ]
    for number, text in enumerate([*texts, BASE]):
        door.write(text, f"{number}.toml")
    script = "import sys; from exosim.cli import main; print([main(['check', '--quiet', f]) for f in sys.argv[1:]])"
    names = [f"{number}.toml" for number in range(len(texts) + 1)]
    command = [sys.executable, "-OO", "-c", script, *names]
    done = subprocess.run(command, cwd=door.folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.stdout.strip() == str([3] * len(texts) + [0])
    assert done.stderr.count("\n") == len(texts) + 2
    assert "Traceback" not in done.stderr


def test_CLI_023(door: Door) -> None:
    door.write(changed('name = "base"', 'name = "\u5916\u6ccc\u4f53 $x$"'))
    scenario = ROOT / "scenarios" / "msc_hollow_fiber.toml"
    done = started("yield", str(scenario), "--draws", "64", folder=door.folder, options=("-W", "error"))
    assert (done.returncode, done.stderr) == (0, b"")
    done = started("yield", FILE, folder=door.folder, options=("-W", "error"))
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.fixture
def unwritable(tmp_path: Path) -> Any:
    """A folder in which nothing can be made, even by root."""
    folder = tmp_path / "locked"
    folder.mkdir()
    folder.chmod(0o555)
    if os.access(folder, os.W_OK):
        folder = Path("/proc/self")
    if not folder.is_dir():
        pytest.skip("no folder here that cannot be written")
    yield folder
    (tmp_path / "locked").chmod(0o755)


def test_CLI_024(door: Door, unwritable: Path) -> None:
    scenario = str(door.write(BASE))
    refused = started("yield", scenario, folder=unwritable)
    assert refused.returncode == 5
    assert refused.stderr.startswith(b"results/base-")
    assert b"cannot be written" in refused.stderr
    done = started("yield", scenario, "--quiet", "--out", str(door.folder / "there"), folder=unwritable)
    assert (done.returncode, done.stderr) == (0, b"")


def test_CLI_025(door: Door) -> None:
    door.write(BASE)
    for home in (None, "/nowhere/at/all"):
        done = started(
            "yield", FILE, "--out", f"with_{home is None}", folder=door.folder, HOME=home, XDG_CACHE_HOME=None
        )
        assert done.returncode == 0
        assert (door.folder / f"with_{home is None}" / "waterfall.png").exists()


@pytest.mark.parametrize("module", ["exosim.cli", "click", "exosim.scenario", "numpy"])
def test_CLI_026(module: str, door: Door) -> None:
    door.write(BASE)
    script = f"""
import sys
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == {module!r}:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from exosim.__main__ import run
sys.argv = ["exosim", "check", {FILE!r}]
sys.exit(run())
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=door.folder, capture_output=True, timeout=60, check=False)
    assert done.returncode == 130
    assert b"Traceback" not in done.stderr


def test_CLI_026_entry_point() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"] == {"exosim": "exosim.__main__:run"}


# -- the file system --------------------------------------------------------------------------------------------------


def test_FIL_001(door: Door, unwritable: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    door.write(BASE)
    monkeypatch.setattr(exosim.simulation, "evaluate", lambda *_, **__: pytest.fail("the run started"))
    answer = door.run("yield", FILE, "--out", str(unwritable / "results" / "a"))
    assert answer.code == 5
    assert answer.err.startswith(f"{unwritable}/results/a: cannot be written: ")
    assert "expected a folder that can be written" in answer.err


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        pytest.param("FIL-003", errno.EIO, id="FIL-003-EIO"),
        pytest.param("FIL-003", errno.EROFS, id="FIL-003-EROFS"),
        pytest.param("FIL-003", errno.EDQUOT, id="FIL-003-EDQUOT"),
        pytest.param("FIL-004", errno.ENOSPC, id="FIL-004"),
        pytest.param("FIL-005", errno.EMFILE, id="FIL-005"),
    ],
)
def test_failing_disk(row: str, reason: int, door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OSError(reason, os.strerror(reason))

    monkeypatch.setattr("exosim.export.write_ledger", fails)
    door.write(BASE)
    answer = door.run("yield", FILE)
    assert answer.code == int(ROWS[row]["exit_code"])
    assert f"cannot be written: {os.strerror(reason)}" in answer.err
    assert [path.name for path in door.folder.iterdir()] == [FILE]


def test_FIL_006(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(exosim.simulation, "evaluate", fails)
    door.write(BASE)
    answer = door.run("yield", FILE)
    assert answer.code == 6
    assert "there is not enough memory; expected fewer draws" in answer.err
    assert [path.name for path in door.folder.iterdir()] == [FILE]


@pytest.mark.usefixtures("no_pictures")
def test_FIL_009(door: Door, tmp_path: Path) -> None:
    for name in ("../../etc/cron.d/x", "..", "a\\\\..\\\\b"):
        door.write(changed('name = "base"', f'name = "{name}"'))
        assert door.run("yield", FILE, "--quiet").code == 0
    results = door.folder / "results"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]
    assert sorted(path.name for path in door.folder.iterdir()) == ["results", FILE]
    folders = [path.name for path in results.iterdir()]
    assert len(folders) == 3
    assert all(re.fullmatch(r"[a-z0-9-]+-[0-9a-f]{8}-s1", name) for name in folders)


def with_source(key: str) -> str:
    """Return a scenario that cites a source of its own."""
    text = BASE.replace("ours = {", f"{json.dumps(key)} = {{")
    return changed('volume = "10 L"', f'volume = {{ value = "10 L", source = {json.dumps(key)} }}', text)


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_FIL_012(start: str, door: Door) -> None:
    door.write(with_source(f"{start}cmd|calc"))
    assert door.run("yield", FILE, "--out", "there").code == 0
    rows = table(door.folder / "there" / "ledger.csv")
    (source,) = [row["source"] for row in rows if row["path"] == "medium.volume"]
    assert source == f"'{start}cmd|calc"


@pytest.mark.usefixtures("no_pictures")
def test_FIL_013(door: Door) -> None:
    key = 'our "best", measured; 1,5'
    door.write(with_source(key))
    assert door.run("yield", FILE, "--out", "there").code == 0
    rows = table(door.folder / "there" / "ledger.csv")
    assert [row["source"] for row in rows if row["path"] == "medium.volume"] == [key]
    written = write_csv(door.folder / "t.csv", ["a", "b"], [['x\n"y", z', None]])
    assert table(written) == [{"a": 'x\n"y", z', "b": ""}]


def test_FIL_015() -> None:
    names = ["a", "A", "a b", "a-b", "\u00e4", "\u00c4", "a" * 70, "a" * 71, "", "."]
    slugs = [slug(name).lower() for name in names]
    assert len(set(slugs)) == len(names)
    assert default_path("A", "0" * 64, 1) != default_path("a", "0" * 64, 1)


def test_FIL_016(door: Door) -> None:
    door.write(BASE)
    script = """
import sys
from pathlib import Path
from exosim.folder import Target, writing
with writing(Target(Path("there"), True, {})) as folder:
    (folder / "a.txt").write_text("first")
    print("locked", flush=True)
    sys.stdin.read()
"""
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, cwd=door.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as first:
        assert first.stdout is not None
        assert first.stdout.readline() == b"locked\n"
        second = started("yield", FILE, "--out", "there", folder=door.folder)
        first.communicate(b"")
    assert second.returncode == 5
    words = second.stderr.decode()
    assert f"another process is writing this folder: pid {first.pid}, host {socket.gethostname()}, started 20" in words
    assert [path.name for path in (door.folder / "there").iterdir()] == ["a.txt"]
    assert sorted(path.name for path in door.folder.iterdir()) == [FILE, "there"]


def stale_lock(folder: Path, **changes: object) -> Path:
    """Write the lock of a process that has ended."""
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    boot = Path("/proc/sys/kernel/random/boot_id")
    held = {"pid": ended.pid, "host": socket.gethostname(), "started": "2026-01-01T00:00:00+0000"}
    held["boot"] = boot.read_text(encoding="ascii").strip() if boot.exists() else ""
    lock = folder / ".there.lock"
    lock.write_text(json.dumps({**held, **changes}), encoding="utf-8")
    return lock


@pytest.mark.usefixtures("no_pictures")
@pytest.mark.parametrize("changes", [{}, {"boot": "another", "pid": os.getpid()}], ids=["same-boot", "other-boot"])
def test_FIL_017(changes: dict[str, object], door: Door) -> None:
    door.write(BASE)
    lock = stale_lock(door.folder, **changes)
    answer = door.run("yield", FILE, "--out", "there")
    assert answer.code == 0
    assert "note: there: took over the lock of a process that is gone: pid " in answer.err
    assert not lock.exists()
    assert (door.folder / "there" / "manifest.json").exists()


@pytest.mark.parametrize(
    "changes", [{"host": "elsewhere"}, {"pid": os.getpid()}, {"pid": 0}, {"pid": 10**30}, {"pid": None}, {"pid": "1"}]
)
def test_FIL_017_not_stale(changes: dict[str, object], door: Door) -> None:
    door.write(BASE)
    lock = stale_lock(door.folder, **changes)
    answer = door.run("yield", FILE, "--out", "there")
    assert answer.code == 5
    assert f"delete {lock} if no such process runs" in answer.err
    assert lock.exists()


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_FIL_017_unreadable(content: str, door: Door) -> None:
    door.write(BASE)
    (door.folder / ".there.lock").write_text(content, encoding="latin-1")
    answer = door.run("yield", FILE, "--out", "there")
    assert answer.code == 5
    assert "another process is writing this folder: pid ?, host ?" in answer.err


@pytest.mark.usefixtures("no_pictures")
def test_FIL_019(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    door.write(BASE)
    now = iter(range(2_000_000_000, 0, -3600))
    monkeypatch.setattr(time, "time", lambda: float(next(now)))
    for _ in range(2):
        answer = door.run("yield", FILE)
        assert (answer.code, answer.err) == (0, "")


@pytest.mark.usefixtures("no_pictures")
def test_FIL_020(door: Door) -> None:
    door.write(BASE)
    assert door.run("yield", FILE).code == 0
    future = time.time() + 1e7
    for path in door.folder.rglob("*"):
        os.utime(path, (future, future))
    assert door.run("yield", FILE).code == 0


def test_a_failed_run_leaves_the_old_results(door: Door) -> None:
    target = Target(Path("a/b/c"), True, {}, overwrite=True)
    with writing(target) as folder:
        (folder / "x").write_text("old")
    with pytest.raises(RuntimeError), writing(target) as folder:
        (folder / "x").write_text("new")
        raise RuntimeError
    assert (door.folder / "a/b/c/x").read_text() == "old"
    assert [path.name for path in (door.folder / "a/b").iterdir()] == ["c"]
    with pytest.raises(KeyboardInterrupt), writing(Target(Path("d/e"), True, {})):
        raise KeyboardInterrupt
    assert [path.name for path in door.folder.iterdir()] == ["a"]


# -- the table --------------------------------------------------------------------------------------------------------


def test_every_row_is_tested_or_waits() -> None:
    by_name = {
        name.removeprefix("test_")[:7].replace("_", "-") for name in globals() if re.match("test_[A-Z]{3}_", name)
    }
    by_case = {case.values[0] for case in [*REFUSED, *ACCEPTED]}
    marked = {"TOM-025", "TOM-026", "FIL-003", "FIL-004", "FIL-005", *SPECIAL}
    files = PLANT | ROUTES | PLUGINS | DATA | RELEASE | MONEY | STUDIES | STUDY_FILES | KILLS
    tested = by_name | by_case | marked | files
    assert tested | set(WAITING) == set(ROWS)
    assert not tested & set(WAITING)
