"""The command `front`: the best trade-offs between objectives, and what each costs in the other.

As in :mod:`exosim.cli`, everything heavy is imported where it is used.
"""

from __future__ import annotations

from typing import Any

import click

from exosim.study_options import run_study, study_options
from exosim.whole_numbers import WholeNumber


@click.command()
@study_options
@click.option(
    "--objective", "objectives", multiple=True, metavar="TEXT",
    help='What is best: "less p90(cost_per_dose)", "more doses_per_year"; two or more. Default: [study] objectives.',
)  # fmt: skip
@click.option(
    "--subject-to", "conditions", multiple=True, metavar="LIMIT",
    help='What each point must meet: "mean(released_fraction) >= 0.9"; without a statistic the median counts.',
)  # fmt: skip
@click.option(
    "--probability", type=click.FloatRange(0.0, 1.0, min_open=True), metavar="P",
    help="Instead of by the median, limits without a statistic are met together on this share of the draws.",
)  # fmt: skip
@click.option("--population", type=WholeNumber(4, 100_000), metavar="N", help="Points of a generation; default: 40.")
@click.option("--generations", type=WholeNumber(1, 100_000), metavar="N", help="At most so many; default: 50.")
def front(**options: Any) -> None:
    """Find the best trade-offs between objectives over factors of SCENARIO (Pareto front).

    NSGA-II asks generations of points, population x generations at most; the front is what none of all asked points
    dominates. Says what dominates the scenario as it stands, where the knee is, what the front says on other draws
    than those that it was chosen for, and what the search left open. Writes every point, and pictures, into a folder.
    Needs the extra study: pip install 'exosim-ev[study]'.
    """
    run_study("front", **options)
