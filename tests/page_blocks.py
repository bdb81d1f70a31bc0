"""Does what stands in the code blocks of a page, in order, as a reader would.

- ```` ```python ```` runs, all blocks in one namespace; a second word such as ``sketch`` marks what only shows a shape.
- ```` ```console ````: lines ``$ exosim ...`` run. Lines below a command are output that must appear in that order, but
  for the width of columns and the hash in the name of a folder; ``…`` stands for what is left out. Where no output is
  shown, a command runs on few draws.
  ```` ```console refused ```` shows a command that ends with a problem.
- ```` ```toml NAME.toml ```` or ```` ```text NAME.csv ```` is written under that name first.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from exosim.cli import main

BLESS = os.environ.get("EXOSIM_BLESS") == "1"
_FENCE = re.compile(r"^```(\w+)[ \t]*([^\n]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_NUMBER = re.compile(r"-?\d[\d.,]*(e-?\d+)?")
_COMMENT = re.compile(r"\s#\s.*")  # not the # of FILE#name
_HASH = re.compile(r"-[0-9a-f]{8}-s(?=\d)")
_LEFT_OUT = "…"
_FEW = {
    "yield": {"--draws": "300"},
    "compare": {"--draws": "300"},
    "run": {"--replications": "2"},
    "bottleneck": {"--replications": "2"},
    "cost": {"--replications": "2"},
    "report": {"--draws": "300"},
    "scale": {"--confirm": "0"},
    "sweep": {"--draws": "100", "--replications": "1"},
    "space": {"--draws": "100", "--replications": "1", "--grid": "3"},
    "sensitivity": {"--draws": "100", "--replications": "1"},
    "front": {"--draws": "100", "--replications": "1", "--generations": "2"},
    "target": {"--draws": "100", "--replications": "1", "--evaluations": "72"},
    "study": {"--draws": "100", "--replications": "1"},
}
"""Options that quicken each command."""


@dataclass
class Command:
    """A command of a console block with the output shown below it."""

    line: str
    shown: list[str] = field(default_factory=list)

    def arguments(self) -> tuple[list[str], str | None]:
        """Return the arguments of `exosim`, quickened where no output is shown, and the file that takes the output."""
        words = shlex.split(_COMMENT.sub("", self.line))[1:]
        into = None
        if ">" in words:
            words, into = words[: words.index(">")], words[words.index(">") + 1]
        if not self.shown:
            for option, few in _few(words).items():
                if option not in words:
                    words += [option, few]
                elif "--out" not in words:  # no later command reads what comes of it
                    words[words.index(option) + 1] = few
        return words, into


def _few(words: list[str]) -> dict[str, str]:
    """Return the options that quicken a command; what was run before has its draws or replications."""
    if words[:1] in (["compare"], ["report"], ["cost"]) and any(Path(word).is_dir() for word in words):
        return {}
    return _FEW["run"] if "--run" in words else _FEW.get(words[0] if words else "", {})


def commands(block: str) -> Iterator[Command]:
    """Yield the commands of a console block; those of other programs too."""
    found: Command | None = None
    for line in block.splitlines():
        if line.startswith("$ "):
            if found:
                yield found
            found = Command(line[2:])
        elif found:
            found.shown.append(line)
    if found:
        yield found


def run_page(text: str, name: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Do what the blocks of a page say, in the current folder; return the page, with current output when blessing."""
    namespace: dict[str, object] = {}
    for language, word, block in _FENCE.findall(text):
        if language == "python" and not word:
            exec(compile(block, name, "exec"), namespace)
        elif language == "console":
            text = text.replace(block, _run_console(block, refused=word == "refused", capsys=capsys))
        elif language in ("toml", "text") and word.endswith((".toml", ".csv")):
            Path(word).write_text(block, encoding="utf-8")
    return text


def _run_console(block: str, *, refused: bool, capsys: pytest.CaptureFixture[str]) -> str:
    current = []
    for command in commands(block):
        current.append(f"$ {command.line}")
        if command.line.split()[0] != "exosim":
            current += command.shown
            continue
        arguments, into = command.arguments()
        capsys.readouterr()
        code = main(arguments)
        output = capsys.readouterr()
        assert (code != 0) == refused, f"{command.line}: code {code}\n{output.err}"
        if into:
            Path(into).write_text(output.out, encoding="utf-8")
        current += _compared(command, (output.out + output.err).splitlines())
    return "\n".join(current) + "\n"


def _compared(command: Command, output: list[str]) -> list[str]:
    """Return the lines shown below a command, as they are now; fail where they are not current."""
    current, rest = [], list(output)
    for line in command.shown:
        if not line.strip() or line.strip() == _LEFT_OUT:
            current.append(line)
            continue
        alike = _without_numbers if BLESS else _without_widths
        place = next((index for index, found in enumerate(rest) if alike(found) == alike(line)), None)
        assert place is not None, f"{command.line}\ndoes not print, in this order:\n{line}\nbut\n" + "\n".join(output)
        current.append(rest[place].rstrip() if _without_widths(rest[place]) != _without_widths(line) else line)
        rest = rest[place + 1 :]
    return current


def _without_widths(line: str) -> str:
    return _HASH.sub("-#-s", re.sub(r"─+", "─", " ".join(line.split())))


def _without_numbers(line: str) -> str:
    return _NUMBER.sub("#", _without_widths(line))
