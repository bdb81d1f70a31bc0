"""`exosim describe`: what it says of every operation is what the operation declares and does."""

from __future__ import annotations

import json

import pytest

from exosim.description import SECTIONS, describe_operation
from exosim.operations import catalog
from exosim.parameter import declared
from exosim.testing.feeds import feed_for
from exosim.vocabulary import CONSUMABLES
from tests.texts import Door


@pytest.mark.parametrize("name", catalog())
def test_an_operation_is_described_whole(name: str, door: Door) -> None:
    about = describe_operation(name)
    operation = catalog()[name]
    assert about.summary.endswith(".") and "\n" not in about.summary
    assert about.model
    assert not [part for part in (about.model, about.validity, about.notes) if "``" in part or ":mod:" in part]
    assert about.parameters == declared(operation)
    assert about.phases
    assert set(about.assumed) == {key for key, parameter in declared(operation).items() if parameter.grade == "D"}
    assert set(about.consumables) <= set(CONSUMABLES)
    done = operation().transform(feed_for(operation))
    assert set(done.losses) <= set(about.losses)
    assert set(done.limits) <= set(about.limits)
    assert set(done.consumption) == set(about.consumables)
    answer = door.run("describe", name)
    assert (answer.code, answer.err) == (0, "")
    for parameter in about.parameters:
        assert parameter in answer.out


def test_the_description_of_a_filter(door: Door) -> None:
    about = describe_operation("sterile_filtration")
    assert about.losses == ("solids and large particles", "size cut", "filter adsorption", "hold-up", "sterile filter")
    assert dict(about.consumables) == {"sterile_filter_area": "m2"}
    assert "sterile filter would plug: more than one needed" in about.limits
    assert about.validity.startswith("constant pressure; below 5e11 EV/mL")
    assert set(about.equations) == {"passage", "plugging"}
    assert "t / v = t / V_max + 1 / J0" in about.equations["plugging"]
    assert about.feed == "vesicles"
    assert describe_operation("hollow_fiber_culture").feed == "viable cells"
    assert describe_operation("planar_expansion").feed == "none: a process starts here"


def test_as_json(door: Door) -> None:
    listed = door.run("describe", "--json").document()
    assert (listed["form"], list(listed["operations"])) == ("exosim.describe/1", list(catalog()))
    for name in catalog():
        about = door.run("describe", name, "--json").document()["operation"]
        assert about == json.loads(json.dumps(describe_operation(name).as_dict()))
        assert list(about["parameters"]) == list(declared(catalog()[name]))
    flux = door.run("describe", "depth_filtration.flux", "--json").document()["parameter"]
    assert (flux["default"], flux["unit"], flux["low"], flux["high"]) == (100.0, "L/m2/h", 50, 200)
    assert flux["maximum"] is None


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section(name: str, door: Door) -> None:
    out = door.run("describe", name).out
    document = door.run("describe", name, "--json").document()
    assert list(document["parameters"]) == list(declared(SECTIONS[name]))
    for key in declared(SECTIONS[name]):
        assert key in out
        assert door.run("describe", f"{name}.{key}").out.startswith(f"{name}.{key}\n")


def test_a_parameter(door: Door) -> None:
    out = door.run("describe", "tangential_flow_filtration.vesicle_leakage").out
    assert "binder2021" not in out and "Binder" in out
    assert "plausible" in out and "grade" in out


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("depth_filtratoin", 'unknown operation or section "depth_filtratoin"; expected one of '),
        ("depth_filtration.flx", 'unknown parameter of depth_filtration "flx"'),
        ("product.ev_size.medain", "did you mean median?"),
        (".", 'unknown operation or section "."'),
    ],
)
def test_an_unknown_name(name: str, words: str, door: Door) -> None:
    answer = door.run("describe", name)
    assert (answer.code, answer.out) == (2, "")
    assert words in answer.err
