"""Fill the folder of a run: tables, pictures, manifest."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from exosim import plots
from exosim.attribution.why import Why
from exosim.bottlenecks.files import write_gains
from exosim.bottlenecks.search import Bottleneck
from exosim.comparison import Comparison
from exosim.cost_files import write_costs
from exosim.costs import Costs, cost
from exosim.errors import ModelError
from exosim.export import (
    write_attribution,
    write_contrasts,
    write_events,
    write_json,
    write_run,
    write_run_contrasts,
    write_yields,
)
from exosim.folder import write_manifest
from exosim.plots.style import save
from exosim.plugin_trial import versions
from exosim.results import FacilityResults, Yields
from exosim.run_comparison.comparison import RunComparison
from exosim.scaling.files import write_scaling
from exosim.scaling.scaling import Scaling
from exosim.version import __version__

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def write_yield(yields: Yields, folder: Path, identity: dict[str, Any]) -> list[Path]:
    """Write tables and pictures into the folder; return their paths, pictures last."""
    paths = write_yields(yields, folder)
    with _any_script():
        for name, draw in _pictures(yields).items():
            paths.extend(save(draw(yields), folder, name))
    extra = {"version": __version__, "draws": yields.draws, "kept": yields.kept, "plugins": versions(yields.scenario)}
    write_manifest(folder, {**identity, **extra})
    return paths if yields.lanes is None else [*paths, yields.lanes]


def _pictures(yields: Yields) -> dict[str, Callable[[Yields], Axes]]:
    """Return what can be drawn of a run, by name, in the order of the report."""
    if not _can_be_drawn(yields):
        return {}
    pictures: dict[str, Callable[[Yields], Axes]] = {"waterfall": plots.waterfall}
    if yields.has("secreted"):
        pictures = {"yield_curve": plots.yield_curve, **pictures}
    if yields.scenario.declarations.dose.kind != "cell":
        pictures["size_steps"] = lambda found: plots.size_steps(found)[0]
    if yields.scenario.declarations.companion is not None:
        pictures["pairs"] = lambda found: plots.pairs({found.scenario.title or found.scenario.name: found})
    if plots.has_course(yields):
        pictures["two_truths"] = lambda found: plots.two_truths(found)[0]
    if yields.has("positive_predictive_value"):
        pictures["predictive_value"] = plots.predictive_value
    if yields.ranking():
        pictures["ledger_chart"] = plots.ledger_chart
    return pictures


def write_comparison(comparison: Comparison, folder: Path, identity: dict[str, Any]) -> list[Path]:
    """Write tables and the picture of a comparison into the folder; return their paths, pictures last."""
    paths = write_contrasts(comparison, folder)
    if plots.shown_contrasts(comparison):
        with _any_script():
            paths.extend(save(plots.contrasts(comparison)[0], folder, "compare"))
    scenarios = {label: scenario.hash for label, scenario in comparison.scenarios.items()}
    extra = {"version": __version__, "draws": comparison.draws, "scenarios": scenarios}
    write_manifest(folder, {**identity, **extra})
    return paths


def write_why(why: Why, folder: Path, identity: dict[str, Any]) -> list[Path]:
    """Write why a lot took so long as tables and a picture into the folder; return their paths, the picture last."""
    paths = write_attribution(why, folder)
    with _any_script():
        paths.extend(save(plots.lot_timeline(why), folder, "timeline"))
    write_manifest(folder, {**identity, "version": __version__})
    return paths


def write_run_comparison(comparison: RunComparison, folder: Path, identity: dict[str, Any]) -> list[Path]:
    """Write tables and the picture of runs beside each other into the folder; return their paths, pictures last."""
    paths = write_run_contrasts(comparison, folder)
    if plots.shown_run_contrasts(comparison):
        with _any_script():
            paths.extend(save(plots.run_contrasts(comparison)[0], folder, "compare"))
    runs = {label: run.as_dict() for label, run in comparison.runs.items()}
    write_manifest(folder, {**identity, "version": __version__, "replications": comparison.replications, "runs": runs})
    return paths


def write_bottleneck(found: Bottleneck, folder: Path, identity: dict[str, Any]) -> list[Path]:
    """Write tables and the picture of what additions bring into the folder; return their paths, pictures last."""
    paths = write_gains(found, folder)
    if found.candidates:
        with _any_script():
            paths.extend(save(plots.bottleneck(found)[0], folder, "bottleneck"))
    extra = {"version": __version__, "replications": found.replications, "by": found.by}
    write_manifest(folder, {**identity, **extra, "candidates": [candidate.name for candidate in found.candidates]})
    return paths


def write_cost_folder(costs: Costs, folder: Path, identity: dict[str, Any], *, pictures: bool = True) -> list[Path]:
    """Write tables and pictures of what a run costs into the folder; return their paths, pictures last."""
    paths = write_costs(costs, folder)
    with _any_script():
        paths += _drawn(costs, folder) if pictures else []
    write_manifest(folder, {**identity, "version": __version__, "replications": costs.replications})
    return paths


def _drawn(costs: Costs, folder: Path) -> list[Path]:
    """Draw the pictures of costs into a folder; return their paths."""
    return [path for name, draw in _cost_pictures(costs).items() for path in save(draw(costs)[0], folder, name)]


def _cost_pictures(costs: Costs) -> dict[str, Callable[[Costs], tuple[Axes, ...]]]:
    """Return what can be drawn of costs, by name."""
    if costs.figure("cost_per_year").mean in (None, 0.0):
        return {}
    if costs.figure("cost_per_dose").mean is None:
        return {"cost_stack": plots.cost_stack}
    return {"cost_stack": plots.cost_stack, "cost_per_dose": plots.cost_per_dose, "cash_flow": plots.cash_flow}


def write_scale(found: Scaling, folder: Path, identity: dict[str, Any]) -> list[Path]:
    """Write tables and the picture of cost over demand into the folder; return their paths, pictures last."""
    paths = write_scaling(found, folder)
    with _any_script():
        paths.extend(save(plots.scale_curve(found), folder, "scale"))
    extra = {"version": __version__, "worlds": found.worlds, "technologies": list(found.titles)}
    write_manifest(folder, {**identity, **extra, "plugins": versions(found.scenario)})
    return paths


@contextlib.contextmanager
def _any_script() -> Iterator[None]:
    """Draw names in a script that the font lacks without a warning for each letter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def _can_be_drawn(yields: Yields) -> bool:
    """Return whether all numbers of vesicles and cells are finite."""
    counts = (s for s in yields.quantities() if s.unit in ("EV", "cell"))
    return all(s.n > 0 for s in counts if yields.has(s.name, s.step))


