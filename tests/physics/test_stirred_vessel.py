"""Batch, fed-batch and perfusion of a vessel: a high-accuracy solver, balances, steady states in closed form.

Case D9: a batch with the seventeen constants of the published set agrees with the solver. It is a test of the program,
not of biology.
"""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
from cho import BATCH, CHO, VESICLES, culture
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from exosim.physics import steady
from exosim.physics.integrator import RUNGE_KUTTA, Floats, integrate, integrate_with_error
from exosim.physics.monod import Medium, MonodSet, fastest_rate
from exosim.physics.stirred_vessel import Culture, Flows, VesicleRates, follow, rates_of_change

FEED = Medium(glucose=300.0, glutamine=40.0, lactate=0.0, ammonia=0.0)
FRESH = Medium(glucose=30.0, glutamine=6.0, lactate=0.0, ammonia=0.0)
NO_VESICLES = VesicleRates(0.0, 0.0, 0.0)
PERFUSION = Flows(feed=0.08, harvest=0.07, bleed=0.01, feed_medium=FRESH, retention=0.98, sieving=0.6)
FED_BATCH = ((72.0, BATCH), (48.0, Flows(0.004, 0.0, 0.0, FEED, 1.0, 1.0)), (48.0, BATCH))


def solved(start: Culture, constants: MonodSet, vesicles: VesicleRates, flows: Flows, hours: float) -> Culture:
    """Return what scipy makes of the same equations for one lane."""
    rates = rates_of_change(constants, vesicles, flows)
    first = start.rows()[:, 0]

    def flat(time: float, state: Floats) -> Floats:
        return rates(time, state[:, None])[:, 0]

    scale = np.maximum(np.abs(first), 1e-3)
    answer = solve_ivp(flat, (0.0, hours), first, method="LSODA", rtol=1e-11, atol=1e-10 * scale)
    assert answer.success
    return Culture(*answer.y[:, -1])


def worst(computed: Culture, truth: Culture) -> float:
    """Return the largest relative difference; concentrations below a micromolar count as that."""
    pairs = [(np.squeeze(getattr(computed, f.name)), np.squeeze(getattr(truth, f.name))) for f in fields(Culture)]
    return max(float(np.max(np.abs(one - two) / np.maximum(np.abs(two), 1e-3))) for one, two in pairs)


def test_batch_of_the_published_set_agrees_with_a_solver() -> None:
    """Case D9: 3e5 cell/mL in 30 mM glucose and 6 mM glutamine."""
    for hours in (48.0, 96.0, 120.0, 168.0):
        truth = solved(culture(), CHO, VESICLES, BATCH, hours)
        assert worst(follow(culture(), CHO, VESICLES, [(hours, BATCH)], 0.25), truth) < 1e-4
        assert worst(follow(culture(), CHO, VESICLES, [(hours, BATCH)], 0.05), truth) < 1e-6


def test_the_figures_of_that_batch() -> None:
    """Regression: glucose is used up on day 5 and ends growth; the set knows no death by starvation."""
    day4, day5, day7 = (follow(culture(), CHO, VESICLES, [(h, BATCH)], 0.1) for h in (96.0, 120.0, 168.0))
    assert day4.viable.item() == pytest.approx(4.957e6, rel=1e-3)
    assert day4.glucose.item() == pytest.approx(3.939, rel=1e-3)
    assert day4.ammonia.item() == pytest.approx(2.111, rel=1e-3)
    assert day5.glucose.item() < 1e-9
    assert day5.lactate.item() == pytest.approx(0.7 * 30.0, rel=1e-9)
    assert day7.viable.item() == pytest.approx(day5.viable.item(), rel=0.01)
    assert day7.product.item() == pytest.approx(862.8, rel=1e-3)


def test_fed_batch_and_perfusion_agree_with_a_solver() -> None:
    truth = culture()
    for hours, flows in FED_BATCH:
        truth = solved(truth, CHO, VESICLES, flows, hours)
    assert worst(follow(culture(), CHO, VESICLES, FED_BATCH, 0.05), truth) < 2e-6
    start = culture(viable=2e6)
    truth = solved(start, CHO, VESICLES, PERFUSION, 200.0)
    assert worst(follow(start, CHO, VESICLES, [(200.0, PERFUSION)], 0.05), truth) < 1e-5


