"""What every name of a chapter stands for, statement after statement, and so what each one needs."""

from __future__ import annotations

import ast

from book.chapter import Chapter
from book.mutation.flow import Flow, Sink, Step
from book.mutation.names import (
    DEFINITIONS,
    FUNCTIONS,
    arguments,
    base,
    bases,
    called,
    calls,
    changed,
    free,
    headers,
    is_impure,
    reads_gradient,
)
from book.mutation.tables import DRAWING


class Ledger:
    """Keeps a `Flow` while a `Reader` walks through the statements in order."""

    def __init__(self, chapter: Chapter) -> None:
        self.flow = Flow()
        self.chapter = chapter
        self.names: dict[str, set[int]] = {}  # the steps that a name can stand for
        self.inside: dict[int, set[str]] = {}  # what a definition reads when it is called
        self.aliases: dict[int, set[str]] = {}  # names whose object a step gives another name
        self.drawing = set(DRAWING)  # names of figures, and of what was made from them
        self._gradients: list[tuple[int, set[int]]] = []  # calls of backward, what they reach

    def step(
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
        names = self.names.items()
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
                steps = self.names.get(name, set())
                found |= steps
                todo.extend(inner for step in steps for inner in self.inside.get(step, ()))
        return found

    def _code(self, steps: set[int]) -> set[int]:
        """Without definitions and imports, which say nothing about a shared object."""
        known = self.flow.steps
        return {i for i in steps if known[i].parts and not known[i].is_definition}

    def bind(self, names: set[str], step: int, weak: bool = False) -> None:
        for name in names:
            old = self.names.get(name, set()) if weak else set()
            self.flow.steps[step].needs |= old - {step}
            self.names[name] = {step} | old

    # What a step does besides binding names.

    def effects(self, node: ast.AST, step: int) -> None:
        """Bind anew what the step changes in place, itself or through a function."""
        attributes = {c.func.attr for c in calls(node) if isinstance(c.func, ast.Attribute)}
        if attributes & {"backward", "zero_grad"}:
            self._gradients.append((step, self._code(self.flow.closure([step]))))
        names = set() if self._draws(node) else changed(node, self.flow.modules)
        for call in calls(node):
            if called(call) == "step":
                names |= self._optimized(base(call))
            owns = [self.flow.steps[i].node for i in self.names.get(called(call), ())]
            if any(isinstance(o, FUNCTIONS) and is_impure(o, self.flow.modules) for o in owns):
                names |= bases(*arguments(call))
        todo = list(names)
        while todo:  # a loop variable or an alias stands for what it came from
            for origin in self.names.get(todo.pop(), set()):
                todo.extend(self.aliases.get(origin, set()) - names)
                names |= self.aliases.get(origin, set())
        kept = (names & set(self.names)) - self.flow.modules - self.flow.defined
        self.bind(kept, step, weak=True)

    def _draws(self, node: ast.AST) -> bool:
        call = node.value if isinstance(node, ast.Expr) else node
        return bool((bases(call) | bases(*arguments(call))) & self.drawing)

    def _optimized(self, optimizer: str | None) -> set[str]:
        """The names of what an optimizer was given: `W, b` or `model`, not how they were made."""
        found, todo = set[str](), [optimizer or ""]
        while todo:
            name = todo.pop()
            steps = [self.flow.steps[i] for i in self.names.get(name, ())]
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
            owns = [self.flow.steps[i].node for i in self.names.get(called(call), ())]
            inner = [c for own in owns if isinstance(own, FUNCTIONS) for c in calls(*own.body)]
            if called(call) == "check":
                compared = check_sides(call)
            elif any(called(c) == "check" for c in inner):
                compared = arguments(call)
            else:
                continue
            sides = [self._feeds([side], free(side)) for side in compared]
            for sink in self.flow.sinks:
                if sink.call is call:  # in the second turn of a loop
                    sink.sides = [old | new for old, new in zip(sink.sides, sides, strict=True)]
                    break
            else:
                self.flow.sinks.append(Sink(step, call, sides))


def check_sides(call: ast.Call) -> list[ast.expr]:
    """The two expressions that a call of `check` compares."""
    return [*call.args[1:3], *(k.value for k in call.keywords if k.arg in ("left", "right"))]
