"""One question to a model at many points: it answers for any range of them, in whatever process."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from exosim.errors import ExosimError, LimitError, UsageError
from exosim.study.answers import Asked
from exosim.study.chunk import Chunk, Failure, joined
from exosim.study.chunks import KEY
from exosim.study.factor import Floats
from exosim.study.model import Model
from exosim.study.numbers import fingerprint


@dataclass(frozen=True)
class Job:
    """What is asked of a model; it travels to other processes by pickle.

    Attributes
    ----------
    asked : the questions
    keep : whether all draws are kept
    """

    model: Model
    asked: tuple[Asked, ...]
    keep: bool = False

    @property
    def piece(self) -> int:
        """How many points are asked for together."""
        return max(1, self.model.at_once)

    def chunk(self, points: Floats) -> Chunk:
        """Return what comes of some points."""
        size = self.piece
        return joined([self._piece(points[at : at + size]) for at in range(0, len(points), size)])

    def lost(self, failure: Failure) -> Chunk:
        """Return what comes of a point that cannot be asked."""
        shape = 1, len(self.model.responses), self.model.draws
        sample = np.full(shape, np.nan) if self.keep else None
        return Chunk(np.full((len(self.asked), 1), np.nan), sample, {0: failure})

    def key(self, points: Floats) -> str | None:
        """Return a digest of all that the answers hang on, the arithmetic of this machine included.

        None where nobody can say that: of a model without identity, and of a question that somebody else has defined,
        whose words may stay when what it computes is edited.
        """
        identity = self.model.identity
        if identity is None or not all(type(one).__module__.startswith("exosim.") for one in self.asked):
            return None
        text = f"{identity}\n{self.asked!r}\n{self.keep}\n{points.shape}\n{dict(fingerprint())}\n"
        return hashlib.sha256(text.encode() + points.tobytes()).hexdigest()[:KEY]

    def _piece(self, points: Floats) -> Chunk:
        """Ask at some points; where that fails, at each half of them, down to the one that is to blame."""
        try:
            sample = np.ascontiguousarray(
                self.model.sample(points)
            )  # sums follow the layout, which may hang on the size
        except (UsageError, LimitError):
            raise
        except ExosimError as error:
            if len(points) == 1:
                return self.lost(Failure.of(error))
            half = len(points) // 2
            return joined([self._piece(points[:half]), self._piece(points[half:])])
        draws = {response.name: sample[:, place, :] for place, response in enumerate(self.model.responses)}
        values = np.stack([one.of(draws) for one in self.asked]) if self.asked else np.empty((0, len(points)))
        return Chunk(values, sample if self.keep else None, {})
