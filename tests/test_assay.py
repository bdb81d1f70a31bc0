"""What an assay makes of a true value: laboratory, day, counting, additive errors, windows and limits."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

import exosim as xs
from exosim.assay import READS, Assay
from exosim.assay_methods import Method, methods
from exosim.material import Material
from exosim.normal import normal_quantile
from exosim.operations.base import standard_context
from exosim.parameter import declared
from exosim.physics.detection import Counter, class_efficiency, counted_particles, efficiency
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.sampling import uniforms

CONTEXT = standard_context()
GRADES = dict.fromkeys(references(), "C")
N = 40_000
Z = normal_quantile(uniforms(5, "result", "batch", 0, N))
OTHER = normal_quantile(uniforms(5, "other", "batch", 0, N))


def spread(values: Any) -> float:
    """Return the coefficient of variation."""
    return float(np.std(values) / np.mean(values))


@pytest.mark.parametrize("noise", ["multiplicative", "additive"])
@pytest.mark.parametrize(("name", "where"), [("between_laboratories", "laboratory"), ("between_days", "day")])
def test_laboratory_and_day_spread_as_stated(name: str, where: str, noise: Any) -> None:
    """Each alone has the stated coefficient of variation, whether errors are factors or are added."""
    assay = Assay(repeatability=0.0, noise=noise, **{name: 0.25, where: Z})
    assert spread(assay.reported(7.0, 0.0)) == pytest.approx(0.25, rel=0.02)


@pytest.mark.parametrize("noise", ["multiplicative", "additive"])
def test_errors_of_different_origin_add_up(noise: Any) -> None:
    """Squares of small coefficients of variation add up: day, repeatability and counting."""
    assay = Assay(repeatability=0.06, between_days=0.12, tracks=400, day=OTHER, noise=noise)
    assert spread(assay.counts(1e10, 1.0, Z)) == pytest.approx(math.sqrt(0.06**2 + 0.12**2 + 0.05**2), rel=0.02)


@pytest.mark.parametrize("noise", ["multiplicative", "additive"])
def test_replicates_average_what_is_of_a_single_result(noise: Any) -> None:
    """The day is shared by the replicates of a run: their mean keeps its error whole."""
    one = Assay(repeatability=0.12, between_days=0.1, day=OTHER, noise=noise)
    four = Assay(repeatability=0.12, between_days=0.1, day=OTHER, noise=noise, replicates=4)
    assert spread(one.reported(1.0, Z)) == pytest.approx(math.hypot(0.12, 0.1), rel=0.02)
    assert spread(four.reported(1.0, Z)) == pytest.approx(math.hypot(0.06, 0.1), rel=0.02)


def passing(noise: str, bias: float) -> float:
    """Return the probability that a label of 20 % is met with three replicates of CV 12 %, in closed form."""
    if noise == "additive":
        sigma = 0.12 / math.sqrt(3)
        low, high = (0.8 - 1.0 - bias) / sigma, (1.2 - 1.0 - bias) / sigma
    else:
        sigma = math.sqrt(math.log1p(0.12**2) / 3)
        low, high = math.log(0.8 / (1.0 + bias)) / sigma, math.log(1.2 / (1.0 + bias)) / sigma
    return float(norm.cdf(high) - norm.cdf(low))


@pytest.mark.parametrize(
    ("noise", "bias", "evidence"),
    [
        ("multiplicative", 0.0, 0.995),
        ("multiplicative", 0.15, 0.73),
        ("additive", 0.0, 0.996),
        ("additive", 0.15, 0.76),
    ],
)
def test_good_lots_fail_their_label_for_the_instrument(noise: Any, bias: float, evidence: float) -> None:
    """The share that passes is the closed form, and that rounds to what the evidence states for either noise."""
    assert passing(noise, bias) == pytest.approx(evidence, abs=0.0051)
    found = Assay(repeatability=0.12, replicates=3, bias=bias, noise=noise).reported(1.0, Z)
    share = float(np.mean((found >= 0.8) & (found <= 1.2)))
    expected = passing(noise, bias)
    assert abs(share - expected) <= 3.3 * math.sqrt(expected * (1.0 - expected) / N)


@given(bias=st.floats(-0.5, 1.0), z=st.floats(-4, 4), day=st.floats(-4, 4), laboratory=st.floats(-4, 4))
def test_no_result_is_negative(bias: float, z: float, day: float, laboratory: float) -> None:
    """Not even where errors are added."""
    numbers: dict[str, Any] = {"between_days": 0.25, "between_laboratories": 0.5, "repeatability": 0.6}
    for noise in ("additive", "multiplicative"):
        assay = Assay(bias=bias, day=day, laboratory=laboratory, noise=noise, **numbers)  # type: ignore[arg-type]
        assert np.all(assay.reported(3.0, z) >= 0.0)


def test_a_laboratory_is_wrong_alike_for_all_its_counts() -> None:
    """It is part of what the counter finds in the mean, as the bias is."""
    assay = Assay(bias=0.1, between_laboratories=0.3, laboratory=1.5)
    assert assay.counter().bias == pytest.approx(1.1 * math.exp(1.5 * math.sqrt(math.log1p(0.09))) - 1.0, rel=1e-12)
    assert assay.exact().counter().bias == 0.0


def test_what_is_below_the_quantification_limit_is_reported_as_it() -> None:
    """The limit is a concentration: an amount is compared in the volume of its sample."""
    assay = Assay(quantification_limit=2.0, repeatability=0.0)
    assert assay.reported(1.0, 0.0) == 2.0
    assert assay.reported(100.0, 0.0, milliliters=10.0) == 100.0
    assert assay.reported(100.0, 0.0, milliliters=80.0) == 160.0
    (reached,) = assay.limits(np.array([160.0, 200.0]), 0.0, 80.0).values()
    assert list(np.asarray(reached)) == [1.0, 0.0]
    assert assay.exact().reported(1.0, 0.0) == 1.0


def test_a_sample_above_the_window_is_diluted_into_it() -> None:
    """Without a fixed dilution a count is linear however much is there; with one it ends at the top of the window."""
    free = Assay(repeatability=0.0, window_low=1e8, window_high=1e9)
    fixed = Assay(repeatability=0.0, window_low=1e8, window_high=1e9, dilution=100.0)
    particles = np.array([1e9, 1e10, 1e11, 1e12, 1e13])
    assert np.array_equal(free.counts(particles, 1.0, 0.0), particles)
    assert np.array_equal(fixed.counts(particles, 1.0, 0.0), np.minimum(particles, 1e11))
    (above,) = fixed.limits(particles, particles, 1.0).values()
    assert list(np.asarray(above)) == [0.0, 0.0, 0.0, 1.0, 1.0]


def test_a_thin_sample_gives_fewer_tracks() -> None:
    """A hundredth of the lower end of the window gives a hundredth of the tracks, and ten times the noise."""
    assay = Assay(repeatability=0.0, tracks=10_000, window_low=1e8)
    assert spread(assay.counts(1e9, 1.0, Z)) == pytest.approx(0.01, rel=0.02)
    assert spread(assay.counts(1e6, 1.0, Z)) == pytest.approx(0.1, rel=0.02)


def test_a_pore_counts_a_range_of_sizes() -> None:
    """Above its upper size nothing counts; with a size beyond the grid all does, as without one."""
    pore = Counter(75.0, 30.0, upper=330.0)
    seen = np.ravel(efficiency(CONTEXT.sizes, pore))
    edges = CONTEXT.sizes.edges
    assert np.all(seen[edges[:-1] >= 330.0] == 0.0) and np.all(seen[edges[1:] <= 60.0] == 0.0)
    whole = efficiency(CONTEXT.sizes, Counter(75.0, 30.0, upper=1e4))
    assert whole == pytest.approx(class_efficiency(CONTEXT.sizes, 75.0, 30.0), rel=1e-12)


def test_shares_of_the_kinds_are_counted() -> None:
    """A counter of labels counts a share of the vesicles and leaves most of the rest alone."""
    material = Material(volume=0.001, vesicles=1e9 * CONTEXT.secreted, lipoproteins=1e11 * CONTEXT.secreted)
    every = float(np.squeeze(counted_particles(material, CONTEXT.sizes, Counter(40.0, 10.0))))
    labeled = Counter(40.0, 10.0, vesicles=0.8, lipoproteins=0.02)
    assert every / 101.0 * (0.8 + 2.0) == pytest.approx(
        float(np.squeeze(counted_particles(material, CONTEXT.sizes, labeled))), rel=1e-12
    )


@pytest.mark.parametrize("method", methods().values(), ids=lambda method: method.key)
def test_methods_can_be_read(method: Method) -> None:
    """Units, ranges, sources and grades are right, and what only a counter has stands at counters."""
    known = declared(Assay)
    assert method.reads in READS and method.name
    for name, raw in method.parameters.items():
        parameter = known[name]
        if parameter.unit == "concentration":
            parameter = type(parameter)(**{**_fields(parameter), "unit": READS[method.reads]})
        read = read_quantity(raw, parameter, GRADES)
        assert not read.outside_range, name
        assert (read.grade == "D") == (read.source == "assumption"), name
    if method.reads != "particles":
        assert not [name for name in method.parameters if name.startswith(("counts", "window", "detection"))]


def _fields(of: Any) -> Mapping[str, Any]:
    return {name: getattr(of, name) for name in of.__dataclass_fields__}


TEXT = """\
format = 1
name = "assays"
draws = 64
seed = 2
product = {{ dose = "1e10 EV", instrument = "tracking" }}
[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[[unit_procedure]]
id = "filter"
operation = "depth_filtration"
[[assay]]
id = "tracking"
{assay}
"""


def written(folder: Path, assay: str) -> Path:
    """Return a scenario whose instrument says this."""
    file = folder / "assays.toml"
    file.write_text(TEXT.format(assay=assay), encoding="utf-8")
    return file


def test_what_stands_in_the_file_goes_before_the_method(tmp_path: Path) -> None:
    """The ledger tells what the method brought, with its source, and what the scenario says instead."""
    scenario = xs.load(written(tmp_path, 'method = "trps"\nbetween_laboratories = 0.239'))
    lines = {line.path: line for line in scenario.ledger()}
    assert lines["assay.tracking.upper_size"].origin == "preset"
    assert (lines["assay.tracking.window_high"].source, lines["assay.tracking.window_high"].grade) == ("mork2016", "A")
    assert lines["assay.tracking.between_laboratories"].origin == "scenario"
    assay = scenario.specification(scenario.typical_values()).instrument
    assert (assay.upper_size, assay.between_laboratories, assay.samples) == (330.0, 0.239, ("filter",))


@pytest.mark.parametrize(
    ("assay", "expected"),
    [
        ('method = "nto"', "did you mean nta"),
        ('method = "nta"\nsteps = ["filtr"]', "did you mean filter"),
        ('steps = "some"', "steps"),
        ('noise = "aditive"', "noise"),
        ("dilution = 0.5", "dilution"),
        ('quantification_limit = "2 ug/mL"', "particle/mL"),
        ("one_run = 1", "one_run"),
    ],
)
def test_mistakes_are_told(assay: str, expected: str, tmp_path: Path) -> None:
    """With the place and what is expected."""
    with pytest.raises(xs.ScenarioError) as told:
        xs.load(written(tmp_path, assay))
    assert expected in str(told.value) and "assays.toml" in str(told.value)


def test_one_laboratory_is_shared_by_the_batches_of_a_world(tmp_path: Path) -> None:
    """Batches of a nested run share the draw of the laboratory and not that of the day."""
    scenario = xs.load(written(tmp_path, "between_laboratories = 0.3\nbetween_days = 0.2"))
    yields = xs.evaluate(scenario, nested=(50, 1, 4))
    counted = np.asarray(yields.values("particles_per_protein")).reshape(50, 4)
    assert np.ptp(counted, axis=1) == pytest.approx(np.zeros(50))
    assert np.ptp(counted[:, 0]) > 0.1 * np.mean(counted)
    (share,) = (one for one in yields.shares() if one.name == "particles_per_protein")
    assert share.parts()["study"].share == pytest.approx(1.0)
    assert [rank.input for rank in yields.ranking() if rank.quantity == "particles_per_protein"] == [
        "assay.tracking.between_laboratories"
    ]