def test_the_estimated_error_of_a_batch_is_honest() -> None:
    rates, start = rates_of_change(CHO, VESICLES, BATCH), culture().rows()
    estimate = integrate_with_error(RUNGE_KUTTA, rates, start, 0.0, 60.0, 60)
    truth = integrate(RUNGE_KUTTA, rates, start, 0.0, 60.0, 2000)
    true = np.abs(estimate.state - truth)
    seen = true > 1e-9 * np.abs(truth)
    ratio = estimate.error[seen] / true[seen]
    assert seen.sum() >= 4
    assert np.all((ratio > 0.3) & (ratio < 3.0))


volumes, feeds = st.floats(0.5, 50.0), st.floats(0.0, 0.02)
shares = st.floats(0.0, 1.0)


@settings(max_examples=25, deadline=None)
@given(volumes, feeds, feeds, feeds, shares, shares, st.floats(1e5, 5e6))
def test_balances(
    volume: float, feed: float, harvest: float, bleed: float, retention: float, sieving: float, viable: float
) -> None:
    """Amounts in the vessel, in what left it and in what cells used or lost add up to what was there and was fed."""
    flows = Flows(feed * volume, harvest * volume, bleed * volume, FRESH, retention, sieving)
    lasting = VesicleRates(40.0, 0.0, 0.0)
    start = culture(viable=viable, volume=volume)
    end = follow(start, CHO, lasting, [(24.0, flows)], 0.1)
    milliliters = 1e3 * end.volume
    vesicles = end.vesicles * milliliters + end.harvested_vesicles + end.bled_vesicles
    assert vesicles.item() == pytest.approx(40.0 * end.cell_hours.item(), rel=1e-6)
    assert end.volume.item() == pytest.approx(volume * (1.0 + 24.0 * (feed - harvest - bleed)), rel=1e-12)


def test_product_is_in_the_vessel_or_in_the_harvest() -> None:
    end = follow(culture(viable=2e6), CHO, VESICLES, [(48.0, replace(PERFUSION, bleed=0.0))], 0.1)
    made = 1.51e-9 * end.cell_hours.item()  # pg to mg
    assert end.product.item() * end.volume.item() + end.harvested_product.item() == pytest.approx(made, rel=1e-6)


def test_glucose_goes_into_cells_and_maintenance() -> None:
    """Without death, what is used is new cells over their yield plus m_G times the cell hours."""
    undying = replace(CHO, death=0.0, scarcity=1e-6)
    start = culture(glucose=60.0, glutamine=20.0)
    end = follow(start, undying, NO_VESICLES, [(72.0, BATCH)], 0.1)
    new_cells = (end.viable.item() - 3e5) * 2e3
    used = new_cells / 0.357e9 + 69.2e-12 * end.cell_hours.item()
    assert end.glucose_used.item() == pytest.approx(used, rel=1e-6)
    assert end.glucose_used.item() == pytest.approx(2.0 * (60.0 - end.glucose.item()), rel=1e-9)


def test_cells_are_neither_lost_nor_made_by_death() -> None:
    """Dead cells are where viable ones went."""
    start = replace(culture(viable=4e6, glutamine=0.0), lactate=40.0, ammonia=6.0)
    end = follow(start, CHO, NO_VESICLES, [(100.0, BATCH)], 0.25)
    assert end.dead.item() > 1e5
    assert (end.viable + end.dead).item() == pytest.approx(4e6, rel=1e-12)


@settings(max_examples=20, deadline=None)
@given(st.floats(1e5, 5e6), st.floats(0.0, 20.0), st.floats(0.0, 8.0), st.floats(12.0, 60.0))
def test_nothing_becomes_negative(viable: float, glucose: float, glutamine: float, hours: float) -> None:
    most = viable + 0.357e6 * glucose
    step = 2.0 / float(fastest_rate(CHO, most))
    rows = follow(culture(viable, glucose, glutamine), CHO, VESICLES, [(hours, BATCH)], step).rows()
    assert np.all(np.isfinite(rows))
    assert np.all(rows >= -1e-9)


def test_steps_too_long_overshoot_an_exhausted_substrate() -> None:
    step = 2.0 / float(fastest_rate(CHO, 5e6))
    short, long = (
        follow(culture(4e6, 5.0), CHO, VESICLES, [(40.0, BATCH)], times * step).glucose.item() for times in (1, 4)
    )
    assert 0.0 <= short < 1e-9
    assert -0.1 < long < -1e-3


def one_substrate(growth: float, half: float, cell_yield: float) -> MonodSet:
    """Return Monod growth on glucose alone: no maintenance, inhibition or death."""
    return replace(
        CHO,
        growth=growth,
        death=0.0,
        half_glucose=half,
        half_glutamine=0.0,
        lactate_inhibition=1e12,
        ammonia_inhibition=1e12,
        cells_per_glucose=cell_yield,
        cells_per_glutamine=1e18,
        glucose_maintenance=0.0,
        glutamine_maintenance=0.0,
        ammonia_removal=0.0,
    )


