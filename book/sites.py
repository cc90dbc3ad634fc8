"""Where a formula can go wrong: the places in an expression that a mutation changes."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from book.names import CONSTRUCTORS, Function, base, called, calls, free
from book.tables import (
    AXIS, COMPARISONS, DROPPED, KEYWORDS, LAYER, OPERATORS, SHAPES, SILENT, SWAPPED, SYMMETRIC,
    TRANSPOSED, WHOLE,
)  # fmt: skip


class Knowledge(Protocol):
    """What a `Flow` knows about a chapter's names."""

    modules: set[str]

    def is_data(self, node: ast.AST) -> bool: ...


@dataclass(frozen=True)
class Edit:
    """Bytes `start` to `end` of a cell become `new`; `first` to `last` is worth showing."""

    start: int
    end: int
    new: str
    first: int
    last: int
    headers: tuple[int, ...]  # rows of the enclosing `def` lines


class Text:
    """A cell's source, addressed as `ast` does: rows from 1, columns in UTF-8 bytes."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.bytes = source.encode()
        self._starts = [0]
        for line in self.bytes.split(b"\n"):
            self._starts.append(self._starts[-1] + len(line) + 1)

    def start(self, node: ast.expr) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def end(self, node: ast.expr) -> int:
        return self._starts[(node.end_lineno or 1) - 1] + (node.end_col_offset or 0)

    def of(self, node: ast.expr) -> str:
        return self.bytes[self.start(node) : self.end(node)].decode()

    def row(self, offset: int) -> int:
        return self.bytes[:offset].count(b"\n") + 1

    def line(self, row: int) -> str:
        return self.source.split("\n")[row - 1]

    def replaced(self, start: int, end: int, new: str) -> str:
        return (self.bytes[:start] + new.encode() + self.bytes[end:]).decode()

    def snippets(self, edit: Edit) -> tuple[str, str]:
        """Before and after: the expression, or the line where it changes if that is long."""
        first, last = edit.first, edit.last
        if b"\n" in self.bytes[first:last] or last - first > 72:
            first = self.bytes.rfind(b"\n", 0, edit.start) + 1
            last = self.bytes.find(b"\n", edit.end)
            last = last if last >= 0 else len(self.bytes)
        before = self.bytes[first:last]
        after = self.bytes[first : edit.start] + edit.new.encode() + self.bytes[edit.end : last]
        return " ".join(before.decode().split()), " ".join(after.decode().split())


class Sites(ast.NodeVisitor):
    """Collects the edits of one expression, statement or definition.

    Args:
        inside: True in a definition, where every expression is a formula; outside, expressions
            that make example data are left alone.
    """

    def __init__(self, text: Text, flow: Knowledge, integers: set[str], inside: bool) -> None:
        self.edits: list[Edit] = []
        self._text, self._flow, self._integers = text, flow, integers
        self._inside = inside
        self._headers: tuple[int, ...] = ()
        self._index = False  # in a subscript, where only signs are changed

    # Statements and definitions.

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in SILENT or node.name.split("_")[0] in ("plot", "draw", "show"):
            return
        outer, self._headers = self._headers, (*self._headers, node.lineno)
        inside, self._inside = self._inside, node.name != "__init__"
        for statement in node.body:
            self.visit(statement)
        self._headers, self._inside = outer, inside

    def visit_Lambda(self, node: ast.Lambda) -> None:
        inside, self._inside = self._inside, True
        self.visit(node.body)
        self._inside = inside

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            if isinstance(statement, Function):
                self.visit(statement)

    def visit_For(self, node: ast.For) -> None:
        if any(called(call) == "step" for call in calls(*node.body)):
            return  # a training loop: hyperparameters, not formulas
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        sides = [node.test.left, *node.test.comparators] if isinstance(node.test, ast.Compare) else []
        for part in [*sides, *node.body]:
            self.visit(part)

    def visit_If(self, node: ast.If) -> None:
        if isinstance(node.body[0], ast.Return) and _is_ordering(node.test):
            self.visit(node.test)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        if self._inside or not self._flow.is_data(node.value):
            self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value and (self._inside or not self._flow.is_data(node.value)):
            self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        counts = isinstance(node.value, ast.Constant) and isinstance(node.target, ast.Name)
        operator = OPERATORS.get(type(node.op))
        if operator and not counts and not isinstance(node.value, (ast.List, ast.Tuple)):
            between = self._text.end(node.target), self._text.start(node.value)
            self._operator(node, between, operator, suffix="=")
        self.visit(node.value)

    def _nothing(self, node: ast.AST) -> None:
        """Not a formula."""

    visit_Assert = visit_Raise = visit_JoinedStr = visit_Import = visit_ImportFrom = _nothing
    visit_arguments = visit_Global = _nothing

    # Expressions.

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.visit(node.left)
        self.visit(node.right)
        if _is_sequence(node.left) or _is_sequence(node.right):
            return
        operator, text = OPERATORS.get(type(node.op)), self._text
        if isinstance(node.op, ast.Pow):
            if number := _number(node.right):
                self._edit(node, text.start(node.right), text.end(node.right), number)
            elif not isinstance(node.right, ast.UnaryOp):
                new = f"({text.of(node.left)}) * ({text.of(node.right)})"
                self._edit(node, text.start(node), text.end(node), f"({new})")
            return
        additive = isinstance(node.op, (ast.Add, ast.Sub))
        if self._index and not additive or additive and _is_noise(node.right):
            return
        if operator:
            self._operator(node, (text.end(node.left), text.start(node.right)), operator)
        if not additive:
            for side in (node.left, node.right):
                if number := _number(side):
                    self._edit(node, text.start(side), text.end(side), number)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self.visit(node.operand)
        if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            self._drop_sign(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        self.generic_visit(node)
        if len(node.ops) != 1 or self._index or _is_about_shape(node):
            return
        between = self._text.end(node.left), self._text.start(node.comparators[0])
        whole = "arange" in map(called, calls(node)) or free(node) & self._integers
        for old, new in COMPARISONS.get(type(node.ops[0]), ()):
            self._operator(node, between, (old, new))
        if whole and (change := WHOLE.get(type(node.ops[0]))):
            self._operator(node, between, change)

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        index = node.slice
        if isinstance(index, ast.Tuple) and len(index.elts) == 2:
            kinds = [_is_new_axis(part) - _is_whole(part) for part in index.elts]
            if kinds in ([1, -1], [-1, 1]):
                new = ", ".join(self._text.of(part) or ":" for part in reversed(index.elts))
                self._edit(node, self._text.start(index), self._text.end(index), new)
        outer, self._index = self._index, True
        self.visit(index)
        self._index = outer

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        if node.attr in ("T", "mT", "H", "mH"):
            self._cut_method(node, node)

    def visit_Call(self, node: ast.Call) -> None:
        name = called(node)
        if name == "check":
            for side in node.args[1:3]:
                if not isinstance(side, ast.Call) or not self._flow.is_data(side):
                    self.visit(side)
            return
        if name in SILENT:
            return
        method = isinstance(node.func, ast.Attribute) and not self._is_module(node.func.value)
        if name in CONSTRUCTORS and not (method and name == "normal"):
            self._constructor(node, name)
            return
        if isinstance(node.func, ast.Attribute):
            self.visit(node.func.value)
        axis = self._axis(node, name, method)
        if not LAYER.match(name) and name not in SHAPES:
            self._called_wrongly(node, name, method)
            for argument in node.args:
                if argument is not axis and self._counts(node, argument):
                    self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in KEYWORDS and keyword.value is not axis:
                self.visit(keyword.value)

    # What a call can get wrong.

    def _called_wrongly(self, node: ast.Call, name: str, method: bool) -> None:
        text, function = self._text, node.func
        if isinstance(function, ast.Name):
            if name in ("max", "min", "abs") and not free(node) >= {name} - {name}:
                return
            if name in ("max", "min"):
                self._edit(node, text.start(function), text.end(function), SWAPPED[name])
            elif name == "abs":
                self._keep_argument(node)
            return
        if not isinstance(function, ast.Attribute):
            return
        in_math = isinstance(function.value, ast.Name) and function.value.id == "math"
        if name in SWAPPED and not (in_math and name in ("prod", "sum")):
            self._edit(node, text.end(function) - len(name), text.end(function), SWAPPED[name])
        if name in DROPPED or name in TRANSPOSED:
            if method:
                self._cut_method(node, function)
            elif node.args:
                self._keep_argument(node)
        self._arguments(node, name, method)

    def _arguments(self, node: ast.Call, name: str, method: bool) -> None:
        """Calls in which the order or the value of an argument is part of the formula."""
        text, values = self._text, node.args if method else node.args[1:]
        if name == "pow" and values and (number := _number(values[0])):
            self._edit(node, text.start(values[0]), text.end(values[0]), number)
        elif name == "roll" and values and not isinstance(values[0], (ast.Tuple, ast.UnaryOp)):
            self._edit(node, text.start(values[0]), text.end(values[0]), f"-({text.of(values[0])})")
        elif name == "permute" and len(values) > 1 and not any(map(_is_sequence, values)):
            self._swap(node, values[-2], values[-1])
        elif name in ("where", "outer") and not method and len(node.args) >= 2:
            first, second = node.args[-2:]
            if text.of(first) != text.of(second):
                self._swap(node, first, second)

    def _axis(self, node: ast.Call, name: str, method: bool) -> ast.expr | None:
        """Change the axis of a call, if it names one; returns the argument that does."""
        named = [k.value for k in node.keywords if k.arg in ("dim", "axis")]
        place = 0 if method else 1
        if not named and name in AXIS and isinstance(node.func, ast.Attribute):
            named = node.args[place : place + 1]
        for value in named:
            if (new := _other_axis(value)) is not None:
                self._edit(node, self._text.start(value), self._text.end(value), new)
                return value
        return named[0] if named and isinstance(named[0], ast.Tuple) else None

    def _constructor(self, node: ast.Call, name: str) -> None:
        """`torch.tensor([...])` may hold formulas; shapes and literal values are none."""
        if name in ("tensor", "as_tensor", "array") and not self._flow.is_data(node):
            for argument in node.args[:1]:
                if free(argument) - self._flow.modules:
                    self.visit(argument)

    def _counts(self, node: ast.Call, argument: ast.expr) -> bool:
        """False for example data given to one of the chapter's own functions."""
        return self._inside or not isinstance(node.func, ast.Name) or not self._flow.is_data(argument)

    def _is_module(self, node: ast.expr) -> bool:
        return isinstance(node, (ast.Name, ast.Attribute)) and base(node) in self._flow.modules

    # Edits.

    def _edit(self, node: ast.AST, start: int, end: int, new: str) -> None:
        assert isinstance(node, (ast.expr, ast.stmt))
        first, last = self._text.start(node), self._text.end(node)  # type: ignore[arg-type]
        self.edits.append(Edit(start, end, new, first, last, self._headers))

    def _operator(
        self, node: ast.AST, between: tuple[int, int], change: tuple[str, str], suffix: str = ""
    ) -> None:
        """Replace the operator that stands between two operands."""
        start, end = between
        gap = re.sub(rb"#[^\n]*", lambda m: b" " * len(m[0]), self._text.bytes[start:end])
        old, new = (part + suffix for part in change)
        at = start + gap.find(old.encode())
        self._edit(node, at, at + len(old), new)

    def _drop_sign(self, node: ast.UnaryOp) -> None:
        start = self._text.start(node)
        glued = self._text.bytes[start - 1 : start].isalnum()
        self._edit(node, start, start + 1, " " if glued else "")

    def _cut_method(self, node: ast.expr, function: ast.Attribute) -> None:
        """`z.exp()` becomes `z`."""
        dot = self._text.bytes.rfind(b".", 0, self._text.end(function))
        self._edit(node, dot, self._text.end(node), "")

    def _keep_argument(self, node: ast.Call) -> None:
        """`torch.exp(z)` becomes `z`."""
        kept = self._text.of(node.args[0])
        simple = isinstance(node.args[0], (ast.Name, ast.Call, ast.Attribute, ast.Subscript))
        self._edit(node, self._text.start(node), self._text.end(node), kept if simple else f"({kept})")

    def _swap(self, node: ast.expr, first: ast.expr, second: ast.expr) -> None:
        middle = self._text.bytes[self._text.end(first) : self._text.start(second)].decode()
        new = self._text.of(second) + middle + self._text.of(first)
        self._edit(node, self._text.start(first), self._text.end(second), new)


