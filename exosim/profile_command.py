"""The command `profile`: a scenario in terms of ICH Q8 and MISEV2023.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from exosim.command_options import load_scenario, page_options, print_json, scenario_options


@click.command()
@scenario_options
@page_options("none is written")
def profile(
    scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int, out: Path | None,
    overwrite: bool,
) -> None:  # fmt: skip
    """Tell SCENARIO in terms of ICH Q8 and MISEV2023.

    Prints the quality target product profile, quality attributes with limits and reasons, critical process parameters
    with their proven acceptable ranges beside set point and spread, tests and reviews before release, and the items
    that MISEV2023 asks to be reported. Nothing is simulated. With --out it is written as one HTML page, too.
    """
    from exosim.regulatory import regulatory_view

    view = regulatory_view(load_scenario(scenario, changes, max_file_size))
    if out is not None:
        from exosim.telling.page import page
        from exosim.telling.page_file import write_page

        write_page(page("profile.html", view=view), out, overwrite)
    if as_json:
        print_json(view.as_dict())
    elif not quiet:
        from exosim.console_profile import print_profile

        print_profile(view)
