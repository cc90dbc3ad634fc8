"""The book as an EPUB, made from the pages of the site, so that the two cannot disagree."""

from book.epub.build import FILE, build

__all__ = ["FILE", "build"]
