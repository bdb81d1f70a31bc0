"""The command `compare`: several scenarios on the same draws.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import draws_option, folder_options, note, print_json, reading_options, show_progress
from exosim.errors import ExosimError, Problem, UsageError, printable

if TYPE_CHECKING:
    from exosim.scenario import Scenario


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True)
@reading_options
@draws_option
@folder_options
def compare(
    files: tuple[str, ...], changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    draws: int | None, seed: int | None, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Which of these: compare the scenarios of all FILEs with the first one, on the same draws.

    A FILE with variants stands for itself and all of them, FILE#NAME for one. Prints the headline figures in which they
    differ, the paired difference to the first with its 95 % interval, and the probability that each is better; writes
    tables and a picture into a folder. --set holds for all of them.
    """
    from exosim.comparison import compare as compared
    from exosim.comparison import comparison_name, labels
    from exosim.folder import Target, default_path, identity_of, writing
    from exosim.picture_folder import write_comparison

    scenarios = _loaded(files, changes, max_file_size)
    used = scenarios[0].seed if seed is None else seed
    name, hash_ = comparison_name(labels(scenarios))
    identity = identity_of("compare", name, hash_, used)
    target = Target(out or default_path(f"{name}_compare", hash_, used), out is not None, identity, overwrite)
    silent = quiet or as_json
    with writing(target, None if silent else note) as folder:
        with warnings.catch_warnings(), show_progress(silent) as progress:
            warnings.simplefilter("ignore", RuntimeWarning)  # what is not finite is reported with a reason
            comparison = compared(*scenarios, draws=draws, seed=used, progress=progress)
        written = write_comparison(comparison, folder, identity)
    paths = [Path(printable(str(target.path / path.name))) for path in written]
    if as_json:
        print_json(comparison.as_dict())
    elif not quiet:
        from exosim.console_spread import print_comparison

        print_comparison(comparison, paths)


def _loaded(files: tuple[str, ...], changes: dict[str, Any], max_file_size: int) -> list[Scenario]:
    """Return the scenarios of all files; the problems of all that cannot be read are told together."""
    from exosim.scenario import load_all

    if sum(file.partition("#")[0] == "-" for file in files) > 1:
        raise UsageError(Problem("standard input can be read once only", expected="files, or - once"))
    loaded: list[Scenario] = []
    failed: list[ExosimError] = []
    for file in files:
        try:
            loaded += load_all(file, changes, maximum_mebibytes=max_file_size)
        except ExosimError as error:
            failed.append(error)
    if failed:
        first = failed[0]
        raise type(first)([p for error in failed if type(error) is type(first) for p in error.problems])
    if len(loaded) < 2:
        expected = "another FILE, or a file with variants"
        raise UsageError(Problem("one scenario alone cannot be compared", got=loaded[0].name, expected=expected))
    return loaded
