"""Find the line of every key of a TOML 1.0 text, and say in a person's words what is not TOML in it.

tomllib gives no positions and few words, and newer Pythons accept TOML 1.1. The scanner therefore reads the text before
tomllib: it refuses what is not TOML 1.0 with the place and what to write instead.
"""

from __future__ import annotations

import datetime
import re
import tomllib
import unicodedata
from typing import NoReturn

from exosim.errors import Problem, ScenarioError, shortened

MAXIMUM_DEPTH = 50

KeyPath = tuple[str | int, ...]

# A longer whole number would overflow when a model takes it as a float.
_LONGEST_WHOLE_NUMBER = 250
_KEY_PART = r"""(?:[A-Za-z0-9_-]++|"[^"\n]*+"|'[^'\n]*+')"""
_NEXT_KEY = re.compile(rf"[ \t,]*+{_KEY_PART}(?:[ \t]*+\.[ \t]*+{_KEY_PART})*+[ \t]*+=")
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]++")
_GAP = re.compile(r"[ \t]*+")
_LINES_BETWEEN = re.compile(r"(?:[ \t\n]++|#[^\n]*+)*+")
_LINE_END = re.compile(r"[ \t]*+(?:#[^\n]*+)?(?:\n|\Z)")
_HEADER_LINE = re.compile(
    r"\[{1,2}[ \t]*+(?!(?:true|false|inf|nan)[ \t]*+\])[A-Za-z_][\w.-]*+[ \t]*+\]{1,2}[ \t]*+(?:#[^\n]*+)?(?:\n|\Z)"
)
_STRINGS = {
    '"""': re.compile(r'"""(?:[^"\\]++|\\[\s\S]|"(?!""))*+"""("{0,2})'),
    "'''": re.compile(r"'''(?:[^']++|'(?!''))*+'''('{0,2})"),
    '"': re.compile(r'"(?:[^"\\\n]++|\\[^\n])*+"'),
    "'": re.compile(r"'[^'\n]*+'"),
}
_BASIC_PLANE = r"(?![dD][89A-Fa-f])[0-9A-Fa-f]{4}"
_ESCAPE = rf'[btnfr"\\]|u{_BASIC_PLANE}|U0000{_BASIC_PLANE}|U00(?:10|0[1-9A-Fa-f])[0-9A-Fa-f]{{4}}'
_ESCAPES = {
    '"': re.compile(rf"(?:[^\\]++|\\(?:{_ESCAPE}))*+"),
    '"""': re.compile(rf"(?:[^\\]++|\\(?:{_ESCAPE}|[ \t]*+\n))*+"),
}
_SCALAR = re.compile(
    r"""(?:true|false|[+-]?(?:inf|nan)
    |(?P<day>[0-9]{4}-[0-9]{2}-[0-9]{2})(?:[Tt ](?P<hour>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?
        (?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])?)?
    |(?P<clock>[0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.[0-9]+)?
    |(?P<whole>[+-]?(?:0|[1-9](?:_?[0-9])*+)|0x[0-9A-Fa-f](?:_?[0-9A-Fa-f])*+|0o[0-7](?:_?[0-7])*+|0b[01](?:_?[01])*+)
        (?![.eE])
    |[+-]?(?:0|[1-9](?:_?[0-9])*+)(?:\.[0-9](?:_?[0-9])*+)?(?:[eE][+-]?[0-9](?:_?[0-9])*+)?
    )(?=[ \t\n,\]}\#]|\Z)""",
    re.VERBOSE,
)
_WORD = re.compile(r"[^ \t\n,\[\]{}#=]++|.")
_VALUE_KINDS = 'text in "quotes", a number, true or false, a date, an [array] or a { table }'
_BAD_VALUES = tuple(
    (re.compile(pattern), problem, expected)
    for pattern, problem, expected in (
        (r"[0-9]{1,4}([-/.])[0-9]{1,2}\1[0-9]{1,4}", "this is not how a date is written", "for example 2026-02-28"),
        (r"[0-9]{1,2}:[0-9]{2}", "this is not how a time of day is written", "for example 08:30:00"),
        (r"[+-]?0[0-9_]", "a number must not begin with a zero", "the number without the zero in front"),
        (
            r"[+-]?(?:\.[0-9]|[0-9][0-9_]*\.(?![0-9]))",
            "a number needs a digit before and after its point",
            "for example 0.5 or 5.0",
        ),
        (r"(?i:true|false|yes|no|on|off)\b", "this is not how yes or no is written", "true or false, in small letters"),
        (r"[+-]?[0-9]", "this is not a number", 'a number such as 1.5, or text in quotes such as "1.5 L"'),
        (r"\w", "text needs quotes", 'the text between " and "'),
    )
)


