"""What ``[study]`` of a scenario declares: which question, about which factors and responses.

The structure is read here. Whether a path is there, and what a range means, :mod:`exosim.study` reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from exosim.errors import Problem, in_words, nearest_name, unknown
from exosim.findings import Findings
from exosim.quantities import read_number
from exosim.study_tables import (
    FACTOR_KEYS,
    FACTORS,
    METHODS,
    STUDY,
    Engine,
    Method,
    StudyTable,
    Verb,
    address_of_factor,
    factors_in,
)
from exosim.toml_source import KeyPath
from exosim.units import QuantityError

_EXAMPLE = 'a range, such as "15..40 L/m2/h" or { low = 1, high = 6 }, or a list of values'


@dataclass(frozen=True)
class StudyDeclaration:
    """What a scenario says of the study that is made of it; what is None or empty is left to the verb.

    Attributes
    ----------
    verb : which question
    factors : what is moved, by address in the order of the file, as TOML gives it: text, a table or a list
    method, samples, levels : of the design or of the indices
    engine : ``kernel`` or ``facility`` where only that may be asked
    responses, conditions, objectives : as text
    probability : with which conditions are to be met
    population, generations : of an optimization
    draws, replications : of each point in the kernel and in the facility
    places : file and line of each factor, by address
    """

    verb: Verb
    factors: Mapping[str, Any]
    method: Method | None = None
    samples: int | None = None
    levels: int | None = None
    engine: Engine | None = None
    responses: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    objectives: tuple[str, ...] = ()
    probability: float | None = None
    population: int | None = None
    generations: int | None = None
    draws: int | None = None
    replications: int | None = None
    places: Mapping[str, tuple[str, int | None]] = field(default_factory=dict, compare=False, repr=False)

    def placed(self, problem: Problem) -> Problem:
        """Return a problem of a factor with the place at which the factor is written."""
        path = problem.path or ""
        owner = next((one for one in self.factors if path in (one, one.removesuffix(".value"))), None)
        if owner is None or problem.line is not None:
            return problem
        file, line = self.places[owner]
        return replace(problem, file=file, line=line)


def read_study(table: StudyTable | None, findings: Findings) -> StudyDeclaration | None:
    """Return what ``[study]`` declares, None where there is none; note what is wrong with its structure."""
    if table is None:
        return None
    _check_method(table, findings)
    factors, places = _factors(table, findings)
    return StudyDeclaration(
        table.verb,
        factors,
        table.method,
        table.samples,
        table.levels,
        table.engine,
        tuple(table.responses),
        tuple(table.conditions),
        tuple(table.objectives),
        _probability(table, findings),
        table.population,
        table.generations,
        table.draws,
        table.replications,
        places,
    )


def _check_method(table: StudyTable, findings: Findings) -> None:
    """Note a method of another verb; where a verb has one way alone, a method that is inherited does no harm."""
    known = METHODS.get(table.verb, ())
    if table.method is None or table.method in known or findings.spoiled((STUDY, "verb")):
        return
    if not known:
        findings.warnings.append(f"study.method is given but not used: {table.verb} has one method alone")
        return
    listed = " or ".join((", ".join(f'"{name}"' for name in known[:-1]), f'"{known[-1]}"'))
    problem = f"is no method of {table.verb}"
    nearest = nearest_name(table.method, known)
    findings.add((STUDY, "method"), Problem(problem, got=in_words(table.method), expected=listed, nearest=nearest))


def _factors(table: StudyTable, findings: Findings) -> tuple[dict[str, Any], dict[str, tuple[str, int | None]]]:
    """Return the factors and their places, by address; those with mistakes in their structure are left out."""
    found: dict[str, Any] = {}
    places: dict[str, tuple[str, int | None]] = {}
    for keys, value in factors_in(table.factors):
        address, path = address_of_factor(keys), (STUDY, FACTORS, *keys)
        wrong = list(_wrong(value, path))
        if address in places:
            got = f"the same on line {places[address][1]}"
            wrong = [(path, Problem("two factors set the same key", got=got, expected="each path once"))]
        for place, problem in wrong:
            findings.add(place, problem)
        if not wrong:
            found[address] = value
        places.setdefault(address, findings.place(path))
    return found, places


def _wrong(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Problem]]:
    """Yield what is wrong with the structure of a factor."""
    if isinstance(value, (dict, list)) and not value:
        yield path, Problem("must not be empty", got=in_words(value), expected=_EXAMPLE)
    elif isinstance(value, dict):
        yield from (((*path, key), unknown("key", key, FACTOR_KEYS)) for key in value if key not in FACTOR_KEYS)
    elif not isinstance(value, (str, list)):
        yield path, Problem("is of the wrong kind", got=in_words(value), expected=_EXAMPLE)


def _probability(table: StudyTable, findings: Findings) -> float | None:
    if table.probability is None:
        return None
    path = (STUDY, "probability")
    try:
        found = read_number(table.probability, "1", "0.9")
    except QuantityError as error:
        findings.quantity(path, error)
        return None
    if not 0.0 < found <= 1.0:
        got = in_words(table.probability)
        findings.add(path, Problem("is outside its range", got=got, expected="above 0, and 1 at most"))
    return found
