"""How long a chapter takes to read, from its words, its code and its formulas.

A word takes 0.3 s (200 a minute: prose that one thinks about), a line of code that is shown 3 s, a
displayed equation 20 s. Solutions, code that is folded away, and what cells print are not counted: they
are for those who stop to work. The figures are rough on purpose, the same for all chapters, and rounded
up to whole minutes.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from book.chapter import Chapter

WORD, LINE, EQUATION = 0.3, 3.0, 20.0  # seconds
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
SETTING = re.compile(r"^\s*(?::[\w-]+:.*|[`:~]{3,}.*|%.*|\|[-:| ]+\||\([\w-]+\)=)\s*$")
MATH = re.compile(r"\$[^$]+\$")  # a formula within a line reads like a word
WORDS = re.compile(r"\w[\w'’.-]*")


@dataclass(frozen=True)
class Reading:
    """What there is to read."""

    words: int
    lines: int
    equations: int

    @property
    def minutes(self) -> int:
        return _minutes(self.words * WORD + self.lines * LINE + self.equations * EQUATION)

    @property
    def without_code(self) -> int:
        """Minutes when the code stays folded."""
        return _minutes(self.words * WORD + self.equations * EQUATION)


def of(chapter: Chapter) -> Reading:
    """Count the text, the code and the displayed equations of a chapter, solutions apart."""
    solved = _solutions(chapter)
    cells = [c for c in chapter.cells if c.line not in solved and not FOLDED & set(c.tags)]
    lines = sum(bool(line.strip()) for cell in cells for line in cell.source.splitlines())
    equations = sum(e.line not in solved for e in chapter.equations)
    skipped = solved | _not_prose(chapter)
    words = 0
    for number, line in enumerate(chapter.text.splitlines(), start=1):
        if number not in skipped and not SETTING.match(line):
            words += len(WORDS.findall(MATH.sub("formula", line)))
    return Reading(words, lines, equations)


def _minutes(seconds: float) -> int:
    return max(1, math.ceil(seconds / 60))


def _solutions(chapter: Chapter) -> set[int]:
    """The lines of all solutions."""
    ends = [d.line for d in chapter.directives if d.name == "solution-end"]
    found: set[int] = set()
    for start in (d.line for d in chapter.directives if d.name == "solution-start"):
        found.update(range(start, next((e for e in ends if e > start), start)))
    return found


def _not_prose(chapter: Chapter) -> set[int]:
    """The lines of the header, of code and of displayed equations."""
    header = chapter.text.split("\n---", 1)[0].count("\n") + 2 if chapter.front else 0
    found = set(range(1, header + 1))
    for d in chapter.directives:
        if d.name in ("code-cell", "math", "exercise-end", "solution-end"):
            found.update(range(d.line, d.body_line + d.body.count("\n") + 2))
    for equation in chapter.equations:
        found.update(range(equation.line, equation.line + equation.latex.count("\n") + 2))
    return found
