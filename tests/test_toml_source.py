"""What exosim reads from a TOML file, and what it says about a broken one; ids are rows of the table of bad inputs."""

from __future__ import annotations

import io
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from exosim import toml_source
from exosim.errors import FileError, LimitError, Problem, ScenarioError
from exosim.toml_source import MAXIMUM_DEPTH, parse_toml, read_toml


def problem_of(text: str | bytes) -> Problem:
    content = text.encode() if isinstance(text, str) else text
    with pytest.raises(ScenarioError) as caught:
        parse_toml(content, "batch.toml")
    (problem,) = caught.value.problems
    assert problem.file == "batch.toml"
    assert len(str(problem)) < 600
    return problem


def lines_of(text: str) -> dict[tuple[str | int, ...], int]:
    return dict(parse_toml(text.encode(), "batch.toml").lines)


BAD_TEXTS = [
    pytest.param('name = "lot', 1, 8, "string that starts here is not closed", id="TOM-001"),
    pytest.param("a = 1\nname = 'lot\nb = 2", 2, 8, "string that starts here is not closed", id="TOM-001-literal"),
    pytest.param('a = 1\nname = """lot\nb = 2', 2, 8, 'expected a closing """', id="TOM-001-multi-line"),
    pytest.param('"name = 1', 1, 1, "string that starts here is not closed", id="TOM-001-key"),
    pytest.param("n = 1\na = [\n  1,\n  2\nb = 3\n", 2, 5, "array that starts here is not closed", id="TOM-002"),
    pytest.param("a = [\n  1,\n  2,\nb = 3", 1, 5, "array that starts here is not closed", id="TOM-002-comma"),
    pytest.param("a = [\n1,\n[[step]]\nb = 3", 1, 5, "array that starts here is not closed", id="TOM-002-table"),
    pytest.param("a = [\n  1,\n  2\n", 1, 5, "expected a closing ]", id="TOM-002-end-of-file"),
    pytest.param("a = [1 2]", 1, 8, "after an element of an array a comma is missing", id="missing-comma"),
    pytest.param("a = [1,\n2,,3]", 2, 3, "the value is missing", id="two-commas"),
    pytest.param("a = 1 b = 2", 1, 7, "one key per line", id="TOM-004"),
    pytest.param('a = "x", b = 2', 1, 8, "one key per line", id="TOM-004-comma"),
    pytest.param("[a] b = 2", 1, 5, "one key per line", id="TOM-004-table"),
    pytest.param("a.b = 1\na = 2", 2, 1, "the key a on line 2 is already defined on line 1", id="TOM-007"),
    pytest.param("a = 1\n\na.b = 2", 3, 1, "the key a on line 3 is already defined on line 1", id="TOM-007-reverse"),
    pytest.param("a = 1\na = 2", 2, 1, "the key a on line 2 is already defined on line 1", id="TOM-007-key"),
    pytest.param("[x]\na = 1\n[x]", 3, 1, "the table x on line 3 is already defined on line 1", id="TOM-007-table"),
    pytest.param("[x]\n[[x]]", 2, 1, "write [[name]] every time", id="TOM-007-list"),
    pytest.param("x = {a = 1, a = 2}", 1, 13, "x.a on line 1 is already defined on line 1", id="TOM-007-inline"),
    pytest.param("x = {a = 1}\n[x.b]", 2, 1, "the key x on line 2 is already defined on line 1", id="TOM-007-header"),
    pytest.param("[[x]]\na=1\na=2", 3, 1, "the key x.0.a on line 3 is already defined on line 2", id="TOM-007-element"),
    pytest.param("volume = 1,5", 1, 11, "expected a point", id="TOM-008"),
    pytest.param("t = { volume = 1,5 }", 1, 17, "expected a point", id="TOM-008-inline"),
    pytest.param("n = 01", 1, 5, "a number must not begin with a zero", id="TOM-009"),
    pytest.param("n = -00.5", 1, 5, "a number must not begin with a zero", id="TOM-009-negative"),
    pytest.param("n = .5", 1, 5, "a number needs a digit before and after its point", id="no-leading-digit"),
    pytest.param("n = 5.", 1, 5, "a number needs a digit before and after its point", id="no-trailing-digit"),
    pytest.param("a = 1\nd = 2026-02-30", 2, 5, "the date 2026-02-30 does not exist", id="TOM-011"),
    pytest.param("d = 2026-13-01T10:00:00Z", 1, 5, "the date 2026-13-01 does not exist", id="TOM-011-month"),
    pytest.param("d = 25:00:00", 1, 5, "the time of day 25:00:00 does not exist", id="TOM-011-time"),
    pytest.param("d = 30.02.2026", 1, 5, "for example 2026-02-28", id="TOM-011-order"),
    pytest.param("d = 08:30", 1, 5, "for example 08:30:00", id="TOM-011-no-seconds"),
    pytest.param("# a scenario\n\n# nothing", None, None, "the scenario is empty", id="TOM-013"),
    pytest.param("", None, None, "[product] table and one [[unit_procedure]]", id="TOM-013-empty"),
    pytest.param('{\n  "name": "lot"\n}', None, None, "looks like JSON; exosim reads TOML", id="TOM-014"),
    pytest.param('[\n  {"name": "lot"}\n]', None, None, "looks like JSON; exosim reads TOML", id="TOM-014-list"),
    pytest.param("# a\nname: lot\nsteps:\n  - a\n", None, None, "looks like YAML; exosim reads TOML", id="TOM-015"),
    pytest.param("---\nname: lot\n", None, None, "looks like YAML; exosim reads TOML", id="TOM-015-document"),
    pytest.param("a = 1\nname: lot\n", 2, 5, "a key is followed by =, not by a colon", id="TOM-015-one-line"),
    pytest.param("<scenario/>", None, None, "looks like XML; exosim reads TOML", id="XML"),
    pytest.param(b"PK\x03\x04\x14\x00\x06\x00", None, None, "binary file; got a zip archive", id="TOM-016"),
    pytest.param(b"\x89HDF\r\n\x1a\n", None, None, "binary file; got an HDF5 file", id="TOM-016-hdf5"),
    pytest.param(bytes(range(20)) * 9, None, None, "this is a binary file", id="TOM-016-other"),
    pytest.param(b"a = 1\n\x00\xe9\x00", 2, 2, "this is a binary file", id="TOM-016-not-text"),
    pytest.param("a = 1\n# b\rc = 2\n", 2, 4, "the control character U+000D is not allowed", id="TOM-019-stray"),
    pytest.param(b'a = 1\nb = "caf\xe9"', 2, 9, "save as UTF-8 (at byte offset 14)", id="TOM-021"),
    pytest.param(b'\xef\xbb\xbfa = "\xe9"', 1, 6, "save as UTF-8 (at byte offset 8)", id="TOM-021-mark"),
    pytest.param("a = 1".encode("utf-16"), None, None, "UTF-16 text; save as UTF-8", id="TOM-021-utf-16"),
    pytest.param(b'a = 1\nname = "a\x00b"', 2, 10, "the control character U+0000 is not allowed", id="TOM-022"),
    pytest.param("a = " + "[" * 100_000, 1, 55, "at most 50 levels", id="TOM-023"),
    pytest.param("a = " + "{a = " * 100_000, 1, 251, "at most 50 levels", id="TOM-023-inline"),
    pytest.param("a." * 100_000 + "a = 1", 1, 1, "at most 50 levels", id="TOM-023-dotted"),
    pytest.param("[" + "a." * 100_000 + "a]", 1, 1, "at most 50 levels", id="TOM-023-header"),
    pytest.param("n = " + "1" * 5000, 1, 5, "too many digits", id="TOM-027"),
    pytest.param("a = {\n  b = 1 }", 1, 5, "an inline table must stay on one line", id="TOM-030"),
    pytest.param("a = { b = 1, # c\n  c = 1 }", 1, 5, "an inline table must stay on one line", id="TOM-030-comment"),
    pytest.param("a = { b = 1", 1, 5, "an inline table must stay on one line", id="TOM-030-not-closed"),
    pytest.param("a = { b = 1, }", 1, 12, "an inline table must not end with a comma", id="TOM-030-comma"),
    pytest.param(r'a = "x\e"', 1, 7, "this escape is not known", id="TOM-030-escape"),
    pytest.param(r'a = "x\x41"', 1, 7, "exosim reads TOML 1.0", id="TOM-030-hexadecimal"),
    pytest.param('a = """\n\\x41"""', 2, 1, "this escape is not known", id="TOM-030-multi-line"),
    pytest.param(r'a = "C:\lots"', 1, 8, "'single quotes'", id="escape-in-a-path"),
    pytest.param(r'a = "\ud800"', 1, 6, "this escape is not known", id="escape-of-a-surrogate"),
    pytest.param("a = 1\nb\u00a0= 2", 2, 2, "the character U+00A0 (NO-BREAK SPACE)", id="TOM-031"),
    pytest.param("b =\u00a02", 1, 4, "the character U+00A0 (NO-BREAK SPACE)", id="TOM-031-after"),
    pytest.param("b = 2\u00a0", 1, 6, "the character U+00A0 (NO-BREAK SPACE)", id="TOM-031-end"),
    pytest.param("name = “lot”", 1, 8, "U+201C (LEFT DOUBLE QUOTATION MARK) is not a quote", id="TOM-031-quotes"),
    pytest.param("name = “lot”", 1, 8, "use straight quotes", id="TOM-031-straight-quotes"),
    pytest.param("a =", 1, 4, "the value is missing", id="missing-value"),
    pytest.param("a = # comment\nb = 1", 1, 5, "the value is missing", id="missing-value-comment"),
    pytest.param("name = lot", 1, 8, "text needs quotes", id="bare-text"),
    pytest.param("name = größe", 1, 8, "text needs quotes", id="bare-text-umlaut"),
    pytest.param("a = True", 1, 5, "expected true or false", id="capital-true"),
    pytest.param("a = 2L", 1, 5, "text in quotes", id="unit"),
    pytest.param("a = 2 L", 1, 7, "a number with a unit needs quotes", id="unit-after-space"),
    pytest.param("a == 2", 1, 4, "this is not a value", id="two-equals"),
    pytest.param('a = "he said "hi""', 1, 15, "text follows the closing quote", id="quote-in-text"),
    pytest.param("a = 1 ]", 1, 7, "does not belong on this line", id="rest-of-line"),
    pytest.param("flow rate = 2", 1, 6, '"flow rate"', id="key-with-space"),
    pytest.param("größe = 2", 1, 3, '"größe"', id="key-with-umlaut"),
    pytest.param("flow", 1, 5, "after the key an = is missing", id="key-alone"),
    pytest.param("= 1", 1, 1, "a line starts with a key", id="no-key"),
    pytest.param("[]", 1, 2, "a table needs a name", id="table-without-name"),
    pytest.param("[product\na = 1", 1, 9, "the table name is not closed with ]", id="table-not-closed"),
    pytest.param("[[step]\na = 1", 1, 7, "the table name is not closed with ]]", id="list-not-closed"),
    pytest.param("a = {b = 1 c = 2}", 1, 12, "a comma is missing", id="inline-missing-comma"),
]


