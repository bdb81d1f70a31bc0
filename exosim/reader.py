"""Read the tables of a scenario into declarations, and collect everything that is wrong with its place."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from typing import Any

from exosim.declarations import Block, Declarations, ProcedureDeclaration
from exosim.errors import Problem, nearest_name, shortened
from exosim.operations import catalog
from exosim.operations.base import Hold, UnitOperation, VisitedOperation
from exosim.parameter import declared
from exosim.product import Vesicles, VesicleSize
from exosim.quality import MEASURES, Assay, Attribute
from exosim.quantities import Given, read_number, read_quantity
from exosim.readings import DoseRule
from exosim.recipe import Wait
from exosim.references import references
from exosim.schema import (
    FORMAT,
    AttributeTable,
    HoldTable,
    ProcedureTable,
    ScenarioTable,
    kind_of,
    read_structure,
)
from exosim.streams import Streams
from exosim.toml_source import TomlSource
from exosim.units import QuantityError

KeyPath = tuple[str | int, ...]
DEFAULT_INSTRUMENT = "nanoparticle_tracking"
_TOP_LEVEL = ("name", "title", "seed", "draws", "format")
_PROCEDURE_KEYS = ("operation", "unit", "operator", "feeds", "expected_hold")
_PROCEDURE_TABLES = ("hold", "harvest_hold", "max_hold")
_UNCHECKED_GRADE = "C"


class Reader:
    """One reading of one scenario; collects problems instead of stopping at the first."""

    def __init__(self, source: TomlSource, data: dict[str, Any]) -> None:
        self.source, self.data = source, data
        self.problems: list[Problem] = []
        self.warnings: list[str] = []
        self.table: ScenarioTable
        self._overridden: set[KeyPath] = set()
        self._grades: dict[str, str] = {}

    def override(self, address: str, value: Any) -> None:
        """Replace the value at an address; an unknown address is a problem with the nearest known one."""
        found = self._locate(address)
        if found is None:
            known = list(self._addresses())
            problem = f'unknown path "{shortened(address, 100)}"'
            self.problems.append(
                Problem(problem, expected="<procedure>.<key> or <section>.<key>", nearest=nearest_name(address, known))
            )
            return
        holder: Any = self.data
        for part in found[:-1]:
            if isinstance(holder, dict) and part not in holder:
                holder[part] = {}
            holder = holder[part]
        holder[found[-1]] = value
        self._overridden.add(found)

    def read(self) -> Declarations | None:
        """Return the declarations, or None when the structure is wrong; see `problems`."""
        table, wrong = read_structure(self.data)
        for path, problem in wrong:
            self._add(path, problem)
        if table is None:
            self._check_quantities_of_broken()
            return None
        self.table = table
        self._check_head()
        self._grades = dict.fromkeys(references(), _UNCHECKED_GRADE)
        self._grades.update({key: source.grade for key, source in table.sources.items()})
        dose = self._dose()
        assays = self._assays()
        instrument = self._instrument(dose, assays)
        declarations = Declarations(
            self._procedures(dose),
            self._block(VesicleSize, "product.ev_size", ("product", "ev_size"), _given_keys(table.product.ev_size)),
            self._block(Vesicles, "product", ("product",), _given_keys(table.product, ("protein_fraction",))),
            dose,
            instrument,
            assays,
            tuple(self._attributes(assays)),
        )
        return declarations

    # -- places -------------------------------------------------------------------------------------------------------

    def _add(self, path: KeyPath, problem: Problem) -> None:
        if any(path[: len(o)] == o for o in self._overridden):
            where = dataclasses.replace(problem, path=problem.path or self._address(path))
        else:
            where = dataclasses.replace(
                problem, path=problem.path or self._address(path), file=self.source.name, line=self.source.line(path)
            )
        self.problems.append(where)

    def _address(self, path: KeyPath) -> str:
        """Return the address of a key path: procedures and other tables of an array go by their id."""
        parts: list[str] = []
        holder: Any = self.data
        for part in path:
            holder = _inside(holder, part)
            if isinstance(part, int):
                name = holder.get("id") if isinstance(holder, dict) else None
                parts[-1:] = (
                    [str(name)] if name and parts == ["unit_procedure"] else [*parts[-1:], str(name or part + 1)]
                )
            elif part != "parameters":
                parts.append(str(part))
        return ".".join(parts)

    def _locate(self, address: str) -> KeyPath | None:
        head, _, rest = address.partition(".")
        keys = rest.split(".") if rest else []
        if not keys:
            return (head,) if head in _TOP_LEVEL else None
        for index, table in enumerate(_tables(self.data, "unit_procedure")):
            if table.get("id") == head:
                return _in_procedure(index, keys)
        if head in ("assay", "attribute") and len(keys) >= 2:
            for index, table in enumerate(_tables(self.data, head)):
                if table.get("id") == keys[0]:
                    return (head, index, *keys[1:])
        return (head, *keys) if head in ("product", "common") else None

    def _addresses(self) -> Iterator[str]:
        yield from _TOP_LEVEL
        yield from ("product.dose", "product.instrument", "product.protein_fraction", "common.batch")
        yield from (f"product.ev_size.{name}" for name in declared(VesicleSize))
        for table in _tables(self.data, "unit_procedure"):
            operation = catalog().get(str(table.get("operation")))
            if operation is not None:
                yield from (f"{table.get('id')}.{name}" for name in [*declared(operation), "expected_hold"])
                yield from (f"{table.get('id')}.{hold}.rate" for hold in ("hold", "harvest_hold"))
        for table in _tables(self.data, "assay"):
            yield from (f"assay.{table.get('id')}.{name}" for name in declared(Assay))

    # -- sections -----------------------------------------------------------------------------------------------------

    def _check_head(self) -> None:
        if "format" not in self.data:
            self.warnings.append(f"format is missing: read as format = {FORMAT}")
        if self.table.format > FORMAT:
            problem = f"this exosim reads scenario formats up to {FORMAT}"
            upgrade = "a newer exosim: pip install --upgrade exosim-ev"
            self._add(("format",), Problem(problem, got=str(self.table.format), expected=upgrade))

    def _dose(self) -> DoseRule:
        raw, path = self.table.product.dose, ("product", "dose")
        for kind in ("EV", "particle"):
            try:
                amount = read_number(raw, kind)
            except QuantityError:
                continue
            if amount > 0:
                return DoseRule(amount, kind)  # type: ignore[arg-type]
            self._add(path, Problem("must be above 0", got=kind_of(raw)))
        if not any(p.path == "product.dose" for p in self.problems):
            expected = '"1e10 EV" (true vesicles) or "1e10 particle" (as the instrument counts them)'
            self._add(
                path,
                Problem("a dose is an amount of vesicles or of counted particles", got=kind_of(raw), expected=expected),
            )
        return DoseRule(1.0, "EV")

    def _assays(self) -> dict[str, Block]:
        blocks: dict[str, Block] = {}
        for index, assay in enumerate(self.table.assay):
            if assay.id in blocks:
                self._twice(("assay", index, "id"), assay.id, [a.id for a in self.table.assay].index(assay.id), "assay")
            blocks[assay.id] = self._block(
                Assay, f"assay.{assay.id}", ("assay", index), _given_keys(assay, tuple(declared(Assay)))
            )
        if not blocks or DEFAULT_INSTRUMENT not in blocks:
            blocks[DEFAULT_INSTRUMENT] = Block(Assay, f"assay.{DEFAULT_INSTRUMENT}", declared(Assay))
        return blocks

    def _instrument(self, dose: DoseRule, assays: Mapping[str, Block]) -> str:
        name = self.table.product.instrument
        if name is None:
            if dose.kind == "particle":
                self.warnings.append(f"product.instrument is missing: doses are counted by {DEFAULT_INSTRUMENT}")
            return DEFAULT_INSTRUMENT
        if name not in assays:
            problem = f'no assay has the id "{shortened(name, 60)}"'
            self._add(
                ("product", "instrument"),
                Problem(problem, expected="one of " + ", ".join(assays), nearest=nearest_name(name, assays)),
            )
            return DEFAULT_INSTRUMENT
        return name

    def _attributes(self, assays: Mapping[str, Block]) -> Iterator[Attribute]:
        for index, table in enumerate(self.table.attribute):
            path: KeyPath = ("attribute", index)
            if table.measure not in MEASURES:
                problem = f'unknown measure "{shortened(table.measure, 60)}"'
                self._add(
                    (*path, "measure"),
                    Problem(
                        problem, expected="one of " + ", ".join(MEASURES), nearest=nearest_name(table.measure, MEASURES)
                    ),
                )
                continue
            if table.assay is not None and table.assay not in assays:
                problem = f'no assay has the id "{shortened(table.assay, 60)}"'
                self._add((*path, "assay"), Problem(problem, nearest=nearest_name(table.assay, assays)))
            limits = self._limits(table, path)
            yield Attribute(table.id, table.measure, table.assay, limits[0], limits[1], table.critical)

    def _limits(self, table: AttributeTable, path: KeyPath) -> tuple[float | None, float | None]:
        unit, found = MEASURES[table.measure][0], []
        for key in ("at_least", "at_most"):
            raw = getattr(table.limits, key)
            try:
                found.append(None if raw is None else read_number(raw, unit))
            except QuantityError as error:
                found.append(None)
                self._quantity_problem((*path, "limits", key), error)
        low, high = found
        if low is None and high is None:
            self._add((*path, "limits"), Problem("needs at_least, at_most or both"))
        elif low is not None and high is not None and low > high:
            self._add((*path, "limits"), Problem("at_least is above at_most", got=f"{low:g} and {high:g}"))
        return low, high

    # -- procedures ---------------------------------------------------------------------------------------------------

    def _procedures(self, dose: DoseRule) -> tuple[ProcedureDeclaration, ...]:
        tables = self.table.unit_procedure
        self._check_ids([table.id for table in tables])
        streams = Streams(self._add)
        found = []
        for index, table in enumerate(tables):
            operation = catalog().get(table.operation)
            if operation is None:
                problem = f'unknown operation "{shortened(table.operation, 60)}"'
                self._add(
                    ("unit_procedure", index, "operation"),
                    Problem(
                        problem,
                        expected="one of " + ", ".join(catalog()),
                        nearest=nearest_name(table.operation, catalog()),
                    ),
                )
                streams.unknown(table.id)
                continue
            found.append(self._procedure(index, table, operation, streams.feeds(index, table, operation), dose))
        streams.finish()
        return tuple(found)

    def _check_ids(self, ids: list[str]) -> None:
        sections = set(ScenarioTable.model_fields)
        for index, name in enumerate(ids):
            path: KeyPath = ("unit_procedure", index, "id")
            if name in ids[:index]:
                self._twice(path, name, ids.index(name), "unit_procedure")
            if name in sections:
                self._add(path, Problem(f'a procedure may not have the name of the section "{name}"'))

    def _twice(self, path: KeyPath, name: str, first: int, section: str) -> None:
        line = self.source.line((section, first, "id"))
        self._add(
            path,
            Problem(f'the id "{shortened(name, 60)}" is taken', got=f"first on line {line}", expected="another id"),
        )

    def _procedure(
        self, index: int, table: ProcedureTable, operation: type[UnitOperation], feeds: tuple[str, ...], dose: DoseRule
    ) -> ProcedureDeclaration:
        path: KeyPath = ("unit_procedure", index)
        block = self._block(operation, table.id, (*path, "parameters"), table.parameters, dose)
        wait = self._block(Wait, table.id, path, _given_keys(table, ("expected_hold",)))
        visited = issubclass(operation, VisitedOperation)
        if table.harvest_hold is not None and not visited:
            self._add((*path, "harvest_hold"), Problem(f"{table.operation} has no harvests that wait"))
        longest = self._longest_hold(table, path, wait)
        waits = "expected_hold" in wait.given or table.hold is not None
        return ProcedureDeclaration(
            table.id,
            block,
            feeds,
            wait,
            self._hold(table.hold, table.id, path, "hold") if waits else None,
            self._hold(table.harvest_hold, table.id, path, "harvest_hold") if visited else None,
            longest,
            table.unit,
            table.operator,
        )

    def _hold(self, table: HoldTable | None, id: str, path: KeyPath, key: str) -> Block:
        given = _given_keys(table, ("rate", "size_exponent")) if table is not None else {}
        if table is not None and table.source is not None:
            note = {"source": table.source, **({"grade": table.grade} if table.grade else {})}
            given = {name: raw if isinstance(raw, dict) else {"value": raw, **note} for name, raw in given.items()}
        return self._block(Hold, f"{id}.{key}", (*path, key), given)

    def _longest_hold(self, table: ProcedureTable, path: KeyPath, wait: Block) -> float | None:
        if table.max_hold is None:
            return None
        try:
            limit = read_number(table.max_hold.limit, "h")
        except QuantityError as error:
            self._quantity_problem((*path, "max_hold", "limit"), error)
            return None
        planned = wait.given["expected_hold"].quantity.typical if "expected_hold" in wait.given else 0.0
        if planned > limit:
            self.warnings.append(f"{table.id}: the planned hold of {planned:g} h is above its limit of {limit:g} h")
        return limit

    def _block(
        self, owner: type[Any], prefix: str, path: KeyPath, raw: Mapping[str, Any], dose: DoseRule | None = None
    ) -> Block:
        """Return the block with all its quantities read; problems are collected."""
        parameters = declared(owner)
        if dose is not None and dose.kind == "particle":
            parameters = {
                name: dataclasses.replace(p, unit="particle/vial") if p.unit == "EV/vial" else p
                for name, p in parameters.items()
            }
        given: dict[str, Given] = {}
        for name, value in raw.items():
            if name not in parameters:
                self._unknown_parameter(name, owner, (*path, name))
                continue
            try:
                given[name] = read_quantity(value, parameters[name], self._grades, self.table.common.batch)
            except QuantityError as error:
                self._quantity_problem((*path, name), error)
        self._check_together(owner, path, given)
        return Block(owner, prefix, parameters, given)

    def _check_together(self, owner: type[Any], path: KeyPath, given: Mapping[str, Given]) -> None:
        if issubclass(owner, UnitOperation):
            operation = owner(**{name: g.quantity.typical for name, g in given.items()})
            for name, wrong in operation.problems():
                self._add((*path, name), Problem(wrong))

    def _unknown_parameter(self, name: str, owner: type[Any], path: KeyPath) -> None:
        homes = [key for key, operation in catalog().items() if name in declared(operation)]
        nearest = nearest_name(name, declared(owner))
        accepts = f"; {', '.join(homes)} accept{'s' if len(homes) == 1 else ''} it" if homes and not nearest else ""
        self._add(
            path,
            Problem(
                f'unknown key "{shortened(name, 60)}"{accepts}',
                expected="one of " + ", ".join(declared(owner)),
                nearest=nearest,
            ),
        )

    def _quantity_problem(self, path: KeyPath, error: QuantityError) -> None:
        self._add(path, Problem(error.problem, got=error.got, expected=error.expected, nearest=error.nearest))

    def _check_quantities_of_broken(self) -> None:
        """Check the parameters of known operations although the structure is wrong, so that all problems show at once."""
        self.table = ScenarioTable.model_construct()
        self._grades = dict.fromkeys(references(), _UNCHECKED_GRADE)
        if isinstance(self.data.get("sources"), dict):
            self._grades.update(dict.fromkeys(self.data["sources"], _UNCHECKED_GRADE))
        for index, table in enumerate(_tables(self.data, "unit_procedure")):
            operation, given = catalog().get(str(table.get("operation"))), table.get("parameters")
            if operation is not None and isinstance(given, dict):
                dose = self.data.get("product")
                kind = "particle" if isinstance(dose, dict) and "particle" in str(dose.get("dose")) else "EV"
                rule = DoseRule(1.0, "particle" if kind == "particle" else "EV")
                self._block(operation, str(table.get("id")), ("unit_procedure", index, "parameters"), given, rule)


def _tables(data: Mapping[str, Any], key: str) -> list[dict[str, Any]]:
    listed = data.get(key)
    return [table for table in listed if isinstance(table, dict)] if isinstance(listed, list) else []


def _inside(holder: Any, part: str | int) -> Any:
    if isinstance(holder, dict):
        return holder.get(part)
    if isinstance(holder, list) and isinstance(part, int) and part < len(holder):
        return holder[part]
    return None


def _in_procedure(index: int, keys: list[str]) -> KeyPath:
    head: KeyPath = ("unit_procedure", index)
    if keys[0] in _PROCEDURE_KEYS or keys[0] in _PROCEDURE_TABLES:
        return (*head, *keys)
    return (*head, "parameters", *keys)


def _given_keys(table: Any, keys: tuple[str, ...] | None = None) -> dict[str, Any]:
    """Return the keys of a table that the file gives."""
    names = keys if keys is not None else tuple(type(table).model_fields)
    return {name: getattr(table, name) for name in names if getattr(table, name) is not None}
