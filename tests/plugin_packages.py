"""Packages that bring operations, written where Python looks for what is installed."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from exosim.description import _starting_materials
from exosim.operations import catalog
from exosim.plugins import content, plugins
from exosim.references import references

HEAD = """\
from dataclasses import dataclass

from exosim.material import Material
from exosim.operations.base import Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class Rocking(UnitOperation):
    "Gentle movement."

    loss: Array = parameter(0.1, "1", low=0.0, high=0.5, doc="fraction that sticks to the bag")

    def transform(self, feed):
"""
GOOD = """\
        product, lost = feed.separate({}, otherwise=1.0 - self.loss)
        return Outcome(product, losses={"bag": lost}, phases=(Phase("rock", 1.0),))
"""
Install = Callable[..., Path]


def package(body: str = GOOD, head: str = HEAD) -> str:
    """Return the module of a plug-in with an operation whose transform is `body`."""
    return f'"""Rocking: a bag is moved."""\n\n{head}{body}'


def installer(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Give a function that installs a package with an operation; all are gone afterwards."""
    packages: list[str] = []

    def install(
        code: str, operation: str = "rocking", *, name: str = "rocking_bags", target: str | None = None,
        sources: str | None = None,
    ) -> Path:  # fmt: skip
        if str(folder) not in sys.path:
            monkeypatch.syspath_prepend(folder)
        home = folder / name
        shutil.rmtree(home, ignore_errors=True)
        home.mkdir(parents=True)
        (home / "__init__.py").write_text(code, encoding="utf-8")
        if sources is not None:
            (home / "references.toml").write_text(sources, encoding="utf-8")
        info = folder / f"{name}-1.2.dist-info"
        info.mkdir(exist_ok=True)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.2\n", encoding="utf-8")
        entry = f"[exosim.operations]\n{operation} = {target or name + ':Rocking'}\n"
        (info / "entry_points.txt").write_text(entry, encoding="utf-8")
        packages.append(name)
        forget(packages)
        return home

    yield install
    monkeypatch.undo()
    forget(packages)


def forget(packages: list[str]) -> None:
    """Forget what was found and imported, so that it is looked for anew."""
    for name in packages:
        for module in [m for m in sys.modules if m.partition(".")[0] == name]:
            del sys.modules[module]
    for found in (catalog, content, plugins, references, _starting_materials):
        found.cache_clear()
