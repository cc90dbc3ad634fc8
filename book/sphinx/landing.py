"""Directives of the landing page: where to start, and the contents with each chapter's question."""

from __future__ import annotations

import re
from itertools import groupby

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book import downloads, reading
from book.chapter import Chapter
from book.contents import Entry
from book.sphinx import state


def setup(app: Sphinx) -> None:
    """Add the directives `book-start` and `book-contents`."""
    app.add_directive("book-start", Start)
    app.add_directive("book-contents", Contents)


def opening(chapter: Chapter) -> str:
    """The question that the chapter opens with: the first sentence under its title that asks."""
    under_title = re.split(r"^# .+$", chapter.text, maxsplit=1, flags=re.M)[-1]
    prose = re.split(r"^(?:[|#:]|```|---)", under_title, maxsplit=1, flags=re.M)[0]
    sentences = [line.strip() for line in prose.splitlines() if line.strip()]
    plain = [s for s in sentences if "{" not in s and "$" not in s]
    asks = [s for s in plain if s.endswith("?")]
    return (asks or plain or [""])[0]


class Start(SphinxDirective):
    """Three ways in: read, print, run."""

    def run(self) -> list[nodes.Node]:
        book = state.of(self.env.app).book
        first = next(e.chapter for e in book.entries if e.number == 1)
        up = "../" * self.env.docname.count("/")
        row = nodes.paragraph(classes=["start"])
        row += self._link(first)
        more = [("The PDF", up + downloads.PDF)] if downloads.has_pdf(book) else []
        more.append(("The notebooks", f"{book.repository}/tree/notebooks"))
        more.append(("The source", book.repository))
        for text, href in more:
            row += nodes.Text(" ")
            row += nodes.reference("", text, refuri=href)
        return [row]

    def _link(self, chapter: Chapter) -> nodes.Node:
        link = addnodes.pending_xref(
            "", refdomain="std", reftype="doc", reftarget=f"/{chapter.docname}",
            refexplicit=True, refwarn=True, refdoc=self.env.docname,
        )  # fmt: skip
        link += nodes.inline("", "Start reading")
        return link


class Contents(SphinxDirective):
    """The parts and their chapters, one line each."""

    def run(self) -> list[nodes.Node]:
        entries = [e for e in state.of(self.env.app).book.entries if e.part]
        box = nodes.container(classes=["book-contents"])
        for part, chapters in groupby(entries, key=lambda e: e.part):
            box += nodes.rubric("", part)
            lines = [line for entry in chapters for line in self._lines(entry)]
            self.state.nested_parse(StringList(lines, source=self.env.docname), 0, box)
        times = [f"{reading.of(e.chapter).minutes} min" if e.number else "" for e in entries]
        for item, time in zip(box.findall(nodes.list_item), times, strict=True):
            if time:
                item[0] += [nodes.Text(" "), nodes.inline("", time, classes=["time"])]
        return [box]

    def _lines(self, entry: Entry) -> list[str]:
        name, title = entry.chapter.docname, entry.chapter.title
        said = opening(entry.chapter)
        return [
            f"{entry.number}. [{title}](/{name}.md) {said}"
            if entry.number
            else f"- [{title}](/{name}.md) {said}"
        ]
