"""Labels, references, citations, footnotes and images."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from book.chapter import Chapter
from book.contents import Book
from book.findings import Finding
from book.myst import outside_code

REFERENCE = re.compile(r"\{(eq|numref|cite:[tp])\}`([^`]+)`")
TARGET = re.compile(r"^\(([\w:-]+)\)=\s*$", flags=re.M)


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


def unique(book: Book) -> Iterator[Finding]:
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


def references(book: Book) -> Iterator[Finding]:
    labels = {label for chapter in book.pages for label, _ in _labels(chapter)}
    entries, broken = _bibliography(book)
    yield from broken
    for chapter in book.pages:
        for number, line in outside_code(chapter.text):
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
    from pybtex.exceptions import PybtexError
    from pybtex.scanner import PybtexSyntaxError

    keys, broken = set(), []
    for name in book.config.get("bibtex_bibfiles", []):
        path = Path(name)
        try:
            text = (book.root / path).read_text(encoding="utf-8")
            keys.update(parse_string(text, "bibtex").entries)
        except FileNotFoundError:
            broken.append(Finding(path, 1, "missing; restore it", "bibliography"))
        except UnicodeDecodeError:
            broken.append(Finding(path, 1, "not UTF-8; save the file as UTF-8", "encoding"))
        except PybtexSyntaxError as error:
            broken.append(Finding(path, error.lineno or 1, f"not BibTeX: {error}", "bibliography"))
        except BibliographyDataError as error:
            key = str(error).split()[-1].strip("'\"")
            line = next((i for i, t in enumerate(text.splitlines(), 1) if f"{{{key}," in t), 1)
            broken.append(Finding(path, line, f"{error}; keep one", "bibliography"))
        except PybtexError as error:
            broken.append(Finding(path, 1, f"cannot be read: {error}", "bibliography"))
    return keys, broken


def footnotes(book: Book, chapter: Chapter) -> Iterator[Finding]:
    defined = set(re.findall(r"^\[\^([^\]]+)\]:", chapter.text, flags=re.M))
    for number, line in enumerate(chapter.text.splitlines(), start=1):
        for name in re.findall(r"\[\^([^\]]+)\](?!:)", line):
            if name not in defined:
                yield Finding(
                    chapter.path, number, f"the footnote [^{name}] is not defined", "footnote"
                )


def images(book: Book, chapter: Chapter) -> Iterator[Finding]:
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
