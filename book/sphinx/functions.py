"""The index of PyTorch's functions, and names for the cells that it leads to."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.docutils import SphinxDirective

from book.functions.addresses import address
from book.functions.listing import by_name, owner
from book.names import Name
from book.sphinx import names, state
from book.store import as_notebook


class functions_list(nodes.General, nodes.Element):  # noqa: N801  # docutils names nodes so
    """Stands for the functions of one module, `owner`, until the kind of output is known."""


def setup(app: Sphinx) -> None:
    """Add the directive, and anchors to cells."""
    app.add_directive("book-functions", FunctionsDirective)
    app.add_node(functions_list)
    app.add_post_transform(Fill)
    app.connect("doctree-read", _name_cells)
    names.add(app, _documented)


def _name_cells(app: Sphinx, document: nodes.document) -> None:
    """Each code cell can be linked to, by its number on the page."""
    entry = state.of(app).entry(app.env.docname)
    if entry is None or not entry.chapter.executed:
        return
    kinds = [cell.cell_type for cell in as_notebook(entry.chapter).cells]  # those not shown, too
    for cell in document.findall(nodes.container):
        if cell.get("nb_element") == "cell_code":
            cell["ids"].append(anchor(kinds[: cell["cell_index"]].count("code")))


def _documented(
    app: Sphinx, docname: str, index: int, found: tuple[Name, ...]
) -> dict[Name, dict[str, str]]:
    """Links from a cell's names to what documents them, each name once a cell."""
    at = {use.offset: use.name for use in state.of(app).uses.get(docname, []) if use.cell == index}
    links: dict[str, Name] = {}
    for name in found:
        if name.offset in at and address(at[name.offset]):
            links.setdefault(at[name.offset], name)
    return {
        place: {"href": address(name), "tabindex": "-1" if i else "0"}
        for i, (name, place) in enumerate(links.items())
    }


def anchor(index: int) -> str:
    """The id of the cell that is number `index` of its chapter, from 0."""
    return f"cell-{index + 1}"


class FunctionsDirective(SphinxDirective):
    """How many there are, then a section for each module."""

    def run(self) -> list[nodes.Node]:
        listed = by_name(state.of(self.env.app).uses)
        said = f"{len(listed)} names, from {len({owner(n) for n in listed})} modules and classes."
        found: list[nodes.Node] = [nodes.paragraph("", said)]
        for module, _ in groupby(listed, key=owner):
            name = "functions-" + module.lower().replace(".", "-")
            section = nodes.section("", ids=[name], names=[name])
            title = nodes.title()
            title += nodes.literal("", module)
            section += [title, functions_list(owner=module)]
            found.append(section)
        return found


class Fill(SphinxPostTransform):
    """Put the functions in."""

    default_priority = 5
    formats = ("html",)

    def run(self, **options: object) -> None:
        listed = by_name(state.of(self.app).uses)
        for place in list(self.document.findall(functions_list)):
            box = nodes.bullet_list(classes=["functions"])
            for name, where in listed.items():
                if owner(name) == place["owner"]:
                    box += self._entry(name, where)
            place.replace_self(box)

    def _entry(self, name: str, where: dict[str, list[int]]) -> nodes.list_item:
        text = nodes.paragraph()
        text += nodes.literal("", name.rpartition(".")[2], ids=[name])
        if there := address(name):
            arrow = nodes.reference("", "↗", refuri=there, internal=False)
            arrow["reftitle"] = f"{name} in PyTorch’s documentation"
            text += [nodes.Text(" "), arrow]
        for docname, cells in where.items():
            text += self._chapter(docname, cells)
        item = nodes.list_item()
        item += text
        return item

    def _chapter(self, docname: str, cells: Iterable[int]) -> nodes.inline:
        entry = state.of(self.app).entry(docname)
        assert entry is not None
        short = entry.chapter.title.partition(":")[0]
        shown = nodes.inline(classes=["where"])
        shown += nodes.inline("", f"{entry.number or ''} {short}".strip(), classes=["chapter"])
        page = self.app.builder.get_relative_uri(self.env.docname, docname)
        for cell in cells:
            link = nodes.reference(
                "", str(cell + 1), refuri=f"{page}#{anchor(cell)}", internal=True
            )
            shown += [nodes.Text(" "), link]
        return shown
