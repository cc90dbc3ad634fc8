"""A function's code with one more thing at its end: it tells that it is through."""

from __future__ import annotations
import __future__

import ast
import contextlib
import functools
import operator
import warnings
from collections.abc import Iterator
from types import CodeType

HOOK = "__book_recorder__"  # in builtins, where IPython keeps its own
Definition = ast.FunctionDef | ast.ClassDef
# `from __future__ import …` of the cell holds for the twin too.
FUTURE = functools.reduce(
    operator.or_, (getattr(__future__, name).compiler_flag for name in __future__.all_feature_names)
)


def twin_of(
    node: Definition, definition: ast.FunctionDef, own: CodeType, key: int
) -> CodeType | None:
    """The code of a function that calls `finished` at its end; None when it would differ else."""
    body, flags = definition.body, own.co_flags & FUTURE
    definition.body = _told(body, key)
    try:
        with _silent():
            whole = compile(
                ast.Module([node], []), own.co_filename, "exec", flags, dont_inherit=True
            )
    finally:
        definition.body = body
    same = (code for code in _codes(whole) if _face(code) == _face(own))
    return next(same, None)


def _face(code: CodeType) -> tuple[object, ...]:
    """What must not differ between a function's code and its twin's."""
    return (
        code.co_qualname, code.co_firstlineno, code.co_varnames, code.co_argcount,
        code.co_kwonlyargcount, code.co_freevars, code.co_cellvars, code.co_flags,
    )  # fmt: skip


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _told(body: list[ast.stmt], key: int) -> list[ast.stmt]:
    """The body of a function with `finished(key)` at its end, however it ends."""
    first = body[0]
    documented = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
    head, rest = (body[:1], body[1:]) if documented else ([], body)
    no_room = ast.ExceptHandler(ast.Name("RecursionError", ast.Load()), None, [ast.Pass()])
    tell = ast.Try([ast.Expr(call("finished", key))], [no_room], [], [])
    return [*head, placed(ast.Try(rest or [ast.Pass()], [], [], [tell]), body[-1])]


def call(method: str, key: int) -> ast.Call:
    hook = ast.Attribute(ast.Name(HOOK, ast.Load()), method, ast.Load())
    return ast.Call(hook, [ast.Constant(key)], [])


def placed(made: ast.stmt, like: ast.stmt) -> ast.stmt:
    return ast.fix_missing_locations(ast.copy_location(made, like))


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """A warning of the compiler was given when the cell itself was compiled."""
    shown = warnings.showwarning
    warnings.showwarning = lambda *_, **__: None
    try:
        yield
    finally:
        warnings.showwarning = shown
