"""Studies on a cluster: the bits of one process, whoever works, dies, lags behind or is not there."""

from __future__ import annotations

import logging
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import wait
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import exosim as xs
from exosim.errors import FileError, LimitError, UsageError
from exosim.study import cluster as own
from exosim.study.answers import Of
from exosim.study.cluster import dask_executor, scheduler_address
from exosim.study.designs import latin_hypercube
from exosim.study.kernel_model import kernel_model
from exosim.study.model import Model
from exosim.study.reading import read_factors
from exosim.study.respond import Answers, respond
from tests.cluster_models import deadly_once, die, given_up, model_of, points, refuse_beyond, slow_wave, wave

distributed = pytest.importorskip("distributed")
ROOT = Path(__file__).parents[2]
FLUX = {"concentrate.flux": "15..40 L/m2/h", "culture.doubling_time": "18..40 h"}


def local(workers: int, folder: Path, **more: Any) -> Any:
    """Return a cluster on this machine, with any port for its page of figures."""
    return distributed.LocalCluster(
        n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0",
        local_directory=str(folder), silence_logs=logging.CRITICAL, **more,
    )  # fmt: skip


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a cluster of two processes, which are started anew when they die."""
    with local(2, tmp_path_factory.mktemp("cluster")) as found:
        yield found


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Any]:
    """Return a cluster inside this process, without a worker as yet."""
    with local(0, tmp_path, processes=False, protocol="tcp") as found:
        yield found


def asked(model: Model, count: int, jobs: Any = 1, **more: Any) -> Answers:
    return respond(model, points(count), [Of("y", "mean")], jobs=jobs, **more)


def on_workers(cluster: Any, code: str) -> None:
    """Have each worker do something."""
    with distributed.Client(cluster, set_as_default=False) as client:
        client.run(exec, code)


def pids(cluster: Any) -> list[int]:
    with distributed.Client(cluster, set_as_default=False) as client:
        return list(client.run(os.getpid).values())


# ---------------------------------------------------------------- the same bits


def test_workers_change_no_bit_of_a_function(cluster: Any) -> None:
    with dask_executor(cluster.scheduler_address) as executor:
        assert executor.width() == 2
        found = asked(model_of(wave), 1000, executor)
    assert found.values.tobytes() == asked(model_of(wave), 1000).values.tobytes()


def test_workers_change_no_bit_of_a_scenario(cluster: Any) -> None:
    scenario = xs.load(ROOT / "scenarios" / "msc_hollow_fiber.toml")
    model = kernel_model(scenario, read_factors(scenario, FLUX), ["doses", "batch_duration"], 40)
    at = latin_hypercube(model.factors, 50, 1)
    with dask_executor(cluster.scheduler_address.removeprefix("tcp://")) as executor:
        found = respond(model, at, [Of("doses", "mean")], jobs=executor, keep=True)
    alone = respond(model, at, [Of("doses", "mean")], keep=True)
    assert found.sample is not None and alone.sample is not None
    assert found.sample.tobytes() == alone.sample.tobytes() and found.values.tobytes() == alone.values.tobytes()


def test_a_worker_that_dies_is_seen_in_no_bit(cluster: Any, tmp_path: Path) -> None:
    before = pids(cluster)
    model = model_of(partial(deadly_once, tmp_path / "died", os.getpid()))
    with dask_executor(cluster.scheduler_address) as executor:
        found = asked(model, 1000, executor)
    assert (tmp_path / "died").exists() and not found.failed
    assert found.values.tobytes() == asked(model_of(wave), 1000).values.tobytes()
    assert len(set(before) & set(pids(cluster))) <= 1


def test_what_is_shared_outlives_the_workers_that_have_it(cluster: Any) -> None:
    with dask_executor(cluster.scheduler_address) as executor:
        shared = executor.share(b"x" * 1000)
        assert executor.submit(len, shared).result(10) == 1000
        for pid in pids(cluster):
            os.kill(pid, signal.SIGKILL)
        assert executor.submit(len, shared).result(20) == 1000


def test_what_is_shared_is_brought_again_when_dask_gave_it_up(cluster: Any) -> None:
    """Dask counts deaths of workers against whatever they had, also what they were only about to get."""
    with enter(cluster) as executor, distributed.Client(cluster, set_as_default=False) as client:
        shared = executor.share(b"x" * 1000)
        shared.future = client.submit(given_up, shared.future.key, 0.2)
        with pytest.raises(ConnectionError, match="several workers died when they were given the model"):
            executor.submit(len, shared).result(10)
        assert executor.submit(len, shared).result(10) == 1000


@pytest.mark.slow
def test_workers_killed_every_few_seconds_are_seen_in_no_bit(cluster: Any) -> None:
    model = model_of(partial(slow_wave, 0.01), chunk=8)
    stop, killed, choice = threading.Event(), list[int](), random.Random(1)

    def kill() -> None:
        while not stop.wait(2.0):
            for pid in pids(cluster)[: choice.choice((1, 1, 2))]:
                os.kill(pid, signal.SIGKILL)
                killed.append(pid)

    killer = threading.Thread(target=kill)
    with dask_executor(cluster.scheduler_address) as executor:
        killer.start()
        found = asked(model, 1500, executor)
        stop.set()
        killer.join()
    assert len(killed) >= 4 and not found.failed
    assert found.values.tobytes() == asked(model_of(wave), 1500).values.tobytes()


@pytest.mark.slow
def test_what_kills_every_worker_ends_as_an_error(cluster: Any) -> None:
    with enter(cluster) as executor, pytest.raises(distributed.KilledWorker, match="on 4 different workers"):
        executor.submit(die, 1.0).result(60)


# ---------------------------------------------------------------- the executor


def test_the_executor_is_as_wide_as_its_cluster_is_now(small: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster grows and shrinks, and comes without a worker."""
    monkeypatch.setattr(own, "STARTING", 0.3)
    with pytest.raises(LimitError, match=r"has had no worker for 0\.3 s; got tcp://") as caught, enter(small):
        pass
    assert "`dask worker tcp://" in str(caught.value)
    monkeypatch.setattr(own, "_RECENT", 0.0)
    small.scale(1)
    with enter(small) as executor:
        assert executor.width() == 1
        small.scale(3)
        small.wait_for_workers(3, timeout=10)
        assert executor.width() == 3
        small.scale(1)
        while executor.width() > 1:
            time.sleep(0.05)
        monkeypatch.setattr(own, "GONE", 0.3)
        small.scale(0)
        with pytest.raises(LimitError, match=r"has had no worker for 0\.3 s; got tcp://"):
            while True:
                executor.width()


