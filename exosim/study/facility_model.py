"""A scenario as a model in time: at each point a facility of its own, run over the same replications."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from exosim.directions import direction_of
from exosim.errors import UsageError
from exosim.indicators import RESOURCE_UNITS, Account, reported
from exosim.plugin_trial import code, versions
from exosim.replications import simulate
from exosim.result_views import column_name
from exosim.scenario import Scenario
from exosim.sites import without_doses
from exosim.study.answers import Response
from exosim.study.changes import changes_at
from exosim.study.factor import Factor, Floats
from exosim.study.model import Model
from exosim.study.questions import unknown_response


@dataclass(frozen=True)
class FacilityModel(Model):
    """What leaves the facility, and what it costs, at points of a design; build it with :func:`facility_model`.

    Attributes
    ----------
    scenario : with a campaign
    factors : what is moved
    responses : as :func:`facility_responses` names them
    draws : replications of each point; a replication is the same possible world at every point
    seed : of the random values
    """

    scenario: Scenario
    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    draws: int
    seed: int

    @property
    def at_once(self) -> int:
        """One point: it is a run of its own."""
        return 1

    @property
    def identity(self) -> str:
        """The scenario with the code of its plug-ins, what is moved and asked, and the draws."""
        moved = self.scenario.hash, versions(self.scenario), code(self.scenario), self.factors, self.responses
        return f"facility {moved} {self.draws} {self.seed}"

    def with_seed(self, seed: int) -> FacilityModel:
        """Return the model on other replications."""
        return replace(self, seed=seed)

    def sample(self, points: Floats) -> Floats:
        """Return the responses at the points, shape (points, responses, replications).

        Raises
        ------
        ScenarioError
            when a value is not possible.
        ModelError
            when the clock cannot go on.
        """
        return np.stack([self._at(point) for point in points])

    def _at(self, point: Floats) -> Floats:
        changed = self.scenario.with_(changes_at(self.scenario, self.factors, point))
        accounts = simulate(changed, self.draws, seed=self.seed).accounts
        return np.array([[_value(account, r.name) for account in accounts] for r in self.responses])


def facility_model(
    scenario: Scenario, factors: Sequence[Factor], names: Sequence[str], replications: int, seed: int | None = None
) -> FacilityModel:
    """Return a scenario as a model of the facility.

    Raises
    ------
    UsageError
        when there is no such response.
    """
    known = facility_responses(scenario)
    problems = [unknown_response(name, known) for name in names if name not in known]
    if problems:
        raise UsageError(problems)
    used = scenario.seed if seed is None else seed
    return FacilityModel(scenario, tuple(factors), tuple(known[name] for name in names), replications, used)


def facility_responses(scenario: Scenario) -> Mapping[str, Response]:
    """Return what the facility answers with, by name.

    Indicators such as ``doses_per_year``, costs where the scenario has prices, and those of a resource or a product,
    such as ``tff_skid.occupancy``.

    Raises
    ------
    ScenarioError
        when the scenario has no campaign.
    """
    accounts = simulate(scenario, 1).accounts
    units = dict(without_doses(scenario, reported(accounts)))
    found = {name: Response(name, unit, direction_of(name)) for name, unit in units.items()}
    for name, unit in without_doses(scenario, RESOURCE_UNITS).items():
        for resource in accounts[0].by_resource.get(name, {}):
            column = column_name(name, resource)
            found[column] = Response(column, unit, direction_of(name))
    return found


def _value(account: Account, name: str) -> float:
    if name in account.headlines:
        return account.headlines[name]
    resource, _, indicator = name.rpartition(".")
    return account.by_resource.get(indicator, {}).get(resource, math.nan)
