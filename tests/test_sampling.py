"""Addressed random values: the same bits in any order, uniform, independent, and in layers."""

from __future__ import annotations

import hashlib
import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from exosim.distributions import Distribution
from exosim.sampling import FLAT, LEVELS, BatchSample, Level, Nesting, Quantity, SampleBlock, uniforms

MANY = 10_000
CRITICAL = 0.01947748045729969  # Kolmogorov-Smirnov, 99.9 %, n = 10 000
levels = st.sampled_from(LEVELS)
PERT = Distribution("pert", (("low", 0.6), ("mode", 0.8), ("high", 0.95)))
TRIANGULAR = Distribution("triangular", (("low", 0.0), ("mode", 0.002), ("high", 0.0055)))
LOGNORMAL = Distribution("lognormal", (("median", 1e4), ("gsd", 2.0)))


@given(
    st.integers(0, 2**63), st.text(max_size=20), levels, st.integers(0, 9999), st.integers(0, 40), st.integers(0, 40)
)
def test_any_range_gives_the_same_bits(seed: int, name: str, level: Level, start: int, first: int, second: int) -> None:
    whole = uniforms(seed, name, level, start, start + first + second)
    later = uniforms(seed, name, level, start + first, start + first + second)
    earlier = uniforms(seed, name, level, start, start + first)
    assert whole.shape == (first + second,)
    assert np.array_equal(np.concatenate([earlier, later]), whole)


@given(st.lists(st.integers(0, 300), min_size=1, max_size=20))
def test_any_order_gives_the_same_bits(indices: list[int]) -> None:
    whole = uniforms(5, "culture.decay", "batch", 0, 301)
    for index in indices:
        assert uniforms(5, "culture.decay", "batch", index, index + 1)[0] == whole[index]


def test_batches_can_be_asked_for_without_bound() -> None:
    far = 2**60 + 3
    values = uniforms(5, "culture.decay", "batch", far, far + 9)
    assert len(set(values.tolist())) == 9
    assert uniforms(5, "culture.decay", "batch", far + 8, far + 9)[0] == values[8]


def philox(counter: int, key: int) -> list[int]:
    """Return the four words of Philox 4x64 with ten rounds, as Salmon et al. 2011 write it."""
    words = [counter % 2**64, counter >> 64, 0, 0]
    first, second = key % 2**64, key >> 64
    for _ in range(10):
        low, high = 0xD2E7470EE14C6C93 * words[0], 0xCA5A826395121157 * words[2]
        words = [(high >> 64) ^ words[1] ^ first, high % 2**64, (low >> 64) ^ words[3] ^ second, low % 2**64]
        first, second = (first + 0x9E3779B97F4A7C15) % 2**64, (second + 0xBB67AE8584CAA73B) % 2**64
    return words


@pytest.mark.parametrize("block", [0, 1, 2**62])
def test_the_bits_are_those_of_the_published_generator(block: int) -> None:
    """Other bits would change the results of every saved scenario."""
    key = int.from_bytes(hashlib.blake2b(b"7\0batch\0culture.decay", digest_size=16).digest(), "little")
    expected = [((word >> 12) + 0.5) / 2**52 for word in philox(block + 1, key)]
    assert uniforms(7, "culture.decay", "batch", 4 * block, 4 * block + 4).tolist() == expected


def test_the_first_numbers_are_pinned() -> None:
    pinned = [0.2516714974146107, 0.05442835516857081, 0.7568132383939169]
    assert uniforms(7, "a", "batch", 0, 3).tolist() == pytest.approx(pinned, rel=1e-15)


@pytest.mark.parametrize(
    "seed, name, level", [(0, "a", "study"), (1, "culture.secretion_rate", "batch"), (2**64, "µ", "donor")]
)
def test_values_are_uniform(seed: int, name: str, level: Level) -> None:
    values = uniforms(seed, name, level, 0, MANY)
    assert stats.kstest(values, "uniform").statistic <= CRITICAL
    assert values.min() > 0.0 and values.max() < 1.0
    assert len(np.unique(values)) == MANY
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 4.0 / math.sqrt(MANY)


