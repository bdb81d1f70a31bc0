"""Time the readable culture (tests/readable_culture.py) on NumPy and on whichever of JAX, PyTorch and CuPy is there.

    python benchmarks/namespaces.py [lanes]

Prints nanoseconds per lane of the culture of the reference scenario, float64 and float32, best of several rounds; on an
accelerator the arrays are there already and the clock stops when it is done. Every namespace must agree with NumPy.
The last line is JSON.
"""

from __future__ import annotations

import importlib
import json
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.fibers import PLANNED, in_namespace, reference
from tests.readable_culture import culture

LANES = 8192 if len(sys.argv) < 2 else int(float(sys.argv[1]))
ROUNDS, SECONDS = 9, 5.0
CLOSE = {"float64": 1e-10, "float32": 1e-3}


@dataclass(frozen=True)
class Namespace:
    """A namespace on a device: its functions, how an array gets there, and how to wait for it and to bring it back."""

    name: str
    xp: Any
    array: Callable[[Any], Any]
    wait: Callable[[Any], Any] = lambda result: result
    back: Callable[[Any], Any] = np.asarray
    compiled: Callable[[Any], Any] = lambda function: function


def _jax(dtype: str) -> Iterator[Namespace]:
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    yield Namespace(
        f"jax, compiled ({jax.devices()[0].platform})",
        jnp,
        lambda numbers: jnp.asarray(numbers, dtype=dtype),
        jax.block_until_ready,
        compiled=jax.jit,
    )


def _torch(dtype: str) -> Iterator[Namespace]:
    import torch

    kind = getattr(torch, dtype)
    if torch.cuda.is_available():
        yield Namespace(
            f"torch ({torch.cuda.get_device_name()})",
            torch,
            lambda numbers: torch.tensor(numbers, dtype=kind, device="cuda"),
            lambda result: torch.cuda.synchronize(),
            lambda tensor: tensor.cpu().numpy(),
        )
    torch.set_num_threads(1)
    yield Namespace(
        "torch (cpu, one thread)", torch, lambda numbers: torch.tensor(numbers, dtype=kind), back=lambda t: t.numpy()
    )


def _cupy(dtype: str) -> Iterator[Namespace]:
    import cupy

    wait = cupy.cuda.get_current_stream().synchronize
    name = cupy.cuda.runtime.getDeviceProperties(0)["name"].decode()
    yield Namespace(
        f"cupy ({name})", cupy, lambda numbers: cupy.asarray(numbers, dtype=dtype), lambda _: wait(), cupy.asnumpy
    )


def namespaces(dtype: str) -> Iterator[Namespace]:
    """Yield NumPy, then what else is installed."""
    yield Namespace("numpy", np, lambda numbers: np.asarray(numbers, dtype=dtype))
    for module, found in (("jax", _jax), ("torch", _torch), ("cupy", _cupy)):
        try:
            importlib.import_module(module)
        except ImportError:
            continue
        yield from found(dtype)


def seconds(run: Callable[[], Any]) -> float:
    """Return the best time of several rounds; the first, which may compile, does not count."""
    run()
    best, begun = np.inf, time.perf_counter()
    for _ in range(ROUNDS):
        start = time.perf_counter()
        run()
        best = min(best, time.perf_counter() - start)
        if time.perf_counter() - begun > SECONDS:
            break
    return best


def main() -> None:
    """Print the table and the JSON line."""
    fibers, _ = reference(LANES)
    expected = culture(np, in_namespace(fibers, np.asarray)).product
    figures = {}
    for dtype in ("float64", "float32"):
        for namespace in namespaces(dtype):
            given = in_namespace(fibers, namespace.array)
            arrays = {name: value for name, value in vars(given).items() if name not in PLANNED}
            function = namespace.compiled(lambda arrays, xp=namespace.xp: vars(culture(xp, replace(fibers, **arrays))))
            off = np.max(np.abs(namespace.back(function(arrays)["product"]) / expected - 1.0))
            if not off < CLOSE[dtype]:
                sys.exit(f"{namespace.name}, {dtype}: off by {off:.1e}")
            spent = seconds(lambda call=function, given=arrays, wait=namespace.wait: wait(call(given)))
            figures[f"{namespace.name}, {dtype}"] = round(spent / LANES * 1e9, 1)
            print(f"{namespace.name:40} {dtype}  {spent / LANES * 1e9:10.1f} ns per lane  (off by {off:.1e})")
    print(json.dumps({"lanes": LANES, "ns_per_lane": figures}))


if __name__ == "__main__":
    main()