@pytest.mark.parametrize(("text", "line", "column", "words"), BAD_TEXTS)
def test_bad_text_is_one_problem_with_its_place(
    text: str | bytes, line: int | None, column: int | None, words: str
) -> None:
    problem = problem_of(text)
    assert (problem.line, problem.column) == (line, column)
    assert words in str(problem)


def test_tom_001_the_line_and_a_caret_are_shown() -> None:
    assert problem_of('name = "lot').problem.splitlines()[1:] == ['    name = "lot', "           ^"]


def test_a_tab_in_front_does_not_move_the_caret() -> None:
    assert problem_of("\tname = lot").problem.splitlines()[1:] == ["     name = lot", "            ^"]


def test_a_long_line_is_cut_around_the_column() -> None:
    problem = problem_of("a = [" + "1, " * 5000 + "x, " + "1, " * 5000 + "]")
    _, shown, caret = problem.problem.splitlines()
    assert problem.column == 5 + 3 * 5000 + 1
    assert shown[len(caret) - 1] == "x"
    assert shown.startswith("    …") and shown.endswith("…") and len(shown) < 130


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"\xef\xbb\xbfa = 1\nb = 2\n", id="TOM-017"),
        pytest.param(b"a = 1\rb = 2\r", id="TOM-019"),
        pytest.param(b"a = 1\r\nb = 2\r\n", id="CRLF"),
        pytest.param(b"a = 1\nb = 2", id="TOM-029"),
        pytest.param(b"\ta\t=\t1\t\nb =\t2", id="tabs"),
    ],
)
def test_accepted_forms_of_a_text_file(content: bytes) -> None:
    source = parse_toml(content, "batch.toml")
    assert source.data == {"a": 1, "b": 2}
    assert source.lines == {("a",): 1, ("b",): 2}


