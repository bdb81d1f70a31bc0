"""`evaluate`: the same bits however the work is cut, and memory that does not grow with the draws."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim import sampling
from exosim.collecting import COURSE, KINDS
from exosim.errors import LimitError, UsageError
from exosim.sampling import Level, SampleMatrix

SCENARIOS = Path(__file__).parent.parent / "scenarios"
REFERENCE = SCENARIOS / "msc_hollow_fiber.toml"
SHIPPED = sorted(SCENARIOS.glob("*.toml"))


@pytest.fixture(scope="module")
def reference() -> xs.Scenario:
    return xs.load(REFERENCE)


@pytest.fixture(scope="module")
def yields(reference: xs.Scenario) -> xs.Yields:
    return xs.evaluate(reference, draws=1009)


def everything(yields: xs.Yields) -> list[bytes]:
    """Return the bytes of every array that a run keeps."""
    return [
        np.ascontiguousarray(array).tobytes()
        for kind in KINDS
        for array in yields._kept[kind].values()
        if array is not None
    ]


@pytest.mark.parametrize("block", [1, 64, 100, 128, 512, 1024, 8192])
def test_bits_do_not_depend_on_the_block(reference: xs.Scenario, yields: xs.Yields, block: int) -> None:
    """The same seed gives the same bits whatever the block size."""
    assert everything(xs.evaluate(reference, draws=1009, block=block)) == everything(yields)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda p: p.stem)
def test_bits_of_every_shipped_scenario(path: Path) -> None:
    """Every shipped scenario gives the same bits for two block sizes."""
    scenario = xs.load(path)
    assert everything(xs.evaluate(scenario, 300, block=64)) == everything(xs.evaluate(scenario, 300))


def test_fewer_draws_are_the_first_of_more(reference: xs.Scenario, yields: xs.Yields) -> None:
    """A lane does not know how many others there are."""
    few = xs.evaluate(reference, draws=7)
    assert np.array_equal(few.values("vialed"), yields.values("vialed")[:7])


@pytest.mark.slow
def test_a_million_draws_begin_with_the_first_thousand(reference: xs.Scenario) -> None:
    """A run of 1,000,000 draws begins with the lanes of a run of 1000, in every array, and its summaries are finite."""
    many, few = xs.evaluate(reference, draws=1_000_000), xs.evaluate(reference, draws=1000)
    for kind, arrays in few._kept.items():
        assert many._kept[kind].keys() == arrays.keys()
        for key, array in arrays.items():
            found = many._kept[kind][key]
            assert (found is None) == (array is None), key
            if array is not None:
                assert np.array_equal(np.asarray(found)[..., :1000], array), key
    assert many.values("doses").shape == (1_000_000,)
    for summary in many.quantities():
        numbers = (summary.mean, summary.sd, summary.median, summary.p5, summary.p95)
        assert summary.n == 1_000_000 or summary.reason, summary
        assert all(n is None or np.isfinite(n) for n in numbers), summary


@pytest.mark.parametrize("draws", [1, 2, 63, 64, 65, 997])
def test_any_number_of_draws(reference: xs.Scenario, draws: int) -> None:
    """One, a prime and a ragged number of lanes work and leave no NaN."""
    yields = xs.evaluate(reference, draws=draws)
    assert yields.values("doses").shape == (draws,)
    for summary in yields.quantities():
        numbers = (summary.mean, summary.median, summary.p5, summary.p95)
        assert all(n is None or np.isfinite(n) for n in numbers), summary
    assert yields.course("titer").shape == (14, draws)


def test_another_seed_gives_other_draws(reference: xs.Scenario, yields: xs.Yields) -> None:
    """The seed moves every uncertain result, and the distribution stays."""
    other = xs.evaluate(reference, draws=1009, seed=1)
    assert not np.any(other.values("secreted") == yields.values("secreted"))
    assert np.median(other.values("ev_yield")) == pytest.approx(np.median(yields.values("ev_yield")), rel=0.03)


def test_an_unrelated_quantity_changes_no_other(reference: xs.Scenario, yields: xs.Yields) -> None:
    """Making one parameter uncertain leaves the draws of the others alone."""
    more = reference.with_({"sterilize.flux": {"uniform": {"low": "200 L/m2/h", "high": "400 L/m2/h"}}})
    assert np.array_equal(xs.evaluate(more, draws=1009).values("vialed"), yields.values("vialed"))


def test_scratch_memory_does_not_grow_with_the_draws(reference: xs.Scenario) -> None:
    """Beyond the results themselves, ten times the draws need no more memory."""

    def scratch(draws: int) -> float:
        tracemalloc.start()
        kept = xs.evaluate(reference, draws=draws, block=1024)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak - sum(len(data) for data in everything(kept))

    scratch(1024)
    assert scratch(40_960) <= 1.1 * scratch(4096) + 1e5


def test_progress_counts_to_the_end(reference: xs.Scenario) -> None:
    """The callback hears of every block and ends with all draws."""
    heard: list[tuple[int, int]] = []
    xs.evaluate(reference, draws=300, block=128, progress=lambda done, asked: heard.append((done, asked)))
    assert heard == [(128, 300), (256, 300), (300, 300)]


def test_too_many_draws_are_refused_at_once(reference: xs.Scenario) -> None:
    """RUN-010: a request whose results would not fit is refused with an estimate."""
    with pytest.raises(LimitError, match=r"1,000,000,000,000 draws would need about .* GiB"):
        xs.evaluate(reference, draws=10**12)


@pytest.mark.parametrize(("draws", "block", "seed"), [(0, 64, 1), (-1, 64, 1), (10, 0, 1), (10, 64, -1)])
def test_impossible_requests_are_usage_errors(reference: xs.Scenario, draws: int, block: int, seed: int) -> None:
    """Numbers below their minimum are refused."""
    with pytest.raises(UsageError):
        xs.evaluate(reference, draws=draws, block=block, seed=seed)


def test_losses_add_up_from_secreted_to_vialed(yields: xs.Yields) -> None:
    """What is secreted is in the vials, in a named loss, or in the vessel."""
    secreted, vialed = yields.values("secreted"), yields.values("vialed")
    lost = sum(loss for step in yields.steps for loss in yields.losses(step).values())
    in_vessel = secreted - vialed - lost
    assert np.all(in_vessel > -1e-12 * secreted)
    assert np.all(in_vessel < 0.06 * secreted)


def test_interval_of_the_total_spans_the_evidence(yields: xs.Yields) -> None:
    """The harvest carries the spread of its worst-known input: a factor of about ten each way at 90 %."""
    low, high = np.quantile(yields.values("harvested"), (0.05, 0.95))
    assert 10.0 < high / low < 40.0


def test_common_random_numbers_make_paired_differences_sharp(reference: xs.Scenario, yields: xs.Yields) -> None:
    """Two designs on the same draws differ far less than two draws do."""
    wide = xs.evaluate(reference.with_({"concentrate.diavolumes": 8}), draws=1009)
    difference = wide.values("ev_yield") - yields.values("ev_yield")
    assert np.std(difference) < 0.2 * np.std(yields.values("ev_yield"))
    assert np.all(difference < 0.0)


def test_values_name_what_there_is(yields: xs.Yields) -> None:
    """A wrong name is answered with the valid ones."""
    with pytest.raises(KeyError, match="ev_yield"):
        yields.values("yield")
    with pytest.raises(KeyError, match="titer"):
        yields.values("tite", "polish")
    with pytest.raises(KeyError, match="no culture"):
        xs.evaluate(xs.load(SCENARIOS / "minimal.toml"), draws=2).course("titer")
    assert set(COURSE) <= {key for key, _ in yields._kept["course"]}


def test_text_form_has_the_headlines(yields: xs.Yields) -> None:
    """Printing results shows medians with intervals and the ledger's headline."""
    text = str(yields)
    assert "doses:" in text
    assert "parameters:" in text
    assert "nan" not in text


