"""What holds a culture back: how many cells its surface, its oxygen and its medium sustain over an interval.

Each limit is a density of cells [cell/mL]. A surface sustains its capacity; oxygen what is transferred at the least
tension that cells bear; glucose what is there and what flows in, spread over the interval; lactate and ammonia the room
that is left below the concentration at which growth stops. The least of them binds. While the supply sustains more than
is there, cells grow toward it; below that they grow and secrete less, and die of starvation, in proportion to the unmet
demand. Each is re-evaluated at the start of every interval, so that the law of the interval stays closed.

With a flow of fresh medium D [1/h] through the vessel, a solute S that cells take up at a constant rate obeys
``S(T) = S0 exp(-D T) + (D S_in - c) T (1 - exp(-D T)) / (D T)``; the largest c that leaves none behind is the supply.

Validity: intervals in which the number of cells changes little beside its doubling time; steady oxygen transfer.
References: Monod 1949 (doi:10.1146/annurev.mi.03.100149.002103) for the law that this replaces by its limits; Schop et
al. 2009 (doi:10.1089/ten.tea.2008.0345) for the limits of MSC.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from exosim.material import is_number, plus, times
from exosim.parameter import Array
from exosim.physics.growth import relative_growth

if TYPE_CHECKING:
    from exosim.culture.interval import Rates

_NO_CELLS = 1e-30
_NO_DEMAND = 1e-24
MILLIMOLAR_PER_PICOMOLE = 1e-6
"""mmol/L that a pmol per cell makes for every cell/mL."""
REACHED = 1.1
"""A limit counts as reached where it sustains less than this many times the cells that are there."""


@dataclass(frozen=True, slots=True)
class Flow:
    """The exchange of one interval: its length T [h] and the fresh medium that passes in it.

    Attributes
    ----------
    hours : T
    volumes : D T, vessel volumes of fresh medium
    left : exp(-D T), what is left of a solute that is only washed out
    mean : (1 - exp(-D T)) / (D T), what is left of a solute that is made at a constant rate
    at_rest, flowing : rates at which what is there, and what flows in, may be taken up [1/h]
    """

    hours: float
    volumes: Array
    left: Array
    mean: Array
    at_rest: Array
    flowing: Array

    @classmethod
    def over(cls, hours: float, exchange: Array) -> Flow:
        """Return the exchange over `hours` at the rate `exchange` [1/h]."""
        if is_number(exchange, 0.0):
            return cls(hours, 0.0, 1.0, 1.0, 1.0 / hours, 0.0)
        volumes = exchange * hours
        left, mean = np.exp(-volumes), relative_growth(volumes)
        return cls(hours, volumes, left, mean, left / (mean * hours), volumes / hours)


class Supply:
    """What the medium sustains over one interval, and what becomes of it: all that is constant is worked out once.

    Parameters
    ----------
    rates : what governs the interval
    hours : its length [h]
    """

    def __init__(self, rates: Rates, hours: float) -> None:
        # not the rates themselves, which keep this: a ring of the two would hold their arrays for long
        self.oxygen, self.uptake = rates.oxygen, rates.uptake
        self.lactate_acts = not is_number(rates.lactate_yield, 0.0)
        self.ammonia_acts = not is_number(rates.ammonia, 0.0)
        flow = self.flow = Flow.over(hours, rates.exchange)
        self.unfed = plus(rates.death, rates.starvation)
        self.ready = times(flow.at_rest, hours), times(rates.inflow, flow.volumes)
        self.shared = 1.0 / ((rates.uptake + _NO_DEMAND) * hours)
        self.lactate = _of_room(flow, rates.lactate_limit, times(rates.uptake, rates.lactate_yield))
        self.ammonia = _of_room(flow, rates.ammonia_limit, rates.ammonia)
        self.made = times(rates.lactate_yield, flow.mean), times(rates.ammonia, flow.mean)

    def limits(self, solutes: Mapping[str, Array]) -> tuple[dict[str, Array], Array]:
        """Return the densities that oxygen and the medium sustain [cell/mL], and the glucose that is ready [mmol/L]."""
        found: dict[str, Array] = {}
        ready: Array = 0.0
        if self.oxygen is not None:
            found["oxygen"] = self.oxygen
        if not is_number(self.uptake, 0.0):
            share, inflow = self.ready
            ready = plus(times(solutes["glucose"], share), inflow)
            found["glucose"] = ready * self.shared
            if self.lactate_acts:
                found["lactate"] = _sustained(self.lactate, solutes["lactate"])
        if self.ammonia_acts:
            found["ammonia"] = _sustained(self.ammonia, solutes["ammonia"])
        return found, ready

    def after(self, solutes: Mapping[str, Array], ready: Array, cell_hours: Array) -> tuple[Mapping[str, Array], Array]:
        """Return glucose, lactate and ammonia at the end, and the glucose taken up [mmol/L]."""
        flow, after = self.flow, dict(solutes)
        taken: Array = 0.0
        if not is_number(self.uptake, 0.0):
            taken = np.minimum(self.uptake * cell_hours, ready)
            after["glucose"] = times(ready - taken, flow.mean)
            after["lactate"] = plus(times(solutes["lactate"], flow.left), times(taken, self.made[0]))
        if self.ammonia_acts:
            after["ammonia"] = plus(times(solutes["ammonia"], flow.left), times(cell_hours, self.made[1]))
        return after, taken


def _of_room(flow: Flow, limit: Array, demand: Array) -> tuple[Array, Array, Array]:
    """Return slope, height and floor of the density that the room below a limit sustains, by what is there."""
    per_demand = 1.0 / (demand + _NO_DEMAND)
    slope, floor = times(flow.at_rest, per_demand), times(times(limit, flow.flowing), per_demand)
    return -1.0 * slope, plus(times(limit, slope), floor), floor


def _sustained(line: tuple[Array, Array, Array], present: Array) -> Array:
    slope, height, floor = line
    return np.clip(times(present, slope) + height, floor, np.inf)


def binding(limits: Collection[Array], cells: Array) -> NDArray[np.float64]:
    """Return how many times the cells that are there each limit sustains, a row for each."""
    share = 1.0 / (cells + _NO_CELLS)
    if not limits:
        return np.empty((0, *np.shape(share)))
    rows = [np.atleast_1d(share * limit) for limit in limits]
    alike = len({row.shape for row in rows}) == 1  # a limit may vary where the cells do not
    return np.stack(rows if alike else np.broadcast_arrays(*rows))


def reached(headroom: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Return where a limit holds the culture back and is the least of all, by rows."""
    if not len(headroom):
        return np.empty(headroom.shape, dtype=bool)
    least = headroom.min(axis=0)
    return np.asarray(np.less_equal(headroom, least) & np.less_equal(least, REACHED))
