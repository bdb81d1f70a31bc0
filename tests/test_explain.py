"""Every number explained: its formula on its children gives its value, down to parameters and models."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import exosim as xs
from exosim.description import equations_of
from exosim.errors import FileError, UsageError
from exosim.explanation import Explainer
from exosim.folds import fold_of
from exosim.formula_tree import Node
from exosim.indicators import HEADLINE_UNITS, account
from exosim.influence import Neighborhood
from exosim.kernel import run
from exosim.operations import catalog
from exosim.readings import read_batch
from exosim.replications import run_once
from exosim.run_nodes import INDICATORS
from exosim.sites import without_doses
from tests.shipped import ALL, IN_TIME, SCENARIOS
from tests.texts import BASE, FILE, Door, changed

REFERENCE = SCENARIOS / "msc_hollow_fiber.toml"


def assert_adds_up(root: Node) -> None:
    """The formula of every node gives its value; every leaf is a parameter, a model or read from the log."""
    for node in root.walk():
        if node.value is None or not node.formula:
            continue
        scale = max((abs(child.value or 0.0) for child in node.children.values()), default=0.0)
        assert node.computed() == pytest.approx(node.value, rel=1e-9, abs=1e-9 * scale), (node.name, node.formula)


@pytest.mark.parametrize("scenario", ALL)
def test_every_quantity_of_a_batch_adds_up(scenario: xs.Scenario) -> None:
    """All trees of all shipped scenarios, against what the kernel reports at typical values."""
    explainer = Explainer(scenario)
    values = scenario.typical_values()
    recipe = scenario.recipe(values)
    known = read_batch(run(recipe), recipe.context, scenario.specification(values))
    for reading in known:
        if reading.values is None:
            continue
        name = reading.name if reading.step is None else f"{reading.step}.{reading.name}"
        explained = explainer.explain(name)
        assert explained.value == pytest.approx(float(np.ravel(reading.values)[0]), rel=1e-9), name
        assert explained.root.unit == reading.unit
        assert_adds_up(explained.root)
        for node in explained.root.walk():
            assert node.formula or node.parameter or node.model or node.value is not None, node.name


def asked_of(scenario: xs.Scenario) -> str:
    """Return the figure that a scenario is asked for: doses, or what a diagnostic line tells."""
    declared = scenario.declarations
    if declared.dose.stated:
        return "doses"
    test = declared.diagnostic
    return "interference" if test is not None and test.interference is not None else "ev_yield"


@pytest.mark.parametrize("scenario", ALL)
def test_the_product_is_traced_to_parameters(scenario: xs.Scenario) -> None:
    """The doses rest on parameters and on models with all parameters of their operation; each has its evidence."""
    root = Explainer(scenario).explain(asked_of(scenario)).root
    for node in root.walk():
        if node.formula:
            assert not node.model and not node.parameter
        else:
            assert node.parameter is not None or node.model is not None, node.name
        for one in (*node.inputs, *([node.parameter] if node.parameter else ())):
            assert one.grade and one.source and one.about
            assert one.assumed == (one.source == "assumption")
        sizes = [abs(one.influence or 0.0) for one in node.inputs]
        assert sizes == sorted(sizes, reverse=True)
        if node.model is not None and node.name.partition(".")[2] != "hold.loss: hold":
            procedure = node.name.partition(".")[0]
            declared = next(d for d in scenario.declarations.procedures if d.id == procedure)
            paths = {one.path for one in node.inputs}
            assert {f"{procedure}.{name}" for name in declared.operation.given} <= paths


def test_equation_pages_exist() -> None:
    """Each anchor of an operation is a heading of the page of equations; a tree tells those of its operations."""
    page = (SCENARIOS.parent / "docs" / "explanation" / "equations.md").read_text(encoding="utf-8")
    headings = {line.removeprefix("## ").strip() for line in page.splitlines() if line.startswith("## ")}
    told = {anchor for operation in catalog().values() for anchor in equations_of(operation)}
    assert told and told <= headings
    nodes = Explainer(xs.load(REFERENCE)).explain("doses").root.walk()
    assert set[str]() < {anchor for node in nodes if node.model for anchor in node.model.equations} <= told


def test_influence_is_the_elasticity() -> None:
    """Against runs of the scenario itself with 1 % more and less."""
    scenario = xs.load(REFERENCE)
    found = {one.path: one.influence for one in Explainer(scenario).explain("harvested").influence}
    step = 0.01
    for path in ("culture.secretion_rate", "culture.harvest_fraction", "culture.fiber_area"):
        values = scenario.typical_values()
        typical = Neighborhood(scenario).values[path]
        reported = [_harvested(scenario, {**values, path: typical * (1.0 + sign * step)}) for sign in (-1.0, 1.0)]
        slope = math.log(reported[1] / reported[0]) / math.log((1.0 + step) / (1.0 - step))
        assert found[path] == pytest.approx(slope, rel=2e-3), path
    assert "fill.overfill" not in found


def _harvested(scenario: xs.Scenario, values: dict[str, object]) -> float:
    completed = Neighborhood(scenario).scenario
    recipe = completed.recipe({**completed.typical_values(), **values})  # type: ignore[arg-type]
    readings = read_batch(run(recipe), recipe.context, completed.specification(completed.typical_values()))
    return float(np.ravel(next(r.values for r in readings if r.name == "harvested"))[0])


def test_rounding_hides_no_influence() -> None:
    """Doses are whole numbers; what matters for them is told as if they were not."""
    found = {one.path: one.influence for one in Explainer(xs.load(REFERENCE)).explain("doses").influence}
    assert found["culture.secretion_rate"] == pytest.approx(1.0, abs=0.05)
    assert found["fill.reject_fraction"] is not None and found["fill.reject_fraction"] < -0.01


# -- runs in time -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(HEADLINE_UNITS))
def test_no_headline_lacks_its_formula(name: str) -> None:
    indicator = INDICATORS[name]
    assert fold_of(indicator) is not None
    assert (indicator.__doc__ or "").startswith("Return "), name


@pytest.mark.parametrize("scenario", IN_TIME, ids=lambda scenario: scenario.name)
def test_every_indicator_adds_up(scenario: xs.Scenario) -> None:
    explainer = Explainer(scenario)
    window = run_once(explainer.scenario, explainer.scenario.seed, 0)
    headlines = account(window).headlines
    for name in without_doses(explainer.scenario, {name: HEADLINE_UNITS[name] for name in headlines}):
        value, explained = headlines[name], explainer.explain(name)
        assert explained.value == (value if math.isfinite(value) else None)
        assert explained.root.unit == HEADLINE_UNITS[name] and explained.root.formula
        assert_adds_up(explained.root)
        assert sum(fate.batches for fate in explained.fates) >= len(window.batches)


def test_indicators_of_release_and_orders_add_up(door: Door) -> None:
    """A plant with a laboratory, a warehouse and orders has all indicators that there are."""
    asked = '[[order]]\ndue = 2027-03-01\ndoses = 300\nevery = "4 week"\npatience = "3 week"\n'
    kept = '[warehouse]\nshelf_life = "9 week"\nopening_stock = "200 dose"\nopening_age = "2 week"\n'
    head = f'extends = "{REFERENCE}"\nname = "released"\nhorizon = "26 week"\n[release]\nconditional = false\n'
    explainer = Explainer(xs.load(door.write(head + kept + asked)))
    window = run_once(explainer.scenario, explainer.scenario.seed, 0)
    known = account(window)
    assert {"released_fraction", "fill_rate", "stock_mean", "age_at_shipping"} <= set(known.headlines)
    for name, value in known.headlines.items():
        explained = explainer.explain(name)
        assert explained.value == (value if math.isfinite(value) else None)
        assert_adds_up(explained.root)
    for name, found in known.by_resource.items():
        for resource, value in found.items():
            explained = explainer.explain(f"{resource}.{name}")
            assert explained.value == (value if math.isfinite(value) else None) and explained.root.about


def test_what_the_run_says_stands_beside(door: Door) -> None:
    """Of a folder, of a run in memory and of a scenario alone."""
    scenario = xs.load(REFERENCE)
    results = xs.simulate(scenario, 3)
    results.save(door.folder / "r")
    saved = xs.load_run(door.folder / "r")
    explained = xs.explain(saved, "doses_per_year")
    assert explained.value == pytest.approx(saved.values("doses_per_year")[0], rel=1e-12)
    (known,) = [q for q in results.quantities() if q.name == "doses_per_year"]
    assert explained.beside is not None
    assert (explained.beside.n, explained.beside.middle, explained.beside.low) == (3, known.mean, known.low)
    assert explained.as_dict() == xs.explain(results, "doses_per_year").as_dict()
    alone = xs.explain(scenario, "doses_per_year")
    assert alone.beside is None and alone.value == explained.value
    assert [node.name for node in explained.root.related] == ["doses"]
    yields = xs.evaluate(scenario, 256)
    doses = xs.explain(yields, "doses")
    assert doses.beside is not None and doses.beside.middle == yields.summary("doses").median
    assert "median" in str(doses.beside) and "the run draws them all" in str(doses)


def test_of_a_resource() -> None:
    explained = xs.explain(xs.load(REFERENCE), "tff_skid.occupancy")
    assert explained.root.unit == "1" and explained.value is not None and 0.0 < explained.value < 1.0
    assert "equipment class" in explained.root.about


def test_the_waits_of_lead_time_are_told_by_cause() -> None:
    related = {node.name: node for node in xs.explain(xs.load(REFERENCE), "lead_time").root.related}
    assert "batch_duration" in related
    waits = [node for name, node in related.items() if name.endswith(".waits")]
    assert waits and all(node.children for node in waits)


def test_the_lot_told_of_has_nearly_the_median_lead_time() -> None:
    """Doses may leave before the disposition of a conditional release: the lead time ends then."""
    results = xs.simulate(xs.load(f"{SCENARIOS / 'sterility_toggle.toml'}#conditional"), replications=1, seed=4)
    explained = xs.explain(results, "lead_time")
    assert explained.value is not None
    lot = next(node for node in explained.root.related if node.name.endswith(".lead_time"))
    times = [b.available - b.started for b in results.first.ended if b.good and b.available is not None]
    assert lot.value is not None and lot.value in times
    assert abs(lot.value - explained.value) == min(abs(time - explained.value) for time in times)


def test_products_of_a_site_share_its_indicators() -> None:
    """With the doses of a batch of each product; a name under a product is of its batch."""
    site = xs.load(SCENARIOS / "cdmo_two_products.toml")
    explained = xs.explain(site, "doses_per_year")
    assert explained.value is not None and explained.root.series
    assert [node.name for node in explained.root.related] == ["msc.doses", "reference.doses"]
    names = [node.name for node in explained.root.walk()]
    assert len(set(names)) == len(names)
    doses = xs.explain(site, "reference.doses")
    assert doses.value == explained.root.related[1].value and doses.hash == site.hash
    assert_adds_up(doses.root)
    with pytest.raises(UsageError, match="did you mean doses"):
        xs.explain(site, "reference.dozes")


# -- the command ------------------------------------------------------------------------------------------------------


def test_the_command(door: Door) -> None:
    door.write(BASE)
    assert door.run("yield", FILE, "--quiet", "--out", "y").code == 0
    answer = door.run("explain", "y", "doses")
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.splitlines()[0].startswith("base: doses = ")
    assert "fill.accepted" in answer.out and "tff.loss: permeate" in answer.out and "ASSUMPTION" in answer.out
    short = door.run("explain", "y", "doses", "--depth", "1")
    assert len(short.out.splitlines()) < len(answer.out.splitlines()) and "(more below)" in short.out
    assert door.run("explain", "y", "doses", "--quiet").out == ""
    names = door.run("explain", "y").out
    assert "of the whole: doses, " in names and "tff. duration, " in names


def test_the_document(door: Door) -> None:
    """Nodes by name, each once; children, inputs and the root are among them."""
    door.write(BASE)
    document = door.run("explain", FILE, "vialed", "--json", "--set", "fill.line_loss=2 mL").document()
    assert document["form"] == "exosim.explain/1" and document["run"] is None
    names = [node["name"] for node in document["nodes"]]
    assert names[0] == document["root"] == "vialed" and len(set(names)) == len(names)
    assert {child for node in document["nodes"] for child in node["children"].values()} <= set(names)
    (lost,) = [node for node in document["nodes"] if node["name"] == "fill.loss: line and heel"]
    assert lost["formula"] == "entered * share" and lost["children"]["share"] == "fill.share_left"
    (loss,) = [node["parameter"] for node in document["nodes"] if node["name"] == "fill.line_loss"]
    assert (loss["value"], loss["origin"]) == (2.0, "override")
    (permeate,) = [node for node in document["nodes"] if node["name"] == "tff.loss: permeate"]
    assert permeate["model"]["operation"] == "tangential_flow_filtration"
    assert {"tff.flux", "tff.diavolumes"} <= {one["path"] for one in permeate["inputs"]}
    cut = door.run("explain", FILE, "vialed", "--json", "--depth", "0").document()
    assert [node["name"] for node in cut["nodes"]] == ["vialed"]
    listed = door.run("explain", FILE, "--json").document()
    assert {"doses", "tff.recovery", "purity"} <= set(listed["quantities"])


def test_mistakes_are_told(door: Door) -> None:
    door.write(BASE)
    assert door.run("yield", FILE, "--quiet", "--out", "y").code == 0
    for arguments, told in (
        (("y", "dosis"), 'unknown quantity "dosis"; expected one of doses, '),
        (("y", "tff.recover"), "did you mean tff.recovery?"),
        (("y", "doses", "--set", "fill.retained=3 vial"), "--set: the values of a run cannot be set"),
        (("y", "doses", "--depth", "-1"), "--depth"),
    ):
        answer = door.run("explain", *arguments)
        assert answer.code == 2 and told in answer.err, answer.err
    assert door.run("explain", "nowhere.toml", "doses").code == 5
    (door.folder / "empty").mkdir()
    assert "no manifest.json" in door.run("explain", "empty", "doses").err
    with pytest.raises(UsageError, match="did you mean doses"):
        xs.explain(xs.load(door.folder / FILE), "dose")
    document = json.loads((door.folder / "y" / "scenario.json").read_text(encoding="utf-8"))
    assert document["hash"] == xs.load_yields(door.folder / "y").scenario.hash
    (door.folder / "y" / "scenario.json").unlink()
    with pytest.raises(FileError, match=r"scenario\.json"):
        xs.load_yields(door.folder / "y")


def test_a_scenario_that_only_takes_time_has_no_batch_quantities(door: Door) -> None:
    plain = _plain(door)
    assert set(xs.explain(plain, "lead_time").as_dict()["nodes"][0]) >= {"formula", "children"}
    with pytest.raises(UsageError, match="unknown quantity"):
        xs.explain(plain, "doses")


def _plain(door: Door) -> xs.Scenario:
    from tests.test_replications import PLAIN, STEP

    head = PLAIN.format(horizon="120 h", warm_up="10 h", campaign='every = "5 h"')
    step = STEP.format(id="p", unit="a", time='"2 h"', operator="")
    return xs.load(door.write(f'{head}[[equipment]]\nid = "a"\n{step}'))


def test_shares_and_waste_stand_in_the_tree(door: Door) -> None:
    """Splits, waste and planned waits are nodes of their own."""
    operation = 'operation = "tangential_flow_filtration"'
    text = changed(operation, operation + "\nsplit = { main = 0.75, waste = 0.25 }")
    text = text.replace('operation = "vial_filling"', 'operation = "vial_filling"\nfeeds = ["tff.main"]')
    root = xs.explain(xs.load(door.write(text)), "vialed").root
    found = {node.name: node for node in root.walk()}
    assert_adds_up(root)
    assert found["tff.split.main"].value == 0.75
    assert found["tff.hold.vesicles"].formula == "fed - lost"
    used = xs.explain(xs.load(door.folder / FILE), "tff.split.vesicles").root
    assert used.formula == "product * (1 - waste)"
    assert_adds_up(used)


def test_in_a_notebook() -> None:
    page = xs.explain(xs.load(SCENARIOS / "minimal.toml"), "doses")._repr_html_()
    assert "<table>" in page and "formula tree" in page and "product.dose" in page


def test_attributes_can_be_explained() -> None:
    """What an assay reports has the parameters that matter, without a formula."""
    explained = xs.explain(xs.load(REFERENCE), "purity")
    assert explained.value is not None and explained.influence[0].influence
