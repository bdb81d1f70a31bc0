"""What one more of each resource brings: as every candidate simulated alone says, and as queues and lines say."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

import exosim as xs
from exosim.bottlenecks.candidates import KINDS, asked_for, candidates_of, everything
from exosim.bottlenecks.gains import gains, holm
from exosim.bottlenecks.search import Bottleneck, bottleneck
from exosim.bottlenecks.yardsticks import indicators_of, measured
from exosim.errors import ModelError, UsageError
from exosim.replication_cost import ledger_of
from exosim.replications import replay, run_once
from tests.texts import Door

SCENARIOS = Path(__file__).parent.parent / "scenarios"
YEAR = 8766.0
HEAD = """\
format = 1
name = "line"
seed = 5
start = 2027-01-04T06:00:00
horizon = "{horizon:g} h"
warm_up = "{warm_up:g} h"
replications = 2
product.dose = "1 EV"
"""


def line(
    folder: Any,
    times: Sequence[Any],
    *,
    campaign: str = 'mode = "as_soon_as_possible"',
    units: Sequence[int] | None = None,
    role: str = "",
    more: str = "",
    horizon: float = 1000.0,
    warm_up: float = 0.0,
    keys: Mapping[str, str] = {},
) -> xs.Scenario:
    """Return a serial line of timed steps a, b, c, each on a class of its own of the same name and an s.

    Parameters
    ----------
    keys : more keys of a class or a procedure, by its id
    """
    parts = [HEAD.format(horizon=horizon, warm_up=warm_up), f"[campaign]\n{campaign}\n"]
    for name, hours, count in zip("abcdef", times, units or [1] * len(times), strict=False):
        parts.append(f'[[equipment]]\nid = "{name}s"\ncount = {count}\n{keys.get(f"{name}s", "")}\n')
        attended = 'operator = "crew"\n' if role else ""
        duration = hours if isinstance(hours, str) else f'"{hours:g} h"'
        parts.append(f'[[unit_procedure]]\nid = "{name}"\noperation = "timed_step"\nunit = "{name}s"\n{attended}')
        parts.append(keys.get(name, ""))
        parts.append(f"[unit_procedure.parameters]\nstep_time = {duration}\n")
    file = Path(str(folder)) / "line.toml"
    file.write_text("\n".join([*parts, role, more]), encoding="utf-8")
    return xs.load(file)


def by_name(found: Bottleneck, indicator: str | None = None) -> dict[str, Any]:
    return {gain.candidate: gain for gain in found.of(indicator or found.by)}


# ---------------------------------------------------------------- lines with known answers


@pytest.mark.parametrize("times", [(2.0, 5.0, 3.0), (7.0, 4.0, 2.0), (1.0, 2.0, 6.0)])
def test_a_serial_line_runs_at_its_slowest_stage(times: tuple[float, ...], tmp_path: Path) -> None:
    """One more unit there gives the next slowest its pace; one more elsewhere changes no batch's end."""
    found = bottleneck(line(tmp_path, times), by="batches_per_year")
    slowest = int(np.argmax(times))
    own = list(times)
    own[slowest] /= 2.0
    faster = 1.0 / max(own) - 1.0 / times[slowest]
    ends = (2.0 + faster * sum(times)) * YEAR / 1000.0  # the first batch comes late, and batches are whole
    for place, name in enumerate("abc"):
        gain = by_name(found)[f"{name}s + 1"]
        if place != slowest:
            assert gain.verdict == "nothing" and gain.equal == 1.0 and gain.difference == 0.0
            continue
        assert gain.verdict == "helps" and gain.p_holm == 0.0
        assert gain.difference == pytest.approx(YEAR * faster, abs=ends)
        assert found.best == gain
    assert found.sentences[0].startswith(f"One more {'abc'[slowest]}s raises batches per year by ")
    assert "2 change nothing in any replication" in found.sentences[0]


