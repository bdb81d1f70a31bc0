"""What is in a vessel, by where it came from: sums and shares of amounts by name; an amount that is absent is nothing.

Species whose amount is in proportion to something else are not followed one by one: what cells release follows from
what they secreted, from their hours and from their deaths, and what media bring follows from their liters. Such an
origin is named by the group of species that leave a vessel alike, and by what it is; all else by its species.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.material import plus, times
from exosim.parameter import Array

Origin: TypeAlias = tuple[str, str]
Name: TypeAlias = str | Origin
Amounts: TypeAlias = Mapping[Any, Array]  # by Name; a mapping of some of its kinds will do

FOLLOWED = ("volume", "vesicles", "viable_cells", "doublings", "glucose", "lactate", "ammonia")
"""Species that are followed by themselves."""
INITIAL = "initial"
"""Share that is left of what was there when the course began."""
SECRETED, CELL_HOURS, DIED = "secreted", "cell hours", "died"
"""Vesicles [EV], hours [cell h] and deaths [cell], to which what cells release is in proportion."""
CONDITIONED = "conditioned"
"""Viable cells at the harvest whose medium it is [cell_equivalent]."""
COLLECTION, GROWTH, BOLUS = "collection medium", "growth medium", "bolus"
"""Media [L]."""
Flags: TypeAlias = Mapping[str, Array | NDArray[np.bool_]]
"""Where a limit was reached, by its name."""


def joined(first: Amounts, second: Amounts) -> dict[Name, Array]:
    """Return the sum."""
    found = dict(first)
    for name, amount in second.items():
        found[name] = plus(found[name], amount) if name in found else amount
    return found


def portion(amounts: Amounts, share: Array, without: Collection[Name] = ()) -> dict[Name, Array]:
    """Return the share of everything but what is named in `without`."""
    return {name: times(amount, share) for name, amount in amounts.items() if name not in without}


def rest(amounts: Amounts, taken: Amounts) -> dict[Name, Array]:
    """Return what is left."""
    left = dict(amounts)
    for name, amount in taken.items():
        left[name] = left[name] - amount
    return left
