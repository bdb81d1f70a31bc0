"""What a replication used, told from its replay: the log, and the material of its lots."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from exosim.economics.recording import usage
from exosim.economics.usage import Use
from exosim.facility.route import Production
from exosim.release import ASSAY
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
    return usage(window, consumption, drawn, frozenset(_attended(by_product)))


def _attended(by_product: Mapping[str, Production]) -> Iterator[tuple[str, str]]:
    """Yield product and address of each test that waits for people or a unit."""
    for product, production in by_product.items():
        for plan in production.release.tests if production.release is not None else ():
            if plan.unit is not None or (plan.analyst is not None and np.any(np.asarray(plan.hands_on) > 0.0)):
                yield product, f"{ASSAY}{plan.id}"
