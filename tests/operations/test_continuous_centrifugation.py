"""Continuous centrifugation: clear centrate, vesicles in it, too much flow, sediment, discharges, breakage."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations.base import Outcome
from exosim.operations.continuous_centrifugation import ContinuousCentrifugation
from exosim.testing.feeds import everything

TUBULAR: dict[str, Any] = {"discs": 0.0, "r_min": 53.0, "r_max": 66.0, "bowl_length": 760.0, "speed": 40_000.0}
TOO_FAST = "debris is not cleared: the flow is too high for the settling area"


def harvest(liters: float = 200.0) -> Material:
    """Return conditioned medium with everything in it."""
    feed = everything()
    return feed.portion(liters / feed.volume)


def spun(liters: float = 200.0, **values: Any) -> Outcome:
    """Return what becomes of conditioned medium."""
    return ContinuousCentrifugation(**values).transform(harvest(liters))


def kept(outcome: Outcome, name: str = "vesicles", liters: float = 200.0) -> float:
    """Return the fraction of a species of the feed in the product."""
    feed = getattr(harvest(liters), name)
    return float(np.squeeze(total(getattr(outcome.product, name)) / total(feed)))


def test_it_clears_and_passes_vesicles() -> None:
    """Debris and cells out, vesicles and what is dissolved in the centrate; the large vesicles are lost first."""
    outcome = spun()
    for name in ("debris", "viable_cells", "dead_cells"):
        assert kept(outcome, name) == 0.0
    assert kept(outcome) > 0.95
    assert kept(outcome, "free_cargo") == kept(outcome, "polymer") == pytest.approx(1.0 - 0.5 / 200.0, rel=1e-12)
    by_size = np.asarray(outcome.product.vesicles / harvest().vesicles)[:, 0]
    assert np.all(np.diff(by_size) < 0.0)
    assert kept(outcome, "aggregated_cargo") < kept(outcome)
    assert outcome.limits[TOO_FAST] == 0.0


def test_too_much_flow_passes_debris() -> None:
    """Ten times the flow: debris passes, and the limit says so; half of it at the flow 2 v Sigma."""
    slow, fast = spun(flow=400.0), spun(flow=4000.0)
    assert kept(slow, "debris") == 0.0
    assert kept(fast, "debris") > 0.5
    assert (slow.limits[TOO_FAST], fast.limits[TOO_FAST]) == (0.0, 1.0)
    operation = ContinuousCentrifugation(viscosity=1.0, chased=0.95, discharge_volume=0.0)
    velocity = (2e-6) ** 2 * 73.0 * 9.80665 / (18.0 * 1e-3)  # Stokes, m/s
    flow = 2.0 * velocity * 0.6 * float(operation.area) * 3.6e6
    half = spun(flow=flow, viscosity=1.0, chased=0.95, discharge_volume=0.0)
    assert half.monitors["debris_captured"] == pytest.approx(0.5, rel=1e-9)


def test_area_is_what_counts() -> None:
    """A bowl given by its Sigma, and the same Sigma from geometry, capture the same."""
    by_geometry = ContinuousCentrifugation()
    given = ContinuousCentrifugation(settling_area=float(by_geometry.area))
    assert np.asarray(given.transform(harvest()).product.vesicles) == pytest.approx(
        np.asarray(by_geometry.transform(harvest()).product.vesicles), rel=1e-12
    )
    assert {"r_min", "speed", "discs"} <= given.unused()
    assert "bowl_length" in by_geometry.unused()
    assert "disc_angle" in ContinuousCentrifugation(**TUBULAR).unused()


@pytest.mark.parametrize(
    "change", [{"flow": 300.0}, {"efficiency": 0.4}, {"viscosity": 2.0}, {"temperature": 4.0}, {"speed": 7000.0}]
)
def test_directions(change: dict[str, float]) -> None:
    """More flow, less area or speed and a thicker liquid hold back less."""
    assert kept(spun(**change)) > kept(spun())


def test_time_is_volume_over_flow() -> None:
    """200 L at 100 L/h, two hours to set up, and one discharge at the end."""
    outcome = spun(preparation=2.0, discharge_time=0.01)
    assert outcome.monitors["discharges"] == 1.0
    assert outcome.duration == pytest.approx(2.0 + 2.0 + 0.01)
    assert spun(1000.0).duration == pytest.approx(2.0 + 10.0 + 0.01, abs=0.02)


def test_sediment_is_discharged() -> None:
    """1e12 cells of 15 um are 1.77 L: in a sediment of 60 % solids, of 0.3 L a time, ten discharges."""
    feed = harvest().replaced(viable_cells=1e12, dead_cells=0.0, debris=0.0)
    outcome = ContinuousCentrifugation(solids_space=0.5, filled_at_discharge=0.6, packing=0.6).transform(feed)
    assert outcome.monitors["discharges"] == 10.0
    lost = outcome.losses["discharge and hold-up"]
    assert lost.volume == pytest.approx(10 * 0.3 + 0.2, rel=1e-12)
    assert lost.cell_equivalents == pytest.approx(3.2 / 200.0 * feed.cell_equivalents, rel=1e-12)
    dense = "more than a tenth of the feed is solids: they hinder each other"
    assert outcome.limits[dense] == 0.0
    full = feed.replaced(viable_cells=0.12 * 200.0 / (np.pi / 6.0 * 15.0**3 * 1e-15))
    assert ContinuousCentrifugation().transform(full).limits[dense] == 1.0


def test_any_sediment_is_discharged_at_the_end() -> None:
    """However little it is, and in single precision too; a feed without solids leaves none."""
    for liters in (200.0, 1e-3):
        for precision in (np.float64, np.float32):
            feed = Material(**{k: np.asarray(v, precision) for k, v in harvest(liters).present().items()})
            assert ContinuousCentrifugation().transform(feed).monitors["discharges"] == 1.0
    clear = harvest().replaced(debris=0.0, viable_cells=0.0, dead_cells=0.0)
    assert ContinuousCentrifugation().transform(clear).monitors["discharges"] == 0.0


def test_a_bowl_that_holds_more_than_the_feed() -> None:
    """Less than the bowl and a discharge keep: nothing is left, no cell equivalents either, and a limit says so."""
    much = "discharges and hold-up take more than half of the feed"
    tiny = spun(0.1)
    assert tiny.limits[much] == 1.0
    assert tiny.product.volume == 0.0 and tiny.product.cell_equivalents == 0.0
    assert (spun(0.9).limits[much], spun(1.1).limits[much], spun().limits[much]) == (1.0, 0.0, 0.0)
    assert ContinuousCentrifugation().transform(Material()).limits[much] == 0.0
    assert much not in spun(0.1, keep_sediment=1.0).limits


def test_losses_add_up_by_channel() -> None:
    """Each channel holds what its factor took of the vesicles that were there."""
    outcome = spun(vesicle_damage=0.1)
    taken = {name: float(np.squeeze(total(lost.vesicles))) for name, lost in outcome.losses.items()}
    before = float(np.squeeze(total(harvest().vesicles)))
    assert taken["shear"] == pytest.approx(0.1 * before, rel=1e-12)
    assert sum(taken.values()) == pytest.approx(before * (1.0 - kept(outcome)), rel=1e-12)
    assert spun().losses["shear"].vesicles == 0.0


def test_a_flow_through_ultracentrifuge_pellets_vesicles() -> None:
    """40,000 rpm in a thin annulus holds back most vesicles at 10 L/h and few at 200 L/h."""
    slow, fast = (spun(flow=flow, keep_sediment=1.0, resuspended=1.0, **TUBULAR) for flow in (10.0, 200.0))
    assert kept(slow) > 0.9
    assert kept(fast) < 0.5
    limit = "less than half of the vesicles are captured"
    assert (slow.limits[limit], fast.limits[limit]) == (0.0, 1.0)
    assert kept(slow, "free_cargo") == pytest.approx(0.5 / 200.0, rel=1e-9)
    assert kept(slow, "cell_equivalents") == 1.0
    assert slow.product.volume == pytest.approx(1.0 + 0.5)
    assert kept(spun(keep_sediment=1.0, resuspended=0.5, **TUBULAR), "debris") == pytest.approx(0.5, rel=1e-9)


def test_the_two_streams_are_one_feed() -> None:
    """Without hold-up, what the centrate lacks is what the sediment has."""
    whole: dict[str, Any] = {"chased": 0.0, "hold_up": 0.0, "discharge_volume": 0.0, "resuspended": 1.0, "flow": 20.0}
    centrate, sediment = spun(**whole).product, spun(keep_sediment=1.0, **whole).product
    for name in ("vesicles", "lipoproteins", "debris", "protein", "aggregated_cargo"):
        together = np.asarray(getattr(centrate, name)) + np.asarray(getattr(sediment, name))
        assert np.squeeze(together) == pytest.approx(np.squeeze(getattr(harvest(), name)), rel=1e-9)


def test_breakage_is_off_and_adds_debris_when_on() -> None:
    """Broken cells leave fragments, protein and DNA; by default nothing is made."""
    assert spun().generated.debris == 0.0
    outcome = spun(broken=0.1, fragments=10.0, protein_per_cell=200.0, dna_per_cell=6.6)
    cells = 0.1 * (2e4 + 5e5) * 100.0
    assert outcome.generated.debris == pytest.approx(10.0 * cells, rel=1e-12)
    assert total(outcome.generated.protein) == pytest.approx(200.0e-6 * cells, rel=1e-12)
    assert outcome.generated.free_dna == pytest.approx(6.6e-3 * cells, rel=1e-12)
    assert kept(outcome, "free_dna") > kept(spun(), "free_dna")


def test_a_measured_recovery_replaces_the_mechanism() -> None:
    outcome = spun(ev_recovery=0.9)
    assert np.asarray(outcome.product.vesicles / harvest().vesicles) == pytest.approx(0.9, rel=1e-12)
    assert kept(outcome, "debris") == 0.0
    assert {"shell_density", "vesicle_damage"} <= ContinuousCentrifugation(ev_recovery=0.9).unused()


def test_a_bowl_that_cannot_be() -> None:
    assert [field for field, _ in ContinuousCentrifugation(r_min=80.0).problems()] == ["r_max"]
    assert not list(ContinuousCentrifugation(r_min=80.0, settling_area=3000.0).problems())


def test_nothing_in_nothing_out() -> None:
    for outcome in (spun(0.0), spun(0.0, keep_sediment=1.0)):
        assert outcome.duration == 0.0
        assert outcome.product.volume == 0.0