def test_two_equal_bottlenecks_help_only_together(tmp_path: Path) -> None:
    found = bottleneck(line(tmp_path, (2.0, 5.0, 5.0)), by="batches_per_year", in_pairs=True)
    verdicts = {name: gain.verdict for name, gain in by_name(found).items()}
    assert verdicts == {
        "as + 1": "nothing", "bs + 1": "nothing", "cs + 1": "nothing",
        "as + 1, bs + 1": "nothing", "as + 1, cs + 1": "nothing", "bs + 1, cs + 1": "helps",
    }  # fmt: skip
    pair = by_name(found)["bs + 1, cs + 1"]
    ends = (2.0 + (0.4 - 0.2) * 12.0) * YEAR / 1000.0
    assert pair.difference == pytest.approx(YEAR * (0.4 - 0.2), abs=ends)
    alone = bottleneck(line(tmp_path, (2.0, 5.0, 5.0)), by="batches_per_year")
    assert alone.best is None and alone.sentences[0].startswith("Nothing: none of 3 candidates raises batches per year")
    assert alone.sentences[1].startswith("Only together do they help: all of these together by ")
    assert alone.at_once["batches_per_year"].verdict == "helps"


def test_people_can_be_the_bottleneck(tmp_path: Path) -> None:
    """One person at two steps of 2 and 3 h makes a batch in 5 h; two make two."""
    role = '[[personnel]]\nrole = "crew"\n'
    campaign = 'mode = "as_soon_as_possible"\npriority = "oldest"'
    scenario = line(tmp_path, (2.0, 3.0), units=(3, 3), role=role, campaign=campaign)
    found = bottleneck(scenario, by="batches_per_year")
    verdicts = {name: gain.verdict for name, gain in by_name(found).items()}
    assert verdicts["crew + 1 person"] == "helps" and found.best == by_name(found)["crew + 1 person"]
    assert found.best.difference == pytest.approx(YEAR / 5.0, abs=2.0 * YEAR / 1000.0)  # two batches of a run of 1000 h
    assert found.sentences[0].startswith("One more person in crew raises ")


def test_a_shift_can_be_the_bottleneck(tmp_path: Path) -> None:
    """A step of 4 h, twice in a shift of 8 h: one more shift doubles what is made."""
    every = 'days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]'
    shifts = f"[calendar.shift.early]\n{every}\nfrom = 06:00:00\nto = 14:00:00\n"
    shifts += f"[calendar.shift.late]\n{every}\nfrom = 14:00:00\nto = 22:00:00\n"
    role = f'[[personnel]]\nrole = "crew"\nshifts = ["early"]\n{shifts}'
    scenario = line(tmp_path, (4.0,), role=role, horizon=960.0)
    found = bottleneck(scenario, by="batches_finished")
    gain = by_name(found)["crew + late shift"]
    assert (gain.without, gain.value, gain.verdict) == (80.0, 160.0, "helps")
    assert gain.low == gain.high == 80.0
    assert by_name(found)["as + 1"].verdict == "nothing", "one person is at one unit"
    both = bottleneck(scenario, by="batches_finished", add=["crew=1,crew=late,as=1"])
    assert both.best is not None and both.best.value == 320.0


def test_a_rhythm_limits_the_output(tmp_path: Path) -> None:
    """A batch every 6 h on a unit of 5 h: only a faster rhythm makes more."""
    found = bottleneck(line(tmp_path, (1.0, 5.0), campaign='every = "6 h"'), by="batches_per_year")
    assert found.best is None and all(gain.verdict == "nothing" for gain in found.ranking)
    assert any("The rhythm limits the output, not the plant: a batch every 6 h" in text for text in found.sentences)
    assert found.pace is not None and (found.pace.before, found.pace.after) == (6.0, 5.0)
    gain = found.pace.gains["batches_per_year"]
    assert gain.difference == pytest.approx(YEAR * (1 / 5 - 1 / 6), abs=2.0 * YEAR / 1000.0)


def test_with_a_rhythm_one_more_unit_shortens_the_lead_time(tmp_path: Path) -> None:
    """Times that vary queue behind each other; the campaign ends before the run does: all are finished."""
    step = '{ exponential = { mean = "8 h" }, varies = "batch" }'
    campaign = 'every = "10 h"\nbatches = 80'
    found = bottleneck(line(tmp_path, [step], campaign=campaign, horizon=2000.0), 10, by="batches_finished")
    assert found.ranking[0].verdict == "nothing" and found.base[0].fates == (80, 80, 0, 0)
    assert any("The number of batches limits the output" in text for text in found.sentences)
    (gain,) = found.of("lead_time")
    assert gain.verdict == "helps" and gain.high is not None and gain.high < 0.0
    assert any(text.startswith("One more as lowers the median lead time by ") for text in found.sentences)


