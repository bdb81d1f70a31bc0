"""A design space as tables on the terminal."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

from exosim.console_base import new_console, print_end, print_whole, titled_table
from exosim.study.space_words import percent, told

if TYPE_CHECKING:
    from exosim.study.design_space import DesignSpace, Part, Range
    from exosim.study.factor import Factor


def show(found: DesignSpace, paths: Sequence[Path]) -> None:
    """Print the answer, what each condition has to do with it, the ranges and what they rest on, and the paths."""
    console = new_console()
    console.print(Text(found.answer))
    points = f"{found.x.size} x {found.y.size} points, {found.draws:,} draws at each, seed {found.seed}"
    console.print(Text(f"\n{found.name}: {points}", style="bold"))
    print_whole(_conditions(found), console)
    print_whole(_ranges(found), console)
    if found.operating_range is not None:
        print_whole(_corners(found), console)
    print_end(console, found.remarks(), paths)


def _conditions(found: DesignSpace) -> Table:
    title = "probability of meeting each condition, and where it is the one that fails most often"
    one, other = (factor.label for factor in found.factors)
    table = titled_table(
        title, ("condition", "at the base", "lowest", "highest", "fails most in", f"on the edge: {one}", other)
    )
    for part in found.parts():
        table.add_row(part.condition, *map(percent, (part.at_base, part.lowest, part.highest)), *_binding(found, part))
    low, high = (float(end) for end in found.base_joint.interval)
    joint = found.joint.probability[found.joint.possible]
    table.add_section()
    ends = (percent(float(joint.min())), percent(float(joint.max()))) if joint.size else ("-", "-")
    table.add_row("all together", f"{percent(float(found.base_joint.probability))} ({_span(low, high)})", *ends)
    return table


def _binding(found: DesignSpace, part: Part) -> tuple[str, str, str]:
    """Return of how many points it takes the blame, and between which values of the factors the edge is its own."""
    one, other = found.factors
    share = percent(part.binds, 2) if part.binds > 0.0 else "-"
    if part.x is None or part.y is None:
        return share, "-", "-"
    return share, _between(one, part.x), _between(other, part.y)


def _between(factor: Factor, ends: tuple[float, float]) -> str:
    low, high = (factor.told(float(f"{end:.3g}")) for end in ends)
    return low if low == high else f"{low} to {high}"


def _ranges(found: DesignSpace) -> Table:
    title = f"ranges in which {percent(found.level)} is shown with {percent(found.confidence)} confidence"
    table = titled_table(
        title, ("factor", "studied", "base", "proven acceptable (other at base)", "proposed operating range")
    )
    for place, factor in enumerate(found.factors):
        proposed = None if found.operating_range is None else found.operating_range.ranges[place]
        studied = f"{factor.told(factor.low)} to {factor.told(factor.high)}"
        ranges = (_range(factor, own) for own in (found.proven[place], proposed))
        table.add_row(factor.path, studied, factor.told(found.base[place]), *ranges)
    return table


def _corners(found: DesignSpace) -> Table:
    proposed = found.operating_range
    title = "the model asked again at the corners of the proposed range and the middles of its sides"
    paths = (factor.path for factor in found.factors)
    table = titled_table(title, (*paths, "probability", f"{percent(found.confidence)} interval", "at least"))
    if proposed is None:
        return table
    low, high = proposed.judged.interval
    judged = zip(proposed.judged.probability, low, high, proposed.judged.at_least, strict=True)
    for point, (share, down, up, least) in zip(proposed.points.tolist(), judged, strict=True):
        at = (factor.told(value) for factor, value in zip(found.factors, point, strict=True))
        table.add_row(*at, percent(float(share)), _span(float(down), float(up)), percent(float(least)))
    return table


def _span(low: float, high: float) -> str:
    return f"{100.0 * low:.3g} to {percent(high)}"


def _range(factor: Factor, found: Range | None) -> str:
    return "-" if found is None else told(factor, found)
