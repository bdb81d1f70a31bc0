"""Doses in every unit that they can have: what is counted, what it needs, and that nothing is converted silently."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import exosim as xs
from exosim import units
from exosim.batch_nodes import MEASURES
from exosim.errors import ScenarioError
from exosim.formula_tree import Node
from exosim.material import total
from exosim.operations import catalog
from exosim.scenario import Scenario
from exosim.testing.feeds import feed_for
from exosim.units import QuantityError
from exosim.vocabulary import DOSE_WORDS, SPECIES
from tests.texts import Door

PER_VESICLE, CELLS, LITERS = 50.0, 1e6, 2.0
MEDIUM = """\
name = "doses"
draws = 64
[product]
dose = "{dose}"
{product}
[product.lot]
{lot}
[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
parameters = {{ volume = "2 L", titer = "1e9 EV/mL", nonvesicular = "0 particle/mL"{cells} }}
{between}
[[unit_procedure]]
id = "fill"
operation = "vial_filling"
[unit_procedure.parameters]
overfill = 0
line_loss = "0 mL"
reject_fraction = 0
retained = "10 vial"
{fill}
[[assay]]
id = "nanoparticle_tracking"
[[assay]]
id = "bca"
bias = 0.25
"""
LOSSY = '[[unit_procedure]]\nid = "step"\noperation = "measured_step"\nparameters = { ev_recovery = 0.5 }'
PARTED = """\
[[unit_procedure]]
id = "pool"
operation = "pooling"
parameters = { transfer_loss = 0 }
split = { half = 0.5, waste = 0.5 }
[[unit_procedure]]
id = "again"
operation = "pooling"
feeds = ["pool.half"]
parameters = { transfer_loss = 0 }
"""
AMOUNTS = {
    "EV": "1e10 EV",
    "particle": "1e10 particle",
    "ug": "20 ug",
    "cell_equivalent": "1e6 cell_equivalent",
    "molecule": "1e12 molecule",
}


def scenario(
    folder: Path, dose: str, product: str = "", between: str = "", fill: str = "", lot: str | None = None
) -> Scenario:
    """Return a scenario that gives what every dose needs, but for what is taken away."""
    file = folder / "doses.toml"
    cells = ', cells_per_volume = "1e6 cell/mL"'
    known = f'mhc_ii = "{PER_VESICLE:g} molecule/EV"' if lot is None and "molecule" in dose else lot or ""
    text = MEDIUM.format(dose=dose, product=product, lot=known, cells=cells, between=between, fill=fill)
    file.write_text(text, encoding="utf-8")
    return xs.load(file)


def doses(one: Scenario) -> float:
    """Return the doses of a batch, which do not vary."""
    (found,) = set(np.ravel(xs.evaluate(one, draws=8).values("doses")).tolist())
    return found


def held(one: Scenario, measure: str) -> float:
    """Return what the medium holds."""
    return xs.explain(one, f"medium.{measure}").root.value


@pytest.mark.parametrize("kind", AMOUNTS)
def test_doses_are_what_is_counted_over_the_dose(kind: str, tmp_path: Path) -> None:
    """Ten of two thousand vials are retained; what the others hold makes whole doses."""
    one = scenario(tmp_path, AMOUNTS[kind])
    step = {q.name: q.median for q in xs.evaluate(one, draws=8).quantities() if q.step == "medium"}
    milliliters = LITERS * 1e3
    content = {
        "EV": 1e9 * milliliters,
        "particle": step["particles"],
        "ug": step["protein"],
        "cell_equivalent": CELLS * milliliters,
        "molecule": PER_VESICLE * 1e9 * milliliters,
    }[kind]
    amount = float(AMOUNTS[kind].split()[0])
    assert doses(one) == math.floor(content * (1990 / 2000) / amount * (1 + 1e-12) + 1e-9)
    assert one.declarations.dose.kind == kind


@pytest.mark.parametrize("kind", AMOUNTS)
def test_doses_are_explained_to_their_inputs(kind: str, tmp_path: Path) -> None:
    """The formula of the doses is in the unit of the dose, and gives the number that is reported."""
    one = scenario(tmp_path, AMOUNTS[kind])
    root = xs.explain(one, "doses").root
    assert root.value == doses(one)
    assert root.children["dose"].unit == f"{kind}/dose"
    content = root.children["content"]
    assert content.unit == f"{kind}/vial"
    assert any(node.unit == kind for node in _below(content))


def _below(node: Node) -> list[Node]:
    return [node, *itertools.chain.from_iterable(_below(child) for child in node.children.values())]


def test_units_of_what_a_dose_counts() -> None:
    """What a material holds of it has the unit that the dose has."""
    counted = {MEASURES[name][0] for name in ("vesicles", "particles", "viable_cells")}
    counted |= {MEASURES[name][0] for name in ("dosed_protein", "cell_equivalents", "mhc_ii")}
    assert counted == set(DOSE_WORDS)
    assert SPECIES["cell_equivalents"].unit == "cell_equivalent"


@pytest.mark.parametrize(("one", "other"), list(itertools.permutations(DOSE_WORDS, 2)))
def test_no_count_is_taken_for_another(one: str, other: str) -> None:
    """Neither amounts nor contents of vials mix, whatever the numbers."""
    for tail in ("", "/vial"):
        with pytest.raises(QuantityError, match="cannot be converted"):
            units.parse(f"5 {one}{tail}", f"{other}{tail}")


# -- what each needs ------------------------------------------------------------------------------------------------


def refused(folder: Path, *args: str, **kwargs: str) -> str:
    """Return why a scenario is refused."""
    with pytest.raises(ScenarioError) as caught:
        scenario(folder, *args, **kwargs)
    return str(caught.value)


def test_molecules_need_their_number_on_a_vesicle(tmp_path: Path) -> None:
    """The error says what is missing and how it is written."""
    message = refused(tmp_path, "1e13 molecule", lot=" ")
    assert "product.dose: a dose in molecule needs the MHC class II molecules on a vesicle" in message
    assert 'product.lot.mhc_ii = "100 molecule/EV"' in message


def test_cell_equivalents_need_the_cells_of_a_medium(tmp_path: Path) -> None:
    """A medium that is given tells of how many cells it is, or there are no cell equivalents."""
    one = scenario(tmp_path, "4e7 cell_equivalent")
    text = Path(one.source.name).read_text(encoding="utf-8").replace(', cells_per_volume = "1e6 cell/mL"', "")
    Path(one.source.name).write_text(text, encoding="utf-8")
    with pytest.raises(ScenarioError, match=r"medium\.cells_per_volume: a dose in cell_equivalent needs the"):
        xs.load(one.source.name)


def test_plasma_is_the_medium_of_no_cells(tmp_path: Path) -> None:
    """What comes from no culture cannot be dosed in cells of one."""
    file = tmp_path / "plasma.toml"
    step = '[[unit_procedure]]\nid = "plasma"\noperation = "blood_plasma"\n'
    file.write_text(f'name = "plasma"\nproduct.dose = "4e7 cell_equivalent"\n{step}', encoding="utf-8")
    with pytest.raises(ScenarioError, match="blood_plasma comes from no cells that a dose in cell_equivalent could"):
        xs.load(file)


def test_cells_of_a_medium_are_no_cell_equivalents(tmp_path: Path) -> None:
    """Cells per volume are cells; nobody writes them as equivalents."""
    one = scenario(tmp_path, "4e7 cell_equivalent")
    with pytest.raises(ScenarioError, match="cell_equivalent/mL cannot be converted to cell/mL"):
        one.with_({"medium.cells_per_volume": "1e6 cell_equivalent/mL"})


@pytest.mark.parametrize("kind", AMOUNTS)
@pytest.mark.parametrize("other", AMOUNTS)
def test_the_content_of_a_vial_has_the_unit_of_the_dose(kind: str, other: str, tmp_path: Path) -> None:
    """A target in another unit is an error that names both; in the unit of the dose it is met."""
    target = {"EV": 1e8, "particle": 1e8, "ug": 5.0, "cell_equivalent": 1e5, "molecule": 1e10}
    fill = f'target_content = "{target[other]:g} {other}/vial"'
    if kind != other:
        message = refused(tmp_path, AMOUNTS[kind], fill=fill)
        assert f"{other}/vial cannot be converted to {kind}/vial" in message
        assert f"a content in {kind}/vial, counted like product.dose" in message
        return
    one = scenario(tmp_path, AMOUNTS[kind], fill=fill)
    assert xs.explain(one, "doses").root.children["content"].value == pytest.approx(target[kind], rel=1e-3)


def test_a_content_far_from_any_vial_is_refused(tmp_path: Path) -> None:
    """The plausible range is that of the unit."""
    message = refused(tmp_path, "20 ug", fill='target_content = "1e9 ug/vial"')
    assert "is outside the plausible range" in message and "expected 0.01..1e6 ug/vial" in message


def test_properties_that_the_dose_does_not_count_are_told(tmp_path: Path) -> None:
    """What is given and not used is a warning, whoever would use it."""
    one = scenario(tmp_path, "1e10 EV", 'protein_assay = "bca"', lot='mhc_ii = "10 molecule/EV"')
    told = "\n".join(one.warnings)
    assert "product.lot.mhc_ii is given but not used: the dose does not count it" in told
    assert "product.protein_assay is given but not used: a dose is counted in EV" in told
    assert not any("mhc_ii" in warning for warning in scenario(tmp_path, "1e13 molecule").warnings)


# -- directions -----------------------------------------------------------------------------------------------------


def test_protein_counts_as_its_assay_reports_it(tmp_path: Path) -> None:
    """An assay that reads 25 % too much makes a quarter more doses of the same protein; without one it is the true."""
    true = scenario(tmp_path, "1 ug")
    read = scenario(tmp_path, "1 ug", 'protein_assay = "bca"')
    assert doses(read) == pytest.approx(1.25 * doses(true), rel=1e-4)
    assert read.declarations.dose != true.declarations.dose
    comparison = xs.compare(true, read, draws=16)
    assert any("1 ug by bca" in remark for remark in comparison.remarks())


def test_a_counter_of_particles_reports_no_protein(tmp_path: Path) -> None:
    """An assay with a method reads what the method reads."""
    one = scenario(tmp_path, "1 ug", 'protein_assay = "bca"')
    file = Path(one.source.name)
    text = file.read_text(encoding="utf-8").replace('id = "bca"\nbias = 0.25', 'id = "bca"\nmethod = "nta"')
    file.write_text(text, encoding="utf-8")
    with pytest.raises(
        ScenarioError, match=r"product\.protein_assay: the assay bca reads particles; expected an assay"
    ):
        xs.load(file)
    file.write_text(text.replace('method = "nta"', 'method = "bca"'), encoding="utf-8")
    assert doses(xs.load(file)) > 0.0


@pytest.mark.parametrize("kind", AMOUNTS)
def test_losing_vesicles_is_not_losing_a_share_of_the_lot(kind: str, tmp_path: Path) -> None:
    """Vesicles that are lost take their molecules along, but not the cells from which the medium came."""
    whole, lossy, parted = (doses(scenario(tmp_path, AMOUNTS[kind], between=text)) for text in ("", LOSSY, PARTED))
    assert parted == pytest.approx(whole / 2.0, rel=2e-2)
    if kind == "cell_equivalent":
        assert lossy == whole
    elif kind == "ug":
        assert lossy < whole
    else:
        assert lossy == pytest.approx(whole / 2.0, rel=2e-2)


@given(factor=st.floats(1.0, 100.0))
@settings(max_examples=20, deadline=None)
def test_more_molecules_on_a_vesicle_never_make_fewer_doses(
    factor: float, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Doses in molecules rise with the molecules on a vesicle, and change nothing else."""
    one = scenario(tmp_path_factory.mktemp("doses"), AMOUNTS["molecule"])
    more = one.with_({"product.lot.mhc_ii": f"{PER_VESICLE * factor} molecule/EV"})
    assert doses(more) >= doses(one)
    assert held(more, "vesicles") == held(one, "vesicles")


def test_a_limit_per_dose_is_of_the_dose_that_is_declared(tmp_path: Path) -> None:
    """DNA per dose follows the volume of a dose, whatever it counts."""
    attribute = '[[attribute]]\nid = "dna"\nmeasure = "dna_per_dose"\nlimits = { at_most = "1 mg/dose" }\n'
    found = {}
    for kind in AMOUNTS:
        file = Path(scenario(tmp_path, AMOUNTS[kind]).source.name)
        file.write_text(file.read_text(encoding="utf-8") + attribute, encoding="utf-8")
        yields = xs.evaluate(xs.load(file), draws=4)
        found[kind] = next(q.median for q in yields.quantities() if q.name == "dna" and q.step is None)
    ng = 200.0 * LITERS * 1e3
    assert found["EV"] == pytest.approx(ng * 1e10 / (1e9 * 2e3), rel=1e-9)
    assert found["cell_equivalent"] == pytest.approx(ng * 1e6 / (CELLS * 2e3), rel=1e-9)
    assert found["molecule"] == pytest.approx(ng * 1e12 / (PER_VESICLE * 1e9 * 2e3), rel=1e-9)


def test_doses_of_two_kinds_are_not_compared(tmp_path: Path) -> None:
    """A dose in ug beside one in EV: both are told, neither is said to be better."""
    first, second = tmp_path / "first", tmp_path / "second"
    for folder in (first, second):
        folder.mkdir()
    told = xs.compare(scenario(first, "20 ug"), scenario(second, "1e10 EV"), draws=16).remarks()
    assert any("a dose is 1e10 EV, and 20 ug in " in remark for remark in told)


# -- cells of cultures ----------------------------------------------------------------------------------------------

CULTURE = """\
name = "culture"
draws = 64
product.dose = "4e7 cell_equivalent"
[[unit_procedure]]
id = "cells"
operation = "cell_thaw"
[[unit_procedure]]
id = "culture"
operation = "{operation}"
parameters = {{ {parameters} }}
"""


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("hollow_fiber_culture", ""),
        ("planar_culture", 'collection = "6 d", harvest_every = "2 d"'),
        ("planar_culture", 'collection = "6 d", harvest_every = "2 d", harvest_fraction = 0.5'),
        ("suspension_culture", ""),
    ],
)
def test_every_harvest_is_of_the_cells_that_are_there(operation: str, parameters: str, tmp_path: Path) -> None:
    """The cell equivalents of a lot are the viable cells at each harvest, times the share of the medium it takes."""
    file = tmp_path / "culture.toml"
    file.write_text(CULTURE.format(operation=operation, parameters=parameters), encoding="utf-8")
    one = xs.load(file)
    (_, step) = xs.kernel.run(one.recipe(one.typical_values()))
    cells = np.asarray(step.outcome.monitors["viable_cells"])
    wanted = float(step.procedure.operation.harvest_fraction * cells[:, 0].sum())
    assert float(np.ravel(step.outcome.product.cell_equivalents)[0]) == pytest.approx(wanted, rel=1e-12)
    assert float(np.ravel(step.outcome.generated.cell_equivalents)[0]) == pytest.approx(wanted, rel=1e-12)


