"""Depth filtration: cells and debris are removed, the filter plugs gradually.

Model: plugging at constant pressure by one of Hermia's laws, standard blocking unless told otherwise
(:mod:`exosim.physics.plugging`); when the throughput would exceed the change-out point, more filters are used in
parallel and the limit is reported, and also where a time limit asks for them. Debris and cells fall by a log reduction;
vesicles are lost to the inner surface until it is covered, at most by a jammed layer, or by a measured recovery.

Assumptions: protein and what is dissolved pass, and so do aggregates of cargo, far smaller than the retention of the
medium. Charged media also bind DNA and vesicles: use the DNA reduction and a measured recovery.

Validity: one feed per filter. Typical failures: plugging, breakthrough of debris.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from exosim.material import Material, one_where, total
from exosim.operations.base import MeasuredRecovery, Outcome, Phase
from exosim.parameter import Array, parameter
from exosim.physics import passage, plugging


@dataclass(frozen=True, kw_only=True)
class DepthFiltration(MeasuredRecovery):
    """Clarification by a depth filter."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"adsorbed_per_area", "inner_area_ratio"})
    grows: ClassVar[tuple[str, ...]] = ("area",)

    area: Array = parameter(500.0, "cm2", low=10, high=1e6, doc="area of one filter", critical=True, decided=True)
    flux: Array = parameter(
        100.0,
        "L/m2/h",
        low=50,
        high=200,
        doc="initial flux",
        source="disposable_bioprocessing",
        grade="A",
        critical=True,
    )
    capacity: Array = parameter(
        120.0,
        "L/m2",
        low=50,
        high=300,
        doc="volume per area at which the filter is plugged",
        source="general_knowledge",
    )
    debris_reduction: Array = parameter(
        2.5, "log", low=1.5, high=4.0, doc="log reduction of debris and cells", source="general_knowledge"
    )
    dna_reduction: Array = parameter(
        0.0,
        "log",
        low=0.0,
        high=1.5,
        doc="log reduction of free DNA; above 0 for charged media",
        source="general_knowledge",
    )
    adsorbed_per_area: Array = parameter(
        2e12,
        "1/m2",
        low=1e11,
        high=2e13,
        doc="vesicles that the inner surface binds per area",
    )
    inner_area_ratio: Array = parameter(
        10.0, "1", low=1, high=1000, doc="surface that binds vesicles over frontal area"
    )
    blocking: float = parameter(
        plugging.STANDARD,
        "1",
        low=0,
        high=2,
        maximum=2.0,
        planned=True,
        decided=False,
        doc="exponent n of the law of plugging: 2 complete, 1.5 standard, 1 intermediate blocking, 0 a cake",
        source="hermia1982",
    )
    time_limit: Array | None = parameter(
        None, "h", low=0.5, high=24, doc="time within which filters in parallel finish the lot", decided=True
    )
    preparation: Array = parameter(0.5, "h", low=0.1, high=4, doc="time to flush and to set up")

    def transform(self, feed: Material) -> Outcome:
        """Return the filtrate."""
        area = self.area * 1e-4
        load = feed.volume / area
        needed = plugging.filters_needed(load, self.capacity)
        filters = plugging.filters_in_parallel(load, self.time_limit, self.flux, self.capacity, self.blocking)
        hours = plugging.hours(load / filters, self.flux, self.capacity, self.blocking)
        clean = 10.0**-self.debris_reduction
        kept = {"debris": clean, "viable_cells": clean, "dead_cells": clean, "free_dna": 10.0**-self.dna_reduction}
        filtrate, removed = feed.separate(kept)
        surface = area * filters * self.inner_area_ratio
        diameters = self.context.sizes.diameters
        bound = passage.left_in_solution(feed.vesicles, diameters, self.adsorbed_per_area, surface)
        product, losses = self.take_vesicles("depth filter", {"depth filter": bound}, filtrate)
        return Outcome(
            product,
            losses={"solids removed": removed, **losses},
            phases=(Phase("prepare", self.preparation), Phase("filter", hours)),
            consumption={"depth_filter_area": area * filters},
            monitors={"filters": filters, "throughput": load / filters},
            limits={
                "depth filter would plug: more than one needed": one_where(needed > 1.0),
                **self.adsorption_limit(bound, total(feed.vesicles)),
            },
        )
