"""The published set of a Chinese hamster ovary cell line (doi:10.3390/bioengineering5010025, Table 2) and cultures."""

from __future__ import annotations

from exosim.physics.monod import Medium, MonodSet
from exosim.physics.stirred_vessel import Culture, Flows, VesicleRates

CHO = MonodSet(
    growth=0.039,
    death=0.004,
    half_glucose=1.00,
    half_glutamine=0.047,
    lactate_inhibition=43.0,
    ammonia_inhibition=6.51,
    lactate_death=45.8,
    ammonia_death=6.51,
    cells_per_glucose=0.357e9,
    cells_per_glutamine=0.974e9,
    lactate_per_glucose=0.70,
    ammonia_per_glutamine=0.67,
    glucose_maintenance=69.2e-3,
    glutamine_maintenance=3.2e-3,
    half_maintenance=2.1,
    ammonia_removal=6.3e-3,
    production=1.51,
    scarcity=0.05,  # ours
)
NO_FEED = Medium(0.0, 0.0, 0.0, 0.0)
BATCH = Flows(0.0, 0.0, 0.0, NO_FEED, 1.0, 1.0)
VESICLES = VesicleRates(secretion=40.0, reuptake=1e-9, decay=0.005)


def culture(viable: float = 3e5, glucose: float = 30.0, glutamine: float = 6.0, volume: float = 2.0) -> Culture:
    """Return a culture that has just been inoculated."""
    return Culture(volume, viable, 0.0, glucose, glutamine, 0.0, 0.0, 0.0, 0.0)
