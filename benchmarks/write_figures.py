"""Keep measured figures and write them into README.md: ``make bench-quick | python benchmarks/write_figures.py``.

The last line of standard input is a JSON document of figures; they replace those of the same name in figures.json.
Without input the table is written anew from what is kept.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import goals
import numpy as np

HERE = Path(__file__).parent
KEPT, PAGE = HERE / "figures.json", HERE / "README.md"
BEGIN, END = "<!-- figures: begin -->", "<!-- figures: end -->"


def machine() -> str:
    """Return the machine in words that name no one's."""
    features = np.show_config(mode="dicts")["SIMD Extensions"]["found"]  # type: ignore[index]
    vectors = "AVX-512" if any("AVX512" in name for name in features) else (features or ["no vectors"])[-1]
    words = f"{os.cpu_count()} cores, {platform.machine()} with {vectors}"
    return f"{words}, {platform.system()}, Python {platform.python_version()}, NumPy {np.__version__}"


def last_document(text: str) -> dict[str, float]:
    """Return the figures of the last line.

    Raises
    ------
    ValueError
        when that is no JSON object.
    """
    lines = text.strip().splitlines()
    found = json.loads(lines[-1]) if lines else {}
    if not isinstance(found, dict):
        raise ValueError("the last line is not a JSON object")
    return found


def table(kept: Mapping[str, Any]) -> str:
    """Return machine and figures as Markdown; what was measured elsewhere stands beside its figure's machine."""
    figures = {key: entry["figure"] for key, entry in kept.items()}
    machines = list(dict.fromkeys(entry["machine"] for entry in kept.values()))
    lines = [f"Machine {number}: {words}." for number, words in enumerate(machines, 1)]
    lines += ["", "| key | figure | goal | verdict | machine | what |", "|---|--:|---|---|--:|---|"]
    for goal in goals.GOALS:
        number = machines.index(kept[goal.key]["machine"]) + 1 if goal.key in kept else ""
        figure = f"{figures[goal.key]:.4g}" if goal.key in figures else ""
        verdict = goal.verdict(figures.get(goal.key))
        lines.append(f"| `{goal.key}` | {figure} | {goal.in_words} | {verdict} | {number} | {goal.meaning} |")
    return "\n".join(lines)


def written(page: str, kept: Mapping[str, Any]) -> str:
    """Return the page with its table."""
    before, rest = page.split(BEGIN)
    return f"{before}{BEGIN}\n{table(kept)}\n{END}{rest.split(END)[1]}"


def keep(found: Mapping[str, float]) -> None:
    """Merge figures into those that are kept, and write the page."""
    kept = json.loads(KEPT.read_text(encoding="utf-8")) if KEPT.exists() else {}
    kept |= {key: {"figure": value, "machine": machine()} for key, value in found.items()}
    ordered = sorted(kept.items())
    KEPT.write_text(json.dumps(dict(ordered), indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8"), dict(ordered)), encoding="utf-8")


def main() -> None:
    """Keep the figures of standard input."""
    keep({} if sys.stdin.isatty() else last_document(sys.stdin.read()))


if __name__ == "__main__":
    main()
