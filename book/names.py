"""What a piece of Python reads, binds and changes in place, told from its syntax tree alone."""

from __future__ import annotations

import ast
from collections.abc import Iterator

Function = ast.FunctionDef | ast.AsyncFunctionDef
Comprehension = ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp

# Calls that make example data. Their arguments are shapes and values, not formulas.
CONSTRUCTORS = frozenset(
    "rand randn randint randperm rand_like randn_like randint_like normal bernoulli multinomial"
    " poisson arange linspace logspace tensor as_tensor zeros ones full eye empty zeros_like"
    " ones_like full_like empty_like new_zeros new_ones new_full new_tensor new_empty manual_seed"
    " Generator device array default_rng standard_normal uniform choice permutation meshgrid".split()
)
# Calls that only say or draw something: what they are given stays as it is.
QUIET = frozenset("print glue live display check check_exercise next len isinstance".split())
# Methods that change their object but not their arguments.
GROWS = frozenset(
    "append extend update add insert pop remove clear sort reverse step zero_grad load_state_dict"
    " train eval requires_grad_ setdefault discard register_buffer backward".split()
)


def free(*nodes: ast.AST | None) -> set[str]:
    """Names that the nodes read from outside themselves, also inside functions."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, ast.Name):
            found |= {node.id} if isinstance(node.ctx, ast.Load) else set()
        elif isinstance(node, (*Function.__args__, ast.Lambda)):
            body = node.body if isinstance(node.body, list) else [node.body]
            found |= (free(*body) - parameters(node) - bound(*body)) | free(*headers(node))
        elif isinstance(node, Comprehension.__args__):
            targets = bound(*(part.target for part in node.generators))
            found |= free(*ast.iter_child_nodes(node)) - targets
        elif node is not None:
            found |= free(*ast.iter_child_nodes(node))
    return found


def headers(node: ast.AST) -> list[ast.AST | None]:
    """What a definition evaluates when it is defined: decorators, defaults, annotations, bases."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *node.keywords]
    if isinstance(node, ast.Lambda):
        return [node.args]
    return [*node.decorator_list, node.args, node.returns] if isinstance(node, Function) else []


def parameters(node: ast.AST) -> set[str]:
    """The names of a function's parameters."""
    arguments = getattr(node, "args", None)
    return {a.arg for a in ast.walk(arguments) if isinstance(a, ast.arg)} if arguments else set()


def bound(*nodes: ast.AST) -> set[str]:
    """Names that the nodes bind: assignments, definitions, imports, loop variables."""
    found: set[str] = set()
    for node in (inner for outer in nodes for inner in ast.walk(outer)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, (ast.Store, ast.Del)):
            found.add(node.id)
        elif isinstance(node, (*Function.__args__, ast.ClassDef)):
            found.add(node.name)
        elif isinstance(node, ast.alias):
            found.add((node.asname or node.name).split(".")[0])
    return found


def base(node: ast.AST) -> str | None:
    """The name that an expression starts from: `model` in `model.layers[0].weight.T`."""
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Starred, ast.Call)):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def bases(*nodes: ast.AST) -> set[str]:
    """The names that several expressions start from; tuples and lists are looked into."""
    found: set[str | None] = set()
    for node in nodes:
        inner = node.elts if isinstance(node, (ast.Tuple, ast.List)) else []
        found |= bases(*inner) if inner else {base(node)}
    return {name for name in found if name}


def called(node: ast.Call) -> str:
    """The last part of what is called: `sum` in `torch.sum(x)` and in `x.T.sum()`."""
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def arguments(node: ast.Call) -> list[ast.expr]:
    """All arguments of a call, by place and by keyword."""
    return [*node.args, *(keyword.value for keyword in node.keywords)]


def calls(*nodes: ast.AST) -> Iterator[ast.Call]:
    """All calls in the nodes, the bodies of definitions excepted."""
    for node in nodes:
        if isinstance(node, (*Function.__args__, ast.ClassDef)):
            continue
        if isinstance(node, ast.Call):
            yield node
        yield from calls(*ast.iter_child_nodes(node))


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
            in_place = name.endswith("_") and not name.startswith("_")
            if in_place or (name in GROWS and name != "backward"):
                found |= bases(*inner.args) if start & modules else start
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        found |= _dropped(node.value, modules)
    return found


def _dropped(call: ast.Call, modules: set[str]) -> set[str]:
    """A call whose value nobody keeps is made for what it changes."""
    name, start = called(call), bases(call.func)
    if name in QUIET or name == "backward" or name.startswith("assert"):
        return set()
    if isinstance(call.func, ast.Attribute) and not start & modules:
        return start
    return bases(*arguments(call))
