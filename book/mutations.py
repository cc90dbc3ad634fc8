"""The small mistakes that a chapter's checks must notice: signs, factors, operators and axes."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from book.chapter import Chapter
from book.dataflow import Flow, source_of
from book.sites import Edit, Sites, Text

SPARED = {"stub", "solution", "raises-exception", "warns", "slow", "no-mutate"}
SAME = re.compile(r"#\s*same:\s*(?P<reason>.+?)\s*$")


@dataclass(frozen=True)
class Mutation:
    """One mistake in one formula.

    Attributes:
        before, after: the snippet of source that changes.
        reason: why the chapter says that it changes nothing (`# same: …`), or empty.
        statement, step: where it stands in the chapter's `Flow`.
        source: the whole cell, changed.
    """

    file: Path
    line: int
    before: str
    after: str
    reason: str
    statement: int
    step: int
    source: str


def mutations(chapter: Chapter, flow: Flow) -> list[Mutation]:
    """All mutations of the chapter's formulas, in the order of the source."""
    texts = {cell.index: Text(source_of(cell)) for cell in chapter.cells}
    integers = _integers(flow)
    found: dict[tuple[int, int, int, str], Mutation] = {}
    for index in sorted(flow.formulas()):
        step = flow.steps[index]
        cell = flow.statements[step.top].cell
        if SPARED & set(cell.tags) or step.data:
            continue
        sites = Sites(texts[cell.index], flow, integers, inside=step.definition)
        for part in step.parts:
            sites.visit(part)
        for edit in sites.edits:
            key = (cell.index, edit.start, edit.end, edit.new)
            mutation = _mutation(chapter, cell.line, texts[cell.index], edit, step.top, index)
            if mutation and key not in found:
                found[key] = mutation
    return [found[key] for key in sorted(found)]


def _mutation(
    chapter: Chapter, first: int, text: Text, edit: Edit, top: int, step: int
) -> Mutation | None:
    """The edit carried out; None when it leaves no Python, or no change."""
    source = text.replaced(edit.start, edit.end, edit.new)
    try:
        if ast.dump(ast.parse(source)) == ast.dump(ast.parse(text.source)):
            return None
    except SyntaxError:
        return None
    row = text.row(edit.start)
    marks = [SAME.search(text.line(r)) for r in (row, *edit.headers)]
    reason = next((mark["reason"] for mark in marks if mark), "")
    before, after = text.snippets(edit)
    return Mutation(chapter.path, first + row - 1, before, after, reason, top, step, source)


def _integers(flow: Flow) -> set[str]:
    """Names that hold whole numbers, where `<` and `<=` differ: counters and `arange`."""
    found: set[str] = set()
    for statement in flow.statements:
        for node in ast.walk(statement.node):
            if isinstance(node, (ast.For, ast.comprehension)):
                if "range" in _called(node.iter):
                    found |= _stored(node.target)
            elif isinstance(node, ast.Assign) and "arange" in _called(node.value):
                found |= set().union(*map(_stored, node.targets))
    return found


def _called(node: ast.AST) -> set[str]:
    functions = [n.func for n in ast.walk(node) if isinstance(n, ast.Call)]
    return {getattr(f, "attr", getattr(f, "id", "")) for f in functions}


def _stored(node: ast.AST) -> set[str]:
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
