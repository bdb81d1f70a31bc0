"""What a reader must know of orders: that one which cannot be filled holds up others at the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from exosim.demand import Demand, Warehouse
from exosim.indicators import Account
from exosim.service.orders import OrderRecord


def held_up(accounts: Sequence[Account], demand: Demand, end: float) -> Iterator[str]:
    """Yield where orders wait at the end of the run behind one that keeps doses which would be enough for them.

    Parameters
    ----------
    accounts : of all replications
    demand : orders and warehouses
    end : hour of the end of the run
    """
    for kept in demand.warehouses:
        behind = [_waiting_behind(one, kept, end) for one in accounts]
        count = sum(bool(waiting) for waiting in behind)
        if count:
            where = f"{kept.product}: " if kept.product else ""
            often = f"at the end of {count:,} of {len(accounts):,} replications" if len(accounts) > 1 else "at the end"
            yield (
                f"{where}{often} an order that cannot be filled keeps doses from later ones for which they would do: "
                "expected patience or partial = true in its [[order]], where that is not meant"
            )


def _waiting_behind(found: Account, kept: Warehouse, end: float) -> list[OrderRecord]:
    """Return the open orders for which the doses in stock would do, and which wait for another one."""
    own = [order for order in found.orders if order.product == kept.product and order.doses and order.fate == "open"]
    latest = kept.shelf_life - kept.minimum_remaining_life
    there = sum(lot.left for lot in found.lots if lot.product == kept.product and lot.made + latest >= end)
    return [order for order in own[1:] if order.doses - order.shipped <= there]
