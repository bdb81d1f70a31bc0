"""Draw every picture of ``docs/images`` anew from the shipped scenarios at their own seeds: ``make pictures``.

The pictures are those that the commands write: ``exosim yield`` and ``exosim run`` of the reference scenario, and
``exosim compare`` of its variants; ``exosim why`` of a lot of the site with two products. The picture of the validation
page is that of its cases, in ``tests/validation``; those of time and memory, and of many
workers, show what was measured.
"""

from __future__ import annotations

import runpy
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import exosim as xs
from exosim.plots.style import save
from exosim.run_comparison.comparison import compare_runs
from exosim.run_comparison.timed_runs import of_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ROOT = Path(__file__).resolve().parents[1]
IMAGES = ROOT / "docs" / "images"
_PAGES = (
    "platform", "volume", "pair", "tank", "delivery", "diagnostic", "patient", "published_cost", "cost", "scale",
    "study", "scaling",
)  # fmt: skip
"""Pages with pictures of their own, each from a file beside this one."""
_QUICK = ("money", "costs")
"""Sections of the validation page that take a moment."""
_COMPARED = ("doses_per_year", "lead_time", "right_first_time", "batches_rejected")
TWO_PRODUCTS = ROOT / "scenarios" / "cdmo_two_products.toml"
REFERENCE, VARIANTS = ROOT / "scenarios" / "msc_hollow_fiber.toml", ROOT / "scenarios" / "more_doses.toml"


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield each picture by the name of its file; `draws` replaces the number that the scenarios declare."""
    yields = xs.evaluate(xs.load(REFERENCE), draws)
    for draw in (xs.plots.waterfall, xs.plots.yield_curve, xs.plots.ledger_chart):
        yield draw.__name__, draw(yields)
    yield "two_truths", xs.plots.two_truths(_example("two_truths", "two_truths", draws))[0]
    yield "predictive_value", xs.plots.predictive_value(_example("diagnostics", "early_detection", draws))
    yield "compare", xs.plots.contrasts(xs.compare(VARIANTS, draws=draws))[0]
    yield "compare_runs", xs.plots.run_contrasts(_plants(20 if draws is None else 2), _COMPARED)[0]
    year = xs.simulate(xs.load(REFERENCE), replications=1)  # it shows the first replication
    yield "gantt", xs.plots.gantt(year)
    yield "lot_timeline", xs.plots.lot_timeline(xs.why(xs.load(TWO_PRODUCTS), 22, replication=15))
    for name in _PAGES:
        yield from runpy.run_path(str(Path(__file__).with_name(f"{name}_pictures.py")))["drawn"](draws)
    yield "validation", _validation(() if draws is None else _QUICK)
    yield "draws", runpy.run_path(str(ROOT / "benchmarks" / "draws.py"))["picture"]()  # of what was measured before


def _example(page: str, name: str, draws: int | None) -> xs.Yields:
    """Return the example of a page that holds its own scenario, of that name."""
    text = (ROOT / "docs" / "explanation" / f"{page}.md").read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.toml"
        file.write_text(text.split(f"```toml {name}.toml\n")[1].split("```")[0], encoding="utf-8")
        return xs.evaluate(xs.load(file), draws)


def _plants(replications: int) -> xs.RunComparison:
    """Return the reference plant beside one with one bioreactor and one with a batch every two weeks."""
    base = xs.load(REFERENCE)
    one = base.with_({"equipment.hollow_fiber_bioreactor.count": 1})
    often = base.with_({"campaign.every": "14 d"})
    named = {"as it is": base, "one reactor": one, "every two weeks": often}
    runs = [replace(of_results(xs.simulate(scenario, replications)), name=name) for name, scenario in named.items()]
    return compare_runs(runs)


def _validation(sections: Sequence[str]) -> Axes:
    """Return the picture of the published cases, whose files import each other by name as tests do; none: of all."""
    sys.path.insert(0, str(ROOT / "tests" / "validation"))
    from picture import validation

    return validation(sections)


def write(folder: Path, draws: int | None = None) -> list[Path]:
    """Write the pictures into a folder as PNG, and return their paths."""
    written = []
    with tempfile.TemporaryDirectory() as rough:
        for name, ax in drawn(draws):
            picture, _ = save(ax, rough, name)
            written.append(folder / picture.name)
            written[-1].write_bytes(picture.read_bytes())
    return written


if __name__ == "__main__":
    for path in write(IMAGES):
        print(path.relative_to(ROOT))
