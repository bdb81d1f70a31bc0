"""Particle counters: the efficiency by size against numerical integration, and what they cannot tell apart."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.material import Material, SizeClasses
from exosim.physics.detection import Counter, class_efficiency, counted, counted_particles
from exosim.physics.size import class_shares, size_classes

SIZES = size_classes(12, 115.0, 1.45)
limits, widths = st.floats(40.0, 120.0), st.floats(1.0, 60.0)


def averaged(sizes: SizeClasses, limit: float, width: float) -> list[float]:
    """Return the efficiency of particles that are even in log diameter, by brute force."""
    means = []
    for low, high in zip(sizes.edges[:-1], sizes.edges[1:], strict=True):
        middles = np.exp(np.log(low) + (np.arange(20_000) + 0.5) / 20_000 * np.log(high / low))
        means.append(np.clip((middles - limit) / width + 0.5, 0.0, 1.0).mean())
    return means


@pytest.mark.parametrize("limit, width", [(65.0, 30.0), (70.0, 1.0), (45.0, 60.0), (120.0, 10.0), (20.0, 10.0)])
def test_the_efficiency_is_the_mean_over_the_class(limit: float, width: float) -> None:
    seen = class_efficiency(SIZES, limit, width)
    assert seen.shape == (12, 1)
    assert seen[:, 0] == pytest.approx(averaged(SIZES, limit, width), abs=1e-4)


@given(limits, widths)
def test_the_efficiency_is_a_fraction_that_rises_with_size(limit: float, width: float) -> None:
    seen = class_efficiency(SIZES, limit, width)[:, 0]
    assert np.all((seen >= -1e-12) & (seen <= 1.0 + 1e-12))
    assert np.all(np.diff(seen) >= -1e-12)
    assert np.all(np.abs(seen[SIZES.edges[1:] <= limit - width / 2.0]) < 1e-12)
    assert np.all(np.abs(seen[SIZES.edges[:-1] >= limit + width / 2.0] - 1.0) < 1e-12)


@given(limits, limits, widths)
def test_a_lower_limit_never_counts_less(first: float, second: float, width: float) -> None:
    low, high = sorted((first, second))
    assert np.all(class_efficiency(SIZES, low, width) >= class_efficiency(SIZES, high, width) - 1e-12)


def test_half_of_the_particles_at_the_limit_are_counted() -> None:
    thin = SizeClasses(np.array([64.999, 65.001]), np.array([[65.0**3]]))
    assert class_efficiency(thin, 65.0, 30.0).item() == pytest.approx(0.5, abs=1e-6)
    thin = SizeClasses(np.array([57.499, 57.501]), np.array([[57.5**3]]))
    assert class_efficiency(thin, 65.0, 30.0).item() == pytest.approx(0.25, abs=1e-4)


def test_a_counter_cannot_tell_vesicles_from_other_particles() -> None:
    shares = class_shares(SIZES, 115.0, 1.45)
    counter = Counter(65.0, 30.0)
    pure = counted_particles(Material(vesicles=3e10 * shares), SIZES, counter)
    mixed = Material(vesicles=1e10 * shares, nonvesicular=1.5e10 * shares, lipoproteins=0.5e10 * shares)
    assert counted_particles(mixed, SIZES, counter) == pytest.approx(pure, rel=1e-12)
    assert 0.8 * 3e10 < pure[0] < 3e10
    assert counted_particles(Material(protein=1.0), SIZES, counter) == 0.0


def test_a_bias_scales_every_count() -> None:
    particles = 1e10 * class_shares(SIZES, 80.0, 1.5)
    unbiased = counted(particles, SIZES, Counter(65.0, 30.0))
    assert counted(particles, SIZES, Counter(65.0, 30.0, 0.15)) == pytest.approx(1.15 * unbiased, rel=1e-14)


def test_scalar_equals_array() -> None:
    generator = np.random.default_rng(2)
    limit, width = generator.uniform(40.0, 100.0, 25), generator.uniform(1.0, 60.0, 25)
    particles = generator.lognormal(20.0, 1.0, (12, 25))
    together = counted(particles, SIZES, Counter(limit, width, 0.1))
    for lane in range(25):
        one = counted(particles[:, [lane]], SIZES, Counter(float(limit[lane]), float(width[lane]), 0.1))
        assert one.item() == pytest.approx(together[lane], rel=1e-12)
