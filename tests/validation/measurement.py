"""Section E: spread of measurement, contamination, empty beads."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Draws, Published, Row
from runs import DRAWS, SEED, arm, drawn, scenario
from scipy.stats import binom

from exosim.assay import Assay
from exosim.facility.lots import PlannedPhase
from exosim.facility.mishaps import Mishaps
from exosim.normal import normal_quantile
from exosim.operations.base import standard_context
from exosim.operations.microcarrier_culture import MicrocarrierCulture
from exosim.physics.detection import class_efficiency
from exosim.sampling import uniforms

BATCHES = 100_000
_AT_ONCE = 10_000


def rows() -> Iterator[Row]:
    """Yield the rows of section E."""
    for what, spread in (("vesicles", 0.525), ("liposomes", 0.239)):
        yield Row(
            "E1", f"spread between six laboratories, {what} [1]", "vogel2016", "coefficient of variation",
            "errors are lognormal", Published(f"{spread:g}", spread, spread), "25 %", "input",
            _six_laboratories(spread),
            "put in; the median of six is below: a lognormal spread shows in full only in many laboratories",
        )  # fmt: skip
    yield Row(
        "E2", "diameter by tracking over that by force microscopy [1]", "majka2017", "methods", "",
        Published("2 to 4", 2.0, 4.0), "band", "test", _counted_diameter(),
        "not in the model: it has what a counter misses, and no shell of water and no diffusion that is slowed down",
    )  # fmt: skip
    yield Row(
        "E3", f"contaminated batches of {BATCHES:,} [%]", "mizutani2016", "18 of 29,858", "Beta(18.5, 29840.5)",
        Published("0.036 to 0.095", 0.036, 0.095), "band", "input", _contaminated(),
        "put in as the failure of a scenario",
    )  # fmt: skip
    yield Row(
        "E3", "contaminated batches, struck by the facility [%]", "mizutani2016", "18 of 29,858", "",
        Published("0.06", 0.06, 0.06), "25 %", "input", _struck(),
        "put in; one count of 60 or so, as a run would give it",
    )  # fmt: skip
    for cells, empty in ((1.0, 0.365), (2.0, 0.135), (3.0, 0.05)):
        yield Row(
            "E4", f"empty beads at {cells:.0f} cells per bead [1]", "teale2023", "cells per bead", "",
            Published(f"{empty:g}", empty, empty), "25 %", "input", _empty(cells),
            "put in: cells settle at random (Poisson)",
        )  # fmt: skip


def _six_laboratories(spread: float) -> Draws:
    """Return the coefficient of variation of six results on one sample, in many rings of six."""
    assay = Assay(repeatability=spread)
    normal = [normal_quantile(uniforms(SEED, f"laboratory_{i}", "batch", 0, DRAWS)) for i in range(6)]
    results = np.stack([assay.reported(1.0, z) for z in normal])
    return np.asarray(np.std(results, axis=0, ddof=1) / np.mean(results, axis=0))


def _counted_diameter() -> Draws:
    """Return the mean diameter of what a counter sees over that of what is there."""
    context, assay = standard_context(), Assay()
    true = context.secreted[:, 0]
    seen = true * class_efficiency(context.sizes, assay.detection_limit, assay.detection_width)[:, 0]
    diameters = np.ravel(context.sizes.diameters)
    return np.full(DRAWS, (seen @ diameters / np.sum(seen)) / (true @ diameters / np.sum(true)))


def _contaminated() -> Draws:
    """Return the share of 100,000 batches [%], for each draw of the probability that the scenario declares."""
    probability = scenario("e3_contamination").values(0, DRAWS, SEED)["failure.contamination.probability"]
    struck = binom.ppf(uniforms(SEED, "contaminated", "batch", 0, DRAWS), BATCHES, np.ravel(probability))
    return np.asarray(struck / BATCHES * 100.0)


def _struck() -> Draws:
    """Return the share [%] at the median of that probability, as the facility strikes 100,000 batches."""
    declared = scenario("e3_contamination")
    failures = declared.plant(declared.typical_values(), SEED).failures
    day = [PlannedPhase("process", 24.0, 0.0, False)]
    struck = 0
    for replication in range(BATCHES // _AT_ONCE):
        mishaps = Mishaps(failures, ["process"], SEED, replication, _AT_ONCE)
        struck += sum(bool(mishaps.struck(batch, 0, 0, day)) for batch in range(_AT_ONCE))
    return np.full(DRAWS, struck / BATCHES * 100.0)


def _empty(cells: float) -> Draws:
    """Return the share of the beads of a spinner on which nothing has settled."""
    operation = arm("e4_beads").operation
    if not isinstance(operation, MicrocarrierCulture):
        raise TypeError("the beads of E4 are those of a microcarrier culture")
    settled = operation.seeded(cells * operation.beads)
    return drawn(1.0 - settled.surface / settled.area)
