"""What goes where vesicles go: bound protein and DNA, potency and loaded cargo, in every operation that takes vesicles.

Protein bound to vesicles is a floor of purity that no separation removes; an operation that lost it apart from them
would make vesicles purer than they are.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from exosim.material import total
from exosim.operations import catalog
from exosim.operations.base import UnitOperation
from exosim.parameter import declared
from exosim.testing.feeds import everything

TAKING = {name: found for name, found in catalog().items() if found.needs == "vesicles" and not found.source}
DECAYING = {"affinity_capture", "cargo_loading", "frozen_storage", "lyophilization", "viral_reduction"}
"""Operations that may act on potency or cargo themselves."""


def kept(operation: UnitOperation, name: str) -> float:
    """Return the fraction of a species that the product holds."""
    feed = everything()
    product = operation.transform(feed).product
    return float(np.squeeze(total(getattr(product, name)) / total(getattr(feed, name))))


def variants(operation: type[UnitOperation]) -> list[dict[str, Any]]:
    """Return no settings, and a measured recovery where the operation takes one."""
    return [{}, {"ev_recovery": 0.6}] if "ev_recovery" in declared(operation) else [{}]


@pytest.mark.parametrize("name", sorted(TAKING))
def test_bound_matter_follows_the_vesicles(name: str) -> None:
    """The product holds as much of the bound protein and DNA as of the vesicles."""
    for settings in variants(TAKING[name]):
        operation = TAKING[name](**settings)
        vesicles = kept(operation, "vesicles")
        assert 0.0 < vesicles <= 1.0
        for follower in ("associated_protein", "bound_dna"):
            assert kept(operation, follower) == pytest.approx(vesicles, rel=1e-9), follower


@pytest.mark.parametrize("name", sorted(set(TAKING) - DECAYING))
def test_potency_and_cargo_follow_the_vesicles(name: str) -> None:
    """Unless an operation acts on them itself."""
    for settings in variants(TAKING[name]):
        operation = TAKING[name](**settings)
        for follower in ("potency", "cargo"):
            assert kept(operation, follower) == pytest.approx(kept(operation, "vesicles"), rel=1e-9), follower
