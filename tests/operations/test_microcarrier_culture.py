"""The microcarrier culture against closed forms, an independent integration, and its own bookkeeping."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from exosim.material import Material
from exosim.operations.base import Outcome
from exosim.operations.microcarrier_culture import MicrocarrierCulture
from exosim.testing.balances import imbalance

FED: dict[str, Any] = {"oxygen_uptake": 0.0, "glucose_uptake": 0.0, "ammonia_rate": 0.0, "doublings_limit": math.inf}
SETTLED: dict[str, Any] = {"settling_rate": math.inf, "attachment": 1.0}
STILL: dict[str, Any] = {"shear_death_rate": 0.0}
EMPTY = "seeded below 3 cells per bead: beads stay empty"
SMALL = "eddies smaller than what cells on beads bear"


def suspension(viable: float) -> Material:
    """Return a cell suspension."""
    return Material(volume=0.1, viable_cells=viable)


def grown(viable: float = 1e8, **values: Any) -> Outcome:
    """Return the outcome of a culture."""
    return MicrocarrierCulture(**values).transform(suspension(viable))


def number(value: Any) -> float:
    """Return a value of one lane as a number."""
    return float(np.squeeze(value))


def cells_at_the_end(**values: Any) -> float:
    """Return the viable cells that are left."""
    return number(grown(**values).remainder.viable_cells)


def collected(outcome: Outcome) -> float:
    """Return the vesicles in the product."""
    return float(np.sum(outcome.product.vesicles))


@pytest.mark.parametrize(("per_bead", "empty"), [(1.0, 0.365), (2.0, 0.135), (3.0, 0.05)])
def test_empty_beads_keep_their_area(per_bead: float, empty: float) -> None:
    """Case E4: of beads with 1, 2 and 3 cells on average 0.365, 0.135 and 0.05 stay empty, and so does their area."""
    culture = MicrocarrierCulture(**SETTLED)
    seeded = culture.seeded(per_bead * culture.beads)
    assert seeded.surface / culture.area == pytest.approx(1.0 - empty, abs=0.004)
    assert seeded.most_cells == pytest.approx(3e4 * seeded.surface, rel=1e-12)


def test_area_adds_up() -> None:
    """3 L with 20 g/L of 360 cm2/g have 2.16 m2, on beads that are as many spheres; fresh ones are used up as well."""
    culture = MicrocarrierCulture()
    assert culture.area == pytest.approx(21600.0, rel=1e-12)
    assert culture.beads * math.pi * 0.017**2 == pytest.approx(21600.0, rel=1e-12)
    assert culture.vessel_use()["culture_surface"] == pytest.approx(2.16, rel=1e-12)
    wider = MicrocarrierCulture(bead_addition=2.0, added_share=0.5)
    assert wider.vessel_use()["culture_surface"] == pytest.approx(3.24, rel=1e-12)


def test_cells_settle_as_the_law_says() -> None:
    """With much room the share is efficiency (1 - exp(-k t)); with little no more settle than there is room for."""
    culture = MicrocarrierCulture(settling_rate=0.1, settling_time=10.0)
    assert number(culture.attached_share(1e3)) == pytest.approx(0.75 * -math.expm1(-1.0), rel=1e-5)
    crowded = MicrocarrierCulture(settling_rate=0.5, settling_time=36.0)
    most = crowded.capacity * crowded.area
    assert number(crowded.attached_share(10.0 * most)) * 10.0 == pytest.approx(1.0, rel=1e-3)
    outcome = grown(1e10)
    assert outcome.limits["seeded above the capacity of the surface"] == 1.0


def test_settling_takes_its_time() -> None:
    """The suspension rests after the inoculation, unattended; without settling as an effect it does not."""
    phases = MicrocarrierCulture(settling_time=12.0).start(suspension(1e8)).phases
    assert [(p.name, p.duration, p.attended) for p in phases] == [("inoculate", 4.0, True), ("settle", 12.0, False)]
    assert len(MicrocarrierCulture(**SETTLED).start(suspension(1e8)).phases) == 1


@pytest.mark.parametrize(("dissipation", "length"), [(0.00203, 120.0), (0.0133, 75.0), (0.0675, 50.0), (0.002, 120.5)])
def test_smallest_eddies(dissipation: float, length: float) -> None:
    """The Kolmogorov lengths of 0.00203, 0.0133 and 0.0675 W/kg at 0.75e-6 m2/s are 120, 75 and 50 um."""
    assert number(MicrocarrierCulture(dissipation=dissipation).eddy_length) == pytest.approx(length, rel=2e-3)


def test_shear_kills_where_eddies_are_shorter_than_what_beads_bear() -> None:
    """At twice the critical dissipation the rate is added once; below the critical one nothing is; it is bounded."""
    culture = MicrocarrierCulture()
    critical = culture.viscosity**3 / (0.6 * 170e-6) ** 4
    assert number(MicrocarrierCulture(dissipation=0.99 * critical).shear_death) == 0.0
    assert number(MicrocarrierCulture(dissipation=2.0 * critical).shear_death) == pytest.approx(0.01, rel=1e-9)
    assert number(MicrocarrierCulture(dissipation=0.1, shear_death_rate=0.1).shear_death) == 0.2
    for share, reached in ((0.99, 0.0), (1.01, 1.0)):
        assert MicrocarrierCulture(dissipation=share * critical).start(suspension(1e8)).limits[SMALL] == reached


def test_turbulence_raises_secretion_where_it_is_said_to() -> None:
    """At the eddies of half of the effect a factor of 10 is 5.5; by default there is none."""
    dissipation = 7.5e-7**3 / 50e-6**4
    culture = MicrocarrierCulture(dissipation=dissipation, turbulent_gain=10.0)
    assert number(culture.shear_gain) == pytest.approx(5.5, rel=1e-9)
    assert MicrocarrierCulture().shear_gain == 1.0
    plain, raised = (grown(turbulent_gain=f, dissipation=dissipation, **STILL) for f in (1.0, 10.0))
    assert collected(raised) == pytest.approx(5.5 * collected(plain), rel=1e-9)


@pytest.mark.parametrize(("per_bead", "reached"), [(2.99, 1.0), (3.01, 0.0)])
def test_seeding_with_few_cells_is_reported(per_bead: float, reached: float) -> None:
    """Fewer than 3 cells per bead reach a named limit."""
    culture = MicrocarrierCulture()
    outcome = culture.transform(suspension(per_bead * culture.beads))
    assert outcome.limits[EMPTY] == reached
    assert number(outcome.monitors["cells_per_bead"]) == pytest.approx(per_bead, rel=1e-12)


def test_more_beads_hold_more_cells_and_more_cells_per_bead_reach_more_of_them() -> None:
    """Directions: beads, fresh beads and their efficiency, attachment, shear."""
    fed = [cells_at_the_end(carriers=c, growth_period=9.0, **FED) for c in (15.0, 25.0)]
    assert fed[1] > 1.3 * fed[0]
    fresh = [cells_at_the_end(bead_addition=when) for when in (None, 3.0)]
    assert fresh[1] > 1.1 * fresh[0]
    shares = [cells_at_the_end(bead_addition=3.0, transfer_efficiency=e) for e in (0.0, 0.5, 1.0)]
    assert np.all(np.diff(shares) > 0.0)
    sparse = [cells_at_the_end(viable=v, growth_period=12.0, **FED) for v in (1e7, 3e7, 1e8)]
    assert np.all(np.diff(sparse) > 0.0)
    assert cells_at_the_end(dissipation=0.02) < cells_at_the_end(dissipation=0.002)


def test_fresh_beads_come_with_a_change_of_medium() -> None:
    """The visits hold the addition once; on a day of a planned change, at the start or the end, none is added."""
    times = [(v.time, v.kind) for v in MicrocarrierCulture(bead_addition=2.0).schedule()]
    assert times == [(48.0, "feed"), (120.0, "exchange"), (168.0, "harvest")]
    planned = MicrocarrierCulture(bead_addition=2.0, exchange_every=1.0).schedule()
    assert sum(v.time == 48.0 for v in planned) == 1
    for when in (0.0, 5.0):
        assert len(MicrocarrierCulture(bead_addition=when).schedule()) == 2
    assert [name for name, _ in MicrocarrierCulture(bead_addition=6.0).problems()] == ["bead_addition"]


def reference(culture: MicrocarrierCulture, viable: float) -> tuple[float, float]:
    """Return the cells at the end and the vesicles harvested, by a general solver of the same equations."""
    able, room = viable * culture.attachment, culture.capacity * culture.area

    def solve(slope: Any, hours: float, state: list[float]) -> list[float]:
        solved = solve_ivp(slope, (0.0, hours), state, rtol=1e-10, atol=1e-6, method="LSODA")
        return [float(y) for y in solved.y[:, -1]]

    def settle(_: float, y: Any) -> list[float]:
        return [-culture.settling_rate * (1.0 - (able - y[0]) / room) * y[0]]

    x = able - solve(settle, culture.settling_time, [able])[0]
    occupied = 1.0 - math.exp(-x / culture.beads)
    eddies = 1e6 * (culture.viscosity**3 / culture.dissipation) ** 0.25
    critical = culture.critical_share * culture.carrier_diameter
    shear = culture.shear_death_rate * max(0.0, (critical / eddies) ** 4 - 1.0)
    rate = math.log(2.0) / culture.doubling_time

    def growing(area: float) -> Any:
        ceiling = culture.capacity * area
        return lambda _, y: [rate * y[0] * (1.0 - (y[0] / ceiling) ** 2) - (culture.growth_death_rate + shear) * y[0]]

    first = occupied * culture.area
    everything = culture.area * (1.0 + culture.added_share)
    second = first + culture.transfer_efficiency * (everything - first)
    assert culture.bead_addition is not None
    x = solve(growing(first), 24.0 * culture.bead_addition - culture.lag, [x])[0]
    x = solve(growing(second), 24.0 * (culture.growth_period - culture.bead_addition), [x])[0]
    milliliters, q = 1e3 * culture.volume, culture.secretion_rate / 24.0

    def collecting(_: float, y: Any) -> list[float]:
        turnover = culture.reuptake * y[0] / milliliters + culture.decay
        return [-(culture.death_rate + shear) * y[0], q * y[0] - turnover * y[1]]

    vesicles, harvested = 0.0, 0.0
    for _ in range(round(culture.collection / culture.harvest_every)):
        x, vesicles = solve(collecting, 24.0 * culture.harvest_every, [x, vesicles])
        harvested += culture.harvest_fraction * vesicles
        vesicles *= 1.0 - culture.harvest_fraction
    return x, harvested


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="defaults"),
        pytest.param({"dissipation": 0.008, "collection": 6.0}, id="sheared"),
        pytest.param({"carriers": 3.0, "carrier_area": 4400.0, "carrier_diameter": 190.0}, id="dextran"),
        pytest.param({"growth_period": 10.0, "reuptake": 5e-8, "decay": 0.02}, id="dense"),
        pytest.param({"settling_rate": 0.03, "transfer_efficiency": 0.2}, id="sparse"),
    ],
)
def test_harvests_agree_with_an_independent_integration(values: dict[str, Any]) -> None:
    """Cells and harvests with settling, fresh beads and shear are within 1e-3 of a general solver."""
    culture = MicrocarrierCulture(**{"bead_addition": 2.5, **FED, **values})
    outcome = culture.transform(suspension(6e7))
    viable, harvested = reference(culture, 6e7)
    assert number(outcome.remainder.viable_cells) == pytest.approx(viable, rel=1e-3)
    assert collected(outcome) == pytest.approx(harvested, rel=1e-3)


def test_balance_with_fresh_beads_and_settled_harvests() -> None:
    """Nothing appears or vanishes; four fifths of the medium are taken and the cells stay on their beads."""
    outcome = grown(bead_addition=2.0, collection=6.0)
    assert max(imbalance(suspension(1e8), outcome).values()) < 1e-12
    assert outcome.product.volume == pytest.approx(3 * 0.8 * 3.0, rel=1e-12)
    assert outcome.product.viable_cells == 0.0


def test_an_empty_lot_leaves_the_next_alone() -> None:
    """A lane without cells has one bead's area, and makes nothing."""
    lanes = MicrocarrierCulture().transform(suspension(np.array([0.0, 1e8])))  # type: ignore[arg-type]
    made = np.sum(np.asarray(lanes.product.vesicles), axis=0)
    assert made[0] == 0.0 and made[1] == pytest.approx(collected(grown()), rel=1e-12)
