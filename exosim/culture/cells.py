"""What a culture needs to know of its cells: how they grow, die and feed. The defaults are those of primary MSC."""

from __future__ import annotations

import math
from dataclasses import dataclass

from exosim.operations.base import VisitedOperation
from exosim.parameter import Array, parameter


@dataclass(frozen=True, kw_only=True)
class Growth(VisitedOperation):
    """How cells settle, grow, age and die. The defaults are those of primary MSC."""

    attachment: Array = parameter(
        0.88, "1", low=0.5, high=0.97, doc="fraction of the inoculated cells that attaches", source="general_knowledge"
    )
    doubling_time: Array = parameter(
        24.0,
        "h",
        low=17,
        high=130,
        doc="doubling time of subconfluent MSC: 17 to 32 h in bone marrow, 122 h in adipose cells",
        source="higuera2009",
        grade="B",
    )
    lag: Array = parameter(18.0, "h", low=0, high=36, doc="lag after inoculation", source="higuera2009")
    contact_inhibition: float = parameter(
        2.0, "1", low=1.0, high=4.0, planned=True, doc="exponent theta of the theta-logistic law", decided=False
    )
    growth_death_rate: Array = parameter(
        0.001, "1/h", low=0.0005, high=0.004, doc="death rate in growth medium", source="general_knowledge"
    )
    collection_growth: Array = parameter(
        0.0, "1", low=0.0, high=1.0, doc="growth rate in collection medium over that in growth medium"
    )
    death_rate: Array = parameter(
        0.0005, "1/h", low=0.0001, high=0.015, doc="death rate during collection", critical=True
    )
    starvation_rate: Array = parameter(
        0.02, "1/h", low=0.0, high=0.1, doc="added death rate of cells whose demand is not met at all"
    )
    doublings_limit: Array = parameter(
        30.0,
        "1",
        low=15,
        high=200,
        maximum=math.inf,
        doc="population doublings at which growth ends: 15 to 45 in primary MSC, 200 and more in cell lines",
        source="general_knowledge",
    )


@dataclass(frozen=True, kw_only=True)
class Metabolism(Growth):
    """What cells take up and give off, and what they can bear."""

    oxygen_uptake: Array = parameter(
        98.0, "fmol/cell/h", low=12, high=400, doc="oxygen that a cell takes up", source="pattappa2011", grade="A"
    )
    glucose_uptake: Array = parameter(
        0.25, "pmol/cell/h", low=0.05, high=1.0, doc="glucose that a cell takes up", source="higuera2009", grade="B"
    )
    lactate_yield: Array = parameter(
        2.0,
        "1",
        low=0.3,
        high=2.05,
        maximum=math.inf,
        doc="lactate released per glucose taken up",
        source="schop2009",
        grade="A",
    )
    lactate_limit: Array = parameter(
        35.4, "mmol/L", low=16, high=60, doc="lactate at which growth stops", source="schop2009", grade="A"
    )
    ammonia_rate: Array = parameter(0.02, "pmol/cell/h", low=0.0, high=0.2, doc="ammonia that a cell releases")
    ammonia_limit: Array = parameter(
        2.4, "mmol/L", low=1.9, high=10, doc="ammonia at which growth stops", source="schop2009", grade="A"
    )
