"""Presets: real vessels, cells, media, carriers, rotors, adsorbers, ligands, chips and methods, with their values.

One TOML file per kind in the folder ``presets``; a value is written there as in a scenario, with its source and grade.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

KINDS: Mapping[str, str] = {
    "vessel": "vessels",
    "cells": "cells",
    "medium": "media",
    "carrier": "carriers",
    "rotor": "rotors",
    "adsorber": "adsorbers",
    "ligand": "ligands",
    "chip": "chips",
    "method": "methods",
}
"""The kinds of preset, as keys of a procedure, and the file of each."""


@dataclass(frozen=True, slots=True)
class Preset:
    """One preset.

    Attributes
    ----------
    key, kind : how a scenario names it, and what it is
    name : what it is called in the world
    operations : the unit operations that it fits
    parameters : raw quantities by parameter, as in a scenario
    """

    key: str
    kind: str
    name: str
    operations: tuple[str, ...]
    parameters: Mapping[str, Any]

    def values_for(self, declared: Mapping[str, Any]) -> dict[str, Any]:
        """Return the values of the parameters that an operation declares; cells serve operations of several kinds."""
        return {name: value for name, value in self.parameters.items() if name in declared}


@functools.cache
def presets(kind: str) -> Mapping[str, Preset]:
    """Return the presets of a kind by key, in alphabetical order."""
    file = resources.files("exosim") / "presets" / f"{KINDS[kind]}.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return {
        key: Preset(key, kind, table["name"], tuple(table["operations"]), table["parameters"])
        for key, table in sorted(tables.items())
    }


def fitting(kind: str, operation: str) -> tuple[str, ...]:
    """Return the keys of the presets of a kind that fit an operation."""
    return tuple(key for key, preset in presets(kind).items() if operation in preset.operations)


def kinds_for(operation: str) -> tuple[str, ...]:
    """Return the kinds of preset that an operation accepts."""
    return tuple(kind for kind in KINDS if fitting(kind, operation))
