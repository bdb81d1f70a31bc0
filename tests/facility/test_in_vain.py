"""What batches wait for in vain at the end of a run, themselves or behind others."""

from __future__ import annotations

from pathlib import Path

import exosim as xs
from exosim.operations.base import Phase
from exosim.plant import Preparation, Room, Stock
from exosim.working_time import WorkingTime
from tests.facility.plants import Ran, Setting, Stage, always, crew, shop

ONE_STOCK = """
format = 1
name = "one_stock"
horizon = "1000 h"
product.dose = "1e10 EV"
campaign.every = "100 h"

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"

[[unit_procedure]]
id = "dilute"
operation = "measured_step"
unit = "bench"
parameters.volume_ratio = 3.0

[[equipment]]
id = "bench"

[[material]]
id = "buffer"
on_hand = "5 L"
"""
"""Each batch takes 2 L."""
MORNING = WorkingTime(((0.0, 8.0),))


def in_vain(ran: Ran) -> list[str]:
    return [batch.in_vain for batch in ran.run.batches]


def buffer(stage: Stage, stock: Stock, **setting: object) -> Ran:
    known: dict[str, object] = {"stocks": (stock,), "horizon": 50.0, **setting}
    return shop([stage], 3, Setting(**known))  # type: ignore[arg-type]


def test_a_stock_that_is_never_reordered_is_named_and_so_are_those_behind() -> None:
    """2 L are enough for two batches; the third has the only unit, and would need 1 L more."""
    ran = buffer(Stage(4.0, consumes={"buffer": 1.0}), Stock("buffer", 2.0))
    assert in_vain(ran) == ["", "", "material.buffer"]
    ran = buffer(Stage(4.0, consumes={"buffer": 2.0}, room="suite"), Stock("buffer", 2.0), rooms=(Room("suite"),))
    assert in_vain(ran) == ["", "material.buffer", "material.buffer"]


def test_what_is_on_order_is_not_waited_for_in_vain() -> None:
    ran = buffer(Stage(4.0, consumes={"buffer": 1.0}), Stock("buffer", 1.0, 0.0, 1.0, always(900.0)))
    assert [b.disposition for b in ran.run.batches] == ["finished", "unfinished", "unfinished"]
    assert in_vain(ran) == ["", "", ""]


def test_a_preparation_without_people_never_comes() -> None:
    """1 L is there, 1 L is made by 4 h; nobody makes a third, because people leave for good at 8 h."""
    made = Stock("buffer", 1.0, 0.0, 1.0, preparation=Preparation(always(4.0), role="crew"))
    ran = buffer(Stage(20.0, consumes={"buffer": 1.0}), made, roles=(crew(hours=MORNING),))
    assert in_vain(ran) == ["", "", "personnel.crew"]


def test_people_without_a_shift_left_are_named() -> None:
    """Three batches of 6 h, and people who work for 8 h in all: the second is begun and left."""
    stage = Stage(phases=(Phase("work", 6.0, operators=1),), role="crew")
    ran = shop([stage], 3, Setting(roles=(crew(hours=MORNING),), horizon=50.0))
    assert [b.disposition for b in ran.run.batches] == ["finished", "unfinished", "unfinished"]
    assert in_vain(ran) == ["", "personnel.crew", "personnel.crew"]


def test_work_that_the_calendar_leaves_unfinished_is_named() -> None:
    """12 h of work do not fit into the 8 h that are left in all."""
    stage = Stage(phases=(Phase("work", 12.0, operators=1),), role="crew")
    ran = shop([stage], 1, Setting(roles=(crew(hours=MORNING),), horizon=50.0))
    assert in_vain(ran) == ["personnel.crew"]


def test_a_batch_at_work_at_the_end_does_not_wait_in_vain() -> None:
    assert in_vain(shop([Stage(4.0)], 3, Setting(horizon=6.0))) == ["", "", ""]


def test_a_run_tells_what_never_comes_and_keeps_it(tmp_path: Path) -> None:
    """5 L are enough for two of ten batches."""
    path = tmp_path / "one_stock.toml"
    path.write_text(ONE_STOCK, encoding="utf-8")
    results = xs.simulate(xs.load(path), 2)
    told = "at the end 16 batches wait in vain for material.buffer: nothing of it is on order (of 20 started"
    assert [remark for remark in results.remarks() if remark.startswith(told)]
    results.save(tmp_path / "run")
    kept = [batch.in_vain for batch in xs.load_run(tmp_path / "run").batches[1]]
    assert kept == ["", "", *["material.buffer"] * 8]
