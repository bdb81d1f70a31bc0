"""The folder of a run knows its scenario: it is built again from the folder alone, on any machine."""

from __future__ import annotations

import datetime
import hashlib
import json
import math
import pickle
import sys
import tomllib
from io import BytesIO, TextIOWrapper
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import exosim as xs
from exosim.errors import FileError
from exosim.export import write_run, write_yields
from exosim.saved_scenario import FILE, read_saved_scenario, write_scenario
from exosim.tagged_json import tagged, untagged
from tests.shipped import ALL, SCENARIOS
from tests.test_empirical import TABLE, with_line
from tests.texts import BASE, Door


def through(scenario: xs.Scenario, folder: Path) -> xs.Scenario:
    """Return a scenario that was written and read again."""
    write_scenario(scenario, folder)
    return read_saved_scenario(folder)


def assert_alike(found: xs.Scenario, known: xs.Scenario) -> None:
    assert (found.name, found.title, found.seed, found.draws) == (known.name, known.title, known.seed, known.draws)
    assert (found.hash, found.variant, dict(found.overrides)) == (known.hash, known.variant, dict(known.overrides))
    assert found.data == known.data
    assert (found.source.data, found.source.lines) == (known.source.data, known.source.lines)
    assert list(found.ledger()) == list(known.ledger())
    assert found.warnings == known.warnings
    assert found.others.keys() == known.others.keys()
    for product, other in known.others.items():
        assert_alike(found.others[product], other)


@pytest.mark.parametrize("scenario", ALL)
def test_all_shipped_scenarios_come_back(scenario: xs.Scenario, tmp_path: Path) -> None:
    """With all their variants; the written text tells nothing of the machine."""
    again = through(scenario, tmp_path)
    assert_alike(again, scenario)
    assert str(SCENARIOS.parent) not in (tmp_path / FILE).read_text(encoding="utf-8")
    lanes, known = again.values(0, 8), scenario.values(0, 8)
    assert {path: str(value) for path, value in lanes.items()} == {path: str(value) for path, value in known.items()}


def test_a_yield_comes_again_from_its_folder(door: Door) -> None:
    """With overrides, of a variant, after the file itself is gone; equal to the bit."""
    text = BASE + '\n[[variant]]\nname = "gentle"\nset = { "tff.flux" = "25 L/m2/h" }\n'
    door.write(text)
    changes = ("--set", "fill.retained=3 vial", "--set", 'medium.volume={ uniform = { low = "8 L", high = "12 L" } }')
    answer = door.run("yield", "scenario.toml#gentle", *changes, "--seed", "4", "--out", "y", "--json")
    assert answer.code == 0, answer.err
    (door.folder / "scenario.toml").unlink()
    saved = xs.load_yields(door.folder / "y")
    assert isinstance(saved, xs.SavedYields)
    assert (saved.scenario.name, saved.seed, saved.draws) == ("base#gentle", 4, 64)
    assert xs.evaluate(saved.scenario, saved.draws, seed=saved.seed).as_dict() == answer.document() == saved.document
    assert saved.summary("doses") == xs.evaluate(saved.scenario, saved.draws, seed=saved.seed).summary("doses")
    with pytest.raises(KeyError, match=r"no quantity 'dosis' after step None; there is: .*doses"):
        saved.summary("dosis")
    gentler = saved.scenario.with_({"tff.flux": "20 L/m2/h"})
    assert gentler.hash != saved.scenario.hash and gentler.overrides["fill.retained"] == "3 vial"


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_site_with_two_products_comes_again(tmp_path: Path, jobs: int) -> None:
    """From the folder alone, in this process and in another one."""
    site = tmp_path / "site"
    site.mkdir()
    for file in SCENARIOS.glob("*.toml"):
        (site / file.name).write_bytes(file.read_bytes())
    results = xs.simulate(xs.load(site / "cdmo_two_products.toml"), 2)
    results.save(tmp_path / "run")
    for file in site.iterdir():
        file.unlink()
    run = xs.load_run(tmp_path / "run")
    assert run.seed == results.seed and set(run.scenario.others) == set(results.scenario.others) != set()
    assert xs.simulate(run.scenario, 2, seed=run.seed, jobs=jobs).as_dict() == run.document


