"""Adsorption: golden ceilings, isotherms, salt, and the balance of sites that many solutes share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from exosim.physics import adsorption
from exosim.physics.size import class_shares, size_classes

demands = st.lists(st.floats(1e-4, 30.0), min_size=1, max_size=5)
strengths = st.lists(st.floats(1e-3, 1e9), min_size=5, max_size=5)


@pytest.mark.parametrize(("diameter", "ceiling"), [(60.0, 2.3e14), (100.0, 8.4e13), (150.0, 3.7e13)])
def test_golden_ceilings_of_a_monolith_with_channels_of_two_micrometers(diameter: float, ceiling: float) -> None:
    surface = adsorption.channel_surface(0.6, 2.0)
    assert surface == pytest.approx(1.2)
    assert adsorption.covering_capacity(surface, diameter) == pytest.approx(ceiling, rel=0.02)


def test_a_square_meter_holds_what_random_adsorption_leaves() -> None:
    assert adsorption.covering_capacity(1.0, 100.0) == pytest.approx(7.0e13, rel=0.01)


def test_half_of_the_saturation_is_held_at_one_over_the_affinity() -> None:
    assert adsorption.langmuir(0.2, 60.0, 5.0) == pytest.approx(30.0, rel=1e-14)
    assert adsorption.langmuir(1e12, 60.0, 5.0) == pytest.approx(60.0, rel=1e-10)


@given(st.floats(0.0, 1e3), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3))
def test_a_lone_solute_among_many_follows_langmuir(concentration: float, saturation: float, affinity: float) -> None:
    alone = adsorption.langmuir(concentration, saturation, affinity)
    held = adsorption.competitive_langmuir(
        np.array([concentration, 0.0]), np.array([saturation, 9.0]), np.array([affinity, 4.0])
    )
    assert held[0] == pytest.approx(alone, rel=1e-12)
    assert held[1] == 0.0


@given(st.lists(st.floats(1e-6, 1e6), min_size=3, max_size=3), st.floats(1.01, 100.0))
def test_a_competitor_takes_sites(concentrations: list[float], more: float) -> None:
    saturations, affinities = np.array([2.0, 3.0, 5.0]), np.array([0.1, 1.0, 10.0])
    before = adsorption.competitive_langmuir(np.array(concentrations), saturations, affinities)
    concentrations[2] *= more
    after = adsorption.competitive_langmuir(np.array(concentrations), saturations, affinities)
    assert np.all(after[:2] <= before[:2])
    assert after[2] >= before[2]
    assert np.sum(after / saturations) <= 1.0 + 1e-12


def test_half_is_released_at_the_midpoint_and_more_by_more_salt() -> None:
    assert adsorption.released(adsorption.salt_ratio(0.45, 0.45, 8.0)) == pytest.approx(0.5, rel=1e-14)
    shares = adsorption.released(adsorption.salt_ratio(np.linspace(0.05, 2.0, 40), 0.45, 8.0))
    assert np.all(np.diff(shares) > 0.0)
    turned = adsorption.released(adsorption.salt_ratio(np.linspace(0.05, 2.0, 40), 0.45, -8.0))
    assert turned == pytest.approx(1.0 - shares, rel=1e-9)


@pytest.mark.parametrize("diameter", [50.0, 100.0, 200.0])
def test_larger_particles_need_more_salt(diameter: float) -> None:
    """The midpoint is 0.45 mol/L (d / 100 nm)^0.15: 0.41, 0.45 and 0.50 mol/L."""
    midpoint = 0.45 * (diameter / 100.0) ** 0.15
    assert midpoint == pytest.approx({50.0: 0.406, 100.0: 0.45, 200.0: 0.499}[diameter], abs=5e-4)
    ratio = adsorption.salt_ratio(midpoint, 0.45, 8.0) * adsorption.size_ratio(diameter, 0.15, 8.0)
    assert adsorption.released(ratio) == pytest.approx(0.5, rel=1e-12)


@pytest.mark.parametrize("steepness", [6.0, 8.0, 12.0])
def test_steps_in_a_row_pool_nearly_the_difference(steepness: float) -> None:
    """After a wash that releases E_w a step pools (1 - E_w) E_e, a percent at most more than E_e - E_w."""
    washed, eluted = (adsorption.released(adsorption.salt_ratio(salt, 0.45, steepness)) for salt in (0.3, 0.6))
    pooled, difference = (1.0 - washed) * eluted, eluted - washed
    assert pooled - difference == pytest.approx(washed * (1.0 - eluted), rel=1e-9)
    assert 0.0 < pooled - difference < 0.013


@given(st.floats(1e-4, 30.0), st.floats(1e-3, 1e12))
def test_one_solute_has_a_closed_form(demand: float, strength: float) -> None:
    """Its balance y^2 + y (a - 1 - x a) - a = 0 is a quadratic equation."""
    roots = np.roots([1.0, strength * (1.0 - demand) - 1.0, -strength])
    free = adsorption.free_sites([demand], [strength])
    assert 1.0 / free == pytest.approx(float(np.max(roots.real)), rel=1e-6)


@given(demands, strengths)
def test_sites_balance(amounts: list[float], held: list[float]) -> None:
    free = float(adsorption.free_sites(amounts, held[: len(amounts)]))
    bound = [float(adsorption.bound_share(strength, free)) for strength in held[: len(amounts)]]
    taken = sum(amount * share for amount, share in zip(amounts, bound, strict=True))
    assert 0.0 < free <= 1.0
    assert free + taken == pytest.approx(1.0, abs=1e-9)


def test_the_root_agrees_with_a_bracketing_solver_over_fifteen_decades() -> None:
    generator = np.random.default_rng(1)
    worst = 0.0
    for number in range(400):
        count = generator.integers(1, 6)
        amounts, held = 10 ** generator.uniform(-4, 1.5, count), 10 ** generator.uniform(-3, 12, count)
        if number % 3 == 0:  # at saturation, where the root turns sharply
            amounts = amounts / amounts.sum() * generator.choice([0.999, 1.0, 1.001])

        def balance(log: float, amounts: np.ndarray = amounts, held: np.ndarray = held) -> float:
            return float(np.exp(log) - 1.0 - np.sum(amounts * held * np.exp(log) / (held + np.exp(log))))

        root = brentq(balance, 0.0, np.log1p(np.sum(amounts * held)) + 1e-9, xtol=1e-15, rtol=1e-15)
        free = float(adsorption.free_sites(list(amounts), list(held)))
        worst = max(worst, abs(free * np.exp(root) - 1.0))
    assert worst < 1e-9


def test_the_firmest_bind_first() -> None:
    free = adsorption.free_sites([0.5, 1.0], [1e6, 1e2])
    firm, loose = adsorption.bound_share(1e6, free), adsorption.bound_share(1e2, free)
    assert firm > 0.999
    assert loose < 0.55


def test_cycles() -> None:
    assert adsorption.cycles_needed(0.0, 0.8) == 1.0
    assert adsorption.cycles_needed(1.6, 0.8) == 2.0
    assert adsorption.cycles_needed(1.61, 0.8) == 3.0
    assert adsorption.cycles_needed(np.array([0.0, 5.0, 5.1]), 1.0, 5.0).tolist() == [1.0, 5.0, 5.0]


def test_lanes_give_what_scalars_give() -> None:
    generator = np.random.default_rng(4)
    amounts, held = generator.uniform(0.01, 1.0, (4, 20)), 10 ** generator.uniform(0, 5, (4, 20))
    free = adsorption.free_sites(list(amounts), list(held))
    for lane in range(20):
        alone = adsorption.free_sites(list(amounts[:, lane]), list(held[:, lane]))
        assert alone == pytest.approx(free[lane], rel=1e-11)


@pytest.mark.parametrize("load", [0.2, 0.8, 1.0, 1.5, 3.0, 20.0])
def test_sizes_taken_together_never_overfill_a_bed(load: float) -> None:
    """Vesicles enter the balance with the mean strength of their sizes: it closes to 6 %, and errs towards loss."""
    sizes = size_classes(12, 115.0, 1.45)
    amounts = np.ravel(class_shares(sizes, 115.0, 1.45) * sizes.diameters**2)
    amounts *= load / amounts.sum()
    held = 1e3 * np.ravel(sizes.diameters / 100.0) ** (0.15 * 8.0)
    free = adsorption.free_sites([load], [np.sum(amounts * held) / load])
    taken = float(amounts @ adsorption.bound_share(held, free) + free)
    assert 0.94 < taken <= 1.0 + 1e-9


def test_the_free_sites_of_a_lane_do_not_depend_on_its_neighbors() -> None:
    """Lanes end after different numbers of steps, some from far away, and none moves on for the sake of another."""
    generator = np.random.default_rng(3)
    amounts, held = 10.0 ** generator.uniform(-3.0, 3.0, (4, 256)), 10.0 ** generator.uniform(-6.0, 12.0, (4, 256))
    together = adsorption.free_sites(list(amounts), list(held))
    parts = [adsorption.free_sites(list(amounts[:, i : i + 1]), list(held[:, i : i + 1])) for i in range(256)]
    assert np.array_equal(together, np.concatenate(parts))
