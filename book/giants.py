"""The sources that each chapter recommends, read from its last section."""

from __future__ import annotations

import re

from book.chapter import Chapter

HEADING = "## On the shoulders of giants"
ITEM = re.compile(r"^- .+(?:\n {2,}\S.*)*", re.M)


def recommended(chapter: Chapter) -> list[str]:
    """The items of the chapter's list of sources, as they stand there; none where it has no such list."""
    _, found, rest = chapter.text.partition(f"\n{HEADING}\n")
    section = re.split(r"^#", rest, maxsplit=1, flags=re.M)[0] if found else ""
    return ITEM.findall(section)
