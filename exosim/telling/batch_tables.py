"""The tables of a yield: headlines, steps with their losses, every quantity, the specification, the two truths."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from exosim.quality import Attribute, in_words
from exosim.readings import ALL_ATTRIBUTES
from exosim.saved_yields import SavedYields
from exosim.scenario import Scenario
from exosim.summaries import Summary
from exosim.telling.cells import Cell, Table, called, number, percent, span, table
from exosim.titles import headline_title

_LOSS = "loss: "
_SPREAD = ("median", "5 to 95 %", "mean", "sd", "unit", "n")


def headlines(yields: SavedYields) -> Table:
    """Return the figures of a batch as a whole."""
    rows = [row for row in _whole(yields) if row.name not in _attributes(yields)]
    head = ("per started batch", *_SPREAD)
    return table("Figures of a batch", head, ((headline_title(row.name, yields), *_cells(row)) for row in rows))


def reported(yields: SavedYields) -> Table | None:
    """Return the attributes of the product as their assays report them; None where there are none."""
    rows = [row for row in _whole(yields) if row.name in _attributes(yields)]
    found = ((row.name, *_cells(row)) for row in rows)
    return table("Attributes, as their assays report them", ("attribute", *_SPREAD), found) if rows else None


def _whole(yields: SavedYields) -> list[Summary]:
    return [row for (_, step), row in yields.quantities.items() if step is None]


def _attributes(yields: SavedYields) -> set[str]:
    return {attribute.id for attribute in yields.scenario.declarations.attributes}


def _cells(row: Summary) -> tuple[Cell, ...]:
    if not row.n:
        return (number(None), "", "", "", f"none: {row.reason}", number(0.0))
    middle = (number(row.median), span(row.p5, row.p95), number(row.mean), number(row.sd))
    return (*middle, called(row.unit), number(float(row.n)))


def every_quantity(quantities: Mapping[tuple[str, str | None], Summary]) -> Table:
    """Return what is reported after each step, as it stands in the results."""
    rows = [row for (_, step), row in quantities.items() if step is not None]
    title = "Every quantity after every step"
    return table(title, ("step", "quantity", *_SPREAD), ((row.step or "", row.name, *_cells(row)) for row in rows))


def steps(quantities: Mapping[tuple[str, str | None], Summary], title: str) -> Table:
    """Return what each step hands on and what it loses, by channel: medians."""
    cells = not any(name == "vesicles" for name, _ in quantities)
    counted = "viable_cells" if cells else "vesicles"
    names = dict.fromkeys(step for _, step in quantities if step is not None)
    head = ("step", "hands on", "volume mL", "recovery", "so far", "time h", "losses, of what entered the step")
    return table(title, head, (_step(step, counted, quantities) for step in names))


def _step(step: str, counted: str, quantities: Mapping[tuple[str, str | None], Summary]) -> tuple[Cell, ...]:
    def median(name: str) -> float | None:
        return quantities[name, step].median if (name, step) in quantities else None

    made = quantities.get((counted, step))
    amount: Cell = (number(made.median), f" {called(made.unit)}") if made is not None and made.n else number(None)
    recovery = (percent(median("recovery")), percent(median("cumulative_yield")))
    losses = tuple(_losses(step, counted, quantities))
    return (step, amount, number(median("volume")), *recovery, number(median("duration")), losses or "none")


def _losses(step: str, counted: str, quantities: Mapping[tuple[str, str | None], Summary]) -> Iterator[Any]:
    """Yield the losses of a step by channel: the share that the medians make of what entered."""
    lost = {n.removeprefix(_LOSS): row for (n, s), row in quantities.items() if s == step and n.startswith(_LOSS)}
    made = quantities.get((counted, step))
    entered = sum(row.median or 0.0 for row in lost.values()) + ((made.median or 0.0) if made is not None else 0.0)
    for place, (channel, row) in enumerate(lost.items()):
        yield f"{'; ' if place else ''}{channel} "
        yield percent((row.median or 0.0) / entered if entered else None)


def specification(scenario: Scenario, shares: Mapping[str, float], of: str) -> Table:
    """Return the attributes with their limits, and the share that meets them.

    Parameters
    ----------
    shares : that meets the limits, by attribute; ``all`` for all at once
    of : what the shares are of, in words
    """
    head = ("attribute", of, "at least", "at most", "unit", "measure", "assay", "critical")
    rows = [_attribute(one, shares) for one in scenario.declarations.attributes]
    if ALL_ATTRIBUTES in shares:
        rows.append(("all of them", percent(shares[ALL_ATTRIBUTES]), *[""] * 6))
    return table("Attributes, limits and the share that meets them", head, rows)


def _attribute(one: Attribute, shares: Mapping[str, float]) -> tuple[Cell, ...]:
    limits = [number(limit) if limit is not None else "" for limit in (one.at_least, one.at_most)]
    about = (*limits, called(one.about.unit), in_words(one.measure), one.assay or "")
    return (one.id, percent(shares.get(one.id)), *about, "yes" if one.critical else "no")


def truths(rows: Sequence[Mapping[str, Any]]) -> Table:
    """Return true values and what the assays report of the same samples, side by side."""
    head = ("sample after", "what", "true median", "5 to 95 %", "unit", "measured median", "5 to 95 %", "unit", "by")
    return table("What is there, and what the assays report of it", head, map(_truth, rows))


def _truth(row: Mapping[str, Any]) -> tuple[Cell, ...]:
    told = [
        (number(of["median"]), span(of["p5"], of["p95"]), called(of["unit"])) for of in (row["true"], row["measured"])
    ]
    what = row["quantity"].replace("_", " ") + (f" since {row['since']}" if row["since"] else "")
    return (row["step"], what, *told[0], *told[1], row["by"])


def shares(yields: SavedYields) -> Table | None:
    """Return the shares of study, donor and batch in the spread of the headlines; None where nothing varies."""
    known = [row for row in yields.document["shares"] if row["reason"] is None]
    head = ("per started batch", "study: what nobody knows", "95 %", "donor", "95 %", "batch", "95 %")
    parts = [[cell for level in ("study", "donor", "batch") for cell in _part(row, level)] for row in known]
    rows = [(headline_title(row["name"], yields), *cells) for row, cells in zip(known, parts, strict=True)]
    return table("Where the spread comes from", head, rows) if rows else None


def _part(row: Mapping[str, Any], level: str) -> tuple[Cell, Cell]:
    part = row[level]
    return percent(part["share"]), (percent(part["low"]), " to ", percent(part["high"]))


def limits(rows: Sequence[Mapping[str, Any]]) -> Table | None:
    """Return the limits that were reached, with the share of the draws; None where none was."""
    found = [(row["step"], row["limit"], percent(row["share"])) for row in rows]
    return table("Limits that were reached", ("step", "limit", "share of draws"), found) if found else None
