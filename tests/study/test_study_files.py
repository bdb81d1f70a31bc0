"""The folder of a study: tables come back to the bit, with and without Parquet, and what was damaged is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import exosim as xs
from exosim.errors import CheckpointError, FileError, UsageError
from exosim.export import read_csv
from exosim.folder import Target, identity_of, write_manifest, writing
from exosim.frames import Frame, Framed
from exosim.study.study_files import MOST_ROWS_OF_CSV, load_study, save_study
from exosim.study_folder import write_study

NUMBERS = np.array([1.0, math.nan, -0.0, 5e-324, 0.1 + 0.2])
WORDS = ["a", None, "=1+1", "ä 外", ""]
REFERENCE = Path(__file__).parents[2] / "scenarios" / "minimal.toml"


@dataclass(frozen=True)
class Small(Framed):
    """A result as studies have them: two tables, one of them with words and a layer."""

    rows: int = 5
    name: str = "small"
    hash: str = "0" * 64
    seed: int = 7

    def as_dict(self) -> dict[str, Any]:
        return {"form": "exosim.sweep/1", "rows": self.rows, "missing": None}

    def _frames(self) -> Mapping[str, Callable[[], Frame]]:
        return {"points": self._points, "empty": lambda: Frame("failure", {"point": np.empty(0, np.int64), "why": []})}

    def _points(self) -> Frame:
        times = -(-self.rows // 5)
        columns = {
            "flux": np.tile(NUMBERS, times)[: self.rows],
            "count": np.arange(self.rows, dtype=np.int64),
            "met": np.arange(self.rows) % 2 == 0,
            "note": (WORDS * times)[: self.rows],
        }
        layer = np.arange(2.0 * self.rows).reshape(2, self.rows)
        units = {"flux": "L/m2/h"}
        return Frame("point", columns, units, first=1, layers={"draws": ("draw", layer)}, about={"seed": self.seed})


@pytest.fixture(params=["parquet", "npz"])
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both forms of a table: with the extra and without it."""
    if request.param == "npz":
        monkeypatch.setattr("exosim.column_files.importlib.util.find_spec", lambda _: None)
    return str(request.param)


def same(a: Any, b: Any) -> bool:
    """Return whether two columns are equal to the bit, kinds of numbers included."""
    if isinstance(b, list):
        return bool(a == b)
    missing = np.isnan(b) if b.dtype.kind == "f" else np.zeros(b.shape, bool)
    known = np.array_equal(a[~missing].view(np.uint8), b[~missing].view(np.uint8))
    return bool(a.dtype == b.dtype and known and (not missing.any() or np.isnan(a[missing]).all()))


def test_tables_come_back_to_the_bit(kind: str, tmp_path: Path) -> None:
    """Numbers with what is missing, words, layers, units and the number of the first row."""
    paths = save_study(Small(), tmp_path / "study")
    assert [path.name for path in paths] == ["study.json", f"points.{kind}", "points.csv", f"empty.{kind}", "empty.csv"]
    study, asked = load_study(tmp_path / "study"), Small()
    assert study.tables == ("points", "empty")
    assert study.document == asked.as_dict()
    assert (study.manifest["command"], study.manifest["seed"]) == ("sweep", 7)
    for name, make in asked._frames().items():
        wanted, found = make(), study._frame(name)
        assert list(found.columns) == list(wanted.columns)
        assert all(same(found.columns[column], wanted.columns[column]) for column in wanted.columns), name
        assert (found.rows, found.first, found.units, found.about) == (
            wanted.rows, wanted.first, wanted.units, wanted.about,
        )  # fmt: skip
        assert all(same(found.layers[layer][1], values) for layer, (_, values) in wanted.layers.items())


def test_a_study_that_is_read_is_frames(kind: str, tmp_path: Path) -> None:
    """The same data frames as of the result itself."""
    save_study(Small(), tmp_path / "study")
    study = load_study(tmp_path / "study")
    assert study.to_pandas().equals(Small().to_pandas())
    assert study.to_pandas().attrs == Small().to_pandas().attrs
    assert study.to_polars("points").equals(Small().to_polars("points"))
    assert study.to_xarray().identical(Small().to_xarray())
    assert list(study.columns("empty")) == ["point", "why"]
    with pytest.raises(UsageError, match="did you mean points"):
        study.columns("point")


