"""Section V: loading of cargo, with recycling (V08) and by method and class of cargo (V09)."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from functools import cache

import numpy as np
from case import Draws, Published, Row
from runs import DRAWS, SEED, drawn

from exosim.material import Material
from exosim.operations.base import Outcome, standard_context
from exosim.operations.cargo_loading import CargoLoading
from exosim.parameter import declared
from exosim.preset_catalog import presets
from exosim.quantities import read_quantity
from exosim.references import references
from exosim.sampling import uniforms

_PMOL = 1e-12
_PORTION = 1e10  # vesicles of a turn: assumed, and without effect
_MILLILITERS = 0.1  # of a turn: assumed, and without effect
_FIRST, _RECOVERED = 0.065, 720.0 / 935.0  # of the first turn


def rows() -> Iterator[Row]:
    """Yield the rows of V08 and V09."""
    yield from _efficiencies()
    yield from _recycling()
    yield from _orders()
    yield from _ranges()


# -- V08 ---------------------------------------------------------------------------------------------------------------


def _turns(offered: float, count: int) -> Outcome:
    """Return what becomes of cargo [pmol] that meets one portion of fresh vesicles after the other.

    The partition is the one with which the first turn of the paper takes up 6.5 %, whatever it is offered.
    """
    context = standard_context()
    feed = Material(volume=_MILLILITERS * 1e-3 * count, vesicles=context.secreted * _PORTION * count)
    vesicles = float(np.sum(context.secreted * context.sizes.mean_cubes)) * _PORTION * np.pi / 6.0 * 1e-18  # uL
    share = vesicles / (_MILLILITERS * 1e3)
    operation = CargoLoading(
        cargo_offered=offered * _PMOL, stock=1.0, partition=_FIRST / (1.0 - _FIRST) / share, vesicle_recovery=1.0,
        free_cargo_removal=9.0, cycles=float(count), recycled=_RECOVERED,
    )  # fmt: skip
    return operation.transform(feed)


def _loaded(offered: float, count: int) -> float:
    """Return what all turns load [pmol]."""
    return float(np.squeeze(_turns(offered, count).product.cargo)) / _PMOL


def _efficiencies() -> Iterator[Row]:
    threshold = "uptake falls to nothing below some 200 pmol; neither an isotherm nor a partition has a threshold"
    for offered, published, reason in ((720, 41.0, ""), (420, 23.0, ""), (280, 7.0, threshold)):
        yield Row(
            "V08", f"efficiency at {offered} pmol of siRNA for 10 ug of vesicles [1]", "jeyaram2020", "amounts",
            "partition from the turn at 1000 pmol", Published(f"{published / offered:.3f}", *[published / offered] * 2),
            "25 %", "test", drawn(_loaded(offered, 1) / offered), reason,
        )  # fmt: skip
    yield Row(
        "V08", "efficiency at 198 pmol [1]", "jeyaram2020", "amounts", "as before",
        Published("about 0", 0.0, 0.01, stated=False), "band", "test", drawn(_loaded(198.0, 1) / 198.0), threshold,
    )  # fmt: skip


def _recycling() -> Iterator[Row]:
    """Yield what six turns offer and load when the first one tells efficiency and recovery."""
    given, assumed = "efficiency and recovery of the first turn", "the same in every turn"
    loaded = [_loaded(1000.0, count) for count in range(1, 7)]
    sixth = (loaded[5] - loaded[4]) / _FIRST
    for outcome, published, value, reason in (
        ("siRNA offered to the sixth turn, from 1000 pmol [pmol]", 198.0, sixth, ""),
        ("siRNA loaded in six turns [pmol]", 168.0, loaded[5], "the last two turns load next to nothing in the paper"),
    ):
        yield Row(
            "V08", outcome, "jeyaram2020", given, assumed, Published(f"{published:g}", published, published), "25 %",
            "test", drawn(value), reason,
        )  # fmt: skip


# -- V09 ---------------------------------------------------------------------------------------------------------------


@cache
def efficiency(method: str) -> Draws:
    """Return the apparent efficiency of a method of the catalog, through the step, with its declared spread."""
    parameter = declared(CargoLoading)["apparent_efficiency"]
    raw = presets("method")[method].parameters["apparent_efficiency"]
    quantity = read_quantity(raw, parameter, dict.fromkeys(references(), "C")).quantity
    base = quantity.base
    values = drawn(base) if isinstance(base, float) else _drawn(method, base)
    feed = Material(volume=1e-3, vesicles=standard_context().secreted * 1e10)
    return drawn(CargoLoading(apparent_efficiency=values).transform(feed).monitors["apparent_efficiency"])


def _drawn(method: str, base: object) -> Draws:
    number = uniforms(SEED, f"v09.{method}", "study", 0, DRAWS)
    return np.asarray(base.quantile(number))  # type: ignore[attr-defined]


def _orders() -> Iterator[Row]:
    """Yield the directions between methods for one cargo in one laboratory."""
    orders = {
        "paclitaxel: sonication, electroporation, incubation": (
            "sonication_paclitaxel", "electroporation_paclitaxel", "incubation_paclitaxel",
        ),
        "catalase: freezing and thawing, incubation": ("freeze_thaw_protein", "incubation_protein"),
        "porphyrins: hydrophobic by incubation, hydrophilic by electroporation": (
            "incubation_hydrophobic_porphyrin", "electroporation_hydrophilic_porphyrin",
        ),
    }  # fmt: skip
    for cargo, methods in orders.items():
        drawn_of = [efficiency(method) for method in methods]
        falls = np.all([more > less for more, less in itertools.pairwise(drawn_of)], axis=0)
        yield Row(
            "V09", f"order of efficiencies, {cargo}", "loading_methods2023", "method, cargo",
            "ratio of cargo to vesicles", Published("in this order"), "sign", "input", drawn(falls),
        )  # fmt: skip


def _ranges() -> Iterator[Row]:
    """Yield published figures of one cargo beside the range of their method, of which they are part."""
    cases = (
        ("gemcitabine by sonication", 0.1168, "sonication_small_molecule"),
        ("paclitaxel by sonication", 0.2829, "sonication_small_molecule"),
        ("paclitaxel by electroporation", 0.053, "electroporation_small_molecule"),
        ("paclitaxel by incubation", 0.0144, "incubation_small_molecule"),
        ("paclitaxel by incubation, another laboratory", 0.1003, "incubation_small_molecule"),
    )
    for cargo, value, method in cases:
        yield Row(
            "V09", f"efficiency, {cargo} [1]", "loading_methods2023", "method, class of cargo",
            "ratio of cargo to vesicles", Published(f"{value:g}", value, value), "interval", "input",
            efficiency(method), "the range of the method comes from a review of such studies",
        )  # fmt: skip
