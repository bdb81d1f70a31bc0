"""True and measured values side by side: what samples say, how they are wrong, and that they disturb nothing."""

from __future__ import annotations

import importlib
import json
import math
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

import exosim as xs
from exosim.assay import Assay, Result
from exosim.assay_methods import methods
from exosim.cli import main
from exosim.composition import Contents
from exosim.kernel import Step
from exosim.material import Material
from exosim.operations.base import Outcome, standard_context
from exosim.operations.measured_step import MeasuredStep
from exosim.physics.size import class_shares
from exosim.quality import MEASURES, Lot, reported_value
from exosim.quantities import read_number
from exosim.readings import DoseRule, Specification
from exosim.recipe import UnitProcedure
from exosim.results import Yields
from exosim.truth_table import TRUTH_COLUMNS, Compared
from exosim.two_truths import TRUTH_UNITS, Samples

CONTEXT = standard_context()
DRAWS = 20_000
RECOVERY = 0.93
TEXT = """\
format = 1
name = "truths"
seed = 7
start = 2027-01-04T06:00:00
horizon = "60 h"
replications = 1
[product]
dose = "1e10 EV"
instrument = "tracking"
[product.lot]
endotoxin = "0.2 EU/mL"
[campaign]
every = "1 h"
[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[[unit_procedure]]
id = "step"
operation = "measured_step"
parameters = {{ ev_recovery = {recovery}, step_time = "0.25 h" }}
[[unit_procedure]]
id = "polish"
operation = "size_exclusion_chromatography"
[[assay]]
id = "tracking"
{tracking}
[[assay]]
id = "protein"
method = "bca"
[[assay]]
id = "limulus"
method = "lal"
quantification_limit = "0.25 EU/mL"
[[attribute]]
id = "content"
measure = "particles_per_volume"
label = "1.5e9 particle/mL"
tolerance = "20 %"
assay = "tracking"
[release]
conditional = false
"""


def scenario(folder: Path, tracking: str, recovery: float = RECOVERY) -> xs.Scenario:
    """Return a medium, a step of known recovery and a column, with what the instrument says of itself."""
    file = folder / "truths.toml"
    file.write_text(TEXT.format(tracking=tracking, recovery=recovery), encoding="utf-8")
    return xs.load(file)


def found(yields: Yields, quantity: str, step: str, by: str = "tracking") -> Compared:
    """Return one row."""
    (row,) = (r for r in yields.two_truths() if (r.quantity, r.step, r.by) == (quantity, step, by))
    return row


@pytest.mark.parametrize(
    ("errors", "variation"),
    [
        ("repeatability = 0.06", (0.06,)),
        ("repeatability = 0.06\nbetween_days = 0.12", (0.06,)),
        ("repeatability = 0.06\nbetween_days = 0.12\none_run = false", (0.06, 0.12)),
        ("repeatability = 0.12\nbetween_laboratories = 0.5\nbias = 0.3", (0.12,)),
    ],
)
def test_recovery_is_measured_above_all_as_often_as_the_closed_form_says(
    errors: str, variation: tuple[float, ...], tmp_path: Path
) -> None:
    """A ratio of two results with factors of equal spread: Phi(ln(r) / (sqrt(2) sigma)); laboratory and bias cancel."""
    yields = xs.evaluate(scenario(tmp_path, f'steps = "all"\n{errors}'), draws=DRAWS)
    row = found(yields, "recovery", "step")
    sigma = math.sqrt(2.0 * sum(math.log1p(cv**2) for cv in variation))
    expected = float(norm.cdf(math.log(RECOVERY) / sigma))
    assert row.true.median == pytest.approx(RECOVERY, rel=1e-12)
    assert row.above_one is not None and 0.1 < expected < 0.5
    assert abs(row.above_one - expected) <= 3.3 * math.sqrt(expected * (1.0 - expected) / DRAWS)
    assert row.measured.median == pytest.approx(RECOVERY, rel=0.01)


