"""Mistakes that can be seen in the sources, in a second, before anything is executed."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from book.chapter import Cell, Chapter
from book.contents import Book
from book.findings import Finding

TAGS = {
    "hide-input", "hide-output", "remove-input", "remove-output", "remove-cell", "raises-exception",
    "warns", "photo", "stub", "solution", "slow", "no-mutate",
}  # fmt: skip
SETTINGS = {"needs", "data", "minutes", "accelerator"}
CHECK = re.compile(r"\bcheck\(\s*[\"'](eq-[\w-]+)[\"']")
VERDICT = re.compile(r"\bcheck_exercise\(\s*[\"'](ex-[\w-]+)[\"']")
REFERENCE = re.compile(r"\{(eq|numref|cite:[tp])\}`([^`]+)`")
TARGET = re.compile(r"^\(([\w:-]+)\)=\s*$", flags=re.M)
BREAKS_PDF = re.compile(r"\\(tag|begin\{align\*?\}|begin\{equation\*?\}|class|htmlClass|cssId)\b")


def findings(book: Book) -> list[Finding]:
    """Everything wrong with the sources of the book, sorted by file and line."""
    found: list[Finding] = []
    for chapter in book.pages:
        found += chapter.problems
        for rule in (_header, _headings, _cells, _math, _checks, _exercises, _images, _footnotes):
            found += rule(book, chapter)
    found += _unique(book)
    found += _references(book)
    found += _order(book)
    found += _formulas(book)
    return sorted(set(found))


def _header(book: Book, chapter: Chapter) -> Iterator[Finding]:
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
    settings = chapter.front.get("book")
    if settings is not None and not isinstance(settings, dict):
        yield Finding(
            chapter.path, chapter.line_of("book:"), "`book:` must hold settings", "front-matter"
        )
    for key in chapter.settings:
        if key not in SETTINGS:
            message = f"unknown setting `{key}`; known are {', '.join(sorted(SETTINGS))}"
            yield Finding(chapter.path, chapter.line_of(f"{key}:"), message, "front-matter")
    minutes = chapter.settings.get("minutes", 3)
    if not isinstance(minutes, (int, float)) or minutes <= 0:
        yield Finding(
            chapter.path, chapter.line_of("minutes:"), "`minutes` must be a number", "front-matter"
        )


def _headings(book: Book, chapter: Chapter) -> Iterator[Finding]:
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


def _cells(book: Book, chapter: Chapter) -> Iterator[Finding]:
    for directive in chapter.directives:
        if directive.name == "code-cell" and directive.depth:
            message = "a code cell inside another block does not run; use `-start`/`-end` blocks"
            yield Finding(chapter.path, directive.line, message, "cell-nested")
    for cell in chapter.cells:
        for tag in cell.tags:
            if tag not in TAGS:
                message = f"unknown tag `{tag}`; known are {', '.join(sorted(TAGS))}"
                yield Finding(chapter.path, cell.line, message, "tag")
        for key in cell.options:
            if key not in ("tags", "mystnb"):
                message = f"unknown cell option `{key}`; known are tags, mystnb"
                yield Finding(chapter.path, cell.line, message, "cell-option")
        yield from _syntax(chapter, cell)
        if (
            cell.options.get("mystnb", {}).get("figure")
            and not cell.alt
            and "live(" not in cell.source
        ):
            message = "a figure without alt text; add `mystnb: image: alt:`"
            yield Finding(chapter.path, cell.line, message, "figure-alt")
        for name in re.findall(r"\bdata\.(mnist)\(", cell.source):
            if name not in chapter.datasets:
                message = f"uses data.{name}; declare `book: data: [{name}]` in the header"
                yield Finding(chapter.path, cell.line, message, "data-undeclared")


def _syntax(chapter: Chapter, cell: Cell) -> Iterator[Finding]:
    lines = cell.source.splitlines()
    if (lines and lines[0].startswith("%%")) or "raises-exception" in cell.tags:
        return
    plain = "\n".join("pass" if s.startswith(("%", "!")) else s for s in lines)
    try:
        ast.parse(plain)
    except SyntaxError as error:
        line = cell.line + (error.lineno or 1) - 1
        yield Finding(chapter.path, line, f"not Python: {error.msg}", "cell-syntax")


def _math(book: Book, chapter: Chapter) -> Iterator[Finding]:
    for equation in chapter.equations:
        for bad in BREAKS_PDF.finditer(equation.latex):
            message = f"`{bad[0]}` breaks the PDF; use aligned inside {{math}}, and a label"
            yield Finding(chapter.path, equation.line, message, "latex")
        if equation.label and not equation.label.startswith("eq-"):
            message = f"the label {equation.label} must start with eq-"
            yield Finding(chapter.path, equation.line, message, "eq-label")


def _checks(book: Book, chapter: Chapter) -> Iterator[Finding]:
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


def _exercises(book: Book, chapter: Chapter) -> Iterator[Finding]:
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


def _images(book: Book, chapter: Chapter) -> Iterator[Finding]:
    folder = (book.root / chapter.path).parent
    for number, line in enumerate(chapter.text.splitlines(), start=1):
        for alt, source in re.findall(r"!\[([^\]]*)\]\(([^)\s]+)[^)]*\)", line):
            if not alt.strip():
                yield Finding(chapter.path, number, "a figure without alt text", "figure-alt")
            yield from _image(chapter, number, folder, source)
    for d in chapter.directives:
        if d.name in ("image", "figure"):
            if not str(d.options.get("alt", "")).strip():
                yield Finding(chapter.path, d.line, "a figure without `:alt:`", "figure-alt")
            yield from _image(chapter, d.line, folder, d.argument)


def _image(chapter: Chapter, line: int, folder: Path, source: str) -> Iterator[Finding]:
    if re.match(r"https?:", source):
        message = f"{source} lies on another host; put a copy beside the chapter"
        yield Finding(chapter.path, line, message, "image-remote")
    elif not source.startswith("data:") and not (folder / source).is_file():
        message = f"the image {source} does not exist; add it or mend the path"
        yield Finding(chapter.path, line, message, "image-missing")


def _footnotes(book: Book, chapter: Chapter) -> Iterator[Finding]:
    defined = set(re.findall(r"^\[\^([^\]]+)\]:", chapter.text, flags=re.M))
    for number, line in enumerate(chapter.text.splitlines(), start=1):
        for name in re.findall(r"\[\^([^\]]+)\](?!:)", line):
            if name not in defined:
                yield Finding(
                    chapter.path, number, f"the footnote [^{name}] is not defined", "footnote"
                )


def _labels(chapter: Chapter) -> Iterator[tuple[str, int]]:
    for directive in chapter.directives:
        label = directive.options.get("label") or directive.options.get("name")
        if label and directive.name != "code-cell":
            yield str(label), directive.line
        if name := _figure_name(directive.options.get("mystnb")):
            yield name, directive.line
    for match in TARGET.finditer(chapter.text):
        yield match[1], chapter.text[: match.start()].count("\n") + 1
    for equation in chapter.equations:
        if equation.label and not any(
            d.name == "math" and d.options.get("label") == equation.label
            for d in chapter.directives
        ):
            yield equation.label, equation.line


def _figure_name(settings: object) -> str:
    """The label of the figure that a cell draws."""
    figure = settings.get("figure") if isinstance(settings, dict) else None
    return str(figure.get("name") or "") if isinstance(figure, dict) else ""


def _unique(book: Book) -> Iterator[Finding]:
    places: dict[str, list[tuple[Path, int]]] = defaultdict(list)
    for chapter in book.pages:
        for label, line in _labels(chapter):
            places[label].append((chapter.path, line))
    for label, where in places.items():
        for file, line in where[1:]:
            first = f"{where[0][0]}:{where[0][1]}"
            yield Finding(
                file, line, f"the label {label} is taken by {first}; choose another", "label-twice"
            )


def _references(book: Book) -> Iterator[Finding]:
    labels = {label for chapter in book.pages for label, _ in _labels(chapter)}
    entries, broken = _bibliography(book)
    yield from broken
    for chapter in book.pages:
        for number, line in enumerate(chapter.text.splitlines(), start=1):
            for role, raw in REFERENCE.findall(line):
                named = re.search(r"<([^>]+)>\s*$", raw)
                target = (named[1] if named else raw).strip()
                if role.startswith("cite"):
                    for key in map(str.strip, target.split(",")):
                        if key not in entries and not broken:
                            message = f"no entry {key} in chapters/references.bib; add it"
                            yield Finding(chapter.path, number, message, "cite-unknown")
                elif role in ("eq", "numref") and target not in labels:
                    message = f"nothing is called {target}; mend the reference or add the label"
                    yield Finding(chapter.path, number, message, "ref-unknown")


def _bibliography(book: Book) -> tuple[set[str], list[Finding]]:
    from pybtex.database import BibliographyDataError, parse_string
    from pybtex.scanner import PybtexSyntaxError

    keys, broken = set(), []
    for name in book.config.get("bibtex_bibfiles", []):
        path = Path(name)
        try:
            text = (book.root / path).read_text(encoding="utf-8")
            keys.update(parse_string(text, "bibtex").entries)
        except FileNotFoundError:
            broken.append(Finding(path, 1, "missing; restore it", "bibliography"))
        except PybtexSyntaxError as error:
            broken.append(Finding(path, error.lineno or 1, f"not BibTeX: {error}", "bibliography"))
        except BibliographyDataError as error:
            key = str(error).split()[-1].strip("'\"")
            line = next((i for i, t in enumerate(text.splitlines(), 1) if f"{{{key}," in t), 1)
            broken.append(Finding(path, line, f"{error}; keep one", "bibliography"))
    return keys, broken


def _order(book: Book) -> Iterator[Finding]:
    """A chapter may only need chapters that come before it."""
    before: set[str] = set()
    known = {c.slug for c in book.chapters}
    for chapter in book.chapters:
        for need in chapter.settings.get("needs") or []:
            line = chapter.line_of("needs:")
            if need not in known:
                yield Finding(chapter.path, line, f"needs {need}, which is no chapter", "needs")
            elif need not in before:
                yield Finding(
                    chapter.path, line, f"needs {need}, which comes later in _toc.yml", "needs"
                )
        before.add(chapter.slug)


def _formulas(book: Book) -> Iterator[Finding]:
    from book import katex

    places = [(c, e) for c in book.pages for e in c.equations]
    for (chapter, equation), error in zip(
        places, katex.errors([e.latex for _, e in places]), strict=True
    ):
        if error:
            yield Finding(chapter.path, equation.line, f"KaTeX: {error}", "latex")
