"""Runs in time beside each other: what pairing saves, what is not compared and why, and the command with its folder."""

from __future__ import annotations

import csv
import io
import json
import math
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from scipy import stats

import exosim as xs
from exosim import plots
from exosim.console_runs import print_run_comparison
from exosim.directions import DIRECTIONS, declared_as, direction_of
from exosim.economics.headlines import COST_UNITS
from exosim.errors import FileError, UsageError
from exosim.indicators import HEADLINE_UNITS, RESOURCE_UNITS
from exosim.run_comparison.comparison import compare_runs
from exosim.run_comparison.contrasts import RunContrast, difference
from exosim.run_comparison.timed_runs import TimedRun, of_results
from tests.test_replications import PLAIN, STEP, exponential, plain
from tests.texts import BASE, FILE, Door

NAN = math.nan
CONTRAST_NUMBERS = ("mean", "difference", "low", "high", "difference_sd", "better", "equal", "correlation", "best")


def a_run(name: str, seed: int = 1, hash_: str = "", **values: list[float]) -> TimedRun:
    """Return a run of a day with the indicators of the whole that are given; ``occupancy__mixer`` is that of a unit."""
    keys = {_key(given): np.array(numbers) for given, numbers in values.items()}
    indicators = {key: "dose/year" if key[0].startswith("doses") else "1" for key in keys}
    count = len(next(iter(values.values())))
    return TimedRun(
        name, hash_ or name, seed, "0.1.0", count, (0.0, 24.0), {"": "1e10 EV"}, indicators, keys, [], "", (), name
    )  # fmt: skip


def _key(given: str) -> tuple[str, str | None]:
    name, _, step = given.partition("__")
    return name, step or None


def contrast(*runs: TimedRun, name: str = "doses_per_year", step: str | None = None) -> RunContrast:
    """Return what is said of the second run."""
    return compare_runs(runs).of(name, step)[1]


# ---------------------------------------------------------------- numbers by hand


def test_paired_differences_by_hand() -> None:
    """Differences 1, 2, 6: mean 3, variance 7, and Student's 4.3027 with two degrees of freedom."""
    base, other = a_run("a", doses_per_year=[1.0, 2.0, 3.0]), a_run("b", doses_per_year=[2.0, 4.0, 9.0])
    found = contrast(base, other)
    half = 4.302652729911275 * math.sqrt(7.0 / 3.0)
    assert (found.paired, found.pairs, found.left_out) == (True, 3, 0)
    assert (found.mean, found.difference) == (5.0, 3.0)
    assert (found.low, found.high) == (pytest.approx(3.0 - half), pytest.approx(3.0 + half))
    assert found.difference_sd == pytest.approx(math.sqrt(7.0))
    assert (found.difference_p5, found.difference_p95) == (pytest.approx(1.1), pytest.approx(5.6))
    assert (found.better, found.equal, found.best) == (1.0, 0.0, 1.0)
    assert found.better_low == pytest.approx(0.025 ** (1.0 / 3.0))  # of three out of three
    assert found.correlation == pytest.approx(np.corrcoef([2, 4, 9], [1, 2, 3])[0, 1])
    assert found.variance_reduction == pytest.approx((1.0 + 13.0) / 7.0)


def test_what_pairing_gains_is_what_the_correlation_says() -> None:
    """With equal variances, the variance of the difference is 2 Var (1 - r): the gain is 1 / (1 - r)."""
    found = contrast(a_run("a", makespan=[1.0, 2.0, 3.0]), a_run("b", makespan=[2.0, 3.0, 1.0]), name="makespan")
    assert found.correlation == pytest.approx(-0.5)
    assert found.variance_reduction == pytest.approx(1.0 / 1.5)


def test_less_is_better_of_a_lead_time_and_neither_of_batches_started() -> None:
    slow, fast = {"lead_time": [5.0, 6.0], "batches_started": [1.0, 1.0]}, {"lead_time": [4.0, 6.0]}
    runs = a_run("slow", **slow), a_run("fast", **fast, batches_started=[2.0, 2.0])
    assert contrast(*runs, name="lead_time").better == 0.5
    assert contrast(*runs, name="lead_time").best == 0.75  # it shares the second evenly
    started = contrast(*runs, name="batches_started")
    assert (started.direction, started.better, started.best, started.difference) == ("neither", None, None, 1.0)


