"""Section A: absolute yields. Secretion and the number of cells are priors, so that none of these is a proof."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Published, Row
from runs import Draws, arm, donors

_WHEEL = "tissue, platelet lysate, microcarriers, 48 h"
_MISSING = "60 mL, beads 10 to 25 g/L, seeding, cells, background"
_PRIOR = "secretion is the prior; inside says that the prior is wide, not that it is right"


def rows() -> Iterator[Row]:
    """Yield the rows of section A."""
    yield from _vertical_wheel()
    yield from _hollow_fibers()
    yield from _bounds()


def _vertical_wheel() -> Iterator[Row]:
    totals = {tissue: _three_donors(tissue) for tissue in ("", "#adipose", "#cord")}
    published = (("", "bone marrow", 2.8e11), ("#adipose", "adipose", 3.1e11), ("#cord", "cord", 4.1e11))
    for variant, tissue, number in published:
        yield Row(
            "A1", f"Vertical-Wheel 0.1, MSC of {tissue} [T]", "fuzeta2020", _WHEEL, _MISSING,
            Published(f"{number:.2g}", number, number), "interval", "calibration", totals[variant], _PRIOR,
        )  # fmt: skip
    yield Row(
        "A1", "adipose / bone marrow [T]", "fuzeta2020", _WHEEL, "three donors each, sigma 0.5",
        Published("1.1", 1.1, 1.1), "interval", "test", totals["#adipose"] / totals[""],
        "adipose cells double in 122 h in the catalog (Plastini 2016) and are few; these here grew as the others did",
    )  # fmt: skip
    yield Row(
        "A1", "cord / bone marrow [T]", "fuzeta2020", _WHEEL, "three donors each, sigma 0.5",
        Published("1.5", 1.5, 1.5), "interval", "test", totals["#cord"] / totals[""],
        "the catalog lets cord cells secrete four times as much, which nobody has checked",
    )  # fmt: skip


def _three_donors(tissue: str) -> Draws:
    return arm(f"a1_vertical_wheel{tissue}").total * donors(f"a1{tissue}", 3)


def _hollow_fibers() -> Iterator[Row]:
    quantum, fibers = arm("a2_quantum"), arm("a3_fibercell")
    given = "2.1 m2 (unchecked), 5 % platelet lysate, six harvests in 12 d"
    yield Row(
        "A2", "Quantum, mean of the harvests [V]", "mendt2018", given, "180 mL harvests, cells, donor",
        Published("1.04e10", 1.04e10, 1.04e10), "interval", "calibration", quantum.titer,
        f"{_PRIOR}; the particles of the lysate alone are 2.5e10/mL at the median",
    )  # fmt: skip
    yield Row(
        "A2", "Quantum, all harvests [T]", "mendt2018", given, "180 mL harvests, cells, donor; no loss by isolation",
        Published("0.9 to 1.56e13 (unchecked)", 9e12, 1.56e13), "interval", "calibration", quantum.total, _PRIOR,
    )  # fmt: skip
    given = "hollow fibers, 25 daily harvests, no serum"
    yield Row(
        "A3", "FiberCell, mean of the harvests [V]", "gobin2021", given, "C2011 with 20 mL, inoculum, cells",
        Published("5.5e10", 5.5e10, 5.5e10), "interval", "calibration", fibers.titer, _PRIOR,
    )  # fmt: skip
    yield Row(
        "A3", "FiberCell, a day [T]", "gobin2021", given, "C2011 with 20 mL, inoculum, cells",
        Published("1.1e12 (derived)", 1.1e12, 1.1e12), "interval", "calibration", fibers.total / fibers.days, _PRIOR,
    )  # fmt: skip
    harvested = np.asarray(fibers.culture.monitors["harvested"])
    level = (harvested[-1] / harvested[4] > 0.5) & (harvested[-1] / harvested[4] < 2.0)
    yield Row(
        "A3", "level from day 5 to day 25, within a factor of 2 [S]", "gobin2021", given, "death rate of the cells",
        Published("consistent"), "sign", "test", np.asarray(level, dtype=np.float64), "spread of the death rate",
    )  # fmt: skip
    spinner = arm("a5_spinner_serum")
    yield Row(
        "A5", "spinner in 5 % serum, negative control [V]", "cellbiosci2022", "5 % serum, 48 h over 7 d",
        "particles of serum 2e11/mL within a factor of 4.5, cells, volume",
        Published("1e11", 1e11, 1e11), "interval", "test", spinner.titer,
        "serum brings 1e10/mL at 5 %; 1e11 needs ten times as many particles in serum, or another counter",
    )  # fmt: skip
    cells = _of_cells(spinner.culture.monitors["secreted"], spinner.titer, spinner.culture.product.volume)
    yield Row(
        "A5", "particles of the serum outnumber those of the cells [S]", "cellbiosci2022", "5 % serum", "as above",
        Published("likely"), "sign", "test", cells,
        "with the fastest secretion of the prior the cells are ahead: the control is not negative in every draw",
    )  # fmt: skip


def _of_cells(secreted: Draws, titer: Draws, liters: Draws) -> Draws:
    """Return 1 where more than half of what is counted did not come from cells."""
    return np.asarray(np.sum(secreted, axis=0) / (titer * np.ravel(liters) * 1e3) < 0.5, dtype=np.float64)


def _bounds() -> Iterator[Row]:
    rate = np.asarray(np.sum(arm("flask").culture.monitors["secreted"], axis=0)) / arm("flask").cell_days
    yield Row(
        "A6", "secretion of MSC between that of blood cells in vivo, per cell and day [C]", "auber2022",
        "monocytes 45/min, erythrocytes 3.2e-3/min", "that other cells bound MSC", Published("4.6 to 6.5e4", 4.6, 6.5e4),
        "band", "calibration", rate, "a bound on the prior, no culture",
    )  # fmt: skip
    yield Row(
        "A7", "secretion above what capture of single cells finds, per cell and hour [C]", "chiu2016",
        "60 to 65 exosomes per cell and hour", "that breast lines bound MSC from below", Published("over 60 (unchecked)", 60.0, 1e6),
        "band", "calibration", rate / 24.0, "a bound on the prior; antibodies catch a part of the vesicles",
    )  # fmt: skip
