"""What chapters recommend at their end is collected on one page."""

from pathlib import Path

import pytest
import tiny

from book import contents, execute, giants, html
from book.findings import BookError

LIST = """
## On the shoulders of giants

Somebody was first.

- [One](https://one.example/): the first,
  and the best.
- [Two](https://two.example/): the second.

## After it

- not a source
"""


def test_the_items_of_the_last_list_are_found_whole_and_nothing_else(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"sums": tiny.chapter(tiny.GOOD + LIST)})
    (sums,) = contents.load(root).chapters
    assert giants.recommended(sums) == [
        "- [One](https://one.example/): the first,\n  and the best.",
        "- [Two](https://two.example/): the second.",
    ]
    root = tiny.write(tmp_path / "other", {"sums": tiny.chapter(tiny.GOOD)})
    (sums,) = contents.load(root).chapters
    assert giants.recommended(sums) == []


def test_a_part_without_sources_stops_the_build_and_its_line_is_named(tmp_path: Path) -> None:
    page = "# Sources\n\n```{book-giants} Nowhere\n```\n"
    root = tiny.write(tmp_path, {"sums": tiny.chapter(tiny.GOOD + LIST), "sources": page})
    execute.run(contents.load(root))
    with pytest.raises(BookError, match="no chapter of a part Nowhere has sources; parts: Part"):
        html.build(contents.load(root))
    file = root / "chapters" / "part" / "sources.md"
    file.write_text(page.replace("Nowhere", "Part"), encoding="utf-8")
    site = html.build(contents.load(root))
    shown = (site / "chapters" / "part" / "sources.html").read_text(encoding="utf-8")
    assert 'href="https://one.example/"' in shown
    assert 'href="sums.html"' in shown
    assert "Somebody was first" not in shown
