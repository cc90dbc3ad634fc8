"""A chapter, parsed once: its cells, equations, exercises and references, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from pathlib import Path
from typing import Any

from book.findings import Finding
from book.myst import Directive, directives_of, dollar_blocks, front_matter, listed

EXEMPT = re.compile(r"^%\s*(?P<label>eq-[\w-]+) is not checked:\s*(?P<reason>.+)$")
NOTATION = ["symbol", "code", "shape", "meaning"]


@dataclass(frozen=True)
class Cell:
    """A code cell: `index` from 0; the lines where its fence and its source begin."""

    index: int
    line: int
    source: str
    tags: tuple[str, ...]
    options: dict[str, Any]
    opened: int = 1

    @property
    def mystnb(self) -> dict[str, Any]:
        """What MyST-NB is told about the cell's outputs."""
        return _mapping(self.options.get("mystnb"))

    @property
    def alt(self) -> str:
        """The alt text that its figure will have."""
        return str(_mapping(self.mystnb.get("image")).get("alt") or "").strip()


@dataclass(frozen=True)
class Equation:
    """A displayed equation. `label` is empty when it has none, `exempt` when it must be checked."""

    label: str
    line: int
    latex: str
    exempt: str = ""


@dataclass(frozen=True)
class Exercise:
    """An exercise: its label, its title, its line; solutions carry the exercise's label."""

    label: str
    title: str
    line: int


@dataclass(frozen=True)
class Row:
    """A row of the notation table, its cells as they are written, and its line."""

    symbol: str
    code: str
    shape: str
    meaning: str
    line: int


@dataclass(frozen=True)
class Chapter:
    """One source file of the book.

    Attributes:
        path: relative to the book's root.
        problems: what is wrong with the file's own structure.
    """

    path: Path
    text: str
    front: dict[str, Any]
    directives: tuple[Directive, ...]
    problems: tuple[Finding, ...] = field(default=(), repr=False)

    @property
    def slug(self) -> str:
        return self.path.stem

    @property
    def docname(self) -> str:
        """What Sphinx calls this page."""
        return self.path.with_suffix("").as_posix()

    @property
    def executed(self) -> bool:
        """True when the file's header says that its cells are run."""
        return "kernelspec" in self.front

    @property
    def settings(self) -> dict[str, Any]:
        """The `book:` part of the header: `needs`, `data`, `minutes`, …"""
        settings = self.front.get("book") or {}
        return settings if isinstance(settings, dict) else {}

    @property
    def minutes(self) -> float:
        return float(self.settings.get("minutes", 10))

    @property
    def datasets(self) -> list[str]:
        return list(self.settings.get("data", []))

    @property
    def packages(self) -> list[str]:
        """What its notebook installs where it is missing, beyond what the library needs."""
        return list(self.settings.get("packages", []))

    @cached_property
    def title(self) -> str:
        match = re.search(r"^# (.+)$", self.text, flags=re.M)
        return match.group(1).strip() if match else self.slug

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        found = [d for d in self.directives if d.name == "code-cell" and d.depth == 0]
        return tuple(
            Cell(i, d.body_line, d.body, tuple(listed(d.options.get("tags"))), d.options, d.line)
            for i, d in enumerate(found)
        )

    @cached_property
    def equations(self) -> tuple[Equation, ...]:
        """All displayed equations, labelled or not, in order."""
        reasons = {
            m["label"]: m["reason"].strip() for m in map(EXEMPT.match, self.text.splitlines()) if m
        }
        found = []
        for d in self.directives:
            if d.name == "math":
                label = str(d.options.get("label", "")).strip()
                latex = "\n".join(filter(None, [d.argument, d.body]))
                found.append(Equation(label, d.body_line, latex, reasons.get(label, "")))
        for line, latex, label in dollar_blocks(self.text, self.directives):
            found.append(Equation(label, line, latex, reasons.get(label, "")))
        return tuple(sorted(found, key=lambda e: e.line))

    @property
    def labelled(self) -> tuple[Equation, ...]:
        return tuple(e for e in self.equations if e.label)

    @cached_property
    def exercises(self) -> tuple[Exercise, ...]:
        return tuple(
            Exercise(str(d.options.get("label", "")), d.argument, d.line)
            for d in self.directives
            if d.name in ("exercise", "exercise-start")
        )

    @cached_property
    def solutions(self) -> tuple[Exercise, ...]:
        return tuple(
            Exercise(d.argument.strip(), "", d.line)
            for d in self.directives
            if d.name in ("solution", "solution-start")
        )

    @cached_property
    def notation(self) -> tuple[Row, ...]:
        """The rows of the notation table; cells that a row lacks are empty."""
        lines = self.text.splitlines()
        for start, line in enumerate(lines):
            if cells_of(line) == NOTATION:
                body = takewhile(lambda text: text.startswith("|"), lines[start + 2 :])
                return tuple(_row(text, start + 3 + i) for i, text in enumerate(body))
        return ()

    def line_of(self, needle: str) -> int:
        """The first line that holds `needle`, or 1."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if needle in line:
                return number
        return 1


def _mapping(value: Any) -> dict[str, Any]:
    """`value` where it is a mapping, else an empty one: `check` names what is wrong with it."""
    return value if isinstance(value, dict) else {}


def _row(text: str, line: int) -> Row:
    symbol, code, shape, meaning = (cells_of(text) + [""] * 4)[:4]
    return Row(symbol, code, shape, meaning, line)


def cells_of(row: str) -> list[str]:
    """The cells of a line of a table; none when the line is no such thing."""
    inside = row.strip().startswith("|") and re.split(r"(?<!\\)\|", row.strip())[1:-1]
    return [cell.strip() for cell in inside or ()]


def parse(path: Path, text: str) -> Chapter:
    """Parse a chapter's text. Never raises: what is wrong goes into `problems`."""
    problems: list[Finding] = []
    front, first = front_matter(path, text, problems)
    directives = directives_of(path, text.splitlines(), first, problems)
    return Chapter(path, text, front, tuple(directives), tuple(problems))


def read(root: Path, path: Path) -> Chapter:
    """Read and parse `path`, which is relative to `root`."""
    raw = (root / path).read_bytes()
    try:
        return parse(path, raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Finding(path, line, "not UTF-8; save the file as UTF-8", "encoding")
        return Chapter(path, "", {}, (), (problem,))
