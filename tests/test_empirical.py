"""Distributions of measured values: the interpolation, the file beside the scenario, and what is no number in it."""

from __future__ import annotations

import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import exosim as xs
from exosim.empirical import empirical
from exosim.errors import FileError
from tests.texts import FILE, Door, changed

TABLE = "lot,titer,share\nA,4e9,0.8\nB,6e9,0.7\nC,5e9,0.9\n"
TITER = 'titer = { empirical = { file = "titers.csv", column = "titer", unit = "EV/mL" }, varies = "batch" }'


def with_line(line: str = TITER) -> str:
    return changed('volume = "10 L"', f'volume = "10 L"\n{line}')


@given(st.lists(st.floats(0.1, 1e6), min_size=2, max_size=40), st.floats(0.0, 1.0))
def test_it_is_the_interpolation_that_is_documented(values: list[float], u: float) -> None:
    distribution = empirical(np.array(values), "")
    assert distribution.quantile(np.array([u]))[0] == pytest.approx(np.quantile(values, u, method="hazen"), rel=1e-12)
    assert distribution.median() == pytest.approx(np.median(values), rel=1e-12)
    assert distribution.support() == (min(values), max(values))


def test_mean_of_the_distribution_is_that_of_the_values() -> None:
    values = np.array([1.0, 2.0, 4.0, 9.0, 30.0])
    count = 1_000_000
    drawn = empirical(values, "").quantile((np.arange(count) + 0.5) / count)
    assert drawn.mean() == pytest.approx(values.mean(), rel=1e-9)


@pytest.fixture
def scenario(door: Door) -> Path:
    (door.folder / "titers.csv").write_text(TABLE, encoding="utf-8")
    return door.write(with_line())


def test_the_values_of_a_column(scenario: Path) -> None:
    (line,) = [line for line in xs.load(scenario).ledger() if line.path == "medium.titer"]
    assert line.value == "empirical (n 3, lowest 4e9, median 5e9, highest 6e9) by batch"
    titers = xs.evaluate(xs.load(scenario), 4000).values("titer", "medium")
    assert (titers.min(), titers.max()) == pytest.approx((4e9, 6e9))
    assert titers.mean() == pytest.approx(5e9, rel=0.01)


def test_the_unit_of_the_column_is_converted(scenario: Path) -> None:
    before = xs.evaluate(xs.load(scenario), 64).values("titer", "medium")
    text = TABLE.replace("4e9", "4000").replace("6e9", "6000").replace("5e9", "5000")
    (scenario.parent / "titers.csv").write_text(text, encoding="utf-8")
    scenario.write_text(with_line(TITER.replace("EV/mL", "EV/nL")), encoding="utf-8")
    assert xs.evaluate(xs.load(scenario), 64).values("titer", "medium") == pytest.approx(before, rel=1e-12)


def test_the_hash_depends_on_the_file(scenario: Path) -> None:
    before = xs.load(scenario)
    sent = pickle.dumps(before)
    assert pickle.loads(sent).hash == before.hash
    (scenario.parent / "titers.csv").write_text(TABLE.replace("5e9", "5.5e9"), encoding="utf-8")
    assert xs.load(scenario).hash != before.hash
    with pytest.raises(FileError, match="a file of measured values changed while the scenario was in use"):
        pickle.loads(sent)
    (scenario.parent / "titers.csv").write_text(TABLE, encoding="utf-8")
    assert xs.load(scenario).hash == before.hash


