"""Parameters declared on fields, and the ledger that lists what a run uses."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pytest

from exosim.operations.planar_expansion import PlanarExpansion
from exosim.operations.tangential_flow_filtration import TangentialFlowFiltration
from exosim.parameter import ASSUMPTION, GRADES, PLAN, Array, Ledger, Parameter, Resolved, declared, parameter
from exosim.quantities import read_quantity


@dataclass(frozen=True, kw_only=True)
class Step:
    flux: Array = parameter(30.0, "L/m2/h", low=5, high=80, doc="permeate flux", source="busatto2018", critical=True)
    recovery: Array = parameter(0.8, "1", low=0.3, high=1.0, doc="recovery", recovery=True)
    fold: Array = parameter(2.0, "1", low=1, high=10, doc="fold change", source="higuera2009", grade="A", minimum=1.0)
    activity: Array = parameter(0.5, "1", low=0.1, high=1.0, doc="activity", maximum=math.inf)
    count: float = parameter(1.0, "1", low=1, high=1, doc="count", planned=True, whole=True)
    measured: Array | None = parameter(None, "1", low=0.01, high=1.0, doc="measured recovery")
    label: str = "step"


def test_a_declaration_is_found_by_its_field() -> None:
    found = declared(Step)
    assert list(found) == ["flux", "recovery", "fold", "activity", "count", "measured"]
    assert found["flux"] == Parameter(
        30.0, "L/m2/h", 5, 80, "permeate flux", "busatto2018", "C", True, False, False, 0.0, math.inf, False
    )


def test_the_default_of_the_field_is_that_of_the_declaration() -> None:
    assert Step().flux == 30.0
    assert Step().measured is None
    assert Step(flux=12.0).flux == 12.0


def test_grades_follow_the_source_unless_stated() -> None:
    found = declared(Step)
    assert (found["recovery"].source, found["recovery"].grade) == (ASSUMPTION, "D")
    assert found["flux"].grade == "C"
    assert found["fold"].grade == "A"


@pytest.mark.parametrize(
    "name, bounds",
    [
        ("recovery", (0.0, 1.0)),
        ("measured", (0.0, 1.0)),
        ("flux", (0.0, math.inf)),
        ("fold", (1.0, math.inf)),
        ("activity", (0.0, math.inf)),
        ("count", (0.0, math.inf)),
    ],
)
def test_a_fraction_has_a_hard_maximum(name: str, bounds: tuple[float, float]) -> None:
    assert (declared(Step)[name].minimum, declared(Step)[name].maximum) == bounds


def test_the_range_as_text() -> None:
    assert declared(Step)["flux"].range_text == "5..80 L/m2/h"
    assert declared(Step)["recovery"].range_text == "0.3..1"


def line(path: str, grade: str, outside: bool = False) -> Resolved:
    return Resolved(path, "30", "L/m2/h", "default", "busatto2018", grade, outside)


LEDGER = Ledger((line("concentrate.flux", "A"), line("a.b", "D"), line("c.d", "D", True), line("e.f", "B")))


def test_the_headline_counts_the_grades() -> None:
    assert LEDGER.counts() == {"A": 1, "B": 1, "C": 0, "D": 2, "plan": 0}
    assert list(LEDGER.counts()) == [*GRADES, PLAN]
    headline = "4 parameters: 1 grade A, 1 B, 0 C, 2 assumptions; 1 outside the plausible range on purpose"
    assert LEDGER.headline() == headline
    assert Ledger((line("a.b", "D"),)).headline() == "1 parameters: 0 grade A, 0 B, 0 C, 1 assumption"


def test_what_is_of_the_plan_is_counted_apart() -> None:
    headline = "3 parameters: 2 of the plan; of the other 1: 0 grade A, 1 B, 0 C, 0 assumptions"
    assert Ledger((line("a.b", "plan"), line("c.d", "B"), line("e.f", "plan"))).headline() == headline


def test_what_is_planned_is_decided_unless_it_is_nature() -> None:
    found = declared(PlanarExpansion)
    assert [found[name].decided for name in ("passages", "inoculum", "contact_inhibition", "lag")] == [1, 1, 0, 0]


def test_a_ledger_is_a_table_with_its_headline_below() -> None:
    rows = str(LEDGER).splitlines()
    assert len(rows) == 5
    assert rows[0] == "concentrate.flux  30  L/m2/h  default  A  busatto2018"
    assert rows[1] == "a.b               30  L/m2/h  default  D  busatto2018"
    assert rows[-1] == LEDGER.headline()
    assert len(LEDGER) == 4
    assert [resolved.path for resolved in LEDGER] == ["concentrate.flux", "a.b", "c.d", "e.f"]


def test_an_empty_ledger_is_its_headline() -> None:
    assert str(Ledger(())) == "0 parameters: 0 grade A, 0 B, 0 C, 0 assumptions"


@pytest.mark.parametrize(
    "raw, grade",
    [
        ("0.2 m2", "plan"),
        ({"value": "0.2 m2", "source": ASSUMPTION}, "D"),
        ({"value": "0.2 m2", "source": "busatto2018"}, "C"),
        ({"value": "0.2 m2", "donor_spread": "10 %"}, "D"),
        ({"uniform": {"low": "0.1 m2", "high": "0.2 m2"}}, "D"),
    ],
)
def test_a_plain_number_without_evidence_is_of_the_plan_where_people_decide_it(raw: object, grade: str) -> None:
    area = declared(TangentialFlowFiltration)["membrane_area"]
    assert read_quantity(raw, area, {"busatto2018": "C"}).grade == grade


def test_what_nature_decides_is_never_of_the_plan() -> None:
    assert read_quantity("2 %", declared(TangentialFlowFiltration)["dna_sieving"], {}).grade == "D"