def test_tom_019_a_long_file_with_carriage_returns_gives_a_short_message() -> None:
    problem = problem_of(b"name = 'lot'\r" * 1000)
    assert (problem.line, problem.column) == (2, 1)


def test_tom_023_deep_nesting_is_refused_within_a_second() -> None:
    start = time.perf_counter()
    problem_of("a = " + "[" * 100_000)
    problem_of("a." * 100_000 + "a = 1")
    assert time.perf_counter() - start < 1


def test_the_greatest_depth_is_accepted() -> None:
    text = "a = " + "[" * MAXIMUM_DEPTH + "]" * MAXIMUM_DEPTH
    assert parse_toml(text.encode(), "batch.toml").data


def test_tom_025_a_large_file_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "large.toml"
    with path.open("wb") as file:
        file.truncate(1024**3)
    monkeypatch.setattr(toml_source, "_content", lambda *_: pytest.fail("the file was read"))
    with pytest.raises(LimitError) as caught:
        read_toml(path)
    for words in ("1024.0 MiB", "at most 16 MiB", "--max-file-size", str(path)):
        assert words in str(caught.value)


def test_tom_025_the_limit_holds_for_the_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    give_input(monkeypatch, b"#" * (2 * 1024**2))
    with pytest.raises(LimitError, match=r"<stdin>: .*more than 1 MiB.*--max-file-size"):
        read_toml("-", maximum_mebibytes=1)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs a device without an end")
