"""Models that travel to the workers of a cluster, which find them by the name of this module."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from exosim.study.answers import Response
from exosim.study.factor import Factor, Floats
from exosim.study.model import FunctionModel


def model_of(function: Callable[[Floats], Floats], chunk: int = 16) -> FunctionModel:
    return FunctionModel((Factor("x", "1", 0.0, 1.0, base=0.25),), (Response("y", "1"),), function, chunk=chunk)


def points(count: int) -> Floats:
    return np.linspace(0.0, 1.0, count)[:, None]


def wave(x: Floats) -> Floats:
    return np.exp(np.sin(37.0 * x)) + x**2


def slow_wave(seconds: float, x: Floats) -> Floats:
    """Return the wave, a while later for each point."""
    time.sleep(seconds * len(x))
    return wave(x)


def deadly_once(marker: Path, spared: int, x: Floats) -> Floats:
    """Kill the process the first time that a point beyond the middle is asked."""
    if os.getpid() != spared and np.any(x > 0.5) and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return wave(x)


def deadly_at(x_of_death: float, spared: int, x: Floats) -> Floats:
    """Kill the process whenever a point is asked."""
    if os.getpid() != spared and np.any(x == x_of_death):
        os.kill(os.getpid(), signal.SIGKILL)
    return wave(x)


def deadly(function: Callable[..., Floats], where: object) -> Callable[[Floats], Floats]:
    """Return a function that kills every process but this one."""
    return partial(function, where, os.getpid())
