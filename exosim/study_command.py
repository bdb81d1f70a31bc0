"""The command `study`: what `[study]` of a scenario says.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

from typing import Any

import click

from exosim.study_options import run_study, study_options


@click.command()
@study_options
def study(**options: Any) -> None:
    """Run the study that [study] of SCENARIO says.

    Its verb is sweep, sensitivity, space, front or target; each is a command of its own, too, and takes the factors,
    responses and conditions of [study] where none are given. Options take the place of what the file says.
    """
    run_study(None, **options)
