"""What a test says of those tested: predictive values, and how a process moves sensitivity and specificity.

Predictive values follow from sensitivity Se, specificity Sp and prevalence p by Bayes' rule::

    PPV = Se p / (Se p + (1 - Sp) (1 - p)),    NPV = Sp (1 - p) / (Sp (1 - p) + (1 - Se) p)

The binormal model: the logarithm x of the vesicle signal over its healthy median is normal, with mean 0 in the healthy
and delta in the diseased and one spread sigma_s in the study. Its published performance fixes cut-off and separation::

    c = sigma_s z(Sp),    delta = sigma_s (z(Sp) + z(Se)),    sigma_s^2 = biological^2 + study_analytical^2

Elsewhere the assay also answers to what is no vesicle. Where that makes a share I of the signal of the healthy median,
the logarithm of the whole signal is ``g(x) = ln((1 - I) e^x + I)``: a difference x between people is compressed, the
more the nearer it lies to the background. A cut-off that is set anew, at g(c), costs nothing by itself, since g rises;
but errors of the assay act on the whole signal. At the cut-off they stand against its slope, the share s of the signal
that vesicles make there, and so does a background that differs between people with a spread b::

    s = g'(c) = (1 - I) / ((1 - I) + I e^-c)
    sigma^2 = biological^2 + (analytical / s)^2 + (b (1 - s) / s)^2
    Se' = Phi(z(Se) sigma_s / sigma),    Sp' = Phi(z(Sp) sigma_s / sigma)

Equal spreads and no interference give the published values back; as I approaches 1 both approach 1/2, a coin.

Validity: one positive signal, lognormal, with the same biological spread in both groups; the cut-off is set for the
same multiple of vesicles; g is taken as straight about the cut-off, which is exact for I = 0 or without analytical
error. Beside the integral over all errors (a test; analytical up to 30 %, biological 30 to 60 %) specificity is too
high and sensitivity too low: for a specificity from 90 % by at most 0.006 up to I = 0.2 and 0.03 up to I = 0.6, for one
of 30 % by 0.008 and 0.045, and for a background that differs by 40 % by 0.03 and 0.08; beyond that it is a hint.
Cases and controls of a study are not those whom one tests: in screening early disease is harder to see and other
illness confounds, so that both published figures are then too high.

Wilson's score interval (1927) of k in n has no tail below 0 or above 1.
"""

from __future__ import annotations

import math

import numpy as np

from exosim.normal import normal_distribution, normal_quantile
from exosim.parameter import Array

_LEAST = 1e-15
_FARTHEST = 60.0  # below the median, as a logarithm: nobody's signal is less


def positive_predictive_value(sensitivity: Array, specificity: Array, prevalence: Array) -> Array:
    """Return the share of the positive that have the condition; 0 where nobody is positive."""
    return _share(sensitivity * prevalence, (1.0 - specificity) * (1.0 - prevalence))


def negative_predictive_value(sensitivity: Array, specificity: Array, prevalence: Array) -> Array:
    """Return the share of the negative that do not have the condition; 0 where nobody is negative."""
    return _share(specificity * (1.0 - prevalence), (1.0 - sensitivity) * prevalence)


def interfering_share(vesicles: Array, others: Array) -> Array:
    """Return the share of a signal that others than vesicles make; 0 of no signal.

    Parameters
    ----------
    vesicles, others : what they add to the signal, both in vesicles
    """
    return _share(others, vesicles)


def _share(part: Array, rest: Array) -> Array:
    return np.asarray(part / np.maximum(part + rest, 1e-300 if np.result_type(part) == np.float64 else 1e-30))


def cut_off(specificity: Array, spread: Array) -> Array:
    """Return the logarithm of the cut-off over the healthy median, for a spread of the logarithm of the signal."""
    return np.asarray(spread * normal_quantile(specificity))


def vesicle_share(cut: Array, interference: Array) -> Array:
    """Return the share of the signal at the cut-off that vesicles make.

    Parameters
    ----------
    cut : logarithm of the cut-off over the healthy median
    interference : share of the signal of the healthy median that others make
    """
    own = 1.0 - interference
    below = np.exp(np.minimum(-np.asarray(cut), _FARTHEST))
    return np.asarray(own / np.maximum(own + interference * below, _LEAST))


def total_spread(biological: Array, analytical: Array, share: Array = 1.0, background: Array = 0.0) -> Array:
    """Return the spread of the logarithm of the vesicle signal between two results of a group.

    Parameters
    ----------
    biological : between people
    analytical : of one result
    share : of the signal that vesicles make at the cut-off
    background : spread between people of the rest of it
    """
    own = np.maximum(share, _LEAST)
    return np.asarray(np.sqrt(biological**2 + (analytical / own) ** 2 + (background * (1.0 - share) / own) ** 2))


def at_spread(published: Array, study: Array, here: Array) -> Array:
    """Return a sensitivity or specificity at the spread of this process, from that at the spread of the study."""
    return normal_distribution(normal_quantile(published) * (study / here))


def wilson_interval(positive: int, of: int, coverage: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a share, from how many of how many."""
    z = float(normal_quantile(np.array(0.5 + coverage / 2.0)))
    share, weight = positive / of, z * z / of
    middle = (share + weight / 2.0) / (1.0 + weight)
    half = z * math.sqrt(share * (1.0 - share) / of + weight / (4.0 * of)) / (1.0 + weight)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def posterior(positive: int, of: int) -> tuple[float, float]:
    """Return mean and standard deviation of the beta posterior of a share, with Jeffreys' prior Beta(1/2, 1/2)."""
    mean = (positive + 0.5) / (of + 1.0)
    return mean, math.sqrt(mean * (1.0 - mean) / (of + 2.0))
