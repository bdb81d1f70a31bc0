"""Ultracentrifugation: rotors, washes, runs, what is dragged along, and recoveries as they are reported."""

from __future__ import annotations

import math
import tomllib
from importlib import resources
from typing import Any

import numpy as np
import pytest

from exosim import units
from exosim.material import Material, total
from exosim.operations import catalog
from exosim.operations.base import Outcome, standard_context
from exosim.operations.size_exclusion_chromatography import SizeExclusionChromatography
from exosim.operations.ultracentrifugation import Ultracentrifugation
from exosim.parameter import GRADES, declared
from exosim.physics import pelleting
from exosim.references import references
from exosim.testing.feeds import everything

SW_32: dict[str, Any] = {"r_min": 66.8, "r_max": 152.5, "angle": 0.0, "tubes": 6.0, "tube_volume": 38.5}
ROTORS = tomllib.loads(resources.files("exosim").joinpath("presets/rotors.toml").read_text(encoding="utf-8"))
RADII = ("r_min", "r_max")


def kept(outcome: Outcome, name: str = "vesicles") -> float:
    """Return the fraction of a species of the feed that the product holds."""
    return float(np.squeeze(total(getattr(outcome.product, name)) / total(getattr(everything(), name))))


def spun(**values: Any) -> Outcome:
    """Return what becomes of conditioned medium."""
    return Ultracentrifugation(**values).transform(everything())


@pytest.mark.parametrize("rotor", [{}, SW_32], ids=["Type 45 Ti", "SW 32 Ti"])
@pytest.mark.parametrize("hours", [70.0 / 60.0, 1.5])
def test_recovery_as_published(rotor: dict[str, Any], hours: float) -> None:
    """V01: 0.21 +/- 0.06 of vesicles of mesenchymal stromal cells after ultracentrifugation; here with one wash."""
    assert kept(spun(spin_time=hours, washes=1.0, **rotor)) == pytest.approx(0.21, abs=0.06)
    assert 0.4 < kept(spun(spin_time=hours, washes=0.0, **rotor)) < 0.6


def test_a_wash_costs_vesicles_and_cleans() -> None:
    """A further spin costs 15 to 60 % of the vesicles and takes most of the protein that was left."""
    once, washed = spun(washes=0.0), spun(washes=1.0)
    assert 0.4 < kept(washed) / kept(once) < 0.85
    assert kept(washed, "protein") < 0.2 * kept(once, "protein")
    removed = -math.log10(kept(once, "protein"))
    assert 1.0 < removed < 2.5  # log reduction of free protein in one pelleting


def test_order_of_purity() -> None:
    """Large complexes, such as ferritin, pellet with vesicles; size exclusion takes them out (Watson et al. 2018)."""
    sedimented, eluted = spun(washes=0.0), SizeExclusionChromatography().transform(everything())
    complexes = -1
    per_vesicle = [
        float(outcome.product.protein[complexes, 0] / total(outcome.product.vesicles)[0])  # type: ignore[index]
        for outcome in (sedimented, eluted)
    ]
    assert per_vesicle[0] > 5.0 * per_vesicle[1]


def test_the_pelleted_fraction_alone() -> None:
    """Nothing but pelleting: what is taken up is the closed form, per size class."""
    context = standard_context()
    operation = Ultracentrifugation(
        washes=0.0, resuspended=1.0, aggregated=0.0, residual_volume=0.0, spin_time=0.5, viscosity=1.567, **SW_32
    )
    product = operation.transform(everything()).product
    diameters = context.sizes.diameters
    density = pelleting.core_shell_density(diameters, 1.03, 1.15, 5.0)
    coefficient = pelleting.sedimentation_coefficient(diameters, density, 1.007, 1.567)
    rotor = pelleting.Rotor(66.8, 152.5)
    speed = pelleting.revolutions(109.65, 100_000.0)
    expected = pelleting.pelleted_fraction(rotor, pelleting.settled(coefficient, speed, 0.5))
    assert np.asarray(product.vesicles / everything().vesicles) == pytest.approx(expected, rel=1e-12)
    assert np.all(np.diff(expected[:, 0]) >= 0.0)


def test_runs_tubes_and_time() -> None:
    """Two liters in six tubes of 94 mL: 22 tubes, four runs; their pellets fit into one tube for the wash."""
    outcome = spun(washes=1.0, turnaround=0.75, spin_time=1.5, resuspension_volume=1.0, resuspension_time=0.05)
    assert outcome.monitors["tubes"] == 22 + 1
    assert outcome.monitors["runs"] == 4 + 1
    assert outcome.duration == pytest.approx(5 * 2.25 + 23 * 0.05)
    hands_on = sum(float(np.squeeze(phase.duration)) for phase in outcome.phases if phase.attended)
    assert hands_on == pytest.approx(5 * 0.75 + 23 * 0.05)
    assert outcome.consumption["centrifuge_tube"] == 23
    assert outcome.product.volume == pytest.approx(1.2e-3)  # 1 mL of buffer and the 0.2 mL that stayed
    filling = 0.094 - 22 * 1.2e-3  # of the tube for the wash
    assert outcome.consumption["buffer"] == pytest.approx(0.022 + filling + 0.001)


