"""The pictures that come with a front."""

from __future__ import annotations

from typing import TYPE_CHECKING

from exosim.plots.hypervolume import hypervolume
from exosim.plots.pareto_front import pareto_front

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.front import Front


def pictures(found: Front) -> dict[str, Axes]:
    """Return the pictures by the name of their files; none where no point meets all limits."""
    if not len(found.front):
        return {}
    return {"pareto_front": pareto_front(found)[0], "hypervolume": hypervolume(found)}