def test_one_more_unit_can_lose_batches(tmp_path: Path) -> None:
    """A step of 5 h throttles one of 1 h with 4 h of cleaning, where nobody may wait for more than 1 h.

    With two of the first it loses nearly all. The few that are left have shorter lead times; that is no help.
    """
    keys = {"b": 'max_hold = { limit = "1 h", breach = "reject" }', "bs": 'turnaround = "4 h"'}
    found = bottleneck(line(tmp_path, (5.0, 1.0), campaign='every = "3 h"', keys=keys), by="batches_per_year")
    gain, shorter = by_name(found)["as + 1"], by_name(found, "lead_time")["as + 1"]
    assert gain.verdict == "hurts" and found.best is None
    assert shorter.verdict == "helps"
    assert "1 makes it worse (one more as, by " in found.sentences[0]
    assert not any("lead time" in text for text in found.sentences)


def test_orders_limit_the_output(tmp_path: Path) -> None:
    order = "[[order]]\ndue = 2027-01-20\nbatches = 3\n"
    campaign = 'mode = "on_order"\nlead_time = "10 h"'
    found = bottleneck(line(tmp_path, (4.0,), campaign=campaign, more=order), by="batches_per_year")
    assert found.best is None and found.pace is None
    assert any(text.startswith("The orders limit the output") for text in found.sentences)
    (gain,) = found.of("on_time.orders")
    assert (gain.without, gain.value, gain.verdict) == (pytest.approx(2 / 3), 1.0, "helps")
    assert "One more as raises on time of orders by 0.333" in " ".join(found.sentences)


def test_a_number_of_batches_limits_the_output(tmp_path: Path) -> None:
    campaign = 'mode = "as_soon_as_possible"\nbatches = 4'
    found = bottleneck(line(tmp_path, (4.0,), campaign=campaign), by="batches_finished")
    assert found.best is None
    assert any("number of batches limits the output" in text and "campaign.batches" in text for text in found.sentences)


def test_quality_can_be_the_bottleneck(tmp_path: Path) -> None:
    """A batch every 6 h whose record one person reviews in 10 h: two release them as they come."""
    role = '[[personnel]]\nrole = "quality"\n\n[[personnel]]\nrole = "crew"\n'
    review = '[[review]]\nid = "record"\nrole = "quality"\nhands_on = "10 h"\nduration = "10 h"\n'
    scenario = line(tmp_path, (2.0,), campaign='every = "6 h"', role=role, more=review)
    found = bottleneck(scenario, by="batches_per_year")
    assert {gain.candidate: gain.verdict for gain in found.ranking} == {
        "quality + 1 person": "helps", "as + 1": "nothing", "crew + 1 person": "nothing",
    }  # fmt: skip
    assert found.best is not None
    assert found.best.difference == pytest.approx(YEAR * (1 / 6 - 1 / 10), abs=2.5 * YEAR / 1000.0)
    (waiting, _, _) = bottleneck(scenario, by="job_waiting.review.record").ranking
    assert (waiting.candidate, waiting.value, waiting.verdict) == ("quality + 1 person", 0.0, "helps")
    assert by_name(found, "release_time")["quality + 1 person"].value == 10.0


def test_work_in_progress_can_be_the_bottleneck(tmp_path: Path) -> None:
    campaign = 'mode = "as_soon_as_possible"\nwork_in_progress = 1'
    found = bottleneck(line(tmp_path, (2.0, 2.0), campaign=campaign), by="batches_per_year")
    assert found.best == by_name(found)["line + 1 batch at once"]
    assert found.best.difference == pytest.approx(YEAR / 4.0, abs=2.0 * YEAR / 1000.0)  # two batches of a run of 1000 h
    assert by_name(found)["as + 1"].verdict == by_name(found)["bs + 1"].verdict == "nothing"


