"""Headers, headings and code cells."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from book import schemas
from book.chapter import Cell, Chapter
from book.contents import Book
from book.findings import Finding
from book.markers import hidden

WIDTH = 80  # characters that a code box on a desk holds: book/site/css/50-code.css
TAGS = {
    "hide-input", "hide-output", "remove-input", "remove-output", "remove-cell", "raises-exception",
    "warns", "photo", "stub", "solution", "slow", "no-mutate",
}  # fmt: skip


def header(book: Book, chapter: Chapter) -> Iterator[Finding]:
    has_cells = any(d.name == "code-cell" for d in chapter.directives)
    if has_cells and not chapter.executed:
        message = (
            "code cells but no `kernelspec:` in the header; copy the header of another chapter"
        )
        yield Finding(chapter.path, 1, message, "no-kernel")
    kernel = chapter.front.get("kernelspec") or {}
    if chapter.executed and (not isinstance(kernel, dict) or kernel.get("name") != "python3"):
        line = chapter.line_of("kernelspec")
        yield Finding(chapter.path, line, "the kernel must be `name: python3`", "kernel")


def headings(book: Book, chapter: Chapter) -> Iterator[Finding]:
    lines, fence = chapter.text.splitlines(), ""
    titles = []
    for number, line in enumerate(lines, start=1):
        mark = re.match(r"^\s*(`{3,}|~{3,})", line)
        if mark and not fence:
            fence = mark[1]
        elif mark and line.strip().startswith(fence) and line.strip("`~ \t") == "":
            fence = ""
        elif not fence and re.match(r"^# \S", line):
            titles.append(number)
    if not titles and chapter.text:
        yield Finding(chapter.path, 1, "no title; add a line `# Title`", "title")
    for number in titles[1:]:
        yield Finding(chapter.path, number, "a second title; use `##`", "title")


def cells(book: Book, chapter: Chapter) -> Iterator[Finding]:
    for directive in chapter.directives:
        if directive.name == "code-cell" and directive.depth:
            message = "a code cell inside another block does not run; use `-start`/`-end` blocks"
            yield Finding(chapter.path, directive.line, message, "cell-nested")
    for cell in chapter.cells:
        for tag in cell.tags:
            if tag not in TAGS:
                message = f"unknown tag `{tag}`; known are {', '.join(sorted(TAGS))}"
                yield Finding(chapter.path, cell.line, message, "tag")
        yield from schemas.violations(
            chapter.path, cell.options, chapter.text, schemas.CELL, cell.opened
        )
        yield from _syntax(chapter, cell)
        yield from _width(chapter, cell)
        if cell.mystnb.get("figure") and not cell.alt and "live(" not in cell.source:
            message = "a figure without alt text; add `mystnb: image: alt:`"
            yield Finding(chapter.path, cell.line, message, "figure-alt")
        for name in re.findall(r"\bdata\.(mnist|fashion_mnist|squeezenet)\(", cell.source):
            if name not in chapter.datasets:
                message = f"uses data.{name}; declare `book: data: [{name}]` in the header"
                yield Finding(chapter.path, cell.line, message, "data-undeclared")


def _syntax(chapter: Chapter, cell: Cell) -> Iterator[Finding]:
    lines = cell.source.splitlines()
    if (lines and lines[0].startswith("%%")) or "raises-exception" in cell.tags:
        return
    plain = "\n".join("pass" if s.startswith(("%", "!")) else s for s in lines)
    try:
        tree = ast.parse(plain)
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1) - 1
        yield Finding(chapter.path, line, f"not Python: {error.msg}", "cell-syntax")
        return
    for node in ast.walk(tree):  # the kernel would go at some later cell, and that be blamed
        if isinstance(node, ast.Call) and ast.unparse(node.func) in ("exit", "quit"):
            message = f"`{ast.unparse(node)}` ends the kernel; take it out"
            yield Finding(chapter.path, cell.line + node.lineno - 1, message, "cell-exit")


def _width(chapter: Chapter, cell: Cell) -> Iterator[Finding]:
    if "remove-cell" in cell.tags:
        return
    for number, line in enumerate(hidden(cell.source).splitlines(), start=cell.line):
        if len(line) > WIDTH:
            message = f"{len(line)} characters; break the line at {WIDTH} characters"
            yield Finding(chapter.path, number, message, "cell-wide")