@pytest.mark.parametrize(("rotor", "runs"), [({}, 18), (SW_32, 44)], ids=["Type 45 Ti", "SW 32 Ti"])
def test_ten_liters(rotor: dict[str, Any], runs: int) -> None:
    """10 L are 18 runs of 564 mL or 44 of 231 mL; 2 h of spin and 0.75 h each, before tubes are taken up."""
    feed = everything().replaced(volume=10.0)
    outcome = Ultracentrifugation(washes=0.0, spin_time=2.0, turnaround=0.75, **rotor).transform(feed)
    assert outcome.monitors["runs"] == runs
    spent = {phase.name: float(np.squeeze(phase.duration)) for phase in outcome.phases}
    assert spent["spin"] + spent["handle"] == pytest.approx(runs * 2.75, rel=1e-12)


def test_hours_per_liter() -> None:
    """Ten liters with one wash take 4 to 16 h a liter, of which 7 to 16 were estimated for smaller rotors too."""
    hours = {
        name: float(np.squeeze(Ultracentrifugation(**rotor).transform(everything().replaced(volume=10.0)).duration))
        for name, rotor in (("Type 45 Ti", {}), ("SW 32 Ti", SW_32))
    }
    assert 4.0 < hours["Type 45 Ti"] / 10.0 < 8.0
    assert 10.0 < hours["SW 32 Ti"] / 10.0 < 16.0


def test_cargo_that_is_not_in_vesicles() -> None:
    """Aggregates pellet as dense particles do and are not told from vesicles; what is dissolved is poured off."""
    once, washed = spun(washes=0.0, resuspended=1.0), spun(washes=1.0, resuspended=1.0)
    assert kept(once, "aggregated_cargo") > 0.99
    assert kept(once, "free_cargo") == kept(once, "polymer") == pytest.approx(22 * 0.2e-3 / 2.0, rel=1e-9)
    assert kept(washed, "free_cargo") < 0.01 * kept(once, "free_cargo")
    assert kept(washed, "cell_equivalents") == 1.0
    assert kept(spun(resuspended=0.5), "aggregated_cargo") < 0.5


def test_exactly_full_runs() -> None:
    """A feed that fills the tubes of three runs takes three, not four."""
    feed = everything().replaced(volume=3 * 6 * 0.094)
    assert Ultracentrifugation(washes=0.0).transform(feed).monitors["runs"] == 3


def test_what_pellets_besides_vesicles() -> None:
    """Debris and cells pellet wholly; light lipoproteins float; the salt is that of the buffer."""
    outcome = spun(washes=0.0, resuspended=0.8, residual_volume=0.0)
    for name in ("debris", "viable_cells", "dead_cells"):
        assert kept(outcome, name) == pytest.approx(0.8, rel=1e-12)
    assert kept(outcome, "lipoproteins") == 0.0
    assert outcome.product.salt == pytest.approx(0.15 * 0.022)
    shares = np.asarray(outcome.product.protein / everything().protein)[:, 0]
    assert shares[:3] == pytest.approx(0.8 * 0.02, rel=1e-12)
    assert shares[3] > 3.0 * shares[0]
    lighter = spun(washes=0.0, nonvesicular_density=1.05)
    assert kept(lighter, "nonvesicular") < kept(spun(washes=0.0, nonvesicular_density=1.35), "nonvesicular")


def test_losses_in_order() -> None:
    """Each channel holds what its factor took of what was there."""
    outcome = spun(washes=0.0, resuspended=0.5, aggregated=0.2, residual_volume=0.0)
    taken = {name: float(total(lost.vesicles)[0]) for name, lost in outcome.losses.items()}  # type: ignore[index]
    pelleted = float(total(everything().vesicles)[0]) - taken["supernatant"]  # type: ignore[index]
    assert taken["resuspension"] == pytest.approx(0.5 * pelleted, rel=1e-12)
    assert taken["aggregation"] == pytest.approx(0.1 * pelleted, rel=1e-12)


