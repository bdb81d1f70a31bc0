"""TOML data as a tree whose every value knows its file and line, so that files can be joined and stay traceable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, TypeAlias

from exosim.toml_source import KeyPath, TomlSource


@dataclass(frozen=True, slots=True)
class Node:
    """A value and where it stands; tables and lists hold nodes."""

    value: Any
    file: str
    line: int | None

    @property
    def table(self) -> Table:
        """The nodes of a table by key; empty when this is none."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Node]:
        """The nodes of a list; empty when this is none."""
        return self.value if isinstance(self.value, list) else []

    def text(self, key: str) -> str | None:
        """Return the text at a key of a table, or None."""
        found = self.table.get(key)
        return found.value if found is not None and isinstance(found.value, str) else None

    def holding(self, value: Any) -> Node:
        """Return a node at the same place that holds something else."""
        return Node(value, self.file, self.line)


Table: TypeAlias = dict[str, Node]


def tree(source: TomlSource) -> Node:
    """Return the data of a source as a tree; what has no line of its own has that of what it stands in."""

    def node(value: Any, path: KeyPath) -> Node:
        file, line = source.place(path)
        if isinstance(value, dict):
            return Node({key: node(inner, (*path, key)) for key, inner in value.items()}, file, line)
        if isinstance(value, list):
            return Node([node(inner, (*path, index)) for index, inner in enumerate(value)], file, line)
        return Node(value, file, line)

    return node(source.data, ())


def plain(node: Node) -> Any:
    """Return the data of a tree."""
    if isinstance(node.value, dict):
        return {key: plain(inner) for key, inner in node.value.items()}
    if isinstance(node.value, list):
        return [plain(inner) for inner in node.value]
    return node.value


def places(node: Node, path: KeyPath = ()) -> Iterator[tuple[KeyPath, Node]]:
    """Yield every node with its key path, the root first."""
    yield path, node
    inner = node.table.items() if isinstance(node.value, dict) else enumerate(node.items)
    for key, below in inner:
        yield from places(below, (*path, key))


def source_of(root: Node, name: str) -> TomlSource:
    """Return the source that a tree stands for; messages call it `name`."""
    found = {path: node for path, node in places(root) if path and node.line is not None}
    lines = {path: node.line for path, node in found.items() if node.line is not None}
    files = {path: node.file for path, node in found.items() if node.file != name}
    return TomlSource(name, plain(root), MappingProxyType(lines), MappingProxyType(files))
