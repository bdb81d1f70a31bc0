"""The validation page tells what the run gives, and its rules are what they say."""

from __future__ import annotations

import math
import re
from pathlib import Path

import numpy as np
import pytest
from case import Published, Row, interval_score, number
from page import rows
from picture import validation
from runs import ARMS, DRAWS, arm, scenario
from when import correlated
from write_page import PAGES, current

from exosim.cli import main
from exosim.preset_catalog import presets
from exosim.price_catalog import prices

BASE = "msc"
"""What arms build on; it has no culture of its own."""
FILES = sorted(path.stem for path in ARMS.glob("*.toml") if path.stem != BASE)
CASES = (
    *("A1", "A2", "A3", "A5", "A6", "A7"),
    *("B1", "B2", "B5", "B6", "B7", "B9", "B10", "B12", "B13", "B14", "B15"),
    *(f"C{number}" for number in range(1, 10)),
    *("D1", "D2", "D4", "D5", "D6", "D7", "D8", "D9"),
    *(
        "E1",
        "E2",
        "E3",
        "E4",
        "K",
        "K1",
        "K2",
        "K3",
        "K4",
        "K6",
        "K7",
        "K8",
        "K9",
        "K10",
        "K12",
        "K13",
        "K14",
        "K15",
        "K16",
        "K17",
        "K18",
        "K19",
        "K20",
        "K23",
        "K24",
        "K25",
        "LV",
        "V01",
        "V03",
        "V04",
        "V06",
        "V07",
        "V08",
        "V09",
        "V10",
        "V11",
        "V12",
        "V13",
        "V14",
        "V15",
        "V16",
        "V17",
        "V18",
    ),
)


def test_the_pages_are_current() -> None:
    """Every table, the headline and the scores are those of a run now, to the byte; one test, since they share runs."""
    for path, blocks in PAGES.items():
        text = path.read_text(encoding="utf-8")
        assert text == current(text, blocks()), "run `make validation`, read, and say what moved in CHANGELOG.md"


def test_what_the_page_of_scale_says_of_its_inputs() -> None:
    """The plant's prices lead for few doses, secretion for many; and the prices are counted."""
    assert [next(iter(correlated(demand))) for demand in (1e2, 1e4, 1e6)] == [
        "personnel.downstream.wage", "culture.secretion_rate", "culture.secretion_rate",
    ]  # fmt: skip
    listed = prices()
    assumed = sum(one.grade == "D" for one in listed.values())
    text = next(path for path in PAGES if path.stem.startswith("which")).read_text(encoding="utf-8")
    assert f"{assumed} of the {len(listed)} entries" in text


def test_every_case_has_its_rows() -> None:
    assert {row.case for row in rows()} == set(CASES)


def test_inputs_come_back() -> None:
    """What is put in is measured again as the paper measured it."""
    assert not [row.outcome for row in rows() if row.role in ("input", "regression") and not row.inside]


def test_directions_hold_in_every_draw() -> None:
    """C1 to C3: one thing is moved, on common draws."""
    signs = [row for row in rows() if row.case in ("C1", "C2", "C3") and row.rule == "sign"]
    assert len(signs) == 4
    assert all(row.drawn is not None and row.drawn.shape == (DRAWS,) and np.all(row.drawn == 1.0) for row in signs)


def test_outcomes_of_growth_lie_within_a_quarter() -> None:
    """D1 to D8, but for what the model does not hold, which the page lists as missed."""
    missed = {row.outcome for row in rows() if row.case[0] == "D" and not row.inside}
    assert missed == {
        "largest density at 233 W/m3 from glucose [cell/mL]",
        "gain of 233 over 63 W/m3 [%]",
        "senescent cells at passage 13 [%]",
    }


def test_a_missed_row_says_why() -> None:
    assert not [row.outcome for row in rows() if not row.inside and not row.reason]


