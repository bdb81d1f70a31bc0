"""Formulas: what they may hold, and what they compute."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.formula import evaluate, in_print, keyed, symbols
from exosim.formula_tree import Node, lines

NUMBERS = st.floats(-1e6, 1e6)


@given(NUMBERS, NUMBERS, st.floats(0.1, 1e6))
def test_arithmetic(a: float, b: float, c: float) -> None:
    known = {"a": a, "b": b, "c": c}
    assert evaluate("(a - b) * 2 / c + 1", known) == (a - b) * 2.0 / c + 1.0
    assert evaluate("min(a, b, c)", known) == min(a, b, c)
    assert evaluate("max(a, 0)", known) == max(a, 0.0)


@given(st.integers(0, 10**6), st.floats(0.0, 0.999))
def test_floor_forgives_rounding_only(count: int, rest: float) -> None:
    """A count that is short of a whole number by rounding is that number; smooth leaves it as it is."""
    assert evaluate("floor(n)", {"n": count + rest}) == (count + 1 if rest > 1 - 1e-9 else count)
    assert evaluate("floor(n)", {"n": count - 1e-10}) == count
    assert evaluate("floor(n)", {"n": count + rest}, smooth=True) == count + rest


def test_symbols_are_names_of_their_own() -> None:
    """Whatever a procedure or a channel is called: functions, words of Python, digits, names that would be one."""
    found = keyed((text, text) for text in ("sum", "if", "2nd pool", "a-b", "a b", "A_B", "Übergang", "", "each"))
    assert list(found.values()) == ["sum", "if", "2nd pool", "a-b", "a b", "A_B", "Übergang", "", "each"]
    assert evaluate(" + ".join(found), dict.fromkeys(found, 1.0)) == 9.0
    assert list(found)[3:6] == ["a_b", "a_b_2", "a_b_3"]


def test_one_if() -> None:
    assert [float(evaluate("one_if(x)", {"x": x})) for x in (-1.0, 0.0, 1e-12, 1e-6, 3.0)] == [0.0, 0.0, 0.0, 1.0, 1.0]


def test_series_and_lanes() -> None:
    series = {"each": [3.0, 1.0, 2.0]}
    found = [evaluate(f"{name}(each)", series) for name in ("sum", "count", "mean", "median", "first", "last")]
    assert found == [6.0, 3.0, 2.0, 2.0, 1.0, 3.0]
    assert evaluate("quantile(each, 0.9)", series) == pytest.approx(np.quantile([1, 2, 3], 0.9))
    assert math.isnan(evaluate("mean(each)", {"each": []})) and evaluate("sum(each)", {"each": []}) == 0.0
    lanes = evaluate("a / b", {"a": np.array([0.0, 1.0]), "b": np.array([0.0, 4.0])})
    assert lanes.tolist() == [0.0, 0.25]


@pytest.mark.parametrize("text", ["a ** 2", "__import__(a)", "a.b", "[a]", "a if a else a", "", "a +", "f(a)", "'a'"])
def test_nothing_else_is_a_formula(text: str) -> None:
    with pytest.raises(ValueError, match="formula"):
        evaluate(text, {"a": 1.0})


def test_names_in_reading_order() -> None:
    assert symbols("floor((accepted - retained) * content / dose) + accepted") == (
        "accepted", "retained", "content", "dose",
    )  # fmt: skip
    assert in_print("a - b * c") == "a \u2212 b \u00d7 c"


def test_a_tree_in_print() -> None:
    """What was told is not told again, and a depth cuts what is below."""
    a = Node("a", 2.0, "L", "a volume")
    half = Node("half", 1.0, "L", "", "a / 2", {"a": a})
    root = Node("both", 3.0, "L", "", "a + half", {"a": a, "half": half})
    assert [(line.depth, line.text) for line in lines(root)] == [
        (0, "both = 3 L = a + half"), (1, "a = 2 L"), (2, "(a volume)"),
        (1, "half = 1 L = a / 2"), (2, "a = 2 L"), (3, "(a volume)"),
    ]  # fmt: skip
    assert [line.text for line in lines(root, 0)] == ["both = 3 L = a + half (more below)"]
    assert str(root).splitlines()[1] == "  a = 2 L"
    assert root.computed() == 3.0 and [node.name for node in root.walk()] == ["both", "a", "half"]
