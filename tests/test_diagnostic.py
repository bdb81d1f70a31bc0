"""The section about a diagnostic test: what is read, what is told, and what is refused."""

from __future__ import annotations

import json
import math
from pathlib import Path

import jsonschema
import numpy as np
import pytest

import exosim as xs
from exosim import plots
from exosim.console_base import new_console
from exosim.console_diagnostic import print_diagnostic
from exosim.console_spread import _print_ranking
from exosim.diagnostic import DIAGNOSTIC_HEADLINES, Counts
from exosim.json_schema import scenario_schema
from exosim.ranking import asked_first
from tests.texts import Door

HEAD = 'format = 1\nname = "x"\ndraws = 200\nreplications = 2\n'
TEST = '[diagnostic]\nprevalence = "1 %"\nsensitivity = "90 %"\nspecificity = "92.8 %"\n'
PLASMA = '[[unit_procedure]]\nid = "plasma"\noperation = "blood_plasma"\n'
COLUMN = '[[unit_procedure]]\nid = "column"\noperation = "size_exclusion_chromatography"\n'
COUNTS = (
    '[diagnostic]\nprevalence = "1 %"\ndiseased = { positive = 99, of = 139, source = "hinestrosa2022", grade = "A" }\n'
    'healthy = { positive = 1, of = 184, source = "hinestrosa2022", grade = "A" }\n'
)
SIGNAL = '[diagnostic.signal]\nanalytical = "15 %"\nstudy_analytical = "10 %"\n'
SEEN = "[diagnostic.interference]\nlipoproteins = 0.01\n"
FOLLOWED = '[diagnostic.monitoring]\ninterval = "13 week"\nbaselines = 3\ndrift = "5 %/year"\n'


def scenario(tmp_path: Path, text: str, name: str = "x.toml") -> xs.Scenario:
    path = tmp_path / name
    path.write_text(HEAD + text, encoding="utf-8")
    return xs.load(path)


def middle(of: xs.Scenario, name: str) -> float:
    return float(np.median(xs.evaluate(of, 200).values(name)))


def test_a_line_without_doses_reports_none(tmp_path: Path) -> None:
    """A diagnostic line fills no doses: the product needs none, and what would count them is not reported."""
    yields = xs.evaluate(scenario(tmp_path, TEST + PLASMA + COLUMN), 64)
    names = [summary.name for summary in yields.headlines()]
    assert "doses" not in names
    assert names[-6:] == list(DIAGNOSTIC_HEADLINES)[:6]
    assert middle(scenario(tmp_path, TEST + PLASMA), "positive_predictive_value") == pytest.approx(0.112, abs=5e-4)


def test_a_dose_that_is_stated_counts(tmp_path: Path) -> None:
    yields = xs.evaluate(scenario(tmp_path, '[product]\ndose = "1e9 EV"\n' + TEST + PLASMA), 64)
    assert yields.summary("doses").median == 10.0
    assert yields.has("positive_predictive_value")


def test_other_scenarios_still_need_a_dose(tmp_path: Path) -> None:
    with pytest.raises(xs.ScenarioError) as refused:
        scenario(tmp_path, "[product]\n" + PLASMA)
    assert '"dose" is missing' in str(refused.value)


def test_counts_of_the_study_are_a_posterior(tmp_path: Path) -> None:
    """Draws have the mean of Jeffreys' posterior; the ledger tells the counts, the source and its grade."""
    of = scenario(tmp_path, COUNTS + PLASMA)
    drawn = xs.evaluate(of, 20_000).values("sensitivity")
    assert float(drawn.mean()) == pytest.approx(99.5 / 140, abs=1e-3)
    lines = {line.path: line for line in of.ledger()}
    assert lines["diagnostic.sensitivity"].value.startswith("99 of 139: beta (")
    assert lines["diagnostic.specificity"].value.startswith("183 of 184: beta (")
    assert (lines["diagnostic.specificity"].source, lines["diagnostic.specificity"].grade) == ("hinestrosa2022", "A")
    declared = of.declarations.diagnostic
    assert declared is not None
    assert declared.counts["healthy"] == Counts(1, 184, "hinestrosa2022")
    assert declared.counts["healthy"].share(negative=True) == pytest.approx((0.9946, 0.970, 0.999), abs=5e-4)


