"""What a batch at typical values gives, and how it answers to a small step of every parameter.

All parameters of the recipe, defaults included, are stepped by a thousandth up and down, one in each lane of one run
of the kernel. Those that all lanes share (a schedule, a count) are stepped by a tenth, or by 1 where they are whole, in
runs of their own.
"""

from __future__ import annotations

import dataclasses
import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from exosim.composition import Contents
from exosim.declarations import Block, Declarations
from exosim.kernel import Step, run
from exosim.operations.base import Context
from exosim.parameter import Array, Parameter
from exosim.quantities import Given
from exosim.readings import Specification, contents_of, read_batch
from exosim.sampling import Quantity
from exosim.scenario import Scenario

Lanes = NDArray[np.float64]
_STEP, _PLANNED_STEP = 1e-3, 0.1


@dataclass(frozen=True)
class Batch:
    """One run of the recipe: its steps, and what reads them."""

    steps: tuple[Step, ...]
    context: Context
    specification: Specification
    lanes: int

    @cached_property
    def contents(self) -> Contents:
        """What the materials hold."""
        return contents_of(self.context, self.specification)

    @cached_property
    def readings(self) -> dict[tuple[str, str | None], Array | None]:
        """What is reported of the batch, by name and step."""
        found = read_batch(self.steps, self.context, self.specification, self.contents)
        return {(reading.name, reading.step): reading.values for reading in found}

    def step(self, procedure: str) -> Step:
        """Return the step of a procedure."""
        return next(step for step in self.steps if step.procedure.id == procedure)


@dataclass(frozen=True)
class _Stepped:
    """A parameter with the places of its two steps among all lanes."""

    down: float
    up: float
    first: int


