"""The tables of the page about the shoot-out of isolations, worked out from a run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import exosim as xs
from exosim import units
from exosim.hinges import Hinge

SCENARIO = Path(__file__).parent.parent / "scenarios" / "isolation_shootout.toml"
DRAWS = 20_000
BASE = "ultracentrifugation"
SHOWN = {
    "ev_yield": "EV yield [%]",
    "doses": "doses, as counted",
    "evs_per_protein": "purity, true [EV/µg]",
    "particles_per_protein": "purity, as counted [particle/µg]",
    "batch_duration": "process time [h]",
}
ORDERED = {
    "ev_yield": "recovery, true",
    "doses": "recovery, as counted",
    "evs_per_protein": "purity, true",
    "particles_per_protein": "purity, as counted",
    "batch_duration": "process time",
}
_MOST = 3


def tables() -> dict[str, str]:
    """Return the tables by the name of their marker."""
    comparison = xs.compare(SCENARIO, draws=DRAWS)
    found = {"results": _results(comparison), "orders": _orders(comparison), "hinges": _hinges(comparison)}
    return {name: "\n".join(lines) for name, lines in found.items()}


def way(label: str) -> str:
    """Return how the page calls a scenario: its variant, or the way of the file itself."""
    return label.partition("#")[2] or BASE


def ranked(comparison: xs.Comparison, quantity: str) -> list[str]:
    """Return the ways by the median of a headline, the best first."""
    sign = -1.0 if quantity == "batch_duration" else 1.0
    rows = sorted(comparison.of(quantity), key=lambda row: -sign * (row.median or 0.0))
    return [way(row.scenario) for row in rows]


def _results(comparison: xs.Comparison) -> Iterator[str]:
    yield f"| way | {' | '.join(SHOWN.values())} |"
    yield "|---|" + "--:|" * len(SHOWN)
    for label in comparison.scenarios:
        cells = (_spread(comparison, name, label) for name in SHOWN)
        yield f"| `{way(label)}` | {' | '.join(cells)} |"


def _spread(comparison: xs.Comparison, name: str, label: str) -> str:
    row = next(row for row in comparison.of(name) if row.scenario == label)
    scale = 100.0 if name == "ev_yield" else 1.0
    median, low, high = (_number(scale * value) for value in (row.median or 0.0, row.p5 or 0.0, row.p95 or 0.0))
    return f"{median} ({low} to {high})"


def _number(value: float) -> str:
    return f"{value:,.0f}" if 100.0 <= value < 1e6 else units.show(value, "1", 2)


def _orders(comparison: xs.Comparison) -> Iterator[str]:
    best = {name: {way(row.scenario): row.best or 0.0 for row in comparison.of(name)} for name in ORDERED}
    columns = [[f"`{w}` {100.0 * best[name][w]:.0f} %" for w in ranked(comparison, name)] for name in ORDERED]
    yield f"| | {' | '.join(ORDERED.values())} |"
    yield "|--:|" + "---|" * len(ORDERED)
    for place, cells in enumerate(zip(*columns, strict=True), start=1):
        yield f"| {place} | {' | '.join(cells)} |"


def _hinges(comparison: xs.Comparison) -> Iterator[str]:
    yield "| order | ahead | input | share | order flips at | ahead below, above |"
    yield "|---|--:|---|--:|--:|--:|"
    for rivalry in comparison.rivalries():
        if rivalry.runner_up and rivalry.quantity in ORDERED:
            order = f"{ORDERED[rivalry.quantity]}: `{way(rivalry.leader)}` before `{way(rivalry.rival)}`"
            about = f"{order} | {100.0 * rivalry.ahead:.0f} %"
            for hinge in rivalry.hinges[:_MOST]:
                yield f"| {about} | {_hinge(hinge)} |"
                about = " | "


def _hinge(hinge: Hinge) -> str:
    share = f"`{hinge.input}` | {100.0 * hinge.share:.0f} %"
    if not hinge.flips:
        return f"{share} | never in its range | "
    at = "; ".join(units.show(flip.value, hinge.unit, 2) for flip in hinge.flips)
    sides = "; ".join(f"{100.0 * flip.below:.0f} %, {100.0 * flip.above:.0f} %" for flip in hinge.flips)
    return f"{share} | {at} | {sides}"
