"""A model of which some points end their process, hang or raise: what a study of it must live through."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from uuid import uuid4

import numpy as np

from exosim.errors import Problem, ScenarioError, UsageError
from exosim.study.answers import Asked, Condition, Met, Of, Response
from exosim.study.factor import Factor, Floats
from exosim.study.model import Model

X = Factor("x", "1", 0.0, 1.0, base=0.25)
ASKED: tuple[Asked, ...] = (
    Of("y", "mean"),
    Of("y", "p90"),
    Met((Condition("y", ">=", 10.0), Condition("z", "<=", 1e3))),
)


@dataclass(frozen=True)
class Perilous(Model):
    """A model of y = sin(x) + the draws and z = exp(-x).

    Attributes
    ----------
    perils : what happens at some values of x: ``kill``, ``hang``, ``raise``, ``refuse``, ``leave`` or ``exit``
    marks : folder in which every call leaves a file, so that calls are counted over all processes; empty: none
    chunk : points of a call
    pause : how long a point takes [s]
    mended : file that puts an end to all perils by being there
    """

    perils: Mapping[float, str] = field(default_factory=dict)
    marks: str = ""
    chunk: int = 4
    pause: float = 0.0
    mended: str = ""
    factors: tuple[Factor, ...] = (X,)
    responses: tuple[Response, ...] = (Response("y", "dose"), Response("z", "1"))
    draws: int = 5

    @property
    def at_once(self) -> int:
        return self.chunk

    @property
    def identity(self) -> str:
        return f"perilous {sorted(self.perils.items())} {self.factors} {self.responses} {self.draws}"

    def sample(self, points: Floats) -> Floats:
        if self.marks:
            listed = "_".join(f"{x:g}" for x in points[:, 0])
            (Path(self.marks) / f"{listed}={os.getpid()}={uuid4().hex}").touch()
        if self.perils and not (self.mended and Path(self.mended).exists()):
            for (x,) in points.tolist():
                befall(self.perils.get(x, ""))
        if self.pause:
            time.sleep(self.pause * len(points))
        y = np.sin(points) + np.arange(self.draws)
        return np.stack([y, np.broadcast_to(np.exp(-points), y.shape)], axis=1)


class LongRead(Perilous):
    """One that takes longer to be read in another process than to be asked, as models do that import much."""

    def __setstate__(self, state: Mapping[str, object]) -> None:
        time.sleep(0.3)
        self.__dict__.update(state)


def befall(peril: str) -> None:
    """Let happen what a name says."""
    if peril == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if peril == "leave":
        os._exit(3)
    if peril == "hang":
        time.sleep(3600.0)
    if peril == "exit":
        sys.exit(0)
    if peril == "raise":
        raise KeyError("no such thing")
    if peril == "refuse":
        raise ScenarioError("is not for this model")


def calls(marks: Path) -> Counter[tuple[float, ...]]:
    """Return how often the model was called at which points."""
    listed = (file.name.split("=")[0].split("_") for file in marks.iterdir())
    return Counter(tuple(map(float, points)) for points in listed)


def callers(marks: Path) -> set[int]:
    """Return the processes in which the model was called."""
    return {int(file.name.split("=")[1]) for file in marks.iterdir()}


def numbered(count: int) -> Floats:
    """Return points whose factor is their number."""
    return np.arange(float(count))[:, None]


def leave_at_once(_pipe: Connection, _prepare: object) -> None:
    """Take the place of the function of a worker process: leave a mark and be gone."""
    (Path(os.environ["EXOSIM_TEST_MARKS"]) / uuid4().hex).touch()
    os._exit(9)


def not_here() -> None:
    """Fail as a module that another process does not have."""
    raise ImportError("not here")


class never_read:  # noqa: N801
    """A value that travels, and that nobody can read where it arrives."""

    def __reduce__(self) -> tuple[Callable[[], None], tuple[()]]:
        return not_here, ()


class OddError(UsageError):
    """An error that takes two arguments, so that it cannot be made again from its words."""

    def __init__(self, word: str, _other: int) -> None:
        super().__init__(word)


class LockedError(UsageError):
    """An error that holds something that belongs to a process."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.lock = threading.Lock()


@dataclass(frozen=True)
class ToldOddly(Perilous):
    """A model that raises errors as a plug-in might, at one point."""

    way: str = ""
    bad: float = 0.0

    def sample(self, points: Floats) -> Floats:
        if self.bad in points:
            match self.way:
                case "cannot be sent":
                    raise LockedError("no")
                case "cannot be read":
                    raise OddError("no", 1)
                case _:
                    raise UsageError(Problem("is no question", path="x", got=f"{self.bad:g}"))
        return super().sample(points)


def told_oddly(way: str, bad: float) -> ToldOddly:
    """Return a model whose errors travel badly."""
    return ToldOddly(way=way, bad=bad, chunk=1000)