def test_a_batch_on_one_substrate_has_monods_integral() -> None:
    """The time of a Monod batch is known in closed form for the cells it ends with."""
    constants = one_substrate(0.06, 0.5, 3e8)
    start = Culture(1.0, 1e5, 0.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    cells = float(np.squeeze(follow(start, constants, NO_VESICLES, [(40.0, BATCH)], 0.1).viable))
    in_density = 3e5  # cell/mL for each mM
    total = 1e5 + in_density * 5.0  # cells when all is used up
    half = in_density * 0.5
    hours = ((half + total) * np.log(cells / 1e5) - half * np.log((total - cells) / (total - 1e5))) / (0.06 * total)
    assert hours == pytest.approx(40.0, rel=1e-7)


def test_a_long_chemostat_reaches_its_closed_form() -> None:
    constants = one_substrate(0.06, 0.5, 3e9)
    flows = Flows(0.1, 0.0, 0.1, Medium(5.0, 1.0, 0.0, 0.0), 1.0, 1.0)
    start = Culture(2.0, 1e6, 0.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    end = follow(start, constants, NO_VESICLES, [(3000.0, flows)], 1.0)
    substrate = float(steady.limiting_substrate(0.05, 0.06, 0.5, 5.0))
    assert end.glucose.item() == pytest.approx(substrate, rel=1e-6)
    assert end.viable.item() == pytest.approx(3e6 * (5.0 - substrate), rel=1e-6)


def test_a_long_perfusion_reaches_its_closed_form_with_vesicles() -> None:
    constants = one_substrate(0.06, 0.5, 3e9)
    bleed, harvest, retention, sieving = 0.008, 0.04, 0.98, 0.6
    flows = Flows(0.048, harvest, bleed, Medium(5.0, 1.0, 0.0, 0.0), retention, sieving)
    vesicles = VesicleRates(100.0, 0.0, 0.01)
    start = Culture(1.0, 7e7, 0.0, 5.0, 1.0, 0.0, 0.0, 0.0, 0.0)
    settled = follow(start, constants, vesicles, [(2000.0, flows)], 0.5)
    growth = steady.perfusion_growth(bleed, harvest, retention)
    substrate = steady.limiting_substrate(growth, 0.06, 0.5, 5.0)
    cells = steady.perfusion_cells(growth, bleed, harvest, substrate, 5.0, 3e6)
    titer = steady.vesicle_titer(100.0, cells, bleed + sieving * harvest, 0.01)
    assert settled.viable.item() == pytest.approx(float(cells), rel=1e-6)
    assert settled.vesicles.item() == pytest.approx(float(titer), rel=1e-6)
    later = follow(settled, constants, vesicles, [(10.0, flows)], 0.5)
    gained = later.harvested_vesicles - settled.harvested_vesicles
    secreted = 100.0 * (later.cell_hours - settled.cell_hours)
    share = steady.harvested_share(harvest, sieving, bleed, 0.01)
    assert (gained / secreted).item() == pytest.approx(float(share), rel=1e-6)


def test_directions_of_perfusion() -> None:
    """Less retention holds fewer cells, less sieving more vesicles in the vessel and fewer in the harvest."""
    base = follow(culture(viable=2e6), CHO, VESICLES, [(100.0, PERFUSION)], 0.1)
    leaky = follow(culture(viable=2e6), CHO, VESICLES, [(100.0, replace(PERFUSION, retention=0.8))], 0.1)
    tight = follow(culture(viable=2e6), CHO, VESICLES, [(100.0, replace(PERFUSION, sieving=0.1))], 0.1)
    assert leaky.viable < base.viable
    assert tight.vesicles > base.vesicles
    assert tight.harvested_vesicles < base.harvested_vesicles


def test_lanes_do_not_know_of_each_other() -> None:
    lanes = np.array([1e5, 1e6, 3e6])
    feeds = np.array([0.0, 0.001, 0.003])
    together = follow(
        culture(viable=lanes), CHO, VESICLES, [(50.0, replace(BATCH, feed=feeds, feed_medium=FEED))], 0.25
    )  # type: ignore[arg-type]
    for lane in range(3):
        flows = replace(BATCH, feed=float(feeds[lane]), feed_medium=FEED)
        alone = follow(culture(viable=float(lanes[lane])), CHO, VESICLES, [(50.0, flows)], 0.25)
        np.testing.assert_array_equal(alone.rows()[:, 0], together.rows()[:, lane])
