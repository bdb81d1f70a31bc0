"""Begin a scenario from a template: the scenarios that exosim ships travel in its wheel.

In an installed exosim they lie in the folder ``templates`` of the package, in a checkout in ``scenarios`` beside it.
"""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from pathlib import Path

from exosim.errors import FileError, Problem, UsageError, shortened, unknown
from exosim.table_base import LONGEST_NAME
from exosim.toml_source import TomlSource, parse_toml
from exosim.variants import split_name

_PACKAGE = Path(__file__).parent
_FOLDERS = (_PACKAGE / "templates", _PACKAGE.parent / "scenarios")
_SUFFIX = ".toml"
_COMMENT = re.compile(r"# ?(.*)")


@dataclass(frozen=True, slots=True)
class Template:
    """A scenario to begin from: its name, and the sentences at its head."""

    name: str
    about: str
    path: Path


def templates() -> dict[str, Template]:
    """Return the templates by name.

    Raises
    ------
    FileError
        when the installation has none.
    """
    folder = next((folder for folder in _FOLDERS if folder.is_dir()), None)
    if folder is None:
        raise FileError(Problem("this installation of exosim has no templates", expected="pip install exosim-ev"))
    return {path.stem: Template(path.stem, _about(path), path) for path in sorted(folder.glob(f"*{_SUFFIX}"))}


def begin(name: str, template: str) -> list[Path]:
    """Write a scenario called `name` from a template, with what it extends beside it; return the paths.

    Raises
    ------
    UsageError
        when there is no such template or the name cannot be one.
    FileError
        when a file is there already or cannot be written; nothing is then written.
    """
    known = templates()
    if template not in known:
        raise UsageError(unknown("template", template, known))
    target = Path(name if name.endswith(_SUFFIX) else f"{name}{_SUFFIX}")
    if not target.stem or target.stem == _SUFFIX or len(target.stem) > LONGEST_NAME or not target.stem.isprintable():
        raise UsageError(Problem("this is no name for a scenario", got=shortened(name), expected="a name such as mine"))
    content = {target: _renamed(known[template].path, target.stem)}
    content |= {target.with_name(base.name): base.read_text(encoding="utf-8") for base in _bases(known[template].path)}
    missing = {path: text for path, text in content.items() if path == target or not _is_there(path, text)}
    _write(missing)
    return list(missing)


def _about(path: Path) -> str:
    """Return the comment at the head of a file as one line."""
    sentences = []
    for line in path.read_text(encoding="utf-8").splitlines():
        found = _COMMENT.fullmatch(line)
        if line.startswith("#:"):
            continue
        if found is None or not found[1].strip():
            break
        sentences.append(found[1].strip())
    return " ".join(sentences)


def _source(path: Path) -> TomlSource:
    return parse_toml(path.read_bytes(), path.name)


def _bases(path: Path) -> list[Path]:
    """Return the files that a template extends or takes a product from, and so on, the nearest first."""
    found: list[Path] = []
    wanted = _named(path)
    while wanted:
        path = wanted.pop(0)
        if path not in found:
            found.append(path)
            wanted += _named(path)
    return found


def _named(path: Path) -> list[Path]:
    """Return the files that a scenario names."""
    data = _source(path).data
    campaigns = data.get("campaign", [])
    listed = campaigns if isinstance(campaigns, list) else [campaigns]
    names = [data.get("extends"), *(campaign.get("scenario") for campaign in listed)]
    return [path.with_name(split_name(name)[0]) for name in names if name is not None]


def _renamed(path: Path, name: str) -> str:
    """Return the text of a template with another name in the place of its own."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    line = _source(path).lines[("name",)] - 1
    lines[line] = re.sub(r"=.*", lambda _: f"= {json.dumps(name, ensure_ascii=False)}", lines[line].rstrip("\n")) + "\n"
    return "".join(lines)


def _is_there(path: Path, text: str) -> bool:
    """Return whether a base lies there already; another file of that name is never replaced."""
    if not path.exists():
        return False
    try:
        same = path.read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        same = False
    if not same:
        expected = "another folder: the template extends a scenario of this name"
        raise FileError(Problem("another file of this name is there already", file=str(path), expected=expected))
    return True


def _write(content: dict[Path, str]) -> None:
    """Write new files, all or none."""
    written: list[Path] = []
    try:
        for path, text in content.items():
            with path.open("x", encoding="utf-8", newline="\n") as file:
                written.append(path)
                file.write(text)
    except BaseException as error:
        for path in written:
            with contextlib.suppress(OSError):
                path.unlink()
        if isinstance(error, OSError | ValueError):
            raise _unwritable(path, error) from None
        raise


def _unwritable(path: Path, error: Exception) -> FileError:
    if isinstance(error, FileExistsError):
        problem, expected = "there is a file of this name already, and it is never overwritten", "another name"
    elif isinstance(error, FileNotFoundError):
        problem, expected = f"there is no such folder: {shortened(str(path.parent), 400)}", "a folder that exists"
    else:
        reason = getattr(error, "strerror", None) or shortened(str(error))
        problem, expected = f"cannot be written: {reason}", "a place that can be written"
    return FileError(Problem(problem, file=str(path), expected=expected))
