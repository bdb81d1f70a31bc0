"""The nodes of a formula tree of a run in time: an indicator as a fold over the batches of one replication."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from exosim.attribution.why import Why
from exosim.cost_nodes import CostNodes
from exosim.folds import fold_of, meaning
from exosim.formula_tree import Node, shown
from exosim.indicators import BY_RESOURCE, HEADLINE_UNITS, HEADLINES, RESOURCE_UNITS, account
from exosim.pair_indicators import PAIRS
from exosim.patient_indicators import PATIENTS
from exosim.release_indicators import OF_JOBS, RELEASE
from exosim.run_indicators import SHARED
from exosim.service.indicators import SERVICE, service
from exosim.waits import WAITS
from exosim.window import Window

_OF_A_BATCH = ("doses_per_year", "doses_per_started_batch", "dose_pairs_per_year", "companion_doses_per_year")
_OF_TIME = ("lead_time", "lead_time_p90", "work_in_progress", "manufacturing_time")
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


class Indicators:
    """The indicators of one replication, and how each is folded from its log.

    Attributes
    ----------
    window : the replication
    costs : what it costs; None where the scenario says nothing of money
    units : every indicator by name and resource, with its unit
    """

    def __init__(self, window: Window, costs: CostNodes | None = None) -> None:
        self.window, self._account, self._costs = window, account(window), costs
        self.units: dict[tuple[str, str | None], str] = {
            (name, None): HEADLINE_UNITS[name] for name in self._account.headlines
        }
        for name, found in self._account.by_resource.items():
            self.units |= {(name, resource): RESOURCE_UNITS[name] for resource in found}
        self.units |= {} if costs is None else {(name, None): unit for name, unit in costs.units.items()}

    def node(self, name: str, resource: str | None = None) -> Node:
        """Return the node of an indicator; of a resource it is a leaf."""
        unit = self.units[name, resource]
        if resource is not None:
            part = finite(self._account.by_resource[name][resource])
            return Node(f"{resource}.{name}", part, unit, _meaning_of_part(name))
        if self._costs is not None and name in self._costs.units:
            return self._costs.node(name)
        indicator, value = INDICATORS[name], finite(self._account.headlines[name])
        about, _ = meaning(indicator)
        fold = fold_of(indicator)
        if fold is None:
            return Node(name, value, unit, about)
        read_from = service(self.window) if name in SERVICE else self.window
        children = {key: self._leaf(key, read, read_from) for key, read in fold.inputs.items()}
        if fold.each is None:
            return Node(name, value, unit, about, fold.formula, children)
        words, _ = meaning(fold.each)
        series = tuple(float(one) for one in fold.each(read_from))
        return Node(name, value, unit, f"{about}; each: {words}", fold.formula, children, series)

    def _leaf(self, name: str, read: Callable[[Any], float], read_from: object) -> Node:
        if name in HEADLINES:
            return self.node(name)
        about, unit = meaning(read)
        return Node(name, finite(read(read_from)), unit, about)


INDICATORS: Mapping[str, Callable[..., Any]] = {
    **{name: found for part in (HEADLINES, PAIRS, SHARED, RELEASE, PATIENTS) for name, (_, found) in part.items()},
    **{name: indicator for name, (_, indicator) in SERVICE.items()},
}
"""Every indicator of the whole."""


def _meaning_of_part(name: str) -> str:
    """Return what an indicator by resource, job or product tells."""
    parts = {**BY_RESOURCE, **OF_JOBS}
    if name in parts:
        return meaning(parts[name][1])[0]
    return f"{meaning(INDICATORS[name.removesuffix('_by_product')])[0]}, of one product"


def more_of(
    name: str, window: Window, hours: Callable[[], Sequence[Node]], doses: Callable[[], Sequence[Node]]
) -> tuple[Node, ...]:
    """Return what tells more of an indicator than its formula.

    Parameters
    ----------
    hours : makes what tells where the time of a batch goes
    doses : makes the doses of one batch
    """
    if name in _OF_A_BATCH:
        return tuple(doses())
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


def lead_time_by_cause(found: Why) -> Node:
    """Return the lead time of one lot as the sum of its causes (:mod:`exosim.attribution.why`)."""
    causes = {
        row.cause: Node(f"{row.cause}", row.hours, "h", f"{row.title}; as planned {shown(row.planned, 'h')}")
        for row in found.causes()
        if row.hours > 0.0
    }
    about = f"lead time of {found.name}, which is nearest to the median, by its causes; exosim why tells more"
    name = f"{found.name}.lead_time".replace(" ", "_")
    return Node(name, found.lead_time, "h", about, " + ".join(causes), causes)


def finite(value: float) -> float | None:
    """Return a number, or None where there is none."""
    return float(value) if math.isfinite(value) else None


def with_more(node: Node, more: Sequence[Node]) -> Node:
    """Return a node that tells more."""
    return replace(node, related=tuple(more))
