"""Reading without a network, in a browser: what was visited, the whole book, new versions, the way back."""

from __future__ import annotations

import functools
import http.server
import json
import os
import re
import shutil
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from reading import GALLERY, SUMS, Quiet, Site, loaded_fonts

from book.sphinx import assets, offline


@dataclass
class Published:
    """A copy of the site on a server that can be shut, and be given a new version."""

    folder: Path
    page: Page
    address: str
    server: http.server.ThreadingHTTPServer

    def down(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def deploy(self, name: str, old: str, new: str) -> None:
        file = self.folder / name
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")
        later = file.stat().st_mtime + 10  # the server dates files by the second
        os.utime(file, (later, later))
        program = (assets.SITE / "worker.js").read_text(encoding="utf-8")
        (self.folder / "worker.js").write_text(offline.told(self.folder) + program, "utf-8")

    def visit(self, name: str) -> None:
        """Open a page and wait until it is kept."""
        self.page.goto(self.address + name)
        self.until("caches.match(location.href)")

    def until(self, promised: str) -> None:
        """Wait for a promise that holds what is true; Playwright's own waiting takes any promise for true."""
        self.page.evaluate(
            "async () => { for (let i = 0; i < 200; i++) {"
            f" if (await {promised}) return; await new Promise((go) => setTimeout(go, 50)); }}"
            f" throw new Error({json.dumps(promised)}); }}"
        )


@pytest.fixture
def published(browser: Browser, site: Site, tmp_path: Path) -> Iterator[Published]:
    folder = tmp_path / "site"
    shutil.copytree(site.folder, folder)
    server = http.server.ThreadingHTTPServer(
        ("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder))
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    context = browser.new_context()
    context.set_default_timeout(10_000)
    address = f"http://127.0.0.1:{server.server_port}/"
    made = Published(folder, context.new_page(), address, server)
    made.deploy("index.html", "</title>", "</title>")  # other tests put a script of theirs in
    yield made
    context.close()
    server.shutdown()
    server.server_close()


def test_a_visited_page_is_read_and_searched_without_a_network(published: Published) -> None:
    page = published.page
    published.visit("index.html")
    published.visit(GALLERY)
    page.locator("#fig-line img").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#fig-line img').naturalWidth > 0")
    published.until("caches.match(document.querySelector('#fig-line img').src)")
    published.down()
    page.reload()
    assert page.locator("#equation-eq-shift .katex-html").is_visible()
    page.locator("#fig-line img").scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('#fig-line img').naturalWidth > 0")
    page.evaluate("document.fonts.ready")
    assert "KaTeX_Main 400" in loaded_fonts(page)
    page.keyboard.press("/")
    page.get_by_role("combobox").fill("addition commutes")
    expect(page.get_by_role("option").first).to_contain_text("Sums")
    page.keyboard.press("Enter")  # a page that was never opened
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Not saved yet"))


def test_the_whole_book_is_saved_on_request(published: Published) -> None:
    page = published.page
    published.visit("index.html")
    page.get_by_role("button", name="Save the book").click()
    expect(page.locator(".keep [role=status]")).to_have_text("Saved.")
    published.down()
    page.goto(published.address + SUMS)
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sums")


def test_a_new_version_is_shown_at_the_next_visit_and_replaces_what_was_kept(
    published: Published,
) -> None:
    page = published.page
    published.visit(GALLERY)
    published.visit(SUMS)
    published.deploy(GALLERY, "and does it hold?", "and what is new?")
    page.goto(published.address + GALLERY)
    expect(page.locator("article")).to_contain_text("and what is new?")
    version = re.findall(r'VERSION = "(\w+)"', (published.folder / "worker.js").read_text("utf-8"))
    only = f"names.length === 1 && names[0].endsWith('{version[0]}')"
    published.until(f"caches.keys().then((names) => {only})")
    published.down()
    page.reload()
    expect(page.locator("article")).to_contain_text("and what is new?")
    page.goto(published.address + SUMS)  # kept from the version before
    expect(page.get_by_role("heading", level=1)).to_contain_text("Sums")


def test_a_page_of_another_version_is_never_kept(published: Published) -> None:
    page = published.page
    published.visit("index.html")
    file = published.folder / GALLERY
    file.write_text(file.read_text("utf-8").replace("does it hold?", "half a deployment"), "utf-8")
    page.goto(published.address + GALLERY)
    expect(page.locator("article")).to_contain_text("half a deployment")
    published.down()
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text(re.compile("Not saved yet"))


def test_the_worker_can_be_taken_back(published: Published) -> None:
    page = published.page
    published.visit(GALLERY)
    shutil.copy(assets.SITE / "worker-off.js", published.folder / "worker.js")
    page.reload()
    published.until("caches.keys().then((names) => names.length === 0)")
    published.until("navigator.serviceWorker.getRegistrations().then((r) => !r.length)")
