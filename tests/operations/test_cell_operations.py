"""Cells from bank to product: thaw, one passage in whole vessels, wash."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from exosim.material import Material
from exosim.operations.base import Outcome
from exosim.operations.cell_thaw import CellThaw
from exosim.operations.cell_wash import CellWash
from exosim.operations.leukapheresis import Leukapheresis
from exosim.operations.planar_passage import PlanarPassage
from exosim.testing.balances import imbalance
from exosim.testing.feeds import cells, everything

IDEAL: dict[str, Any] = {
    "attachment": 1.0,
    "detachment": 1.0,
    "death_rate": 0.0,
    "lag": 0.0,
    "capacity": 1e15,
    "growth_rate": math.log(2.0) / 24.0,
    "vessel_area": 100.0,
    "seeding_density": 3000.0,
    "seeding_time": 0.0,
    "feeding_time": 0.0,
}


def passage(count: float, **values: Any) -> Outcome:
    """Return a passage of a number of cells in an otherwise empty feed, without what would hinder growth."""
    return PlanarPassage(**{**IDEAL, **values}).transform(Material(volume=0.01, viable_cells=count))


def test_thaw() -> None:
    """What survives is suspended at the density of viable cells; what dies stays in the suspension."""
    outcome = CellThaw(inoculum=2e6, post_thaw_viability=0.8, suspension_density=4e5).transform(Material())
    assert outcome.product.viable_cells == 1.6e6 and outcome.product.dead_cells == pytest.approx(4e5)
    assert outcome.product.volume == pytest.approx(4e-3, rel=1e-12)
    assert outcome.duration == 1.0


def test_leukapheresis() -> None:
    """Elutriation keeps a fraction of what was collected, alive and dead alike; transport needs nobody."""
    cells = Leukapheresis(collected=4e9, enrichment_recovery=0.75, viability=0.9, suspension_density=1e7)
    outcome = cells.transform(Material())
    assert outcome.product.viable_cells == pytest.approx(2.7e9) and outcome.product.dead_cells == pytest.approx(0.3e9)
    assert outcome.product.volume == pytest.approx(0.27)
    assert outcome.losses["other fractions"].viable_cells == pytest.approx(0.9e9)
    assert max(imbalance(Material(), outcome).values()) < 1e-12
    assert [(phase.name, phase.attended) for phase in outcome.phases] == [("transport", False), ("enrich", True)]


def test_wash() -> None:
    """Cells are kept to a fraction and suspended at a density; the rest of the feed leaves with the buffer."""
    feed = everything()
    outcome = CellWash(washes=3, wash_time=0.5, wash_volume=2.0, recovery=0.9, density=1e6).transform(feed)
    assert outcome.product.viable_cells == pytest.approx(0.9 * 2e4) and outcome.product.dead_cells == pytest.approx(
        0.9 * 5e5
    )
    assert outcome.product.volume == pytest.approx(0.9 * 2e4 / 1e6 * 1e-3)
    assert np.sum(outcome.product.vesicles) == np.sum(outcome.product.protein) == 0.0
    assert outcome.losses["supernatant"].volume == pytest.approx(feed.volume + 6.0)
    assert outcome.duration == 1.5 and outcome.consumption["buffer"] == 6.0
    assert max(imbalance(feed, outcome).values()) < 1e-12


@pytest.mark.parametrize(("count", "vessels"), [(3e5, 1), (5.9e5, 1), (6e5, 2), (2.1e6, 7), (3e6 * (1 - 1e-12), 10)])
def test_whole_vessels_are_seeded(count: float, vessels: float) -> None:
    """As many vessels as the cells fill at the seeding density; cells beyond that are surplus."""
    outcome = passage(count)
    assert outcome.monitors["vessels"] == vessels
    assert outcome.losses["surplus"].viable_cells == pytest.approx(count - vessels * 3e5, abs=1e-3)
    assert outcome.consumption["culture_surface"] == pytest.approx(vessels * 0.01)


def test_room_for_some_vessels_only() -> None:
    """Cells for ten vessels where there is room for four: the rest is discarded, and the limit says so."""
    outcome = passage(3e6, most_vessels=4.0)
    assert outcome.monitors["vessels"] == 4.0
    assert outcome.losses["surplus"].viable_cells == pytest.approx(1.8e6)
    assert outcome.limits["more cells than there is room for: the rest is discarded"] == 1.0
    assert passage(3e6, most_vessels=10.0).limits["more cells than there is room for: the rest is discarded"] == 0.0


def test_too_few_cells_for_a_vessel() -> None:
    """One vessel takes what there is, below the seeding density, and the limit says so."""
    outcome = passage(1e5, harvest_after=72.0)
    assert outcome.monitors["vessels"] == 1.0 and outcome.losses["surplus"].viable_cells == 0.0
    assert outcome.product.viable_cells == pytest.approx(8e5, rel=1e-9)
    assert outcome.limits["too few cells to seed one vessel at the seeding density"] == 1.0


@pytest.mark.parametrize(
    ("every", "after", "visits"), [(72, 168, 3), (72, 216, 3), (72, 217, 4), (48, 168, 4), (168, 24, 1)]
)
def test_harvest_at_the_first_visit_that_is_late_enough(every: float, after: float, visits: int) -> None:
    """The age at harvest is a whole number of feeding intervals, and each visit before it feeds."""
    outcome = passage(3e5, feed_every=every, harvest_after=after, feeding_time=0.5, harvest_time=0.25)
    assert [phase.name for phase in outcome.phases] == ["seed", *["grow", "feed"] * (visits - 1), "grow", "harvest"]
    age = visits * every + (visits - 1) * 0.5
    assert outcome.duration == pytest.approx(age + 0.25)
    assert outcome.product.viable_cells == pytest.approx(3e5 * 2.0 ** (age / 24.0), rel=1e-9)
    medium = 45e-3 * visits + 2.0 * 9e-3
    assert outcome.consumption["growth_medium"] == pytest.approx(medium)


@pytest.mark.parametrize(("at_once", "rounds"), [(1, 7), (2, 4), (7, 1), (100, 1)])
def test_vessels_are_handled_a_few_at_a_time(at_once: float, rounds: int) -> None:
    """Handling takes as many rounds as groups of vessels; growing between the visits does not."""
    outcome = passage(2.1e6, vessels_at_once=at_once, seeding_time=0.2, feeding_time=0.3, harvest_time=0.4, people=2)
    assert outcome.duration == pytest.approx(3 * 72.0 + rounds * (0.2 + 2 * 0.3 + 0.4))
    assert {phase.operators for phase in outcome.phases if phase.attended} == {2}


def test_lag_attachment_and_detachment() -> None:
    """Cells that attach grow after the lag, and a fraction of them is detached."""
    outcome = passage(3e5, lag=24.0, attachment=0.9, detachment=0.8, harvest_after=72.0)
    assert outcome.product.viable_cells == pytest.approx(3e5 * 0.9 * 4.0 * 0.8, rel=1e-9)
    assert outcome.monitors["doublings"] == pytest.approx(2.0, rel=1e-9)
    assert outcome.losses["attachment and detachment"].viable_cells == pytest.approx(3e5 * (0.1 + 0.9 * 4.0 * 0.2))


@pytest.mark.parametrize("theta", [1.0, 2.0, 3.5])
def test_growth_and_deaths_agree_with_an_integration(theta: float) -> None:
    """With crowding and death the cells are those of an independent solver."""
    values = {"death_rate": 0.004, "capacity": 20000.0, "contact_inhibition": theta}
    outcome = passage(3e5, **values)
    rate = math.log(2.0) / 24.0

    def slope(_: float, state: Any) -> list[float]:
        density = state[0]
        return [rate * density * (1.0 - (density / 20000.0) ** theta) - 0.004 * density, density]

    end = solve_ivp(slope, (0.0, 216.0), [3000.0, 0.0], rtol=1e-11, atol=1e-6).y[:, -1]
    assert outcome.product.viable_cells == pytest.approx(end[0] * 100.0, rel=1e-8)
    assert outcome.losses["cell death"].viable_cells == pytest.approx(0.004 * end[1] * 100.0, rel=1e-4)


def test_what_else_the_feed_holds_is_discarded() -> None:
    """The medium of the feed goes, and the product is suspended in reagent and quench."""
    feed = cells()
    outcome = PlanarPassage(vessel_area=5000.0, reagent_volume=100.0, quench_ratio=3.0).transform(feed)
    assert outcome.losses["discarded medium"].volume == feed.volume
    assert outcome.product.volume == pytest.approx(float(np.squeeze(outcome.monitors["vessels"])) * 0.4)
    assert max(imbalance(feed, outcome).values()) < 1e-12
