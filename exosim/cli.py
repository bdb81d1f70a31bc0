"""The command line: one verb per question.

Everything heavy is imported inside the commands, so that ``exosim --help`` answers at once. Results go to standard
output, errors and progress to standard error.
"""

from __future__ import annotations

import contextlib
import os
import sys
import traceback
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.bottleneck_command import bottleneck
from exosim.certificate_command import certificate
from exosim.command_options import (
    draws_option,
    folder_options,
    jobs_option,
    load_scenario,
    nested_option,
    note,
    precision_option,
    print_json,
    scenario_options,
    show_progress,
    shown_paths,
)
from exosim.compare_command import compare
from exosim.cost_command import cost
from exosim.errors import (
    INTERRUPTED,
    ExosimError,
    FileError,
    LimitError,
    ModelError,
    Problem,
    UsageError,
    printable,
    shortened,
    unknown,
)
from exosim.explain_command import explain
from exosim.front_command import front
from exosim.interrupt import is_interrupt
from exosim.profile_command import profile
from exosim.report_command import report
from exosim.resume_command import resume
from exosim.scale_command import scale
from exosim.sensitivity_command import sensitivity
from exosim.space_command import space
from exosim.study_command import study
from exosim.sweep_command import sweep
from exosim.target_command import target
from exosim.version import __version__
from exosim.whole_numbers import WholeNumber
from exosim.why_command import why
from exosim.word_commands import cite, describe, new, schema

if TYPE_CHECKING:
    from exosim.precision import Precision
    from exosim.scenario import Scenario

_BUG = 1
_FEWER = {
    "yield": "fewer draws: --draws N",
    "compare": "fewer draws: --draws N",
    "report": "fewer draws: --draws N",
    "bottleneck": "fewer processes (--jobs N), fewer batches or a shorter horizon",
    "cost": "fewer processes (--jobs N), fewer batches or a shorter horizon",
    "scale": "fewer processes (--jobs N), fewer draws (--draws N) or fewer finalists (--confirm N)",
    **dict.fromkeys(
        ("sweep", "sensitivity", "space", "front", "target", "study"),
        "fewer draws (--draws N) or fewer processes (--jobs N)",
    ),
    "run": "fewer processes (--jobs N), fewer batches or a shorter horizon",
    "resume": "fewer processes: --jobs N",
}
"""What needs less memory, by command."""
_EXITS = """\b
Exit codes: 0 fine · 1 a bug in exosim · 2 usage · 3 scenario invalid · 4 the model
cannot go on · 5 files · 6 a limit refused · 7 checkpoint refused · 130 interrupted"""


