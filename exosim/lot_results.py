"""What the assays report of the lots of one replication: what the laboratory of the facility asks for.

What depends on neither the clock nor a mishap is worked out once, with the batches as lanes: a lot that ran as planned
is looked up. A lot that left its plan, or that carries organisms, is worked out when it is asked for.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, TypeAlias, TypeVar

import numpy as np

from exosim.assay import Assay, Result, day_of
from exosim.lot_properties import LotProperties
from exosim.lot_readings import lot_of
from exosim.material import lane_of
from exosim.operations.base import Context, Outcome
from exosim.parameter import Array, declared
from exosim.quality import Attribute, Lot, reported_value, true_value
from exosim.readings import Specification

Made: TypeAlias = tuple[Outcome, Context]
"""The outcome of the procedure that makes the product, and the context of its recipe."""
Normals: TypeAlias = Callable[[str, int], Array]
_Parameters = TypeVar("_Parameters", Assay, LotProperties)
_CLEAN: Mapping[str, float] = {}


class Reported(NamedTuple):
    """One result of one lot.

    Attributes
    ----------
    attribute, unit : what was asked for
    true : what an assay without bias and error would report
    value : what is reported
    met : whether that is within the limits
    """

    attribute: str
    unit: str
    true: float
    value: float
    met: bool


@dataclass(frozen=True, slots=True)
class _Column:
    """The results of one attribute on all lanes."""

    attribute: str
    unit: str
    true: list[float]
    value: list[float]
    met: list[float]

    def of(self, lane: int) -> Reported:
        return Reported(self.attribute, self.unit, self.true[lane], self.value[lane], bool(self.met[lane]))


class LotResults:
    """What the assays of a product report of each batch of one replication.

    Parameters
    ----------
    specification : with the parameters of the assays as arrays over the batches
    normals : returns the standard normal number of the n-th result of an assay for every batch, shape (batches,);
        attempt 0 is the first result, 1 the first retest
    planned : returns what was made of all batches as planned
    off_plan : returns what was made of a batch that has left its plan, in one lane; None of one that has not
    companion : what the assays of the companion report of the same batches; None where there is one product

    Notes
    -----
    An attribute without an assay is known as it is; where it counts particles, the instrument of the product has
    counted them. The instrument's first result also stands on top of a measure per protein whose assay is tested again.
    """

    def __init__(
        self,
        specification: Specification,
        normals: Normals,
        planned: Callable[[], Made],
        off_plan: Callable[[int], Made | None] = lambda batch: None,
        companion: LotResults | None = None,
    ) -> None:
        self._specification, self._normals, self._companion = specification, normals, companion
        self._planned, self._off_plan = planned, off_plan
        self._columns: dict[tuple[str, int], Sequence[_Column]] = {}
        self._alone: dict[int, tuple[Outcome, Specification, Lot]] = {}
        self._noise: dict[tuple[str, int], Array] = {}

    def of(
        self, batch: int, assay: str, attempt: int = 0, contamination: Mapping[str, float] = _CLEAN
    ) -> list[Reported]:
        """Return what an assay reports of a batch, in the order of the attributes, those of a companion last.

        Parameters
        ----------
        batch : its lane
        assay : id of the assay; empty: the attributes without one
        attempt : 0 for the first result, then the number of the retest
        contamination : organisms per volume by agent [CFU/mL]

        Raises
        ------
        ModelError
            when an attribute is about a property that is not given.
        """
        found = self._of(batch, assay, attempt, contamination)
        if self._companion is None:
            return found
        return [*found, *self._companion.of(batch, assay, attempt, contamination)]

    def _of(self, batch: int, assay: str, attempt: int, contamination: Mapping[str, float]) -> list[Reported]:
        """Return what an assay reports of the product itself."""
        if assay not in self._asked:
            return []
        made = self._off_plan(batch)
        if made is not None:
            specification, lot = self._lot_alone(batch, made)
            results = self._results(specification, assay, attempt, batch)
            columns = self._evaluated(_carrying(lot, contamination), assay, *results)
            return [column.of(0) for column in columns]
        if any(contamination.values()):
            results = self._results(self._specification, assay, attempt)
            columns = self._evaluated(_carrying(self._lots_in_plan, contamination), assay, *results)
        else:
            columns = self._in_plan(assay, attempt)
        return [column.of(batch) for column in columns]

    def meets(self, attribute: str, value: float) -> bool:
        """Return whether a value, such as the mean of several results, is within the limits of an attribute."""
        known = next((one for one in self._specification.attributes if one.id == attribute), None)
        if known is None and self._companion is not None:
            return self._companion.meets(attribute, value)
        return known is not None and bool(np.all(known.met(value)))

    @cached_property
    def _asked(self) -> Mapping[str, list[Attribute]]:
        """The attributes by the id of their assay."""
        asked: dict[str, list[Attribute]] = {}
        for attribute in self._specification.attributes:
            asked.setdefault(attribute.assay or "", []).append(attribute)
        return asked

    @cached_property
    def _lots_in_plan(self) -> Lot:
        """All batches as planned, as lanes."""
        outcome, context = self._planned()
        return lot_of(outcome, context, self._specification)

    def _lot_alone(self, batch: int, made: Made) -> tuple[Specification, Lot]:
        """Return a batch that has left its plan, with the parameters of its assays."""
        outcome, context = made
        known = self._alone.get(batch)
        if known is None or known[0] is not outcome:
            specification = _of_one(self._specification, batch)
            known = outcome, specification, lot_of(outcome, context, specification)
            self._alone[batch] = known
        return known[1], known[2]

    def _in_plan(self, assay: str, attempt: int) -> Sequence[_Column]:
        """Return the results of all batches as planned, worked out once."""
        key = assay, attempt
        if key not in self._columns:
            results = self._results(self._specification, assay, attempt)
            self._columns[key] = self._evaluated(self._lots_in_plan, assay, *results)
        return self._columns[key]

    def _evaluated(self, lot: Lot, assay: str, instrument: Result, named: Result | None) -> Sequence[_Column]:
        """Return what an assay reports on all lanes of a lot."""
        return [_column(attribute, lot, instrument, named) for attribute in self._asked[assay]]

    def _results(
        self, specification: Specification, assay: str, attempt: int, batch: int | None = None
    ) -> tuple[Result, Result | None]:
        """Return the first result of the instrument and the one that is asked for; of one `batch`, in one lane."""
        counter = specification.instrument_id
        named = self._result(specification, assay, attempt, batch) if assay else None
        if named is not None and assay == counter:
            return named, named
        return self._result(specification, counter, 0, batch), named

    def _result(self, specification: Specification, assay: str, attempt: int, batch: int | None) -> Result:
        key = assay, attempt
        if key not in self._noise:
            self._noise[key] = self._normals(assay, attempt)
        z, found = self._noise[key], specification.assays[assay]
        if attempt and found.between_days is not None:  # a retest is another run
            day = self._normals(day_of(assay), attempt)
            found = dataclasses.replace(found, day=day if batch is None else lane_of(day, batch))
        return Result(found, z if batch is None else lane_of(z, batch))


def _carrying(lot: Lot, contamination: Mapping[str, float]) -> Lot:
    return dataclasses.replace(lot, contamination=contamination) if contamination else lot


def _column(attribute: Attribute, lot: Lot, instrument: Result, named: Result | None) -> _Column:
    measure = attribute.about
    true = true_value(measure, lot, instrument, named)
    reported = reported_value(measure, lot, instrument, named)
    lanes = np.size(instrument.z)
    return _Column(attribute.id, measure.unit, *(_listed(v, lanes) for v in (true, reported, attribute.met(reported))))


def _listed(values: Array, lanes: int) -> list[float]:
    """Return the values of the lanes; a value that all share is told once for each."""
    found: list[float] = np.ravel(values).tolist()
    return found if len(found) == lanes else found * lanes


def _of_one(specification: Specification, lane: int) -> Specification:
    """Return a specification with the parameters of one batch."""
    assays = {name: _lane_of_assay(assay, lane) for name, assay in specification.assays.items()}
    return dataclasses.replace(specification, assays=assays, properties=_lane(specification.properties, lane))


def _lane_of_assay(assay: Assay, lane: int) -> Assay:
    found = _lane(assay, lane)
    return dataclasses.replace(found, laboratory=lane_of(assay.laboratory, lane), day=lane_of(assay.day, lane))


def _lane(parameters: _Parameters, lane: int) -> _Parameters:
    values: dict[str, Any] = {name: lane_of(getattr(parameters, name), lane) for name in declared(type(parameters))}
    return dataclasses.replace(parameters, **values)
