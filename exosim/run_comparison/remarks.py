"""What a reader of compared runs must know before the numbers: what cannot be compared, and why."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from exosim.run_comparison.contrasts import RunContrast
from exosim.run_comparison.timed_runs import TimedRun

_MOST = 8


def remarks(runs: Mapping[str, TimedRun], contrasts: Sequence[RunContrast]) -> list[str]:
    """Return the remarks on runs by label: on their doses, seeds, windows and replications, and on what one lacks."""
    first, *others = runs
    told = [line for label in others for line in _pair(first, runs[first], label, runs[label])]
    told += _early(first, runs, contrasts)
    told += [line for label in runs for line in _lacking(label, runs, contrasts)]
    told += _without_value(first, contrasts)
    return [*told, *(f"{label}: {text}" for label, run in runs.items() for text in run.warnings)]


def _pair(first: str, base: TimedRun, label: str, run: TimedRun) -> Iterator[str]:
    """Yield what makes a run hard to compare with the first."""
    if run.doses != base.doses:
        where = "" if len(run.doses) == len(base.doses) == 1 else " where they differ"
        yield f"{label}: a dose is {_doses(run)}, and {_doses(base)} in {first}: doses are not compared{where}"
    if run.seed != base.seed:
        alike = " of one scenario, so that they differ by chance alone" if run.hash == base.hash else ""
        yield f"{label}: seed {run.seed}, and {base.seed} in {first}: not paired, independent runs{alike}"
    elif run.hash == base.hash:
        yield f"{label}: the same scenario and seed as {first}: the runs cannot differ"
    if run.window != base.window:
        counts = "counts are not comparable, and " if run.hours != base.hours else ""
        yield (
            f"{label}: its window is {run.in_words}, and {base.in_words} in {first}: {counts}figures per year differ "
            "for that alone where a plant starts empty or is not yet steady"
        )
    if run.replications != base.replications:
        used = f"{label}: {run.replications:,} replications, and {base.replications:,} in {first}"
        yield f"{used}: " + ("the common ones are compared" if run.seed == base.seed else "all are used for the means")
    if run.version != base.version:
        yield f"{label}: of exosim {run.version}, and {base.version} in {first}: random values may not be common"


def _early(first: str, runs: Mapping[str, TimedRun], contrasts: Sequence[RunContrast]) -> Iterator[str]:
    """Yield the runs whose figures per year differ because one plant has its first batches earlier."""
    times = {c.run: c for c in contrasts if (c.name, c.step) == ("lead_time", None)}
    for label, c in times.items():
        longest = max(c.mean or 0.0, times[first].mean or 0.0)
        if c.difference is not None and c.sure and min(runs[label].window[0], runs[first].window[0]) < longest:
            yield (
                f"{label}: its lead time is not that of {first}, and the window begins before a first batch can have "
                "ended: the faster plant has more in its first year for that alone; a longer warm_up leaves that out"
            )


def _doses(run: TimedRun) -> str:
    return "; ".join(f"{text} of {product}" if product else text for product, text in run.doses.items())


def _lacking(label: str, runs: Mapping[str, TimedRun], contrasts: Sequence[RunContrast]) -> Iterator[str]:
    """Yield what other runs report and this one does not: of the whole, then by equipment, role and procedure."""
    run = runs[label]
    missing = [c for c in contrasts if c.run == label and (c.name, c.step) not in run.indicators]
    own = {step for _, step in run.indicators if step is not None}
    whole = [c.name for c in missing if c.step is None]
    resources = dict.fromkeys(c.step for c in missing if c.step is not None and c.step not in own)
    parts = [f"{c.name} of {c.step}" for c in missing if c.step in own]
    for names in (whole, list(resources), parts):
        if names:
            yield f"{label} has no {_listed(names)}: not compared"


def _listed(names: Sequence[str | None]) -> str:
    shown = ", ".join(map(str, names[:_MOST]))
    return f"{shown} and {len(names) - _MOST} more" if len(names) > _MOST else shown


def _without_value(first: str, contrasts: Sequence[RunContrast]) -> Iterator[str]:
    """Yield the indicators of the whole of which replications are left out, by run and number of them."""
    found: dict[tuple[str, int, int], list[str]] = {}
    for c in contrasts:
        if c.step is None and c.left_out:
            found.setdefault((c.run, c.left_out, c.left_out + (c.pairs or 0)), []).append(c.name)
    for (label, out, count), names in found.items():
        yield f"{label}: {out:,} of {count:,} replications have no value here or in {first}: {_listed(names)}"
