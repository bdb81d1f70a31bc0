"""Isolations beside each other: the orderings of methods that were published hold in every draw."""

from __future__ import annotations

import numpy as np
import pytest
from isolation import kept, orderings, rows
from runs import arm

from exosim.material import total
from exosim.physics.detection import Counter, counted_particles


@pytest.mark.parametrize("ordering", list(orderings()))
def test_published_orderings_hold_in_every_draw(ordering: str) -> None:
    """V04: yield and purity of the ways through which plasma went."""
    assert np.all(orderings()[ordering])


def test_what_each_case_says() -> None:
    """V03 misses ferritin but not the particles, V04 albumin in dual mode alone, V14 the clean train, not the crude."""
    inside = {(row.case, row.outcome): row.inside for row in rows()}
    assert not any(found for (case, outcome), found in inside.items() if case == "V03" and "ferritin" in outcome)
    assert inside["V03", "vesicles after ultrafiltration and SEC over those after SEC alone [1]"]
    assert [outcome for (case, outcome), found in inside.items() if case == "V04" and not found] == [
        "EV per albumin, dual-mode column over size exclusion [1]"
    ]
    assert [row.inside for row in rows() if row.case == "V14"] == [False, True]


def test_ferritin_order() -> None:
    """Direction of V03: a column leaves less of the complexes than pelleting does, and a filter before it far less."""
    complexes = {way: kept(f"v03_isolation{way}", "protein", 3) for way in ("", "#pellet", "#concentrate")}
    assert np.mean(complexes[""] < complexes["#pellet"]) > 0.99
    assert np.all(complexes["#concentrate"] < complexes[""])


def test_plasma_is_counted_many_times_over() -> None:
    """Before and after the column, a count in plasma is tens of times the vesicles, and in many donors a hundred."""
    found = arm("v04_plasma")
    for step in found.steps.values():
        material, sizes = step.outcome.product, step.procedure.operation.context.sizes
        fold = counted_particles(material, sizes, Counter(65.0, 30.0)) / total(material.vesicles)
        assert 20.0 < np.median(fold) < 80.0
        assert 0.15 < np.mean(fold > 100.0) < 0.5