def test_designs_on_one_sample_matrix_have_the_bits_of_each_alone(reference: xs.Scenario) -> None:
    """Whichever runs first, and whether its lanes still fit into the matrix or not."""
    other = reference.with_(
        {"clarify.area": "600 cm2", "culture.decay": {"lognormal": {"median": "0.01 1/h", "gsd": 2}}}
    )
    alone = [everything(xs.evaluate(scenario, draws=1009)) for scenario in (reference, other)]
    for lanes in (2**17, 1024, 0):
        samples = SampleMatrix(lanes)
        shared = [xs.evaluate(scenario, draws=1009, block=256, samples=samples) for scenario in (reference, other)]
        assert [everything(yields) for yields in shared] == alone


def test_a_second_design_draws_only_what_it_changes(reference: xs.Scenario, monkeypatch: pytest.MonkeyPatch) -> None:
    """A design that changes a fixed number draws nothing."""
    drawn: list[tuple[str, str]] = []
    real = sampling._uniforms

    def counted(generator: Any, seed: int, name: str, level: Level, *where: int) -> Any:
        drawn.append((name, level))
        return real(generator, seed, name, level, *where)

    monkeypatch.setattr(sampling, "_uniforms", counted)
    samples = SampleMatrix()
    xs.evaluate(reference, draws=64, samples=samples)
    assert len(drawn) == len(set(drawn)) > 25
    drawn.clear()
    xs.evaluate(reference.with_({"culture.growth_period": "5 d"}), draws=64, samples=samples)
    assert drawn == []
    uncertain = {"clarify.flux": {"uniform": {"low": "90 L/m2/h", "high": "110 L/m2/h"}}}
    xs.evaluate(reference.with_(uncertain), draws=64, samples=samples)
    assert drawn == [("clarify.flux", "study")]
