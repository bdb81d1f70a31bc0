"""The two random generators that a whole process shares: exosim never draws from them, and sees who does."""

from __future__ import annotations

import contextlib
import importlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


@contextlib.contextmanager
def watched() -> Iterator[Callable[[], bool]]:
    """Give a function that tells whether somebody used the generators since; at the end they are put back.

    They are first moved on by one number each, so that whoever seeds them, always with the same seed, is seen as well.
    """
    shared, own = importlib.import_module("random"), np.random
    kept = shared.getstate(), own.get_state()
    shared.random(), own.random()

    def states() -> tuple[Any, ...]:
        name, keys, *rest = own.get_state()
        return shared.getstate(), name, np.asarray(keys).tobytes(), *rest

    before = states()
    try:
        yield lambda: states() != before
    finally:
        shared.setstate(kept[0])
        own.set_state(kept[1])
