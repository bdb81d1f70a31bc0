"""The indicators by which additions are judged: all that a run reports and of which one way is better.

What follows from the plan alone, or from the number of units and people, is not among them: no run tells what an
addition changes in it.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping

from exosim.directions import direction_of
from exosim.economics.headlines import cost_headlines, cost_units
from exosim.economics.ledger import CostLedger
from exosim.indicators import BY_RESOURCE, HEADLINE_UNITS, HEADLINES, RESOURCE_UNITS
from exosim.pair_indicators import PAIRS, pair_headlines
from exosim.patient_indicators import PATIENTS, patient_headlines
from exosim.release import ASSAY, DEVIATION, REVIEW
from exosim.release_indicators import OF_JOBS, RELEASE
from exosim.run_indicators import SHARED, shared_headlines
from exosim.scenario import Scenario
from exosim.service.indicators import SERVICE, service_by_product, service_headlines
from exosim.sites import without_doses
from exosim.waits import WAITS
from exosim.window import Window

_PLANNED = ("batches_per_year_bound", "minimum_cycle_time")
_FOR_A_RUN = "waiting_for_run"
_JOBS = ("job_time", "job_waiting")
_ATTRIBUTES = "out_of_specification"
_ALWAYS = ("doses_per_year", "batches_per_year", "lead_time", "right_first_time")
_WHERE_THERE = ("dose_pairs_per_year", "release_time", "patients_on_time", "on_time_in_full")


def indicators_of(scenario: Scenario) -> dict[str, str]:
    """Return every indicator that an addition can be judged by, with its unit; ``waiting.fill`` is of one procedure."""
    plant = scenario.declarations.plant
    left_out = {*_PLANNED, *(() if plant.release else RELEASE), *(() if _demand(scenario) else SERVICE)}
    left_out |= {*(() if _patients(scenario) else PATIENTS), *(() if _paired(scenario) else PAIRS)}
    left_out |= {*(() if _sharing(scenario) else SHARED)}
    found = {name: unit for name, unit in HEADLINE_UNITS.items() if name not in left_out}
    declared = scenario.declarations.economics
    found |= {} if declared is None else cost_units(declared.currency)
    found |= {f"{name}.{step}": RESOURCE_UNITS[name] for name, step in _in_parts(scenario)}
    found = without_doses(scenario, found)
    return {name: unit for name, unit in found.items() if direction_of(name.partition(".")[0]) != "neither"}


def _demand(scenario: Scenario) -> bool:
    return bool(scenario.declarations.plant.orders or scenario.declarations.plant.warehouses)


def _paired(scenario: Scenario) -> bool:
    return any(product.declarations.companion is not None for product in scenario.products())


def _sharing(scenario: Scenario) -> frozenset[str]:
    """Return the procedures whose runs several batches share."""
    made = (procedure for product in scenario.products() for procedure in product.declarations.procedures)
    return frozenset(procedure.id for procedure in made if procedure.shared_run is not None)


def _patients(scenario: Scenario) -> bool:
    """Return whether patients are due: what is told where they are not does not rank anything else."""
    campaigns = scenario.declarations.plant.campaigns
    made = zip(campaigns, scenario.products(), strict=True)
    return any(campaign.rules.promise is not None and product.declarations.course for campaign, product in made)


def _in_parts(scenario: Scenario) -> Iterator[tuple[str, str]]:
    """Yield the indicators by procedure, product, job and attribute, with what each is of."""
    plant = scenario.declarations.plant
    procedures = dict.fromkeys(p.id for product in scenario.products() for p in product.declarations.procedures)
    sharing = _sharing(scenario)
    told_of = ((name, procedure) for name in WAITS for procedure in procedures)
    yield from ((name, one) for name, one in told_of if name != _FOR_A_RUN or one in sharing)
    on_order = (campaign for campaign in plant.campaigns if campaign.rules.mode == "on_order")
    yield from (("on_time", campaign.product or "orders") for campaign in on_order)
    promised = (campaign for campaign in plant.campaigns if campaign.rules.promise is not None)
    yield from (("on_time", campaign.product or "batches") for campaign in promised)
    products = [campaign.product for campaign in plant.campaigns if campaign.product]
    whole = [name for name in RESOURCE_UNITS if name.endswith("_by_product")]
    told = [name for name in whole if name in BY_RESOURCE or _demand(scenario)]
    yield from ((name, product) for name in told for product in products)
    if plant.release is not None:
        jobs = [*(f"{ASSAY}{test}" for test in plant.tests), *(f"{REVIEW}{one}" for one in plant.release.reviews)]
        jobs += [DEVIATION.rstrip(".")] if plant.release.closure is not None else []
        yield from ((name, job) for name in _JOBS for job in jobs)
        yield from ((_ATTRIBUTES, attribute.id) for attribute in scenario.declarations.attributes)


def reported(scenario: Scenario, by: str) -> dict[str, str]:
    """Return the indicators that a table tells, with units: that by which candidates are ranked comes first."""
    known = indicators_of(scenario)
    also = (name for name in known if name in _WHERE_THERE or name.startswith("on_time."))
    return {name: known[name] for name in (by, *_ALWAYS, *also) if name in known}


def output_of(scenario: Scenario) -> str:
    """Return the indicator of the output: doses, or batches where no dose is stated."""
    known = indicators_of(scenario)
    return next(name for name in _ALWAYS if name in known)


def measured(window: Window, names: Collection[str], ledger: CostLedger | None = None) -> dict[str, float]:
    """Return indicators of one replication; NaN where one has no value.

    Parameters
    ----------
    ledger : what the replication costs; None where nobody asks for it
    """
    found = {} if ledger is None else {name: cost for name, cost in cost_headlines(ledger).items() if name in names}
    for name in (name for name in names if name not in found):
        family, _, part = name.partition(".")
        found[name] = _parts(window, family).get(part, math.nan) if part else _whole(window, name)
    return found


def _whole(window: Window, name: str) -> float:
    if name in HEADLINES:
        return HEADLINES[name][1](window)
    if name in RELEASE:
        return RELEASE[name][1](window) if window.releases else math.nan
    found = {**pair_headlines(window), **shared_headlines(window), **patient_headlines(window)}
    return {**found, **service_headlines(window)}.get(name, math.nan)


def _parts(window: Window, name: str) -> Mapping[str, float]:
    if name in BY_RESOURCE:
        return BY_RESOURCE[name][1](window)
    if name in OF_JOBS:
        return OF_JOBS[name][1](window) if window.releases else {}
    return service_by_product(window).get(name, {})
