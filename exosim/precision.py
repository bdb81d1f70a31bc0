"""The precision of a run: float64, or float32 for screening.

Values are drawn in float64. For screening, all numbers that a recipe holds are narrowed before it runs: NumPy then
computes in float32 throughout, since a plain Python number takes the precision of the array that it meets. A field
that is declared as ``Array`` may differ from lane to lane and is narrowed even where it is one number; what is planned
(times, counts) is declared as ``float`` and stays plain, and so does a plain 0 or 1, which stands for an effect that is
not there.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np

Precision: TypeAlias = Literal["float64", "float32"]
PRECISIONS: tuple[Precision, ...] = ("float64", "float32")
_PLAIN = (0.0, 1.0)
_Holder = TypeVar("_Holder")


def at_precision(holder: _Holder, precision: Precision) -> _Holder:
    """Return what holds numbers with all of them at a precision.

    Parameters
    ----------
    holder : a recipe, a specification, values by name: tuples, mappings and frozen dataclasses at any depth
    precision : float64 returns `holder` itself
    """
    if precision == "float64":
        return holder
    narrowed: _Holder = _narrowed(holder, {})
    return narrowed


def _narrowed(holder: Any, done: dict[int, Any]) -> Any:
    """Return a copy of `holder` in float32; what several share stays shared."""
    if isinstance(holder, np.ndarray):
        return holder.astype(np.float32) if holder.dtype == np.float64 else holder
    if isinstance(holder, tuple):
        return tuple(_narrowed(item, done) for item in holder)
    if isinstance(holder, Mapping):
        return {key: _narrowed(item, done) for key, item in holder.items()}
    if not dataclasses.is_dataclass(holder) or isinstance(holder, type):
        return holder
    if id(holder) not in done:
        changed = {name: _field(getattr(holder, name), array, done) for name, array in _fields(type(holder))}
        done[id(holder)] = dataclasses.replace(holder, **changed)
    return done[id(holder)]


def _field(value: Any, array: bool, done: dict[int, Any]) -> Any:
    if isinstance(value, float):
        return np.float32(value) if array and not (type(value) is float and value in _PLAIN) else value
    return _narrowed(value, done)


@cache
def _fields(owner: type) -> tuple[tuple[str, bool], ...]:
    """Return the names of the fields of a dataclass, and whether each is declared as ``Array``."""
    return tuple((field.name, "Array" in str(field.type)) for field in dataclasses.fields(owner) if field.init)
