"""The command line in processes that begin with everything imported: many can be started, killed and started again.

This is a program: for every line on its standard input, a JSON list of a file and the words of a command, it begins a
process, and answers with its number and then with its exit code. What the process says goes into the file. Every call
of a model leaves a line in the file that ``EXOSIM_TEST_LOG`` names, also from the processes that a command starts.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from select import select
from tempfile import TemporaryDirectory

from exosim.study.factor import Floats
from exosim.study.kernel_model import KernelModel

ROOT = Path(__file__).parents[1]
_sample = KernelModel.sample


def _told(self: KernelModel, points: Floats) -> Floats:
    """Leave a line, and do at the value that is named what the environment says."""
    told = os.open(os.environ["EXOSIM_TEST_LOG"], os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    os.write(told, f"{os.getpid()} {len(points)}\n".encode())
    os.close(told)
    peril, _, value = os.environ.get("EXOSIM_TEST_PERIL", "").partition(" ")
    if peril and float(value) in points[:, 0]:
        if peril == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if peril == "hang":
            time.sleep(3600.0)
        raise KeyError(peril)
    return _sample(self, points)


if "EXOSIM_TEST_LOG" in os.environ:  # in this program and in all processes of its commands
    KernelModel.sample = _told  # type: ignore[method-assign]


class WarmCommands:
    """Commands in a folder, one at a time.

    Attributes
    ----------
    log : a line for every call of a model: the process and the number of points
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        self.log.touch()
        here = {**os.environ, "PYTHONPATH": str(ROOT), "EXOSIM_TEST_LOG": str(self.log), "OPENBLAS_NUM_THREADS": "1"}
        command = [sys.executable, __file__]
        with (folder / "warm").open("wb") as err:
            self._program = subprocess.Popen(
                command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=err, cwd=folder,
                env=here,
            )  # fmt: skip

    def start(self, *words: str, peril: str = "") -> int:
        """Begin a command, as the leader of its own group of processes; return its number.

        Parameters
        ----------
        peril : what happens at a point: ``kill``, ``hang`` or ``raise``, and the first number of the point
        """
        assert self._program.stdin is not None
        self._program.stdin.write(json.dumps(["said", peril, *words]).encode() + b"\n")
        return self._read(60.0)

    def ended(self, seconds: float = 120.0) -> int:
        """Return the exit code of the command, negative for a signal, when it has ended."""
        return self._read(seconds)

    def run(self, *words: str, peril: str = "") -> int:
        """Begin a command and return its exit code."""
        self.start(*words, peril=peril)
        return self.ended()

    @property
    def said(self) -> str:
        """What the last command has said."""
        return (self.folder / "said").read_text(encoding="utf-8")

    def asked(self) -> list[tuple[int, int]]:
        """Return all calls of a model so far: process, number of points."""
        lines = (line.split() for line in self.log.read_text(encoding="ascii").splitlines())
        return [(int(process), int(points)) for process, points in lines]

    def close(self) -> None:
        """End the program."""
        self._program.kill()
        self._program.communicate()

    def _read(self, seconds: float) -> int:
        assert self._program.stdout is not None
        ready, _, _ = select([self._program.stdout], [], [], seconds)
        assert ready, "a command does not come back"
        return int(self._program.stdout.readline())


def _begun(file: str, peril: str, words: list[str]) -> int:
    """Begin a process that runs a command; return its number."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        os.setsid()
        signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may ignore it
        place = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(place, 1)
        os.dup2(place, 2)
        os.environ["EXOSIM_TEST_PERIL"] = peril
        sys.argv = ["exosim", *words]
        from exosim.__main__ import run

        code = run()
        sys.stdout.flush()
    except KeyboardInterrupt:
        code = 130
    finally:
        os._exit(code)


def _serve() -> None:
    """Import all that a study needs, and begin what is asked for."""
    from matplotlib.figure import Figure

    import exosim.resume_command  # noqa: F401
    from exosim.cli import main
    from exosim.study import dispatch

    dispatch.TASK, dispatch.SHORTEST = 0.1, 0.05  # more chunks than a study of this size has
    Figure.savefig = lambda _self, place, **_: Path(place).write_bytes(b"picture")  # type: ignore[assignment, method-assign, return-value, misc]
    with TemporaryDirectory() as folder:  # a study imports much of what it needs where it needs it
        words = ["--vary", "clarify.ev_recovery=0.7..0.9", "--design", "sobol", "--points", "4", "--draws", "4"]
        scenario = str(ROOT / "scenarios" / "minimal.toml")
        assert main(["sweep", scenario, *words, "--out", folder, "--quiet"]) == 0
    for line in sys.stdin:
        file, peril, *words = json.loads(line)
        process = _begun(file, peril, words)
        os.write(1, f"{process}\n".encode())
        _, status = os.waitpid(process, 0)
        os.write(1, f"{os.waitstatus_to_exitcode(status)}\n".encode())


if __name__ == "__main__":
    _serve()
