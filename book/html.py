"""The site: Sphinx builds it aside, every page is examined, and only a good one takes its place."""

from __future__ import annotations

import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

from book.build import sphinx
from book.contents import Book
from book.findings import BookError, Finding
from book.workplace import put_in_place

# What a browser fetches by itself: tag and attribute. Links that a reader clicks are not among them.
FETCHED = {
    ("script", "src"), ("img", "src"), ("iframe", "src"), ("source", "src"), ("source", "srcset"),
    ("video", "src"), ("audio", "src"), ("embed", "src"), ("object", "data"), ("input", "src"),
    ("use", "href"), ("image", "href"), ("img", "srcset"),
}  # fmt: skip
PASSIVE = {"canonical", "license", "author", "next", "prev", "search", "index"}  # rel of <link>
REMOTE = re.compile(r"^(?:https?:)?//")
IMPORT = re.compile(r"""(?:url\(\s*['"]?|@import\s+['"])((?:https?:)?//[^'")\s]+)""")
LIMIT = 3_000_000  # bytes of a page with outputs; more is one that got out of hand


def build(book: Book) -> Path:
    """Build the site into `_build/html` and return that folder.

    Raises:
        BookError: Sphinx warned, or a page asks another host for something, or a link leads
            nowhere. The last good site stays as it was.
    """
    target = book.root / "_build" / "html"
    aside = target.with_name("html.new")
    sphinx(book.root, "html", aside)
    tidy(aside)
    if found := findings(aside, urlsplit(book.site).path):
        raise BookError(found)
    put_in_place(aside, target)
    return target


def tidy(site: Path) -> None:
    """Remove what no page uses, and what would differ from one build to the next."""
    for name in ("objects.inv.txt", ".buildinfo", ".buildinfo.bak", "reports"):
        path = site / name
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    (site / ".nojekyll").touch()


def findings(site: Path, prefix: str = "/") -> list[Finding]:
    """What is wrong with the pages below `site`: fetches from elsewhere, dead links, huge pages.

    Args:
        prefix: the path of the site on its host, which an address from the host's root begins with.
    """
    pages = {file: _read(file) for file in sorted(site.rglob("*.html"))}
    found = []
    for file, page in pages.items():
        name = file.relative_to(site)
        if page.executed and file.stat().st_size > LIMIT:
            message = f"the page has {file.stat().st_size:,} bytes; print less"
            found.append(Finding(name, 1, message, "page-size"))
        for line, url in page.fetched:
            if REMOTE.match(url):
                message = f"the page asks another host for {url}; serve it from the book"
                found.append(Finding(name, line, message, "remote"))
            elif problem := _missing(site, file, url, pages, prefix):
                found.append(Finding(name, line, problem, "dead-link"))
        for line, url in page.links:
            if problem := _missing(site, file, url, pages, prefix):
                found.append(Finding(name, line, problem, "dead-link"))
    for file in sorted(site.rglob("*.css")):
        for url in IMPORT.findall(file.read_text(encoding="utf-8")):
            message = f"the style sheet asks another host for {url}; serve it from the book"
            found.append(Finding(file.relative_to(site), 1, message, "remote"))
    return found


class _Page(HTMLParser):
    """The addresses that a page fetches and links to, with their lines, its anchors, and whether it shows outputs."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[tuple[int, str]] = []
        self.links: list[tuple[int, str]] = []
        self.anchors: set[str] = set()
        self.executed = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        line = self.getpos()[0]
        self.executed |= "cell_output" in values.get("class", "").split()
        if "id" in values:
            self.anchors.add(values["id"])
        for key, value in values.items():
            if (tag, key) in FETCHED:
                self.fetched.append((line, value))
        if "href" in values:
            if tag == "a":
                self.links.append((line, values["href"]))
            elif tag == "link" and not set(values.get("rel", "").split()) & PASSIVE:
                self.fetched.append((line, values["href"]))
        for url in IMPORT.findall(values.get("style", "")):
            self.fetched.append((line, url))


def _read(file: Path) -> _Page:
    page = _Page()
    page.feed(file.read_text(encoding="utf-8"))
    return page


def _missing(site: Path, file: Path, url: str, pages: dict[Path, _Page], prefix: str) -> str:
    """Why a link within the site leads nowhere; empty when it does not."""
    parts = urlsplit(url)
    if parts.scheme or parts.netloc or not url:
        return ""
    path = unquote(parts.path)
    base = file.parent
    if path.startswith(prefix):
        base, path = site, path.removeprefix(prefix) or "index.html"
    target = (base / path).resolve() if path else file
    if target.is_dir():
        target /= "index.html"
    if not target.is_file() or not target.is_relative_to(site.resolve()):
        return f"{url} does not exist; mend the link"
    anchor = unquote(parts.fragment)
    if anchor and target in pages and anchor not in pages[target].anchors:
        return f"{url} leads to an anchor that is not there; mend the link"
    return ""
