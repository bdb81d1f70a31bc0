"""Zero wait plans units ahead: what it cannot plan is refused before the clock starts, all at once."""

from __future__ import annotations

import pytest

import exosim as xs
from exosim.errors import ScenarioError
from tests.test_bad_plants import PLANT, plant

ROOM = 'id = "vessel"\nroom = "suite"\n\n[[room]]\nid = "suite"\n'
SIZED = 'id = "vessel"\nsize_limit = "5 L"\n'
SERVICED = 'id = "vessel"\nmaintenance = { every = "30 d", duration = "8 h" }\n'
VESSEL = 'id = "vessel"'
PROCEDURE = "[[unit_procedure]]"
PUMP = '[[failure]]\nid = "pump"\nunit = "vessel"\nconsequence = "wait"\nbetween = "500 h"\nrepair = "8 h"\n\n'
BREAKDOWN = PUMP + PROCEDURE
STORE = 'unit = "vessel"\nwaits_in = "cold"'
UTILITY = 'unit = "vessel"\nutilities = { steam = "1 kg/h" }'
WHERE = '[[store]]\nid = "cold"\ncapacity = 2\n\n[[utility]]\nid = "steam"\nlimit = "2 kg/h"\n\n[[unit_procedure]]'


@pytest.mark.parametrize(
    "changes, path",
    [
        ([(VESSEL, ROOM)], "equipment.vessel.room"),
        ([(VESSEL, SIZED)], "equipment.vessel.size_limit"),
        ([(VESSEL, SERVICED)], "equipment.vessel.maintenance"),
        ([("[[unit_procedure]]", BREAKDOWN)], "failure.pump"),
        ([("[[unit_procedure]]", WHERE), ('unit = "vessel"', STORE)], "mix"),
        ([("[[unit_procedure]]", WHERE), ('unit = "vessel"', UTILITY)], "mix"),
    ],
)
def test_only_plain_units_can_be_planned(changes: list[tuple[str, str]], path: str, tmp_path: object) -> None:
    """The same plant runs with places between units."""
    for storage in ("zero_wait", "unlimited"):
        text = plant(('every = "24 h"', f'every = "24 h"\nstorage = "{storage}"'), *changes)
        file = tmp_path / "plant.toml"  # type: ignore[operator]
        file.write_text(text, encoding="utf-8")
        scenario = xs.load(file)
        if storage == "unlimited":
            assert xs.simulate(scenario, 1).accounts
            continue
        with pytest.raises(ScenarioError) as caught:
            xs.simulate(scenario, 1)
        (problem,) = caught.value.problems
        assert caught.value.exit_code == 3
        assert problem.path == path and problem.got == 'storage = "zero_wait"'


def test_a_plain_plant_runs_without_waits(tmp_path: object) -> None:
    file = tmp_path / "plant.toml"  # type: ignore[operator]
    file.write_text(PLANT.replace('every = "24 h"', 'every = "24 h"\nstorage = "zero_wait"'), encoding="utf-8")
    assert xs.simulate(xs.load(file), 1).accounts
