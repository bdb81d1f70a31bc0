"""Cargo of a material: what is loaded, what an assay of the total takes for loaded, and what is dissolved."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, TypeAlias

from exosim.composition import ratio
from exosim.material import Material, plus, times
from exosim.parameter import Array
from exosim.physics.loading import AVOGADRO

Cargo: TypeAlias = Literal["loaded", "retained", "free"]
"""Cargo in or on vesicles; that and the aggregates of cargo, which an assay cannot tell apart; dissolved cargo."""
CARGO: Mapping[str, Callable[[Material], Array]] = {
    "loaded": lambda material: material.cargo,
    "retained": lambda material: plus(material.cargo, material.aggregated_cargo),
    "free": lambda material: material.free_cargo,
}


def cargo(kind: str, material: Material) -> Array:
    """Return the amount of a kind of cargo [mol]."""
    return CARGO[kind](material)


def molecules(kind: str, material: Material) -> Array:
    """Return the number of molecules of a kind of cargo."""
    return times(cargo(kind, material), AVOGADRO)


def cargo_share(material: Material) -> Array:
    """Return the fraction of all cargo that is loaded; 0 where there is none."""
    return ratio(material.cargo, plus(cargo("retained", material), material.free_cargo))
