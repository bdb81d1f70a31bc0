"""What people cost: the hours that they work, and the hours that they are paid to be there."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from exosim.economics.costing import Costing
from exosim.economics.ledger import CostLine, line_of
from exosim.economics.usage import Use


class RoleCost(NamedTuple):
    """What the people of one role cost over the window.

    Attributes
    ----------
    worked, paid : hours of people at work, and on duty [h]
    wage : money for an hour of one person, with loading [currency/h]
    """

    worked: float
    paid: float
    wage: float

    @property
    def activity(self) -> float:
        """The hours at work at their wage [currency]."""
        return self.worked * self.wage

    @property
    def staffing(self) -> float:
        """The hours on duty at their wage [currency]."""
        return self.paid * self.wage

    @property
    def idle(self) -> float:
        """What people on duty cost beyond the hours at work [currency]."""
        return (self.paid - self.worked) * self.wage


def roles(uses: Sequence[Use], costing: Costing) -> dict[str, RoleCost]:
    """Return what people cost on both bases, by role, whichever basis the ledger is on."""
    hours: Mapping[str, dict[str, float]] = {"worked": defaultdict(float), "paid": defaultdict(float)}
    for use in uses:
        if use.driver in hours:
            hours[use.driver][_role(use)] += use.quantity
    names = dict.fromkeys((*hours["worked"], *hours["paid"]))
    return {name: RoleCost(hours["worked"][name], hours["paid"][name], wage_of(name, costing)) for name in names}


def wage_of(role: str, costing: Costing) -> float:
    """Return the money for an hour of one person, with loading; 0 of a role without a wage."""
    return costing.wages.get(role, 0.0) * (1.0 + costing.numbers.loading)


def people_lines(uses: Sequence[Use], costing: Costing) -> Iterator[CostLine]:
    """Yield the hours at work of each batch, and on the staffing basis the hours that people are paid beyond them."""
    known = roles(uses, costing)
    for use in uses:
        if use.driver == "worked":
            yield line_of(use, known[_role(use)].wage, "labor")
    if costing.labor_basis != "staffing":
        return
    for use in uses:
        if use.driver == "paid":
            cost = known[_role(use)]
            yield line_of(use, cost.wage, "labor", cost.paid - cost.worked)._replace(driver="idle")


def _role(use: Use) -> str:
    return use.resource.removeprefix("personnel.")
