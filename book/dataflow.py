"""Which statements of a chapter feed which side of which check, told from definitions and uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from book.chapter import Cell, Chapter
from book.findings import BookError, Finding
from book.names import (
    CONSTRUCTORS, Function, arguments, base, bases, bound, called, calls, changed, free, headers,
    parameters,
)  # fmt: skip

MAGIC = re.compile(r"^(\s*)[%!].*$", flags=re.M)
SKIPPED = {"stub", "solution"}
DRAWING = {"plt", "ax", "axes", "axis"}


@dataclass(frozen=True)
class Statement:
    """A top-level statement: the unit that is executed. `place` is its position in the cell."""

    cell: Cell
    place: int
    node: ast.stmt
    always: bool  # seeds and global settings, which nothing names but everything needs


@dataclass
class Step:
    """A simple statement, a definition, or one target of a loop or of a tuple assignment.

    Attributes:
        top: index of the top-level statement that it stands in.
        parts: what can hold a formula.
        needs: the steps that it reads from.
        data: it makes example data: random draws and literals.
    """

    top: int
    node: ast.AST
    parts: list[ast.AST]
    needs: set[int] = field(default_factory=set)
    definition: bool = False
    data: bool = False


@dataclass(frozen=True)
class Sink:
    """A call of `check`: the step it stands in, and what each of its sides reads."""

    step: int
    sides: tuple[frozenset[int], ...]


def source_of(cell: Cell) -> str:
    """The cell's Python; lines of magic become `pass`."""
    return MAGIC.sub(r"\1pass", cell.source)


