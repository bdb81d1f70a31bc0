"""Commands that answer in words and run nothing: `cite`, `describe`, `new`, `schema`.

As in :mod:`exosim.cli`, everything heavy is imported inside the commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from exosim.command_options import load_scenario, note, print_json, scenario_options
from exosim.errors import ModelError, Problem, UsageError, printable, shortened, unknown
from exosim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from exosim.parameter import Parameter

_DEFAULT_TEMPLATE = "minimal"
_ALL_PRICES = "prices"


@click.command()
@scenario_options
def cite(scenario: str, changes: dict[str, Any], as_json: bool, quiet: bool, max_file_size: int) -> None:
    """Print what to cite for SCENARIO as BibTeX: its sources, exosim and the numerical libraries that run it.

    The sources are exactly those that its ledger uses.
    """
    from exosim.bibliography import bibtex, entries, uncited

    loaded = load_scenario(scenario, changes, max_file_size)
    if as_json:
        named = {"name": loaded.name, "hash": loaded.hash}
        found = {"entries": [entry.as_dict() for entry in entries(loaded)], "uncited": uncited(loaded)}
        print_json({"form": "exosim.cite/1", "version": __version__, "scenario": named, **found})
        return
    click.echo(bibtex(loaded), nl=False)
    if not quiet:
        told = ", ".join(f"{count} of {key}" for key, count in uncited(loaded).items())
        note(f"parameters without a work to cite: {told or 'none'}")


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print exactly one JSON document.")
def describe(name: str | None, as_json: bool) -> None:
    """Tell what an operation does: model, equations, assumptions, validity, parameters, consumables, limits.

    NAME is an operation, a section such as product.ev_size or study, one parameter or key of either, such as
    depth_filtration.flux, or a price of the shipped list, such as media_stempro_sf. Without NAME all operations are
    listed; "prices" lists the prices.
    """
    from exosim.description import SECTIONS, describe_operation, methods_of, parameter_dict, summary
    from exosim.operations import catalog
    from exosim.parameter import declared
    from exosim.price_catalog import prices
    from exosim.schema_words import WORDED

    if name is not None and (name == _ALL_PRICES or name in prices()):
        _describe_price(name, as_json)
        return
    if name is not None and (name in WORDED or name.rpartition(".")[0] in WORDED):
        _describe_keys(name, as_json)
        return
    if name is None:
        summaries = {key: summary(operation) for key, operation in catalog().items()}
        if as_json:
            print_json(_document({"operations": summaries, "sections": [*SECTIONS, *WORDED]}))
        else:
            from exosim.console_words import print_operations

            print_operations(summaries, [*SECTIONS, *WORDED])
        return
    owner, parameter = _found(name)
    if parameter is not None and as_json:
        print_json(_document({"name": name, "parameter": parameter_dict(parameter)}))
    elif as_json and owner in SECTIONS:
        parameters = {key: parameter_dict(found) for key, found in declared(SECTIONS[owner]).items()}
        known = methods_of(owner)
        print_json(_document({"name": owner, "parameters": parameters, **({"methods": known} if known else {})}))
    elif as_json:
        print_json(_document({"operation": describe_operation(owner).as_dict()}))
    else:
        _print_description(name, owner, parameter)


def _document(content: dict[str, Any]) -> dict[str, Any]:
    return {"form": "exosim.describe/1", "version": __version__, **content}


def _describe_price(name: str, as_json: bool) -> None:
    """Print one price of the shipped list, or all."""
    from dataclasses import asdict

    from exosim.price_catalog import prices

    if as_json and name == _ALL_PRICES:
        print_json(_document({"prices": {key: asdict(price) for key, price in prices().items()}}))
    elif as_json:
        print_json(_document({"price": asdict(prices()[name])}))
    else:
        from exosim import console_prices

        if name == _ALL_PRICES:
            console_prices.print_prices(prices().values())
        else:
            console_prices.print_price(prices()[name])


def _describe_keys(name: str, as_json: bool) -> None:
    """Print what the keys of a section without declared numbers mean, or one of them."""
    from exosim.schema_words import WORDED, WORDS

    section, _, key = (name, "", "") if name in WORDED else name.rpartition(".")
    words = WORDS[WORDED[section]]
    if key and key not in words:
        raise UsageError(unknown(f"key of {section}", key, words))
    told = {key: words[key]} if key else dict(words)
    if as_json:
        print_json(_document({"name": name, "keys": told}))
    else:
        from exosim.console_words import print_keys

        holder, _, own = section.rpartition(".")
        print_keys(section, WORDS[WORDED.get(holder, "ScenarioTable")][own], told)


def _print_description(name: str, owner: str, parameter: Parameter | None) -> None:
    from exosim import console_words
    from exosim.description import SECTIONS, describe_operation, methods_of
    from exosim.parameter import declared

    if parameter is not None:
        console_words.print_parameter(name, parameter)
    elif owner in SECTIONS:
        doc = (SECTIONS[owner].__doc__ or "").partition("\n")[0]
        console_words.print_section(owner, doc, declared(SECTIONS[owner]), methods_of(owner))
    else:
        console_words.print_operation(describe_operation(owner))


def _found(name: str) -> tuple[str, Parameter | None]:
    """Return the operation or section that is meant, and its parameter when one is."""
    from exosim.description import SECTIONS
    from exosim.operations import catalog
    from exosim.parameter import declared

    owners: dict[str, type[Any]] = {**catalog(), **SECTIONS}
    if name in owners:
        return name, None
    owner, _, key = name.rpartition(".")
    refusal = catalog().refusal(name) or catalog().refusal(owner)
    if refusal is not None:
        raise ModelError(Problem(refusal))
    if owner not in owners:
        raise UsageError(_unknown_name(name, owners))
    parameters = declared(owners[owner])
    if key not in parameters:
        raise UsageError(unknown(f"parameter of {owner}", key, parameters))
    return owner, parameters[key]


def _unknown_name(name: str, owners: Mapping[str, Any]) -> Problem:
    """Return the problem of a name that nothing has; a price is told as the nearest where nothing else is as near."""
    from exosim.errors import nearest_name
    from exosim.price_catalog import prices
    from exosim.schema_words import WORDED

    known = [*owners, *WORDED]
    nearest = nearest_name(name, (*known, *prices()))
    if nearest in prices():
        expected = "a price, of which exosim describe prices lists all, or an operation or section"
        return Problem(f'unknown name "{shortened(name)}"', expected=expected, nearest=nearest)
    return unknown("operation or section", name, known)


@click.command()
@click.argument("name", metavar="[NAME]", required=False)
@click.option(
    "--from",
    "template",
    default=_DEFAULT_TEMPLATE,
    show_default=True,
    metavar="TEMPLATE",
    help="Scenario to begin from.",
)
@click.option("--list", "listed", is_flag=True, help="List the templates and write nothing.")
def new(name: str | None, template: str, listed: bool) -> None:
    """Write NAME.toml, a scenario to begin from. No file is ever overwritten."""
    from exosim.templates import begin, templates

    if listed:
        from exosim.console_words import print_templates

        print_templates(templates().values())
        return
    if name is None:
        raise UsageError(Problem("a name is missing", expected="exosim new my_process, or exosim new --list"))
    written = begin(name, template)
    for path in written:
        click.echo(printable(str(path)))
    click.echo(f"next: exosim check {printable(str(written[0]))}", err=True)


@click.command()
def schema() -> None:
    """Print the JSON Schema of scenario files, for editors: exosim schema > exosim.schema.json.

    An editor that knows TOML (such as one with the language server tombi) then completes and explains the keys of
    every scenario that begins with the line "#:schema exosim.schema.json" in the same folder.
    """
    from exosim.json_schema import scenario_schema

    print_json(scenario_schema())
