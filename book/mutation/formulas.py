"""The small mistakes that a chapter's checks must notice: signs, factors, operators and axes."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from book.chapter import Chapter
from book.mutation.flow import Flow
from book.mutation.names import bound, called, calls
from book.mutation.reader import source_of
from book.mutation.sites import Setting, Sites
from book.mutation.text import Edit, Text

SPARED = {"raises-exception", "warns", "slow", "no-mutate"}
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
    counters = _counters(flow)
    found: dict[tuple[int, int, int, str], Mutation] = {}
    for index in sorted(flow.formulas()):
        step = flow.steps[index]
        cell = flow.statements[step.top].cell
        if SPARED & set(cell.tags) or step.is_data:
            continue
        setting = Setting(flow.modules, flow.defined, step.data, counters)
        sites = Sites(texts[cell.index], setting, inside=step.is_definition)
        for part in step.parts:
            sites.visit(part)
        for edit in sites.edits:
            key = (cell.index, edit.start, edit.end, edit.new)
            mutation = _mutation(chapter, cell.line, texts[cell.index], edit, (step.top, index))
            if mutation:
                found.setdefault(key, mutation)
    return [found[key] for key in sorted(found)]


def _mutation(
    chapter: Chapter, first: int, text: Text, edit: Edit, where: tuple[int, int]
) -> Mutation | None:
    """The edit carried out; None when it leaves no Python, or no change."""
    source = text.changed(edit)
    try:
        if ast.dump(ast.parse(source)) == ast.dump(ast.parse(text.source)):
            return None
    except SyntaxError:
        return None
    row = text.row(edit.start)
    marks = [SAME.search(text.line(r)) for r in (row, *edit.headers)]
    reason = next((mark["reason"] for mark in marks if mark), "")
    return Mutation(chapter.path, first + row - 1, *text.snippets(edit), reason, *where, source)


def _counters(flow: Flow) -> frozenset[str]:
    """Names that hold whole numbers, where `<` and `<=` differ: of `range` and of `arange`."""
    found: set[str] = set()
    for node in (inner for s in flow.statements for inner in ast.walk(s.node)):
        if isinstance(node, (ast.For, ast.comprehension)):
            found |= bound(node.target) if "range" in map(called, calls(node.iter)) else set()
        elif isinstance(node, ast.Assign) and "arange" in map(called, calls(node.value)):
            found |= bound(*node.targets)
    return frozenset(found)
