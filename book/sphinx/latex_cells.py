"""Cells, boxes and tables on paper: what only draws goes, long outputs are cut, wide tables wrap."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from docutils import nodes
from docutils.nodes import Element
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from book.sphinx import readable
from book.sphinx.latex_nodes import paper_check

COLUMNS, LINES = 200, 60  # of one output; what is longer is cut, with a mark that says so
WIDTH = 80  # characters of code that fit into a line of the page
TABLE = 92  # characters that fit into a row of a table
GAP = 4  # characters between two columns
LONG = 24  # lines: a table with more may go on over the page
CHECK = re.compile(r"^✓ (?P<label>e[qx]-[\w-]+):[^\n]*$")
ERROR = re.compile(r"^\w+(?:Error|Failed|Warning|Exception): .{,1000}$")
GROUPS = re.compile(r"\\pageref\{[^}]*\}|\\[A-Za-z]+|[{}^_$]")
HEAD = re.compile(r"^-+\n(?P<name>\w+) +Traceback \(most recent call last\)\n")
VERDICT = re.compile(r"^[…✗✓] ex-[\w-]+:")


def setup(app: Sphinx) -> None:
    """Connect the transforms."""
    for transform in (Cells, Boxes, Tables):
        app.add_post_transform(transform)


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
        s
        if len(s) <= COLUMNS or ERROR.match(s)
        else f"{s[:COLUMNS]} … ({len(s) - COLUMNS:,} more characters)"
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
    """A table that is too wide gets columns whose text wraps, so that it has as few lines as can be.

    One that is long all the same may be broken between two pages.
    """

    formats = ("latex",)
    default_priority = 750  # when every cell holds what is printed

    def run(self, **kwargs: Any) -> None:
        for table in self.document.findall(nodes.table):
            rows = [list(_entries(row)) for row in table.findall(nodes.row)]
            texts = [[_shown(entry) for entry in row] for row in rows]
            least = [[_longest(entry) for entry in row] for row in rows]
            if sum(_wanted_of(least)) > TABLE:  # much code: it is broken at its spaces, too
                least = [[_longest(entry, (nodes.math,)) for entry in row] for row in rows]
            else:
                for name in table.findall(nodes.literal):
                    name.children[:] = [nodes.Text(name.astext().replace(" ", "\u00a0"))]
            widths = _column_widths(texts, least)
            specs = list(table.findall(nodes.colspec))
            if _lines(texts, widths) > LONG:
                table["classes"].append("longtable")
            if "colwidths-given" in table["classes"] or widths == _wanted(texts):
                continue
            table["classes"].append("colwidths-given")
            for spec, width in zip(specs, widths, strict=False):
                spec["colwidth"] = width


def _entries(row: Element) -> Iterator[Element]:
    return row.findall(nodes.entry)


def _shown(node: nodes.Node) -> str:
    """What is printed of it, near enough to count its characters."""
    return GROUPS.sub("", readable.line(node)).strip()


def _longest(
    entry: Element, unbroken: tuple[type[nodes.Node], ...] = (nodes.literal, nodes.math)
) -> int:
    """The characters of the longest piece that is not broken: a word, a formula, a name in code."""
    pieces = []
    for text in entry.findall(nodes.Text):
        whole = isinstance(text.parent, unbroken)
        pieces += [_shown(text.parent)] if whole else _shown(text).split()
    return max(map(len, pieces), default=0)


def _wanted(texts: list[list[str]]) -> list[int]:
    """The longest text of each column, in characters, with room for the gap between columns."""
    return _wanted_of([[len(text) for text in row] for row in texts])


def _wanted_of(lengths: list[list[int]]) -> list[int]:
    columns = max(map(len, lengths), default=0)
    return [GAP + max(row[i] for row in lengths if i < len(row)) for i in range(columns)]


def _lines(texts: list[list[str]], widths: list[int]) -> int:
    """How many lines the table has in columns of these widths."""
    return sum(
        max((-(-len(t) // (w - GAP)) for t, w in zip(row, widths, strict=False) if t), default=1)
        for row in texts
    )


def _column_widths(texts: list[list[str]], least: list[list[int]]) -> list[int]:
    """As wanted where there is room; else narrowed, a character at a time, where it costs least."""
    widths = _wanted(texts)
    floor = _wanted_of(least)
    while sum(widths) > TABLE:
        tried = [
            (_lines(texts, [*widths[:i], widths[i] - 1, *widths[i + 1 :]]), -widths[i], i)
            for i in range(len(widths))
            if widths[i] > floor[i]
        ]
        if not tried:
            break
        widths[min(tried)[2]] -= 1
    return widths
