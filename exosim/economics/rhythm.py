"""The rhythm of a plant on paper: cycle time, batch time and batches a year, as SuperPro Designer defines them.

Source: SuperPro Designer help, Equipment Data, Scheduling Tab, for the minimum cycle time. The help names the largest
number of batches a year without its formula, which here counts those that begin and end in the time.

Real plants wait for people, rooms and shifts; :func:`exosim.simulate` tells how far they fall behind.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from exosim.economics.checks import number, refused, whole


def batch_time(durations: Sequence[float]) -> float:
    """Return the time from the first to the last operation of a batch whose steps follow one another, RBT."""
    return math.fsum(number("duration of a step", duration) for duration in durations)


def minimum_cycle_time(occupations: Mapping[str, float], counts: Mapping[str, int] | None = None) -> float:
    """Return the shortest time between two batches, RCT_min: the longest occupation of equipment by one of them.

    Parameters
    ----------
    occupations : time for which a batch occupies a unit of each equipment class
    counts : units of a class that take turns; 1 where none is told

    Raises
    ------
    UsageError
        If there is no equipment, or a class has no unit.
    """
    if not occupations:
        raise refused("occupation of equipment", "none", "one time for each equipment class")
    units = counts or {}
    return max(
        number(f"occupation of {name}", time) / whole(f"units of {name}", units.get(name, 1))
        for name, time in occupations.items()
    )


def most_batches(available: float, duration: float, cycle: float) -> int:
    """Return how many batches begin and end within the available time, 1 + floor((AOT - RBT)/RCT); 0 if none does.

    Parameters
    ----------
    available : time of a year or campaign, AOT
    duration : of one batch, RBT
    cycle : time between two batches, RCT
    """
    spare = number("available time", available) - number("batch time", duration)
    rhythm = number("cycle time", cycle, open_low=True)
    return 0 if spare < 0.0 else 1 + _steps(spare, rhythm)


def batches_started(available: float, cycle: float) -> int:
    """Return how many batches a plant starts that runs on from year to year, floor(AOT/RCT)."""
    return _steps(number("available time", available), number("cycle time", cycle, open_low=True))


def _steps(time: float, cycle: float) -> int:
    """Return the whole cycles within a time; 3 x 0.1 h fit into 0.3 h."""
    return math.floor(time / cycle * (1.0 + 1e-12))
