"""Why of real scenarios: every lot adds up, whatever became of it; the command and what it writes."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import exosim as xs
from exosim.attribution.why import Why
from exosim.cli import main
from exosim.reasons import Reasons
from tests.why_plants import contiguous

SCENARIOS = Path(__file__).parents[1] / "scenarios"
CDMO, REFERENCE = SCENARIOS / "cdmo_two_products.toml", SCENARIOS / "msc_hollow_fiber.toml"
TROUBLE = f"""
extends = "{REFERENCE.as_posix()}"
name = "trouble"

[campaign]
every = "9 d"
work_in_progress = 6

[release]
analyst = "analyst"
conditional = true
[release.deviation]
role = "quality"
hands_on = "8 h"
duration = {{ triangular = {{ low = "5 d", mode = "10 d", high = "30 d" }} }}

[[personnel]]
role = "analyst"
headcount = 1
shifts = ["early"]
[[personnel]]
role = "quality"
headcount = 1
shifts = ["early"]

[[equipment]]
id = "particle_counter"
turnaround = "1 h"

[[assay]]
id = "nanoparticle_tracking"
duration = "1 d"
hands_on = "3 h"
unit = "particle_counter"
retests = 2
rule = "any"
investigation = "3 d"

[[assay]]
id = "sterility_test"
duration = "28 d"
hands_on = "2 h"
confirmatory = true

[[assay]]
id = "mycoplasma_culture"
duration = "10 d"
hands_on = "2 h"
sample_after = "culture"

[[review]]
id = "record"
role = "downstream"
hands_on = "4 h"
duration = "1.5 d"
after = "batch"

[[review]]
id = "quality_review"
role = "quality"
hands_on = "16 h"
duration = "4 d"

[[attribute]]
id = "purity"
measure = "particles_per_protein"
limits = {{ at_least = "6e8 particle/ug" }}

[[failure]]
id = "leak"
during = "concentrate"
probability = 0.3
consequence = "repeat"
repair = "5 h"
limit = 2

[[failure]]
id = "filling_stop"
during = "fill"
probability = 0.2
consequence = "deviation"

