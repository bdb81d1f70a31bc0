"""The command `certificate`: certificate of analysis and batch record of one lot as a page.

As in :mod:`exosim.cli`, everything heavy is imported inside the command.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import page_options, print_json, reading_options
from exosim.errors import printable
from exosim.limits import LARGEST_SEED
from exosim.whole_numbers import WholeNumber
from exosim.why_command import asked, lot_argument, replication_option

if TYPE_CHECKING:
    from exosim.lot_certificate.document import Certificate


@click.command()
@click.argument("run", metavar="RUN")
@lot_argument
@replication_option
@reading_options
@click.option(
    "--seed",
    type=WholeNumber(0, LARGEST_SEED),
    metavar="N",
    help="Seed of the random values; default: as in the scenario.",
)
@page_options("results/<name>_lot<LOT>-<hash>-s<seed>.html")
def certificate(
    run: str, lot: int, replication: int, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int,
    seed: int | None, out: Path | None, overwrite: bool,
) -> None:  # fmt: skip
    """Write the certificate of analysis and the batch record of LOT of RUN as one HTML page.

    RUN is the folder of exosim run, or a scenario file, of which one replication is run; LOT is the number of a batch
    as in batches.csv. The page needs nothing else: it opens offline, prints, and says on top that the lot is simulated.
    Every result stands beside its true value. Lots that were rejected or are unfinished have a page, too.
    """
    from exosim.folder import default_path
    from exosim.lot_certificate.document import certificate_of
    from exosim.telling.certificate import certificate_page
    from exosim.telling.page_file import check_place, write_page

    if out is not None:
        check_place(out, overwrite)
    told = certificate_of(asked(run, changes, seed, max_file_size, replication), lot)
    name = "_".join([told.scenario, f"lot{lot}", *([f"r{replication}"] if replication > 1 else [])])
    place = out or Path(f"{default_path(name, told.hash, told.seed)}.html")
    write_page(certificate_page(told), place, overwrite or out is None)
    _tell(told, place, as_json, quiet)


def _tell(told: Certificate, place: Path, as_json: bool, quiet: bool) -> None:
    """Print how the lot ended, its tests in a line, and where the page stands."""
    if as_json:
        print_json(told.as_dict())
    elif not quiet:
        passed = sum(test.verdict == "pass" for test in told.tests)
        click.echo(printable(f"Lot {told.lot} of {told.product}: {told.headline}."))
        if told.tested and told.tests:
            pairs = f", {told.companion.pairs:g} of them in pairs with {told.companion.name}" if told.companion else ""
            leaves = f"; {told.released:g} of {told.doses:g} doses released{pairs}" if told.dose else ""
            click.echo(printable(f"{passed} of {len(told.tests)} tests conform{leaves}"))
        click.echo(f"{told.assumptions} of {len(told.ledger)} parameters are assumptions; the lot is simulated")
        click.echo(printable(str(place)))