def test_interference_is_that_of_the_recipe(tmp_path: Path) -> None:
    """What enters the assay comes out of the last step: a step that takes lipoproteins away lowers it."""
    found = {}
    for text in (PLASMA, PLASMA + COLUMN):
        of = scenario(tmp_path, TEST + SEEN + text)
        yields = xs.evaluate(of, 64)
        product = next(step for step in reversed(yields.steps))
        found[product] = float(yields.values("interference")[0])
        assert yields.values("sensitivity")[0] < 0.9
        assert yields.values("specificity")[0] < 0.928
    assert found["plasma"] == pytest.approx(1.65e10 / (1e10 + 1.65e10))
    removed = '[[unit_procedure]]\nid = "float"\noperation = "density_gradient"\n'
    assert middle(scenario(tmp_path, TEST + SEEN + PLASMA + removed), "interference") < found["plasma"] / 2.0


def test_protein_and_particles_interfere_too(tmp_path: Path) -> None:
    """Each adds its own response: 70 mg of protein as 1e3 vesicles per microgram are 7e7 vesicles."""
    seen = '[diagnostic.interference]\nprotein = "1e3 EV/ug"\nnonvesicular = 0.5\n'
    share = middle(scenario(tmp_path, TEST + seen + PLASMA), "interference")
    assert share == pytest.approx((7e7 + 5e8) / (7e7 + 5e8 + 1e10), rel=1e-6)


def test_the_process_of_the_study_has_its_performance(tmp_path: Path) -> None:
    equal = '[diagnostic.signal]\nanalytical = "10 %"\nstudy_analytical = "10 %"\nbiological = "40 %"\n'
    of = scenario(tmp_path, TEST + equal + PLASMA)
    assert middle(of, "sensitivity") == pytest.approx(0.9, abs=1e-12)
    worse = of.with_({"diagnostic.signal.analytical": "30 %"})
    better = of.with_({"diagnostic.signal.analytical": "5 %"})
    for name in ("sensitivity", "specificity", "positive_predictive_value"):
        assert middle(worse, name) < middle(of, name) < middle(better, name)


def test_people_of_100000(tmp_path: Path) -> None:
    of = scenario(tmp_path, TEST + PLASMA)
    assert middle(of, "true_positives_per_100000") == pytest.approx(900.0)
    assert middle(of, "false_positives_per_100000") == pytest.approx(99_000 * 0.072)


def test_monitoring(tmp_path: Path) -> None:
    """One first result and no drift: 124 % for CV of 20 and 40 %; four visits and 5 % each: a fifth of an alarm."""
    plain = '[diagnostic.monitoring]\ninterval = "0.25 year"\n'
    of = scenario(tmp_path, TEST + plain + PLASMA)
    assert 100 * middle(of, "reference_change_value") == pytest.approx(124, abs=0.5)
    assert middle(of, "false_alarms_per_patient_year") == pytest.approx(0.2, abs=1e-9)
    more = of.with_({"diagnostic.monitoring.baselines": 4})
    assert middle(more, "detected_change") < middle(of, "detected_change")
    drifting = of.with_({"diagnostic.monitoring.drift": "30 %/year"})
    assert middle(drifting, "false_alarms_per_patient_year") > 0.2
    alone = of.with_({"diagnostic.monitoring.sided": "one"})
    assert not xs.evaluate(alone, 64).has("alarm_fall")
    assert middle(alone, "alarm_rise") < middle(of, "alarm_rise")
    linear = of.with_({"diagnostic.monitoring.limits": "linear"})
    assert middle(linear, "alarm_rise") == middle(linear, "reference_change_value")
    assert middle(linear, "alarm_fall") == 1.0
    assert middle(linear, "false_alarms_per_patient_year") == pytest.approx(4 * 0.094, abs=0.004)


@pytest.mark.parametrize("limits", ["logarithmic", "linear"])
@pytest.mark.parametrize("sided", ["two", "one"])
def test_every_figure_is_explained(tmp_path: Path, sided: str, limits: str) -> None:
    """The formula of each figure gives what the run reports."""
    words = f'sided = "{sided}"\nlimits = "{limits}"\n'
    of = scenario(tmp_path, TEST + SIGNAL + SEEN + FOLLOWED + words + PLASMA + COLUMN)
    yields = xs.evaluate(of, 64)
    told = [name for name in DIAGNOSTIC_HEADLINES if yields.has(name)]
    assert len(told) == 12 - (sided == "one")
    for name in told:
        found = xs.explain(of, name)
        assert found.value == pytest.approx(yields.values(name)[0], rel=1e-9), name
        for node in found.root.walk():
            assert node.value is not None
            assert math.isfinite(node.value)
            if node.formula:
                assert node.computed() == pytest.approx(node.value, rel=1e-9), node.name


