"""Quality by design: target profile, reasons for limits, and critical process parameters with their proven ranges.

Terms are those of ICH Q8(R2): the quality target product profile says what the product shall be, a critical quality
attribute has a limit that follows from it, and a critical process parameter is one whose variation affects such an
attribute. A proven acceptable range is one in which, all other parameters being constant, relevant criteria are met.

Nothing here changes a number of a run: these are statements about a process, which the numbers are held against.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from exosim import units
from exosim.distributions import Distribution
from exosim.sampling import Quantity

PROFILE: Mapping[str, str] = {
    "intended_use": "intended use",
    "route": "route of administration",
    "dosage_form": "dosage form",
    "delivery_system": "delivery system",
    "strength": "strength",
    "container": "container and closure",
    "storage": "storage",
    "shelf_life": "shelf life",
}
"""Elements of the quality target product profile that have a key of their own (ICH Q8(R2), 2.1), in words."""
REPORTED: Mapping[str, str] = {
    "source": "source of the vesicles",
    "culture": "culture conditions",
    "storage": "storage of source material and vesicles",
    "separation": "separation and concentration",
    "characterization": "characterization",
    "controls": "controls",
    "function": "functional studies",
    "ev_track": "EV-TRACK identifier",
}
"""What a scenario may tell of reporting in its own words, by key."""
INTERVAL = (0.05, 0.95)
"""Quantiles of what is drawn of a parameter, which shall lie within its proven acceptable range."""
_DRAWN = 4096


@dataclass(frozen=True, slots=True)
class Reason:
    """Why something is as it is: words, and the key of their source; empty where there is none."""

    text: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class ProfileElement:
    """An element of the quality target product profile: what it is, what is wanted, and why."""

    name: str
    target: str
    reason: Reason = field(default_factory=Reason)


@dataclass(frozen=True, slots=True)
class CriticalParameter:
    """A critical process parameter with its proven acceptable range.

    Attributes
    ----------
    address, doc, unit : of the parameter, such as ``concentrate.flux``; limits and set point are in this unit
    at_least, at_most : the proven acceptable range; None where it is open
    set_point : the fixed value or the median
    drawn : interval of :data:`INTERVAL` of what is drawn; the set point twice where it does not vary
    affects : ids of the attributes that depend on it
    reason : why the range is as it is
    """

    address: str
    doc: str
    unit: str
    at_least: float | None
    at_most: float | None
    set_point: float
    drawn: tuple[float, float]
    affects: tuple[str, ...] = ()
    reason: Reason = field(default_factory=Reason)

    @property
    def inside(self) -> bool:
        """Whether the set point lies within the range."""
        return self.contains(self.set_point)

    @property
    def drawn_inside(self) -> bool:
        """Whether the interval of what is drawn lies within the range."""
        return all(map(self.contains, self.drawn))

    @property
    def varies(self) -> bool:
        """Whether the parameter is drawn."""
        return self.drawn[0] < self.drawn[1]

    def contains(self, value: float) -> bool:
        """Return whether a value lies within the range."""
        above = self.at_least is None or value >= self.at_least
        return above and (self.at_most is None or value <= self.at_most)

    @property
    def range_text(self) -> str:
        """The range as text, such as ``20 to 60 L/m2/h``."""
        return limits_text(self.at_least, self.at_most, self.unit)

    @property
    def set_point_text(self) -> str:
        """The set point as text with its unit."""
        return units.show(self.set_point, self.unit)

    @property
    def drawn_text(self) -> str:
        """The interval of what is drawn as text; empty where the parameter does not vary."""
        low, high = self.drawn
        return f"{units.show(low, '1', 3)} to {units.show(high, self.unit, 3)}" if self.varies else ""

    def doubt(self) -> str | None:
        """Return the warning that what is set or drawn lies outside the range; None where it does not."""
        if not self.inside:
            return f"{self.address}: the set point {self.set_point_text} lies outside its range of {self.range_text}"
        if not self.drawn_inside:
            what = f"5 to 95 % of the draws are {self.drawn_text}"
            return f"{self.address}: {what}, in part outside its range of {self.range_text}"
        return None


@dataclass(frozen=True)
class QualityByDesign:
    """What a scenario says of quality by design.

    Attributes
    ----------
    profile : the quality target product profile
    limits : why the limits of an attribute are as they are, by its id
    parameters : the critical process parameters
    reported : what the scenario tells in its own words, by key of :data:`REPORTED`
    """

    profile: tuple[ProfileElement, ...] = ()
    limits: Mapping[str, Reason] = field(default_factory=dict)
    parameters: tuple[CriticalParameter, ...] = ()
    reported: Mapping[str, str] = field(default_factory=dict)


def limits_text(at_least: float | None, at_most: float | None, unit: str) -> str:
    """Return limits as text, such as ``at most 10 ng/dose``; ``none`` where there is none."""
    if at_least is None:
        return "none" if at_most is None else f"at most {units.show(at_most, unit)}"
    if at_most is None:
        return f"at least {units.show(at_least, unit)}"
    return f"{units.show(at_least, '1')} to {units.show(at_most, unit)}"


def drawn_interval(quantity: Quantity, address: str) -> tuple[float, float]:
    """Return the interval of :data:`INTERVAL` of a quantity.

    It is exact where only the distribution itself varies; with spreads of donors and batches on top it is that of
    draws, always the same ones.
    """
    if quantity.is_fixed:
        return quantity.typical, quantity.typical
    if isinstance(quantity.base, Distribution) and not quantity.donor_spread and not quantity.batch_spread:
        low, high = quantity.base.quantile(np.array(INTERVAL))
    else:
        low, high = np.quantile(quantity.values(0, address, 0, _DRAWN), INTERVAL)
    return float(low), float(high)