@pytest.mark.parametrize("bias", [0.0, 0.3])
def test_recovery_above_all_where_errors_are_added(bias: float, tmp_path: Path) -> None:
    """Phi(-(1 - r) (1 + b) / (s sqrt(1 + r^2))): added errors matter the less the more the instrument finds."""
    errors = f'steps = "all"\nnoise = "additive"\nrepeatability = 0.12\nbias = {bias}'
    row = found(xs.evaluate(scenario(tmp_path, errors), draws=DRAWS), "recovery", "step")
    expected = float(norm.cdf(-(1.0 - RECOVERY) * (1.0 + bias) / (0.12 * math.hypot(1.0, RECOVERY))))
    assert row.above_one is not None and 0.2 < expected < 0.4
    assert abs(row.above_one - expected) <= 3.3 * math.sqrt(expected * (1.0 - expected) / DRAWS)


def test_purity_has_the_errors_of_both_its_assays(tmp_path: Path) -> None:
    """Logarithms of independent factors: day and repeatability of the count, repeatability of the protein."""
    errors = 'steps = "all"\nrepeatability = 0.06\nbetween_days = 0.12'
    fine = scenario(tmp_path, errors).with_({"assay.protein.quantification_limit": "0.01 ug/mL"})
    yields = xs.evaluate(fine, draws=DRAWS)
    told = yields._kept["measured"]["particles_per_protein by tracking / protein", "polish"]
    sigma = math.sqrt(sum(math.log1p(variation**2) for variation in (0.06, 0.12, 0.08)))
    assert told is not None and float(np.std(np.log(told))) == pytest.approx(sigma, rel=0.02)
    counts = ("particles by tracking", "protein by protein")
    count, protein = (yields._kept["measured"][name, "polish"] for name in counts)
    assert count is not None and protein is not None
    assert np.asarray(told) == pytest.approx(np.asarray(count) / np.asarray(protein), rel=1e-12)
    assert abs(np.corrcoef(np.log(count), np.log(protein))[0, 1]) < 3.3 / math.sqrt(DRAWS)


def test_the_product_has_the_first_result_of_the_lot_here_and_in_the_facility(tmp_path: Path) -> None:
    """The sample of the product, the attribute of `yield` and the laboratory of `run` tell one number."""
    errors = "between_days = 0.2\nbetween_laboratories = 0.4"
    one = scenario(tmp_path, errors)
    production, _ = importlib.import_module("exosim.replications")._made(one, one.seed, 0)
    lots = [production.results.of(lot, "tracking")[0] for lot in range(8)]
    yields = xs.evaluate(one, nested=(1, 1, 8))
    count = yields._kept["measured"]["particles by tracking", "polish"]
    told = yields._kept["attribute"]["content", None]
    volume = yields.values("volume", "polish")
    assert count is not None and told is not None
    assert np.asarray(count) / volume == pytest.approx(np.asarray(told), rel=1e-12)
    assert [lot.value for lot in lots] == pytest.approx(list(told), rel=1e-12)
    assert np.ptp(np.asarray(told)) > 0.0 and len({lot.true for lot in lots}) == 1


def test_a_retest_is_another_run_in_the_same_laboratory(tmp_path: Path) -> None:
    """With errors of the day alone, retests differ; with those of the laboratory alone, they do not."""
    by_name = {}
    for errors in ("between_days = 0.2", "between_laboratories = 0.4"):
        one = scenario(tmp_path, f"repeatability = 0\n{errors}")
        production, _ = importlib.import_module("exosim.replications")._made(one, one.seed, 0)
        by_name[errors] = [production.results.of(3, "tracking", attempt)[0].value for attempt in range(3)]
    assert len(set(by_name["between_days = 0.2"])) == 3
    assert len(set(by_name["between_laboratories = 0.4"])) == 1


def test_samples_change_nothing_but_themselves(tmp_path: Path) -> None:
    """Every other number has the same bits with and without samples in process, and in any blocks and processes."""
    plain = xs.evaluate(scenario(tmp_path, ""), draws=500)
    asked = scenario(tmp_path, 'steps = "all"\nbetween_days = 0.1\none_run = false')
    sampled = xs.evaluate(asked, draws=500)
    for key, values in plain._kept["reading"].items():
        assert np.array_equal(values, sampled._kept["reading"][key]), key  # type: ignore[arg-type]
    small = xs.evaluate(asked, draws=500, block=64)
    for kind in ("true", "measured", "above"):
        for key, values in sampled._kept[kind].items():
            assert np.array_equal(values, small._kept[kind][key]), key  # type: ignore[arg-type]