def write_stopped(error: ModelError, folder: Path, identity: dict[str, Any]) -> Path:
    """Write the events of a run that could not go on, and why; return the path of the events."""
    events = write_events(error.log, folder)
    document = {"form": "exosim.error/1", "problems": [problem.as_dict() for problem in error.problems]}
    write_json(folder / "error.json", document)
    write_manifest(folder, {**identity, "version": __version__, "stopped": True})
    return events


def write_run_folder(results: FacilityResults, folder: Path, identity: dict[str, Any]) -> list[Path]:
    """Write tables, the event log and pictures into the folder; return their paths, pictures last."""
    paths = write_run(results, folder)
    with _any_script():
        drawn = [plots.gantt, plots.occupancy_by_week, plots.lead_time, plots.waits]
        if any(quantity.name == "doses_per_year" for quantity in results.quantities()):
            drawn.append(plots.doses_per_year)
        if results.first.releases:
            drawn.append(plots.lots)
        for draw in drawn:
            paths.extend(save(draw(results), folder, draw.__name__))
        if results.first.plant.demand.warehouses:
            paths.extend(save(plots.stock(results)[0], folder, "stock"))
        if results.scenario.declarations.economics is not None:
            paths.extend(_drawn(cost(results), folder))
    extra = {"version": __version__, "replications": results.replications, "plugins": versions(results.scenario)}
    write_manifest(folder, {**identity, **extra})
    return paths if results.events is None else [*paths, results.events]
