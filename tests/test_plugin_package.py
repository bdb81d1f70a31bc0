"""The example plug-in, as somebody else would have it: built, installed beside exosim elsewhere, tested, used."""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.wheels import ROOT, build_wheel

EXAMPLE = ROOT / "examples" / "exosim_example_plugin"
OPERATION = "swinging_bucket_pelleting"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a fresh virtual environment with the wheels of exosim and of the plug-in.

    What exosim depends on is borrowed from the environment of these tests, so that nothing is downloaded.
    """
    home = tmp_path_factory.mktemp("elsewhere")
    wheels = [
        build_wheel(home / "exosim", ROOT, "exosim", "scenarios", "pyproject.toml", "README.md", "LICENSE"),
        build_wheel(home / "plugin", EXAMPLE, "exosim_example_plugin", "pyproject.toml", "README.md"),
    ]
    venv.create(home / "venv", with_pip=False)
    packages = next((home / "venv").glob("[Ll]ib/**/site-packages"))
    (packages / "borrowed.pth").write_text("\n".join(site.getsitepackages()), encoding="utf-8")
    install = [sys.executable, "-m", "pip", "--python", str(python_of(home)), "install", "--quiet", "--no-deps"]
    install += ["--ignore-installed", "--no-index", "--no-compile"]
    subprocess.run([*install, *map(str, wheels)], check=True, capture_output=True)
    for name in ("tests", "scenario.toml"):
        source = EXAMPLE / name
        (shutil.copytree if source.is_dir() else shutil.copy)(source, home / name)
    return home


def python_of(home: Path) -> Path:
    folder = home / "venv" / ("Scripts" if os.name == "nt" else "bin")
    return folder / "python"


def run(home: Path, *arguments: str, code: int = 0) -> str:
    """Run Python there and return what it printed."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PYTEST", "COV"))}
    command = [str(python_of(home)), *arguments]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def test_it_is_what_was_installed_there(elsewhere: Path) -> None:
    """Both packages come from the wheels, not from this repository."""
    code = "import exosim, exosim_example_plugin as p; print(exosim.__file__); print(p.__file__)"
    places = run(elsewhere, "-c", code).split()
    assert all(Path(place).is_relative_to(elsewhere / "venv") for place in places)


def test_it_passes_its_own_tests(elsewhere: Path) -> None:
    """The contract kit and the comparison with published figures pass there."""
    shown = run(elsewhere, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "tests")
    assert "17 passed" in shown


def test_it_runs_in_a_scenario(elsewhere: Path) -> None:
    """Check, description, citation, schema and yield know the operation; the manifest names the plug-in."""
    assert "chhoy2021" in run(elsewhere, "-m", "exosim", "check", "scenario.toml")
    described = json.loads(run(elsewhere, "-m", "exosim", "describe", OPERATION, "--json"))["operation"]
    assert described["brought_by"] == "exosim-example-plugin 0.1.0"
    assert "not pelleted" in described["losses"]
    assert "PMC7848770" in run(elsewhere, "-m", "exosim", "cite", "scenario.toml")
    assert f"parameters.{OPERATION}" in json.loads(run(elsewhere, "-m", "exosim", "schema"))["$defs"]
    shown = run(elsewhere, "-m", "exosim", "yield", "scenario.toml", "--draws", "256", "--out", "results")
    assert "doses per batch" in shown and "pellet" in shown
    manifest = json.loads((elsewhere / "results" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["plugins"] == {OPERATION: "exosim-example-plugin 0.1.0"}


def test_without_it_the_scenario_is_refused() -> None:
    """Here, where it is not installed, its operation is unknown."""
    command = [sys.executable, "-m", "exosim", "check", str(EXAMPLE / "scenario.toml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 3
    assert f'unknown operation "{OPERATION}"' in done.stderr
