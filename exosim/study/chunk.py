"""What comes of a range of points: answers, draws where they are kept, and points that failed; also as bytes."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

import exosim.errors
from exosim.errors import ExosimError, ModelError, Problem
from exosim.study.factor import Floats


@dataclass(frozen=True)
class Failure:
    """Why a point has no answer.

    Attributes
    ----------
    kind : name of the error, such as ``ScenarioError``
    problems : what is wrong
    lost : whether it is unknown what the model says, because whoever asked it died or did not come back
    """

    kind: str
    problems: tuple[Problem, ...]
    lost: bool = False

    @classmethod
    def of(cls, error: ExosimError) -> Failure:
        """Return the failure that an error tells of."""
        return cls(type(error).__name__, error.problems)

    def error(self) -> ExosimError:
        """Return the failure as an error that can be raised."""
        kind = getattr(exosim.errors, self.kind, ModelError)
        found: ExosimError = kind(self.problems)
        return found

    def __str__(self) -> str:
        return str(self.error())


@dataclass(frozen=True)
class Chunk:
    """What comes of a range of points.

    Attributes
    ----------
    values : shape (questions, points); NaN at a point that failed
    sample : all draws, shape (points, responses, draws), where they are kept; else None
    failures : by number of the point within the range
    """

    values: Floats
    sample: Floats | None
    failures: Mapping[int, Failure]

    def __len__(self) -> int:
        return int(self.values.shape[1])


def joined(chunks: Sequence[Chunk]) -> Chunk:
    """Return neighboring ranges as one."""
    if len(chunks) == 1:
        return chunks[0]
    samples = [chunk.sample for chunk in chunks if chunk.sample is not None]
    failures: dict[int, Failure] = {}
    begun = 0
    for chunk in chunks:
        failures |= {begun + place: failure for place, failure in chunk.failures.items()}
        begun += len(chunk)
    sample = np.concatenate(samples) if len(samples) == len(chunks) else None
    return Chunk(np.concatenate([chunk.values for chunk in chunks], axis=1), sample, failures)


def to_bytes(chunk: Chunk) -> bytes:
    """Return a chunk as a NumPy archive, which keeps every bit and holds a checksum (CRC-32) of each of its arrays."""
    failures = {
        place: {"kind": one.kind, "lost": one.lost, "problems": [_as_dict(problem) for problem in one.problems]}
        for place, one in chunk.failures.items()
    }
    arrays: dict[str, Any] = {"values": chunk.values}
    if chunk.sample is not None:
        arrays["sample"] = chunk.sample
    if failures:
        arrays["failures"] = np.frombuffer(json.dumps(failures).encode(), dtype=np.uint8)
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def from_bytes(data: bytes) -> Chunk:
    """Return the chunk that :func:`to_bytes` wrote.

    Raises
    ------
    ValueError, KeyError, OSError, zipfile.BadZipFile
        when it is none.
    """
    with np.load(io.BytesIO(data), allow_pickle=False) as archive:
        arrays = {name: archive[name] for name in archive.files}
    failures = json.loads(arrays["failures"].tobytes()) if "failures" in arrays else {}
    return Chunk(
        arrays["values"],
        arrays.get("sample"),
        {
            int(place): Failure(one["kind"], tuple(Problem(**problem) for problem in one["problems"]), one["lost"])
            for place, one in failures.items()
        },
    )


def _as_dict(problem: Problem) -> dict[str, Any]:
    return {field.name: getattr(problem, field.name) for field in fields(problem)}
