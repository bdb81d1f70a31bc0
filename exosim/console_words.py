"""Descriptions on the terminal: operations, parameters, templates."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping

from rich.table import Table
from rich.text import Text

from exosim import units
from exosim.console_base import new_console, table_lines
from exosim.description import OperationDescription, cited
from exosim.parameter import GRADES, Parameter
from exosim.references import references
from exosim.templates import Template

_WIDTH = 100


def print_operations(summaries: Mapping[str, str], sections: Iterable[str]) -> None:
    """Print what there is to describe: operations with their first line, and sections."""
    console = new_console()
    table = Table(box=table_lines(), pad_edge=False)
    for title in ("operation", "in one line"):
        table.add_column(title, overflow="fold")
    for name, summary in summaries.items():
        table.add_row(Text(name), Text(summary))
    console.print(table)
    console.print(Text("sections: " + ", ".join(sections)))
    console.print(Text("exosim describe OPERATION, OPERATION.PARAMETER, SECTION or SECTION.KEY tells more"))


def print_operation(about: OperationDescription) -> None:
    """Print everything about one operation."""
    console = new_console()
    console.print(Text(about.name, style="bold"))
    console.print(Text(_wrapped(about.summary)))
    parts = {
        "plug-in": about.brought_by,
        "model": about.model,
        "assumptions": "\n\n".join(part for part in (about.assumptions, _assumed(about)) if part),
        "validity": about.validity,
        "notes": about.notes,
        "sources": about.sources,
        "feed": about.feed,
        "phases": ", ".join(about.phases),
        "loss channels": ", ".join(about.losses),
        "limits": "; ".join(about.limits),
        "a larger lot": _larger(about),
        "effects that `without` switches off": ", ".join(about.effects),
        **{f"presets: {kind}": ", ".join(keys) for kind, keys in about.presets.items()},
        "consumables": ", ".join(f"{key} [{unit}]" for key, unit in about.consumables.items()),
    }
    for title, text in parts.items():
        if text:
            console.print(Text(f"\n{title}", style="bold"))
            console.print(Text(textwrap.indent("\n\n".join(map(_wrapped, text.split("\n\n"))), "  ")))
    for module, text in about.equations.items():
        console.print(Text(f"\nequations: exosim.physics.{module}", style="bold"))
        console.print(Text(textwrap.indent(text, "  ")), soft_wrap=True)
    print_parameters(about.parameters)
    _print_references(about.references)


def print_parameters(parameters: Mapping[str, Parameter]) -> None:
    """Print declared parameters as a table: default, unit, range, meaning, source and grade."""
    table = Table(box=table_lines(), pad_edge=False)
    for title in ("parameter", "default", "unit", "plausible"):
        table.add_column(title, no_wrap=True)
    table.add_column("meaning")
    table.add_column("grade")
    table.add_column("source", no_wrap=True)
    for name, parameter in parameters.items():
        plausible = f"{units.show(parameter.low, '1')} to {units.show(parameter.high, '1')}"
        unit = "" if parameter.unit == "1" else parameter.unit
        cells = (name, _default(parameter), unit, plausible, _meaning(parameter), parameter.grade, parameter.source)
        table.add_row(*map(Text, cells))
    new_console().print(table)


def print_parameter(address: str, parameter: Parameter) -> None:
    """Print everything about one parameter."""
    console = new_console()
    console.print(Text(address, style="bold"))
    bounds = "0 or above" if parameter.minimum == 0.0 else f"at least {parameter.minimum:g}"
    bounds += "" if parameter.maximum == float("inf") else f", at most {parameter.maximum:g}"
    source = references().get(parameter.source)
    told = {
        "meaning": _meaning(parameter),
        "unit": "none: a plain number" if parameter.unit == "1" else parameter.unit,
        "default": _default(parameter),
        "plausible": parameter.range_text,
        "bounds": bounds,
        "source": source.citation() if source is not None else parameter.source,
        "checked": source.checked if source is not None else "",
        "grade": f"{parameter.grade}: {GRADES[parameter.grade]}",
    }
    for title, text in told.items():
        if text:
            console.print(Text(f"  {title:<10} {text}"), soft_wrap=True)


def print_section(
    name: str, doc: str, parameters: Mapping[str, Parameter], methods: Mapping[str, str] | None = None
) -> None:
    """Print the declared numbers of a section, and the methods that it knows by key."""
    new_console().print(Text(f"{name}: {doc}", style="bold"))
    print_parameters(parameters)
    if methods:
        table = Table(box=table_lines(), pad_edge=False)
        for title in ("method", "what it is"):
            table.add_column(title)
        for key, about in methods.items():
            table.add_row(Text(key), Text(about))
        new_console().print(table)
    _print_references(cited(parameters))


def print_keys(name: str, doc: str, keys: Mapping[str, str]) -> None:
    """Print what the keys of a section mean that has no declared numbers."""
    console = new_console()
    console.print(Text(f"{name}: {doc}", style="bold"))
    table = Table(box=table_lines(), pad_edge=False)
    for title in ("key", "meaning"):
        table.add_column(title)
    for key, about in keys.items():
        table.add_row(Text(key), Text(about))
    console.print(table)


def print_templates(templates: Iterable[Template]) -> None:
    """Print the templates with the sentences at their head."""
    table = Table(box=table_lines(), pad_edge=False)
    for title in ("template", "what it is, and its question"):
        table.add_column(title)
    for template in templates:
        table.add_row(Text(template.name), Text(template.about))
    new_console().print(table)


def _print_references(found: Mapping[str, str]) -> None:
    for key, citation in found.items():
        new_console().print(Text(f"{key}: {citation}"), soft_wrap=True)


def _larger(about: OperationDescription) -> str:
    """Return what grows with a lot, and what makes it take longer."""
    grows = f"{', '.join(about.grows)} {'grows' if len(about.grows) == 1 else 'grow'} with it" if about.grows else ""
    longer = f"it takes longer, limited by the {about.takes_longer}" if about.takes_longer else ""
    return "; ".join(part for part in (grows, longer) if part)


def _assumed(about: OperationDescription) -> str:
    if not about.assumed:
        return ""
    return f"{len(about.assumed)} of {len(about.parameters)} parameters are assumptions: {', '.join(about.assumed)}"


def _default(parameter: Parameter) -> str:
    return "none" if parameter.default is None else units.show(parameter.default, "1")


def _meaning(parameter: Parameter) -> str:
    kinds = {
        "critical process parameter": parameter.critical,
        "one number": parameter.planned,
        "people decide it": parameter.decided,
        "whole number": parameter.whole,
        "step recovery": parameter.recovery,
    }
    told = ", ".join(kind for kind, holds in kinds.items() if holds)
    return parameter.doc + (f" ({told})" if told else "")


def _wrapped(text: str) -> str:
    return textwrap.fill(text, _WIDTH)
