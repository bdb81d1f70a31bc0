"""Pictures of results: each function returns the matplotlib `Axes` on which it drew, or a tuple of them."""

from __future__ import annotations

from exosim.plots.bottleneck import bottleneck
from exosim.plots.contrasts import contrasts, shown_contrasts
from exosim.plots.costs import cash_flow, cost_per_dose, cost_stack
from exosim.plots.design_space import condition_maps, design_space
from exosim.plots.elementary_effects import elementary_effects
from exosim.plots.facility import doses_per_year, lead_time, occupancy_by_week, waits
from exosim.plots.fates import fates
from exosim.plots.front_pictures import front_settings
from exosim.plots.gantt import gantt
from exosim.plots.hypervolume import hypervolume
from exosim.plots.ledger_chart import ledger_chart
from exosim.plots.lot_timeline import lot_timeline
from exosim.plots.lots import lots
from exosim.plots.on_time import patients_on_time
from exosim.plots.pairs import pairs
from exosim.plots.parallel_coordinates import parallel_coordinates
from exosim.plots.pareto_front import pareto_front
from exosim.plots.platforms import CellNumbers, SizedVessel, limits_by_size, more_cells
from exosim.plots.predictive_value import predictive_value
from exosim.plots.response_slices import response_slices
from exosim.plots.run_contrasts import run_contrasts, shown_run_contrasts
from exosim.plots.scale_curve import scale_curve
from exosim.plots.size_steps import size_steps
from exosim.plots.sobol_bars import sobol_bars
from exosim.plots.stock import stock
from exosim.plots.sweep_pictures import sweep_coordinates
from exosim.plots.target_surface import target_profiles, target_surface
from exosim.plots.tornado import tornado
from exosim.plots.two_truths import has_course, two_truths
from exosim.plots.volumes import VolumeCourse, over_volume
from exosim.plots.waterfall import waterfall
from exosim.plots.yield_curve import yield_curve

__all__ = [
    "CellNumbers",
    "SizedVessel",
    "VolumeCourse",
    "bottleneck",
    "cash_flow",
    "condition_maps",
    "contrasts",
    "cost_per_dose",
    "cost_stack",
    "design_space",
    "doses_per_year",
    "elementary_effects",
    "fates",
    "front_settings",
    "gantt",
    "has_course",
    "hypervolume",
    "lead_time",
    "ledger_chart",
    "limits_by_size",
    "lot_timeline",
    "lots",
    "more_cells",
    "occupancy_by_week",
    "over_volume",
    "pairs",
    "parallel_coordinates",
    "pareto_front",
    "patients_on_time",
    "predictive_value",
    "response_slices",
    "run_contrasts",
    "scale_curve",
    "shown_contrasts",
    "shown_run_contrasts",
    "size_steps",
    "sobol_bars",
    "stock",
    "sweep_coordinates",
    "target_profiles",
    "target_surface",
    "tornado",
    "two_truths",
    "waits",
    "waterfall",
    "yield_curve",
]
