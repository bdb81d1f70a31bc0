"""The balance audit: what is whole closes to rounding, and what leaks is found."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

import exosim as xs
from exosim.balance_audit import CLOSED, audit
from exosim.material import Material
from exosim.operations.base import Outcome
from exosim.operations.tangential_flow_filtration import TangentialFlowFiltration

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize("name", ["cdmo_two_products", "tessee_planar_msc", "isolation_shootout"])
def test_balances_close(name: str) -> None:
    scenario = xs.load(SCENARIOS / f"{name}.toml")
    found = audit(scenario, scenario.seed, 16)
    assert found.closed and found.worst is not None and found.worst.relative < CLOSED
    products = scenario.products()
    names = {(p.name if len(products) > 1 else "", d.id) for p in products for d in p.declarations.procedures}
    assert {(row.product, row.step) for row in found.by_step()} == names
    species = [row.species for row in found.by_species()]
    assert len(species) == len(set(species)) and "volume" in species


def test_a_leak_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that loses a millionth of its vesicles and does not say so is named."""
    whole = TangentialFlowFiltration.transform

    def leaking(self: TangentialFlowFiltration, feed: Material) -> Outcome:
        outcome = whole(self, feed)
        short = outcome.product.replaced(vesicles=outcome.product.vesicles * (1.0 - 1e-6))
        return replace(outcome, product=short)

    monkeypatch.setattr(TangentialFlowFiltration, "transform", leaking)
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    found = audit(scenario, scenario.seed, 16)
    assert not found.closed and found.worst is not None
    assert (found.worst.step, found.worst.species) == ("concentrate", "vesicles")
    assert found.worst.relative == pytest.approx(1e-6, rel=0.5)
    others = [row.relative for row in found.rows if row.step != "concentrate"]
    assert max(others) < CLOSED
