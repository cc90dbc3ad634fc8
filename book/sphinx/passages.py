"""What the search can find on a page: headings, equations, figures, exercises, pitfalls, errors, works cited."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from docutils import nodes

from book.sphinx import readable
from book.sphinx.folds import fold_title
from book.sphinx.terms import dfn

RAISED = re.compile(r"\b((?:\w+\.)*\w*(?:Error|Exception|Warning|Failed|Exit): .+)")
SKIPPED = (fold_title, nodes.raw, nodes.comment, nodes.image, nodes.label, nodes.system_message)
PRINTED = 600  # characters of a printed output that are worth searching


@dataclass
class Passage:
    """One result of the search: where it leads, and what it is found by.

    Attributes:
        section: the index, on the page, of the heading that it stands under; its own for headings.
        text: prose as it is read, for excerpts too.
        defined: what the prose defines or emphasises.
        terms: what the prose sets as code, and the meanings of symbols.
        names: functions and arguments in cells.
        symbols: commands of formulas, such as `nabla`.
        said: what cells printed.
    """

    kind: str
    anchor: str
    section: int
    title: str
    text: list[str] = field(default_factory=list)
    defined: list[str] = field(default_factory=list)
    terms: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    symbols: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)


def of(document: nodes.document, equations: dict[str, str]) -> list[Passage]:
    """The page's passages in reading order; gives ids to pitfalls and cells that have none.

    `equations` has the words for a labelled equation, such as `Equation (3.4): softmax`.
    """
    reader = _Reader(equations, {i for n in document.findall(nodes.Element) for i in n["ids"]})
    for child in document.children:
        reader.read(child)
    return reader.found


class _Reader:
    """Walks a page; what it reads goes to the passage that is open."""

    def __init__(self, equations: dict[str, str], ids: set[str]) -> None:
        self.equations, self.ids = equations, ids
        self.found: list[Passage] = []
        self.section = 0
        self.open: list[Passage] = []  # the innermost is last

    def read(self, node: nodes.Node) -> None:
        if isinstance(node, nodes.Text):
            self._say("text", str(node))
        elif isinstance(node, nodes.Element) and not self._special(node):
            self._children(node)

    def _special(self, node: nodes.Element) -> bool:
        """Read what is more than its children; False when it is not."""
        classes = node.get("classes", [])
        if isinstance(node, nodes.section):
            self._section(node)
        elif isinstance(node, (nodes.math, nodes.math_block)):
            self._formula(node)
        elif isinstance(node, nodes.literal_block):
            self._block(node, classes)
        elif isinstance(node, nodes.paragraph):
            self._paragraph(node)
        elif isinstance(node, nodes.figure):
            self._figure(node)
        elif isinstance(node, nodes.citation):
            self._inside("work", node, readable.line(node)[:90])
        elif "exercise" in classes:
            self._inside("exercise", node, readable.line(node.next_node(nodes.title)).strip(" ()"))
        elif "solution" in classes:
            self._solution(node)
        elif "cell" in classes:
            self._cell(node)
        elif isinstance(node, nodes.table) and "notation" in classes:
            self._say("terms", readable.line(node))
        else:
            return isinstance(node, (*SKIPPED, nodes.title)) or "catalogue" in classes
        return True

    def _children(self, node: nodes.Element) -> None:
        for child in node.children:
            self.read(child)

    def _say(self, where: str, text: str) -> None:
        if self.open:
            getattr(self.open[-1], where).append(text)

    def _add(self, kind: str, anchor: str, title: str) -> Passage:
        self.found.append(Passage(kind, anchor, self.section, title))
        return self.found[-1]

    def _inside(self, kind: str, node: nodes.Element, title: str) -> None:
        """A passage of its own; its words do not count for what surrounds it."""
        self.open.append(self._add(kind, node["ids"][0] if node["ids"] else "", title))
        self._children(node)
        self.open.pop()

    def _figure(self, node: nodes.figure) -> None:
        caption = next(node.findall(nodes.caption), None)
        passage = self._add("figure", node["ids"][0] if node["ids"] else "", readable.line(caption))
        passage.text += [image.get("alt", "") for image in node.findall(nodes.image)]

    def _section(self, node: nodes.section) -> None:
        outer, before, self.section = self.open, self.section, len(self.found)
        title = readable.line(node.next_node(nodes.title))
        self.open = [self._add("section" if outer else "page", node["ids"][0], title)]
        self._children(node)
        self.open, self.section = outer, before if outer else self.section

    def _paragraph(self, node: nodes.paragraph) -> None:
        first = next((child for child in node.children if child.astext().strip()), None)
        if isinstance(first, nodes.strong) and first.astext().rstrip().endswith((".", "?")):
            title = readable.line(first).rstrip(".")
            while self.open and self.open[-1].kind == "pitfall":
                self.open.pop()
            self.open.append(self._add("pitfall", self._name(node, "pitfall", title), title))
            node = node.deepcopy()
            node.remove(next(child for child in node.children if child.astext().strip()))
        for part in node.findall(nodes.Element):
            if isinstance(part, (dfn, nodes.emphasis, nodes.strong)):
                self._say("defined", " ".join([readable.line(part), *part.get("also", ())]))
            elif isinstance(part, nodes.literal):
                self._say("terms", readable.line(part))
        self._children(node)
        self._say("text", " ")

    def _solution(self, node: nodes.Element) -> None:
        exercises = [p for p in self.found if p.kind == "exercise"]
        self.open.append(exercises[-1])
        self._children(node)
        self.open.pop()

    def _formula(self, node: nodes.math | nodes.math_block) -> None:
        latex = node.astext()
        symbols = readable.symbols(latex)
        if isinstance(node, nodes.math):
            self._say("text", readable.formula(latex))
        elif node.get("label") in self.equations and node["ids"]:
            equation = self._add("equation", node["ids"][0], self.equations[node["label"]])
            equation.symbols += symbols
            equation.text.append(readable.formula(latex))
        self._say("symbols", " ".join(symbols))

    def _block(self, node: nodes.literal_block, classes: list[str]) -> None:
        if "output" in classes:
            self._say("said", node.astext()[:PRINTED])
        elif "traceback" not in classes:
            self._say("names", " ".join(readable.names(node.astext())))

    def _cell(self, node: nodes.Element) -> None:
        for said in _complaints(node):
            error = self._add("error", self._name(node, "error", said), said)
            error.names += [name for block in _inputs(node) for name in readable.names(block)]
        self._children(node)

    def _name(self, node: nodes.Element, kind: str, words: str) -> str:
        """An id for what has none, from its first words."""
        if not node["ids"]:
            plain = [w for w in re.findall(r"[a-z]+", words.lower()) if len(w) > 1]
            stem = "-".join([kind, *plain[:5]])
            name, count = stem, 1
            while name in self.ids:
                count += 1
                name = f"{stem}-{count}"
            self.ids.add(name)
            node["ids"].append(name)
        return str(node["ids"][0])


def _inputs(cell: nodes.Element) -> Iterator[str]:
    for block in cell.findall(nodes.literal_block):
        if "output" not in block["classes"]:
            yield block.astext()


def _complaints(cell: nodes.Element) -> list[str]:
    """Errors and warnings among a cell's outputs, each once."""
    found = []
    for block in cell.findall(nodes.literal_block):
        if "output" in block["classes"]:
            matches = (RAISED.search(line) for line in block.astext().splitlines())
            said = [match[1] for match in matches if match]
            found += said[-1:] if "traceback" in block["classes"] else said
    return list(dict.fromkeys(found))
