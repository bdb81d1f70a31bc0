"""A feed k times as large on equipment k times as large: the same recovery and time, k times the consumption.

It holds for every separation whose steps are in proportion to volume; rounding up to whole loads, filters and spins is
the same for both.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from exosim.material import Material, total
from exosim.operations import catalog
from exosim.parameter import declared
from exosim.testing.feeds import everything

SIZED: Mapping[str, Mapping[str, float]] = {
    "affinity_capture": {"column_volume": 0.1},
    "anion_exchange_chromatography": {"column_volume": 0.08},
    "aqueous_two_phase": {"vessel_volume": 5.0},
    "continuous_centrifugation": {
        "flow": 100.0, "settling_area": 5000.0, "solids_space": 0.5, "hold_up": 1.0, "discharge_volume": 0.3
    },
    "core_bead_chromatography": {"column_volume": 0.02},
    "depth_filtration": {"area": 500.0},
    "microfluidic_separation": {"chips": 10.0},
    "mixed_mode_chromatography": {"column_volume": 1.2},
    "precipitation": {"spin_volume": 4.0},
    "size_exclusion_chromatography": {"column_volume": 1.2},
    "sterile_filtration": {"area": 300.0, "hold_up": 1.0},
    "tangential_flow_filtration": {"membrane_area": 0.1},
    "viral_reduction": {"filter_area": 0.1},
}  # fmt: skip
OTHERS: Mapping[str, Mapping[str, Any]] = {"viral_reduction": {"pore_diameter": 75.0}}


def whole(amount: Any) -> float:
    """Return an amount of all classes and pools."""
    return float(np.squeeze(total(np.asarray(amount))))


def run(name: str, liters: float, larger: float) -> tuple[Material, Any]:
    """Return a feed and what becomes of it on equipment so many times as large."""
    feed = everything()
    feed = feed.portion(liters * larger / feed.volume)
    sizes = {key: size * larger for key, size in SIZED[name].items()}
    return feed, catalog()[name](**sizes, **OTHERS.get(name, {})).transform(feed)


@pytest.mark.parametrize("liters", [0.02, 3.0, 250.0])
@pytest.mark.parametrize("name", SIZED)
def test_equipment_that_grows_with_its_feed(name: str, liters: float) -> None:
    """Nothing but amounts changes."""
    assert SIZED[name].keys() <= declared(catalog()[name]).keys()
    (feed, small), (more, large) = (run(name, liters, larger) for larger in (1.0, 64.0))
    for species in ("volume", "vesicles", "nonvesicular", "protein", "free_dna", "salt", "cell_equivalents"):
        kept = [
            whole(getattr(o.product, species)) / whole(getattr(f, species)) for f, o in ((feed, small), (more, large))
        ]
        assert kept[1] == pytest.approx(kept[0], rel=1e-9, abs=1e-12), species
    assert whole(large.duration) == pytest.approx(whole(small.duration), rel=1e-9)
    for key, used in small.consumption.items():
        assert whole(large.consumption[key]) == pytest.approx(64.0 * whole(used), rel=1e-9), key
    for text, reached in small.limits.items():
        assert np.array_equal(large.limits[text], reached), text
