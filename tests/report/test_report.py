"""The report of a run: every number is one of the results, every claim follows from them, and it opens anywhere."""

from __future__ import annotations

import itertools
import json
import math
import re
from pathlib import Path

import pytest

import exosim as xs
from exosim.cli import main
from exosim.errors import FileError
from exosim.indicators import HEADLINE_UNITS, RESOURCE_UNITS
from exosim.references import references
from exosim.saved import Saved, load_saved
from exosim.summaries import Estimate, Summary
from exosim.telling.answers import answer
from exosim.telling.bounds import SHARES, interval_of_mean
from exosim.telling.cells import plain
from exosim.telling.checklist import checklist
from exosim.telling.report import report
from exosim.titles import INDICATORS
from tests.html_pages import Page
from tests.lot_scenario import measured_lots, measured_text
from tests.texts import BASE, FILE, Door, changed

SCENARIOS = Path(__file__).parents[2] / "scenarios"
_RAISED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "-0123456789")
_ITEMS = [
    "1.1", "1.2", "1.3", "2.1", "2.2", "2.3", "2.4", "2.5.1", "2.5.2", "2.5.3", "2.5.4", "2.5.5",
    "3.1", "3.2", "3.3", "3.4", "4.1", "4.2", "4.3", "5.1", "5.2", "5.3", "5.4", "6.1",
]  # fmt: skip
HOSTILE = '<script>alert("1")</script> & <b>'


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> xs.Scenario:
    """Return a small process whose lots are measured in every way; batches wait for the only skid."""
    return measured_lots(tmp_path_factory.mktemp("lots"), "60 h")


@pytest.fixture(scope="module")
def yields(scenario: xs.Scenario, tmp_path_factory: pytest.TempPathFactory) -> xs.SavedYields:
    """Return a yield as it was saved."""
    folder = tmp_path_factory.mktemp("yield") / "y"
    options = ["--draws", "256", "--seed", "7", "--quiet", "--out", str(folder)]
    assert main(["yield", scenario.source.name, *options]) == 0
    return xs.load_yields(folder)


@pytest.fixture(scope="module")
def run(scenario: xs.Scenario, tmp_path_factory: pytest.TempPathFactory) -> xs.SavedRun:
    """Return a run in time as it was saved."""
    folder = tmp_path_factory.mktemp("run") / "r"
    assert main(["run", scenario.source.name, "--replications", "2", "--quiet", "--out", str(folder)]) == 0
    return xs.load_run(folder)


@pytest.fixture(scope="module")
def pages(yields: xs.SavedYields, run: xs.SavedRun) -> dict[str, Page]:
    """Return both reports as they are read."""
    return {"yield": Page(report(yields)), "run": Page(report(run))}


def numbers_of(row: Summary) -> list[float]:
    """Return the numbers of a quantity in the order of the tables."""
    return [value for value in (row.median, row.p5, row.p95, row.mean, row.sd, float(row.n)) if value is not None]


# -- numbers ----------------------------------------------------------------------------------------------------------


def test_every_quantity_stands_on_the_page_as_it_was_saved(yields: xs.SavedYields, pages: dict[str, Page]) -> None:
    found = {
        (row[0].text, row[1].text): [number for cell in row[2:] for number in cell.numbers]
        for row in pages["yield"].tables["Every quantity after every step"][1:]
    }
    known = {(q.step, q.name): numbers_of(q) for q in yields.quantities.values() if q.step is not None and q.n}
    assert {key: found[key] for key in known} == known
    assert len(found) == sum(step is not None for _, step in yields.quantities)


def test_headlines_and_attributes_stand_on_the_page_as_they_were_saved(
    yields: xs.SavedYields, pages: dict[str, Page]
) -> None:
    tables = [pages["yield"].rows("Figures of a batch"), pages["yield"].rows("Attributes, as their assays")]
    found = [[number for cell in row for number in cell.numbers] for table in tables for row in table.values()]
    known = [numbers_of(q) for (_, step), q in yields.quantities.items() if step is None and q.n]
    assert sorted(numbers for numbers in found if numbers != [0.0]) == sorted(known)
    shares = {name: row[0].numbers[0] for name, row in pages["yield"].rows("Attributes, limits").items()}
    told = yields.document["specification"]
    assert shares == {("all of them" if name == "all" else name): share for name, share in told.items()}


