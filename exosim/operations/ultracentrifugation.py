"""Ultracentrifugation: vesicles are pelleted, taken up in buffer, and pelleted again to wash them.

Model: particles settle to the wall of their tube by Stokes' law, in swinging buckets and in fixed angles
(:mod:`exosim.physics.pelleting`); vesicles are the denser the smaller they are, because more of them is membrane. What
settles, and some liquid, stays when the supernatant is poured off. A fraction of the pellet is taken up again; of the
vesicles a fraction is aggregated or damaged. A wash suspends the pellets of all tubes together in as few full tubes of
buffer as hold them, and repeats the pelleting. The feed is spun in as many runs as it takes.

Assumptions: protein complexes and free DNA settle with a coefficient of their own; of all other protein a fraction is
dragged into the pellet; debris and cells settle with their size, aggregates of cargo as non-vesicular particles of the
sizes of the vesicles. Free cargo and polymer are dissolved and are poured off with the liquid. Recovery is not the
pelleted fraction: theory pellets most vesicles in an hour, and measured recoveries are several times lower, which is
ascribed to the taking up and to aggregation.

Validity: see the physics; no density gradients or cushions, no vertical rotors.

Sources: Livshits et al. 2015 (pelleting); Théry et al. 2006 (force, time, wash); Linares et al. 2015 (aggregation).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from exosim.centrifuge import Spin
from exosim.material import Material, solution
from exosim.operations.base import NOTHING, Outcome, Phase, joined
from exosim.parameter import Array, parameter

_IN_THE_LIQUID = dict.fromkeys(("volume", "salt", "free_cargo", "polymer"), 1.0)


@dataclass(frozen=True, kw_only=True)
class Ultracentrifugation(Spin):
    """Pelleting of vesicles, with washes."""

    mechanism: ClassVar[frozenset[str]] = Spin.settling | {"aggregated"}
    takes_longer: ClassVar[str | None] = "rotor"
    repeats: ClassVar[str | None] = "runs"

    washes: float = parameter(
        1,
        "1",
        low=0,
        high=4,
        whole=True,
        planned=True,
        doc="times that the pellets are suspended in buffer and spun anew",
        source="thery2006",
    )
    residual_volume: Array = parameter(
        0.2, "mL", low=0.02, high=5, doc="liquid that stays in a tube over the pellet", source="general_knowledge"
    )
    entrained: Array = parameter(
        0.02,
        "1",
        low=0.003,
        high=0.1,
        doc="fraction of dissolved protein that a spin drags into the pellet",
        source="watson2018",
    )
    resuspended: Array = parameter(
        0.6,
        "1",
        low=0.15,
        high=0.95,
        doc="fraction of a pellet that is taken up again, in each spin",
        source="webber2013",
        recovery=True,
    )
    aggregated: Array = parameter(
        0.15,
        "1",
        low=0.02,
        high=0.4,
        doc="fraction of the vesicles that is aggregated or damaged in the pellet, in each spin",
        source="linares2015",
    )
    resuspension_volume: Array = parameter(
        1.0, "mL", low=0.02, high=20, doc="buffer that takes up the pellet of one tube", source="general_knowledge"
    )
    resuspension_time: Array = parameter(0.05, "h", low=0.01, high=0.5, doc="time to take up the pellet of one tube")
    buffer_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.5, doc="salt of the buffer", source="general_knowledge"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return the pellets, taken up in buffer."""
        settled = {"vesicles": self.pelleted_vesicles(self.context.sizes), **self.pelleted_others(feed)}
        spins = [self._spin(feed, 0, settled)]
        for wash in range(1, round(self.washes) + 1):
            spins.append(self._spin(spins[-1].taken_up, wash, settled))
        losses: dict[str, Material] = {}
        for spin in spins:
            losses = joined(losses, spin.losses)
        added = sum((spin.buffer for spin in spins), Material())
        return Outcome(
            spins[-1].taken_up,
            added=added,
            losses=losses,
            phases=tuple(phase for spin in spins for phase in spin.phases),
            consumption={"buffer": added.volume, "centrifuge_tube": sum(spin.tubes for spin in spins)},
            monitors={
                "tubes": sum(spin.tubes for spin in spins),
                "runs": sum(spin.runs for spin in spins),
                "speed": np.asarray(self.revolutions),
            },
            limits={**self.speed_limit(), **self._pelleting_limit(feed, settled["vesicles"])},
        )

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the rotor, and that vesicles float."""
        yield from super().problems()
        heaviest = float(np.max(self.vesicle_density(self.context.sizes)))
        liquid = float(np.min(self.medium_density))
        if self.ev_recovery is None and heaviest <= liquid:
            told = f"{heaviest:.4g} g/mL at most in a liquid of {liquid:.4g} g/mL"
            yield "medium_density", f"vesicles never pellet, they are no denser than the liquid: {told}"

    def _spin(self, stage: Material, number: int, settled: Mapping[str, Array]) -> _Spun:
        """Spin the feed, or wash what was taken up: pour off the liquid and take up the pellets."""
        channel, prefix = ("wash supernatant", "wash: ") if number else ("supernatant", "")
        topping = self._buffer(self._to_full_tubes(stage.volume)) if number else Material()
        stage = stage + topping
        tubes, runs = self.filled(stage.volume)
        over = np.minimum(tubes * self.residual_volume * 1e-3 / np.maximum(stage.volume, NOTHING), 1.0)
        kept = self._staying(over, stage, settled)
        pellet, poured = stage.separate({**kept, **self._followers(stage)}, otherwise=over)
        pellet, losses = self._without_lost_vesicles(number, channel, kept["vesicles"], pellet)
        pellet, stuck = pellet.separate({**self._followers(stage), **_IN_THE_LIQUID}, self.resuspended)
        losses = joined(losses, {channel: poured, "resuspension": stuck})
        liquid = self._buffer(tubes * self.resuspension_volume * 1e-3)
        phases = (
            Phase(prefix + "handle", runs * self.turnaround),
            Phase(prefix + "spin", runs * self.spin_time, attended=False),
            Phase(prefix + "take up", tubes * self.resuspension_time),
        )
        return _Spun(pellet + liquid, topping + liquid, losses, phases, tubes, runs)

    def _to_full_tubes(self, volume: Array) -> Array:
        """Return the buffer that fills the last tube [L]."""
        return np.maximum(self.filled(volume)[0] * self.tube_volume * 1e-3 - volume, 0.0)

    def _buffer(self, volume: Array) -> Material:
        return solution(volume, self.buffer_salt)

    def _followers(self, stage: Material) -> dict[str, Array]:
        """Return the vesicles and all that follows them, as what stays whole."""
        return {**self.vesicles_kept(1.0, stage), "cell_equivalents": 1.0}

    def _staying(self, over: Array, stage: Material, settled: Mapping[str, Array]) -> dict[str, Array]:
        """Return what is not poured off: what settles, what is dragged along, what is over it."""
        poured, there = 1.0 - over, {"vesicles", *stage.present()}
        dissolved = poured * (1.0 - self.entrained)
        return {
            **{name: share * poured + over for name, share in settled.items() if name in there},
            "protein": 1.0 - (1.0 - settled["protein"]) * dissolved,
            "nuclease": 1.0 - dissolved,
            "endotoxin": 1.0 - dissolved,
        }

    def _without_lost_vesicles(
        self, number: int, channel: str, kept: Array, pellet: Material
    ) -> tuple[Material, dict[str, Material]]:
        """Return the pellet without the vesicles that a spin loses; a measured recovery is that of all spins."""
        if number and self.ev_recovery is not None:
            return pellet, {}
        mechanism = {channel: kept, "resuspension": self.resuspended, "aggregation": 1.0 - self.aggregated}
        return self.take_vesicles("measured loss", mechanism, pellet)

    def _pelleting_limit(self, feed: Material, pelleted: Array) -> dict[str, Array]:
        return self.minority_limit("are pelleted in a spin", pelleted, feed)


@dataclass(frozen=True, slots=True)
class _Spun:
    """What one spin with all its runs made: the pellets as taken up, and what it took."""

    taken_up: Material
    buffer: Material
    losses: dict[str, Material]
    phases: tuple[Phase, ...]
    tubes: Array
    runs: Array
