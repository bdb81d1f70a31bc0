"""The benchmarks compare like with like: loops give what the kernel gives, the solver agrees, the page is generated."""

from __future__ import annotations

import importlib
import json
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import exosim as xs
from exosim.kernel import Step, run

ROOT = Path(__file__).parent.parent
BENCHMARKS = ROOT / "benchmarks"
LANES = 64


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> ModuleType:
    """Return a module of the benchmarks, which stand beside the package."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module(request.param)


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("module", [name], indirect=True)


@pytest.fixture(scope="module")
def culture() -> Step:
    """Return the culture of the reference scenario as it ran."""
    scenario = xs.load(ROOT / "scenarios" / "msc_hollow_fiber.toml")
    return next(step for step in run(scenario.recipe(scenario.values(0, LANES))) if step.procedure.id == "culture")


@of("kernel")
def test_the_python_loop_is_the_kernel(module: ModuleType, culture: Step) -> None:
    """All that is harvested and watched, lane by lane, to 1e-10."""
    operation, feed = culture.procedure.operation, culture.held
    lanes = [module.python_loop.run(module.python_loop.lane_of(operation, feed, i)) for i in range(12)]
    assert 0.0 < module.difference(culture, lanes) < module.EQUAL
    assert len(lanes[0].product) == 14 and len(lanes[0].product["vesicles"]) == 12


@of("kernel")
def test_the_hourly_loop_is_the_same_culture(module: ModuleType, culture: Step) -> None:
    """Hourly steps of order 4 come close to the closed forms where no limit binds."""
    given = [module.python_loop.lane_of(culture.procedure.operation, culture.held, i) for i in range(3)]
    for index, one in enumerate(given):
        seen = module.python_loop.run(one, module.hourly_loop.hour_by_hour).seen
        for name in module.WATCHED:
            assert 0.0 < module.relative(seen[name], culture.outcome.monitors[name][:, index]) < 1e-5


@of("python_loop")
def test_the_loop_refuses_what_it_does_not_know(module: ModuleType, culture: Step) -> None:
    with pytest.raises(ValueError, match="only the effects of the reference scenario"):
        module.lane_of(replace(culture.procedure.operation, growth_secretion=10.0), culture.held, 0)


@of("accuracy")
def test_closed_forms_agree_with_a_solver(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every culture of every scenario: at most 1e-3, in the median 1e-4."""
    monkeypatch.setattr(module, "LANES", 8)
    cases = module.cases()
    assert {type(culture).__name__ for culture, _ in cases} == {
        "AggregateCulture", "FixedBedCulture", "HollowFiberCulture", "MicrocarrierCulture", "PlanarCulture",
        "SuspensionCulture",
    }  # fmt: skip
    errors = module.of_package(cases)
    assert errors.max() < 1e-3 and 0.0 < np.median(errors) < 1e-4


@of("accuracy")
def test_the_solver_can_disagree(module: ModuleType, culture: Step) -> None:
    """A culture with another decay is told apart."""
    operation = culture.procedure.operation
    other = module.Reference(replace(operation, decay=0.9 * np.asarray(operation.decay)), culture.held).run()
    seen = {name: other[name] for name in ("harvested", "viable_cells")}
    assert module.errors(dict(culture.outcome.monitors), seen).max() > 1e-3
    assert module.errors(dict(culture.outcome.monitors), {"viable_cells": seen["viable_cells"]}).max() < 1e-9


@of("pairs")
def test_ratios_are_medians_of_pairs(module: ModuleType) -> None:
    rounds = module.Rounds([(1.0, 2.0), (9.0, 9.0), (1.0, 4.0)])
    assert (rounds.ratio(0, 1), rounds.median(1), rounds.best(0)) == (0.5, 4.0, 1.0)
    calls: list[int] = []
    found = module.interleaved(lambda: calls.append(0), lambda: calls.append(1))
    assert calls == [0, 1] * 10 and len(found.rows) == 9


@of("goals")
def test_verdicts(module: ModuleType) -> None:
    keys = [goal.key for goal in module.GOALS]
    assert len(set(keys)) == len(keys)
    speed, error = module.Goal("s", "", "at least", 2.0, 3.0), module.Goal("e", "", "at most", 1.0)
    assert [speed.verdict(f) for f in (None, 1.9, 2.0, 3.0)] == ["not measured", "MISSED", "met", "met, stretch too"]
    assert [error.verdict(f) for f in (1.0, 1.1)] == ["met", "MISSED"]
    assert module.rounded({"a": 123456.0, "b": 0.00012345678}) == {"a": 123500.0, "b": 0.0001235}
    assert "MISSED" in module.table({"culture_vs_cpp": 0.1}) and "new" in module.table({"new": 1.0})


