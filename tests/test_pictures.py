"""What the pictures of a yield show is what the run says; they are the same bits every time."""

from __future__ import annotations

import itertools
import runpy
from pathlib import Path

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.text import Text

import exosim as xs
from exosim import plots
from exosim.plots.style import figure_of, headline, new_axes, percent, save
from exosim.size_spectra import size_spectra

SCENARIOS = Path(__file__).parent.parent / "scenarios"


@pytest.fixture(scope="module")
def yields() -> xs.Yields:
    return xs.evaluate(xs.load(SCENARIOS / "msc_hollow_fiber.toml"), draws=1500)


def test_spectra_add_up_to_the_step_table(yields: xs.Yields) -> None:
    """The classes of every step sum to its vesicles in the same draws, and each step begins where the last ended."""
    spectra = {spectrum.step: spectrum for spectrum in size_spectra(yields)}
    assert list(spectra) == [step for step in yields.steps if yields.has("vesicles", step)]
    for step, spectrum in spectra.items():
        assert spectrum.after.sum(axis=0) == pytest.approx(yields.values("vesicles", step)[:1024], rel=1e-12)
        if spectrum.recovery is not None:
            assert spectrum.recovery == pytest.approx(yields.values("recovery", step)[:1024], rel=1e-12)
    line = list(spectra.values())
    for before, after in itertools.pairwise(line):
        assert after.before is not None
        assert after.before == pytest.approx(before.after, rel=1e-12)


def test_spectra_of_a_nested_run_are_those_of_its_first_lanes() -> None:
    nested = xs.evaluate(xs.load(SCENARIOS / "msc_hollow_fiber.toml"), nested=(20, 2, 3))
    last = size_spectra(nested)[-1]
    assert last.after.sum(axis=0) == pytest.approx(nested.values("vialed"), rel=1e-12)


def test_a_panel_for_every_step(yields: xs.Yields) -> None:
    panels = plots.size_steps(yields)
    assert len(panels) == len(size_spectra(yields))
    assert panels[1].get_title("left") == "culture: wait"
    assert {panel.get_ylim() for panel in panels} == {panels[0].get_ylim()}


def test_no_vesicles_no_panels() -> None:
    cells = xs.evaluate(xs.load(SCENARIOS / "tessee_planar_msc.toml"), draws=2)
    with pytest.raises(ValueError, match="no step of this recipe has vesicles"):
        plots.size_steps(cells)


def test_the_ledger_chart_shows_every_input_above_the_floor(yields: xs.Yields) -> None:
    axes = plots.ledger_chart(yields)
    above = [rank for rank in yields.ranking() if rank.quantity == "doses" and not rank.noise]
    assert len(axes.patches) == len(above)
    widths = sorted(patch.get_width() for patch in axes.patches)  # type: ignore[attr-defined]
    assert widths == pytest.approx(sorted(100.0 * rank.share for rank in above))
    labels = [label.get_text() for label in axes.get_yticklabels()]
    assumed = yields.scenario.ledger().counts()["D"]
    assert labels[3].startswith(f"D: assumption\nvary: 10 of {assumed} parameters")
    assert "ev yield" in plots.ledger_chart(yields, "ev_yield").get_title("left")
    with pytest.raises(ValueError, match="no inputs are ranked"):
        plots.ledger_chart(yields, "nonsense")


def test_two_panels_for_every_headline() -> None:
    comparison = xs.compare(SCENARIOS / "more_doses.toml", draws=500)
    panels = plots.contrasts(comparison)
    assert len(panels) == 10
    told = [text.get_text() for text in panels[1].texts]
    assert told == ["better in all draws", "better in no draw", "better in all draws"]
    medians = [line.get_xdata()[0] for line in panels[0].lines if line.get_marker() == "|"]  # type: ignore[index]
    assert medians == [float(np.median(comparison.values("doses", label))) for label in comparison.scenarios]
    assert len(plots.contrasts(comparison, ("batch_duration",))) == 2


@pytest.mark.parametrize("name", ["size_steps", "ledger_chart"])
def test_pictures_are_the_same_bits(yields: xs.Yields, name: str, tmp_path: Path) -> None:
    written = []
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        drawn = getattr(plots, name)(yields)
        written.append(
            [p.read_bytes() for p in save(drawn[0] if name == "size_steps" else drawn, tmp_path / folder, name)]
        )
    assert written[0] == written[1]


def test_every_picture_of_the_documentation_is_drawn_by_its_script(tmp_path: Path) -> None:
    """No picture is made by hand: `make pictures` writes all of them, and nothing that no page shows."""
    documentation = SCENARIOS.parent / "docs"
    script = runpy.run_path(str(documentation / "pictures.py"))
    written = script["write"](tmp_path, draws=200)
    assert all(path.read_bytes().startswith(b"\x89PNG") for path in written)
    assert {path.name for path in written} == {path.name for path in (documentation / "images").iterdir()}
    read = (*documentation.rglob("*.md"), SCENARIOS / "README.md")  # which is a page of the site, too
    pages = " ".join(page.read_text(encoding="utf-8") for page in read)
    assert all(f"images/{path.name})" in pages for path in written)


@pytest.mark.parametrize(
    ("mean", "digits", "told"),
    [(27.4, 0, "27"), (0.16, 0, "0.2"), (0.012, 1, "0.01"), (0.0, 1, "0.0"), (2e-5, 0, "<0.001")],
)
def test_a_bar_next_to_nothing_is_not_called_nothing(mean: float, digits: int, told: str) -> None:
    assert percent(mean, digits) == told


@pytest.mark.parametrize("title", ["short", "a title with many words beside the labels of the rows of a picture " * 2])
def test_a_title_ends_within_its_figure(title: str, tmp_path: Path) -> None:
    """Labels of rows take room from the left; what does not fit beside them goes on in the next line."""
    axes = new_axes(7.0, 3.0)
    axes.set_yticks([0, 1], ["a unit with a rather long name", "another unit"])
    headline(axes, title.strip())
    save(axes, tmp_path, "page")
    figure = figure_of(axes)
    texts = [child for child in axes.get_children() if isinstance(child, Text)]
    (shown,) = [text for text in texts if text.get_text() == axes.get_title("left")]
    renderer = FigureCanvasAgg(figure).get_renderer()
    assert shown.get_window_extent(renderer).x1 <= figure.bbox.x1
