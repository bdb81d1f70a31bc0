"""What a scenario declares, with every quantity read: parameter blocks, procedures, dose and specification."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from exosim.companion import Companion
from exosim.culture.stimulus import Target
from exosim.diagnostic import Counts
from exosim.parameter import ASSUMPTION, Array, Parameter, Resolved
from exosim.plant_tables import CampaignTable, FailureTable, RoomTable
from exosim.quality import Attribute
from exosim.quality_by_design import QualityByDesign
from exosim.quality_tables import ReviewTable
from exosim.quantities import Given, default_line
from exosim.readings import DoseRule
from exosim.recipe import Breach, WhenTooLarge
from exosim.release import RetestRule

if TYPE_CHECKING:
    from exosim.economics_declaration import EconomicsDeclaration
    from exosim.study_declaration import StudyDeclaration


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
    off : values of the fields whose effect is switched off
    words : fields that are no quantities, such as the name of a rule
    """

    owner: type[Any]
    prefix: str
    parameters: Mapping[str, Parameter]
    given: Mapping[str, Given] = field(default_factory=dict)
    unused: frozenset[str] = frozenset()
    off: Mapping[str, float] = field(default_factory=dict)
    words: Mapping[str, Any] = field(default_factory=dict)

    def pick(self, values: Mapping[str, Array]) -> dict[str, Any]:
        """Return the values of this block, by field."""
        return {name: values[f"{self.prefix}.{name}"] for name in self.given} | {**self.off, **self.words}

    def typical(self, name: str, otherwise: float = 0.0) -> float:
        """Return the fixed value or the median of a field, in its declared unit; `otherwise` where nothing is given."""
        return self.given[name].quantity.typical if name in self.given else otherwise

    def lines(self, overrides: Mapping[str, Any]) -> Iterator[Resolved]:
        """Yield the lines of the ledger; `overrides` are the values that replaced those of the file, by address."""
        for name, parameter in self.parameters.items():
            path = f"{self.prefix}.{name}"
            if name in self.off:
                yield Resolved(path, "off", parameter.unit, "scenario", ASSUMPTION, "D")
            elif name in self.given:
                given = self.given[name]
                origin = "override" if {path, f"{path}.value"} & set(overrides) else given.origin
                yield given.line(path, parameter.unit, origin)
            elif parameter.default is not None and name not in self.unused:
                yield default_line(path, parameter)


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
    breach: Breach
    waits_in: str | None
    utilities: Mapping[str, float]
    when_too_large: WhenTooLarge
    split: Block | None
    end: bool
    stimuli: tuple[tuple[Block, Target], ...] = ()
    shared_run: Block | None = None

    @property
    def shares_common_factor(self) -> bool:
        """Whether it has a step recovery that varies by batch, which the common batch factor ties to others."""
        parameters, given = self.operation.parameters, self.operation.given
        recoveries = [one.quantity for name, one in given.items() if parameters[name].recovery]
        return any(quantity.varies == "batch" and not quantity.is_fixed for quantity in recoveries)

    def blocks(self) -> Iterator[Block]:
        """Yield the parameter blocks of the procedure."""
        yield self.operation
        yield from (block for block, _ in self.stimuli)
        if self.wait.given:
            yield self.wait
        others = (self.hold, self.harvest_hold, self.split, self.shared_run)
        yield from (block for block in others if block is not None)


@dataclass(frozen=True, slots=True)
class ShiftDeclaration:
    """A shift: the days on which it starts (0 is Monday) and its hours of the day."""

    days: tuple[int, ...]
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class RoleDeclaration:
    """The people of one role; no shifts: always there."""

    numbers: Block
    shifts: tuple[ShiftDeclaration, ...]


@dataclass(frozen=True)
class EquipmentDeclaration:
    """The units of one class, where they stand, how large one can be, and how they are serviced."""

    numbers: Block
    maintenance: Block | None = None
    room: str | None = None
    size_limit: float | None = None


@dataclass(frozen=True)
class StockDeclaration:
    """A stocked material, and how it is prepared where it is not delivered."""

    numbers: Block
    unit: str
    preparation: Block | None = None
    equipment: str | None = None
    role: str | None = None
    people: int = 1


@dataclass(frozen=True)
class CampaignDeclaration:
    """One campaign: its numbers and rules, what it makes, and the file of the recipe unless it is that of the site."""

    numbers: Block
    rules: CampaignTable
    product: str = ""
    scenario: str | None = None


@dataclass(frozen=True, slots=True)
class OrderDeclaration:
    """One table of orders.

    Attributes
    ----------
    dues : hour at which each of the orders is due
    batches : made for each; 0 for orders of doses, which stand among the numbers
    partial : whether what is there is shipped first
    """

    numbers: Block
    dues: tuple[float, ...]
    batches: int
    partial: bool = False
    product: str | None = None


@dataclass(frozen=True, slots=True)
class WarehouseDeclaration:
    """The warehouse of one product; None stands for all."""

    numbers: Block
    product: str | None = None


@dataclass(frozen=True)
class TestDeclaration:
    """An assay as work of the laboratory; what names no analyst or sample follows the release of the site."""

    __test__ = False  # no class of tests, whatever its name begins with

    numbers: Block
    analyst: str | None
    unit: str | None
    sample_after: str | None
    rule: RetestRule
    confirmatory: bool


