"""Potency beside count: it goes with the vesicles, fades on its own while they wait, and is reported where it can."""

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exosim as xs
from exosim.facility.lots import Lots
from exosim.kernel import run
from exosim.material import Material, total
from exosim.operations.base import Hold, Outcome, standard_context
from exosim.operations.conditioned_medium import ConditionedMedium
from exosim.operations.frozen_storage import FrozenStorage
from exosim.operations.hollow_fiber_culture import HollowFiberCulture
from exosim.operations.planar_culture import PlanarCulture
from exosim.operations.pooling import Pooling
from exosim.operations.suspension_culture import SuspensionCulture
from exosim.potency import POTENCY_HEADLINES
from exosim.recipe import Recipe, UnitProcedure
from exosim.scenario import Scenario
from exosim.testing.balances import imbalance
from exosim.testing.feeds import cells

CONTEXT = standard_context()
OFTEN = {"collection": 8.0, "harvest_every": 2.0}
MEDIUM = ConditionedMedium().transform(Material()).product
CHAIN = """\
name = "potency"
draws = 64
product.dose = "1e10 EV"
{lot}
[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[[unit_procedure]]
id = "pool"
operation = "pooling"
expected_hold = "{wait} h"
hold = {{ rate = "0.0034 1/h"{decay} }}
{plant}
"""


def number(value: Any) -> float:
    """Return the one number in a value."""
    return float(np.ravel(np.asarray(value))[0])


def relative(material: Material) -> float:
    """Return the potency of a vesicle."""
    return number(material.potency) / number(total(np.asarray(material.vesicles)))


def chain(folder: Path, wait: float = 24.0, decay: str = "", lot: str = "", plant: str = "") -> Scenario:
    """Return a medium that waits and is pooled."""
    text = f', potency_decay = "{decay}"' if decay else ""
    file = folder / "chain.toml"
    file.write_text(CHAIN.format(wait=wait, decay=text, lot=lot, plant=plant), encoding="utf-8")
    return xs.load(file)


def headline(one: Scenario, name: str) -> float:
    """Return a headline that does not vary."""
    return number(xs.evaluate(one, draws=8).values(name))


# -- while material waits -------------------------------------------------------------------------------------------


@given(rate=st.floats(0.0, 0.1), hours=st.floats(0.01, 300.0))
@settings(max_examples=30, deadline=None)
def test_potency_fades_first_order_besides_the_count(rate: float, hours: float) -> None:
    """After any wait, a vesicle has exp(-k t) of its potency; the count does not know; all of it is accounted for."""
    plain, _ = Hold().apply(MEDIUM, hours, CONTEXT.sizes)
    left, lost = Hold(potency_decay=rate).apply(MEDIUM, hours, CONTEXT.sizes)
    assert relative(left) == pytest.approx(math.exp(-rate * hours), rel=1e-12)
    assert np.array_equal(np.asarray(left.vesicles), np.asarray(plain.vesicles))
    assert number(left.potency) + number(lost.potency) == pytest.approx(number(MEDIUM.potency), rel=1e-12)


def test_two_waits_are_one(tmp_path: Path) -> None:
    """Fading has no memory: two waits of a day are one of two days."""
    hold = Hold(potency_decay=0.02)
    first, _ = hold.apply(MEDIUM, 24.0, CONTEXT.sizes)
    second, _ = hold.apply(first, 24.0, CONTEXT.sizes)
    once, _ = hold.apply(MEDIUM, 48.0, CONTEXT.sizes)
    assert number(second.potency) == pytest.approx(number(once.potency), rel=1e-12)


@pytest.mark.parametrize(("made", "values"), [(HollowFiberCulture, {}), (PlanarCulture, OFTEN)])
def test_harvests_fade_while_they_wait_for_their_pool(made: type[Any], values: dict[str, Any]) -> None:
    """The first harvest waits longest; potency is the sum over harvests, each with its own wait, and balances."""
    hold = Hold(rate=1e-6, potency_decay=0.01)
    operation = made(harvest_hold=hold, **values)
    fresh, faded = (dataclasses.replace(operation, harvest_hold=h).transform(cells()) for h in (None, hold))
    visits = [visit for visit in operation.schedule() if visit.kind == "harvest"]
    end = {visit.pool: visit.time for visit in visits}
    harvested = np.asarray(fresh.monitors["harvested"])[:, 0]
    kept = sum(n * math.exp(-0.01 * (end[v.pool] - v.time)) for n, v in zip(harvested, visits, strict=True))
    assert len(visits) > 1
    assert number(faded.product.potency) / number(fresh.product.potency) == pytest.approx(
        kept / harvested.sum(), rel=1e-3
    )
    assert max(imbalance(cells(), faded).values()) < 1e-12


