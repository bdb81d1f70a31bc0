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

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

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
from exosim.whole_numbers import WholeNumber


def _factors(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> list[tuple[str, str | None]]:
    """Read the --vary options: PATH=RANGE, or PATH alone."""
    found = []
    for value in values:
        path, sign, text = value.partition("=")
        if not path.strip():
            raise click.BadParameter(f'needs PATH=RANGE, such as "concentrate.flux=15..40 L/m2/h"; got "{value}"')
        found.append((path.strip(), text.strip() if sign else None))
    return found


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
        click.option("--keep-going", is_flag=True, help="Exit with 0 though some points are not possible."),
        jobs_option,
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return scenario_options(folder_options(command))


def run_study(
    verb: str | None, *, scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    jobs: int, keep_going: bool, seed: int | None, out: Path | None, overwrite: bool, **given: Any,
) -> None:  # fmt: skip
    """Do what a verb or `[study]` asks: read, ask, write a folder, print.

    Parameters
    ----------
    verb : which; None: that of `[study]`
    given : what takes the place of what `[study]` says, by its keys; None or empty takes none
    """
    from exosim.folder import Target, default_path, identity_of, writing
    from exosim.study.plan import plan_of
    from exosim.study_folder import write_study

    loaded = load_scenario(scenario, changes, max_file_size)
    plan = plan_of(loaded, verb, {**given, "seed": seed})
    identity = {**identity_of(plan.verb, loaded.name, loaded.hash, plan.seed), "study": plan.digest}
    path = out or default_path(f"{loaded.name}_{plan.verb}", plan.digest, plan.seed)
    target = Target(path, out is not None, identity, overwrite)
    silent = quiet or as_json
    module = import_module(f"exosim.study.{plan.verb}")
    with writing(target, None if silent else note) as folder:
        if not silent and hasattr(module, "ahead"):
            note(module.ahead(plan))
        with show_progress(silent) as progress:
            found = module.ask(plan, jobs=jobs, progress=progress, keep_going=True)
        pictures = import_module(f"exosim.plots.{plan.verb}_pictures").pictures(found)
        written = write_study(found, folder, identity, dict(pictures), loaded)
    paths = shown_paths(target, written)
    if as_json:
        print_json(found.as_dict())
    elif not quiet:
        import_module(f"exosim.console_{plan.verb}").show(found, paths)
    if not keep_going:
        _refuse_failures(getattr(found, "failed", {}), target.path, as_json)


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