def test_tom_025_the_limit_holds_for_a_file_without_a_size() -> None:
    with pytest.raises(LimitError, match="more than 2 MiB"):
        read_toml("/dev/zero", maximum_mebibytes=2)


def test_tom_026_a_raised_limit_lets_a_large_file_pass(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    path.write_text("".join(f"key_number_{i:07d} = {i}.25 # a comment\n" for i in range(50_000)))
    with pytest.raises(LimitError):
        read_toml(path, maximum_mebibytes=1)
    source = read_toml(path, maximum_mebibytes=3)
    assert len(source.data) == 50_000
    assert source.line(("key_number_0049999",)) == 50_000


@pytest.mark.parametrize(
    "text",
    [
        "a = [" + "1, " * 300_000,
        "a = [" + '"x", ' * 200_000,
        "a = [" + "[x], " * 200_000,
        "a = " + '"' * 1_000_001,
        'a = "' + "\\\\" * 500_000,
        "a = " + "1_" * 500_000,
        "a = " + "\u00a0" * 500_000,
        "a" * 1_000_000,
        "a." * 500_000,
        " \n#\n" * 250_000 + "=",
        "[" * 1_000_000,
        "'''" * 300_001,
    ],
    ids=range(12),
)
def test_broken_megabytes_are_refused_quickly(text: str) -> None:
    start = time.perf_counter()
    problem_of(text)
    assert time.perf_counter() - start < 5


def test_whole_numbers_that_a_model_can_take_are_accepted() -> None:
    assert parse_toml(b"n = 100_000_000_000_000_000_000_000", "batch.toml").data == {"n": 10**23}
    source = parse_toml(b"n = 0x" + b"f" * 248, "batch.toml")
    assert float(source.data["n"]) > 1e298


def test_words_of_tomllib_keep_their_place(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, place in (("Odd (at line 2, column 3)", (2, 3)), ("Odd (at end of document)", (2, 6)), ("Odd", (1, 1))):

        def refuse(_: str, words: str = words) -> dict[str, Any]:
            raise ValueError(words)

        monkeypatch.setattr(tomllib, "loads", refuse)
        problem = problem_of("a = 1\nb = 2")
        assert (problem.line, problem.column) == place
        assert problem.problem.startswith("Odd\n")


def test_the_place_that_newer_versions_of_tomllib_give_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class PlacedError(ValueError):
        lineno, colno = 2, 5

    def refuse(_: str) -> dict[str, Any]:
        raise PlacedError("Odd")

    monkeypatch.setattr(tomllib, "loads", refuse)
    problem = problem_of("a = 1\nb = 2")
    assert (problem.line, problem.column) == (2, 5)


def give_input(monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(content)))


def test_cli_005_a_missing_file_names_the_nearest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "batch.toml").write_text("a = 1")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FileError) as caught:
        read_toml("bacth.toml")
    (problem,) = caught.value.problems
    assert (problem.file, problem.nearest) == ("bacth.toml", "batch.toml")
    assert str(tmp_path / "bacth.toml") in problem.problem
    assert caught.value.exit_code == 5