[[failure]]
id = "fouled"
during = "polish"
probability = 0.2
consequence = "rework"
back_to = "concentrate"
"""


def adds_up(why: Why) -> None:
    """Assert that time and losses of a lot sum to 100 %, and that the critical path is as long as the lead time."""
    contiguous(why.path.critical, why.path.begin, why.path.end)
    causes = why.causes()
    assert sum(row.hours for row in causes) == pytest.approx(why.lead_time, abs=1e-6)
    assert sum(row.share for row in causes) == pytest.approx(1.0 if why.lead_time else 0.0)
    assert sum(row.planned for row in causes) == pytest.approx(why.planned, abs=1e-6)
    assert all(sum(hours for _, hours in row.details) == pytest.approx(row.hours) for row in causes)
    assert why.unexplained <= 0.01
    if why.made:
        assert all(loss.amount >= -1e-9 * why.made for loss in why.losses)
        assert not any(loss.channel == "unexplained" and loss.amount > 1e-9 * why.made for loss in why.losses)


@pytest.fixture(scope="module")
def trouble(tmp_path_factory: pytest.TempPathFactory) -> xs.Scenario:
    """Return a year of the reference scenario with release, in which much goes wrong."""
    file = tmp_path_factory.mktemp("why") / "trouble.toml"
    file.write_text(TROUBLE, encoding="utf-8")
    return xs.load(file)


def test_fifty_lots_of_different_fates(trouble: xs.Scenario) -> None:
    """Waited, repeated, reworked, rejected on the line and by tests, conditional, unfinished: all add up."""
    asked = [(reasons := Reasons(trouble, trouble.seed, number), reasons.lots) for number in range(3)]
    answers = [r.why(lot.number + 1) for r, lots in asked for lot in lots if lot.disposition != "turned_away"]
    assert len(answers) >= 50
    for why in answers:
        adds_up(why)
    told = "; ".join(fate for why in answers for fate in why.fates)
    for fate in ("released with deviation", "unfinished", "leak in concentrate", "reworked from concentrate",
                 "out of specification", "conditional release", "rejected"):  # fmt: skip
        assert fate in told
    found = {row.cause for why in answers for row in why.causes()}
    expected = {"work", "unit", "turnaround", "off_shift", "repeated", "failure", "closure", "incubation", "review"}
    assert expected <= found


def test_losses_of_a_lot_agree_with_what_it_made(trouble: xs.Scenario) -> None:
    """What is in vials follows from the material of the batch record, on plan and off it."""
    reasons = Reasons(trouble, trouble.seed, 0)
    for lot, record in zip(reasons.lots, reasons._played.window.run.batches, strict=True):
        if not record.good or record.product is None:
            continue
        why = reasons.why(lot.number + 1)
        filled = sum(loss.amount for loss in why.losses if loss.channel.startswith(("in vials", "vials kept")))
        assert filled == pytest.approx(float(record.product.vesicles.sum()), rel=1e-9)


def test_a_rejected_lot_has_lost_everything(trouble: xs.Scenario) -> None:
    """All that had not been lost before is lost to what rejected it."""
    reasons = Reasons(trouble, trouble.seed, 0)
    rejected = [lot for lot in reasons.lots if lot.disposition == "rejected"]
    assert rejected
    for lot in rejected:
        why = reasons.why(lot.number + 1)
        assert not any(loss.kept for loss in why.losses)
        assert sum(loss.amount for loss in why.losses if loss.channel.startswith("rejected: ")) > 0.0


def test_the_delay_of_one_client_is_traced_to_the_campaign_of_the_other() -> None:
    """The first lot of the reference material waits a day while the suite is changed over from the other product."""
    reasons = Reasons(xs.load(CDMO), 20270104, 0)
    answers = [reasons.why(lot.number + 1) for lot in reasons.lots]
    for why in answers:
        adds_up(why)
    first = next(why for why in answers if why.lot.campaign == "reference")
    by_id = {row.cause: row for row in first.causes()}
    assert by_id["changeover"].details == [("suite, from msc to reference", pytest.approx(24.0))]
    assert "suite, from msc to reference 1.0 d" in first.sentence()
    extra = [loss for loss in first.losses if loss.cause == "changeover"]
    assert extra and extra[0].amount > 0.0  # it lost vesicles while it waited


def test_a_run_is_asked_by_its_results_its_folder_and_its_scenario(tmp_path: Path) -> None:
    """The same answer, since a run is determined by scenario, seed and replication."""
    scenario = xs.load(REFERENCE)
    results = xs.simulate(scenario, 2)
    results.save(tmp_path / "run")
    saved = xs.load_run(tmp_path / "run")
    answers = [xs.why(given, 3, 2).as_dict() for given in (results, saved, scenario)]
    assert answers[0] == answers[1] == answers[2]
    for wrong in ((0, 1), (99, 1), (1, 3), (1, 0)):
        with pytest.raises(xs.UsageError):
            xs.why(results, *wrong)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It prints the answer, writes tables and a picture, and its JSON is the document of the folder."""
    out = tmp_path / "out"
    assert main(["why", str(CDMO), "LOT-004", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("Lot 4 of reference took ") and "d more than planned" in printed
    for words in ("lead time by cause", "changeover of the room", "unexplained", "not costed", "in vials"):
        assert words in printed
    assert {path.name for path in out.iterdir()} >= {"why.json", "why.csv", "critical_path.csv", "losses.csv",
                                                     "timeline.png", "timeline.svg", "manifest.json"}  # fmt: skip
    assert main(["why", str(CDMO), "4", "--json", "--out", str(tmp_path / "again")]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document == json.loads((out / "why.json").read_text(encoding="utf-8"))
    assert document["form"] == "exosim.why/1" and document["lot"] == 4 and document["money"]["costed"] is False
    with (out / "critical_path.csv").open(encoding="utf-8", newline="") as stream:
        spans = list(csv.DictReader(stream))
    assert sum(float(s["end"]) - float(s["begin"]) for s in spans) == pytest.approx(document["lead_time"])
    assert sum(row["share"] for row in document["losses"]["rows"]) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["0"], 2, "needs the number of a lot"),
        (["first"], 2, "needs the number of a lot"),
        (["400"], 2, "there is no lot 400"),
        (["1", "--replication", "0"], 2, "replication"),
    ],
)
def test_mistakes(arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    """A person is told what is expected."""
    assert main(["why", str(CDMO), *arguments]) == code
    assert words in capsys.readouterr().err


def test_a_folder_takes_no_scenario_options(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The run is over; and a scenario without a campaign has no lots."""
    assert main(["why", str(tmp_path), "1", "--seed", "3", "--set", "a=1"]) == 2
    assert "the run is over" in capsys.readouterr().err
    assert main(["why", str(SCENARIOS / "minimal.toml"), "1"]) == 3
    assert "[campaign]" in capsys.readouterr().err