def test_independent_runs_take_the_interval_of_welch() -> None:
    """As in SciPy's t test with unequal variances; numbers of replications may differ, and nothing is correlated."""
    draws = np.random.default_rng(5)
    first, second = draws.normal(10.0, 1.0, 12), draws.normal(11.0, 4.0, 7)
    found = contrast(
        a_run("a", seed=1, makespan=first.tolist()), a_run("b", seed=2, makespan=second.tolist()), name="makespan"
    )
    known = stats.ttest_ind(second, first, equal_var=False).confidence_interval(0.95)
    assert (found.low, found.high) == (pytest.approx(known.low), pytest.approx(known.high))
    assert (found.paired, found.pairs, found.correlation, found.variance_reduction) == (False, 7, None, None)
    assert found.difference == pytest.approx(second.mean() - first.mean())
    assert found.mean == pytest.approx(second.mean())


def test_independent_runs_that_do_not_vary() -> None:
    """Nothing varies, and the interval is a point; one replication has none."""
    same = difference(np.full(3, 0.1), np.full(5, 0.1), "more", paired=False)
    assert (same["difference"], same["low"], same["high"], same["equal"]) == (0.0, 0.0, 0.0, 1.0)
    alone = difference(np.array([3.0]), np.array([1.0]), "more", paired=False)
    assert alone["difference"] == 2.0
    assert "low" not in alone


def test_the_order_of_the_runs_flips_the_signs() -> None:
    draws = np.random.default_rng(6)
    values = [draws.normal(10.0, 1.0, 9).tolist() for _ in range(2)]
    for seeds in ((1, 1), (1, 2)):
        runs = [a_run(n, seed=s, lead_time=v) for n, s, v in zip("ab", seeds, values, strict=True)]
        there, back = contrast(*runs, name="lead_time"), contrast(*reversed(runs), name="lead_time")
        assert there.difference is not None and there.low is not None and there.better is not None
        assert back.difference == pytest.approx(-there.difference)
        assert (back.low, back.high) == (pytest.approx(-(there.high or 0.0)), pytest.approx(-there.low))
        assert back.better == pytest.approx(1.0 - there.better)


def test_more_replications_in_one_run_are_left_out() -> None:
    """The means that stand side by side are those of the replications that both have, and it is told."""
    long, short = a_run("a", doses_per_year=[1.0, 2.0, 90.0]), a_run("b", doses_per_year=[2.0, 4.0])
    compared = compare_runs([long, short])
    first, second = compared.of("doses_per_year")
    assert (compared.replications, first.mean, second.difference) == (2, 1.5, 1.5)
    assert "b: 2 replications, and 3 in a: the common ones are compared" in compared.remarks()


def test_replications_without_a_value_are_left_out_in_pairs() -> None:
    base, other = a_run("a", lead_time=[NAN, 2.0, 3.0, 4.0]), a_run("b", lead_time=[1.0, NAN, 5.0, 7.0])
    compared = compare_runs([base, other])
    first, second = compared.of("lead_time")
    assert (first.n, second.n, second.pairs, second.left_out) == (3, 3, 2, 2)
    assert second.difference == 2.5
    assert "b: 2 of 4 replications have no value here or in a: lead_time" in compared.remarks()
    none = contrast(a_run("a", lead_time=[NAN, 2.0]), a_run("b", lead_time=[1.0, NAN]), name="lead_time")
    assert (none.pairs, none.difference, none.best) == (0, None, None)
    assert none.reason == "none of 2 replications has a value in both runs"


