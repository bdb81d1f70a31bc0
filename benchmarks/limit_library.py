"""The C++ of the kernel's formulas as a library: built with g++, fed from a recipe, its rows by name.

`limit.cpp` tells the order of its inputs and rows itself; they are addressed as in the scenario or as in the recipe.
"""

from __future__ import annotations

import ctypes
import operator
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from exosim.culture.base import Culture
from exosim.material import Material
from exosim.parameter import Array
from exosim.recipe import Recipe
from exosim.scenario import Values

Floats: TypeAlias = NDArray[np.float64]

HERE = Path(__file__).parent
FLAGS = ("-std=c++17", "-O3", "-march=native", "-ffast-math", "-fopenmp", "-fPIC")
_CACHE_LINE = 64
CLASSES, WAITS, POOLS = 12, 7, 4
PROCEDURES = ("seed_train", "culture", "pool", "clarify", "digest", "concentrate", "polish", "sterilize", "fill")
BLOCKS = ("context", *PROCEDURES)
OFF: Mapping[str, object] = {
    "seed_train.contact_inhibition": 2.0,
    "culture.contact_inhibition": 2.0,
    "culture.exchange_every": None,
    "culture.collection_growth": 0.0,
    "culture.growth_secretion": 0.0,
    "culture.density_exponent": 0.0,
    "culture.hypoxia_gain": 0.0,
    "culture.oxygen_level": 1.0,
    "culture.supplement": 0.0,
    "culture.carryover": 0.0,
    "culture.medium_protein": 0.0,
    "culture.potency_decay": None,
    "culture.stimuli": (),
    "clarify.dna_reduction": 0.0,
    "digest.ev_recovery": None,
    "concentrate.ev_recovery": None,
    "polish.ev_recovery": None,
    "fill.target_content": None,
    "fill.partial_vial": 0,
}
"""What the C++ leaves out because the reference scenario has it off, or takes as given."""


class DiffersError(Exception):
    """The C++ and the kernel do not give the same numbers, or the scenario is not what the C++ was written for."""


@dataclass(frozen=True)
class Inputs:
    """The numbers of one block of lanes as the C++ takes them: in the order that the library tells."""

    lanes: tuple[Floats, ...]
    numbers: Floats
    per_pool: int

    @property
    def pointers(self) -> ctypes.Array[ctypes.c_void_p]:
        """The addresses of the arrays over lanes."""
        return (ctypes.c_void_p * len(self.lanes))(*(a.ctypes.data for a in self.lanes))


@dataclass(frozen=True)
class Found:
    """What the C++ gave: the rows of every block of rows, and the numbers that are equal in all lanes."""

    rows: Mapping[str, slice]
    out: Floats
    plain: Floats = field(default_factory=lambda: np.zeros(2 * len(BLOCKS) + 1))

    def __call__(self, block: str, name: str) -> Array:
        """Return a quantity of the material after a procedure: as the last one left it that changed it."""
        here = BLOCKS.index(block)
        alone = name in ("volume", "salt")
        for index in range(here, here - 1 if alone else -1, -1):
            rows = self.out[index, self.rows[name]]
            if not np.isnan(rows[0, 0]):
                return rows[0] if len(rows) == 1 else rows
        return float(self.plain[2 * here + ("volume", "salt").index(name)] if alone else self.plain[-1])


