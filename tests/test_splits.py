"""Products that are divided, led aside and joined again: no recipe creates or loses anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import exosim as xs
from exosim.facility.lots import Lots
from exosim.kernel import Step, run
from exosim.material import FIELDS, Material, total
from exosim.operations import catalog
from exosim.operations.base import Hold, Outcome, UnitOperation, standard_context
from exosim.operations.pooling import Pooling
from exosim.plots.waterfall import waterfall_rows
from exosim.recipe import WASTE, Recipe, UnitProcedure
from exosim.testing.feeds import everything, on_lanes
from tests.texts import Door

pytestmark = pytest.mark.filterwarnings("error")

LANES = np.geomspace(0.3, 3.0, 4)
STEPS = ("pooling", "depth_filtration", "measured_step", "sterile_filtration", "nuclease_treatment")
NAMES = ("a", "b", "c", WASTE)


@dataclass(frozen=True, kw_only=True)
class Store(UnitOperation):
    """A source that holds some of every species."""

    source: ClassVar[bool] = True

    def transform(self, feed: Material) -> Outcome:
        """Return the same on every call, another amount on every lane."""
        content = on_lanes(everything(), LANES)
        return Outcome(content, added=content)


@st.composite
def shares(draw: st.DrawFn) -> dict[str, float]:
    """Return the shares of a split, or none for a product that stays whole."""
    names = draw(st.lists(st.sampled_from(NAMES), max_size=4, unique=True))
    parts = [draw(st.floats(0.01, 1.0)) for _ in names]
    return {name: part / sum(parts) for name, part in zip(names, parts, strict=True)}


@st.composite
def recipes(draw: st.DrawFn) -> Recipe:
    """Return a recipe in which products are divided and joined at random; what nobody takes is left over."""
    free: list[str] = []
    procedures: list[UnitProcedure] = []
    for number in range(draw(st.integers(2, 7))):
        feeds = tuple(draw(st.lists(st.sampled_from(free), min_size=1, max_size=3, unique=True))) if free else ()
        operation = catalog()[draw(st.sampled_from(STEPS))]() if feeds else Store()
        hold, wait = (Hold(rate=0.01), draw(st.floats(0.0, 48.0))) if feeds else (None, 0.0)
        split = draw(shares())
        procedures.append(UnitProcedure(f"p{number}", operation, feeds, hold, wait, split=split))
        free = [name for name in free if name not in feeds]
        free += [f"p{number}.{name}" for name in split or ("product",) if name != WASTE]
    return Recipe(tuple(procedures), standard_context())


def left_over(steps: tuple[Step, ...]) -> Material:
    """Return what no procedure takes, computed from the shares as they are written."""
    taken = {name for step in steps for name in step.procedure.feeds}
    left = Material()
    for step in steps:
        for name, share in (step.procedure.split or {"product": 1.0}).items():
            if f"{step.procedure.id}.{name}" not in taken:
                left = left + step.outcome.product.portion(share)
        left = left + step.outcome.remainder
    return left


@given(recipes())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whatever_is_divided_and_joined_balances(recipe: Recipe) -> None:
    """All that entered a recipe is in its losses or left over: every species, every size class, every lane."""
    steps = run(recipe)
    into, out = Material(), left_over(steps)
    for step in steps:
        into = into + step.outcome.added + step.outcome.generated
        out = out + step.waited
        for lost in step.outcome.losses.values():
            out = out + lost
    for field in FIELDS:
        one, other = (np.asarray(getattr(m, field), dtype=np.float64) for m in (into, out))
        assert np.all(np.abs(one - other) <= 1e-12 * np.maximum(np.abs(one), 1e-300)), field


@given(st.lists(st.floats(1e-6, 1.0), min_size=1, max_size=10))
def test_the_parts_are_the_whole(parts: list[float]) -> None:
    """Each part has its share of everything; together they are the material, whatever the shares sum to."""
    whole = on_lanes(everything(), LANES)
    made = whole.divided({f"s{n}": part for n, part in enumerate(parts)})
    joined = Material()
    for material in made.values():
        joined = joined + material
    for field in FIELDS:
        expected = np.asarray(getattr(whole, field))
        assert np.asarray(getattr(joined, field)) == pytest.approx(expected, rel=1e-14), field
        first = np.asarray(getattr(made["s0"], field))
        assert first == pytest.approx(expected * parts[0] / sum(parts), rel=1e-13), field


def test_an_even_split_that_is_joined_again_changes_nothing() -> None:
    """Two halves on their way through equal transfers make what the whole makes."""
    store, half = UnitProcedure("store", Store()), {"one": 0.5, "two": 0.5}
    context = standard_context()
    straight = (store, UnitProcedure("move", Pooling(), ("store.product",)))
    divided = (
        replace(store, split=half),
        UnitProcedure("first", Pooling(), ("store.one",)),
        UnitProcedure("second", Pooling(), ("store.two",)),
        UnitProcedure("join", Pooling(transfer_loss=0.0), ("first.product", "second.product")),
    )
    one, other = (run(Recipe(train, context))[-1].outcome.product for train in (straight, divided))
    for field in FIELDS:
        assert np.asarray(getattr(other, field)) == pytest.approx(np.asarray(getattr(one, field)), rel=1e-14), field


# -- in a scenario ----------------------------------------------------------------------------------------------------

BRANCHES = """\
format = 1
name = "branches"
draws = 64
seed = 3
product.dose = "1e10 EV"
horizon = "200 h"
replications = 2

