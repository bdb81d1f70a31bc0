"""The yield kernel: lanes do not see each other, streams connect procedures, a readable twin of the culture agrees."""

from __future__ import annotations

import gc
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.kernel import Step, run
from exosim.material import FIELDS, Material, total
from exosim.operations import catalog
from exosim.operations.base import Context, Hold, UnitOperation
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.operations.pooling import Pooling
from exosim.physics.size import class_shares, size_classes
from exosim.recipe import Recipe, UnitProcedure
from exosim.testing.balances import imbalance, streams
from exosim.testing.feeds import Floats, lane

pytestmark = pytest.mark.filterwarnings("error")
SCENARIOS = Path(__file__).parent.parent / "scenarios"

TRAIN = (
    "planar_expansion",
    "hollow_fiber_culture",
    "pooling",
    "depth_filtration",
    "nuclease_treatment",
    "tangential_flow_filtration",
    "size_exclusion_chromatography",
    "measured_step",
    "sterile_filtration",
    "vial_filling",
)
VARIED = {
    "planar_expansion": {"doubling_time": (25.0, 40.0)},
    "hollow_fiber_culture": {
        "secretion_rate": (2e3, 5e4),
        "reuptake": (1e-9, 5e-8),
        "decay": (0.001, 0.02),
        "death_rate": (1e-4, 5e-3),
        "collection_growth": (0.0, 0.5),
        "harvest_fraction": (0.5, 1.0),
    },
    "depth_filtration": {"capacity": (50.0, 300.0)},
    "nuclease_treatment": {"digestion_rate": (2.3, 6.9)},
    "tangential_flow_filtration": {"pore_diameter": (20.0, 50.0), "vesicle_gel": (1e12, 1e14)},
    "size_exclusion_chromatography": {"bed_recovery": (0.6, 1.0), "plates": (100.0, 1000.0)},
    "measured_step": {"ev_recovery": (0.5, 1.0)},
    "sterile_filtration": {"half_passage": (150.0, 220.0)},
    "vial_filling": {"reject_fraction": (0.0, 0.1)},
}


def drawn(lanes: int) -> dict[tuple[str, str], Floats]:
    """Return values of the varied parameters on many lanes."""
    generator = np.random.default_rng(11)
    return {
        (name, key): low + (high - low) * generator.random(lanes)
        for name, ranges in VARIED.items()
        for key, (low, high) in ranges.items()
    }


def context_of(medians: Floats) -> Context:
    """Return a context whose vesicles differ in size from lane to lane."""
    sizes = size_classes(12, 115.0, 1.45)
    return Context(sizes, class_shares(sizes, medians, 1.45))


def recipe(values: dict[tuple[str, str], Floats], medians: Floats, chosen: Any = slice(None)) -> Recipe:
    """Return the whole train with the values of the chosen lanes."""
    context = context_of(medians[chosen])
    procedures = []
    for position, name in enumerate(TRAIN):
        own: dict[str, Any] = {key: array[chosen] for (owner, key), array in values.items() if owner == name}
        if name == "hollow_fiber_culture":
            own |= {"harvest_hold": Hold(), "pool_every": 7.0}
        feeds = (f"{TRAIN[position - 1]}.product",) if position else ()
        hold, wait = (Hold(rate=0.01), 12.0) if name == "sterile_filtration" else (None, 0.0)
        procedures.append(UnitProcedure(name, catalog()[name](context=context, **own), feeds, hold, wait))
    return Recipe(tuple(procedures), context)


def assert_same_bits(found: tuple[Step, ...], expected: tuple[Step, ...], chosen: Any) -> None:
    """Assert that every stream of every step equals the chosen lanes of the expected one."""
    for one, other in zip(found, expected, strict=True):
        for name, material in streams(one.outcome).items():
            for field in FIELDS:
                wide = np.asarray(getattr(streams(other.outcome)[name], field))
                wanted = wide[..., chosen] if wide.ndim and wide.shape[-1] > 1 else wide
                got = np.asarray(getattr(material, field))
                assert np.array_equal(got, wanted), f"{one.procedure.id}: {field} of {name}"


VALUES, MEDIANS = drawn(192), np.linspace(90.0, 140.0, 192)


def test_permuted_lanes_give_permuted_results() -> None:
    """The order of the lanes changes no bit of any lane."""
    order = np.random.default_rng(5).permutation(192)
    assert_same_bits(run(recipe(VALUES, MEDIANS, order)), run(recipe(VALUES, MEDIANS)), order)


