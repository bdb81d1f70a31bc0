"""Pictures of results: each function takes and returns a matplotlib `Axes`."""

from __future__ import annotations

from exosim.plots.facility import doses_per_year, lead_time, occupancy_by_week, waits
from exosim.plots.gantt import gantt
from exosim.plots.waterfall import waterfall
from exosim.plots.yield_curve import yield_curve

__all__ = ["doses_per_year", "gantt", "lead_time", "occupancy_by_week", "waits", "waterfall", "yield_curve"]
