"""Section B: platforms against flasks. Two arms on common draws; the basis of the fold is the published one."""

from __future__ import annotations

from collections.abc import Iterator

from case import Draws, Published, Row
from runs import Arm, arm, drawn

_CELLS = "cells, volumes, time of both arms"


def _volume(platform: Arm, static: Arm) -> Draws:
    return platform.titer / static.titer


def _cell(platform: Arm, static: Arm) -> Draws:
    """Return the fold per cell and day: arms may collect for different times."""
    return platform.per_cell / platform.days / (static.per_cell / static.days)


def rows() -> Iterator[Row]:
    """Yield the rows of section B."""
    flask, cord, hek = arm("flask"), arm("flask_cord"), arm("flask_hek")
    wheel, beads = arm("b1_vertical_wheel"), arm("b2_microcarriers")
    density = "beads at 10 to 25 g/L offer 4 to 9 cm2/mL, a flask 5: cells per mL can hardly differ"
    yield Row(
        "B1", "Vertical-Wheel / T-flask [V]", "fuzeta2020", "vessels, 48 h, tissues", _CELLS,
        Published("5.7 (unchecked)", 5.7, 5.7), "interval", "test", _volume(wheel, flask), density,
    )  # fmt: skip
    yield Row(
        "B1", "Vertical-Wheel / T-flask [C]", "fuzeta2020", "vessels, 48 h, tissues", _CELLS,
        Published("3 (unchecked)", 3.0, 3.0), "interval", "test", _cell(wheel, flask),
        "the flask loses by the rule of density; stirring has no gain per cell by default",
    )  # fmt: skip
    yield Row(
        "B2", "microcarriers / flask [F as V]", "haraszti2018", "cells, both by ultracentrifugation", _CELLS,
        Published("20", 20.0, 20.0), "interval", "test", _volume(beads, cord),
        f"{density}; the further factor 7 by TFF is isolation and is not in it",
    )  # fmt: skip
    yield Row(
        "B5", "hollow fibers / flask [V]", "kink2024", "both by ultracentrifugation", _CELLS,
        Published("up to 38", 38.0, 38.0), "interval", "test", _volume(arm("b5_hollow_fiber"), flask),
        "200 cm2/mL, but a capacity of 1e4 cells/cm2 and collections of 1 d against 2 d; re-uptake takes its part",
    )  # fmt: skip
    yield Row(
        "B6", "hollow fibers / flask, HEK293 [V]", "watson2016", "cells, medium", _CELLS,
        Published("about 40 (unchecked)", 40.0, 40.0), "interval", "test", _volume(arm("b6_hollow_fiber_hek"), hek),
        "cells in the cartridge are a vendor's range",
    )  # fmt: skip
    yield Row(
        "B7", "perfused scaffold / flask [F as V]", "kronstadt2022", "cells, perfusion", _CELLS + "; flow, shear",
        Published("40 to 80", 40.0, 80.0), "interval", "test", _volume(arm("b7_perfused_bed"), flask),
        "shear by the prior of its gain alone does not do it; two assays in the paper differ by 2",
    )  # fmt: skip
    wheels = arm("b9_wheel_aggregates")
    yield Row(
        "B9", "aggregates in a wheel / static [F as V]", "berry2026", "vessel, 25 to 64 rpm", _CELLS + "; serum",
        Published("3 to 10", 3.0, 10.0), "interval", "test", _volume(wheels, flask), "gain by aggregation is a prior",
    )  # fmt: skip
    yield Row(
        "B10", "stirred tank / unknown [F as V]", "cellbiosci2022", "48 h, medium", _CELLS + "; the comparator",
        Published("27", 27.0, 27.0), "interval", "test", _volume(arm("b10_stirred_tank"), cord),
        f"{density}; the comparator is unknown",
    )  # fmt: skip
    yield _lasting()
    yield Row(
        "B13", "cyclic stretch, macrophages / flat [F]", "xiao2026", "device", "all else",
        Published("13.8", 13.8, 13.8), "interval", "test", None,
        "not produced: no platform stretches cells; the fold can only be entered as a stimulus",
    )  # fmt: skip
    spheroids = arm("b14_spheroids")
    given = "cells, defined medium, TNF-a and IFN-g"
    yield Row(
        "B14", "spheroids / flat [F as C]", "kim2022", given, _CELLS + "; size", Published("6.7", 6.7, 6.7),
        "interval", "test", _cell(spheroids, cord),
        "gain by aggregation is a prior, median 3, less the core that starves",
    )  # fmt: skip
    yield Row(
        "B14", "primed spheroids / flat [F as C]", "kim2022", given, _CELLS + "; size; that factors multiply",
        Published("9.4", 9.4, 9.4), "interval", "test", _cell(arm("b14_spheroids#primed"), cord),
        "as above; the 1.4 is put in",
    )  # fmt: skip
    yield Row(
        "B15", "aggregates, wave / flat [F as C]", "yuan2022", "motion", _CELLS + "; size; rocking",
        Published("2", 2.0, 2.0), "interval", "test", _cell(arm("b15_wave_aggregates"), flask),
        "gain by aggregation is a prior",
    )  # fmt: skip


def _lasting() -> Row:
    """Return the row of the line that is harvested for four weeks."""
    harvested = arm("b12_line_in_fibers").culture.monitors["harvested"]
    return Row(
        "B12", "line in hollow fibers, harvest of day 28 over day 7 [1]", "imsc2023", "cells, schedule",
        "cartridge, cells, death rate", Published("viable throughout: 0.5 to 2 is ours", 0.5, 2.0, stated=False),
        "band", "test", drawn(harvested[-1] / harvested[6]), "cells die slowly and are not replaced",
    )  # fmt: skip
