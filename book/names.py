"""The names in a cell's source: where each stands, what it is, and in which function it lives."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
OWN_SCOPE = (*FUNCTIONS, ast.ClassDef, ast.Lambda, *COMPREHENSIONS)


@dataclass(frozen=True)
class Name:
    """One occurrence of a name.

    Attributes:
        offset: where it begins, in characters of the source.
        text: the token itself, `shape` in `x.shape`; of an import the whole module, `torch.nn`.
        path: as written from the first name on, `x.shape`; it begins with a dot when it hangs on
            something without a name, as `.sum` in `f(x).sum()`.
        role: `variable`, `attribute`, `keyword` (`dim` in `sum(dim=0)`), `parameter` (of a
            function), `definition` (of a function or class), `import`.
        scope: the function that owns the first name of `path`, as in `Value.tanh`; empty for the
            cell itself; `None` in a lambda or a comprehension, whose names live for a moment.
    """

    offset: int
    text: str
    path: str
    role: str
    scope: str | None = ""


def names(source: str) -> tuple[Name, ...]:
    """All names in `source`, in order; none when it is no plain Python, such as a `%magic`."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    reader = _Reader(source)
    reader.visit(tree)
    return tuple(sorted(reader.found, key=lambda name: name.offset))


@dataclass
class _Scope:
    """A block that binds names. `name` is None where they live for a moment."""

    name: str | None
    bound: set[str] = field(default_factory=set)
    is_class: bool = False

    def inner(self, name: str) -> str:
        return f"{self.name}.{name}" if self.name else name


class _Reader(ast.NodeVisitor):
    def __init__(self, source: str) -> None:
        self.found: list[Name] = []
        self._source = source
        self._lines = source.splitlines(keepends=True)
        self._scopes = [_Scope("")]

    def visit_Name(self, node: ast.Name) -> None:
        self._add(node.lineno, node.col_offset, node.id, node.id, "variable", self._owner(node.id))

    def visit_Attribute(self, node: ast.Attribute) -> None:
        path = dotted(node)
        scope = None if path.startswith(".") else self._owner(path.split(".")[0])
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        start = node.end_col_offset - len(node.attr.encode())
        self._add(node.end_lineno, start, node.attr, path, "attribute", scope)
        self.visit(node.value)

    def visit_keyword(self, node: ast.keyword) -> None:
        if node.arg:
            self._add(node.lineno, node.col_offset, node.arg, node.arg, "keyword", None)
        self.visit(node.value)

    def visit_arg(self, node: ast.arg) -> None:
        owner = self._owner(node.arg)
        self._add(node.lineno, node.col_offset, node.arg, node.arg, "parameter", owner)
        if node.annotation:
            self.visit(node.annotation)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            self._add(alias.lineno, alias.col_offset, alias.name, alias.name, "import", None)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            path = f"{node.module}.{alias.name}"
            self._add(alias.lineno, alias.col_offset, alias.name, path, "import", None)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._define(node)
        self._visit_all([*node.decorator_list, *_defaults(node.args), node.returns])
        scope = _Scope(self._scopes[-1].inner(node.name), _bound(node.body) | _arguments(node.args))
        self._inside(scope, [*_parameters(node.args), *node.body])

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815  # ast names its methods so

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._define(node)
        self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
        name = self._scopes[-1].inner(node.name)
        self._inside(_Scope(name, _bound(node.body), is_class=True), node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._visit_all(_defaults(node.args))
        self._inside(_Scope(None, _arguments(node.args)), [*_parameters(node.args), node.body])

    def _visit_comprehension(self, node: ast.expr) -> None:
        """The first iterable belongs to the surroundings; all else has names of its own."""
        generators = node.generators  # type: ignore[attr-defined]
        self.visit(generators[0].iter)
        inside = [child for g in generators for child in (g.target, *g.ifs)]
        inside += [g.iter for g in generators[1:]]
        inside += [getattr(node, part) for part in ("elt", "key", "value") if hasattr(node, part)]
        self._inside(_Scope(None, _bound(g.target for g in generators)), inside)

    visit_ListComp = visit_SetComp = _visit_comprehension  # noqa: N815
    visit_DictComp = visit_GeneratorExp = _visit_comprehension  # noqa: N815

    def _define(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> None:
        line = self._lines[node.lineno - 1].encode()
        keyword = line.index(
            b"class" if isinstance(node, ast.ClassDef) else b"def", node.col_offset
        )
        column = line.index(node.name.encode(), keyword + 3)
        owner = self._owner(node.name)
        self._add(node.lineno, column, node.name, node.name, "definition", owner)

    def _inside(self, scope: _Scope, children: Iterable[ast.AST | None]) -> None:
        self._scopes.append(scope)
        self._visit_all(children)
        self._scopes.pop()

    def _visit_all(self, children: Iterable[ast.AST | None]) -> None:
        for child in children:
            if child is not None:
                self.visit(child)

    def _owner(self, name: str) -> str | None:
        """The scope in which Python finds `name`; functions do not see the class around them."""
        for depth, scope in enumerate(reversed(self._scopes)):
            if name in scope.bound and not (scope.is_class and depth):
                return scope.name
        return ""

    def _add(
        self, line: int, column: int, text: str, path: str, role: str, scope: str | None
    ) -> None:
        """Note a name at `column` bytes, unless an f-string makes Python report another place."""
        before = self._lines[line - 1].encode()[:column].decode(errors="replace")
        offset = sum(map(len, self._lines[: line - 1])) + len(before)
        if self._source.startswith(text, offset):
            self.found.append(Name(offset, text, path, role, scope))


def dotted(node: ast.expr) -> str:
    """`x.grad.shape` as written; from a dot on when something else than a name comes first."""
    if isinstance(node, ast.Attribute):
        return f"{dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _parameters(arguments: ast.arguments) -> list[ast.arg]:
    ordered = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return ordered + [extra for extra in (arguments.vararg, arguments.kwarg) if extra]


def _arguments(arguments: ast.arguments) -> set[str]:
    return {parameter.arg for parameter in _parameters(arguments)}


def _defaults(arguments: ast.arguments) -> list[ast.expr | None]:
    return [*arguments.defaults, *arguments.kw_defaults]


def _bound(block: Iterable[ast.AST]) -> set[str]:
    """The names that these nodes bind in their own scope."""
    found: set[str] = set()
    outside: set[str] = set()
    pending = list(block)
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            found.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            outside.update(node.names)
        if not isinstance(node, OWN_SCOPE):
            pending.extend(ast.iter_child_nodes(node))
    return found - outside
