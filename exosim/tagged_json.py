"""What TOML can say as JSON and back: dates and times, infinity and NaN travel under a tag.

``{"$date": "2027-01-04"}`` is a date; a table whose only key begins with ``$`` is wrapped: ``{"$table": {...}}``.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_TABLE = "$table"
_READ: Mapping[str, Callable[[str], Any]] = {
    "$datetime": datetime.datetime.fromisoformat,
    "$date": datetime.date.fromisoformat,
    "$time": datetime.time.fromisoformat,
    "$float": float,
}


def tagged(value: Any) -> Any:
    """Return a value of TOML as JSON has it."""
    if isinstance(value, Mapping):
        table = {key: tagged(inner) for key, inner in value.items()}
        return {_TABLE: table} if len(table) == 1 and next(iter(table)).startswith("$") else table
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [tagged(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return {"$float": str(value)}
    for kind in (datetime.datetime, datetime.date, datetime.time):  # a datetime is a date, too
        if isinstance(value, kind):
            return {f"${kind.__name__}": value.isoformat()}
    return value


def untagged(value: Any) -> Any:
    """Return the value that :func:`tagged` wrote.

    Raises
    ------
    ValueError
        when a tag does not hold what it announces.
    """
    if isinstance(value, list):
        return [untagged(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    (tag, inner), *more = value.items() or [("", None)]
    if more or not tag.startswith("$"):
        return {key: untagged(below) for key, below in value.items()}
    if tag == _TABLE and isinstance(inner, dict):
        return {key: untagged(below) for key, below in inner.items()}
    if tag in _READ and isinstance(inner, str):
        return _READ[tag](inner)
    raise ValueError(f"there is no tag {tag}")