@pytest.mark.parametrize("lanes", [64, 128])
def test_padding_changes_nothing(lanes: int) -> None:
    """A shorter block of whole vectors gives the same bits as its part of a longer one."""
    assert_same_bits(run(recipe(VALUES, MEDIANS, slice(lanes))), run(recipe(VALUES, MEDIANS)), slice(lanes))


def test_what_fills_the_block_up_does_not_matter() -> None:
    """The lanes that pad a block leave the others as they are."""
    padded = np.concatenate([np.arange(40), np.full(24, 150)])
    mixed, plain = run(recipe(VALUES, MEDIANS, padded)), run(recipe(VALUES, MEDIANS, slice(64)))
    for one, other in zip(mixed, plain, strict=True):
        for field in FIELDS:
            first, second = (np.asarray(getattr(step.outcome.product, field)) for step in (one, other))
            assert np.array_equal(first[..., :40] if first.ndim else first, second[..., :40] if second.ndim else second)


@pytest.mark.parametrize("lanes", [1, 2, 97, 191])
def test_any_number_of_lanes(lanes: int) -> None:
    """One lane and a prime number of them give what whole blocks give; only whole vectors promise the bits."""
    few, many = run(recipe(VALUES, MEDIANS, slice(lanes))), run(recipe(VALUES, MEDIANS))
    for one, other in zip(few, many, strict=True):
        for name, material in streams(one.outcome).items():
            for field in FIELDS:
                wide = np.asarray(getattr(streams(other.outcome)[name], field))
                wanted = wide[..., :lanes] if wide.ndim and wide.shape[-1] > 1 else wide
                largest = float(np.max(np.abs(wide), initial=0.0))
                assert np.asarray(getattr(material, field)) == pytest.approx(wanted, rel=1e-12, abs=1e-12 * largest)


def test_no_lanes_make_nothing() -> None:
    """A block without lanes runs through, and its arrays are empty."""
    for step in run(recipe(VALUES, MEDIANS, slice(0))):
        for material in streams(step.outcome).values():
            for field in FIELDS:
                amount = np.asarray(getattr(material, field))
                assert amount.ndim == 0 or amount.shape[-1] in (0, 1), (step.procedure.id, field)
    assert np.asarray(step.outcome.product.vesicles).shape == (12, 0)


def test_the_whole_train_balances() -> None:
    """All that entered is in the product, in a vessel, or in a named loss; every step balances by itself."""
    steps = run(recipe(VALUES, MEDIANS))
    feed = Material()
    for step in steps:
        assert max(imbalance(step.held, step.outcome).values()) < 1e-12
        feed = feed + step.outcome.added + step.outcome.generated
    out = steps[-1].outcome.product
    for step in steps:
        out = out + step.waited + step.outcome.remainder
        for lost in step.outcome.losses.values():
            out = out + lost
    for field in FIELDS:
        into, outof = (np.asarray(getattr(m, field), dtype=np.float64) for m in (feed, out))
        assert np.all(np.abs(into - outof) <= 1e-12 * np.maximum(np.abs(into), 1e-300)), field
    assert np.all(total(steps[-1].outcome.product.vesicles) > 0.0)
    assert np.all(total(steps[8].waited.vesicles) > 0.0)


def test_a_planned_wait_comes_before_its_procedure() -> None:
    """What a hold takes is the survival law over the planned wait, and the operation sees only the rest."""
    steps = {step.procedure.id: step for step in run(recipe(VALUES, MEDIANS))}
    step, before = steps["sterile_filtration"], steps["measured_step"].outcome.product
    kept = np.exp(-0.01 * 12.0 * 100.0 / np.ravel(size_classes(12, 115.0, 1.45).diameters))[:, None]
    assert np.asarray(step.held.vesicles / before.vesicles) == pytest.approx(
        np.broadcast_to(kept, (12, 192)), rel=1e-12
    )
    assert step.waited.vesicles + step.held.vesicles == pytest.approx(before.vesicles, rel=1e-12)


def medium(name: str, liters: float, titer: float) -> UnitProcedure:
    return UnitProcedure(name, ConditionedMedium(volume=liters, titer=titer))


def test_feeds_of_several_streams_make_a_pool() -> None:
    """A procedure with two feeds gets their sum, whatever their order."""
    first, second = medium("first", 1.0, 1e9), medium("second", 3.0, 4e9)
    context = first.operation.context
    for feeds in (("first.product", "second.product"), ("second.product", "first.product")):
        steps = run(Recipe((first, second, UnitProcedure("pool", Pooling(transfer_loss=0.0), feeds)), context))
        product = steps[-1].outcome.product
        assert product.volume == 4.0
        assert total(product.vesicles) == pytest.approx(1e9 * 1e3 + 4e9 * 3e3, rel=1e-12)
        assert total(product.protein) == pytest.approx(4 * 0.98 * 80e3, rel=1e-12)


