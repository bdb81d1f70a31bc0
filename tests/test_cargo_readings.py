"""What a dose and a vesicle carry: true beside apparent, as a headline, on the terminal and with its formula."""

from __future__ import annotations

from pathlib import Path

import pytest

import exosim as xs
from exosim.assay_methods import methods
from exosim.cargo_readings import CARGO_FORMULAS, CARGO_HEADLINES
from exosim.console import print_yields
from exosim.physics.loading import AVOGADRO
from exosim.scenario import Scenario
from tests.texts import Door

LOADED = """\
name = "loaded"
draws = 64
product.dose = "{dose}"
[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "1 L"
titer = "1e10 EV/mL"
[[unit_procedure]]
id = "load"
operation = "cargo_loading"
[unit_procedure.parameters]
cargo_per_vesicle = "1e-20 mol/EV"
apparent_efficiency = 0.2
aggregated_share = 0.75
vesicle_recovery = 0.5
[[unit_procedure]]
id = "again"
operation = "cargo_loading"
[unit_procedure.parameters]
cargo_per_vesicle = "1e-22 mol/EV"
apparent_efficiency = 0.1
vesicle_recovery = 0.8
{attribute}
"""
RECOVERED = 0.5 * 0.8


def loaded(folder: Path, dose: str = "1e9 EV", attribute: str = "") -> Scenario:
    file = folder / "loaded.toml"
    file.write_text(LOADED.format(dose=dose, attribute=attribute), encoding="utf-8")
    return xs.load(file)


def headline(yields: xs.Yields, name: str) -> float:
    return float(yields.values(name)[0])


def test_closed_form(tmp_path: Path) -> None:
    """Twice loaded: each mole that was offered, its share that stays, and what went with lost vesicles."""
    yields = xs.evaluate(loaded(tmp_path), draws=8)
    vesicles = 1e13 * RECOVERED
    first = 1e-20 * 1e13 * 0.2
    true, aggregated = first * 0.25 * 0.8 + 1e-22 * 1e13 * 0.5 * 0.1, first * 0.75
    assert headline(yields, "cargo_per_vesicle") == pytest.approx(true * AVOGADRO / vesicles, rel=1e-12)
    assert headline(yields, "cargo_per_dose") == pytest.approx(true * 1e12 * 1e9 / vesicles, rel=1e-12)
    assert headline(yields, "apparent_cargo_per_dose") == pytest.approx(
        (true + aggregated) * 1e21 / vesicles, rel=1e-12
    )
    assert headline(yields, "truly_loaded") == pytest.approx(true / (true + aggregated), rel=1e-12)
    assert headline(yields, "lost_in_loading") == pytest.approx(1.0 - RECOVERED, rel=1e-12)


def test_a_dose_of_protein_carries_by_its_protein(tmp_path: Path) -> None:
    """Twice the dose carries twice the cargo, whatever a dose counts; a vesicle carries the same."""
    one, two = (xs.evaluate(loaded(tmp_path, dose), draws=8) for dose in ("5 ug", "10 ug"))
    for name in ("cargo_per_dose", "apparent_cargo_per_dose"):
        assert headline(two, name) == pytest.approx(2.0 * headline(one, name), rel=1e-12)
    assert headline(two, "cargo_per_vesicle") == headline(one, "cargo_per_vesicle")


def test_every_figure_has_its_formula(tmp_path: Path) -> None:
    """The formula gives the figure, and leads down to what was offered."""
    scenario = loaded(tmp_path)
    yields = xs.evaluate(scenario, draws=8)
    for name in CARGO_HEADLINES:
        explained = xs.explain(scenario, name)
        assert explained.value == pytest.approx(headline(yields, name), rel=1e-9)
    assert set(CARGO_FORMULAS) == set(CARGO_HEADLINES) - {"lost_in_loading"}


def test_the_terminal_shows_true_beside_apparent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    print_yields(xs.evaluate(loaded(tmp_path), draws=8), ())
    text = capsys.readouterr().out
    headlines, cargo = text.split("cargo: what is loaded, and what an assay of all cargo finds")
    per_dose, per_vesicle = (
        next(r for r in cargo.splitlines() if r.strip().startswith(w)) for w in ("per dose", "per vesicle")
    )
    assert per_dose.split()[2:] == ["1.01", "4.76", "pmol/dose"]
    assert per_vesicle.split()[3:] == ["610", "2,868", "1/EV"]
    assert "truly loaded: 21.3 % of what an assay of all cargo finds; loading costs 60 % of the vesicles" in cargo
    assert "cargo" not in headlines


def test_without_loading_nothing_is_told() -> None:
    yields = xs.evaluate(xs.load(Path(__file__).parents[1] / "scenarios" / "minimal.toml"), draws=8)
    assert not any(yields.has(name) for name in CARGO_HEADLINES)


def test_an_attribute_has_another_name(tmp_path: Path) -> None:
    attribute = (
        '[[attribute]]\nid = "cargo_per_vesicle"\nmeasure = "cargo_per_vesicle"\nlimits = { at_least = "1 1/EV" }\n'
    )
    with pytest.raises(xs.ScenarioError, match='"cargo_per_vesicle" is the name of a reported figure'):
        loaded(tmp_path, attribute=attribute)


def test_directions_in_a_comparison(tmp_path: Path) -> None:
    """More cargo in truth is better; more that only looks loaded is neither; fewer lost vesicles are better."""
    base = loaded(tmp_path)
    changed = base.with_({"load.aggregated_share": 0.5, "load.vesicle_recovery": 0.6})
    comparison = xs.compare(base, changed, draws=8)
    found = {(c.name, c.better) for c in comparison.contrasts if c.scenario == list(comparison.scenarios)[1]}
    assert {("cargo_per_dose", 1.0), ("lost_in_loading", 1.0), ("apparent_cargo_per_dose", None)} <= found


def test_methods_of_assays_are_described(door: Door) -> None:
    answer = door.run("describe", "assay")
    assert all(f" {key} " in answer.out for key in methods())
    assert list(door.run("describe", "assay", "--json").document()["methods"]) == list(methods())
    assert "methods" not in door.run("describe", "common", "--json").document()
    told = door.run("describe", "cargo_loading").out
    assert "sonication_protein" in told and "producer_cells" in told
