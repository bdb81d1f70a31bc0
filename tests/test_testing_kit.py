"""The kit finds what breaks the contract: each operation here breaks one promise, and is told in words."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from exosim.errors import UsageError
from exosim.material import Material
from exosim.operations.base import MeasuredRecovery, Outcome, Phase, UnitOperation
from exosim.parameter import Array, parameter
from exosim.testing import CHECKS, OperationContract, Subject, check, check_operation, contract


@dataclass(frozen=True, kw_only=True)
class Good(MeasuredRecovery):
    """A bag that keeps a share."""

    loss: Array = parameter(0.1, "1", low=0.0, high=0.5, doc="fraction that sticks to the bag")
    hours: Array = parameter(1.0, "h", low=0.5, high=4.0, doc="duration")

    def transform(self, feed: Material) -> Outcome:
        product, losses = self.take_vesicles("measured loss", {"bag": 1.0 - self.loss}, feed)
        return Outcome(product, losses=losses, phases=(Phase("rock", self.hours),))


class TestGood(OperationContract):
    """The base class, used as a plug-in uses it."""

    operation = Good


def test_a_good_operation_passes() -> None:
    check_operation(Good)


def broken(**changes: Any) -> type[UnitOperation]:
    """Return the good operation with another outcome."""

    @dataclass(frozen=True, kw_only=True)
    class Broken(Good):
        """A bag that is broken."""

        def transform(self, feed: Material) -> Outcome:
            outcome = super().transform(feed)
            return replace(outcome, **{key: change(self, feed, outcome) for key, change in changes.items()})

    return Broken


def declaring(**changes: Any) -> type[UnitOperation]:
    """Return the good operation with another declaration of its loss."""
    said = {"default": 0.1, "unit": "1", "low": 0.0, "high": 0.5, "doc": "fraction that sticks", **changes}

    @dataclass(frozen=True, kw_only=True)
    class Declaring(Good):
        """A bag that is declared otherwise."""

        loss: Array = parameter(said.pop("default"), said.pop("unit"), **said)

    return Declaring


class Counting:
    runs = 0


def counted(*_: object) -> tuple[Phase, ...]:
    Counting.runs += 1
    return (Phase("rock", float(Counting.runs)),)


def drawn(*_: object) -> tuple[Phase, ...]:
    np.random.seed(3)  # noqa: NPY002 - it is what this test is about
    return (Phase("rock", float(np.random.random())),)  # noqa: NPY002


def filled(_: object, feed: Material, outcome: Outcome) -> Material:
    if isinstance(feed.salt, np.ndarray):
        feed.salt.fill(0.0)
    return outcome.product


def branch(self: Good, *_: object) -> tuple[Phase, ...]:
    longest = float(np.max(self.hours))  # of all lanes
    return (Phase("rock", longest),)


undocumented = broken()
undocumented.__doc__ = None
BROKEN = {
    "no docstring": (undocumented, contract.is_documented, "Broken has no docstring"),
    "unit": (declaring(unit="wombat"), contract.declares_its_parameters, "Declaring.loss: "),
    "range": (declaring(high=-1.0, minimum=-9.0), contract.declares_its_parameters, "is empty or crosses a bound"),
    "default": (declaring(default=0.7), contract.declares_its_parameters, "the default 0.7 is outside 0.0..0.5"),
    "source": (declaring(source="nobody1999"), contract.declares_its_parameters, '"nobody1999" is in no references'),
    "grade": (declaring(grade="A"), contract.declares_its_parameters, "grade D and the source assumption belong"),
    "doc": (declaring(doc="Sticks."), contract.declares_its_parameters, "without a full stop"),
    "no phases": (broken(phases=lambda *_: ()), contract.builds_and_runs_from_defaults, "it has no phases"),
    "nothing": (
        broken(product=lambda *_: Material(), losses=lambda s, feed, o: {"all": feed}),
        contract.builds_and_runs_from_defaults, "the product holds no vesicles",
    ),
    "balance": (broken(losses=lambda *_: {}), contract.keeps_its_balance_at_the_corners, "is out of balance by"),
    "consumable": (
        broken(consumption=lambda *_: {"tea": 1.0}), contract.keeps_its_balance_at_the_corners, "tea is not one of",
    ),
    "duration": (
        broken(phases=lambda s, *_: (Phase("rock", s.hours - 1.0),)), contract.keeps_its_balance_over_the_ranges,
        "the duration of rock is negative",
    ),
    "limit": (
        broken(limits=lambda s, *_: {"full": s.loss}), contract.keeps_its_balance_over_the_ranges, "neither 0 nor 1",
    ),
    "not repeatable": (broken(phases=counted), contract.is_pure, "its duration differs between two runs"),
    "random": (broken(phases=drawn), contract.is_pure, "it uses the random numbers of the whole process"),
    "in place": (broken(product=filled), contract.is_pure, "it changes its feed in place"),
    "lanes": (broken(phases=branch), contract.scalar_equals_array, "is not"),
    "generates": (
        broken(
            generated=lambda s, f, o: Material(cargo=1.0), product=lambda s, f, o: o.product + Material(cargo=1.0)
        ),
        contract.generates_only_what_it_says, "it generates ['cargo'] and says []",
    ),
    "from nothing": (
        broken(
            added=lambda *_: Material(vesicles=np.full((12, 1), 5.0)),
            product=lambda s, f, o: o.product + Material(vesicles=np.full((12, 1), 5.0)),
        ),
        contract.empty_stays_empty, "it makes 60 vesicles of an empty lot",
    ),
    "recovery": (
        broken(product=lambda s, f, o: f if s.ev_recovery is None else f.portion(1.0 - s.ev_recovery)),
        contract.more_recovery_never_lowers_the_product, "gives fewer vesicles than less",
    ),
    "longer": (
        broken(phases=lambda s, f, o: (Phase("rock", s.hours * f.volume),)), contract.grows_in_proportion,
        "a lot 0.5 times as large takes 0.5 times as long: say takes_longer",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("operation", "promise", "words"), BROKEN.values(), ids=list(BROKEN))
def test_what_breaks_a_promise_is_told(operation: type[UnitOperation], promise: Any, words: str) -> None:
    with pytest.raises(AssertionError) as found:
        check(promise, Subject(operation))
    assert words in str(found.value)


def test_every_promise_can_be_broken() -> None:
    """One lane serves many is the exception: what breaks it breaks another promise first."""
    assert {case[1] for case in BROKEN.values()} == set(CHECKS) - {contract.one_lane_serves_many}


def test_a_warning_of_numpy_breaks_the_contract() -> None:
    divides = broken(monitors=lambda s, *_: {"ratio": np.divide(1.0, np.asarray(s.loss) * 0.0)})
    with pytest.raises(RuntimeWarning, match="divide by zero"):
        check_operation(divides)


def test_without_hypothesis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"expected the extra testing: pip install 'exosim-ev\[testing\]'"):
        check_operation(Good)


def test_the_kit_holds_under_optimization() -> None:
    """The promises are checked also where Python strips assertions."""
    code = (
        "from exosim.testing import Subject, check, contract\n"
        "from exosim.operations.base import UnitOperation\n"
        "try:\n    check(contract.builds_and_runs_from_defaults, Subject(UnitOperation))\n"
        "except TypeError as error:\n    print(error)\n"
        "try:\n    contract.expect(False, 'seen')\n"
        "except AssertionError as error:\n    print(error)\n"
    )
    done = subprocess.run([sys.executable, "-O", "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "UnitOperation defines no transform\nseen\n"
