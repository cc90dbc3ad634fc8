"""What an expression stands for; each name of a package that it uses is noted."""

from __future__ import annotations

import ast
from abc import abstractmethod

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


class Expressions(Calls):
    """The part of the reader that knows about expressions; `reader.Reader` is the whole."""

    @abstractmethod
    def note(self, name: str, node: ast.expr, word: str) -> None: ...

    @abstractmethod
    def parts(self, node: ast.AST, scope: Scope) -> Value: ...

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
                return operated(self.value(node.left, scope), self.value(node.right, scope))
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
                for key in filter(None, node.keys):  # `**more` has none
                    self.value(key, scope)
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
                self.parts(node, scope)
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


def operated(left: Value, right: Value) -> Value:
    """What an operator gives: a tensor as soon as one side is one."""
    sides = (left, right)
    if library.tensor() in sides:
        return library.tensor()
    lists = [side for side in sides if isinstance(side, Items)]
    return Items(each=lists[0].each) if lists else None
