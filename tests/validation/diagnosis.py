"""Section V: what published tests on vesicles found, and whether one cohort tells what the next one finds."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from case import Draws, Published, Row
from runs import DRAWS, SEED
from scipy.stats import binom

from exosim.distributions import Distribution
from exosim.physics.diagnosis import posterior, wilson_interval
from exosim.sampling import uniforms

_COHORTS = {
    "three cancers, stage I and II": ("hinestrosa2022", (99, 139), (183, 184), ((0.632, 0.781), (0.970, 0.999))),
    "pancreas, training": ("hinestrosa2023", (98, 105), (496, 545), ((0.869, 0.967), (0.883, 0.931))),
}
"""Counts of right results in each group, and the published 95 % intervals of sensitivity and specificity."""
_VALIDATED = ((27, 30), (77, 83))
_FIGURES = ("sensitivity", "specificity")


def rows() -> Iterator[Row]:
    """Yield the rows of V11."""
    for cohort, (source, *counts, published) in _COHORTS.items():
        for figure, (right, of), ends in zip(_FIGURES, counts, published, strict=True):
            yield from _of_cohort(f"{cohort}: {figure}", source, right, of, ends)
    trained = _COHORTS["pancreas, training"]
    for figure, (right, of), (found, among) in zip(_FIGURES, trained[1:3], _VALIDATED, strict=True):
        share = found / among
        yield Row(
            "V11", f"pancreas, validation cohort: {figure} [1]", "hinestrosa2023", f"{right} of {of} in training",
            f"n = {among}; the posterior of the training, drawn again", Published(f"{share:.3f}", share, share),
            "interval", "test", _next_cohort(figure, right, of, among),
        )  # fmt: skip


def _of_cohort(what: str, source: str, right: int, of: int, ends: tuple[float, float]) -> Iterator[Row]:
    """Yield the share with the interval of its posterior, and both ends of Wilson's."""
    share = right / of
    yield Row(
        "V11", f"{what} [1]", source, f"{right} of {of}", "Jeffreys' prior", Published(f"{share:.3f}", share, share),
        "interval", "input", _drawn(what, right, of), "put in as counts",
    )  # fmt: skip
    for name, published, found in zip(("lower", "upper"), ends, wilson_interval(right, of), strict=True):
        yield Row(
            "V11", f"{what}, {name} end of the 95 % interval [1]", source, f"{right} of {of}", "Wilson's interval",
            Published(f"{published:g}", published - 5e-4, published + 5e-4), "band", "regression",
            np.full(DRAWS, found),
        )  # fmt: skip


def _drawn(name: str, right: int, of: int) -> Draws:
    mean, sd = posterior(right, of)
    return Distribution("beta", (("mean", mean), ("sd", sd))).quantile(uniforms(SEED, name, "study", 0, DRAWS))


def _next_cohort(figure: str, right: int, of: int, among: int) -> Draws:
    """Return the share that a next cohort of so many finds: beta-binomial."""
    drawn = _drawn(f"training {figure}", right, of)
    return np.asarray(binom.ppf(uniforms(SEED, f"cohort {figure}", "batch", 0, DRAWS), among, drawn)) / among
