"""Which of these: scenarios on the same draws, or runs in time on the same replications."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias, overload

from exosim import comparison
from exosim.comparison import Comparison
from exosim.errors import FileError, ModelError, Problem, UsageError, in_words
from exosim.folder import MANIFEST
from exosim.replications import simulate
from exosim.results import FacilityResults
from exosim.run_comparison.comparison import RunComparison, compare_runs
from exosim.run_comparison.timed_runs import TimedRun, of_results, of_saved
from exosim.saved_run import SavedRun, load_run
from exosim.scenario import Scenario
from exosim.simulation import Progress
from exosim.variants import split_name

AnyPath: TypeAlias = str | os.PathLike[str]
_INSIDE = ("run.json", MANIFEST, "indicators.csv", "replications.csv")
"""Files of the folder of a run that may be given in place of it."""


@overload
def compare(
    *given: Scenario, draws: int | None = None, seed: int | None = None, jobs: int = 1, progress: Progress | None = None
) -> Comparison: ...
@overload
def compare(*given: FacilityResults | SavedRun) -> RunComparison: ...
@overload
def compare(
    *given: Scenario | FacilityResults | SavedRun | AnyPath, draws: int | None = None, seed: int | None = None,
    jobs: int = 1, progress: Progress | None = None,
) -> Any: ...  # fmt: skip


def compare(
    *given: Scenario | FacilityResults | SavedRun | AnyPath,
    draws: int | None = None,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> Comparison | RunComparison:
    """Return how scenarios differ from the first one on the same draws, or runs in time on the same replications.

    Parameters
    ----------
    given : either scenarios, or paths of files; a file with variants stands for itself and all of them, ``FILE#name``
        for one. Or runs in time: what :func:`exosim.simulate` or :func:`exosim.load_run` gave, or paths of the folders
        of ``exosim run``
    draws, seed : of all scenarios; default: those of the first. Runs have theirs
    jobs : processes, for scenarios; the results do not depend on it
    progress : called with (draws done, draws asked for) over all scenarios

    Returns
    -------
    a :class:`exosim.Comparison` of scenarios, a :class:`exosim.RunComparison` of runs

    Raises
    ------
    UsageError
        when there are fewer than two, when scenarios are mixed with runs, or when runs are given draws or a seed.
    FileError
        when a folder is not that of a run in time, for every file in it that is missing or was changed.
    LimitError, ModelError, ScenarioError
        as :func:`exosim.load` and :func:`exosim.evaluate`.

    Examples
    --------
    >>> print(compare("scenarios/more_doses.toml", draws=10_000))  # doctest: +SKIP
    >>> print(compare(simulate(base), simulate(wide)))  # doctest: +SKIP
    """
    if not are_runs(given):
        scenarios: Sequence[Any] = given
        return comparison.compare(*scenarios, draws=draws, seed=seed, jobs=jobs, progress=progress)
    if draws is not None or seed is not None or jobs != 1:
        problem = "runs have their replications and their seed"
        raise UsageError(Problem(problem, got="draws, seed or jobs", expected="exosim.simulate(scenario, seed=...)"))
    return compare_runs(read_runs(given))


def are_runs(given: Sequence[object]) -> bool:
    """Return whether runs are to be compared, rather than scenarios.

    Raises
    ------
    UsageError
        when there are both, or when a file inside the folder of a run is given.
    """
    for value in given:
        if isinstance(value, (str, os.PathLike)) and Path(value).name in _INSIDE and Path(value).is_file():
            expected = f"its folder, {Path(value).parent}"
            raise UsageError(Problem("this is a file of a run", file=str(value), expected=expected))
    runs, scenarios = [v for v in given if _is_run(v)], [v for v in given if not _is_run(v)]
    if runs and scenarios:
        _check_there(scenarios)
        problem, got = "scenarios and runs in time cannot be mixed", f"{_called(scenarios[0])} and {_called(runs[0])}"
        expected = "scenario files alone, or folders of `exosim run` alone"
        raise UsageError(Problem(problem, got=got, expected=expected))
    return bool(runs)


def _check_there(given: Sequence[object]) -> None:
    """Refuse paths at which there is nothing: beside folders of runs, they may be meant as folders."""
    paths = [value for value in given if isinstance(value, (str, os.PathLike)) and value != "-"]
    files = [Path(split_name(os.fspath(path))[0]) for path in paths]
    missing = [path for path, file in zip(paths, files, strict=True) if not file.exists() or file.is_dir()]
    if missing:
        raise FileError([Problem("there is no such file or folder", file=os.fspath(path)) for path in missing])


def _is_run(value: object) -> bool:
    if isinstance(value, (str, os.PathLike)):
        return Path(value).is_dir()
    return isinstance(value, (FacilityResults, SavedRun))


def _called(value: object) -> str:
    """Return what a person calls something to compare."""
    if isinstance(value, (str, os.PathLike)):
        return f"the {'folder' if Path(value).is_dir() else 'file'} {os.fspath(value)}"
    if isinstance(value, Scenario):
        return f"the scenario {value.name}"
    if isinstance(value, (FacilityResults, SavedRun)):
        return "a run"
    return in_words(value)


def read_runs(given: Sequence[object]) -> list[TimedRun]:
    """Return the runs; the problems of all folders that cannot be read are told together.

    Raises
    ------
    FileError
        when a folder is not that of a run in time, for every file in it that is missing or was changed.
    """
    runs: list[TimedRun] = []
    problems: list[Problem] = []
    for value in given:
        try:
            runs.append(_run(value))
        except FileError as error:
            problems += error.problems
    if problems:
        raise FileError(list(dict.fromkeys(problems)))
    return runs


def _run(value: object) -> TimedRun:
    if isinstance(value, FacilityResults):
        return of_results(value)
    if isinstance(value, SavedRun):
        return of_saved(value)
    folder = Path(str(value))
    inside = sorted(child.parent.name for child in folder.glob(f"*/{MANIFEST}"))
    if inside and not (folder / MANIFEST).exists():
        expected = f"one of them, such as {folder / inside[0]}"
        raise FileError(Problem("this folder holds runs and is none", file=str(folder), expected=expected))
    return of_saved(load_run(folder))


def run_all(
    scenarios: Sequence[Scenario],
    replications: int | None = None,
    *,
    seed: int | None = None,
    jobs: int = 1,
    progress: Progress | None = None,
) -> list[TimedRun]:
    """Return a run in time of each scenario, with the seed and number of replications of the first.

    Raises
    ------
    UsageError, ScenarioError, ModelError, LimitError
        as :func:`exosim.simulate`.
    """
    first = scenarios[0]
    used, asked = first.seed if seed is None else seed, first.replications if replications is None else replications
    runs = []
    for number, scenario in enumerate(scenarios):
        told = comparison.part_of(progress, number, len(scenarios))
        with _named(scenario):
            runs.append(of_results(simulate(scenario, asked, seed=used, jobs=jobs, progress=told)))
    return runs


@contextlib.contextmanager
def _named(scenario: Scenario) -> Iterator[None]:
    """Say of which scenario it is that a model cannot go on."""
    try:
        yield
    except ModelError as error:
        place = scenario.source.name + (f"#{scenario.variant}" if scenario.variant else "")
        raise ModelError([replace(problem, file=problem.file or place) for problem in error.problems]) from None