def test_the_ends_are_never_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    class Extreme:
        def __init__(self, **_: object) -> None: ...

        def random_raw(self, count: int) -> np.ndarray:
            return np.array([0, 2**64 - 1] * count, dtype=np.uint64)[:count]

    monkeypatch.setattr(np.random, "Philox", Extreme)
    low, high = uniforms(1, "a", "study", 0, 2)
    assert low == 2.0**-53
    assert high == 1.0 - 2.0**-53


def test_seeds_names_and_levels_are_independent() -> None:
    addresses = itertools.product((1, 2), ("culture.decay", "culture.decay2", "hold.rate"), LEVELS)
    drawn = np.stack([uniforms(*address, 0, MANY) for address in addresses])
    assert drawn.shape == (18, MANY)
    correlations = np.corrcoef(drawn) - np.eye(18)
    assert np.abs(correlations).max() < 4.5 / math.sqrt(MANY)


def test_an_address_is_not_confused_with_another() -> None:
    near = [(1, "1a"), (11, "a"), (1, "a"), (1, "a "), (1, "A"), (-1, "a")]
    first = {float(uniforms(seed, name, level, 0, 1)[0]) for seed, name in near for level in LEVELS}
    assert len(first) == len(near) * len(LEVELS)


def test_a_fixed_quantity_is_a_plain_number() -> None:
    quantity = Quantity(3.5)
    assert quantity.is_fixed
    assert quantity.values(1, "a", 0, 100) == quantity.typical == 3.5
    assert isinstance(quantity.values(1, "a", 0, 100), float)


@given(levels, st.integers(0, 1000), st.integers(1, 30), st.integers(1, 30))
def test_values_do_not_depend_on_the_block(level: Level, start: int, first: int, second: int) -> None:
    quantity = Quantity(PERT, level, donor_spread=0.5, batch_spread=0.2, common=0.3)
    end = start + first + second
    whole = quantity.values(3, "filter.recovery", start, end)
    parts = [quantity.values(3, "filter.recovery", *ends) for ends in ((start, start + first), (start + first, end))]
    assert np.array_equal(np.concatenate(parts), whole)


def test_a_distribution_is_drawn_at_its_level() -> None:
    drawn = [Quantity(PERT, level).values(1, "a", 0, MANY) for level in LEVELS]
    for level, values in zip(LEVELS, drawn, strict=True):
        assert np.array_equal(values, PERT.quantile(uniforms(1, "a", level, 0, MANY)))
    assert not np.array_equal(drawn[0], drawn[1])
    assert not Quantity(PERT).is_fixed
    assert Quantity(PERT).typical == PERT.median()


@pytest.mark.parametrize("spread", ["donor_spread", "batch_spread"])
def test_a_spread_is_a_lognormal_factor_with_median_one(spread: str) -> None:
    quantity = Quantity(40.0, **{spread: 0.5})  # type: ignore[arg-type]
    assert not quantity.is_fixed
    assert quantity.typical == 40.0
    factors = np.log(np.asarray(quantity.values(1, "a", 0, MANY)) / 40.0)
    assert stats.kstest(factors, stats.norm(0.0, 0.5).cdf).statistic <= CRITICAL


def test_spreads_multiply_and_are_independent_of_each_other_and_of_the_base() -> None:
    base = Quantity(LOGNORMAL, "batch").values(1, "a", 0, MANY)
    donor = np.asarray(Quantity(1.0, donor_spread=0.5).values(1, "a", 0, MANY))
    batch = np.asarray(Quantity(1.0, batch_spread=0.2).values(1, "a", 0, MANY))
    together = Quantity(LOGNORMAL, "batch", donor_spread=0.5, batch_spread=0.2).values(1, "a", 0, MANY)
    assert together == pytest.approx(base * donor * batch, rel=1e-14)
    correlations = np.corrcoef(np.log([base, donor, batch])) - np.eye(3)
    assert np.abs(correlations).max() < 4.0 / math.sqrt(MANY)


def test_a_spread_leaves_what_the_base_draws_alone() -> None:
    plain = Quantity(LOGNORMAL).values(1, "a", 0, 50)
    spread = Quantity(LOGNORMAL, batch_spread=0.2).values(1, "a", 0, 50)
    factor = np.asarray(Quantity(1.0, batch_spread=0.2).values(1, "a", 0, 50))
    assert spread / factor == pytest.approx(plain, rel=1e-13)


