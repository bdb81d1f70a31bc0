"""The pictures of a sensitivity, one for each question that has an answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from exosim.plots.elementary_effects import elementary_effects
from exosim.plots.sobol_bars import sobol_bars
from exosim.plots.tornado import tornado

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.sensitivity import Sensitivity

_KINDS = {
    "one_at_a_time": ("tornado", tornado), "morris": ("effects", elementary_effects), "sobol": ("indices", sobol_bars),
}  # fmt: skip
_LONGEST = 60


def pictures(found: Sensitivity) -> Iterator[tuple[str, Axes]]:
    """Yield the name of the files and the axes of each picture."""
    head, draw = _KINDS[found.method]
    used: set[str] = set()
    for place, (asked, ranked) in enumerate(zip(found.asked, found.found, strict=True)):
        if ranked.reason:
            continue
        name = f"{head}_{re.sub(r'[^A-Za-z0-9]+', '_', asked.label).strip('_')[:_LONGEST]}"
        name = name if name not in used else f"{name}_{place + 1}"
        used.add(name)
        yield name, draw(found, place)
