"""The pictures that come with a front."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from exosim.plots.hypervolume import hypervolume
from exosim.plots.parallel_coordinates import parallel_coordinates
from exosim.plots.pareto_front import pareto_front

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from exosim.study.front import Front


def pictures(found: Front) -> dict[str, Axes]:
    """Return the pictures by the name of their files; those that have something to show."""
    if not len(found.front):
        return {}
    drawn = {"pareto_front": pareto_front(found)[0]}
    if len(found.front) > 1:
        drawn["settings"] = front_settings(found)
    if len(found.hypervolume) > 1:
        drawn["hypervolume"] = hypervolume(found)
    return drawn


def front_settings(found: Front) -> Axes:
    """Draw the settings of the front beside what they bring, each point as a line; the scenario and the knee stand out.

    Parameters
    ----------
    found : of :func:`exosim.front`, with a front
    """
    asked = [found.questions.index(one.asked) for one in found.objectives]
    units = [found.unit(one.asked) for one in found.objectives]
    names = [
        f"{one.asked.label}{'' if unit == '1' else f' [{unit}]'}, {one.sense} is better"
        for one, unit in zip(found.objectives, units, strict=True)
    ]
    labels = [factor.label for factor in found.factors]
    rows = np.concatenate([found.points[found.front], found.values[asked][:, found.front].T], axis=1)
    base = np.concatenate([found.base.point, found.base.values[asked]])
    marked = {len(rows): "scenario as it stands"} if np.isfinite(base).all() else {}
    if found.knee is not None:
        marked[found.knee[0]] = "knee"
    return parallel_coordinates(
        [*labels, *names],
        np.concatenate([rows, base[None]]),
        color_by=names[0],
        highlight=marked,
        logarithmic=[factor.label for factor in found.factors if factor.scale == "log"],
        words={factor.label: [str(one) for one in factor.choices] for factor in found.factors if factor.choices},
        title=f"{found.name.replace('_', ' ')}: how the best trade-offs are set",
    )