def test_a_remainder_can_be_a_stream() -> None:
    """Cells that stay in the vessel can feed a procedure of their own."""
    seed = UnitProcedure("seed", catalog()["planar_expansion"]())
    culture = UnitProcedure("culture", HollowFiberCulture(collection=2.0), ("seed.product",))
    cells = UnitProcedure("cells", Pooling(transfer_loss=0.0), ("culture.remainder",))
    steps = run(Recipe((seed, culture, cells), seed.operation.context))
    assert steps[2].outcome.product.viable_cells == steps[1].outcome.remainder.viable_cells
    assert np.all(np.asarray(steps[2].outcome.product.viable_cells) > 1e7)


def test_a_procedure_without_feeds_starts_with_nothing() -> None:
    """A source gets an empty material."""
    (step,) = run(Recipe((medium("first", 1.0, 1e9),), UnitOperation().context))
    assert step.held == Material() and step.waited == Material()


# The readable twin: one lane at a time, scalars and loops only.

GAUSS_X, GAUSS_W = np.polynomial.legendre.leggauss(4)
AT = [(x + 1.0) / 2.0 for x in GAUSS_X.tolist()]
WEIGHT = [w / 2.0 for w in GAUSS_W.tolist()]


def remaining_weights(start: float) -> list[float]:
    """Return the weights that integrate the cubic through the nodes from `start` to 1."""
    weights = []
    for i in range(4):
        basis = np.polynomial.Polynomial([1.0])
        for j in range(4):
            if j != i:
                basis = basis * np.polynomial.Polynomial([-AT[j], 1.0]) / (AT[i] - AT[j])
        integral = basis.integ()
        weights.append(float(integral(1.0) - integral(start)))
    return weights


REMAINING = [remaining_weights(start) for start in AT]


class TwinCulture:
    """One lane of a hollow-fiber culture, written to be read."""

    def __init__(self, **p: float) -> None:
        self.p = p
        self.volume = p["extracapillary_volume"]
        self.capacity = p["capacity"] * p["fiber_area"] * 1e4 / self.volume
        self.cells = p["viable"] * p["attachment"] / self.volume
        self.vesicles = [0.0] * len(p["shares"])
        self.harvests: list[float] = []
        self.titers: list[float] = []
        self.secreted = self.cell_hours = self.dead = 0.0

    def density(self, start: float, mu: float, death: float, hours: float) -> float:
        """Return the theta-logistic density after `hours`."""
        theta, net = self.p["contact_inhibition"], mu - death
        if mu == 0.0:
            return start * math.exp(net * hours)
        crowd = mu / self.capacity**theta
        x = net * theta * hours
        inverse = start**-theta * math.exp(-x) + crowd * theta * hours * (-math.expm1(-x) / x if x else 1.0)
        return inverse ** (-1.0 / theta)

    def part(self, mu: float, death: float, hours: float) -> tuple[float, float, float]:
        """Run cells and vesicles for part of an interval; return survival, what was found and what was secreted."""
        p, start = self.p, self.cells
        q, uptake, decay = p["activity"] * p["secretion_rate"] / 24.0, p["reuptake"], p["decay"] + 1e-30
        crowd = mu / self.capacity ** p["contact_inhibition"]
        nodes = [self.density(start, mu, death, at * hours) for at in AT]
        cell_hours = hours * sum(w * x for w, x in zip(WEIGHT, nodes, strict=True))
        survival = math.exp(-(uptake * cell_hours + decay * hours))
        direct = gain = 0.0
        for i, x in enumerate(nodes):
            ahead = hours * sum(w * n for w, n in zip(REMAINING[i], nodes, strict=True))
            gone = -math.expm1(-(uptake * ahead + decay * hours * (1.0 - AT[i])))
            slope = x * (mu - death - crowd * x ** p["contact_inhibition"])
            direct += hours * WEIGHT[i] * q * x * (1.0 - gone)
            gain += hours * WEIGHT[i] * q * decay / (uptake * x + decay) ** 2 * slope * gone
        by_parts = q * start / (uptake * start + decay) * (1.0 - survival) + gain
        self.cells = self.density(start, mu, death, hours)
        self.cell_hours += cell_hours * self.volume
        self.dead += death * cell_hours * self.volume
        return survival, survival * direct + (1.0 - survival) * by_parts, q * cell_hours

    def run(self) -> TwinCulture:
        """Grow, then collect."""
        p = self.p
        rate = math.log(2.0) / p["doubling_time"]
        hours = 24.0 * p["growth_period"] - p["lag"]
        self.cells = self.density(self.cells, rate, p["growth_death_rate"], hours)
        mu = rate * p["collection_growth"]
        hours = 24.0 * p["harvest_every"]
        parts = math.ceil(hours / (24.0 if mu == 0.0 else 3.0))
        for _ in range(round(p["collection"] / p["harvest_every"])):
            for _ in range(parts):
                survival, found, secreted = self.part(mu, p["death_rate"], hours / parts)
                added = [share * found * self.volume for share in p["shares"]]
                self.vesicles = [v * survival + a for v, a in zip(self.vesicles, added, strict=True)]
                self.secreted += secreted * self.volume
            self.titers.append(sum(self.vesicles) / self.volume)
            self.harvests.append(p["harvest_fraction"] * sum(self.vesicles))
            self.vesicles = [(1.0 - p["harvest_fraction"]) * v for v in self.vesicles]
        return self


