"""Pictures of a design space: what is on them is what was found, whatever was found."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.patches import Rectangle

from exosim.errors import ModelError
from exosim.plots.design_space import condition_maps, design_space
from exosim.plots.space_pictures import pictures
from exosim.plots.style import figure_of
from exosim.study.answers import Condition, Response
from exosim.study.design_space import DesignSpace
from exosim.study.factor import Factor
from exosim.study.model import FunctionModel
from exosim.study.space import space

X = Factor("mix.speed", "rpm", 1.0, 10.0, scale="log", base=7.0)
Y = Factor("hold.time", "h", 0.0, 10.0, base=8.0)
NOISE = np.random.default_rng(2).standard_normal((2, 300))
LIMITS = (Condition("purity", ">=", 2.0), Condition("titer", ">=", 4.0, "g/L"))


def answers(points: Any) -> Any:
    """Return purity 2x - y and titer 2y - x, both with noise."""
    x, y = points[:, :1], points[:, 1:2]
    return np.stack([2.0 * x - y + NOISE[0], 2.0 * y - x + NOISE[1]], axis=1)


def found_on(conditions: tuple[Condition, ...] = LIMITS, **more: Any) -> DesignSpace:
    """Return a design space on a coarse grid."""
    responses = Response("purity", "1"), Response("titer", "g/L")
    model = FunctionModel((X, Y), responses, more.pop("function", answers), draws=300)
    return space(model, conditions, grid=9, name="mixing_tank", **more)


def labels(axes: Axes) -> list[str]:
    """Return what the legend says."""
    figure_of(axes).canvas.draw()  # type: ignore[no-untyped-call]
    return [text.get_text() for legend in figure_of(axes).legends for text in legend.get_texts()]


def test_the_edge_has_the_color_of_what_fails() -> None:
    """One line for each condition that binds somewhere, named in the legend; each on the level."""
    found = found_on()
    axes = design_space(found)
    edges = [line for line in axes.collections if isinstance(line, LineCollection)]
    assert len(edges) == 2
    assert len({tuple(edge.get_colors()[0]) for edge in edges}) == 2
    named = labels(axes)
    assert "edge of failure, 90 %: purity >= 2 fails most" in named
    assert "edge of failure, 90 %: titer >= 4 g/L fails most" in named
    for edge in edges:
        ends = np.concatenate(edge.get_segments())
        across = found.between(found.joint.probability, ends[:, 0], ends[:, 1])
        assert (
            np.abs(across - found.level).max() < 0.05
        )  # its straight lines are in rpm, those between in the logarithm


def test_ranges_and_base_are_where_they_were_found() -> None:
    """The rectangle has the corners of the operating range; axes have units; the title is the answer."""
    found = found_on()
    axes = design_space(found)
    assert found.operating_range is not None
    one, other = found.operating_range.ranges
    (shown,) = [patch for patch in axes.patches if isinstance(patch, Rectangle)]
    assert shown.get_xy() == (one.low, other.low)
    assert (shown.get_x() + shown.get_width(), shown.get_y() + shown.get_height()) == pytest.approx(
        (one.high, other.high)
    )
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("mix.speed [rpm]", "hold.time [h]")
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "linear")
    title = axes.get_title(loc="left").replace("\n", " ")
    assert title.startswith("mixing tank: mix.speed ")
    assert title.endswith("meets both conditions on at least 90\N{NO-BREAK SPACE}% of the draws")
    assert {"base point", "proposed operating range", "border of the design space"} <= set(labels(axes))


def test_nothing_inside_can_be_drawn() -> None:
    """There is no edge and no range, and the title says so."""
    found = found_on((replace(LIMITS[0], limit=99.0),))
    axes = design_space(found)
    assert "no point is shown to meet purity >= 99" in axes.get_title(loc="left").replace("\n", " ")
    assert labels(axes) == ["base point"]


def test_all_inside_can_be_drawn() -> None:
    """There is no edge; no condition ever fails, so there is no second picture."""
    found = found_on((replace(LIMITS[0], limit=-99.0), replace(LIMITS[1], limit=-99.0)))
    assert "edge" not in " ".join(labels(design_space(found)))
    assert condition_maps(found) is None
    assert list(pictures(found)) == ["design_space"]


def test_points_that_are_not_possible_can_be_drawn() -> None:
    """They stay blank, in both pictures."""

    def breaking(points: Any) -> Any:
        if (points[:, 0] < 2.0).any():
            raise ModelError("too slow")
        return answers(points)

    found = found_on(function=breaking, keep_going=True)
    drawn = pictures(found)
    assert list(drawn) == ["design_space", "each_condition"]
    for axes in drawn.values():
        figure_of(axes).canvas.draw()  # type: ignore[no-untyped-call]


def test_each_condition_has_a_map_with_its_name() -> None:
    """In the order in which they were asked."""
    axes = condition_maps(found_on())
    assert axes is not None
    shown = [one.get_title(loc="left") for one in figure_of(axes).axes if one.get_title(loc="left")]
    assert shown == ["purity >= 2", "titer >= 4 g/L"]
