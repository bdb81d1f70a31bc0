"""Assays: what an instrument reports of a true value.

Model: result = true value x systematic part x error. The systematic part is 1 + bias, and a factor of the laboratory
that is drawn once per possible world. The error is that of the day (one run of the assay), of counting and of a single
result, which replicates average. Errors are factors (``noise = "multiplicative"``: lognormal, median 1) or fractions of
the true value that are added (``noise = "additive"``: normal, never below 0). For one spread both agree near the true
value; with a bias they do not, since additive errors do not grow with it.

A particle counter also misses small and large particles, counts others than vesicles, and is linear within a window of
concentrations: a sample above it is diluted into it, unless the dilution is fixed, when it reads as the upper end; a
sample below it gives fewer tracks. Counting n tracks has the relative standard deviation 1/sqrt(n) (Poisson).

Below the quantification limit a result is reported as that limit ("less than"): an impurity is then never understated,
nor a purity overstated.

Validity: errors of different days, samples and assays are independent.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

import numpy as np

from exosim.errors import ModelError, Problem
from exosim.material import is_number, one_where, times
from exosim.normal import normal_distribution
from exosim.parameter import Array, parameter
from exosim.physics.detection import Counter, counting_error

Noise: TypeAlias = Literal["multiplicative", "additive"]
Reads: TypeAlias = Literal["particles", "protein", "dna", "marker", "endotoxin", "potency", ""]
READS: dict[Reads, str] = {
    "particles": "particle/mL",
    "protein": "ug/mL",
    "dna": "ng/mL",
    "marker": "EV/mL",
    "endotoxin": "EU/mL",
    "potency": "1",
    "": "1",
}
"""What an assay can read, and the unit of its quantification limit; the empty one reads what its attributes ask for."""
LEVEL = "concentration"
"""Stands for the unit of what an assay reads."""
_LEAST = 1e-9


@dataclass(frozen=True, kw_only=True)
class Assay:
    """An assay; the defaults are those of nanoparticle tracking analysis, without errors of laboratory and day.

    Attributes
    ----------
    noise : whether errors are factors or are added
    reads : what it reads of a sample
    samples : ids of the procedures after which a sample is read by it
    one_run : whether all samples of a batch are read in one run, which shares the error of its day
    laboratory, day : standard normal numbers of the laboratory and of the run
    """

    bias: Array = parameter(
        0.0, "1", low=-0.5, high=1.0, minimum=-math.inf, maximum=math.inf, doc="relative error of every result"
    )
    between_laboratories: Array | None = parameter(
        None, "1", low=0.0, high=2.0, maximum=math.inf,
        doc="coefficient of variation between instruments or laboratories, drawn once per world; none: 0",
    )  # fmt: skip
    between_days: Array | None = parameter(
        None, "1", low=0.0, high=1.0, maximum=math.inf,
        doc="coefficient of variation between days, drawn once per run of the assay; none: 0",
    )  # fmt: skip
    repeatability: Array = parameter(
        0.06, "1", low=0.0, high=0.6, doc="coefficient of variation of a result", source="vestad2017", grade="A"
    )
    tracks: Array | None = parameter(
        None, "1", low=1.0, high=1e7, minimum=1.0, decided=True,
        doc="particles of which a single result is counted, within the window; none: counting has no error of its own",
    )  # fmt: skip
    detection_limit: Array = parameter(
        65.0,
        "nm",
        low=0.0,
        high=150,
        doc="diameter at which half of the particles are counted",
        source="general_knowledge",
    )
    detection_width: Array = parameter(
        30.0, "nm", low=1.0, high=100, doc="range of diameters over which counting rises from none to all"
    )
    upper_size: Array | None = parameter(
        None, "nm", low=50.0, high=10000, doc="diameter above which no particle is counted; none: all are"
    )
    counts_vesicles: Array | None = parameter(
        None, "1", low=0.0, high=1.0, doc="share of the vesicles that can be counted, such as those labeled; none: 1"
    )
    counts_nonvesicular: Array | None = parameter(
        None, "1", low=0.0, high=1.0, doc="share of the non-vesicular particles that is counted with them; none: 1"
    )
    counts_lipoproteins: Array | None = parameter(
        None, "1", low=0.0, high=1.0, doc="share of the lipoproteins that is counted with them; none: 1"
    )
    window_low: Array | None = parameter(
        None,
        "particle/mL",
        low=1e3,
        high=1e12,
        doc="lower end of the linear window, below which there are fewer tracks",
    )
    window_high: Array | None = parameter(
        None, "particle/mL", low=1e5, high=1e14, doc="upper end of the linear window, into which samples are diluted"
    )
    dilution: Array | None = parameter(
        None, "1", low=1.0, high=1e7, minimum=1.0, decided=True,
        doc="dilution of every sample; none: each is diluted into the window",
    )  # fmt: skip
    quantification_limit: Array | None = parameter(
        None, LEVEL, low=0.0, high=1e15, doc="least result that is reported; what is below is reported as this; none: 0"
    )
    replicates: float | None = parameter(
        None,
        "1",
        low=1,
        high=100,
        minimum=1.0,
        whole=True,
        planned=True,
        doc="single results of which the reported one is the mean; none: one",
    )
    volume_tested: Array | None = parameter(
        None, "mL", low=0.01, high=1000, doc="volume in which a test for organisms finds them", decided=True
    )
    noise: Noise = "multiplicative"
    reads: Reads = ""
    samples: tuple[str, ...] = ()
    one_run: bool = True
    laboratory: Array = 0.0
    day: Array = 0.0

    def counter(self) -> Counter:
        """Return the particle counter that this assay is: what it counts in the mean of many days."""
        shares = (self.counts_vesicles, self.counts_nonvesicular, self.counts_lipoproteins)
        counted = (1.0 if share is None else share for share in shares)
        wrong = self._bias if self.between_laboratories is None else self.systematic - 1.0
        return Counter(self.detection_limit, self.detection_width, wrong, self.upper_size, *counted)

    @property
    def systematic(self) -> Array:
        """What every result in this laboratory is multiplied by."""
        biased = 1.0 + self._bias
        if self.between_laboratories is None:
            return biased
        if self.noise == "additive":
            return np.maximum(biased + self.between_laboratories * self.laboratory, _LEAST)
        return np.asarray(biased * np.exp(_sigma(self.between_laboratories) * self.laboratory))

    def exact(self) -> Assay:
        """Return the assay without bias, laboratory, day and limits of concentration; a counter sees what it sees."""
        return replace(
            self, bias=0.0, between_laboratories=None, between_days=None, window_high=None, quantification_limit=None
        )

    def error(self, z: Array, counted: Array = 1.0) -> Array:
        """Return the factor of a reported result beside the systematic part, for a standard normal number.

        That of the mean of n replicates has 1/sqrt(n) of the sigma of a single result: with factors, the mean is taken
        on the logarithm, so that it is lognormal, too.

        Parameters
        ----------
        z : of the reported result
        counted : of the declared tracks, the share that the sample gives
        """
        if self.noise == "additive":
            added = self._averaged(np.sqrt(self._variance(counted))) * z
            if self.between_days is not None:
                added = added + self.between_days * self.day
            return np.maximum(1.0 + added / np.maximum(self.systematic, _LEAST), 0.0)
        single = np.square(self.repeatability)
        variance = np.log1p(single)
        if self.tracks is not None:
            variance = variance + np.log1p(np.square(counting_error(self.tracks * counted)))
        factor = np.asarray(np.exp(self._averaged(np.sqrt(variance)) * z))
        return factor if self.between_days is None else factor * np.exp(_sigma(self.between_days) * self.day)

    def reported(self, true: Array, z: Array, milliliters: Array = 1.0) -> Array:
        """Return the result for a true value and a standard normal number.

        Parameters
        ----------
        true : a concentration, or an amount in so many `milliliters`
        """
        return self._quantified(np.asarray(true * self.systematic * self.error(z)), milliliters)

    def counts(self, particles: Array, milliliters: Array, z: Array) -> Array:
        """Return how many particles are reported of a sample in which the counter finds so many in the mean."""
        error = self.error(z, self._of_the_tracks(particles, milliliters))
        if self.dilution is not None and self.window_high is not None:
            particles = np.minimum(particles, self.window_high * self.dilution * milliliters)
        return self._quantified(times(particles, error), milliliters)

    def limits(self, reported: Array, particles: Array, milliliters: Array) -> dict[str, Array]:
        """Return where a sample is out of what the assay can read: 1 or 0 on every lane, by what is wrong.

        Parameters
        ----------
        reported : the amount that it reports
        particles : what the counter finds in the mean; 0 where it counts nothing
        """
        found = {}
        if self.quantification_limit is not None:
            least = self.quantification_limit * np.asarray(milliliters)
            found["below the quantification limit"] = one_where(np.asarray(reported) <= least * (1.0 + 1e-12))
        if self.dilution is not None and self.window_high is not None:
            in_it = per_milliliter(particles, milliliters) / self.dilution
            found["above the linear window at this dilution"] = one_where(in_it > self.window_high)
        return found

    def found(self, level: Array, z: Array) -> Array:
        """Return what a test for organisms reports: their true level where it finds them, else 0.

        The number of organisms in the tested volume is Poisson, so that at least one is there with probability
        1 - exp(-level x volume): where the uniform number Phi(z) is above exp(-level x volume). Bias and repeatability
        have no part in it.

        Parameters
        ----------
        level : organisms per volume [CFU/mL]
        z : a standard normal number

        Raises
        ------
        ModelError
            when the tested volume is not known.
        """
        if is_number(level, 0.0):
            return 0.0
        if self.volume_tested is None:
            raise ModelError(Problem("a test for organisms needs its volume_tested", expected='"10 mL", say'))
        none_there = np.exp(-np.asarray(level * self.volume_tested))
        return np.asarray(times(level, one_where(normal_distribution(z) > none_there)))

    def _of_the_tracks(self, particles: Array, milliliters: Array) -> Array:
        """Return the share of the declared tracks that a sample gives: fewer where it is below the window."""
        if self.tracks is None or self.window_low is None:
            return 1.0
        diluted = 1.0 if self.dilution is None else self.dilution
        return np.minimum(per_milliliter(particles, milliliters) / diluted / self.window_low, 1.0)

    def _variance(self, counted: Array) -> Array:
        """Return the square of the coefficient of variation of a single result."""
        own = np.square(self.repeatability)
        return own if self.tracks is None else own + np.square(counting_error(self.tracks * counted))

    def _averaged(self, sigma: Array) -> Array:
        return sigma if self.replicates is None else sigma / math.sqrt(self.replicates)

    def _quantified(self, result: Array, milliliters: Array) -> Array:
        if self.quantification_limit is None:
            return result
        return np.maximum(result, self.quantification_limit * milliliters)

    @property
    def _bias(self) -> Array:
        """The bias, with which no result is below 0."""
        return 0.0 if is_number(self.bias, 0.0) else np.maximum(self.bias, -1.0)


@dataclass(frozen=True, slots=True)
class Result:
    """An assay and the standard normal number of its one result on a lot; every attribute sees the same result."""

    assay: Assay
    z: Array


def noise_name(assay: str, attempt: int = 0) -> str:
    """Return the name under which the standard normal number of a result is drawn: the first one, or a retest."""
    return f"assay.{assay}.retest.{attempt}" if attempt else f"assay.{assay}"


def sample_name(assay: str, step: str) -> str:
    """Return the name under which the number of the result of a sample in process is drawn."""
    return f"assay.{assay}.sample.{step}"


def laboratory_name(assay: str) -> str:
    """Return the name under which the number of the laboratory is drawn."""
    return f"assay.{assay}.laboratory"


def day_of(assay: str) -> str:
    """Return what stands for an assay where the number of its day is drawn."""
    return f"{assay}.day"


def per_milliliter(amount: Array, milliliters: Array) -> Array:
    """Return an amount per volume; nothing in no volume."""
    return np.asarray(amount / np.maximum(milliliters, 1e-30))


def _sigma(variation: Array) -> Array:
    """Return the sigma of the logarithm of a lognormal factor with this coefficient of variation."""
    return np.sqrt(np.log1p(np.square(variation)))
