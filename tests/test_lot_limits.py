"""What limits a large lot, checked by hand: the runs of a rotor, what waits for them, units and ranges."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.lot_figures import lot_figures
from exosim.lot_limits import LotLimit, lot_limits
from tests.lot_line import line

SCENARIOS = Path(__file__).parents[1] / "scenarios"


def limits_of(scenario: xs.Scenario, factor: float, kind: str = "") -> list[LotLimit]:
    """Return what lots of one size go beyond, of one kind where it is named; a tenth of a lot stands beside it."""
    found = lot_limits(scenario, lot_figures(scenario, [0.1, factor], draws=32))[1]
    return [limit for limit in found if kind in ("", limit.kind)]


def test_a_small_lot_goes_beyond_nothing(tmp_path: Path) -> None:
    """What the scenario plans is possible."""
    assert limits_of(line(tmp_path), 1.0) == []


def test_the_runs_of_a_rotor_by_hand(tmp_path: Path) -> None:
    """34.2 L fill 364 tubes of 94 mL: 61 runs of 6. Each is handled for 0.75 h and spun for 1.5 h; a tube takes 0.05 h.

    People change clothes twice, 0.5 h each. The first run ends after 2.3 h, and its part of the lot waits for the rest.
    """
    tubes = np.ceil(34.2 / 0.094)
    runs = np.ceil(tubes / 6)
    hours = runs * (0.75 + 1.5) + tubes * 0.05
    assert (tubes, runs) == (364, 61) and hours == pytest.approx(155.45)
    at_rotor, after = limits_of(line(tmp_path), 17.1, "hold")[::-1]
    assert at_rotor.procedure == "pellet" and not at_rotor.impossible
    assert at_rotor.why == "pellet: 61 runs take 156.4 h, limited by the rotor; what waits may wait 24 h"
    assert at_rotor.value == pytest.approx(hours - 2.3) and (at_rotor.most, at_rotor.unit) == (24.0, "h")
    assert after.procedure == "concentrate" and after.impossible  # breach = "reject"
    assert after.why.endswith("limited by the rotor; what waits for concentrate may wait 8 h")


def test_a_hold_is_reached_at_a_size_that_can_be_worked_out(tmp_path: Path) -> None:
    """Eleven full runs let a part of the lot wait for 25.5 h, ten for 22.95 h; the limit is 24 h."""
    full, one = 6 * 0.094, 0.75 + 1.5 + 6 * 0.05
    assert 10 * one - 2.3 < 24.0 < 11 * one - 2.3
    scenario = line(tmp_path, {"concentrate.max_hold": {"limit": "9 d"}})
    assert limits_of(scenario, 10 * full / 2.0 * 0.999, "hold") == []
    assert len(limits_of(scenario, 11 * full / 2.0 * 0.999, "hold")) == 1


def test_a_planned_wait_counts(tmp_path: Path) -> None:
    """What waits by plan has less time left for the runs of a rotor."""
    scenario = line(tmp_path, {"pellet.expected_hold": "20 h", "concentrate.max_hold": {"limit": "9 d"}})
    (limit,) = limits_of(scenario, 1.0, "hold")
    assert limit.value == pytest.approx(20.0 + 4 * 2.25 + 22 * 0.05 - 2.3)
    assert limits_of(scenario.with_({"pellet.max_hold": {"limit": "28 h"}}), 1.0, "hold") == []


def test_lots_that_do_not_fit(tmp_path: Path) -> None:
    """A procedure that refuses what one unit does not take makes the lot impossible, and comes first."""
    scenario = line(tmp_path, {"concentrate.when_too_large": "refuse"})
    first = limits_of(scenario, 20.0)[0]
    assert (first.kind, first.procedure, first.impossible) == ("size", "concentrate", True)
    assert str(first) == "concentrate: 1 m2 of membrane_area; one skid takes 0.1 m2, and the lot may fill 1"
    assert (first.value, first.most, first.unit) == (pytest.approx(1.0), pytest.approx(0.1), "m2")


def test_cycles_are_told(tmp_path: Path) -> None:
    """Ten units wanted of a class of three are four cycles: possible, and longer; what waits for them counts."""
    (limit,) = (one for one in limits_of(line(tmp_path), 20.0, "cycles") if one.procedure == "concentrate")
    assert limit.why.endswith("one skid takes 0.1 m2: it fills 10, there are 3, and it runs in 4 cycles")
    assert not limit.impossible


def test_a_culture_on_too_few_units() -> None:
    """Ten times a line fill ten cartridges, and a plant of two has no cycles for a culture."""
    changes = {"equipment.hollow_fiber_bioreactor.size_limit": "2.1 m2", "culture.when_too_large": "parallel"}
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml", changes)
    (limit,) = limits_of(scenario, 10.0)
    assert limit.kind == "size" and limit.impossible
    assert limit.why == "culture: 21 m2 of fiber_area; one hollow_fiber_bioreactor takes 2.1 m2, and the lot may fill 2"
    more = scenario.with_({"equipment.hollow_fiber_bioreactor.count": 10})
    assert limits_of(more, 10.0) == []


def test_ranges_are_told_with_their_end() -> None:
    """Ten lines in one cartridge: 21 m2 where 10 are plausible."""
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    area = limits_of(scenario, 10.0)[0]
    assert (area.kind, area.procedure, area.value, area.most, area.unit) == ("range", "culture", 21.0, 10.0, "m2")


def test_a_lot_that_never_ends(tmp_path: Path) -> None:
    """More runs than fit into the horizon: 20,000 L take 35,461 runs."""
    scenario = line(tmp_path)
    first = limits_of(scenario, 1e4)[0]
    assert (first.kind, first.procedure, first.impossible) == ("time", "pellet", True)
    assert "35461 runs take" in first.why and first.why.endswith("limited by the rotor; the run has 8766 h")


def test_flasks_go_beyond_what_people_can_do() -> None:
    """4000 flasks take longer than the time between two visits: a limit of the operation, not of small lots."""
    scenario = xs.load(SCENARIOS / "msc_flasks_ultracentrifugation.toml")
    (limit,) = limits_of(scenario, 100.0, "limit")
    assert limit.why == "culture: the vessels take longer than the time between two visits" and limit.share == 1.0
    hours = scenario.recipe(scenario.typical_values()).procedures[1].operation.visiting * 100.0  # type: ignore[attr-defined]
    assert hours > 48.0
