"""Read a chapter's cells into a `Flow`: what each statement defines, reads and changes."""

from __future__ import annotations

import ast
import re

from book.chapter import Cell, Chapter
from book.findings import BookError, Finding
from book.mutation.flow import Flow, Sink, Statement, Step
from book.mutation.names import (
    DEFINITIONS,
    FUNCTIONS,
    arguments,
    base,
    bases,
    bound,
    called,
    calls,
    changed,
    free,
    free_inside,
    headers,
    is_data,
    is_impure,
    reads_gradient,
)
from book.mutation.pairs import pairs
from book.mutation.tables import DRAWING

MAGIC = re.compile(r"^(\s*)[%!].*$", flags=re.M)
LOOPS = (ast.For, ast.AsyncFor)


def read(chapter: Chapter) -> Flow:
    """The chapter's flow; cells of exercises are left out.

    Raises:
        BookError: a cell is not Python.
    """
    reader = Reader(chapter)
    for cell in chapter.cells:
        if not {"stub", "solution"} & set(cell.tags):
            reader.add(cell)
    return reader.flow


def source_of(cell: Cell) -> str:
    """The cell's Python; lines of magic become `pass`."""
    return MAGIC.sub(r"\1pass", cell.source)


class Reader:
    """Walks through the statements in order and knows what every name stands for."""

    def __init__(self, chapter: Chapter) -> None:
        self.flow = Flow()
        self._chapter = chapter
        self._names: dict[str, set[int]] = {}  # the steps that a name can stand for
        self._inside: dict[int, set[str]] = {}  # what a definition reads when it is called
        self._aliases: dict[int, set[str]] = {}  # names whose object a step gives another name
        self._gradients: list[tuple[int, set[int]]] = []  # calls of backward, what they reach
        self._drawing = set(DRAWING)  # names of figures, and of what was made from them

    def add(self, cell: Cell) -> None:
        try:
            body = ast.parse(source_of(cell)).body
        except SyntaxError as error:
            if "raises-exception" in cell.tags:
                return
            line = cell.line + (error.lineno or 1) - 1
            message = f"not Python: {error.msg}; mend it"
            raise BookError(Finding(self._chapter.path, line, message, "mutation")) from error
        for place, node in enumerate(body):
            self.flow.statements.append(Statement(cell, place, node, self._is_setting(node)))
            self._visit([node], set())

    def _is_setting(self, node: ast.stmt) -> bool:
        """`torch.manual_seed(0)`, `torch.set_default_dtype(...)` and their like."""
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or base(call) not in self.flow.modules:
            return False
        return called(call).endswith("seed") or called(call).startswith("set_")

    # Statements. `control` holds the steps that decide whether a statement runs.

    def _visit(self, body: list[ast.stmt], control: set[int]) -> None:
        for node in body:
            if isinstance(node, LOOPS):
                self._loop(node, control | self._assign(node, [node.target], node.iter, control))
            elif isinstance(node, ast.While):
                self._loop(node, control | {self._add(node, [node.test], control)})
            elif isinstance(node, ast.If):
                head = control | {self._add(node, [node.test], control)}
                self._branch(node.body, head)
                self._branch(node.orelse, head)
            elif isinstance(node, (ast.With, ast.AsyncWith)):
                heads = set(control)
                for item in node.items:
                    targets = [item.optional_vars] if item.optional_vars else []
                    heads |= self._assign(node, targets, item.context_expr, control)
                self._visit(node.body, heads)
            elif isinstance(node, ast.Try):
                for part in (node.body, *(h.body for h in node.handlers), node.orelse):
                    self._branch(part, control)
                self._visit(node.finalbody, control)
            else:
                self._simple(node, control)

    def _loop(self, node: ast.For | ast.AsyncFor | ast.While, control: set[int]) -> None:
        """Two turns, as what one leaves behind feeds the next; a loop is taken to run."""
        self._branch(node.body, control)
        self._visit([*node.body, *node.orelse], control)

    def _branch(self, body: list[ast.stmt], control: set[int]) -> None:
        """Statements that may run or not: afterwards, names have their old or new meaning."""
        before = {name: set(steps) for name, steps in self._names.items()}
        self._visit(body, control)
        for name, steps in before.items():
            self._names[name] = self._names[name] | steps

    def _simple(self, node: ast.stmt, control: set[int]) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.flow.modules |= bound(node)
            self._bind(bound(node), self._add(node, [], control))
        elif isinstance(node, DEFINITIONS):
            step = self._add(node, [node], control)
            self.flow.steps[step].is_definition = True
            self.flow.defined.add(node.name)
            self._inside[step] = free_inside(node)
            self._bind({node.name}, step)
        elif isinstance(node, ast.Assign):
            self._assign(node, node.targets, node.value, control)
        else:
            step = self._add(node, [node], control)
            self._bind(bound(node), step, weak=isinstance(node, ast.AugAssign))
            self._effects(node, step)

    def _assign(
        self, node: ast.stmt, targets: list[ast.expr], value: ast.expr, control: set[int]
    ) -> set[int]:
        """One step for each target that has a value of its own, or one for all."""
        added: list[tuple[set[str], int]] = []
        for target, parts in pairs(node, targets, value):
            step = self._add(node, parts, control, target)
            data = self.flow.steps[step].data
            self.flow.steps[step].is_data = all(is_data(p, data, self.flow.modules) for p in parts)
            from_names = free(*parts) if isinstance(node, LOOPS) else bases(*parts)
            plain = all(isinstance(p, (ast.Name, ast.Attribute, ast.Subscript)) for p in parts)
            if plain or isinstance(node, LOOPS):
                self._aliases[step] = from_names
            names = bound(target) if target else set()
            if from_names & self._drawing:
                self._drawing |= names
            added.append((names, step))
        for names, step in added:
            self._bind(names, step)
        self._effects(node if isinstance(node, ast.Assign) else value, added[0][1])
        return {step for _, step in added}

    # Steps.

    def _add(
        self, node: ast.AST, parts: list[ast.AST], control: set[int], target: ast.AST | None = None
    ) -> int:
        steps = self.flow.steps
        again = [i for i, s in enumerate(steps) if s.node is node and s.parts == parts and parts]
        index = again[0] if again else len(steps)  # again: in the second turn of a loop
        if not again:
            steps.append(Step(len(self.flow.statements) - 1, node, parts, self._data()))
        if isinstance(node, DEFINITIONS):
            reads = free(*headers(node))
        else:
            changes = bases(node.target) if isinstance(node, ast.AugAssign) else set()
            reads = free(*parts, target) | changes
            self._checks(index, parts)
        steps[index].needs |= (self._feeds(parts, reads) | control) - {index}
        return index

    def _data(self) -> frozenset[str]:
        steps = self.flow.steps
        names = self._names.items()
        return frozenset(n for n, found in names if all(steps[i].is_data for i in found))

    def _feeds(self, parts: list[ast.AST], reads: set[str]) -> set[int]:
        """The steps that the names stand for, and the calls of backward that filled a gradient."""
        found = self._resolve(reads)
        bodies = [self.flow.steps[i].node for i in found if self.flow.steps[i].is_definition]
        if any(reads_gradient(node, self.flow.modules) for node in [*parts, *bodies]):
            mine = self._code(self.flow.closure(found))
            found |= {step for step, reach in self._gradients if reach & mine}
        return found

    def _resolve(self, names: set[str]) -> set[int]:
        """The steps that the names stand for now, and those that the called functions read."""
        seen, todo, found = set[str](), list(names), set[int]()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                steps = self._names.get(name, set())
                found |= steps
                todo.extend(inner for step in steps for inner in self._inside.get(step, ()))
        return found

    def _code(self, steps: set[int]) -> set[int]:
        """Without definitions and imports, which say nothing about a shared object."""
        known = self.flow.steps
        return {i for i in steps if known[i].parts and not known[i].is_definition}

    def _bind(self, names: set[str], step: int, weak: bool = False) -> None:
        for name in names:
            old = self._names.get(name, set()) if weak else set()
            self.flow.steps[step].needs |= old - {step}
            self._names[name] = {step} | old

    # What a step does besides binding names.

    def _effects(self, node: ast.AST, step: int) -> None:
        """Bind anew what the step changes in place, itself or through a function."""
        attributes = {c.func.attr for c in calls(node) if isinstance(c.func, ast.Attribute)}
        if attributes & {"backward", "zero_grad"}:
            self._gradients.append((step, self._code(self.flow.closure([step]))))
        names = set() if self._draws(node) else changed(node, self.flow.modules)
        for call in calls(node):
            if called(call) == "step":
                names |= self._optimized(base(call))
            owns = [self.flow.steps[i].node for i in self._names.get(called(call), ())]
            if any(isinstance(o, FUNCTIONS) and is_impure(o, self.flow.modules) for o in owns):
                names |= bases(*arguments(call))
        todo = list(names)
        while todo:  # a loop variable or an alias stands for what it came from
            for origin in self._names.get(todo.pop(), set()):
                todo.extend(self._aliases.get(origin, set()) - names)
                names |= self._aliases.get(origin, set())
        kept = (names & set(self._names)) - self.flow.modules - self.flow.defined
        self._bind(kept, step, weak=True)

    def _draws(self, node: ast.AST) -> bool:
        call = node.value if isinstance(node, ast.Expr) else node
        return bool((bases(call) | bases(*arguments(call))) & self._drawing)

    def _optimized(self, optimizer: str | None) -> set[str]:
        """The names of what an optimizer was given: `W, b` or `model`, not how they were made."""
        found, todo = set[str](), [optimizer or ""]
        while todo:
            name = todo.pop()
            steps = [self.flow.steps[i] for i in self._names.get(name, ())]
            for part in (part for step in steps if not step.is_data for part in step.parts):
                makes = isinstance(part, ast.Call) and called(part)[:1].isupper()
                given = arguments(part)[:1] if makes and name == optimizer else []
                read = given if makes else [part] if isinstance(part, ast.expr) else []
                new = free(*read) - self.flow.modules - self.flow.defined - found
                found |= new
                todo.extend(new)
        return found

    def _checks(self, step: int, parts: list[ast.AST]) -> None:
        """Note the calls of `check` in the step, and of functions that call it."""
        cell = self.flow.statements[self.flow.steps[step].top].cell
        if "raises-exception" in cell.tags:
            return
        for call in calls(*parts):
            owns = [self.flow.steps[i].node for i in self._names.get(called(call), ())]
            inner = [c for own in owns if isinstance(own, FUNCTIONS) for c in calls(*own.body)]
            if called(call) == "check":
                compared = check_sides(call)
            elif any(called(c) == "check" for c in inner):
                compared = arguments(call)
            else:
                continue
            sink = Sink(step, tuple(frozenset(self._feeds([s], free(s))) for s in compared))
            if sink not in self.flow.sinks:
                self.flow.sinks.append(sink)


def check_sides(call: ast.Call) -> list[ast.expr]:
    """The two expressions that a call of `check` compares."""
    return [*call.args[1:3], *(k.value for k in call.keywords if k.arg in ("left", "right"))]
