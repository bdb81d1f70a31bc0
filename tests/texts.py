"""A small valid scenario as text, ways to spoil it, and the command line called in process."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from exosim.cli import main
from exosim.operations import catalog

BASE = """\
format = 1
name = "base"
seed = 1
draws = 64

[product]
dose = "1e10 EV"

[product.ev_size]
median = "115 nm"

[common]
batch = 0.3

[[unit_procedure]]
id = "medium"
operation = "conditioned_medium"
[unit_procedure.parameters]
volume = "10 L"

[[unit_procedure]]
id = "tff"
operation = "tangential_flow_filtration"
expected_hold = "2 h"
max_hold = { limit = "24 h" }
hold = { rate = "0.003 1/h", size_exponent = 1.0 }
[unit_procedure.parameters]
concentration_factor = 10

[[unit_procedure]]
id = "fill"
operation = "vial_filling"
[unit_procedure.parameters]
fill_volume = "1 mL/vial"

[[assay]]
id = "nanoparticle_tracking"
repeatability = "6 %"

[[attribute]]
id = "purity"
measure = "particles_per_protein"
limits = { at_least = "1e6 particle/ug" }
assay = "nanoparticle_tracking"

[sources]
ours = { text = "measured here" }
"""
FILE = "scenario.toml"
MAKES_CELLS = (
    "cell_detachment", "cell_thaw", "cell_wash", "leukapheresis", "planar_expansion", "planar_passage",
    "suspension_passage",
)  # fmt: skip
"""Operations that hand on cells and no vesicles."""
PROBLEM_KEYS = ["file", "line", "column", "path", "problem", "got", "expected", "nearest"]


def changed(old: str, new: str, text: str = BASE) -> str:
    """Return the scenario with one line replaced; the old line must be there exactly once."""
    lines = text.splitlines()
    assert lines.count(old) == 1, old
    lines[lines.index(old)] = new
    return "\n".join(lines) + "\n"


def of_operation(operation: str, *lines: str) -> str:
    """Return a scenario with a procedure "step" of an operation with parameter lines, fed with what it needs."""
    head = BASE.partition("\n[[unit_procedure]]")[0] + "\n"
    before = "planar_expansion" if catalog()[operation].needs == "viable_cells" else "conditioned_medium"
    first = "" if catalog()[operation].source else _procedure("before", before)
    last = _procedure("after", "hollow_fiber_culture") if operation in MAKES_CELLS else ""
    parameters = "[unit_procedure.parameters]\n" + "\n".join(lines) + "\n"
    return head + first + _procedure("step", operation) + parameters + last


def _procedure(id: str, operation: str) -> str:
    return f'\n[[unit_procedure]]\nid = "{id}"\noperation = "{operation}"\n'


def line_of(text: str, start: str) -> int:
    """Return the number of the last line that begins with `start`."""
    return max(number for number, line in enumerate(text.splitlines(), 1) if line.startswith(start))


@dataclass(frozen=True)
class Answer:
    """What a command gave back."""

    code: int
    out: str
    err: str

    def document(self) -> Any:
        """Return standard output as JSON; NaN and infinity are no JSON."""

        def refuse(constant: str) -> None:
            raise AssertionError(constant)

        return json.loads(self.out, parse_constant=refuse)


class Door:
    """The command line in an empty folder of its own."""

    def __init__(self, capfd: pytest.CaptureFixture[str], folder: Path) -> None:
        self._captured = capfd
        self.folder = folder

    def run(self, *arguments: str) -> Answer:
        """Run a command; nothing that a person sees may be a traceback, a Python type or a word of pydantic."""
        code = main(arguments)
        out, err = self._captured.readouterr()
        for word in ("Traceback", "pydantic", "<class", "datetime", "{'", "['", "NoneType", "Errno"):
            assert word not in err, err
        return Answer(code, out, err)

    def write(self, content: str | bytes, name: str = FILE) -> Path:
        """Write a scenario file."""
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def check(self, content: str | bytes, *options: str) -> Answer:
        """Check a scenario text."""
        self.write(content)
        return self.run("check", FILE, *options)

    def refused(self, content: str | bytes, *options: str, code: int = 3) -> str:
        """Check a text that is refused, and return the message; nothing else may have been written."""
        answer = self.check(content, *options)
        assert answer.code == code, answer
        assert answer.out == ""
        assert [path.name for path in self.folder.iterdir()] == [FILE]
        return answer.err