class _Group(click.Group):
    """A group that suggests the command that was meant."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and not name.startswith("-") and self.get_command(ctx, name) is None:
            raise UsageError(unknown("command", name, sorted(self.commands)))
        return super().resolve_command(ctx, args)


@click.group(cls=_Group, epilog=_EXITS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="exosim")
def cli() -> None:
    """Simulate how exosomes and other extracellular vesicles are manufactured.

    A scenario file describes the process; each command answers one question about it.

    \b
    exosim check scenarios/msc_hollow_fiber.toml          is it right, and where do its numbers come from?
    exosim yield scenarios/msc_hollow_fiber.toml          how many vesicles and doses, how pure, how sure?
    exosim compare scenarios/more_doses.toml              which of these, by how much, and how surely?
    exosim run scenarios/msc_hollow_fiber.toml            when do doses leave the facility, and what holds them back?
    exosim bottleneck scenarios/msc_hollow_fiber.toml     what would one more unit, person or shift bring?
    exosim cost results/base                              what does a dose cost, and what is that made of?
    exosim scale scenarios/scale_out.toml                 which technology is the cheapest at which demand?
    exosim study scenarios/msc_hollow_fiber.toml          what does the file itself ask, in [study]?
    exosim sweep scenarios/msc_hollow_fiber.toml          what is each decision worth, and where is the best of all?
    exosim sensitivity scenarios/msc_hollow_fiber.toml    what does the answer hang on that nobody knows?
    exosim space mine.toml --vary A=1..9 --vary B=2..5    where are all limits met together, and how surely?
    exosim front scenarios/msc_hollow_fiber.toml          which settings are the best trade-offs?
    exosim target mine.toml --goal "doses >= 1000"        what must be true for that?
    exosim resume results/base_sweep-1f3c09aa-s7          where was a study interrupted? It goes on from there
    exosim explain scenarios/msc_hollow_fiber.toml doses  where does a number come from?
    exosim why results/base 2                             why did lot 2 take so long, and where did it go?
    exosim report results/base                            what do I send to those who ask?
    exosim certificate results/base 2                     what would a client get with lot 2?
    """  # noqa: D301 - click takes the \\b for "leave these lines as they are"


@cli.command()
@scenario_options
def check(scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int) -> None:
    """Check SCENARIO and list every parameter with its value, source and grade.

    All problems are reported at once, each with its line, those of all variants and their combinations included.
    SCENARIO may be - for standard input, here and elsewhere, FILE#NAME for one variant of a file, and FILE#ONE+OTHER
    for variants of different axes.
    """
    from exosim.plugin_trial import with_remarks
    from exosim.scenario import load_all

    loaded, *variants = map(with_remarks, load_all(scenario, changes, maximum_mebibytes=max_file_size))
    if loaded.declarations.study is not None or any(variant.declarations.study is not None for variant in variants):
        from exosim.study.declared import check_studies

        check_studies(loaded, variants)
    combined = [] if loaded.variant else list(loaded.combinations().values())
    if as_json:
        print_json(_checked(loaded, variants, combined))
    elif not quiet:
        from exosim.console import print_check

        print_check(loaded, variants, combined)


@cli.command("yield")
@scenario_options
@draws_option
@nested_option
@precision_option
@jobs_option
@click.option(
    "--keep",
    type=WholeNumber(min=1),
    metavar="N",
    help="Of how many draws everything is kept; the rest is only summed up. Default: 131,072.",
)
@click.option("--lanes", is_flag=True, help="Write the headlines and attributes on all draws, as lanes/.")
@folder_options
def yield_(
    scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    draws: int | None, nested: tuple[int, int, int] | None, precision: Precision,
    jobs: int, keep: int | None, lanes: bool,
    seed: int | None, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """How many vesicles and doses SCENARIO gives, how pure, where the losses are, and how sure that is.

    Prints the headline figures and a table of all steps (median and 5 to 95 % interval), and writes tables and pictures
    into a folder. The figures are those of a started batch that does not fail.
    """
    from exosim.folder import Target, default_path, identity_of, writing
    from exosim.lane_files import LANES
    from exosim.picture_folder import write_yield
    from exosim.simulation import evaluate

    loaded = load_scenario(scenario, changes, max_file_size)
    used = loaded.seed if seed is None else seed
    screened = {} if precision == "float64" else {"precision": precision}
    identity = {**identity_of("yield", loaded.name, loaded.hash, used), **screened}
    path = out or default_path("_".join((loaded.name, *screened.values())), loaded.hash, used)
    target = Target(path, out is not None, identity, overwrite)
    silent = quiet or as_json
    with writing(target, None if silent else note) as folder:
        with warnings.catch_warnings(), show_progress(silent) as progress:
            warnings.simplefilter("ignore", RuntimeWarning)  # what is not finite is reported with a reason
            yields = evaluate(
                loaded, draws, seed=used, nested=nested, precision=precision, jobs=jobs, keep=keep,
                lanes=folder / LANES if lanes else None, progress=progress,
            )  # fmt: skip
        written = write_yield(yields, folder, identity)
    paths = shown_paths(target, written)
    if as_json:
        print_json(yields.as_dict())
    elif not quiet:
        from exosim.console import print_yields

        print_yields(yields, paths)


def _half_widths(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """Read the --half-width options: NAME=WIDTH."""
    asked: dict[str, str] = {}
    for value in values:
        name, sign, width = value.partition("=")
        if not sign or not name.strip():
            raise click.BadParameter(f'needs NAME=WIDTH, such as doses_per_year=5%; got "{shortened(value)}"')
        asked[name.strip()] = width.strip()
    return asked


@cli.command()
@scenario_options
@click.option(
    "--replications",
    type=WholeNumber(min=1),
    metavar="N",
    help="Number of replications; default: as in the scenario. With --half-width the most; default: 1,000,000.",
)
@click.option(
    "--half-width",
    multiple=True,
    metavar="NAME=WIDTH",
    callback=_half_widths,
    help="Add replications until the 95 % half-width of the mean of an indicator is met, such as doses_per_year=5% or "
    "lead_time=10h; may be given several times.",
)
@jobs_option
@click.option("--parquet", is_flag=True, help="Write the event logs of all replications, as events.parquet.")
@folder_options
def run(
    scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    replications: int | None, half_width: dict[str, str], jobs: int, parquet: bool,
    seed: int | None, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """When batches and doses leave the facility of SCENARIO, and what holds them back.

    Runs the campaign over its horizon in simulated time, with equipment, people, shifts, holds and failures, once for
    each replication. Prints indicators with their 95 % interval over replications, and writes tables, the event log of
    the first replication and pictures into a folder.
    """
    from exosim.event_files import EVENTS, check_extra
    from exosim.folder import Target, default_path, identity_of, writing
    from exosim.picture_folder import write_run_folder, write_stopped
    from exosim.replications import simulate
    from exosim.stopping import read_half_widths

    read_half_widths(half_width)
    if parquet:
        check_extra()
    loaded = load_scenario(scenario, changes, max_file_size)
    used = loaded.seed if seed is None else seed
    identity = identity_of("run", loaded.name, loaded.hash, used)
    path = out or default_path(f"{loaded.name}_run", loaded.hash, used)
    target = Target(path, out is not None, identity, overwrite)
    silent = quiet or as_json
    stopped: ModelError | None = None
    with writing(target, None if silent else note) as folder:
        try:
            with show_progress(silent) as progress:
                results = simulate(
                    loaded, replications, seed=used, jobs=jobs, progress=progress, half_width=half_width,
                    events=folder / EVENTS if parquet else None,
                )  # fmt: skip
            written = write_run_folder(results, folder, identity)
        except ModelError as error:
            if not error.log:
                raise
            stopped, written = error, [write_stopped(error, folder, identity)]
    if stopped is not None:
        if not silent:
            note(f"the events up to then: {printable(str(target.path / written[0].name))}")
        raise stopped
    paths = shown_paths(target, written)
    if as_json:
        print_json(results.as_dict())
    elif not quiet:
        from exosim.console import print_run

        print_run(results, paths)


for _command in (
    bottleneck, certificate, cite, compare, cost, describe, explain, front, new, profile, report, resume, scale, schema,
    space, sensitivity, study, sweep, target, why,
):  # fmt: skip
    cli.add_command(_command)


def _checked(scenario: Scenario, variants: Sequence[Scenario], combined: Sequence[Scenario]) -> dict[str, Any]:
    """Return the JSON document of `check`."""
    import dataclasses

    ledger = scenario.ledger()
    return {
        "form": "exosim.check/1",
        "version": __version__,
        "scenario": {"name": scenario.name, "hash": scenario.hash},
        "warnings": list(scenario.warnings),
        "variants": [{"name": v.name, "hash": v.hash, "warnings": list(v.warnings)} for v in variants],
        "combinations": [{"name": c.name, "hash": c.hash, "title": c.title} for c in combined],
        "ledger": {"headline": ledger.headline(), **ledger.counts(), "lines": [dataclasses.asdict(x) for x in ledger]},
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; nothing but a bug in exosim shows a traceback."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    _prepare_streams()
    try:
        code = cli.main(args=given, prog_name="exosim", standalone_mode=False)
        sys.stdout.flush()
        return code if isinstance(code, int) else 0
    except click.exceptions.Exit as error:
        return error.exit_code
    except (BrokenPipeError, SystemExit):  # rich turns a pipe that nobody reads any more into SystemExit
        _silence_stdout()
        return 0
    except (KeyboardInterrupt, click.exceptions.Abort) as error:
        interrupt = error.__cause__ or error  # click wraps the one that was raised, which may tell what is safe
        click.echo(str(interrupt) or "interrupted; nothing was written", err=True)
        return INTERRUPTED
    except Exception as error:
        if is_interrupt(error):
            click.echo("interrupted; nothing was written", err=True)
            return INTERRUPTED
        return _failed(error, given)


def _failed(error: Exception, arguments: Sequence[str]) -> int:
    """Report what ended a command: a problem that a person can act on, or the traceback of a bug."""
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        click.echo(error.format_message(), err=True)
        return UsageError.exit_code
    if isinstance(error, ExosimError):
        return _report(error, arguments)
    if isinstance(error, click.ClickException):
        return _report(_usage_error(error), arguments)
    if isinstance(error, OSError) and error.filename is None:  # files have names; the output has none
        _silence_stdout()
        return _report(FileError(Problem(f"cannot be written: {error.strerror or error}", file="standard output")), ())
    if isinstance(error, OSError):
        problem = Problem(f"cannot read or write: {error.strerror or error}", file=str(error.filename))
        return _report(FileError(problem), arguments)
    if isinstance(error, MemoryError):
        fewer = next((_FEWER[command] for command in arguments if command in _FEWER), "a smaller scenario")
        return _report(LimitError(Problem("there is not enough memory", expected=fewer)), arguments)
    traceback.print_exception(error)
    click.echo("this is a bug in exosim: please report it with the lines above", err=True)
    return _BUG


def _prepare_streams() -> None:
    """Let no character be too strange to print, and give a closed stream something to write to."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, os.O_WRONLY), "w", encoding="utf-8"))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def _silence_stdout() -> None:
    """Send what is still in the buffer nowhere, so that leaving Python does not fail on it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _usage_error(error: click.ClickException) -> UsageError:
    """Return a click error as ours, with the nearest option when one was misspelled."""
    if isinstance(error, click.NoSuchOption):
        nearest = next(iter(error.possibilities or ()), None)
        return UsageError(Problem(f'no such option "{shortened(error.option_name, 60)}"', nearest=nearest))
    if isinstance(error, click.BadParameter) and error.param is not None and error.message:
        problem = error.message.rstrip(".").replace("a valid integer range", "a whole number")
        return UsageError(Problem(shortened(problem, 300), path=error.param.opts[0]))
    return UsageError(Problem(shortened(error.format_message().rstrip("."), 300)))


def _report(error: ExosimError, arguments: Sequence[str]) -> int:
    """Print an error: as text to standard error, with --json as one document to standard output."""
    if "--json" in arguments:
        document = {"form": "exosim.error/1", "problems": [problem.as_dict() for problem in error.problems]}
        try:
            print_json(document)
            return error.exit_code
        except OSError:  # a full disk or a closed pipe changes no exit code
            _silence_stdout()
    lines = [*str(error).splitlines(), *(['try "exosim --help"'] if isinstance(error, UsageError) else [])]
    with contextlib.suppress(OSError):
        for line in lines:
            click.echo(line, err=True)
    return error.exit_code
