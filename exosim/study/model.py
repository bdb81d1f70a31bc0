"""What a study asks: a model answers at any points of its factors, on the same draws at each of them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from exosim.study.answers import Response
from exosim.study.factor import Factor, Floats


class Model(ABC):
    """Responses at points of a design. It travels to other processes by pickle.

    Attributes
    ----------
    factors : the columns of a point
    responses : what it answers with
    draws : how many draws each point has; draw n is the same possible world at every point (common random numbers)
    """

    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    draws: int

    @property
    @abstractmethod
    def at_once(self) -> int:
        """How many points one call works on best; the answers do not depend on it."""

    @property
    def identity(self) -> str | None:
        """What its answers hang on, in words that are the same in every process; None where that cannot be said."""
        return None

    @abstractmethod
    def sample(self, points: Floats) -> Floats:
        """Return the responses, shape (points, responses, draws), at points of shape (points, factors).

        Raises
        ------
        ExosimError
            when a point is not possible.
        """

    def base(self) -> Floats:
        """Return the point at which the scenario stands, shape (factors,); the middle of a range where it has none."""
        middle = (float(factor.at(np.array([0.5]))[0]) for factor in self.factors)
        return np.array([m if f.base is None else f.base for f, m in zip(self.factors, middle, strict=True)])


@dataclass(frozen=True)
class FunctionModel(Model):
    """Any function of arrays as a model.

    Attributes
    ----------
    function : from points of shape (points, factors) to responses of shape (points, responses) or (points, responses,
        draws)

    Examples
    --------
    >>> double = FunctionModel((Factor("x", "1", 0.0, 1.0),), (Response("y", "1"),), lambda x: 2.0 * x)
    >>> double.sample(np.array([[0.5], [1.0]])).tolist()
    [[[1.0]], [[2.0]]]
    """

    factors: tuple[Factor, ...]
    responses: tuple[Response, ...]
    function: Callable[[Floats], Floats]
    draws: int = 1
    chunk: int = 4096

    @property
    def at_once(self) -> int:
        """Points of a call."""
        return self.chunk

    def sample(self, points: Floats) -> Floats:
        """Return the function at the points."""
        found = np.asarray(self.function(points), dtype=np.float64)
        return found[:, :, None] if found.ndim == 2 else found


def response_of(responses: Sequence[Response], name: str) -> Response:
    """Return the response of a name."""
    return next(one for one in responses if one.name == name)
