"""From the pages in `_build/html` to `_build/epub/equations-that-run.epub`."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path

from pygments.formatters import HtmlFormatter

from book import emblem, history
from book.contents import Book, Entry
from book.epub.package import Facts, write
from book.epub.pages import Page, convert, image_name, picture
from book.findings import BookError, Finding
from book.sphinx.colours import Light

FILE = Path("_build", "epub", "equations-that-run.epub")
STYLE = Path(__file__).with_name("book.css")
RIGHTS = "Text: CC BY 4.0. Code: MIT."


def build(book: Book) -> Path:
    """Write the e-book from the site, which must be of the present sources; returns its path.

    The last good file stays until the new one is whole.

    Raises:
        BookError: a page or a picture is missing from the site.
    """
    site, out = book.root / "_build" / "html", book.root / FILE
    docnames = {page.docname for page in book.pages}
    pages = [(entry.part, _page(book, entry, site, docnames)) for entry in book.entries]
    files = {"book.css": _style().encode(), "cover.png": emblem.portrait(book.title)}
    for path in dict.fromkeys(path for _, page in pages for path in page.images):
        files[image_name(path)] = picture(_read(site / path, Path(path)).read_bytes())
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = out.with_suffix(".new")
    parts = [(part, [page for _, page in group]) for part, group in groupby(pages, lambda p: p[0])]
    write(aside, _facts(book), parts, files)
    aside.replace(out)
    return out


def _page(book: Book, entry: Entry, site: Path, docnames: set[str]) -> Page:
    chapter = entry.chapter
    file = _read(site / f"{chapter.docname}.html", chapter.path)
    number = f"{entry.number}. " if entry.number else ""
    text = file.read_text(encoding="utf-8")
    return convert(text, chapter.docname, f"{number}{chapter.title}", docnames, book.site)


def _read(file: Path, named: Path) -> Path:
    if not file.is_file():
        message = "is not on the site; run `python -m book html`, then this command"
        raise BookError(Finding(named, 1, message, "epub"))
    return file


def _style() -> str:
    code = HtmlFormatter(style=Light).get_style_defs(".highlight")
    return STYLE.read_text(encoding="utf-8") + str(code) + "\n"


def _facts(book: Book) -> Facts:
    moment = datetime.fromtimestamp(int(history.head(book.root).time or 315532800), UTC)
    author = str(book.config.get("author", book.title))
    return Facts(book.title, author, RIGHTS, book.site, moment.strftime("%Y-%m-%dT%H:%M:%SZ"))
