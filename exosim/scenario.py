"""A scenario: what a file says, checked, with every quantity resolved; the recipe and the numbers that a run needs.

Addresses: ``<procedure>.<key>`` for what belongs to a procedure, otherwise ``<section>.<key>`` or
``<section>.<id>.<key>``. The same address serves the file, the command line, error messages and the ledger.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from exosim.declarations import Block, Declarations, ProcedureDeclaration
from exosim.distributions import normal_quantile
from exosim.errors import ScenarioError
from exosim.findings import Findings
from exosim.operations.base import Context, Hold
from exosim.parameter import Array, Ledger, Resolved
from exosim.plant import Campaign, Plant
from exosim.plant_builder import campaign_of, plant_of
from exosim.product import ProteinSize, Vesicles, VesicleSize, run_context
from exosim.quality import Assay
from exosim.quantities import Given, default_line
from exosim.reader import Reader
from exosim.readings import Specification
from exosim.recipe import Recipe, UnitProcedure, Wait
from exosim.sampling import uniforms
from exosim.toml_source import MAXIMUM_MEBIBYTES, TomlSource, read_toml

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Scenario:
    """A checked scenario; build it with :func:`load`.

    Attributes
    ----------
    name, title, seed, draws : as in the file
    data : the tables of the file with overrides applied
    source : where the file came from, for messages
    declarations : the recipe, the product and the specification with all quantities resolved
    overrides : values that replaced those of the file, by address
    warnings : remarks that do not stop a run
    """

    name: str
    title: str
    seed: int
    draws: int
    data: Mapping[str, Any] = field(repr=False)
    source: TomlSource = field(repr=False)
    declarations: Declarations = field(repr=False)
    overrides: Mapping[str, Any] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as what was read, and be checked again there."""
        source = self.source
        return _rebuilt, (source.name, source.data, dict(source.lines), dict(self.overrides))

    @property
    def replications(self) -> int:
        """Number of replications of a run in time."""
        return int(self.data.get("replications", 50))

    @property
    def hash(self) -> str:
        """SHA-256 of what the scenario says, without seed and number of draws; comments and layout do not matter."""
        said = {key: value for key, value in self.data.items() if key not in ("seed", "draws", "replications")}
        text = json.dumps(said, sort_keys=True, default=str, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def ledger(self) -> Ledger:
        """Return every parameter with its value, origin, source and grade."""
        return Ledger(tuple(line for block in self.declarations.blocks() for line in _lines(block, self.overrides)))

    def with_(self, changes: Mapping[str, Any]) -> Scenario:
        """Return the scenario with other values, by address: ``{"concentrate.flux": "35 L/m2/h"}``.

        Raises
        ------
        ScenarioError
            when an address or a value is not valid.
        """
        return _build(self.source, {**self.overrides, **changes})

    def uncertain(self) -> dict[str, Given]:
        """Return the quantities that vary between lanes, by address."""
        return {path: given for path, given in self._given().items() if not given.quantity.is_fixed}

    def values(self, start: int, stop: int, seed: int | None = None) -> dict[str, Array]:
        """Return every given quantity on the lanes `start` to `stop`: a number, or an array when it varies."""
        used = self.seed if seed is None else seed
        return {path: given.quantity.values(used, path, start, stop) for path, given in self._given().items()}

    def typical_values(self) -> dict[str, Array]:
        """Return every given quantity at its fixed value or median."""
        return {path: given.quantity.typical for path, given in self._given().items()}

    def noise(self, start: int, stop: int, seed: int | None = None) -> dict[str, Array]:
        """Return the standard normal number of the one result of each assay, by id, on the lanes `start` to `stop`."""
        used = self.seed if seed is None else seed
        names = self.declarations.assays
        return {name: normal_quantile(uniforms(used, f"assay.{name}", "batch", start, stop)) for name in names}

    def recipe(self, values: Values) -> Recipe:
        """Return the recipe with the given parameter values; what is not given has its default."""
        context = self._context(values)
        procedures = tuple(_procedure(d, values, context) for d in self.declarations.procedures)
        return Recipe(procedures, context)

    def specification(self, values: Values) -> Specification:
        """Return the dose, the instrument and the attributes, with assays at the given values."""
        declared = self.declarations
        assays = {name: Assay(**block.pick(values)) for name, block in declared.assays.items()}
        return Specification(declared.dose, assays, declared.instrument, declared.attributes)

    def plant(self, values: Values, seed: int | None = None, replication: int = 0) -> Plant:
        """Return the equipment, the people and what fails in one replication, with the given values."""
        used = self.seed if seed is None else seed
        return plant_of(self.declarations.plant, values, used, replication)

    def campaign(self, values: Values) -> Campaign:
        """Return how batches are released, with the given values."""
        return campaign_of(self.declarations.plant, values)

    def batch_values(self, world: int, donors: Sequence[int], first: int, seed: int | None = None) -> dict[str, Array]:
        """Return every given quantity for the batches of one replication."""
        used = self.seed if seed is None else seed
        return {path: g.quantity.of_batches(used, path, world, donors, first) for path, g in self._given().items()}

    def _given(self) -> dict[str, Given]:
        return {f"{b.prefix}.{name}": given for b in self.declarations.blocks() for name, given in b.given.items()}

    def _context(self, values: Values) -> Context:
        declared = self.declarations
        size = VesicleSize(**declared.size.pick(values))
        laid_out = VesicleSize(**declared.size.pick(self.typical_values()))
        counter = self.specification(values).instrument.counter()
        typical = (float(np.asarray(laid_out.median)), float(np.asarray(laid_out.gsd)))
        vesicles, proteins = Vesicles(**declared.vesicles.pick(values)), ProteinSize(**declared.proteins.pick(values))
        return run_context(size, vesicles, proteins, typical, counter, declared.dose.kind)


def load(
    path: str | os.PathLike[str],
    overrides: Mapping[str, Any] | None = None,
    *,
    maximum_mebibytes: float = MAXIMUM_MEBIBYTES,
) -> Scenario:
    """Read and check a scenario file.

    Parameters
    ----------
    path : the file; ``-`` reads standard input
    overrides : values that replace those of the file, by address
    maximum_mebibytes : larger files are refused

    Raises
    ------
    FileError
        when the file cannot be read.
    LimitError
        when the file is larger than the limit.
    ScenarioError
        with all problems of the scenario at once.

    Examples
    --------
    >>> scenario = load("scenarios/minimal.toml")  # doctest: +SKIP
    """
    return _build(read_toml(path, maximum_mebibytes=maximum_mebibytes), dict(overrides or {}))


def _build(source: TomlSource, overrides: Mapping[str, Any]) -> Scenario:
    findings = Findings(source, copy.deepcopy(source.data))
    findings.override(overrides)
    reader = Reader(findings)
    declarations = reader.read()
    if findings.problems or declarations is None:
        raise ScenarioError(findings.problems)
    table = reader.table
    return Scenario(
        table.name, table.title, table.seed, table.draws, findings.data, source, declarations, overrides,
        tuple(findings.warnings),
    )  # fmt: skip


def _rebuilt(
    name: str, data: dict[str, Any], lines: dict[tuple[str | int, ...], int], overrides: dict[str, Any]
) -> Scenario:
    return _build(TomlSource(name, data, lines), overrides)


def _lines(block: Block, overrides: Mapping[str, Any]) -> Iterator[Resolved]:
    for name, parameter in block.parameters.items():
        path = f"{block.prefix}.{name}"
        if name in block.given:
            yield block.given[name].line(
                path, parameter.unit, "override" if {path, f"{path}.value"} & set(overrides) else "scenario"
            )
        elif parameter.default is not None and name not in block.unused:
            yield default_line(path, parameter)


def _procedure(declared: ProcedureDeclaration, values: Values, context: Context) -> UnitProcedure:
    arguments = dict(declared.operation.pick(values))
    if declared.harvest_hold is not None:
        arguments["harvest_hold"] = Hold(**declared.harvest_hold.pick(values))
    wait = Wait(**declared.wait.pick(values))
    hold = Hold(**declared.hold.pick(values)) if declared.hold is not None else None
    split = declared.split.pick(values) if declared.split is not None else {}
    return UnitProcedure(
        declared.id,
        declared.operation.owner(context=context, **arguments),
        declared.feeds,
        hold,
        wait.expected_hold,
        declared.longest_hold,
        declared.unit,
        declared.operator,
        declared.breach,
        declared.waits_in,
        declared.utilities,
        declared.when_too_large,
        split,
    )
