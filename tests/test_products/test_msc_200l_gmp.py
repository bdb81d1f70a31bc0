"""The tank of 200 L: fewer dead cells let more lots leave, a second tank lets more be started."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import exosim as xs

TANK = Path(__file__).parents[2] / "scenarios" / "msc_200l_gmp.toml"
REPLICATIONS = 2


def lots(results: xs.FacilityResults, name: str) -> np.ndarray:
    """Return an indicator of each replication; the same worlds for all variants."""
    return np.array([account.headlines[name] for account in results.accounts])


@pytest.fixture(scope="module")
def runs() -> dict[str, xs.FacilityResults]:
    base = xs.load(TANK)
    plants = {"base": base, **base.variants()}
    return {name: xs.simulate(plant, REPLICATIONS) for name, plant in plants.items()}


def test_what_binds_is_the_residual_dna(runs: dict[str, xs.FacilityResults]) -> None:
    """With fewer dead cells no replication releases fewer lots, and some release more."""
    base, fewer = (lots(runs[name], "batches_finished") for name in ("base", "fewer_dead_cells"))
    assert np.all(fewer >= base)
    assert fewer.sum() > base.sum()


def test_a_second_tank_starts_more_lots(runs: dict[str, xs.FacilityResults]) -> None:
    """It takes the bound that the first one set."""
    base, second = (lots(runs[name], "batches_started") for name in ("base", "second_tank"))
    assert np.all(second > base)
    assert runs["base"].bottleneck()[0] == "bioreactor"
    assert runs["second_tank"].bottleneck()[0] == "seed_bioreactor"


def test_a_wider_limit_of_dna_passes_more_draws() -> None:
    """The share of draws within specification grows with the limit of the attribute that binds, and with no other."""
    base = xs.load(TANK)
    shares = [
        xs.evaluate(base.with_({address: limit}), draws=2000).in_specification()["all"]
        for address, limit in (
            ("attribute.residual_dna.limits.at_most", "10 ng/dose"),
            ("attribute.residual_dna.limits.at_most", "100 ng/dose"),
            ("attribute.endotoxin.limits.at_most", "5 EU/mL"),
        )
    ]
    assert shares[1] > 3 * shares[0]
    assert shares[2] == pytest.approx(shares[0], abs=0.02)
