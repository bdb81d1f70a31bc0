"""Quantities as text with a unit: parse, convert and show them.

Text such as ``"25 L/m2/h"`` is converted once, at the door, to the unit that a parameter declares; inside exosim every
number is a plain float in that unit. `pint` does the arithmetic on the definitions in ``units.txt``.
"""

from __future__ import annotations

import functools
import math
import re
from importlib import resources
from typing import TYPE_CHECKING

from exosim.errors import nearest_name, shortened

if TYPE_CHECKING:
    import pint

_NUMBER = re.compile(r"\s*([+-]?(?:\d+(?:_\d+)*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(.*)", re.DOTALL)
_UNIT_TEXT = re.compile(r"[A-Za-zµμ°%_0-9/*^·.()\s-]*")
_UNREASONABLE_POWER = re.compile(r"\d_*\d_*\d|\*\*[^A-Za-zµμ]*\*\*")  # pint would compute 9**9**9
_CURRENCY = re.compile(r"[A-Z]{3}")
_POWER = re.compile(r"(?<=[A-Za-zµμ])\^?(-?\d+)")
_LONGEST = 60
_HINTS = {
    ("[length]", "[time]"): 'm is meter: write "min" for minutes',
    ("[mass]", "dimensionless"): "g is gram: a centrifugal force is a plain number, in multiples of gravity",
    ("1 / [length] ** 3", "[vesicle] / [length] ** 3"): "say what is counted: EV/mL or EV/L",
    ("1 / [length] ** 3", "[particle] / [length] ** 3"): "say what is counted: particle/mL or particle/L",
    ("1 / [length] ** 3", "[cell] / [length] ** 3"): "say what is counted: cell/mL or cell/L",
    ("[length] ** 3 / [time]", "[length] / [time]"): "a flux is per membrane area: L/m2/h",
    ("[particle]", "[vesicle]"): "EV is the true number of vesicles, particle is what an instrument counts",
    ("[vesicle]", "[particle]"): "EV is the true number of vesicles, particle is what an instrument counts",
}
_COUNTS = frozenset(f"[{what}]" for what in ("vesicle", "particle", "cell", "cell_equivalent", "molecule", "mass"))
"""Dimensions of what a product is dosed in."""


class QuantityError(ValueError):
    """A quantity that cannot be read; holds the clauses of an error message, the caller knows the place."""

    def __init__(
        self, problem: str, got: str | None = None, expected: str | None = None, nearest: str | None = None
    ) -> None:
        super().__init__(problem)
        self.problem, self.got, self.expected, self.nearest = problem, got, expected, nearest


@functools.cache
def _registry() -> pint.UnitRegistry[float]:
    import pint

    registry: pint.UnitRegistry[float] = pint.UnitRegistry(None, autoconvert_offset_to_baseunit=True)
    text = resources.files("exosim").joinpath("units.txt").read_text(encoding="utf-8")
    registry.load_definitions([line.split("#")[0].rstrip() for line in text.splitlines()])
    return registry


def unit_names() -> tuple[str, ...]:
    """Return every unit name and symbol that can be written, without prefixes."""
    return tuple(sorted(set(_registry()._units)))


@functools.cache
def _unit(text: str) -> pint.Unit:
    """Return the pint unit that `text` names; ``m2``, ``m^2`` and ``m**2`` are one unit."""
    import pint

    got = f'"{shortened(text, _LONGEST)}"'
    if len(text) > _LONGEST or not _UNIT_TEXT.fullmatch(text):
        raise QuantityError("this is not a unit", got, 'a unit such as "L/m2/h"')
    written = _POWER.sub(r"**\1", text.replace("**", "^").replace("·", "*").strip()).replace("^", "**")
    if written.startswith("/"):
        written = "1" + written
    written = written.replace("%", "percent").replace("°C", "degC")
    if _UNREASONABLE_POWER.search(written):
        raise QuantityError("this is not a unit", got, 'a unit such as "L/m2/h"')
    try:
        return _registry().parse_units(written)
    except pint.UndefinedUnitError as error:
        unknown = str(error.unit_names if isinstance(error.unit_names, str) else next(iter(error.unit_names)))
        raise QuantityError(
            f'unknown unit "{shortened(unknown, _LONGEST)}"', got, None, nearest_unit(unknown)
        ) from None
    except Exception:  # pint raises errors of many kinds on malformed text; all mean the same here
        raise QuantityError("this is not a unit", got, 'a unit such as "L/m2/h"') from None


def nearest_unit(name: str) -> str | None:
    """Return the unit name that a person most likely meant, or None."""
    candidates = [known for known in unit_names() if len(known) > 1 or known.lower() == name.lower()]
    return nearest_name(name, candidates)


