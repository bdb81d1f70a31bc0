"""The clock: SimPy's environment with a lean pause and a lean loop, because most of a run is nothing else.

Both do exactly what SimPy's own do, in the same order of events; they leave out what a facility never needs (values of
timeouts, callbacks that stop the simulation). They rely on the queue of SimPy 4.1, and a test compares them with stock
SimPy event by event.
"""

from __future__ import annotations

import heapq

import simpy
from simpy.core import StopSimulation
from simpy.events import NORMAL, EventPriority

from exosim.errors import ModelError, Problem

_LATE = EventPriority(5)
"""Priority of what waits for all else of its moment: below that of what happens, above that of the end of a run."""


class Clock(simpy.Environment):
    """Time in hours, moved from event to event.

    Attributes
    ----------
    now : the hour; a plain attribute in place of SimPy's property
    taken : events so far
    """

    now = 0.0

    def __init__(self) -> None:
        super().__init__()
        self.taken = 0

    def go(self, most: int) -> bool:
        """Take at most so many steps; returns whether nothing is left to happen.

        Raises
        ------
        ModelError
            that a process has raised.
        """
        queue, pop, taken = self._queue, heapq.heappop, 0
        try:
            while taken < most and queue:
                self.now, _, _, event = pop(queue)
                self._now = self.now
                callbacks, event.callbacks = event.callbacks, None  # type: ignore[assignment]
                for callback in callbacks:
                    callback(event)
                taken += 1
                if not event._ok and not hasattr(event, "_defused"):
                    raise event._value
        except StopSimulation:
            return True
        finally:
            self.taken += taken
        return not queue


class Pause(simpy.Event):
    """Hours that pass."""

    _value, _ok = None, True

    def __init__(self, env: simpy.Environment, hours: float) -> None:
        if not hours >= 0.0:  # not a number is not either
            raise ModelError(Problem("a time is not a number, or below 0", got=f"a pause of {hours:g} h"))
        self.env = env
        self.callbacks = []
        heapq.heappush(env._queue, (env.now + hours, NORMAL, next(env._eid), self))


class EndOfMoment(simpy.Event):
    """The end of the moment that is now: all that happens in it, and is not such an end itself, has happened."""

    _value, _ok = None, True

    def __init__(self, env: simpy.Environment) -> None:
        self.env = env
        self.callbacks = []
        heapq.heappush(env._queue, (env.now, _LATE, next(env._eid), self))
