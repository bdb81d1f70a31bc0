"""Read the sections about money: ``[economics]``, ``[[charge]]`` and the prices that stand with what they are for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from exosim import units
from exosim.cost_numbers import EconomicsNumbers, EquipmentCostNumbers, MaterialCostNumbers, RoomCostNumbers
from exosim.declarations import Block
from exosim.economics.charges import CHARGED
from exosim.economics.utilities_drawn import amount_unit
from exosim.economics_declaration import ChargeDeclaration, EconomicsDeclaration
from exosim.economics_tables import ChargeTable, EconomicsTable
from exosim.errors import Problem, in_words, unknown
from exosim.findings import Findings
from exosim.operations import catalog
from exosim.parameter import ASSUMPTION, Parameter, declared
from exosim.price_catalog import ListPrice, PriceError, default_for, exchange_rate, exchange_source, prices
from exosim.price_reader import FULL_TIME, PriceDeclaration, PriceReader
from exosim.quantities import Given, SourceGrades, read_number, read_quantity
from exosim.resource_reader import given, unique
from exosim.schema import ScenarioTable
from exosim.toml_source import KeyPath
from exosim.units import QuantityError
from exosim.vocabulary import CONSUMABLES

BlockReader = Callable[..., Block]
_EURO = "EUR"
_EXAMPLES = (
    '"10000 EUR/lot", "2 EUR/dose", "1.5 EUR/vial", "3 EUR/vial/year", "80 EUR/shipment", "20000 EUR/year" or '
    '"700 EUR/m2/year"'
)
_DIGITS = 4
"""Of a year."""
_LEAST_INDEX, _MOST_INDEX = 1e-3, 1e6
_LEAST_SIZE, _MOST_SIZE = 1e-6, 1e9
_GRADES = {"A": "A_B", "B": "A_B"}
"""Grades of rooms that share a price in the list."""


@dataclass(frozen=True)
class EconomicsReader:
    """One reading of what a scenario says about money.

    Attributes
    ----------
    table : the scenario as tables
    findings : takes the problems
    block : reads the numbers of one owner
    grades : grade by source key
    """

    table: ScenarioTable
    findings: Findings
    block: BlockReader
    grades: SourceGrades

    def read(self) -> EconomicsDeclaration | None:
        """Return what the scenario declares of money; None where it has no ``[economics]``."""
        own = self.table.economics
        if own is None:
            self._refuse_alone()
            return None
        self._check_currency(own)
        reader = PriceReader(self.findings, self.grades, own.year)
        asked = dict.fromkeys(self._asked())
        found = {address: self._price(reader, *place) for address, place in self._given().items()}
        defaults = {
            address: reader.listed(listed, address.rpartition(".")[0], address.rpartition(".")[2], per)
            for address, per in self._wanted()
            if address not in found and (listed := default_for(_resource(address))) is not None
        }
        for address, listed, per in self._of_grades():
            if f"economics.{address.rpartition('.')[2]}" not in found:
                defaults[address] = reader.listed(listed, address.rpartition(".")[0], address.rpartition(".")[2], per)
        priced = {address: price for address, price in {**defaults, **found}.items() if price is not None}
        charges = dict(self._charges(reader))
        stated = [price for price in (*found.values(), *(c.price for c in charges.values())) if price is not None]
        return EconomicsDeclaration(
            self._numbers(own), self.currency, own.year, own.labor_basis, own.estimate, own.depreciation, priced,
            self._each(EquipmentCostNumbers, "equipment"), self._each(RoomCostNumbers, "room"),
            self._each(MaterialCostNumbers, "material"),
            charges, self._exchange(own, priced, stated), dict(self._sizes()), dict(self._index(own)),
            tuple(address for address in asked if address not in priced), own.reuse,
        )  # fmt: skip

    # -- prices -------------------------------------------------------------------------------------------------------

    def _given(self) -> dict[str, tuple[Any, str, KeyPath, str]]:
        """Return what the scenario prices: by address the raw price, whose it is, where it stands, and per what."""
        found: dict[str, tuple[Any, str, KeyPath, str]] = {}
        for section, owner, index, table, keys in self._priced():
            for key, per in keys:
                raw = getattr(table, key)
                if raw is not None:
                    prefix = f"{section}.{owner}" if owner else section
                    path: KeyPath = (section, key) if index is None else (section, index, key)
                    found[f"{prefix}.{key}"] = raw, prefix, path, per
        for index, procedure in enumerate(self.table.unit_procedure):
            for name, raw in procedure.prices.items():
                path = ("unit_procedure", index, "prices", name)
                if name not in CONSUMABLES:
                    self.findings.add(path, unknown("material", name, CONSUMABLES))
                    continue
                prefix = f"{procedure.id}.prices"
                found[f"{prefix}.{name}"] = raw, prefix, path, CONSUMABLES[name]
        return found

    def _priced(self) -> Iterator[tuple[str, str, int | None, Any, tuple[tuple[str, str], ...]]]:
        """Yield the tables that hold prices: section, id, number, table, and its keys with what they are per."""
        t = self.table
        general = (
            ("building", "m2"), ("utilities", "m2*h"), ("electricity", "kWh"),
            ("liquid_waste", "L"), ("solid_waste", "kg"), ("price_per_dose", "dose"),
        )  # fmt: skip
        yield "economics", "", None, t.economics, general
        for index, material in enumerate(t.material):
            yield "material", material.id, index, material, (("price", CONSUMABLES.get(material.id, "L")),)
        for index, equipment in enumerate(t.equipment):
            yield "equipment", equipment.id, index, equipment, (("purchase", ""),)
        for index, role in enumerate(t.personnel):
            yield "personnel", role.role, index, role, (("wage", self._wage_per(role.wage)),)
        for index, assay in enumerate(t.assay):
            yield "assay", assay.id, index, assay, (("price", ""),)
        for index, room in enumerate(t.room):
            yield "room", room.id, index, room, (("building", "m2"), ("utilities", "m2*h"))
        for index, utility in enumerate(t.utility):
            yield "utility", utility.id, index, utility, (("price", self._utility_unit(utility.limit)),)

    def _asked(self) -> Iterator[str]:
        """Yield the addresses of what costs: where neither the scenario nor the list has a price, it is counted."""
        yield from (address for address, _ in self._wanted())

    def _wanted(self) -> Iterator[tuple[str, str]]:
        """Yield the address of each price that costing needs, and per what it is."""
        t = self.table
        yield from ((f"material.{key}.price", unit) for key, unit in CONSUMABLES.items())
        yield from ((f"equipment.{e.id}.purchase", "") for e in t.equipment)
        yield from ((f"personnel.{p.role}.wage", "h") for p in t.personnel)
        yield from ((f"assay.{a.id}.price", "") for a in t.assay if a.duration is not None or a.hands_on is not None)
        yield from ((f"utility.{u.id}.price", self._utility_unit(u.limit)) for u in t.utility)
        yield from (("economics.electricity", "kWh"), ("economics.building", "m2"))

    def _of_grades(self) -> Iterator[tuple[str, ListPrice, str]]:
        """Yield the prices of the list for the rooms whose grade is given: address, price, and per what."""
        for room in self.table.room:
            if room.cleanroom is not None:
                grade = _GRADES.get(room.cleanroom, room.cleanroom)
                for key, kind, per in (("building", "capex", "m2"), ("utilities", "opex", "m2*h")):
                    yield f"room.{room.id}.{key}", prices()[f"fac_{kind}_grade_{grade}"], per

    def _price(self, reader: PriceReader, raw: Any, prefix: str, path: KeyPath, per: str) -> PriceDeclaration | None:
        text = _first_text(raw) or ""
        if path[-1] == "wage" and "year" in text and "FTE" not in text and self._in_shifts(path):
            expected = '"40 EUR/h", or a salary such as "70000 EUR/FTE/year"'
            self.findings.add(path, Problem("a year of whom is not told", got=in_words(text), expected=expected))
            return None
        return reader.read(raw, prefix, path, per)

    def _in_shifts(self, path: KeyPath) -> bool:
        """Return whether the people of a wage come in shifts: a year of all its hours is five times what they work."""
        return bool(self.table.personnel[int(path[1])].shifts)

    def _wage_per(self, raw: Any) -> str:
        """Return per what a wage is stated: an hour, or a full-time person and hour."""
        return FULL_TIME if "FTE" in str(raw) else "h"

    def _utility_unit(self, limit: Any) -> str:
        """Return the unit of the amount of a utility: what is taken in an hour, times an hour."""
        try:
            return amount_unit(units.split(limit)[1] or "1" if isinstance(limit, str) else "1")
        except QuantityError:
            return "h"  # told with the limit itself

    # -- the rest -----------------------------------------------------------------------------------------------------

    def _numbers(self, own: EconomicsTable) -> Block:
        return self.block(EconomicsNumbers, "economics", ("economics",), given(own, EconomicsNumbers))

    def _each(self, owner: type[Any], section: str) -> dict[str, Block]:
        """Return the numbers of each table of a section besides its prices, by id."""
        tables = enumerate(getattr(self.table, section))
        return {t.id: self.block(owner, f"{section}.{t.id}", (section, i), given(t, owner)) for i, t in tables}

    @property
    def currency(self) -> str:
        """The currency of the scenario."""
        own = self.table.economics
        return (own.currency if own is not None else None) or self.table.currency or _EURO

    def _check_currency(self, own: EconomicsTable) -> None:
        path: KeyPath = ("economics", "currency") if own.currency is not None else ("currency",)
        if self.currency not in units.currencies():
            self.findings.add(path, unknown("currency", self.currency, units.currencies()))

    def _refuse_alone(self) -> None:
        """Note charges that stand without ``[economics]``: nothing would read them."""
        if self.table.charge:
            problem = Problem("there is no [economics]", expected='[economics] with currency = "EUR" and year = 2024')
            self.findings.add(("charge", 0), problem)

    def _charges(self, reader: PriceReader) -> Iterator[tuple[str, ChargeDeclaration]]:
        unique(self.findings, "charge", "id", [charge.id for charge in self.table.charge])
        ids = [procedure.id for procedure in self.table.unit_procedure]
        for index, charge in enumerate(self.table.charge):
            path: KeyPath = ("charge", index)
            if charge.procedure is not None and charge.procedure not in ids:
                self.findings.add((*path, "procedure"), unknown("procedure", charge.procedure, ids))
            per = self._charged(charge, path)
            price = None if per is None else reader.read(charge.price, f"charge.{charge.id}", (*path, "price"), per)
            if price is not None and per is not None:
                yield charge.id, ChargeDeclaration(price, per, charge.category, charge.procedure or "")

    def _charged(self, charge: ChargeTable, path: KeyPath) -> str | None:
        """Return of what a charge is the price."""
        try:
            text = _listed_text(charge.price) or _first_text(charge.price)
            unit = units.split(text)[1] if text is not None else ""
            code = units.currency_of(unit) if unit else None
            for per in CHARGED if code is not None else ():
                if units.dimension(unit) == units.dimension(f"{code}/({per})"):
                    return per
        except QuantityError as error:
            self.findings.quantity((*path, "price"), error)
            return None
        problem = Problem("a charge says per what it is", got=in_words(charge.price), expected=_EXAMPLES)
        self.findings.add((*path, "price"), problem)
        return None

    def _exchange(
        self, own: EconomicsTable, prices: Mapping[str, PriceDeclaration], stated: list[PriceDeclaration]
    ) -> Block:
        """Return the rates of exchange: as given; for prices of the list alone, that of the list."""
        parameters: dict[str, Parameter] = {}
        read: dict[str, Given] = {}
        currency = self.currency
        for code, raw in own.exchange.items():
            if code not in units.currencies():
                self.findings.add(("economics", "exchange", code), unknown("currency", code, units.currencies()))
                continue
            if code == currency:
                problem = Problem("is the currency of the scenario", got=in_words(raw), expected="another currency")
                self.findings.add(("economics", "exchange", code), problem)
                continue
            parameters[code] = _rate(currency, code)
            try:
                read[code] = read_quantity(raw, parameters[code], self.grades)
            except QuantityError as error:
                self.findings.quantity(("economics", "exchange", code), error)
        missing = dict.fromkeys(
            p.currency
            for p in stated
            if p.currency not in (currency, *parameters) and p.listed is None and currency in units.currencies()
        )
        for code in missing:
            named = [p.address for p in stated if p.currency == code and p.listed is None]
            expected = f'[economics.exchange] {code} = "0.92 {currency}/{code}", say'
            problem = Problem(f"the exchange rate of {code} is missing", got=f"{named[0]} in {code}", expected=expected)
            self.findings.add(("economics", "exchange"), problem)
        for code in dict.fromkeys(p.currency for p in prices.values()):
            if code not in (currency, *parameters, *missing) and currency in units.currencies():
                parameters[code] = _rate(currency, code)
                try:
                    rate, source, grade = self._listed_rate(code, own.year)
                except PriceError as error:
                    expected = f'[economics.exchange] {code} = "0.92 {currency}/{code}", say; known: {error.expected}'
                    self.findings.add(
                        ("economics", "exchange"), Problem(error.problem, got=error.got, expected=expected)
                    )
                    continue
                table = {"value": f"{rate!r} {currency}/{code}", "source": source, "grade": grade}
                read[code] = read_quantity(table, parameters[code], self.grades)
        return Block(EconomicsDeclaration, "economics.exchange", parameters, read)

    def _listed_rate(self, code: str, year: int) -> tuple[float, str, str]:
        """Return the rate of exchange of the list in a year, with its source and grade."""
        return (exchange_rate(code, self.currency, year), *exchange_source())

    def _index(self, own: EconomicsTable) -> Iterator[tuple[int, float]]:
        for year, raw in own.index.items():
            path: KeyPath = ("economics", "index", year)
            try:
                value = read_number(raw, "1", "603.1")
            except QuantityError as error:
                self.findings.quantity(path, error)
                continue
            if not year.isdecimal() or len(year) != _DIGITS or not _LEAST_INDEX <= value <= _MOST_INDEX:
                expected = f"2018 = 603.1, say: a year, and a number from {_LEAST_INDEX:g} to {_MOST_INDEX:g}"
                problem = Problem("is no index of a year", got=f"{year} = {in_words(raw)}", expected=expected)
                self.findings.add(path, problem)
                continue
            yield int(year), value
        if own.index and str(own.year) not in own.index:
            problem = Problem(
                f"has no number for {own.year}, the year of the scenario", expected=f"{own.year} = 800, say"
            )
            self.findings.add(("economics", "index"), problem)

    def _sizes(self) -> Iterator[tuple[str, float]]:
        """Yield the size of the unit that a purchase price is for, by class."""
        for index, table in enumerate(self.table.equipment):
            if table.purchase_size is None:
                continue
            path: KeyPath = ("equipment", index, "purchase_size")
            try:
                size = read_number(table.purchase_size, _size_unit(self.table, table.id))
            except QuantityError as error:
                self.findings.quantity(path, error)
                continue
            if not _LEAST_SIZE <= size <= _MOST_SIZE:
                problem = "must be above 0" if size <= 0.0 else "is no size of a unit"
                expected = f"{_LEAST_SIZE:g} to {_MOST_SIZE:g} {_size_unit(self.table, table.id)}"
                self.findings.add(path, Problem(problem, got=in_words(table.purchase_size), expected=expected))
                continue
            yield table.id, size


def _size_unit(table: ScenarioTable, equipment: str) -> str:
    """Return the unit of the size of a class: that of what the first of its procedures is sized by."""
    for procedure in table.unit_procedure:
        operation = catalog().get(procedure.operation)
        if procedure.unit == equipment and operation is not None:
            by = operation.sized_by
            return "L" if by is None else declared(operation)[by].unit
    return "L"


def _resource(address: str) -> str:
    """Return what a price is of: the address without its key."""
    head = address.rpartition(".")[0]
    return address if head == "economics" else head


def _listed_text(raw: Any) -> str | None:
    """Return an amount in the unit of the price of the list that a price is like; None where it is like none."""
    if not isinstance(raw, dict) or "like" not in raw:
        return None
    if not isinstance(raw["like"], str) or raw["like"] not in prices():
        problem = unknown("price", str(raw["like"]), prices())
        raise QuantityError(problem.problem, in_words(raw["like"]), "a price of the list", problem.nearest)
    return f"1 {prices()[raw['like']].unit}"


def _first_text(raw: Any) -> str | None:
    """Return the first text of a price that holds an amount."""
    if isinstance(raw, dict):
        texts = (_first_text(value) for key, value in raw.items() if key not in ("source", "grade", "varies", "like"))
        return next((text for text in texts if text is not None), None)
    return raw if isinstance(raw, str) else None


def _rate(currency: str, code: str) -> Parameter:
    doc = f"{currency} for one {code}"
    unit = f"{currency}/{code}"
    return Parameter(None, unit, 1e-6, 1e6, doc, ASSUMPTION, "D", False, False, False, 0.0, float("inf"), False)
