"""Where the cheaper of two technologies changes: closed forms on a logarithmic scale, world by world."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest

from exosim.scaling.screen import Screened
from exosim.scaling.switches import orders, switches

DEMANDS = tuple(np.geomspace(1e2, 1e6, 9).tolist())


def _points(name: str, costs: np.ndarray, *, until: float = math.inf) -> tuple[Screened, ...]:
    """Return plants of a technology; `costs` of a dose has the shape (demands, worlds)."""
    empty = Screened(
        name, 0.0, True, "", "", "", 1.0, 1, np.ones(1), 1.0, 1.0, {}, {}, {}, {}, 0.0, np.zeros((1, 1)),
        np.ones(1), np.ones(1), 1.0,
    )  # fmt: skip
    return tuple(
        dataclasses.replace(
            empty, demand=demand, per_dose=cost, cost=cost[None], delivered=np.ones(len(cost)), feasible=demand <= until
        )
        for demand, cost in zip(DEMANDS, costs, strict=True)
    )


def _power(at_hundred: float, slope: float, worlds: int = 1) -> np.ndarray:
    """Return costs that are a power of the demand: straight on logarithmic scales."""
    cost = at_hundred * (np.array(DEMANDS) / 100.0) ** slope
    return np.repeat(cost[:, None], worlds, axis=1)


def test_two_powers_meet_where_they_do() -> None:
    """100 and 800 at 100 doses, falling with slopes of 0.2 and 0.7: equal where (D / 100)^0.5 is 8, at 6,400."""
    points = {"flat": _points("flat", _power(100.0, -0.2)), "steep": _points("steep", _power(800.0, -0.7))}
    (found,) = switches(points, [None])
    assert (found.before, found.after) == ("flat", "steep")
    assert found.demand == pytest.approx(6400.0, rel=1e-12)
    assert (found.low, found.high) == (pytest.approx(6400.0), pytest.approx(6400.0))
    assert (found.share, found.always, found.never, found.of_winners) == (1.0, 0.0, 0.0, False)


def test_worlds_have_switches_of_their_own() -> None:
    """Ten worlds: seven meet between 400 and 19,600, two have the second cheaper throughout, one never."""
    ratios = np.array([0.9, 0.5, 2.0, 3.0, 4.0, 6.0, 8.0, 10.0, 14.0, 200.0])
    points = {
        "flat": _points("flat", _power(100.0, -0.2, 10)),
        "steep": _points("steep", _power(100.0, -0.7, 10) * ratios),
    }
    (found,) = switches(points, ["flat", "steep"])
    assert found.of_winners
    assert (found.share, found.always, found.never) == (0.7, 0.2, 0.1)
    assert (found.low, found.high) == (pytest.approx(400.0), pytest.approx(19_600.0))
    assert found.demand == pytest.approx(100.0 * 24.84**2), "where the mean ratio, 24.84, is made up for"


def test_the_order_of_two_technologies() -> None:
    """The ratio of costs with its interval, where both can be made; a cost without end has no ratio."""
    cheap, dear = _power(10.0, -0.5, 4), _power(20.0, -0.5, 4) * np.array([0.4, 1.0, 2.0, math.inf])
    points = {"a": _points("a", cheap, until=1e4), "b": _points("b", dear)}
    found = orders(points)
    assert {order.demand for order in found} == {demand for demand in DEMANDS if demand <= 1e4}
    assert all(order.cheaper == 0.75 for order in found)
    assert all(order.low is None for order in found)
    assert all(order.ratio == pytest.approx(0.25) for order in found)
    assert all(order.high == pytest.approx(1.25) for order in found)


def test_no_switch_where_nothing_changes() -> None:
    points = {"a": _points("a", _power(10.0, -0.5)), "b": _points("b", _power(20.0, -0.5))}
    assert switches(points, ["a"] * len(DEMANDS)) == ()
