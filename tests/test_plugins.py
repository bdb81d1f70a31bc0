"""Operations that other packages bring: found by name, guarded, and told by their own name when they are broken."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import numpy as np
import pytest

import exosim as xs
from exosim.operations import catalog
from exosim.plugins import plugins
from exosim.references import references
from exosim.study.job import Job
from exosim.study.scenario_model import scenario_model
from tests.plugin_packages import GOOD, HEAD, Install, package
from tests.texts import BASE, FILE, Door, line_of

WITH_PLUGIN = BASE.replace('operation = "tangential_flow_filtration"', 'operation = "rocking"').replace(
    "[unit_procedure.parameters]\nconcentration_factor = 10\n", ""
)
AT = f"{FILE}:{line_of(WITH_PLUGIN, 'operation = ' + chr(34) + 'rocking')}: tff.operation: "


def test_without_plugins_there_are_none() -> None:
    """What these tests install is gone when they end."""
    assert "rocking" not in catalog()
    assert not [plugin for plugin in plugins() if plugin.operation == "rocking"]


def test_an_operation_of_a_plugin_is_used_by_its_name(install: Install, door: Door) -> None:
    """It runs in a yield, its parameter is in the ledger, and the manifest says who brought it in which version."""
    install(package())
    door.write(WITH_PLUGIN)
    assert door.run("check", FILE, "--quiet").code == 0
    assert door.run("yield", FILE, "--quiet", "--out", "y").code == 0
    scenario = xs.load(FILE)
    assert "tff.loss" in {line.path for line in scenario.ledger()}
    assert np.allclose(xs.evaluate(scenario).values("recovery", "tff"), 0.9, rtol=1e-12)
    manifest = json.loads((door.folder / "y" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["plugins"] == {"rocking": "rocking_bags 1.2"}
    assert "rocking_bags 1.2" in door.run("describe", "rocking").out


def test_it_runs_in_time_and_in_other_processes(install: Install, door: Door) -> None:
    """Worker processes find the plug-in as well; a manifest of a run names it too."""
    install(package())
    door.write(WITH_PLUGIN.replace("seed = 1", 'seed = 1\nhorizon = "500 h"') + '[campaign]\nevery = "24 h"\n')
    assert door.run("run", FILE, "--quiet", "--out", "a", "--replications", "4", "--jobs", "2").code == 0
    assert door.run("run", FILE, "--quiet", "--out", "b", "--replications", "4").code == 0
    one, two = ((door.folder / name / "run.json").read_text(encoding="utf-8") for name in "ab")
    assert one == two
    assert json.loads((door.folder / "a" / "manifest.json").read_text())["plugins"] == {"rocking": "rocking_bags 1.2"}
    xs.simulate(xs.load(FILE), 1).save("c")
    assert json.loads((door.folder / "c" / "manifest.json").read_text())["plugins"] == {"rocking": "rocking_bags 1.2"}


def test_answers_of_a_plugin_that_was_edited_are_not_those_of_before(install: Install, door: Door) -> None:
    """While its version stays: what is finished of a study is asked again, by the kernel and in time."""
    door.write(WITH_PLUGIN.replace("seed = 1", 'seed = 1\nhorizon = "500 h"') + '[campaign]\nevery = "24 h"\n')
    keys: list[list[str | None]] = []
    for body in (GOOD, GOOD.replace("1.0 - self.loss", "1.0 - 2.0 * self.loss"), GOOD):
        home = install(package(body))
        (home / "__pycache__").mkdir(exist_ok=True)
        (home / "__pycache__" / "whatever.pyc").write_text(str(len(keys)))
        models = [scenario_model(xs.load(FILE), (), [name]) for name in ("doses", "doses_per_year")]
        keys.append([Job(model, ()).key(np.zeros((1, 0))) for model in models])
    assert keys[0] == keys[2] and None not in keys[0]
    assert not set(keys[0]) & set(keys[1])


def test_a_plugin_of_another_product_counts_as_well(install: Install, door: Door) -> None:
    """On a site with several products the manifest and the check know the plug-ins of all recipes."""
    install(package(POISON["seed"]))
    door.write(WITH_PLUGIN, "other.toml")
    site = BASE.replace("seed = 1", 'seed = 1\nhorizon = "500 h"')
    site += '[[campaign]]\nproduct = "own"\nevery = "48 h"\n'
    door.write(site + '[[campaign]]\nproduct = "other"\nscenario = "other.toml"\nevery = "48 h"\n')
    assert any("rocking_bags 1.2" in warning for warning in door.run("check", FILE, "--json").document()["warnings"])
    assert door.run("run", FILE, "--quiet", "--out", "r", "--replications", "1").code == 0
    assert json.loads((door.folder / "r" / "manifest.json").read_text())["plugins"] == {"rocking": "rocking_bags 1.2"}


def test_a_plugin_is_imported_only_when_it_is_used(install: Install, door: Door) -> None:
    """A scenario without its operation neither imports a plug-in nor cares that it is broken."""
    install("raise SystemExit('imported')\n")
    assert door.check(BASE, "--quiet").code == 0
    assert "rocking_bags" not in sys.modules


BROKEN = [
    ("import nowhere_at_all\n", "cannot be loaded: ModuleNotFoundError: No module named 'nowhere_at_all'"),
    ("1 / 0\n", "cannot be loaded: ZeroDivisionError: division by zero (__init__.py, line 1)"),
    ("x = (\n", "cannot be loaded: SyntaxError: "),
    ("Shaking = 1\n", "cannot be loaded: AttributeError: "),
    ("Rocking = 1\n", "brings something that is no unit operation: rocking_bags:Rocking"),
    ("class Rocking: ...\n", "brings something that is no unit operation: rocking_bags:Rocking"),
    (HEAD.partition("    def transform")[0], "brings an operation that defines no transform"),
    (package().replace("@dataclass(frozen=True, kw_only=True)", ""), "brings an operation that is no frozen dataclass"),
    (
        package().replace("frozen=True, ", ""),
        "cannot be loaded: TypeError: cannot inherit non-frozen dataclass from a frozen one",
    ),
]


@pytest.mark.parametrize(("code", "words"), BROKEN, ids=[words[:50] for _, words in BROKEN])
def test_a_broken_plugin_is_told_by_name_and_place(code: str, words: str, install: Install, door: Door) -> None:
    """The scenario is refused at the line that names the operation, with the package that brings it and the reason."""
    install(code)
    assert door.refused(WITH_PLUGIN).startswith(f"{AT}the plug-in rocking_bags 1.2 {words}")
    described = door.run("describe", "rocking")
    assert described.code == 4 and described.err.startswith(f"the plug-in rocking_bags 1.2 {words}")
    assert "pooling" in door.run("describe").out


def test_a_name_that_is_taken_is_refused(install: Install, door: Door) -> None:
    """Nobody's operation silently stands for another: neither exosim's nor that of a second package."""
    text = WITH_PLUGIN.replace('"rocking"', '"pooling"')
    install(package(), "pooling")
    taken = (
        'the operation "pooling" is brought by exosim itself and by the plug-in rocking_bags 1.2; all but one must go'
    )
    assert door.refused(text).startswith(f"{AT}{taken}")
    install(package(), "rocking", name="cradles")
    install(package(), "rocking", name="rocking_bags")
    assert "the plug-in cradles 1.2 and by the plug-in rocking_bags 1.2; all but one must go" in door.refused(
        WITH_PLUGIN
    )
    install(package(), "pooling")
    assert door.check(BASE, "--quiet").code == 0  # what is not taken goes on


def test_a_name_that_no_scenario_could_use(install: Install, door: Door) -> None:
    install(package(), "Rocking.Bag")
    text = WITH_PLUGIN.replace('"rocking"', '"Rocking.Bag"')
    assert "gives an operation a name that is not in lower_case_words" in door.refused(text)


RETURNS = [
    ("        return 5\n", "returned something of the type int in place of an Outcome in transform"),
    ("        pass\n", "returned nothing in place of an Outcome in transform"),
    ("        yield 5\n", "returned something of the type generator in place of an Outcome in transform"),
    ("        return Outcome(3)\n", "returned an Outcome whose product is no Material"),
    ("        return Outcome(feed, losses={'bag': 1})\n", "returned an Outcome whose loss bag is no Material"),
    ("        return Outcome(feed, phases=[Phase('rock', 1.0)])\n", "whose phases are no tuple of Phase"),
    (
        "        return Outcome(feed, phases=(Phase('rock', 'long'),))\n",
        "duration of the phase rock is no number",
    ),
    (
        "        import numpy\n        return Outcome(feed.replaced(volume=numpy.ones(7)))\n",
        "returned an Outcome whose volume of the product has 7 lanes in place of ",
    ),
    ("        return 1 / 0\n", "failed in transform: ZeroDivisionError: division by zero (__init__.py, line 17)"),
    ("        raise KeyError\n", "failed in transform: KeyError: no message (__init__.py, line 17)"),
]
VARIES = 'volume = { lognormal = { median = "10 L", gsd = 1.1 }, varies = "batch" }'


@pytest.mark.parametrize(("body", "words"), RETURNS, ids=[words[:60] for _, words in RETURNS])
def test_RUN_019(body: str, words: str, install: Install, door: Door) -> None:
    """An operation that fails or returns something else is told by its name, with code 4, in every command."""
    install(package(body))
    text = WITH_PLUGIN.replace('volume = "10 L"', VARIES).replace("seed = 1", 'seed = 1\nhorizon = "90 h"')
    door.write(text + '[campaign]\nevery = "24 h"\n')
    for command in (["check"], ["yield", "--out", "r"], ["run", "--out", "r", "--replications", "1"]):
        answer = door.run(command[0], FILE, *command[1:])
        assert answer.code == 4, answer
        assert answer.err.startswith("the operation rocking of the plug-in rocking_bags 1.2 "), answer.err
        assert words in answer.err, answer.err
        assert "expected a version of the plug-in that keeps the contract of exosim.testing" in answer.err
    assert [path.name for path in door.folder.iterdir()] == [FILE]


@pytest.mark.parametrize("method", ["problems", "unused", "__init__"])
def test_other_methods_are_guarded_too(method: str, install: Install, door: Door) -> None:
    name = "__post_init__" if method == "__init__" else method
    install(package() + f"\n    def {name}(self):\n        raise OSError('no paper')\n")
    door.write(WITH_PLUGIN)
    answer = door.run("check", FILE)
    assert answer.code == 4
    assert f"failed in {method.strip('_')}: OSError: no paper (__init__.py, line 21)" in answer.err


POISON = {
    "seed": "        import numpy, random\n        numpy.random.seed(1)\n        random.seed(1)\n" + GOOD,
    "draw": "        import random\n        random.random()\n" + GOOD,
}


@pytest.mark.parametrize("poison", POISON)
def test_RUN_020_the_check_tells(poison: str, install: Install, door: Door) -> None:
    """The check warns of an operation that uses global random numbers; the results are those of one that does not."""
    install(package())
    text = WITH_PLUGIN.replace('volume = "10 L"', VARIES)
    clean = xs.evaluate(xs.load(door.write(text))).values("vialed").tolist()
    install(package(POISON[poison]))
    random.seed(5)
    answer = door.run("check", FILE, "--json")
    assert answer.code == 0
    told = "tff: the operation rocking of the plug-in rocking_bags 1.2 uses the random numbers of the whole process"
    assert [warning.partition(";")[0] for warning in answer.document()["warnings"]] == [told]
    assert xs.evaluate(xs.load(FILE)).values("vialed").tolist() == clean
    assert len(set(clean)) > 50


def test_an_operation_that_does_not_repeat_itself_is_told(install: Install, door: Door) -> None:
    body = "        import numpy\n        feed = feed.portion(numpy.random.default_rng().random())\n" + GOOD
    install(package(body))
    answer = door.check(WITH_PLUGIN, "--json")
    assert answer.code == 0
    assert "gives other numbers each time: results with it cannot be repeated" in answer.document()["warnings"][0]


def test_sources_of_a_plugin(install: Install, door: Door) -> None:
    """A plug-in cites its own sources; one that redefines a source of exosim changes nothing."""
    own = '[cradle2020]\ntitle = "On cradles"\nyear = 2020\n[feder1980]\ntitle = "Another"\n'
    code = package().replace('sticks to the bag"', 'sticks to the bag", source="cradle2020", grade="C"')
    install(code, sources=own)
    assert references()["cradle2020"].citation() == "On cradles 2020"
    assert references()["feder1980"].title != "Another"
    assert "On cradles" in door.run("describe", "rocking").out
    door.write(WITH_PLUGIN)
    line = next(line for line in xs.load(FILE).ledger() if line.path == "tff.loss")
    assert (line.source, line.grade) == ("cradle2020", "C")
    install(code, sources="[cradle2020\n")
    assert "the plug-in rocking_bags 1.2 cannot be loaded: TOMLDecodeError" in door.refused(WITH_PLUGIN)
    assert "feder1980" in references()


def test_help_looks_for_no_plugin() -> None:
    code = "import sys, exosim.cli; exosim.cli.main(['--help']); print('exosim.plugins' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.endswith("False\n")
