"""How much room there is where the base reaches a goal: how far each factor alone may move before it is lost."""

from __future__ import annotations

import numpy as np

from exosim.study.factor import Floats
from exosim.study.known_points import KnownPoints
from exosim.study.target_answer import Room
from exosim.study.target_line import nearest_on_line
from exosim.study.target_plan import points_for
from exosim.study.target_space import Space, rounded_toward

_TINY = 5e-324


def rooms(space: Space, known: KnownPoints) -> tuple[Room, ...]:
    """Return the room of every factor over its whole range, whichever way it may be moved."""
    found = []
    for n in range(len(space.factors)):
        with known.at_most(points_for(1)):
            (low, low_ends), (high, high_ends) = (_farthest(space, known, n, end) for end in (0.0, 1.0))
        found.append(Room(n, low, high, low_ends, high_ends))
    return tuple(found)


def _farthest(space: Space, known: KnownPoints, n: int, end: float) -> tuple[float, bool]:
    """Return the farthest value towards an end that keeps the goal, and whether it is lost beyond."""
    origin = float(space.origin[n])

    def places(t: Floats) -> Floats:
        rows = np.tile(space.origin, (len(t), 1))
        rows[:, n] = origin + t * (end - origin)
        return space.places(space.points(rows))

    def missed(t: Floats) -> Floats:
        margins = known.ask(places(t))
        return np.where(margins < 0.0, -margins, -margins - _TINY)

    lost = nearest_on_line(missed, None)
    if lost is None:
        return float(space.points(places(np.ones(1)))[0, n]), False
    beyond = float(places(np.array([lost]))[0, n])
    own, answers = known.within((n,))
    keeps = own[answers[:, 0] >= 0.0][:, n]
    between = keeps[(keeps - origin) * np.sign(end - origin) < (beyond - origin) * np.sign(end - origin)]
    place = space.origin.copy()
    place[n] = between.max() if end > origin else between.min()
    point = space.points(place[None])
    exact, point[0, n] = float(point[0, n]), rounded_toward(space.factors[n], float(point[0, n]), space.base[n])
    return (float(point[0, n]) if known.ask(space.places(point))[0] >= 0.0 else exact), True
