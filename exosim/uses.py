"""What a replication used, told from its replay: the log, and the material of its lots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from exosim.economics.usage import Use, usage
from exosim.facility.route import Production
from exosim.window import Window


def used(window: Window, productions: Sequence[Production]) -> list[Use]:
    """Return what one replication used from the end of its warm-up on.

    Parameters
    ----------
    window : the run
    productions : what was made, product by product
    """
    by_product = {production.campaign.product: production for production in productions}
    place = {
        (name, procedure.id): index
        for name, production in by_product.items()
        for index, procedure in enumerate(production.procedures)
    }
    lane, seen = dict[int, tuple[str, int]](), Counter[str]()
    for batch in window.run.batches:
        lane[batch.number] = batch.campaign, seen[batch.campaign]
        seen[batch.campaign] += 1

    def consumption(batch: int, procedure: str, number: int) -> Mapping[str, float]:
        product, own = lane[batch]
        return by_product[product].lots.used_up(own, place[product, procedure], number)

    drawn = {
        (name, procedure.id): procedure.utilities
        for name, production in by_product.items()
        for procedure in production.procedures
        if procedure.utilities
    }
    return usage(window, consumption, drawn)
