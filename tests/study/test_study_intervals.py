"""Intervals without a distribution, and Latin hypercubes, against reference results that nobody tuned to exosim."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from exosim.study.designs import latin_hypercube
from exosim.study.factor import Factor
from exosim.study.intervals import (
    Interval,
    mean_interval,
    quantile_coverage,
    quantile_interval,
    quantile_ranks,
    wilks_runs,
)
from exosim.summaries import half_width, share_interval
from tests.oracle import REPLICATIONS

with Path(__file__).with_name("oracle_studies.csv").open(encoding="utf-8", newline="") as file:
    ROWS = list(csv.DictReader(file))


def rows(id: str) -> list[object]:
    """Return the rows of a kind as parameters of a test."""
    return [pytest.param(row, id=f"{row['quantity'][:40]}-{row['params']}") for row in ROWS if row["id"] == id]


def numbers(text: str) -> list[float]:
    """Return the numbers in a text."""
    return [float(found) for found in re.findall(r"\d+(?:\.\d+)?", text)]


@pytest.mark.parametrize("row", rows("WILKS"))
def test_wilks_sizes(row: dict[str, str]) -> None:
    """How many runs until the extremes cover a share, one and two sided."""
    share = numbers(row["quantity"].replace("two-sided", ""))[0] / 100.0
    assert wilks_runs(share, 0.95, two_sided="two-sided" in row["quantity"]) == int(row["value"])


@given(st.floats(0.5, 0.995), st.floats(0.5, 0.99), st.booleans(), st.integers(1, 3))
def test_wilks_sizes_are_the_smallest(share: float, confidence: float, two_sided: bool, order: int) -> None:
    """One run less would not do: the binomial sum by hand."""
    n, outside = wilks_runs(share, confidence, two_sided=two_sided, order=order), order * (1 + two_sided)
    from math import comb

    def sure(n: int) -> float:
        return sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(n - outside + 1))

    assert sure(n) >= confidence - 1e-9
    assert n == outside or sure(n - 1) < confidence + 1e-9
    with pytest.raises(ValueError, match="between 0 and 1"):
        wilks_runs(1.0, confidence)


@pytest.mark.parametrize("row", rows("QUANTILE"))
def test_order_statistics(row: dict[str, str]) -> None:
    """Ranks between which a quantile lies, and the exact probability that it does."""
    n = int(numbers(row["params"])[0])
    ranks_row = next(one for one in ROWS if numbers(one["params"])[:1] == [n] and ".." in one["value"])
    share = numbers(ranks_row["quantity"])[1] / 100.0
    ranks = quantile_ranks(n, share)
    assert ranks is not None
    if ".." in row["value"]:
        assert list(ranks) == numbers(row["value"].replace("..", " "))
    else:
        assert quantile_coverage(n, share, ranks) == pytest.approx(float(row["value"]), rel=float(row["tol"]))


@given(st.integers(1, 400), st.floats(0.02, 0.98), st.sampled_from([0.8, 0.95, 0.99]))
def test_an_interval_of_a_quantile_is_sure_or_there_is_none(n: int, share: float, coverage: float) -> None:
    """Its probability is at least what was asked for; without one, not even all values would do."""
    ranks = quantile_ranks(n, share, coverage)
    if ranks is not None:
        assert 1 <= ranks[0] < ranks[1] <= n
        assert quantile_coverage(n, share, ranks) >= coverage - 1e-12
    else:
        assert share**n > (1.0 - coverage) / 2.0 - 1e-12 or (1.0 - share) ** n > (1.0 - coverage) / 2.0 - 1e-12


@given(st.integers(1, 5000), st.floats(0.001, 0.999), st.floats(0.5, 0.9999))
def test_ranks_are_quantiles_of_the_binomial_distribution(n: int, share: float, coverage: float) -> None:
    """Those of scipy, whose module is not imported for them."""
    aside = (1.0 - coverage) / 2.0
    low, high = int(binom.ppf(aside, n, share)), int(binom.ppf(1.0 - aside, n, share)) + 1
    assert quantile_ranks(n, share, coverage) == ((low, high) if low >= 1 and high <= n else None)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_the_ends_of_a_distribution_have_no_interval(share: float) -> None:
    """No value is below the smallest, or above the largest."""
    values = np.arange(100.0)
    assert quantile_interval(values, share) == Interval(100, share * 99.0)


def test_ranks_are_applied_to_sorted_values() -> None:
    """The 6th and the 15th of 20 values about their median."""
    values = np.random.default_rng(1).permutation(np.arange(1.0, 21.0))
    assert quantile_interval(values) == Interval(20, 10.5, 6.0, 15.0)
    assert quantile_interval(values[:5]) == Interval(5, float(np.median(values[:5])))
    assert quantile_interval(values[:0]) == mean_interval(values[:0]) == Interval(0)
    assert mean_interval(values[:1]) == Interval(1, float(values[0]))


@pytest.mark.parametrize("row", rows("TCI"))
def test_student(row: dict[str, str]) -> None:
    """Half of the interval of a mean, over the standard deviation."""
    n = int(numbers(row["params"])[0])
    values = np.random.default_rng(2).normal(size=n)
    found, sd = mean_interval(values), float(values.std(ddof=1))
    assert found.low is not None and found.high is not None and found.value is not None
    assert (found.high - found.low) / 2.0 / sd == pytest.approx(float(row["value"]), rel=float(row["tol"]))
    assert found.high - found.value == pytest.approx(half_width(sd, n), rel=1e-12)


@given(st.integers(0, 60), st.integers(0, 60))
def test_exact_binomial_interval(hits: int, more: int) -> None:
    """That of SciPy."""
    n = hits + more
    if n:
        wanted = binomtest(hits, n).proportion_ci(0.95, method="exact")
        assert share_interval(hits, n) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_the_side_of_zero() -> None:
    """Sure above, sure below, exactly zero, not sure, and what has no interval."""
    assert Interval(9, 2.0, 1.0, 3.0).sign == 1
    assert Interval(9, -2.0, -3.0, -1.0).sign == -1
    assert Interval(9, 0.0, 0.0, 0.0).sign == 0
    assert Interval(9, 0.5, -1.0, 3.0).sign is Interval(4, 2.0).sign is Interval(0).sign is None
    assert (Interval(1, 2.0).sign, Interval(1, 0.0).sign) == (1, 0)


def accepts(row: dict[str, str], computed: list[float]) -> bool:
    """Return whether replications agree with a row, and are close enough to say so."""
    values = np.array(computed)
    assert values.shape == (REPLICATIONS,)
    error = float(values.std(ddof=1)) / np.sqrt(REPLICATIONS)
    wanted = float(row["value"])
    return bool(abs(values.mean() - wanted) <= float(row["tol"]) * error and error <= 0.03 * wanted)


@pytest.mark.parametrize("row", rows("LHS"))
def test_latin_hypercube(row: dict[str, str]) -> None:
    """One sample in each stratum, and the variance of a mean that it leaves, beside that of plain draws."""
    if row["kind"] == "exact":
        for n in (1, 7, 100):
            points = latin_hypercube([Factor(f"a.{k}", "1", 0.0, 1.0) for k in range(4)], n, seed=n)
            strata = np.sort((points * n).astype(int), axis=0)
            assert (strata == np.arange(n)[:, None]).all()
        return
    n, factors = int(numbers(row["params"])[0]), int(row["params"][-1])
    unit = [Factor(f"a.{k}", "1", 0.0, 1.0) for k in range(factors)]
    found = []
    for replication in range(REPLICATIONS):
        means = []
        for repeat in range(150):
            seed = 1000 * replication + repeat
            plain = np.random.default_rng(seed).random((n, factors))
            points = plain if "plain" in row["quantity"] else latin_hypercube(unit, n, seed)
            means.append(float(points.sum(axis=1).mean()))
        found.append(float(np.mean((np.array(means) - factors / 2.0) ** 2)))
    assert accepts(row, found)
