"""What tests read the tiny site with: its kinds of pages, a handler that is quiet, a page that notes faults."""

from __future__ import annotations

import contextlib
import functools
import http.server
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from playwright.sync_api import Page, expect

GALLERY = "chapters/part/gallery.html"
SUMS, PATHS = "chapters/part/sums.html", "chapters/appendix/paths.html"
KINDS = [
    "index.html", GALLERY, "chapters/part/sums.html", "chapters/appendix/notation.html",
    "chapters/appendix/equations.html", "chapters/appendix/functions.html", "chapters/appendix/terms.html", PATHS,
    "chapters/appendix/references.html", "search.html?q=softmax",
]  # fmt: skip


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves a folder in silence, and always what is there now."""

    def send_head(self) -> io.BytesIO | BinaryIO | None:
        # Its dates have whole seconds: a file changed within one would be "not modified".
        del self.headers["If-Modified-Since"]
        return super().send_head()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextlib.contextmanager
def served(folder: Path) -> Iterator[str]:
    """The folder on a port of this machine: the address, while the context lasts."""
    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@dataclass
class Site:
    """The built pages, where they are served, and the book they came from."""

    root: Path
    folder: Path
    address: str


@dataclass
class Reader:
    """A page in the browser that notes what went wrong and what was asked for."""

    page: Page
    site: Site
    faults: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    def open(self, name: str, base: str = "") -> Page:
        self.page.goto((base or self.site.address) + name)
        self.page.wait_for_load_state("networkidle")
        return self.page

    def open_and_stir(self, name: str) -> Page:
        """Open a page and move the pointer, so that its rest is laid out before anything is pointed at."""
        page = self.open(name)
        page.mouse.move(1, 1)
        expect(page.locator("html[data-rest]")).to_have_count(0)
        page.evaluate("document.fonts.ready")
        return page


def loaded_fonts(page: Page) -> set[str]:
    """The fonts that the page has unpacked, as family and weight."""
    return set(
        page.evaluate(
            """[...document.fonts].filter((face) => face.status === "loaded")
            .map((face) => `${face.family.replaceAll('"', "")} ${face.weight.split(" ")[0]}`)"""
        )
    )
