"""What the yield kernel cannot save: its exponentials, logarithms, roots and powers, at NumPy's own speed.

They are counted while one block runs: functions of NumPy by standing in for them, powers written ``x ** y`` where
either side is a parameter that varies. The speed is that of each function alone on an array of as many lanes.
"""

from __future__ import annotations

import timeit
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from exosim.kernel import run
from exosim.parameter import Array
from exosim.scenario import Scenario

FUNCTIONS = ("exp", "exp2", "expm1", "log", "log2", "log10", "log1p", "sqrt", "cbrt", "power", "tanh")
LANES = 8192


class Exponent(np.ndarray[Any, Any]):
    """An array that tells when it takes part in a power, and otherwise behaves like any other."""

    counts: dict[str, int]

    def __array_finalize__(self, origin: Any) -> None:
        """Let a part of the array count where the whole one does."""
        self.counts = getattr(origin, "counts", {})

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        """Call the function on plain arrays; their result is a plain array."""
        plain = [np.asarray(value) if isinstance(value, Exponent) else value for value in inputs]
        result = getattr(ufunc, method)(*plain, **options)
        if ufunc is np.power:
            self.counts["power"] = self.counts.get("power", 0) + int(np.size(result))
        return result


def counting(value: Array, counts: dict[str, int]) -> Array:
    """Return an array that counts powers into `counts`; a number as it is."""
    if not isinstance(value, np.ndarray):
        return value
    watched = value.view(Exponent)
    watched.counts = counts
    return watched


@contextmanager
def counted(counts: dict[str, int]) -> Iterator[None]:
    """Let the functions of NumPy count their elements into `counts`."""
    kept = {name: getattr(np, name) for name in FUNCTIONS}

    def stand_in(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def called(*inputs: Any, **options: Any) -> Any:
            result = function(*inputs, **options)
            counts[name] = counts.get(name, 0) + int(np.size(result))
            return result

        return called

    try:
        for name, function in kept.items():
            setattr(np, name, stand_in(name, function))
        yield
    finally:
        for name, function in kept.items():
            setattr(np, name, function)


def evaluations(scenario: Scenario, lanes: int = LANES) -> dict[str, float]:
    """Return how often the kernel evaluates each function for a lane; what a block does once is hardly seen."""
    counts: dict[str, int] = {}
    values = {path: counting(value, counts) for path, value in scenario.values(0, lanes).items()}
    with counted(counts):
        run(scenario.recipe(values))
    return {name: count / lanes for name, count in sorted(counts.items())}


def seconds_each(name: str, lanes: int = LANES, rounds: int = 20) -> float:
    """Return the time of one evaluation by NumPy, the least of some rounds [s]."""
    argument, result = np.linspace(-2.0, -0.01, lanes), np.empty(lanes)
    if not name.startswith("exp"):
        argument = -argument
    function = getattr(np, name)
    inputs = (argument, argument[::-1].copy()) if name == "power" else (argument,)
    return min(timeit.repeat(lambda: function(*inputs, out=result), number=5, repeat=rounds)) / (5 * lanes)


def least_seconds(each: Mapping[str, float]) -> float:
    """Return what the evaluations of one lane take at NumPy's speed [s]."""
    return sum(count * seconds_each(name) for name, count in each.items())
