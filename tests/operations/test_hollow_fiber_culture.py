"""The hollow-fiber culture against closed forms, an independent integration, and its own bookkeeping."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from exosim.material import Material, total
from exosim.operations.base import HARVEST_HOLD, HEADROOM, Hold, Outcome
from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.testing.balances import imbalance
from exosim.testing.feeds import Floats, cells

YOUNG: dict[str, Any] = {"doublings_limit": math.inf}
AT_ONCE: dict[str, Any] = {"growth_period": 0.0, "lag": 0.0, "attachment": 1.0}
CONSTANT: dict[str, Any] = {**AT_ONCE, "death_rate": 0.0, "growth_death_rate": 0.0, "collection_growth": 0.0}
# 180 mL with 1e6 cells/mL that secrete 1e9 EV/mL/h; losses of 0.01 per hour, half of them re-uptake
ORACLE: dict[str, Any] = {**CONSTANT, "secretion_rate": 24e3, "reuptake": 5e-9, "decay": 0.005, "harvest_every": 2.0}


def suspension(viable: float) -> Material:
    """Return a cell suspension."""
    return Material(volume=0.1, viable_cells=viable)


def grown(viable: float = 1.8e8, **values: Any) -> Outcome:
    """Return the outcome of a culture."""
    return HollowFiberCulture(**{**YOUNG, **values}).transform(suspension(viable))


def number(value: Any) -> float:
    """Return a value of one lane as a number."""
    return float(np.squeeze(value))


def collected(outcome: Outcome) -> float:
    """Return the vesicles in the product."""
    return float(np.sum(outcome.product.vesicles))


def titers(outcome: Outcome) -> Floats:
    """Return the vesicles per milliliter before each harvest."""
    return np.asarray(outcome.monitors["titer"]).reshape(-1)


def test_full_exchange_gives_the_same_titer_every_time() -> None:
    """With constant cells and full harvests every titer is q X / k (1 - exp(-k tau))."""
    outcome = grown(collection=12.0, harvest_fraction=1.0, **ORACLE)
    assert titers(outcome) == pytest.approx(np.full(6, 38121660819.38592), rel=1e-8)
    assert collected(outcome) == pytest.approx(6 * 180.0 * 38121660819.38592, rel=1e-8)


def test_half_exchange_builds_up_a_geometric_series() -> None:
    """With half of the medium exchanged the titers follow the geometric series of the reference results."""
    found = titers(grown(collection=60.0, harvest_fraction=0.5, **ORACLE))
    assert found[[0, 2, 5]] == pytest.approx([38121660819.38592, 53565314293.262115, 55151703025.587875], rel=1e-8)
    assert found[-1] == pytest.approx(55200119363.22647, rel=1e-8)


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_split_of_losses_is_exact_for_constant_cells(share: float) -> None:
    """Re-uptake and decay share the losses in proportion to their rates."""
    settings = {**ORACLE, "reuptake": share * 1e-8, "decay": (1.0 - share) * 0.01}
    outcome = grown(collection=12.0, harvest_fraction=0.5, **settings)
    taken, decayed = (float(np.sum(outcome.losses[name].vesicles)) for name in ("re-uptake", "decay"))
    assert taken == pytest.approx(share * (taken + decayed), rel=1e-9)
    assert titers(outcome)[0] == pytest.approx(38121660819.38592, rel=1e-8)


def test_nothing_is_lost_without_losses() -> None:
    """Without re-uptake and decay all that is secreted is harvested or left in the vessel."""
    outcome = grown(collection=7.0, harvest_fraction=0.9, reuptake=0.0, decay=0.0)
    secreted = float(np.sum(outcome.monitors["secreted"]))
    assert collected(outcome) + float(np.sum(outcome.remainder.vesicles)) == pytest.approx(secreted, rel=1e-12)


def reference(operation: HollowFiberCulture, viable: float) -> tuple[list[float], float, float]:
    """Return harvests, cells at the end and vesicles secreted, by a general solver of the same equations."""
    volume = float(operation.extracapillary_volume)
    capacity = operation.capacity * operation.fiber_area * 1e4 / volume
    theta, q = operation.contact_inhibition, operation.activity * operation.secretion_rate / 24.0
    growth_rate = math.log(2.0) / operation.doubling_time

    def slopes(mu: float, death: float) -> Any:
        def slope(_: float, state: Any) -> list[float]:
            x, e, _ = state
            turnover = operation.reuptake * x + operation.decay
            return [mu * x * (1.0 - (x / capacity) ** theta) - death * x, q * x - turnover * e, q * x]

        return slope

    def solve(slope: Any, hours: float, state: list[float]) -> list[float]:
        options: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-3, "method": "LSODA"}
        return [float(y) for y in solve_ivp(slope, (0.0, hours), state, **options).y[:, -1]]

    x = viable * operation.attachment / volume
    growing = slopes(growth_rate, operation.growth_death_rate)
    x = solve(growing, 24 * operation.growth_period - operation.lag, [x, 0, 0])[0]
    e, secreted, harvests = 0.0, 0.0, []
    collecting = slopes(growth_rate * operation.collection_growth, operation.death_rate)
    for _ in range(round(operation.collection / operation.harvest_every)):
        x, e, secreted = solve(collecting, 24 * operation.harvest_every, [x, e, secreted])
        harvests.append(e * volume * operation.harvest_fraction)
        e *= 1.0 - operation.harvest_fraction
    return harvests, x * volume, secreted * volume


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({}, id="defaults"),
        pytest.param({"collection_growth": 0.5, "growth_period": 2.0}, id="growing"),
        pytest.param({"death_rate": 0.015, "collection_growth": 0.2}, id="declining"),
        pytest.param({"capacity": 50000.0, "reuptake": 5e-8, "decay": 0.02, "growth_period": 9.0}, id="dense"),
        pytest.param({"contact_inhibition": 1.0, "collection_growth": 1.0, "harvest_every": 3.5}, id="logistic"),
        pytest.param({"contact_inhibition": 3.3, "collection_growth": 1.0, "harvest_every": 7.0}, id="steep"),
    ],
)
def test_harvests_agree_with_an_independent_integration(values: dict[str, Any]) -> None:
    """Every harvest of 95 % over 14 days is within 1e-3 of a general solver; cells and secretion are closer still."""
    operation = HollowFiberCulture(**YOUNG, **values)
    outcome = operation.transform(suspension(1.2e8))
    harvests, viable, secreted = reference(operation, 1.2e8)
    assert np.ravel(outcome.monitors["harvested"]) == pytest.approx(harvests, rel=1e-3)
    assert collected(outcome) == pytest.approx(sum(harvests), rel=1e-3)
    assert number(outcome.remainder.viable_cells) == pytest.approx(viable, rel=1e-6)
    assert float(np.sum(outcome.monitors["secreted"])) == pytest.approx(secreted, rel=1e-5)


@pytest.mark.parametrize("fraction", [0.5, 0.95, 1.0])
@pytest.mark.parametrize("reuptake", [1e-9, 1e-8, 5e-8])
def test_more_frequent_harvests_never_lower_the_total(fraction: float, reuptake: float) -> None:
    """Splitting an interval saves vesicles from re-uptake and decay, by less than a factor of two for one split."""
    yields = [
        collected(grown(collection=8.0, harvest_every=every, harvest_fraction=fraction, reuptake=reuptake))
        for every in (4.0, 2.0, 1.0, 0.5, 0.25)
    ]
    gains = np.array(yields[1:]) / np.array(yields[:-1])
    assert np.all(gains > 1.0)
    if fraction == 1.0:
        assert np.all(gains < 2.0)


def test_more_reuptake_never_raises_the_total() -> None:
    """Each rise of re-uptake or decay lowers what is harvested."""
    by_reuptake = [collected(grown(reuptake=k)) for k in (0.0, 1e-9, 3e-9, 1e-8, 3e-8, 5e-8)]
    by_decay = [collected(grown(decay=k)) for k in (0.0, 0.001, 0.005, 0.01, 0.02)]
    assert np.all(np.diff(by_reuptake) < 0.0) and np.all(np.diff(by_decay) < 0.0)


def test_a_dense_cartridge_tends_to_q_over_k() -> None:
    """Where re-uptake dominates, the titer tends to q / k_u, whatever the cell number."""
    fed = {"oxygen_uptake": 0.0, "glucose_uptake": 0.0, "ammonia_rate": 0.0}  # more cells than any medium would feed
    settings: dict[str, Any] = {
        **CONSTANT,
        **fed,
        "reuptake": 5e-8,
        "decay": 0.0,
        "collection": 4.0,
        "secretion_rate": 1e4,
    }
    for viable in (2e10, 4e10):
        assert titers(grown(viable, **settings))[0] == pytest.approx(1e4 / 24.0 / 5e-8, rel=1e-3)


def test_secreted_is_harvested_left_taken_up_or_decayed() -> None:
    """Vesicles secreted equal those harvested, left behind, taken up, decayed and lost in the wait."""
    outcome = grown(collection=10.0, pool_every=5.0, harvest_hold=Hold())
    parts = (
        collected(outcome),
        float(np.sum(outcome.remainder.vesicles)),
        *(float(np.sum(outcome.losses[name].vesicles)) for name in ("re-uptake", "decay", HARVEST_HOLD)),
    )
    secreted = float(np.sum(outcome.monitors["secreted"]))
    assert sum(parts) == pytest.approx(secreted, rel=1e-12)
    assert secreted == pytest.approx(float(np.sum(outcome.generated.vesicles)), rel=1e-12)
    assert min(parts) > 0.0
    harvested = float(np.sum(outcome.monitors["harvested"]))
    assert harvested == pytest.approx(parts[0] + parts[-1], rel=1e-12)


def test_a_harvest_waits_until_its_pool_is_complete() -> None:
    """Each harvest loses exp(-k (100/d)^m t) over the time to the last harvest of its pool."""
    hold = Hold(rate=0.004, size_exponent=0.7)
    settings: dict[str, Any] = {"collection": 7.0, "harvest_every": 1.0, "pool_every": 3.0}
    outcome = grown(harvest_hold=hold, **settings)
    plain = grown(**settings)
    harvests = np.ravel(plain.monitors["harvested"])
    waits = 24.0 * np.array([2, 1, 0, 2, 1, 0, 0])  # pools of three, three and one
    operation = HollowFiberCulture()
    shares, sizes = np.ravel(operation.context.secreted), np.ravel(operation.context.sizes.diameters)
    kept = np.exp(-0.004 * waits[:, None] * (100.0 / sizes) ** 0.7) * shares
    assert collected(outcome) == pytest.approx(float(harvests @ kept.sum(axis=1)), rel=1e-9)
    assert outcome.product.volume == plain.product.volume


def test_shorter_pools_keep_more() -> None:
    """Two-day pools keep more than seven-day pools, and those more than one pool of 14 days."""
    kept = [collected(grown(pool_every=days, harvest_hold=Hold())) for days in (1.0, 2.0, 7.0, 14.0, None)]
    assert kept[0] > kept[1] > kept[2] > kept[3] == kept[4]
    whole = collected(grown())
    assert kept[0] == pytest.approx(whole, rel=1e-12)
    # By hand for 100 nm: the mean over the waits 0..6 and 0..13 days of exp(-0.0034 t) is 0.79 and 0.61
    assert kept[2] / whole == pytest.approx(0.79, abs=0.03)
    assert kept[3] / whole == pytest.approx(0.62, abs=0.04)


def test_dead_cells_release_protein_dna_and_debris() -> None:
    """What dead cells leave behind is counted per cell; soluble protein also per viable cell and day."""
    outcome = grown(collection=5.0, death_rate=0.01, activity=1.7, **AT_ONCE)
    dead = number(outcome.generated.dead_cells)
    assert number(outcome.losses["cell death"].viable_cells) == pytest.approx(dead, rel=1e-12)
    assert dead == pytest.approx(1.8e8 * -math.expm1(-0.01 * 120.0), rel=1e-9)
    assert number(outcome.remainder.viable_cells) == pytest.approx(1.8e8 * math.exp(-1.2), rel=1e-9)
    in_and_left = outcome.product + outcome.remainder
    assert number(in_and_left.dead_cells) == pytest.approx(dead, rel=1e-12)
    assert number(in_and_left.debris) == pytest.approx(10.0 * dead, rel=1e-12)
    assert number(in_and_left.free_dna) == pytest.approx(0.95 * 6.6e-3 * dead, rel=1e-12)
    assert number(in_and_left.bound_dna) == pytest.approx(0.05 * 6.6e-3 * dead, rel=1e-12)
    cell_hours = float(np.sum(outcome.monitors["cell_hours"]))
    assert cell_hours == pytest.approx(dead / 0.01, rel=1e-9)
    micrograms = (1.7 * 20.0 / 24.0 * cell_hours + 200.0 * dead) * 1e-6
    assert number(total(in_and_left.protein)) == pytest.approx(0.98 * micrograms, rel=1e-12)
    assert number(in_and_left.associated_protein) == pytest.approx(0.02 * micrograms, rel=1e-12)


def test_activity_moves_vesicles_and_protein_together() -> None:
    """Twice the activity doubles vesicles and secreted protein, and leaves cells and titer ratios alone."""
    once, twice = (grown(activity=a, death_rate=0.0, protein_per_dead_cell=0.0) for a in (1.0, 2.0))
    assert collected(twice) == pytest.approx(2.0 * collected(once), rel=1e-12)
    assert number(total(twice.product.protein)) == pytest.approx(2.0 * number(total(once.product.protein)), rel=1e-12)
    assert number(twice.remainder.viable_cells) == number(once.remainder.viable_cells)


def test_attachment_lag_and_growth_in_closed_form() -> None:
    """Attached cells wait out the lag, then follow the theta-logistic law to the change of medium."""
    operation = HollowFiberCulture(growth_period=5.0, lag=20.0, attachment=0.8)
    state = operation.start(suspension(1e7)).remainder
    after = operation.advance(state, operation.schedule()[0], 120.0).remainder
    rate = math.log(2.0) / 24.0
    net, crowd, start = rate - 0.001, rate / 2.1e8**2, 0.8e7
    expected = (start**-2 * math.exp(-2 * net * 100.0) + crowd / net * -math.expm1(-2 * net * 100.0)) ** -0.5
    assert number(after.viable_cells) == pytest.approx(expected, rel=1e-12)


def test_cells_above_the_capacity_die() -> None:
    """Cells that a crowded vessel loses are counted as dead; nothing is generated negatively."""
    outcome = grown(5e9, collection=3.0, collection_growth=0.5, **AT_ONCE)
    assert number(outcome.generated.viable_cells) >= 0.0
    assert number(outcome.generated.dead_cells) > 4e9
    assert max(imbalance(suspension(5e9), outcome).values()) < 1e-12


def test_medium_that_comes_along() -> None:
    """Particles and protein of the fresh medium are found in harvests and in what stays."""
    settings: dict[str, Any] = {"nonvesicular_per_vesicle": 0.0, "protein_rate": 0.0, "protein_per_dead_cell": 0.0}
    outcome = grown(medium_protein=100.0, medium_particles=1e9, collection=4.0, harvest_fraction=0.9, **settings)
    filled = 180.0 + 3 * 0.9 * 180.0  # the vessel is not filled again after the last harvest
    in_and_left = outcome.product + outcome.remainder
    assert number(total(in_and_left.protein)) == pytest.approx(100.0 * filled, rel=1e-12)
    assert number(total(in_and_left.nonvesicular)) == pytest.approx(1e9 * filled, rel=1e-12)
    assert outcome.product.salt / outcome.product.volume == pytest.approx(0.15, rel=1e-12)


def test_volumes_and_medium_used() -> None:
    """Harvests take their share of the volume; medium bought flows through the fibers or fills the vessel."""
    outcome = grown(growth_period=6.0, collection=14.0, harvest_fraction=0.95, medium_rate=6.0)
    assert outcome.product.volume == pytest.approx(14 * 0.95 * 0.18, rel=1e-12)
    assert outcome.remainder.volume == pytest.approx(0.05 * 0.18, rel=1e-12)
    assert outcome.consumption["growth_medium"] == pytest.approx(6 * 6.0 + 0.18, rel=1e-12)
    used = outcome.consumption["growth_medium"] + outcome.consumption["collection_medium"]
    assert used - 20 * 6.0 == pytest.approx(outcome.added.volume, rel=1e-12)


def test_schedule() -> None:
    """Visits are an exchange and evenly spaced harvests in pools; the last one does not fill the vessel again."""
    operation = HollowFiberCulture(growth_period=3.0, collection=6.0, harvest_every=1.5, pool_every=3.0)
    visits = operation.schedule()
    assert [visit.time for visit in visits] == [72.0, 108.0, 144.0, 180.0, 216.0]
    assert [visit.kind for visit in visits] == ["exchange", *["harvest"] * 4]
    assert [visit.pool for visit in visits[1:]] == [0, 0, 1, 1]
    assert [visit.last for visit in visits] == [False] * 4 + [True]
    assert [name for name, _ in HollowFiberCulture(collection=2.0, harvest_every=3.0).problems()] == ["collection"]


@pytest.mark.parametrize(
    ("pool_every", "wrong"),
    [(3.0, []), (1.5, []), (6.0, []), (2.0, ["pool_every"]), (0.5, ["pool_every"]), (4.4, ["pool_every"]), (None, [])],
)
def test_a_pool_is_a_whole_number_of_harvests(pool_every: float | None, wrong: list[str]) -> None:
    """A time between pools that cuts an interval of harvests in two is refused, like such a collection."""
    operation = HollowFiberCulture(collection=6.0, harvest_every=1.5, pool_every=pool_every)
    assert list(operation.problems()) == [(name, "is not a whole number of harvest intervals") for name in wrong]
    both = HollowFiberCulture(collection=7.0, harvest_every=1.5, pool_every=pool_every)
    assert [name for name, _ in both.problems()] == ["collection", *wrong]


def test_hands_on_time_grows_with_the_cartridges_where_it_is_stated() -> None:
    """Twenty cartridges of 2.1 m2: 4 h and 1 h, and a quarter of an hour for each of them at every visit."""
    outcome = grown(fiber_area=42.0, handling_time=0.25 / 2.1, inoculation_time=4.0, harvest_duration=1.0)
    hands_on = [number(phase.duration) for phase in outcome.phases if phase.attended]
    assert hands_on[0] == pytest.approx(9.0)
    assert hands_on[1:] == pytest.approx([6.0] * len(hands_on[1:]))
    assert number(grown(inoculation_time=4.0).phases[0].duration) == 4.0


def test_inoculation_takes_its_time() -> None:
    """The start of a culture is four hours of work, or as long as is given."""
    assert [(p.name, p.duration) for p in HollowFiberCulture().start(suspension(1e8)).phases] == [("inoculate", 4.0)]
    (phase,) = HollowFiberCulture(inoculation_time=9.5).start(suspension(1e8)).phases
    assert phase.duration == 9.5
    longer = grown(inoculation_time=9.5, collection=2.0).duration - grown(collection=2.0).duration
    assert longer == pytest.approx(5.5, rel=1e-9)


@pytest.mark.parametrize(
    ("per_cm2", "above", "below"),
    [(299.9, 0.0, 1.0), (300.1, 0.0, 0.0), (39_999.0, 0.0, 0.0), (40_001.0, 1.0, 0.0)],
)
def test_seeding_outside_what_grows_is_reported(per_cm2: float, above: float, below: float) -> None:
    """Cells that attach beyond the capacity of the fibers, or too sparsely to grow, reach a named limit."""
    operation = HollowFiberCulture(fiber_area=0.5, capacity=40_000.0, attachment=0.8)
    seeded = suspension(per_cm2 * 0.5e4 / 0.8)
    limits = {
        "seeded above the capacity of the surface": above,
        "seeded below 300 cells/cm2: growth is not assured": below,
    }
    assert operation.start(seeded).limits == limits
    assert limits.items() <= operation.transform(seeded).limits.items()


def test_monitors_have_one_row_per_harvest() -> None:
    """Monitors of the harvests are stacked in time order, one row each."""
    outcome = grown(collection=5.0, growth_period=2.0)
    assert np.ravel(outcome.monitors["time"]).tolist() == [72.0, 96.0, 120.0, 144.0, 168.0]
    series = {name: value for name, value in outcome.monitors.items() if not name.startswith(HEADROOM)}
    assert all(np.shape(value)[0] == 5 for value in series.values())
    assert len(series) < len(outcome.monitors)  # the headroom is the least of the whole run
    assert np.sum(outcome.monitors["harvest_volume"]) == pytest.approx(outcome.product.volume, rel=1e-12)


def test_a_limit_may_vary_where_the_cells_do_not() -> None:
    """Cells that do not grow are the same on every lane, whatever the surface would hold; its headroom is not."""
    capacity = np.array([3000.0, 9000.0])
    outcome = HollowFiberCulture(growth_period=0.0, capacity=capacity).transform(cells())
    assert np.shape(outcome.product.viable_cells) in ((), (1,))
    assert outcome.monitors["headroom: surface"][1] == pytest.approx(3.0 * outcome.monitors["headroom: surface"][0])
