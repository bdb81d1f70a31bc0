"""Queues with known answers, run through the engine with addressed random values, and the z test.

The quick set asks for a standard error of 3 % of the value. The slow set asks for 0.5 %, or for what `WIDTHS` states
where the servers are busy: at 0.8 of the time the mean wait would need 7 million customers for 0.5 %.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from exosim.normal import normal_quantile
from exosim.sampling import uniforms
from tests.facility.facility_rows import QUICK_WIDTH, REPLICATIONS, SLOW_WIDTH, Row, rows
from tests.facility.plants import Setting, Stage, everything_is_back, shop

Floats = NDArray[np.float64]
Law = tuple[Any, ...]
AT_ONCE = 40_000
FAR_APART = 2**32


def drawn(law: Law, name: str, first: int, count: int) -> Floats:
    """Return addressed values of a law: constant, exponential, gamma of whole shape, lognormal, uniform."""

    def u(part: int = 0) -> Floats:
        return uniforms(20270104, f"{name}#{part}", "batch", first, first + count)

    kind, mean, *shape = law
    if kind == "constant":
        return np.full(count, mean)
    if kind == "gamma":
        parts = round(shape[0])
        return -sum(np.log(u(part)) for part in range(parts)) * (mean / parts)  # type: ignore[return-value]
    if kind == "lognormal":
        sigma = np.sqrt(np.log1p(shape[0]))
        return np.asarray(mean * np.exp(sigma * normal_quantile(u()) - sigma**2 / 2.0))
    assert kind == "uniform"
    return mean + (shape[0] - mean) * u()


def exponential(mean: float) -> Law:
    return ("gamma", mean, 1)


def with_variance(mean: float, squared_cv: float) -> Law:
    """Return a law of some squared coefficient of variation."""
    whole = squared_cv > 0.0 and (1.0 / squared_cv) % 1.0 < 1e-9
    return ("gamma", mean, 1.0 / squared_cv) if whole else ("lognormal", mean, squared_cv)


def law_of(text: str) -> Law:
    """Return the law that a row names."""
    numbers = [float(number) for number in re.findall(r"(?<![\w-])\d+\.?\d*", text)]
    if text.startswith("deterministic"):
        return ("constant", numbers[0])
    if text.startswith("Erlang-2"):
        return ("gamma", numbers[0], 2)
    if text.startswith("exponential"):
        return exponential(numbers[0])
    if text.startswith("lognormal"):
        return ("lognormal", numbers[0], numbers[1] ** 2)
    if text.startswith("gamma"):
        return with_variance(numbers[0], numbers[1] ** 2)
    assert text.startswith("uniform"), text
    return ("uniform", *numbers)


@dataclass(frozen=True)
class Queue:
    """One station: how customers arrive, how they are served, by how many."""

    arrivals: Law
    services: Law
    count: int = 1

    def run(self, first: int, customers: int, warm_up: int) -> dict[str, float]:
        """Return what some customers see, the first of them left out."""
        launches = np.cumsum(drawn(self.arrivals, "arrivals", first, customers))
        ran = shop(
            [Stage(drawn(self.services, "services", first, customers), self.count)],
            customers,
            Setting(launches=launches.tolist()),
        )
        everything_is_back(ran)
        seen = ran.waits("p0")
        waits = np.array([seen[number] for number in range(customers)])[warm_up:]
        ended = np.array(ran.ended())
        mean, variance = in_system(launches, ended, launches[warm_up], launches[-1])
        return {
            "wait": waits.mean(),
            "variance of wait": waits.var(),
            "waiting at all": (waits > 1e-12).mean(),
            "95th percentile": float(np.quantile((ended - launches)[warm_up:], 0.95)),
            "number": mean,
            "variance of number": variance,
        }


@dataclass(frozen=True)
class Repair:
    """Machines that run alone, fail and queue for a repair crew; a new run starts after each repair."""

    machines: int
    crews: int
    failing: float
    repairing: float

    def run(self, first: int, customers: int, warm_up: int) -> dict[str, float]:
        """Return what becomes of the machines: the limit of work in progress closes the loop."""
        running = drawn(exponential(1.0 / self.failing), "arrivals", first, customers)
        repair = drawn(exponential(1.0 / self.repairing), "services", first, customers)
        setting = Setting(work_in_progress=self.machines)
        ran = shop([Stage(running, unit=""), Stage(repair, self.crews)], customers, setting)
        everything_is_back(ran)
        failed = np.array([event.time for event in ran.by["end"] if event.procedure == "p0"])
        back = np.sort(ran.ended())
        begin, end = np.sort(failed)[[warm_up, -self.machines]]
        down, _ = in_system(np.sort(failed), back, begin, end)
        starts = np.array([event.time for event in ran.by["start"] if event.procedure == "p1"])
        busy, _ = in_system(np.sort(starts), back, begin, end)
        return {"down": down, "available": 1.0 - down / self.machines, "busy": busy / self.crews}


@dataclass(frozen=True)
class Blocking:
    """Stations in a row with little room between them, and always another customer in front of the first."""

    stages: int
    buffer: int

    def run(self, first: int, customers: int, warm_up: int) -> dict[str, float]:
        """Return the throughput; a buffer is a stage that takes no time."""
        line: list[Stage] = []
        for stage in range(self.stages):
            if stage and self.buffer:
                line.append(Stage(0.0, self.buffer))
            line.append(Stage(drawn(exponential(1.0), f"stage {stage}", first, customers)))
        ran = shop(line, customers, Setting(mode="as_soon_as_possible", storage="none"))
        everything_is_back(ran)
        ended = np.sort(ran.ended())
        # The line runs empty at the end, when nobody stands in front of it any more.
        last = customers - 1 - self.stages * (self.buffer + 1)
        return {"throughput": (last - warm_up) / (ended[last] - ended[warm_up])}


System = Queue | Repair | Blocking


def in_system(arrived: Floats, left: Floats, begin: float, end: float) -> tuple[float, float]:
    """Return mean and variance over time of the number between its two ends."""
    times = np.concatenate([arrived, left])
    order = np.argsort(times, kind="stable")
    level = np.cumsum(np.repeat([1.0, -1.0], len(arrived))[order])
    spans = np.diff(np.clip(np.append(times[order], end), begin, end))
    mean = float(np.sum(level * spans) / (end - begin))
    return mean, float(np.sum(level**2 * spans) / (end - begin)) - mean**2


@functools.cache
def replications(system: System, customers: int) -> dict[str, Floats]:
    """Return every number for each replication; together they serve about `customers`."""
    each = customers // REPLICATIONS
    parts = -(-each // AT_ONCE)
    found: dict[str, list[float]] = {}
    for replication in range(REPLICATIONS):
        means: dict[str, list[float]] = {}
        for part in range(parts):
            first = (replication * parts + part) * FAR_APART
            warm_up = each // parts // 8
            for name, value in system.run(first, each // parts + warm_up, warm_up).items():
                means.setdefault(name, []).append(value)
        for name, values in means.items():
            found.setdefault(name, []).append(float(np.mean(values)))
    return {name: np.array(values) for name, values in found.items()}


def system_of(row: Row) -> System:
    """Return the system that a row describes."""
    if row.id in ("MM1", "MMc"):
        count = round(row.given("c")) if row.id == "MMc" else 1
        return Queue(exponential(1.0 / row.given("lam")), exponential(1.0 / row.given("mu")), count)
    if row.id == "MG1":
        return Queue(exponential(1.0 / row.given("lam")), law_of(row.params.split("S=")[1]))
    if row.id == "MDc":
        return Queue(exponential(1.0 / row.given("lam")), ("constant", row.given("D")), round(row.given("c")))
    if row.id == "GIM1":
        text = row.params.split("A=")[1].split("(D/M/1)")[0].split(" mu=")[0]
        return Queue(law_of(text), exponential(1.0 / row.given("mu")))
    if row.id == "GG1":
        arrivals = with_variance(1.0 / row.given("rho"), row.given("ca2"))
        return Queue(arrivals, with_variance(1.0 / row.given("mu"), row.given("cs2")))
    if row.id == "REPAIR":
        return Repair(round(row.given("N")), round(row.given("crews")), row.given("lam"), row.given("mu"))
    assert row.id == "LINE"
    stages, buffer = row.said("# exponential stages mu=1, buffer #")
    return Blocking(round(stages), round(buffer))


NUMBERS = {
    "mean wait in queue Wq": "wait",
    "variance of wait": "variance of wait",
    "mean number in system": "number",
    "variance of number": "variance of number",
    "95th percentile of time": "95th percentile",
    "Erlang-C": "waiting at all",
    "P(no wait)": "waiting at all",
    "upper bound on Wq": "wait",
    "lower bound on Wq": "wait",
    "mean machines down": "down",
    "machine availability": "available",
    "crew utilisation": "busy",
    "saturated throughput": "throughput",
}


def number_of(row: Row) -> str:
    """Return which number of a system a row is about."""
    (found,) = {number for start, number in NUMBERS.items() if row.quantity.startswith(start)}
    return found


def computed(row: Row, customers: int) -> Floats:
    """Return the number of the row in each replication."""
    values = replications(system_of(row), customers)[number_of(row)]
    return 1.0 - values if row.quantity.startswith("P(no wait)") else values


ALL = rows("MM1", "MMc", "MG1", "MDc", "GIM1", "GG1", "REPAIR", "LINE")
QUICK = {
    ("lam=0.5 mu=1", "wait"): 60_000,
    ("lam=0.5 mu=1", "number"): 60_000,
    ("lam=0.5 mu=1", "95th percentile"): 60_000,
    ("lam=0.8 mu=1", "waiting at all"): 45_000,
    ("lam=4 mu=1 c=5", "waiting at all"): 40_000,
    ("lam=18 mu=1 c=20", "number"): 50_000,
    ("lam=0.2 mu=0.1 c=3", "waiting at all"): 30_000,
    ("lam=0.5 S=exponential mean 1", "wait"): 60_000,
    ("lam=0.5 S=deterministic 1", "wait"): 25_000,
    ("lam=0.5 S=Erlang-2 mean 1", "wait"): 50_000,
    ("lam=0.5 S=lognormal mean 1 CV 0.3", "wait"): 25_000,
    ("lam=0.5 S=uniform(0.5,1.5)", "wait"): 30_000,
    ("rho=0.8 ca2=1 cs2=0.25 mu=1", "wait"): 20_000,
}
"""Customers of the rows of the quick set, besides machine repair and blocking, which are sharp at once.

