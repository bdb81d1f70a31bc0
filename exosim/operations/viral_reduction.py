"""Viral reduction: inactivation or removal of viruses that may be there, and what that does to vesicles.

Model: a method has a log reduction of enveloped and one of non-enveloped viruses, from studies with model viruses. It
takes apart a fraction of the vesicles, which have a membrane like that of an enveloped virus, and can cost potency. A
virus filter sieves everything by its size: the fraction ``1 / (1 + (d / d_pore)^n)`` passes, of vesicles as of viruses,
and the rest stays in the filter, which plugs gradually (:mod:`exosim.physics.plugging`). The log reductions of
all steps of a recipe add up to those of the process.

Assumptions: log reductions are those claimed, none is worked out from pores; all that is not larger than pores passes;
the reagents of a treatment have to be removed by a later step and are not followed; what is set free by vesicles that
are taken apart is counted as lost with them.

Validity: claims add up only where steps work in different ways (ICH Q5A). A step below 4 log is no effective one. A
filter that keeps viruses of 20 to 100 nm keeps vesicles of that size: it suits their medium before the culture, not
them. Solvents and detergents take vesicles apart. Nobody has published what the other methods do to vesicles in
numbers: their recoveries are assumptions.

Failures to think of: a filter that fails its integrity test, a lamp below its dose, a pH that was not reached.

Sources: Brorson et al. 2008 (filters); Dichtelmüller et al. 2009 (solvent and detergent); Blázquez et al. 2019
(ultraviolet light); a study of pasteurization; one of platelet lysate (gamma rays); Yin et al. 2015 (pH, heat).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, is_number, one_where, total
from exosim.operations.base import NOTHING, VIRUS_REDUCTION, ClosedForm, MeasuredRecovery, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import passage, plugging

_EFFECTIVE = 4.0  # log


@dataclass(frozen=True, kw_only=True)
class ViralReduction(MeasuredRecovery):
    """One step of viral reduction; a preset of the method brings log reductions and losses. The defaults are low pH."""

    in_vials: ClassVar[bool] = True
    mechanism: ClassVar[frozenset[str]] = frozenset({"disrupted"})
    grows: ClassVar[tuple[str, ...]] = ("filter_area",)

    enveloped: Array = parameter(
        4.0,
        "log",
        low=0.0,
        high=8.0,
        doc="log reduction of enveloped viruses that is claimed",
        source="yin2015",
        grade="B",
        critical=True,
    )
    nonenveloped: Array = parameter(
        0.0, "log", low=0.0, high=8.0, doc="log reduction of non-enveloped viruses that is claimed", critical=True
    )
    disrupted: Array = parameter(0.1, "1", low=0.0, high=1.0, doc="fraction of the vesicles that is taken apart")
    potency_kept: Array = parameter(
        1.0, "1", low=0.0, high=1.0, doc="potency of a vesicle after the treatment over that before"
    )
    pore_diameter: Array | None = parameter(
        None, "nm", low=15, high=200, doc="diameter at which half passes a virus filter; none: no filter", decided=True
    )
    pore_slope: Array = parameter(12.0, "1", low=4, high=20, doc="steepness of the passage through the filter")
    filter_area: Array = parameter(0.1, "m2", low=0.001, high=20, doc="area of one virus filter", decided=True)
    filter_flux: Array = parameter(
        40.0, "L/m2/h", low=5, high=200, doc="initial flux of the virus filter", source="general_knowledge"
    )
    filter_capacity: Array = parameter(
        200.0, "L/m2", low=10, high=2000, doc="volume per area at which the virus filter is plugged"
    )
    treatment_time: Array = parameter(1.0, "h", low=0.01, high=240, doc="time of the treatment", decided=True)
    preparation: Array = parameter(1.0, "h", low=0.1, high=8, doc="time to adjust before and to neutralize after")

    def transform(self, feed: Material) -> Outcome:
        """Return the treated material."""
        passed = self._passage(self.context.sizes.diameters)
        treated, retained = feed.separate(self._through())
        mechanism = {"virus filter": passed, "taken apart": 1.0 - self.disrupted}
        product, losses = self.take_vesicles("measured loss", mechanism, treated)
        product, losses["loss of potency"] = product.separate({"potency": self.potency_kept})
        filters, hours = self._filtration(feed)
        return Outcome(
            product,
            losses=joined(losses, {"virus filter": retained}),
            phases=(
                Phase("prepare", self.preparation),
                Phase("treat", hours, attended=self.pore_diameter is not None),
            ),
            consumption={"virus_filter_area": self.filter_area * filters},
            monitors={
                f"{VIRUS_REDUCTION}enveloped": np.asarray(self.enveloped),
                f"{VIRUS_REDUCTION}non-enveloped": np.asarray(self.nonenveloped),
                "filters": filters,
            },
            limits=self._limits(feed, product),
        )

    def unused(self) -> frozenset[str]:
        """Return what matters for a filter only, or for a treatment only."""
        of_filter = {"pore_slope", "filter_area", "filter_flux", "filter_capacity"}
        idle = of_filter if self.pore_diameter is None else {"treatment_time"}
        return super().unused() | idle

    def closed_forms(self) -> Mapping[str, ClosedForm]:
        """Return what is claimed, and which share a treatment takes; a filter has no formula for all sizes at once."""
        kinds = {"enveloped": "enveloped", "nonenveloped": "non-enveloped"}
        forms = {
            f"{key}_claimed": ClosedForm(key, "log", f"log reduction of {kind} viruses", f"{VIRUS_REDUCTION}{kind}")
            for key, kind in kinds.items()
        }
        if self.ev_recovery is None and self.pore_diameter is None:
            taken = "taken apart"
            forms["share_taken_apart"] = ClosedForm("disrupted", "1", "vesicles that are taken apart", "", taken, True)
        return forms

    def _passage(self, diameter: Array) -> Array:
        """Return the fraction of particles of a diameter that passes; all of them where there is no filter."""
        if self.pore_diameter is None:
            return 1.0
        return passage.size_passage(diameter, self.pore_diameter, self.pore_slope)

    def _through(self) -> dict[str, Array]:
        """Return the fraction of everything but the vesicles that passes."""
        if self.pore_diameter is None:
            return {}
        context, particles = self.context, self._passage(self.context.sizes.diameters)
        return {
            "nonvesicular": particles,
            "lipoproteins": particles,
            "protein": self._passage(context.protein_diameters),
            "nuclease": self._passage(context.nuclease_diameter),
            "free_cargo": self._passage(context.free_cargo_diameter),
            "polymer": self._passage(context.polymer_diameter),
            **dict.fromkeys(("debris", "viable_cells", "dead_cells", "aggregated_cargo"), 0.0),
        }

    def _filtration(self, feed: Material) -> tuple[Array, Array]:
        """Return the number of filters in parallel and the hours of the treatment."""
        if self.pore_diameter is None:
            return 0.0, self.treatment_time
        load = feed.volume / self.filter_area
        filters = plugging.filters_needed(load, self.filter_capacity)
        return filters, plugging.hours(load / filters, self.filter_flux, self.filter_capacity)

    def _limits(self, feed: Material, product: Material) -> dict[str, Array]:
        best = np.maximum(self.enveloped, self.nonenveloped)
        found = {"no effective step: below 4 log of any virus": one_where(best < _EFFECTIVE)}
        if not is_number(feed.vesicles, 0.0):
            kept = total(product.vesicles) / np.maximum(total(feed.vesicles), NOTHING)
            some = np.greater(total(feed.vesicles), 0.0)
            found["takes more than half of the vesicles"] = one_where(np.less(kept, 0.5) & some)
        return found
