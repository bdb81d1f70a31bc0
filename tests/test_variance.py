"""Shares of study, donor and batch: exact within their interval where the answer is known, and the same bits always."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import exosim as xs
from exosim.errors import UsageError
from exosim.sampling import FLAT, LEVELS, Level, Nesting, uniforms
from exosim.variance import NESTED_LANES, Part, nested_shares, scaled
from tests.layered import of_levels

SCENARIOS = Path(__file__).parent.parent / "scenarios"
SIGMAS = (0.9, 0.5, 0.3)
SMALL = (0.3, 0.2, 0.1)


def of_logarithms(sigmas: tuple[float, ...]) -> tuple[float, ...]:
    """Return the shares in the variance of the logarithm of a product of lognormals: sigma squared over their sum."""
    return tuple(s**2 / sum(other**2 for other in sigmas) for s in sigmas)


def of_values(study: float, donor: float, batch: float) -> tuple[float, ...]:
    """Return the shares in the variance of a product of lognormals; what levels do together belongs to the lower."""
    s, d, b = (math.exp(x**2) for x in (study, donor, batch))
    parts = (s - 1.0, s * (d - 1.0), s * d * (b - 1.0))
    return tuple(part / (s * d * b - 1.0) for part in parts)


def harvested(yields: xs.Yields, scale: str = "score") -> list[Part]:
    (found,) = (row for row in yields.shares(scale) if row.name == "harvested")  # type: ignore[arg-type]
    return list(found.parts().values())


def covered(parts: list[Part], known: tuple[float, ...]) -> list[bool]:
    return [part.low <= truth <= part.high for part, truth in zip(parts, known, strict=True)]


@pytest.mark.parametrize("nested", [None, (600, 3, 4)])
def test_shares_of_a_product_of_lognormals(tmp_path: Path, nested: tuple[int, int, int] | None) -> None:
    """Over forty seeds about 95 % of the intervals hold the closed form, and their middle is unbiased."""
    scenario, known = of_levels(tmp_path, *SIGMAS), of_logarithms(SIGMAS)
    draws = 4096 if nested is None else None
    runs = [harvested(xs.evaluate(scenario, draws, seed=seed, nested=nested)) for seed in range(40)]
    hits = np.array([covered(parts, known) for parts in runs])
    shares = np.array([[part.share for part in parts] for parts in runs])
    assert hits.mean() >= 0.9, hits.mean(axis=0)
    error = shares.std(axis=0, ddof=1) / math.sqrt(40)
    assert np.all(np.abs(shares.mean(axis=0) - known) < 4.0 * error + 0.002)  # ranks of 1024 worlds: a bias of 0.001
    assert np.all(np.array([[p.high - p.low for p in parts] for parts in runs]).mean(axis=0) < 0.12)


def test_shares_of_the_values_themselves(tmp_path: Path) -> None:
    """On the scale of the values the closed form is that of the variance, interactions included."""
    scenario, known = of_levels(tmp_path, *SMALL), of_values(*SMALL)
    runs = [harvested(xs.evaluate(scenario, 4096, seed=seed), "value") for seed in range(40)]
    assert np.mean([covered(parts, known) for parts in runs]) >= 0.9
    assert np.mean([[p.share for p in parts] for parts in runs], axis=0) == pytest.approx(known, abs=0.01)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_level_that_is_not_there_has_no_share(tmp_path: Path, missing: int) -> None:
    """Its share is exactly 0, and the other two share as the closed form says, with own counts too."""
    sigmas = tuple(0.0 if level == missing else s for level, s in enumerate(SIGMAS))
    scenario, known = of_levels(tmp_path, *sigmas), of_logarithms(sigmas)
    for nested in (None, (2000, 2, 2), (2000, 1, 3), (4000, 1, 1)):
        parts = harvested(xs.evaluate(scenario, nested=nested))
        assert parts[missing] == Part(0.0, 0.0, 0.0)
        for part, truth in zip(parts, known, strict=True):
            assert part.share == pytest.approx(truth, abs=max(2.5 * (part.high - part.low) / 2.0, 1e-12))


@pytest.mark.parametrize("level", [0, 1, 2])
def test_one_level_alone_has_it_all(tmp_path: Path, level: int) -> None:
    sigmas = [0.0, 0.0, 0.0]
    sigmas[level] = 0.4
    parts = harvested(xs.evaluate(of_levels(tmp_path, *sigmas), draws=100))
    assert [part.share for part in parts] == [float(place == level) for place in range(3)]


def test_nothing_to_share(tmp_path: Path) -> None:
    """A headline that does not vary, one draw, and none at all say why there are no shares."""
    fixed = {row.name: row for row in xs.evaluate(xs.load(SCENARIOS / "minimal.toml"), draws=64).shares()}
    assert fixed["doses"].reason == "it is the same in all draws"
    assert fixed["secreted"].reason == "the recipe has no culture whose cells are known"
    assert all(not row.parts() for row in fixed.values())
    one = xs.evaluate(of_levels(tmp_path, *SIGMAS), draws=1)
    assert {row.reason for row in one.shares() if row.name == "harvested"} == {
        "one draw cannot show where a spread comes from"
    }
    two = xs.evaluate(of_levels(tmp_path, *SIGMAS), draws=2)
    assert [(part.low, part.high) for part in harvested(two)] == [(0.0, 1.0)] * 3  # two worlds tell nothing


def test_rare_values_have_no_shares() -> None:
    values = np.zeros(1000)
    values[:5] = 1.0
    assert scaled(values, "score") == "it is the same in 99.5 % of the draws"


def test_scores_see_only_the_order() -> None:
    """The scores of a quantity are those of its logarithm, and ties share one."""
    values = np.array([3.0, 1.0, 1e9, 1.0])
    scores, logarithms = scaled(values, "score"), scaled(np.log(values), "score")
    assert np.array_equal(scores, logarithms)
    assert isinstance(scores, np.ndarray)
    assert scores[1] == scores[3]
    assert scores.argmax() == 2


def test_mean_squares_by_hand() -> None:
    """Four worlds of two donors of two batches: the classic table of a nested analysis of variance."""
    y = np.random.default_rng(3).normal(size=(4, 2, 2)) + 3.0 * np.arange(4)[:, None, None]
    between_worlds = 4 * np.var(y.mean(axis=(1, 2)), ddof=1)
    between_donors = 2 * np.square(y.mean(axis=2) - y.mean(axis=(1, 2))[:, None]).sum() / 4
    within = np.square(y - y.mean(axis=2, keepdims=True)).sum() / 8
    parts = np.array([(between_worlds - between_donors) / 4, (between_donors - within) / 2, within])
    found = [part.share for part in nested_shares(y)]
    assert found == pytest.approx(np.clip(parts / parts.sum(), 0.0, 1.0), rel=1e-12)


def test_shares_lie_between_0_and_1_with_their_interval() -> None:
    for row in xs.evaluate(xs.load(SCENARIOS / "msc_hollow_fiber.toml"), draws=512).shares():
        for part in row.parts().values():
            assert 0.0 <= part.low <= part.share <= part.high <= 1.0


@given(st.sampled_from(LEVELS), st.integers(1, 4), st.integers(1, 4), st.integers(0, 60), st.integers(1, 60))
def test_nested_lanes_share_what_they_should(level: Level, donors: int, batches: int, start: int, count: int) -> None:
    """Any range of nested lanes has the values of the members that its lanes belong to."""
    nesting = Nesting(donors, batches)
    found = nesting.uniforms(7, "culture.decay", level, start, start + count)
    lanes = np.arange(start, start + count)
    member = lanes // {"study": donors * batches, "donor": batches, "batch": 1}[level]
    whole = uniforms(7, "culture.decay", level, 0, int(member[-1]) + 1)
    assert np.array_equal(found, whole[member])
    assert np.array_equal(
        FLAT.uniforms(7, "x", level, start, start + count), uniforms(7, "x", level, start, start + count)
    )


@pytest.mark.parametrize("block", [64, 128, 8192])
def test_bits_of_a_nested_run_do_not_depend_on_the_block(block: int) -> None:
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    found, reference = (xs.evaluate(scenario, nested=(37, 3, 5), block=b) for b in (block, 1024))
    assert found.draws == 555
    for summary in reference.headlines():
        assert np.array_equal(found.values(summary.name), reference.values(summary.name))
    assert found.shares() == reference.shares()
    assert found.ranking() == reference.ranking()


def test_a_nested_run_repeats_worlds_and_donors(tmp_path: Path) -> None:
    """Without scatter of batches all batches of a donor are alike; the first world is that of a plain run."""
    nested = xs.evaluate(of_levels(tmp_path, 0.9, 0.5, 0.0), nested=(50, 2, 3)).values("harvested").reshape(50, 2, 3)
    assert np.all(nested == nested[:, :, :1])
    assert np.all(nested[:, 0, 0] != nested[:, 1, 0])
    plain = xs.evaluate(of_levels(tmp_path, 0.9, 0.0, 0.0), draws=50).values("harvested")
    worlds = xs.evaluate(of_levels(tmp_path, 0.9, 0.0, 0.0), nested=(50, 2, 3)).values("harvested")
    assert np.array_equal(worlds.reshape(50, 6)[:, 0], plain)


def test_the_sample_beside_a_run_is_bounded(tmp_path: Path) -> None:
    """Shares cost at most 16,384 more lanes, and a small run gets a small sample."""
    scenario = of_levels(tmp_path, *SIGMAS)
    for draws, lanes in ((100_000, NESTED_LANES), (400, 400), (2, 8)):
        row = xs.evaluate(scenario, draws).shares()[0]
        assert row.worlds * row.donors * row.batches == lanes


@pytest.mark.parametrize(
    ("nested", "words"),
    [
        ((0, 1, 1), "at least 1"),
        ((2, 2), "nested counts are three"),
        ((2, 2.5, 1), "donors must be a whole number"),
        (5, "nested counts are three"),
    ],
)
def test_bad_counts(nested: object, words: str) -> None:
    scenario = xs.load(SCENARIOS / "minimal.toml")
    with pytest.raises(UsageError, match=words):
        xs.evaluate(scenario, nested=nested)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="not both"):
        xs.evaluate(scenario, 10, nested=(1, 1, 1))


@pytest.mark.filterwarnings("error")
def test_absurd_spreads_give_numbers_and_no_warning(tmp_path: Path) -> None:
    """Values over eighty orders of magnitude keep their shares: only their order counts."""
    yields = xs.evaluate(of_levels(tmp_path, 40.0, 0.5, 0.3), draws=2000)
    for scale in ("score", "value"):
        for part in harvested(yields, scale):
            assert 0.0 <= part.low <= part.share <= part.high <= 1.0
    assert harvested(yields)[0].share > 0.99
    assert yields.ranking()[0].level == "study"