def test_a_second_server_shortens_a_queue_as_erlang_says(tmp_path: Path) -> None:
    """M/M/1 and M/M/2 (Erlang C): mean wait before service, within four standard errors."""
    arrivals, service = 10.0, 5.0
    law = '{{ exponential = {{ mean = "{0:g} h" }}, varies = "batch" }}'
    scenario = line(
        tmp_path, [law.format(service)], campaign=f"every = {law.format(arrivals)}", horizon=11_000.0, warm_up=1000.0
    )
    found = bottleneck(scenario, 16, by="waiting.a")
    (gain,) = found.ranking
    load = service / arrivals
    alone = load / (1.0 / service - 1.0 / arrivals)
    must_wait = (load**2 / 2.0 / (1.0 - load / 2.0)) / (1.0 + load + load**2 / 2.0 / (1.0 - load / 2.0))
    two = must_wait / (2.0 / service - 1.0 / arrivals)
    without, values = found.without("waiting.a"), found.values["as + 1"]["waiting.a"]
    for waits, expected in ((without, alone), (values, two), (values - without, two - alone)):
        assert abs(waits.mean() - expected) < 4.0 * waits.std(ddof=1) / math.sqrt(waits.size)
    assert gain.verdict == "helps" and gain.direction == "less" and gain.better == 1.0


# ---------------------------------------------------------------- against simulating everything


MIXED = """\
[[room]]
id = "suite"
segregation = "product"
capacity = 1

[[store]]
id = "cold"
capacity = 1

[calendar.shift.day]
days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
from = 06:00:00
to = 18:00:00

[calendar.shift.night]
days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
from = 18:00:00
to = 06:00:00
"""


def mixed(folder: Any, campaign: str, mean: float, units: tuple[int, int, int], people: int) -> xs.Scenario:
    """Return a small plant with units, people, shifts, a room, a store and times that vary."""
    step = f'{{ exponential = {{ mean = "{mean:g} h" }}, varies = "batch" }}'
    role = f'[[personnel]]\nrole = "crew"\nheadcount = {people}\nshifts = ["day"]\n'
    keys = {"as": 'room = "suite"', "b": 'waits_in = "cold"'}
    return line(
        folder, [step, 3.0, step], campaign=campaign, units=units, role=role, more=MIXED, horizon=500.0, keys=keys
    )


def test_it_agrees_with_simulating_every_candidate(tmp_path: Path) -> None:
    """Paired differences, intervals and p of every candidate from runs of their own, by an independent road."""
    scenario = mixed(tmp_path, 'every = "9 h"\nwork_in_progress = 4', 5.0, (1, 1, 1), 1)
    n = 6
    found = bottleneck(scenario, n, by="batches_per_year", in_pairs=True)
    kinds = {one.kind for candidate in found.candidates for one in candidate.additions}
    assert kinds == {"equipment", "personnel", "shift", "room", "store", "campaign"}
    base = xs.simulate(scenario, n)
    family = []
    for candidate in found.candidates:
        alone = xs.simulate(scenario.with_(candidate.changes), n)
        for indicator in found.indicators:
            old, new = (np.array([a.headlines[indicator] for a in r.accounts]) for r in (base, alone))
            gain = by_name(found, indicator)[candidate.name]
            both = np.isfinite(old) & np.isfinite(new)
            assert gain.n == both.sum()
            difference = (new - old)[both]
            assert found.values[candidate.name][indicator] == pytest.approx(new, rel=1e-9, nan_ok=True)
            assert gain.difference == pytest.approx(difference.mean(), abs=1e-9)
            if difference.any():
                test = stats.ttest_rel(new[both], old[both])
                interval = test.confidence_interval(0.95)
                assert (gain.low, gain.high) == pytest.approx((interval.low, interval.high))
                assert gain.p == pytest.approx(test.pvalue)
            if indicator == found.by:
                family.append(gain.p)
    assert [gain.p_holm for gain in found.of(found.by)] == pytest.approx(holm(family))
    assert len({gain.verdict for gain in found.ranking}) > 1


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(
        ['every = "14 h"', 'every = "30 h"\nwork_in_progress = 3', 'mode = "as_soon_as_possible"\nbatches = 12']
    ),
    st.sampled_from([1.0, 4.0]),
    st.tuples(*[st.integers(1, 3)] * 3),
    st.integers(1, 3),
)
def test_what_nobody_lacked_changes_nothing(
    tmp_path_factory: Any, campaign: str, mean: float, units: tuple[int, int, int], people: int
) -> None:
    """One more of what nobody lacked leaves the log as it was, event by event; all of it together, too."""
    scenario = mixed(tmp_path_factory.mktemp("plant"), campaign, mean, units, people)
    run = run_once(scenario, scenario.seed, 0).run
    candidates = candidates_of(scenario)
    certain = [candidate for candidate in candidates if candidate.changes_nothing(run.lacked)]
    for candidate in [*certain, *([everything(certain)] if certain else [])]:
        again = run_once(scenario.with_(candidate.changes), scenario.seed, 0).run
        assert list(again.log) == list(run.log), candidate.name
        assert again.lacked == run.lacked
    assert not any(one.kind == "shift" for candidate in certain for one in candidate.additions)


