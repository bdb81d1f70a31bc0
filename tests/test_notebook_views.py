"""What a notebook shows of a scenario, its ledger and its results: small, escaped, plain, and true."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

import exosim as xs
from exosim import html
from tests.texts import BASE, changed

SCENARIOS = Path(__file__).parents[1] / "scenarios"
LARGEST = 60_000
"""Characters: a notebook with a dozen views stays a small file."""


class Page(HTMLParser):
    """Text and elements of a view; every element must be closed."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.append(tag)
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    scenario = xs.load(SCENARIOS / "msc_hollow_fiber.toml")
    return {
        "scenario": scenario,
        "ledger": scenario.ledger(),
        "yields": xs.evaluate(scenario, draws=200),
        "results": xs.simulate(scenario, 2),
    }


NAMES = ["scenario", "ledger", "yields", "results"]


@pytest.mark.parametrize("name", NAMES)
def test_a_view_is_small_and_plain(name: str, shown: dict[str, Any]) -> None:
    """No script, no picture, no address, no color: what the page around it has holds, light or dark."""
    source = shown[name]._repr_html_()
    page = Page(source)
    assert len(source) < LARGEST
    assert set(page.elements) <= {
        "div", "p", "strong", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "ul", "li",
    }  # fmt: skip
    assert {key for key, _ in page.attributes} <= {"class", "style", "scope"}
    styles = " ".join(value or "" for key, value in page.attributes if key == "style")
    assert set(re.findall(r"([a-z-]+):", styles)) <= {"text-align", "max-height", "overflow"}


@pytest.mark.parametrize("name", NAMES)
def test_a_view_tells_where_its_numbers_come_from(name: str, shown: dict[str, Any]) -> None:
    assert shown["ledger"].headline() in " ".join(Page(shown[name]._repr_html_()).text)


def test_the_numbers_are_those_of_the_result(shown: dict[str, Any]) -> None:
    """Medians of a yield and means of a run, with their intervals, to three digits."""
    yields, page = shown["yields"], Page(shown["yields"]._repr_html_()).text
    at = page.index("ev_yield")
    s = yields.summary("ev_yield")
    assert [float(x) for x in page[at + 1 : at + 4]] == pytest.approx([s.median, s.p5, s.p95], rel=5e-3)
    results, page = shown["results"], Page(shown["results"]._repr_html_()).text
    at = page.index("lead_time")
    q = next(q for q in results.quantities() if q.name == "lead_time")
    assert [float(x) for x in page[at + 1 : at + 4]] == pytest.approx([q.mean, q.low, q.high], rel=5e-3)


def test_steps_of_a_yield_of_cells() -> None:
    """A process whose product is cells shows cells step by step."""
    yields = xs.evaluate(xs.load(SCENARIOS / "tessee_planar_msc.toml"), draws=64)
    assert "viable_cells [cell]" in Page(yields._repr_html_()).text


def test_what_a_file_says_is_never_markup(tmp_path: Path) -> None:
    """A title, an id, a source: whatever stands in a file is shown as it is."""
    evil = '<script>alert("x")</script><img src=x onerror=y>'
    file = tmp_path / "evil.toml"
    text = changed('name = "base"', f"name = 'base'\ntitle = '{evil}'", BASE)
    text = changed('ours = { text = "measured here" }', f"'{evil}' = {{ text = 'measured here' }}", text)
    source = f"{{ value = 10, source = '{evil}' }}"
    file.write_text(changed("concentration_factor = 10", f"concentration_factor = {source}", text), encoding="utf-8")
    scenario = xs.load(file, {"seed": 2})
    for view in (scenario, scenario.ledger(), xs.evaluate(scenario)):
        assert "<script" not in view._repr_html_() and "<img" not in view._repr_html_()
    assert evil in " ".join(Page(scenario._repr_html_()).text)
    assert evil in Page(scenario.ledger()._repr_html_()).text


def test_control_characters_are_shown_as_escapes() -> None:
    assert html.text("a\x1b[31m<b>") == "a\\x1b[31m&lt;b&gt;"


def test_an_override_is_told() -> None:
    scenario = xs.load(SCENARIOS / "minimal.toml").with_({"medium.volume": "2 L"})
    assert "medium.volume = 2 L" in Page(scenario._repr_html_()).text
