"""The names inside functions, at the end of each function's first call.

Right after a cell's `def` or `class` statement the function's code is exchanged for a twin: the
same statements, lines and columns, in a `try … finally` that tells this module when they are through.
The first call over, by a return or an exception, the function has its own code again. Tracing would
do the same and slow down every other function; a decorator would be another object.

Left alone: coroutines, functions in functions, and what no longer looks as its source says. A cell
that looks at code itself (a compiler, a disassembler, a profiler) finds that all functions have their
own code back, and from then on none gets a twin.
"""

from __future__ import annotations

import ast
import sys
import weakref
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import Any

from .paths import paths, words
from .twins import Definition, call, placed, twin_of

LOOKS_AT_CODE = {
    "__code__", "bytecode", "cloudpickle", "compile", "cProfile", "dill", "dis", "export", "fx",
    "jit", "make_fx", "marshal", "onnx", "profile", "profiler", "setprofile", "settrace",
    "symbolic_trace", "tracemalloc", "_dynamo",
}  # fmt: skip
Note = Callable[[int, str, Mapping[str, Any], set[str]], None]


@dataclass(frozen=True)
class Watched:
    """A function with a twin's code, and what is wanted of its first call."""

    function: weakref.ref[FunctionType]
    code: CodeType
    cell: int
    scope: str
    paths: set[str]


class FirstCalls:
    """Watches for the first call of every function that cells define."""

    def __init__(self, note: Note, problems: list[str]) -> None:
        self._note = note
        self._problems = problems
        self._defined: dict[int, tuple[Definition, int]] = {}
        self._watched: dict[int, Watched] = {}
        self._count = 0
        self._blind = False

    def watch(self, tree: ast.Module, cell: int) -> None:
        """Have a cell tell when it has defined a function or a class."""
        self._defined.clear()
        self._blind = self._blind or bool(words(tree) & LOOKS_AT_CODE)
        if self._blind:
            for key in list(self._watched):
                self._restore(key)
            return
        body: list[ast.stmt] = []
        for node in tree.body:
            body.append(node)
            if isinstance(node, Definition):
                self._count += 1
                self._defined[self._count] = (node, cell)
                # A statement, not an expression: a cell's last expression is displayed.
                told = ast.If(test=call("defined", self._count), body=[ast.Pass()], orelse=[])
                body.append(placed(told, node))
        tree.body = body

    def defined(self, key: int) -> None:
        """A cell has just executed the definition `key`: exchange the code of its functions."""
        node, cell = self._defined.pop(key)
        try:
            made = sys._getframe(1).f_globals.get(node.name)
            for scope, definition, function in _functions(node, made, ""):
                self._exchange(node, cell, scope, definition, function)
        except Exception as error:  # told at the end of the run, which then fails
            self._problems.append(repr(error))

    def finished(self, key: int) -> None:
        """The function `key` returns or raises: describe its names, give it back its own code."""
        frame = sys._getframe(1)
        if key not in self._watched or _within_itself(frame):
            return
        watched = self._restore(key)
        try:
            self._note(watched.cell, watched.scope, frame.f_locals, watched.paths)
        except RecursionError:
            pass  # the chapter's own: there is no room left to look at anything
        except Exception as error:  # told at the end of the run, which then fails
            self._problems.append(repr(error))

    def _exchange(
        self, node: Definition, cell: int, scope: str, definition: ast.FunctionDef, function: Any
    ) -> None:
        self._count += 1
        own = function.__code__
        twin = twin_of(node, definition, own, self._count)
        if twin is None:
            return
        wanted = paths(definition)
        self._watched[self._count] = Watched(weakref.ref(function), own, cell, scope, wanted)
        function.__code__ = twin

    def _restore(self, key: int) -> Watched:
        watched = self._watched.pop(key)
        function = watched.function()
        if function is not None:
            function.__code__ = watched.code
        return watched


def _functions(
    node: Definition, made: Any, outer: str
) -> Iterator[tuple[str, ast.FunctionDef, FunctionType]]:
    """The functions that a definition has made: name as in `Value.tanh`, source, object."""
    name = outer + node.name
    if isinstance(node, ast.FunctionDef):
        function = _plain(made, node)
        if function is not None:
            yield name, node, function
    elif issubclass(type(made), type):
        for child in node.body:
            if isinstance(child, Definition):
                yield from _functions(child, vars(made).get(child.name), f"{name}.")


def _plain(made: Any, node: ast.FunctionDef) -> FunctionType | None:
    """The function of this source within what its decorators have made of it."""
    line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    while made is not None:
        kind = type(made)
        if kind is FunctionType:
            code = made.__code__
            if (code.co_name, code.co_firstlineno) == (node.name, line):
                return made
            made = vars(made).get("__wrapped__")
        elif kind in (staticmethod, classmethod):
            made = made.__func__
        else:
            made = made.fget if kind is property else None
    return None


def _within_itself(frame: FrameType) -> bool:
    """Whether a call of the same function is still under way further out."""
    outer = frame.f_back
    while outer is not None and outer.f_code is not frame.f_code:
        outer = outer.f_back
    return outer is not None
