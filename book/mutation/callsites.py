# ruff: noqa: N802 -- ast names the methods of its visitors
"""What a call can get wrong: its function, its axis, the order of its arguments, its being there."""

from __future__ import annotations

import ast

from book.mutation.editor import Editor, other_axis, other_number
from book.mutation.names import called, free
from book.mutation.tables import (
    AXIS,
    CONSTRUCTORS,
    DROPPED,
    KEYWORDS,
    LAYER,
    LITERAL,
    SHAPES,
    SILENT,
    SWAPPED,
    TRANSPOSED,
)


class CallSites(Editor):
    """Edits of calls."""

    def visit_Call(self, node: ast.Call) -> None:
        name = called(node)
        if name == "check":
            for side in node.args[1:3]:
                self.visit(side)
        elif name in CONSTRUCTORS:
            self._visit_values(node, name)
        elif name not in SILENT:
            self._visit_function(node, name)

    def _visit_values(self, node: ast.Call, name: str) -> None:
        """`torch.tensor([...])` may hold formulas; shapes and literal values are none."""
        if name in LITERAL and not self.is_data(node):
            for argument in node.args:
                if free(argument) - self.setting.modules:
                    self.visit(argument)

    def _visit_function(self, node: ast.Call, name: str) -> None:
        function = node.func
        method = isinstance(function, ast.Attribute) and not self.is_module(function.value)
        if isinstance(function, ast.Attribute):
            self.visit(function.value)
        elif not isinstance(function, ast.Name):
            self.visit(function)
        axis = self._axis(node, name, method)
        if name not in SHAPES and not LAYER.match(name):
            if isinstance(function, ast.Attribute):
                self._attribute(node, function, method)
            elif self.is_builtin(name):
                self._builtin(node, name)
            own = isinstance(function, ast.Name)
            for argument in node.args:
                if argument is not axis and not (own and self.is_data(argument)):
                    self.visit(argument)
        for keyword in node.keywords:
            if keyword.arg not in KEYWORDS and keyword.value is not axis:
                self.visit(keyword.value)

    def _builtin(self, node: ast.Call, name: str) -> None:
        assert isinstance(node.func, ast.Name)
        if name in ("max", "min") and not any(k.arg == "key" for k in node.keywords):
            self.replace(node, node.func, SWAPPED[name])
        elif name == "abs":
            self.unwrap(node)

    def _attribute(self, node: ast.Call, function: ast.Attribute, method: bool) -> None:
        name, end = function.attr, self.text.end(function)
        in_math = isinstance(function.value, ast.Name) and function.value.id == "math"
        if name in SWAPPED and not (in_math and name == "prod"):
            self.edit(node, end - len(name), end, SWAPPED[name])
        if name in DROPPED | TRANSPOSED:
            if method:
                self.cut(node, function)
            elif node.args:
                self.unwrap(node)
        self._arguments(node, name, node.args if method else node.args[1:])
        if name in ("where", "outer") and not method and len(node.args) >= 2:
            self.swap(node, *node.args[-2:])

    def _arguments(self, node: ast.Call, name: str, values: list[ast.expr]) -> None:
        """Arguments that are part of the formula: an exponent, a direction, an order of axes."""
        if name == "pow" and values and (number := other_number(values[0])):
            self.replace(node, values[0], number)
        elif name == "roll" and values and not isinstance(values[0], (ast.Tuple, ast.UnaryOp)):
            self.replace(node, values[0], f"-({self.text.of(values[0])})")
        elif name == "permute" and len(values) > 1:
            self.swap(node, values[-2], values[-1])

    def _axis(self, node: ast.Call, name: str, method: bool) -> ast.expr | None:
        """Change the axis that a call names; returns the argument that names it."""
        named = [k.value for k in node.keywords if k.arg in ("dim", "axis")]
        if not named and name in AXIS and isinstance(node.func, ast.Attribute):
            named = node.args[:1] if method else node.args[1:2]
        for value in named:
            if new := other_axis(value):
                self.replace(node, value, new)
                return value
        return None
