"""Directives of the page *Status*: what each chapter ran on and what was checked; how to cite this copy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from book import evidence, history, status
from book.contents import Book
from book.sphinx import state
from book.status import ChapterStatus
from book.store import Run

OLDER = "†"


def setup(app: Sphinx) -> None:
    """Add the directives `book-status` and `book-citation`."""
    app.add_directive("book-status", StatusDirective)
    app.add_directive("book-citation", CitationDirective)


class StatusDirective(SphinxDirective):
    """Where this copy comes from, a table of its chapters, and where the table's numbers come from."""

    def run(self) -> list[nodes.Node]:
        here = state.of(self.env.app)
        chapters = status.of(here.book, here.store, here.equations.values())
        runs = [run for entry in here.book.entries if (run := here.run_of(entry))]
        flips, seconds = evidence.mutations(here.root), evidence.seconds(here.root)
        lines = [
            *origin(here.book), "", *ran(runs), "", *table(chapters), "", *legend(chapters),
            *measured(seconds, flips),
        ]  # fmt: skip
        box = nodes.container(classes=["status"])
        self.state.nested_parse(StringList(lines, source=self.env.docname), 0, box)
        return [box]


class CitationDirective(SphinxDirective):
    """An entry for a bibliography, with the address and the commit of this copy."""

    def run(self) -> list[nodes.Node]:
        entry = citation(state.of(self.env.app).book)
        block = nodes.literal_block(entry, entry, language="bibtex")
        return [block]


def origin(book: Book) -> list[str]:
    """The commit that this copy is made from."""
    made = history.head(book.root)
    if not made.name:
        return ["This copy was built outside a repository."]
    link = f"[{made.name[:10]}]({book.repository}/commit/{made.name})"
    return [f"This copy was built from commit {link} of {made.day}."]


def ran(runs: Iterable[Run]) -> Iterator[str]:
    """What the chapters ran on, one sentence for all that ran on the same."""
    for (device, versions), alike in status.by_machine(runs).items():
        where = "a CPU" if device == "cpu" else device
        total = sum(run.seconds for run in alike)
        pages = (
            f"{len(alike)} pages with cells ran" if len(alike) > 1 else "One page with cells ran"
        )
        yield f"{pages} on {where} in {total:.0f} s, with {versions}."


def table(chapters: Iterable[ChapterStatus]) -> Iterator[str]:
    """One row a chapter, in Markdown."""
    yield "| chapter | CPU | GPU | equations | mutations | data | last run |"
    yield "|---|--:|--:|--:|--:|---|---|"
    for each in chapters:
        number = f"{each.number}. " if each.number else ""
        yield (
            f"| {number}[{each.title}](/{each.path}) | {_time(each.cpu)} | {_time(each.gpu)} "
            f"| {_share(each.checked, each.equations)} | {_flips(each)} | {_data(each)} | {each.date or '—'} |"
        )


def legend(chapters: Iterable[ChapterStatus]) -> Iterator[str]:
    """What the columns mean."""
    yield "CPU, GPU: seconds of the newest run of all cells on each; a dash means that none is on record."
    yield "Equations: checked, of those that have a label."
    yield "Mutations: flipped signs, factors, operators and axes that a check noticed, of those that were tried."
    if any(each.mutations is not None and not each.fresh for each in chapters):
        yield f"{OLDER}: the chapter's code has changed since."


def measured(seconds: dict[str, Any], flips: dict[str, Any]) -> Iterator[str]:
    """When and where the numbers were measured that this build did not measure itself."""
    for device, entry in sorted(seconds.items()):
        if device != "cpu":
            yield (
                f"GPU seconds: {device}, {entry['date']}, commit {entry['commit']}, "
                f"up to {entry['at_once']} chapters at once."
            )
    days = sorted(entry["date"] for entry in flips.values())
    if days:
        when = f"on {days[0]}" if days[0] == days[-1] else f"from {days[0]} to {days[-1]}"
        yield f"The mutations were measured {when}."


def citation(book: Book) -> str:
    """A BibTeX entry of this copy."""
    made = history.head(book.root)
    year = made.day[:4] or str(book.config.get("copyright", ""))
    note = f",\n  note = {{Commit {made.name[:10]} of {made.day}}}" if made.name else ""
    return (
        f"@book{{equations-that-run,\n  title = {{{book.title}}},\n"
        f"  author = {{{{{book.config.get('author', '')}}}}},\n  year = {{{year}}},\n"
        f"  url = {{{book.site}}}{note}\n}}"
    )


def _time(seconds: float | None) -> str:
    return "—" if seconds is None else f"{seconds:.1f}" if seconds < 100 else f"{seconds:.0f}"


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole}" if whole else "—"


def _flips(each: ChapterStatus) -> str:
    if not each.mutations:
        return "—"
    return f"{each.caught}/{each.mutations}" + ("" if each.fresh else f" {OLDER}")


def _data(each: ChapterStatus) -> str:
    named = (
        name if kind == "real" else f"{name}: **{kind}**"
        for name, kind in sorted(each.data.items())
    )
    return ", ".join(named) or "—"
