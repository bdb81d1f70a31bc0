"""The command `compare`: several scenarios on the same draws, or several runs in time on the same replications.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import (
    draws_option,
    folder_options,
    jobs_option,
    note,
    print_json,
    reading_options,
    show_progress,
    shown_paths,
)
from exosim.errors import ExosimError, FileError, Problem, UsageError
from exosim.whole_numbers import WholeNumber

if TYPE_CHECKING:
    from exosim.folder import Target
    from exosim.run_comparison.timed_runs import TimedRun
    from exosim.scenario import Scenario


@dataclass(frozen=True)
class _Asked:
    """What the command line asks for; options as in the command."""

    files: tuple[str, ...]
    changes: dict[str, Any]
    as_json: bool
    quiet: bool
    max_file_size: int
    run: bool
    draws: int | None
    replications: int | None
    resources: bool
    jobs: int
    seed: int | None
    out: Path | None
    overwrite: bool

    @property
    def silent(self) -> bool:
        return self.quiet or self.as_json


@click.command()
@click.argument("files", metavar="FILE_OR_RUN...", nargs=-1, required=True)
@reading_options
@click.option("--run", is_flag=True, help="Run the scenarios in time first, and compare what leaves the facility.")
@draws_option
@click.option(
    "--replications",
    type=WholeNumber(min=1),
    metavar="N",
    help="With --run: number of replications; default: as in the first scenario.",
)
@click.option("--resources", is_flag=True, help="Of runs: print the indicators by equipment, role and procedure too.")
@jobs_option
@folder_options
def compare(**options: Any) -> None:
    """Which of these: compare scenarios with the first one on the same draws, or runs in time with the first one.

    Give scenario files: a FILE with variants stands for itself and all of them, FILE#NAME for one; --set
    holds for each that has what it names.
    Or give the folders that exosim run wrote: they are paired by replication where they have one seed. With --run,
    scenario files are run in time first.

    Prints the figures in which they differ, the paired difference to the first with its 95 % interval, and the
    probability that each is better; writes tables and a picture into a folder.
    """
    from exosim.comparing import are_runs

    asked = _Asked(**options)
    folders = are_runs(asked.files)
    _refuse_what_has_no_meaning(asked, folders)
    if folders:
        _compare_folders(asked)
    elif asked.run:
        _compare_in_time(asked)
    else:
        _compare_yields(asked)


def _refuse_what_has_no_meaning(asked: _Asked, folders: bool) -> None:
    """Refuse options that belong to another kind of comparison, all of them at once."""
    given = {
        "--set": bool(asked.changes), "--run": asked.run, "--seed": asked.seed is not None, "--jobs": asked.jobs != 1,
        "--draws": asked.draws is not None, "--replications": asked.replications is not None,
        "--resources": asked.resources,
    }  # fmt: skip
    if folders:
        why, expected, odd = "the runs are over", "scenario files", list(given)[:-1]
    elif asked.run:
        why, expected, odd = "this is a comparison in time", "--replications N", ["--draws"]
    else:
        why, expected, odd = "this is a comparison on draws", "--run beside it", ["--replications", "--resources"]
    wrong = [option for option in odd if given[option]]
    if wrong:
        problem = f"has no meaning here: {why}"
        raise UsageError([Problem(problem, path=option, expected=expected) for option in wrong])


def _compare_yields(asked: _Asked) -> None:
    from exosim.comparison import compare as compared
    from exosim.comparison import comparison_name, labels
    from exosim.folder import identity_of, writing
    from exosim.picture_folder import write_comparison

    scenarios = _loaded(asked)
    used = scenarios[0].seed if asked.seed is None else asked.seed
    name, hash_ = comparison_name(labels(scenarios))
    target = _target(asked, f"{name}_compare", identity_of("compare", name, hash_, used))
    with writing(target, None if asked.silent else note) as folder:
        with warnings.catch_warnings(), show_progress(asked.silent) as progress:
            warnings.simplefilter("ignore", RuntimeWarning)  # what is not finite is reported with a reason
            comparison = compared(*scenarios, draws=asked.draws, seed=used, jobs=asked.jobs, progress=progress)
        written = write_comparison(comparison, folder, dict(target.identity))
    if asked.as_json:
        print_json(comparison.as_dict())
    elif not asked.quiet:
        from exosim.console_spread import print_comparison

        print_comparison(comparison, shown_paths(target, written))


def _compare_in_time(asked: _Asked) -> None:
    """Run scenarios in time and compare what leaves the facility."""
    from exosim.comparing import run_all
    from exosim.comparison import comparison_name, labels
    from exosim.folder import identity_of

    scenarios = _loaded(asked)
    used = scenarios[0].seed if asked.seed is None else asked.seed
    name, hash_ = comparison_name(labels(scenarios))
    target = _target(asked, f"{name}_compare_runs", identity_of("compare --run", name, hash_, used))

    def runs() -> list[TimedRun]:
        with show_progress(asked.silent) as progress:
            return run_all(scenarios, asked.replications, seed=used, jobs=asked.jobs, progress=progress)

    _write_runs(asked, target, runs)


def _compare_folders(asked: _Asked) -> None:
    """Compare runs that lie in folders."""
    from exosim.comparing import read_runs
    from exosim.folder import identity_of
    from exosim.run_comparison.comparison import compare_runs, run_comparison_name

    runs = read_runs(asked.files)
    own = [file for file in asked.files if asked.out is not None and asked.out.resolve() == Path(file).resolve()]
    if own:
        raise FileError(Problem("this is one of the runs", file=own[0], path="--out", expected="another folder"))
    name, hash_, seed = run_comparison_name(compare_runs(runs))
    target = _target(asked, f"{name}_compare_runs", identity_of("compare", name, hash_, seed))
    _write_runs(asked, target, lambda: runs)


def _write_runs(asked: _Asked, target: Target, runs: Callable[[], list[TimedRun]]) -> None:
    from exosim.folder import writing
    from exosim.picture_folder import write_run_comparison
    from exosim.run_comparison.comparison import compare_runs

    with writing(target, None if asked.silent else note) as folder:
        comparison = compare_runs(runs())
        written = write_run_comparison(comparison, folder, dict(target.identity))
    if asked.as_json:
        print_json(comparison.as_dict())
    elif not asked.quiet:
        from exosim.console_runs import print_run_comparison

        print_run_comparison(comparison, shown_paths(target, written), asked.resources)


def _target(asked: _Asked, name: str, identity: dict[str, Any]) -> Target:
    from exosim.folder import Target, default_path

    path = asked.out or default_path(name, identity["hash"], identity["seed"])
    return Target(path, asked.out is not None, identity, asked.overwrite)


def _loaded(asked: _Asked) -> list[Scenario]:
    """Return the scenarios of all files; the problems of all that cannot be read are told together."""
    from exosim.scenario import load_all

    if sum(file.partition("#")[0] == "-" for file in asked.files) > 1:
        raise UsageError(Problem("standard input can be read once only", expected="files, or - once"))
    loaded: list[Scenario] = []
    failed: list[ExosimError] = []
    for file in asked.files:
        try:
            loaded += load_all(file, asked.changes, maximum_mebibytes=asked.max_file_size)
        except ExosimError as error:
            failed.append(error)
    if failed:
        first = failed[0]
        raise type(first)([p for error in failed if type(error) is type(first) for p in error.problems])
    if len(loaded) < 2:
        expected = "another FILE, or a file with variants"
        raise UsageError(Problem("one scenario alone cannot be compared", got=loaded[0].name, expected=expected))
    return loaded
