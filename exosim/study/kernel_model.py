"""A scenario as a model without a clock: points and draws are lanes of the yield kernel, many points in one block.

A factor that is a quantity of a step moves lanes. Whatever else a factor may be (a schedule, a count, a word) makes a
scenario of its own for each of its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from exosim.collecting import TILE, Block, padded, show
from exosim.comparison import DIRECTIONS
from exosim.errors import ModelError, Problem, ScenarioError, UsageError
from exosim.parameter import Parameter
from exosim.quantities import read_quantity
from exosim.readings import ALL_ATTRIBUTES
from exosim.result_views import column_name
from exosim.sampling import SampleBlock
from exosim.scenario import Scenario
from exosim.study.answers import Response
from exosim.study.changes import change, declared_at, given_at
from exosim.study.factor import Factor, Floats
from exosim.study.model import Model
from exosim.study.point_sample import PointSample
from exosim.study.questions import unknown_response
from exosim.units import QuantityError

IN_SPECIFICATION = "in_specification"
"""Response that is 1 on a draw that meets the limits of all attributes, else 0."""
_BEYOND = "the numbers of this point lead beyond what can be computed"
_PROBE = 64


@dataclass(frozen=True)
class KernelModel(Model):
    """What a started batch that does not fail yields, at points of a design; build it with :func:`kernel_model`.

    Attributes
    ----------
    scenario : the process
    factors : what is moved
    responses : as :func:`kernel_responses` names them
    draws : of each point: draw n is lane n of :func:`exosim.evaluate`
    seed : of the random values
    """

    scenario: Scenario
    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    draws: int
    seed: int

    @property
    def at_once(self) -> int:
        """As many points as fill two blocks of lanes."""
        return max(1, 2 * TILE // self.draws)

    def with_seed(self, seed: int) -> KernelModel:
        """Return the model on other draws."""
        return replace(self, seed=seed)

    def sample(self, points: Floats) -> Floats:
        """Return the responses at the points, shape (points, responses, draws).

        Raises
        ------
        ScenarioError
            when a value is not possible.
        ModelError
            when the numbers lead beyond what can be computed.
        """
        found = np.empty((len(points), len(self.responses), self.draws))
        for scenario, places in self._scenarios(points):
            self._check(points[places])
            for draws in _ranges(self.draws, TILE):
                own = draws.stop - draws.start
                for at in range(0, len(places), max(1, TILE // own)):
                    part = places[at : at + max(1, TILE // own)]
                    shown = self._shown(scenario, points[part], draws)
                    found[part, :, draws.start : draws.stop] = shown.reshape(-1, len(part), own).swapaxes(0, 1)
        return found

    def _shown(self, scenario: Scenario, points: Floats, draws: range) -> Floats:
        """Return the responses of some draws at some points, shape (responses, points x draws)."""
        own, lanes = len(draws), len(points) * len(draws)
        index = np.minimum(np.arange(padded(lanes)), lanes - 1)
        point_of, draw_of = index // own, index % own
        values = {f.path: np.ascontiguousarray(points[point_of, place]) for place, f in self._moved}
        times = frozenset(f.path for _, f in self._moved if f.times)
        try:
            with np.errstate(all="ignore"):
                block = show(scenario, PointSample(_drawn(self.seed, draws.start, draws.stop), draw_of, values, times))
        except ArithmeticError:
            raise ModelError(Problem(_BEYOND)) from None
        known = _columns(block)
        return np.stack([np.broadcast_to(known[r.name], index.shape)[:lanes] for r in self.responses])

    @cached_property
    def _moved(self) -> tuple[tuple[int, Factor], ...]:
        """The factors that move lanes, each with its column."""
        return tuple((place, f) for place, f in enumerate(self.factors) if moves_lanes(self.scenario, f))

    @cached_property
    def _parameters(self) -> dict[str, Parameter]:
        found = {f.path: declared_at(self.scenario, f.path) for _, f in self._moved}
        return {path: one[1] for path, one in found.items() if one is not None}

    @cached_property
    def _base(self) -> Scenario:
        """The scenario with every factor that moves lanes among what it gives."""
        missing = {
            f.path: f.setting(f.low if not f.times else _default(self.scenario, f))
            for _, f in self._moved
            if given_at(self.scenario, f.path) is None
        }
        return self.scenario.with_(missing) if missing else self.scenario

    def _scenarios(self, points: Floats) -> Iterator[tuple[Scenario, np.ndarray[tuple[int], np.dtype[np.intp]]]]:
        """Yield a scenario for each combination of what cannot move lanes, with the places of its points."""
        moved = {place for place, _ in self._moved}
        others = [(place, f) for place, f in enumerate(self.factors) if place not in moved]
        if not others:
            yield self._base, np.arange(len(points))
            return
        columns = points[:, [place for place, _ in others]]
        for own in np.unique(columns, axis=0):
            changes = {f.path: change(self.scenario, f, float(v)) for (_, f), v in zip(others, own, strict=True)}
            yield self._base.with_(changes), np.flatnonzero((columns == own).all(axis=1))

    def _check(self, points: Floats) -> None:
        """Refuse values of moved lanes that the scenario would refuse; what it draws itself may leave the range."""
        problems = []
        for place, f in self._moved:
            if f.distribution is not None:
                continue
            parameter, values = self._parameters[f.path], points[:, place]
            given = given_at(self._base, f.path)
            times = given.quantity.typical if f.times and given is not None else 1.0
            low, high = max(parameter.low, parameter.minimum), min(parameter.high, parameter.maximum)
            for value in np.unique(values[~((values * times >= low) & (values * times <= high))]).tolist():
                try:
                    read_quantity(change(self._base, f, value), parameter, _sources(self._base, f))
                except QuantityError as error:
                    told = Problem(error.problem, f.path, error.got, error.expected, error.nearest)
                    problems.append(replace(told, file=self.scenario.source.name))
        if problems:
            raise ScenarioError(problems)


def kernel_model(
    scenario: Scenario, factors: Sequence[Factor], names: Sequence[str], draws: int, seed: int | None = None
) -> KernelModel:
    """Return a scenario as a model of the yield kernel.

    Raises
    ------
    UsageError
        when there is no such response.
    """
    known = kernel_responses(scenario)
    problems = [unknown_response(name, known) for name in names if name not in known]
    if problems:
        raise UsageError(problems)
    responses = tuple(known[name] for name in names)
    return KernelModel(scenario, tuple(factors), responses, draws, scenario.seed if seed is None else seed)


def kernel_responses(scenario: Scenario) -> Mapping[str, Response]:
    """Return what the kernel answers with, by name.

    Headlines such as ``doses``; readings of a step such as ``polish.recovery``; what an assay reports of the product,
    ``attribute.<id>``; 1 or 0 for limits that are met, ``met.<id>`` and ``in_specification`` for all of them.
    """
    block = show(scenario, SampleBlock(scenario.seed, 0, _PROBE))
    found = {}
    for (name, step), (unit, _) in block.notes.items():
        column = _name(block, name, step)
        found[column] = Response(column, unit, _direction(name, step, column))  # type: ignore[arg-type]
    for name, _ in block.shown["met"]:
        found[f"met.{name}"] = Response(f"met.{name}", "1", "more")
    if block.shown["specification"]:
        found[IN_SPECIFICATION] = Response(IN_SPECIFICATION, "1", "more")
    return found


def moves_lanes(scenario: Scenario, factor: Factor) -> bool:
    """Return whether a factor may differ from lane to lane: a quantity of a step, or one that is uncertain anyway."""
    if factor.choices or factor.whole:
        return False
    found = declared_at(scenario, factor.path)
    heads = {procedure.id for procedure in scenario.declarations.procedures}
    if factor.distribution is not None:
        heads |= {"product", "assay"}
    return found is not None and not found[1].planned and factor.path.partition(".")[0] in heads


def _direction(name: str, step: str | None, column: str) -> str:
    if column.startswith("attribute."):
        return "neither"
    if step is None:
        return DIRECTIONS.get(name, "more")
    return "more" if name.endswith(("recovery", "yield")) else "neither"


def _name(block: Block, name: str, step: str | None) -> str:
    own = (name, step) in block.shown["attribute"] and (name, step) not in block.shown["reading"]
    return f"attribute.{name}" if own else column_name(name, step)


def _columns(block: Block) -> dict[str, Floats]:
    """Return what a block shows, by the name of the response."""
    found: dict[str, Floats] = {}
    nothing = np.full(1, np.nan)
    for kind, head in (("reading", ""), ("attribute", "attribute."), ("met", "met.")):
        for (name, step), values in block.shown[kind].items():
            found[head + column_name(name, step)] = nothing if values is None else values
    everything = block.shown["specification"].get((ALL_ATTRIBUTES, None))
    if everything is not None:
        found[IN_SPECIFICATION] = everything
    return found


@lru_cache(maxsize=4)
def _drawn(seed: int, start: int, stop: int) -> SampleBlock:
    """Return the random numbers of some draws; every block of points shares them."""
    return SampleBlock(seed, start, stop)


def _ranges(count: int, size: int) -> Iterator[range]:
    return (range(at, min(at + size, count)) for at in range(0, count, size))


def _default(scenario: Scenario, factor: Factor) -> float:
    found = declared_at(scenario, factor.path)
    return factor.low if found is None or found[1].default is None else found[1].default


def _sources(scenario: Scenario, factor: Factor) -> Mapping[str, str]:
    given = given_at(scenario, factor.path)
    return {} if given is None else {given.source: given.grade}
