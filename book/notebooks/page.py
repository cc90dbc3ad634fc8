"""What a chapter's text is converted with: labels, sources, macros, and values from its run."""

from __future__ import annotations

import posixpath
from ast import literal_eval
from dataclasses import dataclass, field
from pathlib import Path

from book import library
from book.chapter import Chapter
from book.contents import Book
from book.findings import BookError, Finding
from book.notebooks.citations import Bibliography
from book.notebooks.latex import expand, macros, tidy
from book.notebooks.targets import Targets, page_url
from book.store import Store

NUMBERS = dict.fromkeys("bcdoxX", int) | dict.fromkeys("eEfFgGn%", float)


class Surroundings:
    """What all chapters share, read once."""

    def __init__(self, book: Book, store: Store) -> None:
        files = book.config.get("bibtex_bibfiles") or []
        self.book, self.store = book, store
        self.targets = Targets(book)
        self.bibliography = Bibliography(book.root, list(files))
        self.macros = macros(book.root)
        self.library = library.of(book.root / "code")
        self._glued: dict[str, dict[str, str] | None] = {}

    def glued(self, chapter: Chapter) -> dict[str, str] | None:
        """What the chapter's last run lent to the prose; None when no good run is stored."""
        if chapter.slug not in self._glued:
            loaded = self.store.load(chapter)
            self._glued[chapter.slug] = _values(loaded[1].cells) if loaded else None
        return self._glued[chapter.slug]


@dataclass
class Page:
    """One chapter on its way; collects the sources and footnotes that its text mentions."""

    around: Surroundings
    chapter: Chapter
    cited: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def problem(self, line: int, message: str, identifier: str = "notebook") -> BookError:
        return BookError(Finding(self.chapter.path, line, message, identifier))

    def latex(self, source: str, line: int) -> str:
        """A formula without macros, comments and empty lines."""
        try:
            return expand(tidy(source), self.around.macros).strip()
        except ValueError as error:
            raise self.problem(line, f"{error}; mend the formula or book/macros.json") from error

    def note(self, label: str) -> int:
        """The number of a footnote, by the order in which the text first mentions them."""
        if label not in self.notes:
            self.notes.append(label)
        return self.notes.index(label) + 1

    def glued(self, text: str, line: int) -> str:
        """What `{glue:text}` shows: `name`, `name:.2f`, or `other.md::name`."""
        name, colon, spec = text.rpartition(":")
        if not colon or name.endswith(":"):
            name, spec = text, "s"
        path, _, key = name.rpartition("::")
        chapter = self.sibling(path, line) if path else self.chapter
        values = self.around.glued(chapter)
        if values is None:
            cure = f"`python -m book run {chapter.slug}` makes one"
            message = f"{chapter.slug} has no stored run of its present code; {cure}"
            raise self.problem(line, message, "not-run")
        if key not in values:
            near = ", ".join(sorted(values)) or "none"
            raise self.problem(line, f"no cell glues {key!r}; there are {near}", "glue")
        try:
            return _formatted(values[key], spec)
        except ValueError as error:
            message = f"{key} is {values[key]}, which `{spec}` cannot format: {error}"
            raise self.problem(line, message, "glue") from error

    def sibling(self, path: str, line: int) -> Chapter:
        """The page that a link in this chapter names, with or without `.md`."""
        base = "" if path.startswith("/") else self.chapter.path.parent.as_posix()
        wanted = posixpath.normpath(posixpath.join(base, path.lstrip("/"))).removesuffix(".md")
        for page in self.around.book.pages:
            if page.docname == wanted:
                return page
        raise self.problem(line, f"no page of the book is {wanted}.md; mend the link", "link")

    def address(self, href: str, line: int, *, raw: bool = False) -> str:
        """A link that works away from the book: to a page, a label, or a file of the repository."""
        book = self.around.book
        href = href.strip("<>").removeprefix("project:").removeprefix("path:")
        if ":" in href.split("/")[0] or href.startswith("//"):
            return href
        path, hash_, fragment = href.partition("#")
        if not path:
            target = self.around.targets.get(fragment)
            return target.url if target else f"{page_url(book, self.chapter)}#{fragment}"
        if path.endswith(".md"):
            return page_url(book, self.sibling(path, line)) + hash_ + fragment
        base = Path() if path.startswith("/") else self.chapter.path.parent
        file = posixpath.normpath((base / path.lstrip("/")).as_posix())
        if not (book.root / file).is_file():
            raise self.problem(line, f"{file} does not exist; mend the link", "link")
        return f"{book.repository}/{'raw' if raw else 'blob'}/{book.branch}/{file}"


def _values(cells: list) -> dict[str, str]:
    """Glued text by name."""
    found = {}
    for output in (o for cell in cells for o in cell.get("outputs", [])):
        scrap = output.get("metadata", {}).get("scrapbook")
        if scrap:
            text = output["data"].get(scrap.get("mime_prefix", "") + "text/plain", "")
            found[scrap["name"]] = text if isinstance(text, str) else "".join(text)
    return found


def _formatted(text: str, spec: str) -> str:
    """As MyST-NB shows it: without quotes, and numbers by their format."""
    try:
        value = literal_eval(text)
    except (SyntaxError, ValueError):
        value = text
    if not spec:
        return str(value)
    convert = NUMBERS.get(spec[-1], str if spec[-1] == "s" else lambda v: v)
    return format(convert(value), spec)