def test_the_file_is_beside_the_file_that_names_it(scenario: Path, door: Door) -> None:
    below = door.folder / "below"
    below.mkdir()
    (below / "over.toml").write_text(f'extends = "../{FILE}"\n', encoding="utf-8")
    assert xs.load(below / "over.toml").hash == xs.load(scenario).hash
    own = f'extends = "../{FILE}"\n[[unit_procedure]]\nid = "medium"\nparameters.{TITER}\n'
    (below / "own.toml").write_text(own, encoding="utf-8")
    message = door.run("check", "below/own.toml").err
    assert message.startswith("below/own.toml:4: medium.titer: there is no file titers.csv (looked at ")
    (below / "titers.csv").write_text("titer\n1e9\n2e9\n", encoding="utf-8")
    assert xs.load(below / "own.toml").hash != xs.load(scenario).hash
    assert door.run("check", FILE, "--set", TITER.replace("titer = ", "medium.titer=", 1)).code == 0


@pytest.mark.parametrize(
    ("table", "line"),
    [
        (TABLE, 'vesicle_share = { empirical = { file = "titers.csv", column = "share" } }'),
        ("share\n80\n70\n", 'vesicle_share = { empirical = { file = "titers.csv", column = "share", unit = "%" } }'),
        (TABLE.replace(",", "\t"), TITER),
        (TABLE.replace("\n", "\r\n"), TITER),
        ('"lot, all",titer\n"A, B",4e9\n\n\nC,5e9\n', TITER),
        (TABLE + "D,,0.8\n", TITER.replace("unit =", 'missing = "skip", unit =')),
        (TABLE + "D,<LOD,0.8\n", TITER.replace("unit =", 'below_limit = "1e9 EV/mL", unit =')),
    ],
)
def test_tables_that_can_be_read(table: str, line: str, door: Door) -> None:
    (door.folder / "titers.csv").write_bytes(table.encode())
    answer = door.check(with_line(line))
    assert (answer.code, answer.err) == (0, "")


def test_what_stands_for_a_result_below_the_limit(door: Door) -> None:
    (door.folder / "titers.csv").write_text(TABLE + "D,<LOD,0.8\n", encoding="utf-8")
    door.write(with_line(TITER.replace("unit =", 'below_limit = "3e9 EV/mL", unit =')))
    (line,) = [line for line in xs.load(door.folder / FILE).ledger() if line.path == "medium.titer"]
    assert line.value == "empirical (n 4, lowest 3e9, median 4.5e9, highest 6e9) by batch"


def told(door: Door, table: str | bytes | None, line: str = TITER) -> str:
    """Return the message about a table; nothing else may have been written."""
    if table is not None:
        (door.folder / "titers.csv").write_bytes(table.encode() if isinstance(table, str) else table)
    answer = door.check(with_line(line))
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith(f"{FILE}:20: medium.titer: ") and answer.err.count("\n") == 1
    assert {path.name for path in door.folder.iterdir()} <= {FILE, "titers.csv"}
    return answer.err


def test_DAT_001(door: Door) -> None:
    message = told(door, "lot;titer\nA;4,5e9\nB;6e9\n")
    assert 'titers.csv:2: a number with a decimal comma; got "4,5e9"' in message
    assert 'the file begins with "lot;titer"' in message
    (door.folder / "titers.csv").write_text("lot;titer\nA;4.5e9\nB;6e9\n", encoding="utf-8")
    assert door.check(with_line()).code == 0


def test_DAT_002(door: Door) -> None:
    message = told(door, TABLE + "D,,0.8\nE\n")
    assert 'titers.csv, column "titer": 2 cells are no numbers; got line 5: empty, line 6: empty' in message
    assert 'missing = "skip" leaves empty cells out' in message


def test_DAT_003(door: Door) -> None:
    message = told(door, TABLE + "D,<LOD,1\nE,n.d.,1\nF,1.2e9*,1\nG,nan,1\nH,1_0,1\nI,inf,1\n")
    assert '6 cells are no numbers; got line 5: "<LOD", line 6: "n.d.", line 7: "1.2e9*"' in message
    assert "and 1 more" in message
    assert "below_limit = " in message


def test_DAT_004(door: Door) -> None:
    message = told(door, TABLE.replace("share", "titer"))
    assert 'titers.csv: a column name stands twice; got "titer"' in message


