"""Section V: what instruments report of one sample, again on a day, on other days and in other laboratories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from case import Draws, Published, Row
from runs import DRAWS, SEED, scenario

from exosim.assay import Assay
from exosim.kernel import run
from exosim.material import total
from exosim.normal import normal_quantile
from exosim.physics.detection import counted_particles
from exosim.sampling import uniforms

_TIMES, _GROUPS, _CYTOMETERS = 6, 6, 25
_ARM = "v12_instruments"


def rows() -> Iterator[Row]:
    """Yield the rows of V12."""
    yield from _tracking()
    yield from _pulses()
    yield from _cytometers()
    yield from _plasma()


def _tracking() -> Iterator[Row]:
    source, tracking = "vestad2017", _assay("tracking")
    yield Row(
        "V12", "tracking, six results on one day: variation [1]", source, "n = 6", "typical repeatability, 6 %",
        Published("0.01 to 0.12", 0.01, 0.12), "band", "input", _variation(_results(tracking, "result")),
        "put in: the middle of the published range",
    )  # fmt: skip
    yield Row(
        "V12", "tracking, six days: variation [1]", source, "n = 6", "12 % between days, 6 % within",
        Published("0.02 to 0.25", 0.02, 0.25), "band", "input", _variation(_results(tracking, "result", "day")),
        "put in: as above; both add up",
    )  # fmt: skip


def _pulses() -> Iterator[Row]:
    source = "vogel2016"
    for what, arm, spread in (("vesicles", _ARM, 0.525), ("liposomes", f"{_ARM}#liposomes", 0.239)):
        pulses = _assay("pulses", arm)
        across = _variation(_results(pulses, "result", "laboratory", count=_GROUPS))
        yield Row(
            "V12", f"resistive pulses, six groups, {what}: variation [1]", source, "six groups", "10 % within a group",
            Published(f"{spread:g}", spread, spread), "25 %", "input", across,
            "put in; the median of six is below: a lognormal spread shows in full only in many laboratories",
        )  # fmt: skip
    pulses = _assay("pulses")
    within = _variation(_results(pulses, "again", count=_GROUPS))
    across = _variation(_results(pulses, "result", "laboratory", count=_GROUPS))
    yield Row(
        "V12", "resistive pulses: variation between groups over that within one [1]", source, "six groups", "as above",
        Published("above 1", 1.0, 100.0, stated=False), "band", "input", across / within,
        "put in by the two spreads",
    )  # fmt: skip


def _cytometers() -> Iterator[Row]:
    results = _results(_assay("labels"), "result", "laboratory", count=_CYTOMETERS)
    middle = np.median(results, axis=0)
    yield Row(
        "V12", "25 flow cytometers, calibrated: median absolute deviation [1]", "flow_cytometers224", "25 instruments",
        "lognormal", Published("0.25 to 0.31", 0.25, 0.31), "band", "input",
        np.asarray(np.median(np.abs(results - middle), axis=0) / middle),
        "put in, as 1.48 times this for a coefficient of variation",
    )  # fmt: skip


def _plasma() -> Iterator[Row]:
    """What is counted in plasma; the number of its lipoproteins was worked out from the first of these."""
    source, given = "mork2016", "20 healthy subjects"
    counts = {name: _counted(name) for name in ("tracking", "pulses")}
    yield Row(
        "V12", "tracking in platelet-free plasma [particle/mL]", source, given, "vesicles and VLDL of plasma",
        Published("1.4e11 to 1.2e12", 1.4e11, 1.2e12), "band", "input", counts["tracking"] * _laboratory("tracking"),
        "put in as the number of lipoproteins",
    )  # fmt: skip
    yield Row(
        "V12", "resistive pulses in platelet-free plasma [particle/mL]", source, given, "a pore for 50 to 330 nm",
        Published("1.8e8 to 1.6e9", 1.8e8, 1.6e9), "band", "test", counts["pulses"] * _laboratory("pulses"),
        "the vesicles alone, 1e10 of 115 nm, are more than the published count: either they are fewer or smaller, or "
        "the pore saw from some 250 nm on; the study names no pore in its abstract",
    )  # fmt: skip
    yield Row(
        "V12", "share of what tracking counts in plasma that is lipoprotein [1]", "plasma_nta2018", "", "as above",
        Published("above 0.98", 0.98, 1.0), "band", "test", 1.0 - _counted("tracking", alone=True) / counts["tracking"],
        "1e10 vesicles and 4e11 counts do not agree with it: 98 % of 4e11 would leave 8e9 for vesicles, of which it "
        "counts nearly all",
    )  # fmt: skip


def _assay(name: str, arm: str = _ARM) -> Assay:
    """Return an assay of the scenario at its values, in no particular laboratory."""
    declared = scenario(arm)
    return declared.specification(declared.typical_values()).assays[name]


def _results(assay: Assay, *vary: str, count: int = _TIMES) -> Draws:
    """Return repeated results on one sample, shape (count, draws); what varies is drawn anew each time."""
    found = []
    for time in range(count):
        z = {name: normal_quantile(uniforms(SEED, f"{name}_{time}", "batch", 0, DRAWS)) for name in vary}
        result = z.pop("result", None)
        result = z.pop("again") if result is None else result
        there = replace(assay, **z)  # type: ignore[arg-type]
        found.append(there.counts(1e11 * there.systematic, 1.0, result))
    return np.stack(found)


def _variation(results: Draws) -> Draws:
    return np.asarray(np.std(results, axis=0, ddof=1) / np.mean(results, axis=0))


def _counted(name: str, *, alone: bool = False) -> Draws:
    """Return what an assay counts per milliliter of plasma in the mean; of its vesicles alone."""
    declared = scenario(_ARM)
    (step,) = run(declared.recipe(declared.typical_values()))
    plasma = step.outcome.product
    if alone:
        plasma = replace(plasma, lipoproteins=0.0, nonvesicular=0.0)
    sizes = step.procedure.operation.context.sizes
    number = np.asarray(counted_particles(plasma, sizes, _assay(name).counter())) / (total(plasma.volume) * 1e3)
    return np.full(DRAWS, float(np.squeeze(number)))


def _laboratory(name: str) -> Draws:
    """Return the factor of the laboratory in each draw."""
    z = normal_quantile(uniforms(SEED, f"laboratory_of_{name}", "study", 0, DRAWS))
    return np.asarray(replace(_assay(name), laboratory=z).systematic)