def test_a_bleed_takes_its_share_of_the_medium(tmp_path: Path) -> None:
    """In perfusion, the cells whose medium was bled are lost with it; they add up with those of the harvests."""
    file = tmp_path / "culture.toml"
    parameters = 'perfusion_rate = "1 1/d", bleed_rate = "0.25 1/d", collection = "6 d", harvest_every = "2 d"'
    file.write_text(CULTURE.format(operation="suspension_culture", parameters=parameters), encoding="utf-8")
    one = xs.load(file)
    (_, step) = xs.kernel.run(one.recipe(one.typical_values()))
    cells = np.asarray(step.outcome.monitors["viable_cells"])[:, 0]
    harvested, bled = (
        float(np.ravel(m.cell_equivalents)[0]) for m in (step.outcome.product, step.outcome.losses["bleed"])
    )
    assert harvested == pytest.approx(0.75 * cells.sum(), rel=1e-12)
    assert harvested + bled == pytest.approx(cells.sum(), rel=1e-12)


# -- the doors ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", AMOUNTS)
def test_a_run_in_time_counts_the_same_doses(kind: str, tmp_path: Path, door: Door) -> None:
    """A batch as planned has the doses that `yield` has for it, whatever they count; JSON and terminal tell them."""
    one = scenario(tmp_path, AMOUNTS[kind])
    wanted = doses(one)
    file = Path(one.source.name)
    plant = "[campaign]\nbatches = 1\n"
    file.write_text(file.read_text(encoding="utf-8").replace("draws = 64\n", "draws = 64\n") + plant, encoding="utf-8")
    found = xs.simulate(xs.load(file), replications=1)
    assert [b.doses for account in found.accounts for b in account.batches] == [wanted]
    document = door.run("yield", str(file), "--draws", "8", "--json", "--out", str(tmp_path / "out")).document()
    assert next(q["median"] for q in document["quantities"] if q["name"] == "doses") == wanted
    assert "doses per batch" in door.run("yield", str(file), "--draws", "8", "--out", str(tmp_path / "again")).out


