"""exosim: a simulator of how exosomes and other extracellular vesicles are manufactured.

>>> import exosim as xs  # doctest: +SKIP
>>> scenario = xs.load("scenarios/msc_hollow_fiber.toml")  # doctest: +SKIP
>>> print(xs.evaluate(scenario, draws=100_000))  # doctest: +SKIP
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from exosim.errors import (
    CheckpointError,
    ExosimError,
    FileError,
    LimitError,
    ModelError,
    Problem,
    ScenarioError,
    UsageError,
)
from exosim.version import __version__

if TYPE_CHECKING:
    from exosim import plots
    from exosim.attribution.why import Why
    from exosim.bottlenecks.search import Bottleneck, bottleneck
    from exosim.comparing import compare
    from exosim.comparison import Comparison
    from exosim.costs import Costs, cost
    from exosim.explanation import Explanation, explain
    from exosim.lot_certificate.document import Certificate, certificate
    from exosim.parameter import Ledger
    from exosim.reasons import why
    from exosim.regulatory import RegulatoryView, regulatory_view
    from exosim.replications import simulate
    from exosim.results import FacilityResults, Yields
    from exosim.run_comparison.comparison import RunComparison
    from exosim.saved_run import SavedRun, load_run
    from exosim.saved_yields import SavedYields, load_yields
    from exosim.scaling.scaling import Scaling, scale
    from exosim.scenario import Scenario, load
    from exosim.simulation import evaluate
    from exosim.study.calls import front, run_study, sensitivity, space, sweep, target
    from exosim.study.design_space import DesignSpace
    from exosim.study.front import Front
    from exosim.study.resumable import resumable
    from exosim.study.sensitivity import Sensitivity
    from exosim.study.study_files import SavedStudy, load_study
    from exosim.study.sweep import Sweep
    from exosim.study.target import Target
    from exosim.summaries import Summary

__all__ = [
    "Bottleneck",
    "Certificate",
    "CheckpointError",
    "Comparison",
    "Costs",
    "DesignSpace",
    "ExosimError",
    "Explanation",
    "FacilityResults",
    "FileError",
    "Front",
    "Ledger",
    "LimitError",
    "ModelError",
    "Problem",
    "RegulatoryView",
    "RunComparison",
    "SavedRun",
    "SavedStudy",
    "SavedYields",
    "Scaling",
    "Scenario",
    "ScenarioError",
    "Sensitivity",
    "Summary",
    "Sweep",
    "Target",
    "UsageError",
    "Why",
    "Yields",
    "__version__",
    "bottleneck",
    "certificate",
    "compare",
    "cost",
    "evaluate",
    "explain",
    "front",
    "load",
    "load_run",
    "load_study",
    "load_yields",
    "plots",
    "regulatory_view",
    "resumable",
    "run_study",
    "scale",
    "sensitivity",
    "simulate",
    "space",
    "sweep",
    "target",
    "why",
]

_HOMES = {
    "Bottleneck": "exosim.bottlenecks.search",
    "Certificate": "exosim.lot_certificate.document",
    "Comparison": "exosim.comparison",
    "Costs": "exosim.costs",
    "DesignSpace": "exosim.study.design_space",
    "Explanation": "exosim.explanation",
    "FacilityResults": "exosim.results",
    "Front": "exosim.study.front",
    "Ledger": "exosim.parameter",
    "RegulatoryView": "exosim.regulatory",
    "RunComparison": "exosim.run_comparison.comparison",
    "SavedRun": "exosim.saved_run",
    "SavedStudy": "exosim.study.study_files",
    "SavedYields": "exosim.saved_yields",
    "Scaling": "exosim.scaling.scaling",
    "Scenario": "exosim.scenario",
    "Sensitivity": "exosim.study.sensitivity",
    "Summary": "exosim.summaries",
    "Sweep": "exosim.study.sweep",
    "Target": "exosim.study.target",
    "Why": "exosim.attribution.why",
    "Yields": "exosim.results",
    "bottleneck": "exosim.bottlenecks.search",
    "certificate": "exosim.lot_certificate.document",
    "compare": "exosim.comparing",
    "cost": "exosim.costs",
    "evaluate": "exosim.simulation",
    "explain": "exosim.explanation",
    "front": "exosim.study.calls",
    "load": "exosim.scenario",
    "load_run": "exosim.saved_run",
    "load_study": "exosim.study.study_files",
    "load_yields": "exosim.saved_yields",
    "regulatory_view": "exosim.regulatory",
    "resumable": "exosim.study.resumable",
    "run_study": "exosim.study.calls",
    "scale": "exosim.scaling.scaling",
    "sensitivity": "exosim.study.calls",
    "simulate": "exosim.replications",
    "space": "exosim.study.calls",
    "sweep": "exosim.study.calls",
    "target": "exosim.study.calls",
    "why": "exosim.reasons",
}


def __getattr__(name: str) -> Any:
    """Import what is asked for on first use, so that ``exosim --help`` loads nothing heavy."""
    if name == "plots":
        return importlib.import_module("exosim.plots")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'exosim' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