def test_measured_values_come_along(door: Door) -> None:
    """The column that is used, to the bit, and none beside it; a file that is named later is read."""
    (door.folder / "titers.csv").write_text(TABLE.replace("5e9", "0.1e10"), encoding="utf-8")
    known = xs.load(door.write(with_line()))
    changed = known.with_({"fill.retained": "3 vial"})
    again = through(known, door.folder)
    (door.folder / "titers.csv").unlink()
    again = read_saved_scenario(door.folder)
    assert_alike(again, known)
    assert again.measured["medium.titer"].values.tolist() == [1e9, 4e9, 6e9]
    assert "0.8" not in (door.folder / FILE).read_text(encoding="utf-8")
    assert_alike(pickle.loads(pickle.dumps(again)), known)
    assert_alike(through(again.with_({"fill.retained": "3 vial"}), door.folder), changed)
    (door.folder / "shares.csv").write_text("titer\n1e9\n2e9\n", encoding="utf-8")
    other = {"file": str(door.folder / "shares.csv"), "column": "titer", "unit": "EV/mL"}
    other_values = again.with_({"medium.titer": {"empirical": other}})
    assert other_values.measured["medium.titer"].values.tolist() == [1e9, 2e9]


def test_measured_values_of_a_base_and_a_site_come_along(door: Door) -> None:
    """Where `extends` leads into another folder, and where the recipe of another product names the file."""
    below = door.folder / "below"
    below.mkdir()
    (door.folder / "titers.csv").write_text(TABLE, encoding="utf-8")
    door.write(with_line())
    (below / "over.toml").write_text('extends = "../scenario.toml"\nname = "over"\n', encoding="utf-8")
    known = xs.load(below / "over.toml")
    write_scenario(known, door.folder)
    for file in ("titers.csv", "scenario.toml", "below/over.toml"):
        (door.folder / file).unlink()
    again = read_saved_scenario(door.folder)
    assert_alike(again, known)
    assert {again.source.place(path)[0] for path in again.source.lines} == {"over.toml", "scenario.toml"}


def test_a_scenario_from_standard_input_comes_back(door: Door, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(BASE.encode())))
    known = xs.load("-")
    again = through(known, tmp_path)
    assert_alike(again, known)
    assert again.source.name == "<stdin>"


def test_dates_and_times_survive(tmp_path: Path) -> None:
    """The site has holidays, shifts by the clock and a start: they stay dates and times, not text."""
    known = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    kinds = {type(value) for value in leaves(known.data)}
    assert datetime.time in kinds or datetime.date in kinds or datetime.datetime in kinds
    again = through(known.with_({"start": datetime.datetime(2027, 3, 1, 6)}), tmp_path)
    assert again.overrides["start"] == datetime.datetime(2027, 3, 1, 6)
    assert [type(value) for value in leaves(again.source.data)] == [type(value) for value in leaves(known.source.data)]


def leaves(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return [leaf for inner in value.values() for leaf in leaves(inner)]
    return [leaf for inner in value for leaf in leaves(inner)] if isinstance(value, list) else [value]


TOML = st.recursive(
    st.one_of(
        st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(), st.dates(), st.times(), st.datetimes(),
        st.datetimes(timezones=st.just(datetime.timezone(datetime.timedelta(hours=5, minutes=30)))),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.one_of(st.text(), st.sampled_from(["$date", "$table", "$", "$float"])), inner, max_size=3),
    ),
)  # fmt: skip


@given(TOML)
def test_whatever_toml_can_say_comes_back(value: Any) -> None:
    found = untagged(json.loads(json.dumps(tagged(value), allow_nan=False)))
    assert found == value
    assert [type(leaf) for leaf in leaves(found)] == [type(leaf) for leaf in leaves(value)]


