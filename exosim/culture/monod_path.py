"""The slow path of a suspension culture: Monod growth with inhibition, integrated in fixed steps.

In place of the limits of :mod:`exosim.culture.supply`, cells grow on the glucose that is there and are held back by
lactate and ammonia as they build up (:mod:`exosim.physics.monod`); the vessel is that of
:mod:`exosim.physics.stirred_vessel`, with the basal, shear and stimulus deaths of the culture added. The method is that
of Runge and Kutta in :mod:`exosim.physics.integrator`; the relative error of cells and vesicles is estimated by halving
the steps and summed over the stretches. Death and clearance too fast for a step are slowed to what it can follow, and
count as an error of 1.

Use it where the course of a culture matters near the end of its glucose, or to check the closed form: it takes a
hundred times as long.

Validity: glutamine is never short, since it is no species that travels between operations; oxygen and crowding are told
where they would hold the cells back, but do not act.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.culture.interval import Part, Rates, Stretch
from exosim.material import as_precise, is_number, plus, times
from exosim.parameter import Array
from exosim.physics import integrator, stirred_vessel
from exosim.physics.integrator import RUNGE_KUTTA, Estimate, Floats, integrate_with_error
from exosim.physics.monod import Medium, MonodSet, death_rate, growth_rate
from exosim.physics.secretion import Pool
from exosim.physics.stirred_vessel import Flows, VesicleRates, rates_of_change

LARGEST_ERROR = 1e-3
"""Estimated relative error above which a limit is reported."""
_VESSEL = 1e-3  # L: one milliliter, so that amounts are per milliliter
_ENOUGH = 1e12  # mM of glutamine, which has no part in growth here
_STABLE = 2.0  # rate times step; the method of Runge and Kutta explodes at 2.78
_TINY = 1e-30

_NAMES = tuple(field.name for field in fields(stirred_vessel.Culture))
_COUNT = len(_NAMES)
_CELLS, _DEAD, _VESICLES = (_NAMES.index(name) for name in ("viable", "dead", "vesicles"))
_Vessel: TypeAlias = stirred_vessel.Culture


@dataclass
class MonodStretch(Stretch):
    """A stretch whose parts are integrated.

    Attributes
    ----------
    kinetics : constants of the cell line; its growth rate is that of the culture
    step : longest step of the coarser of the two integrations [h]
    error : estimated relative error of cells and vesicles so far
    """

    kinetics: MonodSet | None = None
    step: float = 1.0
    error: Array = 0.0

    def limits(self) -> dict[str, NDArray[np.bool_]]:
        """Return where the error is beyond what is claimed."""
        return {"integration error above 1e-3": np.asarray(self.error > LARGEST_ERROR)}

    def told(self) -> dict[str, Array]:
        """Return the estimated error."""
        return {"integration_error": self.error}

    def _part(self, rates: Rates, part: Part) -> None:
        if not is_number(part.active, 1.0):
            self._integrate(replace(rates, growth=0.0), part, (1.0 - part.active) * part.hours)
        self._integrate(rates, part, times(part.active, part.hours))
        self.hours += part.hours
        unknown = {rates.crowded_by: rates.surface, "oxygen": rates.oxygen}
        self.sustains = {name: most for name, most in unknown.items() if most is not None}

    def _integrate(self, rates: Rates, part: Part, hours: Array) -> None:
        """Integrate over hours, which may differ between lanes."""
        steps = max(1, math.ceil(part.hours / self.step - 1e-9))
        fastest, death = _STABLE * steps / part.hours, plus(rates.death, part.death)
        rate = times(rates.secretion, self._within_cap(rates, part.gain))
        rates = replace(rates, death=np.minimum(death, fastest), secretion=rate)
        start, slopes = self._start(rates, hours), self._slopes(rates, fastest)
        found = integrate_with_error(RUNGE_KUTTA, slopes, start, 0.0, hours, steps)
        state = as_precise(found.state, self.cells)  # the steps themselves are always those of float64
        end, extra = stirred_vessel.Culture(*state[:_COUNT]), state[_COUNT:]
        dying, mortality, ammonia_hours, born = extra
        cell_hours = end.cell_hours
        self.dying, self.mortality = self.dying + dying, self.mortality + mortality + times(hours, rates.washout)
        self.washed = plus(self.washed, times(cell_hours, rates.washout))
        self._metabolized(rates, end, hours, ammonia_hours)
        secretes = not (is_number(rates.secretion, 0.0) and is_number(rates.growth_secretion, 0.0))
        if secretes:
            self._secreted(rates, end, hours, born)
        clearance = rates.reuptake * np.maximum(self.cells, end.viable) + rates.loss
        slowed = np.logical_or(np.greater(death, fastest), np.greater(clearance, fastest))
        self.error = self.error + np.where(slowed, 1.0, as_precise(_relative_error(found, secretes), self.cells))
        self.cells, self.cell_hours = np.maximum(end.viable, 0.0), plus(self.cell_hours, cell_hours)

    def _start(self, rates: Rates, hours: Array) -> Floats:
        """Return the state of all lanes: the vessel, then dying, mortality, ammonia hours and cells born."""
        numbers = (*_values(self._kinetics(rates)), *_values(rates), hours, self.cells, *self.solutes.values())
        lanes = np.broadcast_shapes((1,), *(np.shape(value) for value in numbers))
        vessel = stirred_vessel.Culture(
            volume=_VESSEL,
            viable=self.cells,
            dead=0.0,
            glucose=self.solutes["glucose"],
            glutamine=_ENOUGH,
            lactate=self.solutes["lactate"],
            ammonia=self.solutes["ammonia"],
            product=0.0,
            vesicles=self.vesicles,
        )
        return np.concatenate([np.broadcast_to(vessel.rows(), (_COUNT, *lanes)), np.zeros((4, *lanes))])

    def _kinetics(self, rates: Rates) -> MonodSet:
        if self.kinetics is None:
            raise TypeError("a Monod stretch needs the constants of its cells")
        return replace(self.kinetics, growth=rates.growth)

    def _slopes(self, rates: Rates, fastest: float) -> integrator.Rates:
        """Return the right-hand side: the stirred vessel, and what the culture adds to it."""
        constants = self._kinetics(rates)
        kept = 1.0 if is_number(rates.exchange, 0.0) else 1.0 - rates.washout / np.maximum(rates.exchange, _TINY)
        flow = times(rates.exchange, _VESSEL)
        flows = Flows(flow, flow, 0.0, Medium(rates.inflow, _ENOUGH, 0.0, 0.0), kept, 0.0)
        vessel = rates_of_change(constants, VesicleRates(rates.secretion, rates.reuptake, rates.loss), flows)

        def slopes(time: Array, state: Floats) -> Floats:
            now = stirred_vessel.Culture(*state[:_COUNT])
            medium = now.medium()
            born = growth_rate(constants, medium) * now.viable
            mortality = np.broadcast_to(death_rate(constants, medium) + rates.death, state.shape[1:])
            change = np.empty_like(state)
            change[:_COUNT] = vessel(time, state[:_COUNT])
            change[_CELLS] -= rates.death * now.viable
            change[_DEAD] += rates.death * now.viable
            beyond = np.maximum(rates.reuptake * now.viable + rates.loss - fastest, 0.0)
            change[_VESICLES] += rates.growth_secretion * born + beyond * now.vesicles
            change[_COUNT:] = mortality * now.viable, mortality, now.ammonia, born
            return change

        return slopes

    def _metabolized(self, rates: Rates, end: _Vessel, hours: Array, ammonia_hours: Array) -> None:
        """Keep what the medium holds; a glucose that a step overshot is set to 0 and was not taken up."""
        before = self.solutes
        volumes = times(rates.exchange, hours)
        glucose = np.maximum(end.glucose, 0.0)
        ready = before["glucose"] + times(rates.inflow, volumes) - glucose
        closed = is_number(rates.exchange, 0.0)  # then all that is gone was taken up, and all lactate is there
        taken = np.maximum(ready, 0.0) if closed else np.clip(end.glucose_used / _VESSEL, 0.0, np.maximum(ready, 0.0))
        all_lactate = before["lactate"] + times(taken, rates.lactate_yield)
        lactate = all_lactate if closed else np.clip(end.lactate, 0.0, all_lactate)
        ammonia = np.maximum(end.ammonia, 0.0)
        net = ammonia - before["ammonia"] + times(rates.exchange, np.maximum(ammonia_hours, 0.0))
        self.consumed = plus(self.consumed, taken)
        self.released = (0.0 if self.released is None else self.released) + np.maximum(net, 0.0)
        self.removed = self.removed + np.maximum(-net, 0.0)
        self.solutes = {"glucose": glucose, "lactate": lactate, "ammonia": ammonia}

    def _secreted(self, rates: Rates, end: _Vessel, hours: Array, born: Array) -> None:
        """Keep what happened to the vesicles."""
        secreted = rates.secretion * end.cell_hours + rates.growth_secretion * born
        taken_up, lost = rates.reuptake * end.cell_hours, rates.loss * hours
        survival = np.exp(-(taken_up + lost))
        found = np.clip(end.vesicles - self.vesicles * survival, 0.0, secreted)
        self._add(Pool(survival, found, secreted, taken_up / (taken_up + lost + _TINY)))


def _values(record: Rates | MonodSet) -> list[Array]:
    """Return the numbers and arrays of a record."""
    values = [getattr(record, field.name) for field in fields(record)]
    return [value for value in values if isinstance(value, (int, float, np.ndarray))]


def _relative_error(found: Estimate, secretes: bool) -> Floats:
    """Return the larger of the relative errors of cells and of vesicles."""
    rows = [_CELLS, _VESICLES] if secretes else [_CELLS]
    return np.asarray(np.max(found.error[rows] / np.maximum(np.abs(found.state[rows]), _TINY), axis=0))
