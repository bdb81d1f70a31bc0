"""Plants with known answers whose units fail, whose lines turn away, whose batches have ranks or come back.

Systems run through the engine with addressed random values, and the z test, as in :mod:`tests.facility.test_queueing`.
"""

from __future__ import annotations

import functools
import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from exosim.errors import ModelError
from exosim.facility.lots import Lots, PlannedPhase
from exosim.plant import Breakdown, Equipment, Failure, Plant
from exosim.recipe import Recipe
from tests.facility.facility_rows import QUICK_WIDTH, REPLICATIONS, SLOW_WIDTH, Row, rows
from tests.facility.plants import Ran, Setting, Stage, everything_is_back, shop, shops, together
from tests.facility.test_queueing import FAR_APART, Floats, Law, Queue, drawn, exponential, in_system

UNIT = "unit"


def sequence(law: Law, name: str, replication: int, length: int) -> Callable[[str, int], float]:
    """Return the n-th value of each unit, addressed by its name and the replication."""
    known: dict[str, Floats] = {}

    def value(unit: str, n: int) -> float:
        if unit not in known:
            known[unit] = drawn(law, f"{name} of {unit}", replication * FAR_APART, length)
        return float(known[unit][n])

    return value


def aging(between: Law, repair: Law, replication: int, units: int, hours: float, repairs: int) -> Ran:
    """Run units that nobody uses for some hours, on the calendar."""
    kind = Breakdown(
        "k", UNIT, sequence(between, "between", replication, repairs), sequence(repair, "repair", replication, repairs),
        clock="calendar",
    )  # fmt: skip
    return together(Plant((Equipment(UNIT, units),), breakdowns=(kind,)), [], Setting(horizon=hours))


def units_up(ran: Ran, units: int, begin: float) -> tuple[Floats, Floats]:
    """Return how long how many units are up from `begin` to the end of a run: hours, and units."""
    down = [(e.time, e.time + e.amount) for e in ran.by["down"]]
    moments = np.array([moment for stay in down for moment in stay])
    changes = np.tile([-1.0, 1.0], len(down))
    order = np.argsort(moments, kind="stable")
    level = units + np.concatenate([[0.0], np.cumsum(changes[order])])
    edges = np.clip(np.concatenate([[begin], moments[order], [ran.run.hours]]), begin, ran.run.hours)
    return np.diff(edges), level


def available(row: Row, replication: int, size: int) -> float:
    """Return the availability of one replication: steady, at a time from new, or of two out of three."""
    up, down = row.given("MTBF"), row.given("MTTR")
    if " h from new" in row.quantity:
        (at,) = row.said("availability at # h")
        ran = aging(exponential(up), exponential(down), replication, size, at, 40)
        return 1.0 - sum(e.time <= at < e.time + e.amount for e in ran.by["down"]) / size
    units = 3 if row.quantity.startswith("2-out-of-3") else 1
    laws = (exponential(up), exponential(down)) if units == 3 else (("gamma", up, 3), ("lognormal", down, 1.5))
    ran = aging(*laws, replication, units, size * (up + down), 2 * size + 100)
    hours, level = units_up(ran, units, 20 * up)
    return float(hours[level >= (2 if units == 3 else 1)].sum() / hours.sum())


def renewals(row: Row, replication: int, size: int) -> float:
    """Return how often units of Erlang-2 life break until some time."""
    mean, at = row.said("mean # h, t=#")
    ran = aging(("gamma", mean, 2), ("constant", 0.0), replication, size, at, 60)
    return len(ran.by["down"]) / size


class PerVisit(Lots):
    """Lots whose procedures take another time on each visit; the material is left alone."""

    def __init__(self, recipe: Recipe, count: int, hours: Callable[[int], list[Floats]]) -> None:
        super().__init__(recipe, lambda batch: recipe, count)
        self._hours, self._of_visit, self._visit = hours, dict[int, list[Floats]](), defaultdict[int, int](int)

    def begin(self, batch: int, index: int, waited: float) -> list[PlannedPhase]:
        """Return the phase of this visit."""
        visit = self._visit[batch]
        if visit not in self._of_visit:
            self._of_visit[visit] = self._hours(visit)
        return [PlannedPhase("step", float(self._of_visit[visit][index][batch]), 0, False)]

    def rework(self, batch: int, index: int, back_to: int) -> None:
        """Go on to the next visit."""
        self._visit[batch] += 1


