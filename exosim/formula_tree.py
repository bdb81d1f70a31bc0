"""The formula tree of a number: what it is computed from, down to the parameters with their sources.

A node has a value and either a formula over its children, or it is a leaf: a parameter, or a number that a model of
many equations gives, with its inputs in the order of their influence. What enters two formulas is one node.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from exosim import units
from exosim.formula import evaluate, in_print
from exosim.parameter import ASSUMPTION, PLAN

_DIGITS = 5
INPUTS = 5
"""How many inputs of a model are told in print; all are in the JSON document."""
_NEGLIGIBLE = 5e-4
_SEE = "see also"


@dataclass(frozen=True, slots=True)
class Input:
    """A parameter with what is known of it, and how much it matters.

    Attributes
    ----------
    path, value, unit : address, typical value and its unit
    told : the value as the ledger shows it, such as a distribution
    low, high : plausible range
    about : meaning
    origin, grade, source, citation : as in the ledger; the citation is that of the source
    influence : local elasticity d ln y / d ln x of what it is an input of; None where it has none, such as at 0
    """

    path: str
    value: float
    unit: str
    told: str
    low: float
    high: float
    about: str
    origin: str
    grade: str
    source: str
    citation: str = ""
    influence: float | None = None

    @property
    def assumed(self) -> bool:
        """Whether nothing but an assumption stands behind the value."""
        return self.source == ASSUMPTION

    def with_influence(self, influence: float | None) -> Input:
        """Return the parameter as an input of something that it influences so much."""
        return replace(self, influence=influence)

    def evidence(self) -> str:
        """Return what stands behind the value, in words."""
        if self.grade == PLAN:
            return "the scenario decides"
        text = "ASSUMPTION" if self.assumed else f"grade {self.grade}, {self.source}"
        return text if self.assumed or not self.citation else f"{text}: {self.citation}"

    def as_dict(self) -> dict[str, Any]:
        """Return the input as a JSON object."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"assumption": self.assumed}

    def __str__(self) -> str:
        span = f" [{units.show(self.low, '1')} to {units.show(self.high, '1')}]" if self.low < self.high else ""
        known = shown(self.value, self.unit) + (f" = {self.told}" if "(" in self.told else "")
        return f"{known}{span}; {self.evidence()}"


@dataclass(frozen=True, slots=True)
class Model:
    """A model of many equations: the operation that has it, in words, and the anchors of its equations."""

    operation: str
    about: str
    equations: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Return the model as a JSON object."""
        page = "docs/explanation/equations.md"
        return {"operation": self.operation, "about": self.about, "equations": [f"{page}#{a}" for a in self.equations]}


@dataclass(frozen=True)
class Node:
    """A number and where it comes from.

    Attributes
    ----------
    name, value, unit : such as ``fill.vesicles``; the value is None where there is none
    about : meaning, in words
    formula : over the symbols of `children`, and ``each`` for `series`; empty for a leaf
    children : by symbol
    series : values of the things that the formula goes over, such as one for each batch
    parameter : of a leaf that is a parameter
    model, inputs : of a leaf that a model gives; the most influential input first
    related : what tells more and is not in the formula
    """

    name: str
    value: float | None
    unit: str
    about: str = ""
    formula: str = ""
    children: Mapping[str, Node] = field(default_factory=dict)
    series: tuple[float, ...] = ()
    parameter: Input | None = None
    model: Model | None = None
    inputs: tuple[Input, ...] = ()
    related: tuple[Node, ...] = ()

    def computed(self) -> float:
        """Return the value of the formula on the values of the children.

        Raises
        ------
        ValueError
            when it has no formula, or a child has no value.
        """
        known = {symbol: child.value for symbol, child in self.children.items()}
        given = {symbol: value for symbol, value in known.items() if value is not None}
        return float(evaluate(self.formula, {**given, "each": self.series}))

    def walk(self) -> Iterator[Node]:
        """Yield every node once, this one first."""
        seen: set[int] = set()
        pending = [self]
        while pending:
            node = pending.pop()
            if id(node) not in seen:
                seen.add(id(node))
                yield node
                pending += reversed((*node.children.values(), *node.related))

    def as_dict(self) -> dict[str, Any]:
        """Return the node as a JSON object that names its children."""
        return {
            "name": self.name,
            "value": self.value,
            "unit": self.unit,
            "about": self.about,
            "formula": self.formula or None,
            "children": {symbol: child.name for symbol, child in self.children.items()},
            "series": list(self.series),
            "parameter": None if self.parameter is None else self.parameter.as_dict(),
            "model": None if self.model is None else self.model.as_dict(),
            "inputs": [one.as_dict() for one in self.inputs],
            "related": [node.name for node in self.related],
        }

    def __str__(self) -> str:
        return "\n".join("  " * line.depth + line.text for line in lines(self))


def under(prefix: str, root: Node, done: dict[int, Node] | None = None) -> Node:
    """Return a tree whose nodes all have names under a prefix, such as that of a product."""
    known = {} if done is None else done
    if id(root) not in known:
        children = {symbol: under(prefix, child, known) for symbol, child in root.children.items()}
        related = tuple(under(prefix, other, known) for other in root.related)
        known[id(root)] = replace(root, name=f"{prefix}.{root.name}", children=children, related=related)
    return known[id(root)]


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a tree in print: how deep it stands, its text, and whether it only tells more of the line above."""

    depth: int
    text: str
    detail: bool = False


