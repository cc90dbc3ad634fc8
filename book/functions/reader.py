"""Walk through a chapter's cells as Python would, with kinds of values in the place of values.

A function of the chapter is read again for each kind of arguments that it is called with, so that
`z.softmax(0)` in it is known to be a tensor's method when `z` was a tensor at the call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from book.functions import library
from book.functions.expressions import Expressions, operated
from book.functions.values import Items, Known, LocalInstance, Scope, Value


@dataclass(frozen=True, order=True)
class Use:
    """One use: the name in full, and where its last word begins in the source of the cell.

    `offset` counts characters; it is -1 in a formatted string, of which Python says no place.
    """

    cell: int
    offset: int
    name: str


def uses(sources: Iterable[tuple[int, str]]) -> list[Use]:
    """Every use in the cells, given as (number, source) in their order."""
    reader = Reader()
    for cell, source in sources:
        reader.cell(cell, source)
    reader.rest()
    return sorted(reader.found)


class Reader(Expressions):
    """Reads statements, and notes each use once."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[Use] = set()
        self.placed: set[tuple[int, int]] = set()
        self.sources: dict[int, str] = {}

    def cell(self, number: int, source: str) -> None:
        """Read one cell; what is no Python, such as a line for the shell, is left alone."""
        try:
            tree = ast.parse(source)
        except SyntaxError:
            return
        self.sources[number] = source
        self.number = number
        self.block(tree.body, self.top)

    def note(self, name: str, node: ast.expr, word: str) -> None:
        """Remember that `node` ends with `word`, the last part of `name`."""
        if name.split(".")[0] not in library.INDEXED:
            return
        offset = self._offset(node, word)
        if offset < 0 or (self.number, offset) not in self.placed:
            self.placed.add((self.number, offset))
            self.found.add(Use(self.number, offset, name))

    def _offset(self, node: ast.expr, word: str) -> int:
        source = self.sources[self.number]
        lines = source.splitlines(keepends=True)[: node.end_lineno]
        lines[-1] = lines[-1].encode()[: node.end_col_offset].decode(errors="replace")
        end = sum(map(len, lines))
        return end - len(word) if source[:end].endswith(word) else -1

    # --- statements

    def block(self, body: Sequence[ast.stmt], scope: Scope) -> Value:
        """Read statements in their order; what the first `return` of a known value gives."""
        result: Value = None
        for statement in body:
            given = self.statement(statement, scope)
            result = result or given
        return result

    def statement(self, node: ast.stmt, scope: Scope) -> Value:
        match node:
            case ast.Import() | ast.ImportFrom():
                self.imports(node, scope)
            case ast.FunctionDef():
                self.defines(node, scope)
            case ast.ClassDef():
                self.declares(node, scope)
            case ast.Return(value=ast.expr() as given):
                return self.value(given, scope)
            case ast.Assign():
                value = self.value(node.value, scope)
                for target in node.targets:
                    self.bind(target, value, scope)
            case ast.AnnAssign(value=ast.expr() as given):
                self.bind(node.target, self.value(given, scope), scope)
            case ast.AugAssign():
                left, right = self.value(node.value, scope), self.value(node.target, scope)
                self.bind(node.target, operated(left, right), scope)
            case ast.For():
                self.bind(node.target, self.each(self.value(node.iter, scope)), scope)
                return self.block([*node.body, *node.orelse], scope)
            case ast.With():
                for item in node.items:
                    entered = self.value(item.context_expr, scope)
                    if item.optional_vars:
                        self.bind(item.optional_vars, entered, scope)
                return self.block(node.body, scope)
            case _:
                return self.parts(node, scope)
        return None

    def parts(self, node: ast.AST, scope: Scope) -> Value:
        """Read what any other statement is made of."""
        result: Value = None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                result = self.statement(child, scope) or result
            elif isinstance(child, ast.expr):
                self.value(child, scope)
            elif isinstance(child, ast.ExceptHandler):
                result = self.parts(child, scope) or result
        return result

    def imports(self, node: ast.Import | ast.ImportFrom, scope: Scope) -> None:
        if isinstance(node, ast.ImportFrom):
            place = library.module(node.module or "")
            for alias in node.names:
                found = library.member(place, alias.name) if isinstance(place, Known) else None
                scope.names[alias.asname or alias.name] = found
                self.imported[alias.asname or alias.name] = found
            return
        for alias in node.names:
            whole = library.module(alias.name)
            first = alias.name.split(".")[0]
            scope.names[alias.asname or first] = whole if alias.asname else library.module(first)

    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None:
        """Give `value` a name, or its parts several names."""
        match target:
            case ast.Name():
                scope.names[target.id] = value
            case ast.Tuple() | ast.List():
                for i, part in enumerate(target.elts):
                    of = value.item(i) if isinstance(value, Items) else self.each(value)
                    self.bind(part, of, scope)
            case ast.Starred():
                self.bind(target.value, Items(each=self.each(value)), scope)
            case ast.Attribute():
                owner = self.value(target.value, scope)
                if isinstance(owner, LocalInstance):
                    owner.fields[target.attr] = value
                self.value(target, scope)
            case _:
                self.value(target, scope)
