"""Growth on substrates with inhibition by what the cells leave behind: Monod kinetics of mammalian cells.

    mu = mu_max  G/(K_G + G)  Q/(K_Q + Q)  K_IL/(K_IL + L)  K_IA/(K_IA + A)
    k_death = k_d  L/(K_DL + L)  A/(K_DA + A)

with glucose G, glutamine Q, lactate L and ammonia A (Monod 1949; inhibition as in Xing et al. 2010,
doi:10.1002/btpr.284, whose set for Chinese hamster ovary cells doi:10.3390/bioengineering5010025 completes). Per cell,

    glucose:   mu / Y_XG + m_G G/(s + G)              lactate:  Y_LG times the glucose taken up
    glutamine: mu / Y_XQ + a_1 Q/(a_2 + Q)            ammonia:  Y_AQ mu / Y_XQ - r_A A/(s + A)

The scarcity s ends a constant uptake where nothing is left to take up; the published set has no such constant and
lets concentrations become negative.

Validity: one homogeneous population; oxygen, pH and amino acids other than glutamine not limiting; the values of one
cell line. The balance equations of the published sets were not at hand: their constants are, the form is as above.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from exosim.parameter import Array

MICROMOLAR_PER_CELL = 1e-6  # mM in pmol/mL, and mg/L in pg/mL
_MILLIMOLAR = 1e3  # mM in mmol/mL


@dataclass(frozen=True, slots=True)
class MonodSet:
    """The constants of one cell line, which belong together.

    Attributes
    ----------
    growth, death : largest specific rates mu_max and k_d [1/h]
    half_glucose, half_glutamine : Monod constants K_G, K_Q [mM]
    lactate_inhibition, ammonia_inhibition : concentrations that halve growth K_IL, K_IA [mM]
    lactate_death, ammonia_death : half-saturations of death K_DL, K_DA [mM]
    cells_per_glucose, cells_per_glutamine : yields Y_XG, Y_XQ [cell/mmol]
    lactate_per_glucose, ammonia_per_glutamine : yields Y_LG, Y_AQ [mol/mol]
    glucose_maintenance : m_G [pmol/cell/h]
    glutamine_maintenance, half_maintenance : a_1 [pmol/cell/h] and a_2 [mM]
    ammonia_removal : r_A [pmol/cell/h]
    production : product secreted by a cell [pg/cell/h]
    scarcity : concentration at which a constant uptake is halved s [mM]
    """

    growth: Array
    death: Array
    half_glucose: Array
    half_glutamine: Array
    lactate_inhibition: Array
    ammonia_inhibition: Array
    lactate_death: Array
    ammonia_death: Array
    cells_per_glucose: Array
    cells_per_glutamine: Array
    lactate_per_glucose: Array
    ammonia_per_glutamine: Array
    glucose_maintenance: Array
    glutamine_maintenance: Array
    half_maintenance: Array
    ammonia_removal: Array
    production: Array
    scarcity: Array


@dataclass(frozen=True, slots=True)
class Medium:
    """What cells live in: glucose, glutamine, lactate and ammonia [mM]."""

    glucose: Array
    glutamine: Array
    lactate: Array
    ammonia: Array


def saturation(concentration: Array, half: Array) -> Array:
    """Return C / (K + C), 0 where nothing is left; `half` is the concentration at which it is one half."""
    present = np.maximum(concentration, 0.0)
    return np.asarray(present / (half + present))


def inhibition(concentration: Array, half: Array) -> Array:
    """Return K / (K + C), 1 where there is no inhibitor."""
    return np.asarray(half / (half + np.maximum(concentration, 0.0)))


def steep_inhibition(concentration: Array, half: Array, exponent: Array) -> Array:
    """Return 1 / (1 + (C / K)^n): hardly any inhibition below K and hardly any growth far above it."""
    return np.asarray(1.0 / (1.0 + (np.maximum(concentration, 0.0) / half) ** exponent))


def growth_rate(constants: MonodSet, medium: Medium) -> Array:
    """Return the specific growth rate mu [1/h]."""
    fed = saturation(medium.glucose, constants.half_glucose) * saturation(medium.glutamine, constants.half_glutamine)
    free = inhibition(medium.lactate, constants.lactate_inhibition)
    return np.asarray(constants.growth * fed * free * inhibition(medium.ammonia, constants.ammonia_inhibition))


def death_rate(constants: MonodSet, medium: Medium) -> Array:
    """Return the specific death rate [1/h]: 0 without lactate or ammonia, `death` with much of both."""
    by_lactate = saturation(medium.lactate, constants.lactate_death)
    return np.asarray(constants.death * by_lactate * saturation(medium.ammonia, constants.ammonia_death))


def fastest_rate(constants: MonodSet, viable: Array) -> Array:
    """Return a bound on the rate at which a concentration can change in proportion to itself [1/h].

    Where little of a substrate is left, cells exhaust it within minutes. Explicit steps longer than about 2 over this
    rate overshoot: the concentration ends a little below zero instead of at it.

    Parameters
    ----------
    viable : most viable cells expected [cell/mL]
    """
    by_growth = 1.0 / (constants.cells_per_glucose * constants.half_glucose)
    by_growth = by_growth + 1.0 / (constants.cells_per_glutamine * constants.half_glutamine)
    constant = np.maximum(constants.glucose_maintenance, constants.ammonia_removal) / constants.scarcity
    return np.asarray(viable * (_MILLIMOLAR * constants.growth * by_growth + MICROMOLAR_PER_CELL * constant))


def metabolism(constants: MonodSet, medium: Medium, growth: Array, viable: Array) -> Medium:
    """Return the rate at which viable cells change each concentration [mM/h]; what is taken up is negative.

    Parameters
    ----------
    growth : specific growth rate [1/h]
    viable : viable cells [cell/mL]
    """
    born, living = _MILLIMOLAR * growth * viable, MICROMOLAR_PER_CELL * viable
    maintained = constants.glucose_maintenance * saturation(medium.glucose, constants.scarcity)
    glucose = born / constants.cells_per_glucose + living * maintained
    built_in = born / constants.cells_per_glutamine
    burnt = living * constants.glutamine_maintenance * saturation(medium.glutamine, constants.half_maintenance)
    removed = living * constants.ammonia_removal * saturation(medium.ammonia, constants.scarcity)
    return Medium(
        glucose=-glucose,
        glutamine=-(built_in + burnt),
        lactate=constants.lactate_per_glucose * glucose,
        ammonia=constants.ammonia_per_glutamine * built_in - removed,
    )
