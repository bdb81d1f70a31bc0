"""The nearest place on a line at which a goal is reached, without the assumption that there is only one.

A scan with even steps; what peaks between two steps before the goal is looked at more closely; then the bracket around
the first place that reaches the goal is narrowed, with points where a straight line through its ends has its zero.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exosim.study.factor import Floats

TOLERANCE = 5e-4
"""Of a change: how far it may be above the smallest on its line."""
_STEPS, _CLOSER, _ROUNDS = 8, 3, 12
_EVEN = np.array([0.25, 0.5, 0.75])
_NEAR = np.array([-0.02, -0.001, 0.001, 0.02])


def nearest_on_line(margins: Callable[[Floats], Floats], steps: Floats | None = None) -> float | None:
    """Return the least t from 0 to 1 whose margin is >= 0, to :data:`TOLERANCE`; None where none is found.

    Parameters
    ----------
    margins : at values of t, shape (points,)
    steps : at which it is looked first, rising; by default evenly

    Examples
    --------
    >>> round(nearest_on_line(lambda t: t**2 - 0.25), 3)
    0.5
    """
    t = np.concatenate([[0.0], np.linspace(0.0, 1.0, _STEPS + 1)[1:] if steps is None else steps])
    m = margins(t)
    for _ in range(_CLOSER):
        inner = _around_peaks(t, m)
        if not inner.size:
            break
        t, m = _joined(t, m, inner, margins(inner))
    good = np.flatnonzero(m >= 0.0)
    if not good.size:
        return None
    if good[0] == 0:
        return 0.0
    return _narrowed(margins, (float(t[good[0] - 1]), float(t[good[0]])), (float(m[good[0] - 1]), float(m[good[0]])))


def _around_peaks(t: Floats, m: Floats) -> Floats:
    """Return places around the peaks that miss the goal, up to the first place that reaches it."""
    good = np.flatnonzero(m >= 0.0)
    stop = int(good[0]) if good.size else len(t)
    peaks = [n for n in range(1, min(stop, len(t) - 1)) if m[n] > m[n - 1] and m[n] > m[n + 1] and np.isfinite(m[n])]
    inner = [np.linspace(t[n - 1], t[n + 1], _STEPS + 1) for n in peaks]
    return np.setdiff1d(np.concatenate(inner), t) if inner else np.empty(0)


def _joined(t: Floats, m: Floats, more: Floats, margins: Floats) -> tuple[Floats, Floats]:
    t, m = np.concatenate([t, more]), np.concatenate([m, margins])
    order = np.argsort(t, kind="stable")
    return t[order], m[order]


def _narrowed(margins: Callable[[Floats], Floats], ends: tuple[float, float], at: tuple[float, float]) -> float:
    """Return the end of a bracket that reaches the goal, after narrowing it."""
    (low, high), (below, above) = ends, at
    for _ in range(_ROUNDS):
        width = high - low
        if width <= TOLERANCE * high:
            break
        shares = _EVEN
        if np.isfinite(below) and np.isfinite(above):
            shares = np.concatenate([_EVEN, below / (below - above) + _NEAR])
        inner = low + width * np.unique(shares[(shares > 0.0) & (shares < 1.0)])
        t = np.concatenate([[low], inner, [high]])
        m = np.concatenate([[below], margins(inner), [above]])
        first = int(np.flatnonzero(m >= 0.0)[0])
        low, high, below, above = float(t[first - 1]), float(t[first]), float(m[first - 1]), float(m[first])
    return high
