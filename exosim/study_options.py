"""What the commands of studies share: their options, and the way from a scenario to tables, pictures and words.

A verb is built of four parts, each in its place:

- ``exosim/study/<verb>.py``: ``ask(plan, *, jobs, progress, keep_going)`` returns the result, a ``Framed`` with
  ``name``, ``hash``, ``seed``, ``as_dict()`` and ``remarks()``, and ``failed`` where points may fail (why, by number
  from 0); `plan` is a :class:`exosim.study.plan.Plan`; where that asks much, ``ahead(plan)`` says beforehand how much;
- ``exosim/plots/<verb>_pictures.py``: ``pictures(found)`` yields (name of the file, Axes);
- ``exosim/console_<verb>.py``: ``show(found, paths)`` prints it;
- ``exosim/<verb>_command.py``: the command with the options of its own, which calls :func:`run_study`.

As in :mod:`exosim.cli`, everything heavy is imported where it is used.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import (
    folder_options,
    jobs_option,
    load_scenario,
    note,
    print_json,
    scenario_options,
    show_progress,
    shown_paths,
)
from exosim.errors import printable, shortened
from exosim.whole_numbers import WholeNumber

if TYPE_CHECKING:
    from exosim.folder import Target
    from exosim.study.asked import Request
    from exosim.study.chunk import Failure
    from exosim.study.chunks import Chunks
    from exosim.study.crew import Crew
    from exosim.study.plan import Plan
    from exosim.study.worker_processes import WorkerProcesses


def _factors(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> list[tuple[str, str | None]]:
    """Read the --vary options: PATH=RANGE, or PATH alone."""
    found = []
    for value in values:
        path, sign, text = value.partition("=")
        if not path.strip():
            raise click.BadParameter(f'needs PATH=RANGE, such as "concentrate.flux=15..40 L/m2/h"; got "{value}"')
        found.append((path.strip(), text.strip() if sign else None))
    return found


def _seconds(_context: click.Context, _option: click.Parameter, value: str | None) -> float | None:
    """Read the --time-limit option: a time above 0."""
    if value is None:
        return None
    from exosim.units import QuantityError, parse

    try:
        seconds = parse(value, "s")
    except QuantityError as error:
        raise click.BadParameter(
            f'{error.problem}; got "{shortened(value)}"; expected a time, such as "10 min"'
        ) from None
    if not 0.0 < seconds < math.inf:
        raise click.BadParameter(f'must be above 0, such as "10 min"; got "{shortened(value)}"')
    return seconds


keep_going_option = click.option(
    "--keep-going", is_flag=True, help="Exit with 0 though some points are not possible or could not be computed."
)
worker_options = (
    click.option(
        "--scheduler", metavar="ADDRESS",
        help="Ask the workers of a Dask scheduler, such as tcp://10.0.0.5:8786, instead of --jobs processes here.",
    ),
    click.option(
        "--time-limit", metavar="TIME", callback=_seconds,
        help='Longest that one point may take, such as "10 min"; then it is tried again, and told. Default: no limit.',
    ),
)  # fmt: skip
"""Who answers the points of a study, besides --jobs."""


def study_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the scenario and the options that all studies share; the command hands them on to :func:`run_study`."""
    options = (
        click.option(
            "--vary", "factors", multiple=True, metavar="PATH=RANGE", callback=_factors,
            help='What is moved: "15..40 L/m2/h", "log 1e3..1e5 EV/cell/d", "15..40 L/m2/h step 5", "10, 20 L", '
            '"x0.5..x2" (times what the scenario says), or own (its own distribution); a PATH alone: 5 to 95 % of its '
            "distribution, else its plausible range. Default: [study.factors].",
        ),
        click.option(
            "--response", "responses", multiple=True, metavar="NAME",
            help="What is asked, such as doses or p90(cost_per_dose); may be given several times.",
        ),
        click.option(
            "--engine", type=click.Choice(["kernel", "facility"]), metavar="NAME",
            help="Ask only the kernel or only the facility; default: whichever knows a response.",
        ),
        click.option(
            "--draws", type=WholeNumber(1, 10_000_000), metavar="N", help="Draws of each point in the kernel."
        ),
        click.option(
            "--replications", type=WholeNumber(1, 1_000_000), metavar="N", help="Replications of each point in time."
        ),
        keep_going_option,
        jobs_option,
        *worker_options,
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return scenario_options(folder_options(command))


@dataclass(frozen=True)
class Manner:
    """How a study is done and told, which changes no bit of what it finds.

    Attributes
    ----------
    jobs : processes, this one included
    scheduler : address of a Dask scheduler that is asked instead; None: none
    time_limit : longest that one point may take [s]; None: as long as it takes
    keep_going : whether points without an answer are accepted
    as_begun : whether a scenario file that was edited since is no matter
    as_json, quiet : whether one document, or nothing, is printed
    """

    jobs: int = 1
    scheduler: str | None = None
    time_limit: float | None = None
    keep_going: bool = False
    as_begun: bool = False
    as_json: bool = False
    quiet: bool = False

    @property
    def silent(self) -> bool:
        """Whether neither remarks nor progress are shown."""
        return self.quiet or self.as_json

    @property
    def options(self) -> tuple[str, ...]:
        """What `exosim resume` is told to go on in the same manner."""
        return (
            *(("--jobs", str(self.jobs)) if self.jobs > 1 else ()),
            *(("--scheduler", self.scheduler) if self.scheduler is not None else ()),
            *(("--time-limit", f"{self.time_limit:g} s") if self.time_limit is not None else ()),
            *(("--as-begun",) if self.as_begun else ()),
        )


def run_study(
    verb: str | None, *, scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    jobs: int, scheduler: str | None, time_limit: float | None, keep_going: bool, seed: int | None, out: Path | None,
    overwrite: bool, **given: Any,
) -> None:  # fmt: skip
    """Do what a verb or `[study]` asks: read, ask, write a folder, print.

    Parameters
    ----------
    verb : which; None: that of `[study]`
    given : what takes the place of what `[study]` says, by its keys; None or empty takes none
    """
    manner = Manner(jobs, scheduler, time_limit, keep_going, False, as_json, quiet)
    with helpers_ahead(manner) as helpers:
        from exosim.folder import Target, default_path
        from exosim.study.asked import request_of
        from exosim.study.plan import plan_of

        loaded = load_scenario(scenario, changes, max_file_size)
        given = {**given, "seed": seed}
        plan = plan_of(loaded, verb, given)
        request = request_of(plan, given, scenario, changes, keep_going)
        path = out or default_path(f"{loaded.name}_{plan.verb}", plan.digest, plan.seed)
        target = Target(path, out is not None, request.identity, overwrite)
        carry_out(target, request, plan, manner, helpers)


@contextlib.contextmanager
def helpers_ahead(manner: Manner) -> Iterator[WorkerProcesses | None]:
    """Give processes that begin while this one reads the scenario; None where there are to be none."""
    if manner.jobs == 1 or manner.scheduler is not None:
        yield None
        return
    from exosim.study.crew import begun_ahead

    with begun_ahead(manner.jobs, manner.time_limit) as helpers:
        yield helpers


def carry_out(
    target: Target, request: Request, plan: Plan, manner: Manner, helpers: WorkerProcesses | None = None
) -> None:
    """Do a study in its folder, or go on with it, and print what it found.

    Parameters
    ----------
    helpers : of :func:`helpers_ahead`
    """
    from exosim.interrupt import interrupt_tells, second_one_leaves
    from exosim.study_folder import write_study
    from exosim.study_work import resume_line, working

    module = import_module(f"exosim.study.{plan.verb}")
    said = None if manner.silent else note
    line = resume_line(target.path, manner.options)
    told = f"interrupted; what is finished is safe; go on with: {line}"
    with second_one_leaves(told), working(target, request, plan, said, note, line) as work:
        if said is not None and hasattr(module, "ahead"):
            said(module.ahead(work.plan))
        with _workers(manner, work.chunks, work.died, helpers) as workers, show_progress(manner.silent) as progress:
            found = module.ask(work.plan, jobs=workers, progress=progress, keep_going=True)
            lost = dict(workers.lost)
        pictures = import_module(f"exosim.plots.{plan.verb}_pictures").pictures(found)
        written = work.finish(
            lambda folder: write_study(found, folder, request.identity, dict(pictures), work.plan.scenario)
        )
    paths = shown_paths(target, written)
    with interrupt_tells(f"interrupted; the results are in {printable(str(target.path))}"):
        if manner.as_json:
            print_json(found.as_dict())
        elif not manner.quiet:
            import_module(f"exosim.console_{plan.verb}").show(found, paths)
    if not manner.keep_going:
        _refuse_lost(lost, target.path, manner.as_json)
        _refuse_failures(getattr(found, "failed", {}), target.path, manner.as_json)


@contextlib.contextmanager
def _workers(manner: Manner, chunks: Chunks, isolated: bool, helpers: WorkerProcesses | None) -> Iterator[Crew]:
    """Give who answers: processes of this machine, or those of a scheduler."""
    from exosim.study.crew import crew

    if manner.scheduler is None:
        with crew(helpers or manner.jobs, chunks, time_limit=manner.time_limit, isolated=isolated) as workers:
            yield workers
        return
    from exosim.study.cluster import dask_executor

    with dask_executor(manner.scheduler) as executor, crew(executor, chunks, time_limit=manner.time_limit) as workers:
        yield workers


def _refuse_lost(lost: Mapping[str, Failure], folder: Path, as_json: bool) -> None:
    """Tell of points that could not be computed, when everything else is written."""
    from exosim.errors import ModelError, Problem

    if not lost:
        return
    if as_json:
        click.get_current_context().exit(ModelError.exit_code)
    expected = f"--keep-going to accept that; all the rest is in {folder}"
    raise ModelError([Problem(f"{at}: cannot be computed: {why}", expected=expected) for at, why in lost.items()])


def _refuse_failures(failed: Mapping[int, str], folder: Path, as_json: bool) -> None:
    """Tell of points that were not possible, when everything else is written; a document has told of them already."""
    from exosim.errors import Problem, ScenarioError

    if not failed:
        return
    if as_json:
        click.get_current_context().exit(ScenarioError.exit_code)
    number = min(failed)
    others = f", nor are {len(failed) - 1:,} others" if len(failed) > 1 else ""
    problem = f"point {number + 1:,} is not possible{others}: {failed[number]}"
    raise ScenarioError(Problem(problem, expected=f"--keep-going to accept that; all the rest is in {folder}"))
