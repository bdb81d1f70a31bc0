"""Section V: the downstream cases that the upstream ones lean on: isolation, storage, purity."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import anion_exchange
import demand_planning
import diagnosis
import instruments
import isolation
import loading_methods
import numpy as np
import serum_fibers
from case import Draws, Published, Row
from runs import DRAWS, SEED, drawn

from exosim.composition import Contents
from exosim.material import Material, total
from exosim.normal import normal_quantile
from exosim.operations.base import Outcome, standard_context
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.frozen_storage import FrozenStorage
from exosim.operations.tangential_flow_filtration import TangentialFlowFiltration
from exosim.operations.ultracentrifugation import Ultracentrifugation
from exosim.sampling import uniforms


def rows() -> Iterator[Row]:
    """Yield the rows of section V, case by case."""
    parts = (_isolation, _storage, anion_exchange.rows, serum_fibers.rows, loading_methods.rows, isolation.rows)
    found = [row for part in (*parts, instruments.rows, diagnosis.rows, demand_planning.rows) for row in part()]
    yield from sorted(found, key=lambda row: row.case)


def _isolation() -> Iterator[Row]:
    source, given = "ora_ultrafiltration", "500 kDa, 6 diavolumes"
    medium = ConditionedMedium(associated_protein=0.0).transform(Material()).product
    filtered = TangentialFlowFiltration(concentration_factor=1.0, diavolumes=6.0, pore_diameter=35.0, hold_up=0.0)
    left = float(np.squeeze(total(filtered.transform(medium).product.protein) / total(medium.protein)))
    yield Row(
        "V01", "effective sieving of protein [1]", source, given, "mixture of four pools",
        Published("0.77 ± 0.1", 0.67, 0.87), "band", "calibration", np.full(DRAWS, -math.log(left) / 6.0),
        "the largest pool was chosen with this number in sight",
    )  # fmt: skip
    yield Row(
        "V01", "vesicles after ultra- and diafiltration [1]", source, given, "cross flow, 0.1 m2, 20-fold",
        Published("0.61 ± 0.08", 0.61, 0.61), "interval", "test",
        isolation.reference().values("recovery", "concentrate"),
        "a stirred cell in dead-end flow fouls and adsorbs more than cross flow; its volumes are not published",
    )  # fmt: skip
    feed = ConditionedMedium().transform(Material()).product
    taken_up, aggregated = _spread("resuspended", 0.6, 0.2), _spread("aggregated", 0.15, 0.4)
    spin = Ultracentrifugation(washes=1.0, resuspended=np.minimum(taken_up, 0.95), aggregated=aggregated)
    spun = spin.transform(feed)
    yield Row(
        "V01", "vesicles after ultracentrifugation with one wash [1]", source, "method",
        "rotor, times; 60 % taken up within 1.4", Published("0.21 ± 0.06", 0.21, 0.21), "interval", "calibration",
        drawn(total(spun.product.vesicles) / total(feed.vesicles)),
        "the share of a pellet that is taken up again is free",
    )  # fmt: skip
    yield from _purity()


def _purity() -> Iterator[Row]:
    """V01: particles per protein of one medium by both ways, over what nobody knows of medium, membrane and pellet."""
    medium = ConditionedMedium(
        associated_protein=np.minimum(_spread("associated", 0.02, 0.9), 0.1),
        complex_protein=np.minimum(_spread("complexes", 0.1, 0.4), 0.3),
    )
    feed = medium.transform(Material()).product
    pores = _spread("pores", 35.0, 0.18)
    filtered = TangentialFlowFiltration(pore_diameter=pores).transform(feed).product
    pellets = np.minimum(_spread("resuspended", 0.6, 0.2), 0.95), _spread("aggregated", 0.15, 0.4)
    spun = Ultracentrifugation(washes=1.0, resuspended=pellets[0], aggregated=pellets[1]).transform(feed).product
    yield Row(
        "V01", "purity after ultrafiltration over that after ultracentrifugation [1]", "ora_ultrafiltration",
        "500 kDa, 6 diavolumes", "medium, 20-fold, rotor, one wash", Published("about 2", 2.0, 2.0), "interval", "test",
        _per_protein(filtered) / _per_protein(spun),
        "both come out near the ceiling, where own and bound protein decide; real pellets hold more of the medium",
    )  # fmt: skip


def _per_protein(material: Material) -> Draws:
    """Return the particles that a counter sees per protein [particle/ug]."""
    contents = Contents(standard_context(), standard_context().counter)
    return drawn(contents.particles(material) / contents.protein(material))


def _spread(name: str, median: float, sigma: float) -> Draws:
    """Return a lognormal input of an operation that no scenario holds."""
    return np.asarray(median * np.exp(sigma * normal_quantile(uniforms(SEED, f"v01.{name}", "study", 0, DRAWS))))


def _storage() -> Iterator[Row]:
    """V06 and V07: the constants of storage were derived from these numbers, so that they come back."""
    tube = Material(volume=0.5e-3, vesicles=standard_context().secreted * 0.5e10)
    cold = FrozenStorage(temperature=4.0, storage_time=2.0, cycles=0.0)
    blocked = replace(cold, adsorption=0.0)
    depleted = replace(blocked, fridge_decay=0.0034)
    frozen = FrozenStorage(storage_time=0.0)
    cases = (
        ("V06", "left after 48 h at 4 degC, polypropylene [1]", 0.46, 0.52, cold),
        ("V06", "left after 48 h at 4 degC, walls that do not bind [1]", 0.77, 0.83, blocked),
        ("V06", "left after 48 h at 4 degC, depleted medium [1]", 0.82, 0.88, depleted),
        ("V07", "left after one freeze-thaw cycle [1]", 0.64, 0.77, replace(frozen, cycles=1.0)),
        ("V07", "left after three cycles [1]", 0.57, 0.63, replace(frozen, cycles=3.0)),
    )
    for case, outcome, low, high, operation in cases:
        source = "evtushenko2020" if case == "V06" else "ahmadian2024"
        yield Row(
            case, outcome, source, "matrix, time", "half-filled 2 mL tube" if case == "V06" else "buffer",
            Published(f"{low:g} to {high:g}", low, high), "band", "input", _left(operation.transform(tube), tube),
            "put in: constants were derived from these numbers",
        )  # fmt: skip


def _left(outcome: Outcome, feed: Material) -> Draws:
    return drawn(total(outcome.product.vesicles) / total(feed.vesicles))