@pytest.mark.parametrize("washes", [0.0, 1.0, 3.0])
def test_a_measured_recovery_is_that_of_all_spins(washes: float) -> None:
    """However many washes, the vesicles are those that were measured; impurities follow their mechanism."""
    measured, computed = spun(ev_recovery=0.2, washes=washes), spun(washes=washes)
    assert np.asarray(measured.product.vesicles / everything().vesicles) == pytest.approx(0.2, rel=1e-12)
    assert kept(measured, "protein") == pytest.approx(kept(computed, "protein"), rel=1e-9)
    assert {"shell_density", "aggregated"} <= Ultracentrifugation(ev_recovery=0.2).unused()


@pytest.mark.parametrize(
    ("weaker", "stronger"),
    [
        ({"force": 50_000.0}, {"force": 100_000.0}),
        ({"spin_time": 0.5}, {"spin_time": 1.0}),
        ({"viscosity": 2.0}, {"viscosity": 1.5}),
        ({"temperature": 4.0}, {"temperature": 20.0}),
        ({"shell_density": 1.1}, {"shell_density": 1.2}),
        ({"medium_density": 1.02}, {"medium_density": 1.0}),
        ({"tube_diameter": 38.0}, {"tube_diameter": 25.0}),
        ({"speed": 20_000.0}, {"speed": 30_000.0}),
    ],
)
def test_directions(weaker: dict[str, float], stronger: dict[str, float]) -> None:
    """More force and time, thinner and lighter liquid, denser vesicles and narrower tubes pellet more."""
    short = {"washes": 0.0, "spin_time": 0.3}
    assert kept(spun(**{**short, **weaker})) < kept(spun(**{**short, **stronger}))


def test_speed_and_force_are_one_setting() -> None:
    """The speed that makes 100,000 g at the mean radius gives what the force gives; the force is then unused."""
    by_speed = Ultracentrifugation(speed=pelleting.revolutions(69.85, 100_000.0))
    assert kept(by_speed.transform(everything())) == pytest.approx(kept(spun()), rel=1e-12)
    assert "force" in by_speed.unused()
    assert "tube_diameter" in Ultracentrifugation(**SW_32).unused()
    assert "temperature" in Ultracentrifugation(viscosity=1.5).unused()


def test_a_rotor_that_cannot() -> None:
    """Radii the wrong way round, and a speed above the rated one, are refused; a draw above it is a limit."""
    (problem,) = Ultracentrifugation(r_min=110.0).problems()
    assert problem == ("r_max", "r_max must be larger than r_min: 103.8 mm is not above 110 mm")
    (problem,) = Ultracentrifugation(force=200_000.0, highest_speed=45_000.0).problems()
    assert problem == ("force", "the rotor would turn at 50602 rpm, and its highest speed is 45000 rpm")
    (problem,) = Ultracentrifugation(speed=46_000.0, highest_speed=45_000.0).problems()
    assert problem[0] == "speed"
    some = Ultracentrifugation(force=np.array([100_000.0, 200_000.0]), highest_speed=45_000.0).transform(everything())
    assert some.limits["above the highest speed of the rotor"].tolist() == [0.0, 1.0]  # type: ignore[union-attr]


def test_a_spin_that_is_too_short_says_so() -> None:
    limit = "less than half of the vesicles are pelleted in a spin"
    assert spun(spin_time=0.1).limits[limit] == 1.0
    assert spun().limits[limit] == 0.0


def test_a_lot_that_was_lost_takes_nothing() -> None:
    """No volume: no tubes, no runs, no time."""
    outcome = Ultracentrifugation().transform(Material())
    assert outcome.duration == 0.0
    assert outcome.product.volume == 0.0


@pytest.mark.parametrize("key", ROTORS)
def test_rotors_fit_their_operations(key: str) -> None:
    """Each value of the rotor catalog is a declared parameter, in its range, with a known source and grade."""
    rotor = ROTORS[key]
    assert set(rotor) == {"name", "operations", "parameters"}
    for operation in rotor["operations"]:
        parameters = declared(catalog()[operation])
        read = {}
        for name, given in rotor["parameters"].items():
            assert set(given) == {"value", "source", "grade"}
            read[name] = units.parse(given["value"], parameters[name].unit)
            assert parameters[name].low <= read[name] <= parameters[name].high, name
            assert given["source"] in references() and given["grade"] in GRADES
        assert {"r_min", "r_max", "angle", "tubes", "tube_volume"} <= set(read)
        assert ("tube_diameter" in read) == (read["angle"] > 0.0)
        assert not list(catalog()[operation](**read).problems())


def test_rotors_are_in_order() -> None:
    assert list(ROTORS) == sorted(ROTORS)


def test_the_default_rotor_is_in_the_catalog() -> None:
    """The defaults are the Type 45 Ti."""
    defaults = Ultracentrifugation()
    for name, given in ROTORS["type_45_ti"]["parameters"].items():
        if name != "highest_speed":
            unit = declared(Ultracentrifugation)[name].unit
            assert units.parse(given["value"], unit) == getattr(defaults, name)
