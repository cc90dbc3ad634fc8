"""A chapter as the cells of a notebook: text and code in order, each with its place in the source."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from dataclasses import dataclass, field
from typing import Any

from book.chapter import Cell, Exercise
from book.markers import hidden
from book.notebooks import blocks, directives
from book.notebooks.blocks import directive_of
from book.notebooks.inline import convert as inline
from book.notebooks.page import Page
from book.notebooks.targets import figure_of

CAUGHT = """\
except Exception as error:  # this error is the point
    print(f"{type(error).__name__}: {error}")"""
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
PAUSES = {"front_matter", "myst_block_break"}
BORDERS = {"exercise-start", "exercise-end", "solution-start", "solution-end"}


@dataclass(frozen=True)
class Item:
    """One cell of a notebook.

    Attributes:
        kind: `markdown` or `code`.
        line: of the chapter, where the cell's source begins; 0 when it is in no chapter.
        shift: how many lines the notebook's cell has before the chapter's first one.
        plots: a script must show what the cell has drawn.
    """

    kind: str
    source: str
    line: int
    shift: int = 0
    plots: bool = False
    metadata: dict[str, Any] = field(default_factory=dict)


class _Stream:
    """Collects text until code, a heading or an exercise's border ends the cell."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.items: list[Item] = []
        self._lines = page.chapter.text.splitlines()
        self._cells = iter(page.chapter.cells)
        self._exercises = {e.label: e for e in page.chapter.exercises}
        self._solution = ""  # the exercise whose solution is being read
        self._heading = ""  # of an exercise, on top of its text

    def text(self, start: int, end: int) -> None:
        """The source's lines from `start` up to `end`, both from 0, as one cell of text."""
        source = blocks.convert(self.page, "\n".join(self._lines[start:end]), start + 1)
        if source and self._solution:
            name = directives.solution_title(self.page, self._solution)
            source = directives.details(name, source)
        source = "\n\n".join(filter(None, [self._heading, source]))
        self._heading = ""
        if source:
            self.items.append(Item("markdown", source, start + 1))

    def border(self, name: str, line: int) -> None:
        """An exercise or a solution begins or ends."""
        chapter = self.page.chapter
        if name == "exercise-start":
            label = next(e.label for e in chapter.exercises if e.line == line)
            self._heading = directives.exercise_title(self.page, label, line)
        elif name == "solution-start":
            self._solution = next(s.label for s in chapter.solutions if s.line == line)
        elif name == "solution-end":
            self._solution = ""

    def code(self) -> None:
        cell = next(self._cells)
        self.items.append(_code(cell, self._exercises.get(self._solution)))
        figure = figure_of(cell)
        if figure and figure[1]:
            source = directives.caption(self.page, *figure, cell.line)
            self.items.append(Item("markdown", source, cell.line))


def cells(page: Page) -> list[Item]:
    """The chapter's cells, from below its title to its last line, then notes and references.

    Raises:
        BookError: something in the text has no plain form.
    """
    stream, text = _Stream(page), page.chapter.text
    pending = 0
    for token in blocks.tokens(text):
        name = directive_of(token)
        heading = token.type == "heading_open"
        if token.level or token.map is None:
            continue
        if not (heading or token.type in PAUSES or name == "code-cell" or name in BORDERS):
            continue
        start, end = token.map
        stream.text(pending, start)
        if name == "code-cell":
            stream.code()
        elif name:
            stream.border(name, start + 1)
        pending = start if heading and token.tag != "h1" else end
    stream.text(pending, len(text.splitlines()))
    return stream.items + _back_matter(page)


def _back_matter(page: Page) -> list[Item]:
    """Footnotes and references, where the text has any."""
    items = []
    defined = blocks.footnotes(page, page.chapter.text, 1)
    for label in page.notes:
        if label not in defined:
            line = page.chapter.line_of(f"[^{label}]")
            message = f"the footnote {label} is never defined; add [^{label}]: …"
            raise page.problem(line, message, "footnote")
    if page.notes:
        notes = [f"{i}. {defined[label]}" for i, label in enumerate(page.notes, start=1)]
        items.append(Item("markdown", "\n".join(["## Notes", "", *notes]), 0))
    if page.cited:
        entries = [f"- {entry}" for entry in page.around.bibliography.listed(page.cited)]
        items.append(Item("markdown", "\n".join(["## References", "", *entries]), 0))
    return items


def _code(cell: Cell, solved: Exercise | None) -> Item:
    """A code cell as the chapter has it; a solution is folded, an error that is shown is caught."""
    source, shift = hidden(cell.source), 0
    metadata: dict[str, Any] = {"tags": list(cell.tags)} if cell.tags else {}
    if "raises-exception" in cell.tags and (caught := _catching(source)):
        source, shift = caught, 1
        metadata["tags"].remove("raises-exception")
    if FOLDED & set(cell.tags):
        metadata["jupyter"] = {"source_hidden": True}
    if solved is not None and "solution" in cell.tags:
        source, shift = f"# @title Solution: {_plain(solved.title)}\n{source}", shift + 1
        metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form"}
    plots = figure_of(cell) is not None and not re.search(r"\b(plt\.show|live)\(", source)
    metadata = {key: value for key, value in metadata.items() if value}
    return Item("code", source, cell.line, shift, plots and "plt." in source, metadata)


def _plain(title: str) -> str:
    """A title without markup, for a comment."""
    return re.sub(r"[$`*\\{}]", "", title).strip() or "exercise"


def _catching(source: str) -> str:
    """`source` in a `try` that prints the error, so that the cells below run everywhere.

    Only Jupyter knows the tag `raises-exception`; Colab, VS Code and a script would stop. Empty
    when the source is no plain Python.
    """
    try:
        ast.parse(source)
        inside = _inside_strings(source)
    except (SyntaxError, tokenize.TokenError):
        return ""
    lines = source.splitlines()
    body = [t if i in inside or not t else f"    {t}" for i, t in enumerate(lines, start=1)]
    return "\n".join(["try:", *body, CAUGHT])


def _inside_strings(source: str) -> set[int]:
    """The lines that begin within a string, which must not be indented."""
    inside: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        name = tokenize.tok_name[token.type]
        if name == "STRING":
            inside.update(range(token.start[0] + 1, token.end[0] + 1))
        elif name.endswith("STRING_START"):  # Python 3.12 takes f-strings apart
            opened.append(token.start[0])
        elif name.endswith("STRING_END"):
            inside.update(range(opened.pop() + 1, token.end[0] + 1))
    return inside


def title(page: Page, number: int) -> str:
    """The first line: `# 3. Classification`."""
    shown = inline(page, page.chapter.title, page.chapter.line_of(f"# {page.chapter.title}"))
    return f"# {number}. {shown}" if number else f"# {shown}"
