"""The release of one product in one replication: its declarations with the values of its world and its batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from exosim.declarations import Block, Declarations, ReleaseDeclaration
from exosim.kernel import last_maker
from exosim.parameter import Array
from exosim.recipe import UnitProcedure
from exosim.release import Closure, Release, Review, ReviewNumbers, TestNumbers, TestPlan
from exosim.sampling import Quantity, Repeated

Values = Mapping[str, Array]


def release_of(
    declared: Declarations, recipe: tuple[UnitProcedure, ...], values: Values, seed: int, replication: int
) -> Release | None:
    """Return what a lot goes through after its recipe; None where the scenario has no release.

    Parameters
    ----------
    recipe : procedures of the product
    values : of every given quantity, by address
    seed, replication : address of what is drawn anew each time: the closures of deviations
    """
    release = declared.plant.release
    if release is None:
        return None
    ids = [procedure.id for procedure in recipe]
    sampled = release.sample_after if release.sample_after in ids else ids[last_maker(recipe)]
    return Release(
        tuple(_tests(declared, release, values, sampled)),
        tuple(_reviews(release, values)),
        _closure(release, seed, replication),
        release.conditional,
    )


def _tests(declared: Declarations, release: ReleaseDeclaration, values: Values, sampled: str) -> Iterator[TestPlan]:
    for name, test in declared.plant.tests.items():
        numbers = TestNumbers(**test.numbers.pick(values))
        yield TestPlan(
            name,
            test.sample_after or _filled(declared, name) or sampled,
            _or_zero(numbers.duration),
            _or_zero(numbers.hands_on),
            _or_zero(numbers.investigation),
            round(numbers.people or 1),
            test.analyst or release.analyst,
            test.unit,
            round(numbers.retests or 0),
            test.rule,
            test.confirmatory,
        )


def _filled(declared: Declarations, assay: str) -> str | None:
    """Return the procedure that fills the companion, where the assay reports on that; else None."""
    about = {attribute.of for attribute in declared.attributes if attribute.assay == assay}
    return declared.companion.after if declared.companion is not None and about == {"companion"} else None


def _reviews(release: ReleaseDeclaration, values: Values) -> Iterator[Review]:
    for name, (block, table) in release.reviews.items():
        numbers = ReviewNumbers(**block.pick(values))
        yield Review(name, table.role, _or_zero(numbers.hands_on), _or_zero(numbers.duration), table.after)


def _closure(release: ReleaseDeclaration, seed: int, replication: int) -> Closure | None:
    block = release.closure
    if block is None:
        return None
    hours = [
        Repeated(_quantity(block, key), seed, f"{block.prefix}.{key}", replication) for key in ("hands_on", "duration")
    ]
    return Closure(release.closed_by, *hours)


def _quantity(block: Block, name: str) -> Quantity:
    return block.given[name].quantity if name in block.given else Quantity(0.0)


def _or_zero(value: Array | None) -> Array:
    return 0.0 if value is None else value
