"""Section C: culture variables, as directions on common draws, and stimuli, whose folds are inputs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Draws, Published, Row
from runs import Arm, arm, drawn

from exosim.material import total

_UNCHECKED = "order of the two levels unchecked; by protein, not by particles"


def rows() -> Iterator[Row]:
    """Yield the rows of section C."""
    yield from _directions()
    yield from _oxygen()
    yield from _stimuli()


def _secreted(found: Arm) -> Draws:
    """Return the vesicles secreted per cell and day."""
    return drawn(np.sum(found.culture.monitors["secreted"], axis=0)) / found.cell_days


def _found(found: Arm) -> Draws:
    return drawn(total(found.culture.product.vesicles))


def _agree(draws: Draws) -> Draws:
    return np.asarray(draws, dtype=np.float64)


def _directions() -> Iterator[Row]:
    once, twice = arm("c_variables"), arm("c_variables#twice")
    sparse, late = arm("c_variables#sparse"), arm("c_variables#passage_6")
    gain = _found(twice) / _found(once)
    given, assumed = "MSC in flasks, 24 h, the same cells", "densities, schedule; rates of loss"
    yield Row(
        "C1", "two collections in 24 h give more than one [S]", "patel2017", given, assumed, Published("more"),
        "sign", "test", _agree(gain > 1.0), "from re-uptake and decay alone, no parameter of its own",
    )  # fmt: skip
    yield Row(
        "C1", "that gain, for one split [T]", "patel2017", given, assumed,
        Published("1 to 2 (bounds)", 1.0, 2.0, stated=False), "band", "regression", gain,
        "bounds of theory, 2 / (1 + exp(-loss * time / 2)); the paper gives no factor",
    )  # fmt: skip
    yield Row(
        "C2", "thinner seeding, more per cell [S]", "patel2017", "MSC in flasks", "750 against 3000 cells/cm2",
        Published("more"), "sign", "input", _agree(_secreted(sparse) > _secreted(once)),
        "put in: the rule of density of flasks has an exponent of 0.3 to 1, its sign is this finding",
    )  # fmt: skip
    young, old = once.culture.product, late.culture.product
    weaker = drawn(old.potency / total(old.vesicles)) < drawn(young.potency / total(young.vesicles))
    yield Row(
        "C3", "beyond passage 4 potency falls [S]", "patel2017", "passages 2 to 5", "passage 6 against 4",
        Published("falls"), "sign", "input", _agree(weaker), "put in: a loss of potency for each passage",
    )  # fmt: skip
    yield Row(
        "C3", "and the count does not [S]", "patel2017", "passages 2 to 5", "passage 6 against 4",
        Published("unaffected"), "sign", "input", _agree(_found(late) == _found(once)), "put in: to the last bit",
    )  # fmt: skip


def _oxygen() -> Iterator[Row]:
    reference = _secreted(arm("c_variables#oxygen_8"))
    for percent, fold in ((3, 3.3), (1, 6.7)):
        yield Row(
            "C4", f"{percent} % oxygen against 8 % by the law of oxygen [C]", "salomon2013", "levels, n = 6",
            "gain 0 to 2, mode 0.3", Published(f"{fold} (unchecked)", fold, fold), "interval", "test",
            _secreted(arm(f"c_variables#oxygen_{percent}")) / reference,
            f"the prior of the gain follows the mixed literature, not this paper; {_UNCHECKED}",
        )  # fmt: skip
    for percent, fold in ((3, 3.3), (1, 6.7)):
        yield _stimulus(
            "C4", f"hypoxia_{percent}", f"{percent} % oxygen entered as a stimulus", "salomon2013", fold, " (unchecked)"
        )


def _stimulus(case: str, variant: str, outcome: str, source: str, fold: float, checked: str = "") -> Row:
    """Return the row of a stimulus: what a counter finds per cell, with and without, on common draws."""
    found = arm(f"c_stimuli#{variant}").per_cell / arm("c_stimuli").per_cell
    return Row(
        case, f"{outcome} [C]", source, "fold", "acts for 48 h, kills nothing",
        Published(f"{fold:g}{checked}", fold, fold), "25 %", "input", found,
        "put in; what a counter sees is diluted by the particles of the medium",
    )  # fmt: skip


def _stimuli() -> Iterator[Row]:
    yield _stimulus("C5", "catecholamines", "N-methyldopamine and norepinephrine", "wang2020", 3.0)
    yield _stimulus("C6", "thrombin", "thrombin, more than", "sung2019", 5.0)
    yield _stimulus("C7", "nanoporation", "cellular nanoporation, up to", "yang2020", 50.0)
    both = arm("c_stimuli#two_at_once")
    capped = _secreted(both) / drawn(both.operation.activity * both.operation.secretion_rate)
    yield Row(
        "C7", "two stimuli at once, over the rate of resting cells [C]", "yang2020", "up to 50",
        "50-fold and 3-fold at once", Published("50 at most"), "sign", "input", _agree(capped <= 50.0 * (1.0 + 1e-6)),
        "put in: a cap on all gains together, that of density included",
    )  # fmt: skip
    yield _stimulus("C8", "rab4", "Rab4 knock-down and red-cell membranes, up to", "rab4_2022", 14.0)
    yield _stimulus("C9", "hydrogel", "magnetic hydrogel, up to about", "hydrogel", 5.0)