@of("write_figures")
def test_the_table_of_the_page_is_generated(module: ModuleType) -> None:
    page, kept = module.PAGE.read_text(encoding="utf-8"), json.loads(module.KEPT.read_text(encoding="utf-8"))
    assert page == module.written(page, kept)
    assert module.last_document('words\n{"a": 1.0}\n') == {"a": 1.0}
    with pytest.raises(ValueError):
        module.last_document("no figures")


@of("streaming")
def test_memory_and_time_of_a_run(module: ModuleType) -> None:
    """A run in a process of its own tells what it took; more draws take longer, and hardly more memory."""
    few, many = module.measured(1_000, 64), module.measured(40_000, 64)
    assert 0.0 < few.seconds < many.seconds
    assert 20.0 < few.peak < many.peak < few.peak + 300.0


@of("study")
def test_a_sweep_is_answered_and_its_memory_told(module: ModuleType) -> None:
    """Every point, from the doses in order of their quantiles to a probability."""
    found = module.swept(module.model(), 3)
    median, low, high, share = found.values
    assert not found.failed and np.all((low < median) & (median < high)) and np.all((share >= 0.0) & (share <= 1.0))
    assert 20.0 < module.peak(1) < 1000.0


@of("draws")
def test_rows_of_draws(module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Rows stay in order, and one that is measured again replaces the old one; the picture shows them."""
    monkeypatch.setattr(module, "ROWS", tmp_path / "draws.csv")
    assert module.rows() == {}
    for draws, seconds in ((1000, 0.1), (10**8, 900.0), (100_000, 1.0), (1000, 0.2)):
        module.add(draws, seconds, 400.0)
    assert module.rows() == {1000: (0.2, 400.0), 100_000: (1.0, 400.0), 10**8: (900.0, 400.0)}
    line = module.picture().lines[0]
    assert list(line.get_xdata()) == [1000, 100_000, 10**8]
    assert list(line.get_ydata()) == [0.2, 1.0, 900.0]


@of("crowds")
def test_workers_that_sleep(module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each task is a point of its own and takes its time; rows are kept beside those of other kinds of workers."""
    with module.threads(4) as hands:
        assert 20.0 < module.rate(hands, 0.02, 8, tmp_path) < 4 / 0.02
    assert len(list(tmp_path.glob("*.npz"))) == 8
    monkeypatch.setattr(module, "ROWS", tmp_path / "scaling.csv")
    monkeypatch.setattr(module, "IDLE", 8)
    assert module.read() == []
    rows = module.measured(module.Crowd("threads", module.threads, (1, 4), 0.01))
    module.write(rows)
    module.write([module.Row("Dask", 16, 0.5, 0.01, 30.0)])
    assert [(row.workers_of, row.workers) for row in module.read()] == [("Dask", 16), ("threads", 1), ("threads", 4)]
    assert module.Row("Dask", 16, 0.5, 0.01, 0.0).predicted == 32.0
    assert module.Row("Dask", 64, 0.5, 0.01, 0.0).predicted == 100.0


@of("scaling")
def test_what_a_study_adds_to_its_model(module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of the model is noted and taken off; chunks are kept meanwhile."""
    monkeypatch.setattr(module, "ROUNDS", 1)
    monkeypatch.setattr(module, "MANY_POINTS", 2_000)
    whole, beside = module.overhead(module.study.model(), 2, module.study.ASKED)
    assert 0.0 < beside < whole
    assert 1_000 < module.of_bytes()["scaling_chunk_bytes"] < 4_096


ANSWERING = """
import sys
if sys.argv[1] == "broken":
    sys.exit(3)
print('{"package": "1.0"}', flush=True)
for line in sys.stdin:
    print(0.01 * int(line), flush=True)
"""


def test_peers_answer_in_a_process_of_their_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A round asks for a second of evaluations; an example that does not run is left out."""
    monkeypatch.syspath_prepend(str(BENCHMARKS / "peers"))
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    compare = importlib.import_module("compare")
    monkeypatch.setattr(compare, "HERE", tmp_path)
    monkeypatch.setattr(compare.kernel, "evaluated", lambda _: None)
    monkeypatch.setattr(compare, "timed", lambda run, clock: 2.0)
    monkeypatch.setattr(compare, "KEYS", {"vs_one": "works", "vs_other": "broken"})
    (tmp_path / "worker.py").write_text(ANSWERING, encoding="utf-8")
    assert compare.figures(sys.executable) == {"vs_one": 500.0, "works_per_second": 100.0}


@of("breakdown")
def test_the_breakdown_names_every_procedure(module: ModuleType) -> None:
    text = module.table({"sampling": 1.0, "culture": 3.0, "all": 4.0}, {"culture": 0.5})
    assert text.splitlines()[2:] == [
        "| sampling | 1 | 25.0 % |  |",
        "| culture | 3 | 75.0 % | 0 |",
        "| all | 4 | 100.0 % |  |",
    ]
