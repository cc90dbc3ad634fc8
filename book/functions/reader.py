"""Walk through a chapter's cells as Python would, with kinds of values in the place of values.

A function of the chapter is read again for each kind of arguments that it is called with, so that
`z.softmax(0)` in it is known to be a tensor's method when `z` was a tensor at the call.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from book.functions import library
from book.functions.calls import Calls
from book.functions.values import (
    Instance,
    Items,
    Known,
    Local,
    LocalClass,
    LocalInstance,
    Scope,
    Table,
    Value,
)


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


class Reader(Calls):
    """Reads statements and expressions, and notes each use once."""

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
                self.bind(node.target, _operated(left, right), scope)
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
                return self._parts(node, scope)
        return None

    def _parts(self, node: ast.AST, scope: Scope) -> Value:
        """Read what any other statement is made of."""
        result: Value = None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.stmt):
                result = self.statement(child, scope) or result
            elif isinstance(child, ast.expr):
                self.value(child, scope)
            elif isinstance(child, ast.ExceptHandler):
                result = self._parts(child, scope) or result
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

    # --- expressions

    def value(self, node: ast.expr, scope: Scope) -> Value:
        """What the expression stands for; notes the uses in it."""
        match node:
            case ast.Name():
                return self._name(node, scope)
            case ast.Attribute():
                return self._attribute(node, scope)
            case ast.Call():
                return self.call(node, scope)
            case ast.BinOp():
                return _operated(self.value(node.left, scope), self.value(node.right, scope))
            case ast.UnaryOp():
                return self.value(node.operand, scope)
            case ast.Compare():
                sides = [self.value(side, scope) for side in (node.left, *node.comparators)]
                return library.tensor() if library.tensor() in sides else None
            case ast.BoolOp() | ast.IfExp():
                parts = [
                    self.value(p, scope)
                    for p in ast.iter_child_nodes(node)
                    if isinstance(p, ast.expr)
                ]
                return next((part for part in parts if part is not None), None)
            case ast.Subscript():
                return self._subscript(node, scope)
            case ast.Tuple() | ast.List():
                items = tuple(self.value(part, scope) for part in node.elts)
                return Items(items, next((i for i in items if i is not None), None))
            case ast.Dict():
                values = [self.value(v, scope) for v in node.values]
                return Table(next((v for v in values if v is not None), None))
            case ast.Lambda():
                made = Local(node, scope, self.number)
                self.waiting.append(made)
                return made
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp() | ast.DictComp():
                return self._comprehension(node, scope)
            case ast.NamedExpr():
                value = self.value(node.value, scope)
                self.bind(node.target, value, scope)
                return value
            case _:
                self._parts(node, scope)
                return None

    def _name(self, node: ast.Name, scope: Scope) -> Value:
        found = scope.get(node.id)
        if isinstance(found, Known) and self.imported.get(node.id) is found and not found.is_module:
            self.note(found.name, node, node.id)
        return found

    def _attribute(self, node: ast.Attribute, scope: Scope) -> Value:
        owner = self.value(node.value, scope)
        match owner:
            case Known(owner=None):
                found = library.member(owner, node.attr)
                if isinstance(found, Known) and not found.is_module:
                    self.note(found.name, node, node.attr)
                return found
            case Instance():
                name, found = library.attribute(owner, node.attr)
                if name:
                    self.note(name, node, node.attr)
                return found
            case LocalInstance() | LocalClass():
                name, found = self.member(owner, node.attr)
                if name:
                    self.note(name, node, node.attr)
                return found
            case Table() if node.attr in ("values", "items", "get"):
                each = Items((None, owner.each)) if node.attr == "items" else owner.each
                return Items(each=each) if node.attr != "get" else owner
        return None

    def _subscript(self, node: ast.Subscript, scope: Scope) -> Value:
        owner = self.value(node.value, scope)
        self.value(node.slice, scope)
        match owner, node.slice:
            case Items(), ast.Constant(value=int(index)):
                return owner.item(index)
            case Items(), ast.Slice():
                return Items(each=owner.each)
            case Items() | Table(), _:
                return owner.each
            case Instance(), _:
                return owner if owner == library.tensor() else None
        return None

    def _comprehension(self, node: ast.expr, scope: Scope) -> Value:
        inner = Scope(around=scope)
        assert isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp | ast.DictComp)
        for part in node.generators:
            self.bind(part.target, self.each(self.value(part.iter, inner)), inner)
            for condition in part.ifs:
                self.value(condition, inner)
        if isinstance(node, ast.DictComp):
            self.value(node.key, inner)
            return Table(self.value(node.value, inner))
        return Items(each=self.value(node.elt, inner))


def _operated(left: Value, right: Value) -> Value:
    """What an operator gives: a tensor as soon as one side is one."""
    sides = (left, right)
    if library.tensor() in sides:
        return library.tensor()
    lists = [side for side in sides if isinstance(side, Items)]
    return Items(each=lists[0].each) if lists else None
