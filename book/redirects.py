"""Pages that have moved: `book_redirects` among Sphinx's settings leads from an old address to a page.

    sphinx:
      config:
        book_redirects:
          chapters/learning/softmax: chapters/learning/classification

An old link then shows the page's new place, and goes there.
"""

from __future__ import annotations

import difflib
import posixpath
from html import escape
from pathlib import Path, PurePosixPath

from book.contents import Book
from book.findings import Finding

SETTING = "book_redirects"
CONFIG = Path("_config.yml")
PAGE = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Moved: {title}</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'">
<meta name="robots" content="noindex">
<meta http-equiv="refresh" content="0; url={there}">
<link rel="canonical" href="{canonical}">
</head>
<body>
<p>This page is now at <a href="{there}">{title}</a>.</p>
</body>
</html>
"""


def of(book: Book) -> dict[str, str]:
    """The new page of each old one, both as they stand in `_toc.yml`."""
    found = book.config.get("sphinx", {}).get("config", {}).get(SETTING) or {}
    return {str(old): str(new) for old, new in found.items()} if isinstance(found, dict) else {}


def findings(book: Book) -> list[Finding]:
    """Redirects from a page that is there, and to one that is not."""
    lines = (book.root / CONFIG).read_text(encoding="utf-8-sig").splitlines()
    pages = {page.docname for page in book.pages}
    found = []
    for old, new in of(book).items():
        line = next((i for i, text in enumerate(lines, 1) if text.strip().startswith(old)), 1)
        if old in pages:
            message = f"{old} is a page of the book; a redirect would hide it, so remove this line"
            found.append(Finding(CONFIG, line, message, "redirect"))
        elif PurePosixPath(old).is_absolute() or ".." in PurePosixPath(old).parts:
            message = f"{old} is no page's address; write it as in _toc.yml"
            found.append(Finding(CONFIG, line, message, "redirect"))
        if new not in pages:
            near = difflib.get_close_matches(new, pages, n=1)
            cure = f"did you mean {near[0]}?" if near else "write the page as in _toc.yml"
            found.append(Finding(CONFIG, line, f"{new} is no page of the book; {cure}", "redirect"))
    return found


def write(book: Book, site: Path) -> None:
    """Put a small page at every old address."""
    titles = {page.docname: page.title for page in book.pages}
    for old, new in of(book).items():
        file = site / f"{old}.html"
        file.parent.mkdir(parents=True, exist_ok=True)
        there = posixpath.relpath(f"{new}.html", posixpath.dirname(old) or ".")
        canonical = f"{book.site}{new}.html"
        filled = {"title": titles[new], "there": there, "canonical": canonical}
        page = PAGE.format(**{key: escape(value) for key, value in filled.items()})
        file.write_text(page, encoding="utf-8")
