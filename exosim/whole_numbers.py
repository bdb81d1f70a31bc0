"""Whole numbers on the command line: ``100000``, ``100_000``, ``100,000`` and ``1e5`` are the same."""

from __future__ import annotations

import re
from typing import Any

import click

_GROUPED = re.compile(r"[0-9]+(_[0-9]+)+|[0-9]{1,3}(,[0-9]{3})+", re.ASCII)
_POWER = re.compile(r"([0-9]+)(?:\.([0-9]*))?[eE]\+?([0-9]{1,3})", re.ASCII)


class WholeNumber(click.IntRange):
    """A whole number within bounds, however a person writes it."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number; what is none is refused as by click itself."""
        digits: Any = plain_digits(value) if isinstance(value, str) else value
        return super().convert(digits, param, ctx)


def plain_digits(text: str) -> str:
    """Return a whole number as plain digits; any other text as it is.

    A point stands only before a power of ten, so that ``100.000`` is not taken for a hundred, nor for more.
    """
    stripped = text.strip()
    if _GROUPED.fullmatch(stripped):
        return stripped.replace(",", "").replace("_", "")
    found = _POWER.fullmatch(stripped)
    if found is None:
        return text
    whole, fraction, power = found[1], (found[2] or "").rstrip("0"), int(found[3])
    return whole + fraction.ljust(power, "0") if len(fraction) <= power else text
