"""Draws of exosim beside evaluations of other simulators' own examples, side by side; last line: one JSON document.

``compare.py PYTHON`` runs here and starts ``worker.py`` with the Python of the peers' environment. Each round runs
both sides one after the other on one core; a figure is the median over the rounds of draws per second over evaluations
per second.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import goals  # noqa: E402
import kernel  # noqa: E402
from pairs import PROCESSOR, ROUNDS, timed  # noqa: E402

import exosim as xs  # noqa: E402

KEYS = {
    "vs_biosteam": "biosteam_recycle",
    "vs_qsdsan": "qsdsan_example",
    "vs_biosteam_sugarcane": "biosteam_sugarcane",
    "vs_qsdsan_model": "qsdsan_model",
}
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
A_ROUND, FEW = 1.0, 5  # s; evaluations that tell how many make a round


def started(python: str, example: str) -> subprocess.Popen[str]:
    """Return an example of a peer in a process of its own."""
    command, environment = [python, str(HERE / "worker.py"), example], {**os.environ, **ONE_CORE}
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)


def answer(process: subprocess.Popen[str], count: int | None = None) -> str:
    """Return the next line of an example, after a request for some evaluations where there is one.

    Raises
    ------
    RuntimeError
        when it has ended.
    """
    if process.stdin is None or process.stdout is None:
        raise TypeError("the process has no pipes")
    if count is not None:
        print(count, file=process.stdin, flush=True)
    line = process.stdout.readline()
    if not line:
        raise RuntimeError(f"it ended with code {process.wait()}")
    return line


def compared(python: str, example: str) -> tuple[float, float]:
    """Return the ratio and the peer's evaluations per second."""
    scenario = xs.load(kernel.REFERENCE)
    kernel.evaluated(scenario)
    ratios, rates = [], []
    with started(python, example) as peer:
        packages = json.loads(answer(peer))
        count = max(2, round(FEW * A_ROUND / float(answer(peer, FEW))))
        for _ in range(ROUNDS):
            draws = kernel.DRAWS / timed(lambda: kernel.evaluated(scenario), PROCESSOR)
            rates.append(count / float(answer(peer, count)))
            ratios.append(draws / rates[-1])
    print(f"{example}: {max(rates):.4g} evaluations per second; {packages}", file=sys.stderr, flush=True)
    return statistics.median(ratios), max(rates)


def figures(python: str) -> dict[str, float]:
    """Return the ratios, and the evaluations per second of every example that runs."""
    found: dict[str, float] = {}
    for key, example in KEYS.items():
        try:
            found[key], found[f"{example}_per_second"] = compared(python, example)
        except RuntimeError as error:
            print(f"{example}: left out, {error}", file=sys.stderr, flush=True)
    return goals.rounded(found)


def main() -> None:
    """Print the table and the JSON line."""
    os.environ |= ONE_CORE
    found = figures(sys.argv[1])
    print(goals.table(found))
    print(json.dumps(found))


if __name__ == "__main__":
    main()
