"""Section D: growth and metabolism. What is an input has to come back when the culture is measured as in the paper."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
from case import Draws, Published, Row
from runs import Arm, Sample, arm, drawn, grown
from scipy.integrate import solve_ivp

from exosim.material import Material
from exosim.operations.base import Visit
from exosim.physics.monod import Medium, MonodSet
from exosim.physics.stirred_vessel import Culture, Flows, VesicleRates, follow

_COUNTED = "counts after 1 d and after 4 d"
_RETURNED = "put in; the death rate of the default, 0.001/h, comes on top"


def rows() -> Iterator[Row]:
    """Yield the rows of section D."""
    yield from _monolayers()
    yield from _five_donors()
    yield from _beds()
    yield from _stirred()
    yield from _serial()
    yield from _adipose()
    yield _oxygen()
    yield from _published_set()


def _row(
    case: str, outcome: str, source: str, number: float, found: Draws, reason: str, assumed: str = _COUNTED
) -> Row:
    """Return the row of a number that is put in."""
    return Row(
        case, outcome, source, "the number itself", assumed,
        Published(f"{number:g}".replace("e+0", "e"), number, number), "25 %", "input", found, reason,
    )  # fmt: skip


def _monolayers() -> Iterator[Row]:
    """D1: from counts at 24 h and 96 h, and from the medium between them."""
    for name, hours, uptake, lactate in (("fast", 17.0, 0.125, 0.248), ("slow", 32.0, 0.377, 0.767)):
        dense = grown(arm(f"d_monolayer#{name}"), 3.0, after=1.0)
        sparse = grown(arm(f"d_monolayer#{name}_sparse"), 3.0, after=1.0)
        end = "least" if name == "fast" else "largest"
        for density, sample in (("1000", dense), ("100", sparse)):
            outcome = f"doubling time, {name} donor, {density} cells/cm2 [h]"
            yield _row("D1", outcome, "higuera2009", hours, sample.doubling_time, _RETURNED)
        yield _row(
            "D1", f"glucose uptake, {end} [pmol/cell/h]", "higuera2009", uptake, dense.rate(dense.glucose),
            "put in; returned by glucose consumed over the integral of the cells", f"{_COUNTED}; glucose 5.5 mmol/L",
        )  # fmt: skip
        yield Row(
            "D1", f"lactate release, {end} [pmol/cell/h]", "higuera2009", "glucose uptake", "yield 2.0 of D2",
            Published(f"{lactate:g}", lactate, lactate), "25 %", "test", dense.rate(dense.lactate),
            "two independent papers agree on the yield",
        )  # fmt: skip


def _five_donors() -> Iterator[Row]:
    sample = grown(arm("d_monolayer#five_donors"), 3.0, after=1.0)
    uptake, lactate = sample.rate(sample.glucose) * 24.0, sample.lactate / sample.glucose
    yield _row("D2", "glucose uptake [pmol/cell/d]", "schop2009", 9.2, uptake, "put in; returned as in D1")
    yield _row("D2", "lactate per glucose [1]", "schop2009", 2.0, lactate, "put in; returned by both amounts")
    given = "30 mmol/L glucose, space and oxygen for all"
    stopped = _stopped("d_monolayer#stopped_by_lactate", lambda sample: sample.lactate_titer)
    yield _row("D2", "lactate at which growth stops [mmol/L]", "schop2009", 35.4, stopped, "put in", given)
    stopped = _stopped("d_monolayer#stopped_by_ammonia", lambda sample: sample.ammonia_titer)
    yield _row("D2", "ammonia at which growth stops [mmol/L]", "schop2009", 2.4, stopped, "put in", given)


def _stopped(name: str, read: Callable[[Sample], Draws]) -> Draws:
    """Return what is in the medium when cells grow at less than a tenth of their early rate."""
    found, step = arm(name), 0.25
    samples = [grown(found, days) for days in np.arange(2.0, 20.0, step)]
    rates = [np.log(later.cells / earlier.cells) for earlier, later in pairwise(samples)]
    for rate, sample in zip(rates, samples[1:], strict=True):
        if np.all(rate < 0.1 * rates[0]):
            return read(sample)
    raise ValueError(f"{name}: growth goes on")


def _beds() -> Iterator[Row]:
    """D4: the fold of all cells that were seeded."""
    for name, outcome, fold in (("", "rotating bed", 38.7), ("#static", "static control", 31.8)):
        found = arm(f"d4_rotating_bed{name}")
        cells = grown(found, 9.0).cells / drawn(found.feed.viable_cells)
        reason = "put in as a doubling time; 12 % of the cells do not attach and are not made up for"
        yield _row(
            "D4",
            f"{outcome}, fold in 9 d [1]",
            "rotating_bed2013",
            fold,
            cells,
            reason,
            "seeding, area; growth net of death",
        )


def _peak(found: Arm) -> Draws:
    """Return the largest density of a batch [cell/mL], from a count every 6 h."""
    counts, operation = [], found.operation
    for day in np.arange(2.0, 8.01, 0.25):
        planned = replace(operation, collection=float(day), harvest_every=float(day))
        outcome = planned.transform(found.feed)
        counts.append(drawn(outcome.monitors["viable_cells"][-1]) / drawn(operation.liters * 1e3))
    return np.max(np.stack(counts), axis=0)


def _stirred() -> Iterator[Row]:
    yield Row(
        "D5", "largest density at 233 W/m3 from glucose [cell/mL]", "seidel2023", "cells, power",
        "3.5e5 cells/mL, glucose 25 to 35 mmol/L, uptake 0.3 pmol/cell/h within 1.5",
        Published("5.77e6", 5.77e6, 5.77e6), "interval", "test", _peak(arm("d5_stirred_batch")),
        "at 0.3 pmol/cell/h 30 mmol/L feed half as many; the uptake of these cells was not published",
    )  # fmt: skip
    best, slow, fast = (_peak(arm(f"d5_stirred_batch#{name}")) for name in ("crowded", "crowded_63", "crowded_451"))
    assumed = "what crowds the cells is not glucose"
    yield _row(
        "D5", "largest density at 233 W/m3, as a capacity [cell/mL]", "seidel2023", 5.77e6, best, "put in", assumed
    )
    yield _row(
        "D5", "gain of 233 over 451 W/m3 [%]", "seidel2023", 7.2, (best / fast - 1.0) * 100.0,
        "put in: the death rate of small eddies was chosen for this number", assumed,
    )  # fmt: skip
    yield Row(
        "D5", "gain of 233 over 63 W/m3 [%]", "seidel2023", "powers", assumed, Published("23.8", 23.8, 23.8), "25 %",
        "test", (best / slow - 1.0) * 100.0,
        "not in the model: the paper lays it to aggregates at low power, and eddies only kill here",
    )  # fmt: skip


def _serial() -> Iterator[Row]:
    """D6: ten passages of 13.1 d, thin enough that space does not count."""
    found, days = arm("d_monolayer#serial"), 118.0 / 9.0
    cells, doublings, gained = found.feed, 0.0, []
    for _ in range(10):
        start = found.operation.start(cells).remainder
        state = start
        for day in range(1, 14):
            hours = 24.0 if day < 13 else 24.0 * (days - 12.0)
            state = found.operation.advance(state, Visit(24.0 * (day - 1) + hours, "feed"), hours).remainder
        gained.append(np.log2(drawn(state.viable_cells) / drawn(start.viable_cells)))
        doublings = doublings + gained[-1]
        thinned = drawn(found.feed.viable_cells) / drawn(state.viable_cells)
        cells = Material(volume=1e-3, viable_cells=state.viable_cells * thinned, doublings=state.doublings * thinned)
    given = "7.7 doublings in the first passage, 9 passages in 118 d"
    yield _row("D6", "doublings of passage 1", "bonab2006", 7.7, gained[0], "put in as a doubling time", "no crowding")
    yield Row(
        "D6", "doublings of passage 10", "bonab2006", given,
        "limit of 45 doublings; growth net of death; no crowding", Published("1.2", 1.2, 1.2), "25 %", "test",
        gained[-1],
        "a law between two inputs; with the default death rate on top it would be 0.6 and missed",
    )  # fmt: skip
    yield Row(
        "D6", "doublings in all", "bonab2006", given, "limit of 45 doublings; growth net of death; no crowding",
        Published("45 (derived)", 45.0, 45.0), "25 %", "input", np.asarray(doublings),
        "the limit is put in; the default is 30, for which this case is missed",
    )  # fmt: skip


def _adipose() -> Iterator[Row]:
    found = arm("d_monolayer#adipose")
    early = grown(_aged(found, 3.9), 5.0, after=1.0).doubling_time
    late = grown(_aged(found, 10.1), 5.0, after=1.0).doubling_time
    yield Row(
        "D7", "senescent cells at passage 13 [%]", "admsc_passaging2012", "passages", "", Published("3.4", 3.4, 3.4),
        "25 %", "test", None, "not produced: growth slows with doublings, and no cell is counted as senescent",
    )  # fmt: skip
    yield _row(
        "D7", "doubling time at 1.6 to 6.2 doublings [d]", "plastini2016", 5.1, early / 24.0,
        "put in for young cells; age and death come on top", "3.9 doublings behind",
    )  # fmt: skip
    yield Row(
        "D7", "slower at 10.1 doublings [S]", "plastini2016", "doublings", "limit of 32 within 4 doublings",
        Published("slower"), "sign", "test", np.asarray(late > early, dtype=np.float64), "",
    )  # fmt: skip


def _aged(found: Arm, doublings: float) -> Arm:
    """Return an arm whose cells have doublings behind them."""
    step = found.steps["culture"]
    aged = step.held.replaced(doublings=step.held.viable_cells * doublings)
    return replace(found, steps={"culture": replace(step, held=aged)})


def _oxygen() -> Row:
    found = arm("d8_oxygen")
    operation, sample = found.operation, grown(found, 12.0)
    density = sample.cells / drawn(operation.liters * 1e3)
    supply = 0.5 * operation.oxygen_saturation * (1.0 - operation.least_oxygen)  # mmol/L/h at kLa 0.5/h
    return _row(
        "D8", "oxygen uptake [fmol/cell/h]", "pattappa2011", 98.0, supply * 1e9 / density,
        "put in; returned by transfer over the cells that it holds", "kLa 0.5/h, cells at rest",
    )  # fmt: skip


CHO = MonodSet(
    growth=0.039, death=0.004, half_glucose=1.00, half_glutamine=0.047, lactate_inhibition=43.0,
    ammonia_inhibition=6.51, lactate_death=45.8, ammonia_death=6.51, cells_per_glucose=0.357e9,
    cells_per_glutamine=0.974e9, lactate_per_glucose=0.70, ammonia_per_glutamine=0.67, glucose_maintenance=69.2e-3,
    glutamine_maintenance=3.2e-3, half_maintenance=2.1, ammonia_removal=6.3e-3, production=1.51, scarcity=0.05,
)  # fmt: skip
"""The published set; the scarcity is ours."""


def _published_set() -> Iterator[Row]:
    """D9: a batch of 72 h against the same equations, written again and solved by LSODA."""
    first = (3e5, 30.0, 6.0, 0.0, 0.0, 0.0)
    solved = solve_ivp(_changes, (0.0, 72.0), first, method="LSODA", rtol=1e-10, atol=1e-10).y[:, -1]
    flows = Flows(0.0, 0.0, 0.0, Medium(0.0, 0.0, 0.0, 0.0), 1.0, 1.0)
    start = Culture(2.0, 3e5, 0.0, 30.0, 6.0, 0.0, 0.0, 0.0, 0.0)
    end = follow(start, CHO, VesicleRates(0.0, 0.0, 0.0), ((72.0, flows),), 0.25)
    compared = (
        ("cells [cell/mL]", 0, end.viable),
        ("glucose [mmol/L]", 1, end.glucose),
        ("lactate [mmol/L]", 3, end.lactate),
        ("product [mg/L]", 5, end.product),
    )
    for name, index, found in compared:
        number = float(solved[index])
        yield Row(
            "D9", f"batch with the set of CHO cells, 72 h: {name}", "cho_monod2018", "17 constants",
            "3e5 cells/mL, 30 and 6 mmol/L", Published(f"{number:.4g} (solver)", number * 0.9999, number * 1.0001),
            "band", "regression", drawn(found),
            "a test of the program: the paper's curves were not at hand",
        )  # fmt: skip


def _changes(_: float, state: tuple[float, ...]) -> list[float]:
    """Return the changes of cells, glucose, glutamine, lactate, ammonia and product."""
    cells, glucose, glutamine, lactate, ammonia, _product = state
    growth = 0.039 * glucose / (1.0 + glucose) * glutamine / (0.047 + glutamine) * 43.0 / (43.0 + lactate)
    growth *= 6.51 / (6.51 + ammonia)
    death = 0.004 * lactate / (45.8 + lactate) * ammonia / (6.51 + ammonia)
    eaten = 1e3 * growth * cells / 0.357e9 + 69.2e-9 * cells * glucose / (0.05 + glucose)
    built = 1e3 * growth * cells / 0.974e9
    burnt = 3.2e-9 * cells * glutamine / (2.1 + glutamine)
    removed = 6.3e-9 * cells * ammonia / (0.05 + ammonia)
    return [(growth - death) * cells, -eaten, -(built + burnt), 0.70 * eaten, 0.67 * built - removed, 1.51e-6 * cells]
