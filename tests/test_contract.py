"""What every unit operation promises, checked on all of the catalog at defaults, at corners and in between."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from exosim import units
from exosim.material import FIELDS, Material, total
from exosim.operations import catalog
from exosim.operations.base import Hold, Outcome, UnitOperation
from exosim.parameter import GRADES, Parameter, declared
from exosim.product import ProteinSize, Vesicles, VesicleSize
from exosim.quality import Assay
from exosim.recipe import Wait
from exosim.references import references
from exosim.vocabulary import CONSUMABLES
from tests.feeds import Floats, assert_same, feed_for, imbalance, lane_of, largest_terms, on_lanes, streams
from tests.texts import MAKES_CELLS

pytestmark = pytest.mark.filterwarnings("error")

NAMES = sorted(catalog())
LANES = 8
MAKES: Mapping[str, set[str]] = {
    "planar_expansion": {"viable_cells"},
    "planar_passage": {"viable_cells"},
    "hollow_fiber_culture": {
        "vesicles",
        "nonvesicular",
        "protein",
        "associated_protein",
        "free_dna",
        "bound_dna",
        "debris",
        "viable_cells",
        "dead_cells",
    },
}
WITH_RECOVERY = [name for name in NAMES if "ev_recovery" in declared(catalog()[name])]
PRODUCT = {"ev_size": VesicleSize, "protein_size": ProteinSize, "product": Vesicles}
DECLARING = {**catalog(), "hold": Hold, "wait": Wait, **PRODUCT, "assay": Assay}
DECLARED = [(owner, name) for owner in sorted(DECLARING) for name in declared(DECLARING[owner])]
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "operations.md"


def at(parameter: Parameter, fraction: Any) -> Any:
    """Return the value at a fraction of the range, even in the logarithm where the range spans decades."""
    low, high = parameter.low, parameter.high
    if low > 0 and high > 30 * low:
        value = np.exp(np.log(low) + fraction * np.log(high / low))
    else:
        value = low + fraction * (high - low)
    value = np.clip(value, low, high)
    return np.round(value) if parameter.whole else value


def free_parameters(name: str) -> dict[str, Parameter]:
    """Return the parameters of an operation that may vary between lanes."""
    return {key: p for key, p in declared(catalog()[name]).items() if not p.planned}


def planned_parameters(name: str) -> dict[str, Parameter]:
    return {key: p for key, p in declared(catalog()[name]).items() if p.planned}


def build(name: str, values: Mapping[str, Any], index: int | None = None) -> UnitOperation:
    """Return an operation with the given values, or with those of one lane as plain numbers."""
    if index is not None:
        values = {key: float(value[index]) if np.ndim(value) else value for key, value in values.items()}
    return catalog()[name](**values)


def without_contradictions(name: str, values: dict[str, Any], lanes: int) -> dict[str, Any]:
    """Return the values on the lanes whose operation reports no problem, repeated to the same number of lanes."""
    good = [i for i in range(lanes) if not list(build(name, values, i).problems())]
    if not good:
        return {}
    picked = np.resize(np.asarray(good), lanes)
    return {key: value[picked] if np.ndim(value) else value for key, value in values.items()}


def corners(name: str, random_corners: int = 120) -> dict[str, Floats]:
    """Return parameter values at corners: all low, all high, each alone low or high, and random corners."""
    free = free_parameters(name)
    defaults = [(p.low if p.default is None else p.default) for p in free.values()]
    lows, highs = [p.low for p in free.values()], [p.high for p in free.values()]
    rows = [defaults, lows, highs]
    for i in range(len(free)):
        rows += [[*defaults[:i], edge[i], *defaults[i + 1 :]] for edge in (lows, highs)]
    sides = np.random.default_rng(7).integers(0, 2, (random_corners, len(free)))
    rows += np.where(sides, highs, lows).tolist()
    return dict(zip(free, np.asarray(rows).T.copy(), strict=True))


def plans(name: str) -> list[dict[str, float]]:
    """Return the defaults and the corners of the planned parameters."""
    planned = planned_parameters(name)
    if not planned:
        return [{}]
    sides = [{key: p.low for key, p in planned.items()}, {key: p.high for key, p in planned.items()}]
    mixed = [{**sides[0], key: planned[key].high} for key in planned]
    return [{}, *sides, *mixed]


@functools.cache
def at_corners(name: str) -> list[tuple[Material, UnitOperation, Outcome]]:
    """Return feed, operation and outcome of all corners, one entry for each plan and each set of optional values."""
    found = []
    values = corners(name)
    lanes = len(next(iter(values.values())))
    optional = [key for key, p in free_parameters(name).items() if p.default is None]
    feed = on_lanes(feed_for(catalog()[name]), np.geomspace(0.3, 3.0, lanes))
    for plan in plans(name):
        for used in (set(optional), set()):
            chosen = {key: v for key, v in values.items() if key not in optional or key in used}
            usable = without_contradictions(name, {**plan, **chosen}, lanes)
            if usable:
                operation = build(name, usable)
                found.append((feed, operation, operation.transform(feed)))
            if not optional:
                break
    return found


@st.composite
def operations(draw: st.DrawFn, name: str, lanes: int = LANES) -> tuple[dict[str, Any], Material]:
    """Draw parameter values over the declared ranges, corners included, and a feed."""
    free, planned = free_parameters(name), planned_parameters(name)
    fraction = st.sampled_from((0.0, 1.0)) | st.floats(0.0, 1.0)
    drawn = draw(arrays(np.float64, (len(free) + 1, lanes), elements=fraction, fill=st.nothing()))
    values: dict[str, Any] = {}
    for (key, p), row in zip(free.items(), drawn, strict=False):
        if p.default is not None or draw(st.booleans()):
            values[key] = at(p, row)
    for key, p in planned.items():
        if p.default is not None or draw(st.booleans()):
            values[key] = float(at(p, draw(fraction)))
    if "harvest_every" in values:  # at most 40 visits, for speed
        values["harvest_every"] = min(max(values["harvest_every"], values["collection"] / 40.0), values["collection"])
    usable = without_contradictions(name, values, lanes)
    assume(usable)
    return usable, on_lanes(feed_for(catalog()[name]), 0.1 + 2.0 * drawn[-1])


def checked(function: Any) -> Any:
    """Run a property on every operation of the catalog with a fixed sequence of examples."""
    tried = settings(
        max_examples=20, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
    )(function)
    return pytest.mark.parametrize("name", NAMES)(tried)


def held(name: str) -> str:
    """Return what the product of an operation holds."""
    return "viable_cells" if name in MAKES_CELLS else "vesicles"


def check_outcome(name: str, feed: Material, outcome: Outcome) -> None:
    """Assert balance, signs, durations and words of one outcome."""
    for field, error in imbalance(feed, outcome).items():
        assert error <= 1e-12, f"{name}: {field} is out of balance by {error:.2g} of the largest term"
    largest = largest_terms(feed, outcome)
    for stream, material in streams(outcome).items():
        for field in FIELDS:
            amount = np.asarray(getattr(material, field))
            least = 0.0 if field == "volume" else -1e-12 * largest[field]
            assert np.all(np.isfinite(amount)), f"{name}: {field} of {stream} is not finite"
            assert np.all(amount >= least), f"{name}: {field} of {stream} is {amount.min():.4g}"
    for phase in outcome.phases:
        assert np.all(np.isfinite(phase.duration)) and np.all(np.asarray(phase.duration) >= 0.0), phase
    assert np.all(np.isfinite(outcome.duration)) and np.all(np.asarray(outcome.duration) >= 0.0)
    for key, amount in outcome.consumption.items():
        assert key in CONSUMABLES, f"{name}: {key} is not a consumable"
        assert np.all(np.isfinite(amount)) and np.all(np.asarray(amount) >= 0.0), key
    for text, reached in outcome.limits.items():
        assert np.all((np.asarray(reached) == 0.0) | (np.asarray(reached) == 1.0)), text
    for key, value in outcome.monitors.items():
        assert np.all(np.isfinite(value)), key


def test_the_catalog_is_found_by_listing_the_folder() -> None:
    """Every file of the folder but the base is an operation under its own name."""
    folder = Path(__file__).parents[1] / "exosim" / "operations"
    assert sorted(p.stem for p in folder.glob("*.py") if p.stem not in ("__init__", "base")) == NAMES
    assert len(NAMES) >= 11


@pytest.mark.parametrize(("owner", "name"), DECLARED, ids=lambda value: value)
def test_a_parameter_says_what_it_is(owner: str, name: str) -> None:
    """Every parameter has a unit, a range around its default, a meaning, a source and a grade."""
    parameter = declared(DECLARING[owner])[name]
    units.dimension(parameter.unit)
    assert np.isfinite(parameter.low) and np.isfinite(parameter.high)
    assert parameter.minimum <= parameter.low < parameter.high <= parameter.maximum
    if parameter.default is not None:
        assert parameter.low <= parameter.default <= parameter.high
    assert parameter.doc == parameter.doc.strip() and len(parameter.doc) > 3
    assert not parameter.doc.endswith(".")
    assert parameter.source in references() or parameter.source == "assumption"
    assert parameter.grade in GRADES
    assert (parameter.grade == "D") == (parameter.source == "assumption")
    if parameter.whole and parameter.default is not None:
        assert parameter.default == round(parameter.default)


@pytest.mark.parametrize("name", NAMES)
def test_builds_and_runs_from_defaults(name: str) -> None:
    """Defaults make an operation without contradictions that does something to its feed."""
    operation = catalog()[name]()
    assert list(operation.problems()) == []
    feed = feed_for(catalog()[name])
    outcome = operation.transform(feed)
    check_outcome(name, feed, outcome)
    assert outcome.phases
    assert np.all(np.asarray(total(getattr(outcome.product, held(name)))) > 0.0)


@pytest.mark.parametrize("name", NAMES)
def test_contract_at_the_corners_of_the_ranges(name: str) -> None:
    """At every corner the balance closes, amounts are not negative and durations are finite."""
    for feed, _, outcome in at_corners(name):
        check_outcome(name, feed, outcome)


@checked
@given(data=st.data())
def test_contract_over_the_ranges(name: str, data: st.DataObject) -> None:
    """Anywhere in the declared ranges the balance closes, amounts are not negative and durations are finite."""
    values, feed = data.draw(operations(name))
    check_outcome(name, feed, build(name, values).transform(feed))


@checked
@given(data=st.data())
def test_same_input_same_bits_and_nothing_touched(name: str, data: st.DataObject) -> None:
    """An operation is pure: it repeats itself to the bit and leaves feed and parameters as they are."""
    values, feed = data.draw(operations(name, lanes=4))
    operation = build(name, values)
    before = {key: np.array(getattr(feed, key)) for key in FIELDS}
    given_values = {key: np.array(value) for key, value in values.items()}
    first, second = operation.transform(feed), build(name, values).transform(feed)
    for one, other in zip(streams(first).values(), streams(second).values(), strict=True):
        for key in FIELDS:
            assert np.asarray(getattr(one, key)).tobytes() == np.asarray(getattr(other, key)).tobytes()
    assert np.array_equal(first.duration, second.duration)
    assert all(np.array_equal(before[key], getattr(feed, key)) for key in FIELDS)
    assert all(np.array_equal(given_values[key], values[key]) for key in values)


@pytest.mark.parametrize("name", NAMES)
def test_scalar_equals_array(name: str) -> None:
    """Plain numbers with a feed of one lane give what 64 lanes give, lane by lane."""
    lanes = 64
    generator = np.random.default_rng(3)
    values = {key: at(p, generator.random(lanes)) for key, p in free_parameters(name).items() if p.default is not None}
    values = without_contradictions(name, values, lanes)
    feed = on_lanes(feed_for(catalog()[name]), np.geomspace(0.5, 2.0, lanes))
    together = build(name, values).transform(feed)
    largest = largest_terms(feed, together)
    for index in range(lanes):
        alone = build(name, values, index).transform(lane_of(feed, index))
        for stream, material in streams(together).items():
            for key in FIELDS:
                one = np.asarray(getattr(lane_of(material, index), key))
                other = np.asarray(getattr(streams(alone)[stream], key))
                assert_same(np.atleast_1d(one), np.atleast_1d(other), largest[key])
        for one, other in zip(together.phases, alone.phases, strict=True):
            hours = np.broadcast_to(one.duration, lanes)[index]
            assert_same(hours, other.duration)
        for key, amount in together.consumption.items():
            assert_same(np.broadcast_to(amount, lanes)[index], alone.consumption[key])
        for key, reached in together.limits.items():
            assert np.broadcast_to(reached, lanes)[index] == alone.limits[key]
        for key, monitor in together.monitors.items():
            full = np.broadcast_to(monitor, (*np.shape(monitor)[:-1], lanes))
            assert_same(full[..., index], np.reshape(alone.monitors[key], full[..., index].shape), np.max(np.abs(full)))


@pytest.mark.parametrize("name", NAMES)
def test_a_feed_of_one_lane_serves_parameters_of_many(name: str) -> None:
    """A feed that is equal in all lanes gives the same as that feed written out on every lane."""
    lanes = 6
    fractions = np.linspace(0.05, 0.95, lanes)
    values = {key: at(p, fractions) for key, p in free_parameters(name).items() if p.default is not None}
    values = without_contradictions(name, values, lanes)
    narrow = build(name, values).transform(feed_for(catalog()[name]))
    wide = build(name, values).transform(on_lanes(feed_for(catalog()[name]), np.ones(lanes)))
    largest = largest_terms(feed_for(catalog()[name]), wide)
    for stream, material in streams(narrow).items():
        for key in FIELDS:
            assert_same(getattr(material, key), getattr(streams(wide)[stream], key), largest[key])


@pytest.mark.parametrize(
    "name", [name for name in NAMES if not catalog()[name].source and name != "hollow_fiber_culture"]
)
def test_an_empty_lot_stays_empty(name: str) -> None:
    """A lane whose lot was lost altogether gives nothing, finite figures, and leaves the other lanes alone."""
    empty_first = on_lanes(feed_for(catalog()[name]), np.array([0.0, 1.0]))
    outcome = catalog()[name]().transform(empty_first)
    check_outcome(name, empty_first, outcome)
    made = np.asarray(total(getattr(outcome.product, held(name))))
    assert made[0] == 0.0 and made[1] > 0.0
    alone = catalog()[name]().transform(feed_for(catalog()[name]))
    assert_same(made[1], np.squeeze(total(getattr(alone.product, held(name)))))


@pytest.mark.parametrize("name", NAMES)
def test_only_cultures_generate(name: str) -> None:
    """Nothing comes from nowhere: `generated` holds what the operation says it makes and nothing else."""
    allowed = MAKES.get(name, set())
    made: set[str] = set()
    for _, _, outcome in at_corners(name):
        made |= {key for key in FIELDS if np.any(np.asarray(getattr(outcome.generated, key)) != 0.0)}
    assert made == allowed


@pytest.mark.parametrize("name", WITH_RECOVERY)
def test_more_recovery_never_lowers_the_product(name: str) -> None:
    """A higher measured recovery gives more vesicles in every size class, at any corner of the other parameters."""
    values = corners(name, 20)
    lanes = len(values["ev_recovery"])
    values = without_contradictions(name, values, lanes)
    previous = np.asarray(0.0)
    feed = on_lanes(feed_for(catalog()[name]), np.ones(lanes))
    for recovery in (0.01, 0.2, 0.5, 0.51, 0.9, 1.0):
        values["ev_recovery"] = np.full(lanes, recovery)
        vesicles = np.asarray(build(name, values).transform(feed).product.vesicles)
        assert np.all(vesicles >= previous)
        assert np.any(vesicles > previous)
        previous = vesicles


@pytest.mark.parametrize("name", NAMES)
def test_a_docs_line_is_present_and_true(name: str) -> None:
    """The page of operations has one line for each, with parameters and loss channels that exist."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| [`{name}`](")]
    assert len(lines) == 1
    cells = [cell.strip() for cell in lines[0].strip("|").split(" | ")]
    assert len(cells) == 7 and all(cells)
    target = re.search(r"\]\(([^)#]+)", cells[0])
    assert target is not None and (PAGE.parent / target[1]).is_file()
    named = re.findall(r"`([^`]+)`", cells[3])
    assert named and set(named) <= set(declared(catalog()[name]))
    channels = {channel.strip() for channel in cells[4].split(";")} - {"none"}
    used = {channel for _, _, outcome in at_corners(name) for channel in outcome.losses}
    assert channels == used


def test_the_page_lists_nothing_else() -> None:
    """Every line of the table is an operation of the catalog."""
    named = re.findall(r"^\| \[`(\w+)`\]", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == NAMES
