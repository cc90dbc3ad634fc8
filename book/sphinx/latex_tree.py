"""The book as one document for paper: what is moved, shortened or left out before LaTeX is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.nodes import Element
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

COLUMNS, LINES = 200, 60  # of one output; what is longer is cut, with a mark that says so
CHECK = re.compile(r"^✓ (?P<label>eq-[\w-]+):[^\n]*$")
VERDICT = re.compile(r"^[…✗✓] ex-[\w-]+:")


class paper_part(nodes.General, nodes.Element):
    """The page that opens a part; `caption` is its name."""


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
    """A chapter's part of the list of equations: `heading`, and (docname, label, number) each."""


class Cells(SphinxPostTransform):
    """Code that only draws a figure goes, long outputs are cut, checks become lines of their own."""

    formats = ("latex",)
    default_priority = 6  # after MyST-NB chose the format of each output

    def run(self, **kwargs: Any) -> None:
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code":
                self._cell(cell)

    def _cell(self, cell: Element) -> None:
        tags = cell["cell_metadata"].get("tags", [])
        hidden = cell.get("hide_mode") in ("input", "input+output", "all")
        for part in list(cell.children):
            kind = part.get("nb_element") if isinstance(part, Element) else ""
            if kind == "cell_code_source" and hidden:
                cell.remove(part)
            elif kind == "cell_code_output":
                if cell.get("hide_mode") == "all":
                    cell.remove(part)
                    continue
                for block in list(part.findall(nodes.literal_block)):
                    _output(block, waiting="stub" in tags)
                if not part.children:
                    cell.remove(part)
        if not cell.children:
            cell.parent.remove(cell)


def _output(block: Element, *, waiting: bool) -> None:
    """Shorten one text output; a check becomes a line, a stub's verdict goes."""
    text = block.astext().rstrip("\n")
    if waiting and VERDICT.match(text):
        block.parent.remove(block)
    elif match := CHECK.match(text):
        line = paper_check(label=match["label"], text=text)
        line.line, line.source = block.line, block.source
        block.replace_self(line)
    else:
        short = shorten(text)
        block.rawsource = short
        block.children = []
        block += nodes.Text(short)


def shorten(text: str) -> str:
    """At most LINES lines of COLUMNS characters, each cut marked by `…` and what is missing."""
    lines = [
        s if len(s) <= COLUMNS else f"{s[:COLUMNS]} … ({len(s) - COLUMNS:,} more characters)"
        for s in text.split("\n")
    ]
    if len(lines) > LINES:
        head, tail = lines[: LINES - 10], lines[-9:]
        left_out = len(lines) - len(head) - len(tail)
        lines = [*head, f"… ({left_out:,} more lines, left out on paper)", *tail]
    return "\n".join(lines)


class Boxes(SphinxPostTransform):
    """A dropdown is a box on paper, with its title."""

    formats = ("latex",)
    default_priority = 7

    def run(self, **kwargs: Any) -> None:
        for dropdown in list(self.document.findall(nodes.container)):
            if dropdown.get("design_component") == "dropdown":
                box = nodes.admonition()
                title, *body = dropdown.children
                if dropdown.get("has_title", isinstance(title, nodes.rubric)):
                    box += nodes.title("", "", *title.children)
                else:
                    body = [title, *body]
                for part in body:
                    box += part.children if _is_body(part) else part
                dropdown.replace_self(box)


def _is_body(node: nodes.Node) -> bool:
    return isinstance(node, nodes.container) and "design_component" in node.attributes


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
        chapter = _page("solutions", "Solutions")
        for start in list(starts(self.document)):
            mine = [s for s in solutions.values() if s.get("docname") == start["docname"]]
            if mine:
                title = nodes.title("", heading(self.env, start["docname"]))
                chapter[0] += nodes.section("", title, *mine, ids=[f"of-{start['docname']}"])
        _insert_before_references(self.document, chapter)


class Contents(SphinxPostTransform):
    """Parts, the list of equations, the bibliography; the landing page's text stays on the site."""

    formats = ("latex",)
    default_priority = 745  # before Sphinx takes the citations away to the very end

    def run(self, **kwargs: Any) -> None:
        for citation in list(self.document.findall(nodes.citation)):
            _as_reference(citation)
        pages = list(starts(self.document))
        root = next(iter(self.document.findall(nodes.section)))
        kept: list[nodes.Node] = [root[0]]
        parts, last = part_of(self.env), ""
        for page in pages:
            page.parent.remove(page)
            part = parts.get(page["docname"], last)
            if part and part != last:
                kept.append(paper_part(caption=part))
            last = part
            kept.append(page)
        root.children = []
        root.extend(kept)
        self._list_equations()

    def _list_equations(self) -> None:
        groups: dict[str, list[tuple[str, str, str]]] = {}
        for block in self.document.findall(nodes.math_block):
            if block.get("label"):
                docname = block["docname"]
                number = number_of(self.env, docname, "displaymath", block)
                groups.setdefault(docname, []).append((docname, block["label"], number))
        listed = any(r"\pageref{equation:" in raw.astext() for raw in self.document.findall(nodes.raw))
        if groups and not listed:  # unless a page of the book lists them already
            chapter = _page("list-of-equations", "List of equations")
            for docname in sorted(groups, key=list(self.env.toc_secnumbers).index):
                equations = sorted(groups[docname], key=lambda e: [int(n) for n in e[2].split(".")])
                chapter[0] += paper_equations(heading=heading(self.env, docname), equations=equations)
            _insert_before_references(self.document, chapter)


def number_of(env: BuildEnvironment, docname: str, kind: str, node: Element) -> str:
    """The number that Sphinx gave, such as `3.12`; the same on the site and on paper."""
    numbers = env.toc_fignumbers.get(docname, {}).get(kind, {})
    found: tuple[int, ...] = next((numbers[i] for i in node["ids"] if i in numbers), ())
    return ".".join(map(str, found))


def chapter_number(env: BuildEnvironment, docname: str) -> str:
    """The number of the page `docname`, or '' when it has none."""
    found = env.toc_secnumbers.get(docname, {}).get("")
    return str(found[0]) if found else ""


def heading(env: BuildEnvironment, docname: str) -> str:
    """A chapter's number and title."""
    title = env.titles[docname].astext()
    return f"{chapter_number(env, docname)}\u2002{title}".strip()


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


def _page(docname: str, title: str) -> Element:
    section = nodes.section("", nodes.title("", title), ids=[docname])
    return addnodes.start_of_file("", section, docname=docname)


def _insert_before_references(document: Element, page: Element) -> None:
    """Put a page at the end, but before a last page that holds the bibliography."""
    pages = list(starts(document))
    last = pages[-1]
    holds = any(True for _ in last.findall(lambda n: isinstance(n, (nodes.citation, paper_reference))))
    at = last.parent.index(last) + (0 if holds else 1)
    last.parent.insert(at, page)


def setup(app: Sphinx) -> None:
    """Register the nodes and the transforms."""
    for transform in (Cells, Boxes, Exercises, Contents):
        app.add_post_transform(transform)
