"""The command `sensitivity`: which factors an answer hangs on.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

from typing import Any

import click

from exosim.study_options import run_study, study_options
from exosim.whole_numbers import WholeNumber


@click.command()
@study_options
@click.option(
    "--method", type=click.Choice(["one_at_a_time", "morris", "sobol"]), metavar="NAME",
    help="one_at_a_time: a tornado; morris: screening by elementary effects; sobol: first-order and total shares of "
    "the variance. Default: one_at_a_time.",
)  # fmt: skip
@click.option(
    "--samples", type=WholeNumber(1), metavar="N",
    help="Trajectories of morris (default: 64); samples of sobol (default: 1024), rounded up to a power of two.",
)  # fmt: skip
@click.option(
    "--levels", type=WholeNumber(2), metavar="N", help="Values of each factor in morris, an even number; default: 4."
)
def sensitivity(**options: Any) -> None:
    """Say which factors the responses of SCENARIO hang on, and which are noise.

    Without --vary everything that the scenario is not sure of is moved, by its own distribution. All numbers have 95 %
    intervals; a factor whose interval reaches what chance alone gives is called noise in the table, in the JSON
    document and in the picture.
    """
    run_study("sensitivity", **options)
