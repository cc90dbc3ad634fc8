"""Read a chapter's cells into a `Flow`: what each statement defines, reads and changes."""

from __future__ import annotations

import ast
import re

from book.chapter import Cell, Chapter
from book.findings import BookError, Finding
from book.mutation.flow import Flow, Statement
from book.mutation.ledger import Ledger
from book.mutation.names import (
    DEFINITIONS,
    base,
    bases,
    bound,
    called,
    free,
    free_inside,
    is_data,
)
from book.mutation.pairs import pairs

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


class Reader(Ledger):
    """Walks through the statements in order and knows what every name stands for."""

    def add(self, cell: Cell) -> None:
        try:
            body = ast.parse(source_of(cell)).body
        except SyntaxError as error:
            if "raises-exception" in cell.tags:
                return
            line = cell.line + (error.lineno or 1) - 1
            message = f"not Python: {error.msg}; mend it"
            raise BookError(Finding(self.chapter.path, line, message, "mutation")) from error
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
                self._loop(node, control | {self.step(node, [node.test], control)})
            elif isinstance(node, ast.If):
                head = control | {self.step(node, [node.test], control)}
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
        before = {name: set(steps) for name, steps in self.names.items()}
        self._visit(body, control)
        for name, steps in before.items():
            self.names[name] = self.names[name] | steps

    def _simple(self, node: ast.stmt, control: set[int]) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.flow.modules |= bound(node)
            self.bind(bound(node), self.step(node, [], control))
        elif isinstance(node, DEFINITIONS):
            step = self.step(node, [node], control)
            self.flow.steps[step].is_definition = True
            self.flow.defined.add(node.name)
            self.inside[step] = free_inside(node)
            self.bind({node.name}, step)
        elif isinstance(node, ast.Assign):
            self._assign(node, node.targets, node.value, control)
        else:
            step = self.step(node, [node], control)
            self.bind(bound(node), step, weak=isinstance(node, ast.AugAssign))
            self.effects(node, step)

    def _assign(
        self, node: ast.stmt, targets: list[ast.expr], value: ast.expr, control: set[int]
    ) -> set[int]:
        """One step for each target that has a value of its own, or one for all."""
        added: list[tuple[set[str], int]] = []
        for target, parts in pairs(node, targets, value):
            step = self.step(node, parts, control, target)
            data = self.flow.steps[step].data
            self.flow.steps[step].is_data = all(is_data(p, data, self.flow.modules) for p in parts)
            from_names = free(*parts) if isinstance(node, LOOPS) else bases(*parts)
            plain = all(isinstance(p, (ast.Name, ast.Attribute, ast.Subscript)) for p in parts)
            if plain or isinstance(node, LOOPS):
                self.aliases[step] = from_names
            names = bound(target) if target else set()
            if from_names & self.drawing:
                self.drawing |= names
            added.append((names, step))
        for names, step in added:
            self.bind(names, step)
        self.effects(node if isinstance(node, ast.Assign) else value, added[0][1])
        return {step for _, step in added}
