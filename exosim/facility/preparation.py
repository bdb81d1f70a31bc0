"""Media and buffers that are prepared on site: work on units and by people, and then a delivery to the stock."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from typing import TYPE_CHECKING, Any

import simpy

from exosim.facility.clock import Pause
from exosim.facility.upkeep import NOBODY
from exosim.plant import Preparation, Stock
from exosim.records import Event, entry

if TYPE_CHECKING:
    from exosim.facility.crew import Crew
    from exosim.facility.pool import Pool

Steps = Generator[simpy.Event, Any, Any]


class Order:
    """One preparation: what takes units and people in place of a batch.

    Attributes
    ----------
    number : of the batch that it belongs to: none
    material : what is prepared
    """

    number = NOBODY

    def __init__(self, material: str) -> None:
        self.material = material
        self.waits_for: Any = None
        self.wants_store: Any = None
        self.holds: list[Any] = []
        self.rooms: list[Any] = []
        self.process: simpy.Process | None = None


def prepare(
    env: simpy.Environment, log: list[Event], pools: Mapping[str, Pool], crews: Mapping[str, Crew]
) -> Callable[[Stock, int, Callable[[Order], None]], Order]:
    """Return what starts the preparation of one order quantity and calls back when it is in the stock."""

    def start(stock: Stock, number: int, done: Callable[[Order], None]) -> Order:
        order = Order(stock.id)
        if stock.preparation is not None:
            order.process = env.process(_prepare(env, log, pools, crews, stock.preparation, number, order, done))
        return order

    return start


def _prepare(
    env: simpy.Environment,
    log: list[Event],
    pools: Mapping[str, Pool],
    crews: Mapping[str, Crew],
    how: Preparation,
    number: int,
    order: Any,
    done: Callable[[Order], None],
) -> Steps:
    material = order.material
    hours, key = how.duration(material, number), (0, env.now, NOBODY - number)
    pool, crew = pools.get(how.equipment or ""), crews.get(how.role or "")
    unit, label = 0, ""
    if pool is not None:
        found = pool.at_once(order)
        unit = (yield pool.queued(order, key)) if found is None else found
        label = pool.labels[unit]
        order.holds.append((pool, unit))
    role, people = (crew.name, max(how.people, crew.minimum)) if crew is not None else ("", 0)
    if crew is not None and not crew.at_once(people, hours):
        yield crew.queued(order, key, people, hours)
    log.append(entry((env.now, NOBODY, material, "", "prepare", label, role, people, material, 0.0)))
    hours += 0.0 if crew is None else crew.gowning
    if pool is not None and pool.upkeep is not None:
        while (yield from pool.upkeep.work(order, [unit], hours, crew)).broken is not None:
            pass  # a breakdown that stops a preparation has it made again
    else:
        yield Pause(env, hours) if crew is None else crew.passed(hours)
    if crew is not None:
        crew.release(people)
    log.append(entry((env.now, NOBODY, material, "", "prepared", label, role, people, material, 0.0)))
    if pool is not None:
        order.holds.clear()
        pool.clean(unit, pool.turnaround(0))
    done(order)
