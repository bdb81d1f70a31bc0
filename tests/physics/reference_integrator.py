"""Cultures drawn from the declared ranges of the hollow fiber, and a high-accuracy solver for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp

from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.parameter import declared
from exosim.physics import growth

Floats = NDArray[np.float64]
RANGES = declared(HollowFiberCulture)
THETAS = (1.0, 1.5, 2.0, 3.0, 4.0)
UNDRAWN = frozenset({"inoculation_time"})  # not in the balances; without it the draws are those that were measured
INTERVALS = {"growth": 12.0, "collection": 3.0, "decline": 24.0}  # longest intervals of the culture [h]


@dataclass(frozen=True)
class Cultures:
    """Lanes that share nothing but their number; the names are those of :mod:`exosim.physics`."""

    initial: Floats
    net_rate: Floats
    crowd: Floats
    theta: Floats
    rate: Floats
    reuptake: Floats
    decay: Floats
    hours: Floats

    def __len__(self) -> int:
        return len(self.initial)

    def pick(self, lanes: NDArray[np.intp]) -> Cultures:
        """Return some lanes."""
        return Cultures(*(getattr(self, field.name)[lanes] for field in fields(self)))

    def by_theta(self) -> Iterator[tuple[NDArray[np.intp], Cultures]]:
        """Yield the lanes of each theta, which is one number for a run."""
        for theta in np.unique(self.theta):
            lanes = np.flatnonzero(self.theta == theta)
            yield lanes, self.pick(lanes)

    def course(self, parts: int = 1) -> list[growth.Course]:
        """Return the kernel's view of the cells over consecutive parts of the interval; theta must be one number."""
        courses, density = [], self.initial
        crowd = self.crowd if np.any(self.crowd) else 0.0
        for _ in range(parts):
            courses.append(growth.course(density, self.net_rate, crowd, float(self.theta[0]), self.hours / parts))
            density = np.asarray(courses[-1].end)
        return courses


def declared_draws(generator: np.random.Generator, name: str, count: int) -> Floats:
    """Return draws over the declared range of a parameter, a third of them at its two ends."""
    low, high = RANGES[name].low, RANGES[name].high
    if low > 0:
        draws = np.exp(generator.uniform(np.log(low), np.log(high), count))
    else:
        draws = generator.uniform(low, high, count)
    ends = generator.random(count)
    draws[ends < 1 / 6] = low
    draws[ends > 5 / 6] = high
    return draws


def cultures(seed: int, count: int, medium: str, crowding: tuple[float, float] = (1e-3, 1.0)) -> Cultures:
    """Return random cultures over the full declared ranges.

    Parameters
    ----------
    seed, count : of the draws
    medium : ``growth``, ``collection`` (growth slowed down), or ``decline`` (no growth at all)
    crowding : range of the initial density over the capacity
    """
    generator = np.random.default_rng(seed)
    names = sorted(name for name in RANGES.keys() - UNDRAWN if RANGES[name].default is not None)
    draw = {name: declared_draws(generator, name, count) for name in names}
    capacity = draw["capacity"] * draw["fiber_area"] * 1e4 / draw["extracapillary_volume"]
    slowed = {"growth": 1.0, "collection": draw["collection_growth"], "decline": 0.0}[medium]
    rate = np.log(2.0) / draw["doubling_time"] * slowed
    death = draw["growth_death_rate"] if medium == "growth" else draw["death_rate"]
    theta = generator.choice(THETAS, count)
    return Cultures(
        capacity * np.exp(generator.uniform(*np.log(crowding), count)),
        rate - death,
        rate * capacity**-theta,
        theta,
        draw["activity"] * draw["secretion_rate"] / 24.0,
        draw["reuptake"],
        draw["decay"],
        np.full(count, INTERVALS[medium]),
    )


def integrate(cases: Cultures) -> tuple[Floats, Floats, Floats, Floats]:
    """Return final density, cell hours, vesicles found, and -ln of the survival of vesicles present at the start."""
    crowding = cases.crowd * cases.initial**cases.theta
    stiffness = cases.hours * (cases.reuptake * cases.initial + cases.decay + crowding)
    solved = np.empty((4, len(cases)))
    for lanes in np.array_split(np.argsort(stiffness), max(1, len(cases) // 40)):
        solved[:, lanes] = _integrate_together(cases.pick(lanes))
    end, cell_hours, found, turnover = solved
    return end, cell_hours, found, turnover


def _integrate_together(cases: Cultures) -> Floats:
    """Integrate the logarithm of the density, and the rest scaled by what the initial density would give."""
    hours, cells = cases.hours, cases.initial

    def slopes(_: float, state: Floats) -> Floats:
        logarithm, _, vesicles, _ = state.reshape(4, -1)
        relative = np.exp(logarithm)
        loss = cases.reuptake * cells * relative + cases.decay
        growing = cases.net_rate - cases.crowd * (cells * relative) ** cases.theta
        return np.concatenate([hours * growing, relative, relative - hours * loss * vesicles, hours * loss])

    solution = solve_ivp(slopes, (0.0, 1.0), np.zeros(4 * len(cases)), method="DOP853", rtol=1e-11, atol=1e-14)
    assert solution.success
    logarithm, cell_hours, vesicles, turnover = solution.y[:, -1].reshape(4, -1)
    scale = cells * hours
    return np.stack([cells * np.exp(logarithm), cell_hours * scale, vesicles * cases.rate * scale, turnover])
