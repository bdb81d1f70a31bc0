"""The wheel holds all that the main job needs, wherever it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.wheels import ROOT, build_wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources."""
    names = ("exosim", "scenarios", "pyproject.toml", "README.md", "LICENSE")
    return build_wheel(tmp_path_factory.mktemp("wheel"), ROOT, *names)


def test_wheel_holds_the_data_files(wheel: Path) -> None:
    """Units, references, templates of pages and the typing marker travel in the wheel; tests do not."""
    names = zipfile.ZipFile(wheel).namelist()
    assert {"exosim/units.txt", "exosim/references.toml", "exosim/prices.toml", "exosim/py.typed"} <= set(names)
    assert {f"exosim/telling/pages/{path.name}" for path in (ROOT / "exosim/telling/pages").iterdir()} <= set(names)
    assert not [name for name in names if name.startswith("tests")]


def test_wheel_holds_every_shipped_scenario_as_a_template(wheel: Path) -> None:
    """The templates of `exosim new` are the files of scenarios/, byte by byte."""
    with zipfile.ZipFile(wheel) as archive:
        for path in (ROOT / "scenarios").glob("*.toml"):
            assert archive.read(f"exosim/templates/{path.name}") == path.read_bytes()


def test_main_job_runs_from_the_wheel(wheel: Path, tmp_path: Path) -> None:
    """Installed elsewhere, the wheel runs the reference scenario and writes its pictures."""
    elsewhere = tmp_path / "elsewhere"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target"]
    subprocess.run([*install, str(elsewhere), str(wheel)], check=True, capture_output=True)
    shutil.copy(ROOT / "scenarios" / "msc_hollow_fiber.toml", tmp_path)
    environment = {**os.environ, "PYTHONPATH": str(elsewhere)}
    where = [sys.executable, "-c", "import exosim; print(exosim.__file__)"]
    shown = subprocess.run(where, check=True, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert str(elsewhere) in shown.stdout
    begin = [sys.executable, "-m", "exosim", "new", "mine", "--from", "more_doses"]
    subprocess.run(begin, check=True, capture_output=True, cwd=tmp_path, env=environment)
    check = [sys.executable, "-m", "exosim", "check", "--quiet", "mine.toml"]
    subprocess.run(check, check=True, capture_output=True, cwd=tmp_path, env=environment)
    job = [sys.executable, "-m", "exosim", "yield", "msc_hollow_fiber.toml", "--draws", "256", "--out", "results/a"]
    done = subprocess.run(job, check=True, capture_output=True, text=True, cwd=tmp_path, env=environment)
    assert "doses per batch" in done.stdout
    assert (tmp_path / "results" / "a" / "yield_curve.png").stat().st_size > 10_000
