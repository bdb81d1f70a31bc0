"""The notebooks of the documentation are executed, and what they store is what they give."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
LARGEST = 200_000
"""Bytes of a stored notebook, pictures included."""
EXECUTE = """\
import sys
import nbformat
from nbclient import NotebookClient

path = sys.argv[1]
notebook = nbformat.read(path, as_version=4)
NotebookClient(notebook, timeout=300, kernel_name="python3", record_timing=False).execute()
nbformat.write(notebook, path)
"""


@pytest.fixture(scope="module", params=NOTEBOOKS, ids=lambda path: path.stem)
def executed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """Return a notebook as it is stored and as it is now, executed in a kernel of its own beside the scenarios."""
    root = tmp_path_factory.mktemp("root")
    (root / "scenarios").symlink_to(ROOT / "scenarios")
    copy = root / "docs" / "notebooks" / request.param.name
    copy.parent.mkdir(parents=True)
    copy.write_bytes(request.param.read_bytes())
    environment = {**os.environ, "PYDEVD_DISABLE_FILE_VALIDATION": "1", "IPYTHONDIR": str(root / "ipython")}
    command = [sys.executable, "-c", EXECUTE, copy.name]
    done = subprocess.run(command, cwd=copy.parent, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    found = nbformat.read(copy, as_version=4)
    found.metadata["language_info"] = {"name": "python"}
    if os.environ.get("EXOSIM_BLESS") == "1":
        nbformat.write(found, request.param)
    return nbformat.read(request.param, as_version=4), found


def outputs(notebook: Any) -> Iterator[tuple[str, str]]:
    """Yield the source of each cell of code with the words that it shows; pictures depend on fonts."""
    for cell in notebook.cells:
        if cell.cell_type == "code":
            yield cell.source, "\n".join(_words(output) for output in cell.outputs)


def _words(output: Any) -> str:
    if output.output_type == "stream":
        return str(output.text)
    page = output.data.get("text/html", "")
    return str(page if 'class="exosim"' in page else output.data.get("text/plain", ""))


def test_stored_outputs_are_current(executed: tuple[Any, Any]) -> None:
    """What is stored is what the notebook shows now."""
    stored, found = map(list, map(outputs, executed))
    assert stored == found, "run `make bless` and say what moved under Numbers change in CHANGELOG.md"
    assert all(shown for _, shown in stored)


def test_no_cell_complains(executed: tuple[Any, Any]) -> None:
    """No error, no warning."""
    for cell in executed[1].cells:
        for output in cell.get("outputs", ()):
            assert output.output_type != "error"
            assert output.get("name") != "stderr", output.text


def test_tables_and_pictures_are_stored(executed: tuple[Any, Any]) -> None:
    """Who reads the page without running it sees them."""
    kinds = {
        kind for cell in executed[0].cells for output in cell.get("outputs", ()) for kind in output.get("data", ())
    }
    assert {"text/html", "text/plain", "image/png"} <= kinds


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_stored_notebook_is_small_and_clean(path: Path) -> None:
    """It holds no path of a machine, no time and no address in memory."""
    text = path.read_text(encoding="utf-8")
    assert len(text) < LARGEST
    assert not re.search(r"(/home/|/root/|/tmp/|site-packages|0x[0-9a-f]{6,}|iopub)", text)
    nbformat.validate(nbformat.reads(text, as_version=4))


def test_there_is_a_notebook() -> None:
    assert NOTEBOOKS
