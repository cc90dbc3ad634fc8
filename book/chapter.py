"""A chapter, parsed once: its cells, equations, exercises and references, each with its line."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from book.findings import Finding

FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>`{3,}|:{3,}|~{3,})(?P<info>.*)$")
DIRECTIVE = re.compile(r"^\{(?P<name>[\w:.-]+)\}\s*(?P<argument>.*)$")
EXEMPT = re.compile(r"^%\s*(?P<label>eq-[\w-]+) is not checked:\s*(?P<reason>.+)$")
OPTION = re.compile(r"^\s*:(?P<key>[\w-]+):\s?(?P<value>.*)$")


@dataclass(frozen=True)
class Directive:
    """A fenced block: its name, argument, options and body, and where it stands.

    Attributes:
        line: of the opening fence; `body_line` is that of the first body line.
        depth: 0 at the top level, 1 inside another directive, and so on.
    """

    name: str
    argument: str
    options: dict[str, Any]
    body: str
    line: int
    body_line: int
    depth: int


@dataclass(frozen=True)
class Cell:
    """A code cell; `index` counts code cells from 0, `line` is its first source line."""

    index: int
    line: int
    source: str
    tags: tuple[str, ...]
    options: dict[str, Any]

    @property
    def alt(self) -> str:
        """The alt text that its figure will have."""
        image = self.options.get("mystnb", {}).get("image", {})
        return str(image.get("alt") or "").strip()


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
        """The `book:` part of the header: `needs`, `data`, `minutes`."""
        settings = self.front.get("book") or {}
        return settings if isinstance(settings, dict) else {}

    @property
    def minutes(self) -> float:
        return float(self.settings.get("minutes", 3))

    @property
    def datasets(self) -> list[str]:
        return list(self.settings.get("data", []))

    @cached_property
    def title(self) -> str:
        match = re.search(r"^# (.+)$", self.text, flags=re.M)
        return match.group(1).strip() if match else self.slug

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        found = [d for d in self.directives if d.name == "code-cell" and d.depth == 0]
        return tuple(
            Cell(i, d.body_line, d.body, tuple(_listed(d.options.get("tags"))), d.options)
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
        for line, latex, label in _dollar_blocks(self.text, self.directives):
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
    def notation(self) -> tuple[dict[str, str], ...]:
        """The rows of the notation table: symbol, code, shape, meaning."""
        lines = self.text.splitlines()
        heading = re.compile(r"^\|\s*symbol\s*\|\s*code\s*\|\s*shape\s*\|\s*meaning\s*\|\s*$")
        for start, line in enumerate(lines):
            if heading.match(line):
                rows = []
                for row in lines[start + 2 :]:
                    if not row.startswith("|"):
                        break
                    parts = [part.strip() for part in re.split(r"(?<!\\)\|", row)[1:-1]]
                    rows.append(
                        dict(zip(("symbol", "code", "shape", "meaning"), parts, strict=False))
                    )
                return tuple(rows)
        return ()

    def line_of(self, needle: str) -> int:
        """The first line that holds `needle`, or 1."""
        for number, line in enumerate(self.text.splitlines(), start=1):
            if needle in line:
                return number
        return 1


def parse(path: Path, text: str) -> Chapter:
    """Parse a chapter's text. Never raises: what is wrong goes into `problems`."""
    problems: list[Finding] = []
    front, first = _front_matter(path, text, problems)
    directives = _directives(path, text.splitlines(), first, problems)
    return Chapter(path, text, front, tuple(directives), tuple(problems))


