"""The scenario of a run as one file, ``scenario.json``: all that is needed to build it again on another machine.

It holds what was read: the tables with the place of every value, the variant and the overrides, measured values
instead of their files, and the scenarios of other products. Files are named as they were typed, without the folders of
an absolute path.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePath
from typing import Any

import numpy as np

from exosim.empirical import Empirical, empirical
from exosim.enclosures import Enclosures
from exosim.errors import ExosimError, FileError, Problem, shortened
from exosim.plugin_trial import versions
from exosim.scenario import Scenario, rebuilt
from exosim.tagged_json import tagged, untagged
from exosim.toml_source import KeyPath, TomlSource
from exosim.version import __version__

FILE = "scenario.json"
FORM = "exosim.scenario/1"


def write_scenario(scenario: Scenario, folder: Path) -> Path:
    """Write ``scenario.json`` into the folder of a run; return its path."""
    document = {"form": FORM, "version": __version__, "plugins": versions(scenario), **_record(scenario)}
    text = json.dumps(document, indent=1, allow_nan=False)  # plain ASCII: names of files need not be valid text
    file = folder / FILE
    file.write_text(text + "\n", encoding="utf-8")
    return file


def read_saved_scenario(folder: Path) -> Scenario:
    """Return the scenario of the folder of a run, built again from ``scenario.json`` alone.

    Raises
    ------
    FileError
        when there is no such file, when another version of exosim or of a plug-in wrote it, or when what is built is
        not what was run.
    """
    file = folder / FILE
    document = _document(file)
    _refuse_version(document, file)
    try:
        scenario = _built(document, alone=False)
        found, known = scenario.hash, document["hash"]
    except ExosimError as error:
        raise FileError([_in_file(problem, file) for problem in error.problems]) from None
    except (ValueError, KeyError, TypeError, AttributeError, IndexError) as error:
        raise FileError(_wrong(file, f"cannot be read: {shortened(repr(error))}", f"the form {FORM}")) from None
    if found != known:
        problem = "the scenario is not the one that was run"
        raise FileError(Problem(problem, file=str(file), got=f"hash {found}", expected=f"hash {known}"))
    _refuse_plugins(scenario, document, file)
    return scenario


def _record(scenario: Scenario) -> dict[str, Any]:
    """Return what a scenario was built from, with those of other products."""
    source = scenario.source
    lines = {_pointer(path): line for path, line in source.lines.items()}
    files = {_pointer(path): _shown(name) for path, name in source.files.items()}
    products = [
        {"product": campaign.product, "scenario": campaign.scenario, **_record(scenario.others[campaign.product])}
        for campaign in scenario.declarations.plant.campaigns
        if campaign.scenario is not None and campaign.product in scenario.others
    ]
    return {
        "hash": scenario.hash,
        "file": _shown(source.name),
        "variant": scenario.variant,
        "overrides": [[address, tagged(value)] for address, value in scenario.overrides.items()],
        "data": tagged(source.data),
        "lines": lines,
        "files": files,
        "measured": {address: _column(base) for address, base in scenario.measured.items()},
        "products": products,
    }


def _built(record: Mapping[str, Any], *, alone: bool) -> Scenario:
    data = untagged(record["data"])
    lines = {_path(pointer, data): int(line) for pointer, line in record["lines"].items()}
    files = {_path(pointer, data): str(name) for pointer, name in record["files"].items()}
    source = TomlSource(str(record["file"]), data, lines, files)
    measured = {address: _distribution(column) for address, column in record["measured"].items()}
    products = {(inner["product"], inner["scenario"]): _built(inner, alone=True) for inner in record["products"]}
    overrides = {address: untagged(value) for address, value in record["overrides"]}
    return rebuilt(source, record["variant"], overrides, Enclosures(measured, products), alone=alone)


def _shown(name: str) -> str:
    """Return the name of a file without the folders of an absolute path: those tell of a machine."""
    path = PurePath(name)
    return path.name if path.is_absolute() else path.as_posix()


def _column(base: Empirical) -> dict[str, str]:
    """Return measured values as text: numbers with all their digits, in one line."""
    return {"table": base.asked, "digest": base.digest, "values": " ".join(map(repr, base.values.tolist()))}


def _distribution(column: Mapping[str, str]) -> Empirical:
    values = np.array([float(word) for word in column["values"].split()])
    return empirical(values, column["digest"], column["table"])


def _pointer(path: KeyPath) -> str:
    """Return a key path as a JSON pointer (RFC 6901)."""
    return "".join("/" + str(key).replace("~", "~0").replace("/", "~1") for key in path)


def _path(pointer: str, data: Any) -> KeyPath:
    """Return the key path that a pointer stands for; what is an index follows from the data."""
    return tuple(_keys(pointer, data))


def _keys(pointer: str, data: Any) -> Iterator[str | int]:
    for token in pointer.split("/")[1:]:
        name = token.replace("~1", "/").replace("~0", "~")
        if isinstance(data, list):
            yield int(name)
            data = data[int(name)]
        else:
            yield name
            data = data.get(name, {})


def _document(file: Path) -> Mapping[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        problem = "there is no such file: the folder does not hold its scenario"
        raise FileError(_wrong(file, problem, "a folder that this version of exosim wrote: run it again")) from None
    except (OSError, ValueError) as error:
        raise FileError(_wrong(file, f"cannot be read: {shortened(str(error))}", f"the form {FORM}")) from None
    if not isinstance(found, dict) or found.get("form") != FORM:
        raise FileError(_wrong(file, "this is no saved scenario", f"the form {FORM}"))
    return found


def _refuse_version(document: Mapping[str, Any], file: Path) -> None:
    written = document.get("version")
    if written != __version__:
        expected = f"exosim {__version__}, which reads it: run it again, or use the version that wrote it"
        problem = "another version of exosim wrote this scenario; its numbers may differ"
        raise FileError(
            Problem(problem, file=str(file), got=f"exosim {shortened(str(written), 60)}", expected=expected)
        )


def _refuse_plugins(scenario: Scenario, document: Mapping[str, Any], file: Path) -> None:
    known = document.get("plugins") or {}
    differing = {name: found for name, found in versions(scenario).items() if known.get(name) != found}
    if differing:
        expected = ", ".join(f"{name}: {known.get(name)}" for name in differing)
        got = ", ".join(f"{name}: {found}" for name, found in differing.items())
        problem = "a plug-in is of another version than the run; its numbers may differ"
        raise FileError(Problem(problem, file=str(file), got=got, expected=expected))


def _in_file(problem: Problem, file: Path) -> Problem:
    """Return a problem of a scenario as one of its folder, with the place in the file that was read."""
    place = ":".join(str(part) for part in (problem.file, problem.line) if part is not None)
    told = f"the scenario cannot be built here: {problem.problem}" + (f" ({place})" if place else "")
    return Problem(told, problem.path, problem.got, problem.expected, problem.nearest, str(file))


def _wrong(file: Path, problem: str, expected: str) -> Problem:
    return Problem(problem, file=str(file), expected=expected)
