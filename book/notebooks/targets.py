"""What the book's labels stand for: the number and title that a page prints, and its address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from book.chapter import Cell, Chapter
from book.contents import Book, Entry
from book.myst import Directive

LABEL = re.compile(r"^\((?P<label>[\w.:-]+)\)=\s*$")
HEADING = re.compile(r"^#{1,6}\s+(?P<title>.+?)\s*$")
# Sphinx's own words; `numfig_format` in _config.yml changes them.
FORMATS = {"figure": "Fig. %s", "table": "Table %s", "exercise": "Exercise %s"}
NUMBERED = {
    "figure": "figure",
    "table": "table",
    "list-table": "table",
    "csv-table": "table",
    "exercise": "exercise",
    "exercise-start": "exercise",
}


@dataclass(frozen=True)
class Target:
    """Something that can be referred to.

    Attributes:
        name: what a page calls it: `Fig. 3.1`, `(3.2)`, `Exercise 3.4`; empty when not numbered.
        number: `3.1`.
        title: a heading, a caption, an exercise's title, a term, as MyST.
        url: on the published site.
    """

    kind: str
    name: str
    number: str
    title: str
    url: str


class Targets:
    """All labels of the book."""

    def __init__(self, book: Book) -> None:
        self._book = book
        settings = book.config.get("sphinx", {}).get("config", {})
        self._formats = FORMATS | (settings.get("numfig_format") or {})
        self._found: dict[str, Target] = {}
        for label, (number, chapter) in book.equation_numbers().items():
            url = f"{page_url(book, chapter)}#equation-{label}"
            self._found[label] = Target("equation", f"({number})", number, "", url)
        for entry in book.entries:
            for label, target in self._of(entry):
                self._found.setdefault(label, target)

    def get(self, label: str) -> Target | None:
        return self._found.get(label)

    def term(self, word: str) -> Target | None:
        """A term of the glossary, in whatever case."""
        lower = {k.lower(): v for k, v in self._found.items() if v.kind == "term"}
        return lower.get(f"term {word}".lower())

    def _of(self, entry: Entry) -> Iterator[tuple[str, Target]]:
        """Labels of one page with what they stand for; equations aside."""
        chapter, page = entry.chapter, page_url(self._book, entry.chapter)
        counts = dict.fromkeys(FORMATS, 0)
        cells = iter(chapter.cells)
        for directive in chapter.directives:
            kind, label, title = _numbered(directive, cells)
            if kind:
                counts[kind] += 1
                number = f"{entry.number}.{counts[kind]}" if entry.number else str(counts[kind])
                name = self._formats[kind].replace("%s", number).replace("{number}", number)
                yield label, Target(kind, name, number, title, f"{page}#{label}")
            elif label and directive.name != "math":
                yield label, Target("block", "", "", directive.argument or label, f"{page}#{label}")
            if directive.name == "glossary":
                yield from _terms(directive, page)
        for label, title in _sections(chapter):
            yield label, Target("section", "", "", title, f"{page}#{label}")


def page_url(book: Book, chapter: Chapter) -> str:
    """The chapter's published page."""
    return f"{book.site}{chapter.docname}.html"


def figure_of(cell: Cell) -> tuple[str, str] | None:
    """The (label, caption) of the figure that a cell plots, or None."""
    figure = (cell.options.get("mystnb") or {}).get("figure") or {}
    if not (figure.get("name") or figure.get("caption")):
        return None
    return str(figure.get("name") or ""), str(figure.get("caption") or "").strip()


def _numbered(directive: Directive, cells: Iterator[Cell]) -> tuple[str, str, str]:
    """(kind, label, title) of a directive; kind is empty when Sphinx does not number it."""
    options = directive.options
    if directive.name == "code-cell":
        cell = next(cells, None) if directive.depth == 0 else None
        figure = figure_of(cell) if cell else None
        return ("figure", *figure) if figure else ("", "", "")
    label = str(options.get("label") or options.get("name") or "").strip()
    kind = NUMBERED.get(directive.name, "")
    title = directive.body.strip() if directive.name == "figure" else directive.argument
    if "nonumber" in options or (kind in ("figure", "table") and not title):
        kind = ""
    return kind, label, title


def _terms(directive: Directive, page: str) -> Iterator[tuple[str, Target]]:
    for line in directive.body.splitlines():
        if line.strip() and not line[0].isspace():
            anchor = "term-" + re.sub(r"[^A-Za-z0-9._]+", "-", line.strip()).strip("-")
            target = Target("term", "", "", line.strip(), f"{page}#{anchor}")
            yield f"term {line.strip()}", target


def _sections(chapter: Chapter) -> Iterator[tuple[str, str]]:
    """Each `(label)=` with the heading below it, or with the page's title."""
    code: set[int] = set()
    for d in chapter.directives:
        if d.name in ("code-cell", "code-block", "math"):
            code.update(range(d.body_line, d.body_line + d.body.count("\n") + 1))
    lines = chapter.text.splitlines()
    for index, line in enumerate(lines):
        match = LABEL.match(line)
        if match and index + 1 not in code:
            below = next((t for t in lines[index + 1 :] if t.strip() and not LABEL.match(t)), "")
            heading = HEADING.match(below)
            yield match["label"], heading["title"] if heading else chapter.title
