"""Collects edits of a cell: operators replaced, signs dropped, calls undone, arguments swapped."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from book.mutation.names import BUILTINS, base, free, is_data
from book.mutation.text import Edit, Text

Node = ast.expr | ast.stmt


@dataclass(frozen=True)
class Setting:
    """What is known of the names around an expression.

    Attributes:
        modules: names that imports bind.
        defined: functions and classes of the chapter's own.
        data: names that hold example data.
        counters: names that hold whole numbers.
    """

    modules: set[str]
    defined: set[str]
    data: frozenset[str]
    counters: frozenset[str]


class Editor(ast.NodeVisitor):
    """Edits of one text.

    Args:
        inside: True in a definition, where every expression is a formula; outside, expressions
            that make example data are left alone.
    """

    def __init__(self, text: Text, setting: Setting, *, inside: bool) -> None:
        self.edits: list[Edit] = []
        self.text, self.setting, self.inside = text, setting, inside
        self.headers: tuple[int, ...] = ()

    def is_data(self, node: ast.AST) -> bool:
        return not self.inside and is_data(node, self.setting.data, self.setting.modules)

    def is_module(self, node: ast.expr) -> bool:
        return isinstance(node, (ast.Name, ast.Attribute)) and base(node) in self.setting.modules

    def is_builtin(self, name: str) -> bool:
        return name in BUILTINS - self.setting.defined - self.setting.modules

    def is_counter(self, node: ast.AST) -> bool:
        return bool(free(node) & self.setting.counters)

    def edit(self, node: Node, start: int, end: int, new: str) -> None:
        first, last = self.text.start(node), self.text.end(node)
        self.edits.append(Edit(start, end, new, first, last, self.headers))

    def replace(self, node: Node, part: ast.expr, new: str) -> None:
        self.edit(node, self.text.start(part), self.text.end(part), new)

    def operator(
        self, node: Node, left: ast.expr, right: ast.expr, change: tuple[str, str]
    ) -> None:
        """Another operator between two operands."""
        old, new = change
        at = self.text.find(self.text.end(left), self.text.start(right), old)
        self.edit(node, at, at + len(old), new)

    def drop_sign(self, node: ast.UnaryOp) -> None:
        start = self.text.start(node)
        glued = self.text.bytes[start - 1 : start].isalnum() and start > 0
        self.edit(node, start, start + 1, " " if glued else "")

    def cut(self, node: ast.expr, attribute: ast.Attribute) -> None:
        """`z.exp()` becomes `z`, and `W.T` becomes `W`."""
        dot = self.text.bytes.rfind(b".", 0, self.text.end(attribute))
        self.edit(node, dot, self.text.end(node), "")

    def unwrap(self, node: ast.Call) -> None:
        """`torch.exp(z)` becomes `z`."""
        kept = self.text.of(node.args[0])
        simple = isinstance(node.args[0], (ast.Name, ast.Call, ast.Attribute, ast.Subscript))
        self.replace(node, node, kept if simple else f"({kept})")

    def swap(self, node: ast.expr, first: ast.expr, second: ast.expr) -> None:
        """Two arguments change places; equal ones do not."""
        text = self.text
        if text.of(first) != text.of(second):
            middle = text.between(text.end(first), text.start(second))
            new = text.of(second) + middle + text.of(first)
            self.edit(node, text.start(first), text.end(second), new)


def other_number(node: ast.expr) -> str | None:
    """Another number in the place of a literal one: 2 → 3, 0.5 → 1.0."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(value + 1) if isinstance(value, int) else repr(2 * value or 1.0)


def other_axis(node: ast.expr) -> str | None:
    """Another axis than the literal one, or one axis less; never the same one counted backwards."""
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        kept = ", ".join(ast.unparse(part) for part in node.elts[1:])
        return f"({kept})" if len(node.elts) > 2 else f"({kept},)"
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return str({0: 1, -1: -2, -2: -1}.get(value, value - 1 if value > 0 else value + 1))
