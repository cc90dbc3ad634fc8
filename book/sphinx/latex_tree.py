"""The book as one document for paper: preface, parts, solutions, lists, each where a book has it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from docutils import nodes
from docutils.nodes import Element
from sphinx.application import Sphinx
from sphinx.builders.latex.nodes import math_reference
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

from book.sphinx import state
from book.sphinx.latex_nodes import (
    append,
    chapter_number,
    heading,
    new_page,
    number_of,
    paper_equations,
    paper_exercise,
    paper_moved,
    paper_part,
    paper_reference,
    paper_references,
    paper_solution,
    part_of,
    starts,
    tagline,
)

EQUATION = re.compile(r"(?:^|#)equation-(eq-[\w-]+)$")


def setup(app: Sphinx) -> None:
    """Connect the transforms."""
    app.add_post_transform(Exercises)
    app.add_post_transform(Contents)


class Exercises(SphinxPostTransform):
    """Exercises stay in their chapters; their solutions go to a chapter of their own at the end."""

    formats = ("latex",)
    default_priority = 740  # all references are resolved, all titles known

    def run(self, **kwargs: Any) -> None:
        solutions = self._take_solutions()
        for node in list(self.document.findall(_is_exercise)):
            node.replace_self(self._exercise(node, solutions))
        if solutions:
            self._append(solutions)

    def _take_solutions(self) -> dict[str, Element]:
        """Each exercise's solution, taken out of the text."""
        found = {}
        for node in list(self.document.findall(solution_node)):
            node.parent.remove(node)
            found[node["target_label"]] = node
        return found

    def _exercise(self, node: Element, solutions: dict[str, Element]) -> Element:
        label, docname = node["label"], node["docname"]
        solution = solutions.get(label)
        own = f"{docname}:{solution['label']}" if solution is not None else ""
        number = number_of(self.env, docname, "exercise", node)
        new = paper_exercise(label=label, number=number, solution=own)
        _fill(new, node)
        if solution is not None:
            answer = paper_solution(label=label, number=number, own=own)
            _fill(answer, solution)
            answer[0].children = [c.deepcopy() for c in new[0].children]
            solutions[label] = paper_moved("", answer, docname=docname)
        return new

    def _append(self, solutions: dict[str, Element]) -> None:
        chapter = new_page("solutions", "Solutions")
        for start in list(starts(self.document)):
            mine = [s for s in solutions.values() if s.get("docname") == start["docname"]]
            if mine:
                title = heading(self.env, start["docname"])
                chapter[0] += nodes.section("", title, *mine, ids=[f"of-{start['docname']}"])
        append(self.document, chapter)


class Contents(SphinxPostTransform):
    """The landing page as preface, parts, the bibliography in its place, a list of equations."""

    formats = ("latex",)
    default_priority = 745  # before Sphinx takes the citations away to the very end

    def run(self, **kwargs: Any) -> None:
        for citation in list(self.document.findall(nodes.citation)):
            _as_reference(citation)
        self._link_equations()
        root = next(iter(self.document.findall(nodes.section)))
        line = tagline(state.of(self.app).book.entries[0].chapter.text)
        pages = list(starts(self.document))
        for page in pages:
            page.parent.remove(page)
        preface = _preface(root, self.document["docname"], line)
        root.children = [root[0]]
        root.extend([*preface, *self._with_parts(pages)])
        self._list_equations()

    def _link_equations(self) -> None:
        """However a link to an equation was made, it shows the number."""
        equations = self.env.get_domain("math").data["objects"]
        for link in list(self.document.findall(nodes.reference)):
            label = EQUATION.search(link.get("refid", "") or link.get("refuri", ""))
            if label and label[1] in equations:
                docname = equations[label[1]][0]
                link.replace_self(math_reference("", docname=docname, target=label[1]))

    def _with_parts(self, pages: list[Element]) -> Iterator[Element]:
        """The pages, and before the first of each part the page that opens it."""
        parts, last = part_of(self.env), ""
        for page in pages:
            part = parts.get(page["docname"], last)
            if part != last:
                numbered = bool(chapter_number(self.env, page["docname"]))
                yield paper_part(caption=part, numbered=numbered)
            last = part
            yield page

    def _list_equations(self) -> None:
        """Unless a page of the book lists them already."""
        raws = self.document.findall(nodes.raw)
        records = list(state.of(self.app).equations.values())
        if not records or any(r"\pageref{equation:" in raw.astext() for raw in raws):
            return
        chapter = new_page("list-of-equations", "List of equations")
        for path, group in groupby(records, key=lambda record: record.path):
            docname = path.removesuffix(".md")
            equations = [(docname, record.label, record.number) for record in group]
            chapter[0] += paper_equations("", heading(self.env, docname), equations=equations)
        append(self.document, chapter)


def _preface(root: Element, docname: str, line: str) -> list[Element]:
    """What the landing page says, but for its contents, and the `line` that the title page shows."""
    body = [c for c in root.children[1:] if _says_something(c)]
    if body and body[0].astext().rstrip(".") == line:
        del body[0]
    if not any(isinstance(c, nodes.paragraph) for c in body):
        return []
    page = new_page("preface", "Preface")
    page["docname"] = docname
    page[0] += body
    return [page]


def _says_something(node: nodes.Node) -> bool:
    """False for what holds the contents, is for the site only, or is empty."""
    if isinstance(node, nodes.section):
        return "contents" not in node["ids"] and len(node.children) > 1
    if isinstance(node, (nodes.raw, nodes.comment, nodes.target)) or _is_wrapper(node):
        return False
    return "start" not in getattr(node, "attributes", {}).get("classes", [])


def _is_wrapper(node: nodes.Node) -> bool:
    return isinstance(node, nodes.compound) and "toctree-wrapper" in node.get("classes", [])


def _is_exercise(node: nodes.Node) -> bool:
    return isinstance(node, (exercise_node, exercise_enumerable_node))


def _fill(new: Element, old: Element) -> None:
    """Title and text of an exercise or a solution, without the wrappers."""
    title, *content = old.children
    parts = [c for c in title.children if not isinstance(c, nodes.reference)]
    new += nodes.title("", "", *_subtitle(parts))
    for part in content:
        if isinstance(part, nodes.section) and not part.findall(nodes.title):
            new += part.children
        else:
            new += part.children if isinstance(part, nodes.section) else part


def _subtitle(parts: list[nodes.Node]) -> list[nodes.Node]:
    """`Exercise 3.1 (The name)` without all but `The name`."""
    texts = [p.astext() for p in parts]
    if " (" in texts and texts[-1] == ")":
        return parts[texts.index(" (") + 1 : -1]
    return []


def _as_reference(citation: Element) -> None:
    entry = paper_reference(ids=citation["ids"])
    for child in citation.children:
        if not isinstance(child, nodes.label):
            entry += child.children if isinstance(child, nodes.paragraph) else child
    holder = citation.parent
    if not isinstance(holder, paper_references):
        listing = paper_references()
        holder.replace_self(listing)
        listing.extend(list(holder.children))
    citation.replace_self(entry)
