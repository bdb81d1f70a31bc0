"""How often assay error alone fails a good lot: by the kernel, by the results of the laboratory and by whole runs.

All agree with the closed form Phi(ln(1.2 / (1 + b)) / s) - Phi(ln(0.8 / (1 + b)) / s) for a label of 20 %, and that
with the evidence: 0.995 for the mean of three single results of CV 12 % without bias, 0.73 with a fixed bias of 15 %,
0.64 for one single result with that bias; 0.77 and 0.70 where the bias is random with a standard deviation of 15 %.
Where errors are added, it is Phi((0.2 - b) / s) - Phi((-0.2 - b) / s): 0.996 without bias, 0.76 with 15 %.
"""

from __future__ import annotations

import importlib
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

import exosim as xs
from exosim.facility.route import Production

CV = 0.12
TEXT = """\
format = 1
name = "label"
seed = {seed}
start = 2027-01-04T06:00:00
horizon = "{lots} h"
replications = 1
product.dose = "1e10 EV"

[campaign]
every = "1 h"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"

[[unit_procedure]]
id = "fill"
operation = "measured_step"
[unit_procedure.parameters]
step_time = "0.25 h"

[[assay]]
id = "nanoparticle_tracking"
repeatability = "12 %"
replicates = {replicates}
bias = {bias}
noise = "{noise}"

[[attribute]]
id = "label"
measure = "particles_per_volume"
label = "{label} particle/mL"
tolerance = "20 %"
assay = "nanoparticle_tracking"

[release]
conditional = false
"""
FIXED, RANDOM = "0.15", '{ normal = { mean = 0.0, sd = 0.15 }, varies = "batch" }'
FACTOR, ADDED = "multiplicative", "additive"
CASES = [
    (3, "0.0", FACTOR, 0.995),
    (3, FIXED, FACTOR, 0.73),
    (1, FIXED, FACTOR, 0.64),
    (3, RANDOM, FACTOR, 0.77),
    (1, RANDOM, FACTOR, 0.70),
    (3, "0.0", ADDED, 0.996),
    (3, FIXED, ADDED, 0.76),
]


def passing(replicates: int, bias: NDArray[np.float64], noise: str) -> NDArray[np.float64]:
    """Return the probability that a reported content is within 20 % of the label."""
    if noise == ADDED:
        spread = CV / math.sqrt(replicates)
        return np.asarray(norm.cdf((0.2 - bias) / spread) - norm.cdf((-0.2 - bias) / spread))
    sigma = math.sqrt(math.log1p(CV**2) / replicates)
    upper, lower = np.log(1.2 / (1.0 + bias)) / sigma, np.log(0.8 / (1.0 + bias)) / sigma
    return np.asarray(norm.cdf(upper) - norm.cdf(lower))


def expected(replicates: int, bias: str, noise: str) -> float:
    """Return the closed form; over a random bias, its mean."""
    if bias != RANDOM:
        return float(passing(replicates, np.array(float(bias)), noise))
    z = np.linspace(-6.0, 6.0, 4001)
    return float(np.average(passing(replicates, 0.15 * z, noise), weights=norm.pdf(z)))


def labelled(folder: Path, replicates: int, bias: str, noise: str, seed: int, lots: int) -> xs.Scenario:
    """Return lots whose true content, as the counter sees it, is what the label says."""
    file = folder / "label.toml"

    def written(label: float) -> xs.Scenario:
        numbers = {"seed": seed, "lots": lots, "replicates": replicates, "bias": bias, "noise": noise}
        file.write_text(TEXT.format(**numbers, label=repr(label)), encoding="utf-8")
        return xs.load(file)

    production = made(written(1e9))
    assert production.results is not None
    (content,) = production.results.of(0, "nanoparticle_tracking")
    return written(content.true)


def made(scenario: xs.Scenario) -> Production:
    """Return what one replication makes, as the facility is given it."""
    production, _ = importlib.import_module("exosim.replications")._made(scenario, scenario.seed, 0)
    assert isinstance(production, Production)
    return production


def assert_share(found: float, lots: int, share: float) -> None:
    """Assert that a share of so many lots is within the binomial 99.9 % interval of what is expected."""
    half_width = float(norm.ppf(0.9995)) * math.sqrt(share * (1.0 - share) / lots)
    assert abs(found - share) <= half_width, (found, share, half_width)


@pytest.mark.parametrize(("replicates", "bias", "noise", "evidence"), CASES)
def test_the_closed_form_is_that_of_the_evidence(replicates: int, bias: str, noise: str, evidence: float) -> None:
    """The closed form rounds to what the evidence states."""
    assert expected(replicates, bias, noise) == pytest.approx(evidence, abs=0.0055)


@pytest.mark.parametrize(("replicates", "bias", "noise", "evidence"), CASES)
def test_the_kernel_passes_as_many(replicates: int, bias: str, noise: str, evidence: float, tmp_path: Path) -> None:
    """`evaluate` reports the share of the draws that meet the label."""
    scenario = labelled(tmp_path, replicates, bias, noise, seed=11, lots=4)
    share = xs.evaluate(scenario, draws=40_000).in_specification()["label"]
    assert_share(share, 40_000, expected(replicates, bias, noise))
    assert share == pytest.approx(evidence, abs=0.012)


@pytest.mark.parametrize(("replicates", "bias", "noise", "evidence"), CASES)
def test_the_laboratory_passes_as_many(replicates: int, bias: str, noise: str, evidence: float, tmp_path: Path) -> None:
    """So do the results that the laboratory of the facility asks for, of lots that all hold what the label says."""
    lots = 20_000
    production = made(labelled(tmp_path, replicates, bias, noise, seed=12, lots=lots))
    results = production.results
    assert results is not None and len(production.donors) == lots
    found = [results.of(lot, "nanoparticle_tracking")[0] for lot in range(lots)]
    assert {one.true for one in found} == {found[0].true}
    assert_share(np.mean([one.met for one in found]), lots, expected(replicates, bias, noise))


@pytest.mark.parametrize(("replicates", "bias", "noise", "evidence"), [CASES[0], CASES[1], CASES[4], CASES[6]])
def test_a_run_in_time_releases_as_many(
    replicates: int, bias: str, noise: str, evidence: float, tmp_path: Path
) -> None:
    """So does a whole run: every lot is made alike, and is released or rejected by what its assay reports."""
    run = importlib.import_module("exosim.replications").run_once(
        labelled(tmp_path, replicates, bias, noise, seed=13, lots=3000), 13, 0
    )
    ends = [batch.disposition for batch in run.run.batches if batch.ended is not None]
    assert len(ends) > 2990 and set(ends) == {"released", "rejected"}
    assert_share(ends.count("released") / len(ends), len(ends), expected(replicates, bias, noise))