def test_every_indicator_stands_on_the_page_as_it_was_saved(run: xs.SavedRun, pages: dict[str, Page]) -> None:
    whole = pages["run"].rows("Indicators of the facility")
    for row in run.indicators:
        if row.step is None and row.mean is not None and not INDICATORS.get(row.name, " ").startswith(" "):
            told = [number for cell in whole[INDICATORS[row.name]] for number in cell.numbers]
            known = (row.mean, *interval_of_mean(row), row.median, row.p5, row.p95, float(row.n))
            assert told == [value for value in known if value is not None]
    parts = [rows for name, rows in pages["run"].tables.items() if rows[0][0].text == "of"]
    assert sum(len(rows) - 1 for rows in parts) == sum(row.step is not None for row in run.indicators)
    occupied = {
        row[0].text: row[2].numbers for row in pages["run"].tables["Equipment"][1:] if row[1].text == "occupancy"
    }
    known_means = {row.step: [row.mean] for row in run.indicators if row.name == "occupancy"}
    assert occupied == known_means


@pytest.mark.parametrize("of", ["yield", "run"])
def test_what_is_shown_is_what_is_meant(of: str, pages: dict[str, Page]) -> None:
    """Each number as text is the number behind it, to the digits that are shown."""
    assert len(pages[of].shown) > 200
    for value, text in pages[of].shown:
        assert math.isclose(_read(text), value, rel_tol=0.051, abs_tol=1e-300) or _rounds(text, value), (text, value)


def _read(text: str) -> float:
    """Return the number that a person reads."""
    found = re.fullmatch(r"(-?[\d,.]+)(?:×10([⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+))?( %| d)?(?: .*)?", text)
    assert found is not None, text
    scale = {" %": 0.01, " d": 24.0, None: 1.0}[found[3]]
    return float(found[1].replace(",", "")) * 10.0 ** int((found[2] or "0").translate(_RAISED)) * scale


def _rounds(text: str, value: float) -> bool:
    """Return whether a percentage with one decimal is the rounded value."""
    return text.endswith(" %") and abs(_read(text) - value) <= 0.00051


# -- the answer -------------------------------------------------------------------------------------------------------


def test_the_answer_of_a_yield_is_that_of_its_results(yields: xs.SavedYields) -> None:
    much, good, held = answer(yields)
    doses, share = yields.summary("doses"), yields.document["specification"]["all"]
    values = [part.value for part in much.says if hasattr(part, "value")]
    assert values[:4] == [doses.median, doses.p5, doses.p95, share]
    assert "256 draws" in str(much) and str(good).startswith("How good: EV yield, start to product ")
    first = yields.document["ranking"][0]
    assert first["input"] in str(held) and f"{100 * first['share']:.1f} %" in str(held)
    recoveries = {s: q.median for (name, s), q in yields.quantities.items() if name == "recovery" and q.n}
    assert f"The largest loss is at {min(recoveries, key=lambda step: recoveries[step])}: " in str(held)


def test_the_answer_of_a_run_is_that_of_its_results(run: xs.SavedRun) -> None:
    much, good, held = map(str, answer(run))
    known = {(row.name, row.step): row for row in run.indicators}
    assert much.startswith(
        f"How much: {plain(known['doses_per_year', None].mean or 0.0)} doses per year (95 % interval"
    )
    assert "2 replications" in much and "From the start of a batch until its doses may leave: " in good
    occupancy = {row.step: row.mean or 0.0 for row in run.indicators if row.name == "occupancy"}
    assert f"The most occupied equipment is {max(occupancy, key=lambda name: occupancy[name])}, " in held
    assert "By the plan a batch is started every 48 h." in held
    assert "Batches wait longest for a free unit before tff: " in held


