"""The unit operations, named as in a scenario file: one file of this folder each, and those that plug-ins bring."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping, Sequence

from exosim import plugin_guard
from exosim.operations.base import UnitOperation
from exosim.plugins import Plugin, plugins

__all__ = ["Catalog", "catalog"]


class Catalog(Mapping[str, type[UnitOperation]]):
    """Every unit operation by its name; a plug-in is imported when its operation is first asked for.

    A plug-in that is broken, or that takes the name of another operation, is not in the mapping; :meth:`refusal` tells
    why.
    """

    def __init__(self, own: Mapping[str, type[UnitOperation]], offered: Sequence[Plugin]) -> None:
        self._own = own
        self._offered: dict[str, list[Plugin]] = {}
        for plugin in offered:
            self._offered.setdefault(plugin.operation, []).append(plugin)
        self._loaded: dict[str, type[UnitOperation] | str] = {}

    def __getitem__(self, name: str) -> type[UnitOperation]:
        found = self._find(name)
        if found is None or isinstance(found, str):
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name in dict.fromkeys((*self._own, *self._offered)) if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def refusal(self, name: str) -> str | None:
        """Return in words why the operation that plug-ins offer under this name cannot be used; None where it can."""
        found = self._find(name)
        return found if isinstance(found, str) else None

    def _find(self, name: str) -> type[UnitOperation] | str | None:
        if name not in self._offered:
            return self._own.get(name)
        if name not in self._loaded:
            offered = self._offered[name]
            by = [f"the plug-in {plugin}" for plugin in offered]
            makers = ["exosim itself", *by] if name in self._own else by
            taken = f'the operation "{name}" is brought by {" and by ".join(makers)}; all but one must go'
            self._loaded[name] = taken if len(makers) > 1 else plugin_guard.load(offered[0])
        return self._loaded[name]


@functools.cache
def catalog() -> Catalog:
    """Return every unit operation by the name that a scenario uses, such as ``depth_filtration``."""
    found: dict[str, type[UnitOperation]] = {}
    for module_info in pkgutil.iter_modules(__path__):
        if module_info.name == "base":
            continue
        module = importlib.import_module(f"{__name__}.{module_info.name}")
        class_name = "".join(part.capitalize() for part in module_info.name.split("_"))
        found[module_info.name] = getattr(module, class_name)
    return Catalog(found, plugins())
