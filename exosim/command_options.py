"""What the commands of the command line share: options, loading, and how they print.

As in :mod:`exosim.cli`, everything heavy is imported where it is used.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.errors import printable, shortened
from exosim.limits import LARGEST_SEED, MOST_JOBS
from exosim.whole_numbers import WholeNumber, plain_digits

if TYPE_CHECKING:
    from exosim.folder import Target
    from exosim.scenario import Scenario

_SHOW_PROGRESS_AFTER = 1.0  # seconds
_LONGEST_COUNT = 18  # digits


def _assignment(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> dict[str, Any]:
    """Read the --set options: KEY=VALUE, where the value is TOML or plain text."""
    changes: dict[str, Any] = {}
    for value in values:
        key, sign, text = value.partition("=")
        if not sign or not key.strip():
            raise click.BadParameter(f'needs KEY=VALUE, such as concentrate.flux="35 L/m2/h"; got "{shortened(value)}"')
        changes[key.strip()] = _value(text.strip())
    return changes


def _value(text: str) -> Any:
    """Return what `text` is in TOML: one value and nothing besides; else the text itself."""
    import tomllib

    try:
        read = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    return read["value"] if len(read) == 1 else text


def scenario_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the scenario and the options of every command that reads one."""
    return click.argument("scenario", metavar="SCENARIO")(reading_options(command))


def reading_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of every command that reads scenarios."""
    at_least_one = WholeNumber(min=1)
    replace = "Replace a value, by its path; may be given several times."
    options = (
        click.option("--set", "changes", multiple=True, metavar="KEY=VALUE", callback=_assignment, help=replace),
        click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON document."),
        click.option("--quiet", is_flag=True, help="Print no tables and no progress."),
        click.option(
            "--max-file-size", type=at_least_one, default=16, show_default=True, metavar="MIB",
            help="Refuse larger scenario files.",
        ),
    )  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


def folder_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of commands that draw random values and write a folder."""
    options = (
        click.option(
            "--seed",
            type=WholeNumber(0, LARGEST_SEED),
            metavar="N",
            help="Seed of the random values; default: as in the scenario.",
        ),
        click.option(
            "--out",
            type=click.Path(path_type=Path),
            metavar="DIR",
            help="Folder for the results; default: results/<name>-<hash>-s<seed>.",
        ),
        click.option("--overwrite", is_flag=True, help="Replace a folder that holds something else."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def page_options(default: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what adds the options of commands that write one page; `default` is where it goes, in words."""

    def added(command: Callable[..., None]) -> Callable[..., None]:
        out = click.option(
            "--out", type=click.Path(path_type=Path), metavar="FILE", help=f"File of the page; default: {default}."
        )
        return out(click.option("--overwrite", is_flag=True, help="Replace a file that is there.")(command))

    return added


draws_option = click.option(
    "--draws", type=WholeNumber(min=1), metavar="N", help="Number of draws; default: as in the scenario."
)

jobs_option = click.option(
    "--jobs", type=WholeNumber(1, MOST_JOBS), metavar="N", default=1, help="Processes; default: 1."
)


precision_option = click.option(
    "--precision",
    type=click.Choice(["float64", "float32"]),
    default="float64",
    show_default=True,
    help="float32 screens in about two thirds of the time and prints how far it lies from float64.",
)


def _nested(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[int, int, int] | None:
    """Read the --nested option: three whole numbers with an x between them."""
    if value is None:
        return None
    parts = [plain_digits(part.strip()) for part in value.lower().split("x")]
    if len(parts) != 3 or not all(part.isdecimal() and part.isascii() and int(part[:9]) for part in parts):
        raise click.BadParameter(f'needs WORLDSxDONORSxBATCHES, such as 1000x4x5; got "{shortened(value)}"')
    if max(map(len, parts)) > _LONGEST_COUNT:
        raise click.BadParameter(f'more than can be counted; got "{shortened(value)}"')
    worlds, donors, batches = map(int, parts)
    return worlds, donors, batches


nested_option = click.option(
    "--nested",
    metavar="WxDxB",
    callback=_nested,
    help="Instead of --draws: worlds, donors in each world and batches of each donor, such as 1000x4x5.",
)


def load_scenario(path: str, changes: dict[str, Any], max_file_size: int) -> Scenario:
    """Read and check a scenario with the values of --set."""
    from exosim.scenario import load

    return load(path, changes, maximum_mebibytes=max_file_size)


def shown_paths(target: Target, written: Iterable[Path]) -> list[Path]:
    """Return where files stand that were written for a folder, as any terminal can show it."""
    return [Path(printable(str(target.path / path.name))) for path in written]


def print_json(document: object) -> None:
    """Print a document in UTF-8, whatever the terminal speaks; half a surrogate pair is escaped as JSON does."""
    from exosim.export import to_json

    click.echo(to_json(document).encode("utf-8", "backslashreplace"), nl=False)


def note(text: str) -> None:
    """Tell something on standard error."""
    with contextlib.suppress(OSError):  # nobody reads it, and the run goes on
        click.echo(f"note: {text}", err=True)


@contextlib.contextmanager
def show_progress(silent: bool) -> Iterator[Callable[[int, int], None] | None]:
    """Give a progress callback that draws a bar on standard error once a run takes longer than a second."""
    if silent:
        yield None
        return
    started, bar, task = time.monotonic(), None, None

    def advance(done: int, asked: int) -> None:
        nonlocal bar, task
        if bar is None and done < asked and time.monotonic() - started > _SHOW_PROGRESS_AFTER:
            from exosim.console import new_progress

            bar = new_progress()
            bar.start()
            task = bar.add_task("drawing", total=asked)
        if bar is not None and task is not None:
            bar.update(task, completed=done, total=asked)

    try:
        yield advance
    finally:
        if bar is not None:
            bar.stop()
