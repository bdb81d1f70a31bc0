"""Several products on one site: recipes from their own files, one plant, orders with due dates, rooms between them."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest

import exosim as xs
from exosim.errors import ScenarioError
from exosim.replications import run_once

SCENARIOS = Path(xs.__file__).parents[1] / "scenarios"
SITE = SCENARIOS / "cdmo_two_products.toml"


@pytest.fixture(scope="module")
def results() -> xs.FacilityResults:
    return xs.simulate(xs.load(SITE), replications=4)


def mean(results: xs.FacilityResults, name: str, step: str | None = None) -> float:
    found = next(q.mean for q in results.quantities() if (q.name, q.step) == (name, step))
    assert found is not None
    return found


def test_each_product_makes_its_own_doses(results: xs.FacilityResults) -> None:
    """All doses are of one product or the other, and each batch follows the recipe of its product."""
    parts = [mean(results, "doses_by_product", product) for product in ("msc", "reference")]
    assert sum(parts) == pytest.approx(mean(results, "doses_per_year"), rel=1e-12) and min(parts) > 0.0
    for batch in results.accounts[0].batches:
        first = {"msc": "seed_train", "reference": "medium"}[batch.campaign]
        assert batch.procedures[0] == first


def test_orders_are_released_before_they_are_due(results: xs.FacilityResults) -> None:
    """13 batches are ordered; each is started 24 days before the end of its day."""
    ordered = [b for b in results.accounts[0].batches if b.campaign == "reference"]
    assert len(ordered) == 13
    assert all(batch.due - batch.started == pytest.approx(24.0 * 24.0) for batch in ordered)
    assert 0.5 < mean(results, "on_time", "reference") <= 1.0


def test_the_suite_holds_one_batch_and_is_changed_over() -> None:
    """No two stays in the suite overlap; between products lie the clearance and a changeover of a day."""
    window = run_once(xs.load(SITE), 1, 0)
    made = {batch.number: batch.campaign for batch in window.run.batches}
    entered: dict[int, float] = {}
    stays = []
    for event in window.run.log:
        unit = event.unit.rsplit(" ", 1)[0]
        if unit in ("tff_skid", "chromatography_skid"):
            if event.event == "start":
                entered.setdefault(event.batch, event.time)
            elif event.event == "leave" and unit == "chromatography_skid":
                stays.append((entered.pop(event.batch), event.time, made[event.batch]))
    assert len(stays) > 20
    for (_, left, before), (begun, _, after) in itertools.pairwise(stays):
        assert begun - left >= (4.0 if before == after else 28.0) - 1e-9


def alone(folder: Path) -> xs.Scenario:
    """Return the site with its first client only."""
    tables = re.split(r"\n(?=\[)", SITE.read_text(encoding="utf-8"))
    text = "\n".join(table for table in tables if not re.search(r'product\s+= "reference"', table))
    file = folder / "alone.toml"
    base = SCENARIOS / "msc_hollow_fiber_release.toml"
    file.write_text(text.replace(f'"{base.name}"', f'"{base}"'), encoding="utf-8")
    return xs.load(file)


def test_a_product_does_not_see_what_else_is_made(tmp_path: Path) -> None:
    """Without the second product the batches of the first hold the same material; only their waits differ."""
    both, one = run_once(xs.load(SITE), 1, 0), run_once(alone(tmp_path), 1, 0)
    donors = [[b.donor for b in run.run.batches if b.campaign == "msc"] for run in (both, one)]
    assert donors[0] == donors[1]
    first = [next(b for b in run.run.batches if b.campaign == "msc") for run in (both, one)]
    assert first[0].doses == first[1].doses


def test_a_lot_is_late_because_of_the_other_client(tmp_path: Path) -> None:
    """A lot waits for the suite, breaches its hold limit and is released after its due date; alone it is in time.

    That is a paired comparison: all that is drawn for the lot is the same.
    """
    site, replication, number = xs.load(SITE), 14, 21
    both, one = (run_once(found, site.seed, replication).run for found in (site, alone(tmp_path)))
    lots = [batch for batch in both.batches if batch.campaign == "msc"]
    place = next(index for index, lot in enumerate(lots) if lot.number == number)
    late, on_time = lots[place], one.batches[place]
    assert late.good and on_time.good and late.donor == on_time.donor
    assert late.available is not None and on_time.available is not None
    assert on_time.available < late.due == on_time.due < late.available
    assert late.deviations == ("concentrate: max_hold",) and not on_time.deviations
    waited = [
        next(e.amount for e in run.log if (e.batch, e.procedure, e.event) == (lot.number, "concentrate", "start"))
        for run, lot in ((both, late), (one, on_time))
    ]
    assert waited[0] > 24.0 and waited[1] == 0.0, "for a batch of the other client, the clearance and the changeover"


def test_a_rank_serves_a_product_first() -> None:
    """Whoever is ranked first never takes more time, and less where the products meet, under the same draws."""

    def hours(first: str, product: str) -> list[float]:
        second = {"msc": "reference", "reference": "msc"}[first]
        ranked = xs.load(SITE, {f"campaign.{first}.rank": 0, f"campaign.{second}.rank": 1})
        runs = [run_once(ranked, 1, replication).run.batches for replication in range(2)]
        taken = [[b.ended - b.started for b in run if b.campaign == product and b.ended is not None] for run in runs]
        assert all(taken)
        return [float(np.mean(run)) for run in taken]

    for product, other in (("msc", "reference"), ("reference", "msc")):
        gained = np.subtract(hours(other, product), hours(product, product))
        assert gained.min() > -1e-9
        assert gained.max() > 1.0


def test_jobs_change_nothing() -> None:
    one, two = (xs.simulate(xs.load(SITE), replications=3, jobs=jobs) for jobs in (1, 2))
    assert [a.log_hash for a in one.accounts] == [a.log_hash for a in two.accounts]


def test_what_a_site_lacks_is_told(tmp_path: Path) -> None:
    """A recipe that needs what the site does not have, a second product without a name, an order for nobody."""
    (tmp_path / "base.toml").write_text(
        (SCENARIOS / "msc_hollow_fiber.toml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    other = (SCENARIOS / "reference_vesicles.toml").read_text(encoding="utf-8")
    (tmp_path / "other.toml").write_text(other.replace('"tff_skid"', '"tff_skit"'), encoding="utf-8")
    site = tmp_path / "site.toml"
    site.write_text(
        """
