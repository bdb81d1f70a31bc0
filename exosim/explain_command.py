"""The command `explain`: where a number comes from.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import load_scenario, print_json, reading_options
from exosim.errors import Problem, UsageError
from exosim.whole_numbers import WholeNumber

if TYPE_CHECKING:
    from exosim.explanation import Explained

_DEEPEST = 1000


@click.command()
@click.argument("run")
@click.argument("quantity", required=False)
@click.option(
    "--depth", type=WholeNumber(0, _DEEPEST), metavar="N", help="How many levels of the tree are told; default: all."
)
@reading_options
def explain(
    run: str, quantity: str | None, depth: int | None,
    changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
) -> None:  # fmt: skip
    """Where a number comes from: the formula tree of QUANTITY in RUN, down to parameters and their sources.

    RUN is a folder of `exosim yield` or `exosim run`, or a scenario file. QUANTITY is a name as in the JSON documents,
    such as doses, doses_per_year, concentrate.recovery or tff_skid.occupancy; without it the names are listed. The tree
    is one calculation at typical values, or of the first replication; what the run reports stands beside it. --set is
    for scenario files.
    """
    from exosim.explanation import Explainer

    explainer = Explainer(_loaded(run, changes, max_file_size))
    if quantity is None:
        _tell_names(explainer.names(), as_json)
        return
    explained = explainer.explain(quantity)
    if as_json:
        print_json(explained.as_dict(depth))
    elif not quiet:
        from exosim.console_explain import print_explanation

        print_explanation(explained, depth)


def _tell_names(names: list[str], as_json: bool) -> None:
    if as_json:
        print_json({"form": "exosim.explain/1", "quantities": names})
        return
    from exosim.console_explain import print_names

    print_names(names)


def _loaded(run: str, changes: dict[str, Any], max_file_size: int) -> Explained:
    """Return what is explained: the folder of a yield or of a run, or else a scenario file."""
    folder = Path(run)
    if not folder.is_dir():
        return load_scenario(run, changes, max_file_size)
    if changes:
        expected = "a scenario file with --set: the values of a run are those it was run with"
        raise UsageError(Problem("the values of a run cannot be set", path="--set", got=run, expected=expected))
    from exosim.saved import load_saved

    return load_saved(folder)
