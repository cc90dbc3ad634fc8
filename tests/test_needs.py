"""What chapters build on, and the reading paths that follow from it."""

from pathlib import Path

import pytest
import tiny
from tiny import findings, only

from book import contents, needs, paths
from book.contents import Book

PATHS = """# Paths

```{book-path} short
:title: A short path
:to: c
```

```{book-path} long
:title: A long path
:to: b
:later: c, not-yet
```

```{book-path} all
:title: Mathematics only
:without-code:
```
"""


def write(root: Path, graph: dict[str, str], more: str = "") -> Path:
    """A book whose chapters need what `graph` says, in its order; `more` is an unnumbered page."""
    pages = {slug: tiny.chapter(f"# {slug}\n", needs=f"[{found}]") for slug, found in graph.items()}
    tiny.write(root, pages)
    if more:
        (root / "chapters" / "paths.md").write_text(more, encoding="utf-8")
        with (root / "_toc.yml").open("a", encoding="utf-8") as toc:
            toc.write("  - caption: More\n    chapters:\n      - file: chapters/paths\n")
    return root


def test_a_need_that_is_no_chapter_is_named_with_the_nearest_one(tmp_path: Path) -> None:
    finding = only(write(tmp_path, {"tensors": "", "gradients": "tensor"}))
    assert (finding.id, finding.file.stem) == ("needs-unknown", "gradients")
    assert finding.line == (tmp_path / finding.file).read_text().split("needs:")[0].count("\n") + 1
    assert "did you mean tensors?" in finding.message


def test_a_chapter_that_comes_before_what_it_needs_is_found(tmp_path: Path) -> None:
    finding = only(write(tmp_path, {"a": "b", "b": ""}))
    assert (finding.id, finding.file.stem) == ("needs-order", "a")
    assert "needs b, which comes later in _toc.yml" in finding.message


@pytest.mark.parametrize(
    ("graph", "named"),
    [
        ({"a": "a"}, "a → a"),
        ({"a": "b", "b": "a"}, "a → b → a"),
        ({"x": "", "a": "x, c", "b": "a", "c": "b"}, "a → c → b → a"),
    ],
)
def test_a_circle_of_needs_is_named_from_end_to_end(
    tmp_path: Path, graph: dict[str, str], named: str
) -> None:
    finding = only(write(tmp_path, graph))
    assert finding.id == "needs-cycle"
    start = named.split(" → ")[:-1]
    turned = [" → ".join([*start[i:], *start[: i + 1]]) for i in range(len(start))]
    assert any(f"need each other: {way};" in finding.message for way in turned)


def test_the_map_of_a_book_with_a_circle_has_none(tmp_path: Path) -> None:
    book = contents.load(write(tmp_path, {"a": "c", "b": "a", "c": "b"}))
    assert needs.cycle(needs.declared(book)) != ()
    assert needs.of(book) == {"a": (), "b": ("a",), "c": ("b",)}
    assert needs.levels(needs.of(book)) == {"a": 0, "b": 1, "c": 2}


def test_a_page_without_a_number_tells_its_needs_and_is_not_on_the_map(tmp_path: Path) -> None:
    more = tiny.chapter("# Assignment\n", needs="[a]")
    book = contents.load(write(tmp_path, {"a": "", "b": "a"}, more=more))
    assert needs.of_pages(book)["paths"] == ("a",)
    assert needs.of(book) == {"a": (), "b": ("a",)}


def test_the_map_of_this_book_is_acyclic_and_every_need_lies_above() -> None:
    book = contents.load(tiny.HERE)
    graph, declared = needs.of(book), needs.declared(book)
    assert needs.cycle(declared) == ()
    assert {slug: set(found) for slug, found in graph.items()} == {
        slug: set(declared[slug]) for slug in graph
    }
    levels = needs.levels(graph)
    assert all(levels[need] < levels[slug] for slug in graph for need in graph[slug])
    assert [slug for slug in graph if not graph[slug]] == ["first-look", "tensors"]  # to begin with


def test_what_is_left_out_of_the_drawing_follows_from_what_is_drawn() -> None:
    graph = {"a": (), "b": ("a",), "c": ("a", "b"), "d": ("a",), "e": ("a", "c", "d")}
    drawn = needs.essential(graph)
    assert drawn == {"a": (), "b": ("a",), "c": ("b",), "d": ("a",), "e": ("c", "d")}
    for slug in graph:
        assert needs.everything(graph, slug) == needs.everything(drawn, slug)


def path_of(book: Book, key: str) -> paths.ReadingPath:
    return next(path for path in paths.of(book) if path.key == key)


def test_a_path_holds_all_that_its_goal_needs_in_the_order_of_the_book(tmp_path: Path) -> None:
    book = contents.load(write(tmp_path, {"a": "", "x": "a", "b": "a", "c": "b"}, PATHS))
    short = path_of(book, "short")
    assert [step.chapter.slug for step in short.steps] == ["a", "b", "c"]
    assert short.complete
    assert short.after(short.steps[0]) is short.steps[1]
    assert short.after(short.steps[2]) is None
    assert findings(tmp_path) == []


def test_a_path_goes_as_far_as_the_book_and_knows_it(tmp_path: Path) -> None:
    book = contents.load(write(tmp_path, {"a": "", "b": "a", "c": "b"}, PATHS))
    long = path_of(book, "long")
    assert [step.chapter.slug for step in long.steps] == ["a", "b", "c"]
    assert not long.complete


def test_mathematics_only_is_every_chapter_that_has_some(tmp_path: Path) -> None:
    tiny.write(
        tmp_path, {"sums": tiny.chapter(tiny.GOOD), "c": tiny.chapter("# C\n"), "paths": PATHS}
    )
    book = contents.load(tmp_path)
    found = path_of(book, "all")
    assert [step.chapter.slug for step in found.steps] == ["sums"]
    assert not found.code


def test_a_path_to_no_chapter_is_named(tmp_path: Path) -> None:
    finding = only(
        write(tmp_path, {"tensors": ""}, "# P\n\n```{book-path} x\n:title: X\n:to: tensor\n```\n")
    )
    assert (finding.id, finding.line) == ("path", 3)
    assert "did you mean tensors?" in finding.message


def test_a_path_without_a_title_is_named(tmp_path: Path) -> None:
    finding = only(write(tmp_path, {"a": ""}, "# P\n\n```{book-path} x\n:to: a\n```\n"))
    assert "`:title:`" in finding.message
