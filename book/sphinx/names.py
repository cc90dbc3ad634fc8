"""Names in code cells, found once, so that every part of the book can say something about them.

Three parts and more have something to say about the `W` of a cell: its shape, the symbol that it
stands for, the page that documents it. Each adds a describer, and this module writes what they say
into the highlighted code. To add one:

    from book.names import Name
    from book.sphinx import names

    def setup(app):
        names.add(app, describe)

    def describe(app, docname, index, found):
        # `index` counts the page's code cells from 0, `found` is a tuple of `Name`
        return {name: {"data-symbol": "w"} for name in found if name.path == "W"}

`setup` of this module must have run before (`book/sphinx/__init__.py` lists it first among those
that use it). A describer is called once for every code cell that a page shows, in order. It returns
attributes for the names that it knows: `<span class="n" data-symbol="w">W</span>`. The attribute
`href` makes a link inside that span, and takes its `title` and `tabindex` along:
`<span class="n"><a href="…" title="…">relu</a></span>`. Classes of several describers
are joined; any other attribute that two of them give to one name stops the build. A describer keeps
to its own `data-…` and classes, and adds no tab stops: a page has a thousand names.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from html import escape, unescape
from typing import cast

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.writers.html5 import HTML5Translator

from book.names import Name, names
from book.sphinx import state
from book.store import as_notebook

Attributes = dict[str, str]
Describer = Callable[[Sphinx, str, int, tuple[Name, ...]], Mapping[Name, Attributes]]
LINK = ("href", "title", "tabindex")  # what goes to the link, not to the span around it
PIECE = re.compile(r"(?P<tag><[^>]*>)|(?P<text>[^<]+)")


def setup(app: Sphinx) -> None:
    """Collect what is said when a page is about to be written, and write it into the code."""
    app.book_describers = []  # type: ignore[attr-defined]
    app.add_post_transform(Describe)
    app.add_node(nodes.literal_block, override=True, html=(_visit, _depart))


def add(app: Sphinx, describer: Describer) -> None:
    """Let `describer` say something about names in cells."""
    _describers(app).append(describer)


def _describers(app: Sphinx) -> list[Describer]:
    return cast(list[Describer], getattr(app, "book_describers"))  # noqa: B009


class Describe(SphinxPostTransform):
    """Runs late: what a cell shows is settled."""

    default_priority = 700
    formats = ("html",)

    def run(self, **options: object) -> None:
        for index, block in _cells(self.app, self.env.docname, self.document):
            found = names(block.rawsource)
            marks: dict[Name, Attributes] = {}
            for describer in _describers(self.app):
                said = describer(self.app, self.env.docname, index, found)
                for name, attributes in said.items():
                    _join(marks.setdefault(name, {}), attributes, name)
            block["marks"] = marks


def _cells(
    app: Sphinx, docname: str, document: nodes.document
) -> Iterator[tuple[int, nodes.literal_block]]:
    """Each shown cell's number among the page's code cells, and its source."""
    entry = state.of(app).entry(docname)
    if entry is None or not entry.chapter.executed:
        return
    kinds = [cell.cell_type for cell in as_notebook(entry.chapter).cells]
    for cell in document.findall(nodes.container):
        if cell.get("nb_element") == "cell_code":
            index = kinds[: cell["cell_index"]].count("code")
            for part in cell.children:
                if isinstance(part, nodes.container) and "cell_input" in part["classes"]:
                    yield from ((index, block) for block in part.findall(nodes.literal_block))


def _join(known: Attributes, more: Mapping[str, str], name: Name) -> None:
    for key, value in more.items():
        if key == "class" and key in known:
            known[key] += f" {value}"
        elif known.setdefault(key, value) != value:
            raise ValueError(f"two describers give {name.path} different values of {key}")


def _visit(self: HTML5Translator, node: nodes.literal_block) -> None:
    try:
        type(self).visit_literal_block(self, node)
    except nodes.SkipNode:
        if node.get("marks"):
            self.body[-1] = marked(self.body[-1], node.rawsource, node["marks"])
        raise


def _depart(self: HTML5Translator, node: nodes.literal_block) -> None:
    type(self).depart_literal_block(self, node)


def marked(html: str, source: str, marks: Mapping[Name, Attributes]) -> str:
    """The highlighted code `html` of `source`, with attributes on its names."""
    head, opening, rest = html.partition("<pre>")
    code, closing, tail = rest.partition("</pre>")
    starts = {name.offset: (name.text, attributes) for name, attributes in marks.items()}
    done, offset = [], len(source) - len(source.lstrip("\n"))  # which the highlighter drops
    for piece in PIECE.finditer(code):
        if piece["tag"]:
            done.append(piece["tag"])
            continue
        text = unescape(piece["text"])
        inside = {at - offset: starts[at] for at in starts if offset <= at < offset + len(text)}
        if list(inside) == [0] and inside[0][0] == text and done and _is_token(done[-1]):
            done[-1] = _open(done[-1][:-1], inside[0][1])
            done.append(_linked(text, inside[0][1]))
        else:
            done += _wrapped(text, inside) if inside else [piece["text"]]
        offset += len(text)
    return head + opening + "".join(done) + closing + tail


def _is_token(tag: str) -> bool:
    return tag.startswith("<span class=")


def _wrapped(text: str, inside: Mapping[int, tuple[str, Attributes]]) -> Iterator[str]:
    """A run of text in which names get a span of their own."""
    done = 0
    for start, (name, attributes) in sorted(inside.items()):
        yield escape(text[done:start])
        yield _open("<span", attributes) + _linked(name, attributes) + "</span>"
        done = start + len(name)
    yield escape(text[done:])


def _open(tag: str, attributes: Attributes) -> str:
    """An opening tag without its `>`, completed with the attributes that a span may have."""
    own = {key: value for key, value in attributes.items() if key not in LINK}
    joined = re.sub(r'class="', f'class="{escape(own["class"])} ', tag) if "class" in own else tag
    if joined != tag:
        own.pop("class")
    return joined + "".join(f' {key}="{escape(value)}"' for key, value in own.items()) + ">"


def _linked(text: str, attributes: Attributes) -> str:
    link = {key: attributes[key] for key in LINK if key in attributes}
    if "href" not in link:
        return escape(text)
    said = "".join(f' {key}="{escape(value)}"' for key, value in link.items())
    return f"<a{said}>{escape(text)}</a>"
