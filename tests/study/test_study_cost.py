"""What the guide on a cost per dose tells is what the facility and its prices say."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest
from page_tables import hold, markdown

import exosim as xs
from exosim.study.target import Target

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
    rows = []
    for name, answer in [
        ("as it stands", found.base),
        *((str(n), one) for n, one in enumerate(found.answers, start=1)),
    ]:
        assert answer.probability is not None
        share = answer.probability
        fresh = "" if answer.fresh is None or answer is found.base else f"{answer.fresh.mean:.2f}"
        settings = [
            _days(factor.told(value)) if value != start or answer is found.base else "-"
            for factor, value, start in zip(found.factors, answer.point, found.base.point, strict=True)
        ]
        cost, doses = answer.reached
        chance = f"{share.mean:.2f} ({share.low:.2f} to {share.high:.2f})"
        rows.append((name, *settings, chance, fresh, f"{cost:,.0f}", f"{doses:,.0f}"))
    head = (
        "",
        *(f.path for f in found.factors),
        "probability",
        "on fresh draws",
        "EUR/dose, median",
        "doses a year, median",
    )
    hold(PAGE, "target", markdown(head, rows))


def _days(told: str) -> str:
    """Return hours as days."""
    number, _, unit = told.partition(" ")
    return f"{float(number) / 24.0:g} d" if unit == "h" else told
