"""Density gradient: what is in the cut by size and kind, what the night costs, and what goes on with the vesicles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from exosim.formula import evaluate
from exosim.material import Material, total
from exosim.operations.base import Outcome
from exosim.operations.density_gradient import DensityGradient
from exosim.operations.ultracentrifugation import Ultracentrifugation
from exosim.parameter import declared
from exosim.testing.feeds import everything

NOT_THERE = "vesicles have not reached their density"


def plasma(milliliters: float = 6.0) -> Material:
    """Return a small feed with everything in it."""
    feed = everything()
    return feed.portion(milliliters * 1e-3 / feed.volume)


def banded(milliliters: float = 6.0, **values: Any) -> Outcome:
    """Return what becomes of a small feed."""
    return DensityGradient(**values).transform(plasma(milliliters))


def kept(outcome: Outcome, name: str = "vesicles") -> float:
    """Return the fraction of a species of 6 mL of feed in the product."""
    return float(np.squeeze(total(getattr(outcome.product, name)) / total(getattr(plasma(), name))))


def test_recovery_and_lipoproteins_as_published() -> None:
    """Recovery 0.1 to 0.5 of the vesicles; 1 to 3 log of lipoproteins with apoB (Ter-Ovanesyan et al. 2023)."""
    outcome = banded()
    assert 0.1 < kept(outcome) < 0.5
    assert 1.0 < -math.log10(kept(outcome, "lipoproteins")) < 3.0
    assert -math.log10(kept(outcome, "protein")) > 1.5


def test_the_cut_alone() -> None:
    """With time enough and nothing smeared or lost, each size class is the Gaussian cut at its density."""
    operation = DensityGradient(smeared=0.002, spin_time=24.0, force=200_000.0, viscosity=0.7)
    diameters = np.array([[50.0], [80.0], [100.0], [150.0], [200.0]])
    density = 1.03 + 0.12 * (1.0 - (1.0 - 10.0 / diameters) ** 3)
    upper = 0.5 * (1.0 + np.vectorize(math.erf)((1.12 - density) / 0.015 / math.sqrt(2.0)))
    lower = 0.5 * (1.0 + np.vectorize(math.erf)((1.06 - density) / 0.015 / math.sqrt(2.0)))
    found = operation._spheres(diameters, operation._vesicle_density(diameters))
    assert found == pytest.approx(0.002 / 3.0 + 0.998 * (upper - lower), abs=1e-6)


def test_one_run_a_night() -> None:
    """Six milliliters are six tubes and one run; seven are a second night."""
    one, two = banded(6.0), banded(7.0)
    assert (one.monitors["tubes"], one.monitors["runs"]) == (6.0, 1.0)
    assert (two.monitors["tubes"], two.monitors["runs"]) == (7.0, 2.0)
    work = 0.75 + 6 * (0.1 + 0.15)
    assert one.duration == pytest.approx(16.0 + work)
    assert two.duration == pytest.approx(24.0 + 16.0 + 0.75 + 0.25)
    assert banded(6.0, load=3.0).monitors["tubes"] == 2.0
    slow = banded(12.0, run_every=4.0)
    assert slow.duration == pytest.approx(2 * (16.0 + work))  # a run cannot start before the last one is out


def test_a_liter_takes_months() -> None:
    outcome = banded(1000.0)
    assert outcome.monitors["runs"] == math.ceil(1000 / 6)
    assert outcome.limits["more than a week of runs"] == 1.0
    assert banded(42.0).limits["more than a week of runs"] == 0.0


@pytest.mark.parametrize("milliliters", [6.0, 6.5, 7.0, 12.0, 500.0])
def test_formulas_give_what_the_monitors_tell(milliliters: float) -> None:
    """Tubes, runs and the pooled volume, as formulas that can be explained."""
    operation, outcome = DensityGradient(), banded(milliliters)
    values = {name: getattr(operation, name) for name in declared(DensityGradient)} | {"entered_volume": milliliters}
    for name, form in operation.closed_forms().items():
        values[name] = evaluate(form.formula, values)
        if form.monitor:
            assert values[name] == pytest.approx(float(outcome.monitors[form.monitor]), rel=1e-9), name


def test_the_medium_goes_into_the_product() -> None:
    """The pool is a third of each tube, at 1.09 g/mL: 0.6 g/mL * 0.083 / 0.313 of iodixanol, and salt of the buffer."""
    outcome = banded()
    assert outcome.product.volume == pytest.approx(6 * 14e-3 / 3.0, rel=1e-12)
    content = 600.0 * (1.09 - 1.007) / (1.32 - 1.007)
    fed = float(np.squeeze(plasma().polymer)) / 3.0
    assert outcome.product.polymer == pytest.approx(content * 28e-3 + fed, rel=1e-12)
    assert outcome.consumption["gradient_medium"] == pytest.approx(600.0 * 0.113 / 0.313 * 84e-3, rel=1e-12)
    assert outcome.consumption["buffer"] == pytest.approx(84e-3 - 6e-3, rel=1e-12)
    assert kept(outcome, "cell_equivalents") == 1.0


def test_what_is_near_vesicles_comes_along() -> None:
    """Cells and debris band where vesicles do: a gradient is no clarification. Dense particles stay below."""
    outcome = banded()
    assert kept(outcome, "debris") > 0.5
    assert kept(outcome, "viable_cells") > 0.3
    assert kept(outcome, "nonvesicular") < 0.02
    assert kept(outcome, "aggregated_cargo") < 0.02
    assert kept(outcome, "free_cargo") < 0.02


def test_loaded_on_top_protein_is_on_its_way_through_the_cut() -> None:
    """Protein that starts on top sinks into the cut overnight, and does not when it starts at the bottom."""
    above, below = banded(loaded_below=0.0), banded(loaded_below=1.0)
    assert kept(above, "protein") > 10.0 * kept(below, "protein")
    assert kept(above) == pytest.approx(kept(below), rel=0.05)


def test_a_cut_that_starts_higher_is_purer_and_yields_less() -> None:
    """The choice of fractions is the trade between lipoproteins and vesicles."""
    wide, narrow = banded(pool_from=1.05), banded(pool_from=1.07)
    assert kept(narrow, "lipoproteins") < 0.2 * kept(wide, "lipoproteins")
    assert kept(narrow) < kept(wide)


def test_a_short_spin_says_so() -> None:
    """After two hours small vesicles are still on their way up."""
    short, night = banded(spin_time=2.0), banded()
    assert (short.limits[NOT_THERE], night.limits[NOT_THERE]) == (1.0, 0.0)
    first = np.asarray(short.product.vesicles)[0, 0], np.asarray(night.product.vesicles)[0, 0]
    assert first[0] < 0.5 * first[1]
    assert NOT_THERE not in banded(ev_recovery=0.3).limits


def test_lipoproteins_leave_here_and_float_in_a_pelleting() -> None:
    """Purity by density: fewer non-vesicular particles per vesicle than after pelleting."""
    gradient, pellet = banded(), Ultracentrifugation().transform(plasma())
    ratios = [float(np.squeeze(total(o.product.nonvesicular) / total(o.product.vesicles))) for o in (gradient, pellet)]
    assert ratios[0] < 0.1 * ratios[1]


def test_a_measured_recovery_replaces_the_mechanism() -> None:
    outcome = banded(ev_recovery=0.25)
    assert np.asarray(outcome.product.vesicles / plasma().vesicles) == pytest.approx(0.25, rel=1e-12)
    assert kept(outcome, "lipoproteins") == pytest.approx(kept(banded(), "lipoproteins"), rel=1e-12)
    assert {"recovered", "shell_density"} <= DensityGradient(ev_recovery=0.25).unused()


def test_contradictions() -> None:
    """A tube without room, and densities in the wrong order."""
    assert [field for field, _ in DensityGradient(load=3.0, tube_volume=2.0).problems()] == ["load"]
    assert [field for field, _ in DensityGradient(pool_to=1.05).problems()] == ["pool_to", "pool_to"]
    assert [field for field, _ in DensityGradient(bottom_density=1.1).problems()] == ["bottom_density"]
    assert not list(DensityGradient().problems())


def test_nothing_in_nothing_out() -> None:
    outcome = banded(0.0)
    assert outcome.duration == 0.0
    assert outcome.product.volume == 0.0
