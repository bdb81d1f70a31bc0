"""Read the objectives and limits of a front: ``less p90(cost_per_dose)``, ``mean(released_fraction) >= 0.9``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from exosim.errors import Problem, UsageError, shortened
from exosim.study.answers import Met, Response
from exosim.study.objectives import Limit, Objective, Sense
from exosim.study.questions import read_conditions, read_questions

_OBJECTIVE = re.compile(r"^\s*(?:(?P<sense>more|less)\s+)?(?P<question>\S.*?)\s*$")
_LIMIT = re.compile(r"^\s*(?P<statistic>[a-z0-9.]+)\s*\(\s*(?P<name>[^()]+?)\s*\)\s*(?P<rest>[<>=].*)$")
_EXAMPLE = '"less p90(cost_per_dose)" or "more doses_per_year"'


def read_objectives(texts: Sequence[str], known: Mapping[str, Response]) -> tuple[Objective, ...]:
    """Return objectives; one without ``more`` or ``less`` goes where its response is better.

    Raises
    ------
    UsageError
        with all that is wrong.
    """
    matches = [_OBJECTIVE.match(text) for text in texts]
    problems = [
        Problem("this is no objective", got=f'"{shortened(text, 60)}"', expected=_EXAMPLE)
        for text, match in zip(texts, matches, strict=True)
        if match is None
    ]
    if problems:
        raise UsageError(problems)
    read = [match for match in matches if match is not None]
    questions = read_questions([match["question"] for match in read], known)
    senses = [_sense(match["sense"], known[one.response]) for match, one in zip(read, questions, strict=True)]
    problems = [one for one in senses if isinstance(one, Problem)]
    if problems:
        raise UsageError(problems)
    pairs = zip(questions, senses, strict=True)
    return tuple(Objective(one, sense) for one, sense in pairs if not isinstance(sense, Problem))


def _sense(written: str | None, response: Response) -> Sense | Problem:
    if written == "more" or (written is None and response.better == "more"):
        return "more"
    if written == "less" or response.better == "less":
        return "less"
    expected = f'"more {response.name}" or "less {response.name}"'
    return Problem("whether more of it is better depends on what is wanted", got=response.name, expected=expected)


def read_limits(
    texts: Sequence[str], known: Mapping[str, Response], probability: float | None = None
) -> tuple[Limit, ...]:
    """Return limits: ``p10(doses) >= 500`` of a statistic, ``doses >= 500`` of the median.

    Parameters
    ----------
    probability : with which conditions without a statistic are met, together, instead of by their medians

    Raises
    ------
    UsageError
        with all that is wrong.
    """
    matches = [_LIMIT.match(text) for text in texts]
    plain = [f"{m['name']} {m['rest']}" if m else text for text, m in zip(texts, matches, strict=True)]
    conditions = read_conditions(plain, known)
    names = [
        f"{m['statistic']}({m['name']})" if m else one.response for m, one in zip(matches, conditions, strict=True)
    ]
    together = tuple(one for one, match in zip(conditions, matches, strict=True) if match is None)
    found = [
        Limit(asked, one.sign, one.limit, one.unit)
        for asked, one, match in zip(read_questions(names, known), conditions, matches, strict=True)
        if match is not None or probability is None
    ]
    if probability is None or not together:
        return tuple(found)
    if not 0.0 < probability <= 1.0:
        raise UsageError(Problem("a probability lies above 0, up to 1", got=f"{probability:g}", expected="such as 0.9"))
    return (*found, Limit(Met(together), ">=", probability))


def read_front(
    objectives: Sequence[str], conditions: Sequence[str], known: Mapping[str, Response], probability: float | None
) -> tuple[tuple[Objective, ...], tuple[Limit, ...]]:
    """Return the objectives and limits of a front.

    Raises
    ------
    UsageError
        with what is wrong with the objectives, or that there are none; else with what is wrong with the limits.
    """
    if not objectives:
        expected = f"--objective {_EXAMPLE}, twice at least, or objectives = […] of [study]"
        raise UsageError(Problem("a front has two objectives or more", got="none", expected=expected))
    return read_objectives(objectives, known), read_limits(conditions, known, probability)
