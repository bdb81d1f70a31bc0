"""One patient, one lot: the published yield of the process, and which way patients served on time move."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.plots import patients_on_time
from exosim.run_comparison.comparison import compare_runs
from exosim.run_comparison.timed_runs import of_results

SCENARIO = Path(__file__).parents[2] / "scenarios" / "dendritic_vaccine.toml"
SHORT = {"horizon": "120 d", "warm_up": "35 d"}
DRAWS = 2000


@cache
def run(**changes: object) -> xs.FacilityResults:
    """Return two short replications on common random numbers, with some changes by address."""
    named = {path.replace("__", "."): value for path, value in changes.items()}
    return xs.simulate(xs.load(SCENARIO).with_({**SHORT, **named}), 2)


def each(results: xs.FacilityResults, name: str) -> np.ndarray:
    """Return an indicator of every replication."""
    return np.array([account.headlines[name] for account in results.accounts])


@pytest.fixture(scope="module")
def yields() -> xs.Yields:
    return xs.evaluate(xs.load(SCENARIO), DRAWS)


def test_what_the_clinical_process_gave(yields: xs.Yields) -> None:
    """About 5e14 MHC class II molecules a patient, to which secretion is fitted; 40 to 50 % of what is clarified."""
    molecules = np.median(yields.values("vesicles", "load_antigen")) * 100.0
    assert molecules == pytest.approx(5e14, rel=0.1)
    recovered = yields.values("recovery", "concentrate") * yields.values("recovery", "cushion")
    assert 0.40 <= np.median(recovered) <= 0.50
    volumes = [np.median(yields.values("volume", step)) for step in ("clarify", "cushion")]
    assert volumes[0] / volumes[1] == pytest.approx(200.0, rel=0.1)
    assert 2000.0 <= volumes[0] <= 3000.0


def test_most_lots_hold_a_course(yields: xs.Yields) -> None:
    """Fifteen of fifteen patients were treated at these doses; a lot of 15 has that chance, if not a good one."""
    whole = float(np.mean(yields.values("doses") >= 4))
    assert 0.8 < whole < 1.0 and whole**15 > 0.025


def test_lines_serve_patients() -> None:
    """More lines, more patients on time, in every replication, until something else holds them back."""
    served = [each(run(equipment__line__count=lines), "patients_on_time") for lines in (2, 4, 6)]
    assert np.all(served[0] < served[1]) and np.all(served[1] <= served[2])


def test_lines_do_not_make_lots_good() -> None:
    """What a lot holds and whether it passes hangs on the patient's cells, not on how long they wait for a line."""
    few, many = run(), run(equipment__line__count=6)
    assert each(few, "patients_due") == pytest.approx(each(many, "patients_due"))
    assert np.all(each(few, "patients_never_served") <= each(many, "patients_never_served") + 1e-12)


def test_what_else_moves_them() -> None:
    """A later promise, a faster sterility test and a smaller course serve more; a larger dose serves fewer."""
    base = each(run(), "patients_on_time")
    later = run(campaign__promise="45 d", warm_up="50 d", horizon="135 d")  # of the same patients: fifteen days on
    assert each(later, "patients_due") == pytest.approx(each(run(), "patients_due"))
    assert np.all(each(later, "patients_on_time") > base)
    assert np.all(each(run(assay__sterility_test__duration="7 d"), "patients_on_time") > base)
    assert np.all(each(run(product__course=1), "patients_on_time") >= base)
    assert np.mean(each(run(product__dose="4e13 molecule"), "patients_on_time")) < np.mean(base)


def test_the_picture_has_a_bar_for_each_run() -> None:
    """Stacked shares that sum to 1, the share on time written on each, and its interval."""
    compared = compare_runs([of_results(run(equipment__line__count=lines)) for lines in (2, 4)])
    ax = patients_on_time(compared, ["2 lines", "4 lines"])
    tops = [bar.get_y() + bar.get_height() for bar in ax.patches]
    assert tops[-2:] == pytest.approx([100.0, 100.0])
    shown = [text.get_text() for text in ax.texts]
    assert shown == [f"{100 * (one.mean or 0):.0f} %" for one in compared.of("patients_on_time")]
    with pytest.raises(ValueError, match="no patients are due"):
        patients_on_time(compare_runs([of_results(_without(lines)) for lines in (2, 4)]))


def _without(lines: int) -> xs.FacilityResults:
    plain = xs.load(SCENARIO.parent / "msc_hollow_fiber.toml").with_(
        {"horizon": "50 d", "equipment.incubator.count": lines}
    )
    return xs.simulate(plain, 1)
