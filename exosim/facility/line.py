"""The line that batches run on: everything that they share, and the rules between them."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any

import numpy as np
import simpy

from exosim.campaign import Priority
from exosim.facility.batch import Batch
from exosim.facility.clock import Pause
from exosim.facility.crew import Crew
from exosim.facility.deadlock import deadlock, stuck, waiting_with
from exosim.facility.pool import Pool
from exosim.facility.preparation import prepare
from exosim.facility.room import Room
from exosim.facility.route import Production, Resources, stages
from exosim.facility.stock import StockRoom
from exosim.facility.store import Store
from exosim.facility.upkeep import NOBODY, Upkeep
from exosim.facility.utility import UtilitySupply
from exosim.parameter import Array
from exosim.plant import Equipment, Plant
from exosim.records import Event, entry

Key = Callable[[Batch, float], float]
PRIORITIES: dict[Priority, Key] = {
    "fifo": lambda batch, now: now,
    "oldest": lambda batch, now: batch.started,
    "earliest_due": lambda batch, now: batch.due,
}


_INSTANT = 2e-9
"""Hours for which a stay without duration occupies its unit: more than what is taken for rounding."""


class Line:
    """Everything that the batches of one replication share."""

    def __init__(self, env: simpy.Environment, plant: Plant, productions: Sequence[Production]) -> None:
        self.env = env
        self.log: list[Event] = []
        self.repeats: list[tuple[float, int, str]] = []
        """When a batch began a procedure again that had failed: hour, number of the batch, procedure."""
        self.batches: list[Batch] = []
        self.pools = {e.id: self._pool(e, plant) for e in plant.equipment}
        self.crews = {role.id: Crew(env, role) for role in plant.roles}
        self.rooms = {
            r.id: Room(env, r.id, r.capacity, r.segregation, _per_batch(r.line_clearance), _per_batch(r.changeover))
            for r in plant.rooms
        }
        self.stores = {store.id: Store(store.id, store.capacity) for store in plant.stores}
        self.utilities = {u.id: UtilitySupply(env, u.id, u.limit) for u in plant.utilities}
        make = prepare(env, self.log, self.pools, self.crews)
        self.stocks = {stock.id: StockRoom(env, stock, self.log, make) for stock in plant.stocks}
        resources = Resources(self.pools, self.crews, self.rooms, self.stores, self.stocks, self.utilities)
        self.full: set[str] = set()
        """Products that found their work in progress at its limit."""
        self.stages = [stages(production, plant, resources) for production in productions]
        zero_wait = any(production.campaign.storage == "zero_wait" for production in productions)
        self.reserved: dict[str, list[tuple[float, float]]] | None = (
            {e.id: [] for e in plant.equipment} if zero_wait else None
        )
        gatherings = [stage.gathering for own in self.stages for stage in own if stage.gathering is not None]
        alarms = any(gathering.rule.longest_wait is not None for gathering in gatherings)
        self.restless = bool(self.stocks) or alarms or any(pool.upkeep is not None for pool in self.pools.values())
        """Whether something happens, such as aging, although no batch moves any more."""
        for pool in self.pools.values():
            pool.watch = self._check
        for room in self.rooms.values():
            room.watch = self._check
        for stock in self.stocks.values():
            stock.watch = self._check

    def lacked(self) -> frozenset[str]:
        """Return the addresses of what somebody asked for while all of it was in use, such as ``personnel.fill``.

        One more of anything else would have changed nothing, but for what depends on the number itself: the turns of
        maintenance, breakdowns of each unit, how a large batch is shared among units, and plans of zero wait.
        """
        short = [f"equipment.{name}" for name, pool in self.pools.items() if pool.lacked]
        short += [f"personnel.{name}" for name, crew in self.crews.items() if crew.lacked]
        short += [f"room.{name}" for name, room in self.rooms.items() if room.lacked]
        short += [f"store.{name}" for name, store in self.stores.items() if store.lacked]
        return frozenset((*short, *(f"campaign.{product}" for product in self.full)))

    def _pool(self, equipment: Equipment, plant: Plant) -> Pool:
        pool = Pool(self.env, equipment.id, equipment.count, _per_batch(equipment.turnaround))
        pool.size_limit = equipment.size_limit
        kinds = [kind for kind in plant.breakdowns if kind.equipment == equipment.id]
        if kinds or equipment.maintenance is not None:
            pool.upkeep = Upkeep(self.env, pool, kinds, equipment.maintenance, self.log)
        return pool

    def key(self, batch: Batch, now: float) -> tuple[int, float, int]:
        """Return where a batch stands in a queue that it joins now."""
        campaign = batch.production.campaign
        return campaign.rank, PRIORITIES[campaign.priority](batch, now), batch.number

    def leave(self, batch: Batch, stays_in: Room | None = None) -> None:
        """Give back all units that a batch holds, each goes into its turnaround, and all rooms but one."""
        while batch.holds:
            pool, unit = batch.holds.pop()
            hours = pool.turnaround(batch.number)
            self.log.append(entry((self.env.now, batch.number, "", "", "leave", pool.labels[unit], "", hours, "", 0.0)))
            pool.clean(unit, hours)
        if batch.rooms:
            left = [room for room in batch.rooms if room is not stays_in]
            batch.rooms = [room for room in batch.rooms if room is stays_in]
            for room in left:
                room.leave(batch)

    def zero_wait(self, batch: Batch) -> Generator[simpy.Event, Any, None]:
        """Wait until the batch can run without waiting anywhere, and reserve its units."""
        if self.reserved is None:
            return
        reserved, stays = self.reserved, self._stays(batch)
        start = self.env.now
        moved = True
        while moved:
            moved = False
            for name, begin, end in stays:
                delay = self._conflict(reserved[name], name, start + begin, start + end)
                if delay > 0.0:
                    start, moved = start + delay, True
        for name, begin, end in stays:
            reserved[name].append((start + begin, start + end))
        if start > self.env.now:
            yield Pause(self.env, start - self.env.now)

    def _stays(self, batch: Batch) -> list[tuple[str, float, float]]:
        """Return when a batch that never waits occupies which class, after its start."""
        clock, found = 0.0, list[tuple[str, float, float]]()
        for stage in batch.stages:
            hours = sum(phase.hours for phase in batch.production.lots.begin(batch.lane, stage.index, 0.0))
            if stage.pool is not None:
                end = clock + max(hours + stage.pool.turnaround(batch.number), _INSTANT)
                begin = found.pop()[1] if stage.stays else clock
                found.append((stage.pool.name, begin, end))
            clock += hours
        return found

    def _conflict(self, reserved: Sequence[tuple[float, float]], name: str, begin: float, end: float) -> float:
        """Return how much later an occupation must start so that a unit is free all the time."""
        overlapping = [(b, e) for b, e in reserved if b < end - 1e-9 and e > begin + 1e-9]
        for moment in sorted({begin, *(b for b, _ in overlapping if b > begin)}):
            taken = sorted(e for b, e in overlapping if b <= moment + 1e-9 and e > moment + 1e-9)
            spare = self.pools[name].capacity - len(taken)
            if spare <= 0:
                return taken[-spare] - begin
        return 0.0

    def _check(self, batch: Batch) -> None:
        """Raise when a batch that holds something, or a preparation, waits for ever."""
        if batch.holds or batch.rooms or batch.number == NOBODY:
            waiting = stuck(waiting_with(batch))
            if waiting:
                raise deadlock(self.env.now, waiting)


def _per_batch(value: Array) -> Callable[[int], float]:
    array = np.ravel(value)
    if array.size == 1:
        single = float(array[0])
        return lambda batch: single
    numbers = [float(v) for v in array]
    return lambda batch: numbers[batch]
