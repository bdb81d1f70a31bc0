"""The reference results of engineering economics, one row each, to their own tolerances."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from exosim.economics.annuities import capital_recovery, future_worth, learned, present_worth, real_rate
from exosim.economics.capital import escalated, purchase_cost
from exosim.economics.returns import internal_rate_of_return, rates_of_return

FILE = Path(__file__).parents[1] / "oracle_finance.csv"
with FILE.open(newline="", encoding="utf-8") as file:
    ROWS = list(csv.DictReader(file))


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d*\.?\d+(?:e[-+]?\d+)?", text)]


def annuity(row: dict[str, str]) -> float:
    rate, years = numbers(row["params"])[:2]
    of = {"P/A": present_worth, "A/P": capital_recovery, "F/A": future_worth}
    name = re.search(r"\((\w/\w)\)", row["quantity"])
    return float(of[name[1] if name else "P/A"](rate, years))


def rate_of_return(row: dict[str, str]) -> float:
    flow = json.loads(row["params"])
    found = rates_of_return(flow)
    assert len(found.rates) == found.changes == 1
    assert float(internal_rate_of_return(flow)) == pytest.approx(found.only, rel=1e-12)
    return found.only


def scale(row: dict[str, str]) -> float:
    ratio = numbers(row["params"] or row["quantity"])[0]
    cost = float(purchase_cost(1.0, ratio, 1.0))
    return cost / ratio if row["quantity"].startswith("unit cost") else cost


def index(row: dict[str, str]) -> float:
    return float(escalated(*numbers(row["params"])))


def learning(row: dict[str, str]) -> float:
    unit, progress = numbers(row["quantity"])
    return float(learned(numbers(row["params"])[0], unit, progress / 100.0))


def rate(row: dict[str, str]) -> float:
    nominal, inflation = numbers(row["quantity"])
    return float(real_rate(nominal / 100.0, inflation / 100.0))


COMPUTED: dict[str, Callable[[dict[str, str]], float]] = {
    "ANNUITY": annuity, "IRR": rate_of_return, "SCALE": scale, "INDEX": index, "LEARN": learning, "RATE": rate,
}  # fmt: skip


def several(row: dict[str, str]) -> bool:
    return "and" in row["value"]


@pytest.mark.parametrize(
    "row", [r for r in ROWS if not several(r)], ids=lambda r: f"{r['id']} {r['quantity']} {r['params']}"
)
def test_row(row: dict[str, str]) -> None:
    value, tol, found = float(row["value"]), float(row["tol"]), COMPUTED[row["id"]](row)
    assert abs(found - value) <= (tol * abs(value) if row["kind"] == "rel" else 0.0)


@pytest.mark.parametrize("row", [r for r in ROWS if several(r)], ids=lambda r: r["quantity"])
def test_row_with_several_values(row: dict[str, str]) -> None:
    """All rates are told, in numbers and in words, and none is taken for the one."""
    found = rates_of_return(json.loads(row["params"]))
    stated = [number / 100.0 for number in numbers(row["value"])]
    assert np.allclose(found.rates, stated, rtol=0.0, atol=float(row["tol"]))
    assert len(stated) == len(found.rates) == found.changes
    assert "10.00%, 40.00%" in str(found)
    assert np.isnan(internal_rate_of_return(json.loads(row["params"])))


def test_no_row_is_left_out() -> None:
    assert len(ROWS) == 17
    assert {row["id"] for row in ROWS} == set(COMPUTED)
    assert {row["module"] for row in ROWS} == {"finance"}
