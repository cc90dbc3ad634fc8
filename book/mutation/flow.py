"""The statements of a chapter and its checks, and which of them feed which."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, field

from book.chapter import Cell
from book.mutation.names import called


@dataclass(frozen=True)
class Statement:
    """A top-level statement: the unit that is executed.

    Attributes:
        place: its position in the cell.
        always: seeds and global settings, which nothing names but everything needs.
    """

    cell: Cell
    place: int
    node: ast.stmt
    always: bool


@dataclass
class Step:
    """A simple statement, a definition, or one target of a loop or of a tuple assignment.

    Attributes:
        top: index of the top-level statement that it stands in.
        parts: what can hold a formula.
        needs: the steps that it reads from.
        data: names that hold example data when it is executed.
        is_data: it makes example data itself.
    """

    top: int
    node: ast.AST
    parts: list[ast.AST]
    data: frozenset[str]
    needs: set[int] = field(default_factory=set)
    is_definition: bool = False
    is_data: bool = False

    @property
    def is_choice(self) -> bool:
        """`lr = min(tried, key=…)` picks a value; what it picked from is no part of a formula."""
        return bool(self.parts) and all(
            isinstance(part, ast.Call)
            and (called(part) in ("argmin", "argmax") or any(k.arg == "key" for k in part.keywords))
            for part in self.parts
        )


@dataclass
class Sink:
    """A call of `check`: the step it stands in, and the steps that each of its sides reads."""

    step: int
    call: ast.Call
    sides: list[set[int]]


@dataclass
class Flow:
    """What a chapter executes, in order, and what follows from it."""

    statements: list[Statement] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    sinks: list[Sink] = field(default_factory=list)
    modules: set[str] = field(default_factory=set)
    defined: set[str] = field(default_factory=set)  # functions and classes of the chapter's own

    def closure(self, steps: Iterable[int], *, past_choices: bool = True) -> set[int]:
        """The steps and all that they need, directly or not."""
        seen: set[int] = set()
        todo = list(steps)
        while todo:
            index = todo.pop()
            if index not in seen:
                seen.add(index)
                if past_choices or not self.steps[index].is_choice:
                    todo.extend(self.steps[index].needs)
        return seen

    def formulas(self) -> set[int]:
        """Steps that define a formula: what one side of a check computes and the other does not.

        What both sides read is the input that they are compared on: data, or a function of which
        any would do, such as the one whose gradient is computed in two ways. It is not passed
        through, so that what made the input counts as little as the input does.
        """
        found = {sink.step for sink in self.sinks}
        for sink in self.sinks:
            reach = [self.closure(side, past_choices=False) for side in sink.sides]
            seen: set[int] = set()
            todo = [index for side in sink.sides for index in side]
            while todo:
                index = todo.pop()
                if index not in seen and sum(index in side for side in reach) == 1:
                    seen.add(index)
                    todo.extend(() if self.steps[index].is_choice else self.steps[index].needs)
            found |= seen
        return found

    def needed(self, sinks: Iterable[Sink]) -> set[int]:
        """The statements that must be executed for these checks."""
        wanted = {i for i, statement in enumerate(self.statements) if statement.always}
        todo = {sink.step for sink in sinks} | self._of(wanted)
        while todo:
            tops = {self.steps[index].top for index in self.closure(todo)} - wanted
            wanted |= tops
            todo = self._of(tops)  # a statement runs whole, and so needs what all its steps need
        return wanted

    def reached(self, step: int) -> list[Sink]:
        """The checks by which a change of this step can be seen."""
        return [sink for sink in self.sinks if step in self.closure([sink.step])]

    def _of(self, tops: set[int]) -> set[int]:
        return {index for index, step in enumerate(self.steps) if step.top in tops}
