"""The hollow-fiber culture as a plain Python loop: one lane at a time, floats and :mod:`math`, no NumPy.

The same algorithm as the package's, for the effects that the reference scenario has: growth toward what surface,
oxygen, glucose, lactate and ammonia sustain, in parts with a closed form each; collection with the blended quadrature
of the vesicle pool; harvests that wait for their pool, by size class. It makes what is harvested and what is measured
at each harvest; the bookkeeping of losses, consumption and time, which the package does besides, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from exosim.material import FIELDS, Material
from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.parameter import declared
from exosim.physics.quadrature import POSITIONS, REMAINING, WEIGHTS

Values: TypeAlias = Mapping[str, float]
AT, WEIGHT, AHEAD = POSITIONS.tolist(), WEIGHTS.tolist(), REMAINING.tolist()
CLASSES = ("vesicles", "nonvesicular")
GROWING, COLLECTING = 12.0, 24.0  # h


@dataclass(frozen=True)
class Given:
    """What one lane is given, as plain numbers.

    Attributes
    ----------
    values : parameters by name, the rate of the harvest hold as ``hold_rate``
    feed : amounts of the feed by name
    shares : of vesicles and other particles by size class, of protein by pool
    hold : (100 nm / d) ** m of each size class
    """

    values: Values
    feed: Values
    shares: Mapping[str, Sequence[float]]
    hold: Sequence[float]


@dataclass
class Lane:
    """Where one lane is."""

    values: Values
    shares: Mapping[str, Sequence[float]]
    hold: Sequence[float]
    milliliters: float = 0.0
    cells: float = 0.0  # cell/mL
    doublings: float = 0.0  # of one cell
    glucose: float = 0.0  # mmol/L
    lactate: float = 0.0
    ammonia: float = 0.0
    survival: float = 1.0
    found: float = 0.0  # EV/mL
    secreted: float = 0.0
    cell_hours: float = 0.0  # cell h/mL
    dying: float = 0.0  # cell/mL
    mortality: float = 0.0
    contents: dict[str, list[float]] = field(default_factory=dict)
    product: dict[str, list[float]] = field(default_factory=dict)
    seen: dict[str, list[float]] = field(default_factory=dict)


Live: TypeAlias = Callable[[Lane, float, float, float, float, bool], None]
"""Lets a lane live: growth and death rate [1/h], hours, hours until cells grow, whether it secretes."""


@dataclass(frozen=True)
class Supply:
    """What holds the cells back over some hours."""

    sustained: float  # cell/mL
    glucose: float  # mmol/L that may be taken up
    left: float
    mean: float
    volumes: float


def relative_growth(x: float) -> float:
    """Return (1 - exp(-x)) / x."""
    return -math.expm1(-x) / x if x else 1.0


def supply(lane: Lane, hours: float) -> Supply:
    """Return what oxygen and the medium sustain over `hours`."""
    p = lane.values
    volumes = p["medium_rate"] / (24.0 * p["extracapillary_volume"] * 1e-3) * hours
    left, mean = math.exp(-volumes), relative_growth(volumes)
    saturation = p["oxygen_saturation"] * p["oxygen_level"]
    transfer = p["circulation"] / (p["extracapillary_volume"] * 1e-3)
    oxygen = transfer * (saturation - saturation * p["least_oxygen"]) / (1e-9 * p["oxygen_uptake"])
    uptake, ammonia = p["glucose_uptake"] * 1e-6, p["ammonia_rate"] * 1e-6

    def most(present: float, inflow: float) -> float:
        return (present * left / mean + inflow * volumes) / hours

    glucose = most(lane.glucose, p["medium_glucose"])
    lactate = most(max(p["lactate_limit"] - lane.lactate, 0.0), p["lactate_limit"])
    poison = most(max(p["ammonia_limit"] - lane.ammonia, 0.0), p["ammonia_limit"])
    sustained = min(oxygen, glucose / uptake, lactate / (uptake * p["lactate_yield"]), poison / ammonia)
    return Supply(sustained, glucose * hours, left, mean, volumes)


def metabolize(lane: Lane, found: Supply, cell_hours: float) -> None:
    """Take up glucose, release lactate and ammonia."""
    p = lane.values
    taken = min(p["glucose_uptake"] * 1e-6 * cell_hours, found.glucose)
    brought = p["medium_glucose"] * found.volumes
    lane.glucose = max(lane.glucose * found.left + (brought - taken) * found.mean, 0.0)
    lane.lactate = lane.lactate * found.left + taken * p["lactate_yield"] * found.mean
    lane.ammonia = lane.ammonia * found.left + p["ammonia_rate"] * 1e-6 * cell_hours * found.mean


def rates(lane: Lane, growth: float, death: float, found: Supply) -> tuple[float, float, float, float]:
    """Return growth and death rate, the crowding of the theta-logistic law, and the share of the demand that is met."""
    p, theta = lane.values, lane.values["contact_inhibition"]
    fed = min(found.sustained / lane.cells, 1.0)
    death += p["starvation_rate"] * (1.0 - fed)
    if growth == 0.0:
        return 0.0, death, 0.0, fed
    growth *= fed
    surface = p["capacity"] * p["fiber_area"] * 1e4 / lane.milliliters
    return growth, death, growth * min(surface, max(found.sustained, lane.cells)) ** -theta, fed


def density(start: float, net: float, crowd: float, theta: float, hours: float) -> float:
    """Return the theta-logistic density after `hours`."""
    if crowd == 0.0:
        return start * math.exp(net * hours)
    x = net * theta * hours
    inverse = start**-theta * math.exp(-x) + crowd * theta * hours * relative_growth(x)
    return float(inverse ** (-1.0 / theta))


def in_closed_form(lane: Lane, growth: float, death: float, hours: float, lag: float, secretes: bool) -> None:
    """Live in parts, each with the closed forms of the package."""
    longest = GROWING if growth else COLLECTING
    parts = max(1, math.ceil(hours / longest - 1e-9))
    for _ in range(parts):
        part(lane, growth, death, hours / parts, max(hours - lag, 1e-6) / hours, secretes)


def part(lane: Lane, growth: float, death: float, whole: float, active: float, secretes: bool) -> None:
    """Live for one part, in the share `active` of which cells grow and die."""
    theta, start, found = lane.values["contact_inhibition"], lane.cells, supply(lane, whole)
    growth, death, crowd, fed = rates(lane, growth, death, found)
    hours, net = active * whole, growth - death
    nodes = [density(start, net, crowd, theta, at * hours) for at in AT]
    cell_hours = hours * sum([w * x for w, x in zip(WEIGHT, nodes, strict=True)])
    if secretes:
        slopes = [x * (net - crowd * x**theta) for x in nodes]
        pool(lane, nodes, slopes, cell_hours, hours, 1.0 - lane.values["metabolic_link"] * (1.0 - fed))
    lane.cells = density(start, net, crowd, theta, hours)
    lane.dying += death * cell_hours
    lane.mortality += death * hours
    cell_hours += start * (whole - hours)
    metabolize(lane, found, cell_hours)
    lane.cell_hours += cell_hours


def pool(
    lane: Lane, nodes: Sequence[float], slopes: Sequence[float], cell_hours: float, hours: float, fed: float
) -> None:
    """Secrete, take up and lose vesicles in one part: the direct form and that by parts, blended."""
    p = lane.values
    rate, uptake = p["activity"] * p["secretion_rate"] / 24.0 * fed, p["reuptake"]
    decay = p["decay"] + 1e-30
    survival = math.exp(-(uptake * cell_hours + decay * hours))
    direct = gained = 0.0
    for at, weight, ahead, x, slope in zip(AT, WEIGHT, AHEAD, nodes, slopes, strict=True):
        later = hours * sum([w * n for w, n in zip(ahead, nodes, strict=True)])
        gone = -math.expm1(-(uptake * later + decay * hours * (1.0 - at)))
        direct += weight * x * (1.0 - gone)
        gained += weight * decay / (uptake * x + decay) ** 2 * slope * gone
    start = lane.cells
    by_parts = start / (uptake * start + decay) * (1.0 - survival) + hours * gained
    found = rate * (survival * hours * direct + (1.0 - survival) * by_parts)
    lane.survival *= survival
    lane.found = lane.found * survival + min(found, rate * cell_hours)
    lane.secreted += rate * cell_hours


def settle(lane: Lane, feed: Values) -> None:
    """Inoculate."""
    p = lane.values
    lane.milliliters = p["extracapillary_volume"]
    lane.cells = feed["viable_cells"] * p["attachment"] / lane.milliliters
    lane.doublings = feed["doublings"] / feed["viable_cells"]
    lane.glucose, lane.lactate, lane.ammonia = p["medium_glucose"], 0.0, 0.0


def stretch(lane: Lane, live: Live, share: float, death: float, hours: float, lag: float, secretes: bool) -> None:
    """Live between two visits, and age."""
    p, before = lane.values, lane.cells
    tired = max(1.0 - (lane.doublings / p["doublings_limit"]) ** 2, 0.0)
    lane.survival, lane.found, lane.secreted, lane.cell_hours, lane.dying, lane.mortality = 1.0, 0.0, 0.0, 0.0, 0.0, 0.0
    live(lane, math.log(2.0) / p["doubling_time"] * share * tired, death, hours, lag, secretes)
    lane.doublings += max(math.log(lane.cells / before) + lane.mortality, 0.0) / math.log(2.0)


def fill(lane: Lane, milliliters: float) -> None:
    """Add collection medium; only what it brings of glucose dilutes what is there."""
    p, c = lane.values, lane.contents
    for name, amount, shares in (
        ("nonvesicular", p["medium_particles"] * milliliters, lane.shares["nonvesicular"]),
        ("protein", p["medium_protein"] * milliliters, lane.shares["protein"]),
        ("salt", p["medium_salt"] * milliliters * 1e-3, (1.0,)),
    ):
        c[name] = [a + amount * share for a, share in zip(c[name], shares, strict=True)]


def release(lane: Lane) -> None:
    """Put into the vessel what cells secreted, and what the dead ones released."""
    p, c, volume = lane.values, lane.contents, lane.milliliters
    secreted, died = lane.secreted * volume, lane.dying * volume
    protein = (
        p["activity"] * p["protein_rate"] / 24.0 * lane.cell_hours * volume + p["protein_per_dead_cell"] * died
    ) * 1e-6
    dna = p["dna_per_dead_cell"] * died * 1e-3
    potency = (1.0 - p["potency_loss"]) ** max(p["passage"] - p["critical_passage"], 0.0)
    found = lane.found * volume
    c["vesicles"] = [v * lane.survival + found * s for v, s in zip(c["vesicles"], lane.shares["vesicles"], strict=True)]
    c["potency"] = [c["potency"][0] * lane.survival + found * potency]
    for name, amount, shares in (
        ("nonvesicular", p["nonvesicular_per_vesicle"] * secreted, lane.shares["nonvesicular"]),
        ("protein", protein * (1.0 - p["associated_protein"]), lane.shares["protein"]),
        ("associated_protein", protein * p["associated_protein"], (1.0,)),
        ("free_dna", dna * (1.0 - p["bound_dna"]), (1.0,)),
        ("bound_dna", dna * p["bound_dna"], (1.0,)),
        ("debris", p["debris_per_dead_cell"] * died, (1.0,)),
        ("dead_cells", died, (1.0,)),
    ):
        c[name] = [a + amount * share for a, share in zip(c[name], shares, strict=True)]


def harvest(lane: Lane, wait: float, last: bool) -> None:
    """Take a share of the medium, let it wait for its pool, and refill."""
    p, c, taken = lane.values, lane.contents, lane.values["harvest_fraction"]
    liters = lane.milliliters * 1e-3
    c["volume"] = [liters]
    c["glucose"], c["lactate"], c["ammonia"] = (
        [level * liters] for level in (lane.glucose, lane.lactate, lane.ammonia)
    )
    titer = sum(c["vesicles"]) / lane.milliliters
    lot = {name: [a * taken for a in amounts] for name, amounts in c.items()}
    lane.contents = {name: [a - b for a, b in zip(c[name], lot[name], strict=True)] for name in c}
    whole = sum(lot["vesicles"])
    watch(lane, whole, titer)
    if wait > 0.0:
        kept = [math.exp(-p["hold_rate"] * wait * power) for power in lane.hold]
        lot["vesicles"] = [v * k for v, k in zip(lot["vesicles"], kept, strict=True)]
        overall = sum(lot["vesicles"]) / max(whole, 1e-300)
        for name in ("associated_protein", "bound_dna", "potency"):
            lot[name] = [lot[name][0] * overall]
    for name, amounts in lot.items():
        before = lane.product.get(name)
        lane.product[name] = amounts if before is None else [a + b for a, b in zip(before, amounts, strict=True)]
    left = 0.0 if last else 1.0
    lane.glucose = lane.glucose * (1.0 - taken) + left * taken * p["medium_glucose"]
    lane.lactate, lane.ammonia = lane.lactate * (1.0 - taken), lane.ammonia * (1.0 - taken)
    if not last:
        fill(lane, lane.milliliters * taken)


def watch(lane: Lane, harvested: float, titer: float) -> None:
    """Note what is measured at a harvest."""
    volume = lane.milliliters
    for name, value in (
        ("harvested", harvested),
        ("secreted", lane.secreted * volume),
        ("cell_hours", lane.cell_hours * volume),
        ("viable_cells", lane.cells * volume),
        ("titer", titer),
    ):
        lane.seen.setdefault(name, []).append(value)


def run(given: Given, live: Live = in_closed_form) -> Lane:
    """Run the whole culture on one lane."""
    p, lane = given.values, Lane(given.values, given.shares, given.hold)
    settle(lane, given.feed)
    stretch(lane, live, 1.0, p["growth_death_rate"], 24.0 * p["growth_period"], p["lag"], False)
    scalars = ("potency", "associated_protein", "free_dna", "bound_dna", "debris", "dead_cells", "salt")
    lane.contents = {name: [0.0] * len(lane.shares[name]) for name in (*CLASSES, "protein")} | {
        name: [0.0] for name in scalars
    }
    lane.glucose, lane.lactate, lane.ammonia = p["medium_glucose"], 0.0, 0.0
    fill(lane, lane.milliliters)
    count, pooled = round(p["collection"] / p["harvest_every"]), round(p["pool_every"] / p["harvest_every"])
    hours = 24.0 * p["harvest_every"]
    for index in range(count):
        stretch(lane, live, p["collection_growth"], p["death_rate"], hours, 0.0, True)
        release(lane)
        ready = min((index // pooled + 1) * pooled, count)
        harvest(lane, (ready - index - 1) * hours, index + 1 == count)
    return lane


def lane_of(operation: HollowFiberCulture, feed: Material, index: int) -> Given:
    """Return one lane of an operation and of its feed as plain numbers.

    Raises
    ------
    ValueError
        when the operation has an effect that the loop does not know.
    """

    def number(value: object) -> float:
        return float(np.ravel(np.asarray(value))[index if np.size(value) > 1 else 0])

    def column(value: object) -> list[float]:
        array = np.asarray(value)
        return [float(v) for v in array[:, index if array.shape[-1] > 1 else 0]]

    names = [name for name in declared(HollowFiberCulture) if getattr(operation, name) is not None]
    values = {name: number(getattr(operation, name)) for name in names}
    hold = operation.harvest_hold
    unknown = ("density_exponent", "growth_secretion", "hypoxia_gain", "carryover", "supplement")
    if operation.stimuli or hold is None or operation.exchange_every or any(values[name] for name in unknown):
        raise ValueError("the loop has only the effects of the reference scenario")
    values |= {"hold_rate": number(hold.rate)}
    exponent = number(hold.size_exponent)
    diameters = np.ravel(operation.context.sizes.diameters).tolist()
    shares = {
        "vesicles": column(operation.context.secreted),
        "nonvesicular": column(operation.particle_shares),
        "protein": column(operation.protein_shares),
    }
    fed = {name: number(getattr(feed, name)) for name in FIELDS if np.ndim(getattr(feed, name)) < 2}
    return Given(values, fed, shares, [(100.0 / d) ** exponent for d in diameters])
