"""The book as one document for paper: what is moved, shortened or left out before LaTeX is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.nodes import Element
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders.latex.nodes import math_reference
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node, solution_node

COLUMNS, LINES = 200, 60  # of one output; what is longer is cut, with a mark that says so
WIDTH = 80  # characters of code that fit into a line of the page
TABLE = 92  # characters that fit into a row of a table
CHECK = re.compile(r"^✓ (?P<label>e[qx]-[\w-]+):[^\n]*$")
ERROR = re.compile(r"^\w+(?:Error|Failed|Warning|Exception): .{,1000}$")
EQUATION = re.compile(r"(?:^|#)equation-(eq-[\w-]+)$")
GROUPS = re.compile(r"\\pageref\{[^}]*\}|\\[A-Za-z]+|[{}^_$]")
HEAD = re.compile(r"^-+\n(?P<name>\w+) +Traceback \(most recent call last\)\n")
VERDICT = re.compile(r"^[…✗✓] ex-[\w-]+:")


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
        raised = raised_in(text)
        block.rawsource = shorten(raised or text)
        block.children = []
        block += nodes.Text(block.rawsource)
        block["language"] = "text"
        if raised:
            frame = nodes.container(classes=["book_error"])
            block.replace_self(frame)
            frame += block


def raised_in(text: str) -> str:
    """A traceback in brief: the line that raised, and the error; '' when `text` is no traceback.

    What the libraries did in between fills pages, and is on the site for those who need it.
    """
    head = HEAD.match(text)
    if not head:
        return ""
    lines = text.split("\n")
    last = max(i for i, line in enumerate(lines) if line.startswith(head["name"]))
    frames = text.split("\n\n")
    own = [frame for frame in frames if "Cell In[" in frame]
    arrows = [s for frame in own for s in frame.split("\n") if s.startswith("-") and "> " in s]
    return "\n".join([*arrows, *lines[last:]])


def shorten(text: str) -> str:
    """At most LINES lines of COLUMNS characters; what is cut leaves a mark, what is wide goes on below."""
    lines = text.split("\n")
    if len(lines) > LINES:
        head, tail = lines[: LINES - 10], lines[-9:]
        left_out = len(lines) - len(head) - len(tail)
        lines = [*head, f"… ({left_out:,} more lines, left out on paper)", *tail]
    cut = [
        s if len(s) <= COLUMNS or ERROR.match(s) else f"{s[:COLUMNS]} … ({len(s) - COLUMNS:,} more characters)"
        for s in lines
    ]
    return "\n".join(part for line in cut for part in _wrap(line))


def _wrap(line: str) -> Iterator[str]:
    """The line in pieces that fit, broken at a space where there is one; `↪` begins each further piece."""
    lead = ""
    while len(lead + line) > WIDTH:
        room = WIDTH - len(lead)
        at = line.rfind(" ", room // 2, room + 1)
        at = at if at > 0 else room
        yield (lead + line[:at]).rstrip()
        line, lead = line[at:].lstrip(" "), "  ↪ "
    yield lead + line


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


class Tables(SphinxPostTransform):
    """A table that is too wide gets columns whose text wraps, as wide as their text asks for."""

    formats = ("latex",)
    default_priority = 750  # when every cell holds what is printed

    def run(self, **kwargs: Any) -> None:
        for table in self.document.findall(nodes.table):
            widths = _column_widths(table)
            specs = list(table.findall(nodes.colspec))
            if sum(widths) <= TABLE or "colwidths-given" in table["classes"]:
                continue
            while sum(widths) > TABLE:
                widths[widths.index(max(widths))] -= 1
            table["classes"].append("colwidths-given")
            for spec, width in zip(specs, widths, strict=False):
                spec["colwidth"] = width


def _column_widths(table: Element) -> list[int]:
    """The longest text of each column, in characters, with room for the gap between columns."""
    rows = [
        [GROUPS.sub("", entry.astext()).strip() for entry in row.findall(nodes.entry)]
        for row in table.findall(nodes.row)
    ]
    columns = max((len(row) for row in rows), default=0)
    return [4 + max(len(row[i]) for row in rows if i < len(row)) for i in range(columns)]


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
                title = heading(self.env, start["docname"])
                chapter[0] += nodes.section("", title, *mine, ids=[f"of-{start['docname']}"])
        _insert_before_references(self.document, chapter)


class Contents(SphinxPostTransform):
    """The landing page as preface, parts, the bibliography in its place, a list of equations."""

    formats = ("latex",)
    default_priority = 745  # before Sphinx takes the citations away to the very end

    def run(self, **kwargs: Any) -> None:
        for citation in list(self.document.findall(nodes.citation)):
            _as_reference(citation)
        equations = self.env.get_domain("math").data["objects"]
        for link in list(self.document.findall(nodes.reference)):
            label = EQUATION.search(link.get("refid", "") or link.get("refuri", ""))
            if label and label[1] in equations:  # however the link was made, it shows the number
                link.replace_self(math_reference("", docname=equations[label[1]][0], target=label[1]))
        root = next(iter(self.document.findall(nodes.section)))
        pages = list(starts(self.document))
        for page in pages:
            page.parent.remove(page)
        kept: list[nodes.Node] = [root[0], *_preface(root, self.document["docname"])]
        parts, last = part_of(self.env), ""
        for page in pages:
            part = parts.get(page["docname"], last)
            if part != last:
                numbered = bool(chapter_number(self.env, page["docname"]))
                kept.append(paper_part(caption=part, numbered=numbered))
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
                listing = paper_equations("", heading(self.env, docname), equations=equations)
                chapter[0] += listing
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


def _preface(root: Element, docname: str) -> list[Element]:
    """What the landing page says, without its links to the chapters and without its first line.

    That line, what the book is, stands on the title page.
    """
    body = [c for c in root.children[1:] if _says_something(c)]
    if body and isinstance(body[0], nodes.paragraph):
        del body[0]
    if not any(isinstance(c, nodes.paragraph) for c in body):
        return []
    page = _page("preface", "Preface")
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
    for transform in (Cells, Boxes, Tables, Exercises, Contents):
        app.add_post_transform(transform)
