"""The command `space`: where over two parameters everything is met together.

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
    "--meet", "conditions", multiple=True, metavar="CONDITION",
    help='What must be met, such as "doses >= 500"; may be given several times. Default: the limits of all attributes.',
)  # fmt: skip
@click.option(
    "--level", "--probability", "probability", type=click.FloatRange(0.0, 1.0, min_open=True, max_open=True),
    metavar="P", help="Probability with which all of it must be met together; default: 0.9.",
)  # fmt: skip
@click.option(
    "--grid", "levels", type=WholeNumber(2, 1000), metavar="N",
    help="Values of each parameter; default: 21, where the facility is asked 11.",
)  # fmt: skip
def space(**options: Any) -> None:
    """Where over two parameters of SCENARIO all limits are met together, and how surely (ICH Q8 design space).

    Give --vary twice. Prints which condition fails where, proven acceptable ranges and a proposed operating range, and
    writes tables and pictures into a folder. A point belongs to the design space where the draws show the probability
    with 95 % confidence.
    """
    run_study("space", **options)
