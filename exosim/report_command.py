"""The command `report`: a run as one page that can be sent to a client.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import (
    draws_option,
    jobs_option,
    load_scenario,
    note,
    print_json,
    reading_options,
    show_progress,
)
from exosim.errors import Problem, UsageError, printable
from exosim.limits import LARGEST_SEED
from exosim.whole_numbers import WholeNumber

if TYPE_CHECKING:
    from exosim.saved import Saved


@click.command()
@click.argument("run", metavar="RUN")
@reading_options
@draws_option
@jobs_option
@click.option(
    "--seed",
    type=WholeNumber(0, LARGEST_SEED),
    metavar="N",
    help="Seed of the random values; default: as in the scenario.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The page; default: RUN.html beside the folder, or results/<name>-<hash>-s<seed>.html.",
)
@click.option("--overwrite", is_flag=True, help="Replace a file that is there.")
def report(
    run: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    draws: int | None, jobs: int, seed: int | None, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Write RUN as one HTML page: the answer in three lines, and all that it rests on.

    RUN is a folder of exosim yield or exosim run, or a scenario file, whose yield is drawn first. The page needs
    nothing else: it opens offline, prints well and can be sent. It has pictures, every figure with its interval, every
    parameter with source and grade, the balance audit, the checklist STRESS-DES, hashes, and the commands that do it
    again. --set, --draws, --jobs and --seed are for scenario files.
    """
    from exosim.telling.page_file import check_place, write_page
    from exosim.telling.report import report as told
    from exosim.telling.report_file import default_place, saved_results

    folder = Path(run)
    if folder.is_dir():
        _refuse({"--set": bool(changes), "--draws": draws is not None, "--jobs": jobs > 1, "--seed": seed is not None})
        place = check_place(out or default_place(folder), overwrite)
        from exosim.saved import load_saved

        saved = load_saved(folder)
        _tell(saved, write_page(told(saved), place, overwrite), as_json, quiet)
        return
    from exosim.folder import default_path
    from exosim.simulation import evaluate

    loaded = load_scenario(run, changes, max_file_size)
    used = loaded.seed if seed is None else seed
    place = check_place(out or default_place(default_path(loaded.name, loaded.hash, used)), overwrite)
    with show_progress(quiet or as_json) as progress:
        yields = evaluate(loaded, draws, seed=used, jobs=jobs, progress=progress)
    with saved_results(yields) as saved:
        _tell(saved, write_page(told(saved), place, overwrite), as_json, quiet)


def _refuse(given: dict[str, bool]) -> None:
    """Refuse options that have no meaning for a run that is over."""
    wrong = [option for option, is_given in given.items() if is_given]
    if wrong:
        problem = "has no meaning here: the run is over"
        raise UsageError([Problem(problem, path=option, expected="a scenario file") for option in wrong])


def _tell(saved: Saved, place: Path, as_json: bool, quiet: bool) -> None:
    """Print the answer and where the page stands."""
    from exosim.telling.answers import answer
    from exosim.telling.report_file import document

    if as_json:
        print_json(document(saved, place))
    elif not quiet:
        for line in answer(saved):
            click.echo(printable(str(line)))
        click.echo(printable(str(place)))
    if not (quiet or as_json) and saved.document["warnings"]:
        note(f"{len(saved.document['warnings'])} remarks of the run stand in the report")
