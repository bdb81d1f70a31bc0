"""What a particle counter sees: an efficiency that rises with size, and no way to tell vesicles from other particles.

A light-scattering counter misses particles below its detection limit and counts non-vesicular particles and
lipoproteins as vesicles; a counter of labels or of pulses counts shares of them, and none above the size of its pore.
The efficiency rises linearly in diameter over `width` around `limit`; within a size class particles are taken as even
in log diameter. Counting n particles has the relative standard deviation 1/sqrt(n) (Poisson).

Validity: concentrations inside the linear window of the instrument.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exosim.material import Material, SizeClasses, is_number, plus, times, weighted
from exosim.parameter import Array


@dataclass(frozen=True, slots=True)
class Counter:
    """A particle counter.

    Attributes
    ----------
    limit : diameter at which half of the particles are counted [nm]
    width : range of diameters over which the efficiency rises from 0 to 1 [nm]
    bias : relative error of every count, 0 when unbiased
    upper : diameter above which nothing is counted [nm]; None where there is no such size
    vesicles, nonvesicular, lipoproteins : shares of these that can be counted at all
    """

    limit: Array
    width: Array
    bias: Array = 0.0
    upper: Array | None = None
    vesicles: Array = 1.0
    nonvesicular: Array = 1.0
    lipoproteins: Array = 1.0


def counting_error(tracks: Array) -> Array:
    """Return the relative standard deviation of a count of so many particles."""
    return np.asarray(1.0 / np.sqrt(np.maximum(tracks, 1e-30)))


def efficiency(sizes: SizeClasses, counter: Counter, between: tuple[float, float] | None = None) -> Array:
    """Return the fraction of the particles of each class that a counter counts, shape (classes, lanes).

    Parameters
    ----------
    between : range of diameters that counts [nm]; None: any
    """
    if counter.upper is None and between is None:
        return class_efficiency(sizes, counter.limit, counter.width)
    low, high = (0.0, np.inf) if between is None else between
    upper = high if counter.upper is None else np.minimum(counter.upper, high)
    return range_efficiency(sizes, counter.limit, counter.width, (low, upper))


def class_efficiency(sizes: SizeClasses, limit: Array, width: Array) -> Array:
    """Return the fraction of the particles of each class that is counted, shape (classes, lanes)."""
    edges = sizes.edges[:, None]
    low, high = edges[:-1], edges[1:]
    return np.asarray(_seen_between(low, high, limit, width) / np.log(high / low))


def range_efficiency(sizes: SizeClasses, limit: Array, width: Array, between: tuple[float, Array]) -> Array:
    """Return the fraction of the particles of each class that is counted and lies in a range of diameters [nm].

    The shape is (classes, lanes), as of :func:`class_efficiency`, to which it adds up over adjoining ranges.
    """
    edges = sizes.edges[:, None]
    inside = np.clip(edges, *between)
    return np.asarray(_seen_between(inside[:-1], inside[1:], limit, width) / np.log(edges[1:] / edges[:-1]))


def _seen_between(low: Array, high: Array, limit: Array, width: Array) -> Array:
    """Return the integral of the efficiency over the logarithm of the diameter."""
    first, last = limit - width / 2.0, limit + width / 2.0
    start, stop = np.clip(low, first, last), np.clip(high, first, last)
    rising = ((stop - start) - first * np.log(stop / start)) / (last - first)
    above = np.log(high / np.clip(last, low, high))
    return np.asarray(rising + above)


def counted(particles: Array, sizes: SizeClasses, counter: Counter, share: Array = 1.0) -> Array:
    """Return the number that the counter reports for particles of one kind, shape (lanes,).

    Parameters
    ----------
    share : of the kind that can be counted at all
    """
    if is_number(particles, 0.0):
        return 0.0
    return times(weighted(particles, efficiency(sizes, counter)) * (1.0 + counter.bias), share)


def counted_particles(material: Material, sizes: SizeClasses, counter: Counter) -> Array:
    """Return the number of particles that the counter reports for a material [particle], shape (lanes,)."""
    return times(seen_particles(material, efficiency(sizes, counter), counter), 1.0 + counter.bias)


def counted_kinds(material: Material, counter: Counter) -> tuple[tuple[Array, Array], ...]:
    """Return vesicles, non-vesicular particles and lipoproteins, each with the share that can be counted."""
    return (
        (material.vesicles, counter.vesicles),
        (material.nonvesicular, counter.nonvesicular),
        (material.lipoproteins, counter.lipoproteins),
    )


def seen_particles(material: Material, seen: Array, counter: Counter) -> Array:
    """Return the number of particles of all kinds in a material, by the fraction of each class that is `seen`."""
    number: Array = 0.0
    for kind, share in counted_kinds(material, counter):
        if not is_number(kind, 0.0):
            number = plus(number, times(weighted(kind, seen), share))
    return number
