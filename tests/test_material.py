"""Material: mixing, splitting and portions conserve every species."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from exosim.material import FIELDS, Material, SizeClasses, is_number, plus, times, total
from exosim.parameter import Array
from exosim.vocabulary import CONSUMABLES, PROTEIN_POOLS, SPECIES

CLASSES, POOLS, LANES = 5, len(PROTEIN_POOLS), 7


def random_material(seed: int, absent: float = 0.3) -> Material:
    """Return a material with some species absent, some equal in all lanes, and amounts of very different size."""
    generator = np.random.default_rng(seed)
    amounts: dict[str, Array] = {}
    for name in FIELDS:
        rows = {"class": (CLASSES,), "pool": (POOLS,), None: ()}[SPECIES[name].axis if name in SPECIES else None]
        lanes = generator.choice([1, LANES])
        scale = 10.0 ** generator.uniform(-6.0, 14.0)
        amounts[name] = 0.0 if generator.random() < absent else scale * generator.random((*rows, lanes))
    return Material(**amounts)


def random_fractions(seed: int) -> dict[str, Array]:
    generator = np.random.default_rng(seed)
    fractions: dict[str, Array] = {}
    for name in FIELDS:
        kind = generator.integers(6)
        if kind < 3:
            fractions[name] = (0.0, 1.0, float(generator.random()))[kind]
        elif kind < 5:
            rows = {"class": (CLASSES,), "pool": (POOLS,), None: ()}[SPECIES[name].axis if name in SPECIES else None]
            fractions[name] = generator.random(LANES) if kind == 3 else generator.random((*rows, LANES))
    return fractions


def assert_equal(first: Material, second: Material) -> None:
    for name in FIELDS:
        one, two = np.broadcast_arrays(getattr(first, name), getattr(second, name))
        assert np.all(np.abs(one - two) <= 1e-12 * np.maximum(np.abs(one), np.abs(two))), name


seeds = st.integers(0, 2**32 - 1)


@given(seeds, seeds, seeds)
def test_mixing_adds_every_species_in_any_order(first: int, second: int, third: int) -> None:
    one, two, three = map(random_material, (first, second, third))
    mixed = one + two
    for name in FIELDS:
        expected = np.asarray(getattr(one, name)) + np.asarray(getattr(two, name))
        assert np.array_equal(np.asarray(getattr(mixed, name)), expected), name
    assert_equal(one + two, two + one)
    assert_equal((one + two) + three, one + (two + three))
    assert_equal(one + Material(), one)


@given(seeds, seeds, st.one_of(st.floats(0.0, 1.0), st.sampled_from([0.0, 1.0])))
def test_what_stays_and_what_goes_are_everything(seed: int, fractions: int, otherwise: float) -> None:
    feed, kept = random_material(seed), random_fractions(fractions)
    stays, goes = feed.separate(kept, otherwise)
    for name in FIELDS:
        parts = [np.asarray(getattr(part, name)) for part in (stays, goes)]
        whole = np.asarray(getattr(feed, name))
        assert np.all(np.abs(parts[0] + parts[1] - whole) <= 1e-12 * whole), name
        follows = "viable_cells" if name == "doublings" and name not in kept else name
        assert np.all(parts[0] == whole * kept.get(follows, otherwise)), name
        assert np.all(parts[1] >= 0.0), name


def test_a_field_that_is_not_named_stays() -> None:
    feed = random_material(1, absent=0.0)
    stays, goes = feed.separate({"vesicles": 0.25})
    assert_equal(stays.replaced(vesicles=feed.vesicles), feed)
    assert np.array_equal(stays.vesicles, feed.vesicles * 0.25)
    assert_equal(goes, Material(vesicles=feed.vesicles * 0.75))
    assert is_number(goes.volume, 0.0)


@given(seeds, st.floats(0.0, 1.0))
def test_portions_add_up(seed: int, share: float) -> None:
    feed = random_material(seed)
    assert_equal(feed.portion(share) + feed.portion(1.0 - share), feed)
    assert np.all(np.asarray(feed.portion(share).vesicles) == feed.vesicles * share)


def test_nothing_is_changed_in_place() -> None:
    feed = random_material(2, absent=0.0)
    before = {name: np.copy(getattr(feed, name)) for name in FIELDS}
    feed.separate({"protein": 0.5}, 0.1)
    feed + feed
    feed.portion(0.3)
    assert all(np.array_equal(getattr(feed, name), before[name]) for name in FIELDS)
    with pytest.raises(AttributeError):
        feed.volume = 1.0  # type: ignore[misc]


def test_an_absent_species_costs_nothing() -> None:
    array = np.ones(3)
    assert plus(0.0, array) is array and plus(array, 0.0) is array
    assert times(array, 1.0) is array
    assert times(0.0, array) == 0.0 and isinstance(times(0.0, array), float)
    assert times(array, 0.0) == 0.0 and isinstance(times(array, 0.0), float)
    assert np.array_equal(times(array, 2.0), 2.0 * array)
    assert plus(1.5, 2.0) == 3.5


def test_only_a_plain_number_decides_for_a_whole_run() -> None:
    assert is_number(0.0, 0.0) and is_number(0, 0.0) and not is_number(0.5, 0.0)
    assert not is_number(np.zeros(3), 0.0)
    assert not is_number(np.zeros(()), 0.0)


def test_totals_are_sums_over_classes_only() -> None:
    table = np.arange(6.0).reshape(2, 3)
    assert total(table).tolist() == [3.0, 5.0, 7.0]
    assert total(table[0]) is not table and np.array_equal(total(table[0]), table[0])
    assert total(4.0) == 4.0


def test_the_middle_of_a_class_is_geometric() -> None:
    sizes = SizeClasses(np.array([50.0, 100.0, 200.0]), np.ones((2, 1)))
    assert sizes.diameters == pytest.approx(np.sqrt([[5000.0], [20000.0]]), rel=1e-14)
    assert sizes.diameters is sizes.diameters


def test_every_species_has_a_field_and_a_readable_unit() -> None:
    from exosim.units import dimension

    assert FIELDS[0] == "volume"
    assert set(FIELDS[1:]) == set(SPECIES)
    assert all(dimension(species.unit) for species in SPECIES.values())
    assert all(dimension(unit) for unit in CONSUMABLES.values())
    assert PROTEIN_POOLS == ("small", "albumin", "immunoglobulin", "complex")
