"""Which value goes to which name, where several are assigned at once."""

from __future__ import annotations

import ast

from book.mutation.names import called

Pair = tuple[ast.expr | None, list[ast.AST]]


def pairs(node: ast.stmt, targets: list[ast.expr], value: ast.expr) -> list[Pair]:
    """Each target with the expressions that it can hold.

    `a, b = f(x), g(x)`, `for a, b in zip(x, y)` and `for a, b in ((f, g), (h, k))` are taken
    apart, so that a loop over formulas and their references does not make them one thing.
    """
    together = targets[0] if len(targets) == 1 else ast.Tuple(targets, ast.Store())
    if len(targets) != 1 or not isinstance(together, (ast.Tuple, ast.List)):
        return [(together if targets else None, [value])]
    names = together.elts
    rows = _rows(node, value)
    starred = any(isinstance(part, ast.Starred) for row in [names, *rows] for part in row)
    if not rows or starred or any(len(row) != len(names) for row in rows):
        return [(together, [value])]
    return [(name, [row[i] for row in rows]) for i, name in enumerate(names)]


def _rows(node: ast.stmt, value: ast.expr) -> list[list[ast.expr]]:
    """What the targets are assigned, once for each turn of a loop if that can be seen."""
    if isinstance(node, ast.Assign):
        return [value.elts] if isinstance(value, ast.Tuple) else []
    if not isinstance(node, ast.For):
        return []
    if isinstance(value, ast.Call) and called(value) == "zip":
        return [value.args]
    rows = value.elts if isinstance(value, (ast.Tuple, ast.List)) else []
    return [row.elts if isinstance(row, (ast.Tuple, ast.List)) else [] for row in rows]
