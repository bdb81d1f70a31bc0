"""The nearest place on a line at which a goal is reached, without the assumption that there is only one.

Four even steps; where the margin falls from each to the next, the line leads away from the goal and is left. Else the
steps before the first that reaches the goal are halved, and what peaks between two of them is looked at more closely.
Then the bracket around the first place that reaches the goal is narrowed, at first where a straight line through its
ends has its zero, then by quarters.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from exosim.study.factor import Floats

TOLERANCE = 5e-4
"""Of a change: how far it may be above the smallest on its line."""
_QUARTERS = np.array([0.25, 0.5, 0.75])
_NEAR = np.array([-0.02, -0.001, 0.001, 0.02])
_CLOSER, _INSIDE, _ROUNDS = 3, 8, 9


def nearest_on_line(margins: Callable[[Floats], Floats], steps: Floats | None = None) -> float | None:
    """Return the least t from 0 to 1 whose margin is >= 0, to :data:`TOLERANCE`; None where none is found.

    Parameters
    ----------
    margins : at values of t, shape (points,)
    steps : at which it is looked, rising, instead of at even steps

    Examples
    --------
    >>> round(nearest_on_line(lambda t: t**2 - 0.25), 3)
    0.5
    """
    t = np.concatenate([[0.0], _QUARTERS, [1.0]]) if steps is None else np.concatenate([[0.0], steps])
    m = margins(t)
    if steps is None:
        if (m[1:] < m[:-1]).all() and m[0] < 0.0:
            return None
        t, m = _joined(margins, t, m, _halves(t, m))
    for _ in range(_CLOSER):
        t, m = _joined(margins, t, m, _around_peaks(t, m))
    good = np.flatnonzero(m >= 0.0)
    if not good.size or good[0] == 0:
        return 0.0 if good.size else None
    first = int(good[0])
    return _narrowed(margins, (float(t[first - 1]), float(t[first])), (float(m[first - 1]), float(m[first])))


def _halves(t: Floats, m: Floats) -> Floats:
    """Return the middles of the steps up to the first place that reaches the goal."""
    return np.asarray(((t[1:] + t[:-1]) / 2.0)[: _first_good(m)])


def _around_peaks(t: Floats, m: Floats) -> Floats:
    """Return places around the peaks that miss the goal, up to the first place that reaches it."""
    stop = _first_good(m)
    peaks = [n for n in range(1, min(stop, len(t) - 1)) if m[n] > m[n - 1] and m[n] > m[n + 1] and np.isfinite(m[n])]
    inner = [np.linspace(t[n - 1], t[n + 1], _INSIDE + 1) for n in peaks]
    return np.setdiff1d(np.concatenate(inner), t) if inner else np.empty(0)


def _first_good(m: Floats) -> int:
    good = np.flatnonzero(m >= 0.0)
    return int(good[0]) if good.size else len(m)


def _joined(margins: Callable[[Floats], Floats], t: Floats, m: Floats, more: Floats) -> tuple[Floats, Floats]:
    """Return places and margins with more of them asked, in their order."""
    if not more.size:
        return t, m
    t, m = np.concatenate([t, more]), np.concatenate([m, margins(more)])
    order = np.argsort(t, kind="stable")
    return t[order], m[order]


def _narrowed(margins: Callable[[Floats], Floats], ends: tuple[float, float], at: tuple[float, float]) -> float:
    """Return the end of a bracket that reaches the goal, after narrowing it."""
    (low, high), (below, above), straight = ends, at, True
    for _ in range(_ROUNDS):
        width = high - low
        if width <= TOLERANCE * high:
            break
        shares = _QUARTERS
        if straight and np.isfinite(below) and np.isfinite(above):
            shares = np.concatenate([[0.5], below / (below - above) + _NEAR])
        inner = low + width * np.unique(shares[(shares > 0.0) & (shares < 1.0)])
        t = np.concatenate([[low], inner, [high]])
        m = np.concatenate([[below], margins(inner), [above]])
        first = int(np.flatnonzero(m >= 0.0)[0])
        low, high, below, above = float(t[first - 1]), float(t[first]), float(m[first - 1]), float(m[first])
        straight = high - low < 0.1 * width
    return high
