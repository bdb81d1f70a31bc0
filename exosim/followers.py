"""What goes where vesicles go: what is bound to them or is a property of theirs, in proportion to their number."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from exosim.material import Material, is_number, minus, times, total
from exosim.parameter import Array

NOTHING = 1e-30
"""Least volume or number to divide by, so that a lot that was lost altogether stays empty instead of undefined."""
FOLLOWERS = ("associated_protein", "bound_dna", "potency", "cargo")
"""What goes where vesicles go."""
VESICLES_TAKEN: Mapping[str, float] = {"vesicles": 1.0, **dict.fromkeys(FOLLOWERS, 1.0)}
"""What a split leaves alone where the vesicles have been taken already, channel by channel."""


def without_vesicles(factor: Array, feed: Material) -> tuple[Material, Material]:
    """Split a material into what stays and what goes when a fraction of the vesicles is kept, with all that follows.

    Parameters
    ----------
    factor : fraction of the vesicles kept, per size class or overall
    feed : the material from which they are taken
    """
    if is_number(factor, 1.0):
        return feed, Material()
    kept, overall = times(feed.vesicles, factor), factor
    if isinstance(factor, np.ndarray) and factor.ndim == 2:
        absent = is_number(feed.vesicles, 0.0)
        overall = factor.mean(axis=0) if absent else total(kept) / np.maximum(total(feed.vesicles), NOTHING)
    stays = {"vesicles": kept, **{name: times(getattr(feed, name), overall) for name in FOLLOWERS}}
    goes = {name: minus(getattr(feed, name), amount) for name, amount in stays.items()}
    return feed.replaced(**stays), Material(**goes)
