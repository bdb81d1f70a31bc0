"""The clock does what stock SimPy does, event by event."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator
from typing import Any

import numpy as np
import pytest
import simpy

from exosim.errors import ModelError
from exosim.facility.clock import Clock, Pause

Told = list[tuple[float, int, Any]]


def program(env: simpy.Environment, pause: Callable[..., simpy.Event], seed: int) -> Told:
    """Start processes that pause, wait for events and for all of some, share a resource and interrupt each other."""
    draws, told = np.random.default_rng(seed), Told()
    hours = [[float(h) for h in draws.integers(0, 4, 12)] for _ in range(8)]
    gates = [simpy.Event(env) for _ in range(4)]
    shared = simpy.Resource(env, 2)
    processes: list[simpy.Process] = []

    def life(number: int) -> Generator[simpy.Event, Any, None]:
        for step, length in enumerate(hours[number]):
            try:
                with shared.request() as request:
                    yield request
                    yield pause(env, length)
                if step == number and number < len(gates):
                    gates[number].succeed(number)
                if step == 6:
                    yield simpy.AnyOf(env, [gates[number % 4], pause(env, 1.0)])
                if step == 9 and number:
                    other = processes[number - 1]
                    if other.is_alive:
                        other.interrupt(number)
            except simpy.Interrupt as interrupt:
                told.append((env.now, number, ("interrupted", interrupt.cause)))
            told.append((env.now, number, step))

    processes += [env.process(life(number)) for number in range(len(hours))]
    return told


@pytest.mark.parametrize("seed", range(30))
def test_the_same_events_in_the_same_order(seed: int) -> None:
    stock, clock = simpy.Environment(), Clock()
    expected, found = program(stock, simpy.Timeout, seed), program(clock, Pause, seed)
    stock.run()
    assert any(clock.go(7) for _ in itertools.repeat(None, 10_000))
    assert found == expected and clock.now == stock.now
    assert sum(isinstance(what, tuple) for *_, what in found) >= 4  # interrupts are part of every program


def test_it_stops_after_as_many_events_as_asked() -> None:
    clock = Clock()
    for _ in range(10):
        Pause(clock, 1.0)
    assert not clock.go(4) and clock.taken == 4
    assert clock.go(100) and clock.taken == 10 and clock.now == 1.0


def test_what_a_process_raises_comes_out_as_it_is() -> None:
    """No copy without its places, and no event that is lost with it."""
    clock, error = Clock(), ModelError("stop")

    def life() -> Generator[simpy.Event, Any, None]:
        yield Pause(clock, 2.0)
        raise error

    clock.process(life())
    with pytest.raises(ModelError) as caught:
        clock.go(100)
    assert caught.value is error and clock.now == 2.0


@pytest.mark.parametrize("hours", [float("nan"), -1.0])
def test_time_only_goes_on(hours: float) -> None:
    with pytest.raises(ModelError, match="not a number, or below 0"):
        Pause(Clock(), hours)