def lines(root: Node, depth: int | None = None) -> Iterator[Line]:
    """Yield the lines of a tree; what was told is not told again.

    Parameters
    ----------
    depth : how many levels below the root are told; None for all
    """
    told: set[int] = set()
    pending: list[tuple[Node, int, str]] = [(root, 0, "")]
    while pending:
        node, level, symbol = pending.pop()
        below = (*node.children.items(), *((_SEE, other) for other in node.related))
        again = id(node) in told and bool(below or node.inputs)
        cut = depth is not None and level >= depth and bool(below)
        yield Line(level, headline(node, symbol) + (" (as above)" if again else " (more below)" if cut else ""))
        told.add(id(node))
        if again:
            continue
        yield from (Line(level + 1, text, True) for text in details(node))
        if not cut:
            pending += [(other, level + 1, key) for key, other in reversed(below)]


def headline(node: Node, symbol: str = "") -> str:
    """Return a node on one line: its name, value and formula."""
    name = node.name if symbol in ("", node.name) or node.name.endswith(f".{symbol}") else f"{symbol}: {node.name}"
    text = f"{name} = {shown(node.value, node.unit)}"
    if node.parameter is not None:
        return f"{name} = {node.parameter}"
    return f"{text} = {in_print(node.formula)}" if node.formula else text


def details(node: Node) -> Iterator[str]:
    """Yield what is told of a node below its line: its meaning, its model and the inputs that matter."""
    if node.about:
        yield f"({node.about})"
    if node.series:
        span = " to ".join(units.show(end, "1") for end in (min(node.series), max(node.series)))
        yield f"each: {len(node.series)} values, {span}" if len(node.series) > 1 else f"each: one value, {span}"
    if node.model is not None:
        pages = ", ".join(node.model.equations)
        yield f"model: {node.model.operation}" + (f"; equations of {pages}" if pages else "")
    matter = [one for one in node.inputs if one.influence is not None and abs(one.influence) > _NEGLIGIBLE]
    for one in matter[:INPUTS]:
        yield f"{one.influence:+.3g} %/% {one.path} = {one}"
    rest = len(node.inputs) - len(matter[:INPUTS])
    if rest:
        least = matter[INPUTS - 1].influence if len(matter) > INPUTS else None
        bound = _NEGLIGIBLE if least is None else abs(least)
        yield f"{rest} more inputs, none above {bound:.3g} %/%" if matter or not node.inputs else f"{rest} inputs"


def shown(value: float | None, unit: str) -> str:
    """Return a number with its unit."""
    return "none" if value is None else units.show(value, unit, _DIGITS)
