"""What a ranking hangs on: shares and switch points against closed forms."""

from __future__ import annotations

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import exosim as xs
from exosim.comparison import Comparison
from exosim.hinges import BOTH, HINGE_COLUMNS, Rivalries, Rivalry, gap, hinge_rows
from exosim.ranking import bins_of, first_order
from exosim.sampling import Quantity
from exosim.switch_points import positive_share, switches
from tests.layered import TEXT, of_titer
from tests.texts import Door

SCENARIOS = Path(__file__).parent.parent / "scenarios"
LANES = 2**15
PARTICLES = 'product = { dose = "1e7 particle", instrument = "counts" }'
Floats = NDArray[np.float64]


# ---------------------------------------------------------------- where the order flips


def linear(seed: int, a: float, b: float, c: float) -> tuple[Floats, Floats, Floats]:
    """Return x, y and a x - b y + c, with x and y uniform on 0 to 1."""
    x, y = np.random.default_rng(seed).random((2, LANES))
    return x, y, a * x - b * y + c


@pytest.mark.parametrize(("a", "b", "c"), [(2.0, 3.0, 0.9), (2.0, -3.0, -2.1), (1.0, 1.0, 0.2), (-2.0, 1.0, 1.1)])
def test_a_linear_difference(a: float, b: float, c: float) -> None:
    """The shares are those of the squares of the slopes; the order flips where a x + c = b / 2."""
    x, y, difference = linear(1, a, b, c)
    shares = [first_order(difference[np.argsort(one)])[0] for one in (x, y)]
    assert shares == pytest.approx([a * a / (a * a + b * b), b * b / (a * a + b * b)], abs=0.02)
    (found,) = switches(difference[np.argsort(x)], bins_of(LANES))
    flip = (b / 2.0 - c) / a
    assert found.low - 0.03 <= flip <= found.high + 0.03
    assert found.at == pytest.approx(flip, abs=0.04)
    low, high = difference[x < flip], difference[x >= flip]
    assert (found.below, found.above) == pytest.approx((positive_share(low), positive_share(high)), abs=0.02)


def test_the_interval_covers() -> None:
    """Over sixty seeds the place is within its interval in about 95 % of the runs."""
    hits = []
    for seed in range(60):
        x, _, difference = linear(seed, 2.0, 3.0, 0.9)
        (found,) = switches(difference[np.argsort(x)], bins_of(LANES))
        hits.append(found.low <= 0.3 <= found.high)
    assert 0.85 <= np.mean(hits) <= 1.0


def test_it_never_flips_beyond_the_range() -> None:
    x, y, difference = linear(2, 1.0, 1.0, 0.6)
    assert switches(difference[np.argsort(x)], bins_of(LANES)) == ()
    assert len(switches(difference[np.argsort(y)], bins_of(LANES))) == 0


def test_an_input_without_influence_flips_nothing() -> None:
    """Also where the order is a matter of chance: at most one run in forty finds a place."""
    random = np.random.default_rng(3)
    assert sum(len(switches(random.normal(size=4096), bins_of(4096))) for _ in range(40)) <= 2


def test_an_optimum_has_two_flips() -> None:
    """The leader is ahead in the middle of the range only."""
    x = np.sort(np.random.default_rng(4).random(LANES))
    noise = np.random.default_rng(5).normal(size=LANES)
    first, second = switches(1.0 - np.abs(4.0 * x - 2.0) + 0.3 * noise, bins_of(LANES))
    assert (first.at, second.at) == pytest.approx((0.25, 0.75), abs=0.02)
    assert first.above == second.below > 0.8
    assert max(first.below, second.above) < 0.2


def test_ties_count_half() -> None:
    assert positive_share(np.array([1.0, 0.0, 0.0, -1.0])) == 0.5
    assert math.isnan(positive_share(np.zeros(0)))
    assert switches(np.zeros(100), 10) == ()


def test_what_is_ahead() -> None:
    """Ratios where both are above zero, differences else; less is better with the sign; rounding is nothing."""
    leader, rival = np.array([2.0, 1.0, 1.0 + 1e-12]), np.array([1.0, 2.0, 1.0])
    ahead, ratio = gap(leader, rival, 1.0)
    assert ratio and ahead == pytest.approx([math.log(2.0), -math.log(2.0), 0.0])
    assert gap(leader, rival, -1.0)[0] == pytest.approx(-ahead)
    plain, ratio = gap(leader, np.array([0.0, 2.0, 1.0]), 1.0)
    assert not ratio and plain == pytest.approx([2.0, -1.0, 0.0])


# ---------------------------------------------------------------- scenarios whose answer is known


SHARED = '{ uniform = { low = 0.4, high = 0.6 }, varies = "batch" }'


def lognormal(median: float, sigma: float) -> str:
    return f'{{ lognormal = {{ median = "{median!r} EV/mL", gsd = {math.exp(sigma)!r} }} }}'


