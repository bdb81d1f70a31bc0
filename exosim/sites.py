"""Several products on one site: each has a recipe of its own, and all share the plant of the file that names them."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, TypeVar

from exosim.declarations import CampaignDeclaration, Declarations, PlantDeclarations
from exosim.errors import Problem, nearest_name

if TYPE_CHECKING:
    from exosim.scenario import Scenario

Key = TypeVar("Key")
_DOSE = "dose"


def missing(recipe: Declarations, plant: PlantDeclarations) -> Iterator[Problem]:
    """Yield what the procedures of a recipe need and a plant does not have."""
    for procedure in recipe.procedures:
        wanted = (
            ("equipment", procedure.unit, plant.equipment),
            ("role", procedure.operator, plant.roles),
            ("store", procedure.waits_in, plant.stores),
            *(("utility", name, plant.utilities) for name in procedure.utilities),
        )
        yield from _lacking(f"procedure {procedure.id}", wanted)
    for name, test in recipe.plant.tests.items():
        needs = (("equipment", test.unit, plant.equipment), ("role", test.analyst, plant.roles))
        yield from _lacking(f"assay {name}", needs)


def _lacking(who: str, needs: Iterable[tuple[str, str | None, Mapping[str, object]]]) -> Iterator[Problem]:
    for what, name, known in needs:
        if name is not None and known and name not in known:
            problem = f'its {who} needs the {what} "{name}", which the site does not have'
            yield Problem(problem, expected="one of " + ", ".join(known), nearest=nearest_name(name, known))


def products(site: Scenario) -> tuple[Scenario, ...]:
    """Return one scenario for each campaign of a site; the site itself when it has no other products."""
    plant = site.declarations.plant
    if not any(campaign.product for campaign in plant.campaigns):
        return (site,)
    return tuple(_product(site, plant, campaign) for campaign in plant.campaigns)


def without_doses(site: Scenario, units: Mapping[Key, str]) -> dict[Key, str]:
    """Return quantities with their units, but for those that count doses where no product states what one is."""
    doses = any(product.declarations.dose.stated for product in products(site))
    return {key: unit for key, unit in units.items() if doses or _DOSE not in unit.split("/")}


def _product(site: Scenario, plant: PlantDeclarations, campaign: CampaignDeclaration) -> Scenario:
    """Return the recipe of a product on the plant of the site, with its own failures, assays and orders."""
    own = site.others.get(campaign.product, site)
    orders = tuple(order for order in plant.orders if order.product in (None, campaign.product))
    of_recipe = own.declarations.plant
    shared = dataclasses.replace(
        plant, campaigns=(campaign,), orders=orders, failures=of_recipe.failures, tests=of_recipe.tests
    )
    declarations = dataclasses.replace(own.declarations, plant=shared)
    return dataclasses.replace(own, name=campaign.product, declarations=declarations, others={})


def seeds(site: Scenario, seed: int) -> tuple[int, ...]:
    """Return the seed of each product: its draws do not depend on what else the site makes.

    The first campaign with the recipe of the site itself has the seed of the run, so that a site with more products
    compares with the site alone on the same draws.
    """
    campaigns = site.declarations.plant.campaigns
    own = next((i for i, campaign in enumerate(campaigns) if campaign.scenario is None), None)
    return tuple(seed if i == own else _seed_of(campaign.product, seed) for i, campaign in enumerate(campaigns))


def _seed_of(product: str, seed: int) -> int:
    digest = hashlib.blake2b(f"{seed}\0{product}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
