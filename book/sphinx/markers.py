"""Show cells without the comments that are meant for the mutation tester."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx

from book.markers import hidden


def setup(app: Sphinx) -> None:
    """Connect to the moment at which a page has been read, for every kind of output."""
    app.connect("doctree-read", _hide)


def _hide(app: Sphinx, document: nodes.document) -> None:
    for cell in document.findall(
        lambda node: "cell_input" in getattr(node, "attributes", {}).get("classes", [])
    ):
        for block in list(cell.findall(nodes.literal_block)):
            text = block.astext()
            if hidden(text) != text:
                shown = nodes.literal_block("", "", *[nodes.Text(hidden(text))])
                shown.attributes.update(block.attributes)
                shown.rawsource = hidden(text)
                block.replace_self(shown)
