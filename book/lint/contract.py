"""Equations, their checks, exercises and their solutions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from book.chapter import Chapter
from book.contents import Book
from book.findings import Finding

CHECK = re.compile(r"\bcheck\(\s*[\"'](eq-[\w-]+)[\"']")
BREAKS_PDF = re.compile(r"\\(?:(?:tag|class|htmlClass|cssId)\b|begin\{(?:align|equation)\*?\})")
COLOURS = re.compile(r"\\(?:color|textcolor|colorbox|fcolorbox)\b")


def math(book: Book, chapter: Chapter) -> Iterator[Finding]:
    for equation in chapter.equations:
        for bad in BREAKS_PDF.finditer(equation.latex):
            message = f"`{bad[0]}` breaks the PDF; use aligned inside {{math}}, and a label"
            yield Finding(chapter.path, equation.line, message, "latex")
        for bad in COLOURS.finditer(equation.latex):
            message = f"`{bad[0]}` is hard to read in one of the themes; leave it out"
            yield Finding(chapter.path, equation.line, message, "latex")
        if equation.label and not equation.label.startswith("eq-"):
            message = f"the label {equation.label} must start with eq-"
            yield Finding(chapter.path, equation.line, message, "eq-label")


def dollars(book: Book, chapter: Chapter) -> Iterator[Finding]:
    """A `$` that is opened and never closed swallows prose, or prints as a dollar."""
    lines = chapter.text.splitlines()
    skipped = _not_prose(chapter)
    start, count = 0, 0
    for number, line in enumerate([*lines, ""], start=1):
        prose = "" if number in skipped else re.sub(r"`[^`]*`|\\\$", "", line)
        if prose.strip():
            start, count = start or number, count + prose.count("$")
            continue
        if count % 2:
            message = "a `$` is never closed in this paragraph; close it, or write \\$"
            yield Finding(chapter.path, start, message, "dollar")
        start, count = 0, 0


def _not_prose(chapter: Chapter) -> set[int]:
    """The lines of the header, of code and of displayed equations."""
    skipped: set[int] = set()
    if chapter.front:
        skipped.update(range(1, chapter.text.split("\n---", 1)[0].count("\n") + 3))
    for d in chapter.directives:
        if d.name in ("code-cell", "math"):
            skipped.update(range(d.line, d.body_line + d.body.count("\n") + 2))
    fence = ""
    for number, line in enumerate(chapter.text.splitlines(), start=1):
        mark = re.match(r"\s*(`{3,}|~{3,})\s*([^{`\s]*)\s*$", line)
        if fence or (mark and mark[2]) or (mark and not fence and number not in skipped):
            skipped.add(number)
        if mark and not fence and mark[2]:
            fence = mark[1]
        elif mark and fence and not mark[2] and mark[1].startswith(fence):
            fence = ""
    return skipped


def formulas(book: Book) -> Iterator[Finding]:
    from book import katex

    places = [(c, e) for c in book.pages for e in c.equations]
    for (chapter, equation), error in zip(
        places, katex.errors([e.latex for _, e in places]), strict=True
    ):
        if error:
            yield Finding(chapter.path, equation.line, f"KaTeX: {error}", "latex")


def checks(book: Book, chapter: Chapter) -> Iterator[Finding]:
    labels = {e.label: e for e in chapter.labelled}
    checked = {label for cell in chapter.cells for label in CHECK.findall(cell.source)}
    for label, equation in labels.items():
        if label not in checked and not equation.exempt:
            message = f'{label} is never checked; add check("{label}", …)'
            yield Finding(chapter.path, equation.line, message, "eq-unchecked")
        if label in checked and equation.exempt:
            message = f"{label} is checked and says that it is not; drop one of the two"
            yield Finding(chapter.path, equation.line, message, "eq-exempt")
    for cell in chapter.cells:
        for match in CHECK.finditer(cell.source):
            if match[1] not in labels:
                line = cell.line + cell.source[: match.start()].count("\n")
                message = f"check names {match[1]}, which no equation of this chapter is called"
                yield Finding(chapter.path, line, message, "check-unknown")


def exercises(book: Book, chapter: Chapter) -> Iterator[Finding]:
    labels = {e.label for e in chapter.exercises}
    solved = {s.label for s in chapter.solutions}
    for exercise in chapter.exercises:
        if not exercise.label:
            yield Finding(
                chapter.path, exercise.line, "an exercise needs `:label: ex-…`", "exercise-label"
            )
        elif exercise.label not in solved:
            message = f"{exercise.label} has no solution; add {{solution-start}} {exercise.label}"
            yield Finding(chapter.path, exercise.line, message, "exercise-unsolved")
    for solution in chapter.solutions:
        if solution.label not in labels:
            message = f"a solution for {solution.label}, which no exercise is called"
            yield Finding(chapter.path, solution.line, message, "solution-unknown")
    for kind in ("exercise", "solution"):
        starts = [d for d in chapter.directives if d.name == f"{kind}-start"]
        ends = [d for d in chapter.directives if d.name == f"{kind}-end"]
        for start, end in zip(starts, [*ends, *[None] * len(starts)], strict=False):
            following = next((s.line for s in starts if s.line > start.line), float("inf"))
            if end is None or not start.line < end.line < following:
                message = f"this {{{kind}-start}} has no {{{kind}-end}}; add one"
                yield Finding(chapter.path, start.line, message, f"{kind}-open")
                break
