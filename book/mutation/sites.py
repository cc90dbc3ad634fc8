# ruff: noqa: N802, N815 -- ast names the methods of its visitors
"""Where a formula can go wrong: walks through expressions and the bodies of functions."""

from __future__ import annotations

import ast

from book.mutation.callsites import CallSites
from book.mutation.editor import Setting, other_number
from book.mutation.names import called, calls
from book.mutation.tables import COMPARISONS, OPERATORS, SILENT, SYMMETRIC, WHOLE

__all__ = ["Setting", "Sites"]


class Sites(CallSites):
    """Collects the edits of one expression, statement or definition in `edits`."""

    index = False  # in a subscript, where only signs are changed

    # Definitions and statements.

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        if node.name in SILENT or node.name.split("_")[0] in ("plot", "draw", "show"):
            return
        outer = self.headers, self.inside
        self.headers, self.inside = (*self.headers, node.lineno), node.name != "__init__"
        for statement in node.body:
            self.visit(statement)
        self.headers, self.inside = outer

    def visit_Lambda(self, node: ast.Lambda) -> None:
        outer, self.inside = self.inside, True
        self.visit(node.body)
        self.inside = outer

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            if isinstance(statement, ast.FunctionDef):
                self.visit(statement)

    def visit_For(self, node: ast.For) -> None:
        if not any(called(call) == "step" for call in calls(*node.body)):
            self.generic_visit(node)  # a training loop has hyperparameters, not formulas

    def visit_While(self, node: ast.While) -> None:
        test = node.test
        sides = [test.left, *test.comparators] if isinstance(test, ast.Compare) else []
        for part in [*sides, *node.body]:
            self.visit(part)

    def visit_If(self, node: ast.If) -> None:
        ordering = isinstance(node.test, ast.Compare) and type(node.test.ops[0]) in WHOLE
        if ordering and isinstance(node.body[0], ast.Return):
            self.visit(node.test)
        for statement in [*node.body, *node.orelse]:
            self.visit(statement)

    def visit_Assign(self, node: ast.Assign) -> None:
        if not self.is_data(node.value):
            self.visit(node.value)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value and not self.is_data(node.value):
            self.visit(node.value)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        counts = isinstance(node.value, ast.Constant) and isinstance(node.target, ast.Name)
        if (change := OPERATORS.get(type(node.op))) and not counts and not _is_list(node.value):
            old, new = change
            self.operator(node, node.target, node.value, (old + "=", new + "="))
        self.visit(node.value)

    def _skip(self, node: ast.AST) -> None:
        """Not a formula."""

    visit_Assert = visit_Raise = visit_Import = visit_ImportFrom = _skip
    visit_JoinedStr = visit_arguments = _skip

    # Expressions.

    def visit_BinOp(self, node: ast.BinOp) -> None:
        self.visit(node.left)
        self.visit(node.right)
        if _is_list(node.left) or _is_list(node.right):
            return
        if isinstance(node.op, ast.Pow):
            self._exponent(node)
        elif isinstance(node.op, (ast.Add, ast.Sub)):
            if not _is_noise(node.right):
                self.operator(node, node.left, node.right, OPERATORS[type(node.op)])
        elif type(node.op) in OPERATORS and not self.index:
            self.operator(node, node.left, node.right, OPERATORS[type(node.op)])
            for side in (node.left, node.right):
                if number := other_number(side):
                    self.replace(node, side, number)

    def _exponent(self, node: ast.BinOp) -> None:
        if number := other_number(node.right):
            self.replace(node, node.right, number)
        elif not isinstance(node.right, ast.UnaryOp):  # else its sign is dropped
            product = f"({self.text.of(node.left)}) * ({self.text.of(node.right)})"
            self.replace(node, node, f"({product})")
        for side in (node.left, node.right):
            if isinstance(side, ast.UnaryOp) and isinstance(side.operand, ast.Constant):
                self.drop_sign(side)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        self.visit(node.operand)
        if isinstance(node.op, ast.USub) and not isinstance(node.operand, ast.Constant):
            self.drop_sign(node)

    def visit_Compare(self, node: ast.Compare) -> None:
        self.generic_visit(node)
        if len(node.ops) != 1 or self.index or _is_about_shape(node):
            return
        kind, right = type(node.ops[0]), node.comparators[0]
        if kind in COMPARISONS:
            self.operator(node, node.left, right, COMPARISONS[kind])
        if kind in WHOLE and ("arange" in map(called, calls(node)) or self.is_counter(node)):
            self.operator(node, node.left, right, WHOLE[kind])

    def visit_Subscript(self, node: ast.Subscript) -> None:
        self.visit(node.value)
        if isinstance(node.slice, ast.Tuple) and len(node.slice.elts) == 2:
            first, second = node.slice.elts
            if _is_column(first, second) or _is_column(second, first):
                self.swap(node, first, second)
        outer, self.index = self.index, True
        self.visit(node.slice)
        self.index = outer

    def visit_Slice(self, node: ast.Slice) -> None:
        if node.lower:  # the upper end is a length: without it, nothing is left to compute
            self.visit(node.lower)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self.visit(node.value)
        if node.attr in ("T", "mT", "H", "mH"):
            self.cut(node, node)


def _is_column(axis: ast.expr, rest: ast.expr) -> bool:
    """`[:, None]`, which swapped is `[None, :]`."""
    new = isinstance(axis, ast.Constant) and axis.value is None
    return new and isinstance(rest, ast.Slice) and not (rest.lower or rest.upper or rest.step)


def _is_list(node: ast.expr) -> bool:
    """Strings, lists and shapes, for which + and * do not calculate."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, (str, bytes))
    if isinstance(node, ast.Attribute):
        return node.attr == "shape"
    if isinstance(node, ast.Call):
        return called(node) in ("size", "tolist", "str", "list", "tuple", "stride", "join")
    return isinstance(node, (ast.List, ast.Tuple, ast.JoinedStr, ast.ListComp))


def _is_noise(node: ast.expr) -> bool:
    """A term with a symmetric draw as a factor: its sign does not matter."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
        return _is_noise(node.left) or _is_noise(node.right)
    return isinstance(node, ast.Call) and called(node) in SYMMETRIC


def _is_about_shape(node: ast.Compare) -> bool:
    """`x.dim() == 2`, `name == "relu"`, `x is None`: choices, not formulas."""
    sides = [node.left, *node.comparators]
    words = {n.attr for side in sides for n in ast.walk(side) if isinstance(n, ast.Attribute)}
    constants = [side.value for side in sides if isinstance(side, ast.Constant)]
    named = any(value is None or isinstance(value, str) for value in constants)
    return named or bool(words & {"shape", "ndim", "dim", "dtype", "device", "type", "__name__"})
