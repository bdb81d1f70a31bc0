"""The two truths: what is really there after a step, and what the assays say of a sample of it.

A scenario asks for samples after steps (``[[assay]] steps``); the product is always one. A measured recovery is the
ratio of two measured amounts, each with an error of its own: it may well exceed 1. The true value beside a measured one
is that of the vesicles, whatever the assay counts: EV beside particles, EV per protein beside particles per protein.

Amounts are those of the whole stream: a concentration that is read, times a volume that is known.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from exosim.assay import Assay, Result
from exosim.composition import Contents, ratio, total_dna
from exosim.kernel import Step
from exosim.lot_readings import lot_of
from exosim.material import Material, is_number, times
from exosim.operations.base import Context, Outcome
from exosim.parameter import Array
from exosim.physics.detection import counted_particles
from exosim.quality import MEASURES, reported_value, true_value
from exosim.readings import Specification
from exosim.recipe import PRODUCT, UnitProcedure

TRUTH_UNITS: Mapping[str, tuple[str, str]] = {
    "particles": ("EV", "particle"),
    "marker": ("EV", "EV"),
    "protein": ("ug", "ug"),
    "particles_per_protein": ("EV/ug", "particle/ug"),
    "dna": ("ng", "ng"),
    "recovery": ("1", "1"),
    "yield_so_far": ("1", "1"),
    "endotoxin": ("EU/mL", "EU/mL"),
    "potency": ("1", "1"),
}
"""What is told of a sample, with the unit of the true and of the measured value."""
RATIOS = ("recovery", "yield_so_far")
"""Of these, the share of the draws above 1 is told."""
BY = " by "
"""Stands between what is told and the assays that tell it."""
SINCE = " since "
"""Stands before the procedure after which the earlier of two samples was taken."""
TRUE = "true: "
"""Stands before the name of a measured value where the true one beside it is meant."""
_COUNTING = ("particles", "marker")
_OF_THE_LOT = {"endotoxin": "endotoxin_per_volume", "potency": "relative_potency"}


@dataclass(frozen=True, slots=True)
class Truth:
    """A true value and what an assay reports of it, on all lanes.

    Attributes
    ----------
    quantity, step, by : what, after which procedure, by which assays
    true, measured : shape (lanes,) or a number
    since : of a recovery, the procedure after which the earlier sample was taken; else empty
    """

    quantity: str
    step: str
    by: str
    true: Array
    measured: Array
    since: str = ""

    @property
    def name(self) -> str:
        """Name of the measured value, such as ``recovery since tff by nta``."""
        return f"{self.quantity}{SINCE}{self.since}{BY}{self.by}" if self.since else f"{self.quantity}{BY}{self.by}"


def parts_of(name: str) -> tuple[str, str, str]:
    """Return what a name says of a measured value: its quantity, since which procedure, and by which assays."""
    told, _, by = name.partition(BY)
    quantity, _, since = told.partition(SINCE)
    return quantity, since, by


@dataclass(frozen=True, slots=True)
class _Amounts:
    """True and measured amount of what one assay reads in one sample."""

    true: Array
    measured: Array


class Samples:
    """Takes samples of the steps of a run and has them read; hand :meth:`take` to what runs the recipe.

    Parameters
    ----------
    specification : with the assays
    context, procedures : of the recipe
    contents : of the materials of the run, as the instrument of the product counts them
    first : standard normal number of the first result of each assay on the product, by its id
    in_process : numbers of result and day of the other samples, by assay and procedure
    """

    def __init__(
        self,
        specification: Specification,
        context: Context,
        procedures: Sequence[UnitProcedure],
        contents: Contents,
        first: Mapping[str, Array],
        in_process: Mapping[tuple[str, str], tuple[Array, Array | None]],
    ) -> None:
        self._specification, self._context, self._contents = specification, context, contents
        self._first, self._in_process = first, in_process
        self._before = _feeding(procedures)
        self._found: dict[tuple[str, str], _Amounts] = {}
        self._of_lot: list[Truth] = []
        self.limits: dict[tuple[str, str], Array] = {}

    def take(self, step: Step) -> None:
        """Take what is asked for of a step that has just ended."""
        product, name = step.outcome.product, step.procedure.id
        if is_number(product.vesicles, 0.0):
            return
        for key, assay in self._specification.assays.items():
            if name in assay.samples:
                self._read(name, key, assay, step.outcome, last=name == assay.samples[-1])

    def truths(self) -> Iterator[Truth]:
        """Yield what was found, sample by sample in the order of the steps; ratios after what they are made of."""
        steps = dict.fromkeys(step for _, step in self._found)
        for step in steps:
            here = {assay: amounts for (assay, at), amounts in self._found.items() if at == step}
            yield from self._of_sample(step, here)
        yield from self._of_lot

    def _read(self, step: str, key: str, assay: Assay, outcome: Outcome, *, last: bool) -> None:
        result = self._result(step, key, assay, last=last)
        if assay.reads in _OF_THE_LOT:
            self._read_lot(step, key, result, outcome)
            return
        product, assay = outcome.product, result.assay
        milliliters = times(product.volume, 1e3)
        seen: Array = 0.0
        if assay.reads == "particles":
            seen = self._counted(key, assay, product)
            amounts = _Amounts(self._contents.vesicles(product), assay.counts(seen, milliliters, result.z))
        else:
            true = self._amount(assay, product)
            amounts = _Amounts(true, assay.reported(true, result.z, milliliters))
        self._found[key, step] = amounts
        for text, at in assay.limits(amounts.measured, seen, milliliters).items():
            self.limits[f"{key}: {text}", step] = at

    def _result(self, step: str, key: str, assay: Assay, *, last: bool) -> Result:
        """Return the assay with its errors: the product has the first result of the lot."""
        if last:
            return Result(assay, self._first[key])
        z, day = self._in_process[key, step]
        return Result(assay if day is None else replace(assay, day=day), z)

    def _counted(self, key: str, assay: Assay, product: Material) -> Array:
        """Return what a counter finds in the mean."""
        if key == self._specification.instrument_id:
            return self._contents.particles(product)
        return counted_particles(product, self._context.sizes, assay.counter())

    def _amount(self, assay: Assay, product: Material) -> Array:
        if assay.reads == "dna":
            return total_dna(product)
        return self._contents.protein(product) if assay.reads == "protein" else self._contents.vesicles(product)

    def _read_lot(self, step: str, key: str, result: Result, outcome: Outcome) -> None:
        """Read what only the scenario says of its lots, where it says it."""
        reads, specification = result.assay.reads, self._specification
        if reads == "endotoxin" and specification.properties.endotoxin is None:
            return
        lot = lot_of(outcome, self._context, specification, self._contents)
        instrument = Result(specification.instrument, self._first[specification.instrument_id])
        measure = MEASURES[_OF_THE_LOT[reads]]
        true, measured = (of(measure, lot, instrument, result) for of in (true_value, reported_value))
        self._of_lot.append(Truth(reads, step, key, true, measured))
        for text, at in result.assay.limits(measured, 0.0, 1.0).items():
            self.limits[f"{key}: {text}", step] = at

    def _of_sample(self, step: str, here: Mapping[str, _Amounts]) -> Iterator[Truth]:
        reads = {key: self._specification.assays[key].reads for key in here}
        for key, amounts in here.items():
            yield Truth(reads[key], step, key, amounts.true, amounts.measured)
        for count, protein in ((a, b) for a in here for b in here if reads[b] == "protein"):
            if reads[count] == "particles":
                true, measured = _ratios(here[count], here[protein])
                yield Truth("particles_per_protein", step, f"{count} / {protein}", true, measured)
        for key in (key for key in here if reads[key] in _COUNTING):
            earlier = [at for at in self._upstream(step) if (key, at) in self._found]
            if earlier:
                yield Truth("recovery", step, key, *_ratios(here[key], self._found[key, earlier[0]]), earlier[0])
            if len(earlier) > 1:
                yield Truth("yield_so_far", step, key, *_ratios(here[key], self._found[key, earlier[-1]]), earlier[-1])

    def _upstream(self, step: str) -> Iterator[str]:
        """Yield the procedures whose whole product a procedure is made of, the nearest first."""
        at = self._before.get(step)
        while at is not None:
            yield at
            at = self._before.get(at)


def _ratios(top: _Amounts, bottom: _Amounts) -> tuple[Array, Array]:
    return ratio(top.true, bottom.true), ratio(top.measured, bottom.measured)


def _feeding(procedures: Sequence[UnitProcedure]) -> dict[str, str]:
    """Return the one procedure whose whole product feeds another, where there is such a one."""
    whole = {f"{one.id}.{PRODUCT}": one.id for one in procedures if not one.split}
    return {one.id: whole[one.feeds[0]] for one in procedures if len(one.feeds) == 1 and one.feeds[0] in whole}
