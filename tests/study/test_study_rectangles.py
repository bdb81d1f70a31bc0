"""The largest rectangle, held to all rectangles; ranges rounded inward stay within, and lose little."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from exosim.study.edge import crossings, least
from exosim.study.rectangles import Rectangle, largest_rectangle, rounded_inward, run_around

REGIONS = arrays(bool, st.tuples(st.integers(1, 6), st.integers(1, 6)), elements=st.booleans())


def every_rectangle(region: np.ndarray, around: Rectangle | None) -> list[Rectangle]:
    """Return all rectangles within a region that hold what is around, by trying each."""
    pairs = [list(itertools.combinations_with_replacement(range(size), 2)) for size in region.shape]
    found = [
        Rectangle(x, y)
        for x in pairs[0]
        for y in pairs[1]
        if region[x[0] : x[1] + 1, y[0] : y[1] + 1].all()
    ]  # fmt: skip
    if around is None:
        return found
    return [
        one for one in found
        if one.x[0] <= around.x[0] <= around.x[1] <= one.x[1] and one.y[0] <= around.y[0] <= around.y[1] <= one.y[1]
    ]  # fmt: skip


def lines(size: int, seed: int) -> np.ndarray:
    """Return increasing places of grid lines, unevenly far apart."""
    return np.cumsum(np.random.default_rng(seed).uniform(0.1, 1.0, size))


@given(REGIONS, st.integers(0, 9), st.data())
def test_the_largest_rectangle_is_as_large_as_any(region: np.ndarray, seed: int, data: st.DataObject) -> None:
    """Its area is the largest that trying all of them finds, with and without what it must hold."""
    x, y = lines(region.shape[0], seed), lines(region.shape[1], seed + 1)
    around = None
    if data.draw(st.booleans()):
        ends = [sorted(data.draw(st.integers(0, size - 1)) for _ in range(2)) for size in region.shape]
        around = Rectangle((ends[0][0], ends[0][1]), (ends[1][0], ends[1][1]))
    known = [one for one in every_rectangle(region, around) if one.area(x, y) > 0.0]
    found = largest_rectangle(region, x, y, around)
    if not known:
        assert found is None
        return
    assert found in known
    assert found is not None
    assert found.area(x, y) == pytest.approx(max(one.area(x, y) for one in known))


def test_a_run_around_a_place() -> None:
    """The unbroken run that holds a place; none where the place itself is out."""
    inside = np.array([True, False, True, True, True, False])
    assert run_around(inside, 3) == (2, 4)
    assert run_around(inside, 0) == (0, 0)
    assert run_around(inside, 1) is None


@given(st.floats(1e-6, 1e6), st.floats(0.01, 1e3), st.floats(0.0, 1.0), st.booleans())
def test_rounded_ranges_stay_within_and_lose_little(low: float, width: float, share: float, log: bool) -> None:
    """At most a fortieth at each end, on the scale of the factor; what is kept stays within."""
    high = low * (1.0 + width)
    keep = min(max(low + share * (high - low), low), high)
    scale = math.log if log else float
    a, b = rounded_inward(low, high, scale, keep=keep)
    slack = 1e-9 * (scale(high) - scale(low))
    assert low * (1.0 - 1e-11) <= a <= keep <= b <= high * (1.0 + 1e-11)
    assert scale(a) - scale(low) <= (scale(high) - scale(low)) / 40.0 + slack
    assert scale(high) - scale(b) <= (scale(high) - scale(low)) / 40.0 + slack


@pytest.mark.parametrize(
    ("low", "high", "told"),
    [
        (16.2713, 33.884, (16.5, 33.5)),
        (3.5000000000000004, 4.5, (3.5, 4.5)),
        (0.0, 9.87, (0.0, 9.8)),
        (-0.512, 0.734, (-0.5, 0.72)),
        (0.001203, 0.00987, (0.0014, 0.0098)),
    ],
)
def test_ends_that_a_person_would_write_down(low: float, high: float, told: tuple[float, float]) -> None:
    """Multiples of 1, 2 or 5 times a power of ten."""
    assert rounded_inward(low, high, float) == told


def test_whole_numbers_stay_whole() -> None:
    """No step is below one."""
    assert rounded_inward(3.0, 9.0, float, whole=True) == (3.0, 9.0)
    assert rounded_inward(103.0, 997.0, float, whole=True) == (120.0, 980.0)


@given(REGIONS)
def test_an_edge_parts_what_is_in_from_what_is_out(region: np.ndarray) -> None:
    """There is one crossing between each two neighbors that differ, halfway where values are 0 and 1."""
    x, y = np.arange(region.shape[0], dtype=float), np.arange(region.shape[1], dtype=float)
    found = crossings(x, y, region.astype(float), 0.5)
    differ = int((region[1:] != region[:-1]).sum() + (region[:, 1:] != region[:, :-1]).sum())
    assert len(found) == differ
    assert np.allclose(np.sort(found % 1.0, axis=1), [0.0, 0.5])


def test_there_is_no_edge_beside_what_is_not_known() -> None:
    """A point without a value parts nothing."""
    values = np.array([[1.0, np.nan, 0.0]])
    assert len(crossings(np.zeros(1), np.arange(3.0), values, 0.5)) == 0


def test_the_least_of_several() -> None:
    """The condition with the lowest probability, the first of equals, none where all are sure."""
    values = np.array([[0.5, 0.4, 1.0, 0.3], [0.6, 0.2, 1.0, 0.3]])
    assert least(values).tolist() == [0, 1, -1, 0]
