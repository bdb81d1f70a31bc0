"""A stimulus: what raises the release of vesicles for a time, and what it costs the cells.

Only a fold per cell may multiply a secretion rate: a gain per volume or in total also holds the change in the number of
cells, and would count it twice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from exosim.material import plus, times
from exosim.parameter import Array, parameter
from exosim.physics.biogenesis import Pulse, release_ratios

Target = Literal["secretion", "fusion", "formation"]
TARGETS: tuple[Target, ...] = ("secretion", "fusion", "formation")
BASIS = "per cell"
_A_MOMENT = 1e-6  # h: a pulse that begins or ends nearer to a visit does so at the visit


@dataclass(frozen=True, kw_only=True)
class Stimulus:
    """One stimulus on its planned schedule.

    Attributes
    ----------
    acts_on : what it multiplies: secretion as long as it lasts, or fusion or formation of multivesicular bodies, from
        which a burst with depletion or a slow rise follows
    """

    fold: Array = parameter(
        1.0, "1", low=0.1, high=50, maximum=math.inf, doc="release per cell over that without the stimulus"
    )
    begin: float = parameter(
        0.0, "d", low=0, high=60, planned=True, doc="time after the start of the collection at which it starts"
    )
    duration: float | None = parameter(
        None, "d", low=0.005, high=60, planned=True, doc="how long it lasts; none: to the end"
    )
    every: float | None = parameter(
        None, "d", low=0.02, high=60, planned=True, doc="time between the starts of repeated pulses; none: once"
    )
    death: Array = parameter(0.0, "1/h", low=0.0, high=0.1, doc="added death rate while it lasts")
    acts_on: Target = "secretion"

    def pulses(self, end: float) -> tuple[tuple[float, float], ...]:
        """Return start and end of every pulse up to `end`, in hours after the start of the collection."""
        start, length = 24.0 * self.begin, math.inf if self.duration is None else 24.0 * self.duration
        if self.every is None:
            return ((start, start + length),) if start < end else ()
        count = max(0, math.ceil((end - start) / (24.0 * self.every) - 1e-9))
        starts = [start + 24.0 * self.every * i for i in range(count)]
        return tuple((at, min(at + length, at + 24.0 * self.every)) for at in starts)


def edges(stimuli: Sequence[Stimulus], begin: float, end: float, longest: float) -> list[float]:
    """Return the ends of the parts of a stretch [h]: those of the pulses, and as many between as parts may be long."""
    pulses = [pulse for stimulus in stimuli for pulse in stimulus.pulses(end)]
    inside = (time for pulse in pulses for time in pulse if begin + _A_MOMENT < time < end - _A_MOMENT)
    marks = sorted({begin, end, *inside})
    found = [begin]
    for first, last in pairwise(marks):
        count = max(1, math.ceil((last - first) / longest - 1e-9))
        found += [first + (last - first) * (i + 1) / count for i in range(count)]
    return found


def acting(stimuli: Sequence[Stimulus], time: float) -> tuple[Array, Array]:
    """Return the factor on secretion and the added death rate [1/h] at a time after the start of the collection [h]."""
    gain: Array = 1.0
    death: Array = 0.0
    for stimulus in stimuli:
        if any(first <= time < last for first, last in stimulus.pulses(time + 1.0)):
            gain = times(stimulus.fold, gain) if stimulus.acts_on == "secretion" else gain
            death = plus(death, stimulus.death)
    return gain, death


def bursts(
    stimuli: Sequence[Stimulus], fusion: Array, lysis: Array, budding: Array, edges: Sequence[float]
) -> list[Array]:
    """Return the release from the store of multivesicular bodies between the `edges` [h], over that at rest.

    The store is at rest when the collection starts; rates and the share of budding are those of
    :func:`exosim.physics.biogenesis.release_ratios`.
    """
    pulses = [
        Pulse(stimulus.acts_on, stimulus.fold, first, last - first)
        for stimulus in stimuli
        if stimulus.acts_on != "secretion"
        for first, last in stimulus.pulses(edges[-1])
    ]
    if not pulses:
        return [1.0] * (len(edges) - 1)
    earlier = [0.0] if edges[0] > 0.0 else []
    return release_ratios(pulses, fusion, lysis, budding, [*earlier, *edges])[len(earlier) :]
