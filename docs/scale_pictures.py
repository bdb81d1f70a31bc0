"""What a dose costs at which demand, by six technologies: the picture of the guide on scale."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import exosim as xs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "scale_out.toml"
_ROUGH = {"scale.smallest_lot": 0.5, "scale.largest_lot": 1.0}


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the picture by the name of its file; `draws` asks for a rough one, of few worlds and sizes of lots."""
    if draws is None:
        yield "scale", xs.plots.scale_curve(xs.scale(xs.load(SCENARIO), jobs=2))
        return
    yield "scale", xs.plots.scale_curve(xs.scale(xs.load(SCENARIO, _ROUGH), [1e3, 1e5], worlds=2, confirm=0))