@pytest.mark.parametrize(
    ("name", "low", "high", "shown"),
    [
        ("doses_per_year", -177405.0, 979153.0, (0.0, 979153.0)),
        ("released_fraction", -0.1, 1.2, (0.0, 1.0)),
        ("deviations_per_batch", 0.5, 1.5, (0.5, 1.5)),
        ("lead_time", None, None, (None, None)),
    ],
)
def test_an_interval_ends_where_its_indicator_does(
    name: str, low: float | None, high: float | None, shown: tuple[float | None, float | None]
) -> None:
    """Student's interval over few replications goes beyond what can be; the page does not."""
    assert interval_of_mean(Estimate(name, None, "1", 6, 0.9, low, high)) == shown


def test_every_indicator_is_a_share_or_a_count() -> None:
    """A new one must be put on one side: of those without a unit, these can be more than 1."""
    units = {**HEADLINE_UNITS, **RESOURCE_UNITS}
    counts = {
        "batches_started", "batches_finished", "batches_rejected", "batches_turned_away", "hold_violations",
        "work_in_progress", "lots_in_quality", "deviations_per_batch", "retests_per_batch", "patients_due", "labor",
        *(f"orders_{fate}{of}" for fate in ("due", "filled", "late", "lost") for of in ("", "_by_product")),
    }  # fmt: skip
    assert {name for name, unit in units.items() if unit == "1"} == counts | SHARES


def test_nothing_made_is_said(door: Door) -> None:
    """A run that finishes nothing has no lead time, and its report says so."""
    door.write(changed('horizon = "60 d"', 'horizon = "2 h"', measured_text()))
    assert door.run("run", FILE, "--replications", "1", "--quiet", "--out", "r").code == 0
    found = door.run("report", "r")
    assert found.code == 0 and "No batch ended well, so that there is no lead time." in found.out
    page = Page((door.folder / "r.html").read_text(encoding="utf-8"))
    assert "no batch was finished in the window" in page.words and "one replication: there is no interval" in page.words


# -- the page ---------------------------------------------------------------------------------------------------------


def needs_nothing_else(page: Page) -> None:
    """Assert: no script, no font, no picture from elsewhere; links lead to works, and to places that are there."""
    assert not page.all("script", "iframe", "object", "embed", "form", "audio", "video")
    assert [link["href"] for link in page.all("link")] == ["data:,"]
    assert all((image["src"] or "").startswith("data:") for image in page.all("img"))
    assert "@import" not in page.text and "url(http" not in page.text and len(page.text) < 2_000_000
    addresses = {anchor["href"] or "" for anchor in page.all("a")}
    assert all(address.startswith(("#", "https://", "http://")) for address in addresses)
    ids = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {address[1:] for address in addresses if address.startswith("#")} <= set(ids)
    called = re.findall(r'(?:href="#|url\(#)([^")]+)', page.text)
    assert set(called) <= set(ids)


def can_be_read(page: Page) -> None:
    """Assert: one title; headings in order; heads of tables say what of they are; pictures say what they show."""
    levels = [level for level, _ in page.headings]
    assert levels.count(1) == 1 and levels[0] == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    assert all(head.get("scope") for head in page.all("th"))
    drawings = [attributes for attributes in page.all("div") if attributes.get("class") == "picture"]
    assert all(each.get("aria-label") for each in drawings if each.get("role") == "img")
    assert page.all("html")[0]["lang"] == "en"
    order = [heading for level, heading in page.headings if level == 2]
    wanted = ["The answer", "Steps and losses", "Specification and quality", "Regulatory view", "Evidence"]
    wanted += ["Balance audit", "Checklist STRESS-DES", "Hashes, and how to do it again"]
    assert [heading for heading in order if heading in wanted] == wanted


@pytest.mark.parametrize("of", ["yield", "run"])
def test_the_page_is_whole(of: str, pages: dict[str, Page]) -> None:
    needs_nothing_else(pages[of])
    can_be_read(pages[of])


