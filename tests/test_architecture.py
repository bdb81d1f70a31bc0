"""The shape of the package: who may import whom, which third parties stand on which floor, what is public."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from pathlib import Path

import pytest

import exosim

PACKAGE = Path(exosim.__file__).parent
FLOORS: dict[str, int] = {
    **dict.fromkeys(["errors", "html", "units", "plugins", "references", "version", "limits"], 0),
    **dict.fromkeys(["parameter", "normal", "quantile_table", "distributions", "quantile_given", "empirical"], 1),
    **dict.fromkeys(["sampling", "vocabulary", "material", "freed_memory", "precision", "global_random", "frames"], 1),
    **dict.fromkeys(["physics", "culture", "settling", "centrifuge", "exclusion_column", "preset_catalog"], 2),
    **dict.fromkeys(
        [
            "operations",
            "balance",
            "plugin_guard",
            "composition",
            "cargo_contents",
            "recipe",
            "kernel",
            "followers",
            "hold",
            "shared_run",
        ],
        2,
    ),
    **dict.fromkeys(
        [
            "quality",
            "product",
            "readings",
            "step_table",
            "cell_readings",
            "companion",
            "working_time",
            "plant",
            "release",
            "campaign",
        ],
        3,
    ),
    **dict.fromkeys(["assay", "assay_methods", "two_truths", "campaign", "lot_readings"], 3),
    **dict.fromkeys(["diagnostic", "diagnostic_readings"], 3),
    **dict.fromkeys(["diagnostic_tables", "diagnostic_reader"], 6),
    **dict.fromkeys(["diagnostic_nodes"], 7),
    **dict.fromkeys(["console_diagnostic"], 10),
    **dict.fromkeys(["records", "demand", "description", "testing", "lot_properties", "lot_results", "potency"], 3),
    **dict.fromkeys(["quality_by_design"], 3),
    **dict.fromkeys(["cargo_readings", "price_catalog"], 3),
    **dict.fromkeys(
        [
            "toml_scanner",
            "toml_source",
            "table_base",
            "plant_tables",
            "procedure_tables",
            "product_tables",
            "quality_tables",
            "schema",
            "addresses",
            "findings",
            "quantities",
            "declarations",
            "splits",
            "streams",
        ],
        6,
    ),
    **dict.fromkeys(["facility"], 4),
    **dict.fromkeys(["attribution", "service", "economics"], 5),
    **dict.fromkeys(["bottlenecks", "run_comparison", "scaling"], 7),
    **dict.fromkeys(
        ["indicators", "labor", "history", "waits", "product_indicators", "pair_indicators", "release_indicators"],
        5,
    ),
    **dict.fromkeys(["directions"], 5),
    **dict.fromkeys(["run_indicators"], 5),
    **dict.fromkeys(["toml_tree", "merging", "recipe_patch", "variants", "inheritance", "measured_column"], 6),
    **dict.fromkeys(["axes", "axis_checks", "fingerprint"], 6),
    **dict.fromkeys(
        ["resource_reader", "failure_reader", "plant_reader", "plausibility", "plant_builder", "recipe_builder"], 6
    ),
    **dict.fromkeys(["release_reader", "release_builder", "release_plausibility", "specification_reader"], 6),
    **dict.fromkeys(["demand_reader", "demand_builder", "assay_draws", "assay_plausibility"], 6),
    **dict.fromkeys(["contents", "dose_reader", "culture_reader", "reader", "sites", "scenario", "scenario_view"], 6),
    **dict.fromkeys(["enclosures", "taking_out", "companion_reader"], 6),
    **dict.fromkeys(["shared_run_reader"], 6),
    **dict.fromkeys(["regulatory_tables", "regulatory_reader", "regulatory", "misev"], 6),
    **dict.fromkeys(["schema_words", "json_schema", "templates"], 6),
    **dict.fromkeys(["cost_numbers", "scale_numbers"], 3),
    **dict.fromkeys(["economics_tables", "economics_declaration", "economics_reader", "economics_builder"], 6),
    **dict.fromkeys(["economics_lines", "price_reader", "scale_tables"], 6),
    **dict.fromkeys(["study_tables", "study_declaration", "study_patch"], 6),
    **dict.fromkeys(["uses", "usage_file", "costs"], 7),
    **dict.fromkeys(["cost_words", "cost_figures", "cost_drivers", "cost_finance", "cost_prices"], 7),
    **dict.fromkeys(["cost_files", "replication_cost", "cost_nodes"], 7),
    **dict.fromkeys(["cost_command", "console_cost"], 10),
    **dict.fromkeys(["results", "budget", "feasibility", "simulation", "launches", "preflight", "plugin_trial"], 7),
    **dict.fromkeys(["durable", "interrupt"], 7),
    **dict.fromkeys(["replications", "export", "folder", "lock", "result_views"], 7),
    **dict.fromkeys(["cycle_time", "stopping", "event_files", "saved_run", "service_tables"], 7),
    **dict.fromkeys(["tagged_json", "saved_scenario", "saved_yields", "saved", "planned_lot", "reasons"], 7),
    **dict.fromkeys(["titles", "balance_audit", "report_door"], 7),
    **dict.fromkeys(["influence", "batch_nodes", "batch_words", "batch_quantities", "run_nodes", "explanation"], 7),
    **dict.fromkeys(["limiting", "summaries", "uncertain_inputs", "variance", "ranking", "comparison"], 7),
    **dict.fromkeys(["switch_points", "hinges"], 7),
    **dict.fromkeys(["size_spectra", "screening", "truth_table"], 7),
    **dict.fromkeys(["comparing", "lot_certificate"], 7),
    **dict.fromkeys(
        ["lot_growth", "lot_units", "lot_size", "lot_times", "lot_figures", "lot_limits", "lot_survival"], 7
    ),
    **dict.fromkeys(["sketch", "totals", "collecting", "stretches", "workers", "lane_files", "column_files"], 7),
    **dict.fromkeys(["formula", "formula_tree"], 1),
    **dict.fromkeys(["folds", "window", "patient_indicators"], 5),
    **dict.fromkeys(["patients"], 3),
    **dict.fromkeys(["study"], 8),
    **dict.fromkeys(["space_command", "console_space"], 10),
    **dict.fromkeys(["plots", "picture_folder", "study_folder", "bibliography", "telling"], 9),
    **dict.fromkeys(["study_work", "study_check"], 9),
    **dict.fromkeys(
        ["__init__", "__main__", "cli", "command_options", "word_commands", "console", "console_words"], 10
    ),
    **dict.fromkeys(
        ["bottleneck_command", "console_bottleneck", "why_command", "console_why", "scale_command", "console_scale"], 10
    ),
    **dict.fromkeys(["explain_command", "console_explain", "profile_command", "console_profile"], 10),
    **dict.fromkeys(["certificate_command", "study_options", "study_command", "resume_command"], 10),
    **dict.fromkeys(["sweep_command", "sensitivity_command", "space_command", "front_command", "target_command"], 10),
    **dict.fromkeys(["console_sweep", "console_sensitivity", "console_space", "console_front", "console_target"], 10),
    **dict.fromkeys(["certificate_command", "study_options", "study_command", "sweep_command", "console_sweep"], 10),
    **dict.fromkeys(["report_command", "compare_command", "console_base", "console_spread", "whole_numbers"], 10),
    **dict.fromkeys(["console_variants", "console_hinges", "console_truths", "console_cargo"], 10),
    **dict.fromkeys(["console_orders", "console_runs", "console_prices"], 10),
}
THIRD_PARTIES: dict[str, set[int]] = {
    "numpy": set(range(1, 10)),
    "scipy": {1, 2, 5, 7, 8},
    "pint": {0},
    "pydantic": {6},
    "pyarrow": {7},
    "pandas": {1},
    "polars": {1},
    "xarray": {1},
    "hypothesis": {3},
    "pymoo": {8},
    "distributed": {8},
    "simpy": {4},
    "matplotlib": {9},
    "jinja2": {9},
    "click": {10},
    "rich": {10},
}
LONGEST_FILE = 400


@functools.cache
def modules() -> dict[str, Path]:
    """Return every module of the package by its dotted name."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(("exosim", *parts))] = path
    return found


