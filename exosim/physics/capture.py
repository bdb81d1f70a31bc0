"""Capture of vesicles by a ligand that binds what shows its target.

Of N vesicles the share that shows the target can bind; while they pass the bed, binding is first order in free
vesicles, because ligands are in excess: ``1 - exp(-k_on L t)`` of them is bound in the contact time t. What is bound
fills the dynamic capacity of the bed, ``bound = min(N f (1 - exp(-k_on L t)), q V)``; the rest breaks through.

Validity: far from equilibrium (binding is not reversed while loading); one rate for all sizes; plug flow.
"""

from __future__ import annotations

import numpy as np

from exosim.parameter import Array


def bound_in_time(rate: Array, hours: Array) -> Array:
    """Return the fraction of the vesicles with the target that meets a ligand.

    Parameters
    ----------
    rate : association constant times ligand density, k_on L [1/h]
    hours : contact time [h]
    """
    return np.asarray(-np.expm1(-rate * hours))


def within_capacity(bindable: Array, capacity: Array) -> Array:
    """Return the fraction of the vesicles that would bind for which the bed has room."""
    return np.asarray(np.minimum(capacity / np.maximum(bindable, 1.0), 1.0))
