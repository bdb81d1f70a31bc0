"""The product: the sizes of its proteins are declared parameters that reach every operation."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

import exosim as xs
from exosim.kernel import run
from exosim.operations.base import standard_context
from exosim.parameter import declared
from exosim.product import ProteinSize
from exosim.vocabulary import PROTEIN_POOLS
from tests.texts import BASE, Door, changed

GIVEN = changed(
    "[common]",
    '[product.protein_size]\nalbumin = { uniform = { low = "6.9 nm", high = "7.5 nm" } }\n'
    'complex = "25 nm"\nnuclease = "8 nm"\n\n[common]',
)


def scenario(door: Door, text: str = BASE) -> xs.Scenario:
    """Return a scenario from its text."""
    return xs.load(door.write(text))


def test_each_pool_has_a_diameter() -> None:
    """The parameters are those of the pools, in their order, and of what is added; pools rise with size."""
    assert tuple(declared(ProteinSize)) == (*PROTEIN_POOLS, "nuclease", "free_cargo", "polymer")
    pools = ProteinSize().pools()
    assert pools.shape == (len(PROTEIN_POOLS), 1)
    assert np.ravel(pools).tolist() == [4.6, 7.2, 11.0, 12.5] == sorted(np.ravel(pools))
    for position, name in enumerate(PROTEIN_POOLS):
        assert np.ravel(dataclasses.replace(ProteinSize(), **{name: 9.25}).pools())[position] == 9.25


def test_pools_on_lanes() -> None:
    """A diameter that varies makes lanes of all pools."""
    pools = ProteinSize(albumin=np.array([7.0, 7.1, 7.3])).pools()
    assert pools.shape == (4, 3)
    assert pools[1].tolist() == [7.0, 7.1, 7.3]
    assert np.all(pools[[0, 2, 3]] == np.array([[4.6], [11.0], [12.5]]))


def test_a_context_has_the_defaults_of_the_product(door: Door) -> None:
    """Operations that are built without a scenario take the declared diameters, as a scenario without any does."""
    plain = scenario(door)
    for context in (standard_context(), plain.recipe(plain.typical_values()).context):
        assert np.array_equal(context.protein_diameters, ProteinSize().pools())
        assert context.nuclease_diameter == ProteinSize().nuclease
        assert context.free_cargo_diameter == ProteinSize().free_cargo
        assert context.polymer_diameter == ProteinSize().polymer


def test_a_scenario_gives_diameters(door: Door) -> None:
    """What a scenario says of them is drawn, carried to the operations and listed in the ledger."""
    given = scenario(door, GIVEN)
    recipe = given.recipe(given.values(0, 64))
    context = recipe.context
    pools = np.asarray(context.protein_diameters)
    assert pools.shape == (4, 64)
    assert np.all((pools[1] > 6.9) & (pools[1] < 7.5)) and np.ptp(pools[1]) > 0.3
    assert np.all(pools[3] == 25.0) and np.all(context.nuclease_diameter == 8.0)
    listed = {line.path for line in given.ledger().lines}
    assert {f"product.protein_size.{name}" for name in (*PROTEIN_POOLS, "nuclease")} <= listed
    assert all(step.procedure.operation.context.protein_diameters.shape == (4, 64) for step in run(recipe))


LOADING = 'operation = "cargo_loading"\nmethod = "sonication_protein"\n'


def test_what_nobody_brings_is_not_in_the_ledger(door: Door) -> None:
    """The diameter of cargo or of a polymer is listed where an operation brings it, or where it is given."""
    path = "product.protein_size.{}".format
    listed = {line.path for line in scenario(door).ledger().lines}
    assert path("nuclease") in listed and not {path("free_cargo"), path("polymer")} & listed
    loading = changed('id = "fill"', f'id = "load"\n{LOADING}\n[[unit_procedure]]\nid = "fill"')
    brought = {line.path: line for line in scenario(door, loading).ledger().lines}
    assert brought[path("free_cargo")].value == "5" and path("polymer") not in brought
    peg = changed('id = "fill"', 'id = "spin"\noperation = "precipitation"\n\n[[unit_procedure]]\nid = "fill"')
    listed = {line.path for line in scenario(door, peg).ledger().lines}
    assert path("polymer") in listed and path("free_cargo") not in listed
    given = scenario(door, changed("[common]", '[product.protein_size]\nfree_cargo = "1 nm"\n\n[common]'))
    assert {line.path: line.value for line in given.ledger().lines}[path("free_cargo")] == "1"
    assert given.recipe(given.typical_values()).context.free_cargo_diameter == 1.0


def test_larger_complexes_stay_with_the_vesicles(door: Door) -> None:
    """A diameter that is set at the command line changes what the membrane keeps; a wrong one is refused."""
    door.write(BASE)
    protein = [
        xs.load(door.folder / "scenario.toml", {"product.protein_size.complex": size}) for size in ("12.5 nm", "30 nm")
    ]
    small, large = (xs.evaluate(one, draws=64).values("protein", "tff") for one in protein)
    assert np.all(large > 1.2 * small)
    assert door.run("check", "scenario.toml", "--set", "product.protein_size.albumin=20 nm").code == 3
    answer = door.run("check", "scenario.toml", "--set", "product.protein_size.albumen=7 nm")
    assert answer.code == 3
    assert 'product.protein_size.albumen: unknown key "albumen"' in answer.err
    assert "did you mean albumin?" in answer.err


@pytest.mark.parametrize("start", [0, 64])
def test_noise_is_one_number_per_assay(door: Door, start: int) -> None:
    """Each assay has one result in each lane, whatever attributes ask for it; another seed or assay has others."""
    text = BASE + '\n[[assay]]\nid = "bca"\n'
    noise = scenario(door, text).noise(start, start + 64)
    assert set(noise) == {"nanoparticle_tracking", "bca"}
    assert all(np.shape(z) == (64,) and np.all(np.isfinite(z)) for z in noise.values())
    assert not np.any(noise["bca"] == noise["nanoparticle_tracking"])
    more = (
        text + '\n[[attribute]]\nid = "p"\nmeasure = "protein_per_volume"\nassay = "bca"\nlimits.at_most = "1 ug/mL"\n'
    )
    again = scenario(door, more).noise(start, start + 64)
    assert all(np.array_equal(again[name], noise[name]) for name in noise)
    assert not np.any(scenario(door, text).noise(start, start + 64, 99)["bca"] == noise["bca"])
