"""Draw the picture of patients and lines: runs of ``scenarios/dendritic_vaccine.toml`` with one to six lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import exosim as xs
from exosim.run_comparison.comparison import compare_runs
from exosim.run_comparison.timed_runs import of_results

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SCENARIO = Path(__file__).resolve().parents[1] / "scenarios" / "dendritic_vaccine.toml"
_FEW = {"horizon": "70 d", "warm_up": "35 d"}


def drawn(draws: int | None = None) -> Iterator[tuple[str, Axes]]:
    """Yield the picture by the name of its file; where fewer draws are asked for, of one short replication."""
    base = xs.load(SCENARIO)
    variants = base.variants()
    plants = {_lines(count): variants.get(f"lines_{count}", base) for count in range(1, 7)}
    plants["4 lines,\nrapid test"] = variants["rapid_sterility"]
    few = draws is not None
    runs = [xs.simulate(p.with_(_FEW) if few else p, 1 if few else None) for p in plants.values()]
    yield "patients_on_time", xs.plots.patients_on_time(compare_runs(list(map(of_results, runs))), list(plants))


def _lines(count: int) -> str:
    return "1 line" if count == 1 else f"{count} lines"
