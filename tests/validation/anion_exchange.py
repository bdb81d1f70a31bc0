"""V10: the hydroxyl monolith that binds vesicles by preferential exclusion, straight from conditioned medium."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from case import Draws, Published, Row
from runs import DRAWS, SEED, drawn

from exosim.material import Material, total
from exosim.normal import normal_quantile
from exosim.operations.anion_exchange_chromatography import AnionExchangeChromatography
from exosim.operations.base import Outcome
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.parameter import declared
from exosim.preset_catalog import presets
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.sampling import uniforms

_SOURCE = "vrabec_oh"


def rows() -> Iterator[Row]:
    """Yield the rows of V10."""
    feed, outcome = _run()
    for name, monitor, percent, low, high in (
        ("protein", "protein_log_reduction", 97, 1.5, 1.55),
        ("DNA", "dna_log_reduction", 95, 1.28, 1.32),
    ):
        yield Row(
            "V10", f"log reduction of {name}, hydroxyl monolith [1]", _SOURCE, "monolith, conditioned medium",
            "preset `cim_oh`", Published(f"{percent} %", low, high), "band", "input", drawn(outcome.monitors[monitor]),
            "put in: a preset of the measured removals; column, flow and recovery are not published",
        )  # fmt: skip
    before = total(feed.vesicles) / feed.volume
    after = total(outcome.product.vesicles) / outcome.product.volume
    yield Row(
        "V10", "vesicles are concentrated straight from the medium", _SOURCE, "monolith, conditioned medium",
        "1 L on 20 mL; salts, midpoint within 1.2, capacity within a factor of 4", Published("concentrated"), "sign",
        "test", drawn(after > before),
    )  # fmt: skip


@cache
def _run() -> tuple[Material, Outcome]:
    known, grades = declared(AnionExchangeChromatography), dict.fromkeys(references(), "C")
    given = presets("adsorber")["cim_oh"].parameters
    values = {name: read_quantity(raw, known[name], grades).quantity.typical for name, raw in given.items()}
    values |= {
        "column_volume": 0.02,
        "vesicle_midpoint": _spread("vesicle_midpoint", values["vesicle_midpoint"], np.log(1.2) / 1.645),
        "coverage": _spread("coverage", 0.024, np.log(4.0) / 1.645),
    }
    feed = ConditionedMedium().transform(Material()).product
    return feed, AnionExchangeChromatography(**values).transform(feed)


def _spread(name: str, median: float, sigma: float) -> Draws:
    """Return a lognormal input of an operation that no scenario holds."""
    return np.asarray(median * np.exp(sigma * normal_quantile(uniforms(SEED, f"v10.{name}", "study", 0, DRAWS))))
