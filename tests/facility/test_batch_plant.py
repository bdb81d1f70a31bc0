"""Batch plants with known answers: cycle times, campaigns, people, failures."""

from __future__ import annotations

import re

import numpy as np
import pytest
from numpy.typing import NDArray

from exosim.operations.base import Phase
from exosim.plant import Consequence, Failure
from tests.facility.facility_rows import QUICK_WIDTH, REPLICATIONS, SLOW_WIDTH, WAITING, Row, rows
from tests.facility.plants import Ran, Setting, Stage, crew, everything_is_back, flow, shop, stays

STAGES = ("culture", "clarification", "UF", "SEC", "fill")
PRODUCTS = {"A": (10, 20, 5, 30), "B": (15, 8, 12, 7), "C": (3, 24, 13, 0)}


def five_stages(row: Row, cultures: int | None = None) -> list[Stage]:
    """Return the plant of the CYCLE rows."""
    hours, units, clean = (
        [float(number) for number in re.search(pattern, row.params).group(1).split(",")]  # type: ignore[union-attr]
        for pattern in (r"t=([\d,]+)", r"units ([\d,]+)", r"clean=([\d,]+)")
    )
    if cultures is not None:
        units[0] = cultures
    return [
        Stage(t, round(count), cleaning, unit=name)
        for t, count, cleaning, name in zip(hours, units, clean, STAGES, strict=True)
    ]


def long_run(ran: Ran, batches: int) -> float:
    """Return the hours per batch over the second half of a run, which holds whole periods of the line."""
    ended = sorted(ran.ended())
    return (ended[-1] - ended[-1 - batches]) / batches


@pytest.mark.parametrize("row", [r for r in rows("CYCLE") if r.quantity.startswith("cycle")], ids=lambda row: row.label)
def test_cycle_time(row: Row) -> None:
    """As soon as possible, a batch leaves in the largest occupancy per unit, cleaning included."""
    (cultures,) = row.said("with # culture vessels")
    stages = five_stages(row, round(cultures))
    ran = shop(stages, 240, Setting(mode="as_soon_as_possible"))
    everything_is_back(ran)
    assert long_run(ran, 120) == pytest.approx(row.value, rel=row.tol)
    assert max((s.hours + s.turnaround) / s.count for s in stages) == pytest.approx(row.value, rel=row.tol)


@pytest.mark.parametrize("row", [r for r in rows("CYCLE") if "occupancy" in r.quantity], ids=lambda row: row.label)
def test_occupancy(row: Row) -> None:
    """Over whole cycles of the running line every unit is occupied for its share of the time."""
    ran = shop(five_stages(row), 240, Setting(mode="as_soon_as_possible"))
    name = row.quantity.split()[2]
    ends = sorted(ran.ended())
    begin, end = ends[60], ends[180]  # 120 batches: 40 turns of three vessels
    taken = [min(t, end) - max(s, begin) for s, t, _ in stays(ran)[f"{name} 1"] if t > begin and s < end]
    assert sum(taken) / (end - begin) == pytest.approx(row.value, rel=1e-9)


def campaign(sequence: str, storage: str) -> Ran:
    """Run products in a sequence."""
    return flow([PRODUCTS[product] for product in sequence], Setting(storage=storage))


@pytest.mark.parametrize("row", rows("CAMPAIGN"), ids=lambda row: row.label)
def test_campaign(row: Row) -> None:
    """Products in turn on one line, with and without waiting between the units."""
    if row.quantity.startswith("makespan"):
        text = row.quantity.split("sequence ")[1].split(", zero")[0]
        sequence = "".join(part.split(" x")[0] * int(part.split(" x")[1]) for part in text.split(", "))
        # The makespan counts until the batch that comes last in the sequence, even if a shorter one overtakes it.
        assert campaign(sequence, "zero_wait").ended()[-1] == row.value
        return
    zero_wait = "zero wait" in row.quantity
    order = row.quantity.split("sequence ")[1] if zero_wait else "ABC"
    ended = campaign(order * 30, "zero_wait" if zero_wait else "unlimited").ended()
    assert ended[-1] - ended[-4] == row.value