@pytest.mark.parametrize("common", [0.1, 0.3, 0.8])
def test_recoveries_of_a_batch_share_a_factor(common: float) -> None:
    """The correlation of the normal scores is that of the copula, and each recovery keeps its distribution."""
    drawn = [np.asarray(Quantity(PERT, "batch", common=common).values(1, name, 0, MANY)) for name in ("a", "b", "c")]
    reference = stats.beta(1 + 4 * 0.2 / 0.35, 5 - 4 * 0.2 / 0.35, 0.6, 0.35)
    scores = []
    for values in drawn:
        shares = reference.cdf(values)
        assert stats.kstest(shares, "uniform").statistic <= CRITICAL
        scores.append(stats.norm.ppf(shares))
    for first, second in itertools.combinations(scores, 2):
        assert np.corrcoef(first, second)[0, 1] == pytest.approx(common, abs=4.0 / math.sqrt(MANY))


@pytest.mark.parametrize("level", ["study", "donor"])
def test_the_common_factor_acts_on_batches_only(level: Level) -> None:
    alone = Quantity(PERT, level).values(1, "a", 0, 100)
    assert np.array_equal(Quantity(PERT, level, common=0.3).values(1, "a", 0, 100), alone)
    alone = Quantity(PERT, "batch").values(1, "a", 0, 100)
    assert not np.array_equal(Quantity(PERT, "batch", common=0.3).values(1, "a", 0, 100), alone)


def test_what_runs_on_one_sample_shares_its_numbers() -> None:
    """The second design draws nothing; a changed distribution reuses the score."""
    block = SampleBlock(3, 64, 192)
    other = Distribution("lognormal", (("median", 5e3), ("gsd", 1.5)))
    first = block.values("a", Quantity(LOGNORMAL))
    assert block.values("a", Quantity(LOGNORMAL)) is first
    assert block.normals("a", "study") is block.normals("a", "study")
    changed = np.asarray(block.values("a", Quantity(other)))
    assert np.log(changed / 5e3) / math.log(1.5) == pytest.approx(np.log(first / 1e4) / math.log(2.0), rel=1e-12)


@given(st.integers(0, 500), st.integers(1, 40), st.sampled_from([FLAT, Nesting(3, 2), Nesting(1, 5)]))
def test_a_shared_sample_gives_the_bits_of_one_alone(start: int, lanes: int, nesting: Nesting) -> None:
    """Whatever was asked for before, and in whatever order."""
    quantities = {
        "a": Quantity(LOGNORMAL, "donor", batch_spread=0.2),
        "b": Quantity(PERT, "batch", common=0.3),
        "c": Quantity(TRIANGULAR, "batch", common=0.5),
        "d": Quantity(TRIANGULAR),
    }
    shared = SampleBlock(5, start, start + lanes, nesting)
    for name in ("d", "a"):
        shared.normals(name, "study"), shared.uniforms(name, "donor")
    for name in ("c", "a", "d", "b", "a"):
        alone = quantities[name].values(5, name, start, start + lanes, nesting)
        assert np.array_equal(shared.values(name, quantities[name]), alone)


def test_kept_numbers_cannot_be_changed() -> None:
    values = np.asarray(SampleBlock(3, 0, 64).values("a", Quantity(LOGNORMAL)))
    with pytest.raises(ValueError, match="read-only"):
        values += 1.0


def test_batches_of_a_replication_take_the_numbers_of_their_members() -> None:
    """A batch its own, a donor that of its index, and all that of the world."""
    batches = BatchSample(5, 7, [4, 2, 4], 100)
    assert np.array_equal(batches.uniforms("a", "batch"), uniforms(5, "a", "batch", 100, 103))
    assert np.array_equal(batches.uniforms("a", "donor"), uniforms(5, "a", "donor", 0, 5)[[4, 2, 4]])
    assert np.array_equal(batches.uniforms("a", "study"), np.repeat(uniforms(5, "a", "study", 7, 8), 3))