@pytest.mark.parametrize("of", ["yield", "run"])
def test_every_parameter_and_source_is_told(
    of: str, yields: xs.SavedYields, run: xs.SavedRun, pages: dict[str, Page]
) -> None:
    saved: Saved = yields if of == "yield" else run
    ledger = saved.scenario.ledger()
    rows = pages[of].rows("Every parameter")
    assert set(rows) == {line.path for line in ledger}
    grades = [row[3].text for row in rows.values()]
    assert grades[: grades.count("D")] == ["D"] * ledger.counts()["D"]
    assert f"{ledger.counts()['D']} of {len(ledger)} parameters are assumptions." in pages[of].words
    sources = pages[of].rows("Sources used")
    assert set(sources) == {line.source for line in ledger} - {"assumption", "plan"}
    for key, row in sources.items():
        doi = references()[key].doi if key in references() else None
        assert row[1].links == ([f"https://doi.org/{doi}"] if doi else row[1].links)
    if of == "yield":
        (share,) = [rank["share"] for rank in yields.document["ranking"][:1]]
        assert next(iter(rows.values()))[-1].numbers[0] == share


@pytest.mark.parametrize("of", ["yield", "run"])
def test_the_checklist_is_whole(of: str, yields: xs.SavedYields, run: xs.SavedRun, pages: dict[str, Page]) -> None:
    """Each item of STRESS-DES has an answer; what has no meaning without a clock says so."""
    items = checklist(yields if of == "yield" else run)
    assert [item.number for item in items] == _ITEMS
    assert all(item.answer for item in items)
    idle = {item.number for item in items if item.answer.startswith("not applicable")}
    assert idle == ({"2.5.3", "2.5.4", "4.1"} if of == "yield" else set())
    assert all(item.answer in pages[of].words for item in items)


def test_hashes_and_commands_lead_back(yields: xs.SavedYields, run: xs.SavedRun, pages: dict[str, Page]) -> None:
    told = {name: row[0].text for name, row in pages["yield"].rows("Files of the run").items()}
    assert told == dict(yields.manifest["files"])
    logs = [row[0].text for row in pages["run"].rows("Event logs").values()]
    assert logs == list(run.log_hashes)
    assert "exosim yield lots.toml --draws 256 --seed 7 --out results/again" in pages["yield"].words
    assert yields.scenario.hash in pages["yield"].words and run.scenario.hash in pages["run"].words


def test_commands_with_changes_give_the_same_run(door: Door) -> None:
    """What the page says gives the page: changed values with their quotes, nested counts, the seed."""
    import shlex

    door.write(BASE)
    options = [
        "--set",
        'medium.volume="12 L"',
        "--set",
        "tff.concentration_factor=8",
        "--nested",
        "8x2x2",
        "--seed",
        "3",
    ]
    assert door.run("yield", FILE, *options, "--quiet", "--out", "a").code == 0
    assert door.run("report", "a", "--quiet").code == 0
    page = Page((door.folder / "a.html").read_text(encoding="utf-8"))
    (line,) = [line for line in page.words.splitlines() if line.startswith("exosim yield")]
    assert door.run(*shlex.split(line)[1:], "--quiet").code == 0
    assert door.run("report", "results/again", "--quiet").code == 0
    assert (door.folder / "results" / "again.html").read_bytes() == (door.folder / "a.html").read_bytes()


def test_texts_of_a_scenario_are_shown_not_run(door: Door) -> None:
    text = changed('name = "base"', f'name = "base"\ntitle = {json.dumps(HOSTILE)}')
    door.write(text.replace("measured here", HOSTILE.replace('"', '\\"')))
    assert door.run("report", FILE, "--out", "hostile.html", "--draws", "64", "--quiet").code == 0
    page = (door.folder / "hostile.html").read_text(encoding="utf-8")
    assert "<script" not in page and "&lt;script&gt;" in page
    assert Page(page).headings[0] == (1, HOSTILE)


def test_results_and_their_folder_give_the_same_page(run: xs.SavedRun, scenario: xs.Scenario, tmp_path: Path) -> None:
    """In memory and from its folder: the same bytes; nothing on the page tells of time or place."""
    page = xs.simulate(scenario, 2).report(tmp_path / "memory.html")
    assert page.read_bytes() == run.report(tmp_path / "folder.html").read_bytes()
    text = page.read_text(encoding="utf-8")
    for told in (str(tmp_path), str(Path.home()), str(run.folder), "/tmp", run.manifest["finished"]):
        assert told not in text


