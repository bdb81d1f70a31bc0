"""The answer of `bottleneck` in words: what helps, by how much, and what limits the plant where nothing does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from exosim import units
from exosim.bottlenecks.gains import Gain, Verdict
from exosim.directions import direction_of

if TYPE_CHECKING:
    from exosim.bottlenecks.search import Bottleneck
    from exosim.declarations import CampaignDeclaration

_TITLES = {"lead_time": "the median lead time", "lead_time_p90": "the 90 % lead time"}
_OUTPUT = ("doses_per_year", "batches_per_year", "batches_finished", "doses_by_product", "batches_by_product")
_MOST = 3


def titled(indicator: str) -> str:
    """Return the name of an indicator as words."""
    name, _, step = indicator.partition(".")
    return _TITLES.get(indicator) or name.replace("_", " ") + (f" of {step}" if step else "")


def amount(gain: Gain) -> str:
    """Return a difference without its sign, with unit and interval: ``121,000 (118,000 to 124,000)``."""
    unit = "" if gain.unit == "1" or gain.unit.endswith("/year") else f" {gain.unit}"
    difference, low, high = gain.difference or 0.0, gain.low, gain.high
    shown = f"{_number(abs(difference))}{unit}"
    if low is None or high is None:
        return shown
    first, last = sorted((low, high) if difference >= 0.0 else (-low, -high))
    return f"{shown} ({_number(first)} to {_number(last)})"


def answer(found: Bottleneck) -> str:
    """Return the answer in one sentence: what helps, what else was tried, or that nothing helps."""
    if not found.candidates:
        return "Nothing can be added: there is no such equipment, role, shift, place or limit of batches."
    helping = [gain for gain in found.ranking if gain.verdict == "helps"]
    others = [gain for gain in found.ranking if gain.verdict != "helps"]
    if not helping:
        title, count = titled(found.by), _counted(found, others)
        if len(others) == 1:
            verb = _verb(found.by).removesuffix("s")
            return f"Nothing: {found.candidates[0]} is not seen to {verb} {title}: {count}."
        return f"Nothing: none of {len(others)} candidates {_verb(found.by)} {title}: {count}."
    words = {candidate.name: str(candidate) for candidate in found.candidates}
    first, *more = helping
    parts = [
        f"{_capital(words[first.candidate])} {_verb(found.by)} {titled(found.by)} by {amount(first)}{_share(first)}"
    ]
    parts += [f"{words[gain.candidate]} by {amount(gain)}" for gain in more[: _MOST - 1]]
    parts += [f"{len(more) - _MOST + 1} more help, too" if len(more) >= _MOST else ""]
    rest = f"nothing else does: {_counted(found, others)}" if others else ""
    return "; ".join(filter(None, (*parts, rest))) + "."


def reasons(found: Bottleneck) -> list[str]:
    """Return what limits the plant where no candidate does, and what a faster rhythm would change."""
    if not found.candidates:
        return []
    told = list(_of_all_together(found))
    together = found.at_once.get(found.by)
    if found.best is None and (together is None or together.verdict != "helps") and found.by.startswith(_OUTPUT):
        told += [_limit(found, campaign) for campaign in found.scenario.declarations.plant.campaigns]
    return [*told, *_elsewhere(found), *_rhythm(found)]


def _of_all_together(found: Bottleneck) -> Iterator[str]:
    gain = found.at_once.get(found.by)
    if gain is None:
        return
    if gain.verdict == "nothing":
        yield "All of these together change nothing either."
    elif gain.verdict != "helps" or found.best is not None:
        yield f"All of these together: {gain.in_words}."
    else:
        why = "what one of them passes on waits at the next; --pairs tries every two of them"
        yield f"Only together do they help: all of these together by {amount(gain)}: {why}."


def _limit(found: Bottleneck, campaign: CampaignDeclaration) -> str:
    """Return what limits the output of a campaign when no resource does."""
    name = f"{campaign.product}: the" if campaign.product else "The"
    path, mode, fates = campaign.numbers.prefix, campaign.rules.mode, _fates(found)
    batches = campaign.numbers.given.get("batches")
    if batches is not None and all(one.fates[0] >= batches.quantity.typical for one in found.base):
        return f"{name} number of batches limits the output, not the plant ({path}.batches){fates}."
    if mode == "on_order":
        return f"{name} orders limit the output, not the plant{fates}."
    if mode == "paced":
        given = campaign.numbers.given.get("every")
        default = campaign.numbers.parameters["every"].default or 0.0
        every = given.text if given is not None else units.show(default, "1")
        if given is not None and not given.quantity.is_fixed:
            return f"{name} rhythm limits the output, not the plant: {path}.every [h] is {every}{fates}."
        return f"{name} rhythm limits the output, not the plant: a batch every {every} h ({path}.every){fates}."
    return f"{name} output is limited by no unit, person, shift or place: see materials, utilities and failures{fates}."


def _fates(found: Bottleneck) -> str:
    """Return what becomes of the batches, where they are those of one campaign."""
    if len(found.scenario.declarations.plant.campaigns) > 1:
        return ""
    started, good, lost, left = (f"{mean:.3g}" for mean in np.mean([one.fates for one in found.base], axis=0))
    return f": of {started} batches {good} end well, {lost} are lost, {left} are under way at the end"


def _elsewhere(found: Bottleneck) -> Iterator[str]:
    """Yield what helps most in each of the other indicators; not what makes that of the ranking worse.

    Whoever loses batches can have short lead times: they are those of the batches that are left.
    """
    words = {candidate.name: str(candidate) for candidate in found.candidates}
    worse = {gain.candidate for gain in found.ranking if gain.verdict == "hurts"}
    for indicator in found.indicators:
        helping = [gain for gain in found.of(indicator) if gain.verdict == "helps" and gain.candidate not in worse]
        if indicator == found.by or not helping:
            continue
        best = max(helping, key=lambda gain: gain.improvement)
        if found.best is None or found.best.candidate != best.candidate:
            yield f"{_capital(words[best.candidate])} {_verb(indicator)} {titled(indicator)} by {amount(best)}."


def _rhythm(found: Bottleneck) -> Iterator[str]:
    if found.pace is None:
        return
    gain, pace = found.pace.gains[found.by], found.pace
    holder = Counter(one.limiting_class for one in found.base).most_common(1)[0][0]
    yield (
        f"For information, no resource: a batch every {pace.after:g} h instead of {pace.before:g} h ({pace.path}), the "
        f"shortest that {holder} allows as planned; {titled(found.by)}: {gain.in_words}."
    )


def _counted(found: Bottleneck, others: Sequence[Gain]) -> str:
    """Return what became of the candidates that do not help, in words."""
    count = Counter(gain.verdict for gain in others)
    in_all = f"{found.replications} replication{'' if found.replications == 1 else 's'}"
    unclear, worst = f"cannot be told from 0 in {in_all}{_at_most(others)}", _worst(found, others)
    parts: dict[Verdict, tuple[str, str]] = {
        "nothing": ("changes nothing in any replication", "change nothing in any replication"),
        "unclear": (unclear, unclear),
        "hurts": (f"makes it worse{worst}", f"make it worse{worst}"),
        "no value": ("has no value", "have no value"),
    }
    return ", ".join(f"{count[v]} {one if count[v] == 1 else many}" for v, (one, many) in parts.items() if count[v])


def _at_most(others: Sequence[Gain]) -> str:
    """Return the largest improvement that is still likely among those that cannot be told from 0."""
    unclear = [gain for gain in others if gain.verdict == "unclear"]
    bounds = [-(g.low or 0.0) if g.direction == "less" else g.high or 0.0 for g in unclear if g.low is not None]
    largest = max(bounds, default=0.0)
    return f", at most {_number(largest)}" if largest > 0.0 else ""


def _worst(found: Bottleneck, others: Sequence[Gain]) -> str:
    """Return what makes it worst, and by how much."""
    hurting = [gain for gain in others if gain.verdict == "hurts"]
    if not hurting:
        return ""
    worst = min(hurting, key=lambda gain: gain.improvement)
    words = next(str(candidate) for candidate in found.candidates if candidate.name == worst.candidate)
    return f" ({words}, by {amount(worst)})"


def _share(gain: Gain) -> str:
    """Return a difference as a share of what there is without it; nothing where that is a share already, or 0."""
    if gain.unit == "1" or not gain.without or gain.difference is None:
        return ""
    return f", {100.0 * abs(gain.difference / gain.without):.2g} % of {_number(gain.without)}"


def _verb(indicator: str) -> str:
    """Return what something good does to an indicator."""
    return "lowers" if direction_of(indicator.partition(".")[0]) == "less" else "raises"


def _number(value: float) -> str:
    return f"{value:,.0f}" if 1000.0 <= abs(value) < 1e9 else units.show(value, "1", 3)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
