"""Time and memory of runs against their draws: ``python benchmarks/draws.py 1e3 1e4``, or ``make draws``.

Each number of draws is run in a process of its own, and is a row of draws.csv; a row with the same number is replaced.
Runs of 1e8 draws take minutes to half an hour, so that rows are added when there is time, and none is measured again by
tests. The picture is drawn from the rows that there are.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from exosim.plots.style import BLUE, GRAY, VERMILION, figure_of, new_grid, save
from exosim.simulation import KEEP
from exosim.whole_numbers import plain_digits

if TYPE_CHECKING:
    from matplotlib.axes import Axes

HERE = Path(__file__).parent
ROWS, IMAGES = HERE / "draws.csv", HERE.parent / "docs" / "images"
COLUMNS = ("draws", "seconds", "peak_mebibytes")


def rows() -> dict[int, tuple[float, float]]:
    """Return seconds and peak memory [MiB] by number of draws, in order."""
    if not ROWS.exists():
        return {}
    with ROWS.open(newline="", encoding="utf-8") as file:
        found = {
            int(row["draws"]): (float(row["seconds"]), float(row["peak_mebibytes"])) for row in csv.DictReader(file)
        }
    return dict(sorted(found.items()))


def add(draws: int, seconds: float, peak: float) -> None:
    """Write the rows with another one, or in place of one."""
    known = dict(sorted({**rows(), draws: (seconds, peak)}.items()))
    with ROWS.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        writer.writerows((n, f"{taken:.4g}", f"{memory:.4g}") for n, (taken, memory) in known.items())


def picture() -> Axes:
    """Draw time and peak memory against the number of draws."""
    known = rows()
    draws = list(known)
    seconds, peaks = zip(*known.values(), strict=True)
    above, below = new_grid(2, 1, 8.0, 5.6, sharex=True)
    above.loglog(draws, seconds, "o-", color=BLUE)
    last = draws[-1]
    pace = seconds[-1] / last
    above.loglog([draws[0], last], [draws[0] * pace, last * pace], "--", color=GRAY, linewidth=1.0)
    middle = (draws[0] * last) ** 0.5
    above.text(1.2 * middle, middle * pace, f"{1e6 * pace:.3g} µs a draw", color=GRAY, va="top", fontsize=9)
    above.set_ylabel("time, one process [s]")
    above.set_title("The reference scenario: time and memory against the number of draws", loc="left", weight="bold")
    below.semilogx(draws, peaks, "o-", color=VERMILION)
    below.set_ylim(0.0, 1.25 * max(peaks))
    below.set_ylabel("peak memory [MiB]")
    below.set_xlabel("draws")
    for axes in (above, below):
        axes.axvline(KEEP, color=GRAY, linewidth=0.8, linestyle=":")
        axes.grid(color="#DDDDDD", linewidth=0.6)
    note = f"all draws are kept up to {KEEP:,}  "
    below.text(KEEP, 0.05 * max(peaks), note, color=GRAY, ha="right", fontsize=9)
    below.text(KEEP, 0.05 * max(peaks), "  beyond, the first", color=GRAY, fontsize=9)
    figure_of(above).align_ylabels([above, below])
    return above


def main(numbers: list[str]) -> None:
    """Measure the numbers of draws that are asked for, and draw the picture."""
    from streaming import measured

    for number in numbers:
        draws = int(plain_digits(number))
        cost = measured(draws)
        add(draws, cost.seconds, cost.peak)
        print(f"{draws:,} draws: {cost.seconds:.4g} s, {cost.peak:.4g} MiB", flush=True)
    with tempfile.TemporaryDirectory() as rough:
        drawn, _ = save(picture(), rough, "draws")
        (IMAGES / drawn.name).write_bytes(drawn.read_bytes())


if __name__ == "__main__":
    main(sys.argv[1:])
