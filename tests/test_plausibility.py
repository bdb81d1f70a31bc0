"""Warnings about a plant that can be read but never works, or hardly; and what is refused because it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest

import exosim as xs
from exosim.scenario import Scenario
from tests.facility.test_in_vain import ONE_STOCK

PACED = 'campaign.every = "100 h"'
ON_ORDER = ONE_STOCK.replace(PACED, 'campaign = { mode = "on_order", lead_time = "30 d" }')
BREAKS = """
[[failure]]
id = "pump"
unit = "bench"
between = "2 h"
repair = "100 h"
consequence = "wait"
"""
SERVICED = ONE_STOCK.replace('id = "bench"', 'id = "bench"\nmaintenance = { every = "5 h", duration = "8 h" }')
IDLE_ROOM = '[[room]]\nid = "suite"\n'
CREW = '[[personnel]]\nrole = "crew"\nheadcount = 1\nminimum_crew = 2\n'
NOTHING = ONE_STOCK.replace('on_hand = "5 L"', 'reorder_point = "5 L"\norder_quantity = "0 L"')


def loaded(folder: Path, text: str) -> Scenario:
    path = folder / "plant.toml"
    path.write_text(text, encoding="utf-8")
    return xs.load(path)


def test_a_sound_plant_gives_no_warning(tmp_path: Path) -> None:
    for text in (ONE_STOCK, ON_ORDER + "[[order]]\ndue = 2027-02-10\n"):
        assert loaded(tmp_path, text).warnings == ()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ONE_STOCK.replace(PACED, 'campaign.begin = "2000 h"'), "campaign.begin: 2000 h is after the end of the run"),
        (ON_ORDER + "[[order]]\ndue = 2027-01-20\nbatches = 2\n", "for 2 batches, started later than planned"),
        (ON_ORDER + "[[order]]\ndue = 2028-01-20\n", "1 batch on order would be started after the end of the run"),
        (ONE_STOCK + BREAKS, "failure.pump: a repair of 100 h takes longer than bench is up, 2 h"),
        (SERVICED, "equipment.bench.maintenance: a service of 8 h takes as long as the 5 h between two"),
        (ONE_STOCK + IDLE_ROOM, "room.suite: no equipment stands in it"),
    ],
)
def test_what_hardly_works_is_a_warning(tmp_path: Path, text: str, told: str) -> None:
    found = loaded(tmp_path, text).warnings
    assert len(found) == 1 and told in found[0], found


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (ONE_STOCK + CREW, "personnel.crew.minimum_crew: is more than the role has; got 2; expected at most 1"),
        (NOTHING, "material.buffer.order_quantity: must be above 0"),
    ],
)
def test_what_cannot_work_is_refused(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(xs.ScenarioError) as caught:
        loaded(tmp_path, text)
    assert told in str(caught.value)


@pytest.mark.filterwarnings("error")
def test_a_run_in_which_nothing_is_released_says_so(tmp_path: Path) -> None:
    results = xs.simulate(loaded(tmp_path, ONE_STOCK.replace(PACED, 'campaign.begin = "2000 h"')), 1)
    assert any("none was started" in remark for remark in results.remarks())


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ('shift.night = { days = ["Mon", "Tuesday"], from = 06:00:00, to = 14:00:00 }', "calendar.shift.night.days.2"),
        ('holidays = ["2027-12-24"]', "calendar.holidays.1"),
    ],
)
def test_a_wrong_entry_of_a_list_does_not_hide_what_else_is_wrong(tmp_path: Path, wrong: str, told: str) -> None:
    text = ONE_STOCK.replace('"1000 h"', '"1000 kg"') + f"[calendar]\n{wrong}\n"
    with pytest.raises(xs.ScenarioError) as caught:
        loaded(tmp_path, text)
    assert told in str(caught.value) and "kg cannot be converted to h" in str(caught.value)


@pytest.mark.parametrize(
    ("operation", "bulk"),
    [
        ("frozen_storage", False),
        ("lyophilization", False),
        ("measured_step", False),
        ("timed_step", False),
        ("viral_reduction", False),
        ("tangential_flow_filtration", True),
        ("vial_filling", True),
    ],
)
def test_what_is_in_vials_is_no_bulk_any_more(tmp_path: Path, operation: str, bulk: bool) -> None:
    """One warning, at the first step that would have to open the vials."""
    steps = {"medium": "conditioned_medium", "fill": "vial_filling", "wait": "timed_step", "after": operation}
    recipe = "".join(f'[[unit_procedure]]\nid = "{name}"\noperation = "{of}"\n' for name, of in steps.items())
    warnings = loaded(tmp_path, f'format = 1\nname = "vials"\nproduct.dose = "1e9 EV"\n{recipe}').warnings
    told = "after: its feed is in vials, and its operation works on a bulk; move it before the filling"
    assert warnings == ((told,) if bulk else ())