# -- in the culture -------------------------------------------------------------------------------------------------

PERFUSED = {"perfusion_rate": 1.0, "bleed_rate": 0.2, "collection": 6.0, "harvest_every": 2.0}
CULTURES = [
    (HollowFiberCulture, {}),
    (PlanarCulture, {"passage": 6.0}),
    (PlanarCulture, {"harvest_fraction": 0.5}),
    (SuspensionCulture, {}),
    (SuspensionCulture, PERFUSED),
]


@pytest.mark.parametrize(("made", "values"), CULTURES)
@pytest.mark.parametrize("decay", [0.0, 0.01, 0.1])
def test_the_potency_of_a_culture_balances(made: type[Any], values: dict[str, Any], decay: float) -> None:
    """What is secreted is harvested, left, taken up, decayed, bled or faded, to rounding, and counts stay the same."""
    plain = made(**values).transform(cells())
    outcome = made(**values, potency_decay=decay).transform(cells())
    assert max(imbalance(cells(), outcome).values()) < 1e-12
    assert np.array_equal(np.asarray(outcome.product.vesicles), np.asarray(plain.product.vesicles))
    if decay:
        assert relative(outcome.product) < relative(plain.product)
        assert number(outcome.losses["loss of potency"].potency) > 0.0
    else:
        assert relative(outcome.product) == pytest.approx(relative(plain.product), rel=1e-9)


def test_potency_of_a_vessel_at_rest_follows_its_differential_equation() -> None:
    """Cells that neither grow nor die: dP/dt = q X - (k_u X + k_d + k_p) P, which has a closed form."""
    from exosim.culture.interval import Part, Rates, Stretch

    density, secretion, reuptake, decay, fading, hours = 2e6, 40.0, 1e-9, 0.005, 0.02, 72.0
    rates = Rates(0.0, 0.0, 2.0, secretion=secretion, reuptake=reuptake, loss=decay, potency=0.5, fading=fading)
    found = Stretch(np.array([density])).live(rates, [Part(24.0)] * 3)
    lost = reuptake * density + decay + fading
    wanted = 0.5 * secretion * density / lost * -math.expm1(-lost * hours)
    assert number(found.potency) == pytest.approx(wanted, rel=1e-6)
    assert number(found.potency_secreted) == pytest.approx(0.5 * secretion * density * hours, rel=1e-9)
    taken = reuptake * density / lost * (0.5 * secretion * density * hours - wanted)
    assert number(found.potency_taken_up) == pytest.approx(taken, rel=1e-6)


def test_longer_stretches_at_37_degrees_cost_potency(tmp_path: Path) -> None:
    """The rarer the harvests, the longer vesicles wait in the warm vessel."""
    found = [
        relative(PlanarCulture(potency_decay=0.02, collection=8.0, harvest_every=every).transform(cells()).product)
        for every in (1.0, 2.0, 4.0, 8.0)
    ]
    assert found == sorted(found, reverse=True) and found[-1] < 0.9 * found[0]


def test_integrated_growth_does_not_follow_potency() -> None:
    """What is not modeled is refused, not left out."""
    problems = dict(SuspensionCulture(monod_step=1.0, potency_decay=0.01).problems())
    assert problems["potency_decay"] == "is not followed along with monod_step"


# -- in a facility --------------------------------------------------------------------------------------------------


def test_a_real_wait_fades_like_a_planned_one() -> None:
    """A feed that waits 30 h instead of 10 h has the potency of a recipe that plans 30 h."""
    hold = Hold(potency_decay=0.03)

    def recipe(planned: float) -> Recipe:
        medium = UnitProcedure("medium", ConditionedMedium())
        return Recipe((medium, UnitProcedure("pool", Pooling(), ("medium.product",), hold, planned)), CONTEXT)

    lots = Lots(recipe(10.0), lambda batch: recipe(10.0), 1)
    lots.begin(0, 0, 0.0)
    lots.begin(0, 1, 30.0)
    wanted = run(recipe(30.0))[-1].outcome.product
    assert number(lots.product(0).potency) == pytest.approx(number(wanted.potency), rel=1e-12)
    off_plan = lots.off_plan(0)
    assert off_plan is not None and relative(off_plan[0].product) == pytest.approx(math.exp(-0.9), rel=1e-12)


# -- what is reported -----------------------------------------------------------------------------------------------


