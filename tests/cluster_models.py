"""Models that travel to the workers of a cluster, which find them by the name of this module."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np

from exosim.errors import ModelError, Problem
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


def refuse_beyond(x: Floats) -> Floats:
    """Return the wave; the last tenth of the range is not possible."""
    if np.any(x > 0.9):
        raise ModelError(Problem("is not for this model", path="x"))
    return wave(x)


def deadly_once(marker: Path, spared: int, x: Floats) -> Floats:
    """Kill the process the first time that a point beyond the middle is asked."""
    if os.getpid() != spared and np.any(x > 0.5) and not marker.exists():
        marker.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return wave(x)


def die(seconds: float) -> None:
    """Kill this process, when whoever started it has seen that it runs."""
    time.sleep(seconds)
    os.kill(os.getpid(), signal.SIGKILL)


def given_up(key: str, seconds: float) -> None:
    """Fail, a while later, as a task of Dask of which several workers died."""
    from distributed.scheduler import KilledWorker

    time.sleep(seconds)
    raise KilledWorker(key, SimpleNamespace(address="tcp://gone:1"), 3)  # type: ignore[arg-type]