def complaint(
    text: str, name: str, position: int, problem: str, expected: str | None = None, got: str | None = None
) -> ScenarioError:
    """Return the error with the line and column of `position`, its line of text and a caret below."""
    start = text.rfind("\n", 0, position) + 1
    end = text.find("\n", position, position + 61)
    before = shortened(text[max(start, position - 60) : position].replace("\t", " "), 1000)
    after = shortened(text[position : end if end >= 0 else position + 61].replace("\t", " "), 60)
    if position - start > 60 or len(before) > 60:
        before = "…" + before[-59:]
    shown = f"{problem}\n    {before}{after}\n    {' ' * len(before)}^"
    line = text.count("\n", 0, start) + 1
    return ScenarioError(Problem(shown, file=name, line=line, column=position - start + 1, expected=expected, got=got))


class Scanner:
    """One pass over the text that fills `lines`; it refuses, with the place, whatever it can word well.

    `_tables` holds the tables that are not values: "header", "list" ([[x]]), "implicit" (the x of [x.y]) and "dotted"
    (the x of x.y = 1); TOML lets a person extend each in other ways.
    """

    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._at = 0
        self._lines: dict[KeyPath, int] = {}
        self._tables: dict[KeyPath, str] = {}
        self._last: dict[KeyPath, int] = {}
        self._counted, self._line = 0, 1

    def scan(self) -> dict[KeyPath, int]:
        """Return the line of each key path, or raise one ScenarioError."""
        self._refuse_control_characters()
        table: KeyPath = ()
        while self._skip(_LINES_BETWEEN) < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._assignment(table)
            end = _LINE_END.match(self._text, self._at)
            if end is None:
                self._refuse_rest_of_line()
            self._at = end.end()
        return self._lines

    def _refuse_control_characters(self) -> None:
        if found := re.search(r"[\x00-\x08\x0b-\x1f\x7f]", self._text):
            problem = f"the control character U+{ord(found[0]):04X} is not allowed"
            hint = "printable text, spaces and tabs; in a string, write an escape such as \\u0000"
            self._fail(found.start(), problem, hint, shortened(found[0]))

    def _skip(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        self._at = found.end() if found else self._at
        return self._at

    def _line_at(self, position: int) -> int:
        # Positions only grow, so that counting stays linear.
        self._line += self._text.count("\n", self._counted, position)
        self._counted = position
        return self._line

    def _fail(self, position: int, problem: str, expected: str | None = None, got: str | None = None) -> NoReturn:
        raise complaint(self._text, self._name, position, problem, expected, got)

    def _unexpected(self, problem: str, expected: str) -> NoReturn:
        """Name a character that only looks like a quote or a space, else raise `problem` with what stands there."""
        start = self._at
        found = _WORD.match(self._text, start, start + 200)
        for position, c in enumerate(found[0] if found else "", start):
            title = f"the character U+{ord(c):04X} ({unicodedata.name(c, 'unnamed')})"
            if c in "“”„‟‘’‚‛«»":
                self._fail(position, f"{title} is not a quote; use straight quotes", 'straight quotes: "text"')
            if not c.isascii() and unicodedata.category(c) in ("Zs", "Zl", "Zp", "Cf"):
                self._fail(position, f"{title} is not allowed here", "a plain space, or nothing")
        end = "the end of the file" if start >= len(self._text) else "the end of the line"
        self._fail(start, problem, expected, shortened(found[0], 40) if found else end)

    def _header(self) -> KeyPath:
        start = self._at
        closing = "]]" if self._text.startswith("[[", start) else "]"
        self._at += len(closing)
        keys = self._key("a table needs a name")
        if not self._text.startswith(closing, self._at):
            self._unexpected(f"the table name is not closed with {closing}", f"{closing} after the name")
        self._at += len(closing)
        self._limit_depth(len(keys), start)
        line, path = self._line_at(start), KeyPath()
        for key in keys[:-1]:
            path += (key,)
            if path not in self._tables:
                self._claim(path, "implicit", start, ())
            if self._tables[path] == "list":
                path += (self._last[path],)
        path += (keys[-1],)
        if closing == "]":
            self._claim(path, "header", start, ("implicit",))
            return path
        self._claim(path, "list", start, ("list",))
        self._last[path] = self._last.get(path, -1) + 1
        path += (self._last[path],)
        self._lines[path], self._tables[path] = line, "header"
        return path

    def _claim(self, path: KeyPath, kind: str, position: int, extends: tuple[str, ...]) -> None:
        """Enter `path` as a table (kind "": a value), unless it exists and its kind is not one of `extends`."""
        line = self._line_at(position)
        if path in self._lines and self._tables.get(path) not in extends:
            what = "table" if kind in ("header", "list") else "key"
            problem = f"the {what} {shortened('.'.join(map(str, path)))} on line {line} is already defined on line "
            hint = "each name once; to repeat a table, write [[name]] every time"
            self._fail(position, problem + str(self._lines[path]), hint if what == "table" else "each name once")
        if kind == "header" or path not in self._lines:
            self._lines[path] = line
        if kind:
            self._tables[path] = kind

    def _limit_depth(self, depth: int, position: int) -> None:
        if depth > MAXIMUM_DEPTH:
            self._fail(position, "the nesting depth is too large", f"at most {MAXIMUM_DEPTH} levels")

    def _assignment(self, table: KeyPath) -> None:
        start = self._at
        keys = self._key("a line starts with a key")
        if not self._text.startswith("=", self._at):
            self._refuse_missing_equals(start)
        self._at += 1
        self._limit_depth(len(table) + len(keys), start)
        path = table
        for key in keys[:-1]:
            path += (key,)
            self._claim(path, "dotted", start, ("dotted", "implicit"))
        path += (keys[-1],)
        self._claim(path, "", start, ())
        self._skip(_GAP)
        self._value(path)

    def _refuse_missing_equals(self, start: int) -> NoReturn:
        text, at = self._text, self._at
        if text[start - 1 : start] == "," and text[start:at].strip().isdigit():
            self._fail(start - 1, "a comma is not a decimal separator", "a point, for example 1.5")
        if text.startswith(":", at):
            self._fail(at, "a key is followed by =, not by a colon", "key = value", ":")
        if re.compile(r"[\w-][^=\n]*=").match(text, at):
            key = shortened(text[start : text.find("=", at)].strip(), 40)
            self._fail(at, "a key with a space or a special character needs quotes", f'"{key}", or _ in place of it')
        self._unexpected("after the key an = is missing", "key = value")

    def _key(self, problem: str) -> list[str]:
        keys = []
        while True:
            start = self._skip(_GAP)
            found = _BARE_KEY.match(self._text, start)
            if found:
                keys.append(found[0])
                self._at = found.end()
            elif self._text.startswith(("'", '"'), start):
                token = self._string(self._text[start])
                keys.append(str(tomllib.loads(f"key = {token}")["key"]) if "\\" in token else token[1:-1])
            else:
                self._unexpected(problem, "a name of letters A-Z, a-z, digits, _ and -, or any name in quotes")
            self._skip(_GAP)
            if not self._text.startswith(".", self._at):
                return keys
            self._at += 1

    def _value(self, path: KeyPath) -> None:
        opening = self._text[self._at : self._at + 1]
        if opening in ('"', "'"):
            triple = opening * 3
            self._string(triple if self._text.startswith(triple, self._at) else opening)
        elif opening == "[":
            self._array(path)
        elif opening == "{":
            self._inline_table(path)
        else:
            self._scalar()

    def _string(self, quotes: str) -> str:
        start = self._at
        found = _STRINGS[quotes].match(self._text, start)
        if found is None:
            place = "" if len(quotes) == 3 else " on the same line"
            self._fail(start, "the string that starts here is not closed", f"a closing {quotes}{place}")
        self._at = found.end()
        token = found[0]
        if quotes[0] == '"' and "\\" in token:
            valid = _ESCAPES[quotes].match(token)
            end = valid.end() if valid else 0
            if end < len(token):
                hint = r"\\ for a backslash, or 'single quotes' around the text; exosim reads TOML 1.0"
                self._fail(start + end, "this escape is not known", hint, shortened(token[end : end + 2]))
        return token

    def _array(self, path: KeyPath) -> None:
        start, index, line = self._at, 0, self._line_at(self._at)
        self._limit_depth(len(path), start)
        self._at += 1
        self._skip_inside_array(start)
        while not self._text.startswith("]", self._at):
            element = (*path, index)
            if (here := self._line_at(self._at)) != line or self._text[self._at] in "[{":
                self._lines[element] = here
            self._value(element)
            index += 1
            self._skip_inside_array(start)
            if self._text.startswith(",", self._at):
                self._at += 1
                self._skip_inside_array(start)
            elif not self._text.startswith("]", self._at):
                self._unexpected("after an element of an array a comma is missing", "a comma, or ] at the end")
        self._at += 1

    def _skip_inside_array(self, start: int) -> None:
        if self._stands_on_next_statement(self._skip(_LINES_BETWEEN)):
            self._fail(start, "the array that starts here is not closed", "a closing ]")

    def _stands_on_next_statement(self, position: int) -> bool:
        """Tell whether the text at `position`, inside an array, can only mean that its ] was forgotten."""
        if position >= len(self._text) or _NEXT_KEY.match(self._text, position):
            return True
        if not _HEADER_LINE.match(self._text, position):
            return False
        return not self._text[self._text.rfind("\n", 0, position) + 1 : position].strip()

    def _inline_table(self, path: KeyPath) -> None:
        start = self._at
        self._limit_depth(len(path), start)
        self._at += 1
        self._skip(_GAP)
        while not self._text.startswith("}", self._at):
            self._refuse_line_break(start)
            self._assignment(path)
            comma = self._skip(_GAP)
            self._refuse_line_break(start)
            if self._text.startswith(",", comma):
                self._at += 1
                if self._text.startswith("}", self._skip(_GAP)):
                    self._fail(comma, "an inline table must not end with a comma", "} without a comma in front")
            elif not self._text.startswith("}", comma):
                self._unexpected("after a value of an inline table a comma is missing", "a comma, or } at the end")
        self._at += 1

    def _refuse_line_break(self, start: int) -> None:
        if self._at >= len(self._text) or self._text[self._at] in "\n#":
            hint = "{ key = value, key = value } on one line, or a [table] of its own"
            self._fail(start, "an inline table must stay on one line; this one does not end on it", hint)

    def _scalar(self) -> None:
        start = self._at
        found = _SCALAR.match(self._text, start)
        if found is None:
            self._refuse_value()
        self._at = found.end()
        if (whole := found["whole"]) and len(whole) > _LONGEST_WHOLE_NUMBER:
            hint = f"at most {_LONGEST_WHOLE_NUMBER} digits, or a number such as 1.5e20"
            self._fail(start, "the whole number has too many digits", hint, f"{len(whole)} digits")
        try:
            if found["day"]:
                datetime.date.fromisoformat(found["day"])
        except ValueError:
            self._fail(start, f"the date {found['day']} does not exist", "a day of the calendar", found["day"])
        try:
            if clock := found["hour"] or found["clock"]:
                datetime.time.fromisoformat(clock)
        except ValueError:
            self._fail(start, f"the time of day {clock} does not exist", "00:00:00 to 23:59:59", clock)

    def _refuse_value(self) -> NoReturn:
        if self._at >= len(self._text) or self._text[self._at] in "\n#,]}":
            self._unexpected("the value is missing", _VALUE_KINDS)
        for pattern, problem, expected in _BAD_VALUES:
            if pattern.match(self._text, self._at):
                self._unexpected(problem, expected)
        self._unexpected("this is not a value", _VALUE_KINDS)

    def _refuse_rest_of_line(self) -> NoReturn:
        before = self._text[self._at - 1]
        at = self._skip(_GAP)
        rest = self._text[at : at + 200]
        if before.isdigit() and re.match(r",[ \t]*[0-9]", rest):
            self._fail(at, "a comma is not a decimal separator", "a point, for example 1.5, and no thousands separator")
        if _NEXT_KEY.match(self._text, at):
            self._fail(at, "a second key stands on the same line", "one key per line")
        if before in "\"'":
            self._unexpected("text follows the closing quote", r"the end of the line; a quote inside a text is \"")
        if before.isdigit() and re.match(r"[^\W\d]|[%°]", rest):
            self._unexpected("a number with a unit needs quotes", 'for example "1.5 L"')
        self._unexpected("something follows that does not belong on this line", "the end of the line")
