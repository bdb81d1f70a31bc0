"""The regulatory view: what a scenario says of quality by design, held against its numbers, and its mistakes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import exosim as xs
from exosim.quality_by_design import drawn_interval, limits_text
from exosim.references import references
from exosim.sampling import Quantity
from exosim.telling.page import page
from exosim.templates import templates

RELEASE = Path("scenarios/msc_hollow_fiber_release.toml")
BASE = """\
extends = "{base}"
name = "profiled"

[quality_profile]
route = "<script>alert(1)</script> & injection"

[[quality_profile.element]]
name = "purity"
target = "as pure as it gets"
justification = "because"
source = "ich_q8r2"

[[critical_parameter]]
parameter = "concentrate.flux"
range = {{ at_least = "{low} L/m2/h", at_most = "{high} L/m2/h" }}
affects = ["purity"]
"""


def profiled(folder: Path, low: float = 10.0, high: float = 60.0, more: str = "") -> xs.Scenario:
    """Return the reference scenario with a range for its flux, of which 5 to 95 % lie in 23.2 to 36.8."""
    file = folder / "profiled.toml"
    base = Path("scenarios/msc_hollow_fiber.toml").resolve()
    file.write_text(BASE.format(base=base, low=low, high=high) + more, encoding="utf-8")
    return xs.load(file)


def test_set_point_and_spread_are_held_against_the_range(tmp_path: Path) -> None:
    """A triangle 20, 30, 40 has 5 and 95 % at 20 + sqrt(0.05 * 200) and 40 less that."""
    view = xs.regulatory_view(profiled(tmp_path))
    (flux,) = view.parameters
    spread = (0.05 * 20.0 * 10.0) ** 0.5
    assert flux.drawn == pytest.approx((20.0 + spread, 40.0 - spread))
    assert (flux.set_point, flux.inside, flux.drawn_inside, view.doubts) == (30.0, True, True, ())
    assert view.attributes[1].affected_by == ("concentrate.flux",)


@pytest.mark.parametrize(
    ("low", "high", "words"),
    [(40.0, 60.0, "the set point 30 L/m2/h lies outside"), (28.0, 60.0, "5 to 95 % of the draws are 23.2 to 36.8")],
)
def test_what_lies_outside_is_a_warning(tmp_path: Path, low: float, high: float, words: str) -> None:
    """The loaded scenario warns, and the view says the same."""
    scenario = profiled(tmp_path, low, high)
    (doubt,) = xs.regulatory_view(scenario).doubts
    assert words in doubt
    assert doubt in scenario.warnings


def test_a_statement_changes_no_number(tmp_path: Path) -> None:
    """Quality by design is what numbers are held against: the same draws come out."""
    plain = xs.evaluate(xs.load("scenarios/msc_hollow_fiber.toml"), draws=64)
    stated = xs.evaluate(profiled(tmp_path), draws=64)
    assert stated.as_dict()["quantities"] == plain.as_dict()["quantities"]


def test_spreads_on_top_are_drawn_alike() -> None:
    """A lognormal spread around a fixed number: its interval is near that of the lognormal, and the same each time."""
    quantity = Quantity(10.0, donor_spread=0.2)
    low, high = drawn_interval(quantity, "a.b")
    assert (low, high) == drawn_interval(quantity, "a.b")
    assert low == pytest.approx(10.0 * 2.718281828 ** (-1.645 * 0.2), rel=0.03)
    assert high == pytest.approx(10.0 * 2.718281828 ** (1.645 * 0.2), rel=0.03)


def test_limits_in_words() -> None:
    """Both ends, one of them, none."""
    assert limits_text(1.0, 2.0, "L") == "1 to 2 L"
    assert limits_text(None, 2.0, "L") == "at most 2 L"
    assert limits_text(1.0, None, "L") == "at least 1 L"
    assert limits_text(None, None, "L") == "none"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('[[critical_parameter]]\nparameter = "concentrate.fluxx"\nrange = { at_most = 1 }\n', "concentrate.flux"),
        ('[[critical_parameter]]\nparameter = "polish.flow"\nrange = { at_most = "1 L" }\n', "CV/h"),
        ('[[critical_parameter]]\nparameter = "polish.flow"\nrange = {}\n', "at_least, at_most or both"),
        ('[[critical_parameter]]\nparameter = "polish.flow"\n', '"range" is missing'),
        (
            '[[critical_parameter]]\nparameter = "concentrate.ev_recovery"\nrange = { at_most = 1 }\n',
            "is not given, so that it has no set point",
        ),
        (
            '[[critical_parameter]]\nparameter = "polish.flow"\nrange = { at_least = "3 CV/h", at_most = "2 CV/h" }\n',
            "at_least is above at_most",
        ),
        (
            '[[critical_parameter]]\nparameter = "polish.flow"\nrange = { at_most = "9 CV/h" }\n'
            'affects = ["puritty"]\n',
            "did you mean purity?",
        ),
        ('[[attribute]]\nid = "purity"\nsource = "ich_q8r3"\n', "ich_q8r2"),
        ('[reporting]\nev_trak = "EV1"\n', "ev_track"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, more: str, words: str) -> None:
    """What is wrong is told with its place and the nearest name."""
    with pytest.raises(xs.ScenarioError) as raised:
        profiled(tmp_path, more=more)
    assert words in str(raised.value)
    assert "profiled.toml" in str(raised.value)


def test_what_is_measured_on_a_procedure_goes_with_it(tmp_path: Path) -> None:
    """A scenario without the polishing step has no critical parameter of it; a variant likewise."""
    base = RELEASE.resolve()
    file = tmp_path / "plain.toml"
    file.write_text(f'extends = "{base}"\nname = "plain"\nreplace = ["polish"]\n', encoding="utf-8")
    addresses = {one.address for one in xs.regulatory_view(xs.load(file)).parameters}
    assert addresses == {one.address for one in xs.regulatory_view(xs.load(RELEASE)).parameters} - {
        "polish.load_fraction"
    }


def test_the_shipped_profile_has_sources_and_reasons() -> None:
    """Every critical attribute has a reason, every source is known, and nothing lies outside its range."""
    view = xs.regulatory_view(xs.load(RELEASE))
    assert all(one.reason.text and one.reason.source for one in view.critical_attributes)
    assert set(view.sources) <= set(references())
    assert len(view.parameters) >= 5
    assert view.doubts == ()
    assert {step.kind for step in view.release} == {"test", "review"}


def test_reporting_tells_what_is_there_and_what_is_not() -> None:
    """Items come by section in the order of the guideline; what a simulation has not is said to be missing."""
    view = xs.regulatory_view(xs.load(RELEASE))
    told = {item.item: item for item in view.reporting}
    assert told["seeding"].answer == "seed_train: inoculum 5e6 cell, seeding density 3000 cell/cm2"
    assert told["4. concentrate"].answer.startswith("Tangential flow filtration")
    assert "cd9" in told["proteins of the vesicles"].answer
    assert told["topology, morphology, single vesicles"].origin == "missing"
    assert told["controls, as stated"].origin == "stated"
    sections = list(dict.fromkeys(item.section for item in view.reporting))
    assert sections[0] == "name and size"
    assert len(sections) == len({*sections})


@pytest.mark.parametrize("name", sorted(templates()))
def test_every_scenario_has_a_view(name: str) -> None:
    """Cells, plasma, bare scenarios: the view never fails, and it is JSON."""
    scenario = xs.load(Path("scenarios") / f"{name}.toml")
    view = xs.regulatory_view(scenario)
    assert json.loads(json.dumps(view.as_dict(), allow_nan=False))["form"] == "exosim.profile/1"
    assert view.reporting


def test_the_partial_escapes_what_a_scenario_says(tmp_path: Path) -> None:
    """Text of a scenario is text on a page."""
    shown = page("profile.html", view=xs.regulatory_view(profiled(tmp_path)))
    assert "<script" not in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; injection" in shown
    assert "10 to 60 L/m2/h" in shown