class Flow:
    """The statements, steps and checks of a chapter, and what follows from them."""

    def __init__(self, chapter: Chapter) -> None:
        self.statements: list[Statement] = []
        self.steps: list[Step] = []
        self.sinks: list[Sink] = []
        self.modules: set[str] = set()
        self._drawing = set(DRAWING)  # names of figures, and of what was made from them
        self._environment: dict[str, set[int]] = {}
        self._bodies: dict[int, set[str]] = {}  # a definition's free names, read when it is called
        self._aliases: dict[int, set[str]] = {}
        self._gradients: list[tuple[int, set[int]]] = []  # calls of backward, with what they reach
        for cell in chapter.cells:
            if not SKIPPED & set(cell.tags):
                self._read(chapter, cell)

    def closure(self, steps: Iterable[int]) -> set[int]:
        """The steps and all that they need, directly or not."""
        seen: set[int] = set()
        todo = list(steps)
        while todo:
            step = todo.pop()
            if step not in seen:
                seen.add(step)
                todo.extend(self.steps[step].needs)
        return seen

    def formulas(self) -> set[int]:
        """Steps that define a formula: what one side of a check computes and the other does not.

        What both sides read is the input that they are compared on: data, or a function of which
        any would do, such as the one whose gradient is computed in two ways. It is not passed
        through, so that what made the input counts as little as the input does.
        """
        found = {sink.step for sink in self.sinks}
        for sink in self.sinks:
            reach = [self.closure(side) for side in sink.sides]
            seen: set[int] = set()
            todo = [step for side in sink.sides for step in side]
            while todo:
                step = todo.pop()
                if step in seen or sum(step in side for side in reach) > 1:
                    continue
                seen.add(step)
                todo.extend(self.steps[step].needs)
            found |= seen
        return found

    def run(self, sinks: Iterable[Sink]) -> set[int]:
        """The statements that must be executed for these checks."""
        wanted = {i for i, statement in enumerate(self.statements) if statement.always}
        todo = {sink.step for sink in sinks} | {
            i for i, step in enumerate(self.steps) if step.top in wanted
        }
        while todo:
            tops = {self.steps[i].top for i in self.closure(todo)} - wanted
            wanted |= tops  # a statement runs whole, and so needs what all its steps need
            todo = {i for i, step in enumerate(self.steps) if step.top in tops}
        return wanted

    def reached(self, step: int) -> list[Sink]:
        """The checks that a change of this step can be seen by."""
        return [sink for sink in self.sinks if step in self.closure([sink.step])]

    def names_data(self, *nodes: ast.AST) -> bool:
        """True when all that the nodes read is example data."""
        return all(
            self.steps[step].data for name in free(*nodes) - self.modules
            for step in self._environment.get(name, ())
        )  # fmt: skip

    def is_data(self, node: ast.AST, opaque: bool = True) -> bool:
        """True for an expression that makes example data: literals, or a draw among data.

        `x @ w` reads data but is a formula; `x @ w + torch.randn(N)` makes new data.
        """
        makes = [call for call in calls(node) if called(call) in CONSTRUCTORS]
        own = {call.func.id for call in calls(node) if isinstance(call.func, ast.Name)}
        if any(self.steps[s].definition for n in own for s in self._environment.get(n, ())):
            return False
        names = free(node)
        if not makes:
            return not names
        inside = {inner for call in makes for part in arguments(call) for inner in free(part)}
        known = names - self.modules - inside
        return all(self._environment.get(name) for name in known) and self.names_data(
            *(ast.Name(name, ast.Load()) for name in known)
        )

    # Reading the chapter, statement by statement.

    def _read(self, chapter: Chapter, cell: Cell) -> None:
        try:
            body = ast.parse(source_of(cell)).body
        except SyntaxError as error:
            if "raises-exception" in cell.tags:
                return
            line = cell.line + (error.lineno or 1) - 1
            message = f"not Python: {error.msg}; mend it"
            raise BookError(Finding(chapter.path, line, message, "mutation-syntax")) from error
        for place, node in enumerate(body):
            self.statements.append(Statement(cell, place, node, self._is_setting(node)))
            self._visit([node], set())

    def _is_setting(self, node: ast.stmt) -> bool:
        """`torch.manual_seed(0)`, `torch.set_default_dtype(...)` and their like."""
        call = node.value if isinstance(node, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            return False
        name = call.func.attr
        return base(call) in self.modules and (name.endswith("seed") or name.startswith("set_"))

    def _visit(self, body: list[ast.stmt], control: set[int]) -> None:
        for node in body:
            if isinstance(node, (ast.For, ast.AsyncFor)):
                self._loop(node, control | self._assign(node, [node.target], node.iter, control))
            elif isinstance(node, ast.While):
                head = self._add(node, [node.test], free(node.test), control)
                self._loop(node, control | {head})
            elif isinstance(node, ast.If):
                head = control | {self._add(node, [node.test], free(node.test), control)}
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
        before = {name: set(steps) for name, steps in self._environment.items()}
        self._visit(body, control)
        for name, steps in before.items():
            self._environment[name] = self._environment[name] | steps

    def _simple(self, node: ast.stmt, control: set[int]) -> None:
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            self.modules |= bound(node)
            self._bind(bound(node), self._add(node, [], set(), control))
        elif isinstance(node, (*Function.__args__, ast.ClassDef)):
            step = self._add(node, [node], free(*headers(node)), control)
            self.steps[step].definition = True
            local = parameters(node) | bound(*node.body) if isinstance(node, Function) else set()
            self._bodies[step] = free(*node.body) - local
            self._bind({node.name}, step)
        elif isinstance(node, ast.Assign):
            self._assign(node, node.targets, node.value, control)
        else:
            reads = free(node) | (bases(node.target) if isinstance(node, ast.AugAssign) else set())
            step = self._add(node, [node], reads, control)
            self._bind(bound(node), step, weak=isinstance(node, ast.AugAssign))
            self._effects(node, step)

    def _assign(
        self, node: ast.stmt, targets: list[ast.expr], value: ast.expr, control: set[int]
    ) -> set[int]:
        """One step for each target that has a value of its own, or one for all."""
        added = []
        for target, parts in _pairs(node, targets, value):
            step = self._add(node, parts, free(*parts, target), control)
            self.steps[step].data = all(self.is_data(part) for part in parts)
            if isinstance(node, ast.For):
                self._aliases[step] = free(*parts)
            elif all(isinstance(p, (ast.Name, ast.Attribute, ast.Subscript)) for p in parts):
                self._aliases[step] = bases(*parts)
            names = bound(target) if target else set()
            if (free(*parts) if isinstance(node, ast.For) else bases(*parts)) & self._drawing:
                self._drawing |= names
            added.append((names, step))
        for names, step in added:
            self._bind(names, step)
        self._effects(node if not isinstance(node, (ast.For, ast.With)) else value, added[0][1])
        return {step for _, step in added}

    def _add(self, node: ast.AST, parts: list[ast.AST], reads: set[str], control: set[int]) -> int:
        for index, step in enumerate(self.steps):
            if step.parts == parts and step.node is node and parts:
                break  # the second turn of a loop
        else:
            index = len(self.steps)
            self.steps.append(Step(len(self.statements) - 1, node, parts))
        direct = self._resolve(reads) | control
        self.steps[index].needs |= (direct | self._through_gradients(parts, reads)) - {index}
        self._checks(index, parts)
        return index

    def _resolve(self, names: set[str]) -> set[int]:
        """The steps that the names stand for now, and those that the called functions read."""
        seen, todo, found = set[str](), list(names), set[int]()
        while todo:
            name = todo.pop()
            if name not in seen:
                seen.add(name)
                steps = self._environment.get(name, set())
                found |= steps
                todo.extend(inner for step in steps for inner in self._bodies.get(step, ()))
        return found

    def _bind(self, names: set[str], step: int, weak: bool = False) -> None:
        for name in names:
            if weak:
                self.steps[step].needs |= self._environment.get(name, set()) - {step}
            self._environment[name] = {step} | (self._environment.get(name, set()) if weak else set())

    def _effects(self, node: ast.AST, step: int) -> None:
        """What the step changes in place, or through a function of the chapter's own."""
        if any(c.func.attr in ("backward", "zero_grad") for c in calls(node)
               if isinstance(c.func, ast.Attribute)):  # fmt: skip
            self._gradients.append((step, self._code(self.closure([step]))))
        drawn = isinstance(node, ast.Expr) and (bases(node.value) | _given(node.value)) & self._drawing
        names = set() if drawn else changed(node, self.modules)
        for call in calls(node):
            if called(call) == "step":
                names |= {name for name in self._environment if self._related(name, base(call))}
            for definition in self._environment.get(called(call), ()):
                own = self.steps[definition].node
                if isinstance(own, Function) and _is_impure(own, self.modules):
                    names |= bases(*arguments(call))
        todo = list(names)
        while todo:  # a loop variable or an alias stands for what it came from
            for origin in self._environment.get(todo.pop(), set()):
                todo.extend(self._aliases.get(origin, set()) - names)
                names |= self._aliases.get(origin, set())
        kept = {n for n in names - self.modules if not self._defines(n)} & set(self._environment)
        self._bind(kept, step, weak=True)

    def _defines(self, name: str) -> bool:
        return any(self.steps[step].definition for step in self._environment.get(name, ()))

    def _code(self, steps: set[int]) -> set[int]:
        return {s for s in steps if self.steps[s].parts and not self.steps[s].definition}

    def _related(self, name: str, optimizer: str | None) -> bool:
        """True when the optimizer was made from the named object."""
        made_from = self.closure(self._environment.get(optimizer or "", ()))
        return bool(self._code(self._environment[name]) & made_from) and name != optimizer

    def _through_gradients(self, parts: list[ast.AST], reads: set[str]) -> set[int]:
        """A step that reads `.grad` needs the calls of backward that could have filled it."""
        bodies = [self.steps[s].node for s in self._resolve(reads) if self.steps[s].definition]
        if not any(_reads_gradient(node, self.modules) for node in [*parts, *bodies]):
            return set()
        mine = self._code(self.closure(self._resolve(reads)))
        return {step for step, reach in self._gradients if reach & mine}

    def _checks(self, step: int, parts: list[ast.AST]) -> None:
        """Note the calls of `check` in the step, and of functions that call it."""
        statement = self.statements[self.steps[step].top]
        if "raises-exception" in statement.cell.tags or self.steps[step].definition:
            return
        for call in calls(*(p for p in parts if not isinstance(p, (*Function.__args__, ast.ClassDef)))):
            for sides in self._sides(call):
                found = tuple(
                    frozenset(self._resolve(free(s)) | self._through_gradients([s], free(s)))
                    for s in sides
                )
                self.sinks = [s for s in self.sinks if (s.step, s.sides) != (step, found)]
                self.sinks.append(Sink(step, found))

    def _sides(self, call: ast.Call) -> list[list[ast.expr]]:
        if called(call) == "check":
            return [check_sides(call)]
        for definition in self._environment.get(called(call), ()):
            own = self.steps[definition].node
            inner = [c for c in ast.walk(own) if isinstance(c, ast.Call) and called(c) == "check"]
            if isinstance(own, Function) and inner:
                return [arguments(call)]
        return []


def check_sides(call: ast.Call) -> list[ast.expr]:
    """The two expressions that a call of `check` compares."""
    named = [k.value for k in call.keywords if k.arg in ("left", "right")]
    return [*call.args[1:3], *named]


def _pairs(
    node: ast.stmt, targets: list[ast.expr], value: ast.expr
) -> list[tuple[ast.expr | None, list[ast.AST]]]:
    """Targets with their own values: `a, b = f(x), g(x)`, `for a, b in zip(x, y)` and tables."""
    if len(targets) != 1 or not isinstance(targets[0], (ast.Tuple, ast.List)):
        together = ast.Tuple(targets, ast.Store()) if targets else None
        return [(together, [value])]
    names = targets[0].elts
    rows: list[list[ast.expr]] = []
    if isinstance(node, ast.Assign) and isinstance(value, ast.Tuple):
        rows = [value.elts]
    elif isinstance(node, ast.For) and isinstance(value, (ast.Tuple, ast.List)):
        rows = [row.elts if isinstance(row, (ast.Tuple, ast.List)) else [] for row in value.elts]
    elif isinstance(node, ast.For) and isinstance(value, ast.Call) and called(value) == "zip":
        rows = [value.args]
    starred = any(isinstance(part, ast.Starred) for row in [names, *rows] for part in row)
    if not rows or starred or any(len(row) != len(names) for row in rows):
        return [(targets[0], [value])]
    return [(name, [row[i] for row in rows]) for i, name in enumerate(names)]


def _given(node: ast.expr) -> set[str]:
    return bases(*arguments(node)) if isinstance(node, ast.Call) else set()


def _reads_gradient(node: ast.AST, modules: set[str]) -> bool:
    """True for `w.grad` and `optimizer.step()`, not for `torch.autograd.grad(...)`."""
    for inner in ast.walk(node):
        if isinstance(inner, ast.Attribute) and isinstance(inner.ctx, ast.Load):
            if inner.attr in ("grad", "gradient", "grads", "step") and base(inner) not in modules:
                return True
    return False


def _is_impure(function: Function, modules: set[str]) -> bool:
    """True when the function may change what it is given, or a loop over it."""
    names = set().union(*(changed(node, modules) for node in function.body))
    loops = [n for n in ast.walk(function) if isinstance(n, ast.For)]
    given = parameters(function) | bound(*(loop.target for loop in loops))
    return bool(names & given)
