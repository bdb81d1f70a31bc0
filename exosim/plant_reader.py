"""Read the sections about the plant: equipment, people, calendar, campaign, orders, failures, length of a run."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exosim.campaign import CampaignNumbers
from exosim.declarations import (
    Block,
    CampaignDeclaration,
    EquipmentDeclaration,
    PlantDeclarations,
    RoleDeclaration,
    ShiftDeclaration,
)
from exosim.demand_reader import DemandReader
from exosim.errors import Problem, in_words, unknown
from exosim.failure_reader import FailureReader
from exosim.findings import Findings
from exosim.operations import catalog
from exosim.parameter import declared
from exosim.plant import EquipmentNumbers, MaintenanceNumbers, RoleNumbers
from exosim.plant_tables import CampaignTable, EquipmentTable
from exosim.plausibility import doubts
from exosim.quantities import read_number
from exosim.release_reader import ReleaseReader
from exosim.resource_reader import ResourceReader, given, unique
from exosim.schema import ScenarioTable
from exosim.table_base import DAYS
from exosim.toml_source import KeyPath
from exosim.units import QuantityError
from exosim.working_time import Shift, working_time

_YEAR = 8766.0
_LONGEST = 876_600.0  # h
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_PROMISED = 'mode = "paced"; batches on order are due with their orders'
_CREW = ("minimum_crew", "headcount")
_DEFAULT_START = datetime.datetime(2027, 1, 4, 6)
BlockReader = Callable[..., Block]


@dataclass(frozen=True)
class PlantReader:
    """One reading of the plant of one scenario.

    Attributes
    ----------
    table : the scenario as tables
    findings : takes the problems
    block : reads the numbers of one owner
    utilities : limit and unit of each utility
    """

    table: ScenarioTable
    findings: Findings
    block: BlockReader
    utilities: Mapping[str, tuple[float, str]]

    def read(self) -> PlantDeclarations:
        """Return what the scenario declares of its plant; problems are noted."""
        resources = ResourceReader(self.table, self.findings, self.block)
        rooms, stores = dict(resources.rooms()), dict(resources.stores())
        equipment, roles = dict(self._equipment(rooms)), dict(self._roles())
        self._check_procedures(equipment, roles, stores)
        failures = FailureReader(self.table, self.findings, self.block)
        quality = ReleaseReader(self.table, self.findings, self.block, equipment, roles)
        release = quality.release()
        quality.check(release)
        start = self._naive(self.table.start) or _DEFAULT_START
        horizon = self._hours("horizon", _YEAR, above=True)
        demand = DemandReader(self.table, self.findings, self.block, start, horizon)
        plant = PlantDeclarations(
            equipment,
            roles,
            rooms,
            stores,
            self.utilities,
            dict(resources.stocks(equipment, roles)),
            dict(failures.of_procedures()),
            dict(failures.of_units(equipment)),
            tuple(self._campaigns()),
            tuple(demand.orders()),
            horizon,
            self._hours("warm_up", 0.0, above=False),
            start,
            tuple(self._closed()),
            release,
            dict(quality.tests()),
            tuple(demand.warehouses()),
        )
        self._check_time(plant)
        if not self.findings.problems:
            self.findings.warnings.extend(doubts(plant))
        return plant

    def _equipment(self, rooms: Mapping[str, Any]) -> Iterator[tuple[str, EquipmentDeclaration]]:
        unique(self.findings, "equipment", "id", [table.id for table in self.table.equipment])
        for index, table in enumerate(self.table.equipment):
            path: KeyPath = ("equipment", index)
            name, place = f"equipment.{table.id}", (*path, "maintenance")
            block = self.block(EquipmentNumbers, name, path, given(table, EquipmentNumbers))
            service = None
            if table.maintenance is not None:
                numbers = given(table.maintenance, MaintenanceNumbers)
                service = self.block(MaintenanceNumbers, f"{name}.maintenance", place, numbers)
            if table.room is not None and table.room not in rooms:
                self.findings.add((*path, "room"), unknown("room", table.room, rooms))
            yield table.id, EquipmentDeclaration(block, service, table.room, self._size_limit(table, path))

    def _size_limit(self, table: EquipmentTable, path: KeyPath) -> float | None:
        """Return the largest size of one unit, in the unit of what its procedures are sized by."""
        if table.size_limit is None:
            return None
        sizes = {}
        for procedure in self.table.unit_procedure:
            operation = catalog().get(procedure.operation)
            if procedure.unit == table.id and operation is not None:
                by = operation.sized_by
                sizes[by or "the volume of the feed"] = "L" if by is None else declared(operation)[by].unit
        if len(set(sizes.values())) > 1:
            told = " and ".join(f"{by} [{unit}]" for by, unit in sizes.items())
            problem = Problem("its procedures are sized by different things", got=told, expected="classes of their own")
            self.findings.add((*path, "size_limit"), problem)
            return None
        try:
            limit = read_number(table.size_limit, next(iter(sizes.values()), "L"))
        except QuantityError as error:
            self.findings.quantity((*path, "size_limit"), error)
            return None
        if limit <= 0.0:
            self.findings.add((*path, "size_limit"), Problem("must be above 0", got=in_words(table.size_limit)))
            return None
        return limit

    def _roles(self) -> Iterator[tuple[str, RoleDeclaration]]:
        unique(self.findings, "personnel", "role", [table.role for table in self.table.personnel])
        for index, table in enumerate(self.table.personnel):
            path: KeyPath = ("personnel", index)
            block = self.block(RoleNumbers, f"personnel.{table.role}", path, given(table, RoleNumbers))
            shifts = []
            for position, name in enumerate(table.shifts or ()):
                shift = self.table.calendar.shift.get(name)
                if shift is None:
                    self.findings.add((*path, "shifts", position), unknown("shift", name, self.table.calendar.shift))
                    continue
                days = tuple(DAYS.index(day) for day in shift.days)
                shifts.append(ShiftDeclaration(days, _hour(shift.start), _hour(shift.end)))
            known = table.shifts is not None and len(shifts) == len(table.shifts)
            if known and not any(shift.days for shift in shifts):
                problem = Problem(
                    "has no working time at all", expected="a shift with days, or no shifts: always there"
                )
                self.findings.add((*path, "shifts"), problem)
            self._check_crew(block, path)
            yield table.role, RoleDeclaration(block, tuple(shifts))

    def _check_crew(self, numbers: Block, path: KeyPath) -> None:
        """Check that a role has as many people as it must send."""
        sent, there = (numbers.typical(key, 1.0) for key in _CREW)
        if sent > there:
            problem = Problem(
                "is more than the role has", got=f"{sent:g}", expected=f"at most {there:g}, the headcount"
            )
            self.findings.add((*path, "minimum_crew"), problem)

    def _check_procedures(
        self, equipment: Mapping[str, Any], roles: Mapping[str, RoleDeclaration], stores: Mapping[str, Any]
    ) -> None:
        """With a plant declared, every unit, operator and store of a procedure must be part of it."""
        for index, table in enumerate(self.table.unit_procedure):
            path: KeyPath = ("unit_procedure", index)
            if equipment and table.unit is not None and table.unit not in equipment:
                self.findings.add((*path, "unit"), unknown("equipment", table.unit, equipment))
            if roles and table.operator is not None and table.operator not in roles:
                self.findings.add((*path, "operator"), unknown("role", table.operator, roles))
            if table.waits_in is not None and table.waits_in not in stores:
                self.findings.add((*path, "waits_in"), unknown("store", table.waits_in, stores))

    def _hours(self, key: str, default: float, *, above: bool) -> float:
        raw = getattr(self.table, key)
        if raw is None:
            return default
        try:
            hours = read_number(raw, "h")
        except QuantityError as error:
            self.findings.quantity((key,), error)
            return default
        if hours < 0.0 or (above and hours == 0.0):
            bound = "above 0" if above else "at least 0"
            self.findings.add(
                (key,), Problem(f"must be {bound}", got=in_words(raw), expected='a time, such as "52 week"')
            )
            return default
        return hours

    def _placed(self) -> list[tuple[KeyPath, CampaignTable]]:
        """Return the campaigns with their places."""
        listed = isinstance(self.findings.data.get("campaign"), list)
        return [(("campaign", i) if listed else ("campaign",), table) for i, table in enumerate(self.table.campaign)]

    def _campaigns(self) -> Iterator[CampaignDeclaration]:
        """Yield the campaigns; where there are several, each names its product."""
        placed = self._placed()
        unique(self.findings, "campaign", "product", [table.product or "" for _, table in placed if table.product])
        for path, table in placed:
            if table.product is None and (len(placed) > 1 or table.scenario is not None):
                problem = Problem('"product" is missing', expected='product = "the name of what the campaign makes"')
                self.findings.add((*path, "product"), problem)
            prefix = f"campaign.{table.product}" if len(path) > 1 else "campaign"
            numbers = self.block(CampaignNumbers, prefix, path, given(table, CampaignNumbers))
            if table.promise is not None and table.mode != "paced":
                problem = Problem("a promise is of paced batches", got=f'mode = "{table.mode}"', expected=_PROMISED)
                self.findings.add((*path, "promise"), problem)
            yield CampaignDeclaration(numbers, table, table.product or "", table.scenario)

    def _closed(self) -> Iterator[datetime.date]:
        calendar = self.table.calendar
        yield from calendar.holidays
        for index, shutdown in enumerate(calendar.shutdowns):
            if shutdown.first > shutdown.last:
                path: KeyPath = ("calendar", "shutdowns", index)
                self.findings.add(path, Problem("ends before it starts", got=f"{shutdown.first} to {shutdown.last}"))
            for day in range((shutdown.last - shutdown.first).days + 1):
                yield shutdown.first + datetime.timedelta(days=day)

    def _check_time(self, plant: PlantDeclarations) -> None:
        """Check that a run lies in the calendar, is longer than its warm-up, and that everyone works at some time."""
        if not _FIRST_YEAR <= plant.start.year <= _LAST_YEAR:
            years = f"a date in the years {_FIRST_YEAR} to {_LAST_YEAR}"
            self.findings.add(("start",), Problem("is too far away", got=str(plant.start), expected=years))
            return
        if plant.horizon > _LONGEST:
            got = in_words(self.table.horizon)
            self.findings.add(("horizon",), Problem("is too long", got=got, expected="at most 876600 h (100 years)"))
            return
        if plant.warm_up >= plant.horizon:
            got, whole = in_words(self.table.warm_up), f"less than the horizon of {plant.horizon:g} h"
            self.findings.add(("warm_up",), Problem("leaves nothing of the run", got=got, expected=whole))
        for index, table in enumerate(self.table.personnel):
            role = plant.roles.get(table.role)
            if role is None or not any(shift.days for shift in role.shifts):
                continue
            shifts = [Shift(shift.days, shift.start, shift.end) for shift in role.shifts]
            if working_time(shifts, plant.start, plant.horizon, plant.closed).worked(plant.horizon) <= 0.0:
                problem = Problem("has no working time within the horizon", expected="a day that is not closed")
                self.findings.add(("personnel", index, "shifts"), problem)

    def _naive(self, start: datetime.datetime | None) -> datetime.datetime | None:
        return start.replace(tzinfo=None) if start is not None else None


def _hour(time: datetime.time) -> float:
    return time.hour + time.minute / 60.0 + time.second / 3600.0