def test_without_assays_there_is_nothing_to_tell() -> None:
    """The default instrument alone takes no samples: nothing is worked out, written or shown."""
    minimal = xs.load(Path(__file__).parents[1] / "scenarios" / "minimal.toml")
    assert not minimal.specification(minimal.typical_values()).sampled
    yields = xs.evaluate(minimal, draws=64)
    assert yields.two_truths() == () and "two_truths" not in yields.as_dict()
    with pytest.raises(ValueError, match="steps"):
        xs.plots.two_truths(yields)


def test_the_table_the_document_and_the_frame_tell_the_same(tmp_path: Path) -> None:
    """Each row with its units; the quantification limit is told where it was reached."""
    yields = xs.evaluate(scenario(tmp_path, 'method = "nta"\nsteps = ["medium"]'), draws=200)
    rows = yields.two_truths()
    assert [(r.step, r.quantity, r.since, r.by) for r in rows] == [
        ("medium", "particles", "", "tracking"),
        ("polish", "particles", "", "tracking"),
        ("polish", "protein", "", "protein"),
        ("polish", "particles_per_protein", "", "tracking / protein"),
        ("polish", "recovery", "medium", "tracking"),
        ("polish", "endotoxin", "", "limulus"),
    ]
    assert all((r.true.unit, r.measured.unit) == TRUTH_UNITS[r.quantity] for r in rows)
    document = json.loads(json.dumps(yields.as_dict()))["two_truths"]
    assert [d["measured"]["median"] for d in document] == [r.measured.median for r in rows]
    frame = yields.to_pandas("two_truths")
    assert list(frame.columns) == list(TRUTH_COLUMNS)
    assert list(frame["measured_p95"]) == [r.measured.p95 for r in rows]
    limits = {limit.limit: limit.share for limit in yields.limits()}
    assert 0.5 < limits["limulus: below the quantification limit"] < 1.0
    assert found(yields, "endotoxin", "polish", "limulus").measured.p5 == 0.25
    assert len(xs.plots.two_truths(yields)) == 3


def test_recovery_spans_the_steps_between_two_samples(tmp_path: Path) -> None:
    """A recovery since the sample before is the product of those of the steps between, and so is the truth."""
    whole = xs.evaluate(scenario(tmp_path, 'steps = "all"\nrepeatability = 0'), draws=64)
    few = xs.evaluate(scenario(tmp_path, 'steps = ["medium"]\nrepeatability = 0'), draws=64)
    steps = [found(whole, "recovery", step) for step in ("step", "polish")]
    assert [row.since for row in steps] == ["medium", "step"]
    for part in ("true", "measured"):
        product = math.prod(getattr(row, part).median for row in steps)
        assert getattr(found(few, "recovery", "polish"), part).median == pytest.approx(product, rel=1e-12)
        assert getattr(found(whole, "yield_so_far", "polish"), part).median == pytest.approx(product, rel=1e-12)


def test_screening_in_single_precision_samples_too(tmp_path: Path) -> None:
    """float32 reports the same to six digits."""
    one = scenario(tmp_path, 'method = "nta"\nsteps = "all"\none_run = false')
    double, single = xs.evaluate(one, draws=256), xs.evaluate(one, draws=256, precision="float32")
    for exact, near in zip(double.two_truths(), single.two_truths(), strict=True):
        assert near.measured.median == pytest.approx(exact.measured.median, rel=1e-5)


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ('label = "1e9 particle/mL"', '"tolerance" is missing'),
        ('tolerance = "20 %"', '"label" is missing'),
        ('label = "1e9 particle/mL"\ntolerance = 1.2', "tolerance: must be below 1"),
        ('label = "1e9 EV/mL"\ntolerance = 0.2', "label"),
        ('label = "1e9 particle/mL"\ntolerance = 0.2\nlimits = { at_least = "1 particle/mL" }', "limits and a label"),
        ("", '"limits" is missing'),
    ],
)
def test_a_label_is_whole_and_alone(limits: str, expected: str, tmp_path: Path) -> None:
    """A label needs its tolerance, in its unit, and stands in place of limits."""
    file = tmp_path / "label.toml"
    wrong = 'label = "1.5e9 particle/mL"\ntolerance = "20 %"'
    file.write_text(TEXT.format(tracking="", recovery=0.9).replace(wrong, limits), encoding="utf-8")
    with pytest.raises(xs.ScenarioError, match=expected):
        xs.load(file)


