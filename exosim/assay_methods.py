"""Methods: kinds of assay that laboratories have, each with the numbers that it stands for.

They are those of ``presets/assays.toml``; a value is written there as in a scenario, with its source and grade.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any

from exosim.assay import Reads


@dataclass(frozen=True, slots=True)
class Method:
    """One kind of assay.

    Attributes
    ----------
    key : how a scenario names it
    name : what it is called in the world
    reads : what it reads of a sample
    parameters : raw quantities by parameter of :class:`~exosim.assay.Assay`, as in a scenario
    """

    key: str
    name: str
    reads: Reads
    parameters: Mapping[str, Any]


@functools.cache
def methods() -> Mapping[str, Method]:
    """Return the methods by key, in the order of the file."""
    text = (resources.files("exosim") / "presets" / "assays.toml").read_text(encoding="utf-8")
    return {key: Method(key, t["name"], t["reads"], t["parameters"]) for key, t in tomllib.loads(text).items()}
