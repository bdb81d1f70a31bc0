"""Views of a cost ledger: by what its lines are added up. Every view is of all lines, so that all have one total."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias

from exosim.cost_numbers import CATEGORIES
from exosim.economics.ledger import CostLedger, CostLine, Key
from exosim.records import GOOD
from exosim.release import DEVIATION

View: TypeAlias = Callable[[CostLedger], Key]
"""What makes the key of the lines of a ledger."""
PEOPLE = "plant: people on duty, not at work"
_FAILED, _GOOD, _OPEN, _NONE = "failed lots", "lots that ended well", "lots under way at the end", "no lot"
_DIRECT, _INDIRECT = "direct: caused by a lot", "indirect: there with or without lots"


def _category(_ledger: CostLedger) -> Key:
    return lambda line: line.category


def _step(_ledger: CostLedger) -> Key:
    return lambda line: _step_of(line)


def _step_of(line: CostLine) -> str:
    """Return the step of a line; all deviations are one, and what belongs to no step goes by its category."""
    if line.step:
        return DEVIATION.rstrip(".") if line.step.startswith(DEVIATION) else line.step
    if line.driver == "idle" and line.category == "labor":
        return PEOPLE
    return f"{'plant' if line.batch < 0 else 'each lot'}: {category_title(line.category)}"


def category_title(category: str) -> str:
    """Return a category in words."""
    return category.replace("_", " and ")


def _resource(_ledger: CostLedger) -> Key:
    return lambda line: line.resource


def _lots(ledger: CostLedger) -> Key:
    fate = {batch.number: batch.disposition for batch in ledger.batches}

    def key(line: CostLine) -> str:
        if line.batch < 0:
            return _NONE
        disposition = fate.get(line.batch, "")
        return _GOOD if disposition in GOOD else _FAILED if disposition == "rejected" else _OPEN

    return key


def _product(ledger: CostLedger) -> Key:
    product = {batch.number: batch.campaign for batch in ledger.batches}
    return lambda line: product.get(line.batch, "") or (_NONE if line.batch < 0 else "the product")


def _direct(_ledger: CostLedger) -> Key:
    return lambda line: _INDIRECT if line.batch < 0 else _DIRECT


VIEWS: Mapping[str, View] = {
    "category": _category,
    "step": _step,
    "resource": _resource,
    "direct": _direct,
    "lots": _lots,
    "product": _product,
}
"""By name of the view: what makes the key of a line from its ledger."""


def title_of(view: str, part: str) -> str:
    """Return what a part of a view is called in tables."""
    if view == "category":
        return f"{category_title(part)}: {CATEGORIES[part]}" if part in CATEGORIES else part
    return part