def test_no_arm_chooses_its_secretion() -> None:
    """Secretion is that of the catalog of cells in every arm, also where the catalog does not fit the vessel."""
    for path in ARMS.glob("*.toml"):
        given = re.findall(r"^secretion_rate\s*=.*$", path.read_text(encoding="utf-8"), re.MULTILINE)
        assert not given or path.stem == "flask_hek"
    declared = presets("cells")["hek293"].parameters["secretion_rate"]["lognormal"]
    assert 'secretion_rate           = {{ lognormal = {{ median = "{median}", gsd = {gsd} }}'.format(**declared) in (
        ARMS / "flask_hek.toml"
    ).read_text(encoding="utf-8")


def test_serum_makes_the_negative_control() -> None:
    """A5 is reached, as far as it is, by the serum and not by the cells."""
    serum, without = arm("a5_spinner_serum").titer, arm("a5_spinner_serum", supplement=0.0).titer
    assert np.median(without / serum) < 0.5
    assert np.median(arm("a5_spinner_serum", supplement=0.1).titer / serum) > 1.4


def test_arms_share_their_draws() -> None:
    """What two arms have in common has the same value in the same draw."""
    flask, wheel = arm("flask").operation, arm("b1_vertical_wheel").operation
    for name in ("secretion_rate", "activity", "decay", "reuptake", "capacity"):
        assert np.array_equal(getattr(flask, name), getattr(wheel, name)), name


@pytest.mark.parametrize("name", FILES)
def test_every_arm_is_a_scenario_of_its_own(name: str) -> None:
    """Files are read without a problem, their variants too."""
    found = scenario(name)
    assert found.name == name
    assert all(variant.variant for variant in found.variants().values())


def test_an_arm_runs_on_the_command_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["yield", str(ARMS / "a2_quantum.toml"), "--draws", "200"]) == 0


def test_the_picture_has_every_number() -> None:
    shown = [row for row in rows() if row.numeric and row.role != "regression"]
    assert [tick.get_text()[:3].strip() for tick in validation().get_yticklabels()] == [row.case[:3] for row in shown]


# -- rules -------------------------------------------------------------------------------------------------------------


def row(rule: str, published: Published, values: list[float]) -> Row:
    return Row("X", "", "", "", "", published, rule, "test", np.asarray(values))  # type: ignore[arg-type]


def test_interval_score_by_hand() -> None:
    """One decade wide; half a decade outside costs 20 halves more."""
    assert interval_score(1.0, 10.0, 3.0) == pytest.approx(1.0)
    assert interval_score(1.0, 10.0, 10.0**1.5) == pytest.approx(1.0 + 20.0 * 0.5)
    assert interval_score(1.0, 10.0, 0.1) == pytest.approx(1.0 + 20.0 * 1.0)


def test_rules() -> None:
    flat, wide = [1.2] * 20, list(np.geomspace(0.5, 2.0, 201))
    assert row("25 %", Published("1", 1.0, 1.0), flat).inside
    assert not row("25 %", Published("0.9", 0.9, 0.9), flat).inside
    assert row("band", Published("1 to 2", 1.0, 2.0), flat).inside
    assert not row("band", Published("2 to 3", 2.0, 3.0), flat).inside
    assert row("interval", Published("1.8", 1.8, 1.8), wide).inside
    assert not row("interval", Published("2.1", 2.1, 2.1), wide).inside
    assert row("sign", Published("more"), [1.0, 1.0]).inside
    assert not row("sign", Published("more"), [1.0, 0.0]).inside
    assert not Row("X", "", "", "", "", Published("1", 1.0, 1.0), "band", "test", None).inside


def test_numbers_are_short() -> None:
    assert [number(value) for value in (0.0, 0.123, 1.0, 4.96, 12.34, 123.4, 1234.0, 3.4e10)] == [
        "0", "0.12", "1", "5", "12.3", "123", "1.2e3", "3.4e10",
    ]  # fmt: skip
    assert math.isclose(float(number(2.5e-5)), 2.5e-5)