class Limit:
    """The built library."""

    def __init__(self, path: Path) -> None:
        self._library = ctypes.CDLL(str(path))
        for name in ("lanes", "numbers", "rows"):
            getattr(self._library, f"limit_{name}").restype = ctypes.c_char_p
        self.lanes: list[str] = self._library.limit_lanes().decode().split()
        self.numbers: list[str] = self._library.limit_numbers().decode().split()
        self.rows = dict(_slices(self._library.limit_rows().decode().split()))
        self.tile = int(self._library.limit_tile())

    def inputs(self, recipe: Recipe, values: Values) -> Inputs:
        """Return the numbers of a recipe as the C++ takes them."""
        _check_structure(recipe)
        lanes = max(np.size(value) for value in values.values())
        found = {path: _at(recipe, values, path) for path in (*self.lanes, *self.numbers)}
        varying = [path for path in self.numbers if np.size(found[path]) != 1]
        if varying or lanes % self.tile:
            raise DiffersError(f"equal in all lanes for the C++: {varying}; lanes must be a multiple of {self.tile}")
        context = recipe.context
        plain = [float(np.ravel(found[path])[0]) for path in self.numbers]
        numbers = [np.array(plain), np.ravel(context.protein_diameters), context.sizes.edges]
        arrays = (np.array(np.broadcast_to(np.ravel(found[path]), lanes), dtype=np.float64) for path in self.lanes)
        culture = _culture(recipe)
        count = max(1, round(culture.collection / culture.harvest_every))
        per_pool = count if culture.pool_every is None else max(1, round(culture.pool_every / culture.harvest_every))
        if per_pool > WAITS or len(context.sizes.edges) != CLASSES + 1:
            raise DiffersError(f"the C++ is built for pools of {WAITS} harvests and {CLASSES} size classes")
        return Inputs(tuple(arrays), np.concatenate(numbers), per_pool)

    def empty(self, lanes: int) -> Found:
        """Return room for the rows of every block; a row begins one cache line after a multiple of its length."""
        numbers = _CACHE_LINE // 8
        shape = (len(BLOCKS), self.rows["cell_hours"].stop, lanes + numbers)
        room = np.full(int(np.prod(shape)) + numbers, np.nan)
        start = -room.ctypes.data % _CACHE_LINE // 8
        return Found(self.rows, room[start : start + np.prod(shape)].reshape(shape)[:, :, :lanes])

    def culture(self, inputs: Inputs, feed: Material, shares: Floats, found: Found, threads: int = 1) -> Found:
        """Run the culture: its rows, the number secreted, cell hours and viable cells at the end."""
        viable, doublings = np.ascontiguousarray(feed.viable_cells), np.ascontiguousarray(feed.doublings)
        self._library.limit_culture(
            inputs.pointers, _pointer(inputs.numbers), inputs.per_pool, _pointer(viable), _pointer(doublings),
            _pointer(shares), _stride(shares), _pointer(found.out), _stride(found.out),
            ctypes.c_long(len(viable)), threads,
        )  # fmt: skip
        return found

    def train(self, inputs: Inputs, found: Found, threads: int = 1, seconds: Floats | None = None) -> Found:
        """Run the whole train; `seconds`, when given, takes what each block of rows cost."""
        self._library.limit_train(
            inputs.pointers, _pointer(inputs.numbers), inputs.per_pool, _pointer(found.out), _stride(found.out),
            _pointer(found.plain), None if seconds is None else _pointer(seconds),
            ctypes.c_long(found.out.shape[-1]), threads,
        )  # fmt: skip
        return found


def _pointer(array: Floats) -> ctypes.c_void_p:
    return ctypes.c_void_p(array.ctypes.data)


def _stride(array: Floats) -> ctypes.c_long:
    return ctypes.c_long(array.strides[-2] // array.itemsize)


def _slices(names: list[str]) -> Iterator[tuple[str, slice]]:
    """Yield the rows of every quantity of a material."""
    counts, start = {"vesicles": CLASSES, "nonvesicular": CLASSES, "protein": POOLS}, 0
    for name in names:
        stop = start + counts.get(name, 1)
        yield name, slice(start, stop)
        start = stop


def _at(recipe: Recipe, values: Values, path: str) -> Array:
    """Return the value of a quantity by its address in the scenario, or by the place that the recipe has it in."""
    if path in values:
        return values[path]
    owner, name = path.split(".", 1)
    operations = {p.id: p.operation for p in recipe.procedures}
    found: Array = operator.attrgetter(name)(recipe.context if owner == "context" else operations[owner])
    return found


def _culture(recipe: Recipe) -> Culture:
    operation = recipe.procedures[1].operation
    if not isinstance(operation, Culture):
        raise DiffersError("the second procedure is not a culture")
    return operation


def _check_structure(recipe: Recipe) -> None:
    """Refuse a recipe of another structure than the C++ was written for."""
    if tuple(p.id for p in recipe.procedures) != PROCEDURES or any(p.hold for p in recipe.procedures):
        raise DiffersError(f"the procedures must be {PROCEDURES}, without holds")
    for path, expected in OFF.items():
        found = _at(recipe, {}, path)
        if np.size(found) > 1 or found != expected:
            raise DiffersError(f"{path} must be {expected!r} for the C++, and is {found!r}")


@cache
def build() -> Limit | None:
    """Return the library, built in a folder that is removed at the end; None where there is no g++."""
    compiler = shutil.which("g++")
    if compiler is None:
        print("no g++ found: the C++ of the same formulas is left out", file=sys.stderr)
        return None
    folder = Path(tempfile.mkdtemp(prefix="exosim_limit_"))
    try:
        wide = ("-mprefer-vector-width=512",) if platform.machine() in ("x86_64", "AMD64") else ()
        defined = (f"-DCLASSES={CLASSES}", f"-DWAITS={WAITS}")
        part, whole = folder / "limit.o", folder / "limit.so"
        subprocess.run([compiler, *FLAGS, *wide, *defined, "-c", HERE / "limit.cpp", "-o", part], check=True)
        # linked without -ffast-math, which would have the whole process round numbers near 1e-308 to 0, NumPy included
        subprocess.run([compiler, "-shared", "-fopenmp", part, "-o", whole], check=True)
        return Limit(whole)
    finally:
        shutil.rmtree(folder)