TWIN_PLANS = [
    {"contact_inhibition": 2.0, "collection": 14.0, "harvest_every": 1.0, "growth_period": 6.0},
    {"contact_inhibition": 1.0, "collection": 6.0, "harvest_every": 2.0, "growth_period": 3.0},
    {"contact_inhibition": 2.7, "collection": 3.0, "harvest_every": 0.5, "growth_period": 2.0},
]


@pytest.mark.parametrize("plan", TWIN_PLANS)
@pytest.mark.parametrize("growing", [False, True])
def test_a_readable_twin_of_the_culture_agrees(plan: dict[str, float], growing: bool) -> None:
    """Loops over lanes with scalar arithmetic give what the arrays give, to 1e-12."""
    lanes, generator = 9, np.random.default_rng(2)
    ranges = {
        "secretion_rate": (1e3, 1e5),
        "reuptake": (1e-9, 5e-8),
        "decay": (0.001, 0.02),
        "death_rate": (1e-4, 5e-3),
        "activity": (0.3, 3.0),
        "doubling_time": (20.0, 60.0),
        "capacity": (4000.0, 40000.0),
        "harvest_fraction": (0.4, 1.0),
        "lag": (0.0, 36.0),
    }
    values: dict[str, Any] = {k: low + (high - low) * generator.random(lanes) for k, (low, high) in ranges.items()}
    values["collection_growth"] = 0.2 + 0.6 * generator.random(lanes) if growing else 0.0
    context = context_of(np.linspace(90.0, 140.0, lanes))
    viable = 1e8 * (0.2 + generator.random(lanes))
    culture = HollowFiberCulture(context=context, doublings_limit=math.inf, **plan, **values)
    outcome = culture.transform(Material(volume=0.1, viable_cells=viable))
    fixed = {
        key: getattr(culture, key) for key in ("extracapillary_volume", "fiber_area", "attachment", "growth_death_rate")
    }
    for index in range(lanes):
        own = {key: float(lane(value, index)) for key, value in values.items()}
        shares = np.ravel(lane(context.secreted, index)).tolist()
        twin = TwinCulture(**plan, **own, **fixed, viable=float(viable[index]), shares=shares).run()  # type: ignore[arg-type]
        assert outcome.monitors["harvested"][:, index] == pytest.approx(twin.harvests, rel=1e-12)
        assert outcome.monitors["titer"][:, index] == pytest.approx(twin.titers, rel=1e-12)
        assert np.asarray(outcome.remainder.vesicles)[:, index] == pytest.approx(twin.vesicles, rel=1e-12, abs=1e-3)
        assert outcome.remainder.viable_cells[index] == pytest.approx(twin.cells * twin.volume, rel=1e-12)
        assert np.sum(outcome.monitors["secreted"][:, index]) == pytest.approx(twin.secreted, rel=1e-12)
        assert np.sum(outcome.monitors["cell_hours"][:, index]) == pytest.approx(twin.cell_hours, rel=1e-12)
        assert outcome.generated.dead_cells[index] == pytest.approx(twin.dead, rel=1e-11)


@pytest.mark.parametrize("name", ["msc_hollow_fiber", "hek_perfusion", "platform_comparison"])
def test_no_ring_of_references_holds_the_arrays_of_a_block(name: str) -> None:
    """What a block was worked out with is freed at once, not when the interpreter looks for rings."""
    scenario = xs.load(SCENARIOS / f"{name}.toml")
    xs.evaluate(scenario, 64)
    gc.collect()
    gc.disable()
    try:
        xs.evaluate(scenario, 64)
        gc.set_debug(gc.DEBUG_SAVEALL)
        gc.collect()
        held = sorted({type(thing).__name__ for thing in gc.garbage if type(thing).__module__.startswith("exosim")})
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
        gc.enable()
    assert not held
