"""The unit operations, found by listing this folder: one file each, named as in a scenario file."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Mapping

from exosim.operations.base import UnitOperation

__all__ = ["catalog"]


@functools.cache
def catalog() -> Mapping[str, type[UnitOperation]]:
    """Return every unit operation by the name that a scenario uses, such as ``depth_filtration``."""
    found: dict[str, type[UnitOperation]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name == "base":
            continue
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        class_name = "".join(part.capitalize() for part in module_info.name.split("_"))
        found[module_info.name] = getattr(module, class_name)
    return found
