"""What lots of several sizes make, take and use: a table over sizes and draws, without a clock.

For every size of a lot and every draw: doses, whether the specification is met, the time of each procedure, work of
people, time on units, materials. Nothing waits for a unit or for people; what the facility adds is queues, pauses and
failures. All sizes run on the same draws, and so do other scenarios with the same seed: a difference between two of
them is not one between samples.

Where nothing of the plan grows, all sizes are lanes of one run of the kernel.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.collecting import TILE, padded
from exosim.errors import Problem, UsageError
from exosim.kernel import Step, last_maker, steps_of
from exosim.lot_growth import Growing, check_factor, explicit, growing, grown_values, whole_factor
from exosim.lot_readings import attribute_results
from exosim.lot_times import LotTimes
from exosim.material import Material, plus, times
from exosim.parameter import Array
from exosim.plant import Plant
from exosim.readings import Specification, contents_of, doses_of, made_by
from exosim.recipe import Recipe
from exosim.release import Release
from exosim.sampling import FLAT, Nesting, SampleBlock
from exosim.scenario import Scenario

Lanes: TypeAlias = NDArray[np.float64]
"""Shape (sizes, draws)."""


@dataclass(frozen=True)
class LotFigures:
    """What lots of several sizes make, take and use; every array has the shape (sizes, draws).

    Attributes
    ----------
    factors : sizes that the lots really have over that of the scenario, shape (sizes,): where a number of the plan
        must be whole, a little more than was asked for
    doses : whole doses that a started batch makes, whether it meets its specification or not
    met : 1 where all attributes are met, else 0
    hours : of each procedure as it runs, in all its cycles, with changing clothes [h]
    attended : hours of each procedure in which its people are at it, changing clothes included [h]
    work : people at work by role and by procedure, test (``assay.<id>``) or review (``review.<id>``) [person-h]
    occupied : units of each equipment class in use or in turnaround [unit-h]
    used : materials by procedure and by key of :data:`exosim.vocabulary.CONSUMABLES`, in the unit of that
    waits : planned wait before each procedure [h]
    run_waits : how long the first or the last part of a lot waits in a procedure that runs more than once [h]
    runs : of the procedures that say how often they do what takes them longer, such as runs of a rotor
    filled, cycles : units that each procedure fills, and in how many cycles it runs
    reached : where a procedure reaches one of its limits: 1, else 0, by procedure and limit
    tests : tests of one lot by assay
    """

    factors: NDArray[np.float64]
    doses: Lanes
    met: Lanes
    hours: Mapping[str, Lanes]
    attended: Mapping[str, Lanes]
    work: Mapping[tuple[str, str], Lanes]
    occupied: Mapping[str, Lanes]
    used: Mapping[tuple[str, str], Lanes]
    waits: Mapping[str, Lanes]
    run_waits: Mapping[str, Lanes]
    runs: Mapping[str, Lanes]
    filled: Mapping[str, Lanes]
    cycles: Mapping[str, Lanes]
    reached: Mapping[tuple[str, str], Lanes]
    tests: Mapping[str, float]

    @property
    def success(self) -> NDArray[np.float64]:
        """Probability that a lot meets its specification, shape (sizes,)."""
        return np.asarray(self.met.mean(axis=1))

    @property
    def duration(self) -> Lanes:
        """Time of a lot that waits as planned and nowhere else [h]."""
        return np.asarray(sum(self.hours.values()) + sum(self.waits.values()))


def lot_figures(
    scenario: Scenario, factors: Sequence[float], draws: int = 256, seed: int | None = None, nesting: Nesting = FLAT
) -> LotFigures:
    """Return what lots of several sizes make, take and use, over the same draws.

    Parameters
    ----------
    scenario : its lots have the size 1
    factors : sizes of the lots over that
    draws : batches that are drawn of each size
    seed : of the draws; None: that of the scenario
    nesting : how draws share worlds and donors

    Raises
    ------
    UsageError
        when there is no size or no draw, or a factor is not a finite number above 0.
    ScenarioError
        when the lots of the scenario cannot grow.

    Examples
    --------
    >>> figures = lot_figures(load("scenarios/msc_hollow_fiber.toml"), [1.0, 10.0], draws=64)  # doctest: +SKIP
    """
    if len(factors) == 0 or draws < 1:
        raise UsageError(Problem("lots need at least one size and one draw", got=f"{len(factors)} and {draws}"))
    for factor in factors:
        check_factor(scenario, factor)
    run = _Run(scenario, draws, scenario.seed if seed is None else seed, nesting)
    parts = [run.figures(part) for part in run.parts(factors)]
    return parts[0] if len(parts) == 1 else _joined(parts)


class _Run:
    """The draws on which lots of all sizes run."""

    def __init__(self, scenario: Scenario, draws: int, seed: int, nesting: Nesting) -> None:
        self._scenario, self._draws, self._seed = explicit(scenario), draws, seed
        self._grows: tuple[Growing, ...] = growing(scenario)
        block = SampleBlock(seed, 0, padded(draws), nesting)
        self._values = self._scenario.values_on(block)
        self._noise = self._scenario.noise_on(block)

    def parts(self, asked: Sequence[float]) -> Iterator[NDArray[np.float64]]:
        """Yield the sizes that run together: one by one where a number of the plan grows."""
        factors = np.array([whole_factor(self._grows, factor) for factor in asked])
        planned = any(one.parameter.planned for one in self._grows)
        together = 1 if planned else max(TILE // padded(self._draws), 1)
        for start in range(0, len(factors), together):
            yield factors[start : start + together]

    def figures(self, factors: NDArray[np.float64]) -> LotFigures:
        """Return what lots of some sizes make, in one run of the kernel."""
        values = grown_values(self._values, self._grows, factors, padded(self._draws))
        recipe, specification = self._scenario.recipe(values), self._scenario.specification(values)
        plant = self._scenario.plant(values, self._seed)
        taken = LotTimes(plant, recipe.procedures)
        used: dict[tuple[str, str], Array] = {}
        reached: dict[tuple[str, str], Array] = {}
        waits: dict[str, Array] = {}
        steps = list[Step]()
        for step in steps_of(recipe):
            name, outcome = step.procedure.id, step.outcome
            taken.add(step)
            used |= {(name, material): amount for material, amount in outcome.consumption.items()}
            reached |= {(name, text): at for text, at in outcome.limits.items()}
            waits[name] = step.procedure.expected_hold
            steps.append(_lean(step, recipe, specification))
        release = self._scenario.release(recipe, values, self._seed, 0)
        laboratory = _work_after(release, plant)
        noise = {name: np.tile(z, len(factors)) for name, z in self._noise.items()}
        doses, met = _made(steps, recipe, specification, noise)

        def wide(table: Mapping[Any, Array]) -> dict[Any, Lanes]:
            return {key: self._wide(value, len(factors)) for key, value in table.items()}

        return LotFigures(
            factors, self._wide(doses, len(factors)), self._wide(met, len(factors)), wide(taken.hours),
            wide(taken.attended), wide({**taken.work, **laboratory}), wide(taken.occupied), wide(used), wide(waits),
            wide(taken.run_waits), wide(taken.runs), wide(taken.filled), wide(taken.cycles), wide(reached),
            _tests(release, specification),
        )  # fmt: skip

    def _wide(self, value: Array, sizes: int) -> Lanes:
        """Return a figure for every size and draw, of one that may be equal in all lanes."""
        lanes = padded(self._draws)
        flat = np.broadcast_to(np.ravel(np.asarray(value, dtype=np.float64)), (sizes * lanes,))
        return np.ascontiguousarray(flat.reshape(sizes, lanes)[:, : self._draws])


def _made(
    steps: Sequence[Step], recipe: Recipe, specification: Specification, noise: Mapping[str, Array]
) -> tuple[Array, Array]:
    """Return the doses, and where all attributes are met."""
    contents = contents_of(recipe.context, specification)
    met: Array = 1.0
    for attribute, _, reported in attribute_results(steps, recipe.context, specification, noise, contents):
        met = met * np.asarray(attribute.met(reported))
    return doses_of(made_by(steps), recipe.context, specification.dose), met


def _lean(step: Step, recipe: Recipe, specification: Specification) -> Step:
    """Return a step without what nobody reads any more; its product stays where it is one that counts."""
    nothing, companion = Material(), specification.companion
    made = {recipe.procedures[last_maker(recipe.procedures)].id, companion.after if companion is not None else ""}
    product = step.outcome.product if step.procedure.id in made else nothing
    outcome = replace(step.outcome, product=product, remainder=nothing, added=nothing, generated=nothing, losses={})
    return Step(step.procedure, nothing, nothing, outcome)


def _work_after(release: Release | None, plant: Plant) -> dict[tuple[str, str], Array]:
    """Return the work of the laboratory and of the reviews of one lot, without retests and deviations [person-h]."""
    if release is None:
        return {}
    roles = {role.id: role for role in plant.roles}
    jobs = [(f"assay.{test.id}", test.analyst, test.people, test.hands_on) for test in release.tests]
    jobs += [(f"review.{review.id}", review.role, 1, review.hands_on) for review in release.reviews]
    found: dict[tuple[str, str], Array] = {}
    for address, name, people, hands_on in jobs:
        role = roles.get(name or "")
        if role is not None:
            dressed = plus(hands_on, times(role.gowning, np.greater(hands_on, 0.0) * 1.0))
            found[role.id, address] = times(dressed, max(people, role.minimum_crew))
    return found


def _tests(release: Release | None, specification: Specification) -> dict[str, float]:
    """Return how often each assay tests a lot: once, where it is work of the laboratory or an attribute asks for it."""
    asked = [attribute.assay for attribute in specification.attributes if attribute.assay is not None]
    work = [] if release is None else [test.id for test in release.tests]
    return dict.fromkeys((*work, *asked), 1.0)


def _joined(parts: Sequence[LotFigures]) -> LotFigures:
    """Return the figures of several runs as one; what the plan of only one of them has counts as 0 in the others."""
    together: dict[str, Any] = {"tests": parts[0].tests}
    for name in (field.name for field in fields(LotFigures) if field.name != "tests"):
        tables = [getattr(part, name) for part in parts]
        if not isinstance(tables[0], dict):
            together[name] = np.concatenate(tables)
            continue
        keys = dict.fromkeys(key for table in tables for key in table)
        together[name] = {
            key: np.concatenate([table.get(key, np.zeros_like(parts[0].doses)) for table in tables]) for key in keys
        }
    return LotFigures(**together)
