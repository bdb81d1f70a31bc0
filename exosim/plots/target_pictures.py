"""The pictures that come with a back-solving."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exosim.plots.target_surface import target_profiles, target_surface

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.target import Target


def pictures(found: Target) -> dict[str, Axes]:
    """Return the pictures by the name of their files; maps only where two factors were moved."""
    maps = {"target_surface": target_surface(found)} if found.surfaces else {}
    return {**maps, "target_profiles": target_profiles(found)}
