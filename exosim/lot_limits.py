"""What limits a large lot: for each size the units, the hours, the holds and the ranges that it goes beyond, in words.

A rotor or a filler that does not grow runs more often: its time grows with the lot, and with it the time for which part
of the lot waits. Whether that may be is what the limit of a hold says (``max_hold`` of a procedure), of what waits to
enter the procedure as of what has come out of it and waits for the rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from exosim import units
from exosim.lot_figures import LotFigures
from exosim.lot_size import Outside, left_ranges
from exosim.lot_units import UnitSize, sizes_of_lots
from exosim.recipe import UnitProcedure
from exosim.scenario import Scenario

Kind = Literal["size", "time", "hold", "limit", "range", "cycles"]
KINDS: tuple[Kind, ...] = ("size", "time", "hold", "limit", "range", "cycles")
"""What a lot can go beyond, the gravest first: units into which it does not fit, the hours of a run, a hold, a limit
that an operation tells, the plausible range of a parameter, and the units of a class, so that it runs in cycles."""
_HALF, _ROUNDING = 0.5, 1e-9


@dataclass(frozen=True, slots=True)
class LotLimit:
    """Something that a lot of some size goes beyond.

    Attributes
    ----------
    factor : size of the lot over that of the scenario
    kind, procedure : what kind of limit (:data:`KINDS`), and of which procedure
    value, most, unit : what is needed, the most that is allowed [unit]; both 1 for a limit that an operation tells
    share : of the draws that go beyond it
    why : in words, with number and limit
    impossible : whether no such lot can be made: it does not fit, does not end, or is rejected
    """

    factor: float
    kind: Kind
    procedure: str
    value: float
    most: float
    unit: str
    share: float
    why: str
    impossible: bool = False

    def __str__(self) -> str:
        return self.why


def lot_limits(scenario: Scenario, figures: LotFigures) -> tuple[tuple[LotLimit, ...], ...]:
    """Return for each size what its lots go beyond in half of the draws or more, the gravest first.

    Parameters
    ----------
    scenario : its lots have the size 1
    figures : of lots of several sizes (:func:`exosim.lot_figures.lot_figures`)
    """
    procedures = scenario.recipe(scenario.typical_values()).procedures
    found = []
    factors = [float(factor) for factor in figures.factors]
    for place, needed in enumerate(sizes_of_lots(scenario, factors)):
        factor = factors[place]
        own = _Lot(figures, place, factor)
        limits = [
            *(limit for size in needed for limit in own.of_size(size)),
            *own.of_time(scenario.declarations.plant.horizon, procedures),
            *own.of_holds(procedures),
            *own.of_operations(),
            *(own.of_range(left) for left in left_ranges(scenario, factor, needed)),
        ]
        found.append(tuple(sorted(limits, key=lambda one: (not one.impossible, KINDS.index(one.kind)))))
    return tuple(found)


class _Lot:
    """The lots of one size."""

    def __init__(self, figures: LotFigures, place: int, factor: float) -> None:
        self._figures, self._place, self._factor = figures, place, factor

    def of_size(self, size: UnitSize) -> Iterator[LotLimit]:
        """Yield that a lot does not fit into its units, or that it runs in cycles for want of them."""
        if size.limit is None or (size.fits and size.cycles == 1):
            return
        most = size.limit * (size.at_once if size.fits else size.most)
        if size.fits:
            why = f"{size}: it fills {size.filled}, there are {size.count}, and it runs in {size.cycles} cycles"
        else:
            why = f"{size}, and the lot may fill {size.most:g}"
        kind: Kind = "cycles" if size.fits else "size"
        yield LotLimit(
            self._factor, kind, size.procedure, size.size, most, size.measure, 1.0, why, impossible=not size.fits
        )

    def of_time(self, horizon: float, procedures: Sequence[UnitProcedure]) -> Iterator[LotLimit]:
        """Yield that a procedure takes longer than a run has hours."""
        for procedure in procedures:
            hours = self._figures.hours[procedure.id][self._place]
            share = _share(hours, horizon)
            if share >= _HALF:
                why = f"{self._runs(procedure)}; the run has {_hours(horizon)}"
                median = float(np.median(hours))
                yield LotLimit(self._factor, "time", procedure.id, median, horizon, "h", share, why, impossible=True)

    def of_holds(self, procedures: Sequence[UnitProcedure]) -> Iterator[LotLimit]:
        """Yield that part of a lot waits longer than it may for the other runs of a procedure, before it or after."""
        by_id = {one.id: one for one in procedures}
        for procedure in procedures:
            if procedure.longest_hold is None:
                continue
            yield from self._hold(procedure, procedure)
            for name in dict.fromkeys(feed.partition(".")[0] for feed in procedure.feeds):
                yield from self._hold(procedure, by_id[name])

    def _hold(self, procedure: UnitProcedure, runs: UnitProcedure) -> Iterator[LotLimit]:
        """Yield that what enters `procedure` waits too long while `runs` runs: itself, or the one before it."""
        most = procedure.longest_hold or 0.0
        waited = self._figures.run_waits[runs.id][self._place] + self._figures.waits[procedure.id][self._place]
        share = _share(waited, most)
        if share < _HALF or not np.median(self._figures.run_waits[runs.id][self._place]) > 0.0:
            return
        what = "what waits" if runs is procedure else f"what waits for {procedure.id}"
        why = f"{self._runs(runs)}; {what} may wait {_hours(most)}"
        rejected = procedure.breach == "reject"
        median = float(np.median(waited))
        yield LotLimit(self._factor, "hold", procedure.id, median, most, "h", share, why, impossible=rejected)

    def _runs(self, procedure: UnitProcedure) -> str:
        """Return how long a procedure takes, in how many runs, and what holds it up."""
        name, operation = procedure.id, procedure.operation
        hours = _hours(float(np.median(self._figures.hours[name][self._place])))
        cycles = float(np.median(self._figures.cycles[name][self._place]))
        if name in self._figures.runs and operation.takes_longer is not None:
            count = float(np.median(self._figures.runs[name][self._place]))
            return f"{name}: {count:.0f} {operation.repeats} take {hours}, limited by the {operation.takes_longer}"
        return f"{name}: {cycles:.0f} cycles take {hours}" if cycles > 1.0 else f"{name}: it takes {hours}"

    def of_operations(self) -> Iterator[LotLimit]:
        """Yield the limits that operations tell and that lots of the smallest size do not reach."""
        for (name, text), reached in self._figures.reached.items():
            share = float(np.mean(reached[self._place]))
            if share >= _HALF > float(np.mean(reached[int(np.argmin(self._figures.factors))])):
                yield LotLimit(self._factor, "limit", name, 1.0, 1.0, "1", share, f"{name}: {text}")

    def of_range(self, left: Outside) -> LotLimit:
        """Return that a parameter has left its plausible range."""
        procedure = left.address.partition(".")[0]
        return LotLimit(self._factor, "range", procedure, left.value, left.nearest, left.unit, 1.0, str(left))


def _share(values: np.ndarray[tuple[int, ...], np.dtype[np.float64]], most: float) -> float:
    return float(np.mean(values > most + _ROUNDING))


def _hours(hours: float) -> str:
    return units.show(hours, "h", 4)
