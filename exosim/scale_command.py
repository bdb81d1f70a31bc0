"""The command `scale`: which technology makes a dose at the least cost at which demand, and what becomes impossible.

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


@click.command()
@scenario_options
@click.option(
    "--from", "low", type=float, default=1e2, metavar="N", help="Smallest demand, doses a year; default: 1e2."
)
@click.option("--to", "high", type=float, default=1e7, metavar="N", help="Largest demand; default: 1e7.")
@click.option(
    "--per-decade", type=WholeNumber(1, 100), metavar="N", default=2, help="Demands in each decade; default: 2."
)
@click.option(
    "--draws", type=WholeNumber(1, 100_000), metavar="N", default=128, help="Worlds of the estimate; default: 128."
)
@click.option(
    "--confirm", type=WholeNumber(0, 100), metavar="N", default=2,
    help="Simulate the N cheapest at each whole decade; default: 2, 0: none.",
)  # fmt: skip
@click.option(
    "--replications", type=WholeNumber(1, 10_000), metavar="N", default=4,
    help="Worlds that are simulated of each of them; default: 4.",
)  # fmt: skip
@jobs_option
@folder_options
def scale(
    scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int, low: float, high: float,
    per_decade: int, draws: int, confirm: int, replications: int, jobs: int, seed: int | None, out: Path | None,
    overwrite: bool,
) -> None:  # fmt: skip
    """Which technology of SCENARIO is the cheapest at which demand, and what becomes impossible.

    A technology is a choice on each axis of the scenario (FILE#one+other), or one of its variants. For each demand its
    plant is sized and costed without a clock over the draws: larger lots up to the limits of size, then more lots,
    units, people and rooms, up to those of [scale]. The cheapest are run in the facility. Prints which is the cheapest,
    where its curve bends, what ends where and why; writes tables and the picture into a folder.
    """
    from exosim.folder import Target, default_path, identity_of, writing
    from exosim.picture_folder import write_scale
    from exosim.scaling.scaling import demands_between
    from exosim.scaling.scaling import scale as scaled

    demands = demands_between(low, high, per_decade)
    loaded = load_scenario(scenario, changes, max_file_size)
    used = loaded.seed if seed is None else seed
    identity = identity_of("scale", loaded.name, loaded.hash, used)
    path = out or default_path(f"{loaded.name}_scale", loaded.hash, used)
    target = Target(path, out is not None, identity, overwrite)
    silent = quiet or as_json
    with writing(target, None if silent else note) as folder:
        with show_progress(silent) as progress:
            found = scaled(
                loaded, demands, worlds=draws, confirm=confirm, replications=replications, seed=used, jobs=jobs,
                progress=progress,
            )  # fmt: skip
        written = write_scale(found, folder, identity)
    paths = shown_paths(target, written)
    if as_json:
        print_json(found.as_dict())
    elif not quiet:
        from exosim.console_scale import print_scaling

        print_scaling(found, paths)
