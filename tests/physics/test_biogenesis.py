"""The store of vesicles: conservation, bursts that empty it, rises that last, pulses that follow too soon."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.physics.biogenesis import Pulse, after, release_ratios
from exosim.physics.integrator import RUNGE_KUTTA, integrate

FUSION = 0.105  # 1/h
loads, rates = st.floats(0.0, 3.0), st.floats(0.01, 1.0)
folds = st.just(0.0) | st.floats(0.01, 20.0)
lyses, times = st.floats(0.0, 1.0), st.floats(0.01, 100.0)


@given(loads, folds, folds, rates, lyses, times)
def test_what_is_formed_is_released_degraded_or_in_store(
    load: float, fuse: float, form: float, fusion: float, lysis: float, hours: float
) -> None:
    """In units of the basal store: formation is g (k_f + k_l), release k_f times its basal hours."""
    store = after(load, fuse, form, fusion, lysis, hours)
    formed = form * (fusion + lysis) * hours
    released = fusion * store.released
    if fuse == 0.0:
        assert released == 0.0
        return
    degraded = released * lysis / (fuse * fusion)  # both are the integral of the store times a rate
    assert load + formed == pytest.approx(float(store.load + released + degraded), rel=1e-9)


@given(rates, lyses, times)
def test_at_rest_nothing_changes(fusion: float, lysis: float, hours: float) -> None:
    store = after(1.0, 1.0, 1.0, fusion, lysis, hours)
    assert store.load == pytest.approx(1.0, rel=1e-12)
    assert store.released == pytest.approx(hours, rel=1e-12)
    assert release_ratios([], fusion, lysis, 0.2, [0.0, hours])[0] == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("fuse, form, lysis", [(10.0, 1.0, 0.0), (10.0, 1.0, 0.2), (1.0, 4.0, 0.05), (0.0, 2.0, 0.1)])
def test_the_closed_form_is_what_the_integrator_finds(fuse: float, form: float, lysis: float) -> None:
    def rates_of_store(_: object, y: np.ndarray) -> np.ndarray:
        filled = form * (FUSION + lysis) - (fuse * FUSION + lysis) * y[0]
        return np.stack([filled, fuse * y[0]])

    solved = integrate(RUNGE_KUTTA, rates_of_store, np.array([[0.7], [0.0]]), 0.0, 9.0, 2000)
    store = after(0.7, fuse, form, FUSION, lysis, 9.0)
    assert store.load == pytest.approx(solved[0].item(), rel=1e-9)
    assert store.released == pytest.approx(solved[1].item(), rel=1e-9)


def test_a_stimulus_on_fusion_is_a_burst_that_leaves_an_empty_store() -> None:
    """Ten times the fusion for 4 h: threefold in these, a quarter in the next, back after two days; in all, nothing."""
    pulse = Pulse("fusion", 10.0, 0.0, 4.0)
    ratios = [float(ratio) for ratio in release_ratios([pulse], FUSION, 0.0, 0.0, [0.0, 4.0, 8.0, 24.0, 48.0])]
    assert ratios == pytest.approx([3.11, 0.28, 0.72, 0.96], abs=0.01)
    (whole,) = release_ratios([pulse], FUSION, 0.0, 0.0, [0.0, 200.0])
    assert whole == pytest.approx(1.0, abs=1e-6)
    (rescued,) = release_ratios([pulse], FUSION, 0.2, 0.0, [0.0, 200.0])
    assert rescued > 1.01  # what would have been degraded


def test_a_lasting_stimulus_on_fusion_gains_only_what_is_degraded() -> None:
    (late,) = release_ratios([Pulse("fusion", 10.0, 0.0, 400.0)], FUSION, 0.05, 0.0, [0.0, 400.0])
    gain = 10.0 * (FUSION + 0.05) / (10.0 * FUSION + 0.05)
    assert late == pytest.approx(gain, rel=0.02)


def test_a_stimulus_on_formation_is_a_rise_that_lasts() -> None:
    edges = [float(hour) for hour in range(0, 96, 8)]
    ratios = np.array(release_ratios([Pulse("formation", 3.0, 0.0, 96.0)], FUSION, 0.0, 0.0, edges))
    assert np.all(np.diff(ratios) > 0.0)
    assert ratios[0] < 2.0 and ratios[-1] == pytest.approx(3.0, abs=0.01)


@given(st.floats(1.5, 20.0), st.floats(0.02, 0.3), st.floats(1.0, 10.0), st.floats(1.2, 5.0))
def test_pulses_too_close_give_less(fold: float, lysis: float, gap: float, factor: float) -> None:
    def both(apart: float) -> float:
        pulses = [Pulse("fusion", fold, start, 1.0) for start in (0.0, 1.0 + apart)]
        return float(release_ratios(pulses, FUSION, lysis, 0.0, [0.0, 2000.0])[0])

    assert both(gap) < both(gap * factor)


def test_the_second_of_two_pulses_in_its_own_hour() -> None:
    def second(apart: float) -> float:
        pulses = [Pulse("fusion", 10.0, start, 4.0) for start in (0.0, 4.0 + apart)]
        edges = [0.0, 4.0, 4.0 + apart, 8.0 + apart]
        first, _, again = release_ratios(pulses, FUSION, 0.0, 0.0, edges)
        return float(again / first)

    assert [second(hours) for hours in (1.0, 7.0, 24.0, 100.0)] == pytest.approx([0.40, 0.67, 0.94, 1.0], abs=0.02)


def test_intervals_add_up_however_they_are_cut() -> None:
    pulses = [Pulse("fusion", 8.0, 3.0, 5.0), Pulse("formation", 2.0, 6.0, 20.0), Pulse("fusion", 0.5, 7.0, 4.0)]
    (whole,) = release_ratios(pulses, FUSION, 0.04, 0.3, [0.0, 40.0])
    edges = [0.0, 2.0, 6.5, 7.0, 21.0, 40.0]
    parts = release_ratios(pulses, FUSION, 0.04, 0.3, edges)
    assert sum(part * hours for part, hours in zip(parts, np.diff(edges), strict=True)) == pytest.approx(
        40.0 * float(whole), rel=1e-12
    )


def test_pulses_that_overlap_multiply() -> None:
    edges = [0.0, 4.0, 30.0]
    apart = release_ratios([Pulse("fusion", 2.0, 0.0, 4.0), Pulse("fusion", 3.0, 0.0, 4.0)], FUSION, 0.1, 0.0, edges)
    together = release_ratios([Pulse("fusion", 6.0, 0.0, 4.0)], FUSION, 0.1, 0.0, edges)
    assert [float(ratio) for ratio in apart] == pytest.approx([float(ratio) for ratio in together], rel=1e-12)


def test_membrane_vesicles_are_not_touched() -> None:
    pulse = Pulse("fusion", 10.0, 0.0, 4.0)
    (bodies,) = release_ratios([pulse], FUSION, 0.0, 0.0, [0.0, 4.0])
    (mixed,) = release_ratios([pulse], FUSION, 0.0, 0.6, [0.0, 4.0])
    assert mixed == pytest.approx(0.6 + 0.4 * float(bodies), rel=1e-12)


def test_folds_and_rates_may_be_lanes() -> None:
    folds_of_lanes, lysis = np.array([1.0, 5.0, 10.0]), np.array([0.0, 0.05, 0.2])
    edges = [0.0, 4.0, 24.0]
    together = release_ratios([Pulse("fusion", folds_of_lanes, 1.0, 2.0)], FUSION, lysis, 0.1, edges)
    for lane in range(3):
        pulse = Pulse("fusion", float(folds_of_lanes[lane]), 1.0, 2.0)
        alone = release_ratios([pulse], FUSION, float(lysis[lane]), 0.1, edges)
        assert [float(ratio) for ratio in alone] == pytest.approx(
            [float(np.asarray(ratio)[lane]) for ratio in together], rel=1e-14
        )
