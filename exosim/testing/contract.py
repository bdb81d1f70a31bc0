"""What every unit operation promises, as checks that raise an AssertionError in words.

Scalars and arrays give the same, nothing comes from nowhere, nothing is touched, and every parameter says what it is:
at the defaults, at the corners of the declared ranges and anywhere in between.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np

from exosim import units
from exosim.errors import UsageError
from exosim.global_random import watched
from exosim.material import FIELDS, Material, total
from exosim.operations.base import Outcome
from exosim.parameter import ASSUMPTION, GRADES, declared
from exosim.references import references
from exosim.testing.balances import assert_same, expect, imbalance, largest_terms, streams
from exosim.testing.feeds import lane, lane_of
from exosim.testing.ranges import Subject, at
from exosim.units import QuantityError
from exosim.vocabulary import CONSUMABLES

Check: TypeAlias = Callable[[Subject], None]
_EXAMPLES = 20
_TOLERANCE = 1e-12
_SIZES, _MANY, _WHOLE = (0.5, 2.0, 10.0), 1e6, 1e-4
"""Sizes of a lot over the normal one; what fills very many runs, and how far whole runs then are out of proportion."""


def is_documented(subject: Subject) -> None:
    """Class and module say what the operation is; the module tells the model."""
    expect(inspect.cleandoc(subject.operation.__doc__ or ""), f"{subject.name} has no docstring")
    module = sys.modules[subject.operation.__module__]
    expect((module.__doc__ or "").strip(), f"the module of {subject.name} has no docstring that tells its model")


def declares_its_parameters(subject: Subject) -> None:
    """Every parameter has a unit, a range around its default, a meaning, a source and a grade."""
    for name in declared(subject.operation):
        check_parameter(subject.operation, name)


def check_parameter(owner: type[Any], name: str) -> None:
    """Check one declared parameter of a dataclass."""
    p, where = declared(owner)[name], f"{owner.__name__}.{name}"
    try:
        units.dimension(p.unit)
    except (UsageError, QuantityError) as error:
        raise AssertionError(f"{where}: {error}") from None
    expect(np.isfinite(p.low) and np.isfinite(p.high), f"{where}: the range is not finite")
    expect(
        p.minimum <= p.low < p.high <= p.maximum, f"{where}: the range {p.low}..{p.high} is empty or crosses a bound"
    )
    if p.default is not None:
        expect(p.low <= p.default <= p.high, f"{where}: the default {p.default} is outside {p.low}..{p.high}")
        expect(not p.whole or p.default == round(p.default), f"{where}: the default {p.default} is no whole number")
    expect(p.doc == p.doc.strip() and len(p.doc) > 3, f"{where}: doc does not tell its meaning")
    expect(not p.doc.endswith("."), f"{where}: doc is a noun phrase, without a full stop")
    known = p.source in references() or p.source == ASSUMPTION
    expect(known, f'{where}: the source "{p.source}" is in no references.toml')
    expect(p.grade in GRADES, f'{where}: the grade "{p.grade}" is none of {", ".join(GRADES)}')
    expect((p.grade == "D") == (p.source == ASSUMPTION), f"{where}: grade D and the source assumption belong together")


def builds_and_runs_from_defaults(subject: Subject) -> None:
    """Defaults make an operation without contradictions that does something to its feed."""
    operation = subject.operation()
    wrong = list(operation.problems())
    expect(not wrong, f"{subject.name}: the defaults contradict each other: {wrong}")
    feed = subject.fed()
    outcome = operation.transform(feed)
    _check_outcome(subject, feed, outcome)
    expect(outcome.phases, f"{subject.name}: it has no phases")
    made = np.asarray(total(getattr(outcome.product, subject.held)))
    expect(np.all(made > 0.0), f"{subject.name}: at its defaults the product holds no {subject.held}")


def keeps_its_balance_at_the_corners(subject: Subject) -> None:
    """At every corner the balance closes, amounts are not negative and durations are finite."""
    for feed, outcome in subject.at_corners:
        _check_outcome(subject, feed, outcome)


def keeps_its_balance_over_the_ranges(subject: Subject) -> None:
    """Anywhere in the declared ranges the balance closes, amounts are not negative and durations are finite."""

    def holds(values: dict[str, Any], feed: Material) -> None:
        _check_outcome(subject, feed, subject.build(values).transform(feed))

    _for_all(subject, holds)


def is_pure(subject: Subject) -> None:
    """Two runs are equal to the bit, draw no random numbers, and leave feed and parameters as they are."""

    def holds(values: dict[str, Any], feed: Material) -> None:
        operation = subject.build(values)
        before = {key: np.array(getattr(feed, key)) for key in FIELDS}
        given = {key: np.array(value) for key, value in values.items()}
        with watched() as touched:
            first, second = operation.transform(feed), subject.build(values).transform(feed)
            expect(not touched(), f"{subject.name}: it uses the random numbers of the whole process")
        for one, other in zip(streams(first).values(), streams(second).values(), strict=True):
            for key in FIELDS:
                same = np.asarray(getattr(one, key)).tobytes() == np.asarray(getattr(other, key)).tobytes()
                expect(same, f"{subject.name}: {key} differs between two runs on the same feed")
        expect(
            np.array_equal(first.duration, second.duration), f"{subject.name}: its duration differs between two runs"
        )
        untouched = all(np.array_equal(before[key], getattr(feed, key)) for key in FIELDS)
        expect(untouched, f"{subject.name}: it changes its feed in place")
        same = all(np.array_equal(given[key], values[key]) for key in values)
        expect(same, f"{subject.name}: it changes its parameters in place")

    _for_all(subject, holds, lanes=4)


def scalar_equals_array(subject: Subject) -> None:
    """Plain numbers with a feed of one lane give what 64 lanes give, lane by lane."""
    lanes = 64
    generator = np.random.default_rng(3)
    values = {key: at(p, generator.random(lanes)) for key, p in subject.by_default.items()}
    values = subject.without_contradictions(values, lanes)
    feed = subject.fed(np.geomspace(0.5, 2.0, lanes))
    together = subject.build(values).transform(feed)
    largest = largest_terms(feed, together)
    for index in range(lanes):
        _same_lane(together, index, lanes, subject.build(values, index).transform(lane_of(feed, index)), largest)


def _same_lane(together: Outcome, index: int, lanes: int, alone: Outcome, largest: dict[str, float]) -> None:
    singly = streams(alone)
    for stream, material in streams(together).items():
        for key in FIELDS:
            one, other = lane(getattr(material, key), index), getattr(singly[stream], key)
            assert_same(np.atleast_1d(one), np.atleast_1d(other), largest[key])
    for whole, single in zip(together.phases, alone.phases, strict=True):
        assert_same(np.broadcast_to(whole.duration, lanes)[index], single.duration)
    for key, amount in together.consumption.items():
        assert_same(np.broadcast_to(amount, lanes)[index], alone.consumption[key])
    for key, reached in together.limits.items():
        same = np.broadcast_to(reached, lanes)[index] == alone.limits[key]
        expect(same, f"the limit {key} is reached in a lane and not alone, or alone and not in the lane")
    for key, monitor in together.monitors.items():
        full = np.broadcast_to(monitor, (*np.shape(monitor)[:-1], lanes))
        expected = np.reshape(alone.monitors[key], full[..., index].shape)
        assert_same(full[..., index], expected, np.max(np.abs(full)))


def one_lane_serves_many(subject: Subject) -> None:
    """One feed that is equal in all lanes gives the same as that feed written out on every lane."""
    lanes = 6
    fractions = np.linspace(0.05, 0.95, lanes)
    values = {key: at(p, fractions) for key, p in subject.by_default.items()}
    values = subject.without_contradictions(values, lanes)
    narrow = subject.build(values).transform(subject.fed())
    wide = subject.build(values).transform(subject.fed(np.ones(lanes)))
    largest = largest_terms(subject.fed(), wide)
    for stream, material in streams(narrow).items():
        for key in FIELDS:
            assert_same(getattr(material, key), getattr(streams(wide)[stream], key), largest[key])


def empty_stays_empty(subject: Subject) -> None:
    """One lane whose lot was lost altogether gives nothing, finite figures, and leaves the other lanes alone."""
    if subject.operation.source:
        return
    empty_first = subject.fed(np.array([0.0, 1.0]))
    outcome = subject.operation().transform(empty_first)
    _check_outcome(subject, empty_first, outcome)
    made = np.broadcast_to(np.asarray(total(getattr(outcome.product, subject.held))), 2)
    expect(made[0] == 0.0, f"{subject.name}: it makes {made[0]:.4g} {subject.held} of an empty lot")
    expect(made[1] > 0.0, f"{subject.name}: an empty lot in one lane empties the next")
    alone = subject.operation().transform(subject.fed())
    assert_same(made[1], np.squeeze(total(getattr(alone.product, subject.held))))


def generates_only_what_it_says(subject: Subject) -> None:
    """Nothing comes from nowhere: `generated` holds what the operation says it makes and nothing else."""
    made: set[str] = set()
    for _, outcome in subject.at_corners:
        made |= {key for key in FIELDS if np.any(np.asarray(getattr(outcome.generated, key)) != 0.0)}
    expect(made == subject.makes, f"{subject.name}: it generates {sorted(made)} and says {sorted(subject.makes)}")


def more_recovery_never_lowers_the_product(subject: Subject) -> None:
    """More measured recovery gives more vesicles in every size class, at any corner of the other parameters."""
    if "ev_recovery" not in declared(subject.operation):
        return
    values = subject.corners(20)
    lanes = len(values["ev_recovery"])
    values = subject.without_contradictions(values, lanes)
    previous = np.asarray(0.0)
    feed = subject.fed(np.ones(lanes))
    for recovery in (0.01, 0.2, 0.5, 0.51, 0.9, 1.0):
        values["ev_recovery"] = np.full(lanes, recovery)
        vesicles = np.asarray(subject.build(values).transform(feed).product.vesicles)
        expect(np.all(vesicles >= previous), f"{subject.name}: ev_recovery {recovery} gives fewer vesicles than less")
        expect(np.any(vesicles > previous), f"{subject.name}: ev_recovery {recovery} gives no more vesicles than less")
        previous = vesicles


def grows_in_proportion(subject: Subject) -> None:
    """Check that a larger lot makes, loses and uses more in proportion, in the same time or, where told, longer.

    What it says (`grows`, `stays`) is about parameters that it declares. What runs more often does so in whole runs: it
    is tried on a lot that fills very many.
    """
    operation, name = subject.operation, subject.name
    unknown = [key for key in (*operation.grows, *operation.stays) if key not in declared(operation)]
    expect(not unknown, f"{name}: grows or stays names what is no parameter: {', '.join(unknown)}")
    many, tolerance = (1.0, 1e-9) if operation.takes_longer is None else (_MANY, _WHOLE)
    normal = subject.of_size(many)
    counted = operation.repeats is None or (operation.repeats in normal.monitors and operation.takes_longer is not None)
    expect(counted, f"{name}: repeats names a monitor that counts what takes longer, and there is none")
    for size in _SIZES:
        factor = 1.0 if operation.source and not operation.grows else size
        larger = subject.of_size(many * size)
        _in_proportion(subject, normal, larger, factor, tolerance)
        longer = np.asarray(larger.duration / np.maximum(normal.duration, _TOLERANCE))
        told = f"{name}: a lot {size:g} times as large takes {longer} times as long"
        if operation.takes_longer is None:
            expect(np.allclose(longer, 1.0, rtol=1e-9) or not np.any(normal.duration), f"{told}: say takes_longer")
        else:
            expect(np.all((longer - 1.0) * np.sign(size - 1.0) >= -_WHOLE), told)


def _in_proportion(subject: Subject, normal: Outcome, larger: Outcome, factor: float, tolerance: float) -> None:
    """Check that everything that an outcome holds and uses is `factor` times what the other does."""
    for stream, material in streams(normal).items():
        other = streams(larger)[stream]
        for field in FIELDS:
            one = np.asarray(getattr(material, field)) * factor
            most = max(float(np.max(np.abs(np.asarray(getattr(m, field))))) for m in streams(larger).values())
            off = float(np.max(np.abs(np.asarray(getattr(other, field)) - one)))
            told = f"{subject.name}: {field} of {stream} is not in proportion with the lot: grows, or stays"
            expect(off <= tolerance * most, f"{told} ({off / max(most, _TOLERANCE):.2g} of it at {factor:g})")
    for key, used in normal.consumption.items():
        wanted, found = np.asarray(used) * factor, np.asarray(larger.consumption[key])
        expect(
            np.all(np.abs(found - wanted) <= tolerance * np.abs(wanted)),
            f"{subject.name}: the consumption of {key} is not in proportion with the lot: {found} for {wanted}",
        )


CHECKS: tuple[Check, ...] = (
    is_documented,
    declares_its_parameters,
    builds_and_runs_from_defaults,
    keeps_its_balance_at_the_corners,
    keeps_its_balance_over_the_ranges,
    is_pure,
    scalar_equals_array,
    one_lane_serves_many,
    empty_stays_empty,
    generates_only_what_it_says,
    more_recovery_never_lowers_the_product,
    grows_in_proportion,
)
"""The whole contract."""


def _check_outcome(subject: Subject, feed: Material, outcome: Outcome) -> None:
    """Check balance, signs, durations and words of one outcome."""
    name = subject.name
    expect(isinstance(outcome, Outcome), f"{name}: transform returns no Outcome")
    for field, error in imbalance(feed, outcome).items():
        expect(error <= _TOLERANCE, f"{name}: {field} is out of balance by {error:.2g} of the largest term")
    largest = largest_terms(feed, outcome)
    for stream, material in streams(outcome).items():
        for field in FIELDS:
            amount = np.asarray(getattr(material, field))
            least = 0.0 if field == "volume" else -_TOLERANCE * largest[field]
            expect(np.all(np.isfinite(amount)), f"{name}: {field} of {stream} is not finite")
            expect(np.all(amount >= least), f"{name}: {field} of {stream} is {amount.min():.4g}")
    for phase in outcome.phases:
        expect(_counts(phase.duration), f"{name}: the duration of {phase.name} is negative or not finite")
    expect(_counts(outcome.duration), f"{name}: the duration is negative or not finite")
    for key, used in outcome.consumption.items():
        expect(key in CONSUMABLES, f"{name}: {key} is not one of exosim.vocabulary.CONSUMABLES")
        expect(_counts(used), f"{name}: the consumption of {key} is negative or not finite")
    for text, reached in outcome.limits.items():
        expect(np.all(np.isin(reached, (0.0, 1.0))), f"{name}: the limit {text} is neither 0 nor 1")
    for key, value in outcome.monitors.items():
        expect(np.all(np.isfinite(value)), f"{name}: the monitor {key} is not finite")


def _counts(amount: Any) -> bool:
    return bool(np.all(np.isfinite(amount)) and np.all(np.asarray(amount) >= 0.0))


def _for_all(subject: Subject, holds: Callable[[dict[str, Any], Material], None], lanes: int = 8) -> None:
    """Try a property on a fixed sequence of examples over the declared ranges."""
    from hypothesis import HealthCheck, given, settings

    @settings(
        max_examples=_EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
    )
    @given(subject.drawn(lanes))
    def tried(case: tuple[dict[str, Any], Material]) -> None:
        holds(*case)

    tried()
