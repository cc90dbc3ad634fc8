"""What a piece of Python reads, binds and changes in place, told from its syntax tree alone."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator

from book.mutation.tables import CONSTRUCTORS, GROWING, LITERAL, SILENT

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.GeneratorExp, ast.DictComp)
BUILTINS = frozenset(dir(builtins))


def free(*nodes: ast.AST | None) -> set[str]:
    """Names that the nodes read from outside themselves, also inside functions."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            found |= {node.id} if isinstance(node.ctx, ast.Load) else set()
        elif isinstance(node, (*FUNCTIONS, ast.Lambda)):
            found |= free_inside(node) | free(*headers(node))
        elif isinstance(node, COMPREHENSIONS):
            targets = bound(*(part.target for part in node.generators))
            found |= free(*ast.iter_child_nodes(node)) - targets
        elif node is not None:
            found |= free(*ast.iter_child_nodes(node))
    return found


def free_inside(node: ast.AST) -> set[str]:
    """Names that a definition reads when it is called, not when it is made."""
    inner = getattr(node, "body", [])
    body = inner if isinstance(inner, list) else [inner]
    if isinstance(node, ast.ClassDef):
        return free(*body)
    return free(*body) - parameters(node) - bound(*body)


def headers(node: ast.AST) -> list[ast.AST | None]:
    """What a definition evaluates when it is made: decorators, defaults, annotations, bases."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    if isinstance(node, FUNCTIONS):
        return [*node.decorator_list, node.args, node.returns]
    return [node.args] if isinstance(node, ast.Lambda) else []


def parameters(node: ast.AST) -> set[str]:
    """The names of a function's parameters."""
    given = getattr(node, "args", None)
    return {a.arg for a in ast.walk(given) if isinstance(a, ast.arg)} if given else set()


def bound(*nodes: ast.AST) -> set[str]:
    """Names that the nodes bind: assignments, definitions, imports, loop variables."""
    found: set[str] = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(node.id)
        elif isinstance(node, DEFINITIONS):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return found


def base(node: ast.AST | None) -> str | None:
    """The name that an expression starts from: `model` in `model.layers[0].weight.T`."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def bases(*nodes: ast.AST) -> set[str]:
    """The names that several expressions start from; tuples and lists are looked into."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, (ast.Tuple, ast.List)):
            found |= bases(*node.elts)
        elif name := base(node):
            found.add(name)
    return found


def called(node: ast.Call) -> str:
    """The last part of what is called: `sum` in `torch.sum(x)` and in `x.T.sum()`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def arguments(node: ast.AST) -> list[ast.expr]:
    """All arguments of a call, by place and by keyword."""
    if not isinstance(node, ast.Call):
        return []
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def calls(*nodes: ast.AST) -> Iterator[ast.Call]:
    """All calls in the nodes, the bodies of definitions excepted."""
    for node in nodes:
        if isinstance(node, DEFINITIONS):
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from calls(*ast.iter_child_nodes(node))


def is_data(node: ast.AST, data: frozenset[str], modules: set[str]) -> bool:
    """True for an expression that makes example data: literals, or a constructor among data.

    With data `x` and `w`: `x @ w` is a formula, `x @ w + torch.randn(N)` makes new data.
    """
    if not any(called(call) in CONSTRUCTORS for call in calls(node)):
        return not free(node) - BUILTINS
    return _outside_shapes(node) - modules - BUILTINS <= data


def _outside_shapes(node: ast.AST) -> set[str]:
    """The free names, those that only say how large something new shall be excepted."""
    found = free(node)
    for call in calls(node):
        if called(call) in CONSTRUCTORS - LITERAL:
            found -= free(*arguments(call))
    return found


def changed(node: ast.AST, modules: set[str]) -> set[str]:
    """Names whose objects the statement changes in place, as far as its own text tells."""
    found: set[str] = set()
    for inner in ast.walk(node):
        if isinstance(inner, (ast.Attribute, ast.Subscript)) and isinstance(inner.ctx, ast.Store):
            found |= bases(inner)
        elif isinstance(inner, ast.AugAssign):
            found |= bases(inner.target)
        elif isinstance(inner, ast.Call) and isinstance(inner.func, ast.Attribute):
            name, start = inner.func.attr, bases(inner.func)
            if (name.endswith("_") and not name.startswith("_")) or name in GROWING:
                found |= bases(*inner.args) if start & modules else start
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        found |= _dropped(node.value, modules)
    return found


def _dropped(call: ast.Call, modules: set[str]) -> set[str]:
    """A call whose value nobody keeps is made for what it changes."""
    name, start = called(call), bases(call.func)
    if name in SILENT or name in ("check", "backward") or name.startswith("assert"):
        return set()
    if isinstance(call.func, ast.Attribute) and not start & modules:
        return start
    return bases(*arguments(call))


def is_impure(function: ast.AST, modules: set[str]) -> bool:
    """True when a function may change what it is given, or what a loop takes from it."""
    names = set().union(*(changed(part, modules) for part in getattr(function, "body", ())))
    loops = [inner for inner in ast.walk(function) if isinstance(inner, ast.For)]
    return bool(names & (parameters(function) | bound(*(loop.target for loop in loops))))


def reads_gradient(node: ast.AST, modules: set[str]) -> bool:
    """True for `w.grad` and `optimizer.step()`, not for `torch.autograd.grad(...)`."""
    return any(
        isinstance(inner, ast.Attribute)
        and inner.attr in ("grad", "grads", "gradient", "step")
        and base(inner) not in modules
        for inner in ast.walk(node)
    )
