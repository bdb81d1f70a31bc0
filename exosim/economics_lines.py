"""Which numbers and prices of a costing stand in the ledger of a scenario: those that its process has a use for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from exosim.declarations import Block
from exosim.kernel import steps_of

if TYPE_CHECKING:
    from exosim.scenario import Scenario

_MATERIAL, _PRICE = "material.", ".price"


def economics_blocks(scenario: Scenario) -> Iterator[Block]:
    """Yield the blocks of the costing; prices of the list only of materials that the process uses up."""
    declared = scenario.declarations.economics
    if declared is None:
        return
    used = consumed(scenario)
    left_out = {
        price.block.prefix
        for address, price in declared.prices.items()
        if price.default and address.startswith(_MATERIAL) and address[len(_MATERIAL) : -len(_PRICE)] not in used
    }
    yield from (block for block in declared.blocks() if block.prefix not in left_out)


def consumed(scenario: Scenario) -> frozenset[str]:
    """Return the keys of what a typical batch of the products of a site uses up."""
    found: set[str] = set()
    for product in scenario.products():
        for step in steps_of(product.recipe(product.typical_values())):
            found.update(step.outcome.consumption)
    return frozenset(found)