def jackson(replication: int, size: int) -> dict[str, float]:
    """Return the mean number at each station of a line with rework and scrap, and the throughput of the second."""
    first, warm = replication * FAR_APART, size // 8
    rates, counts = (0.4, 0.7, 2.0), (4, 2, 1)
    launches = np.cumsum(drawn(exponential(1.0), "arrivals", first, size))

    def hours(visit: int) -> list[Floats]:
        return [drawn(exponential(1 / mu), f"p{k} visit {visit}", first, size) for k, mu in enumerate(rates)]

    failures = (
        Failure("scrap", "p1", "reject", probability=0.05),
        Failure("again", "p2", "rework", probability=0.1, limit=1000, back_to="p1"),
    )
    setting = Setting(launches=launches.tolist(), failures=failures, replication=replication)
    stages = [Stage(1.0, count) for count in counts]
    ran = shop(stages, size, setting, lambda recipe, count: PerVisit(recipe, count, hours))
    everything_is_back(ran)
    begin, end = launches[warm], launches[-1]
    found = {}
    for k, name in enumerate(("culture", "purification", "QC")):
        ready, left = (
            np.array([e.time for e in ran.by[event] if e.procedure == f"p{k}"]) for event in ("ready", "end")
        )
        found[f"mean lots at {name}"] = in_system(ready, left, begin, end)[0]
        if k == 1:
            found["purification throughput"] = float(((left > begin) & (left <= end)).sum() / (end - begin))
    return found


def full_line(row: Row, replication: int, size: int) -> dict[str, float]:
    """Return what a line sees that turns away who finds it full."""
    first, warm = replication * FAR_APART, size // 8
    arrivals, services = (
        drawn(exponential(1.0 / row.given(rate)), name, first, size)
        for rate, name in (("lam", "arrivals"), ("mu", "services"))
    )
    launches = np.cumsum(arrivals)
    setting = Setting(launches=launches.tolist(), work_in_progress=round(row.given("K")), when_full="turn_away")
    ran = shop([Stage(services, round(row.given("c")))], size, setting)
    everything_is_back(ran)
    came = np.array([b.disposition != "turned_away" for b in ran.run.batches])
    waits = [wait for number, wait in ran.waits("p0").items() if number >= warm]
    number, _ = in_system(launches[came], np.array(ran.ended())[came], launches[warm], launches[-1])
    return {"Pblock": float(1.0 - came[warm:].mean()), "L": number, "Wq": float(np.mean(waits))}


def ranked(row: Row, replication: int, size: int) -> float:
    """Return the mean wait of the second of two classes."""
    first, warm = replication * FAR_APART, size // 8
    rates = [float(number) for number in re.findall(r"\.\d+", row.params)]
    end = size / sum(rates)
    products = []
    for rank, rate in enumerate(rates):
        launches = np.cumsum(drawn(exponential(1.0 / rate), f"arrivals {rank}", first, round(2 * rate * end)))
        launches = launches[launches <= end]
        hours = drawn(exponential(1.0 / row.given("mu")), f"services {rank}", first, len(launches))
        setting = Setting(launches=launches.tolist(), rank=rank, product=str(rank))
        products.append(([Stage(hours, unit="server")], len(launches), setting))
    ran = shops(products)
    everything_is_back(ran)
    second = {b.number for b in ran.run.batches if b.campaign == "1" and b.started > end * warm / size}
    return float(np.mean([wait for number, wait in ran.waits("p0").items() if number in second]))


def unreliable(row: Row, replication: int, size: int) -> float:
    """Return the mean number at a server that fails and is repaired on its own time."""
    fails, repaired = row.said("fails at rate #, repaired at #")
    first, warm = replication * FAR_APART, size // 8
    queue = Queue(exponential(1.0 / row.given("lam")), exponential(1.0 / row.given("mu")))
    launches = np.cumsum(drawn(queue.arrivals, "arrivals", first, size))
    times = [
        sequence(exponential(1.0 / rate), name, replication, size) for rate, name in ((fails, "up"), (repaired, "down"))
    ]
    setting = Setting(launches=launches.tolist(), breakdowns=(Breakdown("k", "u0", *times, clock="calendar"),))
    ran = shop([Stage(drawn(queue.services, "services", first, size))], size, setting)
    everything_is_back(ran)
    return in_system(launches, np.array(ran.ended()), launches[warm], launches[-1])[0]