extends = "base.toml"
name = "site"
[[campaign]]
product = "msc"
[[campaign]]
product = "other"
scenario = "other.toml"
mode = "on_order"
[[campaign]]
every = "7 d"
[[order]]
product = "othre"
due = 2027-05-01
""",
        encoding="utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        xs.load(site)
    told = str(caught.value)
    for words in (
        'needs the equipment "tff_skit", which the site does not have', "did you mean tff_skid",
        '"product" is missing', 'unknown product "othre"', "did you mean other",
    ):  # fmt: skip
        assert words in told, (words, told)


def test_a_missing_recipe_is_told_where_it_is_named(tmp_path: Path) -> None:
    """As the base of a scenario is: in the site file, with its line; an override has no line."""
    base = SCENARIOS / "msc_hollow_fiber_release.toml"
    text = SITE.read_text(encoding="utf-8").replace(base.name, str(base))
    text = text.replace("reference_vesicles.toml", "reference_vesicle.toml")
    site = tmp_path / "site.toml"
    site.write_text(text, encoding="utf-8")
    (tmp_path / "reference_vesicles.toml").write_text("", encoding="utf-8")
    with pytest.raises(ScenarioError) as caught:
        xs.load(site)
    line = next(number for number, row in enumerate(text.splitlines(), 1) if "reference_vesicle.toml" in row)
    (problem,) = caught.value.problems
    assert (problem.file, problem.line, problem.path) == (str(site), line, "campaign.reference.scenario")
    assert problem.problem.startswith("there is no such file (looked at ")
    assert (problem.got, problem.nearest) == ('"reference_vesicle.toml"', "reference_vesicles.toml")
    with pytest.raises(ScenarioError) as caught:
        xs.load(SITE, {"campaign.reference.scenario": "msc_hollow_fibre.toml"})
    assert str(caught.value).startswith("campaign.reference.scenario: there is no such file (looked at ")
    assert caught.value.problems[0].nearest == "msc_hollow_fiber.toml"


def test_the_ledger_lists_every_product() -> None:
    lines = {line.path for line in xs.load(SITE).ledger()}
    assert "reference.polish_reference.column_volume" in lines and "polish.column_volume" in lines
    files = SITE, SCENARIOS / "msc_hollow_fiber_release.toml"
    assert np.array_equal(*(xs.evaluate(xs.load(file), draws=100).values("doses") for file in files))
