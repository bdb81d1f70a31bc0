"""Section V: isolations beside each other: what they keep of the vesicles, and what comes with them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import numpy as np
from case import Draws, Published, Row
from runs import ARMS, DRAWS, SEED, arm, drawn

import exosim as xs
from exosim.material import Material, total

SCENARIOS = ARMS.parents[1] / "scenarios"
_COMPLEX = 3


def rows() -> Iterator[Row]:
    """Yield the rows of V03 and V14."""
    yield from _ferritin()
    yield from _purity()


def kept(name: str, species: str = "vesicles", pool: int | None = None) -> Draws:
    """Return the share of what was in the medium or the plasma that is in the last product, by the name of an arm."""
    steps = list(arm(name).steps.values())
    first, last = (_amount(step.outcome.product, species, pool) for step in (steps[0], steps[-1]))
    return last / first


def _amount(material: Material, species: str, pool: int | None) -> Draws:
    amount = getattr(material, species)
    return drawn(total(amount) if pool is None else np.asarray(amount)[pool])


def _ferritin() -> Iterator[Row]:
    """V03: medium of HEK293 through size exclusion, ultracentrifugation, and ultrafiltration with size exclusion."""
    source, given, assumed = "watson2018", "methods", "volumes, column, no wash; ferritin is the pool of complexes"
    eluted, pelleted = (-np.log10(kept(arm, "protein", _COMPLEX)) for arm in ("v03_isolation", "v03_isolation#pellet"))
    yield Row(
        "V03", "ferritin: log reduction by SEC beyond that by ultracentrifugation [1]", source, given, assumed,
        Published("2.0 ± 0.3", 1.7, 2.3), "band", "test", eluted - pelleted,
        "two assumptions hold it down: 1 to 5 % of every protein tails into the pool of the column, which ends at "
        "1.3 to 2 logs, and only an eighth of the complexes pellets, settling like ferritin without iron",
    )  # fmt: skip
    yield Row(
        "V03", "vesicles after SEC over those after ultracentrifugation [1]", source, given, assumed,
        Published("comparable", 0.67, 1.5, stated=False), "band", "test",
        kept("v03_isolation") / kept("v03_isolation#pellet"),
        "taking up the pellet and aggregation cost more here, as in V01; no number was published",
    )  # fmt: skip
    yield Row(
        "V03", "vesicles after ultrafiltration and SEC over those after SEC alone [1]", source, given, assumed,
        Published("no significant loss", 0.9, 1.0), "band", "test",
        kept("v03_isolation#concentrate") / kept("v03_isolation"),
    )  # fmt: skip


def _purity() -> Iterator[Row]:
    """V14: the isolation is not given, so that the one that cleans and the one that does not are shown."""
    source, published = "fernandesplatzgummer2023", Published("1.7 to 2.0e8", 1.7e8, 2.0e8)
    outcome, given = "particles per ug after isolation, MSC [particle/ug]", "0.22 um filter"
    yield Row(
        "V14", outcome, source, given, "the train of the reference scenario", published, "interval", "test",
        reference().values("particles_per_protein"),
        "share of protein that binds to vesicles and in large complexes are assumptions, and they decide it",
    )  # fmt: skip


@cache
def reference() -> xs.Yields:
    """Return the yields of the reference scenario on the draws of the page."""
    return xs.evaluate(xs.load(SCENARIOS / "msc_hollow_fiber.toml"), DRAWS, seed=SEED)
