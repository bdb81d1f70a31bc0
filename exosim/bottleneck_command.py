"""The command `bottleneck`: what one more unit, person, shift or place of each kind would bring.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from exosim.command_options import (
    folder_options,
    jobs_option,
    load_scenario,
    note,
    print_json,
    scenario_options,
    show_progress,
    shown_paths,
)
from exosim.whole_numbers import WholeNumber

_KINDS = ("equipment", "personnel", "shift", "room", "store", "campaign")


@click.command()
@scenario_options
@click.option(
    "--replications", type=WholeNumber(min=1), metavar="N", help="Of each candidate; default: as in the scenario."
)
@click.option(
    "--by",
    metavar="NAME",
    help="Rank by this indicator, such as lead_time, right_first_time or waiting.fill; default: doses_per_year, or "
    "batches_per_year where no dose is stated.",
)
@click.option(
    "--only", multiple=True, type=click.Choice(_KINDS), help="Add only this kind; may be given several times."
)
@click.option(
    "--add",
    multiple=True,
    metavar="NAME=MORE",
    help="A candidate of your own, such as tff_skid=1, personnel.fill=2 or fill=late for a shift; tff_skid=1,fill=1 is "
    "both together. May be given several times, and replaces the usual candidates but those of --only.",
)
@click.option("--pairs", "in_pairs", is_flag=True, help="Add every two candidates together, too.")
@click.option("--every-run", is_flag=True, help="Run also what is certain to change nothing.")
@jobs_option
@folder_options
def bottleneck(
    scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    replications: int | None, by: str | None, only: tuple[Any, ...], add: tuple[str, ...], in_pairs: bool,
    every_run: bool, jobs: int, seed: int | None, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Where the bottleneck is: what one more unit, person, shift or place would bring to the facility of SCENARIO.

    Simulates each candidate on the same random values as the plant as it is, and prints the paired differences in
    output, lead time and quality with their 95 % intervals, what helps, and what limits the plant where nothing does;
    writes tables and a picture into a folder.
    """
    from exosim.bottlenecks.search import bottleneck as found_by
    from exosim.folder import Target, default_path, identity_of, writing
    from exosim.picture_folder import write_bottleneck

    loaded = load_scenario(scenario, changes, max_file_size)
    used = loaded.seed if seed is None else seed
    identity = identity_of("bottleneck", loaded.name, loaded.hash, used)
    path = out or default_path(f"{loaded.name}_bottleneck", loaded.hash, used)
    target = Target(path, out is not None, identity, overwrite)
    silent = quiet or as_json
    with writing(target, None if silent else note) as folder:
        with show_progress(silent) as progress:
            found = found_by(
                loaded, replications, by=by, only=only, add=add, in_pairs=in_pairs, screen=not every_run, seed=used,
                jobs=jobs, progress=progress,
            )  # fmt: skip
        written = write_bottleneck(found, folder, identity)
    paths = shown_paths(target, written)
    if as_json:
        print_json(found.as_dict())
    elif not quiet:
        from exosim.console_bottleneck import print_bottleneck

        print_bottleneck(found, paths)