[campaign]
every = "20 h"

[[equipment]]
id = "skid"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
split = { therapy = 0.7, study = "25 %", waste = 0.05 }
[unit_procedure.parameters]
titer = { lognormal = { median = "5e9 EV/mL", gsd = 1.3 }, varies = "batch" }

[[unit_procedure]]
id = "bank"
operation = "pooling"
feeds = ["medium.study"]
unit = "skid"
expected_hold = "2 h"
end = true
[unit_procedure.parameters]
duration = { lognormal = { median = "6 h", gsd = 1.5 }, varies = "batch", allow_outside_range = true }

[[unit_procedure]]
id = "clarify"
operation = "depth_filtration"
feeds = ["medium.therapy"]
unit = "skid"
expected_hold = "5 h"
split = { keep = 0.9, again = 0.1 }

[[unit_procedure]]
id = "polish"
operation = "depth_filtration"
feeds = ["clarify.again"]

[[unit_procedure]]
id = "fill"
operation = "vial_filling"
feeds = ["clarify.keep", "polish"]
"""


@pytest.fixture
def branches(tmp_path: Path) -> xs.Scenario:
    path = tmp_path / "branches.toml"
    path.write_text(BRANCHES, encoding="utf-8")
    return xs.load(path)


def test_what_is_reported_of_the_branches(branches: xs.Scenario) -> None:
    """Recovery is against what entered the step; waste is a channel of its own; the yield counts all that started."""
    yields = xs.evaluate(branches)
    made = yields.values("vesicles", "medium")
    assert yields.values("loss: waste", "medium.split") == pytest.approx(0.05 * made, rel=1e-12)
    assert yields.values("vesicles", "medium.split") == pytest.approx(0.95 * made, rel=1e-12)
    assert yields.values("recovery", "bank") == pytest.approx(0.99, rel=1e-12)
    held = yields.values("vesicles", "clarify.hold")
    assert np.all(held < 0.7 * made)
    assert yields.values("recovery", "clarify.hold") == pytest.approx(held / (0.7 * made), rel=1e-12)
    assert yields.values("recovery", "clarify") == pytest.approx(yields.values("vesicles", "clarify") / held, rel=1e-12)
    assert yields.values("ev_yield") == pytest.approx(yields.values("vesicles", "fill") / made, rel=1e-12)


def test_the_waterfall_closes(branches: xs.Scenario) -> None:
    """The bars between the start and the product add up, with what is wasted and what leaves on the way."""
    rows = list(waterfall_rows(xs.evaluate(branches)))
    first, last = rows[0], rows[-1]
    gone = sum(row.amounts for row in rows[1:-1])
    assert first.amounts - gone == pytest.approx(last.amounts, rel=1e-9)
    assert [row.label for row in rows if row.kind == "aside"] == ["medium: waste", "bank: leaves"]


class InTheLoop(Lots):
    """Evaluates every procedure of every batch when the clock reaches it, and nothing before."""

    def begin(self, batch: int, index: int, waited: float) -> Any:
        self._follow(batch, index, waited, None)
        return super().begin(batch, index, waited)


def test_physics_before_the_clock_is_physics_in_the_loop(
    branches: xs.Scenario, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A branch whose feed waited longer is followed on its own and joins what it would have joined."""
    found = xs.simulate(branches).first.run.batches
    monkeypatch.setattr("exosim.replications.Lots", InTheLoop)
    other = xs.simulate(branches).first.run.batches
    finished = [batch for batch in found if batch.product is not None]
    assert len(finished) > 5
    for batch, twin in zip(found, other, strict=True):
        assert batch.doses == twin.doses
        if batch.product is not None and twin.product is not None:
            assert total(batch.product.vesicles) == pytest.approx(total(twin.product.vesicles), rel=1e-12)
            assert batch.product.volume == pytest.approx(twin.product.volume, rel=1e-12)


