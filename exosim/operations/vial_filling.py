"""Filling into vials: dilution to the target content, line loss, overfill, rejects, and the wait for the tests.

Model: with a target content the bulk is diluted to it, never concentrated; whole vials only, but for one last vial that
may take the rest and is retained. Vesicles or cells count as filled when they can be withdrawn: the overfill that stays
in the vial is a loss. Retained vials are accepted product that no dose is made of.

Content is counted like the dose of the product (:mod:`exosim.physics.dosing`): in true vesicles, as the named
instrument counts particles, in protein, in cell equivalents, in MHC class II molecules, or in viable cells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np

from exosim.material import Material, minus, one_where, plus, short_of_whole
from exosim.operations.base import NOTHING, ClosedForm, Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class VialFilling(UnitOperation):
    """Filling of a bulk into vials."""

    needs: ClassVar[Literal["either"]] = "either"
    takes_longer: ClassVar[str | None] = "filler"
    repeats: ClassVar[str | None] = "vials"
    stays: ClassVar[tuple[str, ...]] = ("line_loss", "retained")

    fill_volume: Array = parameter(
        1.0, "mL/vial", low=0.1, high=100, doc="volume that can be withdrawn from a vial", decided=True
    )
    target_content: Array | None = parameter(
        None,
        "EV/vial",
        low=1e6,
        high=1e14,
        doc="content of a vial, in the unit of the dose (EV/vial or ug/vial, say); none: the bulk is filled as it is",
        critical=True,
        decided=True,
    )
    overfill: Array = parameter(
        0.1,
        "1",
        low=0.0,
        high=0.2,
        doc="overfill over the fill volume; 0.1 for 1 mL of a mobile liquid",
        source="usp1151",
        grade="A",
        decided=True,
    )
    line_loss: Array = parameter(5.0, "mL", low=0.0, high=1000, doc="volume lost in the line and in priming")
    reject_fraction: Array = parameter(0.015, "1", low=0.0, high=0.1, doc="vials rejected at inspection")
    retained: Array = parameter(
        40.0,
        "vial",
        low=0,
        high=200,
        whole=True,
        doc="vials for QC, stability and retain",
        source="general_knowledge",
        decided=True,
    )
    partial_vial: float = parameter(
        0,
        "1",
        low=0,
        high=1,
        whole=True,
        planned=True,
        maximum=1,
        doc="1: the rest of the bulk goes into one more vial, partly filled, which is retained; 0: it is lost",
    )
    rate: Array = parameter(150.0, "vial/h", low=60, high=20000, doc="filling rate", source="general_knowledge")
    diluent_salt: Array = parameter(
        0.15, "mol/L", low=0.0, high=0.3, doc="salt of the diluent", source="pbs_recipe", grade="B", decided=True
    )
    preparation: Array = parameter(1.0, "h", low=0.25, high=8, doc="time to set up and to clear the line")
    test_time: Array = parameter(
        0.0, "h", low=0.0, high=720, doc="time on the line until the tests of the filled vials are done"
    )

    def transform(self, feed: Material) -> Outcome:
        """Return what can be withdrawn from the accepted vials."""
        held = self._content(feed)
        diluent = self._diluent(feed, held)
        bulk = feed + diluent
        volume = np.maximum(bulk.volume, NOTHING)
        per_vial = self.fill_volume * 1e-3
        usable = np.maximum(bulk.volume - self.line_loss * 1e-3, 0.0)
        filled = _whole(usable / (per_vial * (1.0 + self.overfill)))
        accepted = _whole(filled * (1.0 - self.reject_fraction))
        in_vial = np.minimum(per_vial * (1.0 + self.overfill), usable / np.maximum(filled, 1.0)) / volume
        last, poured = self._last_vial(usable / volume - filled * in_vial, volume)
        full, part = (share / (1.0 + self.overfill) for share in (accepted * in_vial, poured))
        left = np.maximum(minus(1.0 - filled * in_vial, poured), 0.0)
        good = plus(accepted, last)
        kept_back = self._kept_back(good)
        vials = Material(vials=good, retained_vials=kept_back)
        return Outcome(
            bulk.portion(plus(full, part)) + vials,
            added=diluent + vials,
            losses={
                "rejected vials": bulk.portion((filled - accepted) * in_vial),
                "overfill": bulk.portion(plus(full, part) * self.overfill),
                "line and heel": bulk.portion(left),
            },
            phases=self._phases(plus(filled, last)),
            consumption={"vial": plus(filled, last), "buffer": diluent.volume},
            monitors={
                "vials": plus(filled, last),
                "accepted": good,
                "retained": kept_back,
                "content": held * full / np.maximum(accepted, 1.0),
            },
            limits=self._limits(feed, held, minus(good, kept_back)),
        )

    def _last_vial(self, rest: Array, volume: Array) -> tuple[Array, Array]:
        """Return the number of partly filled vials, 0 or 1, and the share of the bulk that goes into it."""
        if not self.partial_vial:
            return 0.0, 0.0
        rest = np.maximum(rest, 0.0)
        last = one_where(rest * volume > 1e-9 * self.fill_volume * 1e-3)
        return last, last * rest

    def problems(self) -> Iterator[tuple[str, str]]:
        """Yield what is wrong with the partly filled vial."""
        if self.partial_vial and np.any(np.less(self.retained, 1.0)):
            yield "partial_vial", "a partly filled vial is retained, and retained is 0"

    def closed_forms(self) -> Mapping[str, ClosedForm]:
        """Return how vials are counted, what each holds, and which share of the bulk is lost."""
        counted = f"{self.context.dose_kind}/vial"
        forms = {
            "bulk": ClosedForm("entered_volume", "mL", "volume to be filled"),
            "usable": ClosedForm("max(bulk - line_loss, 0)", "mL", "what reaches the needle"),
            "filled": ClosedForm("floor(usable / (fill_volume * (1 + overfill)))", "vial", "full vials"),
            "accepted": ClosedForm("floor(filled * (1 - reject_fraction))", "vial", "inspected and good", "accepted"),
            "poured": ClosedForm("min(fill_volume * (1 + overfill), usable / max(filled, 1))", "mL/vial", "in a vial"),
            "content": ClosedForm(
                "entered_content * poured / bulk / (1 + overfill) * min(accepted, 1)", counted,
                "what can be withdrawn from a vial", "content",
            ),
            "retained_vials": ClosedForm("min(retained, accepted)", "vial", "kept for QC and stability", "retained"),
            **self._shares_lost(),
        }  # fmt: skip
        if self.target_content is not None:
            forms["diluent"] = ClosedForm(
                "max(entered_content / target_content * fill_volume - entered_volume, 0)", "mL",
                "added to reach the target content",
            )  # fmt: skip
            forms["bulk"] = ClosedForm("entered_volume + diluent", "mL", "volume to be filled, diluted")
        return {**forms, **self._with_a_part(counted)} if self.partial_vial else forms

    def _shares_lost(self) -> dict[str, ClosedForm]:
        """Return which share of the bulk each loss channel takes."""
        rejected, overfilled, left = "rejected vials", "overfill", "line and heel"
        return {
            "share_rejected": ClosedForm("(filled - accepted) * poured / bulk", "1", "in rejected vials", "", rejected),
            "share_overfill": ClosedForm(
                "accepted * poured / bulk / (1 + overfill) * overfill", "1", "cannot be withdrawn", "", overfilled
            ),
            "share_left": ClosedForm("max(1 - filled * poured / bulk, 0)", "1", "in no vial", "", left),
        }

    def _with_a_part(self, counted: str) -> dict[str, ClosedForm]:
        """Return what is otherwise where the rest of the bulk goes into one more vial."""
        rejected, overfilled, left = "rejected vials", "overfill", "line and heel"
        poured = "full * poured + part * rest"
        return {
            "full": ClosedForm("floor(filled * (1 - reject_fraction))", "vial", "full vials, inspected and good"),
            "rest": ClosedForm("max(usable - filled * poured, 0)", "mL", "left for the last vial"),
            "part": ClosedForm("one_if(rest / fill_volume)", "vial", "partly filled, and retained"),
            "accepted": ClosedForm("full + part", "vial", "inspected and good, or retained", "accepted"),
            "content": ClosedForm(
                "entered_content * poured / bulk / (1 + overfill) * min(full, 1)", counted,
                "what can be withdrawn from a full vial", "content",
            ),
            "share_rejected": ClosedForm("(filled - full) * poured / bulk", "1", "in rejected vials", "", rejected),
            "share_overfill": ClosedForm(
                f"({poured}) / bulk / (1 + overfill) * overfill", "1", "cannot be withdrawn", "", overfilled
            ),
            "share_left": ClosedForm(
                "max(1 - (filled * poured + part * rest) / bulk, 0)", "1", "in no vial", "", left
            ),
        }  # fmt: skip

    def unused(self) -> frozenset[str]:
        """Return what matters for a dilution only, when there is none."""
        return frozenset({"diluent_salt"} if self.target_content is None else ())

    def _phases(self, vials: Array) -> tuple[Phase, ...]:
        tests = Phase("test", self.test_time, attended=False)
        return (Phase("prepare", self.preparation), Phase("fill", vials / self.rate), tests)

    def _content(self, material: Material) -> Array:
        """Return how much of what a dose counts a material holds."""
        return self.context.dose_content(material)

    def _diluent(self, feed: Material, held: Array) -> Material:
        if self.target_content is None:
            return Material()
        wanted = held / self.target_content * self.fill_volume * 1e-3
        volume = np.maximum(wanted - feed.volume, 0.0)
        return Material(volume=volume, salt=self.diluent_salt * volume)

    def _kept_back(self, accepted: Array) -> Array:
        return np.asarray(np.minimum(self.retained, accepted))

    def _limits(self, feed: Material, held: Array, for_doses: Array) -> dict[str, Array]:
        none_left = {"no vial is left for doses: all that are accepted are retained": one_where(for_doses <= 0.0)}
        if self.target_content is None:
            return none_left
        reached = held / (np.maximum(feed.volume, NOTHING) * 1e3) * self.fill_volume
        short = one_where(reached < self.target_content * (1.0 - 1e-9))
        return {"bulk below the target content: vials hold less": short, **none_left}


def _whole(count: Array) -> Array:
    """Return the whole number in a count; what is short of one by rounding alone is one."""
    return np.asarray(np.floor(count + short_of_whole(count)))