@pytest.mark.parametrize("name", [name for name, one in catalog().items() if one.needs != "viable_cells"])
def test_no_operation_loses_cell_equivalents_with_vesicles(name: str) -> None:
    """A step keeps at least the share of the cell equivalents that it keeps of the vesicles: a sample is a share."""
    operation = catalog()[name]
    feed = feed_for(operation)
    if operation.source or not feed.present():
        return
    made = operation().transform(feed)
    handed_on = made.product + made.remainder
    share = np.ravel(handed_on.cell_equivalents)[0] / feed.cell_equivalents
    vesicles = np.ravel(total(np.asarray(handed_on.vesicles)))[0] / np.ravel(total(np.asarray(feed.vesicles)))[0]
    assert vesicles * (1.0 - 1e-9) <= share <= 1.0 + 1e-12


@pytest.mark.parametrize("name", [name for name, one in catalog().items() if one.needs != "viable_cells"])
def test_no_cell_equivalents_without_liquid(name: str) -> None:
    """A step that leaves nothing of a feed of some microliters leaves no cell equivalents to dose either."""
    feed = feed_for(catalog()[name])
    if catalog()[name].source or not feed.present():
        return
    made = catalog()[name]().transform(feed.portion(1e-6 / feed.volume))
    handed_on = made.product + made.remainder
    empty = np.equal(handed_on.volume, 0.0)
    assert np.all(np.where(empty, handed_on.cell_equivalents, 0.0) == 0.0)
