"""`exosim cite`: valid BibTeX of exactly what a scenario uses."""

from __future__ import annotations

import re
from pathlib import Path

import bibtexparser
import pytest

import exosim as xs
from exosim.bibliography import EXOSIM, Entry, bibtex, entries, uncited
from exosim.references import Reference, references
from tests.texts import BASE, Door, changed

ROOT = Path(__file__).parents[1]
SHIPPED = sorted((ROOT / "scenarios").glob("*.toml"))
LIBRARIES = ["exosim", "harris2020", "virtanen2020"]


def parsed(text: str) -> dict[str, dict[str, str]]:
    """Return the fields of each entry as a BibTeX parser reads them."""
    library = bibtexparser.parse_string(text)
    assert not library.failed_blocks
    assert "".join(str(comment.comment) for comment in library.comments).strip() == ""
    return {entry.key: {field.key: field.value for field in entry.fields} for entry in library.entries}


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_exactly_the_sources_of_the_ledger(path: Path) -> None:
    scenario = xs.load(path)
    found = parsed(bibtex(scenario))
    sources = [line.source for line in scenario.ledger()]
    without_work = uncited(scenario)
    used = set(sources) - {"assumption", "plan"}
    left_out = set(without_work) - {"assumption"}
    simulated = ["simpy"] if scenario.declarations.plant.campaigns else []
    assert set(found) == {*LIBRARIES, *simulated, *(used - left_out)}
    for key in left_out:
        assert references()[key].citation() == references()[key].title
    for key in used - left_out - set(scenario.data.get("sources", {})):
        assert found[key]["title"].strip("{}").replace("\\&", "&") == references()[key].title
        assert found[key].get("doi") == references()[key].doi
    assert sum(without_work.values()) + sum(source not in without_work for source in sources) == len(sources)


def test_every_reference_makes_a_valid_entry() -> None:
    from exosim.bibliography import _entry

    text = "\n\n".join(str(_entry(reference)) for reference in references().values())
    found = parsed(text)
    assert list(found) == list(references())
    assert all(fields["title"] for fields in found.values())


def test_authors_and_what_is_special_to_tex() -> None:
    from exosim.bibliography import _entry

    reference = Reference(
        "x2020", "50 % of {a} & b_c #1 $2 ~ ^ \\", "van Reis R, Lévêque AB, Society of Things, et al.", 2020
    )
    fields = parsed(str(_entry(reference)))["x2020"]
    assert fields["author"] == "van Reis, R. and Lévêque, A. B. and {Society of Things} and others"
    assert fields["title"].count("{") == fields["title"].count("}")
    for escaped in (r"\%", r"\{a\}", r"\&", r"\_", r"\#", r"\$", r"\textasciitilde{}", r"\textasciicircum{}"):
        assert escaped in fields["title"]


def test_the_sources_of_a_scenario_itself(door: Door) -> None:
    own = '"our best, {2026}" = { text = "measured 50 % here @ home", doi = "10.1/x_y" }\nharris-2020 = { text = "b" }'
    text = changed('ours = { text = "measured here" }', own)
    text = changed('volume = "10 L"', 'volume = { value = "10 L", source = "our best, {2026}" }', text)
    text = changed("concentration_factor = 10", 'concentration_factor = { value = 10, source = "harris-2020" }', text)
    door.write(text)
    answer = door.run("cite", "scenario.toml")
    found = parsed(answer.out)
    assert found["our-best-2026"] == {"title": r"{measured 50 \% here @ home}", "doi": "10.1/x_y"}
    assert found["harris-2020"]["title"] == "{b}"
    assert answer.err.startswith("note: parameters without a work to cite: ")
    assert "of assumption" in answer.err


def test_keys_stay_apart() -> None:
    from exosim.bibliography import _own_keys

    taken = [Entry("exosim", "misc", {})]
    found = [Entry(key, "misc", {"title": key}) for key in ("Exosim", "a b", "a-b", "ö")]
    assert [entry.key for entry in _own_keys(taken, found)] == ["Exosim-2", "a-b", "a-b-2", "source"]


def test_only_what_is_used(door: Door) -> None:
    door.write(BASE)
    assert "ours" not in parsed(door.run("cite", "scenario.toml", "--quiet").out)
    assert "evtushenko2020" not in parsed(door.run("cite", str(ROOT / "scenarios" / "minimal.toml")).out)


def test_as_json(door: Door) -> None:
    door.write(BASE)
    document = door.run("cite", "scenario.toml", "--json").document()
    assert list(document) == ["form", "version", "scenario", "entries", "uncited"]
    scenario = xs.load(door.folder / "scenario.toml")
    assert document["entries"] == [entry.as_dict() for entry in entries(scenario)]
    assert [entry["key"] for entry in document["entries"]][:3] == LIBRARIES


def test_exosim_is_cited_as_its_citation_file_says() -> None:
    text = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    fields = dict(re.findall(r"^([a-z-]+): (.+)$", text, re.MULTILINE))
    (author,) = re.findall(r'- name: "(.+)"', text)
    assert (EXOSIM.title, EXOSIM.authors, str(EXOSIM.year)) == (fields["title"], author, fields["date-released"][:4])
    assert fields["version"] == xs.__version__