def test_what_only_one_run_has_is_told() -> None:
    """An indicator of the whole, a unit, and one indicator of a unit that both have."""
    base = a_run("a", doses_per_year=[1.0], lead_time=[1.0], occupancy__mixer=[0.1], occupancy__tank=[0.2])
    other = a_run("b", doses_per_year=[1.0], occupancy__tank=[0.2], unavailability__tank=[0.1])
    compared = compare_runs([base, other])
    assert compared.remarks() == [
        "a has no unavailability of tank: not compared",
        "b has no lead_time: not compared",
        "b has no mixer: not compared",
    ]
    assert compared.of("lead_time")[1].reason == "this run does not report it"
    assert compared.of("lead_time")[0].mean == 1.0
    json.dumps(compared.as_dict(), allow_nan=False)


def test_an_unknown_indicator_is_neither_better_nor_worse() -> None:
    """Such as one of a later version: it is compared, and nothing is called better."""
    found = contrast(a_run("a", happiness=[1.0, 2.0]), a_run("b", happiness=[2.0, 4.0]), name="happiness")
    assert (found.difference, found.better) == (1.5, None)


def test_every_indicator_has_a_direction() -> None:
    """Whoever adds an indicator says which way is better, in one place."""
    assert set(DIRECTIONS) == {declared_as(name) for name in (*HEADLINE_UNITS, *COST_UNITS, *RESOURCE_UNITS)}
    assert (direction_of("lead_time"), direction_of("lead_time_by_product")) == ("less", "less")


def test_doses_of_two_kinds_are_not_compared() -> None:
    base, other = (a_run(name, doses_per_year=[1.0, 2.0], lead_time=[1.0, 2.0]) for name in "ab")
    compared = compare_runs([base, replace(other, doses={"": "1e9 particle"})])
    assert compared.of("doses_per_year")[1].difference is None
    assert compared.of("doses_per_year")[1].reason == "a dose is not the same in both runs"
    assert [c.best for c in compared.of("doses_per_year")] == [None, None]
    assert compared.of("lead_time")[1].difference == 0.0
    assert "b: a dose is 1e9 particle, and 1e10 EV in a: doses are not compared" in compared.remarks()


def test_doses_are_compared_by_product() -> None:
    """One product has another dose: its doses are not compared, nor their sum, those of the other product are."""
    made = {"doses_by_product__x": [1.0, 2.0], "doses_by_product__y": [1.0, 2.0], "doses_per_year": [2.0, 4.0]}
    base, other = (a_run(name, **made) for name in "ab")
    doses = {"x": "1e10 EV", "y": "1e10 EV"}
    compared = compare_runs([replace(base, doses=doses), replace(other, doses={**doses, "y": "2e10 EV"})])
    assert compared.of("doses_by_product", "x")[1].difference == 0.0
    assert compared.of("doses_by_product", "y")[1].difference is None
    assert compared.of("doses_per_year")[1].difference is None
    (remark,) = compared.remarks()
    assert remark.endswith("doses are not compared where they differ")


def test_what_makes_runs_hard_to_compare_is_told() -> None:
    base = a_run("a", hash_="h", doses_per_year=[1.0, 2.0])
    changes = [
        ({"seed": 2}, "independent runs of one scenario, so that they differ by chance alone"),
        ({"seed": 2, "hash": "k"}, "b: seed 2, and 1 in a: not paired, independent runs"),
        ({}, "b: the same scenario and seed as a: the runs cannot differ"),
        ({"window": (0.0, 48.0)}, "window is day 0 to 2, and day 0 to 1 in a: counts are not comparable"),
        ({"window": (24.0, 48.0)}, "window is day 1 to 2, and day 0 to 1 in a: figures per year"),
        ({"version": "0.2.0"}, "b: of exosim 0.2.0, and 0.1.0 in a: random values may not be common"),
    ]
    for change, words in changes:
        told = compare_runs([base, replace(base, name="b", **change)]).remarks()
        assert any(words in line for line in told), (change, told)


def test_runs_of_one_name_are_told_apart() -> None:
    """By their folders, or by numbers where that does not help."""
    run = a_run("a", doses_per_year=[1.0])
    assert list(compare_runs([run, run]).runs) == ["a", "a (2)"]
    folders = [replace(run, folder=name) for name in ("base", "wide", "wide")]
    assert list(compare_runs(folders).runs) == ["base", "wide", "wide (2)"]
    assert list(compare_runs([folders[0], a_run("b", doses_per_year=[1.0])]).runs) == ["a", "b"]


