"""What tests read the tiny site with: its kinds of pages, a handler that is quiet, a page that notes faults."""

from __future__ import annotations

import http.server
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

GALLERY = "chapters/part/gallery.html"
SUMS, PATHS = "chapters/part/sums.html", "chapters/appendix/paths.html"
KINDS = [
    "index.html", GALLERY, "chapters/part/sums.html", "chapters/appendix/notation.html",
    "chapters/appendix/equations.html", "chapters/appendix/functions.html", "chapters/appendix/terms.html", PATHS,
    "chapters/appendix/references.html", "search.html?q=softmax",
]  # fmt: skip


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


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