@pytest.mark.parametrize("row", rows("LABOUR"), ids=lambda row: row.label)
def test_people_bound_the_cycle_time(row: Row) -> None:
    """132 hours of work per batch: 60 of 120 in the culture, all of the other stages."""
    work, people = row.said("# operator-h per batch, # operators")
    stages = five_stages(rows("CYCLE")[0])
    attended = [Phase("hands-on", 60.0), Phase("alone", 60.0, attended=False)]
    line = [Stage(count=3, turnaround=10.0, unit="culture", role="crew", phases=tuple(attended))]
    line += [
        Stage(s.hours, s.count, s.turnaround, unit=s.unit, people=1, role="crew") for s in stages[1:]
    ]  # 60 + 30 + 8 + 14 + 20
    assert work == 60.0 + sum(s.hours for s in stages[1:])
    ran = shop(line, 120, Setting(mode="as_soon_as_possible", roles=(crew(round(people)),)))
    everything_is_back(ran)
    assert ran.makespan / 120 >= row.value
    ended = sorted(ran.ended())
    assert (ended[100] - ended[40]) / 60 == pytest.approx(row.value, rel=0.1)
    begun = {(e.batch, e.procedure): e.time for e in ran.by["begin"]}
    assert sum(e.time - begun[e.batch, e.procedure] for e in ran.by["finish"]) == pytest.approx(120 * work)


def failing(hours: float, rate: float, repair: float, consequence: Consequence, batches: int) -> NDArray[np.float64]:
    """Run batches that fail, on units without number; return finished share and mean time, by replication."""
    failure = Failure("contamination", "p0", consequence, rate=rate, repair=repair, limit=10_000)
    found = []
    for replication in range(REPLICATIONS):
        setting = Setting(failures=(failure,), replication=replication)
        ran = shop([Stage(hours, unit="")], batches, setting)
        found.append((len(ran.by["finished"]) / batches, np.mean(ran.ended())))
    return np.array(found).T


def fail_row(row: Row, batches: int) -> NDArray[np.float64]:
    """Return the number of a FAIL row in each replication."""
    if row.quantity.startswith("P(at most"):
        return at_most(row, batches)
    rate, hours = row.given("lam"), row.given("t")
    if row.quantity.startswith("P(batch survives)"):
        return np.asarray(failing(hours, rate, 0.0, "reject", batches)[0])
    consequence: Consequence = "repeat" if "restart" in row.quantity else "wait"
    return np.asarray(failing(hours, rate, row.given("mttr"), consequence, batches)[1])


def at_most(row: Row, batches: int) -> NDArray[np.float64]:
    """Return how often at most 3 of 50 batches fail."""
    failure = Failure("deviation", "p0", "reject", probability=row.given("p"))
    limit, size = (round(number) for number in row.said(r"at most # of # batches"))
    shares = []
    for replication in range(REPLICATIONS):
        setting = Setting(failures=(failure,), replication=replication)
        ran = shop([Stage(1.0, unit="")], batches, setting)
        lost = np.array([b.disposition == "rejected" for b in ran.run.batches]).reshape(-1, size).sum(axis=1)
        shares.append(np.mean(lost <= limit))
    return np.array(shares)


@pytest.mark.parametrize("row", rows("FAIL"), ids=lambda row: row.label)
def test_failures_quick(row: Row) -> None:
    row.assert_accepts(fail_row(row, 400), QUICK_WIDTH)


@pytest.mark.slow
@pytest.mark.parametrize("row", rows("FAIL"), ids=lambda row: row.label)
def test_failures_slow(row: Row) -> None:
    row.assert_accepts(fail_row(row, 10_000), SLOW_WIDTH)


def test_what_waits_is_not_among_the_rows() -> None:
    """Rows that the engine can express leave the list of those that wait."""
    covered = {row.id for row in rows("MM1", "MG1", "CYCLE", "FAIL")}
    assert covered == {"MM1", "MG1", "CYCLE", "FAIL"}
    assert not [name for _, name in WAITING if rows(name)]
    assert len(rows("CYCLE", "CAMPAIGN", "LABOUR", "FAIL")) == 24
