"""What a study was asked, as a file beside its chunks: with the scenario it is all that is needed to go on with it.

``asked.json`` holds what :func:`exosim.study.plan.plan_of` was given, the scenario file as it was typed, and the
versions and the arithmetic under which the study was begun. Both files are checked by SHA-256: of two studies whose
points were mixed, nobody could say what the numbers mean.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePath
from typing import Any

from exosim.durable import bring_to_disk, write_whole
from exosim.errors import CheckpointError, ExosimError, Problem, shortened
from exosim.folder import file_hash, identity_of
from exosim.saved_scenario import FILE as SCENARIO
from exosim.saved_scenario import read_saved_scenario, write_scenario
from exosim.scenario import Scenario
from exosim.study.numbers import differences, fingerprint
from exosim.study.plan import Plan, plan_of
from exosim.tagged_json import tagged, untagged

ASKED = "asked.json"
FORM = "exosim.asked/1"
ANEW = "the command that began it, with --overwrite to begin anew or with another --out"


@dataclass(frozen=True)
class Request:
    """What a study was asked.

    Attributes
    ----------
    command, name, hash, seed : the verb, the scenario and the seed
    study : digest of the plan: studies with the same one say the same
    given : what :func:`exosim.study.plan.plan_of` was given besides
    file : the scenario file as it was typed, with the name of a variant
    changes : values of ``--set``, by address
    keep_going : whether points that are not possible are accepted
    numbers : versions and arithmetic under which it was begun, of :func:`exosim.study.numbers.fingerprint`
    """

    command: str
    name: str
    hash: str
    seed: int
    study: str
    given: Mapping[str, Any]
    file: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    keep_going: bool = False
    numbers: Mapping[str, str] = field(default_factory=fingerprint)

    @property
    def identity(self) -> dict[str, Any]:
        """What a folder is of, for its manifest."""
        return {**identity_of(self.command, self.name, self.hash, self.seed), "study": self.study}

    def portable(self) -> Request:
        """Return the request without the folders of an absolute path: those tell of a machine."""
        return replace(self, file=PurePath(self.file).name) if PurePath(self.file).is_absolute() else self


def request_of(
    plan: Plan, given: Mapping[str, Any], file: str, changes: Mapping[str, Any], keep_going: bool = False
) -> Request:
    """Return what a plan was made from.

    Parameters
    ----------
    given : as :func:`exosim.study.plan.plan_of` got it
    file : the scenario file as it was typed
    changes : values that replaced those of the file, by address
    keep_going : whether points that are not possible are accepted
    """
    said = {key: value for key, value in given.items() if value is not None}
    scenario = plan.scenario
    return Request(
        plan.verb, scenario.name, scenario.hash, plan.seed, plan.digest, said, file, dict(changes), keep_going
    )


def write_request(request: Request, folder: Path, scenario: Scenario | None = None) -> None:
    """Write ``scenario.json`` and ``asked.json`` into a folder; the second, which vouches for both, appears whole.

    Parameters
    ----------
    scenario : None where its file stands there already
    """
    if scenario is not None:
        bring_to_disk(write_scenario(scenario, folder))
    document = {"form": FORM, **_document(request), "scenario_sha256": file_hash(folder / SCENARIO)}
    document["sha256"] = _digest(document)
    write_whole(folder / ASKED, json.dumps(document, indent=1, allow_nan=False) + "\n")


def read_request(folder: Path) -> Request:
    """Return what the study of a folder was asked.

    Raises
    ------
    CheckpointError
        when ``asked.json`` or ``scenario.json`` is missing or no longer what was written.
    """
    file = folder / ASKED
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        told = getattr(error, "strerror", None) or shortened(str(error))
        raise _refused(file, f"cannot be read: {told}", ANEW) from None
    if not isinstance(document, dict) or document.get("form") != FORM:
        raise _refused(file, "does not say what a study was asked", f"the form {FORM}")
    if document.pop("sha256", None) != _digest(document):
        raise _refused(file, "was edited or damaged since the study was begun", f"the file as it was; {ANEW}")
    _refuse_other_scenario(folder / SCENARIO, str(document.pop("scenario_sha256")))
    return _request(document)


def refuse_other_numbers(request: Request, folder: Path) -> None:
    """Raise a CheckpointError where this machine or its packages would give other bits than those begun."""
    if found := differences(request.numbers, fingerprint()):
        problem = f"was begun where numbers differ: {'; '.join(found)}"
        expected = f"to go on where it was begun, or with the versions that began it; {ANEW}"
        raise _refused(folder, problem, expected)


def plan_in(folder: Path, request: Request) -> Plan:
    """Return the plan of a study, built again from its folder alone.

    Raises
    ------
    CheckpointError
        when it is not the one that was begun.
    """
    try:
        plan = plan_of(read_saved_scenario(folder), request.command, request.given)
    except ExosimError as error:
        raise CheckpointError(error.problems) from None
    if plan.digest != request.study:
        raise _refused(folder / ASKED, "makes another study than the one that was begun", ANEW)
    return plan


def drop_request(folder: Path) -> None:
    """Remove the files of a request, the one that vouches for the others first."""
    for name in (ASKED, SCENARIO, f".{ASKED}.tmp"):
        (folder / name).unlink(missing_ok=True)


def _document(request: Request) -> dict[str, Any]:
    return {
        "command": request.command,
        "scenario": request.name,
        "hash": request.hash,
        "seed": request.seed,
        "study": request.study,
        "given": tagged(dict(request.given)),
        "file": request.file,
        "set": [[path, tagged(value)] for path, value in request.changes.items()],
        "keep_going": request.keep_going,
        "fingerprint": dict(request.numbers),
    }


def _request(document: Mapping[str, Any]) -> Request:
    given = untagged(document["given"])
    if "factors" in given:
        given["factors"] = _pairs(given["factors"])
    changes = {path: untagged(value) for path, value in document["set"]}
    return Request(
        document["command"], document["scenario"], document["hash"], document["seed"], document["study"], given,
        document["file"], changes, document["keep_going"], document["fingerprint"],
    )  # fmt: skip


def _pairs(listed: Any) -> Any:
    """Return factors as they were given: pairs of path and range are lists in JSON."""
    if not isinstance(listed, Sequence) or isinstance(listed, str):
        return listed
    return [tuple(one) if isinstance(one, list) else one for one in listed]


def _refuse_other_scenario(file: Path, known: str) -> None:
    try:
        found = file_hash(file)
    except OSError as error:
        raise _refused(
            file, f"cannot be read: {error.strerror}", "the scenario that the study was begun with"
        ) from None
    if found != known:
        got, expected = f"SHA-256 {found}", f"SHA-256 {known}, as in {ASKED}; {ANEW}"
        problem = "was edited or damaged since the study was begun"
        raise CheckpointError(Problem(problem, file=str(file), got=got, expected=expected))


def _digest(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _refused(file: Path, problem: str, expected: str) -> CheckpointError:
    return CheckpointError(Problem(problem, file=str(file), expected=expected))