@pytest.mark.parametrize(("drift", "alarms"), [("0 %/year", 0.0), ("3 %/year", 4.0)])
@pytest.mark.parametrize("limits", ["logarithmic", "linear"])
def test_results_that_do_not_vary(tmp_path: Path, limits: str, drift: str, alarms: float) -> None:
    """No variation at all: no alarm while the calibration stays, and one at each visit when it drifts."""
    nothing = 'interval = "0.25 year"\nwithin_person = 0.0\nanalytical = 0.0\n'
    plan = f'[diagnostic.monitoring]\n{nothing}limits = "{limits}"\n'
    of = scenario(tmp_path, f'{TEST}{plan}drift = "{drift}"\n{PLASMA}')
    assert middle(of, "false_alarms_per_patient_year") == pytest.approx(alarms)
    assert middle(of, "detected_change") == 0.0
    found = xs.explain(of, "false_alarms_per_patient_year")
    assert found.value == found.root.computed() == pytest.approx(alarms)


def test_json_and_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The same figures in the list of quantities; on the terminal a block of its own, with Wilson's interval."""
    yields = xs.evaluate(scenario(tmp_path, COUNTS + PLASMA), 200)
    print_diagnostic(yields, new_console())
    told = capsys.readouterr().out
    assert "what the test tells" in told
    assert "positive predictive value" in told
    assert "sensitivity as published: 71.2 % (99 of 139; Wilson 95 % 63.2 to 78.1), hinestrosa2022" in told
    assert "specificity as published: 99.5 % (183 of 184; Wilson 95 % 97.0 to 99.9), hinestrosa2022" in told
    document = yields.as_dict()
    found = {row["name"]: row for row in document["quantities"]}
    assert found["positive_predictive_value"]["unit"] == "1"
    assert document["diagnostic"]["diseased"] == {
        "positive": 99, "of": 139, "share": pytest.approx(99 / 139), "low": pytest.approx(0.632, abs=5e-4),
        "high": pytest.approx(0.781, abs=5e-4), "source": "hinestrosa2022",
    }  # fmt: skip


def test_picture(tmp_path: Path) -> None:
    """Curves over prevalence, and a mark at that of the scenario."""
    yields = xs.evaluate(scenario(tmp_path, COUNTS + PLASMA), 200)
    axes = plots.predictive_value(yields)
    curve = axes.get_lines()[0]
    x, y = np.asarray(curve.get_xdata(), float), np.asarray(curve.get_ydata(), float)
    assert np.all(np.diff(y) > 0.0)
    at = float(np.interp(1.0, x, y))
    assert at == pytest.approx(100.0 * (yields.summary("positive_predictive_value").median or 0.0), rel=0.02)
    with pytest.raises(KeyError):
        plots.predictive_value(xs.evaluate(scenario(tmp_path, '[product]\ndose = "1e9 EV"\n' + PLASMA), 64))


def test_a_run_in_time_counts_no_doses(tmp_path: Path) -> None:
    unit = PLASMA + 'unit = "bench"\n'
    plant = '[campaign]\nevery = "1 d"\n[[equipment]]\nid = "bench"\ncount = 1\n'
    of = scenario(tmp_path, 'horizon = "10 d"\n' + TEST + unit + plant)
    results = xs.simulate(of, 2)
    names = {quantity.name for quantity in results.quantities()}
    assert "batches_per_year" in names
    assert not [name for name in names if "dose" in name]
    assert results.as_dict()["doses"] == {}
    json.dumps(results.as_dict(), allow_nan=False)
    assert xs.bottleneck(of, 2).by == "batches_per_year"
    assert "batches_per_year" in xs.explain(results, "batches_per_year").root.name
    with pytest.raises(xs.UsageError):
        xs.explain(results, "doses_per_year")
    with pytest.raises(xs.UsageError):
        xs.bottleneck(of, 2, by="doses_per_year")


