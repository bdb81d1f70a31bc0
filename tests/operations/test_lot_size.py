"""Which parameters grow with a lot, and what a larger lot then is: the contract of the kit is not met by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.material import Material
from exosim.operations import catalog
from exosim.operations.base import Outcome, UnitOperation
from exosim.parameter import declared
from exosim.testing import Subject, check
from exosim.testing.contract import grows_in_proportion
from exosim.testing.feeds import cells, everything

NAMES = sorted(catalog())
GROWING = [(name, key) for name in NAMES for key in catalog()[name].grows if not catalog()[name].source]
STAYING = [(name, key) for name in NAMES for key in catalog()[name].stays]
MODES: tuple[tuple[str, dict[str, float], str], ...] = (
    ("viral_reduction", {"pore_diameter": 100.0}, "filter_area"),
    ("continuous_centrifugation", {"keep_sediment": 1.0, "hold_up": 0.0, "discharge_volume": 0.0}, "suspension_volume"),
    ("hollow_fiber_culture", {"circulation": 0.1, "growth_period": 14.0}, "circulation"),
    ("cargo_loading", {"cargo_offered": 1e-6}, "cargo_offered"),
    ("planar_passage", {"most_vessels": 100.0, "feeding_time": 0.0}, "most_vessels"),
    ("suspension_culture", {"perfusion_rate": 1.0}, "volume"),
    ("suspension_culture", {"feed_every": 1.0, "feed_room": 0.05}, "volume"),
    ("microcarrier_culture", {"bead_addition": 2.0}, "volume"),
    ("fixed_bed_culture", {"shear_stress": 10.0}, "working_volume"),
    ("anion_exchange_chromatography", {"most_cycles": 1.0}, "column_volume"),
    ("mixed_mode_chromatography", {"core_bead_share": 0.33}, "column_volume"),
)
"""Ways of running an operation that are not its default, and what grows in each; some of it matters in no other."""


def without(name: str, attribute: str, key: str) -> type[UnitOperation]:
    """Return an operation that does not say of one parameter what it says of it."""
    operation = catalog()[name]
    left = tuple(other for other in getattr(operation, attribute) if other != key)
    changed: type[UnitOperation] = type(operation.__name__, (operation,), {attribute: left})
    return changed


@pytest.mark.parametrize(("name", "key"), sorted(set(GROWING) - {(name, key) for name, _, key in MODES[:5]}))
def test_everything_that_grows_has_to(name: str, key: str) -> None:
    """Where one parameter is kept, a larger lot is no longer the same in proportion."""
    with pytest.raises(AssertionError):
        check(grows_in_proportion, Subject(without(name, "grows", key)))


@pytest.mark.parametrize(("name", "values", "key"), MODES)
def test_other_ways_of_running_grow_too(name: str, values: dict[str, float], key: str) -> None:
    """In modes that are not the default, too, twice the lot is twice of everything; and not without what grows."""
    operation = catalog()[name]
    feed = cells().portion(100.0) if operation.needs == "viable_cells" else everything()
    normal = {grown: declared(operation)[grown].default for grown in operation.grows} | values
    twice = {k: 2.0 * normal[k] for k in operation.grows if normal[k] is not None}
    one = operation(**values).transform(feed)
    two = operation(**{**values, **twice}).transform(feed.portion(2.0))
    kept = operation(**{**values, **twice, key: normal[key]}).transform(feed.portion(2.0))
    assert _figures(two) == pytest.approx([2.0 * number for number in _figures(one)], rel=1e-9)
    alike = _figures(kept) == pytest.approx(_figures(two), rel=1e-9)
    assert not (alike and np.allclose(kept.duration, two.duration, rtol=1e-9))


def _figures(made: Outcome) -> list[float]:
    """Return the contents and the consumption of an outcome."""
    product = made.product
    amounts = (product.volume, product.vesicles, product.protein, product.viable_cells, product.cargo)
    return [float(np.sum(amount)) for amount in (*amounts, *made.consumption.values())]


@pytest.mark.parametrize(("name", "key"), STAYING)
def test_what_stays_does_so_at_its_default(name: str, key: str) -> None:
    """What is said to keep amounts out of proportion does: a lot twice as large makes more or less than twice as much.

    The vials that are kept back take nothing from what is filled, but from the doses.
    """
    operation = catalog()[name]
    feed = everything() if operation.needs != "viable_cells" else cells().portion(100.0)
    one, two = (_made(operation(), feed.portion(size)) for size in (20.0, 40.0))
    kept = operation(**{key: declared(operation)[key].minimum})
    without_it = [_made(kept, feed.portion(size)) for size in (20.0, 40.0)]
    assert abs(two / one - 2.0) > abs(without_it[1] / without_it[0] - 2.0) - 1e-12
    assert two != without_it[1]


def _made(operation: UnitOperation, feed: Material) -> float:
    """Return the cells or the vesicles made, less those in retained vials."""
    product = operation.transform(feed).product
    amount = product.viable_cells if operation.needs == "viable_cells" else product.vesicles
    vials = float(np.squeeze(product.vials)) or 1.0
    return float(np.sum(amount)) * (1.0 - float(np.squeeze(product.retained_vials)) / vials)


def test_what_is_sized_by_a_parameter_grows_with_it() -> None:
    """The size of a unit follows the lot, but for a machine of a certain flow, which then runs for longer."""
    sized = {name: catalog()[name].sized_by for name in NAMES if catalog()[name].sized_by is not None}
    assert [name for name, by in sized.items() if by not in catalog()[name].grows] == ["continuous_centrifugation"]
    assert catalog()["continuous_centrifugation"].takes_longer == "bowl"


def test_a_lot_of_one_patient_does_not_grow() -> None:
    """Every source brings more for a larger lot, but for the cells of one patient."""
    assert [n for n in NAMES if catalog()[n].source and not catalog()[n].grows] == ["leukapheresis"]


def test_a_rotor_takes_longer_run_by_run() -> None:
    """A rotor of six tubes of 94 mL takes 0.564 L at a time: ten times the liters are ten times the runs."""
    spin: Any = catalog()["ultracentrifugation"](washes=0)
    one, ten = (spin.transform(Material(volume=liters, vesicles=np.ones((12, 1)))) for liters in (0.564, 5.64))
    assert float(one.monitors["runs"]) == 1.0 and float(ten.monitors["runs"]) == 10.0
    assert float(ten.duration) == pytest.approx(10.0 * (0.75 + 1.5 + 6 * 0.05), rel=1e-12)


def test_time_with_what_grows_stays() -> None:
    """Membranes, columns and filters that grow with the lot keep its time to rounding, at any size."""
    for name in ("tangential_flow_filtration", "size_exclusion_chromatography", "depth_filtration"):
        subject = Subject(catalog()[name])
        hours = [np.squeeze(subject.of_size(size).duration) for size in (0.01, 1.0, 1000.0)]
        assert np.ptp(hours) <= 1e-9 * hours[0], name


def test_an_operation_that_says_nothing_is_told_what_to_say() -> None:
    """A plug-in whose machine has a fixed size learns from the contract which attribute is missing."""

    class Bench(catalog()["tangential_flow_filtration"]):  # type: ignore[misc]
        grows = ()

    with pytest.raises(AssertionError, match=r"Bench: \w+ of .* is not in proportion with the lot: grows, or stays"):
        check(grows_in_proportion, Subject(Bench))

    class Named(catalog()["tangential_flow_filtration"]):  # type: ignore[misc]
        grows = ("area",)

    with pytest.raises(AssertionError, match="grows or stays names what is no parameter: area"):
        check(grows_in_proportion, Subject(Named))

    class Fast(catalog()["ultracentrifugation"]):  # type: ignore[misc]
        takes_longer = None

    with pytest.raises(AssertionError):
        check(grows_in_proportion, Subject(Fast))
