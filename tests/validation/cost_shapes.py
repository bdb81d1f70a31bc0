"""K9, K10, K18, K20 and vectors: which technology at which scale, by exosim's own `scale` on a shipped scenario.

Six technologies of one cell: ten-layer vessels, hollow fibers or a stirred tank, with ultracentrifugation or with TFF
and SEC. All is the estimate without a clock, over a few worlds; the sources give directions, not inputs.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from case import Draws, Published, Row
from lot_costs import SCENARIOS
from numpy.typing import NDArray

import exosim as xs
from exosim.cost_numbers import CATEGORIES
from exosim.lot_figures import lot_figures
from exosim.lot_limits import lot_limits
from exosim.scaling.screen import Screen, Screened, screen
from exosim.scaling.switches import Switch, switches
from exosim.scaling.technologies import Technology, limits_of, technologies
from exosim.scaling.words import rounded

WORLDS, LOTS = 128, 4
DEMANDS = (1e1, 1e2, 1e3, 1e4, 1e5, 1e6)
CULTURES = {"vessels": "ten-layer vessels", "hollow_fibers": "hollow fibers", "stirred_tank": "a stirred tank"}
SPUN, FILTERED = "ultracentrifugation", "tff_sec"
PLANAR, TANK = f"vessels+{FILTERED}", f"stirred_tank+{FILTERED}"
PLANT = "scale_out: one cell, a plant of its own, prices of the list"
DIRECT = ("materials", "consumables")
CAPITAL = ("equipment", "building", "maintenance", "insurance_tax", "validation")
Worlds: TypeAlias = NDArray[Any]
"""What holds or not in each world, shape (worlds,)."""
Changes: TypeAlias = tuple[tuple[str, str], ...]
"""Parameters with other values than in the scenario."""
SHIPPED: Changes = ()
BY_ACTIVITY: Changes = (("economics.labor_basis", "activity"),)
_PLACE = {name: place for place, name in enumerate(CATEGORIES)}
_CULTURE, _SEPARATION = ("seed_train", "culture", "pool"), ("clarify", "digest", "pellet", "concentrate", "polish")


def rows() -> Iterator[Row]:
    """Yield the rows, by case."""
    yield from _spun()
    yield from _rotor()
    yield from _harvest()
    yield from _planar()
    yield from _vectors()
    yield from _tank()
    yield from _capital()


@cache
def offered() -> dict[str, Technology]:
    """Return the technologies of the scenario, by name."""
    return {one.name: one for one in technologies(xs.load(SCENARIOS / "scale_out.toml"))}


@cache
def screened(name: str, changes: Changes) -> Screen:
    """Return what `scale` knows of a technology of the scenario, with a few parameters changed."""
    found = offered()[name]
    changed = found._replace(scenario=found.scenario.with_(dict(changes))) if changes else found
    return screen(changed, limits_of(found.scenario), WORLDS, LOTS, found.scenario.seed)


@cache
def _plant(name: str, demand: float, changes: Changes) -> Screened:
    return screened(name, changes).best(demand)


def plant(name: str, demand: float, changes: Changes = SHIPPED) -> Screened:
    """Return the cheapest plant of a technology for a demand."""
    return _plant(name, demand, changes)


def reach(name: str) -> float:
    """Return the largest demand that a technology can meet [dose/year]."""
    return screened(name, SHIPPED).reach(10.0, 1e12)


def money(point: Screened, *categories: str) -> Draws:
    """Return what some categories cost in a year, by world."""
    return np.asarray(point.cost[[_PLACE[name] for name in categories]].sum(axis=0))


def share(values: Worlds) -> float:
    """Return the share of the worlds in which something holds [%]."""
    return 100.0 * float(np.mean(values))


def _told(values: Draws, unit: str = "") -> str:
    """Return the median with the interval, in words."""
    found = np.quantile(values, (0.05, 0.5, 0.95), method="inverted_cdf").tolist()
    low, middle, high = (rounded(value) for value in found)
    return f"{middle}{unit} ({low} to {high})"


# ---------------------------------------------------------------- ultracentrifugation


def dearer(culture: str) -> dict[float, Worlds]:
    """Return by demand in which worlds a dose by ultracentrifugation costs more than one by TFF and SEC."""
    last = 0.95 * reach(f"{culture}+{SPUN}")
    found = {}
    for demand in (*(one for one in DEMANDS if one < last), last):
        spun, filtered = plant(f"{culture}+{SPUN}", demand), plant(f"{culture}+{FILTERED}", demand)
        found[demand] = spun.per_dose >= filtered.per_dose
    return found


def loses_from(culture: str) -> Draws:
    """Return by world the demand from which on ultracentrifugation stays the dearer: 0 at all, infinite at none."""
    found = dearer(culture)
    demands, lost = list(found), np.array(list(found.values()))
    at = []
    for one in lost.T:
        won = np.flatnonzero(~one)
        at.append(0.0 if not len(won) else (demands[won[-1] + 1] if won[-1] + 1 < len(demands) else math.inf))
    return np.array(at)


def _spun() -> Iterator[Row]:
    for culture, named in CULTURES.items():
        lost, place = dearer(culture), loses_from(culture)
        top, inside = max(lost), place[(place > 0.0) & np.isfinite(place)]
        yield Row(
            "K9", f"worlds in which a dose by ultracentrifugation is dearer than by TFF and SEC, {named}, "
            f"at {rounded(top)} doses a year [%]", "ng2019", "", PLANT,
            Published("harvest of larger scale is needed", 90.0, 100.0, stated=False), "band", "test",
            np.array([share(lost[top])]), _where(lost, place, inside),
        )  # fmt: skip


def _where(lost: dict[float, Worlds], place: Draws, inside: Draws) -> str:
    """Return in words where ultracentrifugation loses."""
    least, always, never = min(map(share, lost.values())), share(place == 0.0), share(np.isinf(place))
    first = "loses at every scale" if least > 50.0 else "wins somewhere"
    later = f", in {100.0 * len(inside) / WORLDS:.0f} % from {_told(inside)} on" if len(inside) else ""
    return (
        f"it {first}, in {least:.0f} % of the worlds or more at each demand from 10 doses a year; in {always:.0f} % at "
        f"all of them{later}, in {never:.0f} % not yet at the last"
    )


@cache
def rotor_runs(culture: str) -> tuple[float, float, float, str]:
    """Return the most runs that its holds allow a rotor by hand, those of the largest lot and of the next, and why.

    By hand: a run is handled for 45 min and spun for 70, a pellet is taken up in 3 min, tubes are six. What is pelleted
    first waits for the rest but for the two runs (one of them the wash) that it takes by itself.
    """
    run, pellet, tubes, hold = 0.75 + 70.0 / 60.0, 0.05, 6.0, 24.0
    alone = 2.0 * run + 2.0 * pellet
    by_hand = math.floor((hold + alone + tubes * pellet) / (run + tubes * pellet))
    scenario = xs.load(SCENARIOS / "scale_out.toml").combinations()[f"{culture}+{SPUN}"]
    wide = scenario.with_({"equipment.hollow_fiber_bioreactor.count": 9}) if culture == "hollow_fibers" else scenario
    figures = lot_figures(wide, list(np.geomspace(0.5, 3.0, 12)), 8)
    holds = [[one for one in found if one.kind == "hold"] for found in lot_limits(wide, figures)]
    first = next(place for place, found in enumerate(holds) if found)
    last, following = np.median(figures.runs["pellet"][first - 1 : first + 1], axis=1).tolist()
    return by_hand, last, following, holds[first][0].why


def _rotor() -> Iterator[Row]:
    for culture, named in CULTURES.items():
        by_hand, found, following, why = rotor_runs(culture)
        beyond = plant(f"{culture}+{SPUN}", 1e6)
        yield Row(
            "K9", f"the rotor ends the largest lot where arithmetic says, {named}", "ng2019",
            "six tubes of 94 mL, 45 + 70 min a run, 3 min a tube, one run to wash, 24 h until the next step",
            "one rotor for a lot", Published(f"{by_hand:g} runs by hand"), "sign", "regression",
            np.array([float(found <= by_hand < following)]),
            f"{found:g} runs; the next size is too large: {why}. With 200 lots a year at most it ends at "
            f"{rounded(reach(f'{culture}+{SPUN}'))} doses a year, TFF and SEC at "
            f"{rounded(reach(f'{culture}+{FILTERED}'))}; at 1e6 what binds is {beyond.binding}: "
            f"{beyond.why.partition(';')[0]}",
        )  # fmt: skip


# ---------------------------------------------------------------- labor and consumables of the separation


@cache
def by_part(name: str, demand: float) -> dict[str, Draws]:
    """Return what a year costs by part of the process, people by their work, shape (worlds,) each [currency]."""
    own = screened(name, BY_ACTIVITY)
    point = plant(name, demand, BY_ACTIVITY)
    place = int(np.argmin(np.abs(own.lots.factors - point.factor)))
    found: dict[str, Draws] = {}
    for use, amount, each in zip(own.lots.uses, own.lots.used[:, place], own.costs.each, strict=True):
        part = _part(use.step)
        for category in ("labor", *DIRECT, "quality"):
            key = f"{part}: {category}"
            found[key] = found.get(key, np.zeros(WORLDS)) + point.run * amount * each[_PLACE[category]]
    return found


def _part(step: str) -> str:
    parts = (("culture", _CULTURE), ("separation", _SEPARATION))
    named = next((part for part, steps in parts if step in steps), "")
    return named or ("quality" if step.startswith(("assay", "review")) else "filling" if step else "lot")


def harvest_share(name: str, demand: float, basis: str) -> Draws:
    """Return what labor and consumables of the separation are of the cost of a dose, by world [1].

    On the staffing basis the hours for which its people are paid go to the steps as their work does.
    """
    parts = by_part(name, demand)
    consumed = parts["separation: consumables"] + parts["separation: materials"]
    if basis == "activity":
        return np.asarray((parts["separation: labor"] + consumed) / plant(name, demand, BY_ACTIVITY).cost.sum(axis=0))
    point, labor = plant(name, demand), sum(parts[key] for key in parts if key.endswith(": labor"))
    paid = money(point, "labor") * parts["separation: labor"] / labor
    return np.asarray((paid + consumed) / point.cost.sum(axis=0))


def leads(name: str, demand: float) -> Worlds:
    """Return in which worlds labor and consumables of the separation are the largest part of what a lot uses."""
    parts = by_part(name, demand)

    def part(which: str) -> Draws:
        return np.asarray(sum(cost for key, cost in parts.items() if key.startswith(f"{which}:")))

    return np.asarray(part("separation") >= np.max([part("culture"), part("filling"), part("quality")], axis=0))


def _harvest() -> Iterator[Row]:
    for name, demand in ((f"vessels+{SPUN}", 1e3), (TANK, 1e3), (TANK, 1e4)):
        activity, staffing = (_told(100.0 * harvest_share(name, demand, b), " %") for b in ("activity", "staffing"))
        parts = by_part(name, demand)
        whole = sum(parts.values())
        ranked = sorted(parts, key=lambda key: -float(np.median(parts[key] / whole)))[:3]
        order = ", ".join(
            f"{key.replace('quality: quality', 'tests').replace(': ', ' ')} {np.median(parts[key] / whole):.0%}"
            for key in ranked
        )
        yield Row(
            "K9", f"labor and consumables of the separation lead, {name.replace('+', ' + ')}, at {demand:,.0f} doses a "
            "year",
            "ng2019", "", f"{PLANT}; from clarification to the last separation; of what lots use, the plant left out",
            Published("key cost drivers"), "sign", "test", leads(name, demand).astype(np.float64),
            f"of all cost {activity} by activity and {staffing} by staffing, where people are paid at all hours on "
            f"duty; of what lots use lead {order}",
        )  # fmt: skip


# ---------------------------------------------------------------- planar


def ratio(demand: float) -> Draws:
    """Return the cost of a dose in vessels over that in the tank, by world."""
    return np.asarray(plant(PLANAR, demand).per_dose / plant(TANK, demand).per_dose)


def gives_way() -> Switch | None:
    """Return where vessels give way to the tank for the last time, as `scale` finds it; None: they do not."""
    points = {name: [plant(name, demand) for demand in DEMANDS] for name in (PLANAR, TANK)}
    found = [one for one in switches(points, [None] * len(DEMANDS)) if one.after == TANK]
    return max(found, key=lambda one: one.demand, default=None)


def _planar() -> Iterator[Row]:
    given = "the same cells and separation, as many harvests"
    cheaper = {demand: share(ratio(demand) < 1.0) for demand in DEMANDS}
    told = ", ".join(f"{value:.0f} at {rounded(demand)}" for demand, value in cheaper.items())
    yield Row(
        "K10", "worlds in which planar vessels are the cheaper at 100 doses a year [%]", "simaria2014", given, PLANT,
        Published("planar for small lots", 50.0, 100.0, stated=False), "band", "test", np.array([cheaper[1e2]]),
        f"{told} doses a year; at 100 people and plant are {_told(fixed_share(TANK, 1e2))} % of the cost in the tank, "
        f"and much the same for both: {_told(ratio(1e2))} times the cost",
    )  # fmt: skip
    yield _switched(given)
    beyond = plant(PLANAR, 1e7)
    yield Row(
        "K10", "planar is impossible where microcarriers are not: 1e7 doses a year", "simaria2014", given,
        f"{PLANT}; at most 100 incubators of 12 vessels, 200 lots", Published("at high demand"), "sign", "test",
        np.array([float(not beyond.feasible and plant(TANK, 1e7).feasible)]),
        f"vessels end at {rounded(reach(PLANAR))}, the tank at {rounded(reach(TANK))}: {beyond.why.partition(';')[0]}",
    )  # fmt: skip


def _switched(given: str) -> Row:
    """Return whether planar gives way, and from where on."""
    found, large = gives_way(), ratio(1e6)
    where = "over all worlds the order does not change below"
    if found is not None:
        span = "" if found.low is None or found.high is None else f" ({rounded(found.low)} to {rounded(found.high)})"
        where = f"from {rounded(found.demand)}{span} doses a year on, in {100.0 * found.share:.0f} % of the worlds"
    return Row(
        "K10", "planar gives way to microcarriers: worlds in which it is dearer at 1e6 doses a year [%]",
        "simaria2014", given, PLANT, Published("with the size of a lot", 90.0, 100.0, stated=False), "band", "test",
        np.array([share(large > 1.0)]),
        f"{where}; {_told(ratio(1e4))} times the cost at 10,000, {_told(large)} at 1e6",
    )  # fmt: skip


# ---------------------------------------------------------------- vectors: what leads by scale


def fixed_share(name: str, demand: float) -> Draws:
    """Return labor and all that is neither material nor consumable, over all cost, by world [%]."""
    point = plant(name, demand)
    return np.asarray(100.0 * (1.0 - money(point, *DIRECT) / point.cost.sum(axis=0)))


def materials_lead(name: str) -> tuple[float, int]:
    """Return the demand from which on materials and consumables cost more than labor, and more than the plant."""
    for demand in np.geomspace(1e3, 1e6, 13).tolist():
        point = plant(name, demand)
        consumed, labor = float(np.median(money(point, *DIRECT))), float(np.median(money(point, "labor")))
        rest = float(np.median(point.cost.sum(axis=0))) - consumed - labor
        if consumed > max(labor, rest):
            return demand, point.lots
    return math.inf, 0


def _vectors() -> Iterator[Row]:
    for name in (PLANAR, TANK):
        named, (demand, lots) = name.replace("+", " + "), materials_lead(name)
        few, lot = fixed_share(name, 1e2), plant(name, 1e2)
        yield Row(
            "LV", f"labor and indirect cost of a dose at 100 doses a year, {named} [%]", "farid_vectors",
            "lentiviral vectors of HEK293", f"vesicles of MSC instead; {PLANT}", Published("75", 75.0, 75.0), "25 %",
            "test", few, f"{lot.lots} lot of {lot.doses:.0f} doses is the year, and a plant stands for it alone",
        )  # fmt: skip
        yield Row(
            "LV", f"materials lead from 500 to 1,000 doses a year, {named}", "farid_vectors",
            "lentiviral vectors of HEK293", f"vesicles of MSC instead; {PLANT}", Published("above 500"), "sign", "test",
            (fixed_share(name, 1e3) < 50.0).astype(np.float64),
            f"labor and indirect are {_told(fixed_share(name, 1e3))} % at 1,000; the order is that of the source, but "
            f"materials and consumables lead only from about {rounded(demand)} doses a year on ({lots} lots)",
        )  # fmt: skip


# ---------------------------------------------------------------- the size of a tank; capital


def _tank() -> Iterator[Row]:
    points = [plant(TANK, float(demand)) for demand in np.geomspace(1e4, 1e7, 7)]
    told = "; ".join(
        f"{rounded(one.demand)}: {one.units['stirred_tank']} of {4.5 * one.factor:.0f} L, {one.lots} lots"
        for one in points
    )
    yield Row(
        "K18", "tank of the cheapest plant [L]", "torresacosta2019", "a cell therapy from one stirred tank",
        f"vesicles of MSC instead; {PLANT}; 1e4 to 1e7 doses a year, tanks of up to 200 L",
        Published("100", 100.0, 100.0), "interval", "test", np.array([4.5 * one.factor for one in points]),
        f"tanks by doses a year: {told}",
    )  # fmt: skip
    point = plant(TANK, 1e6)
    consumed, labor = money(point, *DIRECT), money(point, "labor")
    vials = 100.0 * by_part(TANK, 1e6)["filling: consumables"] / plant(TANK, 1e6, BY_ACTIVITY).cost.sum(axis=0)
    yield Row(
        "K18", "consumables and raw materials lead, at 1e6 doses a year", "torresacosta2019", "",
        f"vesicles of MSC instead; {PLANT}", Published("most significant"), "sign", "test",
        (consumed > np.maximum(labor, point.cost.sum(axis=0) - consumed - labor)).astype(np.float64),
        f"{_told(100.0 * consumed / point.cost.sum(axis=0))} % of the cost, vials {_told(vials)} %",
    )  # fmt: skip


def moved(name: str, demand: float, *categories: str) -> Draws:
    """Return by how much 25 % more of some categories moves the cost of a dose, and so its ratio to another's [%]."""
    point = plant(name, demand)
    return np.asarray(25.0 * money(point, *categories) / point.cost.sum(axis=0))


def _capital() -> Iterator[Row]:
    capital, materials = (moved(PLANAR, 1e5, *which) for which in (CAPITAL, DIRECT))
    yield Row(
        "K20", "what 25 % more capital of one plant moves the ratio of two at 1e5 doses a year [%]", "novais_thesis",
        "single-use and conventional plants; ratio of their net present values",
        f"vessels and a tank instead; ratio of their cost of a dose, since nothing is sold here; {PLANT}",
        Published("less than 5", 1e-3, 5.0, stated=False), "band", "test", capital,
        f"{_told(capital)}; 25 % on materials and consumables move it by {_told(materials)}: the more influential, as "
        "there",
    )  # fmt: skip
