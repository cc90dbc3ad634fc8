"""Directives of the appendix: every equation with its check, and every symbol with its meaning."""

from __future__ import annotations

from docutils import nodes
from docutils.statemachine import StringList
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.domains import Domain, ObjType
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from book import alphabet
from book.contents import Entry
from book.equations import EquationRecord
from book.sphinx import state

HEADINGS = ("equation", "name", "values", "difference", "device", "page")


def setup(app: Sphinx) -> None:
    """Add the directives, and names of equations to the search."""
    app.add_directive("book-equations", EquationsDirective)
    app.add_directive("book-notation", NotationDirective)
    app.add_node(catalogue)
    app.add_post_transform(Fill)
    app.add_domain(EquationDomain)


class catalogue(nodes.General, nodes.Element):  # noqa: N801  # docutils names nodes so
    """Stands for the equations of one chapter until all pages are read."""


class EquationsDirective(SphinxDirective):
    """Totals, then a section with each chapter's equations."""

    def run(self) -> list[nodes.Node]:
        here = state.of(self.env.app)
        found: list[nodes.Node] = [nodes.paragraph("", totals(list(here.equations.values())))]
        for entry in here.book.entries:
            if entry.chapter.labelled:
                name = f"equations-{entry.chapter.slug}"
                section = nodes.section("", ids=[name], names=[name])
                section += nodes.title("", entry.chapter.title)
                section += catalogue(slug=entry.chapter.slug)
                found.append(section)
        return found


def totals(records: list[EquationRecord]) -> str:
    """The state of the contract in a sentence or two."""
    checked = [r for r in records if r.state == "checked"]
    exempt = sum(r.state == "exempt" for r in records)
    values = sum(r.values for r in checked)
    said = f"{len(records)} equations have a name. {len(checked)} were computed in two ways, on {values:,} values."
    return said + (f" {exempt} cannot be computed; each says why." if exempt else "")


class Fill(SphinxPostTransform):
    """Put the equations in, before references are resolved (their priority is 10)."""

    default_priority = 5

    def run(self, **options: object) -> None:
        records = state.of(self.app).equations.values()
        for place in list(self.document.findall(catalogue)):
            own = [r for r in records if r.chapter == place["slug"]]
            make = self._table if self.app.builder.format == "latex" else self._list
            place.replace_self(make(own))

    def _list(self, records: list[EquationRecord]) -> nodes.Node:
        box = nodes.bullet_list(classes=["catalogue"])
        for record in records:
            item = nodes.list_item(ids=[f"listed-{record.label}"])
            head = nodes.paragraph(classes=["entry"])
            head += [
                self._link(record),
                nodes.Text(" "),
                nodes.inline("", record.name, classes=["name"]),
            ]
            facts = nodes.paragraph("", "", self._facts(record), classes=["facts", record.state])
            formula = nodes.math_block(
                record.latex, record.latex, nowrap=False, number=None, label=None
            )
            formula.source, formula.line = record.path, record.line
            item += [head, formula, facts]
            box += item
        return box

    def _facts(self, record: EquationRecord) -> nodes.Node:
        """The result in words, which leads to the check."""
        if record.state != "checked":
            return nodes.Text(record.sentence)
        page = record.path.removesuffix(".md")
        there = self.app.builder.get_relative_uri(self.env.docname, page)
        return nodes.reference(
            "", record.sentence, refuri=f"{there}#check-{record.label}", internal=True
        )

    def _table(self, records: list[EquationRecord]) -> nodes.Node:
        table = nodes.table(classes=["longtable"])
        group = nodes.tgroup(cols=len(HEADINGS))
        group += [nodes.colspec(colwidth=width) for width in (10, 36, 12, 16, 14, 8)]
        head, body = nodes.thead(), nodes.tbody()
        head += _row([nodes.Text(text) for text in HEADINGS])
        for r in records:
            page = rf"\pageref{{equation:{r.path.removesuffix('.md')}:{r.label}}}"
            cells: list[nodes.Node] = [self._link(r), nodes.literal("", r.label)]
            cells += [
                nodes.Text(f"{r.values:,}"),
                nodes.Text(r.short or "—"),
                nodes.Text(r.device or "—"),
            ]
            body += _row([*cells, nodes.raw("", page, format="latex")])
        group += [head, body]
        table += group
        return table

    def _link(self, record: EquationRecord) -> nodes.Node:
        link = addnodes.pending_xref(
            "", refdomain="math", reftype="eq", reftarget=record.label, refwarn=True,
            refexplicit=False, refdoc=self.env.docname,
        )  # fmt: skip
        link += nodes.literal("", record.label)
        return link


def _row(cells: list[nodes.Node]) -> nodes.row:
    row = nodes.row()
    for cell in cells:
        entry = nodes.entry()
        entry += nodes.paragraph("", "", cell)
        row += entry
    return row


class NotationDirective(SphinxDirective):
    """The notation tables of all chapters as one, in the order of the alphabet.

    A symbol that recurs is listed once; one that has several meanings, once for each.
    """

    def run(self) -> list[nodes.Node]:
        lines = ["| symbol | code | shape | meaning | chapter |", "|---|---|---|---|---|"]
        rows: dict[tuple[str, ...], list[Entry]] = {}
        for entry in state.of(self.env.app).book.entries:
            if entry.chapter.docname == self.env.docname:
                continue  # its own table stands above this one
            for row in entry.chapter.notation:
                for one in alphabet.apart(row.symbol, row.code, row.shape):
                    rows.setdefault((*one, row.meaning), []).append(entry)
        for cells, entries in sorted(rows.items(), key=lambda row: alphabet.order(row[0][0])):
            where = ", ".join(
                f"[{e.number or e.chapter.title}](/{e.chapter.docname}.md)" for e in entries
            )
            lines.append(f"| {' | '.join(cells)} | {where} |")
        box = nodes.container(classes=["notation"])
        self.state.nested_parse(StringList(lines, source=self.env.docname), 0, box)
        return list(box.children)


class EquationDomain(Domain):
    """Lets the search find equations by name; it has no directives of its own."""

    name = "equation"
    label = "Numbered"
    object_types = {"equation": ObjType("equation")}  # noqa: RUF012  # as Sphinx declares it

    def get_objects(self) -> list[tuple[str, str, str, str, str, int]]:
        records = list(state.of(self.env.app).equations.values())
        return [
            (r.label, f"{r.name} ({r.number})", "equation", r.path.removesuffix(".md"),
             f"equation-{r.label}", 1)
            for r in records
        ]  # fmt: skip

    def merge_domaindata(self, docnames: object, otherdata: object) -> None:
        """Nothing is kept between pages."""
