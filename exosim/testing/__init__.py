"""The contract of unit operations as a kit: what exosim asks of its own operations, for those of other packages.

>>> from exosim.testing import OperationContract, check_operation
>>> class TestPelleting(OperationContract):  # one test for each promise, for pytest  # doctest: +SKIP
...     operation = Pelleting
>>> check_operation(Pelleting)  # all of it at once, anywhere  # doctest: +SKIP

It needs the extra ``testing``: ``pip install 'exosim-ev[testing]'``.
"""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterable
from typing import ClassVar

from exosim.errors import Problem, UsageError
from exosim.material import Material
from exosim.operations.base import UnitOperation
from exosim.testing import contract
from exosim.testing.contract import CHECKS, Check
from exosim.testing.ranges import Subject

__all__ = ["CHECKS", "OperationContract", "Subject", "check", "check_operation"]


def check_operation(operation: type[UnitOperation], *, makes: Iterable[str] = (), feed: Material | None = None) -> None:
    """Check all that an operation promises.

    Parameters
    ----------
    operation : the class
    makes : fields of a material that it may generate, such as ``viable_cells`` for a culture
    feed : what it is fed with; by default conditioned medium or cells, whatever it needs

    Raises
    ------
    AssertionError
        with the first promise that is broken, in words.
    UsageError
        when the extra ``testing`` is missing.
    """
    subject = Subject(operation, frozenset(makes), feed)
    for promise in CHECKS:
        check(promise, subject)


def check(promise: Check, subject: Subject) -> None:
    """Check one promise; a warning of NumPy, such as a division by zero, breaks it."""
    if importlib.util.find_spec("hypothesis") is None:
        expected = "the extra testing: pip install 'exosim-ev[testing]'"
        raise UsageError(Problem("the contract needs hypothesis, which is not installed", expected=expected))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        promise(subject)


class OperationContract:
    """Base of a test class for pytest: give `operation`, and every promise becomes a test.

    Attributes
    ----------
    operation : the class
    makes : fields of a material that it may generate
    feed : what it is fed with; None for what suits it
    """

    operation: ClassVar[type[UnitOperation]]
    makes: ClassVar[frozenset[str]] = frozenset()
    feed: ClassVar[Material | None] = None

    def _check(self, promise: Check) -> None:
        check(promise, Subject(self.operation, frozenset(self.makes), self.feed))

    def test_is_documented(self) -> None:
        """Class and module say what the operation is."""
        self._check(contract.is_documented)

    def test_declares_its_parameters(self) -> None:
        """Every parameter has a unit, a range, a meaning, a source and a grade."""
        self._check(contract.declares_its_parameters)

    def test_builds_and_runs_from_defaults(self) -> None:
        """Defaults make an operation that does something to its feed."""
        self._check(contract.builds_and_runs_from_defaults)

    def test_keeps_its_balance_at_the_corners(self) -> None:
        """The balance closes at every corner of the ranges."""
        self._check(contract.keeps_its_balance_at_the_corners)

    def test_keeps_its_balance_over_the_ranges(self) -> None:
        """The balance closes anywhere in the ranges."""
        self._check(contract.keeps_its_balance_over_the_ranges)

    def test_is_pure(self) -> None:
        """It repeats itself to the bit and touches nothing."""
        self._check(contract.is_pure)

    def test_scalar_equals_array(self) -> None:
        """Plain numbers give what arrays give."""
        self._check(contract.scalar_equals_array)

    def test_one_lane_serves_many(self) -> None:
        """A feed equal in all lanes gives what the same feed on every lane gives."""
        self._check(contract.one_lane_serves_many)

    def test_empty_stays_empty(self) -> None:
        """A lot that was lost altogether gives nothing."""
        self._check(contract.empty_stays_empty)

    def test_generates_only_what_it_says(self) -> None:
        """Nothing comes from nowhere."""
        self._check(contract.generates_only_what_it_says)

    def test_more_recovery_never_lowers_the_product(self) -> None:
        """A higher measured recovery gives more."""
        self._check(contract.more_recovery_never_lowers_the_product)

    def test_grows_in_proportion(self) -> None:
        """A larger lot is the same in proportion, or the operation says why not."""
        self._check(contract.grows_in_proportion)