@pytest.mark.parametrize(
    ("typed", "nearest"),
    [("base", "base.toml"), ("basis.toml", "base.toml"), ("x.toml", None), ("notes.toml", None), ("tests.toml", None)],
)
def test_only_a_toml_file_with_a_name_alike_is_offered(typed: str, nearest: str | None, tmp_path: Path) -> None:
    """The ending makes no two names alike, and another kind of file is none to read."""
    for name in ("base.toml", "a.toml", "notes.txt", "tests.png"):
        (tmp_path / name).touch()
    with pytest.raises(FileError) as caught:
        read_toml(tmp_path / typed)
    assert caught.value.problems[0].nearest == nearest


def test_cli_005_a_missing_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="there is no such folder"):
        read_toml(tmp_path / "absent" / "batch.toml")


def test_cli_005_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="this is a folder, not a file"):
        read_toml(tmp_path)


def test_cli_005_denied_permission_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "batch.toml"
    path.write_text("a = 1")

    def deny(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(toml_source, "open", deny, raising=False)
    with pytest.raises(FileError, match="permission to read the file is denied"):
        read_toml(path)


@pytest.mark.parametrize("path", ["a\0b", "x" * 5000, "\ud800", ""])
def test_cli_005_an_impossible_path_is_a_file_error(path: str) -> None:
    with pytest.raises(FileError):
        read_toml(path)


def test_cli_008_empty_standard_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    give_input(monkeypatch, b"")
    with pytest.raises(ScenarioError, match="<stdin>: the scenario is empty"):
        read_toml("-")


def test_cli_008_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    give_input(monkeypatch, b"a = 1")
    source = read_toml("-")
    assert (source.name, source.data) == ("<stdin>", {"a": 1})


def test_cli_008_an_absent_standard_input_is_a_file_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(FileError, match="<stdin>: the standard input cannot be read"):
        read_toml("-")


def test_cli_010_terminal_escape_codes_in_a_path_are_escaped() -> None:
    with pytest.raises(FileError) as caught:
        read_toml("\x1b[31mred.toml")
    assert "\x1b" not in str(caught.value)
    assert "\\x1b[31mred.toml" in str(caught.value)


def test_terminal_escape_codes_in_a_text_are_escaped() -> None:
    assert "\x1b" not in str(problem_of('a = "\x1b[31m"'))


def test_lines_of_tables_and_lists_of_tables() -> None:
    text = (
        "name = 'lot'\n[product]\ndose.size = 1\n[[unit_procedure]]\nid = 'a'\n[unit_procedure.parameters]\nflux = 1\n"
    )
    text += "[[unit_procedure]]\n[unit_procedure.parameters]\nflux = 2\n[[unit_procedure.step]]\nx = 1\n"
    assert lines_of(text) == {
        ("name",): 1,
        ("product",): 2,
        ("product", "dose"): 3,
        ("product", "dose", "size"): 3,
        ("unit_procedure",): 4,
        ("unit_procedure", 0): 4,
        ("unit_procedure", 0, "id"): 5,
        ("unit_procedure", 0, "parameters"): 6,
        ("unit_procedure", 0, "parameters", "flux"): 7,
        ("unit_procedure", 1): 8,
        ("unit_procedure", 1, "parameters"): 9,
        ("unit_procedure", 1, "parameters", "flux"): 10,
        ("unit_procedure", 1, "step"): 11,
        ("unit_procedure", 1, "step", 0): 11,
        ("unit_procedure", 1, "step", 0, "x"): 12,
    }


def test_lines_of_inline_tables_and_arrays() -> None:
    text = 'a = { b = { c = 1, d.e = 2 } }\nf = [\n  1, # [x]\n  { g = 1 },\n  [2,\n   3],\n]\nset = { "c.flux" = 1 }\n'
    lines = lines_of(text)
    assert lines["a", "b", "d", "e"] == lines["a", "b", "c"] == 1
    assert [lines["f", index] for index in range(3)] == [3, 4, 5]
    assert lines["f", 1, "g"] == 4
    assert lines["f", 2, 1] == 6
    assert lines["set", "c.flux"] == 8


def test_text_in_comments_and_strings_is_not_read_as_keys() -> None:
    text = '# [c]\na = """\n[x]\nb = 1 # "\n"""  # ]\n# b = 2\nd = \'\'\'[y]\n\'\'\'\ne = "# \\" [z]" # "\n'
    assert lines_of(text) == {("a",): 2, ("d",): 7, ("e",): 9}


def test_quoted_keys_are_decoded() -> None:
    assert lines_of('"a b".\'c.d\'."\\u00e9\\"" = 1') == {("a b",): 1, ("a b", "c.d"): 1, ("a b", "c.d", 'é"'): 1}


def test_the_line_of_an_implicit_table_is_that_of_its_own_header_if_there_is_one() -> None:
    assert lines_of("[a.b]\n[c]\n[a]\n")["a",] == 3


def test_line_falls_back_to_the_nearest_enclosing_path() -> None:
    source = parse_toml(b"[[step]]\nid = 1\n[step.limits]\nlow = [1, 2]\n", "batch.toml")
    assert source.line(("step", 0, "limits", "low", 1)) == 4
    assert source.line(("step", 0, "limits", "high")) == 3
    assert source.line(("step", 0, "absent", "deep")) == 1
    assert source.line(("absent",)) is None
    assert source.line(()) is None


TOKENS = [
    "a",
    "b",
    '"q"',
    ".",
    "=",
    " = ",
    " ",
    "\n",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    ",",
    "#",
    "1",
    "-2.5",
    "true",
    '"',
]
TOKENS += ["'", '"""', "'''", "\\", "[a]\n", "[[a]]\n", "a.b = 1\n", "2026-02-30", "é", "\u00a0", "\r", "\0", "'s'"]


def read_or_refuse(content: bytes) -> None:
    """Check that only a scenario error comes, and that the scanner refuses nothing that tomllib takes."""
    try:
        valid = bool(tomllib.loads(content.decode()))
    except ValueError:
        valid = False
    if valid:
        parse_toml(content, "batch.toml")
    else:
        problem_of(content)


@given(st.lists(st.sampled_from(TOKENS), max_size=25))
@settings(deadline=None, max_examples=1000)
def test_random_tokens_are_read_or_refused(tokens: list[str]) -> None:
    text = "".join(tokens)
    read_or_refuse(text.encode())


@given(st.text(max_size=60))
@settings(deadline=None)
def test_random_text_is_read_or_refused(text: str) -> None:
    try:
        parse_toml(text.encode(), "batch.toml")
    except ScenarioError as error:
        assert len(error.problems) == 1


@given(st.binary(max_size=60))
@example(b"\xff")
@example(b"\x00")
@settings(deadline=None)
def test_random_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        parse_toml(content, "batch.toml")
    except ScenarioError as error:
        assert len(error.problems) == 1


def quoted(text: str) -> str:
    return '"' + "".join(c if c.isalnum() and c.isascii() else f"\\U{ord(c):08x}" for c in text) + '"'


KEYS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=5)
SCALARS = st.one_of(st.integers(-(2**63), 2**63 - 1), st.booleans(), KEYS)
INLINE = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3))
TREES = st.recursive(
    st.dictionaries(KEYS, INLINE, min_size=1, max_size=3),
    lambda inner: st.dictionaries(
        KEYS, inner | INLINE | st.lists(inner, min_size=1, max_size=3), min_size=1, max_size=3
    ),
    max_leaves=8,
)