def time_to_deadlock(row: Row, replication: int, size: int) -> float:
    """Return the mean time until a queue with feedback locks, over so many trials; it starts with a full system."""
    (room,) = row.said("waiting room #")
    (feedback,) = row.said("feedback #")
    limit = round(room + row.given("c"))
    times = []
    for trial in range(replication * size, (replication + 1) * size):
        arrivals = drawn(exponential(1.0 / row.given("lam")), "arrivals", trial * FAR_APART, 300)
        launches = [0.0] * limit + np.cumsum(arrivals).tolist()

        def hours(visit: int, trial: int = trial, count: int = len(launches)) -> list[Floats]:
            name = f"service {visit}"
            return [np.zeros(count), drawn(exponential(1.0 / row.given("mu")), name, trial * FAR_APART, count)]

        setting = Setting(
            launches=launches, work_in_progress=limit, when_full="turn_away", storage="none", replication=trial,
            failures=(Failure("back", "p1", "rework", probability=feedback, limit=10**6, back_to="p0"),),
        )  # fmt: skip
        stages = [Stage(0.0, round(room)), Stage(0.0, round(row.given("c")))]
        with pytest.raises(ModelError, match="batches wait for each other") as caught:
            shop(stages, len(launches), setting, lambda recipe, count, hours=hours: PerVisit(recipe, count, hours))
        (found,) = re.findall(r"deadlock at (\S+) h", str(caught.value))
        times.append(float(found))
    return float(np.mean(times))


@dataclass(frozen=True)
class Plan:
    """How large each replication of a row is in the quick and the slow set, and how sharp the slow one is."""

    quick: int | None
    slow: int
    width: float = SLOW_WIDTH


def plan_of(row: Row) -> Plan:
    """Return how much of a system is run for a row."""
    if row.id == "AVAIL":
        return Plan(150, 1500) if " h from new" in row.quantity else Plan(150, 2000)
    if row.id == "RENEWAL":
        return Plan(200, 2500)
    if row.id == "BREAK":
        return Plan(1_600, 20_000, 0.02)
    if row.id == "PRIO":
        return Plan(None, 20_000, 0.03)
    if row.id == "DEADLOCK":
        return Plan(60, 1_200, 0.01)
    if row.id == "JACKSON":
        quick = 1_200 if "QC" in row.quantity.partition(";")[0] or "throughput" in row.quantity else None
        return Plan(quick, 15_000, 0.02)
    rare = row.quantity == "Pblock" and row.value < 0.1
    return Plan(None if rare else 1_500, 15_000, 0.03 if rare else 0.015)


@functools.cache
def system(row: Row, replication: int, size: int) -> dict[str, float]:
    """Return every number of a replication."""
    alone = {
        "AVAIL": available,
        "RENEWAL": renewals,
        "PRIO": ranked,
        "BREAK": unreliable,
        "DEADLOCK": time_to_deadlock,
    }
    if row.id in alone:
        return {row.quantity: alone[row.id](row, replication, size)}
    return jackson(replication, size) if row.id == "JACKSON" else full_line(row, replication, size)


@functools.cache
def first_of(system_id: str, params: str) -> Row:
    """Return the row that stands for all numbers of one system."""
    return next(row for row in rows(system_id) if row.params == params)


def computed(row: Row, size: int) -> Floats:
    """Return the number of the row in each replication."""
    key = first_of(row.id, row.params) if row.id in ("JACKSON", "MMcK") else row
    return np.array([system(key, replication, size)[row.quantity] for replication in range(REPLICATIONS)])


ALL = rows("AVAIL", "RENEWAL", "BREAK", "MMcK", "PRIO", "JACKSON", "DEADLOCK")


def accept(row: Row, size: int, width: float) -> None:
    values = computed(row, size)
    if row.value == 0.0:
        assert not values.any()
        return
    row.assert_accepts(values, width)


@pytest.mark.parametrize("row", [row for row in ALL if plan_of(row).quick], ids=lambda row: row.label)
def test_quick_set(row: Row) -> None:
    plan = plan_of(row)
    assert plan.quick is not None
    accept(row, plan.quick, QUICK_WIDTH)


@pytest.mark.slow
@pytest.mark.parametrize("row", ALL, ids=lambda row: row.label)
def test_slow_set(row: Row) -> None:
    plan = plan_of(row)
    accept(row, plan.slow, plan.width)


def test_every_row_is_there() -> None:
    assert len(ALL) == 25
