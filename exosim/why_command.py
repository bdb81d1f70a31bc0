"""The command `why`: what a lot's lead time and losses are due to.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import folder_options, load_scenario, note, print_json, reading_options, shown_paths
from exosim.errors import Problem, UsageError, shortened
from exosim.whole_numbers import WholeNumber

if TYPE_CHECKING:
    from exosim.attribution.why import Why
    from exosim.reasons import Reasons


def _lot(_context: click.Context, _option: click.Parameter, value: str) -> int:
    """Read the number of a lot: 17, LOT-017, lot 17."""
    found = re.fullmatch(r"(?:lot|batch)?[\s_#-]*0*([1-9][0-9]{0,8})", value.strip(), re.IGNORECASE)
    if found is None:
        raise click.BadParameter(f'needs the number of a lot, such as 17 or LOT-017; got "{shortened(value)}"')
    return int(found[1])


lot_argument = click.argument("lot", metavar="LOT", callback=_lot)
replication_option = click.option(
    "--replication", type=WholeNumber(min=1), metavar="N", default=1, help="Replication of the run; default: 1."
)


@click.command()
@click.argument("run", metavar="RUN")
@lot_argument
@replication_option
@reading_options
@folder_options
def why(
    run: str, lot: int, replication: int, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    seed: int | None, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Why LOT of RUN took so long, and where its vesicles went.

    RUN is the folder of exosim run, or a scenario file, of which one replication is run; LOT is the number of a batch
    as in batches.csv. Prints the causes of the lead time along the critical path and those of the losses, both adding
    up to 100 %; writes tables and the timeline of the lot into a folder.
    """
    from exosim.folder import Target, default_path, identity_of, writing
    from exosim.picture_folder import write_why

    answer = asked(run, changes, seed, max_file_size, replication).why(lot)
    name = "_".join([answer.scenario, "why", f"lot{lot}", *([f"r{replication}"] if replication > 1 else [])])
    identity = identity_of("why", answer.scenario, answer.hash, answer.seed) | {"lot": lot, "replication": replication}
    path = out or default_path(name, answer.hash, answer.seed)
    target = Target(path, out is not None, identity, overwrite)
    with writing(target, None if quiet or as_json else note) as folder:
        written = write_why(answer, folder, identity)
    _tell(answer, shown_paths(target, written), as_json, quiet)


def asked(run: str, changes: dict[str, Any], seed: int | None, max_file_size: int, replication: int) -> Reasons:
    """Return the lots of a replication of a run in its folder, or of a scenario."""
    from exosim.reasons import Reasons, reasons_of
    from exosim.saved_run import load_run

    if not Path(run).is_dir():
        scenario = load_scenario(run, changes, max_file_size)
        return Reasons(scenario, scenario.seed if seed is None else seed, replication - 1)
    given = {"--set": bool(changes), "--seed": seed is not None}
    wrong = [option for option, is_given in given.items() if is_given]
    if wrong:
        problem = "has no meaning here: the run is over"
        raise UsageError([Problem(problem, path=option, expected="a scenario file") for option in wrong])
    return reasons_of(load_run(run), replication)


def _tell(answer: Why, paths: list[Path], as_json: bool, quiet: bool) -> None:
    if as_json:
        print_json(answer.as_dict())
    elif not quiet:
        from exosim.console_why import print_why

        print_why(answer, paths)
