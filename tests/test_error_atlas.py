"""The error atlas: each entry shows a failure, cures it, and is headed by words of its message."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
import tiny

from book import chapter
from book.chapter import Cell
from book.execute import STORE
from book.store import Store

PAGE = chapter.read(tiny.HERE, Path("chapters/appendix/error-atlas.md"))
LOUD = {"raises-exception", "warns"}
LINES, WORDS = 9, 60  # of code and of prose in one entry


@dataclass(frozen=True)
class Entry:
    """What stands between one `###` and the next heading."""

    heading: str
    line: int
    cells: tuple[Cell, ...]
    prose: str

    @property
    def loud(self) -> bool:
        """True when its first cell raises or warns."""
        return bool(LOUD & set(self.cells[0].tags))


def entries() -> list[Entry]:
    lines = PAGE.text.splitlines()
    code = {n for c in PAGE.cells for n in range(c.opened, c.line + c.source.count("\n") + 2)}
    starts = [n for n, text in enumerate(lines, 1) if text.startswith("##") and n not in code]
    found = []
    for start, end in pairwise([*starts, len(lines) + 1]):
        level, heading = lines[start - 1].split(" ", 1)
        if level == "###":
            cells = tuple(c for c in PAGE.cells if start < c.line < end)
            prose = [lines[n - 1] for n in range(start + 1, end) if n not in code]
            said = " ".join(text for text in prose if not text.startswith("("))
            found.append(Entry(heading.replace("\\", ""), start, cells, said))
    return found


ENTRIES = entries()


def parts(heading: str) -> list[list[str]]:
    """The words that stay the same, of each wording that the heading gives."""
    return [[plain(part) for part in wording.split("…")] for wording in heading.split(" / ")]


def plain(text: str) -> str:
    return " ".join(re.sub(r"[`\"']", "", text).split())


def test_there_are_many_and_no_two_have_the_same_heading() -> None:
    assert len(ENTRIES) >= 40
    assert len({entry.heading for entry in ENTRIES}) == len(ENTRIES)


@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: entry.heading)
def test_an_entry_shows_a_failure_says_what_it_means_and_cures_it_briefly(entry: Entry) -> None:
    failure, *cure = entry.cells
    assert entry.loud or "print(" in failure.source, "nothing is raised, warned or shown"
    assert cure, "no cure"
    assert not any(LOUD & set(cell.tags) for cell in cure), "its cure fails too"
    assert sum(cell.source.count("\n") + 1 for cell in entry.cells) <= LINES
    assert 5 <= len(entry.prose.split()) <= WORDS


def test_headings_are_words_of_the_messages_that_the_last_run_produced() -> None:
    loaded = Store(tiny.HERE / STORE).load(PAGE)
    if loaded is None:
        pytest.skip("the error atlas has not run; python -m book run error-atlas")
    run = [cell for cell in loaded[1].cells if cell.cell_type == "code"]
    missed = []
    for entry in filter(lambda entry: entry.loud, ENTRIES):
        outputs = run[entry.cells[0].index].outputs
        said = plain(" ".join(o.get("evalue") or o.get("text", "") for o in outputs))
        if not any(all(part in said for part in wording) for wording in parts(entry.heading)):
            missed.append(f"{PAGE.path}:{entry.line}: {entry.heading!r} is not in {said[:300]!r}")
    assert not missed, "\n".join(missed)


def test_a_heading_may_leave_words_out_and_give_two_wordings() -> None:
    assert parts("size … of `b` / can't fit") == [["size", "of b"], ["cant fit"]]
