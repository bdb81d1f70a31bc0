"""The page of the interface for Python: every public name with its docstring."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator

import exosim

_BESIDE = ("study.salib_problem", "testing")
"""Public modules that `import exosim` leaves alone, because few need them or they need an extra."""


def pages() -> dict[str, str]:
    """Return the page by file."""
    return {"python.rst": "\n".join(_lines())}


def _lines() -> Iterator[str]:
    names = [name for name in exosim.__all__ if not name.startswith("_")]
    kinds = {name: _kind(getattr(exosim, name)) for name in names}
    yield from _heading("Python", "=")
    yield from ["``import exosim as xs`` gives all of these but the last two sections.", ""]
    yield from ["What is not on this page is private and may change.", ""]
    for title, kind in (("Functions", "function"), ("Types", "class"), ("Errors", "exception")):
        yield from _heading(title, "-")
        for name in names:
            if kinds[name] == kind:
                yield from _directive(kind, f"exosim.{name}")
    for name in (*(name for name in names if kinds[name] == "module"), *_BESIDE):
        yield from _module(name)


def _module(name: str) -> Iterator[str]:
    module = importlib.import_module(f"exosim.{name}")
    yield from _heading(f"exosim.{name}", "-")
    yield from [(inspect.getdoc(module) or "").partition("\n\n")[0], ""]
    for inner in module.__all__:
        yield from _directive(_kind(getattr(module, inner)), f"exosim.{name}.{inner}")


def _directive(kind: str, name: str) -> Iterator[str]:
    yield f".. auto{kind}:: {name}"
    if kind == "class":
        yield "   :members:"
    yield ""


def _heading(text: str, line: str) -> Iterator[str]:
    yield from [text, line * len(text), ""]


def _kind(value: object) -> str:
    if inspect.ismodule(value):
        return "module"
    if inspect.isclass(value):
        return "exception" if issubclass(value, BaseException) else "class"
    return "function" if callable(value) else "data"