def test_a_label_claim_is_its_limits(tmp_path: Path) -> None:
    """Label and tolerance are limits on both sides; an address sets either."""
    one = scenario(tmp_path, "")
    (content,) = one.declarations.attributes
    assert (content.at_least, content.at_most) == (pytest.approx(1.2e9), pytest.approx(1.8e9))
    (wider,) = one.with_({"attribute.content.tolerance": "50 %"}).declarations.attributes
    assert (wider.at_least, wider.at_most) == (pytest.approx(0.75e9), pytest.approx(2.25e9))


def test_vials_are_needed_where_vials_count(tmp_path: Path) -> None:
    """The content of a vial is refused where there are none, and is that of the accepted vials where there are."""
    text = TEXT.format(tracking="repeatability = 0", recovery=0.9)
    text = text.replace("particles_per_volume", "particles_per_vial").replace("particle/mL", "particle/vial")
    file = tmp_path / "vials.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(xs.ScenarioError, match="needs vials"):
        xs.load(file)
    fill = '[[unit_procedure]]\nid = "fill"\noperation = "vial_filling"\nparameters = { fill_volume = "2 mL/vial" }\n'
    file.write_text(text.replace("[[assay]]", f"{fill}[[assay]]", 1), encoding="utf-8")
    yields = xs.evaluate(xs.load(file), draws=64)
    reported = np.ravel(yields._kept["attribute"]["content", None])[0]  # type: ignore[arg-type]
    counted, volume = (yields.values(name, "fill")[0] for name in ("particles", "volume"))
    assert reported == pytest.approx(counted / volume * 2.0, rel=1e-9)


# -- plasma -----------------------------------------------------------------------------------------------------------

VESICLES = 1e10
"""Of platelet-free plasma, per mL (Johnsen et al. 2019)."""
TRACKED = (1.4e11, 1.2e12)
"""Reference interval of tracking in it, per mL (Mork 2016); its upper end is a hundred times the vesicles."""
_SIZES = CONTEXT.sizes


def plasma() -> Material:
    """Return a milliliter of plasma: very low density lipoproteins around 45 nm, as many as tracking then finds."""
    lipoproteins = class_shares(_SIZES, 45.0, 1.4)
    nothing = Material(volume=1e-3, vesicles=VESICLES * CONTEXT.secreted)
    both = Material(volume=1e-3, vesicles=VESICLES * CONTEXT.secreted, lipoproteins=lipoproteins)
    counts = [float(np.squeeze(Contents(CONTEXT, by("nta").counter()).particles(one))) for one in (nothing, both)]
    wanted = (1e12 - counts[0]) / (counts[1] - counts[0])
    return Material(volume=1e-3, vesicles=VESICLES * CONTEXT.secreted, lipoproteins=wanted * lipoproteins)


def by(method: str, **changes: Any) -> Assay:
    """Return an assay of a method without errors."""
    exact = {"repeatability": 0.0, "between_laboratories": None, "between_days": None}
    units = {"detection_limit": "nm", "detection_width": "nm", "upper_size": "nm"}
    raw = {name: value["value"] for name, value in methods()[method].parameters.items()}
    left_out = ("window_low", "window_high", "quantification_limit")
    values = {name: read_number(raw[name], units.get(name, "1")) for name in raw if name not in left_out}
    return Assay(reads=methods()[method].reads, samples=("draw",), **{**values, **exact, **changes})


