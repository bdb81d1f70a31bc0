"""What to measure first: first-order indices against closed forms, and a noise floor that holds."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import exosim as xs
from exosim.ranking import MOST_LANES, first_order, noise_floor
from exosim.uncertain_inputs import inputs_of
from tests.layered import TEXT, of_levels
from tests.oracle import REPLICATIONS, STATISTICS, Row, load
from tests.texts import of_operation

SCENARIOS = Path(__file__).parent.parent / "scenarios"
ROWS = [row for row in load(STATISTICS) if row.id in ("SOBOL-G", "ISHIGAMI")]
LANES = 2**15
Floats = NDArray[np.float64]
VARYING = '{ triangular = { low = 0.7, mode = 0.8, high = 0.9 }, varies = "batch" }'


def sobol_g(u: Floats, a: list[float]) -> Floats:
    return np.asarray(np.prod([(np.abs(4.0 * x - 2.0) + k) / (1.0 + k) for x, k in zip(u, a, strict=True)], axis=0))


def ishigami(u: Floats) -> Floats:
    x = math.pi * (2.0 * u - 1.0)
    return np.asarray(np.sin(x[0]) + 7.0 * np.sin(x[1]) ** 2 + 0.1 * x[2] ** 4 * np.sin(x[0]))


def indices(row: Row) -> Floats:
    """Return the index that the row asks for, once for each replication."""
    place = int(row.quantity[-1]) - 1
    found = []
    for seed in range(REPLICATIONS):
        numbers = (
            [float(x) for x in row.params[row.params.find("(") + 1 : row.params.rfind(")")].split(",")[:]]
            if (row.id == "SOBOL-G")
            else []
        )
        u = np.random.default_rng(seed).random((max(len(numbers), 3), LANES))
        values = sobol_g(u, numbers) if row.id == "SOBOL-G" else ishigami(u)
        found.append(first_order(values[np.argsort(u[place])])[0])
    return np.array(found)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.label)
def test_oracle_row(row: Row) -> None:
    found = indices(row)
    if row.value == 0.0:  # no share of zero can have a small relative error
        assert abs(found.mean()) < row.tol * found.std(ddof=1) / math.sqrt(REPLICATIONS)
        assert np.abs(found).max() < 0.01
        return
    assert row.accepts(found), (found.mean(), row.value, found.std(ddof=1) / math.sqrt(REPLICATIONS))


def test_the_second_input_of_ishigami_has_two_humps() -> None:
    """A rank correlation sees nothing of it; its index is 0.4424 (Ishigami & Homma 1990)."""
    u = np.random.default_rng(1).random((3, LANES))
    share, error = first_order(ishigami(u)[np.argsort(u[1])])
    assert share == pytest.approx(0.4424, abs=4.0 * error)


def test_the_interval_covers(tmp_path: Path) -> None:
    """Over sixty seeds about 95 % of the intervals of a large, a middling and a small share hold the closed form."""
    scenario = of_levels(tmp_path, 0.8, 0.5, 0.2)
    known = {"study": 0.64 / 0.93, "donor": 0.25 / 0.93, "batch": 0.04 / 0.93}
    hits = []
    for seed in range(60):
        ranks = xs.evaluate(scenario, 3000, seed=seed).ranking()
        hits += [r.low <= known[r.level] <= r.high for r in ranks if r.quantity == "harvested"]
    assert len(hits) == 180
    assert np.mean(hits) >= 0.9


@pytest.mark.parametrize("lanes", [16, 200, 5000])
@pytest.mark.parametrize("draw", ["normal", "lognormal"])
def test_noise_stays_below_its_floor(lanes: int, draw: str) -> None:
    """Of ten inputs without influence the largest index is above the floor in about one run of twenty."""
    random = np.random.default_rng(5)
    values = getattr(random, draw)(size=(400, lanes))
    above = 0
    for row in values:
        ranked = np.argsort(np.argsort(row)).astype(float)
        found = max(first_order(ranked[random.permutation(lanes)])[0] for _ in range(10))
        above += found > noise_floor(lanes, 10)
    assert 0.01 <= above / 400 <= 0.10


def test_the_floor_falls_with_the_draws() -> None:
    floors = [noise_floor(lanes, 28) for lanes in (100, 1000, 10_000, MOST_LANES)]
    assert floors == sorted(floors, reverse=True)
    assert floors[-1] < 0.0013


def test_the_reference_scenario_is_ranked() -> None:
    """Every input stands beside its grade; secretion comes first; what acts after the harvest is noise there."""
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    ranks = xs.evaluate(scenario, draws=8192).ranking()
    doses = [rank for rank in ranks if rank.quantity == "doses"]
    assert (doses[0].input, doses[0].level, doses[0].grade) == ("culture.secretion_rate", "study", "D")
    assert (doses[1].input, doses[1].level) == ("culture.activity", "donor")
    assert [rank.share for rank in doses] == sorted((rank.share for rank in doses), reverse=True)
    ledger = {line.path: line for line in scenario.ledger()}
    for rank in doses:
        if rank.input != "common.batch":
            assert (rank.grade, rank.source) == (ledger[rank.input].grade, ledger[rank.input].source)
        assert rank.noise == (rank.share <= rank.floor)
    secreted = {rank.input: rank for rank in ranks if rank.quantity == "secreted"}
    assert all(secreted[name].noise for name in ("polish.bed_recovery", "sterilize.ev_recovery", "concentrate.flux"))


def test_what_only_the_plant_has_is_no_input(tmp_path: Path) -> None:
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    varied = scenario.with_({"equipment.tff_skid.turnaround": {"uniform": {"low": "2 h", "high": "6 h"}}})
    assert inputs_of(varied) == inputs_of(scenario)
    assert "equipment.tff_skid.turnaround" in varied.uncertain()


def test_every_layer_is_an_input(tmp_path: Path) -> None:
    found = inputs_of(of_levels(tmp_path, 0.8, 0.5, 0.2))
    assert [(i.path, i.level) for i in found] == [("medium.titer", level) for level in ("study", "donor", "batch")]


def test_few_draws_rank_nothing(tmp_path: Path) -> None:
    scenario = of_levels(tmp_path, 0.8, 0.5, 0.2)
    assert xs.evaluate(scenario, draws=15).ranking() == ()
    assert xs.evaluate(scenario, draws=16).ranking() != ()
    assert xs.evaluate(xs.load(SCENARIOS / "minimal.toml"), draws=100).ranking() == ()


@pytest.mark.parametrize(
    ("common", "recovery", "line"),
    [
        ("0.3", VARYING, ("0.3", "scenario", "assumption", "D")),
        ('{ value = 0.3, source = "ours", grade = "A" }', VARYING, ("0.3", "scenario", "ours", "A")),
        (None, VARYING, ("0", "default", "assumption", "D")),
        (None, VARYING.replace('"batch"', '"study"'), None),
        (None, "0.8", None),
    ],
)
def test_the_common_factor_has_a_line_in_the_ledger(
    common: str | None, recovery: str, line: tuple[str, ...] | None, tmp_path: Path
) -> None:
    """Where a recovery varies by batch; its source and grade are those of the input in the ranking."""
    text = of_operation("measured_step", f"ev_recovery = {recovery}")
    head = "" if common is None else f"[common]\nbatch = {common}\n"
    text = text.replace("[common]\nbatch = 0.3\n", head) + '[sources]\nours = { text = "batch records" }\n'
    (tmp_path / "s.toml").write_text(text, encoding="utf-8")
    scenario = xs.load(tmp_path / "s.toml")
    found = [(x.value, x.origin, x.source, x.grade) for x in scenario.ledger() if x.path == "common.batch"]
    assert found == ([] if line is None else [line])
    inputs = [(x.source, x.grade) for x in inputs_of(scenario) if x.path == "common.batch"]
    assert inputs == ([] if common is None or line is None else [line[2:]])
    if common is not None:
        changed = scenario.with_({"common.batch": 0.5}).ledger()
        assert [(x.value, x.origin) for x in changed if x.path == "common.batch"] == [("0.5", "override")]


def test_a_nested_run_ranks_by_its_worlds(tmp_path: Path) -> None:
    """Repeated donors and batches do not pass for independent draws: indices are those of one batch a world."""
    ranks = xs.evaluate(of_levels(tmp_path, 0.8, 0.5, 0.2), nested=(4000, 2, 2)).ranking()
    known = {"study": 0.64 / 0.93, "donor": 0.25 / 0.93, "batch": 0.04 / 0.93}
    for rank in (r for r in ranks if r.quantity == "harvested"):
        assert rank.share == pytest.approx(known[rank.level], abs=1.5 * (rank.high - rank.low))
        assert rank.floor == noise_floor(4000, 3)


def test_doses_in_protein_hang_on_the_laboratory_that_reads_it(tmp_path: Path) -> None:
    text = TEXT.replace('product.dose = "1e7 EV"', 'product = { dose = "1 ug", protein_assay = "bca" }')
    file = tmp_path / "protein.toml"
    file.write_text(f'{text}\n[[assay]]\nid = "bca"\nmethod = "bca"\nbetween_laboratories = 0.3\n', encoding="utf-8")
    yields = xs.evaluate(xs.load(file), draws=20_000)
    (rank,) = (one for one in yields.ranking() if one.quantity == "doses")
    assert (rank.input, rank.level) == ("assay.bca.between_laboratories", "study")
    assert rank.share == pytest.approx(1.0, abs=0.02)