def of_product(folder: Path, name: str, own: str, median: float, sigma: float) -> xs.Scenario:
    """Return a scenario of a titer under an address of its own and a recovery under one that is shared."""
    text = (
        f'format = 1\nname = "{name}"\nproduct.dose = "1e7 EV"\n[[unit_procedure]]\nid = "{own}"\n'
        f'operation = "conditioned_medium"\n[unit_procedure.parameters]\ntiter = {lognormal(median, sigma)}\n'
        'volume = "1 L"\n[[unit_procedure]]\nid = "same"\n'
        f'operation = "measured_step"\n[unit_procedure.parameters]\nev_recovery = {SHARED}\n'
    )
    (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    return xs.load(folder / f"{name}.toml")


def only(comparison: Comparison, quantity: str) -> Rivalry:
    (found,) = (rivalry for rivalry in comparison.rivalries() if rivalry.quantity == quantity)
    return found


def test_two_lognormals_of_their_own(tmp_path: Path) -> None:
    """Log difference m + a z1 - b z2: shares of a^2 and b^2, flips at -m / a and m / b; what is shared cancels.

    With m = 0 the probability of being ahead above the median of z1 is 1/2 + arctan(a / b) / pi.
    """
    a, b = 0.3, 0.4
    first = of_product(tmp_path, "first", "mine", 5e9, a)
    second = of_product(tmp_path, "second", "yours", 5e9, b)
    found = only(xs.compare(first, second, draws=LANES), "vialed")
    if found.leader == "second":
        a, b = b, a
    assert (found.ratio, found.reason, found.inputs) == (True, None, 3)
    assert [hinge.share for hinge in found.hinges] == pytest.approx([0.64, 0.36], abs=0.02)
    by_owner = {hinge.of: hinge for hinge in found.hinges}
    assert by_owner.keys() == {"first", "second"}
    mine = by_owner[found.leader]
    (flip,) = mine.flips
    assert flip.low <= 5e9 <= flip.high and flip.value == pytest.approx(5e9, rel=0.06)
    assert flip.above == pytest.approx(0.5 + math.atan(a / b) / math.pi, abs=0.02)
    assert flip.below == pytest.approx(0.5 - math.atan(a / b) / math.pi, abs=0.02)
    (other,) = by_owner[found.rival].flips
    assert other.below > 0.5 > other.above
    assert (mine.unit, mine.level, mine.grade) == ("EV/mL", "study", "D")
    assert (mine.value_p5, mine.value_p95) == pytest.approx(
        [5e9 * math.exp(sign * 1.6449 * a) for sign in (-1.0, 1.0)], rel=0.02
    )


def test_the_flip_lies_where_the_medians_say(tmp_path: Path) -> None:
    """A lead of m in the logarithm is gone where a z1 = -m."""
    first = of_product(tmp_path, "first", "mine", 6e9, 0.3)
    second = of_product(tmp_path, "second", "yours", 5e9, 0.1)
    found = only(xs.compare(first, second, draws=LANES), "vialed")
    assert (found.leader, found.rival, found.runner_up) == ("first", "second", True)
    assert found.ahead == pytest.approx(0.718, abs=0.01)  # Phi(ln 1.2 / sqrt(0.1))
    (flip,) = found.hinges[0].flips
    assert flip.value == pytest.approx(5e9, rel=0.03)


def test_one_shared_input_flips_by_its_strength(tmp_path: Path) -> None:
    """The same address has the same draws: a z - b z, of which all of the difference is one input with a sharp flip."""
    wide, narrow = of_titer(tmp_path, lognormal(5e9, 0.5), "wide"), of_titer(tmp_path, lognormal(4e9, 0.2), "narrow")
    found = only(xs.compare(wide, narrow, draws=4096), "vialed")
    (hinge,) = found.hinges
    assert (found.leader, hinge.of) == ("wide", BOTH)
    assert hinge.share == pytest.approx(1.0, abs=0.01)
    (flip,) = hinge.flips
    assert flip.value == pytest.approx(5e9 * math.exp(0.5 * -math.log(1.25) / 0.3), rel=0.01)
    assert (flip.below, flip.above) == pytest.approx((0.0, 1.0), abs=1e-3)


def test_the_laboratory_of_an_instrument_flips_at_its_score(tmp_path: Path) -> None:
    """Doses as two instruments count them: one biased, one in a laboratory of its own, ahead above ln(1.1) / sigma."""
    paths = []
    for name, wrong in (("biased", "bias = 0.1"), ("elsewhere", "between_laboratories = 0.3")):
        text = TEXT.replace('"layered"', f'"{name}"').replace('product.dose = "1e7 EV"', PARTICLES)
        paths.append(tmp_path / f"{name}.toml")
        paths[-1].write_text(f'{text}\n[[assay]]\nid = "counts"\n{wrong}\n', encoding="utf-8")
    comparison = xs.compare(*paths, draws=20_000)
    (rivalry,) = (one for one in comparison.rivalries() if one.quantity == "doses" and one.runner_up)
    (hinge,) = rivalry.hinges
    (flip,) = hinge.flips
    assert (hinge.input, hinge.unit) == ("assay.counts.between_laboratories", "1")
    assert hinge.share == pytest.approx(1.0, abs=0.02)
    assert flip.value == pytest.approx(math.log(1.1) / math.sqrt(math.log1p(0.3**2)), abs=0.05)


def test_less_is_better_of_the_time() -> None:
    """The leader in process time is the quickest."""
    comparison = xs.compare(SCENARIOS / "platform_comparison.toml", draws=512)
    times = [r for r in comparison.rivalries() if r.quantity == "batch_duration"]
    medians = {c.scenario: c.median or 0.0 for c in comparison.of("batch_duration")}
    assert {r.leader for r in times} == {min(medians, key=lambda label: medians[label])}
    assert sum(r.runner_up for r in times) == 1


def test_nothing_hangs_where_nothing_varies(tmp_path: Path) -> None:
    first, second = (of_titer(tmp_path, f'"{titer} EV/mL"', name) for titer, name in (("5e9", "x"), ("6e9", "y")))
    found = only(xs.compare(first, second, draws=64), "vialed")
    assert (found.leader, found.ahead, found.hinges) == ("y", 1.0, ())
    assert found.reason == "the difference is the same in all draws"
    assert xs.compare(first, second, draws=8).rivalries() == ()
    assert xs.compare(first, first, draws=64).rivalries() == ()


def test_what_is_not_finite_has_a_reason(tmp_path: Path) -> None:
    """A headline that overflows in a draw is told of, and no number that is none gets into a file."""
    scenarios = {name: of_titer(tmp_path, lognormal(5e9, 0.3), name) for name in ("x", "y")}
    values = {"x": np.full(64, 2.0), "y": np.ones(64)}
    values["x"][5] = math.inf
    (found,) = Rivalries(scenarios, 0, 64).of("vialed", values, "x", 1.0)
    assert found.reason == "the difference is not a finite number in all draws"
    assert found.hinges == ()
    json.dumps(found.as_dict(), allow_nan=False)


def test_the_same_for_any_number_of_processes() -> None:
    one, two = (xs.compare(SCENARIOS / "more_doses.toml", draws=2000, jobs=jobs).rivalries() for jobs in (1, 2))
    assert one == two


def test_value_of_a_layer() -> None:
    """One layer at a uniform number, the others at their medians."""
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    quantities = {path: given.quantity for path, given in scenario.uncertain().items()}
    secretion, activity = quantities["culture.secretion_rate"], quantities["culture.activity"]
    name = "culture.secretion_rate"
    assert secretion.at(name, ("study", name), 0.5) == pytest.approx(1e4)
    assert secretion.at(name, ("study", name), 0.841344746) == pytest.approx(1e4 * 2.05, rel=1e-6)
    layers = dict(activity.layers("culture.activity"))
    high = {level: activity.at("culture.activity", (level, layers[level]), 0.95) for level in layers}
    assert high["donor"] > high["batch"] > 1.0
    recovery, path = quantities["sterilize.ev_recovery"], "sterilize.ev_recovery"
    assert recovery.common == 0.3
    alone = Quantity(recovery.base, "batch")
    medium, far = (q.at(path, ("batch", path), 0.95) for q in (recovery, alone))
    assert recovery.at(path, ("batch", path), 0.5) < medium < far
    assert Quantity(3.0).at("x", ("study", "x"), 0.9) == 3.0


# ---------------------------------------------------------------- files and the terminal


def test_rows_and_console(door: Door) -> None:
    answer = door.run("compare", str(SCENARIOS / "platform_comparison.toml"), "--draws", "2000", "--out", "a")
    assert answer.code == 0, answer.err
    for words in (
        "what each ranking hangs on",
        "order flips at",
        "never in its range",
        "every pair and input: hinges.csv",
    ):
        assert words in answer.out
    with (door.folder / "a" / "hinges.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert tuple(rows[0]) == HINGE_COLUMNS
    assert not {"nan", "inf", "-inf"} & {cell for row in rows for cell in row.values()}
    assert {row["runner_up"] for row in rows} == {"True", "False"}


def test_a_rivalry_without_hinges_has_a_row(tmp_path: Path) -> None:
    first, second = (of_titer(tmp_path, f'"{titer} EV/mL"', name) for titer, name in (("5e9", "x"), ("6e9", "y")))
    rows = list(hinge_rows(xs.compare(first, second, draws=64).rivalries()))
    assert rows and {len(row) for row in rows} == {len(HINGE_COLUMNS)}
    assert all(row[9] is None for row in rows)
