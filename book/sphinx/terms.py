"""Terms on the page: each where it is explained, and the index that gathers them."""

from __future__ import annotations

from itertools import groupby

from docutils import nodes
from docutils.nodes import Element
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.writers.html5 import HTML5Translator
from sphinx.writers.latex import LaTeXTranslator

from book.contents import Entry
from book.sphinx import state
from book.terms import Term, order, parse, terms


class dfn(nodes.Inline, nodes.TextElement):  # noqa: N801  # docutils names nodes so
    """A term, where the text says what it means."""


class terms_list(nodes.General, nodes.Element):  # noqa: N801
    """Stands for the index until the kind of output is known."""


def setup(app: Sphinx) -> None:
    """Add the role and the index."""
    app.add_role("dfn", Definition(), override=True)  # Sphinx's own only sets the words apart
    app.add_directive("book-terms", TermsDirective)
    app.add_node(dfn, html=(_open, _close), latex=(_open_latex, _close_latex))
    app.add_node(terms_list)
    app.add_post_transform(Fill)


class Definition(SphinxRole):
    """`` {dfn}`text <entry; also>` ``"""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        term = parse(self.text)
        made = dfn(self.rawtext, term.text, ids=[term.anchor], entry=term.entry, also=term.also)
        return [made], []


class TermsDirective(SphinxDirective):
    """A section for each letter."""

    def run(self) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for letter, _ in groupby(sorted(gathered(state.of(self.env.app)), key=order), key=first):
            section = nodes.section("", ids=[f"index-{letter}"], names=[f"index-{letter}"])
            section += [nodes.title("", letter.upper()), terms_list(letter=letter)]
            found.append(section)
        return found


def first(entry: str) -> str:
    """The letter under which an entry stands."""
    return order(entry)[0][:1]


Places = list[tuple[Entry, Term]]


def gathered(here: state.State) -> dict[str, Places | str]:
    """For each entry the places that explain it, or the other entry to look under."""
    found: dict[str, Places] = {}
    see: dict[str, str] = {}
    for page in here.book.entries:
        for term in terms(page.chapter):
            found.setdefault(term.entry, []).append((page, term))
            see |= dict.fromkeys(term.also, term.entry)
    return {**see, **found}


class Fill(SphinxPostTransform):
    """Put the terms in."""

    default_priority = 5
    formats = ("html",)

    def run(self, **options: object) -> None:
        found = gathered(state.of(self.app))
        for place in list(self.document.findall(terms_list)):
            box = nodes.bullet_list(classes=["terms"])
            for entry in sorted(found, key=order):
                if first(entry) == place["letter"]:
                    box += self._entry(entry, found[entry])
            place.replace_self(box)

    def _entry(self, entry: str, places: Places | str) -> nodes.list_item:
        text = nodes.paragraph("", entry)
        if isinstance(places, str):
            text += [nodes.Text(", see "), nodes.emphasis("", places)]
        else:
            for page, term in places:
                there = self.app.builder.get_relative_uri(self.env.docname, page.chapter.docname)
                short = page.chapter.title.partition(":")[0]
                link = nodes.reference("", refuri=f"{there}#{term.anchor}", internal=True)
                link += nodes.Text(f"{page.number or ''} {short}".strip())
                text += [nodes.Text(" "), link]
        item = nodes.list_item()
        item += text
        return item


def _open(self: HTML5Translator, node: dfn) -> None:
    self.body.append(self.starttag(node, "dfn", ""))


def _close(self: HTML5Translator, node: dfn) -> None:
    self.body.append("</dfn>")


def _open_latex(self: LaTeXTranslator, node: dfn) -> None:
    key = f"{order(node['entry'])[0]}@{self.encode(node['entry'])}"
    self.body.append(rf"\index{{{key}|hyperpage}}")
    for also in node["also"]:
        see = self.encode(node["entry"])
        self.body.append(rf"\index{{{order(also)[0]}@{self.encode(also)}|see{{{see}}}}}")
    self.body.append(r"\emph{")


def _close_latex(self: LaTeXTranslator, node: Element) -> None:
    self.body.append("}")
