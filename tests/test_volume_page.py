"""The page on ultracentrifugation over the volume of the batch: its table and its sentences are what the model says."""

from __future__ import annotations

import math
import re
import runpy
from pathlib import Path

import numpy as np
import pytest
from page_blocks import BLESS

from exosim import plots

DOCS = Path(__file__).parent.parent / "docs"
PAGE = DOCS / "explanation" / "ultracentrifugation_cliff.md"
SCRIPT = runpy.run_path(str(DOCS / "volume_pictures.py"))
LARGE, SMALL, MEMBRANE = SCRIPT["steps"]().values()
VOLUMES = SCRIPT["VOLUMES"]


def test_the_table_is_current() -> None:
    """The numbers on the page are those of the operations now."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = re.split(r"(?<=test_volume_page.py -->\n)", text)
    _, after = rest.split("<!-- end -->")
    current = f"{before}\n{SCRIPT['table']()}\n\n<!-- end -->{after}"
    if BLESS:
        PAGE.write_text(current, encoding="utf-8")
        return
    assert text == current, "run `make bless` and say what moved under Numbers change in CHANGELOG.md"


def test_the_sentences_are_true() -> None:
    """Where each limit is crossed, as the page says it."""
    held = SCRIPT["hold_limit"]()
    assert held == pytest.approx(31.0, abs=0.5)
    reach = [round(rotor.reach(VOLUMES, hours), 1) for hours in (8.0, held, 168.0) for rotor in (LARGE, SMALL)]
    assert reach == pytest.approx([1.1, 0.0, 6.2, 2.5, 36.0, 14.5], abs=0.11)
    hundred = SCRIPT["pelleted"]("type_45_ti", np.array([100.0]))
    assert hundred.monitors["runs"] == 181
    assert math.ceil(100.0 / 0.094) == 1064
    assert float(hundred.duration[0]) / 8.0 == pytest.approx(58.0, abs=1.0)


def test_runs_grow_with_the_volume_and_filtration_keeps_its_hours() -> None:
    """Ten times the volume: ten times the runs at the end, and the same hours on ten times the membrane."""
    first, last = VOLUMES.searchsorted((99.0, 990.0))
    for rotor in (LARGE, SMALL):
        assert np.all(np.diff(rotor.size) >= 0.0)
        assert rotor.hours[last] / rotor.hours[first] == pytest.approx(VOLUMES[last] / VOLUMES[first], rel=0.02)
    assert MEMBRANE.hours == pytest.approx(np.full(VOLUMES.shape, MEMBRANE.hours[0]), rel=1e-9)
    assert MEMBRANE.size[last] / MEMBRANE.size[first] == pytest.approx(VOLUMES[last] / VOLUMES[first], rel=1e-12)
    assert np.all(MEMBRANE.hours_band[0] < MEMBRANE.hours) and np.all(MEMBRANE.hours < MEMBRANE.hours_band[1])


def test_ten_liters_are_one_tenth_of_a_hundred() -> None:
    """10 L fill 18 runs of the larger rotor and 44 of the smaller one; the wash is a run or two more."""
    ten = VOLUMES.searchsorted(10.0 * (1.0 - 1e-9))
    assert VOLUMES[ten] == pytest.approx(10.0)
    assert 18 < LARGE.size[ten] <= 20
    assert 44 < SMALL.size[ten] <= 47


def test_the_picture_marks_what_is_crossed() -> None:
    """Both axes are logarithmic, each limit is a line, and each crossing is told in liters."""
    ((name, left),) = SCRIPT["drawn"]()
    assert name in plots.__all__
    right = left.figure.axes[1]
    for axes in (left, right):
        assert axes.get_xscale() == axes.get_yscale() == "log"
    told = [text.get_text() for text in left.texts]
    assert [text for text in told if text.endswith(" L")] == ["1.1 L", "6.2 L", "36 L", "2.5 L", "14 L"]
    assert len([text for text in told if text.endswith(" h")]) == 3
    assert [text.get_text() for text in right.texts] == ["runs in a shift: 3", "runs in a week: 74"]
