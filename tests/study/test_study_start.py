"""What a process of a study loads before it answers: only what it answers with."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import exosim as xs
from exosim.study.answers import Asked, Of, Valued
from exosim.study.job import Job
from exosim.study.kernel_model import kernel_model
from exosim.study.reading import read_factors
from exosim.study.worker import packed

SCENARIO = Path(__file__).parents[2] / "scenarios" / "msc_hollow_fiber.toml"
NEEDLESS = ("matplotlib", "scipy.stats", "scipy.interpolate", "simpy", "pandas", "click", "rich")
_ANSWER = """
import sys
from exosim.study import worker_processes
import pickle
import numpy as np
job = pickle.loads(sys.stdin.buffer.read())
print(job.chunk(np.array([[20.0]])).values.shape, *sys.modules)
"""


def loaded(code: str, told: bytes = b"") -> list[str]:
    """Return what a fresh process prints."""
    done = subprocess.run([sys.executable, "-c", code], input=told, capture_output=True, check=True)
    return done.stdout.decode().split()


def test_a_worker_loads_only_what_it_answers_with() -> None:
    """It starts anew for every study, and while it loads what it never uses, it answers nothing."""
    scenario = xs.load(SCENARIO)
    asked: tuple[Asked, ...] = Of("doses", "p95"), Valued("doses")
    factors = read_factors(scenario, {"concentrate.flux": "15..40 L/m2/h"})
    told = loaded(_ANSWER, packed(Job(kernel_model(scenario, factors, ["doses"], 10), asked)))
    assert told[:2] == ["(2,", "1)"]
    assert not set(NEEDLESS) & set(told)


@pytest.mark.parametrize("verb", ["sweep", "sensitivity", "space", "target", "front"])
def test_statistics_of_scipy_are_loaded_only_where_they_are_used(verb: str) -> None:
    """To import them takes longer than to read a scenario."""
    told = loaded(f"import sys, exosim.study.plan, exosim.study.{verb}, exosim.study_folder; print(*sys.modules)")
    assert not {"scipy.stats", "scipy.interpolate", "matplotlib"} & set(told)
