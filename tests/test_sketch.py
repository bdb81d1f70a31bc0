"""The sketch of quantiles: its error is bounded for any numbers, and parts add up to the whole in any order."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from exosim.sketch import ERROR, Sketch
from exosim.totals import Spread

SHARES = (0.0, 0.05, 0.31, 0.5, 0.95, 1.0)
SMALLEST_NORMAL = sys.float_info.min
FINITE = st.floats(allow_nan=False, allow_infinity=False, max_value=1e300, min_value=-1e300)


def sketch_of(*parts: NDArray[np.float64]) -> Sketch:
    sketch = Sketch()
    for part in parts:
        sketch.add(part)
    return sketch


def content(sketch: Sketch) -> tuple[object, ...]:
    """Return what a sketch knows, apart from how much room it has."""
    bins = [array.tolist() for side in (sketch.above, sketch.below) for array in side.filled()]
    return bins, sketch.zeros, sketch.odd


def check(sketch: Sketch, values: NDArray[np.float64]) -> None:
    """Compare quantiles with those of the numbers themselves."""
    ordered = np.sort(values)
    for share, found in zip(SHARES, sketch.quantiles(SHARES), strict=True):
        rank = share * (values.size - 1)
        near = max(abs(ordered[int(np.floor(rank))]), abs(ordered[int(np.ceil(rank))]))
        exact = np.quantile(ordered / 4.0, share) * 4.0  # differences of large numbers of two signs stay finite
        assert abs(found - exact) <= ERROR * near * (1.0 + 1e-9) + SMALLEST_NORMAL


@settings(max_examples=300, deadline=None)
@given(st.lists(FINITE, min_size=1, max_size=60), st.integers(1, 7))
def test_error_of_quantiles(numbers: list[float], parts: int) -> None:
    """Every quantile of any numbers is right to 2**-10 of the number beside it, in however many parts they come."""
    values = np.array(numbers)
    pieces = [piece for piece in np.array_split(values, parts) if piece.size]
    check(sketch_of(*pieces), values)
    assert content(sketch_of(*pieces)) == content(sketch_of(values))


@pytest.mark.parametrize("seed", range(3))
def test_error_of_long_tails(seed: int) -> None:
    """Lognormals over many powers of ten, in tiles whose ranges widen as they come, and the bound is nearly reached."""
    values = np.exp(np.random.default_rng(seed).normal(10.0, 4.0, 40_000))
    sketch = sketch_of(*np.array_split(values, 17))
    check(sketch, values)
    shares = np.linspace(0.001, 0.999, 999)
    errors = np.abs(np.array(sketch.quantiles(shares)) / np.quantile(values, shares) - 1.0)
    assert 0.8 * ERROR < errors.max() <= ERROR


def test_whole_numbers_and_zero_are_exact() -> None:
    """Doses and vials are told as they are up to 1024."""
    values = np.arange(0.0, 1025.0)
    assert sketch_of(values).quantiles(np.linspace(0, 1, 1025).tolist()) == values.tolist()
    assert sketch_of(-values).quantiles((0.0, 1.0)) == [-1024.0, 0.0]
    assert sketch_of(np.array([0.0, -0.0, 0.0])).quantiles(SHARES) == [0.0] * len(SHARES)


def test_parts_merge_in_any_order() -> None:
    """Counts are whole numbers: which part is first is seen nowhere."""
    drawn = np.random.default_rng(5)
    parts = [drawn.normal(0.5, 1.0, 500) * 10.0**power for power in (-8, 0, 3, 12)]
    parts += [np.zeros(7), np.array([np.nan, np.inf, 1.0])]
    whole = content(sketch_of(*parts))
    for seed in range(6):
        sketches = [sketch_of(part) for part in random.Random(seed).sample(parts, len(parts))]
        joined = Sketch()
        for sketch in sketches:
            joined.merge(sketch)
        assert content(joined) == whole
    assert joined.odd == 2


def test_largest_numbers() -> None:
    """The largest number is not rounded to infinity, and infinity is not taken for a number."""
    sketch = sketch_of(np.array([1.0, sys.float_info.max]), np.array([2.0, np.inf]))
    assert sketch.odd == 1
    assert sketch.quantiles((1.0,)) == [sys.float_info.max]


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=50), st.integers(1, 5), st.floats(0.0, 1e8))
def test_moments(numbers: list[float], parts: int, offset: float) -> None:
    """Mean and standard deviation of parts are those of the whole, far from zero as well."""
    values = np.array(numbers) + offset
    first, *others = (piece for piece in np.array_split(values, parts) if piece.size)
    spread = Spread()
    spread.add(first, np.empty(first.size))
    for piece in others:
        part = Spread()
        part.add(piece, np.empty(piece.size))
        spread.merge(part)
    size = np.abs(values).max() + 1e-300
    summary = spread.summary("x", None, "1")
    assert summary.n == values.size
    assert summary.mean == pytest.approx(values.mean(), abs=1e-14 * size * len(numbers))
    assert summary.sd == pytest.approx(values.std(ddof=1), abs=1e-13 * size * len(numbers))
