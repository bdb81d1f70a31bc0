"""`exosim scale` as a person meets it: the answer in words, tables and picture, and what is refused."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scale_line import TEXT, two_ways
from texts import Door

import exosim as xs
from exosim import plots
from exosim.cost_numbers import CATEGORIES
from exosim.scaling.scaling import Scaling, demands_between
from exosim.scaling.technologies import technologies
from exosim.scaling.words import rounded, sentences

DEMANDS = (1e3, 1e4, 1e5, 1e6)
NOTHING_ELSE = [[0.0] * 5] * (len(CATEGORIES) - 1)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Scaling:
    return xs.scale(two_ways(tmp_path_factory.mktemp("scale")), DEMANDS, worlds=4, confirm=1, replications=1)


def test_the_rotor_gives_way_to_the_filter(found: Scaling) -> None:
    """The rotor wins in small, the filter in large; the rotor ends where a facility has no more lots."""
    assert [w.technology for w in found.winners if w] == ["rotor", "rotor", "filter", "filter"]
    (switch,) = found.switches
    assert switch.of_winners
    assert 1e4 < switch.demand < 1e5
    assert math.isinf(found.reach["filter"]) or found.reach["filter"] > 1e6
    assert 1.3e5 < found.reach["rotor"] < 1.36e5
    assert [point.feasible for point in found.points["rotor"]] == [True, True, True, False]
    assert found.cheapest(0) == {"rotor": 1.0, "filter": 0.0}


def test_the_facility_is_run_for_the_cheapest_of_each_decade(found: Scaling) -> None:
    assert [(one.technology, one.demand, one.rank) for one in found.checks] == [
        ("rotor", 1e3, 1), ("rotor", 1e4, 1), ("filter", 1e5, 1), ("filter", 1e6, 1),
    ]  # fmt: skip
    for one in found.checks:
        assert one.facility == pytest.approx(one.estimate, rel=1e-9)


def test_the_answer_in_words(found: Scaling) -> None:
    """What wins from where to where, where it turns, what ends and why, and what the facility says."""
    told = " ".join(sentences(found))
    assert "From 1,000 to 10,000 doses a year rotor is the cheapest, in 100 % of the worlds" in told
    assert "From 100,000 to 1e6 doses a year filter is the cheapest" in told
    assert "doses a year on filter is cheaper than rotor" in told
    assert "For 1e6: 743 lots of 1,347 doses would be needed, 100 a year are the most" in told
    assert "The facility was run for 4 finalists" in told


def test_what_costs_least_and_is_seldom_the_cheapest_is_told_so(found: Scaling) -> None:
    """9.6 and 10.56 over five worlds, and the second is cheaper in four of them."""
    costs = {"rotor": [1.0, 5.0, 10.0, 12.0, 20.0], "filter": [0.5, 4.0, 9.0, 11.0, 28.3]}
    points = {
        name: (
            dataclasses.replace(
                found.points[name][0], per_dose=np.array(each), delivered=np.ones(5),
                cost=np.vstack([np.array([each]), np.zeros((len(CATEGORIES) - 1, 5))]),
            ),
        )
        for name, each in costs.items()
    }  # fmt: skip
    own = dataclasses.replace(found, demands=(1e3,), points=points, checks=())
    first, second, *_ = sentences(own)
    assert first.startswith("At 1,000 doses a year rotor is the cheapest, in 20 % of the worlds")
    told = "filter, 10.0 % dearer over all worlds, is the cheapest in 80 % of them"
    assert second == f"At 1,000 the order is a close one: {told}."
    assert not any("close one" in sentence for sentence in sentences(found))


def test_a_demand_that_nothing_meets_is_an_answer(tmp_path: Path) -> None:
    """No number stands for a plant that cannot be built."""
    own = xs.scale(two_ways(tmp_path, {"scale.most_lots": "10 1/year", "scale.largest_lot": 1.0}), [1e6], worlds=2)
    assert own.winners == (None,)
    assert own.checks == ()
    (first, *_) = sentences(own)
    assert first.startswith("No technology meets 1e6 doses a year: rotor: 2,500 lots of 400 doses would be needed")
    assert all(row["cost_per_dose"] is None and row["cheapest"] == 0.0 for row in own.rows())
    json.dumps(own.as_dict(), allow_nan=False)


def test_the_document(found: Scaling) -> None:
    """It holds no NaN; the points are those of the tables; a switch has its shares."""
    document = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert document["form"] == "exosim.scale/1"
    assert document["winners"] == ["rotor", "rotor", "filter", "filter"]
    assert len(document["points"]) == len(DEMANDS) * 2
    assert document["limits"]["most_lots"] == 100.0
    assert [one["name"] for one in document["technologies"]] == ["rotor", "filter"]


def test_the_picture(found: Scaling) -> None:
    """Both technologies, a ring for each winner, a cross where the rotor ends."""
    axes = plots.scale_curve(found)
    lines = {line.get_label(): line for line in axes.lines}
    assert axes.get_ylabel() == f"cost of a dose [{found.money}]" and found.money.startswith("EUR of 20")
    assert {"rotor", "filter", "the cheapest", "in the facility"} <= set(lines)
    assert list(lines["the cheapest"].get_xdata()) == list(DEMANDS)
    assert [text.get_text() for text in axes.texts] == ["too many lots (pellet)"]
    assert "crosses: the largest" in axes.figure.get_supxlabel().lower().replace("\n", " ")


@pytest.mark.slow
def test_processes_are_seen_in_no_result(found: Scaling, tmp_path: Path) -> None:
    """Two processes give the same document as one."""
    again = xs.scale(two_ways(tmp_path), DEMANDS, worlds=4, confirm=1, replications=1, jobs=2)
    assert again.as_dict() == found.as_dict()


def test_parts_done_are_told(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    xs.scale(two_ways(tmp_path), [1e4], worlds=1, replications=1, progress=lambda *parts: told.append(parts))
    assert told[0] == (0, 4)
    assert told[-1] == (4, 4)


def test_without_prices_those_of_the_list_count(tmp_path: Path) -> None:
    """A scenario that says nothing of money is costed in euros."""
    file = tmp_path / "plain.toml"
    file.write_text(_without_money(), encoding="utf-8")
    own = xs.scale(xs.load(file), [1e4], worlds=2, confirm=0)
    assert own.currency == "EUR"
    assert own.winners[0] is not None


def _without_money() -> str:
    money = ("purchase", "footprint", "building", "utilities", "wage", "area", "royalty", "currency", "exponent")
    lines = [line for line in TEXT.splitlines() if not line.startswith(money)]
    text = "\n".join(lines).replace("[economics]\n", "")
    begin, end = text.index("[[material]]"), text.index("[scale]")
    return text[:begin] + text[end:]


def test_demands() -> None:
    assert demands_between(1e2, 1e7) == tuple(float(f"{10 ** (2 + step / 2):.12g}") for step in range(11))
    assert demands_between(500, 500) == (500.0,)
    assert [rounded(value) for value in (18.456, 14_384.0, 999_999.0, 1e6)] == ["18.5", "14,400", "1,000,000", "1e6"]


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (("--from", "0"), 2, "demands rise from one number above 0"),
        (("--from", "1e5", "--to", "1e3"), 2, "demands rise from one number above 0"),
        (("--to", "nan"), 2, "demands rise from one number above 0"),
        (("--from", "-5"), 2, "demands rise"),
        (("--set", "scale.most_lots=0"), 3, "scale.most_lots"),
        (("--set", "scale.most_people=many"), 3, "scale.most_people"),
        (("--set", "scale.most_lotz=5"), 3, "did you mean most_lots?"),
    ],
)
def test_what_is_refused(door: Door, tmp_path: Path, options: tuple[str, ...], code: int, told: str) -> None:
    two_ways(tmp_path)
    answer = door.run("scale", str(tmp_path / "two_ways.toml"), *options, "--out", str(tmp_path / "out"))
    assert answer.code == code
    assert told in answer.err
    assert "Traceback" not in answer.err
    assert not (tmp_path / "out").exists()


def test_a_scenario_that_is_not_run_in_time_is_refused(door: Door, tmp_path: Path) -> None:
    file = tmp_path / "still.toml"
    file.write_text(TEXT.replace('[campaign]\nevery = "7 d"\n', ""), encoding="utf-8")
    answer = door.run("scale", str(file))
    assert answer.code == 3
    assert (
        'a plant is sized for the lots of one product; expected one [campaign] with every = "14 d", say' in answer.err
    )


def test_a_plant_has_a_rhythm_of_its_own(tmp_path: Path) -> None:
    """Lots that are started as soon as possible are paced for the demand."""
    own = xs.scale(two_ways(tmp_path, {"campaign.mode": "as_soon_as_possible"}), [1e4], worlds=1, replications=1)
    assert own.checks[0].facility == pytest.approx(own.checks[0].estimate, rel=1e-9)


def test_the_command(door: Door, tmp_path: Path) -> None:
    """Tables on the terminal, files in the folder; the JSON document is the file."""
    two_ways(tmp_path)
    options = ("--from", "1e4", "--to", "1e6", "--per-decade", "1", "--draws", "2", "--replications", "1")
    call = ("scale", str(tmp_path / "two_ways.toml"), *options, "--confirm", "1", "--out", str(tmp_path / "out"))
    answer = door.run(*call)
    assert answer.code == 0
    assert "two_ways: 2 technologies, 2 worlds, seed 3" in answer.out
    assert "too many lots" not in answer.err
    names = {file.name for file in (tmp_path / "out").iterdir()}
    tables = {"scale.csv", "switches.csv", "orders.csv", "worlds.csv", "facility.csv", "ledger.csv"}
    assert {"scale.json", "scale.png", "scale.svg", "manifest.json"} | tables <= names
    document = door.run(*call[:-1], str(tmp_path / "again"), "--json").out
    assert document == (tmp_path / "out" / "scale.json").read_text(encoding="utf-8")
    rows = (tmp_path / "out" / "scale.csv").read_text(encoding="utf-8").splitlines()
    assert len(rows) == 1 + 3 * 2


def _point(found: Scaling, technology: str, demand: float) -> Mapping[str, Any]:
    return next(row for row in found.rows() if row["technology"] == technology and row["demand"] == demand)


def test_a_row_of_the_table(found: Scaling) -> None:
    """What cannot be built has no cost, and says why; what can be built meets the demand."""
    ends, fits = _point(found, "rotor", 1e6), _point(found, "rotor", 1e4)
    assert (ends["feasible"], ends["cost_per_dose"], ends["binding"]) == (False, None, "lots")
    assert (fits["lots"], fits["demand_met"], fits["cheapest"]) == (8, 1.0, 1.0)
    assert fits["units"] == {"freezer": 1, "ultracentrifuge": 1, "filler": 1}


def test_a_scaling_prints_as_its_answer(found: Scaling) -> None:
    assert str(found).split("\n  ") == ["two_ways: 2 technologies, seed 3", *sentences(found)]


def test_a_technology_that_is_named_is_sized_alone(tmp_path: Path) -> None:
    scenario = xs.load(f"{two_ways(tmp_path).source.name}#filter")
    assert [one.name for one in technologies(scenario)] == ["filter"]


def test_a_diagnostic_line_has_no_demand_for_doses() -> None:
    line = Path(__file__).parents[2] / "scenarios" / "urine_monitoring.toml"
    with pytest.raises(xs.ScenarioError, match="a diagnostic line makes no doses"):
        technologies(xs.load(line))
