"""Runs of the arms, a scenario file each: many draws of one recipe at once, and what a laboratory would measure.

Every arm has the same seed and names its steps alike, so that what two arms have in common, such as the rate of
secretion of the cells, has the same value in the same draw of both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from case import Draws

import exosim as xs
from exosim.culture.base import Culture
from exosim.kernel import Step, run
from exosim.material import Material
from exosim.normal import normal_quantile
from exosim.operations.base import Outcome, Visit
from exosim.parameter import Array
from exosim.physics.detection import Counter, counted_particles
from exosim.sampling import uniforms
from exosim.scenario import Scenario

ARMS = Path(__file__).parent
DRAWS = 20_000
SEED = 20270105
CULTURE = "culture"


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm as it ran.

    Attributes
    ----------
    steps : by the identifier of the procedure
    counter, error : the instrument, and the factor by which its one result errs in each draw
    """

    steps: Mapping[str, Step]
    counter: Counter
    error: Draws

    @property
    def culture(self) -> Outcome:
        """What the culture did."""
        return self.steps[CULTURE].outcome

    @property
    def operation(self) -> Culture:
        """The culture itself, with its parameters."""
        operation = self.steps[CULTURE].procedure.operation
        if not isinstance(operation, Culture):
            raise TypeError(f"{operation} is no culture")
        return operation

    @property
    def feed(self) -> Material:
        """The cells that went into the culture."""
        return self.steps[CULTURE].held

    @property
    def total(self) -> Draws:
        """Particles that were counted in all harvests [T]."""
        sizes = self.operation.context.sizes
        return drawn(counted_particles(self.culture.product, sizes, self.counter)) * self.error

    @property
    def titer(self) -> Draws:
        """Particles that were counted, per mL of harvest [V]."""
        return self.total / drawn(self.culture.product.volume * 1e3)

    @property
    def cells(self) -> Draws:
        """Viable cells at the last harvest."""
        return drawn(self.culture.monitors["viable_cells"][-1])

    @property
    def per_cell(self) -> Draws:
        """Particles in the vessel at a harvest, for each viable cell at the last one [C].

        What a harvest leaves behind, with settled cells for example, is not the cells' fault and is counted.
        """
        return self.titer * drawn(self.operation.liters * 1e3) * self.harvests / self.cells

    @property
    def harvests(self) -> int:
        """How often medium was harvested."""
        return len(self.culture.monitors["viable_cells"])

    @property
    def days(self) -> float:
        """Time of the collection [d]."""
        return self.operation.collection

    @property
    def cell_days(self) -> Draws:
        """Integral of the viable cells over the collection [cell d]."""
        return drawn(np.sum(self.culture.monitors["cell_hours"], axis=0)) / 24.0


def drawn(values: Array) -> Draws:
    """Return the values in every draw, shape (draws,)."""
    return np.array(np.broadcast_to(np.ravel(np.asarray(values, dtype=np.float64)), (DRAWS,)))


def scenario(name: str) -> Scenario:
    """Return the scenario of an arm, ``file`` or ``file#variant``."""
    file, _, variant = name.partition("#")
    loaded = xs.load(ARMS / f"{file}.toml")
    return loaded.variants()[variant] if variant else loaded


@cache
def arm(name: str, **changes: object) -> Arm:
    """Return an arm; `changes` are parameters of its culture, as a scenario writes them."""
    found = scenario(name)
    if changes:
        found = found.with_({f"{CULTURE}.{key}": value for key, value in changes.items()})
    values = found.values(0, DRAWS, SEED)
    specification = found.specification(values)
    noise = found.noise(0, DRAWS, SEED)[specification.instrument_id]
    steps = {step.procedure.id: step for step in run(found.recipe(values))}
    return Arm(steps, specification.instrument.counter(), drawn(specification.instrument.error(noise)))


def donors(name: str, count: int, sigma: float = 0.5) -> Draws:
    """Return the mean activity of `count` donors of their own, over that of the typical donor."""
    normal = [normal_quantile(uniforms(SEED, f"{name}.donor_{i}", "donor", 0, DRAWS)) for i in range(count)]
    return np.asarray(np.mean(np.exp(sigma * np.stack(normal)), axis=0))


@dataclass(frozen=True, slots=True)
class Sample:
    """What a laboratory reads off a culture that it lets grow for a time without touching it.

    Attributes
    ----------
    inoculated, cells : viable cells that attached, and at the end
    glucose, lactate, ammonia : taken up, released, released [mmol]
    titer : lactate at the end [mmol/L]
    hours : [h]
    """

    inoculated: Draws
    cells: Draws
    glucose: Draws
    lactate: Draws
    ammonia: Draws
    lactate_titer: Draws
    ammonia_titer: Draws
    hours: float

    @property
    def fold(self) -> Draws:
        """Cells at the end over those that attached."""
        return self.cells / self.inoculated

    @property
    def doubling_time(self) -> Draws:
        """Time over log2 of the fold [h]."""
        return self.hours / np.log2(self.fold)

    @property
    def cell_hours(self) -> Draws:
        """Integral of the cells by their logarithmic mean [cell h], as from two counts."""
        return (self.cells - self.inoculated) * self.hours / np.log(self.fold)

    def rate(self, amount: Draws) -> Draws:
        """Return an amount per cell and hour [pmol/cell/h]; `amount` in mmol."""
        return amount * 1e9 / self.cell_hours


def grown(found: Arm, days: float, after: float = 0.0) -> Sample:
    """Return what is read between day `after`, when the medium is changed, and day `after + days`."""
    state, start = found.operation.start(found.feed).remainder, 0.0
    if after > 0.0:
        state, start = found.operation.advance(state, Visit(24.0 * after, "feed"), 24.0 * after).remainder, 24.0 * after
    before = state.viable_cells
    outcome = found.operation.advance(state, Visit(start + 24.0 * days, "feed"), 24.0 * days)
    medium = outcome.losses["growth medium"]
    return Sample(
        drawn(before),
        drawn(outcome.remainder.viable_cells),
        drawn(outcome.losses["metabolism"].glucose),
        drawn(outcome.generated.lactate),
        drawn(outcome.generated.ammonia),
        drawn(medium.lactate / medium.volume),
        drawn(medium.ammonia / medium.volume),
        24.0 * days,
    )
