"""Cargo beside count: what a dose and a vesicle of the product carry, in truth and as an assay of the total finds it.

An assay of all cargo that stays with the vesicles cannot tell what is loaded from aggregates of cargo as large as they:
apparent = true + aggregated. What loading costs is told beside: the share of the vesicles that its steps lose.

Names and units of the figures are fixed: other programs read them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from exosim.cargo_contents import cargo, molecules
from exosim.composition import Contents, ratio
from exosim.material import Material, is_number, times
from exosim.parameter import Array
from exosim.physics.loading import AVOGADRO
from exosim.recipe import UnitProcedure

if TYPE_CHECKING:
    from exosim.step_table import Row

CARGO_HEADLINES: Mapping[str, str] = {
    "cargo_per_dose": "pmol/dose",
    "apparent_cargo_per_dose": "pmol/dose",
    "cargo_per_vesicle": "1/EV",
    "apparent_cargo_per_vesicle": "1/EV",
    "truly_loaded": "1",
    "lost_in_loading": "1",
}
"""Headline figures of the cargo and their units; reported where a step of the recipe loads any."""
CARGO_FORMULAS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "cargo_per_dose": ("1e12 * cargo / (held / dose)", ("cargo",)),
    "apparent_cargo_per_dose": ("1e12 * apparent_cargo / (held / dose)", ("apparent_cargo",)),
    "cargo_per_vesicle": (f"{AVOGADRO!r} * cargo / vesicles", ("cargo", "vesicles")),
    "apparent_cargo_per_vesicle": (f"{AVOGADRO!r} * apparent_cargo / vesicles", ("apparent_cargo", "vesicles")),
    "truly_loaded": ("cargo / apparent_cargo", ("cargo", "apparent_cargo")),
}
"""What is told of the product: its formula, and the contents of the product in it beside those that a dose counts."""
_PICOMOLES = 1e12  # in a mole
_BROUGHT = "free_cargo"


def loading_steps(procedures: Iterable[UnitProcedure]) -> tuple[str, ...]:
    """Return the ids of the procedures that load vesicles with cargo."""
    return tuple(procedure.id for procedure in procedures if _BROUGHT in procedure.operation.brings)


def cargo_headlines(product: Material, contents: Contents, doses: Array) -> dict[str, Array]:
    """Return what a dose and a vesicle carry, and the share of it that is truly loaded.

    Parameters
    ----------
    product, contents : the final product, and what counts its contents
    doses : what the product holds of what a dose counts, over a dose; not whole doses
    """
    vesicles = contents.vesicles(product)
    loaded, retained = (cargo(kind, product) for kind in ("loaded", "retained"))
    return {
        "cargo_per_dose": times(ratio(loaded, doses), _PICOMOLES),
        "apparent_cargo_per_dose": times(ratio(retained, doses), _PICOMOLES),
        "cargo_per_vesicle": ratio(molecules("loaded", product), vesicles),
        "apparent_cargo_per_vesicle": ratio(molecules("retained", product), vesicles),
        "truly_loaded": ratio(loaded, retained),
    }


def lost_in_loading(rows: Iterable[Row], loading: Iterable[str]) -> Array:
    """Return the share of the vesicles that the loading steps lose, one after the other; their waits do not count."""
    names = frozenset(loading)
    left: Array = 1.0
    for row in rows:
        if row.stage.id in names and not is_number(row.stage.entered, 0.0):
            left = left * ratio(row.vesicles, row.stage.entered)
    return 1.0 - left