@pytest.mark.parametrize("file", ["msc_hollow_fiber.toml", "cdmo_two_products.toml"])
def test_leaving_runs_out_changes_no_figure(file: str) -> None:
    scenario = xs.load(SCENARIOS / file)
    screened, whole = (bottleneck(scenario, 2, screen=screen) for screen in (True, False))
    assert screened.runs < whole.runs == 2 * (len(whole.candidates) + 2 + (whole.pace is not None))
    assert {**screened.as_dict(), "runs": 0} == {**whole.as_dict(), "runs": 0}


@pytest.mark.parametrize(
    "more",
    [
        {"keys": {"as": 'maintenance = { every = "200 h", duration = "30 h" }'}},
        {"keys": {"as": 'size_limit = "5 L"'}},
        {"campaign": 'every = "100 h"\nstorage = "zero_wait"'},
        {"more": '[[failure]]\nid = "pump"\nunit = "as"\nconsequence = "wait"\nbetween = "50 h"\nrepair = "8 h"\n'},
    ],
)
def test_where_the_number_of_units_matters_every_run_is_made(more: dict[str, Any], tmp_path: Path) -> None:
    """Turns of maintenance, breakdowns, shared sizes and plans of zero wait depend on the number of units itself."""
    scenario = line(tmp_path, (3.0,), **{"campaign": 'every = "100 h"', **more})
    (candidate,) = candidates_of(scenario)
    assert not candidate.changes_nothing(frozenset())
    found = bottleneck(scenario, 2)
    assert found.runs == 2 * (2 + (found.pace is not None))


def test_one_more_unit_moves_the_turns_of_maintenance(tmp_path: Path) -> None:
    """Nobody ever waits for the unit but while it is serviced, first after 200 h; of two, the first after 100 h."""
    keys = {"as": 'maintenance = { every = "200 h", duration = "30 h" }'}
    scenario = line(tmp_path, (3.0,), campaign='every = "73 h"', keys=keys)
    logs = [run_once(s, 1, 0).run.log for s in (scenario, scenario.with_({"equipment.as.count": 2}))]
    first = [next(event.time for event in log if event.event == "maintenance") for log in logs]
    assert first == [200.0, 100.0]


def test_results_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    scenario = mixed(tmp_path, 'every = "9 h"', 5.0, (1, 1, 1), 1)
    done: list[tuple[int, int]] = []
    alone = bottleneck(scenario, 3, progress=lambda *counts: done.append(counts))
    assert alone.as_dict() == bottleneck(scenario, 3, jobs=2).as_dict()
    assert done[-1][0] == done[-1][1] and [d for d, _ in done] == sorted(d for d, _ in done)


# ---------------------------------------------------------------- statistics and words


def test_holm_by_hand() -> None:
    """The example in the paper's manner: 0.01, 0.02, 0.03 and 0.04 become 0.04, 0.06, 0.06 and 0.06."""
    assert holm([0.03, 0.01, 0.04, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.6, None, 0.5]) == [1.0, None, 1.0]
    assert holm([]) == []