def floor_of(module: str) -> int:
    """Return the floor of a dotted module name."""
    parts = module.split(".")
    return FLOORS[parts[1] if len(parts) > 1 else "__init__"]


@functools.cache
def imports(path: Path, *, typing_only: bool = False) -> set[str]:
    """Return the dotted names that a file imports anywhere, without those for the type checker unless asked for."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    hidden: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            hidden.update(inner for statement in node.body for inner in ast.walk(statement))
    names: set[str] = set()
    for node in ast.walk(tree):
        if node in hidden and not typing_only:
            continue
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def own_imports(path: Path) -> set[str]:
    """Return the modules of the package that a file imports."""
    return {name for name in imports(path) if name in modules()}


def test_every_module_has_a_floor() -> None:
    """A new file at the top must be given its floor here."""
    tops = {name.split(".")[1] for name in modules()}
    assert tops == set(FLOORS)


@pytest.mark.parametrize("module", sorted(modules()))
def test_no_upward_import(module: str) -> None:
    """A module imports from its own floor and from lower ones only."""
    if floor_of(module) == 10:
        return
    upward = {name for name in own_imports(modules()[module]) if floor_of(name) > floor_of(module)}
    assert not upward


@pytest.mark.parametrize("module", sorted(modules()))
def test_third_parties_stand_on_their_floors(module: str) -> None:
    """Each library is used on the floors that the design gives it."""
    used = {name.split(".")[0] for name in imports(modules()[module])} & set(THIRD_PARTIES)
    wrong = {name for name in used if floor_of(module) not in THIRD_PARTIES[name]}
    assert not wrong


def test_no_ring() -> None:
    """The import graph has no cycle."""
    graph = {name: own_imports(path) - {name} for name, path in modules().items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for target in sorted(graph[name]):
                visit(target, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_operations_do_not_know_each_other() -> None:
    """An operation imports its base, physics and the floors below."""
    for module, path in modules().items():
        if module.startswith("exosim.operations.") and not module.endswith(("__init__", "base")):
            others = {n for n in own_imports(path) if n.startswith("exosim.operations.")}
            assert others <= {"exosim.operations.base"}, module


def test_physics_stands_below_operations() -> None:
    """Physics is pure: it knows neither operations nor recipes."""
    for module, path in modules().items():
        if module.startswith("exosim.physics"):
            assert all(floor_of(n) < 2 or n.startswith("exosim.physics") for n in own_imports(path)), module


def test_no_pyplot_and_no_global_random_state() -> None:
    """Pictures are figures, never a global canvas; random numbers are addressed, never drawn from a global stream."""
    for path in modules().values():
        text = path.read_text(encoding="utf-8")
        assert "pyplot" not in text, path
        assert "np.random.seed" not in text, path
        assert "import random" not in text, path


def test_the_table_of_floors_names_every_module() -> None:
    """A reader of the design finds each module in the row of its floor."""
    page = (PACKAGE.parent / "docs" / "explanation" / "design.md").read_text(encoding="utf-8")
    rows = {int(n): row for n, row in re.findall(r"^\| (\d+) \w+ \|(.*)$", page, re.MULTILINE)}
    assert set(FLOORS.values()) <= set(rows)
    missing = [name for name, floor in FLOORS.items() if not re.search(rf"\b{re.escape(name)}\b", rows[floor])]
    assert not missing


def test_files_are_short() -> None:
    """One concept per file: no module is longer than 400 lines."""
    long = {name: n for name, path in modules().items() if (n := len(path.read_text().splitlines())) > LONGEST_FILE}
    assert not long


def test_public_names_are_pinned() -> None:
    """What exosim exports is what is written down, and all of it can be imported."""
    assert sorted(exosim.__all__) == [
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
    for name in exosim.__all__:
        assert getattr(exosim, name) is not None
    assert dir(exosim) == exosim.__all__
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        exosim.nonsense  # noqa: B018


HEAVY = ("numpy", "simpy", "matplotlib", "scipy", "pint", "pydantic", "jinja2", "rich")


@pytest.mark.parametrize("arguments", [["--help"], ["yield", "--help"], ["compare", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(arguments: list[str]) -> None:
    """Asking for help imports none of the heavy libraries."""
    code = (
        "import sys; from exosim.cli import main; main(sys.argv[1:]);"
        f"print([m for m in {HEAVY} if m in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code, *arguments], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


def test_import_loads_no_matplotlib() -> None:
    """Importing and evaluating needs no plotting library."""
    code = "import sys, exosim; exosim.load; exosim.evaluate; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
