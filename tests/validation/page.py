"""What the validation page holds: tables of rows, the headline, and the scores."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from itertools import chain

import absolute
import cost_shapes
import costs
import downstream
import finance
import folds
import growth
import measurement
import numpy as np
import release
import variables
from case import Row, number
from runs import DRAWS
from sources import link

SECTIONS = {
    "A": absolute,
    "B": folds,
    "C": variables,
    "D": growth,
    "E": measurement,
    "K": release,
    "money": finance,
    "costs": costs,
    "shapes": cost_shapes,
    "V": downstream,
}
"""The sections of the page, by the letter of their cases or by a word."""
_HEAD = "| case | outcome | source | given | assumed | published | median | 90 % interval | score | result |"


@cache
def of_section(name: str) -> tuple[Row, ...]:
    """Return the rows of a section, in order."""
    return tuple(SECTIONS[name].rows())


def rows() -> tuple[Row, ...]:
    """Return every row of the page, in order."""
    return tuple(row for name in SECTIONS for row in of_section(name))


def blocks() -> dict[str, str]:
    """Return what stands between the markers of the page, by the name of the marker."""
    found = {f"rows {name}": table(of_section(name)) for name in SECTIONS}
    return {"headline": headline(rows()), "roles": roles(rows()), **found, "scores": scores()}


def table(of: Sequence[Row]) -> str:
    """Return rows as a table in Markdown."""
    return "\n".join([_HEAD, "|" + "---|" * 6 + "--:|---|--:|---|", *map(_line, of)])


def _line(row: Row) -> str:
    cells = [
        row.case, row.outcome, link(row.source), row.given, row.assumed, row.published.text,
        *_predicted(row), _result(row),
    ]  # fmt: skip
    return "| " + " | ".join(cells) + " |"


def _predicted(row: Row) -> tuple[str, str, str]:
    """Return median, interval and score as the page shows them."""
    if row.drawn is None:
        return "none", "", ""
    if row.rule == "sign":
        agree = int(np.count_nonzero(row.drawn == 1.0))
        return f"{agree:,} of {row.drawn.size:,} draws agree", "", ""
    low, high = row.interval
    wide = high > low * (1.0 + 1e-9)
    return (
        number(row.median),
        f"{number(low)} to {number(high)}" if wide else "",
        f"{row.score:.2f}" if row.spread else "",
    )


def _result(row: Row) -> str:
    verdict = ("inside" if row.inside else "**missed**") + (f" ({row.role})" if row.role != "test" else "")
    return f"{verdict}: {row.reason}" if row.reason else verdict


def headline(of: Sequence[Row]) -> str:
    """Return the share of missed rows, of all and of those that test."""
    missed, tests = [row for row in of if not row.inside], [row for row in of if row.role == "test"]
    failed = [row for row in tests if not row.inside]
    return (
        f"**{len(missed)} of {len(of)} rows are missed ({len(missed) / len(of):.0%}); of the {len(tests)} rows that "
        f"test the model, {len(failed)} ({len(failed) / len(tests):.0%}).** {DRAWS:,} draws of each arm."
    )


def roles(of: Sequence[Row]) -> str:
    """Return a table of rows by role."""
    told = {
        "test": "neither fitted to the number nor given it",
        "calibration": "a free input, such as secretion, decides it; scored with its prior, never with a fitted value",
        "input": "the number, or what it was derived from, is put in; the row tests that a measurement returns it",
        "regression": "a test of the program, against another solver of the same equations",
    }
    lines = ["| role | what it means | rows | missed |", "|---|---|--:|--:|"]
    for role, meaning in told.items():
        own = [row for row in of if row.role == role]
        lines.append(f"| {role} | {meaning} | {len(own)} | {sum(not row.inside for row in own)} |")
    return "\n".join(lines)


def scores() -> str:
    """Return coverage, width and interval score of the rows with a number and an interval, by section."""
    lines = [
        "| section | rows | published number in the 90 % interval | mean width, decades | mean interval score | "
        "predicted over published, median | factor off, median | worst |",
        "|---|--:|--:|--:|--:|--:|--:|--:|",
    ]
    scored = {name: [row for row in of_section(name) if row.spread] for name in SECTIONS}
    groups = {name: [row for row in own if row.role in ("test", "calibration")] for name, own in scored.items()}
    groups["tests and calibrations"] = list(chain.from_iterable(groups.values()))
    groups["all with an interval, inputs too"] = list(chain.from_iterable(scored.values()))
    return "\n".join([*lines, *(_score_line(name, own) for name, own in groups.items() if own)])


def _score_line(name: str, own: Sequence[Row]) -> str:
    covered = sum(row.covered for row in own)
    widths = [math.log10(row.interval[1] / row.interval[0]) for row in own]
    off = np.array([math.log10(row.median / row.published.middle) for row in own])
    return (
        f"| {name} | {len(own)} | {covered} ({covered / len(own):.0%}) | {np.mean(widths):.2f} | "
        f"{np.mean([row.score for row in own]):.2f} | {_fold(np.median(off))} | "
        f"{_fold(np.median(np.abs(off)))} | {_fold(np.max(np.abs(off)))} |"
    )


def _fold(decades: float) -> str:
    return number(10.0 ** float(decades))
