"""What the tutorial on studies tells beside the output of its commands is what the code says."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from page_tables import hold, markdown

import exosim as xs
from exosim.study.factor import Factor
from exosim.study.front import Front
from exosim.study.target import Target
from exosim.study.target_answer import Answer, Share

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "tutorial" / "7_a_study.md"
PICTURES = runpy.run_path(str(ROOT / "docs" / "study_pictures.py"))
REFERENCE = ROOT / "scenarios" / "msc_hollow_fiber.toml"
ROWS = {"most doses": 0, "knee": None, "most within specification": -1}


def percent(share: float) -> str:
    return f"{100.0 * share:.0f} %"


def swept(factors: dict[str, Any], response: str, **more: Any) -> Any:
    """Return the means of a response at the points of a grid."""
    found = xs.sweep(xs.load(REFERENCE), factors, [f"mean({response})"], method="grid", **more)
    return found.of(response)


def test_what_binds_decides() -> None:
    """Twice the enzyme at three shares of DNA that binds."""
    asked = {"culture.bound_dna": [0.02, 0.05, 0.1], "digest.activity": ["50 U/mL", "100 U/mL"]}
    shares = swept(asked, "in_specification", draws=2000).reshape(3, 2)
    rows = [(bound, *map(percent, row)) for bound, row in zip(("2 %", "5 %", "10 %"), shares, strict=True)]
    hold(PAGE, "bound", markdown(("share of the DNA that binds", "pass at 50 U/mL", "pass at 100 U/mL"), rows))
    text = PAGE.read_text(encoding="utf-8")
    assert f"the first point alone brings {rows[0][2]}" in text
    assert f"{rows[1][2]} of the batches pass instead of {rows[1][1]}" in text


def test_more_enzyme_leaves_doses_alone() -> None:
    """The figures of the last list that stand in no table."""
    scenario = xs.load(REFERENCE)
    more = scenario.with_({"digest.activity": "100 U/mL"})
    before, after = (xs.evaluate(one, draws=2000) for one in (scenario, more))
    assert np.array_equal(before.values("doses"), after.values("doses"))
    text, volume = PAGE.read_text(encoding="utf-8"), before.summary("volume", "digest")
    assert volume.unit == "mL"
    assert volume.median is not None
    assert f"for {round(50.0 * volume.median, -3):,.0f} units more per batch" in text
    ledger = scenario.ledger()
    assert f"- {ledger.counts()['D']} numbers of this scenario are assumptions" in text
    weak = {line.path for line in ledger if line.grade == "D"}
    assert {"culture.secretion_rate", "culture.death_rate", "culture.bound_dna"} <= weak


def test_activity_and_hours_can_be_exchanged() -> None:
    shares = swept({"digest.activity": ["50 U/mL", "100 U/mL"], "digest.treatment_time": "2, 4 h"}, "met.residual_dna")
    assert shares[1] == shares[2] > shares[0]


@pytest.mark.slow
def test_the_hours_meet_the_night() -> None:
    hours = (2, 3, 4, 5, 8, 16)
    listed = f"{', '.join(map(str, hours))} h"
    lost = swept({"digest.treatment_time": listed}, "batches_rejected", engine="facility")
    passed = swept({"digest.treatment_time": listed}, "in_specification", draws=2000)
    rows = [
        (f"{hour} h", percent(share), f"{batches:.1f}")
        for hour, share, batches in zip(hours, passed, lost, strict=True)
    ]
    head = ("nuclease at 50 U/mL for", "within specification", "batches of a year lost on their way, of 18 started")
    hold(PAGE, "plant", markdown(head, rows))


@pytest.mark.slow
def test_the_front_is_that_of_the_page() -> None:
    found: Front = PICTURES["decisions"]()
    assert found.knee is not None
    places = {name: found.front[found.knee[0] if row is None else row] for name, row in ROWS.items()}
    points = {"as it stands": (found.base.point, found.base.values)}
    points |= {name: (found.points[place], found.values[:, place]) for name, place in places.items()}
    head = ("", "doses", "within specification", *(factor.path.partition(".")[2] for factor in found.factors))
    rows = [
        (name, f"{values[0]:,.0f}", percent(values[1]), *map(_short, map(Factor.told, found.factors, point)))
        for name, (point, values) in points.items()
    ]
    hold(PAGE, "front", markdown(head, rows))
    values = found.values[:, found.front]
    assert 0.75 < values[1].max() < 0.77
    assert 1.2 < values[0].max() / found.base.values[0] < 1.3


@pytest.mark.slow
def test_what_must_be_true_is_that_of_the_page() -> None:
    found: Target = PICTURES["cells"]()
    head = ("", *(factor.path for factor in found.factors), "probability", "on fresh draws")
    rows = [("as it stands", *_settings(found, found.base), _share(found.base.probability), "")]
    for number, answer in enumerate(found.answers, start=1):
        shares = map(_share, (answer.probability, answer.fresh))
        rows.append((str(number), *_settings(found, answer), *shares))
    hold(PAGE, "target", markdown(head, rows))
    assert all(answer.point[1] > 1.0 for answer in found.answers)
    text = PAGE.read_text(encoding="utf-8")
    assert f"{rows[2][2].removeprefix('x ')} times the vesicles per cell are enough" in text
    assert f"{rows[1][2].removeprefix('x ')} times will do if a fifth fewer cells die" in text
    assert 0.75 < found.answers[0].point[2] < 0.85


def _share(found: Share | None) -> str:
    return "-" if found is None else f"{found.mean:.2f}"


def _settings(found: Target, answer: Answer) -> list[str]:
    """Return where the factors stand; those that do not move as a dash."""
    base = found.base.point
    return [
        _short(factor.told(value)) if value != start or answer is found.base else "-"
        for factor, value, start in zip(found.factors, answer.point, base, strict=True)
    ]


def _short(told: str) -> str:
    """Return a value with three digits."""
    return re.sub(r"\d+\.\d+", lambda number: f"{float(number[0]):.3g}", told)
