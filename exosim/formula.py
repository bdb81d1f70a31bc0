"""Formulas as text that people read and that is computed as it stands: ``floor((accepted - retained) * content)``.

There are names, numbers, ``+ - * /`` and the functions of :data:`FUNCTIONS`; nothing else is a formula. 0 / 0 is 0, as
in the readings of a lot that was lost. ``floor`` takes a count that rounding alone keeps from a whole number as whole.
``one_if`` is 1 of a number that is above 0 by more than rounding, else 0. ``normal_share`` is the standard normal
distribution function, ``normal_score`` its inverse.
"""

from __future__ import annotations

import ast
import keyword
import operator
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from exosim.normal import normal_distribution, normal_quantile

Kept = TypeVar("Kept")
Value: TypeAlias = float | NDArray[np.float64]
_ROUNDING = 1e-9


def _floor(count: Any) -> Any:
    return np.floor(np.asarray(count) * (1.0 + 1e-12) + _ROUNDING)


def _quotient(above: Any, below: Any) -> Any:
    above, below = np.broadcast_arrays(np.asarray(above, dtype=np.float64), np.asarray(below, dtype=np.float64))
    nothing = (above == 0.0) & (below == 0.0)
    with np.errstate(all="ignore"):
        return np.where(nothing, 0.0, above / np.where(nothing, 1.0, below))


def _logarithm(value: Any) -> Any:
    with np.errstate(divide="ignore"):
        return np.log(value)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "floor": _floor,
    "one_if": lambda share: np.where(np.asarray(share) > _ROUNDING, 1.0, 0.0),
    "sqrt": np.sqrt,
    "exp": np.exp,
    "ln": _logarithm,
    "normal_share": normal_distribution,
    "normal_score": normal_quantile,
    "min": lambda *values: np.minimum.reduce(np.broadcast_arrays(*values)),
    "max": lambda *values: np.maximum.reduce(np.broadcast_arrays(*values)),
    "sum": lambda values: np.sum(values) if len(values) else 0.0,
    "count": lambda values: float(len(values)),
    "mean": lambda values: np.mean(values) if len(values) else np.nan,
    "median": lambda values: np.quantile(values, 0.5) if len(values) else np.nan,
    "quantile": lambda values, q: np.quantile(values, q) if len(values) else np.nan,
    "first": lambda values: np.min(values) if len(values) else np.nan,
    "last": lambda values: np.max(values) if len(values) else np.nan,
}
"""The functions of a formula; those after ``max`` take all values of a series."""
_OPERATORS: Mapping[type[ast.AST], Callable[[Any, Any], Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: _quotient,
}


def evaluate(formula: str, values: Mapping[str, Value | Sequence[float]], *, smooth: bool = False) -> Any:
    """Return the value of a formula.

    Parameters
    ----------
    formula : text, such as ``"a * b / c"``
    values : what its names stand for: numbers, arrays of lanes, or series for the functions of series
    smooth : whether ``floor`` leaves numbers as they are, so that small changes show

    Raises
    ------
    ValueError
        when the text is no formula, or a name has no value.
    """
    functions = {**FUNCTIONS, "floor": lambda count: count} if smooth else FUNCTIONS
    try:
        return _value(ast.parse(formula, mode="eval").body, values, functions)
    except (SyntaxError, KeyError) as error:
        raise ValueError(f"{formula!r} is no formula of {', '.join(values)}: {error}") from None


def symbol(text: str) -> str:
    """Return a name that can stand in a formula and is none of its functions."""
    name = re.sub(r"\W+", "_", text.strip(), flags=re.ASCII).strip("_").lower()
    plain = name.isidentifier() and not keyword.iskeyword(name) and name not in (*FUNCTIONS, "each")
    return name if plain else f"the_{name}"


def keyed(found: Iterable[tuple[str, Kept]]) -> dict[str, Kept]:
    """Return things by a symbol of their own each: what would have one that is taken gets a number."""
    named: dict[str, Kept] = {}
    for text, thing in found:
        name, number = symbol(text), 2
        while name in named:
            name, number = f"{symbol(text)}_{number}", number + 1
        named[name] = thing
    return named


def symbols(formula: str) -> tuple[str, ...]:
    """Return the names in a formula, in the order in which they are read."""
    found = [node for node in ast.walk(ast.parse(formula, mode="eval")) if isinstance(node, ast.Name)]
    ordered = sorted(found, key=lambda node: node.col_offset)
    return tuple(dict.fromkeys(node.id for node in ordered if node.id not in FUNCTIONS))


def in_print(formula: str) -> str:
    """Return a formula with the signs of print."""
    return formula.replace(" * ", " \u00d7 ").replace(" - ", " \u2212 ")


def _value(node: ast.AST, values: Mapping[str, Any], functions: Mapping[str, Callable[..., Any]]) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return float(node.value)
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)](_value(node.left, values, functions), _value(node.right, values, functions))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and not node.keywords:
        return functions[node.func.id](*(_value(argument, values, functions) for argument in node.args))
    raise ValueError(f"{ast.unparse(node)} stands in no formula")
