"""The command `target`: what must be true for a goal.

As in :mod:`exosim.cli`, everything heavy is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from exosim.errors import shortened
from exosim.study_options import run_study, study_options
from exosim.whole_numbers import WholeNumber


def _pairs(values: Sequence[str], example: str) -> dict[str, str]:
    """Read options of the form PATH=VALUE."""
    found = {}
    for value in values:
        path, sign, text = value.partition("=")
        if not sign or not path.strip() or not text.strip():
            raise click.BadParameter(f'needs PATH=VALUE, such as "{example}"; got "{shortened(value)}"')
        found[path.strip()] = text.strip()
    return found


def _weights(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> dict[str, float]:
    """Read the --weight options."""
    found = {}
    for path, text in _pairs(values, "culture.volume=2").items():
        try:
            found[path] = float(text)
        except ValueError:
            raise click.BadParameter(f'needs a number, such as "{path}=2"; got "{shortened(text)}"') from None
    return found


def _ways(_context: click.Context, _option: click.Parameter, values: Sequence[str]) -> dict[str, str]:
    """Read the --only options."""
    return _pairs(values, "culture.volume=up")


@click.command()
@study_options
@click.option(
    "--goal", "conditions", multiple=True, metavar="CONDITION",
    help='What is to be reached, such as "cost_per_dose <= 500 EUR/dose"; several are to be met together.',
)  # fmt: skip
@click.option(
    "--probability", type=click.FloatRange(0.0, 1.0, min_open=True), metavar="P",
    help="With which it is to be reached; default: 0.9.",
)  # fmt: skip
@click.option(
    "--evaluations", "samples", type=WholeNumber(1, 1_000_000), metavar="N",
    help="Points that may be asked; default: 3000, where the facility is asked 200.",
)  # fmt: skip
@click.option(
    "--weight", "weights", multiple=True, metavar="PATH=W", callback=_weights,
    help="How dear it is to move a factor over its whole range; default: 1.",
)  # fmt: skip
@click.option(
    "--only", "ways", multiple=True, metavar="PATH=WAY", callback=_ways,
    help="up or down, where a factor may be moved in one direction only.",
)  # fmt: skip
@click.option(
    "--norm", type=click.Choice(["euclidean", "sum", "largest"]), metavar="NAME",
    help="How changes of several factors make one: euclidean, sum or largest; default: euclidean.",
)  # fmt: skip
def target(**options: Any) -> None:
    """Find what must be true for SCENARIO to reach a goal: the smallest changes that do, alone and together.

    For each factor of --vary alone, pairs, triples and all together it prints the smallest change from where the
    scenario stands that reaches the goal with its probability, checked on fresh draws, the smallest first; or what
    comes nearest and what binds. Writes tables and a map with the line along which the goal is just reached.
    """
    run_study("target", **options)
