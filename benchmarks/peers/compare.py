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
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

import goals  # noqa: E402
import kernel  # noqa: E402
from pairs import ROUNDS, timed  # noqa: E402

import exosim as xs  # noqa: E402

KEYS = {
    "vs_biosteam": "biosteam_recycle",
    "vs_qsdsan": "qsdsan_example",
    "vs_biosteam_sugarcane": "biosteam_sugarcane",
    "vs_qsdsan_model": "qsdsan_model",
}
ONE_CORE = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
A_ROUND = 1.0  # s


@dataclass
class Peer:
    """An example of a peer in a process of its own."""

    process: subprocess.Popen[str]
    packages: dict[str, str]
    count: int = 1

    @classmethod
    def started(cls, python: str, example: str) -> Peer:
        """Return a running example that makes about a second of evaluations in a round.

        Raises
        ------
        RuntimeError
            when it cannot run.
        """
        command = [python, str(HERE / "worker.py"), example]
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env={**os.environ, **ONE_CORE}
        )
        peer = cls(process, json.loads(_line(process, example)))
        few = peer.seconds(5)
        peer.count = max(2, round(5 * A_ROUND / few))
        return peer

    def seconds(self, count: int) -> float:
        """Return the seconds of some evaluations."""
        if self.process.stdin is None:
            raise TypeError("the process takes no input")
        self.process.stdin.write(f"{count}\n")
        self.process.stdin.flush()
        return float(_line(self.process, "the example"))

    def end(self) -> None:
        """Let the process end."""
        if self.process.stdin is not None:
            self.process.stdin.close()
        self.process.wait()


def _line(process: subprocess.Popen[str], what: str) -> str:
    line = process.stdout.readline() if process.stdout is not None else ""
    if not line:
        raise RuntimeError(f"{what} ended with code {process.wait()}")
    return line


def compared(python: str, example: str) -> tuple[float, float]:
    """Return the ratio and the peer's evaluations per second."""
    scenario, peer = xs.load(kernel.REFERENCE), Peer.started(python, example)
    kernel.evaluated(scenario)
    ratios, rates = [], []
    for _ in range(ROUNDS):
        draws = kernel.DRAWS / timed(lambda: kernel.evaluated(scenario))
        rates.append(peer.count / peer.seconds(peer.count))
        ratios.append(draws / rates[-1])
    peer.end()
    print(f"{example}: {max(rates):.4g} evaluations per second; {peer.packages}", file=sys.stderr, flush=True)
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
