"""The report in the Chromium of the system: it asks nobody for anything, fits desktop and phone, and prints."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import exosim as xs
from tests.lot_scenario import measured_lots

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WIDTHS = (1280, 390)


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the report of a small run."""
    folder = tmp_path_factory.mktemp("page")
    return xs.simulate(measured_lots(folder, "60 h"), 1).report(folder / "report.html")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start the browser of the system."""
    api = pytest.importorskip("playwright.sync_api", reason="needs playwright: locks/docs.txt")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        pytest.skip(f"no browser: one of {', '.join(BROWSERS)} (Debian: apt-get install chromium)")
    with api.sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])


def test_it_asks_nobody_fits_and_prints(browser: Any, page: Path, tmp_path: Path) -> None:
    """No request but the file itself, no message, no scrolling sideways; folded tables are printed, too."""
    requests, messages = list[str](), list[str]()
    for width in WIDTHS:
        tab = browser.new_page(viewport={"width": width, "height": 844})
        tab.on("request", lambda request: requests.append(request.url))
        tab.on("console", lambda message: messages.append(message.text))
        tab.on("pageerror", lambda error: messages.append(str(error)))
        tab.goto(page.as_uri(), wait_until="load")
        wide = tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{wide} pixels too wide at {width}"
        answer = tab.locator(".answer").bounding_box()
        assert answer["y"] + answer["height"] < (844 if width > 1000 else 2 * 844), "the answer is not at the top"
        tab.close()
    assert {url for url in requests if not url.startswith("data:")} == {page.as_uri()}
    assert messages == []
    tab = browser.new_page()
    tab.goto(page.as_uri(), wait_until="load")
    tab.emulate_media(media="print")
    heights = tab.locator("details table").evaluate_all(
        "found => found.map(each => each.getBoundingClientRect().height)"
    )
    assert heights and min(heights) > 0.0
    printed = tab.pdf(path=str(tmp_path / "report.pdf"), format="A4")
    assert printed.startswith(b"%PDF") and printed.count(b"/Type /Page\n") + printed.count(b"/Type /Page ") > 3
    tab.close()
