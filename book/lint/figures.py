"""Figures that move, as the sources call them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from book import live
from book.chapter import Cell, Chapter
from book.contents import Book
from book.findings import Finding


def scripts(book: Book, chapter: Chapter) -> Iterator[Finding]:
    """Each `live("name", …)` has a script to draw it."""
    for cell in chapter.cells:
        for line, name in _calls(cell):
            if name is None:
                message = 'write the figure\'s name out: live("name", …)'
                yield Finding(chapter.path, line, message, "live-name")
            elif not live.script(name).is_file():
                known = ", ".join(
                    sorted(file.stem for file in live.script(name).parent.glob("*.js"))
                )
                message = (
                    f"no script draws the figure {name}; add book/site/live/{name}.js,"
                    f" or name one of {known}"
                )
                yield Finding(chapter.path, line, message, "live-script")


def _calls(cell: Cell) -> Iterator[tuple[int, str | None]]:
    """The lines on which `live` is called, each with the name, or None when it is not text."""
    try:
        tree = ast.parse(cell.source)
    except SyntaxError:
        return  # another rule names it
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id == "live"
        ):
            first = node.args[0] if node.args else None
            text = first.value if isinstance(first, ast.Constant) else None
            yield cell.line + node.lineno - 1, text if isinstance(text, str) else None
