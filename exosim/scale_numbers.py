"""The numbers of a question of scale: how large a plant may become, and how full it may be planned."""

from __future__ import annotations

from dataclasses import dataclass

from exosim.parameter import parameter


@dataclass(frozen=True, kw_only=True)
class ScaleNumbers:
    """What limits a plant that is sized for a demand, and between which sizes its lots are looked for."""

    most_lots: float = parameter(
        200.0, "1/year", low=10, high=1000, minimum=1, planned=True, source="pereirachilima2016",
        grade="A", doc="most lots a year in one facility",
    )  # fmt: skip
    most_area: float = parameter(
        10_000.0, "m2", low=50, high=100_000, minimum=1, planned=True, doc="most floor area of the plant"
    )
    most_people: float = parameter(
        200, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="most people of a role on duty in a shift"
    )
    most_units: float = parameter(
        100, "1", low=1, high=1000, minimum=1, whole=True, planned=True, doc="most units of an equipment class"
    )
    occupancy: float = parameter(
        0.8, "1", low=0.3, high=1.0, minimum=0.01, planned=True,
        doc="share of their time for which units and people may be planned",
    )  # fmt: skip
    certainty: float = parameter(
        0.5, "1", low=0.05, high=0.99, minimum=0.001, planned=True,
        doc="share of the possible worlds in which the plant meets the demand",
    )  # fmt: skip
    smallest_lot: float = parameter(
        0.1, "1", low=0.01, high=1.0, minimum=1e-4, maximum=1.0, planned=True,
        doc="smallest lot that is looked at, over that of the scenario",
    )  # fmt: skip
    largest_lot: float = parameter(
        1000.0, "1", low=1.0, high=1e4, minimum=1.0, planned=True,
        doc="largest lot that is looked at, over that of the scenario, where no limit of size comes before",
    )  # fmt: skip
