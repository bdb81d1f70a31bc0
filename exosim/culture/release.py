"""What cells release: vesicles, and all that comes with them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from exosim.culture.cells import Metabolism
from exosim.material import Material, is_number, plus, times
from exosim.parameter import Array, parameter
from exosim.physics import senescence
from exosim.physics.size import class_shares

HOURS = 24.0


@dataclass(frozen=True, kw_only=True)
class Release(Metabolism):
    """What cells release: vesicles, and all that comes with them."""

    activity: Array = parameter(
        1.0,
        "1",
        low=0.1,
        high=10,
        maximum=math.inf,
        doc="metabolic activity of these cells over the typical one; scales vesicles, particles and protein alike",
    )
    secretion_rate: Array = parameter(
        1e4, "EV/cell/d", low=1e2, high=1e5, doc="vesicles that a viable cell secretes", critical=True
    )
    growth_secretion: Array = parameter(
        0.0, "EV/cell", low=0.0, high=5e4, doc="vesicles released per new cell, besides those secreted over time"
    )
    metabolic_link: Array = parameter(
        1.0, "1", low=0.0, high=1.0, doc="how far secretion falls with the share of the demand that is met"
    )
    density_exponent: Array = parameter(
        0.0,
        "1",
        low=0.0,
        high=1.0,
        doc="exponent with which secretion per cell falls with density on a surface: 0.3 to 1 in flasks",
    )
    density_reference: Array = parameter(
        1e4, "cell/cm2", low=3e3, high=1e5, doc="density at which the secretion rate holds"
    )
    hypoxia_gain: Array = parameter(
        0.0, "1", low=0.0, high=7.0, maximum=math.inf, doc="relative rise of secretion without any oxygen"
    )
    reuptake: Array = parameter(1e-8, "mL/cell/h", low=1e-10, high=5e-8, doc="volume that a cell clears of vesicles")
    potency_decay: Array | None = parameter(
        None,
        "1/h",
        low=0.0,
        high=0.1,
        doc="first-order loss of the potency of a free vesicle in culture, besides that of vesicles; none: it lasts",
    )
    decay: Array = parameter(0.005, "1/h", low=0.001, high=0.02, doc="first-order loss of free vesicles at 37 degC")
    passage: float = parameter(4, "1", low=1, high=60, whole=True, planned=True, doc="passage number of the cells")
    critical_passage: Array = parameter(
        4.0,
        "1",
        low=1,
        high=60,
        doc="passage beyond which the vesicles lose potency",
        source="patel2017",
        grade="A",
        maximum=math.inf,
    )
    potency_loss: Array = parameter(
        0.3, "1", low=0.0, high=0.9, doc="share of the potency lost with each passage beyond the critical one"
    )
    nonvesicular_per_vesicle: Array = parameter(
        0.1, "particle/EV", low=0.0, high=10, doc="non-vesicular particles that cells release per vesicle"
    )
    nonvesicular_median: Array = parameter(
        80.0, "nm", low=30, high=200, doc="median diameter of non-vesicular particles above 30 nm"
    )
    nonvesicular_gsd: Array = parameter(
        1.5, "1", low=1.2, high=2.0, doc="geometric standard deviation of their diameter"
    )
    protein_rate: Array = parameter(
        20.0,
        "pg/cell/d",
        low=1,
        high=60,
        doc="soluble protein that a viable cell secretes, besides that of its vesicles",
        source="general_knowledge",
    )
    protein_per_dead_cell: Array = parameter(
        200.0, "pg/cell", low=50, high=500, doc="protein that a dead cell releases"
    )
    small_protein: Array = parameter(0.25, "1", low=0.0, high=0.6, doc="share of soluble protein below 30 kDa")
    immunoglobulin_like: Array = parameter(0.2, "1", low=0.0, high=0.4, doc="share of soluble protein near 150 kDa")
    complex_protein: Array = parameter(
        0.1, "1", low=0.0, high=0.4, doc="share of soluble protein in complexes above 450 kDa"
    )
    associated_protein: Array = parameter(
        0.02, "1", low=0.005, high=0.1, doc="share of the released protein that binds to vesicles and follows them"
    )
    dna_per_dead_cell: Array = parameter(
        6.6, "pg/cell", low=5.0, high=15.0, doc="DNA of a dead diploid cell", source="fackelmayer1999", grade="A"
    )
    bound_dna: Array = parameter(0.05, "1", low=0.0, high=0.5, doc="share of the DNA that binds to vesicles")
    debris_per_dead_cell: Array = parameter(
        10.0, "particle/cell", low=5, high=20, doc="debris above 1 um per dead cell"
    )

    @cached_property
    def particle_shares(self) -> Array:
        """Shares of non-vesicular particles by size class, shape (classes, 1) or (classes, lanes)."""
        return class_shares(self.context.sizes, self.nonvesicular_median, self.nonvesicular_gsd)

    @cached_property
    def protein_shares(self) -> Array:
        """Shares of soluble protein by pool, shape (pools, 1) or (pools, lanes)."""
        albumin = 1.0 - (self.small_protein + self.immunoglobulin_like + self.complex_protein)
        shares = (self.small_protein, albumin, self.immunoglobulin_like, self.complex_protein)
        return np.stack(np.broadcast_arrays(*map(np.atleast_1d, shares)))

    @cached_property
    def relative_potency(self) -> Array:
        """Relative potency of the vesicles of these cells."""
        if is_number(self.potency_loss, 0.0):
            return 1.0
        return senescence.potency(self.passage, self.critical_passage, self.potency_loss)

    def protein_released(self, cell_hours: Array, died: Array) -> Array:
        """Return the protein that cells release [ug], vesicles aside."""
        secreted = times(cell_hours, self.activity * self.protein_rate * (1e-6 / HOURS))
        return plus(secreted, times(died, self.protein_per_dead_cell * 1e-6))

    def dna_released(self, died: Array) -> Array:
        """Return the DNA that dead cells release [ng]."""
        return times(died, self.dna_per_dead_cell * 1e-3)

    def released(self, secreted: Array, cell_hours: Array, died: Array) -> Material:
        """Return what cells release besides vesicles: particles, protein, DNA, debris, dead cells."""
        protein, dna = self.protein_released(cell_hours, died), self.dna_released(died)
        return Material(
            nonvesicular=times(times(secreted, self.nonvesicular_per_vesicle), self.particle_shares),
            protein=times(times(protein, 1.0 - self.associated_protein), self.protein_shares),
            associated_protein=times(protein, self.associated_protein),
            free_dna=times(dna, 1.0 - self.bound_dna),
            bound_dna=times(dna, self.bound_dna),
            debris=times(died, self.debris_per_dead_cell),
            dead_cells=died,
        )