class Neighborhood:
    """A batch at typical values and those next to it.

    A quantity is read on lanes: the first is the batch at typical values, the others belong to steps of parameters.
    What cannot be run with a step, such as a schedule that does not fit, has no number there.

    Attributes
    ----------
    scenario : with all defaults given
    parameters : declarations of the parameters of the recipe, by address
    values : their typical values
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = dataclasses.replace(scenario, declarations=_given_all(scenario.declarations))
        blocks = [block for block in self.scenario.declarations.of_recipe() if _belongs(block)]
        self.parameters = {f"{b.prefix}.{name}": b.parameters[name] for b in blocks for name in b.given}
        typical = self.scenario.typical_values()
        self.values = {path: float(typical[path]) for path in self.parameters}
        self._stepped: dict[str, _Stepped] = {}
        self.batches = tuple(self._run(typical))

    @property
    def batch(self) -> Batch:
        """The batch at typical values, in its first lane."""
        return self.batches[0]

    def lanes(self, read: Callable[[Batch], Array]) -> Lanes:
        """Return a quantity on all lanes."""
        found, first = np.empty(sum(batch.lanes for batch in self.batches)), 0
        with np.errstate(all="ignore"):
            for batch in self.batches:
                found[first : first + batch.lanes] = np.ravel(read(batch)) if batch.steps else math.nan
                first += batch.lanes
        return found

    def of_parameter(self, path: str) -> Lanes:
        """Return a parameter on all lanes."""
        found = np.full(sum(batch.lanes for batch in self.batches), self.values[path])
        stepped = self._stepped.get(path)
        if stepped is not None:
            found[stepped.first : stepped.first + 2] = stepped.down, stepped.up
        return found

    def influences(self, values: Lanes) -> dict[str, float]:
        """Return the local elasticity d ln y / d ln x of a quantity on all lanes, by parameter, where it has one."""
        found = {}
        for path, stepped in self._stepped.items():
            below, above = values[stepped.first : stepped.first + 2]
            if below > 0.0 and above > 0.0 and stepped.up > stepped.down:
                slope = math.log(above / below) / math.log(stepped.up / stepped.down)
                found[path] = 0.0 if abs(slope) < 1e-9 else slope
        return found

    def _run(self, typical: Mapping[str, Array]) -> Iterator[Batch]:
        free = [path for path, p in self.parameters.items() if not _shared(p) and self.values[path] != 0.0]
        values: dict[str, Array] = dict(typical)
        lanes = 1 + 2 * len(free)
        for place, path in enumerate(free):
            down, up = _steps(self.values[path], self.parameters[path])
            self._stepped[path] = _Stepped(down, up, 1 + 2 * place)
            values[path] = self.of_free(path, lanes)
        yield self._batch(values, lanes)
        for path in (path for path, p in self.parameters.items() if _shared(p) and self.values[path] != 0.0):
            down, up = _steps(self.values[path], self.parameters[path])
            self._stepped[path] = _Stepped(down, up, lanes)
            lanes += 2
            for value in (down, up):
                yield self._tried({**typical, path: value})

    def of_free(self, path: str, lanes: int) -> Lanes:
        """Return the values of a parameter in the run in which each lane has one step."""
        found = np.full(lanes, self.values[path])
        stepped = self._stepped[path]
        found[stepped.first : stepped.first + 2] = stepped.down, stepped.up
        return found

    def _tried(self, values: Mapping[str, Array]) -> Batch:
        """Return a batch with other values; one without steps where the recipe cannot be run with them."""
        try:
            return self._batch(values, 1)
        except (ArithmeticError, LookupError, TypeError, ValueError):
            return dataclasses.replace(self._nothing, lanes=1)

    def _batch(self, values: Mapping[str, Array], lanes: int) -> Batch:
        recipe, specification = self.scenario.recipe(values), self.scenario.specification(values)
        with np.errstate(all="ignore"), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)
            return Batch(run(recipe), recipe.context, specification, lanes)

    @cached_property
    def _nothing(self) -> Batch:
        values = self.scenario.typical_values()
        return Batch((), self.scenario.recipe(values).context, self.scenario.specification(values), 1)


def _belongs(block: Block) -> bool:
    """Return whether a block matters for a batch alone, without plant and laboratory."""
    return not block.prefix.startswith(("failure.", "common"))


def _shared(parameter: Parameter) -> bool:
    return parameter.planned or parameter.whole


def _steps(value: float, parameter: Parameter) -> tuple[float, float]:
    """Return the values below and above a parameter's own, within its hard bounds."""
    if parameter.whole:
        down, up = value - 1.0, value + 1.0
        down = down if down > 0.0 else value
    else:
        step = _PLANNED_STEP if parameter.planned else _STEP
        down, up = value * (1.0 - step), value * (1.0 + step)
    down, up = min(down, up), max(down, up)
    return max(down, parameter.minimum), min(up, parameter.maximum)


def _given_all(declarations: Declarations) -> Declarations:
    """Return the declarations with every default that is used as if the scenario gave it."""
    found: Declarations = _completed(declarations)
    return found


def _completed(value: Any) -> Any:
    if isinstance(value, Block):
        return _with_defaults(value)
    if isinstance(value, Mapping):
        return {key: _completed(inner) for key, inner in value.items()}
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return tuple(_completed(inner) for inner in value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type) and _holds_blocks(value):
        changed = {f.name: _completed(getattr(value, f.name)) for f in dataclasses.fields(value)}
        return dataclasses.replace(value, **changed)
    return value


def _holds_blocks(value: Any) -> bool:
    return type(value).__module__ == Block.__module__


def _with_defaults(block: Block) -> Block:
    """Return a block with its defaults given; those that do not matter, or whose effect is off, stay out."""
    left: Sequence[str] = [
        name
        for name, parameter in block.parameters.items()
        if parameter.default is not None and name not in {*block.given, *block.off, *block.unused}
    ]
    declared = {name: block.parameters[name] for name in left}
    defaults = {n: Given(Quantity(float(p.default or 0.0)), "", p.source, p.grade, False) for n, p in declared.items()}
    return dataclasses.replace(block, given={**block.given, **defaults})
