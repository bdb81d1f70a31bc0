"""Scenarios side by side: what common random numbers save, what better means, and the command with its folder."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim import plots
from exosim.comparison import IN_SPECIFICATION, labels, paired_difference
from exosim.errors import UsageError
from exosim.summaries import share_interval
from tests.layered import of_titer
from tests.oracle import REPLICATIONS, STATISTICS, Row, load
from tests.texts import BASE, FILE, Door

SCENARIOS = Path(__file__).parent.parent / "scenarios"
MORE_DOSES = SCENARIOS / "more_doses.toml"
ROWS = {row.label: row for row in load(STATISTICS)}
CRN = [row for row in ROWS.values() if row.id == "CRN"]
TITER, LITER = 5e9, 1e3
"""One liter at the titer of which the exponentials have 1 and 1.2 as their mean."""


def exponentials(folder: Path) -> tuple[xs.Scenario, xs.Scenario]:
    """Return two scenarios whose harvest is exponential, with the means 1 and 1.2 times 5e12 EV."""
    forms = (f'{{ exponential = {{ mean = "{mean * TITER:g} EV/mL" }} }}' for mean in (1.0, 1.2))
    first, second = (of_titer(folder, form, f"mean{place}") for place, form in enumerate(forms))
    return first, second


def differences(row: Row, folder: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
    """Return the variance of the difference over the draws, once for each seed: common or independent."""
    first, second = exponentials(folder)
    found = []
    for seed in range(REPLICATIONS):
        if "independent" in row.quantity:
            other = xs.evaluate(second, 20_000, seed=seed + 1000).values("harvested")
            gain = other - xs.evaluate(first, 20_000, seed=seed).values("harvested")
        else:
            compared = xs.compare(first, second, draws=20_000, seed=seed)
            gain = compared.values("harvested", "mean1") - compared.values("harvested", "mean0")
        found.append(float(np.var(gain / (TITER * LITER), ddof=1)))
    return np.array(found)


@pytest.mark.parametrize("row", CRN, ids=lambda row: row.label)
def test_oracle_row(row: Row, tmp_path: Path) -> None:
    assert row.accepts(differences(row, tmp_path))


def test_common_random_numbers_shrink_the_interval_as_theory_says(tmp_path: Path) -> None:
    """The half-width of the paired mean is sqrt(0.04 / 2.44), 0.128, of that of independent runs."""
    first, second = exponentials(tmp_path)
    (_, paired) = xs.compare(first, second, draws=40_000).of("harvested")
    assert paired.low is not None and paired.high is not None and paired.difference is not None
    half = (paired.high - paired.low) / 2.0
    spread = [float(np.var(xs.evaluate(s, 40_000).values("harvested"), ddof=1)) for s in (first, second)]
    independent = 1.96 * math.sqrt(sum(spread) / 40_000)
    assert half / independent == pytest.approx(math.sqrt(0.04 / 2.44), rel=0.01)
    assert paired.difference == pytest.approx(0.2 * TITER * LITER, abs=1.5 * half)
    assert paired.correlation == pytest.approx(1.0, abs=1e-9)
    assert paired.better == 1.0


@pytest.mark.parametrize("row", [r for r in ROWS.values() if r.id == "BINOM"], ids=lambda row: row.label)
def test_interval_of_a_probability(row: Row) -> None:
    """The exact interval of Clopper and Pearson, in its two-sided form."""
    hits, n = map(int, row.params.split("/"))
    low, high = share_interval(hits, n)
    assert row.accepts(low if "lower" in row.quantity else high)


def test_better_means_more_or_less() -> None:
    values, first = np.array([2.0, 1.0, 3.0, 3.0]), np.array([1.0, 2.0, 3.0, 2.0])
    more, less = (paired_difference(values, first, direction) for direction in ("more", "less"))
    assert (more["better"], less["better"], more["equal"]) == (0.5, 0.25, 0.25)
    assert "better" not in paired_difference(values, first, "neither")


def test_rounding_is_no_difference() -> None:
    """What differs in the last digits alone is equal, and no one is better."""
    first = np.array([1e13, 2e13, 3e13])
    found = paired_difference(first * (1.0 + 4e-16), first)
    assert (found["difference"], found["better"], found["equal"]) == (0.0, 0.0, 1.0)


def test_mean_and_interval_by_hand() -> None:
    found = paired_difference(np.array([2.0, 4.0, 9.0]), np.array([1.0, 2.0, 3.0]))
    sd = math.sqrt(7.0)  # of 1, 2, 6
    half = 4.302652729911275 * sd / math.sqrt(3.0)
    assert found["difference"] == pytest.approx(3.0)
    assert (found["low"], found["high"]) == (pytest.approx(3.0 - half), pytest.approx(3.0 + half))
    assert found["correlation"] == pytest.approx(np.corrcoef([2, 4, 9], [1, 2, 3])[0, 1])


@pytest.fixture(scope="module")
def comparison() -> xs.Comparison:
    return xs.compare(MORE_DOSES, draws=2000)


def test_a_file_stands_for_all_of_its_variants(comparison: xs.Comparison) -> None:
    assert list(comparison.scenarios) == [
        "more_doses", "more_doses#short_pools", "more_doses#sharp_cut", "more_doses#aseptic"
    ]  # fmt: skip
    for label, scenario in comparison.scenarios.items():
        plain = xs.evaluate(scenario, 2000, seed=comparison.seed)
        assert np.array_equal(plain.values("doses"), comparison.values("doses", label))


def test_what_the_scenario_page_says(comparison: xs.Comparison) -> None:
    first, short, sharp, aseptic = comparison.of("doses")
    assert first.difference is None
    assert short.better is not None and short.better > 0.999
    assert sharp.better is not None and sharp.better < 0.001
    assert aseptic.best is not None and short.best is not None
    assert aseptic.best > short.best > 0.1
    assert sum(c.best or 0.0 for c in comparison.of("doses")) == pytest.approx(1.0)
    assert "secreted" not in comparison.differing()
    assert comparison.of("batch_duration")[3].better == 1.0  # one step less takes less time


def test_the_share_within_specification_is_that_of_the_runs(comparison: xs.Comparison) -> None:
    for contrast in comparison.of(IN_SPECIFICATION):
        run = xs.evaluate(comparison.scenarios[contrast.scenario], 2000, seed=comparison.seed)
        assert contrast.mean == run.in_specification()["all"]
        assert contrast.typical == contrast.mean


def test_the_same_scenario_twice_differs_in_nothing() -> None:
    scenario = xs.load(SCENARIOS / "measured_process.toml")
    twice = xs.compare(scenario, scenario, draws=500)
    assert list(twice.scenarios) == ["measured_process", "measured_process (2)"]
    assert twice.differing() == []
    assert plots.shown_contrasts(twice) == ()
    with pytest.raises(ValueError, match="differ in no headline"):
        plots.contrasts(twice)


def test_doses_of_two_kinds_are_not_compared() -> None:
    """Particles, vesicles and cells: what is reported stands there, and nothing is said to be better."""
    names = ("minimal", "measured_process", "tessee_planar_msc")
    files = [xs.load(SCENARIOS / f"{name}.toml") for name in names]  # the last alone, without its variants
    mixed = xs.compare(*files, draws=64)
    assert [c.better for c in mixed.of("doses")] == [None] * 3
    assert [c.best for c in mixed.of("doses")] == [None] * 3
    assert sum("doses are not compared" in remark for remark in mixed.remarks()) == 2
    assert mixed.of("ev_yield")[2].reason == "this scenario does not report it"
    assert mixed.of("cell_yield")[0].n == 0
    json.dumps(mixed.as_dict(), allow_nan=False)


def test_one_alone_is_refused() -> None:
    with pytest.raises(UsageError, match="one scenario alone cannot be compared; got minimal"):
        xs.compare(SCENARIOS / "minimal.toml")
    with pytest.raises(UsageError, match="a Scenario or the path of a file is needed"):
        xs.compare(3)  # type: ignore[arg-type]
    assert labels([]) == {}


def test_progress_runs_over_all_scenarios() -> None:
    heard: list[tuple[int, int]] = []
    xs.compare(MORE_DOSES, draws=100, progress=lambda done, asked: heard.append((done, asked)))
    assert heard == [(100, 400), (200, 400), (300, 400), (400, 400)]


def test_the_number_of_processes_changes_no_bit() -> None:
    scenario = xs.load(SCENARIOS / "minimal.toml")
    other = scenario.with_({"medium.volume": "12 L"})
    one, two = (xs.compare(scenario, other, draws=40_000, jobs=jobs) for jobs in (1, 2))
    assert one.as_dict() == two.as_dict()


def test_text_form(comparison: xs.Comparison) -> None:
    text = str(comparison)
    assert "4 scenarios, 2000 common draws" in text
    assert "better in 100 %" in text


# ---------------------------------------------------------------- the command


def test_compare_in_one_command(door: Door) -> None:
    answer = door.run("compare", str(MORE_DOSES), "--draws", "256", "--out", "a")
    assert answer.code == 0, answer.err
    for words in ("4 scenarios on the same 256 draws", "more_doses#aseptic", "the same in all: ", "less is better"):
        assert words in answer.out or words in " ".join(answer.out.split())
    names = sorted(path.name for path in (door.folder / "a").iterdir())
    tables = ["compare.csv", "compare.json", "compare.png", "compare.svg", "hinges.csv", "ledgers.csv"]
    assert names == [*tables, "manifest.json"]
    with (door.folder / "a" / "compare.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["scenario"] for row in rows} == {
        f"more_doses{v}" for v in ("", "#short_pools", "#sharp_cut", "#aseptic")
    }
    assert not {"nan", "inf", "-inf"} & {cell for row in rows for cell in row.values()}
    manifest = json.loads((door.folder / "a" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["command"] == "compare"
    assert len(manifest["scenarios"]) == 4


def test_compare_as_json_is_the_same_bytes_again(door: Door) -> None:
    first, second = (door.run("compare", str(MORE_DOSES), "--draws", "64", "--json", "--out", out) for out in "ab")
    assert first.out == second.out == (door.folder / "a" / "compare.json").read_text(encoding="utf-8")
    document = first.document()
    assert list(document) == [
        "form",
        "version",
        "scenarios",
        "seed",
        "n",
        "quantities",
        "bounds",
        "rivalries",
        "warnings",
    ]
    assert (document["form"], document["n"]) == ("exosim.compare/1", 64)
    for name in ("compare.csv", "compare.png", "compare.svg", "hinges.csv", "ledgers.csv"):
        assert (door.folder / "a" / name).read_bytes() == (door.folder / "b" / name).read_bytes()


@pytest.mark.usefixtures("no_pictures")
def test_set_holds_for_all_and_variants_can_be_picked(door: Door) -> None:
    files = [f"{MORE_DOSES}#aseptic", f"{MORE_DOSES}#short_pools"]
    answer = door.run("compare", *files, "--draws", "64", "--json", "--set", "product.dose=2e10 particle", "--quiet")
    document = answer.document()
    assert [s["label"] for s in document["scenarios"]] == ["more_doses#aseptic", "more_doses#short_pools"]
    assert not document["warnings"]
    (folder,) = (door.folder / "results").iterdir()
    assert folder.name.startswith("more_doses-aseptic_compare-")
    assert door.run("compare", *files, "--draws", "64", "--set", "product.dose=2e10 particle", "--quiet").code == 0
    assert door.run("compare", *reversed(files), "--draws", "64", "--quiet").code == 0
    assert len(list((door.folder / "results").iterdir())) == 2


def test_what_the_command_refuses(door: Door) -> None:
    door.write(BASE)
    door.write(BASE.replace("pool", "x").replace("10 L", "10 kg"), "bad.toml")
    door.write(BASE.replace('"fill"', '"fil"').replace("vial_filling", "vial_filing"), "worse.toml")
    for arguments, code, words in (
        ((), 2, "Missing argument"),
        ((FILE,), 2, "one scenario alone cannot be compared; got base; expected another FILE"),
        (("-", "-"), 2, "standard input can be read once only"),
        ((FILE, "bad.toml", "worse.toml"), 3, "kg cannot be converted to L"),
        ((FILE, "bad.toml", "worse.toml"), 3, "vial_filling"),
        ((FILE, "no.toml"), 5, "no.toml"),
        ((f"{FILE}#none", FILE), 3, "none"),
        ((FILE, FILE, "--set", "tff.flux=1 kg"), 3, "kg"),
        ((FILE, FILE, "--draws", "0"), 2, "--draws"),
        ((FILE, FILE, "--draws", str(10**12)), 6, "draws would need"),
    ):
        answer = door.run("compare", *arguments)
        assert answer.code == code, (arguments, answer)
        assert words in answer.err, answer.err
        assert answer.out == ""
    assert not (door.folder / "results").exists()


def test_two_files_of_one_name(door: Door) -> None:
    """They are told apart, and the automatic folder is that of the pair."""
    door.write(BASE)
    door.write(BASE.replace('volume = "10 L"', 'volume = "12 L"'), "other.toml")
    answer = door.run("compare", FILE, "other.toml")
    assert answer.code == 0
    assert "base (2)" in answer.out
    same = door.run("compare", FILE, FILE, "--out", "same")
    assert same.code == 0
    assert not (door.folder / "same" / "compare.png").exists()
