"""Pages of the unit operations, of the sections with numbers, and of the sources: all from the declarations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markdown_parts import contents, plain, table

from exosim import units
from exosim.description import SECTIONS, OperationDescription, describe_operation, summary
from exosim.operations import catalog
from exosim.parameter import ASSUMPTION, GRADES, Parameter, declared
from exosim.references import references


def pages() -> dict[str, str]:
    """Return the pages by file."""
    own = {f"operations/{name}.md": "\n\n".join(_operation(describe_operation(name))) + "\n" for name in catalog()}
    return {"operations/index.md": _operations(), **own, "sections.md": _sections(), "sources.md": _sources()}


def _operations() -> str:
    rows = [[f"[`{name}`]({name}.md)", plain(summary(operation))] for name, operation in catalog().items()]
    side_by_side = "Side by side they stand in the [table of operations](../../reference/operations.md)."
    told = f"Written from the declarations, as `exosim describe` tells them. {side_by_side}"
    return "\n\n".join(["# Operations in full", told, table(["operation", "in one line"], rows), contents(*catalog())])


def _operation(about: OperationDescription) -> Iterator[str]:
    yield f"# {about.name}"
    yield plain(about.summary)
    assumed = f"{len(about.assumed)} of {len(about.parameters)} parameters are assumptions." if about.assumed else ""
    parts = {
        "Model": about.model,
        "Assumptions": about.assumptions,
        "Validity": about.validity,
        "Notes": about.notes,
        "Sources": about.sources,
    }
    for title, text in parts.items():
        if text:
            yield f"**{title}:** {plain(text)}"
    yield "## Parameters"
    yield " ".join(part for part in (assumed, "A scenario gives them under `[unit_procedure.parameters]`.") if part)
    yield _parameters(about.parameters)
    yield "## What comes out"
    yield table(["", ""], _facts(about))
    if about.equations:
        yield "## Equations"
        yield "Set in type, with more words, under [equations](../../explanation/equations.md)."
    for module, text in about.equations.items():
        yield f"### exosim.physics.{module}"
        yield f"```text\n{text}\n```"
    if about.references:
        yield "## References"
        yield _references(about.references)


def _facts(about: OperationDescription) -> Iterator[list[str]]:
    facts = {
        "feed": about.feed,
        "phases": ", ".join(about.phases),
        "loss channels": ", ".join(about.losses),
        "limits": "; ".join(about.limits),
        "consumables": ", ".join(f"{key} [{unit}]" for key, unit in about.consumables.items()),
    }
    for name, value in facts.items():
        yield [name, plain(value or "none")]


def _parameters(parameters: Mapping[str, Parameter]) -> str:
    head = ["parameter", "default", "plausible", "meaning", "grade and source"]
    return table(head, (_row(name, parameter) for name, parameter in parameters.items()))


def _row(name: str, parameter: Parameter) -> list[str]:
    default = "none" if parameter.default is None else units.show(parameter.default, parameter.unit)
    plausible = f"{units.show(parameter.low, '1')} to {units.show(parameter.high, parameter.unit)}"
    kinds = {
        "critical process parameter": parameter.critical,
        "one number": parameter.planned,
        "people decide it": parameter.decided,
    }
    told = [parameter.doc, *(kind for kind, holds in kinds.items() if holds)]
    cells = [default, plausible, "; ".join(told)]
    return [f"`{name}`", *map(plain, cells), f"{parameter.grade} `{parameter.source}`"]


def _references(cited: Mapping[str, str]) -> str:
    return "\n".join(f"- `{key}`: {plain(text)}" for key, text in cited.items())


def _sections() -> str:
    parts = ["# Numbers of the sections", "Every number that a section of a scenario declares, besides the operations."]
    for name, owner in SECTIONS.items():
        parts += [f"## {name}", plain((owner.__doc__ or "").partition("\n")[0]), _parameters(declared(owner))]
    return "\n\n".join(parts) + "\n"


def _sources() -> str:
    grades = [[grade, meaning] for grade, meaning in GRADES.items()]
    rows = ([f"`{key}`", plain(source.citation()), plain(source.checked)] for key, source in references().items())
    told = f"Every number has a source or is an `{ASSUMPTION}`, and a grade that says how far the source was read."
    parts = ["# Sources", told, table(["grade", "meaning"], grades)]
    return "\n\n".join([*parts, table(["key", "source", "what was compared"], rows)]) + "\n"
