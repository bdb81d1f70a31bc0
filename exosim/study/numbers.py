"""What the bits of an answer hang on besides the question: versions of packages, and the arithmetic of this machine.

NumPy computes exponentials, logarithms and sums by other instructions on other processors, and their last bits differ;
so do those of Python by version and system: its `sum` rounds otherwise since 3.12.
Answers of two machines are put together only where both give the same bits.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version

import numpy as np
from scipy.special import gammaln, ndtri

from exosim.study.factor import Floats
from exosim.version import __version__

_LANES = 4096


@cache
def fingerprint() -> Mapping[str, str]:
    """Return versions of exosim and of the packages that compute, and a digest of what their functions give here."""
    packages = {name: version(name) for name in ("numpy", "scipy", "simpy")}
    return {"exosim": __version__, **packages, "arithmetic": _arithmetic()}


def differences(there: Mapping[str, str], here: Mapping[str, str]) -> list[str]:
    """Return in words what differs between two fingerprints, such as ``numpy 2.1.0 there, 2.3.1 here``."""
    names = dict.fromkeys([*there, *here])
    return [
        f"{name} {there.get(name, 'unknown')} there, {here.get(name, 'unknown')} here"
        for name in names
        if there.get(name) != here.get(name)
    ]


def _arithmetic() -> str:
    """Return a digest of the functions that kernel and facility use, over arguments that are exact everywhere."""
    x = np.arange(1, _LANES + 1) / 1024.0
    share = np.arange(1, _LANES + 1) / (_LANES + 1.0)
    found = [
        np.exp(-x), np.expm1(-x), np.log(x), np.log1p(x), np.power(x, 0.7), np.sqrt(x), np.tanh(x), np.sin(x),
        x[:1] * x.sum(), x.reshape(8, -1).T @ share.reshape(8, -1), ndtri(share), gammaln(x), _of_python(x.tolist()),
    ]  # fmt: skip
    return hashlib.sha256(b"".join(np.ascontiguousarray(one).tobytes() for one in found)).hexdigest()[:16]


def _of_python(x: list[float]) -> Floats:
    functions = (math.exp, math.log, math.log1p, math.expm1, math.tanh, math.sin, math.cos, math.erf, math.lgamma)
    found = [function(one) for function in functions for one in x]
    return np.array([*found, *(math.pow(one, 0.7) for one in x), sum(one / 10.0 for one in x), sum([0.1] * 10)])