def test_few_replications_are_no_proof() -> None:
    """The same differences, once and ten times: the first is unclear. One replication alone proves nothing."""
    base = np.array([10.0, 11.0, 12.0])
    better = base + np.array([1.0, -0.2, 1.2])
    (few,) = gains("doses_per_year", "dose/year", base, {"x": better})
    (many,) = gains("doses_per_year", "dose/year", np.tile(base, 10), {"x": np.tile(better, 10)})
    (one,) = gains("doses_per_year", "dose/year", base[:1], {"x": better[:1]})
    assert (few.verdict, many.verdict, one.verdict) == ("unclear", "helps", "unclear")
    assert one.low is None and one.p is None
    (worse,) = gains("lead_time", "h", np.tile(base, 10), {"x": np.tile(better, 10)})
    assert worse.verdict == "hurts" and worse.direction == "less"
    (none,) = gains("lead_time", "h", base * math.nan, {"x": better})
    assert none.verdict == "no value" and none.n == 0


def test_many_candidates_are_tested_together() -> None:
    """Of 200 candidates without effect, one in 20 has p below 5 %; after the correction none helps or hurts."""
    random = np.random.default_rng(3)
    base = np.zeros(20)
    found = gains("doses_per_year", "dose/year", base, {str(i): random.normal(size=20) for i in range(200)})
    assert sum((gain.p or 0.0) < 0.05 for gain in found) > 3
    assert {gain.verdict for gain in found} == {"unclear"}


def test_candidates_of_ones_own() -> None:
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    one, two, three = asked_for(scenario, ["tff_skid=2", "equipment.tff_skid=1,personnel.fill=1", "fill=weekend"])
    assert one.changes == {"equipment.tff_skid.count": 3} and str(one) == "2 more tff_skid"
    assert two.changes == {"equipment.tff_skid.count": 2, "personnel.fill.headcount": 3}
    assert three.changes == {"personnel.fill.shifts": ["early", "weekend"]} and three.name == "fill + weekend shift"
    for text, told in {
        "tff_skit=1": "did you mean tff_skid?",
        "fill=early": "has this shift",
        "fill=nght": "late, weekend",
        "tff_skid=late": "a whole number from 1",
        "tff_skid=0": "a whole number from 1",
        "tff_skid": "how many more",
        "tff_skid=1,=2": "how many more",
    }.items():
        with pytest.raises(UsageError, match=told):
            asked_for(scenario, [text])


def test_a_room_for_one_batch_has_no_second_place() -> None:
    names = {candidate.name for candidate in candidates_of(xs.load(SCENARIOS / "cdmo_two_products.toml"))}
    assert not any(name.startswith("room") for name in names)


def test_the_command_knows_all_kinds() -> None:
    from exosim.bottleneck_command import _KINDS

    assert _KINDS == KINDS


def test_nothing_to_add(tmp_path: Path) -> None:
    found = bottleneck(line(tmp_path, (1.0,), campaign='every = "9 h"'), only=["store"])
    assert found.candidates == () and found.best is None and found.together is None
    assert found.sentences == [
        "Nothing can be added: there is no such equipment, role, shift, place or limit of batches."
    ]


def test_what_is_asked_for_must_exist(tmp_path: Path) -> None:
    scenario = line(tmp_path, (1.0,), campaign='every = "9 h"')
    with pytest.raises(UsageError, match="did you mean lead_time"):
        bottleneck(scenario, by="leadtime")
    with pytest.raises(UsageError, match="unknown kind"):
        bottleneck(scenario, only=["machines"])  # type: ignore[list-item]
    with pytest.raises(UsageError, match="at least 1"):
        bottleneck(scenario, 0)
    assert "minimum_cycle_time" not in indicators_of(scenario) and "waiting.a" in indicators_of(scenario)


@pytest.mark.parametrize("file", ["msc_hollow_fiber.toml", "cdmo_two_products.toml"])
def test_candidates_are_judged_by_what_a_run_reports(file: str) -> None:
    """Every yardstick has the unit and the value of the run's own report, and one way is better."""
    scenario = xs.load(SCENARIOS / file)
    results = xs.simulate(scenario, 1)
    told = {q.name if q.step is None else f"{q.name}.{q.step}": q for q in results.quantities()}
    known = indicators_of(scenario)
    ledger = ledger_of(scenario, scenario.seed, 0, results.uses[0], results.first.run.batches)
    for name, value in measured(results.first, known, ledger).items():
        if name in told:
            assert (told[name].unit, told[name].mean) == (known[name], value if math.isfinite(value) else None)
    assert {"doses_per_year", "lead_time", "waiting.polish"} <= known.keys() & told.keys()
    assert not {"work_in_progress", "minimum_cycle_time", "occupancy.tff_skid"} & known.keys()
    assert not {"batches_per_day", "waiting_for_run.polish"} & known.keys(), "no procedure here shares its runs"


