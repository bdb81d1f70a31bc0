"""Read the sections about the plant: equipment, people, calendar, campaign, failures, and the length of a run."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exosim.declarations import Block, PlantDeclarations, RoleDeclaration, ShiftDeclaration
from exosim.errors import Problem, in_words, unknown
from exosim.findings import Findings
from exosim.parameter import declared
from exosim.plant import CampaignNumbers, EquipmentNumbers, FailureNumbers, RoleNumbers
from exosim.quantities import read_number
from exosim.schema import DAYS, ScenarioTable
from exosim.toml_source import KeyPath
from exosim.units import QuantityError
from exosim.working_time import Shift, working_time

_YEAR = 8766.0
_LONGEST = 876_600.0  # h
_FIRST_YEAR, _LAST_YEAR = 1900, 2200
_DEFAULT_START = datetime.datetime(2027, 1, 4, 6)
BlockReader = Callable[[type[Any], str, KeyPath, Mapping[str, Any]], Block]


@dataclass(frozen=True)
class PlantReader:
    """One reading of the plant of one scenario.

    Attributes
    ----------
    table : the scenario as tables
    findings : takes the problems
    block : reads the numbers of one owner
    """

    table: ScenarioTable
    findings: Findings
    block: BlockReader

    def read(self) -> PlantDeclarations:
        """Return what the scenario declares of its plant; problems are noted."""
        equipment = dict(self._equipment())
        roles = dict(self._roles())
        self._check_procedures(equipment, roles)
        campaign = self.table.campaign
        numbers = _given(campaign, CampaignNumbers) if campaign is not None else {}
        plant = PlantDeclarations(
            equipment,
            roles,
            dict(self._failures()),
            {f.id: (f.during, f.consequence) for f in self.table.failure},
            self.block(CampaignNumbers, "campaign", ("campaign",), numbers),
            campaign,
            self._hours("horizon", _YEAR, above=True),
            self._hours("warm_up", 0.0, above=False),
            self._naive(self.table.start) or _DEFAULT_START,
            tuple(self._closed()),
        )
        self._check_time(plant)
        return plant

    def _equipment(self) -> Iterator[tuple[str, Block]]:
        self._unique("equipment", "id", [table.id for table in self.table.equipment])
        for index, table in enumerate(self.table.equipment):
            given = _given(table, EquipmentNumbers)
            yield table.id, self.block(EquipmentNumbers, f"equipment.{table.id}", ("equipment", index), given)

    def _roles(self) -> Iterator[tuple[str, RoleDeclaration]]:
        self._unique("personnel", "role", [table.role for table in self.table.personnel])
        for index, table in enumerate(self.table.personnel):
            path: KeyPath = ("personnel", index)
            block = self.block(RoleNumbers, f"personnel.{table.role}", path, _given(table, RoleNumbers))
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
            yield table.role, RoleDeclaration(block, tuple(shifts))

    def _failures(self) -> Iterator[tuple[str, Block]]:
        self._unique("failure", "id", [table.id for table in self.table.failure])
        ids = [table.id for table in self.table.unit_procedure]
        for index, table in enumerate(self.table.failure):
            path: KeyPath = ("failure", index)
            if table.during not in ids:
                self.findings.add((*path, "during"), unknown("procedure", table.during, ids))
            if (table.rate is None) == (table.probability is None):
                self.findings.add(path, Problem("needs a rate or a probability, one of them"))
            if table.consequence == "wait" and table.rate is None and table.repair is None:
                self.findings.add((*path, "repair"), Problem('"repair" is missing: how long the work waits'))
            yield table.id, self.block(FailureNumbers, f"failure.{table.id}", path, _given(table, FailureNumbers))

    def _check_procedures(self, equipment: Mapping[str, Block], roles: Mapping[str, RoleDeclaration]) -> None:
        """With a plant declared, every unit and operator of a procedure must be part of it."""
        for index, table in enumerate(self.table.unit_procedure):
            path: KeyPath = ("unit_procedure", index)
            if equipment and table.unit is not None and table.unit not in equipment:
                self.findings.add((*path, "unit"), unknown("equipment", table.unit, equipment))
            if roles and table.operator is not None and table.operator not in roles:
                self.findings.add((*path, "operator"), unknown("role", table.operator, roles))

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

    def _unique(self, section: str, key: str, ids: list[str]) -> None:
        for index, name in enumerate(ids):
            if name in ids[:index]:
                line = self.findings.line((section, ids.index(name), key))
                problem = Problem(
                    f'the {key} "{name}" is taken', got=f"the same on line {line}", expected=f"another {key}"
                )
                self.findings.add((section, index, key), problem)


def _hour(time: datetime.time) -> float:
    return time.hour + time.minute / 60.0 + time.second / 3600.0


def _given(table: Any, owner: type[Any]) -> dict[str, Any]:
    """Return what a table gives of the numbers of `owner`."""
    return {name: value for name in declared(owner) if (value := getattr(table, name, None)) is not None}
