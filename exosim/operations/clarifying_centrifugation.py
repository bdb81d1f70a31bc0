"""Clarifying centrifugation: cells, debris or large particles are spun down, and the supernatant goes on.

Model: the pelleting of ultracentrifugation (:mod:`exosim.physics.pelleting`), read from the other side: what does not
reach the wall stays in the supernatant, with a small part of the pellet that is stirred up when it is drawn off. Some
liquid is left over the pellet, so that it is not disturbed. A protocol of 300 g, 2,000 g and 10,000 g is three of these
steps. Large vesicles are lost with the pellet, the more the harder the spin (Livshits et al. 2015).

Assumptions: debris and cells are spheres of one diameter and density each; bound matter follows the vesicles.
Aggregates of cargo settle as non-vesicular particles of the sizes of the vesicles; what is dissolved stays in the
supernatant.

Validity: see the physics; for machines with a flow through them see `continuous_centrifugation`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.centrifuge import Spin
from exosim.material import Material, one_where
from exosim.operations.base import NOTHING, VESICLES_TAKEN, Outcome, Phase, joined
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class ClarifyingCentrifugation(Spin):
    """A clearing spin, whose supernatant is the product."""

    mechanism: ClassVar[frozenset[str]] = Spin.settling
    takes_longer: ClassVar[str | None] = "rotor"
    repeats: ClassVar[str | None] = "runs"

    force: Array = parameter(
        2000.0,
        "1",
        low=100,
        high=20_000,
        doc="relative centrifugal force at the mean radius, in multiples of gravity",
        source="thery2006",
        critical=True,
    )
    spin_time: Array = parameter(
        1.0 / 3.0, "h", low=0.05, high=2, doc="time at full speed", source="thery2006", critical=True
    )
    r_min: Array = parameter(
        40.0,
        "mm",
        low=20,
        high=120,
        doc="least distance of the liquid from the axis; the default is a rotor of bottles",
    )
    r_max: Array = parameter(158.0, "mm", low=35, high=250, doc="largest distance of the liquid from the axis")
    tube_diameter: Array = parameter(
        69.0, "mm", low=5, high=120, doc="inner diameter of a tube or bottle in a fixed angle"
    )
    angle: float = parameter(
        25.0,
        "deg",
        low=0,
        high=45,
        maximum=60,
        planned=True,
        doc="angle between tube and axis; 0 for a swinging bucket",
    )
    tube_volume: Array = parameter(500.0, "mL", low=0.2, high=2000, doc="liquid in a tube or bottle")
    turnaround: Array = parameter(
        0.5,
        "h",
        low=0.1,
        high=2,
        doc="work of one run besides the spin: fill, balance, speed up, slow down, draw off",
    )
    heel: Array = parameter(
        5.0, "mL", low=0.02, high=50, doc="liquid left over the pellet of a tube, so that it is not stirred up"
    )
    stirred_up: Array = parameter(
        0.02, "1", low=0.0, high=0.2, doc="fraction of a pellet that is drawn off with the supernatant"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return the supernatant."""
        tubes, runs = self.filled(feed.volume)
        left = np.minimum(tubes * self.heel * 1e-3 / np.maximum(feed.volume, NOTHING), 1.0)
        cleared, pellet = feed.separate(self._not_pelleted(feed))
        mechanism = {"pellet": self._drawn_off(self.pelleted_vesicles(self.context.sizes)), "heel": 1.0 - left}
        cleared, losses = self.take_vesicles("measured loss", mechanism, cleared)
        drawn, heel = cleared.separate(VESICLES_TAKEN, otherwise=1.0 - left)
        return Outcome(
            drawn,
            losses=joined(losses, {"pellet": pellet, "heel": heel}),
            phases=(
                Phase("handle", runs * self.turnaround),
                Phase("spin", runs * self.spin_time, attended=False),
            ),
            consumption={"centrifuge_tube": tubes},
            monitors={"tubes": tubes, "runs": runs, "speed": np.asarray(self.revolutions)},
            limits={
                **self.speed_limit(),
                "the heel takes more than half of the feed": one_where(np.greater(left, 0.5)),
            },
        )

    def _drawn_off(self, pelleted: Array) -> Array:
        """Return the fraction that stays in the supernatant, with what is stirred up."""
        return np.asarray(1.0 - pelleted * (1.0 - self.stirred_up))

    def _not_pelleted(self, feed: Material) -> dict[str, Array]:
        """Return what stays in the supernatant of all but vesicles."""
        return {name: self._drawn_off(share) for name, share in self.pelleted_others(feed).items()}
