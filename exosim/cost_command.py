"""The command `cost`: what a dose, a lot and a year cost, from a run that is over.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import (
    folder_options,
    jobs_option,
    load_scenario,
    note,
    print_json,
    reading_options,
    show_progress,
    shown_paths,
)
from exosim.errors import Problem, UsageError
from exosim.whole_numbers import WholeNumber

if TYPE_CHECKING:
    from exosim.costs import Costs

_VIEWS = ("category", "step", "resource", "direct", "superpro", "four", "lots", "product")


@click.command()
@click.argument("run", metavar="RUN")
@click.option("--currency", metavar="CODE", help="Currency of all money, such as USD; as --set economics.currency.")
@click.option("--year", type=WholeNumber(min=1), metavar="YEAR", help="Year of all money; as --set economics.year.")
@click.option(
    "--view", "views", multiple=True, type=click.Choice(_VIEWS), metavar="NAME",
    help=f"By what the money is split: {', '.join(_VIEWS)}; may be given several times. Default: category and step.",
)  # fmt: skip
@click.option("--prices", is_flag=True, help="Print each price with its source and year.")
@click.option("--pictures/--no-pictures", default=True, show_default=True, help="Draw pictures into the folder.")
@click.option("--replications", type=WholeNumber(min=1), metavar="N", help="Of a scenario that is run first.")
@jobs_option
@reading_options
@folder_options
def cost(
    run: str, currency: str | None, year: int | None, views: tuple[str, ...], prices: bool, pictures: bool,
    replications: int | None, jobs: int, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    seed: int | None, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """How much a dose of RUN costs, what that is made of, and what it rests on.

    RUN is the folder of exosim run, which is priced without simulating it again: --set replaces prices and numbers of
    [economics], such as material.buffer.price="3 EUR/L". RUN may be a scenario file, too: it is run first, and --set
    then also takes what is simulated. Where nothing has a price, that of the shipped list is taken: exosim describe
    prices. Prints the cost of a dose with its interval over the replications, its parts, the labor, the failed lots and
    the plant as an investment; writes tables and pictures into a folder.
    """
    from exosim.folder import Target, default_path, identity_of, writing
    from exosim.picture_folder import write_cost_folder

    own = {"economics.currency": currency, "economics.year": year}
    given = {**changes, **{path: value for path, value in own.items() if value is not None}}
    found = _costed(run, given, seed, replications, jobs, max_file_size, quiet or as_json)
    scenario = found.scenario
    identity = identity_of("cost", scenario.name, scenario.hash, found.seed)
    path = out or default_path(f"{scenario.name}_cost", scenario.hash, found.seed)
    target = Target(path, out is not None, identity, overwrite)
    with writing(target, None if quiet or as_json else note) as folder:
        written = write_cost_folder(found, folder, identity, pictures=pictures)
    if as_json:
        print_json(found.as_dict())
    elif not quiet:
        from exosim.console_cost import print_costs

        print_costs(found, views or ("category", "step"), prices, shown_paths(target, written))


def _costed(
    run: str, changes: dict[str, Any], seed: int | None, replications: int | None, jobs: int, max_file_size: int,
    silent: bool,
) -> Costs:  # fmt: skip
    """Return what a saved run costs, or a scenario that is run now."""
    from exosim.costs import cost as cost_of
    from exosim.replications import simulate
    from exosim.saved_run import load_run

    if Path(run).is_dir():
        given = {"--seed": seed is not None, "--replications": replications is not None, "--jobs": jobs > 1}
        wrong = [option for option, is_given in given.items() if is_given]
        if wrong:
            problem = "has no meaning here: the run is over"
            raise UsageError([Problem(problem, path=option, expected="a scenario file") for option in wrong])
        return cost_of(load_run(run), changes)
    scenario = load_scenario(run, changes, max_file_size)
    with show_progress(silent) as progress:
        results = simulate(scenario, replications, seed=seed, jobs=jobs, progress=progress)
    return cost_of(results)
