"""What the guide on a cost per dose tells is what the facility and its prices say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from page_tables import hold, markdown

import exosim as xs
from exosim.study.target import Target
from exosim.study.target_answer import Answer

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "how_to" / "what_must_be_true.md"
PICTURES = runpy.run_path(str(ROOT / "docs" / "study_pictures.py"))
LEVERS = {
    "culture.secretion_rate": "x1..x2",
    "campaign.every": "7, 21 d",
    "digest.activity": "50, 100 U/mL",
    "personnel.upstream.headcount": [2, 3],
    "personnel.downstream.headcount": [1, 2],
    "personnel.analyst.headcount": [1, 2],
    "equipment.hollow_fiber_bioreactor.count": [1, 2],
}


@pytest.mark.slow
def test_the_levers_are_those_of_the_page() -> None:
    release = xs.load(ROOT / "scenarios" / "msc_hollow_fiber_release.toml")
    found = xs.sweep(release, LEVERS, ["cost_per_dose", "doses_per_year"], method="latin_hypercube", samples=1)
    assert found.effects is not None
    doses = {row.factor: row.difference.value for row in found.effects.of("doses_per_year")}
    told = {factor.path: factor.told for factor in found.factors}
    rows = []
    for row in found.effects.of("cost_per_dose"):
        cost = row.difference
        span = "-" if cost.low is None or cost.high is None else f"{cost.low:+.0f} to {cost.high:+.0f}"
        ends = (told[row.factor](row.start), told[row.factor](row.stop))
        rows.append((row.factor, *map(_days, ends), f"{cost.value:+.0f}", span, f"{doses[row.factor]:+,.0f}"))
    head = ("lever", "from", "to", "EUR/dose, median", "95 % interval", "doses a year")
    hold(PAGE, "levers", markdown(head, rows))
    assert [row[0] for row in rows[:2]] == ["culture.secretion_rate", "campaign.every"]


@pytest.mark.slow
def test_what_must_be_true_is_that_of_the_page() -> None:
    found: Target = PICTURES["cost"]()
    rows = [_row("as it stands", found, found.base)]
    rows += [_row(str(number), found, answer) for number, answer in enumerate(found.answers, start=1)]
    figures = ("probability", "on fresh draws", "EUR/dose, median", "doses a year, median")
    hold(PAGE, "target", markdown(("", *(factor.path for factor in found.factors), *figures), rows))
    assert [len(answer.moved) for answer in found.answers] == [2, 1, 1]


@pytest.mark.slow
def test_what_the_goal_hides() -> None:
    """Nine worlds in ten are out of reach; the page says how far."""
    found: Target = PICTURES["cost"](probability=0.9)
    nearest = found.nearest
    assert not found.answers
    assert [_days(factor.told(x)) for factor, x in zip(found.factors, nearest.point, strict=True)] == ["7 d", "x 2"]
    text = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert nearest.probability is not None
    assert f"comes nearest, in {100.0 * nearest.probability.mean:.0f} % of the worlds" in text
    assert f"costs more than {found.base.reached[0]:.0f} EUR in one world of ten" in text


def _row(name: str, found: Target, answer: Answer) -> tuple[str, ...]:
    """Return where the factors stand, those that do not move as a dash, and what comes of it."""
    settings = (
        _days(factor.told(value)) if value != start or answer is found.base else "-"
        for factor, value, start in zip(found.factors, answer.point, found.base.point, strict=True)
    )
    share, fresh = answer.probability, answer.fresh
    chance = "-" if share is None else f"{share.mean:.2f} ({share.low:.2f} to {share.high:.2f})"
    other = "" if fresh is None else f"{fresh.mean:.2f}"
    return (name, *settings, chance, other, *(f"{value:,.0f}" for value in answer.reached))


def _days(told: str) -> str:
    """Return hours as days."""
    number, _, unit = told.partition(" ")
    return f"{float(number) / 24.0:g} d" if unit == "h" else told
