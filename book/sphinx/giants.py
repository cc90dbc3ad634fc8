"""The directive `book-giants`: what the chapters of a part recommend, chapter by chapter."""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book import giants
from book.sphinx import state


def setup(app: Sphinx) -> None:
    """Add the directive."""
    app.add_directive("book-giants", GiantsDirective)


class GiantsDirective(SphinxDirective):
    """The recommended sources of all chapters in the part named as its argument."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        here = state.of(self.env.app)
        lines: list[str] = []
        for entry in here.book.entries:
            items = giants.recommended(entry.chapter) if entry.part == self.arguments[0] else []
            if items:
                self.env.note_dependency(str(here.root / entry.chapter.path))
                lines += [f"**[](/{entry.chapter.path})**", "", *"\n".join(items).split("\n"), ""]
        if not lines:
            known = ", ".join(dict.fromkeys(e.part for e in here.book.entries if e.part))
            raise self.error(
                f"no chapter of a part {self.arguments[0]} has sources; parts: {known}"
            )
        box = nodes.container(classes=["giants"])
        self.state.nested_parse(StringList(lines, source=self.env.docname), 0, box)
        return [box]
