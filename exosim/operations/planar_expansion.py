"""Seed train on flasks or multilayer vessels: passages from a cell bank to the inoculum of a culture.

Model: each passage attaches a fraction of the cells, grows them by the theta-logistic law from the seeding density to
the harvest density and detaches a fraction; its duration follows from the law and a lag. The surface that a passage
needs follows from the cells that it is given. Medium and what it contains are discarded at each passage.

Cells tire with the population doublings behind them (:mod:`exosim.physics.senescence`), evaluated at each passage.

Validity: adherent cells below the plateau density.
Sources: Higuera et al. 2009 (growth), de Almeida Fuzeta et al. 2020 (densities); see the parameters.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.material import Material, one_where
from exosim.operations.base import NOTHING, Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter
from exosim.physics import expansion, growth, senescence

_ALMOST_PLATEAU = 0.98
_M2 = 1e-4  # m2 in a cm2
_BARELY = 1.2
"""Least growth rate over the death rate: a train of senescent cells takes long, but its time stays a number."""


@dataclass(frozen=True, kw_only=True)
class PlanarExpansion(UnitOperation):
    """Planar seed train: a number of passages at given seeding and harvest densities."""

    source: ClassVar[bool] = True
    sized_by: ClassVar[str | None] = "inoculum"
    grows: ClassVar[tuple[str, ...]] = ("inoculum",)

    inoculum: Array = parameter(
        1e7, "cell", low=1e5, high=1e10, doc="viable cells thawed from the bank", critical=True, decided=True
    )
    post_thaw_viability: Array = parameter(
        0.93, "1", low=0.8, high=0.97, doc="viable fraction after thaw", source="bmrat917", grade="A"
    )
    seeding_density: Array = parameter(
        3000.0,
        "cell/cm2",
        low=1000,
        high=6000,
        doc="cells seeded per area",
        source="general_knowledge",
        critical=True,
        decided=True,
    )
    harvest_density: Array = parameter(
        15000.0,
        "cell/cm2",
        low=5000,
        high=38000,
        doc="density at which a passage is harvested",
        source="fuzeta2020",
        grade="B",
        critical=True,
    )
    passages: float = parameter(2, "1", low=1, high=8, whole=True, planned=True, doc="number of passages")
    doubling_time: Array = parameter(
        24.0,
        "h",
        low=17,
        high=130,
        doc="doubling time of subconfluent MSC: 17 to 32 h in bone marrow, 122 h in adipose cells",
        source="higuera2009",
        grade="B",
    )
    capacity: Array = parameter(
        30000.0, "cell/cm2", low=15000, high=60000, doc="confluent density", source="general_knowledge"
    )
    contact_inhibition: float = parameter(
        2.0, "1", low=1.0, high=4.0, planned=True, doc="exponent theta of the theta-logistic law", decided=False
    )
    death_rate: Array = parameter(
        0.001, "1/h", low=0.0005, high=0.004, doc="basal death rate in growth medium", source="general_knowledge"
    )
    lag: Array = parameter(18.0, "h", low=0, high=36, doc="lag after each seeding", source="higuera2009")
    initial_doublings: Array = parameter(
        5.0, "1", low=0, high=40, maximum=math.inf, doc="population doublings of the cells of the bank"
    )
    doublings_limit: Array = parameter(
        30.0,
        "1",
        low=15,
        high=200,
        maximum=math.inf,
        doc="population doublings at which growth ends: 15 to 45 in primary MSC, 200 and more in cell lines",
        source="general_knowledge",
    )
    working_doublings: Array = parameter(
        16.0,
        "1",
        low=10,
        high=200,
        maximum=math.inf,
        doc="population doublings up to which cells are used for a product",
        source="general_knowledge",
    )
    attachment: Array = parameter(
        0.88, "1", low=0.75, high=0.97, doc="fraction of seeded cells that attaches", source="general_knowledge"
    )
    detachment: Array = parameter(
        0.9, "1", low=0.85, high=0.98, doc="fraction recovered at detachment", source="tessee", grade="A"
    )
    medium_per_area: Array = parameter(
        0.2, "mL/cm2", low=0.15, high=0.4, doc="medium on the growth surface", source="stemfactory", grade="B"
    )
    passage_time: Array = parameter(4.0, "h", low=1, high=12, doc="hands-on time of one passage")
    handling_time: Array | None = parameter(
        None, "h/m2", low=0.0, high=10, doc="hands-on time for each area besides, to seed and to harvest it; none: none"
    )
    suspension_density: Array = parameter(
        1e6, "cell/mL", low=1e5, high=1e7, doc="density in which the harvested cells are handed on"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return the harvested cells; `feed` may bring cells of its own."""
        added = Material(viable_cells=self.inoculum, doublings=self.inoculum * self.initial_doublings)
        cells = feed.viable_cells + self.inoculum
        aged = feed.doublings + self.inoculum * self.initial_doublings
        thawed = cells * self.post_thaw_viability
        state = _Train(thawed, died=cells - thawed, age=aged / np.maximum(cells, NOTHING))
        for _ in range(round(self.passages)):
            state = self._passage(state)
        volume = state.cells / self.suspension_density * 1e-3
        doublings = state.cells * state.age
        gone = (state.died + state.lost) * (aged / np.maximum(cells, NOTHING))
        product = Material(volume=volume, viable_cells=state.cells, doublings=doublings)
        discarded = feed.replaced(viable_cells=0.0, doublings=0.0)
        return Outcome(
            product,
            added=added + Material(volume=volume),
            generated=Material(viable_cells=state.grown, doublings=doublings - aged + gone),
            losses={
                "thaw and death": Material(viable_cells=state.died, doublings=state.died * aged / cells),
                "attachment and detachment": Material(viable_cells=state.lost, doublings=state.lost * aged / cells),
                "discarded medium": discarded,
            },
            phases=(Phase("expand", state.hours, attended=False), Phase("passage", self._hands_on(state.area))),
            consumption={
                "growth_medium": state.area * self.medium_per_area * 1e-3,
                "culture_surface": state.area * _M2,
            },
            monitors={"final_area": state.last_area, "doublings": state.doublings, "age": state.age},
            limits={
                "past the doublings of cells for a product": one_where(state.age > self.working_doublings),
                "past the doublings at which growth ends": one_where(state.age > self.doublings_limit),
            },
        )

    def _hands_on(self, area: Array) -> Array:
        """Return the hands-on time of all passages, with that of the area [cm2] of all their vessels [h]."""
        own = self.passage_time * self.passages
        return own if self.handling_time is None else own + self.handling_time * (area * _M2)

    def _passage(self, train: _Train) -> _Train:
        young = growth.doubling_rate(self.doubling_time)
        aged = young * senescence.growth_share(train.age, self.doublings_limit)
        rate = np.maximum(aged, np.minimum(young, _BARELY * self.death_rate))
        theta = self.contact_inhibition
        crowd = growth.crowding(rate, self.capacity, theta)
        net = rate - self.death_rate
        start = self.seeding_density * self.attachment
        plateau = growth.plateau_density(net, crowd, theta)
        end = np.maximum(np.minimum(self.harvest_density, _ALMOST_PLATEAU * plateau), start)
        growing = growth.hours_to_reach(start, end, net, crowd, theta)
        area = train.cells / self.seeding_density
        attached = train.cells * self.attachment
        grown_to = attached * (end / start)
        died = area * (self.death_rate * expansion.cell_hours(start, end, growing, net, crowd, theta))
        harvested = grown_to * self.detachment
        doublings = np.log2(end / start)
        return _Train(
            harvested,
            grown=train.grown + grown_to - attached + died,
            died=train.died + died,
            lost=train.lost + (train.cells - attached) + (grown_to - harvested),
            hours=train.hours + self.lag + growing,
            area=train.area + area,
            last_area=area,
            doublings=train.doublings + doublings,
            age=train.age + doublings,
        )


@dataclass(frozen=True, slots=True)
class _Train:
    """Running state of the seed train between passages."""

    cells: Array
    grown: Array = 0.0
    died: Array = 0.0
    lost: Array = 0.0
    hours: Array = 0.0
    area: Array = 0.0
    last_area: Array = 0.0
    doublings: Array = 0.0
    age: Array = 0.0
