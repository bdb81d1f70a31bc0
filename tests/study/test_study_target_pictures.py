"""Pictures of what must be true: what they say, and that each kind of answer can be drawn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure
from matplotlib.text import Text

from exosim.plots.style import figure_of, save
from exosim.plots.target_pictures import pictures
from exosim.study.answers import Condition, Response
from exosim.study.factor import Factor, Floats
from exosim.study.model import FunctionModel
from exosim.study.target import Target, target

NOISE = np.random.default_rng(5).standard_normal(100)
FLUX = Factor("concentrate.flux", "L/m2/h", 0.1, 10.0, "log", base=1.0)
RESIN = Factor("polish.resin", "1", 0.0, 2.0, choices=("old", "cheap", "new"), base=0.0)
COUNT = Factor("equipment.skid.count", "1", 1.0, 6.0, whole=True, base=2.0)


def _sum(x: Floats) -> Floats:
    return x.sum(axis=1)[:, None, None] + NOISE


def _asked(factors: tuple[Factor, ...], limit: float) -> Target:
    model = FunctionModel(factors, (Response("doses", "dose", "more"),), _sum, 100)
    return target(model, [Condition("doses", ">=", limit, "dose")], evaluations=300)


def _words(figure: Figure) -> str:
    return "\n".join(text.get_text() for text in figure.findobj(Text))


def test_a_map_has_the_line_the_base_and_the_change() -> None:
    """The title says what must be true; the marks stand at the points of the answers."""
    found = _asked((FLUX, COUNT), 4.5)
    drawn = pictures(found)
    assert list(drawn) == ["target_surface", "target_profiles"]
    words = _words(figure_of(drawn["target_surface"]))
    for part in ("the smallest change to doses >= 4.5 dose with probability 0.9", "the goal is just reached", "base"):
        assert part in words.replace("\n", " ")
    marks = {tuple(line.get_xydata()[0]) for line in drawn["target_surface"].lines if len(line.get_xydata()) == 1}
    assert found.base.point in marks
    assert {answer.point for answer in found.answers} <= marks


def test_every_kind_of_answer_can_be_drawn(tmp_path: Path) -> None:
    """Several maps, words as an axis, one factor alone, a goal out of reach, and one that the base reaches."""
    for factors, limit, title in (
        ((FLUX, COUNT, RESIN), 6.0, "the smallest change to"),
        ((FLUX, RESIN), 3.0, "the smallest change to"),
        ((FLUX,), 3.0, "What one factor alone does for"),
        ((FLUX, COUNT), 90.0, "Nothing within these ranges reaches"),
        ((FLUX, COUNT), 0.5, "The base meets"),
    ):
        drawn = pictures(_asked(factors, limit))
        first = next(iter(drawn.values()))
        assert title in _words(figure_of(first)).replace("\n", " ")
        assert len(drawn) == min(len(factors), 2)
        for name, axes in drawn.items():
            png, _ = save(axes, tmp_path, name)
            assert png.stat().st_size > 5000
