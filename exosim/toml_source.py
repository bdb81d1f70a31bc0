"""Read a TOML file with the line of every key, and say what is wrong in a person's words."""

from __future__ import annotations

import itertools
import os
import re
import stat
import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, BinaryIO

from exosim.errors import FileError, LimitError, Problem, ScenarioError, nearest_name, shortened
from exosim.toml_scanner import MAXIMUM_DEPTH, KeyPath, Scanner, complaint

__all__ = [
    "MAXIMUM_DEPTH",
    "MAXIMUM_MEBIBYTES",
    "KeyPath",
    "TomlSource",
    "binary_kind",
    "file_names",
    "parse_toml",
    "read_toml",
]

MAXIMUM_MEBIBYTES = 16

_MEBIBYTE = 1024**2
_NAMES_LOOKED_AT = 1000
_ENDING = ".toml"
_SIGNATURES = {
    b"PK\x03\x04": "a zip archive, such as an .xlsx or .docx file",
    b"\xd0\xcf\x11\xe0": "an old Office file, such as .xls",
    b"%PDF": "a PDF file",
    b"\x89PNG": "a picture",
    b"\xff\xd8\xff": "a picture",
    b"\x1f\x8b": "a gzip archive",
    b"\x89HDF": "an HDF5 file",
    b"\x93NUMPY": "a NumPy file",
    b"SQLite format 3\x00": "an SQLite file",
    b"\x7fELF": "a program",
}
_FOREIGN_FORMATS = {
    "JSON": re.compile(r'\s*+(?:\{|\[\s*+(?:\{|\n|"[^"\n]*+"\s*+,|-?[0-9]+(?:\.[0-9]+)?\s*+,))'),
    "YAML": re.compile(r"(?:\s++|#[^\n]*+)*+(?:%YAML|---\s|- |[\"']?[A-Za-z_][\w -]*+[\"']? ?:(?:\s|\Z))"),
    "XML": re.compile(r"\s*+<[?!A-Za-z]"),
}


@dataclass(frozen=True)
class TomlSource:
    """What a TOML file says, and where.

    Attributes
    ----------
    name : the file as messages show it: the path as typed, or ``<stdin>``
    data : what tomllib gives
    lines : the 1-based line of each key path; elements of arrays have integer indices, as in
        ``("unit_procedure", 0, "parameters", "flux")``
    files : the file of each key path that stands in another file than `name`, such as one that it extends
    """

    name: str
    data: dict[str, Any]
    lines: Mapping[KeyPath, int]
    files: Mapping[KeyPath, str] = field(default_factory=dict)

    def line(self, path: KeyPath) -> int | None:
        """Return the line of `path`, or else of the nearest enclosing path that is known."""
        return self.place(path)[1]

    def place(self, path: KeyPath) -> tuple[str, int | None]:
        """Return the file and the line of `path`, or else of the nearest enclosing path that is known."""
        for length in range(len(path), 0, -1):
            if path[:length] in self.lines:
                return self.files.get(path[:length], self.name), self.lines[path[:length]]
        return self.name, None


def read_toml(path: str | os.PathLike[str], *, maximum_mebibytes: float = MAXIMUM_MEBIBYTES) -> TomlSource:
    """Read the TOML file at `path`; ``-`` means the standard input.

    Raises
    ------
    FileError
        The file is missing or cannot be read.
    LimitError
        The file is larger than `maximum_mebibytes`.
    ScenarioError
        The content is not TOML, or it is empty.
    """
    typed = os.fspath(path)
    name = "<stdin>" if typed == "-" else typed
    try:
        content = _standard_input(maximum_mebibytes) if typed == "-" else _file_content(typed, maximum_mebibytes)
    except (OSError, ValueError) as error:
        raise _unreadable(typed, name, error) from None
    return parse_toml(content, name)


def parse_toml(content: bytes, name: str) -> TomlSource:
    """Parse the bytes of a TOML file; messages call it `name`.

    Raises
    ------
    ScenarioError
        The content is not TOML 1.0, or it is empty; it carries one problem.
    """
    text = _decoded(content, name)
    try:
        lines = Scanner(text, name).scan()
    except ScenarioError:
        _refuse_foreign_format(text, name)
        raise
    data = _parsed(text, name)
    if not data:
        smallest = "at least a name, a [product] table and one [[unit_procedure]] table"
        raise ScenarioError(Problem("the scenario is empty", file=name, expected=smallest))
    return TomlSource(name, data, MappingProxyType(lines))


def _standard_input(maximum_mebibytes: float) -> bytes:
    if not hasattr(sys.stdin, "buffer"):
        raise OSError("there is none")
    return _content(sys.stdin.buffer, "<stdin>", maximum_mebibytes)


def _file_content(typed: str, maximum_mebibytes: float) -> bytes:
    status = os.stat(typed)
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError
    if status.st_size > maximum_mebibytes * _MEBIBYTE:
        raise _too_large(typed, f"{status.st_size / _MEBIBYTE:.1f} MiB", maximum_mebibytes)
    with open(typed, "rb") as file:
        return _content(file, typed, maximum_mebibytes)


