"""What must be true for a goal, as tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, number, print_end, print_whole, titled_table
from exosim.study.margins import Reached
from exosim.study.target_words import binding_in_words, share_in_words, value_in_words

if TYPE_CHECKING:
    from exosim.study.target import Target
    from exosim.study.target_answer import Answer

MOST_ROWS = 15


def show(found: Target, paths: Sequence[Path]) -> None:
    """Print the answer, the changes that reach the goal, what does not and how near it comes, remarks and the paths."""
    console = new_console()
    for sentence in found.sentences():
        console.print(Text(sentence))
    asked = f"{found.asked:,} of {found.evaluations:,} points asked, {found.draws:,} draws at each, seed {found.seed}"
    console.print(Text(f"\n{found.name}: {asked}", style="bold"))
    if found.answers:
        print_whole(_reaching(found), console)
    if found.misses:
        print_whole(_missing(found), console)
    listed = (("answers", found.answers), ("misses", found.misses))
    for file, many in ((file, answers) for file, answers in listed if len(answers) > MOST_ROWS):
        console.print(Text(f"{MOST_ROWS} rows of {len(many):,}; all are in {file}.csv"))
    print_end(console, found.remarks(), paths)


def _reaching(found: Target) -> Table:
    title = "smallest changes that reach the goal; size: share of the ranges"
    labels = (Reached(c, found.probability).label for c in found.conditions)
    table = titled_table(title, ("", *_factors(found), "size", "probability (95 %)", "on fresh draws", *labels))
    table.add_row("base", *_values(found, found.base, all_of_them=True), "0", share_in_words(found.base.probability),
                  "", *map(number, found.base.reached))  # fmt: skip
    table.add_section()
    for place, answer in enumerate(found.answers[:MOST_ROWS]):
        fresh = "-" if answer.fresh is None else f"{share_in_words(answer.fresh)}: {answer.holds(found.probability)}"
        table.add_row(
            f"{place + 1}", *_values(found, answer), f"{answer.size:.3g}", share_in_words(answer.probability), fresh,
            *map(number, answer.reached),
        )  # fmt: skip
    return table


def _missing(found: Target) -> Table:
    table = titled_table(
        "what does not reach it: the nearest point of each set of factors",
        ("moved", *_factors(found), "probability (95 %)", "what binds"),
    )
    table.columns[-1].justify = "left"
    for answer in found.misses[:MOST_ROWS]:
        moved = " + ".join(found.factors[n].path for n in answer.moved)
        told = share_in_words(answer.probability), binding_in_words(found, answer)
        table.add_row(moved, *_values(found, answer), *told)
    return table


def _factors(found: Target) -> list[str]:
    return [factor.path for factor in found.factors]


def _values(found: Target, answer: Answer, *, all_of_them: bool = False) -> list[str]:
    """Return the value of each factor; a dash where it stays at the base."""
    pairs = zip(answer.point, found.base.point, strict=True)
    return [
        value_in_words(found, answer, n) if all_of_them or value != base else "-"
        for n, (value, base) in enumerate(pairs)
    ]
