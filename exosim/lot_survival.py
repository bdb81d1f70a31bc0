"""How likely a lot is not lost by what fails in its procedures, for lots of several sizes, in closed form.

A failure strikes at a rate while its procedure runs, with a probability at its end, or at each attended phase. What
rejects loses the lot when it strikes; what is repeated or sent back does when it strikes more often than its limit. The
time of a procedure is that of the lot, so that what takes a larger lot longer puts it at risk for longer.

Failure numbers are fixed values and medians. Deviations, waits and contaminations that only a test finds lose no lot
here, nor do breakdowns of units.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exosim.kernel import run
from exosim.lot_figures import Lanes, LotFigures
from exosim.material import times
from exosim.operations.base import Phase
from exosim.plant import Failure, Plant
from exosim.recipe import UnitProcedure
from exosim.scenario import Scenario

_LOSING = ("reject", "repeat", "rework")


def lot_survival(scenario: Scenario, figures: LotFigures) -> Lanes:
    """Return the probability that a started lot is not lost by a failure, shape (sizes, draws).

    Parameters
    ----------
    scenario : its lots have the size 1
    figures : of lots of several sizes (:func:`exosim.lot_figures.lot_figures`)
    """
    values = scenario.typical_values()
    plant, steps = scenario.plant(values), run(scenario.recipe(values))
    attended = {step.procedure.id: _attended(step.outcome.phases) for step in steps}
    worked = {step.procedure.id: _worked(step.procedure, attended, plant, figures) for step in steps}
    kept = np.ones_like(figures.doses)
    for failure in plant.failures:
        if failure.consequence in _LOSING and failure.procedure in worked:
            struck = _struck(failure, worked[failure.procedure], attended[failure.procedure], figures)
            kept *= 1.0 - struck ** (1 if failure.consequence == "reject" else failure.limit + 1)
    return kept


def _attended(phases: tuple[Phase, ...]) -> int:
    return sum(phase.attended and phase.operators > 0 for phase in phases)


def _worked(procedure: UnitProcedure, attended: Mapping[str, int], plant: Plant, figures: LotFigures) -> Lanes:
    """Return the hours of a procedure without changing clothes, in which nothing fails."""
    gowning = next((role.gowning for role in plant.roles if role.id == procedure.operator), 0.0)
    return np.asarray(figures.hours[procedure.id] - figures.cycles[procedure.id] * (gowning * attended[procedure.id]))


def _struck(failure: Failure, hours: Lanes, attended: int, figures: LotFigures) -> Lanes:
    """Return the probability that a failure strikes a procedure at least once."""
    if failure.per_manipulation is not None:
        spared = -np.log1p(-np.asarray(failure.per_manipulation))
        return np.asarray(-np.expm1(-figures.cycles[failure.procedure] * (attended * spared)))
    if failure.probability is not None:
        return np.broadcast_to(np.asarray(failure.probability, dtype=np.float64), hours.shape)
    return np.asarray(-np.expm1(-times(hours, failure.rate if failure.rate is not None else 0.0)))
