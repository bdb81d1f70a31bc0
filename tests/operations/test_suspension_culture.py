"""Suspension culture: balances, closed forms of its modes, the slow path against a solver, published cases."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from exosim.culture.drain import LIKE_MEDIUM, LIKE_VESICLES, Drain
from exosim.material import Material
from exosim.operations.base import Outcome
from exosim.operations.suspension_culture import SuspensionCulture
from exosim.physics import steady
from exosim.physics.monod import Medium, MonodSet
from exosim.physics.stirred_vessel import Culture, Flows, VesicleRates, follow
from exosim.testing.balances import imbalance

ONE_LITER: dict[str, Any] = {"volume": 1.0}
# nothing but the capacity limits the cells
FREE: dict[str, Any] = {
    **ONE_LITER,
    "oxygen_uptake": 0.0,
    "glucose_uptake": 0.0,
    "ammonia_rate": 0.0,
    "shear_death_rate": 0.0,
    "doublings_limit": math.inf,
}
PERFUSION: dict[str, Any] = {
    **ONE_LITER,
    "perfusion_rate": 1.0,
    "collection": 20.0,
    "harvest_every": 1.0,
    "oxygen_transfer": 30.0,
    "oxygen_saturation": 1.0,
}


def inoculum(viable: float = 2e8) -> Material:
    """Return a cell suspension."""
    return Material(volume=0.1, viable_cells=viable)


def run(viable: float = 2e8, **values: Any) -> Outcome:
    """Return the outcome of a culture whose balance closes."""
    outcome = SuspensionCulture(**{**ONE_LITER, **values}).transform(inoculum(viable))
    assert max(imbalance(inoculum(viable), outcome).values()) < 1e-12
    return outcome


def number(value: Any) -> float:
    """Return a value of one lane as a number."""
    return float(np.squeeze(value))


def last(outcome: Outcome, name: str) -> float:
    """Return a monitor at the last visit."""
    return float(np.ravel(outcome.monitors[name])[-1])


def vesicles(material: Material) -> float:
    """Return the vesicles of all sizes."""
    return float(np.sum(material.vesicles))


def fates(outcome: Outcome) -> float:
    """Return where all vesicles are."""
    return sum(map(vesicles, (outcome.product, outcome.remainder, *outcome.losses.values())))


MODES: dict[str, dict[str, Any]] = {
    "batch": {},
    "repeated batch": {"collection": 12.0, "harvest_every": 3.0, "harvest_fraction": 0.8},
    "fed batch": {"collection": 8.0, "harvest_every": 8.0, "feed_every": 1.0},
    "perfusion": {**PERFUSION, "bleed_rate": 0.1, "vesicle_passage": 0.5},
    "growth before perfusion": {**PERFUSION, "growth_period": 3.0, "collection": 5.0},
}


@pytest.mark.parametrize("step", [None, 1.0], ids=["closed", "monod"])
@pytest.mark.parametrize("mode", MODES)
def test_every_vesicle_is_accounted_for(mode: str, step: float | None) -> None:
    """What was secreted is harvested, left, taken up, decayed or bled: in every mode and on both paths."""
    outcome = run(monod_step=step, **MODES[mode])
    secreted = float(np.sum(outcome.monitors["secreted"]))
    assert secreted > 0.0
    assert fates(outcome) == pytest.approx(secreted, rel=1e-9)
    assert vesicles(outcome.generated) == pytest.approx(secreted, rel=1e-9)


def test_a_batch_hands_on_cells_and_all_of_its_medium() -> None:
    """One harvest empties the vessel: cells float, and leave with it."""
    outcome = run()
    assert len(np.ravel(outcome.monitors["time"])) == 1
    assert number(outcome.product.volume) == pytest.approx(1.0)
    assert number(outcome.product.viable_cells) == pytest.approx(last(outcome, "viable_cells"))
    assert number(outcome.remainder.viable_cells) == 0.0
    assert outcome.consumption == {"collection_medium": 1.0}


def test_growth_without_limits_is_exponential() -> None:
    """At a capacity far away cells double every 24 h, less their death."""
    outcome = run(1e7, capacity=1e14, collection=4.0, harvest_every=4.0, **FREE)
    expected = 1e7 * math.exp(96.0 * (math.log(2.0) / 24.0 - 0.0005))
    assert last(outcome, "viable_cells") == pytest.approx(expected, rel=1e-9)


def test_repeated_batches_come_to_a_cycle() -> None:
    """Four fifths taken every three days: crowded cells grow back to the same number."""
    values = {**FREE, "capacity": 3e6, "collection": 60.0, "harvest_every": 3.0, "harvest_fraction": 0.8}
    cells = np.ravel(run(**values).monitors["viable_cells"])
    assert cells[-3:] == pytest.approx(cells[-1], rel=1e-3)
    rate, death = math.log(2.0) / 24.0, 0.0005
    before, net = 0.2 * cells[-1], rate - death
    inverse = before**-2 * math.exp(-144.0 * net) + rate / 3e9**2 / net * -math.expm1(-144.0 * net)
    assert cells[-1] == pytest.approx(inverse**-0.5, rel=1e-3)


def test_repeated_batches_on_their_glucose_swing_and_settle() -> None:
    """Where glucose ends each batch, more cells than usual starve more: the cycle alternates, and ever less so."""
    values = {"collection": 45.0, "harvest_every": 3.0, "harvest_fraction": 0.8, "glucose_uptake": 0.15}
    swings = np.diff(np.ravel(run(**values).monitors["viable_cells"])[5:])
    assert np.all(swings[:-1] * swings[1:] < 0.0)
    assert abs(swings[-1]) < abs(swings[0])


def test_harvests_that_leave_no_cells_are_refused() -> None:
    wrong = dict(SuspensionCulture(collection=4.0, harvest_every=1.0).problems())
    assert list(wrong) == ["harvest_fraction"]
    assert not list(SuspensionCulture(collection=4.0, harvest_every=1.0, harvest_fraction=0.5).problems())
    assert not list(SuspensionCulture(**PERFUSION).problems())
    assert [at for at, _ in SuspensionCulture(**{**PERFUSION, "bleed_rate": 1.0}).problems()] == ["bleed_rate"]
    assert [at for at, _ in SuspensionCulture(monod_step=0.5, glucose_uptake=0.0).problems()] == ["monod_step"]


# -- fed-batch ---------------------------------------------------------------------------------------------------------


def test_a_bolus_brings_glucose_back_to_its_set_point() -> None:
    culture = SuspensionCulture(feed_every=1.0, glucose_setpoint=20.0, feed_glucose=500.0, **ONE_LITER)
    vessel = Material(volume=1.0, glucose=8.0)
    bolus, held = culture.bolus(vessel)
    mixed = vessel + bolus
    assert number(mixed.glucose / mixed.volume) == pytest.approx(20.0, rel=1e-12)
    assert number(bolus.volume) == pytest.approx(12.0 / 480.0)
    assert not any(map(np.any, held.values()))


def test_a_full_vessel_refuses_feed() -> None:
    """Boluses end where there is no room, and the limit is told."""
    outcome = run(feed_every=0.5, feed_room=0.02, feed_glucose=200.0, collection=8.0, harvest_every=8.0)
    assert number(outcome.product.volume) == pytest.approx(1.02, rel=1e-12)
    assert number(outcome.limits["feed held by the room in the vessel"]) == 1.0


@pytest.mark.parametrize(("step", "gain"), [(None, 1.2), (1.0, 1.05)], ids=["closed", "monod"])
def test_feeding_gives_more_cell_hours_and_more_vesicles(step: float | None, gain: float) -> None:
    """It gains less on the slow path, whose cells do not die of starvation."""
    values = {"collection": 7.0, "harvest_every": 7.0, "monod_step": step}
    batch, fed = run(**values), run(feed_every=1.0, **values)
    assert last(fed, "cell_hours") > gain * last(batch, "cell_hours")
    assert vesicles(fed.product) > vesicles(batch.product)
    assert number(fed.product.volume) > 1.0


def test_without_glucose_there_is_nothing_to_feed() -> None:
    fed = run(feed_every=1.0, glucose_uptake=0.0)
    assert number(fed.product.volume) == 1.0


def test_the_feed_is_medium_used() -> None:
    fed = run(feed_every=1.0, collection=7.0, harvest_every=7.0)
    assert number(fed.consumption["collection_medium"]) == pytest.approx(number(fed.product.volume))


# -- perfusion ---------------------------------------------------------------------------------------------------------


def at_steady_state(**values: Any) -> tuple[Outcome, SuspensionCulture]:
    """Return a perfusion that its capacity alone limits, run until nothing changes."""
    culture = SuspensionCulture(**{**FREE, "collection": 60.0, "harvest_every": 1.0, "capacity": 2e7, **values})
    return culture.transform(inoculum(1e10)), culture


@pytest.mark.parametrize("passage", [0.05, 0.5, 1.0])
@pytest.mark.parametrize("bleed", [0.0, 0.2])
def test_the_steady_state_of_perfusion_is_that_of_its_closed_form(bleed: float, passage: float) -> None:
    """Cells at which growth balances death, bleed and leakage; the titer that follows; the share that is harvested."""
    rates = {"perfusion_rate": 1.5, "bleed_rate": bleed, "vesicle_passage": passage, "cell_retention": 0.97}
    outcome, culture = at_steady_state(**rates)
    growth, b, h = math.log(2.0) / 24.0, bleed / 24.0, (1.5 - bleed) / 24.0
    leaving = float(steady.perfusion_growth(b, h, 0.97)) + 0.0005
    cells = 2e7 * math.sqrt(1.0 - leaving / growth)
    assert last(outcome, "viable_cells") == pytest.approx(1e3 * cells, rel=1e-3)
    secretion, lost = 1e3 / 24.0, float(culture.decay) + float(culture.reuptake) * cells
    titer = steady.vesicle_titer(secretion, cells, b + passage * h, lost)
    assert last(outcome, "titer") == pytest.approx(float(titer), rel=1e-3)
    share = float(steady.harvested_share(h, passage, b, lost))
    assert last(outcome, "harvested") - number(outcome.monitors["harvested"][-2]) == pytest.approx(
        float(titer) * 1e3, rel=1e-3
    )  # the last visit takes the vessel as well
    assert number(outcome.monitors["harvested"][-2] / outcome.monitors["secreted"][-2]) == pytest.approx(
        share, rel=1e-3
    )


def test_solutes_of_a_perfusion_come_to_their_steady_state() -> None:
    """Glucose is what flows in less what cells take up, lactate and ammonia what they make, over the flow."""
    values = {"glucose_uptake": 0.2, "ammonia_rate": 0.01, "capacity": 2e6, "cell_retention": 1.0}
    culture = SuspensionCulture(**{**FREE, **PERFUSION, **values, "collection": 40.0, "harvest_fraction": 1.0})
    outcome = culture.transform(inoculum(2e9))
    before = SuspensionCulture(**{**FREE, **PERFUSION, **values, "collection": 39.0, "harvest_fraction": 1.0})
    state = outcome.product.glucose - before.transform(inoculum(2e9)).product.glucose  # one day more of permeate
    density, flow = last(outcome, "viable_cells") / 1e3, 1.0 / 24.0
    assert number(state) == pytest.approx(30.0 - 0.2e-6 * density / flow, rel=1e-3)
    lactate = outcome.product.lactate - before.transform(inoculum(2e9)).product.lactate
    assert number(lactate) == pytest.approx(0.7 * 0.2e-6 * density / flow, rel=1e-3)
    ammonia = outcome.product.ammonia - before.transform(inoculum(2e9)).product.ammonia
    assert number(ammonia) == pytest.approx(0.01e-6 * density / flow, rel=1e-3)


def test_what_a_device_keeps() -> None:
    """Without growth or death an inert species leaves as exp(-x), by the share of it that passes."""
    drain = Drain(hours=10.0, permeate=0.05, bleed=0.01, cells=0.1, vesicles=0.4)
    rates = {"salt": 0.06, "debris": 0.015, "dead_cells": 0.015, "bound_dna": 0.03, "associated_protein": 0.03}
    rates |= {"nonvesicular": 0.03, "free_dna": 0.06, (LIKE_VESICLES, "died"): 0.03, (LIKE_MEDIUM, "died"): 0.06}
    stays, leaves = drain.wash(dict.fromkeys(rates, 1.0), {})
    for name, rate in rates.items():
        assert number(stays[name]) == pytest.approx(math.exp(-10.0 * rate), rel=1e-12), name
        assert number(stays[name] + leaves[name]) == pytest.approx(1.0, rel=1e-12)
    permeate, bled = drain.split(leaves)
    assert number(permeate["bound_dna"] / (permeate["bound_dna"] + bled["bound_dna"])) == pytest.approx(0.02 / 0.03)
    assert number(permeate["salt"] / bled["salt"]) == pytest.approx(5.0)


def test_perfusion_gives_more_cells_than_batch() -> None:
    batch = run(collection=5.0, harvest_every=5.0, oxygen_transfer=30.0, oxygen_saturation=1.0)
    perfused = run(**PERFUSION)
    assert last(perfused, "viable_cells") > 2.0 * last(batch, "viable_cells")
    assert vesicles(perfused.product) > 5.0 * vesicles(batch.product)


@pytest.mark.parametrize("step", [None, 2.0], ids=["closed", "monod"])
def test_bleeding_lowers_cells_and_harvest(step: float | None) -> None:
    cells, harvests = [], []
    for bleed in (0.0, 0.05, 0.1, 0.3):
        outcome = run(**{**PERFUSION, "bleed_rate": bleed, "monod_step": step})
        cells.append(last(outcome, "viable_cells"))
        harvests.append(vesicles(outcome.product))
    assert np.all(np.diff(cells) < 0.0)
    assert np.all(np.diff(harvests) < 0.0)


def test_a_tighter_device_lowers_the_harvest_and_raises_the_titer() -> None:
    found = [run(**{**PERFUSION, "vesicle_passage": passage}) for passage in (1.0, 0.5, 0.2, 0.05)]
    assert np.all(np.diff([vesicles(outcome.product) for outcome in found]) < 0.0)
    assert np.all(np.diff([last(outcome, "titer") for outcome in found]) > 0.0)
    assert len({last(outcome, "viable_cells") for outcome in found}) == 1


def test_more_perfusion_gives_more_cells_at_a_lower_titer_in_the_harvest() -> None:
    found = [run(**{**PERFUSION, "perfusion_rate": rate}) for rate in (0.5, 1.0, 2.0, 4.0)]
    assert np.all(np.diff([last(outcome, "viable_cells") for outcome in found]) > 0.0)


def test_fresh_medium_replaces_what_leaves() -> None:
    """Twenty volumes of permeate and bleed and the vessel at the end; all of it is fresh medium used."""
    outcome = run(**{**PERFUSION, "bleed_rate": 0.1})
    assert number(outcome.product.volume) == pytest.approx(20.0 * 0.9 + 1.0)
    assert number(outcome.losses["bleed"].volume) == pytest.approx(2.0)
    assert number(outcome.consumption["collection_medium"]) == pytest.approx(21.0)


def test_a_lane_without_perfusion_is_a_batch() -> None:
    """A rate of 0 in one lane means what a plain 0 means, bleed and harvests included."""
    values = {"bleed_rate": 0.1, "harvest_fraction": 0.5, "collection": 6.0, "harvest_every": 2.0}
    mixed = run(perfusion_rate=np.array([0.0, 1.0]), **values)
    plain = run(perfusion_rate=0.0, **values)
    assert np.asarray(mixed.product.vesicles)[:, 0] == pytest.approx(np.ravel(plain.product.vesicles), rel=1e-12)
    assert np.asarray(mixed.product.volume)[0] == pytest.approx(number(plain.product.volume), rel=1e-12)


# -- the slow path -----------------------------------------------------------------------------------------------------

SLOW: dict[str, Any] = {**ONE_LITER, "monod_step": 0.5, "doublings_limit": math.inf, "shear_death_rate": 0.0}


def constants(culture: SuspensionCulture) -> MonodSet:
    """Return the set of a culture with its growth rate."""
    found = culture.kinetics(culture.lactate_yield, culture.lactate_limit, culture.ammonia_limit)
    return replace(found, growth=math.log(2.0) / culture.doubling_time)


def test_the_slow_path_is_that_of_the_stirred_vessel() -> None:
    """Without the basal death of the culture a batch is the Monod batch of exosim.physics, to the error it tells."""
    culture = SuspensionCulture(**{**SLOW, "death_rate": 0.0, "collection": 6.0, "harvest_every": 6.0})
    outcome = culture.transform(inoculum(3e8))
    start = Culture(1.0, 3e5, 0.0, 30.0, 1e3, 0.0, 0.0, 0.0, 0.0)
    rates = VesicleRates(1e3 / 24.0, float(culture.reuptake), float(culture.decay))
    batch = Flows(0.0, 0.0, 0.0, Medium(0.0, 0.0, 0.0, 0.0), 1.0, 1.0)
    truth = follow(start, constants(culture), rates, [(144.0, batch)], 0.05)
    told = last(outcome, "integration_error")
    assert 0.0 < told < 1e-4
    assert last(outcome, "viable_cells") == pytest.approx(1e3 * truth.viable.item(), rel=told)
    assert last(outcome, "titer") == pytest.approx(truth.vesicles.item(), rel=told)
    assert number(outcome.product.lactate) == pytest.approx(truth.lactate.item(), rel=1e-4)
    assert number(outcome.product.ammonia) == pytest.approx(truth.ammonia.item(), rel=1e-4)
    assert last(outcome, "cell_hours") == pytest.approx(truth.cell_hours.item(), rel=1e-6)


def test_the_slow_path_with_all_deaths_agrees_with_a_solver() -> None:
    """Perfusion with bleed, leakage, sieving, basal death and growth-bound release, by a general solver."""
    values = {"perfusion_rate": 1.2, "bleed_rate": 0.2, "vesicle_passage": 0.4, "cell_retention": 0.95}
    more = {"death_rate": 0.002, "growth_secretion": 500.0, "collection": 10.0, "harvest_every": 10.0}
    culture = SuspensionCulture(**{**SLOW, **values, **more})
    outcome = culture.transform(inoculum(1e9))
    chosen, b, h = constants(culture), 0.2 / 24.0, 1.0 / 24.0

    def slope(_: float, y: Any) -> list[float]:
        x, g, lac, amm, e = y
        mu = chosen.growth * g / (chosen.half_glucose + g) * 43.0 / (43.0 + lac) * 6.51 / (6.51 + amm)
        death = 0.002 + 0.004 * lac / (45.8 + lac) * amm / (6.51 + amm)
        uptake = 1e3 * mu * x / chosen.cells_per_glucose + 1e-6 * x * chosen.glucose_maintenance * g / (0.05 + g)
        released = 0.67 * 1e3 * mu * x / 0.974e9 - 1e-6 * x * 0.0063 * amm / (0.05 + amm)
        flow = b + h
        lost = b + 0.4 * h + float(culture.decay) + float(culture.reuptake) * x
        return [
            (mu - death - b - 0.05 * h) * x,
            flow * (30.0 - g) - uptake,
            0.7 * uptake - flow * lac,
            released - flow * amm,
            (1e3 / 24.0 + 500.0 * mu) * x - lost * e,
        ]

    answer = solve_ivp(slope, (0.0, 240.0), [1e6, 30.0, 0.0, 0.0, 0.0], method="LSODA", rtol=1e-10, atol=1e-9)
    cells, _, _, _, titer = answer.y[:, -1]
    assert last(outcome, "viable_cells") == pytest.approx(1e3 * cells, rel=1e-6)
    assert last(outcome, "titer") == pytest.approx(titer, rel=1e-6)


def test_slow_perfusion_reaches_monods_steady_state() -> None:
    """One limiting substrate: residual glucose and cells of the closed form, to 1e-3."""
    alone = {"lactate_limit": 1e12, "ammonia_limit": 1e12, "toxic_death": 0.0, "glucose_maintenance": 0.0}
    values = {"perfusion_rate": 1.0, "bleed_rate": 0.3, "cell_retention": 0.98, "death_rate": 0.0}
    culture = SuspensionCulture(**{**SLOW, **alone, **values, "collection": 60.0, "harvest_every": 1.0})
    outcome = culture.transform(inoculum(5e9))
    b, h = 0.3 / 24.0, 0.7 / 24.0
    growth = steady.perfusion_growth(b, h, 0.98)
    substrate = steady.limiting_substrate(growth, math.log(2.0) / 24.0, 1.0, 30.0)
    cells = steady.perfusion_cells(growth, b, h, substrate, 30.0, 0.357e6)
    assert last(outcome, "viable_cells") == pytest.approx(1e3 * float(cells), rel=1e-3)
    titer = steady.vesicle_titer(1e3 / 24.0, cells, b + 0.9 * h, 0.005 + 1e-9 * cells)
    assert last(outcome, "titer") == pytest.approx(float(titer), rel=1e-3)


def test_the_error_is_told_and_falls_with_the_step() -> None:
    errors = [last(run(monod_step=step, collection=6.0), "integration_error") for step in (2.0, 1.0, 0.5)]
    assert errors[0] > errors[1] > errors[2] > 0.0
    assert number(run(monod_step=0.5).limits["integration error above 1e-3"]) == 0.0


@pytest.mark.parametrize("mode", ["batch", "perfusion"])
def test_the_slow_path_converges_with_order_four(mode: str) -> None:
    """Halving the step divides the change by 16, while glucose is far from its end: cells, vesicles and the medium."""
    perfused = {"perfusion_rate": 1.0, "bleed_rate": 0.2} if mode == "perfusion" else {}
    values = {**SLOW, **perfused, "collection": 3.0, "harvest_every": 3.0}
    runs = [SuspensionCulture(**{**values, "monod_step": step}).transform(inoculum(3e8)) for step in (3.0, 1.5, 0.75)]
    for name in ("viable_cells", "titer", "secreted", "cell_hours"):
        coarse, middle, fine = (last(outcome, name) for outcome in runs)
        assert math.log2((coarse - middle) / (middle - fine)) == pytest.approx(4.0, abs=0.05), name
    for name in ("glucose", "lactate", "ammonia"):
        coarse, middle, fine = (number(getattr(outcome.product, name)) for outcome in runs)
        assert math.log2((coarse - middle) / (middle - fine)) == pytest.approx(4.0, abs=0.05), name


def test_lag_on_the_slow_path_only_delays() -> None:
    """Cells that do not die grow as long as they have no lag."""
    values = {**SLOW, "death_rate": 0.0, "toxic_death": 0.0, "glucose_maintenance": 0.0, "harvest_every": 3.0}
    late = SuspensionCulture(**{**values, "lag": 24.0, "collection": 3.0}).transform(inoculum(1e7))
    soon = SuspensionCulture(**{**values, "collection": 2.0, "harvest_every": 2.0}).transform(inoculum(1e7))
    assert last(late, "viable_cells") == pytest.approx(last(soon, "viable_cells"), rel=1e-3)


@pytest.mark.parametrize("step", [None, 0.5], ids=["closed", "monod"])
def test_a_lane_is_the_same_in_any_company(step: float | None) -> None:
    values = {**PERFUSION, "collection": 3.0, "monod_step": step}
    rates = np.linspace(0.5, 4.0, 128)  # whole vectors, as the kernel makes them
    together = run(**{**values, "perfusion_rate": rates}).product.vesicles
    alone = run(**{**values, "perfusion_rate": rates[64:]}).product.vesicles
    assert np.asarray(together)[..., 64:].tobytes() == np.asarray(alone).tobytes()


# -- published cases ---------------------------------------------------------------------------------------------------


def peak(power: float, **values: Any) -> float:
    """Return the largest density of a batch [cell/mL]."""
    days = np.arange(2.0, 8.01, 0.25)
    found = [run(3e8, power=power, collection=day, harvest_every=day, **values) for day in days]
    return max(last(outcome, "viable_cells") / 1e3 for outcome in found)


def test_case_d5_above_the_best_power() -> None:
    """HEK FreeStyle 293-F reach 7.2 % more cells at 233 than at 451 W/m3.

    The death rate is chosen for this figure, so that it is a calibration. Below 233 W/m3 the model claims nothing: the
    23.8 % that 63 W/m3 costs are those of aggregates, and it gives none of them.
    """
    crowded = {**FREE, "capacity": 6e6, "shear_death_rate": 0.004, "collection": 20.0, "harvest_every": 20.0}
    found = {power: last(run(3e8, power=power, **crowded), "viable_cells") for power in (63.0, 233.0, 451.0)}
    assert found[233.0] / found[451.0] == pytest.approx(1.072, abs=0.005)
    assert found[63.0] == found[233.0]


def test_case_d5_density_can_only_calibrate() -> None:
    """5.77e6 cell/mL with neither glucose nor seeding told: 30 mM give half of it at the default uptake.

    The range of uptake does not reach it in that medium; less uptake and more glucose together do.
    """
    assert peak(233.0, glucose_uptake=0.3) == pytest.approx(2.7e6, rel=0.05)
    assert peak(233.0, glucose_uptake=0.15) == pytest.approx(4.6e6, rel=0.05)
    assert peak(233.0, glucose_uptake=0.15, medium_glucose=60.0) > 5.77e6


def test_shear_kills_above_the_harmless_power_only() -> None:
    rates = [number(SuspensionCulture(power=power).shear_death) for power in (10.0, 233.0, 300.0, 466.0, 900.0)]
    assert rates[:2] == pytest.approx([0.0, 0.0], abs=1e-12)
    assert rates[3] == pytest.approx(0.004, rel=1e-9)
    assert np.all(np.diff(rates[1:]) > 0.0)


def test_turbulence_can_raise_secretion() -> None:
    calm, stirred = run(turbulent_gain=10.0, power=1.0), run(turbulent_gain=10.0, power=230.0)
    assert vesicles(stirred.product) > 5.0 * vesicles(calm.product)


def test_titers_told_of_hek_need_less_reuptake_than_stem_cells_have() -> None:
    """At 1e3 EV per cell and day and 1e-8 mL/cell/h no perfusion passes q / k_u = 4.2e9 EV/mL."""
    values = {**PERFUSION, "glucose_uptake": 0.0, "oxygen_uptake": 0.0, "vesicle_passage": 0.01, "ammonia_rate": 0.0}
    dense = last(run(reuptake=1e-8, capacity=2e8, **values), "titer")
    assert dense < 1e3 / 24.0 / 1e-8
    assert last(run(reuptake=1e-10, capacity=2e8, **values), "titer") > 1e10