@dataclass(frozen=True)
class ReleaseDeclaration:
    """What every lot of a site goes through from the end of its recipe to its disposition."""

    analyst: str | None = None
    sample_after: str | None = None
    conditional: bool = False
    closure: Block | None = None
    closed_by: str | None = None
    reviews: Mapping[str, tuple[Block, ReviewTable]] = field(default_factory=dict)


@dataclass(frozen=True)
class PlantDeclarations:
    """All that a scenario declares of its plant and of a run in time.

    Attributes
    ----------
    equipment, roles, rooms, stores, stocks : by id
    utilities : limit and unit, by id
    failures, breakdowns : their numbers and their tables, by id
    campaigns : what is made and how it is started; none when the scenario is not run in time
    orders, warehouses : in the order of the file
    release : None where lots are not tested and reviewed
    tests : the assays as work, by id
    horizon, warm_up : length of a run and of what is left out at its start [h]
    start : date and time of hour 0
    closed : days without shifts
    """

    equipment: Mapping[str, EquipmentDeclaration]
    roles: Mapping[str, RoleDeclaration]
    rooms: Mapping[str, tuple[Block, RoomTable]]
    stores: Mapping[str, Block]
    utilities: Mapping[str, tuple[float, str]]
    stocks: Mapping[str, StockDeclaration]
    failures: Mapping[str, tuple[Block, FailureTable]]
    breakdowns: Mapping[str, tuple[Block, FailureTable]]
    campaigns: tuple[CampaignDeclaration, ...]
    orders: tuple[OrderDeclaration, ...]
    horizon: float
    warm_up: float
    start: datetime.datetime
    closed: tuple[datetime.date, ...]
    release: ReleaseDeclaration | None = None
    tests: Mapping[str, TestDeclaration] = field(default_factory=dict)
    warehouses: tuple[WarehouseDeclaration, ...] = ()

    def blocks(self) -> Iterator[Block]:
        """Yield the parameter blocks, in the order of the ledger."""
        yield from (campaign.numbers for campaign in self.campaigns)
        yield from (order.numbers for order in self.orders)
        yield from (warehouse.numbers for warehouse in self.warehouses)
        for equipment in self.equipment.values():
            yield equipment.numbers
            if equipment.maintenance is not None:
                yield equipment.maintenance
        yield from (block for block, _ in self.rooms.values())
        yield from self.stores.values()
        yield from (role.numbers for role in self.roles.values())
        for stock in self.stocks.values():
            yield stock.numbers
            if stock.preparation is not None:
                yield stock.preparation
        for block, _ in (*self.failures.values(), *self.breakdowns.values()):
            yield block
        yield from (test.numbers for test in self.tests.values())
        if self.release is not None:
            if self.release.closure is not None:
                yield self.release.closure
            yield from (block for block, _ in self.release.reviews.values())


@dataclass(frozen=True)
class DiagnosticDeclaration:
    """A diagnostic test.

    Attributes
    ----------
    condition : what is tested for, in words
    performance, signal, interference, monitoring : its numbers; None of a part that the scenario does not tell
    counts : what its study counted, by group; none of a group of which the share is given
    """

    condition: str
    performance: Block
    counts: Mapping[str, Counts]
    signal: Block | None = None
    interference: Block | None = None
    monitoring: Block | None = None

    def blocks(self) -> Iterator[Block]:
        """Yield the parameter blocks, in the order of the ledger."""
        parts = (self.performance, self.signal, self.interference, self.monitoring)
        yield from (block for block in parts if block is not None)

    def as_dict(self) -> dict[str, Any]:
        """Return what was published as a JSON object: the counts of the study with their Wilson intervals."""
        counted = {group: counts.as_dict(negative=group == "healthy") for group, counts in self.counts.items()}
        return {"condition": self.condition, **counted}


@dataclass(frozen=True)
class Declarations:
    """All that a scenario declares."""

    procedures: tuple[ProcedureDeclaration, ...]
    size: Block
    vesicles: Block
    proteins: Block
    lot: Block
    common: Block
    dose: DoseRule
    instrument: str
    assays: Mapping[str, Block]
    attributes: tuple[Attribute, ...]
    plant: PlantDeclarations
    patients: Block
    by_design: QualityByDesign = field(default_factory=QualityByDesign)
    diagnostic: DiagnosticDeclaration | None = None
    companion: Companion | None = None
    companion_numbers: Block | None = None
    economics: EconomicsDeclaration | None = None
    scale: Block | None = None
    study: StudyDeclaration | None = None

    @property
    def course(self) -> int:
        """Doses that one patient needs; 0 where a lot is for no patient."""
        return round(self.patients.typical("course"))

    def blocks(self) -> Iterator[Block]:
        """Yield every parameter block, in the order of the ledger."""
        yield from self._of_product()
        yield from self.plant.blocks()
        if self.scale is not None:
            yield self.scale

    def of_recipe(self) -> Iterator[Block]:
        """Yield the blocks of the product alone, on whatever plant it is made: itself, its recipe, failures, tests."""
        yield from self._of_product()
        yield from (block for block, _ in self.plant.failures.values())
        yield from (test.numbers for test in self.plant.tests.values())

    def _of_product(self) -> Iterator[Block]:
        yield from (self.size, self.vesicles, self.proteins, self.lot, self.patients, self.common)
        if self.companion_numbers is not None:
            yield self.companion_numbers
        for procedure in self.procedures:
            yield from procedure.blocks()
        yield from self.assays.values()
        if self.diagnostic is not None:
            yield from self.diagnostic.blocks()
