"""Terms: a word is marked where the book explains it, and the index leads there.

`` {dfn}`strides` `` marks a term as it stands in the sentence. What the index shall say instead,
and under which other words it shall point here, follows in angle brackets:
`` {dfn}`odds <odds; betting odds>` ``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from book.chapter import Chapter

ROLE = re.compile(r"\{dfn\}`(?P<content>[^`]+)`")
CONTENT = re.compile(r"^(?P<text>.+?)\s*(?:<(?P<entries>[^<>]+)>)?$", re.S)


@dataclass(frozen=True)
class Term:
    """A marked term: the words in the sentence, its entry in the index, and what points to it."""

    text: str
    entry: str
    also: tuple[str, ...] = ()
    line: int = 0

    @property
    def anchor(self) -> str:
        """The id of the place, the same for the same entry."""
        return "term-" + re.sub(r"[^a-z0-9]+", "-", self.entry.lower()).strip("-")


def parse(content: str, line: int = 0) -> Term:
    """What stands between the backquotes; an entry begins as it would within a sentence."""
    match = CONTENT.match(" ".join(content.split()))
    assert match
    text = match["text"]
    entries = [part.strip() for part in (match["entries"] or text).split(";") if part.strip()]
    return Term(text, entries[0], tuple(entries[1:]), line)


def terms(chapter: Chapter) -> Iterator[Term]:
    """The terms that a chapter marks, in order."""
    cells = [d for d in chapter.directives if d.name in ("code-cell", "math")]
    code = {n for d in cells for n in range(d.line, d.body_line + d.body.count("\n") + 2)}
    for number, line in enumerate(chapter.text.splitlines(), start=1):
        if number not in code:
            for match in ROLE.finditer(line):
                yield parse(match["content"], number)


def order(word: str) -> tuple[str, str]:
    """What sorts an entry: letters and digits first of all, whatever their case."""
    return re.sub(r"[^a-z0-9 ]+", "", word.lower().replace("–", " ").replace("-", " ")), word