def test_odd_numbers_and_unknown_tags() -> None:
    found = untagged(tagged(tomllib.loads("a = nan\nb = -inf")))
    assert math.isnan(found["a"]) and found["b"] == -math.inf
    with pytest.raises(ValueError, match=r"there is no tag \$code"):
        untagged({"$code": "1"})


def spoiled(folder: Path, change: dict[str, Any]) -> None:
    """Change keys of the saved scenario, as someone might who edits the folder and its manifest."""
    document = {**json.loads((folder / FILE).read_text(encoding="utf-8")), **change}
    (folder / FILE).write_text(json.dumps(document), encoding="utf-8")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (
            {"version": "0.0.1"},
            r"another version of exosim wrote this scenario.*; got exosim 0\.0\.1; expected exosim ",
        ),
        ({"form": "other/1"}, r"this is no saved scenario; expected the form exosim\.scenario/1"),
        ({"data": {"name": "x"}}, r"scenario\.json: .*the scenario cannot be built here: "),
        ({"data": 5}, r"cannot be read: "),
        ({"hash": "0"}, r"the scenario is not the one that was run; got hash [0-9a-f]{64}; expected hash 0"),
        ({"lines": {"/name/0/1": 3}}, r"cannot be read: "),
    ],
)
def test_what_cannot_be_built_again_is_told(tmp_path: Path, change: dict[str, Any], told: str) -> None:
    write_scenario(xs.load(SCENARIOS / "minimal.toml"), tmp_path)
    spoiled(tmp_path, change)
    with pytest.raises(FileError, match=told) as error:
        read_saved_scenario(tmp_path)
    assert error.value.exit_code == 5 and all(str(tmp_path / FILE) == p.file for p in error.value.problems)


def test_a_folder_without_its_scenario_says_so(tmp_path: Path) -> None:
    """As one that an older version wrote: the run itself can be read."""
    xs.simulate(xs.load(SCENARIOS / "msc_hollow_fiber.toml"), 1).save(tmp_path / "run")
    manifest = json.loads((tmp_path / "run" / "manifest.json").read_text(encoding="utf-8"))
    del manifest["files"][FILE]
    (tmp_path / "run" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    (tmp_path / "run" / FILE).unlink()
    run = xs.load_run(tmp_path / "run")
    with pytest.raises(FileError, match=r"does not hold its scenario; expected .*: run it again"):
        _ = run.scenario


def test_what_is_no_yield_is_refused(tmp_path: Path, door: Door) -> None:
    with pytest.raises(FileError, match=r"there is no manifest\.json"):
        xs.load_yields(tmp_path)
    xs.simulate(xs.load(SCENARIOS / "msc_hollow_fiber.toml"), 1).save(tmp_path / "run")
    with pytest.raises(FileError, match=r"not that of a yield; got command run; expected yield"):
        xs.load_yields(tmp_path / "run")
    door.write(BASE)
    assert door.run("yield", "scenario.toml", "--quiet", "--out", "y").code == 0
    file = door.folder / "y" / "yields.json"
    file.write_text("{}", encoding="utf-8")
    manifest = json.loads((door.folder / "y" / "manifest.json").read_text(encoding="utf-8"))
    manifest["files"][file.name] = hashlib.sha256(file.read_bytes()).hexdigest()
    (door.folder / "y" / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(FileError, match="cannot be read: 'quantities'"):
        xs.load_yields(door.folder / "y")


def test_the_tables_of_a_run_hold_it(tmp_path: Path) -> None:
    """All ways to write a folder: of a yield, of a run, on the command line and in Python."""
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    (tmp_path / "y").mkdir()
    (tmp_path / "r").mkdir()
    assert tmp_path / "y" / FILE in write_yields(xs.evaluate(scenario, 64), tmp_path / "y")
    assert tmp_path / "r" / FILE in write_run(xs.simulate(scenario, 1), tmp_path / "r")
    assert (tmp_path / "y" / FILE).read_bytes() == (tmp_path / "r" / FILE).read_bytes()
