"""The documentation site in a browser: it needs nothing from elsewhere, breaks nowhere, and fits a phone.

`make docs-check` builds the site and runs this. The browser is the Chromium of the system.
"""

from __future__ import annotations

import functools
import shutil
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.slow
SITE = Path(__file__).parent.parent / "docs" / "_build" / "html"
PAGES = sorted(path.relative_to(SITE).as_posix() for path in SITE.rglob("*.html") if "_static" not in path.parts)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 375, "height": 812}
PAGES_WITHOUT_A_SITE = ["no site: run `make docs` first"]


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        """Say nothing about each request."""


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Serve the site on this machine."""
    if not PAGES:
        pytest.skip("the site is not built: make docs-check")
    with ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Quiet, directory=str(SITE))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Start the browser of the system."""
    api = pytest.importorskip("playwright.sync_api", reason="needs locks/docs.txt: make docs-check")
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    assert found, f"no browser: install one of {', '.join(BROWSERS)} (Debian: apt-get install chromium)"
    with api.sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])


@pytest.fixture
def visit(browser: Any, address: str) -> Iterator[tuple[Any, list[str]]]:
    """Give a new tab, and what goes wrong in it: requests to other hosts, files that are missing, console errors."""
    tab, wrong = browser.new_page(viewport=DESKTOP), list[str]()
    own = (address, "data:", "blob:")
    tab.on("request", lambda request: _note(wrong, request.url, not request.url.startswith(own)))
    tab.on("response", lambda response: _note(wrong, f"{response.status} {response.url}", response.status >= 400))
    tab.on("console", lambda message: _note(wrong, message.text, message.type in ("error", "warning")))
    tab.on("pageerror", lambda error: wrong.append(str(error)))
    yield tab, wrong
    tab.close()


def _note(wrong: list[str], text: str, holds: bool) -> None:
    if holds:
        wrong.append(text)


def _too_wide(tab: Any) -> int:
    """Return by how many pixels the page must be scrolled sideways."""
    return int(tab.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


@pytest.mark.parametrize("page", PAGES or PAGES_WITHOUT_A_SITE)
def test_page_is_whole_and_fits(page: str, address: str, visit: tuple[Any, list[str]]) -> None:
    """A page asks no other host, logs no error, draws its formulas, and is not wider than a desktop or a phone."""
    tab, wrong = visit
    tab.goto(address + page, wait_until="networkidle")
    assert not wrong
    assert _too_wide(tab) <= 0, "on a desktop"
    tab.set_viewport_size(PHONE)
    assert _too_wide(tab) <= 0, "on a phone"
    assert tab.locator(".math:not(:has(mjx-container))").count() == 0, "formulas that were not drawn"
    assert tab.locator("mjx-merror").count() == 0, "formulas with mistakes"
    assert not wrong


def test_formulas_are_drawn(address: str, visit: tuple[Any, list[str]]) -> None:
    """The equations page has formulas, drawn by the site's own MathJax."""
    tab, _ = visit
    tab.goto(address + "explanation/equations.html", wait_until="networkidle")
    assert tab.locator("mjx-container svg").count() > 20


def test_search_finds(address: str, visit: tuple[Any, list[str]]) -> None:
    """The search works without a server: a word of the physics leads to its page."""
    tab, wrong = visit
    tab.goto(address + "search.html?q=diavolumes", wait_until="networkidle")
    tab.wait_for_selector("#search-results li a")
    links = tab.locator("#search-results li a").evaluate_all("found => found.map(each => each.href)")
    assert any("tangential_flow_filtration" in link for link in links)
    assert not wrong
