"""Asymmetrical flow field-flow fractionation: retention by diffusion against a cross flow.

A cross flow presses particles to the wall of a thin channel, and diffusion lifts them by the mean height l. With
``lambda = l / w = D V0 / (V_c w^2)`` the retention ratio in the parabolic flow is
``R = 6 lambda (coth(1 / (2 lambda)) - 2 lambda)`` (Giddings), 6 lambda where particles stay close to the wall and 1
where the cross flow does nothing. The channel flow falls from inlet to outlet by what leaves through the wall, so that
an unretained solute takes ``t0 = (V0 / V_c) ln(1 + V_c / V_out)`` (Wahlund & Giddings 1987), and all others ``t0 / R``.

Validity: normal mode (diffusion decides: below about 500 nm); constant cross flow; no overload; a sample that is
focused to a line at the inlet.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array

_NEARLY_FREE = 0.2  # 1 / (2 lambda) below which the series is the more exact form


def height(diffusion: Array, void_volume: Array, cross_flow: Array, thickness: Array) -> Array:
    """Return lambda, the mean height of a particle over the wall relative to the thickness.

    Parameters
    ----------
    diffusion : diffusivity [m2/s]
    void_volume : V0 [mL]
    cross_flow : V_c [mL/min]
    thickness : of the channel, w [um]
    """
    return diffusion * void_volume * 60.0 / (cross_flow * (thickness * 1e-6) ** 2)


def retention_ratio(relative_height: Array) -> Array:
    """Return R, the speed of a particle over that of the liquid, for a `relative_height` lambda."""
    x = 0.5 / np.asarray(relative_height)
    far, square = np.maximum(x, _NEARLY_FREE), np.minimum(x, _NEARLY_FREE) ** 2
    exact = 3.0 / far * (1.0 / np.tanh(far) - 1.0 / far)
    series = 1.0 - square * (1.0 / 15.0 - square * (2.0 / 315.0 - square * (1.0 / 1575.0 - square * (2.0 / 31185.0))))
    return np.where(x < _NEARLY_FREE, series, exact)


def void_time(void_volume: Array, cross_flow: Array, outlet_flow: Array) -> Array:
    """Return the time of an unretained solute t0 [min]; volume in mL, flows in mL/min."""
    return np.asarray(void_volume / cross_flow * np.log1p(cross_flow / outlet_flow))
