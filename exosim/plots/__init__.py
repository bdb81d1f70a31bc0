"""Pictures of results: each function takes and returns a matplotlib `Axes`."""

from __future__ import annotations

from exosim.plots.waterfall import waterfall
from exosim.plots.yield_curve import yield_curve

__all__ = ["waterfall", "yield_curve"]
