"""The parts of pymoo that a front needs, imported where they are used: it is an extra."""

from __future__ import annotations

import importlib
from typing import Any

from exosim.errors import Problem, UsageError


def part(name: str) -> Any:
    """Import a part of pymoo, such as ``indicators.hv``.

    Raises
    ------
    UsageError
        naming the extra that is not installed.
    """
    try:
        return importlib.import_module(f"pymoo.{name}")
    except ImportError:
        expected = "the extra study: pip install 'exosim-ev[study]'"
        raise UsageError(Problem("a front needs pymoo, which is not installed", expected=expected)) from None
