"""What comes with a scenario that was saved, instead of the other files that its own file names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from exosim.empirical import Empirical

if TYPE_CHECKING:
    from exosim.scenario import Scenario


@dataclass(frozen=True)
class Enclosures:
    """Measured values and the scenarios of other products.

    What they stand for is looked for in them first: a value of another file, set later, is read from that file.

    Attributes
    ----------
    measured : the distributions by measured values, by address of the quantity
    products : the scenarios of other products, by the product and its file as the campaign names them
    """

    measured: Mapping[str, Empirical] = field(default_factory=dict)
    products: Mapping[tuple[str, str], Scenario] = field(default_factory=dict)

    def __reduce__(self) -> tuple[Any, ...]:
        return Enclosures, (dict(self.measured), dict(self.products))


NOTHING = Enclosures(MappingProxyType({}), MappingProxyType({}))
"""A scenario that was read from its files."""
