"""A scenario: what a file says, checked, with every quantity resolved; the recipe and the numbers that a run needs.

Addresses: ``<procedure>.<key>`` for what belongs to a procedure, otherwise ``<section>.<key>`` or
``<section>.<id>.<key>``. The same address serves the file, the command line, error messages and the ledger.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

from exosim.addresses import shared_out
from exosim.assay import noise_name
from exosim.assay_draws import assay_of, laboratories_and_days, samples_in_process
from exosim.axes import combinations, in_order
from exosim.campaign import Campaign
from exosim.declarations import Declarations
from exosim.diagnostic_reader import diagnostic_of
from exosim.economics_lines import economics_blocks
from exosim.empirical import Empirical
from exosim.enclosures import NOTHING, Enclosures
from exosim.errors import FileError, Problem, ScenarioError, in_words
from exosim.findings import Findings
from exosim.fingerprint import fingerprint
from exosim.inheritance import read_scenario
from exosim.lot_properties import LotProperties
from exosim.material import SizeClasses
from exosim.operations.base import Context
from exosim.parameter import Array, Ledger
from exosim.plant import Plant
from exosim.plant_builder import campaign_of, plant_of
from exosim.product import DoseCount, ProteinSize, Vesicles, VesicleSize, laid_out, run_context
from exosim.quantities import Given
from exosim.reader import Reader
from exosim.readings import Specification
from exosim.recipe import Recipe
from exosim.recipe_builder import procedures_of
from exosim.release import Release
from exosim.release_builder import release_of
from exosim.sampling import FLAT, BatchSample, Nesting, Sample, SampleBlock
from exosim.scenario_view import scenario_view
from exosim.shared_run_reader import conflicts
from exosim.sites import missing, products
from exosim.toml_source import MAXIMUM_MEBIBYTES, KeyPath, TomlSource
from exosim.variants import chosen, split_name, title_of
from exosim.variants import names as variant_names

Values = Mapping[str, Array]


@dataclass(frozen=True)
class Scenario:
    """A checked scenario; build it with :func:`load`.

    Attributes
    ----------
    name, title, seed, draws : as in the file; the name of a variant is ``name#variant``
    data : the tables of the file with its variant and the overrides applied
    source : the file and what it extends, with the place of every value
    declarations : the recipe, the product and the specification with all quantities resolved
    overrides : values that replaced those of the file, by address
    warnings : remarks that do not stop a run
    variant : name of the variant of the file, or of a combination of them; None for the file itself
    others : the scenarios of products that have a file of their own, by product
    enclosures : what came with a scenario that was saved, instead of the other files that it names
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
    variant: str | None = None
    others: Mapping[str, Scenario] = field(default_factory=dict, repr=False)
    enclosures: Enclosures = field(default=NOTHING, repr=False)

    def __reduce__(self) -> tuple[Any, ...]:
        """Travel to another process as what was read, and be checked again there."""
        source = self.source
        read = (source.name, source.data, dict(source.lines), dict(source.files))
        return _unpacked, (*read, self.variant, dict(self.overrides), self.hash, self.enclosures, not self.others)

    @property
    def measured(self) -> dict[str, Empirical]:
        """The distributions by measured values, by address of the quantity."""
        bases = ((path, given.quantity.base) for path, given in self._given.items())
        return {path: base for path, base in bases if isinstance(base, Empirical)}

    @property
    def replications(self) -> int:
        """Number of replications of a run in time."""
        return int(self.data.get("replications", 50))

    @property
    def hash(self) -> str:
        """SHA-256 of what the scenario says in the end, measured values included, without seed and number of draws.

        Comments and layout do not matter, nor whether a value stands in the file, in its base or in a variant.
        """
        measured = {path: base.digest for path, base in self.measured.items()}
        return fingerprint(self.data, measured, {name: other.hash for name, other in self.others.items()})

    def ledger(self) -> Ledger:
        """Return every parameter with its value, origin, source and grade; those of another product under its name."""
        blocks = (*self.declarations.blocks(), *economics_blocks(self))
        own = [line for block in blocks for line in block.lines(self.overrides)]
        others = (
            replace(line, path=f"{product}.{line.path}")
            for product, other in self.others.items()
            for block in other.declarations.of_recipe()
            for line in block.lines({})
        )
        return Ledger((*own, *others))

    def with_(self, changes: Mapping[str, Any]) -> Scenario:
        """Return the scenario with other values, by address: ``{"concentrate.flux": "35 L/m2/h"}``.

        Raises
        ------
        ScenarioError
            when an address or a value is not valid.
        """
        return _build(self.source, self.variant, {**self.overrides, **changes}, enclosures=self.enclosures)

    def variants(self) -> dict[str, Scenario]:
        """Return the variants of the file by name, with the same overrides as this scenario.

        Raises
        ------
        ScenarioError
            with the problems of all variants.
        """
        return self._built(variant_names(self.source.data))

    def combinations(self) -> dict[str, Scenario]:
        """Return one scenario per choice on every axis, by name: ``fixed_bed+tff_sec``; else as :meth:`variants`."""
        return self._built(combinations(self.source.data))

    def _repr_html_(self) -> str:
        return scenario_view(self)

    def uncertain(self) -> dict[str, Given]:
        """Return the quantities that vary between lanes, by address."""
        return {path: given for path, given in self._given.items() if not given.quantity.is_fixed}

    def values(self, start: int, stop: int, seed: int | None = None, nesting: Nesting = FLAT) -> dict[str, Array]:
        """Return every given quantity on the lanes `start` to `stop`: a number, or an array when it varies."""
        return self.values_on(SampleBlock(self.seed if seed is None else seed, start, stop, nesting))

    def values_on(self, sample: Sample) -> dict[str, Array]:
        """Return every given quantity on the lanes of a sample; scenarios on one sample share what they draw alike.

        The standard normal numbers of the laboratory and of the day of an assay are among them, where it has such.
        """
        values = {path: sample.values(path, given.quantity) for path, given in self._given.items()}
        return values | laboratories_and_days(self.declarations.assays, sample)

    def typical_values(self) -> dict[str, Array]:
        """Return every given quantity at its fixed value or median."""
        return {path: given.quantity.typical for path, given in self._given.items()}

    def noise(self, start: int, stop: int, seed: int | None = None) -> dict[str, Array]:
        """Return the standard normal number of the one result of each assay, by id, on the lanes `start` to `stop`."""
        return self.noise_on(SampleBlock(self.seed if seed is None else seed, start, stop))

    def noise_on(self, sample: Sample) -> dict[str, Array]:
        """Return the standard normal number of the first result of each assay, by id, on the lanes of a sample."""
        return {name: sample.normals(noise_name(name), "batch") for name in self.declarations.assays}

    def sample_noise_on(self, sample: Sample) -> dict[tuple[str, str], tuple[Array, Array | None]]:
        """Return the numbers of result and day of each sample in process on the lanes, by assay and procedure."""
        return samples_in_process(self.declarations.assays, sample)

    def recipe(self, values: Values) -> Recipe:
        """Return the recipe with the given parameter values; what is not given has its default."""
        context = self._context(values)
        return Recipe(procedures_of(self.declarations, values, context), context)

    def specification(self, values: Values) -> Specification:
        """Return the dose, the instrument and the attributes, with assays at the given values."""
        declared = self.declarations
        assays = {name: assay_of(name, block, values) for name, block in declared.assays.items()}
        properties = LotProperties(**declared.lot.pick(values))
        rest = diagnostic_of(declared.diagnostic, values), declared.companion
        return Specification(declared.dose, assays, declared.instrument, declared.attributes, properties, *rest)

    def plant(self, values: Values, seed: int | None = None, replication: int = 0) -> Plant:
        """Return the equipment, the people and what fails in one replication, with the given values."""
        used = self.seed if seed is None else seed
        return plant_of(self.declarations.plant, values, used, replication)

    def release(self, recipe: Recipe, values: Values, seed: int, replication: int) -> Release | None:
        """Return what a lot goes through after its recipe in one replication; None where there is no release."""
        return release_of(self.declarations, recipe.procedures, values, seed, replication)

    def campaign(self, values: Values) -> Campaign:
        """Return how the batches of the first campaign are started, with the given values."""
        return campaign_of(self.declarations.plant.campaigns[0], values)

    def products(self) -> tuple[Scenario, ...]:
        """Return one scenario for each campaign, all on the plant of this one; itself when there is only its own."""
        return products(self)

    def batch_values(self, world: int, donors: Sequence[int], first: int, seed: int | None = None) -> dict[str, Array]:
        """Return every given quantity for the batches of one replication."""
        return self.values_on(BatchSample(self.seed if seed is None else seed, world, donors, first))

    def _built(self, wanted: Sequence[str]) -> dict[str, Scenario]:
        built = _all_built(self.source, wanted, self.overrides, enclosures=self.enclosures) if wanted else {}
        return {str(name): scenario for name, scenario in built.items()}

    @cached_property
    def _given(self) -> Mapping[str, Given]:
        return {f"{b.prefix}.{name}": given for b in self.declarations.blocks() for name, given in b.given.items()}

    def _context(self, values: Values) -> Context:
        declared = self.declarations
        size = VesicleSize(**declared.size.pick(values))
        specification, dose = self.specification(values), declared.dose
        counter, mhc_ii = specification.instrument.counter(), specification.properties.mhc_ii
        factor = 1.0 if dose.assay is None else specification.assays[dose.assay].systematic
        doses = DoseCount(dose.kind, counter, factor, 0.0 if mhc_ii is None else mhc_ii)
        vesicles, proteins = Vesicles(**declared.vesicles.pick(values)), ProteinSize(**declared.proteins.pick(values))
        return run_context(self._sizes, size, vesicles, proteins, doses)

    @cached_property
    def _sizes(self) -> SizeClasses:
        size = self.declarations.size
        return laid_out(
            VesicleSize(**size.pick({f"{size.prefix}.{n}": g.quantity.typical for n, g in size.given.items()}))
        )


