"""The pictures of a saved folder as parts of a page: drawn once by the command, shown as they were drawn."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from markupsafe import Markup

from exosim.telling.page import inline

_LARGEST_DRAWING = 400_000
"""Bytes above which a drawing of many thousand marks is shown as an image instead."""
OF_YIELD: Mapping[str, str] = {
    "waterfall": "Vesicles from secretion to vial: what each step keeps and loses, by channel",
    "predictive_value": "What a positive result means, by how frequent the condition is",
    "yield_curve": "The culture over time: cells, vesicles secreted and harvested",
    "ledger_chart": "What the spread hangs on: inputs by their share, with the grade of their evidence",
    "two_truths": "The two truths: what is there after each step, and what the assays report",
    "size_steps": "Vesicles by diameter after each step",
}
OF_RUN: Mapping[str, str] = {
    "lots": "Lots from the start of their recipe to their disposition",
    "gantt": "The first replication: equipment over time",
    "occupancy_by_week": "How much of each week the equipment is taken",
    "waits": "What batches wait for before each step",
    "lead_time": "Lead times of all batches",
    "doses_per_year": "Doses per year over the replications",
    "stock": "Doses in the warehouse over time",
    "cost_stack": "What a dose costs, by step and category",
    "cost_per_dose": "What a dose costs, over the replications",
    "cash_flow": "The plant as an investment, year by year",
}
"""Pictures in the order of a page, and what each shows; a folder has those that its command could draw."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One picture of a page: what it shows, and the drawing."""

    says: str
    drawing: Markup


def pictures(folder: Path, wanted: Mapping[str, str]) -> tuple[Shown, ...]:
    """Return the pictures that a folder has, in the order in which they are wanted."""
    there = {name: says for name, says in wanted.items() if (folder / f"{name}.svg").is_file()}
    return tuple(Shown(says, _drawing(folder, name, says)) for name, says in there.items())


def _drawing(folder: Path, name: str, says: str) -> Markup:
    text = (folder / f"{name}.svg").read_text(encoding="utf-8")
    image = folder / f"{name}.png"
    if len(text) <= _LARGEST_DRAWING or not image.is_file():
        return inline(text, says)
    data = base64.b64encode(image.read_bytes()).decode("ascii")
    return Markup('<div class="picture"><img src="data:image/png;base64,{}" alt="{}"></div>').format(data, says)
