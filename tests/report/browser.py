"""The machine's own Chromium, without a network of its own and with an empty profile."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, sync_playwright

MAC = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", MAC)
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 120_000
FOLLOWED = """view => new Promise(done => {
  const before = location.hash;
  window.addEventListener('hashchange', done, {once: true});
  location.hash = view;
  if (location.hash === before) done();
})"""
HINT = Path(__file__).parents[2] / "tools" / "browser.sh"


@dataclass
class Seen:
    """A page that is open, and what it did that it should not."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def go(self, view: str) -> None:
        """Show another view, as a link to it does, and wait until the page has followed it."""
        self.page.evaluate(FOLLOWED, view)
        self.page.wait_for_selector(f"[data-view={view.partition('?')[0]}]:not([hidden])")
        self.settle()

    def settle(self) -> None:
        """Wait until what was asked for is drawn."""
        self.page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def says(self, selector: str, text: str) -> None:
        """Wait until an element says just this."""
        self.page.locator(selector).filter(has_text=re.compile(f"^{re.escape(text)}$")).wait_for()

    def numbers(self, selector: str) -> int:
        return self.page.locator(selector).count()

    def text(self, selector: str) -> str:
        return self.page.locator(selector).first.inner_text()


class Browser:
    """Opens pages from files, each in a folder of its own."""

    def __init__(self, context: BrowserContext, folder: Path) -> None:
        self._context = context
        self._folder = folder
        self._opened = 0

    @contextmanager
    def open(
        self, text: str, view: str = "", *, width: int = 1280, height: int = 900, dark: bool = False
    ) -> Iterator[Seen]:
        """Open a page at a view of it; at its end nothing may have gone wrong, and nothing been asked of a network."""
        self._opened += 1
        path = self._folder / f"{self._opened}.html"
        path.write_text(text, encoding="utf-8")
        address = path.as_uri()
        page = self._context.new_page()
        seen = Seen(page)
        page.on("console", lambda message: seen.errors.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: seen.errors.append(str(error)))
        page.on("dialog", lambda dialog: (seen.errors.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.on("request", lambda request: seen.requests.append(request.url.partition("#")[0]))
        page.set_default_timeout(PATIENCE)
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme="dark" if dark else "light", reduced_motion="reduce")
        page.goto(f"{address}#{view}")
        page.wait_for_selector("html[data-ready]", state="attached")
        try:
            yield seen
        finally:
            page.close()
        assert seen.errors == []
        assert seen.requests == [address]


@contextmanager
def opened(folder: Path) -> Iterator[Browser]:
    """Start the machine's Chromium. Skips the tests where there is none, and says how to install it."""
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(subprocess.run(["sh", str(HINT)], capture_output=True, text=True, check=True).stdout.strip())
    with sync_playwright() as playwright:
        context = playwright.chromium.launch_persistent_context(
            folder / "profile", executable_path=program, headless=True, args=FLAGS, timeout=PATIENCE
        )
        try:
            yield Browser(context, folder)
        finally:
            context.close()
