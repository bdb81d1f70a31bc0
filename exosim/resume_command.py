"""The command `resume`: go on with a study that was interrupted, or check what is there.

As in :mod:`exosim.cli`, everything heavy is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import jobs_option, note, print_json
from exosim.errors import CheckpointError, FileError, Problem, printable
from exosim.study_options import Manner, carry_out, helpers_ahead, keep_going_option, worker_options

if TYPE_CHECKING:
    from exosim.study.asked import Request


def _options(command: Callable[..., None]) -> Callable[..., None]:
    options = (
        jobs_option,
        *worker_options,
        keep_going_option,
        click.option(
            "--as-begun", is_flag=True, help="Go on with what was begun though the scenario file was edited since."
        ),
        click.option("--check", is_flag=True, help="Only verify every file that is there; change nothing."),
        click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON document."),
        click.option("--quiet", is_flag=True, help="Print no tables and no progress."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@_options
def resume(folder: Path, check: bool, **options: Any) -> None:
    """Go on with the study of DIR, which was interrupted, as if it never had been.

    What is finished is read, what was damaged is asked again, and the results are the same to the last bit, whatever
    --jobs was and is. A study that is finished and whole is left alone; one of which a file was lost or damaged is done
    again.
    """
    from exosim.study_check import is_unfinished, refuse_foreign

    manner = Manner(**options)
    if not folder.exists():
        raise FileError(Problem("there is no such folder", file=str(folder), expected="the folder of a study"))
    refuse_foreign(folder)
    if check:
        _check(folder, manner)
        return
    _refuse_store(folder)
    if is_unfinished(folder):
        _go_on(folder, manner)
    else:
        _repair(folder, manner)


def _check(folder: Path, manner: Manner) -> None:
    """Say how much of a folder is whole; refuse it where anything is not."""
    from exosim.study_check import checked

    found = checked(folder)
    if found.problems:
        raise CheckpointError(found.problems)
    if manner.as_json:
        counts = {"chunks": found.chunks, "points": found.points, "files": found.files}
        print_json({"form": "exosim.resume/1", "folder": str(folder), **counts})
    elif not manner.quiet:
        click.echo(f"{_shown(folder)}: nothing is damaged: {found}")


def _refuse_store(folder: Path) -> None:
    from exosim.study.resumable import STORE

    if (folder / STORE).exists():
        problem = "the folder is one of a script, which alone knows what it asks"
        raise FileError(Problem(problem, file=str(folder), expected="to run the script again: it goes on"))


def _go_on(folder: Path, manner: Manner) -> None:
    """Go on with an unfinished study."""
    from exosim.study.asked import read_request
    from exosim.study_work import UNFINISHED

    place = folder / UNFINISHED
    _carry_out(folder, place, read_request(place), manner)


def _repair(folder: Path, manner: Manner) -> None:
    """Leave a finished study alone where it is whole; else do it again."""
    from exosim.study.asked import ANEW, ASKED, read_request
    from exosim.study_check import damaged

    problems = damaged(folder)
    if not problems:
        _tell_finished(folder, manner)
        return
    if not (folder / ASKED).exists() or any(Path(str(one.file)).name in _NEEDED for one in problems):
        head = Problem("nobody knows any more what this study was asked", file=str(folder), expected=ANEW)
        raise CheckpointError([head, *problems])
    _carry_out(folder, folder, read_request(folder), manner, problems)


_NEEDED = ("asked.json", "scenario.json")
"""Without which nobody knows what a study asked."""


def _tell_finished(folder: Path, manner: Manner) -> None:
    """Say that nothing is left to do, and put away what a kill between the last two moves left."""
    from exosim.folder import Target, reserved
    from exosim.study.asked import ASKED, plan_in, read_request
    from exosim.study.edited import refuse_edited
    from exosim.study.study_files import DOCUMENT
    from exosim.study_work import UNFINISHED, put_away

    if (folder / ASKED).exists() and not manner.as_begun:
        request = read_request(folder)
        refuse_edited(request, plan_in(folder, request), folder)
    if (folder / UNFINISHED).is_dir():
        with reserved(Target(folder, True, {}), None if manner.silent else note) as (place, _):
            put_away(place)
    if manner.as_json:
        click.echo((folder / DOCUMENT).read_bytes(), nl=False)
    elif not manner.quiet:
        click.echo(f"{_shown(folder)}: the study is finished and whole; nothing is left to do")


def _carry_out(folder: Path, place: Path, request: Request, manner: Manner, lost: Sequence[Problem] = ()) -> None:
    """Go on with a study, or do it again because of files that are lost, unless that is to be refused."""
    from exosim.folder import Target
    from exosim.study.asked import plan_in, refuse_other_numbers
    from exosim.study.edited import refuse_edited

    refuse_other_numbers(request, folder)
    with helpers_ahead(manner) as helpers:
        plan = plan_in(place, request)
        if not manner.as_begun:
            refuse_edited(request, plan, folder)
        for problem in () if manner.silent else lost:
            note(f"{printable(str(problem.file))}: {problem.problem}; the study is done again")
        accepted = replace(manner, keep_going=manner.keep_going or request.keep_going)
        carry_out(Target(folder, True, request.identity, bool(lost)), request, plan, accepted, helpers)


def _shown(folder: Path) -> str:
    return printable(str(folder))
