"""The certificate of a lot: every number on the page is one of the log or the records, whatever became of the lot."""

from __future__ import annotations

import datetime
import json
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

import exosim as xs
from exosim.cli import main
from exosim.lot_certificate.document import Certificate, certificate_of
from exosim.parameter import Ledger
from exosim.quality import in_words
from exosim.reasons import Reasons
from exosim.telling.certificate import certificate_page, dose_in_words, plain, shown
from tests.regulatory.lots import ROOT, Page, plant

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
START = datetime.datetime(2027, 1, 4, 6)
ANY_FATE = 12
"""The lot of the plant that is reworked, contaminated, conditionally released and recalled."""


def written(folder: Path, text: str) -> Path:
    """Write a scenario."""
    file = folder / "plant.toml"
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the scenario of the plant in which much goes wrong."""
    return written(tmp_path_factory.mktemp("certificate"), plant())


@pytest.fixture(scope="module")
def reasons(file: Path) -> Reasons:
    """Return its lots."""
    scenario = xs.load(file)
    return Reasons(scenario, scenario.seed, 0)


@pytest.fixture(scope="module")
def certificates(reasons: Reasons) -> Mapping[int, Certificate]:
    """Return the certificates of all lots, by number."""
    return {lot.number + 1: certificate_of(reasons, lot.number + 1) for lot in reasons.lots}


@pytest.fixture(scope="module")
def html(certificates: Mapping[int, Certificate]) -> str:
    """Return the page of the lot to which most happened."""
    return certificate_page(certificates[ANY_FATE])


def moment(hour: float) -> str:
    """Return an hour of the run as it stands on a page."""
    date = START + datetime.timedelta(hours=hour, seconds=30)
    return date.replace(second=0, microsecond=0).isoformat()


def test_every_fate_has_a_headline(certificates: Mapping[int, Certificate]) -> None:
    """Released, with deviation, conditionally, recalled, rejected by a test and on the line, unfinished."""
    told = {one.headline for one in certificates.values()}
    for words in (
        "Released",
        "Released with deviation",
        "Conditionally released: confirmatory tests are still open",
        "Not released; rejected: sterility_test out of specification, and recalled",
        "Not released; rejected: endotoxin_test out of specification",
        "Not released; rejected: spill in fill",
        "Not released; unfinished at the end of the run; its tests and reviews are open",
    ):
        assert words in told
    for one in certificates.values():
        assert one.may_leave != one.headline.startswith("Not released")
        assert one.released == (one.doses if one.may_leave else 0.0)


def test_results_are_those_of_the_log(reasons: Reasons, certificates: Mapping[int, Certificate]) -> None:
    """Each result in the log stands on the certificate once, in order, with its verdict; each has a true value."""
    for number, one in certificates.items():
        events = reasons.history(number).events
        logged = sorted((e.phase, e.time, e.amount, e.note == "met") for e in events if e.event == "result")
        told = sorted((t.attribute, r.hour, r.value, r.met) for t in one.tests for r in t.results)
        assert told == logged
        assert all(r.true is not None for t in one.tests for r in t.results)
        verdicts = {e.procedure.removeprefix("assay."): e.note for e in events if e.event == "verdict"}
        assert {t.assay: t.verdict for t in one.tests if t.assay and t.verdict} == {
            assay: verdict for assay, verdict in verdicts.items() if any(t.assay == assay for t in one.tests)
        }


def test_what_nobody_noticed_is_true_on_the_certificate(certificates: Mapping[int, Certificate]) -> None:
    """A contaminated lot has its organisms as true value of sterility; the others have none."""
    for one in certificates.values():
        germs = any("bacteria entered" in words for p in one.procedures for _, words in p.incidents)
        for test in one.tests:
            if test.attribute == "sterility":
                assert all((result.true == 1.0) is germs for result in test.results)


def test_procedures_are_those_of_the_log(reasons: Reasons, certificates: Mapping[int, Certificate]) -> None:
    """Each time that a procedure ran has its begin, its end and its unit; a rework is another run."""
    for number, one in certificates.items():
        events = reasons.history(number).events
        starts = [(e.procedure, e.time, e.unit) for e in events if e.event == "start"]
        assert [(p.id, p.begin, p.units[0]) for p in one.procedures if p.units] == [s for s in starts if s[2]]
        worked = sum(work.times for p in one.procedures for work in p.work)
        assert worked == sum(e.event == "begin" and "." not in e.procedure for e in events)
    assert [(p.id, p.run) for p in certificates[ANY_FATE].procedures][-2:] == [("tff", 2), ("fill", 2)]


def test_amounts_follow_each_other(certificates: Mapping[int, Certificate]) -> None:
    """What a procedure hands on is what enters the next one; doses are accepted vials without those retained."""
    for one in certificates.values():
        for before, after in zip(one.procedures, one.procedures[1:], strict=False):
            if before.amounts and after.amounts and before.id != "fill":
                assert after.amounts.entered == pytest.approx(before.amounts.handed_on)
        if one.vials:
            assert one.vials["accepted"] >= one.vials["retained"] == 20.0
            assert one.used["vial"][0] >= one.vials["vials"]
        lost = one.headline.endswith("spill in fill")
        assert (one.procedures[-1].amounts is None) is lost


def test_parameters_of_the_lot_are_checked(certificates: Mapping[int, Certificate]) -> None:
    """The flux is drawn from 20 to 40 for each lot, and its range begins at 22: some lots lie outside."""
    values = [check for one in certificates.values() for check in one.parameters]
    assert {check.parameter.address for check in values} == {"tff.flux"}
    assert all(20.0 <= check.value <= 40.0 and check.inside == (check.value >= 22.0) for check in values)
    assert len({check.value for check in values}) == len(certificates)


def test_every_number_on_the_page_is_known(certificates: Mapping[int, Certificate], html: str) -> None:
    """Results, dates, amounts, materials and losses of the page are those of the certificate, with all digits."""
    one, page = certificates[ANY_FATE], Page(html)
    results = [result for test in one.tests for result in test.results]
    rows = page.rows("Certificate of analysis")
    assert [[number for cell in row for number in cell.numbers] for row in rows] == [[r.value, r.true] for r in results]
    assert [row_moments(row) for row in rows] == [[moment(r.hour)] for r in results]
    for row, procedure in zip(page.rows("Procedures"), one.procedures, strict=True):
        assert row_moments(row) == [
            moment(h) for h in (procedure.ready, procedure.begin, procedure.end) if h is not None
        ]
    amounts = [p.amounts for p in one.procedures if p.amounts]
    told = [row_numbers(row) for row in page.rows("Amounts")]
    assert [(n[0], n[1], n[-1]) for n in told] == [(a.entered, a.handed_on, a.milliliters) for a in amounts]
    assert [row_numbers(row)[0] for row in page.rows("Materials used")] == [amount for amount, _ in one.used.values()]
    assert [row_moments(row) for row in page.rows("Tests, closures of deviations, reviews")] == [
        [moment(h) for h in (job.asked, job.begin, job.done) if h is not None] for job in one.jobs
    ]
    shares = [row_numbers(row)[1] for row in page.rows("Losses by step")]
    assert sum(shares) == pytest.approx(100.0)
    assert page.facts["Doses released"].numbers == [one.released]
    assert page.facts["Manufactured (end of the recipe)"].moments == [moment(one.manufactured or 0.0)]
    assert len(page.rows("Parameters behind this lot")) == len(one.ledger)


def row_numbers(row: list[Any]) -> list[float]:
    """Return the numbers of a row."""
    return [number for cell in row for number in cell.numbers]


def row_moments(row: list[Any]) -> list[str]:
    """Return the moments of a row."""
    return [text for cell in row for text in cell.moments]


def test_nobody_can_take_it_for_real(html: str) -> None:
    """The page says on top, in its title and at its foot that it is simulated; it has no signatures."""
    page = Page(html)
    words = page.everything.text
    assert words.index("Simulated, not a real lot.") < words.index("Certificate of analysis")
    assert "<title>Simulated:" in html
    assert words.rindex("Simulated, not a real lot.") > words.index("Parameters behind this lot")
    assert all(row[2].text == row[3].text == "" for row in page.rows("Signatures"))
    assert [row[0].text for row in page.rows("Signatures")] == ["quality", "quality"]


def test_the_page_needs_nothing_else(html: str) -> None:
    """No script, no font, no picture, no style from elsewhere; texts of the scenario are text."""
    page = Page(html)
    assert page.elements.isdisjoint({"script", "iframe", "object", "img", "base", "form"})
    assert all(address.startswith(("data:", "#")) for address in page.addresses)
    assert "&lt;script&gt;alert(&#39;title&#39;)&lt;/script&gt;" in html
    assert "<img src=x onerror=alert(1)> & co" in page.everything.text


def test_the_same_lot_gives_the_same_page(file: Path, html: str) -> None:
    """A page follows from scenario, seed and version."""
    assert certificate_page(xs.certificate(xs.load(file), ANY_FATE)) == html


def test_results_in_memory_have_it_too(file: Path, certificates: Mapping[int, Certificate]) -> None:
    """What :func:`exosim.simulate` gave is run again, and its log compared."""
    results = xs.simulate(xs.load(file), 1)
    assert xs.certificate(results, ANY_FATE).as_dict() == certificates[ANY_FATE].as_dict()
    with pytest.raises(xs.UsageError, match="there is no replication 2"):
        xs.certificate(results, 1, 2)


def test_without_release_there_is_a_batch_record(tmp_path: Path) -> None:
    """The page says so, and has neither tests nor signatures."""
    one = xs.certificate(xs.load(written(tmp_path, plant(release=False))), 1)
    assert "since this scenario has no release" in one.headline
    assert not one.may_leave
    page = Page(certificate_page(one))
    assert "No certificate of analysis" in page.everything.text
    assert {"Certificate of analysis", "Signatures"}.isdisjoint(page.tables)
    assert len(page.rows("Procedures")) == len(one.procedures)


def test_a_product_of_a_site_has_its_own_specification() -> None:
    """Each lot of a site is certified by the attributes of its own product."""
    site = xs.load(ROOT / "scenarios" / "cdmo_two_products.toml")
    reasons = Reasons(site, site.seed, 0)
    for name in {lot.campaign for lot in reasons.lots}:
        number = next(lot.number + 1 for lot in reasons.lots if lot.campaign == name)
        one = certificate_of(reasons, number)
        product = next(product for product in site.products() if product.name == name)
        assert [test.attribute for test in one.tests] == [a.id for a in product.declarations.attributes]
        assert name in one.product
        assert isinstance(one.ledger, Ledger)


def test_numbers_as_people_write_them() -> None:
    """Powers of ten are raised, and all digits stay beside the text."""
    assert plain("8e9 to 1.2e10 particle/mL, 1e-8") == "8×10⁹ to 1.2×10¹⁰ particle/mL, 1×10⁻⁸"
    assert shown(0.1 + 0.2, "ng") == '<data value="0.30000000000000004">0.3000 ng</data>'
    assert shown(59110.0, "1", 6) == '<data value="59110.0">59,110</data>'
    assert shown(2.5e9, "particle/ug") == '<data value="2500000000.0">2.5×10⁹ particle/µg</data>'
    assert dose_in_words("1e10 particle") == "1×10¹⁰ particles as the instrument counts them"
    assert dose_in_words("20 ug") == "20 µg of protein"
    assert dose_in_words("1.3e13 molecule") == "1.3×10¹³ MHC class II molecules"
    assert [in_words(name) for name in ("dna_per_dose", "cd9_positive", "evs_per_vial")] == [
        "DNA per dose", "CD9 positive", "EVs per vial",
    ]  # fmt: skip


def test_the_lot_of_a_patient_tells_of_the_patient() -> None:
    """Whom it was promised to and for when, and whether it served them; what was lost before its tests is not open."""
    site = xs.load(ROOT / "scenarios" / "dendritic_vaccine.toml")
    reasons = Reasons(site, site.seed, 0)
    lots = {lot.number + 1: lot for lot in reasons.lots if lot.disposition != "turned_away"}
    served = next(number for number, lot in lots.items() if lot.good and lot.doses >= 4)
    lost = next(number for number, lot in lots.items() if lot.disposition == "rejected" and lot.manufactured is None)
    for number, words in ((served, "served "), (lost, "not served by this lot")):
        one = certificate_of(reasons, number)
        assert one.patient is not None and one.patient.course == 4
        assert one.as_dict()["patient"] == {"course": 4, "promised": lots[number].due, "fate": one.patient.fate}
        html = certificate_page(one)
        assert f"<dt>The patient</dt><dd>{words}" in html
        assert (">not tested<" in html, "<dd>none</dd>" in html) == ((number == lost,) * 2)
        assert ">open<" not in html


def test_what_is_not_dosed_has_no_line_of_doses() -> None:
    """A sample that is tested is no product: there is nothing to release, and nothing that was refused."""
    site = xs.load(ROOT / "scenarios" / "plasma_early_detection.toml", {"horizon": "17 d"})
    html = certificate_page(certificate_of(Reasons(site, site.seed, 0), 2))
    assert not re.search(r"<dt>[^<]*[Dd]ose", html) and 'class="answer refused"' not in html


def test_a_culture_that_makes_vesicles_has_no_recovery() -> None:
    """What a step hands on beyond what entered was made there: such a share says nothing."""
    site = xs.load(ROOT / "scenarios" / "msc_200l_gmp.toml", {"horizon": "80 d"})
    one = certificate_of(Reasons(site, site.seed, 0), 1)
    told = {p.id: (p.amounts, row_numbers(row)) for p, row in zip(
        one.procedures, Page(certificate_page(one)).rows("Amounts"), strict=True)}  # fmt: skip
    made, shown_numbers = told["culture"]
    assert made is not None and 0.0 < made.entered < made.handed_on and len(shown_numbers) == 3
    assert len(told["bind"][1]) == 4


def test_donors_are_counted_in_their_replication(file: Path) -> None:
    """They are drawn by numbers of their own in each replication; a person counts from 1."""
    scenario = xs.load(file)
    reasons = Reasons(scenario, scenario.seed, 1)
    assert [certificate_of(reasons, lot).donor for lot in (1, 3, 4)] == [1, 1, 2]


def test_the_command_writes_and_refuses(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A page is written once; a file that is there, a lot that is not and a run that is none are told."""
    monkeypatch.chdir(tmp_path)
    asked = ["certificate", str(file), "LOT-012", "--out", "page.html"]
    assert main(asked) == 0
    assert "Lot 12 of" in capsys.readouterr().out
    assert main(asked) == 5
    assert "--overwrite" in capsys.readouterr().err
    assert main([*asked, "--overwrite", "--json"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert (document["form"], document["lot"], document["simulated"]) == ("exosim.certificate/1", 12, True)
    assert main(["certificate", str(file), "99"]) == 2
    assert "a lot from 1 to 20" in capsys.readouterr().err
    assert main(["certificate", str(file), "1", "--out", str(tmp_path)]) == 5
    assert main(["certificate", "nowhere.toml", "1"]) == 5
    assert main(["certificate", str(file), "first"]) == 2
    assert main(["certificate", str(file), "1", "--replication", "0"]) == 2
    assert sorted(path.name for path in tmp_path.iterdir()) == ["page.html"]


@pytest.mark.slow
def test_a_saved_run_has_the_same_page(file: Path, tmp_path: Path, html: str) -> None:
    """From its folder, with the scenario file gone, and by Python."""
    run = tmp_path / "run"
    assert main(["run", str(file), "--out", str(run), "--quiet"]) == 0
    again = xs.certificate(xs.load_run(run), ANY_FATE).save(tmp_path / "page.html")
    assert again.read_text(encoding="utf-8") == html
    assert main(["certificate", str(run), "1", "--set", "seed=3"]) == 2
    with pytest.raises(xs.FileError):
        xs.certificate(xs.load_run(run), 1).save(again)


def test_the_profile_as_a_page(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The regulatory view is printed, is a document, and is a page."""
    page = tmp_path / "profile.html"
    assert main(["profile", str(file), "--out", str(page)]) == 0
    assert "22 to 60 L/m2/h" in capsys.readouterr().out
    assert "tff.flux" in Page(page.read_text(encoding="utf-8")).everything.text
    assert main(["profile", str(file), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["parameters"][0]["affects"] == ["content"]


def test_the_page_in_a_browser(html: str, tmp_path: Path) -> None:
    """It asks for nothing, logs no error, and is no wider than a desktop or a phone."""
    api = pytest.importorskip("playwright.sync_api", reason="needs locks/docs.txt")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip("no browser")
    file, wrong = tmp_path / "page.html", list[str]()
    file.write_text(html, encoding="utf-8")
    with api.sync_playwright() as playwright:
        tab = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"]).new_page()
        tab.on("request", lambda request: wrong.append(request.url) if request.url != file.as_uri() else None)
        tab.on("console", lambda message: wrong.append(message.text))
        tab.on("pageerror", lambda error: wrong.append(str(error)))
        tab.on("dialog", lambda dialog: wrong.append("a dialog"))
        for width in (1280, 390):
            tab.set_viewport_size({"width": width, "height": 844})
            tab.goto(file.as_uri(), wait_until="networkidle")
            assert tab.evaluate("document.documentElement.scrollWidth") <= width
    assert [text for text in wrong if not text.startswith("data:")] == []


def test_a_sample_on_a_diagnostic_line_has_no_doses(tmp_path: Path) -> None:
    """A person's sample is no medicine: its batch record speaks of no dose that is made, released or missing."""
    text = """\
format = 1
name = "samples"
start = 2027-03-01T08:00:00
horizon = "2 d"
replications = 1

[diagnostic]
prevalence = "1 %"
sensitivity = "90 %"
specificity = "95 %"

[[unit_procedure]]
id = "draw"
operation = "blood_plasma"

[campaign]
every = "6 h"
"""
    scenario = xs.load(written(tmp_path, text))
    page = certificate_page(certificate_of(Reasons(scenario, scenario.seed, 0), 1))
    assert "Simulated, not a real lot" in page and "dose" not in page.lower().partition("<h2>batch record")[0]