def read(root: Path, path: Path) -> Chapter:
    """Read and parse `path`, which is relative to `root`."""
    raw = (root / path).read_bytes()
    try:
        return parse(path, raw.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        problem = Finding(path, line, "not UTF-8; save the file as UTF-8", "encoding")
        return Chapter(path, "", {}, (), (problem,))


def _front_matter(path: Path, text: str, problems: list[Finding]) -> tuple[dict[str, Any], int]:
    """The YAML header and the number of lines that it takes."""
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        return {}, 0
    end = next((i for i, line in enumerate(lines) if i and line.strip() == "---"), None)
    if end is None:
        problems.append(
            Finding(path, 1, "the header is never closed; add a line ---", "front-matter")
        )
        return {}, 0
    try:
        front = yaml.safe_load("\n".join(lines[1:end])) or {}
    except yaml.MarkedYAMLError as error:
        line_number = 2 + (error.problem_mark.line if error.problem_mark else 0)
        message = f"the header is not YAML: {error.problem}; mend it"
        problems.append(Finding(path, line_number, message, "front-matter"))
        return {}, end + 1
    if not isinstance(front, dict):
        problems.append(Finding(path, 2, "the header must be `key: value` lines", "front-matter"))
        return {}, end + 1
    return front, end + 1


def _directives(
    path: Path, lines: list[str], first: int, problems: list[Finding]
) -> list[Directive]:
    """All fenced directives, outer before inner, with options read; code fences are skipped."""
    found: list[Directive] = []
    open_fences: list[tuple[str, str, str, int]] = []  # fence, name, argument, line index
    for index in range(first, len(lines)):
        match = FENCE.match(lines[index])
        if not match:
            continue
        fence, info = match["fence"], match["info"].strip()
        if open_fences:
            top, name, argument, start = open_fences[-1]
            if not info and fence[0] == top[0] and len(fence) >= len(top):
                open_fences.pop()
                if name:
                    depth = len([f for f in open_fences if f[1]])
                    found.append(
                        _directive(path, lines, (name, argument, start, index), depth, problems)
                    )
                continue
            if not name or name == "code-cell" or name == "math":
                continue  # inside code, a fence is text
        directive = DIRECTIVE.match(info)
        name, argument = (directive["name"], directive["argument"]) if directive else ("", "")
        if not info and not directive and fence[0] == ":":
            continue
        open_fences.append((fence, name, argument, index))
    for fence, name, _, start in open_fences:
        what = f"{{{name}}}" if name else "code"
        message = f"this {what} block is never closed; add a line {fence}"
        problems.append(Finding(path, start + 1, message, "fence"))
    return sorted(found, key=lambda d: d.line)


def _directive(
    path: Path,
    lines: list[str],
    block: tuple[str, str, int, int],
    depth: int,
    problems: list[Finding],
) -> Directive:
    name, argument, start, end = block
    body_start, options = start + 1, {}
    if body_start < end and lines[body_start].strip() == "---":
        close = next((i for i in range(body_start + 1, end) if lines[i].strip() == "---"), None)
        if close is not None:
            try:
                options = yaml.safe_load("\n".join(lines[body_start + 1 : close])) or {}
            except yaml.MarkedYAMLError as error:
                at = body_start + 2 + (error.problem_mark.line if error.problem_mark else 0)
                message = f"the options of this block are not YAML: {error.problem}"
                problems.append(Finding(path, at, message, "options"))
            body_start = close + 1
    else:
        while body_start < end and (option := OPTION.match(lines[body_start])):
            options[option["key"]] = option["value"].strip()
            body_start += 1
        if options.get("tags"):
            options["tags"] = _listed(options["tags"])
    while body_start < end and not lines[body_start].strip():
        body_start += 1
    body = "\n".join(lines[body_start:end]).rstrip()
    return Directive(name, argument.strip(), options, body, start + 1, body_start + 1, depth)


def _listed(value: Any) -> list[str]:
    """Tags, however they are written: a YAML list, `[a, b]`, or `a, b`."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.strip("[] ").split(",") if part.strip()]
    return [str(part) for part in value]


def _dollar_blocks(text: str, directives: tuple[Directive, ...]) -> list[tuple[int, str, str]]:
    """Displayed equations between `$$`: (line, LaTeX, label)."""
    inside = set()
    for d in directives:
        if d.name in ("code-cell", "math"):
            inside.update(range(d.line, d.body_line + d.body.count("\n") + 2))
    found, start, collected = [], 0, []
    for number, line in enumerate(text.splitlines(), start=1):
        if number in inside:
            continue
        one = re.match(r"^\s*\$\$(.+?)\$\$\s*(?:\((eq-[\w-]+)\))?\s*$", line)
        if one and not start:
            found.append((number, one[1], one[2] or ""))
        elif not start and line.strip().startswith("$$"):
            start, collected = number, [line.strip()[2:]]
        elif start and (end := re.match(r"^(.*?)\$\$\s*(?:\((eq-[\w-]+)\))?\s*$", line)):
            collected.append(end[1])
            found.append((start, "\n".join(collected).strip(), end[2] or ""))
            start = 0
        elif start:
            collected.append(line)
    return found
