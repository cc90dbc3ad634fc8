"""Which names a piece of source mentions."""

from __future__ import annotations

import ast


def paths(tree: ast.AST) -> set[str]:
    """Every name below `tree`, with attributes as written: `x`, `x.grad`, `self.weight`."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.arg):
            found.add(node.arg)
        elif isinstance(node, (ast.Name, ast.Attribute)):
            found.add(_dotted(node))
    return found - {"", "_"}


def _dotted(node: ast.expr) -> str:
    """The path from a name on; empty when it begins with something else."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (before := _dotted(node.value)):
        return f"{before}.{node.attr}"
    return ""


def words(tree: ast.AST) -> set[str]:
    """Every identifier below `tree`, wherever it stands; but patterns are compiled every day."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            found.update(node.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            found.update((node.module or "").split("."))
        else:
            found.update(
                getattr(node, part) for part in ("id", "attr", "arg") if hasattr(node, part)
            )
    return found