def test_one_share_can_be_set(branches: xs.Scenario) -> None:
    """Shares have addresses, sources and lines in the ledger; together they stay whole."""
    changed = branches.with_({"medium.split.therapy": 0.65, "medium.split.waste": {"value": "10 %"}})
    lines = {line.path: line for line in changed.ledger()}
    assert [lines[f"medium.split.{name}"].value for name in ("therapy", "study", "waste")] == ["0.65", "0.25", "0.1"]
    assert (lines["medium.split.therapy"].origin, lines["medium.split.study"].origin) == ("override", "scenario")
    with pytest.raises(xs.ScenarioError, match=r"sum to 1\.05: mass would be created"):
        branches.with_({"medium.split.therapy": 0.75})
    with pytest.raises(xs.ScenarioError, match=r"medium\.split\.waste: must be above 0"):
        branches.with_({"medium.split.waste": 0.0})
    with pytest.raises(xs.ScenarioError, match=r"did you mean medium\.split\.waste"):
        branches.with_({"mediun.split.waste": 0.1})


SHARES = "split = { therapy = 0.7, study = 0.2, waste = 0.1 }"
MEDIUM = """\
format = 1
name = "s"
product.dose = "1e10 EV"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
"""


def step(id: str, *lines: str, operation: str = "pooling") -> str:
    return "\n".join(["\n[[unit_procedure]]", f'id = "{id}"', f'operation = "{operation}"', *lines, ""])


BOTH = step("a", 'feeds = ["medium.therapy", "medium.study"]')
TWO = 'feeds = ["medium.therapy"]', 'feeds = ["medium.study"]'
REFUSED = [
    (
        BOTH,
        "split = { therapy = 0.7, study = 0.2, waste = 0.2 }",
        ":8: medium.split: the shares sum to 1.1: mass would be created; got therapy = 0.7, study = 0.2, waste = 0.2",
    ),
    (
        BOTH,
        "split = { therapy = 0.7, study = 0.2 }",
        ":8: medium.split: the shares sum to 0.9: where the other 10 % goes is unknown",
    ),
    (step("a", TWO[1]), "split = { product = 0.7, study = 0.3 }", '"product" is the name of a whole stream'),
    (step("a", TWO[1]), 'split = { study = "1 L" }', "medium.split.study: L cannot be converted"),
    (step("a", TWO[1]), "split = { study = 1.2 }", "medium.split.study: a fraction must lie between 0 and 1; got 1.2"),
    (step("a", TWO[1]), "split = { study = { uniform = { low = 0.1, high = 0.2 } }, waste = 0.8 }", "cannot vary"),
    (BOTH, "split = {}", ":8: medium.split: must not be empty"),
    (BOTH, "split = 0.5", ":8: medium.split: is of the wrong kind; got 0.5; expected a table"),
    (step("a", TWO[1]), SHARES, ":8: medium.split: medium.therapy goes nowhere; expected a later procedure"),
    (step("a"), SHARES, ':11: a.id: "feeds" is missing: "medium.product" is split; expected one of medium.therapy'),
    (step("a", 'feeds = ["medium"]'), SHARES, ':13: a.feeds.1: "medium.product" is split; expected one of medium'),
    (step("a", 'feeds = ["medium.waste"]'), SHARES, ':13: a.feeds.1: "medium.waste" is waste'),
    (step("a", 'feeds = ["medium.studi"]'), SHARES, "did you mean medium.study?"),
    (
        step("a", TWO[0], "end = true") + step("b", 'feeds = ["medium.therapy", "medium.study"]'),
        SHARES,
        "feeds a; expected a stream that is",
    ),
    (step("a"), "end = true", ':11: a.id: "feeds" is missing: "medium.product" leaves the process there'),
    (step("a", 'feeds = ["medium"]'), "end = true", '"medium.product" leaves the process there'),
    (step("a"), 'end = "yes"', ':8: medium.end: is of the wrong kind; got "yes"; expected true or false'),
    (step("a", "split = { x = 1.0 }"), "", ":13: a.split: the product of the process stays whole"),
]


@pytest.mark.parametrize("case", REFUSED, ids=range(len(REFUSED)))
def test_a_split_that_is_refused(case: tuple[str, str, str], door: Door) -> None:
    tail, line, words = case
    message = door.refused(f"{MEDIUM}{line}\n{tail}")
    assert words in message
    assert message.count("\n") == 1


def test_shares_may_miss_one_by_rounding(door: Door) -> None:
    """Ten times 0.1 is not 1 in floating point, and three times a third of six digits is refused."""
    names = [f"s{n}" for n in range(10)]
    join = step("a", f"feeds = {[f'medium.{name}' for name in names]}".replace("'", '"'))
    assert door.check(MEDIUM + f"split = {{ {', '.join(f'{name} = 0.1' for name in names)} }}\n" + join).code == 0
    thirds = step("a", 'feeds = ["medium.a", "medium.b", "medium.c"]')
    message = door.refused(MEDIUM + "split = { a = 0.333333, b = 0.333333, c = 0.333333 }\n" + thirds)
    assert "the shares sum to 0.999999: where the other 0.0001 % goes is unknown; got a = 0.333333" in message
