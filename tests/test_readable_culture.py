"""The culture on one page agrees with the fast form of the package, and runs on any array-API namespace."""

from __future__ import annotations

from typing import Any

import array_api_strict
import numpy as np
import pytest

from tests.fibers import in_namespace, reference
from tests.readable_culture import culture

LANES = 512
VARIANTS: dict[str, dict[str, str]] = {
    "as shipped": {},
    "starved": {"culture.medium_rate": "0.1 L/d", "culture.starvation_rate": "0.05 1/h"},
    "short of oxygen": {"culture.circulation": "0.1 L/h"},
    "crowded": {"culture.capacity": "3000 cell/cm2", "culture.growth_period": "10 d"},
    "sour": {
        "culture.medium_glucose": "50 mmol/L", "culture.medium_rate": "0.1 L/d", "culture.lactate_limit": "16 mmol/L",
    },
    "toxic": {
        "culture.medium_glucose": "25 mmol/L", "culture.medium_rate": "0.5 L/d",
        "culture.ammonia_rate": "0.2 pmol/cell/h",
    },
    "steep": {"culture.contact_inhibition": "3.5", "culture.harvest_every": "3.5 d", "culture.harvest_fraction": "0.5"},
    "dense": {"culture.reuptake": "5e-8 mL/cell/h", "culture.capacity": "60000 cell/cm2"},
}  # fmt: skip


@pytest.mark.parametrize("changes", VARIANTS.values(), ids=VARIANTS)
def test_the_page_is_the_package(changes: dict[str, str]) -> None:
    """Product, secreted vesicles and viable cells agree to 1e-12, whatever limits the cells."""
    fibers, outcome = reference(LANES, changes)
    found = culture(np, in_namespace(fibers, np.asarray))
    for name, one, other in (
        ("product", found.product, outcome.product.vesicles),
        ("secreted", np.stack(found.secreted), outcome.monitors["secreted"]),
        ("viable", np.stack(found.viable), outcome.monitors["viable_cells"]),
    ):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=0.0, err_msg=name)


def test_the_variants_reach_the_limits() -> None:
    """Each limit that the page knows holds the cells back in some variant: none is only written down."""
    reached = set[str]()
    for changes in VARIANTS.values():
        _, outcome = reference(LANES, changes)
        reached |= {name for name, at in outcome.limits.items() if np.any(at)}
    limits = ("surface", "oxygen", "glucose", "lactate", "ammonia")
    assert {f"growth held by {name}" for name in limits} <= reached


@pytest.mark.parametrize("name", ["float64", "float32"])
def test_the_page_runs_on_the_strictest_namespace(name: str) -> None:
    """The form uses nothing beyond the array-API standard, and keeps the precision of what it is given."""
    xp: Any = array_api_strict
    fibers, _ = reference(64)
    expected = culture(np, in_namespace(fibers, np.asarray)).product
    found = culture(xp, in_namespace(fibers, lambda numbers: xp.asarray(numbers, dtype=getattr(xp, name))))
    assert isinstance(found.product, type(xp.asarray(0.0)))
    assert found.product.dtype == getattr(xp, name)
    assert all(row.dtype == found.product.dtype for row in (*found.secreted, *found.viable))
    close = 1e-13 if name == "float64" else 3e-5
    np.testing.assert_allclose(np.asarray(found.product), expected, rtol=close, atol=0.0)
