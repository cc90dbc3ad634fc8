"""Directives for the map of chapters and the reading paths, on the site and on paper."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from html import escape
from typing import cast

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains.std import StandardDomain
from sphinx.util import texescape
from sphinx.util.docutils import SphinxDirective

from book import chart, needs, reading
from book.contents import Entry
from book.paths import DIRECTIVE, ReadingPath
from book.sphinx import state
from book.sphinx.state import State


def setup(app: Sphinx) -> None:
    """Add the directives `book-map`, `book-path` and `book-paths`."""
    app.add_directive("book-map", Map)
    app.add_directive(DIRECTIVE, Path)
    app.add_directive("book-paths", Paths)


def span(minutes: int) -> str:
    """A time as people say it: `35 min`, `2 h 5 min`."""
    hours, rest = divmod(minutes, 60)
    return f"{hours} h {rest} min" if hours and rest else f"{hours} h" if hours else f"{rest} min"


def plain(title: str) -> str:
    """A title without mark-up."""
    return re.sub(r"[$`\\{}]", "", title)


class Map(SphinxDirective):
    """The chapters as a graph, each a link, and the same as a list by level."""

    def run(self) -> list[nodes.Node]:
        here = state.of(self.env.app)
        graph = needs.of(here.book)
        up = "../" * self.env.docname.count("/")
        stops = {slug: _stop(here, graph, slug, up) for slug in graph}
        drawn = [
            chart.svg(chart.drawing(graph, stops, shape), graph, stops, name)
            for name, shape in (("wide", chart.WIDE), ("narrow", chart.NARROW))
        ]
        html = (
            f'<div class="map">{_choice(here.paths)}<div class="map-box">{"".join(drawn)}</div>'
            f"<details><summary>The map as a list</summary>{_levels(graph, stops)}</details></div>"
        )
        pages = {slug: here.book.entry(slug).chapter.docname for slug in graph}
        picture = chart.tikz(chart.drawing(graph, stops, chart.PAPER), stops, pages, _latex)
        latex = f"\\medskip\\begin{{center}}\n{picture}\n\\end{{center}}\n"
        return [nodes.raw("", html, format="html"), nodes.raw("", latex, format="latex")]


def _latex(text: str) -> str:
    return texescape.escape(text, "xelatex")


def _stop(here: State, graph: needs.Graph, slug: str, up: str) -> chart.Stop:
    entry = here.book.entry(slug)
    minutes = reading.of(entry.chapter).minutes
    names = [plain(here.book.entry(need).chapter.title) for need in graph[slug]]
    title = plain(entry.chapter.title)
    said = f"Chapter {entry.number}: {title}, {minutes} minutes, needs {_listed(names)}"
    return chart.Stop(
        title=title,
        facts=f"{entry.number} · {minutes} min",
        said=said,
        href=f"{up}{entry.chapter.docname}.html",
        paths=tuple(path.key for path in here.paths if entry in path.steps),
    )


def _listed(names: Sequence[str]) -> str:
    *most, last = [name.split(": ")[0] for name in names] or ["nothing"]
    return f"{', '.join(most)} and {last}" if most else last


def _choice(paths: Sequence[ReadingPath]) -> str:
    """Buttons that light a path up; a script shows them."""
    buttons = "".join(
        f'<button type="button" data-show="{escape(p.key)}" aria-pressed="false">{escape(p.title)}</button>'
        for p in paths
    )
    return f'<div class="map-show" role="group" aria-label="Light up a path" hidden>{buttons}</div>'


def _levels(graph: needs.Graph, stops: dict[str, chart.Stop]) -> str:
    """The chapters by level, each with what it needs, for those who would rather read than look."""
    rows: dict[int, list[str]] = defaultdict(list)
    for slug, level in needs.levels(graph).items():
        stop = stops[slug]
        rows[level].append(f'<li><a href="{escape(stop.href)}">{escape(stop.said)}</a></li>')
    items = [f"<li><ul>{''.join(rows[level])}</ul></li>" for level in sorted(rows)]
    return f'<ol class="levels">{"".join(items)}</ol>'


class Path(SphinxDirective):
    """A section on one reading path: the directive's text, its chapters with times, a way to follow it."""

    required_arguments = 1
    has_content = True
    option_spec = {  # noqa: RUF012  # as docutils declares it
        "title": directives.unchanged_required,
        "to": directives.unchanged,
        "later": directives.unchanged,
        "without-code": directives.flag,
    }

    def run(self) -> list[nodes.Node]:
        path = next(p for p in state.of(self.env.app).paths if p.key == self.arguments[0])
        name = f"path-{path.key}"
        section = nodes.section("", ids=[name], names=[name])
        section += nodes.title("", path.title)
        standard = cast(StandardDomain, self.env.get_domain("std"))
        standard.note_hyperlink_target(name, self.env.docname, name, path.title)
        box = nodes.container()
        self.state.nested_parse(self.content, self.content_offset, box)
        section += box.children
        section += nodes.paragraph("", f"{summary(path)}.{_open_end(path)}", classes=["path-facts"])
        section += self._chapters(path)
        follow = (
            f'<p class="path-follow" hidden><button type="button" data-follow="{escape(path.key)}" '
            f'{"" if path.code else "data-folded "}aria-pressed="false">Follow this path</button> '
            "<span>Each chapter then ends with the next one on the path.</span></p>"
        )
        section += nodes.raw("", follow, format="html")
        return [section]

    def _chapters(self, path: ReadingPath) -> nodes.Node:
        listing = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".", classes=["path"])
        for step in path.steps:
            line = nodes.paragraph("", "", _link(self.env.docname, step))
            line += [
                nodes.Text(" "),
                nodes.inline("", span(path.minutes_of(step)), classes=["time"]),
            ]
            listing += nodes.list_item("", line)
        return listing


class Paths(SphinxDirective):
    """The reading paths in a line each, with a link to all about them."""

    def run(self) -> list[nodes.Node]:
        here = state.of(self.env.app)
        listing = nodes.bullet_list(classes=["paths"])
        for path in here.paths:
            link = addnodes.pending_xref(
                "", refdomain="std", reftype="ref", reftarget=f"path-{path.key}",
                refexplicit=True, refwarn=True, refdoc=self.env.docname,
            )  # fmt: skip
            link += nodes.inline("", path.title)
            line = nodes.paragraph("", "", link, nodes.Text(" "))
            line += nodes.inline("", summary(path), classes=["time"])
            listing += nodes.list_item("", line)
        return [listing]


def summary(path: ReadingPath) -> str:
    """How many chapters and how much time."""
    count = len(path.steps)
    return f"{count} chapter{'s' if count != 1 else ''}, about {span(path.minutes)}"


def _open_end(path: ReadingPath) -> str:
    said = " The book does not reach the end of this path yet: it goes as far as the chapters do."
    return "" if path.complete else said


def _link(docname: str, entry: Entry) -> nodes.Node:
    link = addnodes.pending_xref(
        "", refdomain="std", reftype="doc", reftarget=f"/{entry.chapter.docname}",
        refexplicit=False, refwarn=True, refdoc=docname,
    )  # fmt: skip
    link += nodes.inline("", plain(entry.chapter.title))
    return link
