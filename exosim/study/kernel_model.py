"""A scenario as a model without a clock: points and draws are lanes of the yield kernel, many points in one block.

A factor that is a quantity of a step moves lanes. Whatever else a factor may be (a schedule, a count, a word) makes a
scenario of its own for each of its values.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from exosim.collecting import TILE, Block, padded, show
from exosim.comparison import DIRECTIONS, IN_SPECIFICATION
from exosim.directions import Direction
from exosim.distributions import Distribution
from exosim.errors import ModelError, Problem, ScenarioError, UsageError
from exosim.operations.base import UnitOperation, standard_context
from exosim.parameter import Parameter
from exosim.plugin_trial import code, versions
from exosim.quantities import Given, read_quantity
from exosim.readings import ALL_ATTRIBUTES
from exosim.recipe import Split
from exosim.result_views import column_name
from exosim.sampling import SampleBlock
from exosim.scenario import Scenario
from exosim.study.answers import Response
from exosim.study.changes import change, changes_at, declared_at, given_at, multiplies
from exosim.study.factor import Factor, Floats
from exosim.study.model import Model
from exosim.study.point_sample import PointSample
from exosim.study.questions import unknown_response
from exosim.units import QuantityError

_BEYOND = "the numbers of this point lead beyond what can be computed"
_PROBE, _MOST_BUILT = 64, 256
_NOTHING, _NO_LOSS = np.full(1, np.nan), np.zeros(1)
"""Of a response that a point does not have, such as cells per dose; and of a way in which nothing is lost there."""
_LOSS = ".loss: "
_SHOWN = {"reading": "", "attribute": "attribute."}
"""What a block shows in a unit, with what stands before its name."""


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

    @property
    def identity(self) -> str:
        """The scenario with the code of its plug-ins, what is moved and asked, and the draws."""
        moved = self.scenario.hash, versions(self.scenario), code(self.scenario), self.factors, self.responses
        return f"kernel {moved} {self.draws} {self.seed}"

    def with_seed(self, seed: int) -> KernelModel:
        """Return the model on other draws."""
        return replace(self, seed=seed)

    def sample(self, points: Floats) -> Floats:
        """Return the responses at the points, shape (points, responses, draws).

        They are those of :func:`exosim.evaluate` to rounding; where a value of 0 switches a mechanism off, to the error
        of its quadrature. What a step does not lose at a point is 0, any other figure that it does not have is NaN.

        Raises
        ------
        ScenarioError
            when a value is not possible.
        ModelError
            when the numbers lead beyond what can be computed.
        """
        self._check_values(points)
        found = np.empty((len(points), len(self.responses), self.draws))
        for scenario, places in self._scenarios(points):
            self._check_together(scenario, points[places])
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
        found = (known.get(r.name, _NO_LOSS if _LOSS in r.name else _NOTHING) for r in self.responses)
        return np.stack([np.broadcast_to(values, index.shape)[:lanes] for values in found])

    @cached_property
    def _moved(self) -> tuple[tuple[int, Factor], ...]:
        """The factors that move lanes, each with its column."""
        return tuple((place, f) for place, f in enumerate(self.factors) if moves_lanes(self.scenario, f))

    @cached_property
    def _parameters(self) -> dict[str, Parameter]:
        found = {f.path: declared_at(self.scenario, f.path) for _, f in self._moved}
        return {path: one[1] for path, one in found.items() if one is not None}

    @cached_property
    def _built(self) -> dict[bytes, Scenario]:
        return {}

    def __getstate__(self) -> dict[str, Any]:
        """Travel without what can be made again."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}

    def _scenarios(self, points: Floats) -> Iterator[tuple[Scenario, NDArray[np.intp]]]:
        """Yield a scenario for each combination of what cannot move lanes, with the places of its points."""
        moved = {place for place, _ in self._moved}
        others = [place for place in range(len(self.factors)) if place not in moved]
        groups: dict[bytes, list[int]] = {}
        for number, own in enumerate(points[:, others]):
            groups.setdefault(own.tobytes(), []).append(number)
        for key, places in groups.items():
            if key not in self._built:
                if len(self._built) >= _MOST_BUILT:
                    self._built.clear()
                self._built[key] = self._build(points[places[0]])
            yield self._built[key], np.array(places, dtype=np.intp)

    def _build(self, point: Floats) -> Scenario:
        """Return the scenario at a point, with every factor that moves lanes among what it gives.

        Values of those do not matter here, unless they contradict the rest: then they are those of the point.
        """
        changes = changes_at(self.scenario, self.factors, point)
        moved = {f.path: f for _, f in self._moved}
        given = {path for path in moved if given_at(self.scenario, path) is not None}
        for path in (path for path, f in moved.items() if f.times):
            changes[path] = change(self.scenario, moved[path], 1.0)
        fewest = {path: value for path, value in changes.items() if path not in given}
        try:
            return self.scenario.with_(fewest) if fewest else self.scenario
        except ScenarioError:
            return self.scenario.with_(
                {p: value for p, value in changes.items() if p not in given or not moved[p].times}
            )

    def _check_values(self, points: Floats) -> None:
        """Refuse values of moved lanes that the scenario would refuse."""
        problems = (problem for place, f in self._moved for problem in self._refused(f, points[:, place]))
        told = dict.fromkeys(problems)
        if told:
            raise ScenarioError(list(told))

    def _refused(self, f: Factor, values: Floats) -> Iterator[Problem]:
        """Yield what is wrong with values of a factor; those that are surely possible are not looked at."""
        parameter, given = self._parameters[f.path], given_at(self.scenario, f.path)
        sources = {} if given is None else {given.source: given.grade}
        typical, lowest, highest = _middle_and_ends(parameter, given) if f.times else (1.0, 1.0, 1.0)
        possible = (values * typical >= parameter.low) & (values * typical <= parameter.high)
        possible &= (values * lowest >= parameter.minimum) & (values * highest <= parameter.maximum)
        for value in np.unique(values[~possible]).tolist():
            try:
                read_quantity(change(self.scenario, f, value), parameter, sources)
            except QuantityError as error:
                yield Problem(error.problem, f.path, error.got, error.expected, error.nearest)

    def _check_together(self, scenario: Scenario, points: Floats) -> None:
        """Refuse points at which the values of a procedure contradict each other; the scenario itself says how."""
        context = standard_context()  # does not matter here, and takes longer than all the rest
        for procedure in scenario.declarations.procedures:
            block = procedure.operation
            typical: dict[str, Any] = {name: given.quantity.typical for name, given in block.given.items()}
            paths = {f"{block.prefix}.{name}": name for name in typical}
            own = [(place, paths[f.path], f.times) for place, f in self._moved if f.path in paths]
            if not own or block.owner.problems is UnitOperation.problems:
                continue
            for point in points.tolist():
                moved = {name: point[place] * (typical[name] if times else 1.0) for place, name, times in own}
                if next(iter(block.owner(**(typical | moved), context=context).problems()), None) is not None:
                    self.scenario.with_(changes_at(self.scenario, self.factors, point))


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
    for kind, head in _SHOWN.items():
        for name, step in block.shown[kind]:
            column, (unit, _) = head + column_name(name, step), block.notes[name, step]
            found[column] = Response(column, unit, _direction(name, step, column))
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
    if found is None or found[1].planned or found[1].whole or found[0].owner is Split:
        return False
    given = given_at(scenario, factor.path)
    multiplied = not factor.times or given is None or multiplies(given.quantity)
    return multiplied and factor.path.partition(".")[0] in heads