@pytest.mark.parametrize(("table", "found"), [("lot,titer\n", "no values"), ("lot,titer\nA,4e9\n", "one value")])
def test_DAT_005(table: str, found: str, door: Door) -> None:
    message = told(door, table)
    assert f"there are too few values for a distribution; got {found}; expected at least two rows" in message


def test_DAT_006(door: Door) -> None:
    """Rows are read one by one; memory is one number for each."""
    rows = 200_000
    with (door.folder / "titers.csv").open("w", encoding="utf-8") as file:
        file.write("lot,titer\n")
        file.writelines(f"{row},{4e9 + row}\n" for row in range(rows))
    door.write(with_line())
    xs.load(door.folder / FILE)
    tracemalloc.start()
    xs.load(door.folder / FILE)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6 + 8 * 4 * rows


def test_DAT_012(door: Door) -> None:
    (door.folder / "titers.csv").write_bytes(b"\xef\xbb\xbfsep=;\r\nlot;titer\r\nA;4e9\r\nB;6e9\r\n")
    answer = door.check(with_line())
    assert (answer.code, answer.err) == (0, "")
    (door.folder / "titers.csv").write_bytes(b"\xef\xbb\xbftiter,lot\r\n4e9,A\r\nx,B\r\n")
    assert 'line 3: "x"' in told(door, None)


@pytest.mark.parametrize(
    ("table", "line", "words"),
    [
        (None, TITER, "there is no file titers.csv (looked at "),
        ("", TITER, 'unknown column "titer"; expected a header line with the names'),
        (
            "lot,titre\nA,1\n",
            TITER,
            'titers.csv: unknown column "titer"; expected one of lot, titre; did you mean titre?',
        ),
        (b"PK\x03\x04....", TITER, "titers.csv is a binary file; got a zip archive"),
        ("lot,titer\nA,4e9\nB\xe9,5e9\n".encode("latin-1"), TITER, "titers.csv is not UTF-8 text"),
        (TABLE, TITER.replace('file = "titers.csv", ', ""), "empirical needs file as text; got nothing"),
        (TABLE, TITER.replace('"titers.csv"', "3"), "empirical needs file as text; got 3"),
        (TABLE, TITER.replace(', unit = "EV/mL"', ""), "empirical: the unit of the column is missing; got nothing"),
        (TABLE, TITER.replace("EV/mL", "particle/mL"), "empirical.unit: particle/mL cannot be converted to EV/mL"),
        (TABLE, TITER.replace("column", "colum"), 'empirical: unknown key "colum"'),
        (TABLE, TITER.replace("unit =", "missing = 0, unit ="), "empirical.missing is not one of the choices; got 0"),
        (TABLE, TITER.replace("unit =", "below_limit = 0, unit ="), "empirical.below_limit is of the wrong kind"),
        (TABLE, TITER.replace("unit =", 'below_limit = "1 L", unit ='), "empirical.below_limit: L cannot be converted"),
        (TABLE, 'titer = { empirical = "titers.csv" }', "empirical needs the file and the column by name"),
        (TABLE.replace("4e9", "-4e9"), TITER, "this empirical has values below 0, which cannot be"),
        (TABLE.replace("e9", "e3"), TITER, "the median is outside the plausible range"),
    ],
)
def test_what_is_wrong_is_told(table: str | bytes | None, line: str, words: str, door: Door) -> None:
    assert words in told(door, table, line)


def test_a_table_that_cannot_be_opened(door: Door) -> None:
    (door.folder / "titers.csv").mkdir()
    assert "titers.csv cannot be read: Is a directory" in told(door, None)


def test_a_table_that_is_too_large(door: Door) -> None:
    (door.folder / "titers.csv").write_text(TABLE, encoding="utf-8")
    os.truncate(door.folder / "titers.csv", 2 * 1024**3)
    answer = door.check(with_line())
    assert (answer.code, answer.err) == (6, "titers.csv: the file is too large; expected at most 1 GiB\n")
