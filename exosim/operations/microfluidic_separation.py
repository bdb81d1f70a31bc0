"""Microfluidic separation: acoustofluidic, deterministic-lateral-displacement or electrokinetic chips in parallel.

Model: chips cut a window out of the sizes (:mod:`exosim.physics.passage`, once from above and once from below); of the
vesicles in it a fraction reaches the outlet, and so many other particles that the declared purity is kept
(:mod:`exosim.physics.chips`). Buffer flows beside the sample, so that what is dissolved falls by a log reduction and
the sample is diluted. Chips clog at random with the volume: each clog costs a chip, its liquid and the time of its
exchange. Expected numbers are used, whole or not; the chance of any clog is a monitor.

Presets (`chip = "acoustofluidic"`): acoustofluidic, lateral_displacement, electrokinetic.

Assumptions: purity does not depend on the concentration of the feed; chips fail independently; cells and debris go to
waste; endotoxin, nuclease and free cargo behave as dissolved protein.

Typical failure modes: clogging of the inlet, a chip that detaches from its transducer, an array with air in it.

Validity: milliliters. A liter takes a hundred chips a day; the limit tells when.

Sources: Wu et al. 2017 (acoustofluidic); a review of 2022, doi:10.1007/s00216-022-04362-3 (pure, slow, clogs).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from exosim.material import Material, one_where, plus, solution, total
from exosim.operations.base import NOTHING, ClosedForm, MeasuredRecovery, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import chips, passage
from exosim.vocabulary import SMALL_MOLECULES

_DAY = 24.0  # hours
_MILLILITERS = 1e3  # in a liter


@dataclass(frozen=True, kw_only=True)
class MicrofluidicSeparation(MeasuredRecovery):
    """Separation by size on chips in parallel."""

    mechanism: ClassVar[frozenset[str]] = frozenset({"outlet_recovery"})
    sized_by: ClassVar[str | None] = "chips"
    grows: ClassVar[tuple[str, ...]] = ("chips",)

    chips: float = parameter(
        10, "1", low=1, high=1000, whole=True, planned=True, doc="chips that run in parallel", critical=True
    )
    chip_flow: Array = parameter(
        0.5, "mL/h", low=0.2, high=5, doc="flow of the sample through one chip", source="wu2017", critical=True
    )
    smallest: Array = parameter(
        40.0, "nm", low=20, high=120, doc="diameter below which particles miss the outlet, at one half", decided=True
    )
    largest: Array = parameter(
        250.0, "nm", low=100, high=1000, doc="diameter above which particles miss the outlet, at one half", decided=True
    )
    sharpness: Array = parameter(6.0, "1", low=2, high=20, doc="steepness of both cuts")
    outlet_recovery: Array = parameter(
        0.82,
        "1",
        low=0.4,
        high=0.95,
        doc="fraction of the vesicles of these sizes that reaches the outlet",
        source="wu2017",
        recovery=True,
    )
    purity: Array = parameter(
        0.95,
        "1",
        low=0.5,
        high=0.99,
        minimum=0.01,
        doc="share of vesicles among the particles that leave",
        source="wu2017",
    )
    protein_removal: Array = parameter(
        1.0, "log", low=0.3, high=2.5, doc="log reduction of protein and all else that is dissolved"
    )
    sheath_ratio: Array = parameter(
        2.0, "1", low=0.2, high=20, doc="buffer beside the sample over the sample, in volumes", decided=True
    )
    outlet_ratio: Array = parameter(
        1.0, "1", low=0.1, high=10, doc="volume that leaves with the vesicles over that of the sample", decided=True
    )
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.5, doc="salt of that buffer", source="pbs_recipe", grade="B", decided=True
    )
    clog_hazard: Array = parameter(0.02, "1/mL", low=0.0005, high=1.0, doc="clogs expected per volume of sample")
    chip_volume: Array = parameter(0.05, "mL", low=0.001, high=1, doc="sample that is lost with a clogged chip")
    exchange_time: Array = parameter(0.25, "h", low=0.05, high=2, doc="time to exchange a chip")
    preparation: Array = parameter(0.5, "h", low=0.1, high=4, doc="time to prime the chips and to tune them")

    def transform(self, feed: Material) -> Outcome:
        """Return what leaves with the vesicles."""
        sample = feed.volume * _MILLILITERS
        clogs = self.clog_hazard * sample
        running = 1.0 - chips.lost_in_clogs(clogs, self.chip_volume, sample)
        run, in_chips = feed.separate(self.vesicles_kept(1.0, feed), otherwise=running)
        window = self._window()
        mechanism = {"clogged chips": running, "outside the window": window, "waste outlet": self.outlet_recovery}
        run, losses = self.take_vesicles("measured loss", mechanism, run)
        buffer = solution(self.sheath_ratio * feed.volume, self.buffer_salt)
        product, waste = (run + buffer).separate(self._leaving(run, buffer.volume, window))
        hours = chips.hours(sample, self.chip_flow, self.chips, clogs, self.exchange_time)
        return Outcome(
            product,
            added=buffer,
            losses=joined(losses, {"clogged chips": in_chips, "waste outlet": waste}),
            phases=(Phase("prepare", self.preparation), Phase("run", hours)),
            consumption={"buffer": buffer.volume, "chip": self.chips + clogs},
            monitors={"clogs": clogs, "chance_of_clog": chips.chance_of_a_clog(self.clog_hazard, sample)},
            limits={
                "more than a day on these chips": one_where(np.greater(hours, _DAY)),
                "every chip is expected to clog": one_where(np.greater_equal(clogs, self.chips)),
            },
        )

    def closed_forms(self) -> Mapping[str, ClosedForm]:
        """Return the expected clogs."""
        return {"clogs": ClosedForm("clog_hazard * entered_volume", "1", "clogs expected", monitor="clogs")}

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield that no more can leave with the vesicles than enters."""
        if np.any(np.greater(self.outlet_ratio, 1.0 + self.sheath_ratio)):
            yield "outlet_ratio", "more would leave with the vesicles than sample and buffer together"

    def _window(self) -> NDArray[np.float64]:
        """Return the fraction of the particles that is neither too small nor too large, by size class."""
        diameters = self.context.sizes.diameters
        above = 1.0 - passage.size_passage(diameters, self.smallest, self.sharpness)
        return np.asarray(above * passage.size_passage(diameters, self.largest, self.sharpness))

    def _leaving(self, run: Material, buffer: Array, window: NDArray[np.float64]) -> dict[str, Array]:
        """Return what leaves with the vesicles, which have been taken already, and with part of the liquid."""
        liquid = self.outlet_ratio * run.volume / np.maximum(run.volume + buffer, NOTHING)
        offered = total(np.asarray(plus(run.nonvesicular, run.lipoproteins) * window))
        passing = chips.passing_others(total(run.vesicles), offered, self.purity)
        dissolved = ("protein", "nuclease", "endotoxin", "free_cargo", "polymer", "free_dna")
        return {
            **dict.fromkeys(("nonvesicular", "lipoproteins"), window * passing),
            "aggregated_cargo": window[-1] * passing,
            **dict.fromkeys(dissolved, 10.0**-self.protein_removal),
            **dict.fromkeys(("volume", "salt", *SMALL_MOLECULES), liquid),
            **dict.fromkeys(("debris", "viable_cells", "dead_cells"), 0.0),
        }
