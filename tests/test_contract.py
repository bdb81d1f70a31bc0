"""What every unit operation promises, checked on all of the catalog with the kit of :mod:`exosim.testing`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from exosim import units
from exosim.assay import LEVEL, READS, Assay
from exosim.lot_properties import LotProperties
from exosim.operations import catalog
from exosim.operations.base import Hold
from exosim.parameter import declared
from exosim.product import ProteinSize, Vesicles, VesicleSize
from exosim.recipe import Common, Wait
from exosim.testing import CHECKS, OperationContract, Subject, check
from exosim.testing.contract import Check, check_parameter
from tests.texts import MAKES_CELLS

NAMES = sorted(catalog())
CULTURE = {
    "vesicles",
    "nonvesicular",
    "protein",
    "associated_protein",
    "free_dna",
    "bound_dna",
    "debris",
    "viable_cells",
    "dead_cells",
    "doublings",
    "potency",
    "cell_equivalents",
    "lactate",
    "ammonia",
}
MAKES: Mapping[str, set[str]] = {
    "precipitation": {"nonvesicular"},
    "cell_detachment": {"dead_cells"},
    "planar_expansion": {"viable_cells", "doublings"},
    "planar_passage": {"viable_cells", "doublings"},
    "suspension_passage": {"viable_cells", "doublings"},
    "cargo_loading": {"cargo"},
    "continuous_centrifugation": {"debris", "protein", "free_dna"},
    **dict.fromkeys((name for name in NAMES if name.endswith("_culture")), CULTURE),
}
PRODUCT = {"ev_size": VesicleSize, "protein_size": ProteinSize, "product": Vesicles, "lot": LotProperties}
DECLARING = {"hold": Hold, "wait": Wait, "common": Common, **PRODUCT, "assay": Assay}
DECLARED = [
    (owner, name) for owner in sorted(DECLARING) for name, p in declared(DECLARING[owner]).items() if p.unit != LEVEL
]
PAGE = Path(__file__).parents[1] / "docs" / "reference" / "operations.md"


def few_visits(values: dict[str, Any]) -> None:
    """Keep a culture to at most 40 harvests, and one that is integrated to two days, for speed."""
    if values.get("monod_step") is not None:
        values["collection"] = min(values["collection"], 2.0)
    if "harvest_every" in values:
        values["harvest_every"] = min(max(values["harvest_every"], values["collection"] / 40.0), values["collection"])
    if values.get("pool_every") is not None:
        values["pool_every"] = max(values["pool_every"], values["harvest_every"])


@functools.cache
def subject(name: str) -> Subject:
    """Return an operation of the catalog under test."""
    return Subject(catalog()[name], frozenset(MAKES.get(name, ())), adjust=few_visits)


def test_the_catalog_is_found_by_listing_the_folder() -> None:
    """Every file of the folder but the base is an operation under its own name."""
    folder = Path(__file__).parents[1] / "exosim" / "operations"
    assert sorted(p.stem for p in folder.glob("*.py") if p.stem not in ("__init__", "base")) == NAMES
    assert len(NAMES) >= 11


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("promise", CHECKS, ids=lambda promise: promise.__name__)
def test_contract(promise: Check, name: str) -> None:
    """Every operation keeps every promise."""
    check(promise, subject(name))


def test_what_the_product_holds() -> None:
    """Operations that hand on cells are told from those that hand on vesicles."""
    assert [name for name in NAMES if subject(name).held == "viable_cells"] == list(MAKES_CELLS)


def test_the_base_class_has_a_test_for_each_promise() -> None:
    """A test class of a plug-in leaves nothing out."""
    tests = [name.removeprefix("test_") for name in vars(OperationContract) if name.startswith("test_")]
    assert tests == [promise.__name__ for promise in CHECKS]


@pytest.mark.parametrize(("owner", "name"), DECLARED, ids=lambda value: value)
def test_a_parameter_says_what_it_is(owner: str, name: str) -> None:
    """Parameters of the product, of holds and of assays are declared like those of operations."""
    check_parameter(DECLARING[owner], name)


def test_what_is_per_milliliter_has_the_unit_of_what_its_assay_reads() -> None:
    """The quantification limit is declared in the place of a unit, for which each kind of reading has one."""
    assert [name for name, p in declared(Assay).items() if p.unit == LEVEL] == ["quantification_limit"]
    for unit in READS.values():
        units.dimension(unit)


@pytest.mark.parametrize("name", NAMES)
def test_a_docs_line_is_present_and_true(name: str) -> None:
    """The page of operations has one line for each, with parameters and loss channels that exist."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| [`{name}`](")]
    assert len(lines) == 1
    cells = [cell.strip() for cell in lines[0].strip("|").split(" | ")]
    assert len(cells) == 7 and all(cells)
    target = re.search(r"\]\(([^)#]+)", cells[0])
    assert target is not None and (PAGE.parent / target[1]).is_file()
    named = re.findall(r"`([^`]+)`", cells[3])
    assert named and set(named) <= set(declared(catalog()[name]))
    channels = {channel.strip() for channel in cells[4].split(";")} - {"none"}
    used = {channel for _, outcome in subject(name).at_corners for channel in outcome.losses}
    assert channels == used


def test_the_page_lists_nothing_else() -> None:
    """Every line of the table is an operation of the catalog."""
    named = re.findall(r"^\| \[`(\w+)`\]", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(named) == NAMES