def test_calls_are_passed_on_and_so_are_their_errors(cluster: Any) -> None:
    with enter(cluster) as executor:
        assert executor.submit(divmod, 17, 5).result(10) == (3, 2)
        assert executor.submit(int, "ff", base=16).result(10) == 255
        with pytest.raises(ZeroDivisionError):
            executor.submit(divmod, 1, 0).result(10)
        sleeping = [executor.submit(time.sleep, 0.2) for _ in range(20)]
        assert sleeping[-1].cancel() and sleeping[-1].cancelled()


def test_the_cluster_lives_on_and_has_nothing_left_to_do(cluster: Any) -> None:
    with enter(cluster) as executor:
        executor.share(b"x")
        waiting = [executor.submit(time.sleep, 0.2) for _ in range(50)]
    done, left = wait(waiting, timeout=10)
    assert len(done) == 50 and not left
    with distributed.Client(cluster, set_as_default=False) as client:
        assert client.submit(divmod, 7, 2).result(10) == (3, 1)
        assert len(client.nthreads()) == 2


def test_the_terminal_hears_nothing(cluster: Any) -> None:
    """Neither what Dask notes of itself nor, at the end, its threads."""
    code = (
        "from exosim.study.cluster import dask_executor\n"
        f"with dask_executor('{cluster.scheduler_address}') as e: print(e.submit(divmod, 17, 5).result())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, cwd=ROOT)
    assert (done.returncode, done.stdout, done.stderr) == (0, "(3, 2)\n", "")


SCHEDULER = "import sys; sys.modules['exosim'] = None; from distributed.cli.dask_scheduler import main; main()"


@pytest.mark.slow
def test_a_scheduler_needs_no_exosim_and_is_found_by_its_file(tmp_path: Path) -> None:
    """Also errors of a model and all its draws go through it."""
    file = tmp_path / "scheduler.json"
    scheduler = [sys.executable, "-c", SCHEDULER, "--host", "127.0.0.1", "--port", "0", "--dashboard-address", ":0"]
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--nthreads", "2", "--no-nanny"]
    quiet: Any = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": ROOT}
    with (
        subprocess.Popen([*scheduler, "--scheduler-file", str(file)], **quiet) as one,
        subprocess.Popen([*worker, "--scheduler-file", str(file)], **quiet) as other,
    ):
        try:
            while not file.exists():
                time.sleep(0.05)
            with dask_executor(str(file)) as executor:
                found = asked(model_of(refuse_beyond), 300, executor, keep=True, keep_going=True)
        finally:
            other.terminate()
            one.terminate()
    alone = asked(model_of(refuse_beyond), 300, keep=True, keep_going=True)
    assert found.failed == alone.failed and len(found.failed) == 30
    assert found.sample is not None and alone.sample is not None and found.sample.tobytes() == alone.sample.tobytes()


# ---------------------------------------------------------------- what can be wrong


@pytest.mark.parametrize(
    "address", ["", "here", ":8786", "host:", "host:http", "host:99999", "http://host:80", "tcp://", "tcp://:1"]
)
def test_what_is_no_address_is_told(address: str) -> None:
    with pytest.raises(UsageError, match=r"is no address of a Dask scheduler; got .*; expected tcp://HOST:PORT"):
        scheduler_address(address)


def test_addresses_are_read(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text('{"type": "Scheduler", "address": "tls://10.0.0.1:8786"}')
    assert scheduler_address("host:8786") == "tcp://host:8786"
    assert scheduler_address("tcp://[::1]:8786") == "tcp://[::1]:8786"
    assert scheduler_address(str(tmp_path / "s.json")) == "tls://10.0.0.1:8786"


@pytest.mark.parametrize("content", [None, "{", "[1]", "{}"])
def test_a_scheduler_file_that_cannot_be_read_is_told(content: str | None, tmp_path: Path) -> None:
    path = tmp_path / "s.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(FileError, match=r"s\.json: .*scheduler file.*; expected the file that `dask scheduler"):
        scheduler_address(str(path))


@pytest.mark.parametrize("listens", [True, False])
def test_nobody_there_is_told_in_time(
    listens: bool, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whether the port is closed or something listens there and says nothing."""
    assert own.CONNECTING < 10.0
    monkeypatch.setattr(own, "CONNECTING", 0.5)
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        if listens:
            mute.listen()
        begun = time.monotonic()
        address = "127.0.0.1:{1}".format(*mute.getsockname())
        with (
            pytest.raises(LimitError, match=rf"no Dask scheduler answers; got tcp://{address}"),
            dask_executor(address),
        ):
            pass
    assert time.monotonic() - begun < 3.0
    assert capfd.readouterr() == ("", "")


def test_a_missing_extra_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match=r'pip install "exosim-ev\[distributed\]"'), dask_executor("host:8786"):
        pass


def test_workers_that_compute_other_numbers_are_refused(cluster: Any) -> None:
    """All of them are told, those of one kind in one line."""
    module = "exosim.study.numbers"
    on_workers(
        cluster,
        f"import {module} as n; n.kept = n.fingerprint; n.fingerprint = lambda n=n: n.kept() | {{'numpy': '1'}}",
    )
    try:
        with pytest.raises(UsageError) as caught, enter(cluster):
            pass
        assert len(caught.value.problems) == 1
        assert " and 1 other would compute other numbers; got numpy 1 there, " in str(caught.value)
        assert "tcp://127.0.0.1:" in str(caught.value)
    finally:
        on_workers(cluster, f"import {module} as n; n.fingerprint = n.kept")


@pytest.mark.parametrize("late", [False, True])
def test_workers_without_exosim_are_refused(late: bool, cluster: Any) -> None:
    """Those that are there and those that come later, when a study is on its way."""
    module = "exosim.study.executor_hands" if late else "exosim.study.numbers"
    on_workers(cluster, f"import sys, {module}; sys.kept = sys.modules.pop('{module}'); sys.modules['{module}'] = None")
    said = r"worker.* cannot work with this exosim; got .*import.*; expected exosim and NumPy of the same versions"
    try:
        with pytest.raises(UsageError, match=said), enter(cluster) as executor:
            asked(model_of(wave), 100, executor)
    finally:
        on_workers(cluster, f"import sys; sys.modules['{module}'] = sys.kept")


def test_a_scheduler_that_ends_is_told(small: Any) -> None:
    small.scale(1)
    with enter(small) as executor:
        sleeping = executor.submit(time.sleep, 0.5)
        small.close()
        with pytest.raises(LimitError, match=r"the connection to the Dask scheduler is lost; got tcp://"):
            sleeping.result(10)
        for ask in (executor.width, lambda: executor.submit(len, ()), lambda: executor.share(b"")):
            with pytest.raises(LimitError, match="is lost"):
                ask()


def enter(cluster: Any) -> Any:
    return dask_executor(cluster.scheduler_address)


# ---------------------------------------------------------------- MPI

SCRIPT = """
import exosim as xs
from mpi4py.futures import MPIPoolExecutor

if __name__ == "__main__":
    scenario = xs.load("scenarios/msc_hollow_fiber.toml")
    with MPIPoolExecutor() as executor:
        processes = executor.num_workers
        found = xs.sweep(scenario, {"concentrate.flux": "15..40 L/m2/h"}, "doses", samples=64, draws=50, jobs=executor)
    alone = xs.sweep(scenario, {"concentrate.flux": "15..40 L/m2/h"}, "doses", samples=64, draws=50)
    print(processes, found.values.tobytes() == alone.values.tobytes())
"""


@pytest.mark.slow
@pytest.mark.skipif(not (shutil.which("mpiexec") and find_spec("mpi4py")), reason="needs mpiexec and mpi4py")
def test_processes_of_mpi_change_no_bit(tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(SCRIPT)
    command = ["mpiexec", "-n", "3", sys.executable, "-m", "mpi4py.futures", str(tmp_path / "script.py")]
    anywhere = {
        "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", "OMPI_MCA_rmaps_base_oversubscribe": "1",
        "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe", "PYTHONPATH": str(ROOT),
    }  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=ROOT, env=os.environ | anywhere)
    assert (done.returncode, done.stdout) == (0, "2 True\n"), done.stderr
