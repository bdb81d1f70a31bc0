"""What blocks of lanes show, and the lanes of a run that are kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from exosim.kernel import Step
from exosim.limiting import binding
from exosim.lot_readings import attribute_results
from exosim.material import one_where
from exosim.parameter import Array
from exosim.precision import Precision, at_precision
from exosim.readings import ALL_ATTRIBUTES, contents_of, limit_shares, read_run
from exosim.sampling import Sample
from exosim.scenario import Scenario
from exosim.totals import Key, Shown
from exosim.two_truths import RATIOS, TRUE, TRUTH_UNITS, Samples

KINDS = ("reading", "limit", "attribute", "met", "specification", "binding", "course", "true", "measured", "above")
COURSE = ("time", "secreted", "harvested", "harvest_volume", "viable_cells", "titer")
"""What is kept of a culture at each harvest: arrays of shape (harvests, draws)."""
LANES = 64
"""Blocks are padded to a multiple of this, so that vectorized loops round alike whatever the block size."""
TILE = 16384
"""Lanes that are summed up at once, and the most in a block."""


@dataclass
class Block:
    """What a block of lanes shows, by kind of quantity, with unit and reason of every reading and attribute."""

    shown: dict[str, dict[Key, NDArray[np.float64] | None]] = field(default_factory=lambda: {k: {} for k in KINDS})
    notes: dict[Key, tuple[str, str | None]] = field(default_factory=dict)

    def put(self, kind: str, key: Key, values: Array | None, note: tuple[str, str | None] | None = None) -> None:
        """Add one quantity."""
        if note is not None:
            self.notes[key] = note
        self.shown[kind][key] = None if values is None else np.atleast_1d(np.asarray(values, dtype=np.float64))


def show(scenario: Scenario, sample: Sample, precision: Precision = "float64") -> Block:
    """Return what the draws of a sample show, run as one block; their number is a multiple of :data:`LANES`."""
    values = scenario.values_on(sample)
    recipe, specification = at_precision((scenario.recipe(values), scenario.specification(values)), precision)
    noise = at_precision(scenario.noise_on(sample), precision)
    block, contents = Block(), contents_of(recipe.context, specification)
    samples = None
    if specification.sampled:
        in_process = at_precision(scenario.sample_noise_on(sample), precision)
        samples = Samples(specification, recipe.context, recipe.procedures, contents, noise, in_process)
    readings, steps = read_run(recipe, specification, contents, samples.take if samples is not None else None)
    for reading in readings:
        block.put("reading", (reading.name, reading.step), reading.values, (reading.unit, reading.reason))
    for (step, text), reached in limit_shares(steps).items():
        block.put("limit", (text, step), reached)
    if samples is not None:
        _show_samples(samples, block)
    everything: Array = 1.0
    for attribute, unit, reported in attribute_results(steps, recipe.context, specification, noise, contents):
        met = attribute.met(reported)
        everything = everything * np.asarray(met)
        block.put("attribute", (attribute.id, None), reported, (unit, None))
        block.put("met", (attribute.id, None), met)
    if block.shown["met"]:
        block.put("specification", (ALL_ATTRIBUTES, None), everything)
    for key, binds in binding(block.shown["reading"]).items():
        block.put("binding", key, binds)
    for key, values_at_harvests in _course(steps):
        block.put("course", key, values_at_harvests)
    return block


def _show_samples(samples: Samples, block: Block) -> None:
    """Put what the assays say of the samples beside what is there."""
    for truth in samples.truths():
        of_true, of_measured = TRUTH_UNITS[truth.quantity]
        block.put("true", (f"{TRUE}{truth.name}", truth.step), truth.true, (of_true, None))
        block.put("measured", (truth.name, truth.step), truth.measured, (of_measured, None))
        if truth.quantity in RATIOS:
            block.put("above", (truth.name, truth.step), one_where(np.asarray(truth.measured) > 1.0))
    for (text, step), reached in samples.limits.items():
        block.put("limit", (text, step), reached)


def _course(steps: Sequence[Step]) -> Iterator[tuple[Key, Array]]:
    """Yield what the first culture showed at each harvest, for the yield curve."""
    for step in steps:
        if "harvested" in step.outcome.monitors:
            for name in COURSE:
                yield (name, step.procedure.id), step.outcome.monitors[name]
            return


def joined(parts: Sequence[Block]) -> Block:
    """Return consecutive blocks as one; what is equal in all lanes stays one number."""
    if len(parts) == 1:
        return parts[0]
    whole = Block(notes=parts[0].notes)
    for kind, first in parts[0].shown.items():
        for key, values in first.items():
            several = [values, *(part.shown[kind][key] for part in parts[1:])]
            arrays = [array for array in several if array is not None]
            varies = len(arrays) == len(parts) and arrays[0].shape[-1] > 1
            whole.shown[kind][key] = np.concatenate(arrays, axis=-1) if varies else values
    return whole


def padded(count: int) -> int:
    """Return the least multiple of :data:`LANES` that holds so many lanes."""
    return -(-count // LANES) * LANES


class Kept:
    """Arrays over the lanes of a run that are kept, filled block by block; what is equal in all lanes stays one number.

    Attributes
    ----------
    first, lanes : which lanes
    values, notes : as in :class:`Block`
    varies : whether anything varies between lanes
    """

    def __init__(self, first: int, lanes: int) -> None:
        self.first, self.lanes, self.varies = first, lanes, False
        self.values: dict[str, dict[Key, NDArray[np.float64] | None]] = {kind: {} for kind in KINDS}
        self.notes: dict[Key, tuple[str, str | None]] = {}

    def take(self, block: Block, start: int, stop: int) -> None:
        """Keep what the block of the lanes `start` to `stop` shows, as far as they are kept."""
        self.notes.update(block.notes)
        self.put(block.shown, start, stop)

    def put(self, shown: Shown, start: int, stop: int) -> None:
        """Keep what the lanes `start` to `stop` show, as far as they are kept."""
        part = slice(start - self.first, min(stop - self.first, self.lanes))
        for kind, quantities in shown.items():
            kept = self.values[kind]
            for key, values in quantities.items():
                if values is None or values.shape[-1] == 1:
                    kept[key] = values
                    continue
                array = kept.get(key)
                if array is None:
                    array = kept[key] = np.empty((*values.shape[:-1], self.lanes))
                    self.varies = True
                array[..., part] = values[..., : part.stop - part.start]

    def numbers(self) -> int:
        """Return how many numbers are kept of each lane; what is equal in all of them does not count."""
        arrays = (array for quantities in self.values.values() for array in quantities.values() if array is not None)
        return sum(array.size // self.lanes for array in arrays if array.shape[-1] == self.lanes) if self.varies else 0
