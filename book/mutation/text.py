"""A cell's source, and a small change of it."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Edit:
    """Bytes `start` to `end` of a cell become `new`.

    Attributes:
        first, last: the bytes worth showing: the whole expression.
        headers: rows of the enclosing `def` lines.
    """

    start: int
    end: int
    new: str
    first: int
    last: int
    headers: tuple[int, ...]


class Text:
    """A cell's source, addressed as `ast` does: rows from 1, columns in UTF-8 bytes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.bytes = source.encode()
        self._starts = [0]
        for line in self.bytes.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def start(self, node: ast.expr | ast.stmt) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr | ast.stmt) -> int:
        return self._starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)

    def of(self, node: ast.expr) -> str:
        return self.between(self.start(node), self.end(node))

    def between(self, start: int, end: int) -> str:
        return self.bytes[start:end].decode()

    def find(self, start: int, end: int, what: str) -> int:
        """Where `what` stands between two operands, comments aside."""
        gap = re.sub(rb"#[^\n]*", lambda match: b" " * len(match[0]), self.bytes[start:end])
        return start + gap.index(what.encode())

    def row(self, offset: int) -> int:
        return self.bytes[:offset].count(b"\n") + 1

    def line(self, row: int) -> str:
        return self.source.split("\n")[row - 1]

    def changed(self, edit: Edit) -> str:
        return (self.bytes[: edit.start] + edit.new.encode() + self.bytes[edit.end :]).decode()

    def snippets(self, edit: Edit) -> tuple[str, str]:
        """Before and after: the expression, or the line where it changes if that is long."""
        first, last = edit.first, edit.last
        if b"\n" in self.bytes[first:last] or last - first > 72:
            first = self.bytes.rfind(b"\n", 0, edit.start) + 1
            last = self.bytes.find(b"\n", edit.end)
            last = last if last >= 0 else len(self.bytes)
        before = self.between(first, last)
        after = self.between(first, edit.start) + edit.new + self.between(edit.end, last)
        return " ".join(before.split()), " ".join(after.split())
