"""What a scenario declares, with every quantity read: parameter blocks, procedures, dose and specification."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from exosim.parameter import Array, Parameter
from exosim.quality import Attribute
from exosim.quantities import Given
from exosim.readings import DoseRule


@dataclass(frozen=True)
class Block:
    """The parameters of one owner and what the scenario gives for them.

    Attributes
    ----------
    owner : the dataclass that declares them
    prefix : address of the block, such as ``concentrate``
    parameters : the declarations, by field; the unit of a content follows that of the dose
    given : what the scenario gives, by field
    unused : fields that do not matter beside those that are given
    """

    owner: type[Any]
    prefix: str
    parameters: Mapping[str, Parameter]
    given: Mapping[str, Given] = field(default_factory=dict)
    unused: frozenset[str] = frozenset()

    def pick(self, values: Mapping[str, Array]) -> dict[str, Any]:
        """Return the values of this block, by field."""
        return {name: values[f"{self.prefix}.{name}"] for name in self.given}


@dataclass(frozen=True)
class ProcedureDeclaration:
    """One unit procedure of the recipe."""

    id: str
    operation: Block
    feeds: tuple[str, ...]
    wait: Block
    hold: Block | None
    harvest_hold: Block | None
    longest_hold: float | None
    unit: str | None
    operator: str | None

    def blocks(self) -> Iterator[Block]:
        """Yield the parameter blocks of the procedure."""
        yield self.operation
        if self.wait.given:
            yield self.wait
        yield from (block for block in (self.hold, self.harvest_hold) if block is not None)


@dataclass(frozen=True)
class Declarations:
    """All that a scenario declares."""

    procedures: tuple[ProcedureDeclaration, ...]
    size: Block
    vesicles: Block
    proteins: Block
    dose: DoseRule
    instrument: str
    assays: Mapping[str, Block]
    attributes: tuple[Attribute, ...]

    def blocks(self) -> Iterator[Block]:
        """Yield every parameter block, in the order of the ledger."""
        yield from (self.size, self.vesicles, self.proteins)
        for procedure in self.procedures:
            yield from procedure.blocks()
        yield from self.assays.values()
