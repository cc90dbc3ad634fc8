"""The book as a whole: `_config.yml`, `_toc.yml`, and the chapters that they name."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from book import address, schemas
from book.chapter import Chapter, read
from book.findings import BookError, Finding


@dataclass(frozen=True)
class Entry:
    """A page in the contents: its chapter number (0 when unnumbered) and its part."""

    chapter: Chapter
    number: int
    part: str


@dataclass(frozen=True)
class Book:
    """Everything that the source says, read once."""

    root: Path
    config: dict[str, Any]
    entries: tuple[Entry, ...]

    @property
    def title(self) -> str:
        return str(self.config["title"])

    @property
    def repository(self) -> str:
        """The repository's address on the web."""
        return address.of(self.root, self.config).repository

    @property
    def site(self) -> str:
        """Where the pages are published, with a slash at the end."""
        return address.of(self.root, self.config).site

    @property
    def branch(self) -> str:
        return str(self.config["repository"].get("branch", "main"))

    @cached_property
    def chapters(self) -> tuple[Chapter, ...]:
        """The chapters that are executed, in the order of the contents."""
        return tuple(e.chapter for e in self.entries if e.chapter.executed)

    @property
    def pages(self) -> tuple[Chapter, ...]:
        return tuple(e.chapter for e in self.entries)

    def entry(self, slug: str) -> Entry:
        """The page called `slug`, given as slug or path; raises `BookError` with the nearest name."""
        wanted = Path(slug).stem
        for entry in self.entries:
            if entry.chapter.slug == wanted:
                return entry
        names = [e.chapter.slug for e in self.entries]
        near = difflib.get_close_matches(wanted, names, n=1)
        hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(names)}"
        raise BookError(
            Finding(Path("_toc.yml"), 1, f"no chapter is called {wanted}{hint}", "no-chapter")
        )

    def equation_numbers(self) -> dict[str, tuple[str, Chapter]]:
        """Each labelled equation's printed number, such as `3.12`, and its chapter."""
        numbers = {}
        for entry in self.entries:
            for count, equation in enumerate(entry.chapter.labelled, start=1):
                number = f"{entry.number}.{count}" if entry.number else str(count)
                numbers[equation.label] = (number, entry.chapter)
        return numbers


def load(root: Path) -> Book:
    """Read the configuration, the contents and all chapters; raises `BookError`."""
    config = schemas.load(root, Path("_config.yml"), schemas.CONFIG)
    toc = schemas.load(root, Path("_toc.yml"), schemas.CONTENTS)
    named: list[tuple[str, int, str]] = [(str(toc["root"]), 0, "")]
    number = 0
    for part in toc.get("parts", []):
        for item in part.get("chapters", []):
            number += bool(part.get("numbered"))
            named.append(
                (str(item["file"]), number if part.get("numbered") else 0, part["caption"])
            )
    return Book(root, config, tuple(_entries(root, named)))


def _entries(root: Path, named: list[tuple[str, int, str]]) -> list[Entry]:
    toc, problems, entries = Path("_toc.yml"), [], []
    text = (root / toc).read_text(encoding="utf-8")

    def line_of(name: str) -> int:
        return next((i for i, t in enumerate(text.splitlines(), 1) if t.rstrip().endswith(name)), 1)

    seen: set[Path] = set()
    stems: set[str] = set()
    for name, number, part in named:
        path = Path(name).with_suffix(".md")
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]*", path.stem):
            message = f"name the file {path.name} with lower-case letters, digits and hyphens only"
            problems.append(Finding(toc, line_of(name), message, "slug"))
        elif path.stem in stems and path not in seen:
            message = f"another page is called {path.stem} already; rename one"
            problems.append(Finding(toc, line_of(name), message, "slug-twice"))
        elif path in seen:
            problems.append(
                Finding(toc, line_of(name), f"{name} is listed twice; remove one", "toc-twice")
            )
        elif not (root / path).is_file():
            message = f"{path} does not exist; write it, or remove this line"
            problems.append(Finding(toc, line_of(name), message, "toc-missing"))
        else:
            entries.append(Entry(read(root, path), number, part))
        seen.add(path)
        stems.add(path.stem)
    for found in sorted((root / "chapters").rglob("*.md")):
        path = found.relative_to(root)
        if path not in seen and not any(p.startswith((".", "_")) for p in path.parts):
            problems.append(
                Finding(path, 1, "not in the contents; add it to _toc.yml", "toc-orphan")
            )
    if problems:
        raise BookError(problems)
    return entries
