"""What a scenario declares of money, with every number and price read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from exosim.cost_numbers import CapitalEstimate, DepreciationMethod, LaborBasis, Reuse
from exosim.declarations import Block
from exosim.economics_tables import Category
from exosim.price_reader import PriceDeclaration


@dataclass(frozen=True, slots=True)
class ChargeDeclaration:
    """A cost that no resource causes, such as the release tests of a lot at a contract laboratory.

    Attributes
    ----------
    price : per lot, dose, vial, dose or vial and hour in stock, shipment, hour of the calendar, or area and hour
    per : one of :data:`exosim.economics.charges.CHARGED`
    procedure : the step to which it belongs; empty: to none
    """

    price: PriceDeclaration
    per: str
    category: Category
    procedure: str = ""


@dataclass(frozen=True)
class EconomicsDeclaration:
    """The costing of a scenario.

    Attributes
    ----------
    numbers : of the costing as a whole
    currency, year : the money in which everything is told
    labor_basis, estimate, depreciation : the rules chosen
    prices : by address, such as ``material.buffer.price`` or ``polish.prices.resin``
    equipment, rooms, materials : numbers besides prices, by id
    sizes : size of the unit that a purchase price is for, by class, in the unit of what its procedures are sized by
    charges : by id
    exchange : scenario money for one of another currency
    index : cost index by year; empty: prices rise by the escalation
    unpriced : addresses of what has no price, neither here nor in the list
    reuse : whether a column or membrane costs its cycles, or is bought whole
    """

    numbers: Block
    currency: str
    year: int
    labor_basis: LaborBasis
    estimate: CapitalEstimate
    depreciation: DepreciationMethod
    prices: Mapping[str, PriceDeclaration]
    equipment: Mapping[str, Block]
    rooms: Mapping[str, Block]
    materials: Mapping[str, Block]
    charges: Mapping[str, ChargeDeclaration]
    exchange: Block
    sizes: Mapping[str, float] = field(default_factory=dict)
    index: Mapping[int, float] = field(default_factory=dict)
    unpriced: tuple[str, ...] = ()
    reuse: Reuse = "pro_rata"

    def blocks(self) -> Iterator[Block]:
        """Yield every parameter block, in the order of the ledger."""
        yield self.numbers
        yield self.exchange
        for blocks in (self.equipment, self.rooms, self.materials):
            yield from (block for block in blocks.values() if block.given)
        yield from (price.block for price in self.prices.values())
        yield from (charge.price.block for charge in self.charges.values())

    @property
    def every_price(self) -> dict[str, PriceDeclaration]:
        """Prices and those of charges, by the address of their number."""
        charged = (charge.price for charge in self.charges.values())
        return {price.address: price for price in (*self.prices.values(), *charged)}

    def assumed(self) -> int:
        """Return how many prices count as assumptions: without a year or without a source."""
        return sum(price.assumed for price in (*self.prices.values(), *(c.price for c in self.charges.values())))
