"""The nodes of a formula tree of a run in time: an indicator as a fold over the batches of one replication."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from exosim.folds import fold_of, meaning
from exosim.formula_tree import Node
from exosim.indicators import BY_RESOURCE, HEADLINES, Window
from exosim.waits import WAITS

_OF_A_BATCH = ("doses_per_year", "doses_per_started_batch")
_OF_TIME = ("lead_time", "lead_time_p90", "work_in_progress")
_OF_CLASSES = ("minimum_cycle_time", "batches_per_year_bound", "cycle_time")


@dataclass(frozen=True, slots=True)
class Fate:
    """How many batches of a replication ended so, and how many doses they hold."""

    disposition: str
    batches: int
    doses: float

    def as_dict(self) -> dict[str, object]:
        """Return the row as a JSON object."""
        return {"disposition": self.disposition, "batches": self.batches, "doses": self.doses}


def fates(window: Window) -> tuple[Fate, ...]:
    """Return what became of the batches of the window, those first of which there are most."""
    batches = {batch.number: batch for batch in (*window.batches, *window.ended)}.values()
    count = Counter(batch.disposition for batch in batches)
    doses = {kind: math.fsum(b.doses for b in batches if b.disposition == kind) for kind in count}
    return tuple(Fate(kind, number, doses[kind]) for kind, number in count.most_common())


def names(window: Window) -> dict[tuple[str, str | None], str]:
    """Return the indicators of a run by name and resource, with their units."""
    found: dict[tuple[str, str | None], str] = {(name, None): unit for name, (unit, _) in HEADLINES.items()}
    for name, (unit, indicator) in BY_RESOURCE.items():
        found |= {(name, resource): unit for resource in indicator(window)}
    return found


def indicator_node(window: Window, name: str, resource: str | None = None) -> Node:
    """Return the node of an indicator of one replication; of a resource it is a leaf."""
    if resource is not None:
        unit, by_resource = BY_RESOURCE[name]
        about, _ = meaning(by_resource)
        return Node(f"{resource}.{name}", finite(by_resource(window)[resource]), unit, about)
    unit, indicator = HEADLINES[name]
    about, _ = meaning(indicator)
    fold, value = fold_of(indicator), finite(indicator(window))
    if fold is None:
        return Node(name, value, unit, about)
    children = {key: _leaf(key, read, window) for key, read in fold.inputs.items()}
    if fold.each is None:
        return Node(name, value, unit, about, fold.formula, children)
    words, _ = meaning(fold.each)
    series = tuple(fold.each(window))
    return Node(name, value, unit, f"{about}; each: {words}", fold.formula, children, series)


def _leaf(name: str, read: Callable[[Window], float], window: Window) -> Node:
    if name in HEADLINES:
        return indicator_node(window, name)
    about, unit = meaning(read)
    return Node(name, finite(read(window)), unit, about)


def more_of(
    name: str, window: Window, hours: Callable[[], Sequence[Node]], doses: Callable[[], Node]
) -> tuple[Node, ...]:
    """Return what tells more of an indicator than its formula.

    Parameters
    ----------
    hours : makes the planned duration of every procedure
    doses : makes the doses of one batch
    """
    if name in _OF_A_BATCH:
        return (doses(),)
    if name in _OF_TIME:
        return (*hours(), *_waits(window))
    return _classes(window) if name in _OF_CLASSES else ()


def _waits(window: Window) -> list[Node]:
    """Return how long each procedure waits on the mean, as the sum of its causes; those that wait at all."""
    found = {cause: (unit, *meaning(indicator), indicator(window)) for cause, (unit, indicator) in WAITS.items()}
    procedures = dict.fromkeys(name for *_, hours in found.values() for name in hours)
    nodes = []
    for procedure in procedures:
        causes = {
            cause: Node(f"{procedure}.{cause}", hours[procedure], unit, about)
            for cause, (unit, about, _, hours) in found.items()
            if hours.get(procedure, 0.0) > 0.0
        }
        total = math.fsum(node.value or 0.0 for node in causes.values())
        if causes:
            about = f"mean wait of {procedure} in this replication, cause by cause"
            nodes.append(Node(f"{procedure}.waits", total, "h", about, " + ".join(causes), causes))
    return nodes


def _classes(window: Window) -> tuple[Node, ...]:
    """Return the planned hours of a batch on each class of equipment, per unit."""
    count = {equipment.id: equipment.count for equipment in window.plant.equipment}
    nodes = []
    for name, hours in sorted(window.planned.items(), key=lambda item: -item[1] / count[item[0]]):
        planned = Node(f"{name}.planned", hours, "h", f"hours for which a batch occupies {name} as planned")
        units = Node(f"equipment.{name}.count", float(count[name]), "1", f"units of {name}")
        about = f"planned hours on {name} per unit: a batch cannot follow the one before any sooner"
        terms: Mapping[str, Node] = {"planned": planned, "count": units}
        nodes.append(Node(f"{name}.planned_per_unit", hours / count[name], "h", about, "planned / count", terms))
    return tuple(nodes)


def finite(value: float) -> float | None:
    """Return a number, or None where there is none."""
    return float(value) if math.isfinite(value) else None


def with_more(node: Node, more: Sequence[Node]) -> Node:
    """Return a node that tells more."""
    return replace(node, related=tuple(more))
