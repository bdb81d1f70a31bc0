"""The command `sweep`: responses at the points of a design, and what each factor is worth over its range.

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
    "--design", "method", type=click.Choice(["grid", "latin_hypercube", "sobol", "list"]), metavar="NAME",
    help="How points are chosen: grid, latin_hypercube, sobol or list (the values of --vary side by side). Default: a "
    "grid where all factors list their values or --levels is given, else a Latin hypercube.",
)  # fmt: skip
@click.option("--points", "samples", type=WholeNumber(1), metavar="N", help="Points; default: 100, of sobol 128.")
@click.option("--levels", type=WholeNumber(1), metavar="N", help="Values of each factor on a grid; default: 5.")
def sweep(**options: Any) -> None:
    """Ask SCENARIO at many points of its factors, and say what each factor is worth over its range.

    Each factor is moved alone from its low to its high end, on the same draws: the benchmark table says by how much
    each response changes, how surely, where it is best, and what is noise. All points of the design are written with
    their statistics into a folder, with pictures. A point that is not possible is told with its reason and stops none
    of the others.
    """
    run_study("sweep", **options)