# ---------------------------------------------------------------- real runs


def one_step(folder: Path, hours: str, name: str, **options: str) -> xs.Scenario:
    """Return a plant of one unit and one step with a batch every ten days."""
    (folder / name).mkdir()
    scenario = plain(
        folder / name, [("unit", hours)], {"unit": 1}, horizon=options.get("horizon", "200 h"),
        campaign='every = "240 h"',
    )  # fmt: skip
    return xs.load(_renamed(scenario, folder, name))


def _renamed(scenario: xs.Scenario, folder: Path, name: str) -> Path:
    file = folder / f"{name}.toml"
    text = (folder / name / "plain.toml").read_text(encoding="utf-8")
    file.write_text(text.replace('name = "plain"', f'name = "{scenario.name}_{name}"'), encoding="utf-8")
    return file


def uniform(low: int, high: int) -> str:
    return f'{{ uniform = {{ low = "{low} h", high = "{high} h" }}, varies = "batch" }}'


def test_a_known_difference_of_lead_times(tmp_path: Path) -> None:
    """One batch and one step: the lead time is the step time, and 12 h after 10 h differ by 2 h exactly."""
    slow, fast = (one_step(tmp_path, f'"{hours} h"', name) for hours, name in ((12, "slow"), (10, "fast")))
    compared = xs.compare(xs.simulate(slow, 4), xs.simulate(fast, 4))
    found = compared.of("lead_time")[1]
    assert (found.difference, found.low, found.high, found.better) == (-2.0, -2.0, -2.0, 1.0)
    assert compared.changed() == {"p0.step_time": {"plain_slow": "12 h", "plain_fast": "10 h"}}


def test_the_interval_covers_a_known_difference(tmp_path: Path) -> None:
    """Step times of 10 +- 3 and 12 +- 4 h, uniform: of 100 intervals of 95 %, 88 to 100 hold the difference of 2 h.

    Both take the same uniform value of a batch, so that the difference is uniform, too, within 1 h. Outside 88 to 100 a
    binomial share of 0.95 lies in less than 5 of 1,000 cases. Pairing gains (9 + 16) / 1.
    """
    made = [(uniform(7, 13), "a"), (uniform(8, 16), "b")]
    runs = [of_results(xs.simulate(one_step(tmp_path, *given), 1200)) for given in made]
    hits = 0
    for start in range(0, 1200, 12):
        found = contrast(*(_part_of(run, slice(start, start + 12)) for run in runs), name="lead_time")
        assert found.low is not None and found.high is not None
        hits += found.low <= 2.0 <= found.high
    assert 88 <= hits <= 100
    whole = contrast(*runs, name="lead_time")
    assert whole.correlation == pytest.approx(1.0)
    assert whole.variance_reduction == pytest.approx(25.0, rel=1e-6)


def _part_of(run: TimedRun, part: slice) -> TimedRun:
    values = {key: numbers[part] for key, numbers in run.values.items()}
    return replace(run, replications=len(next(iter(values.values()))), values=values)


@pytest.fixture(scope="module")
def plants(tmp_path_factory: pytest.TempPathFactory) -> dict[str, xs.Scenario]:
    """A queue before one server, and before two; both may spoil a batch."""
    folder = tmp_path_factory.mktemp("plants")
    made = {}
    for name, count in (("one", 1), ("two", 2)):
        text = PLAIN.format(horizon="300 h", warm_up="20 h", campaign=f"every = {exponential(5.0)}")
        text = text.replace('name = "plain"', f'name = "{name}"')
        text += f'[[equipment]]\nid = "server"\ncount = {count}\n' + STEP.format(
            id="serve", unit="server", time=exponential(4.0), operator=""
        )
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
        made[name] = xs.load(folder / f"{name}.toml")
    return made


@pytest.fixture(scope="module")
def results(plants: dict[str, xs.Scenario]) -> dict[str, xs.FacilityResults]:
    return {name: xs.simulate(scenario, 24) for name, scenario in plants.items()}


