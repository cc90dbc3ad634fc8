"""What a call does: to a function or a class of the chapter, of a package, or of Python itself."""

from __future__ import annotations

import ast
from abc import abstractmethod
from collections.abc import Sequence

from book.functions import library
from book.functions.values import (
    Gives,
    Instance,
    Items,
    Known,
    Local,
    LocalClass,
    LocalInstance,
    Scope,
    Value,
)

DEPTH = 12  # functions within functions; a recursion ends here
SAME_ITEMS = {"list", "tuple", "sorted", "reversed", "iter", "set"}
ONE_ITEM = {"sum", "max", "min", "next"}
HANDED = ("torch.", "tensorbook.")  # they call what they are given, with tensors


class Calls:
    """The part of the reader that knows about functions; `reader.Reader` is the whole."""

    def __init__(self) -> None:
        self.top = Scope()
        self.number = 0
        self.imported: dict[str, Value] = {}
        self.read: dict[tuple[object, ...], Value] = {}  # functions by the kinds of their arguments
        self.seen: set[ast.AST] = set()
        self.waiting: list[Local] = []
        self.depth = 0

    @abstractmethod
    def value(self, node: ast.expr, scope: Scope) -> Value: ...

    @abstractmethod
    def block(self, body: Sequence[ast.stmt], scope: Scope) -> Value: ...

    @abstractmethod
    def bind(self, target: ast.expr, value: Value, scope: Scope) -> None: ...

    # --- definitions

    def defines(self, node: ast.FunctionDef, scope: Scope) -> None:
        for decorator in node.decorator_list:
            self.value(decorator, scope)
        made = Local(node, scope, self.number)
        scope.names[node.name] = made
        self.waiting.append(made)

    def declares(self, node: ast.ClassDef, scope: Scope) -> None:
        bases = tuple(self.value(base, scope) for base in node.bases)
        members = Scope(around=scope)
        self.block(node.body, members)
        scope.names[node.name] = LocalClass(node.name, bases, members)

    def rest(self) -> None:
        """Read what nothing called: its arguments are unknown, but not the modules it uses."""
        for made in self.waiting:
            if made.node not in self.seen:
                self.run(made, [], {})

    # --- calls

    def call(self, node: ast.Call, scope: Scope) -> Value:
        function = self.value(node.func, scope)
        values: list[Value] = []
        for argument in node.args:
            if isinstance(argument, ast.Starred):
                spread = self.value(argument.value, scope)
                parts = spread.parts if isinstance(spread, Items) else ()
                values += parts or [self.each(spread)]
            else:
                values.append(self.value(argument, scope))
        named = {k.arg or "": self.value(k.value, scope) for k in node.keywords}
        match function:
            case Local() | LocalClass() | LocalInstance():
                return self.run(function, values, named)
            case Known():
                self._hand_over(function, [*values, *named.values()])
                return library.called(function)
            case Instance():
                return library.tensor() if hasattr(function.of, "forward") else None
            case Gives():
                return function.result
            case Items():  # what `.items` or `.values` of a dictionary gave
                return function
        return self._builtin(node.func, values)

    def _hand_over(self, function: Known, values: list[Value]) -> None:
        """A function that is passed on is called with tensors, or we could not know."""
        if function.name.startswith(HANDED):
            for value in values:
                if isinstance(value, Local | LocalInstance):
                    self.run(value, [library.tensor()] * 8, {})

    def _builtin(self, name: ast.expr, values: list[Value]) -> Value:
        if not isinstance(name, ast.Name) or not values:
            return None
        first = values[0]
        if name.id in SAME_ITEMS:
            return first if isinstance(first, Items) else Items(each=self.each(first))
        if name.id in ONE_ITEM:
            return self.each(first)
        if name.id == "zip":
            return Items(each=Items(tuple(self.each(v) for v in values)))
        if name.id == "enumerate":
            return Items(each=Items((None, self.each(first))))
        if name.id == "map":
            given = [self.each(v) for v in values[1:]]
            return Items(each=self.apply(first, given))
        return None

    def apply(self, function: Value, values: list[Value]) -> Value:
        """What `function(*values)` gives."""
        if isinstance(function, Local | LocalClass | LocalInstance):
            return self.run(function, values, {})
        return library.called(function) if isinstance(function, Known) else None

    def each(self, value: Value) -> Value:
        """What one gets from `value` by iterating."""
        if isinstance(value, Items):
            return value.each or next((p for p in value.parts if p is not None), None)
        return value if value == library.tensor() else None

    # --- functions and classes of the chapter

    def run(
        self,
        function: Local | LocalClass | LocalInstance,
        values: list[Value],
        named: dict[str, Value],
    ) -> Value:
        """Read the body with these arguments; the same kinds of arguments are read once."""
        if isinstance(function, LocalClass):
            made = LocalInstance(function)
            _, start = self.member(made, "__init__")
            if isinstance(start, Local):
                self.run(start, values, named)
            return made
        if isinstance(function, LocalInstance):
            for name in ("forward", "__call__"):
                _, method = self.member(function, name)
                if isinstance(method, Local):
                    return self.run(method, values, named)
            return None
        key = (function.node, function.owner, *map(repr, values), *map(repr, named.items()))
        if key not in self.read and self.depth < DEPTH:
            self.read[key] = None  # while it is being read: what a recursion gives is unknown
            self.read[key] = self._body(function, values, named)
        return self.read.get(key)

    def _body(self, function: Local, values: list[Value], named: dict[str, Value]) -> Value:
        self.seen.add(function.node)
        scope = Scope(around=function.scope)
        self._arguments(function, values, named, scope)
        before, self.number = self.number, function.cell
        self.depth += 1
        body = function.node.body
        found = self.block(body, scope) if isinstance(body, list) else self.value(body, scope)
        self.depth -= 1
        self.number = before
        return found

    def _arguments(
        self, function: Local, values: list[Value], named: dict[str, Value], scope: Scope
    ) -> None:
        spec = function.node.args
        plain = [*spec.posonlyargs, *spec.args]
        for name, default in zip(reversed(plain), reversed(spec.defaults), strict=False):
            scope.names[name.arg] = self.value(default, function.scope)
        for only, given in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
            scope.names[only.arg] = self.value(given, function.scope) if given else None
        given_values = [function.owner, *values] if function.owner is not None else values
        for name, value in zip(plain, given_values, strict=False):
            scope.names[name.arg] = value
        scope.names |= {name: value for name, value in named.items() if name}
        if spec.vararg:
            rest = tuple(given_values[len(plain) :])
            scope.names[spec.vararg.arg] = Items(rest, next(iter(rest), None))

    def member(self, owner: LocalInstance | LocalClass, name: str) -> tuple[str, Value]:
        """A field or a method of the chapter's class, or its documented name in a library's."""
        if isinstance(owner, LocalInstance) and name in owner.fields:
            return "", owner.fields[name]
        of = owner.of if isinstance(owner, LocalInstance) else owner
        if name in of.members.names:
            found = of.members.names[name]
            if isinstance(found, Local) and isinstance(owner, LocalInstance):
                return "", Local(found.node, found.scope, found.cell, owner)
            return "", found
        for base in of.bases:
            if isinstance(base, LocalClass):
                inherited, found = self.member(LocalInstance(base), name)
                if inherited or found is not None:
                    return inherited, found
            if isinstance(base, Known) and isinstance(base.value, type):
                return self._inherited(of, base, name)
        return "", None

    def _inherited(self, of: LocalClass, base: Known, name: str) -> tuple[str, Value]:
        full, found = library.attribute(Instance(base.value, base.name), name)
        if base.name == "torch.autograd.Function" and name == "apply":
            for method in ("forward", "backward"):
                made = of.members.names.get(method)
                if isinstance(made, Local):
                    self.run(made, [None, *[library.tensor()] * 6], {})
            return full, Gives(library.tensor())
        return full, found