def test_samples_of_a_day_are_a_yardstick_where_runs_are_shared(tmp_path: Path) -> None:
    """What leaves in a day has the value of the run's own report; the wait for a run is of those that share theirs."""
    scenario = line(tmp_path, (1.0, 2.0), keys={"b": "shared_run = { places = 4 }"}, horizon=500.0)
    results, known = xs.simulate(scenario, 1), indicators_of(scenario)
    found = measured(results.first, known)
    told = {q.name: q.mean for q in results.quantities() if q.step is None}
    for name in ("batches_per_day", "batches_per_working_day"):
        assert found[name] == told[name] and found[name] > 0.0
    assert math.isfinite(found["waiting_for_run.b"]) and "waiting_for_run.a" not in known


def test_a_candidate_that_cannot_go_on_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stops(scenario: xs.Scenario, seed: int, replication: int) -> Any:
        if scenario.overrides:
            raise ModelError(xs.Problem("deadlock after 3 h"))
        return replay(scenario, seed, replication)

    monkeypatch.setattr("exosim.bottlenecks.runs.replay", stops)
    with pytest.raises(ModelError, match="with one more as: deadlock after 3 h"):
        bottleneck(line(tmp_path, (5.0,)))


# ---------------------------------------------------------------- the command


def test_the_command_writes_tables_and_a_picture(door: Door, tmp_path: Path) -> None:
    scenario = mixed(tmp_path, 'every = "9 h"', 5.0, (1, 1, 1), 1)
    arguments = ("bottleneck", scenario.source.name, "--replications", "3", "--by", "lead_time", "--out", "found")
    answer = door.run(*arguments)
    assert answer.code == 0 and "median lead time" in answer.out and "certain to change nothing" in answer.out
    names = {"bottleneck.json", "bottleneck.csv", "replications.csv", "ledger.csv", "bottleneck.png", "bottleneck.svg"}
    assert {path.name for path in (door.folder / "found").iterdir()} == {*names, "manifest.json"}
    again = door.run(*arguments, "--json", "--overwrite")
    read = again.document()
    assert again.code == 0 and read["form"] == "exosim.bottleneck/1" and read["n"] == 3 and read["by"] == "lead_time"
    assert read == json.loads((door.folder / "found" / "bottleneck.json").read_text(encoding="utf-8"))
    assert {gain["indicator"] for gain in read["gains"]} >= {"lead_time", "doses_per_year"}
    assert door.run(*arguments).code == 5


@pytest.mark.parametrize(
    "arguments, told",
    [
        (("--by", "dose_per_year"), "did you mean doses_per_year?"),
        (("--add", "tff=1"), "unknown resource"),
        (("--only", "rooms"), "--only"),
        (("--replications", "0"), "--replications"),
    ],
)
def test_the_command_refuses_what_it_does_not_know(arguments: tuple[str, ...], told: str, door: Door) -> None:
    answer = door.run("bottleneck", str(SCENARIOS / "msc_hollow_fiber.toml"), *arguments)
    assert answer.code == 2 and told in answer.err
    assert not list(door.folder.iterdir())


def test_every_candidate_stands_in_the_picture(tmp_path: Path) -> None:
    found = bottleneck(mixed(tmp_path, 'every = "9 h"', 5.0, (1, 1, 1), 1), 3, by="lead_time")
    panels = xs.plots.bottleneck(found)
    labels = [label.get_text() for label in panels[0].get_yticklabels()]
    assert labels == [gain.candidate for gain in found.ranking] + ["all of these together"]
    assert all(a.get_ylim() == b.get_ylim() for a, b in itertools.pairwise(panels))
    with pytest.raises(ValueError, match="no candidate"):
        xs.plots.bottleneck(bottleneck(found.scenario, 1, add=[], only=["campaign"]))