def load(
    path: str | os.PathLike[str],
    overrides: Mapping[str, Any] | None = None,
    *,
    maximum_mebibytes: float = MAXIMUM_MEBIBYTES,
) -> Scenario:
    """Read and check a scenario file.

    Parameters
    ----------
    path : the file; ``FILE#name`` is a variant of it, ``FILE#one+other`` a combination, ``-`` reads standard input
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
    typed, variant = split_name(os.fspath(path))
    source, problems = read_scenario(typed, maximum_mebibytes)
    return _build(source, variant, dict(overrides or {}), problems)


def load_all(
    path: str | os.PathLike[str],
    overrides: Mapping[str, Any] | None = None,
    *,
    maximum_mebibytes: float = MAXIMUM_MEBIBYTES,
) -> list[Scenario]:
    """Read and check a scenario file and all its variants; the file itself comes first. ``FILE#name`` stands alone.

    Raises
    ------
    FileError, LimitError, ScenarioError
        as :func:`load`; a ScenarioError has the problems of the file and of all its variants.
    """
    typed, variant = split_name(os.fspath(path))
    source, problems = read_scenario(typed, maximum_mebibytes)
    wanted = (None, *variant_names(source.data)) if variant is None else (variant,)
    return list(_all_built(source, wanted, dict(overrides or {}), problems).values())


def _all_built(
    source: TomlSource, wanted: Sequence[str | None], overrides: Mapping[str, Any], problems: Sequence[Problem] = (),
    enclosures: Enclosures = NOTHING,
) -> dict[str | None, Scenario]:  # fmt: skip
    """Return the wanted variants by name, None for the file itself; a problem that several have is told once."""
    built, found, said = dict[str | None, Scenario](), dict.fromkeys(problems), [chosen(source, n) for n in wanted]
    shares = shared_out([one.data for one, _ in said], overrides)
    for name, share, own in zip(wanted, shares, said, strict=True):
        try:
            built[name] = _build(source, name, share, problems, enclosures=enclosures, read=own)
        except ScenarioError as error:
            found |= dict.fromkeys(error.problems)
    if found:
        raise ScenarioError(list(found))
    return built


def _build(
    source: TomlSource,
    variant: str | None,
    overrides: Mapping[str, Any],
    problems: Sequence[Problem] = (),
    *,
    alone: bool = False,
    enclosures: Enclosures = NOTHING,
    read: tuple[TomlSource, list[Problem]] | None = None,
) -> Scenario:
    variant = in_order(source.data, variant)
    said, wrong = chosen(source, variant) if read is None else read
    findings = Findings(said, copy.deepcopy(said.data), enclosures)
    findings.problems += [*problems, *wrong]
    findings.override(overrides)
    reader = Reader(findings)
    declarations = reader.read()
    others = {} if alone or declarations is None else _others(declarations, findings)
    if findings.problems or declarations is None:
        raise ScenarioError(findings.problems)
    table = reader.table
    name = table.name if variant is None else f"{table.name}#{variant}"
    return Scenario(
        name, title_of(table, variant), table.seed, table.draws, findings.data, source, declarations, overrides,
        tuple(findings.warnings), variant, others, enclosures,
    )  # fmt: skip


def _others(declarations: Declarations, findings: Findings) -> dict[str, Scenario]:
    """Return the scenarios of the products that have a file of their own; the campaigns in those files do not count."""
    found = {}
    for index, campaign in enumerate(declarations.plant.campaigns):
        if campaign.scenario is None:
            continue
        listed = isinstance(findings.data.get("campaign"), list)
        place: KeyPath = ("campaign", index, "scenario") if listed else ("campaign", "scenario")
        try:
            enclosed = findings.enclosures.products.get((campaign.product, campaign.scenario))
            found[campaign.product] = enclosed or _other(Path(findings.folder(place), campaign.scenario))
        except FileError as error:  # what is wrong with the path is told where it is named
            for problem in error.problems:
                findings.add(place, replace(problem, file=None, got=in_words(campaign.scenario)))
            continue
        except ScenarioError as error:
            findings.problems += error.problems
            continue
        recipe = found[campaign.product].declarations
        shared = (conflict.problem for conflict in conflicts(recipe, declarations.plant, [campaign]))
        for problem in (*missing(recipe, declarations.plant), *shared):
            findings.add(place, problem)
    return found


def _other(path: Path) -> Scenario:
    """Return the scenario of a product on the plant of another one."""
    typed, variant = split_name(str(path))
    source, problems = read_scenario(str(Path(typed).absolute()) if typed == "-" else typed, MAXIMUM_MEBIBYTES)
    return _build(source, variant, {}, problems, alone=True)


def rebuilt(
    source: TomlSource,
    variant: str | None,
    overrides: Mapping[str, Any],
    enclosures: Enclosures,
    *,
    alone: bool = False,
) -> Scenario:
    """Return a scenario from what was read once, checked again; `alone` as the recipe of one product of a site.

    Raises
    ------
    ScenarioError
        when it is not valid here, such as without the plug-in that brings its operation.
    """
    return _build(source, variant, overrides, alone=alone, enclosures=enclosures)


def _unpacked(
    name: str, data: dict[str, Any], lines: dict[KeyPath, int], files: dict[KeyPath, str], variant: str | None,
    overrides: dict[str, Any], hash: str, enclosures: Enclosures, alone: bool,
) -> Scenario:  # fmt: skip
    scenario = rebuilt(TomlSource(name, data, lines, files), variant, overrides, enclosures, alone=alone)
    if scenario.hash != hash:
        problem = Problem("a file of measured values changed while the scenario was in use", file=name)
        raise FileError(problem)
    return scenario