def _number(node: ast.expr) -> str | None:
    """Another number in the place of a literal one: 2 → 3, 0.5 → 1.0."""
    value = node.value if isinstance(node, ast.Constant) else None
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    return str(value + 1) if isinstance(value, int) else repr(2 * value or 1.0)


def _other_axis(node: ast.expr) -> str | None:
    """A different axis than the literal one; never the same axis by another number in 1-D."""
    if isinstance(node, ast.Tuple) and len(node.elts) > 1:
        kept = ", ".join(ast.unparse(part) for part in node.elts[1:])
        return f"({kept},)"
    try:
        value = ast.literal_eval(node)
    except ValueError:
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        return None
    return str({0: 1, -1: -2, -2: -1}.get(value, value - 1 if value > 0 else value + 1))


def _is_sequence(node: ast.expr) -> bool:
    """Strings, lists and shapes, for which + and * do not calculate."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (str, bytes))
    if isinstance(node, ast.Attribute):
        return node.attr in ("shape",)
    if isinstance(node, ast.Call):
        return called(node) in ("size", "tolist", "str", "list", "tuple", "stride", "join")
    kinds = (ast.List, ast.Tuple, ast.JoinedStr, ast.ListComp)
    return isinstance(node, kinds)


def _is_noise(node: ast.expr) -> bool:
    """A term with a symmetric draw as a factor: its sign does not matter."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        return _is_noise(node.left) or _is_noise(node.right)
    return isinstance(node, ast.Call) and called(node) in SYMMETRIC


def _is_ordering(node: ast.expr) -> bool:
    return isinstance(node, ast.Compare) and isinstance(
        node.ops[0], (ast.Lt, ast.LtE, ast.Gt, ast.GtE)
    )


def _is_about_shape(node: ast.Compare) -> bool:
    """`x.dim() == 2`, `name == "relu"`, `x is None`: choices, not formulas."""
    sides = [node.left, *node.comparators]
    words = {n.attr for side in sides for n in ast.walk(side) if isinstance(n, ast.Attribute)}
    texts = [s for s in sides if isinstance(s, ast.Constant) and isinstance(s.value, (str, type(None)))]
    return bool(texts or words & {"shape", "ndim", "dim", "dtype", "device", "type", "__name__"})


def _is_new_axis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _is_whole(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and not (node.lower or node.upper or node.step)


Visitor = Callable[[ast.AST], None]
