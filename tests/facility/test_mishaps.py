"""Failures: what strikes, how often it is repeated, what it costs."""

from __future__ import annotations

import math

import numpy as np
import pytest

from exosim.plant import Failure
from exosim.sampling import uniforms
from tests.facility.plants import Ran, Setting, Stage, everything_is_back, shop


def one(*failures: Failure, hours: float = 2.0, count: int = 1, seed: int = 1) -> Ran:
    ran = shop([Stage(hours)], count, Setting(failures=failures, seed=seed))
    everything_is_back(ran)
    return ran


def failure(name: str, consequence: str, probability: float = 1.0, repair: float = 0.0, limit: int = 1) -> Failure:
    return Failure(name, "p0", consequence, probability=probability, repair=repair, limit=limit)  # type: ignore[arg-type]


def told(ran: Ran) -> list[tuple[float, str, float]]:
    return [(event.time, event.note, event.amount) for event in ran.by["failure"]]


def test_two_delays_add_up() -> None:
    ran = one(failure("door", "wait", repair=5.0), failure("pump", "wait", repair=7.0))
    assert told(ran) == [(2.0, "door", 5.0), (7.0, "pump", 7.0)]
    assert ran.ended() == [14.0]


@pytest.mark.parametrize("order", [1, -1])
def test_a_delay_hides_no_reject(order: int) -> None:
    """Whichever is named first, a batch that is lost is lost."""
    both = [failure("door", "wait", repair=5.0), failure("mold", "reject")][::order]
    ran = one(*both)
    assert [b.disposition for b in ran.run.batches] == ["rejected"]
    assert told(ran) == [(2.0, "mold", 0.0)]


@pytest.mark.parametrize("limit", [0, 1, 3])
def test_the_limit_counts_repeats(limit: int) -> None:
    """Once and `limit` times more; each attempt takes its time and each failure its repair."""
    ran = one(failure("integrity", "repeat", repair=1.0, limit=limit))
    assert [b.disposition for b in ran.run.batches] == ["rejected"]
    assert len(told(ran)) == limit + 1 and ran.ended() == [3.0 * (limit + 1)]


def test_each_attempt_is_another_draw() -> None:
    """With probability p and one repeat, p squared of the batches are lost."""
    ran = one(failure("integrity", "repeat", probability=0.5), count=4000)
    lost = sum(b.disposition == "rejected" for b in ran.run.batches) / 4000
    assert lost == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / 4000))


def test_the_time_to_a_failure_is_exponential() -> None:
    """A reject at a rate strikes at -ln(u) / rate of its addressed number, or not at all."""
    contamination = Failure("mold", "p0", "reject", rate=0.05)
    ran = shop([Stage(30.0, unit="")], 200, Setting(failures=(contamination,), seed=9))
    after = -np.log(uniforms(9, "failure.mold", "batch", 0, 200)) / 0.05
    assert ran.ended() == pytest.approx(np.minimum(after, 30.0).tolist())
    assert [b.disposition == "rejected" for b in ran.run.batches] == (after < 30.0).tolist()


def test_the_first_of_several_strikes() -> None:
    names = [f"risk {index}" for index in range(3)]
    risks = tuple(Failure(name, "p0", "reject", rate=0.1) for name in names)
    ran = shop([Stage(1000.0, unit="")], 100, Setting(failures=risks, seed=9))
    after = np.array([-np.log(uniforms(9, f"failure.{name}", "batch", 0, 100)) / 0.1 for name in names])
    assert ran.ended() == pytest.approx(after.min(axis=0).tolist())
    by_batch = {event.batch: event.note for event in ran.by["failure"]}
    assert [by_batch[n] for n in range(100)] == [names[k] for k in after.argmin(axis=0)]


def test_replications_fail_differently() -> None:
    lost = []
    for replication in (0, 1, 0):
        setting = Setting(failures=(failure("mold", "reject", probability=0.5),), replication=replication)
        lost.append([b.disposition for b in shop([Stage(1.0)], 50, setting).run.batches])
    assert lost[0] == lost[2] != lost[1]


def test_no_failure_without_probability() -> None:
    ran = one(
        failure("a", "reject", probability=0.0), Failure("b", "p0", "reject", rate=0.0), Failure("c", "p0", "wait")
    )
    assert told(ran) == [] and ran.ended() == [2.0]
