"""LaTeX that any notebook renders: the book's macros written out, one formula at a time.

Colab typesets each cell by itself, so a macro that is defined in one cell is unknown in the next.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

COMMENT = re.compile(r"(?<!\\)%.*$", flags=re.M)
COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", flags=re.S)
DEPTH = 20  # macros that stand in each other


def macros(root: Path) -> dict[str, str]:
    """The book's macros, `{"\\R": "\\mathbb{R}"}`; none when the book has no such file."""
    path = root / "book" / "macros.json"
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else {}


def expand(latex: str, table: dict[str, str], depth: int = DEPTH) -> str:
    """`latex` with every macro of `table` replaced by what it stands for.

    Raises:
        ValueError: the macros stand in each other without end, or one lacks an argument.
    """
    parts, position = [], 0
    while match := COMMAND.search(latex, position):
        name, before, position = match[0], latex[position : match.start()], match.end()
        parts.append(before)
        if name not in table:
            parts.append(name)
            continue
        if not depth:
            raise ValueError(f"the macro {name} stands for itself")
        body, position = _filled(name, table[name], latex, position)
        body = expand(body, table, depth - 1)
        script = re.search(r"[_^]\s*$", "".join(parts))  # x_\softmax takes one group, not a command
        parts.append(f"{{{body}}}" if script else body)
        if re.search(r"\\[A-Za-z]+$", body) and latex[position : position + 1].isalpha():
            parts.append(" ")
    return "".join(parts) + latex[position:]


def tidy(latex: str) -> str:
    """Without comments and empty lines, either of which would end a formula in Markdown."""
    lines = (line.rstrip() for line in COMMENT.sub("", latex).splitlines())
    return "\n".join(line for line in lines if line)


def _filled(name: str, body: str, latex: str, position: int) -> tuple[str, int]:
    """The macro's body with its arguments put in, and where they end."""
    count = max(map(int, re.findall(r"#(\d)", body)), default=0)
    for number in range(1, count + 1):
        argument, position = _argument(name, latex, position)
        body = body.replace(f"#{number}", argument)
    return body, position


def _argument(name: str, latex: str, position: int) -> tuple[str, int]:
    while latex[position : position + 1].isspace():
        position += 1
    if position >= len(latex):
        raise ValueError(f"the macro {name} lacks an argument")
    if latex[position] != "{":
        match = COMMAND.match(latex, position)
        end = match.end() if match else position + 1
        return latex[position:end], end
    depth = 0
    for end in range(position, len(latex)):
        if latex[end] in "{}" and latex[end - 1] != "\\":
            depth += 1 if latex[end] == "{" else -1
        if not depth:
            return latex[position + 1 : end], end + 1
    raise ValueError(f"a brace of the macro {name}'s argument is never closed")
