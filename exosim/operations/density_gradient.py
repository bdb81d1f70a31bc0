"""Density gradient: vesicles are banded in an iodixanol gradient, and the fractions of their density go on.

Model: particles move toward the place where the liquid is as dense as they are (:mod:`exosim.physics.isopycnic`); the
band of each size class is a Gaussian, and the pool is the cut between two densities. Vesicles are the lighter the
larger they are, because less of them is membrane: the cut is one by size too. A small part of everything is smeared
over the whole tube. A tube takes little: the feed is spread over as many tubes and runs as it needs, and a run takes a
night, so that there is one a day. Of the vesicles in the pooled fractions a part stays in tubes, tips and fractions.

Assumptions: the gradient rises evenly and does not change; salts, small molecules and polymer are spread evenly over
the tube; proteins, nuclease and endotoxin move as spheres, free DNA with its coefficient; aggregates of cargo band as
non-vesicular particles of the sizes of the vesicles. Loaded below, dissolved protein stays near the bottom, and
vesicles float up. Debris and cells band near vesicles: clarify first.

Validity: loads of a few milliliters per tube; vesicles above about 50 nm in a night; losses while lots wait for their
run belong to a wait of the procedure. The medium goes into the product as `polymer` until a step takes it out.
Failure modes: a gradient that is stirred up (a band that is lost), tubes that leak, a rotor that stops in the night.

Sources: Ter-Ovanesyan et al. 2023 (time, lipoproteins); Van Deun et al. 2014 (gradient, load).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.centrifuge import Spin
from exosim.material import Material, one_where, total
from exosim.operations.base import FOLLOWERS, ClosedForm, Outcome, Phase, joined
from exosim.parameter import Array, parameter
from exosim.physics import isopycnic, pelleting

_WATER = 0.998  # g/mL, to which sedimentation coefficients refer
_MICROMETER = 1e3  # nm
_FAR = 0.05
_WEEK = 7.0


@dataclass(frozen=True, kw_only=True)
class DensityGradient(Spin):
    """Isopycnic banding of vesicles, whose fractions between two densities are pooled."""

    mechanism: ClassVar[frozenset[str]] = Spin.settling | {"recovered"}
    brings: ClassVar[frozenset[str]] = frozenset({"polymer"})
    takes_longer: ClassVar[str | None] = "rotor"
    repeats: ClassVar[str | None] = "runs"

    spin_time: Array = parameter(
        16.0, "h", low=2, high=24, doc="time at full speed", source="terovanesyan2023", grade="A", critical=True
    )
    r_min: Array = parameter(
        66.7,
        "mm",
        low=20,
        high=120,
        doc="least distance of the liquid from the axis; the default is the rotor SW 40 Ti",
        source="livshits2015",
        grade="A",
    )
    r_max: Array = parameter(
        158.8,
        "mm",
        low=35,
        high=250,
        doc="largest distance of the liquid from the axis",
        source="livshits2015",
        grade="A",
    )
    angle: float = parameter(
        0.0,
        "deg",
        low=0,
        high=45,
        maximum=60,
        planned=True,
        doc="angle between tube and axis; 0 for a swinging bucket",
        source="livshits2015",
        grade="A",
    )
    tube_volume: Array = parameter(
        14.0, "mL", low=2, high=100, doc="liquid in a tube, load and gradient", source="general_knowledge"
    )
    viscosity: Array | None = parameter(2.5, "mPa*s", low=0.7, high=8.0, doc="viscosity in the middle of the gradient")
    medium_density: Array = parameter(
        1.007, "g/mL", low=0.99, high=1.02, maximum=1.4, doc="density of the buffer", source="general_knowledge"
    )
    lipoprotein_density: Array = parameter(
        1.03,
        "g/mL",
        low=0.93,
        high=1.063,
        maximum=1.3,
        doc="density of lipoproteins; the default is low-density lipoprotein with its apoB",
        source="general_knowledge",
    )
    protein_density: Array = parameter(
        1.25, "g/mL", low=1.2, high=1.4, maximum=2.0, doc="density of dissolved protein with its water"
    )
    dna_density: Array = parameter(
        1.16, "g/mL", low=1.1, high=1.3, maximum=2.0, doc="density of free DNA with its water in the gradient medium"
    )
    top_density: Array = parameter(
        1.03,
        "g/mL",
        low=1.02,
        high=1.05,
        maximum=1.4,
        doc="density at the top of the gradient; the default is 5 % iodixanol",
        source="vandeun2014",
        critical=True,
    )
    bottom_density: Array = parameter(
        1.21,
        "g/mL",
        low=1.15,
        high=1.32,
        maximum=1.4,
        doc="density at the bottom of the gradient; the default is 40 % iodixanol",
        source="vandeun2014",
        critical=True,
    )
    pool_from: Array = parameter(
        1.06,
        "g/mL",
        low=1.05,
        high=1.09,
        maximum=1.4,
        doc="density from which fractions are pooled",
        source="general_knowledge",
        critical=True,
        decided=True,
    )
    pool_to: Array = parameter(
        1.12,
        "g/mL",
        low=1.1,
        high=1.15,
        maximum=1.4,
        doc="density up to which fractions are pooled",
        source="general_knowledge",
        critical=True,
        decided=True,
    )
    band_width: Array = parameter(
        0.015,
        "g/mL",
        low=0.01,
        high=0.02,
        doc="standard deviation of a band: spread of the densities, diffusion, drawing of the fractions",
    )
    smeared: Array = parameter(
        0.02, "1", low=0.002, high=0.1, doc="fraction of everything that is smeared evenly over the tube"
    )
    recovered: Array = parameter(
        0.5,
        "1",
        low=0.2,
        high=0.95,
        recovery=True,
        doc="fraction of the vesicles in the pooled fractions that does not stay in tubes and tips",
    )
    loaded_below: float = parameter(
        1, "1", low=0, high=1, whole=True, planned=True, doc="1: the feed is loaded at the bottom; 0: on the top"
    )
    load: Array = parameter(
        1.0, "mL", low=0.5, high=3.0, doc="feed in a tube", source="vandeun2014", critical=True, decided=True
    )
    stock_density: Array = parameter(
        1.32,
        "g/mL",
        low=1.2,
        high=1.4,
        doc="density of the stock of the gradient medium; the default is iodixanol of 60 %",
        source="optiprep_m01",
        grade="A",
    )
    stock_content: Array = parameter(
        0.6,
        "g/mL",
        low=0.3,
        high=0.9,
        doc="gradient medium in a volume of its stock",
        source="optiprep_m01",
        grade="A",
    )
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.5, doc="salt of the gradient", source="pbs_recipe", grade="B", decided=True
    )
    filling_time: Array = parameter(0.1, "h", low=0.02, high=0.5, doc="work to pour and load the gradient of a tube")
    drawing_time: Array = parameter(0.15, "h", low=0.03, high=0.5, doc="work to draw the fractions of a tube")
    run_every: Array = parameter(
        24.0, "h", low=4, high=72, doc="time from the start of a run to the start of the next", decided=True
    )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with rotor, load and densities."""
        yield from super().problems()
        if np.any(np.greater_equal(self.load, self.tube_volume)):
            yield "load", "the load must leave room for the gradient in its tube"
        densities = ("medium_density", "top_density", "pool_from", "pool_to", "bottom_density", "stock_density")
        for lighter, denser in itertools.pairwise(densities):
            if np.any(np.greater(getattr(self, lighter), getattr(self, denser))):
                yield denser, f"{denser} must not be below {lighter}"
        if np.any(np.greater_equal(self.pool_from, self.pool_to)):
            yield "pool_to", "pool_to must be above pool_from"

    def unused(self) -> frozenset[str]:
        """Return what does not matter beside what is given, and the coefficient of complexes: they are spheres here."""
        return super().unused() | {"complex_sedimentation"}

    def closed_forms(self) -> Mapping[str, ClosedForm]:
        """Return how many tubes and runs a feed takes, and how much is pooled of them."""
        share = "(pool_to - pool_from) / (bottom_density - top_density)"
        return {
            "tubes_filled": ClosedForm("0 - floor(0 - entered_volume / load)", "tube", "with a load each", "tubes"),
            "runs_spun": ClosedForm("0 - floor(0 - tubes_filled / tubes)", "1", "one after the other", "runs"),
            "share_pooled": ClosedForm(share, "1", "of each tube"),
            "pooled": ClosedForm(
                "share_pooled * tubes_filled * tube_volume / 1000", "L", "fractions drawn", "pooled_volume"
            ),
        }

    @property
    def pooled_share(self) -> Array:
        """The share of the tube that is pooled."""
        return (self.pool_to - self.pool_from) / (self.bottom_density - self.top_density)

    def transform(self, feed: Material) -> Outcome:
        """Return the pooled fractions of all tubes."""
        tubes, runs = self.filled(feed.volume, self.load)
        whole = tubes * self.tube_volume * 1e-3
        added = self._poured(np.maximum(whole - feed.volume, 0.0), whole, self.top_density, self.bottom_density)
        drawn = self._poured(added.volume, whole, self.pool_from, self.pool_to).portion(self.pooled_share)
        pool, losses = self._pooled(feed)
        rest = Material(**{name: getattr(added, name) - amount for name, amount in drawn.present().items()})
        return Outcome(
            pool + drawn,
            added=added,
            losses=joined(losses, {"outside the pool": rest}),
            phases=self._phases(tubes, runs),
            consumption={"buffer": added.volume, "gradient_medium": added.polymer, "centrifuge_tube": tubes},
            monitors={"tubes": tubes, "runs": runs, "pooled_volume": self.pooled_share * whole},
            limits={**self.speed_limit(), **self._gradient_limits(feed, runs)},
        )

    def _poured(self, volume: Array, whole: Array, low: Array, high: Array) -> Material:
        """Return buffer and gradient medium as if the tubes were full of the liquid between two densities."""
        above = np.maximum(0.5 * (low + high) - self.medium_density, 0.0)
        content = self.stock_content * 1e3 * above / (self.stock_density - self.medium_density)
        return Material(volume=volume, salt=self.buffer_salt * volume, polymer=content * whole)

    def _pooled(self, feed: Material) -> tuple[Material, dict[str, Material]]:
        """Return what of the feed is in the pooled fractions, and what is lost, by channel."""
        kept = {**self._others_in_the_cut(feed), "vesicles": 1.0, **dict.fromkeys(FOLLOWERS, 1.0)}
        pool, outside = feed.separate({**kept, "cell_equivalents": 1.0}, otherwise=self.pooled_share)
        mechanism = {"outside the pool": self.vesicles_in_the_cut(), "handling": self.recovered}
        pool, losses = self.take_vesicles("measured loss", mechanism, pool)
        return pool, joined(losses, {"outside the pool": outside})

    def vesicles_in_the_cut(self) -> Array:
        """Return the fraction of the vesicles that is in the pooled fractions, per size class."""
        diameters = self.context.sizes.diameters
        return self._spheres(diameters, self._vesicle_density(diameters))

    def _others_in_the_cut(self, feed: Material) -> dict[str, Array]:
        """Return the fraction of all that bands, vesicles aside, that is in the pooled fractions, by species."""
        sizes, proteins = self.context.sizes.diameters, self.context.protein_diameters
        spheres = {
            "lipoproteins": (sizes, self.lipoprotein_density),
            "protein": (proteins, self.protein_density),
            "debris": (self.debris_diameter * _MICROMETER, self.debris_density),
            "viable_cells": (self.cell_diameter * _MICROMETER, self.cell_density),
            "dead_cells": (self.cell_diameter * _MICROMETER, self.cell_density),
            "nuclease": (self.context.nuclease_diameter, self.protein_density),
            "endotoxin": (proteins[-1], self.protein_density),
            "free_cargo": (self.context.free_cargo_diameter, self.protein_density),
        }
        there = feed.present()
        cut = {name: self._spheres(*of) for name, of in spheres.items() if name in there}
        if "free_dna" in there:
            cut["free_dna"] = self._in_the_cut(self.dna_density, self._dna_mobility())
        if not there.keys().isdisjoint(("nonvesicular", "aggregated_cargo")):
            cut["nonvesicular"] = self._spheres(sizes, self.nonvesicular_density)
        if "aggregated_cargo" in there:
            cut["aggregated_cargo"] = total(np.asarray(self.context.secreted * cut["nonvesicular"]))
        return cut

    def _spheres(self, diameter: Array, density: Array) -> Array:
        return self._in_the_cut(density, isopycnic.mobility(diameter, self.liquid_viscosity))

    def _dna_mobility(self) -> Array:
        slowed = pelleting.SVEDBERG * pelleting.REFERENCE_VISCOSITY / self.liquid_viscosity
        return self.dna_sedimentation * slowed / (self.dna_density - _WATER)

    def _in_the_cut(self, density: Array, mobility: Array) -> Array:
        """Return the fraction of one kind of matter that is in the pooled fractions."""
        start = self.bottom_density if self.loaded_below else self.top_density
        aim = np.minimum(np.maximum(density, self.top_density), self.bottom_density)
        reached = isopycnic.density_reached(aim, start, self._approach(mobility), self.spin_time)
        banded = isopycnic.cut(reached, self.pool_from, self.pool_to, self.band_width)
        return self.smeared * self.pooled_share + (1.0 - self.smeared) * banded

    def _approach(self, mobility: Array) -> Array:
        steepness = (self.bottom_density - self.top_density) / self.rotor.path
        force = pelleting.relative_force(self.rotor.mean_radius, self.revolutions)
        return isopycnic.approach_rate(mobility, steepness, force)

    def _vesicle_density(self, diameters: Array) -> Array:
        return pelleting.core_shell_density(diameters, self.lumen_density, self.shell_density, self.shell_thickness)

    def _phases(self, tubes: Array, runs: Array) -> tuple[Phase, ...]:
        one = self.turnaround + self.spin_time + self.tubes * (self.filling_time + self.drawing_time)
        idle = np.maximum(runs - 1.0, 0.0) * np.maximum(self.run_every - one, 0.0)
        return (
            Phase("pour and load", runs * self.turnaround + tubes * self.filling_time),
            Phase("spin", runs * self.spin_time, attended=False),
            Phase("draw fractions", tubes * self.drawing_time),
            Phase("until the next run", idle, attended=False),
        )

    def _gradient_limits(self, feed: Material, runs: Array) -> dict[str, Array]:
        limits = {"more than a week of runs": one_where(runs * self.run_every > _WEEK * 24.0)}
        if self.ev_recovery is None:
            mobility = isopycnic.mobility(self.context.sizes.diameters, self.liquid_viscosity)
            far = total(np.asarray(feed.vesicles * np.exp(-self._approach(mobility) * self.spin_time)))
            limits["vesicles have not reached their density"] = one_where(far > _FAR * total(feed.vesicles))
        return limits
