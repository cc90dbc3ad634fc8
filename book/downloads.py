"""What readers take away: each chapter as notebook, script and source, and the book as PDF.

The first three are made with the site, from the same store, so they are always there and of one state.
The PDF is made before, by its own command; the site takes it along when it was set from the same sources.
"""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from book import notebooks
from book.chapter import Chapter
from book.contents import Book
from book.notebooks.export import chosen
from book.notebooks.links import path_of
from book.store import Store

PDF = "equations-that-run.pdf"
FOLDER = "notebooks"
KINDS = {".ipynb": "notebook", ".py": "script", ".md": "MyST source"}


def write(book: Book, store: Store, site: Path) -> None:
    """Put everything that the pages offer into the folder of the site.

    Raises:
        BookError: a chapter cannot be made into a notebook.
    """
    notebooks.export(book, store, site / FOLDER)
    for chapter in chosen(book, None):
        shutil.copyfile(
            book.root / chapter.path, site / FOLDER / path_of(chapter).with_suffix(".md")
        )
    if has_pdf(book):
        shutil.copyfile(pdf(book), site / PDF)


def of(book: Book, chapter: Chapter) -> dict[str, str]:
    """Each kind of file that the site has of a chapter, by suffix, with its place on the site."""
    if chapter not in chosen(book, None):
        return {}
    path = path_of(chapter)
    return {suffix: f"{FOLDER}/{path.with_suffix(suffix)}" for suffix in KINDS}


def pdf(book: Book) -> Path:
    """Where the PDF is, once it is made."""
    return book.root / "_build" / "pdf" / PDF


def has_pdf(book: Book) -> bool:
    """True when there is a PDF of the present sources."""
    stamp = _stamp(book)
    current = stamp.is_file() and stamp.read_text(encoding="utf-8").strip() == sources(book)
    return current and pdf(book).is_file()


def stamp(book: Book) -> None:
    """Note beside the PDF what it was set from."""
    _stamp(book).write_text(sources(book) + "\n", encoding="utf-8")


def sources(book: Book) -> str:
    """A digest of what authors write: settings, contents, pages, bibliography."""
    names = ["_config.yml", "_toc.yml", *book.config.get("bibtex_bibfiles", [])]
    found = hashlib.sha256()
    for path in [*map(Path, names), *(page.path for page in book.pages)]:
        found.update(hashlib.sha256((book.root / path).read_bytes()).digest())
    return found.hexdigest()


def _stamp(book: Book) -> Path:
    return pdf(book).with_suffix(".sources")
