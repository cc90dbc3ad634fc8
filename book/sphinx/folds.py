"""Hints and solutions that open on demand: the browser's own `<details>`, no script."""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

CONTENT = {"exercise-content", "solution-content"}


class fold(nodes.General, nodes.Element):  # noqa: N801  # docutils names nodes so
    """A block that is closed at first."""


class fold_title(nodes.General, nodes.TextElement):  # noqa: N801
    """What a closed block shows."""


def setup(app: Sphinx) -> None:
    """Add the nodes and the transforms."""
    app.add_node(fold, html=(_open, _close))
    app.add_node(fold_title, html=(_open_title, _close_title))
    app.add_post_transform(Unwrap)
    app.add_post_transform(Fold)


class Unwrap(SphinxPostTransform):
    """Take exercises' contents out of sections that all have the same id."""

    default_priority = 590
    formats = ("html",)

    def run(self, **options: object) -> None:
        for section in list(self.document.findall(nodes.section)):
            if CONTENT & set(section["ids"]) or CONTENT & set(section["names"]):
                section.parent.replace(section, section.children)


class Fold(SphinxPostTransform):
    """Make a fold of every note with the class `dropdown`; runs after titles are resolved."""

    default_priority = 600
    formats = ("html",)

    def run(self, **options: object) -> None:
        for note in list(self.document.findall(nodes.Element)):
            if "dropdown" in note.get("classes", []) and isinstance(note, nodes.Admonition):
                self._fold(note)

    def _fold(self, note: nodes.Element) -> None:
        kind = "solution" if "solution" in note["classes"] else note.tagname
        made = fold("", ids=note["ids"], classes=["fold", kind])
        children = list(note.children)
        title = fold_title()
        if children and isinstance(children[0], nodes.title):
            # A link inside what one clicks to unfold would be two buttons in one.
            title += nodes.Text(children.pop(0).astext())
        else:
            title += nodes.Text(kind.capitalize())
        made += [title, *children]
        note.parent.replace(note, made)


def _open(self: HTML5Translator, node: fold) -> None:
    self.body.append(self.starttag(node, "details"))


def _close(self: HTML5Translator, node: fold) -> None:
    self.body.append("</details>\n")


def _open_title(self: HTML5Translator, node: fold_title) -> None:
    self.body.append("<summary>")


def _close_title(self: HTML5Translator, node: fold_title) -> None:
    self.body.append("</summary>\n")
