"""The answer begins with what the reader of a product asks: pairs, loading, alarms, patients, samples, rejects."""

from __future__ import annotations

from pathlib import Path

import pytest

import exosim as xs
from exosim.telling.answers import answer, asked_of
from exosim.telling.report_file import saved_results
from exosim.telling.run_tables import whole
from tests.regulatory.lots import plant

pytestmark = pytest.mark.usefixtures("no_pictures")
SCENARIOS = Path(__file__).parents[2] / "scenarios"


def told(results: xs.Yields | xs.FacilityResults) -> dict[str, str]:
    """Return the lines of the answer, by what they are about."""
    with saved_results(results) as saved:
        return {line.about: str(line).removeprefix(f"{line.about}: ") for line in answer(saved)}


@pytest.mark.parametrize(
    ("name", "about", "words", "spread"),
    [
        ("msc_cell_therapy_adjunct", "How much", " pairs of doses per started batch at the median", "dose_pairs"),
        ("rna_delivery", "How much", "A dose carries ", "cargo_per_dose"),
        (
            "urine_monitoring",
            "What a result means",
            "For high-grade prostate cancer in 30.0 % of those tested: false alarms of a patient ",
            "false_alarms_per_patient_year",
        ),
    ],
)
def test_a_yield_answers_what_its_product_is_asked(name: str, about: str, words: str, spread: str) -> None:
    yields = xs.evaluate(xs.load(SCENARIOS / f"{name}.toml"), draws=256)
    line = told(yields)[about]
    assert words in line.split(". ")[0] + ". "
    with saved_results(yields) as saved:
        assert isinstance(saved, xs.SavedYields) and asked_of(saved) == spread


def test_true_loading_stands_beside_what_an_assay_would_say() -> None:
    yields = xs.evaluate(xs.load(SCENARIOS / "rna_delivery.toml"), draws=64)
    line = told(yields)["How much"]
    true, apparent = (yields.summary(name).median or 0.0 for name in ("cargo_per_dose", "apparent_cargo_per_dose"))
    assert f"carries {true:.3g} pmol (" in line and f"all cargo would say {apparent:.3g} pmol (" in line
    assert "pmol/dose" not in line


def test_patients_come_first_where_a_lot_is_for_one() -> None:
    """Once only: what is said first is not said again."""
    found = told(xs.simulate(xs.load(SCENARIOS / "dendritic_vaccine.toml", {"horizon": "120 d"}), 1))
    assert " % of the patients were served on time; " in found["How much"].split(" patients served per year")[0]
    assert "patients" not in found["How good"]


def test_a_line_of_samples_tells_its_day_and_whom_it_turns_away() -> None:
    found = told(xs.simulate(xs.load(SCENARIOS / "plasma_early_detection.toml", {"horizon": "21 d"}), 1))
    assert " samples per working day; " in found["How much"]
    assert "found the line full in a run, and were turned away. " in found["What holds it back"]


def test_what_tests_reject_is_said_first_where_it_is_most(tmp_path: Path) -> None:
    """A plant whose limit nobody meets is held back by its limit, not by its most occupied unit."""
    file = tmp_path / "plant.toml"
    file.write_text(plant().replace('at_least = "3e10', 'at_least = "3e13'), encoding="utf-8")
    lines = told(xs.simulate(xs.load(file), 1))
    assert lines["What holds it back"].startswith("Tests reject 100.0 % of the lots that are made, more than are lost")
    assert (
        "; most often out of specification: content (100.0 % of first results). The most occupied"
        in (lines["What holds it back"])
    )
    assert "out of specification" not in lines["How good"]


def test_patients_and_orders_are_called_on_the_page_as_on_the_terminal() -> None:
    """One list of words serves both."""
    with saved_results(xs.simulate(xs.load(SCENARIOS / "dendritic_vaccine.toml", {"horizon": "120 d"}), 1)) as saved:
        assert isinstance(saved, xs.SavedRun)
        names = {str(row[0]) for row in whole(saved).rows}
    assert {"patients due", "patients never served: share whose lot failed them"} <= names