def _direction(name: str, step: str | None, column: str) -> Direction:
    if column.startswith("attribute."):
        return "neither"
    if step is None:
        return cast(Direction, DIRECTIONS.get(name, "more"))
    return "more" if name.endswith(("recovery", "yield")) else "neither"


def _columns(block: Block) -> dict[str, Floats]:
    """Return what a block shows, by the name of the response."""
    found: dict[str, Floats] = {}
    for kind, head in {**_SHOWN, "met": "met."}.items():
        for (name, step), values in block.shown[kind].items():
            found[head + column_name(name, step)] = _NOTHING if values is None else values
    everything = block.shown["specification"].get((ALL_ATTRIBUTES, None))
    if everything is not None:
        found[IN_SPECIFICATION] = everything
    return found


@lru_cache(maxsize=4)
def _drawn(seed: int, start: int, stop: int) -> SampleBlock:
    """Return the random numbers of some draws, padded as in any run; every block of points shares them."""
    return SampleBlock(seed, start, start + padded(stop - start))


def _ranges(count: int, size: int) -> Iterator[range]:
    return (range(at, min(at + size, count)) for at in range(0, count, size))


def _middle_and_ends(parameter: Parameter, given: Given | None) -> tuple[float, float, float]:
    """Return the number or the median of a quantity, its smallest and its largest value, spreads apart."""
    base = (parameter.default or 0.0) if given is None else given.quantity.base
    return (base.median(), *base.support()) if isinstance(base, Distribution) else (base, base, base)