@pytest.fixture(scope="module")
def folders(results: dict[str, xs.FacilityResults], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    place = tmp_path_factory.mktemp("runs")
    for name, found in results.items():
        found.save(place / name)
    return {name: place / name for name in results}


def test_a_second_server_is_better_in_every_queue(results: dict[str, xs.FacilityResults]) -> None:
    """A single step, and batches that keep their random values: a second server delays nobody."""
    compared = xs.compare(results["one"], results["two"])
    assert isinstance(compared, xs.RunComparison)
    waiting = compared.of("waiting", "serve")[1]
    assert (waiting.better, waiting.direction) == (1.0, "less")
    lead = compared.of("lead_time")[1]
    assert lead.high is not None and lead.high < 0.0 and lead.sure
    assert compared.of("batches_started")[1].equal == 1.0
    assert (("waiting", "serve") in compared.differing(resources=True), "lead_time" in str(compared)) == (True, True)
    assert compared.changed()["equipment.server.count"] == {"one": "1", "two": "2"}


def test_identical_runs_differ_in_nothing(plants: dict[str, xs.Scenario]) -> None:
    """The same scenario and seed: every difference is exactly zero, in every replication."""
    compared = xs.compare(*(xs.simulate(plants["one"], 5) for _ in range(2)))
    assert list(compared.runs) == ["one", "one (2)"]
    assert compared.differing() == compared.differing(resources=True) == []
    for found in compared.contrasts:
        if found.run == "one (2)" and found.pairs:
            assert (found.difference, found.equal) == (0.0, 1.0)
            assert (found.low, found.high) in ((0.0, 0.0), (None, None))
    assert plots.shown_run_contrasts(compared) == ()
    with pytest.raises(ValueError, match="the runs differ in no indicator"):
        plots.run_contrasts(compared)


def test_common_random_numbers_are_worth_more_than_other_seeds(plants: dict[str, xs.Scenario]) -> None:
    """One change on common random numbers is correlated; with another seed nothing is, and the interval is wider."""
    base, wide = plants["one"], plants["two"]
    first = xs.simulate(base, 40)
    paired = xs.compare(first, xs.simulate(wide, 40))
    independent = xs.compare(first, xs.simulate(wide, 40, seed=base.seed + 1))
    assert (paired.paired, independent.paired) == (True, False)
    for name in ("lead_time", "work_in_progress"):
        near, far = paired.of(name)[1], independent.of(name)[1]
        assert near.correlation is not None and near.correlation > 0.3
        assert near.low is not None and near.high is not None and far.low is not None and far.high is not None
        assert near.high - near.low < far.high - far.low
        assert far.correlation is None
        by_number = np.corrcoef(independent.runs["two"].values[name, None], independent.runs["one"].values[name, None])
        assert abs(by_number[0, 1]) < near.correlation


def test_folders_are_what_live_results_are(results: dict[str, xs.FacilityResults], folders: dict[str, Path]) -> None:
    """To the bit, whichever way they are given."""
    live = xs.compare(*results.values()).as_dict()
    saved = [xs.load_run(folder) for folder in folders.values()]
    assert xs.compare(*saved).as_dict() == live
    assert xs.compare(*folders.values()).as_dict() == live
    assert xs.compare(results["one"], str(folders["two"])).as_dict() == live
    text = json.dumps(live, allow_nan=False)
    assert str(folders["one"]) not in text


def test_what_is_refused_in_python(results: dict[str, xs.FacilityResults], plants: dict[str, xs.Scenario]) -> None:
    with pytest.raises(UsageError, match="one run alone cannot be compared; got one"):
        xs.compare(results["one"])
    with pytest.raises(UsageError, match="scenarios and runs in time cannot be mixed; got the scenario one and a run"):
        xs.compare(plants["one"], results["two"])
    with pytest.raises(UsageError, match="runs have their replications and their seed"):
        xs.compare(results["one"], results["two"], seed=3)


def test_the_picture_shows_what_the_numbers_say(results: dict[str, xs.FacilityResults]) -> None:
    """A dot for each mean and each difference, and the words of the probability."""
    compared = xs.compare(*results.values())
    names = plots.shown_run_contrasts(compared)
    assert "lead_time" in names and "batches_started" not in names and "minimum_cycle_time" not in names
    left, right = plots.run_contrasts(compared, ("lead_time",))
    assert left.get_title("left") == "lead time [h] (less is better)"
    dots = [line.get_xdata() for line in left.lines if line.get_marker() == "o"]
    assert np.ravel(dots).tolist() == [c.mean for c in compared.of("lead_time")]
    gaps = [line.get_xdata() for line in right.lines if line.get_marker() == "o"]
    assert np.ravel(gaps).tolist() == [compared.of("lead_time")[1].difference]
    assert right.texts[0].get_text().startswith("better in ")


# ---------------------------------------------------------------- the command


def test_compare_folders_of_runs(door: Door, folders: dict[str, Path]) -> None:
    answer = door.run("compare", *map(str, folders.values()), "--out", "a")
    assert answer.code == 0, answer.err
    for words in ("2 runs, paired over 24 replications", "equipment.server.count", "less is better", "--resources"):
        assert words in answer.out, words
    assert "waiting of serve" not in answer.out
    names = sorted(path.name for path in (door.folder / "a").iterdir())
    assert names == [
        "compare.csv", "compare.json", "compare.png", "compare.svg", "ledgers.csv", "manifest.json", "replications.csv"
    ]  # fmt: skip
    with (door.folder / "a" / "compare.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["run"] for row in rows} == {"one", "two"}
    assert {"server", "serve", ""} <= {row["step"] for row in rows}
    assert not {"nan", "inf", "-inf"} & {cell for row in rows for cell in row.values()}
    manifest = json.loads((door.folder / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == "compare"
    hashes = {label: run["hash"] for label, run in manifest["runs"].items()}
    assert hashes == {n: json.loads((f / "run.json").read_text())["scenario"]["hash"] for n, f in folders.items()}
    assert "waiting of serve" in door.run("compare", *map(str, folders.values()), "--resources").out
    (default,) = (door.folder / "results").iterdir()
    assert default.name.startswith("one_compare_runs-")


def test_compare_as_json_is_the_same_bytes_again(door: Door, folders: dict[str, Path]) -> None:
    given = [str(folder) for folder in folders.values()]
    first, second = (door.run("compare", *given, "--json", "--out", out) for out in "ab")
    assert first.out == second.out == (door.folder / "a" / "compare.json").read_text(encoding="utf-8")
    document = first.document()
    assert list(document) == ["form", "version", "runs", "paired", "n", "parameters", "quantities", "warnings"]
    assert (document["form"], document["paired"], document["n"]) == ("exosim.compare_runs/1", True, 24)
    for name in ("compare.csv", "compare.png", "compare.svg", "ledgers.csv", "replications.csv"):
        assert (door.folder / "a" / name).read_bytes() == (door.folder / "b" / name).read_bytes()


def test_scenarios_run_in_time_first(
    door: Door, plants: dict[str, xs.Scenario], results: dict[str, xs.FacilityResults]
) -> None:
    """The same numbers as from folders, for any number of processes; a file with variants stands for all of them."""
    files = [plants[name].source.name for name in plants]
    one = door.run("compare", *files, "--run", "--replications", "24", "--json")
    two = door.run("compare", *files, "--run", "--replications", "24", "--json", "--jobs", "2", "--out", "b")
    assert one.out == two.out
    assert one.document()["quantities"] == xs.compare(*results.values()).as_dict()["quantities"]
    text = (Path(files[0])).read_text(encoding="utf-8")
    door.write(text + '[[variant]]\nname = "wide"\nset = { "equipment.server.count" = 2 }\n')
    answer = door.run("compare", FILE, "--run", "--replications", "3", "--seed", "5", "--json")
    document = answer.document()
    assert [run["label"] for run in document["runs"]] == ["one", "one#wide"]
    assert {run["seed"] for run in document["runs"]} == {5}
    assert document["paired"] is True


def test_independent_runs_say_so(door: Door, plants: dict[str, xs.Scenario], folders: dict[str, Path]) -> None:
    door.run("run", plants["two"].source.name, "--seed", "7", "--replications", "5", "--quiet", "--out", "other")
    answer = door.run("compare", str(folders["one"]), "other")
    assert answer.code == 0
    assert "independent (Welch's interval)" in answer.out
    assert "seed 7, and 11 in one: not paired" in answer.out


def test_what_the_command_refuses(door: Door, folders: dict[str, Path], plants: dict[str, xs.Scenario]) -> None:
    one, two, plain_file = str(folders["one"]), str(folders["two"]), plants["one"].source.name
    door.write(BASE)
    door.run("yield", FILE, "--draws", "64", "--quiet", "--out", "yields")
    shutil.copytree(one, door.folder / "broken")
    (door.folder / "broken" / "replications.csv").write_text("x", encoding="utf-8")
    (door.folder / "empty").mkdir()
    for arguments, code, words in (
        ((one,), 2, "one run alone cannot be compared; got one; expected another run"),
        ((one, FILE), 2, f"cannot be mixed; got the file {FILE} and the folder"),
        ((one, "nothing"), 5, "nothing: there is no such file or folder"),
        ((one, "yields"), 5, "is not that of a run in time; got command yield; expected run"),
        ((one, "empty"), 5, "empty: there is no manifest.json"),
        ((one, "broken"), 5, "replications.csv: differs from what the run wrote"),
        (("empty", "broken"), 5, "empty: there is no manifest.json"),
        (("empty", "broken"), 5, "replications.csv: differs"),
        ((one, str(Path(two) / "run.json")), 2, "this is a file of a run; expected its folder"),
        ((one, two, "--seed", "3"), 2, "--seed: has no meaning here: the runs are over"),
        ((one, two, "--set", "a.b=1", "--draws", "3"), 2, "--draws: has no meaning here"),
        ((one, two, "--run"), 2, "--run: has no meaning here"),
        ((FILE, FILE, "--replications", "3"), 2, "--replications: has no meaning here: this is a comparison on draws"),
        ((FILE, FILE, "--resources"), 2, "expected --run beside it"),
        ((FILE, FILE, "--run", "--draws", "3"), 2, "--draws: has no meaning here: this is a comparison in time"),
        ((FILE, FILE, "--run"), 3, "the scenario has no [campaign]"),
        ((plain_file, "--run"), 2, "one scenario alone cannot be compared"),
        ((one, two, "--out", "yields"), 5, "holds another run"),
    ):
        answer = door.run("compare", *arguments)
        assert answer.code == code, (arguments, answer)
        assert words in answer.err, (arguments, answer.err)
        assert answer.out == ""
    assert not (door.folder / "results").exists()


def test_what_people_give_in_place_of_a_run(door: Door, folders: dict[str, Path]) -> None:
    """The folder above the runs, a comparison, a variant of a folder, a file of a run twice, an option of `run`."""
    one, two = map(str, folders.values())
    assert door.run("compare", one, two, "--quiet", "--out", "compared").code == 0
    above = str(folders["one"].parent)
    for arguments, code, words in (
        ((one, above), 5, f"this folder holds runs and is none; expected one of them, such as {one}"),
        ((one, "compared"), 5, "is not that of a run in time; got command compare"),
        ((one, f"{two}#wide"), 5, "there is no such file or folder"),
        ((one, str(folders["two"] / "replications.csv")), 2, f"this is a file of a run; expected its folder, {two}"),
        ((one, two, "--parquet"), 2, 'no such option "--parquet"'),
        ((one, two, "--replication", "3"), 2, "did you mean --replications?"),
        ((one, two, "--out", one, "--overwrite"), 5, "--out: this is one of the runs; expected another folder"),
        ((one, two, "--jobs", "2"), 2, "--jobs: has no meaning here: the runs are over; expected scenario files"),
    ):
        answer = door.run("compare", *arguments)
        assert answer.code == code, (arguments, answer)
        assert words in answer.err, (arguments, answer.err)
    xs.load_run(folders["one"])  # still whole


class Terminal(io.StringIO):
    """A terminal, as far as a table can tell."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(("width", "last"), [(160, "same"), (90, "(95 %)"), (60, "to one")])
def test_a_narrow_terminal_keeps_names_and_means(
    results: dict[str, xs.FacilityResults], monkeypatch: pytest.MonkeyPatch, width: int, last: str
) -> None:
    """Whole columns are left out, those that matter least first; no number is cut and every row has its name."""
    terminal = Terminal()
    monkeypatch.setattr("exosim.console_runs.new_console", lambda: Console(file=terminal, width=width, no_color=True))
    print_run_comparison(xs.compare(*results.values()), [], resources=False)
    shown = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert "\u2026" not in shown
    assert last in shown
    heading = shown.index("over the window")
    assert re.search(r"^   two +\d", shown[heading:], re.MULTILINE)
    assert max(map(len, shown.splitlines())) <= width


def test_the_same_run_twice_says_so(door: Door, folders: dict[str, Path]) -> None:
    one = str(folders["one"])
    answer = door.run("compare", one, one, "--out", "a")
    assert answer.code == 0
    assert "one (2): the same scenario and seed as one: the runs cannot differ" in answer.out
    assert "what differs" not in answer.out and "over the window" not in answer.out
    assert not (door.folder / "a" / "compare.png").exists()


def test_strange_names_do_no_harm(door: Door, folders: dict[str, Path]) -> None:
    """A folder may be called what a terminal or a formula would read as something else."""
    names = ["[bold red]a", "$x_1$ = b"]
    for name in names:
        shutil.copytree(folders["one"], door.folder / name)
    answer = door.run("compare", *names, str(folders["two"]), "--out", "c")
    assert answer.code == 0, answer.err
    assert all(name in answer.out for name in names)
    assert (door.folder / "c" / "compare.png").exists()


def test_a_lead_time_that_differs_at_the_start_is_told(results: dict[str, xs.FacilityResults]) -> None:
    """The window begins after 20 h, which is longer than a lead time here; with none, the faster plant is told."""
    runs = [of_results(found) for found in results.values()]
    words = "the faster plant has more in its first year"
    assert not any(words in line for line in compare_runs(runs).remarks())
    early = [replace(run, window=(0.0, run.window[1])) for run in runs]
    assert any(words in line for line in compare_runs(early).remarks())


def test_a_model_that_cannot_go_on_is_named(door: Door, plants: dict[str, xs.Scenario]) -> None:
    """Of many scenarios, the message says which one; nothing is written."""
    text = Path(plants["one"].source.name).read_text(encoding="utf-8")
    door.write(text + '[[variant]]\nname = "dense"\nset = { "serve.step_time" = "1e-15 h" }\n')
    answer = door.run("compare", FILE, "--run", "--replications", "2")
    assert answer.code == 4
    assert f"{FILE}#dense: " in answer.err
    assert not (door.folder / "results").exists()


def test_a_run_that_could_not_go_on_is_no_result(tmp_path: Path, folders: dict[str, Path]) -> None:
    stopped = tmp_path / "stopped"
    shutil.copytree(folders["one"], stopped)
    manifest = json.loads((stopped / "manifest.json").read_text(encoding="utf-8"))
    (stopped / "run.json").unlink()
    manifest["files"].pop("run.json")
    (stopped / "manifest.json").write_text(json.dumps({**manifest, "stopped": True}), encoding="utf-8")
    with pytest.raises(FileError, match="the run could not go on, and there are no results"):
        xs.compare(folders["one"], stopped)


def test_a_run_of_an_earlier_version_is_told(folders: dict[str, Path]) -> None:
    """Its document lacks what a comparison needs: run it again."""
    saved = xs.load_run(folders["one"])
    document = {key: value for key, value in saved.document.items() if key != "window"}
    with pytest.raises(FileError, match=r"run\.json has no 'window': it is of an earlier version"):
        xs.compare(replace(saved, document=document), saved)