def measured(material: Material, **assays: Assay) -> dict[str, tuple[float, float]]:
    """Return true and measured values of a material by name."""
    specification = Specification(DoseRule(1e10, "EV"), assays, next(iter(assays)))
    contents = Contents(CONTEXT, specification.instrument.counter())
    procedure = UnitProcedure("draw", MeasuredStep())
    zero = dict.fromkeys(assays, np.zeros(1))
    samples = Samples(specification, CONTEXT, [procedure], contents, zero, {})
    samples.take(Step(procedure, Material(), Material(), Outcome(material)))
    return {one.name: (float(np.squeeze(one.true)), float(np.squeeze(one.measured))) for one in samples.truths()}


def test_tracking_finds_a_hundred_times_the_vesicles_of_plasma() -> None:
    """98 % or more of what it counts are lipoproteins; a counter of labels stays near the truth."""
    of = measured(plasma(), tracking=by("nta"), labels=by("nano_flow_cytometry"), marker=by("elisa"))
    true, counted = of["particles by tracking"]
    assert true == pytest.approx(VESICLES) and TRACKED[0] < counted < TRACKED[1]
    assert counted / true == pytest.approx(100.0, rel=1e-5)
    alone = Material(volume=1e-3, vesicles=plasma().vesicles)
    assert 1.0 - measured(alone, tracking=by("nta"))["particles by tracking"][1] / counted >= 0.98
    assert of["marker by marker"][1] / true == pytest.approx(1.0 - 0.092, rel=1e-12)
    blind = measured(plasma(), labels=by("nano_flow_cytometry", counts_lipoproteins=0.0))
    assert blind["particles by labels"][1] / true == pytest.approx(0.8, abs=0.02)
    assert of["particles by labels"][1] < 0.2 * counted


def test_pulses_find_fewer_than_tracking_in_plasma() -> None:
    """The pore lets small lipoproteins pass unseen: the published direction; by how much depends on the pore."""
    of = measured(plasma(), tracking=by("nta"), pulses=by("trps"))
    small, large = of["particles by pulses"][1], of["particles by tracking"][1]
    assert small < 0.7 * large
    coarse = measured(plasma(), pulses=by("trps", detection_limit=200.0, detection_width=50.0))
    assert 1.8e8 < coarse["particles by pulses"][1] < 1.6e9


def test_purity_of_plasma_is_what_is_counted_over_protein() -> None:
    """Particles per protein of a counter that sees lipoproteins is a hundred times the vesicles per protein."""
    pools = np.array([[1.0], [40.0], [12.0], [7.0]]) * 1e3
    material = plasma()
    dirty = Material(volume=1e-3, vesicles=material.vesicles, lipoproteins=material.lipoproteins, protein=pools)
    of = measured(dirty, tracking=by("nta"), bca=by("bca"))
    true, counted = of["particles_per_protein by tracking / bca"]
    assert counted / true == pytest.approx(100.0, rel=1e-5)


def test_the_lot_agrees_with_the_sample() -> None:
    """A lot measured as an attribute and as a sample is one count."""
    material, assay = plasma(), by("nta")
    lot = Lot(material, CONTEXT, 1.0)
    result = Result(assay, np.zeros(1))
    found_in_lot = float(np.squeeze(reported_value(MEASURES["particles_per_volume"], lot, result, None)))
    assert found_in_lot == pytest.approx(measured(material, tracking=assay)["particles by tracking"][1], rel=1e-12)


def test_a_recovery_since_next_to_nothing_fits_into_the_table(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With additive errors a first result may be 0, and what comes after it any multiple."""
    text = TEXT.partition("[[assay]]")[0].format(recovery=RECOVERY) + (
        '[[assay]]\nid = "tracking"\nmethod = "trps"\nsteps = "all"\nnoise = "additive"\n'
        "repeatability = 0.6\nbetween_days = 0.9\nbetween_laboratories = 0.9\n"
    )
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    assert main(["yield", str(tmp_path / "s.toml"), "--draws", "500", "--out", str(tmp_path / "out")]) == 0
    assert max(map(len, re.findall(r"[0-9.,]+", capsys.readouterr().out))) < 12