def test_potency_is_reported_beside_the_count(tmp_path: Path) -> None:
    """Doses are counted, potent doses are what they are worth; both are explained down to their parameters."""
    one = chain(tmp_path, decay="0.02 1/h")
    potency = math.exp(-0.02 * 24.0)
    assert headline(one, "relative_potency") == pytest.approx(potency, rel=1e-12)
    assert headline(one, "potent_doses") == pytest.approx(potency * headline(one, "doses"), rel=1e-12)
    assert headline(one, "doses") == headline(chain(tmp_path), "doses")
    yields = xs.evaluate(one, draws=8)
    after = {step: number(yields.values("relative_potency", step)) for step in ("medium", "pool.hold", "pool")}
    assert after == pytest.approx({"medium": 1.0, "pool.hold": potency, "pool": potency}, rel=1e-12)
    for step, value in after.items():
        assert xs.explain(one, f"{step}.relative_potency").root.value == pytest.approx(value, rel=1e-12)
    for name in POTENCY_HEADLINES:
        assert xs.explain(one, name).root.value == pytest.approx(headline(one, name), rel=1e-12)


@pytest.mark.parametrize(
    ("changes", "reported"),
    [
        ({}, False),
        ({"decay": "0.01 1/h"}, True),
        ({"decay": "0 1/h"}, False),
        ({"lot": "[product.lot]\npotency = 0.8"}, True),
    ],
)
def test_potency_is_reported_where_it_can_differ(changes: dict[str, str], reported: bool, tmp_path: Path) -> None:
    """Where nothing can make it differ from 1 there is no figure, and the others stay as they are."""
    names = {summary.name for summary in xs.evaluate(chain(tmp_path, **changes), draws=8).headlines()}
    assert names >= set(POTENCY_HEADLINES) if reported else names.isdisjoint(POTENCY_HEADLINES)


def test_the_lot_and_its_history_multiply(tmp_path: Path) -> None:
    """Half the potency of the standard, faded to half of that: a quarter."""
    rate = math.log(2.0) / 24.0
    one = chain(tmp_path, decay=f"{rate} 1/h", lot="[product.lot]\npotency = 0.5")
    assert headline(one, "relative_potency") == pytest.approx(0.25, rel=1e-9)
    assert xs.explain(one, "relative_potency").root.value == pytest.approx(0.25, rel=1e-9)


def test_an_attribute_may_not_take_the_name_of_a_figure(tmp_path: Path) -> None:
    """Two quantities of one name could not be told apart."""
    limits = 'measure = "relative_potency"\nlimits = { at_least = 0.5 }'
    with pytest.raises(xs.ScenarioError, match='"relative_potency" is the name of a reported figure'):
        chain(tmp_path, plant=f'[[attribute]]\nid = "relative_potency"\n{limits}')


def test_doses_of_a_faded_lot_fail_its_potency_assay(tmp_path: Path) -> None:
    """The potency assay sees what is left, whatever the count."""
    attribute = '[[attribute]]\nid = "potency"\nmeasure = "relative_potency"\nlimits = { at_least = 0.7 }'
    met = [
        xs.evaluate(chain(tmp_path, decay=decay, plant=attribute), draws=8).in_specification()["potency"]
        for decay in ("0.01 1/h", "0.02 1/h")
    ]
    assert met == [1.0, 0.0]


@given(slow=st.floats(0.0, 0.05), more=st.floats(0.0, 0.05))
@settings(max_examples=20, deadline=None)
def test_faster_fading_never_helps(slow: float, more: float) -> None:
    """More decay of potency is never more potency, and never another count."""
    outcomes: list[Outcome] = [
        HollowFiberCulture(potency_decay=rate).transform(cells()) for rate in (slow, slow + more)
    ]
    first, second = (number(outcome.product.potency) for outcome in outcomes)
    assert second <= first * (1.0 + 1e-12)
    assert number(total(np.asarray(outcomes[0].product.vesicles))) == number(
        total(np.asarray(outcomes[1].product.vesicles))
    )


def test_storage_fades_potency_and_is_reported(tmp_path: Path) -> None:
    """Frozen storage without decay of potency reports nothing; with it, what is left."""
    assert FrozenStorage().potency_decay == 0.0
    file = tmp_path / "stored.toml"
    step = (
        '[[unit_procedure]]\nid = "freeze"\noperation = "frozen_storage"\nparameters = { potency_decay = "0.01 1/d" }'
    )
    text = CHAIN.format(wait=0, decay="", lot="", plant=step)
    file.write_text(text, encoding="utf-8")
    assert headline(xs.load(file), "relative_potency") == pytest.approx(math.exp(-0.3), rel=1e-12)


def test_a_decay_in_the_wrong_unit_is_refused(tmp_path: Path) -> None:
    """Per day is fine, a half-life is not."""
    assert headline(chain(tmp_path, decay="0.24 1/d"), "relative_potency") == pytest.approx(math.exp(-0.24), rel=1e-9)
    with pytest.raises(xs.ScenarioError, match="h cannot be converted to 1/h"):
        chain(tmp_path, decay="48 h")