WRONG = [
    (TEST.replace('prevalence = "1 %"\n', ""), 'diagnostic.prevalence: "prevalence" is missing'),
    (TEST.replace('sensitivity = "90 %"\n', ""), 'diagnostic.sensitivity: "sensitivity" is missing'),
    (TEST + "diseased = { positive = 9, of = 10 }\n", "diagnostic.diseased: sensitivity is given, and the counts"),
    (
        COUNTS.replace("of = 139", "of = 98"),
        "diagnostic.diseased.positive: more are positive than there are; got 99 of",
    ),
    (COUNTS.replace(", of = 139", ""), 'diagnostic.diseased.of: "of" is missing'),
    (COUNTS.replace('"hinestrosa2022"', '"nobody2022"'), "unknown source"),
    (TEST.replace("1 %", "120 %"), "a fraction must lie between 0 and 1"),
    (TEST.replace("1 %", "0 %"), "diagnostic.prevalence: must be above 0"),
    (TEST + "[diagnostic.interference]\nspread = 0.3\n", "diagnostic.interference: says of nothing that it interferes"),
    (TEST + '[diagnostic.monitoring]\ninterval = "2 year"\n', "diagnostic.monitoring.interval: no visit comes"),
    (TEST + '[diagnostic.monitoring]\nsided = "three"\n', "is not one of the choices"),
    (TEST + "[diagnostic.signal]\nanalytic = 0.1\n", "did you mean analytical?"),
    (TEST + '[product]\ndose = "1e6 cell"\n', "a diagnostic test reads vesicles, not cells"),
    (TEST + "[product]\ncourse = 2\n", "product.course: counts doses, and the scenario states none"),
    (TEST + '[[warehouse]]\nshelf_life = "1 year"\n', "counts doses, and the scenario states none"),
    (
        TEST + '[[attribute]]\nid = "dna"\nmeasure = "dna_per_dose"\nlimits = { at_most = "10 ng/dose" }\n',
        "attribute.dna.measure: counts doses, and the scenario states none",
    ),
]


@pytest.mark.parametrize("of", ["", "of = 100.5, ", 'of = "139", ', "total = 139, "])
def test_counts_that_cannot_be_read_are_not_compared(of: str, door: Door) -> None:
    """Whoever forgets of how many is not told, too, that 99 are more than a number that nobody wrote."""
    told = door.refused(HEAD + COUNTS.replace("of = 139, ", of) + PLASMA)
    assert "diagnostic.diseased.of:" in told and "more are positive" not in told


def test_what_to_measure_first_is_asked_of_what_the_test_tells(tmp_path: Path) -> None:
    """The question of a diagnostic line is what a result means: its inputs are ranked, and not those of the yield."""
    plasma = PLASMA + '[unit_procedure.parameters]\nvolume = { uniform = { low = "1 mL", high = "2 mL" } }\n'
    yields = xs.evaluate(scenario(tmp_path, COUNTS + plasma), 500)
    console = new_console()
    with console.capture() as shown:
        _print_ranking(yields, console)
    assert "spread of positive predictive value" in " ".join(shown.get().split())
    assert "diagnostic.specificity" in shown.get() and "plasma.volume" not in shown.get()


@pytest.mark.parametrize(
    ("ranked", "asked"),
    [
        (["doses", "ev_yield", "dose_pairs"], "dose_pairs"),
        (["ev_yield", "sensitivity", "positive_predictive_value"], "positive_predictive_value"),
        (["ev_yield", "false_alarms_per_patient_year"], "false_alarms_per_patient_year"),
        (["ev_yield", "purity"], "ev_yield"),
        ([], ""),
    ],
)
def test_which_spread_is_told_first(ranked: list[str], asked: str) -> None:
    assert asked_first(ranked) == asked


@pytest.mark.parametrize(("text", "words"), WRONG)
def test_what_is_refused(text: str, words: str, door: Door) -> None:
    assert words in door.refused(HEAD + text + PLASMA)


def test_the_schema_lets_a_diagnostic_line_do_without_a_dose() -> None:
    """A validator accepts it, and still asks every other scenario for its dose."""
    validator = jsonschema.Draft7Validator(scenario_schema())
    plain = {"name": "x", "unit_procedure": [{"id": "plasma", "operation": "blood_plasma"}]}
    test = {"diagnostic": {"prevalence": "1 %", "sensitivity": 0.9, "specificity": 0.9}}
    assert not list(validator.iter_errors({**plain, **test}))
    assert list(validator.iter_errors(plain))
    assert not list(validator.iter_errors({**plain, "product": {"dose": "1e10 EV"}}))