def test_small_tables_are_for_spreadsheets_too(tmp_path: Path) -> None:
    """CSV with the number of each row; what is missing is empty, and no text is a formula."""
    save_study(Small(), tmp_path / "study")
    rows = read_csv(tmp_path / "study" / "points.csv")
    assert [row["point"] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row["flux"] for row in rows][:2] == ["1.0", ""]
    assert "'=1+1" in (tmp_path / "study" / "points.csv").read_text(encoding="utf-8")
    save_study(Small(rows=MOST_ROWS_OF_CSV + 1), tmp_path / "large")
    assert not (tmp_path / "large" / "points.csv").exists()
    assert len(load_study(tmp_path / "large").to_pandas()) == MOST_ROWS_OF_CSV + 1


def test_missing_numbers_are_null_in_parquet(tmp_path: Path) -> None:
    """A query leaves them out; NaN would be the largest of all numbers."""
    import duckdb

    save_study(Small(), tmp_path / "study")
    query = f"SELECT count(flux), max(flux) FROM '{(tmp_path / 'study' / 'points.parquet').as_posix()}'"
    assert duckdb.execute(query).fetchall() == [(4, 1.0)]


def test_what_was_damaged_is_refused(kind: str, tmp_path: Path) -> None:
    """A file that is cut off, changed or gone is named; exit code 7."""
    folder = tmp_path / "study"
    save_study(Small(), folder)
    table = folder / f"points.{kind}"
    whole = table.read_bytes()
    for content in (b"", whole[: len(whole) // 2], whole[:-1] + b"\1"):
        table.write_bytes(content)
        with pytest.raises(CheckpointError, match=f"points.{kind}: differs from what the run wrote") as error:
            load_study(folder)
        assert error.value.exit_code == 7
    table.write_bytes(whole)
    study = load_study(folder)
    table.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CheckpointError, match="cannot be read"):
        study.columns()
    table.unlink()
    (folder / "study.json").unlink()
    with pytest.raises(CheckpointError, match="cannot be read") as gone:
        load_study(folder)
    assert {Path(str(problem.file)).name for problem in gone.value.problems} == {table.name, "study.json"}


def test_other_folders_are_refused(tmp_path: Path) -> None:
    """No manifest, or the folder of a yield."""
    with pytest.raises(FileError, match="no manifest"):
        load_study(tmp_path)
    (tmp_path / "yield").mkdir()
    write_manifest(tmp_path / "yield", identity_of("yield", "minimal", "0" * 64, 1))
    with pytest.raises(FileError, match="not that of a study; got command yield"):
        load_study(tmp_path / "yield")


def test_a_folder_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that fails in the middle leaves nothing, and what was there stays."""
    save_study(Small(), tmp_path / "study")
    before = sorted(tmp_path.rglob("*"))

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("exosim.study.study_files.write_csv", full)
    for name in ("study", "other"):
        with pytest.raises(FileError, match="No space left"):
            save_study(Small(), tmp_path / name, overwrite=True)
    assert sorted(tmp_path.rglob("*")) == before
    assert load_study(tmp_path / "study").document["rows"] == 5


def test_same_result_same_bytes(kind: str, tmp_path: Path) -> None:
    """Every file but the manifest, which tells the time."""
    paths = [save_study(Small(), tmp_path / name) for name in "ab"]
    for one, other in zip(*paths, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_pictures_and_scenario_go_with_it(tmp_path: Path) -> None:
    """The folder that a command writes: pictures by name, the ledger, and a scenario that can be run again."""
    from exosim.plots.style import new_axes

    scenario = xs.load(REFERENCE)
    identity = identity_of("sweep", scenario.name, scenario.hash, 7)
    with writing(Target(tmp_path / "study", True, identity)) as draft:
        written = write_study(Small(), draft, identity, {"slices": new_axes()}, scenario)
    assert [path.name for path in written[-4:]] == ["ledger.csv", "scenario.json", "slices.png", "slices.svg"]
    study = load_study(tmp_path / "study")
    assert study.scenario.hash == scenario.hash
    assert study.manifest["files"].keys() == {path.name for path in written}
    assert json.loads((tmp_path / "study" / "manifest.json").read_text())["plugins"] == {}