def _content(file: BinaryIO, name: str, maximum_mebibytes: float) -> bytes:
    """Read in pieces: a pipe or device has no size to look at, and one large read would reserve the whole limit."""
    pieces, size = [], 0
    while piece := file.read(_MEBIBYTE):
        pieces.append(piece)
        size += len(piece)
        if size > maximum_mebibytes * _MEBIBYTE:
            raise _too_large(name, f"more than {maximum_mebibytes:g} MiB", maximum_mebibytes)
    return b"".join(pieces)


def _too_large(name: str, size: str, maximum_mebibytes: float) -> LimitError:
    expected = f"at most {maximum_mebibytes:g} MiB; the option --max-file-size raises the limit"
    return LimitError(Problem("the file is too large", file=name, got=size, expected=expected))


def _unreadable(typed: str, name: str, error: Exception) -> FileError:
    if typed == "-":
        return FileError(Problem(f"the standard input cannot be read: {shortened(str(error))}", file=name))
    place = shortened(os.path.abspath(typed), 400)
    nearest = None
    if isinstance(error, FileNotFoundError):
        folder, wanted = os.path.split(os.path.abspath(typed))
        problem = "there is no such file" if os.path.isdir(folder) else "there is no such folder"
        nearest = _nearest_file(wanted, folder)
    elif isinstance(error, IsADirectoryError):
        problem = "this is a folder, not a file"
    elif isinstance(error, PermissionError):
        problem = "permission to read the file is denied"
    else:
        problem = f"the file cannot be read: {getattr(error, 'strerror', None) or shortened(str(error))}"
    shown = shortened(nearest) if nearest else None
    return FileError(Problem(f"{problem} (looked at {place})", file=name, nearest=shown))


def _nearest_file(wanted: str, folder: str) -> str | None:
    """Return the TOML file of a folder that was most likely meant; its ending alone makes no name alike."""
    found = {os.path.splitext(name)[0]: name for name in file_names(folder) if name.lower().endswith(_ENDING)}
    nearest = nearest_name(os.path.splitext(wanted)[0], found)
    return None if nearest is None else found[nearest]


def file_names(folder: str) -> list[str]:
    """Return the names of the files of a folder, for suggestions; empty when it cannot be read."""
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in itertools.islice(entries, _NAMES_LOOKED_AT) if entry.is_file()]
    except (OSError, ValueError):
        return []


def binary_kind(content: bytes) -> str | None:
    """Return what kind of binary file begins like `content`, in words, or None."""
    return next((kind for signature, kind in _SIGNATURES.items() if content.startswith(signature)), None)


def _decoded(content: bytes, name: str) -> str:
    kind = binary_kind(content)
    if kind is not None:
        raise ScenarioError(Problem("this is a binary file", file=name, got=kind, expected="a TOML text file"))
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ScenarioError(Problem("this is UTF-16 text; save as UTF-8", file=name, expected="a file saved as UTF-8"))
    start = content[:8192]
    if len(start.translate(None, bytes(range(9)) + bytes(range(14, 32)))) < 0.7 * len(start):
        raise ScenarioError(Problem("this is a binary file", file=name, expected="a TOML text file, saved as UTF-8"))
    mark = 3 if content.startswith(b"\xef\xbb\xbf") else 0
    try:
        return _with_line_feeds(content[mark:].decode("utf-8"))
    except UnicodeDecodeError as error:
        place = mark + error.start
        before = _with_line_feeds(content[mark:place].decode("utf-8"))
        kind = "this is a binary file" if b"\x00" in content else "this is not UTF-8 text; save as UTF-8"
        problem = f"{kind} (at byte offset {place})"
        got = f"the byte 0x{content[place]:02x}"
        raise complaint(before + "\ufffd", name, len(before), problem, "a file saved as UTF-8", got) from None


def _with_line_feeds(text: str) -> str:
    # Only a file without any line feed has carriage returns for line ends; elsewhere a lone one would hide text.
    return text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")


def _refuse_foreign_format(text: str, name: str) -> None:
    for kind, pattern in _FOREIGN_FORMATS.items():
        if pattern.match(text):
            expected = "TOML: lines such as key = value"
            raise ScenarioError(Problem(f"the file looks like {kind}; exosim reads TOML", file=name, expected=expected))


def _parsed(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        words = str(error)
        found = re.search(r"\(at line ([0-9]+), column ([0-9]+)\)", words)
        line = getattr(error, "lineno", None) or (int(found[1]) if found else 1)
        column = getattr(error, "colno", None) or (int(found[2]) if found else 1)
        start = 0
        for _ in range(line - 1):
            start = text.find("\n", start) + 1
        position = min(start + column - 1, len(text)) if "end of document" not in words else len(text)
        raise complaint(text, name, position, shortened(words.partition(" (at ")[0])) from None
