"""The pictures that come with a design space."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exosim.plots.design_space import condition_maps, design_space

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.design_space import DesignSpace


def pictures(found: DesignSpace) -> dict[str, Axes]:
    """Return the pictures by the name of their files; that of single conditions where there are several."""
    drawn = {"design_space": design_space(found)}
    maps = condition_maps(found) if len(found.conditions) > 1 else None
    return drawn if maps is None else {**drawn, "each_condition": maps}
