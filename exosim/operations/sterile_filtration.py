"""Sterile filtration through a 0.2 um membrane.

Model: passage by size (log-logistic around 190 nm), adsorption to the membrane, at most a jammed layer, and hold-up, or
a measured recovery in place of all three for vesicles, never both; plugging as in depth filtration, with a capacity
that falls with the vesicle concentration, ``V_max / (1 + c / c*)``, and more filters where a time limit asks for them.

Assumption: aggregates of cargo have the sizes of the vesicles and pass as these do.

Validity: constant pressure; below 5e11 EV/mL. Where the filter takes too much, process aseptically instead. Typical
failures: plugging, an integrity test that fails (1 to 2 % of filters), breakthrough of aggregates, adsorption in
buffers without protein.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, is_number, one_where, total
from exosim.operations.base import NOTHING, VESICLES_TAKEN, MeasuredRecovery, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import passage, plugging


@dataclass(frozen=True, kw_only=True)
class SterileFiltration(MeasuredRecovery):
    """Filtration through a sterilizing-grade membrane, with an integrity test."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"adsorbed_per_area"})
    grows: ClassVar[tuple[str, ...]] = ("area", "hold_up")

    area: Array = parameter(300.0, "cm2", low=1, high=1e5, doc="area of one filter", critical=True, decided=True)
    flux: Array = parameter(300.0, "L/m2/h", low=50, high=2000, doc="initial flux", critical=True)
    capacity: Array = parameter(
        10.0, "L/m2", low=2, high=60, doc="volume per area at which the filter is plugged", source="general_knowledge"
    )
    half_capacity: Array = parameter(
        1e11, "EV/mL", low=1e10, high=1e13, doc="vesicle concentration that halves the capacity"
    )
    half_passage: Array = parameter(
        190.0, "nm", low=150, high=220, doc="diameter of 50 % passage", source="general_knowledge"
    )
    passage_slope: Array = parameter(
        8.0, "1", low=5, high=12, doc="steepness of the passage", source="general_knowledge"
    )
    adsorbed_per_area: Array = parameter(
        2e12,
        "1/m2",
        low=1e11,
        high=2e13,
        doc="vesicles that the membrane binds per area",
    )
    hold_up: Array = parameter(1.0, "mL", low=0.1, high=500, doc="hold-up of one filter", source="general_knowledge")
    chased: Array = parameter(
        0.8, "1", low=0.0, high=0.95, doc="fraction of the hold-up that a chase recovers", source="general_knowledge"
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
    preparation: Array = parameter(0.5, "h", low=0.1, high=4, doc="time to wet and to set up")
    integrity_test: Array = parameter(0.5, "h", low=0.1, high=4, doc="time of the integrity test")

    def transform(self, feed: Material) -> Outcome:
        """Return the sterile filtrate."""
        area = self.area * 1e-4
        load = feed.volume / area
        volume = np.maximum(feed.volume, NOTHING)
        concentration = total(feed.vesicles) / (volume * 1e3)
        capacity = self.capacity / (1.0 + concentration / self.half_capacity)
        needed = plugging.filters_needed(load, capacity)
        filters = plugging.filters_in_parallel(load, self.time_limit, self.flux, capacity, self.blocking)
        hours = plugging.hours(load / filters, self.flux, capacity, self.blocking)
        diameters = self.context.sizes.diameters
        passed = passage.size_passage(diameters, self.half_passage, self.passage_slope)
        bound = passage.left_in_solution(feed.vesicles, diameters, self.adsorbed_per_area, area * filters)
        left = np.minimum((1.0 - self.chased) * self.hold_up * 1e-3 * filters / volume, 1.0)
        small = {"nonvesicular": passed, "lipoproteins": passed, **self._aggregates(passed, feed)}
        filtrate, removed = feed.separate({**small, "debris": 0.0, "viable_cells": 0.0, "dead_cells": 0.0})
        mechanism = {"size cut": passed, "filter adsorption": bound, "hold-up": 1.0 - left}
        product, losses = self.take_vesicles("sterile filter", mechanism, filtrate)
        product, in_filter = product.separate(VESICLES_TAKEN, otherwise=1.0 - left)
        return Outcome(
            product,
            losses={"solids and large particles": removed, **joined(losses, {"hold-up": in_filter})},
            phases=(
                Phase("prepare", self.preparation),
                Phase("filter", hours),
                Phase("integrity test", self.integrity_test),
            ),
            consumption={"sterile_filter_area": area * filters},
            monitors={"filters": filters, "throughput": load / filters},
            limits={
                "sterile filter would plug: more than one needed": one_where(needed > 1.0),
                **self.adsorption_limit(bound, total(feed.vesicles)),
            },
        )

    def _aggregates(self, passed: Array, feed: Material) -> dict[str, Array]:
        """Return the fraction of the aggregated cargo that passes: as of the vesicles, whose sizes it has."""
        if is_number(feed.aggregated_cargo, 0.0):
            return {}
        return {"aggregated_cargo": self.vesicles_kept(passed, feed)["cargo"]}