def dumped_value(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{quoted(key)} = {dumped_value(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(dumped_value, value)) + "]"
    return quoted(value) if isinstance(value, str) else str(value).lower()


class Dump:
    """Writes a tree as TOML and notes where each key went: tables as [headers], or inline at random."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.written: list[str] = []
        self.lines: dict[tuple[str | int, ...], int] = {}

    def write(self, text: str) -> int:
        noise = self.draw(st.sampled_from(["", "# a = 1 [x]\n", "\n"]))
        self.written.append(f"{noise}{text}  # ] = {{\n")
        return "".join(self.written).count("\n") - text.count("\n")

    def note(self, path: tuple[str | int, ...], value: Any, line: int) -> None:
        self.lines[path] = line
        if isinstance(value, (dict, list)):
            for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
                self.note((*path, key), inner, line)

    def table(self, tree: dict[str, Any], path: tuple[str | int, ...]) -> None:
        later = {k: v for k, v in tree.items() if is_tables(v) and self.draw(st.booleans())}
        for key, value in tree.items():
            if key not in later:
                text = f"{quoted(key)} = {dumped_value(value)}"
                line = self.write(text)
                self.note((*path, key), value, line)
        for key, value in later.items():
            name = ".".join(quoted(part) for part in (*path, key) if isinstance(part, str))
            if isinstance(value, dict):
                self.lines[(*path, key)] = self.write(f"[{name}]")
                self.table(value, (*path, key))
            for index, element in enumerate(value if isinstance(value, list) else ()):
                self.lines[(*path, key, index)] = self.write(f"[[{name}]]")
                self.table(element, (*path, key, index))


def is_tables(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and bool(value) and all(type(v) is dict for v in value))


@given(TREES, st.data())
@settings(deadline=None)
def test_every_key_of_a_valid_text_has_its_line(tree: dict[str, Any], data: st.DataObject) -> None:
    dump = Dump(data.draw)
    dump.table(tree, ())
    source = parse_toml("".join(dump.written).encode(), "batch.toml")
    assert source.data == tree
    assert {path: source.line(path) for path in dump.lines} == dump.lines