M/D/c and D/M/1 are left to the slow set: several servers, constant services and the wait are asked of M/M/c and M/D/1.
"""
QUICK_CLOSED = {"REPAIR": 8_000, "LINE": 8_000}

SLOW = {"lam=0.5 mu=1": 1_700_000, "lam=0.5 S=exponential mean 1": 1_700_000}
SLOW |= {"lam=0.8 mu=1": 2_000_000, "lam=0.9 mu=1": 1_500_000, "lam=0.95 mu=1": 4_000_000}
SLOW |= {"lam=0.8 S=exponential mean 1": 2_000_000, "A=exponential mean 1.25 mu=1": 2_000_000}
SLOW |= {"lam=18 mu=1 c=20": 1_200_000, "lam=2.7 D=1 c=3": 1_200_000, "lam=0.2 mu=0.1 c=3": 600_000}
SLOW_CLOSED = {"REPAIR": 150_000, "LINE": 100_000}
WIDTHS = {
    "wait": 0.03,
    "waiting at all": 0.015,
    "95th percentile": 0.03,
    "number": 0.03,
    "variance of wait": 0.03,
    "variance of number": 0.03,
}
"""Standard errors over the value that are asked for where the servers are busy for more than 0.6 of the time."""


def busy(row: Row) -> float:
    """Return for what part of the time the servers of a station work."""
    system = system_of(row)
    assert isinstance(system, Queue)
    return mean_of(system.services) / mean_of(system.arrivals) / system.count


def mean_of(law: Law) -> float:
    return (law[1] + law[2]) / 2.0 if law[0] == "uniform" else law[1]


def slow_plan(row: Row) -> tuple[int, float]:
    """Return how many customers the slow set serves, and how sharp it is then."""
    if row.id in SLOW_CLOSED:
        return SLOW_CLOSED[row.id], SLOW_WIDTH
    if row.kind.startswith("bound"):
        return 600_000, 0.1
    if busy(row) > 0.6:
        variance = row.quantity.startswith("variance")
        width = 0.03 if row.quantity.startswith("P(no wait)") else WIDTHS[number_of(row)]
        return SLOW.get(row.params, 1_600_000 if variance else 900_000), width
    return SLOW.get(row.params, 1_500_000), 0.015 if row.quantity.startswith("variance") else SLOW_WIDTH


def quick_customers(row: Row) -> int | None:
    """Return how many customers the quick set serves; None for a row that is too hard."""
    return QUICK_CLOSED.get(row.id) or QUICK.get((row.params, number_of(row)))


@pytest.mark.parametrize("row", [row for row in ALL if quick_customers(row)], ids=lambda row: row.label)
def test_quick_set(row: Row) -> None:
    customers = quick_customers(row)
    assert customers is not None
    row.assert_accepts(computed(row, customers), 0.1 if row.kind.startswith("bound") else QUICK_WIDTH)


@pytest.mark.slow
@pytest.mark.parametrize("row", ALL, ids=lambda row: row.label)
def test_slow_set(row: Row) -> None:
    customers, width = slow_plan(row)
    row.assert_accepts(computed(row, customers), width)


def test_every_quick_number_is_of_a_row() -> None:
    known = {(row.params, number_of(row)) for row in ALL}
    assert set(QUICK) <= known and set(SLOW) <= {row.params for row in ALL}