def dimension(unit: str) -> str:
    """Return the dimension of `unit` as text, such as ``[length] / [time]``."""
    return str(_unit(unit).dimensionality)


def currency_of(unit: str) -> str | None:
    """Return the currency in which `unit` counts, such as ``USD`` of ``USD/L``; None where it counts no money."""
    held = _unit(unit).dimensionality
    return next((name for name, dimensions in _currencies().items() if dimensions in held), None)


def currencies() -> tuple[str, ...]:
    """Return the currencies that can be written."""
    return tuple(_currencies())


@functools.cache
def _currencies() -> dict[str, str]:
    """Return the dimension of each currency by its code: they are no multiples of each other without a rate."""
    codes = [name for name in unit_names() if _CURRENCY.fullmatch(name)]
    found = {code: dimension(code) for code in codes}
    return {code: name for code, name in found.items() if name.startswith("[currency")}


def is_dimensionless(unit: str) -> bool:
    """Return whether `unit` is a plain number or a percentage."""
    return dimension(unit) == "dimensionless"


@functools.cache
def factor(from_unit: str, to_unit: str) -> float:
    """Return the number that converts a value in `from_unit` to `to_unit`."""
    return _converted(1.0, from_unit, to_unit)


def _converted(value: float, from_unit: str, to_unit: str) -> float:
    try:
        converted = float(_registry().convert(value, _unit(from_unit), _unit(to_unit)))
    except OverflowError:
        converted = math.inf
    if not math.isfinite(converted):
        got = f'"{shortened(f"{value:g} {from_unit}")}"'
        raise QuantityError("this is too large a number", got, f"a quantity in {to_unit}")
    return converted


def split(text: str) -> tuple[float, str]:
    """Split ``"25 L/m2/h"`` into 25.0 and ``"L/m2/h"``.

    Raises
    ------
    QuantityError
        when the text does not begin with a finite number or goes on with more than a unit.
    """
    found = _NUMBER.fullmatch(text)
    got = f'"{shortened(text)}"'
    if found is None or len(text) > 2 * _LONGEST:
        raise QuantityError("this is not a quantity", got, 'a number and a unit, such as "50 L"')
    number, unit = found.groups()
    unit = unit.strip()
    if unit.startswith(","):
        digits = unit[1:]
        expected = f'"{number}.{digits}" with a decimal point, or "{number}{digits}" for thousands'
        raise QuantityError("a comma is neither a decimal sign nor allowed between thousands", got, expected)
    if re.search(r"\s[+-]\s|\d\s*[+]\s*\d", unit) or "+" in unit:
        raise QuantityError("a quantity is one number with one unit, not a sum", got, 'a quantity such as "50 L"')
    value = float(number)
    if not math.isfinite(value):
        raise QuantityError("this is not a finite number", got)
    return value, unit


def parse(text: str, unit: str) -> float:
    """Return the quantity `text` as a float in `unit`.

    Parameters
    ----------
    text : a number and a unit, such as ``"25 L/m2/h"``; ``"85 %"`` is 0.85 where a fraction is wanted
    unit : the unit to convert to; ``"1"`` for dimensionless numbers

    Raises
    ------
    QuantityError
        when the text cannot be read, names an unknown unit, or has another dimension.
    """
    value, written = split(text)
    got, wanted = dimension(written or "dimensionless"), dimension(unit)
    if not written and got != wanted:
        raise QuantityError("the unit is missing", f'"{shortened(text)}"', f"a quantity in {unit}")
    if got != wanted:
        hint = _HINTS.get((got, wanted)) or _other_count(got, wanted)
        target = "a plain number" if unit == "1" else unit
        problem = f"{written} cannot be converted to {target}" + (f" ({hint})" if hint else "")
        raise QuantityError(problem, f'"{shortened(text)}"', f"a quantity in {unit}")
    converted = _converted(value, written or "dimensionless", unit)
    return float(f"{converted:.15g}")  # so that "10 um" and "10000 nm" are the same number, to the bit


def _other_count(got: str, wanted: str) -> str | None:
    """Return what is told where something is counted in another way than it is wanted."""
    first, second = (dimensions.removesuffix(" / [vial]") for dimensions in (got, wanted))
    both = first != second and {first, second} <= _COUNTS
    return "nothing that is counted one way is converted into another" if both else None


def show(value: float, unit: str, digits: int = 4) -> str:
    """Return `value` in `unit` as text with `digits` significant digits: ``25 L/m2/h``; fractions stay plain."""
    number = f"{value:.{digits}g}".replace("e+0", "e").replace("e+", "e").replace("e-0", "e-")
    return number if unit == "1" else f"{number} {unit}"