def test_cells_as_the_product_have_a_report(tmp_path: Path) -> None:
    scenario = xs.load(SCENARIOS / "tessee_planar_msc.toml")
    page = Page(xs.evaluate(scenario, draws=64).report(tmp_path / "page.html").read_text(encoding="utf-8"))
    rows = page.rows("Step by step")
    assert [name for name in rows if "." not in name] == [one.id for one in scenario.declarations.procedures]
    assert all(row[0].text.endswith(" cell") for row in rows.values())


@pytest.mark.slow
@pytest.mark.parametrize("file", sorted(SCENARIOS.glob("*.toml")), ids=lambda file: file.stem)
def test_every_scenario_has_a_report(file: Path, tmp_path: Path) -> None:
    """A yield of each that is shipped, its first variant, and one replication of a run."""
    scenario = xs.load(file)
    results: list[xs.Yields | xs.FacilityResults] = [xs.evaluate(scenario, draws=64)]
    results += [xs.evaluate(variant, draws=64) for variant in list(scenario.variants().values())[:1]]
    results += [xs.simulate(scenario, 1)] if scenario.declarations.plant.campaigns else []
    for number, result in enumerate(results):
        page = Page(result.report(tmp_path / f"{number}.html").read_text(encoding="utf-8"))
        needs_nothing_else(page)
        can_be_read(page)
        assert "All balances close to rounding" in page.words


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command_tells_the_answer_and_where_the_page_is(yields: xs.SavedYields, door: Door) -> None:
    found = door.run("report", str(yields.folder), "--out", "sent/page.html")
    assert found.code == 0
    assert found.out.splitlines() == [*map(str, answer(yields)), str(Path("sent") / "page.html")]
    assert list((door.folder / "sent").iterdir()) == [door.folder / "sent" / "page.html"]
    document = door.run("report", str(yields.folder), "--out", "other.html", "--json").document()
    assert list(document) == ["form", "version", "scenario", "seed", "of", "answer", "warnings", "ledger", "sha256"]
    assert document["form"] == "exosim.report/1" and document["of"] == "yield"
    assert [line["about"] for line in document["answer"]] == ["How much", "How good", "What holds it back"]


def test_mistakes_are_told(yields: xs.SavedYields, door: Door) -> None:
    door.write(BASE)
    (door.folder / "empty").mkdir()
    (door.folder / "other").mkdir()
    (door.folder / "other" / "manifest.json").write_text('{"command": "compare", "files": {}}', encoding="utf-8")
    (door.folder / "kept.html").write_text("mine", encoding="utf-8")
    folder = str(yields.folder)
    for arguments, code, told in (
        (("nowhere",), 5, "no such file"),
        (("empty",), 5, "no manifest.json"),
        (("other",), 5, "got command compare; expected command yield or run"),
        ((folder, "--out", "kept.html"), 5, "there is a file of this name already"),
        ((FILE, "--out", "kept.html"), 5, "there is a file of this name already"),
        ((folder, "--out", "empty"), 5, "this is a folder, not a file"),
        ((folder, "--out", "kept.html/page.html"), 5, "cannot be written"),
        ((folder, "--set", "fill.retained=3 vial"), 2, "--set: has no meaning here: the run is over"),
        ((folder, "--draws", "64", "--seed", "1"), 2, "--seed: has no meaning here"),
        ((FILE, "--set", "fill.retain=3"), 3, "fill.retain"),
    ):
        found = door.run("report", *arguments)
        assert found.code == code and told in found.err, (arguments, found)
    assert (door.folder / "kept.html").read_text(encoding="utf-8") == "mine"
    assert door.run("report", folder, "--out", "kept.html", "--overwrite", "--quiet").code == 0
    assert sorted(path.name for path in door.folder.iterdir()) == ["empty", "kept.html", "other", FILE]


def test_a_damaged_folder_is_refused(door: Door) -> None:
    door.write(BASE)
    assert door.run("yield", FILE, "--quiet", "--out", "y").code == 0
    file = door.folder / "y" / "yields.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"n": 64', '"n": 65', 1), encoding="utf-8")
    found = door.run("report", "y")
    assert found.code == 5 and "differs from what the run wrote" in found.err
    assert not (door.folder / "y.html").exists()
    with pytest.raises(FileError, match="differs"):
        load_saved(door.folder / "y")
