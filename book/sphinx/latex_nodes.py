"""Nodes that only paper knows, and what Sphinx's environment says of numbers and parts."""
# ruff: noqa: N801 - docutils names its nodes in lower case

from __future__ import annotations

import re
from collections.abc import Iterator

from docutils import nodes
from docutils.nodes import Element
from sphinx import addnodes
from sphinx.environment import BuildEnvironment


class paper_part(nodes.General, nodes.Element):
    """The page that opens a part: `caption` is its name; `numbered` is False for appendices."""


class paper_check(nodes.General, nodes.Element):
    """The line of a check: `label` and `text`."""


class paper_exercise(nodes.General, nodes.Element):
    """An exercise: `label`, `number`, and `solution`, the label of its solution or ''."""


class paper_solution(nodes.General, nodes.Element):
    """A solution, with the `label` and the `number` of its exercise, and its own label as `own`."""


class paper_moved(nodes.General, nodes.Element):
    """Text that has left its chapter; `docname` is where its labels belong."""


class paper_reference(nodes.General, nodes.Element):
    """An entry of the bibliography."""


class paper_references(nodes.General, nodes.Element):
    """The bibliography."""


class paper_equations(nodes.General, nodes.Element):
    """A chapter's part of the list of equations: its title, and (docname, label, number) of each."""


def number_of(env: BuildEnvironment, docname: str, kind: str, node: Element) -> str:
    """The number that Sphinx gave, such as `3.12`; the same on the site and on paper."""
    numbers = env.toc_fignumbers.get(docname, {}).get(kind, {})
    found: tuple[int, ...] = next((numbers[i] for i in node["ids"] if i in numbers), ())
    return ".".join(map(str, found))


def chapter_number(env: BuildEnvironment, docname: str) -> str:
    """The number of the page `docname`, or '' when it has none."""
    found = env.toc_secnumbers.get(docname, {}).get("")
    return str(found[0]) if found else ""


def heading(env: BuildEnvironment, docname: str) -> nodes.title:
    """A chapter's number and title, as the title of something else."""
    number = chapter_number(env, docname)
    shown = [nodes.Text(f"{number}\u00a0\u00a0")] if number else []
    return nodes.title("", "", *shown, *(c.deepcopy() for c in env.titles[docname].children))


def part_of(env: BuildEnvironment) -> dict[str, str]:
    """The part that each page belongs to."""
    site_map = env.app.config.external_site_map
    return {
        str(item): tree.caption or ""
        for tree in site_map.root.subtrees
        for item in tree.items
        if isinstance(item, str)
    }


def starts(document: Element) -> Iterator[Element]:
    """The pages in the order of the book."""
    yield from document.findall(addnodes.start_of_file)


def new_page(docname: str, title: str) -> Element:
    """A page of the book that no source file holds."""
    section = nodes.section("", nodes.title("", title), ids=[docname])
    return addnodes.start_of_file("", section, docname=docname)


def append(document: Element, page: Element) -> None:
    """Put a page at the end, but before a last page that holds the bibliography."""
    last = list(starts(document))[-1]
    kinds = (nodes.citation, paper_reference)
    holds = any(True for _ in last.findall(lambda node: isinstance(node, kinds)))
    last.parent.insert(last.parent.index(last) + (0 if holds else 1), page)


def tagline(text: str) -> str:
    """What the book is, in a line: the landing page's first paragraph, when it is plain and short."""
    match = re.search(r"^# .+\n+(?P<line>[A-Z][^\n`{$*]{10,150}?)\.?\n\n", text, flags=re.M)
    return match["line"] if match else ""
