"""The syntax of a chapter: its header, its fenced blocks, its displayed equations, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from book.findings import Finding
from book.schemas import HEADER, unreadable, violations

FENCE = re.compile(r"^(?P<indent>\s*)(?P<fence>`{3,}|:{3,}|~{3,})(?P<info>.*)$")
DIRECTIVE = re.compile(r"^\{(?P<name>[\w:.-]+)\}\s*(?P<argument>.*)$")
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


def front_matter(path: Path, text: str, problems: list[Finding]) -> tuple[dict[str, Any], int]:
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
    except (yaml.YAMLError, ValueError) as error:
        problems.append(unreadable(path, error, 2))
        return {}, end + 1
    if not isinstance(front, dict):
        problems.append(Finding(path, 2, "the header must be `key: value` lines", "front-matter"))
        return {}, end + 1
    if wrong := violations(path, front, "\n".join(lines[: end + 1]), HEADER):
        problems.extend(wrong)
        front = {key: value for key, value in front.items() if key != "book"}
    return front, end + 1


def directives_of(
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


def outside_code(text: str) -> Iterator[tuple[int, str]]:
    """The lines that are not in a block of code which only shows something, each with its number."""
    open_fences: list[tuple[str, bool]] = []  # and whether it holds code
    for number, line in enumerate(text.splitlines(), start=1):
        match = FENCE.match(line)
        info = match["info"].strip() if match else ""
        shows = bool(open_fences) and open_fences[-1][1]
        if match and open_fences and not info and match["fence"].startswith(open_fences[-1][0]):
            open_fences.pop()
        elif match and not shows:
            open_fences.append((match["fence"], not DIRECTIVE.match(info)))
        elif not shows:
            yield number, line


def _directive(
    path: Path,
    lines: list[str],
    block: tuple[str, str, int, int],
    depth: int,
    problems: list[Finding],
) -> Directive:
    name, argument, start, end = block
    options: dict[str, Any] = {}
    body_start = start + 1
    if body_start < end and lines[body_start].strip() == "---":
        close = next((i for i in range(body_start + 1, end) if lines[i].strip() == "---"), None)
        if close is not None:
            try:
                loaded = yaml.safe_load("\n".join(lines[body_start + 1 : close])) or {}
                if isinstance(loaded, dict):
                    options = loaded
                else:
                    message = "the options are not `key: value` lines; mend them"
                    problems.append(Finding(path, body_start + 2, message, "cell-option"))
            except (yaml.YAMLError, ValueError) as error:
                problems.append(unreadable(path, error, body_start + 2))
            body_start = close + 1
    else:
        while body_start < end and (option := OPTION.match(lines[body_start])):
            options[option["key"]] = option["value"].strip()
            body_start += 1
        if options.get("tags"):
            options["tags"] = listed(options["tags"])
    while body_start < end and not lines[body_start].strip():
        body_start += 1
    body = "\n".join(lines[body_start:end]).rstrip()
    return Directive(name, argument.strip(), options, body, start + 1, body_start + 1, depth)


def listed(value: Any) -> list[str]:
    """Tags, however they are written: a YAML list, `[a, b]`, or `a, b`."""
    if value is None:
        return []
    if isinstance(value, str):
        return [part.strip() for part in value.strip("[] ").split(",") if part.strip()]
    return [str(part) for part in value] if isinstance(value, list) else [str(value)]


def dollar_blocks(text: str, directives: tuple[Directive, ...]) -> list[tuple[int, str, str]]:
    """Displayed equations between `$$`: (line, LaTeX, label)."""
    inside: set[int] = set()
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
