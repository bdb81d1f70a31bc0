"""What plain plants used, for tests of the ledger."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence

from exosim.economics.usage import Use
from exosim.uses import used
from exosim.window import Window
from tests.facility.plants import Ran


def uses_of(ran: Ran, start: float = 0.0) -> list[Use]:
    """Return what a run used after its warm-up."""
    return used(window_of(ran, start), list({id(b.production): b.production for b in ran.line.batches}.values()))


def window_of(ran: Ran, start: float = 0.0) -> Window:
    """Return the run from the end of its warm-up on."""
    return Window(ran.run, ran.plant, start)


def sums(uses: Sequence[Use], driver: str, *by: str) -> dict[tuple[object, ...], float]:
    """Return the quantities of a driver by some of the fields of its uses."""
    found: dict[tuple[object, ...], list[float]] = defaultdict(list)
    for use in uses:
        if use.driver == driver:
            found[tuple(getattr(use, name) for name in by)].append(use.quantity)
    return {key: math.fsum(quantities) for key, quantities in found.items()}
