"""The map as a drawing, of a book as large as this one is going to be."""

import re
from itertools import combinations, pairwise

import pytest

from book import chart, needs
from book.chart import Drawing, Shape, Stop

# Thirty-five chapters, and what each builds on.
NEEDS = """2:1 3:2 4:2,3 5:4 6:5 7:4 8:3,6,7 9:8 10:7,9 11:10 12:11 13:11 14:6,11 15:12 16:9,10,11,12,13,14,15
17:11 18:15,17 19:13,14,18 20:18,19 21:9,12 22:10 23:21,22 24:22 25:15,24 26:14,25 27:7,18 28:14,15,17
29:18,25,27 30:19 31:30 32:20 33:26,30 34:5,10,13 35:18,26"""
LARGE: dict[str, tuple[str, ...]] = {"1": ()} | {
    slug: tuple(found.split(",")) for slug, found in (pair.split(":") for pair in NEEDS.split())
}
TITLE = "Initialisation, vanishing and exploding gradients: a title"
STOPS = {
    slug: Stop(TITLE if int(slug) % 5 == 0 else f"Chapter {slug} & <more>", f"{slug} · 30 min", f"said {slug}",
               f"{slug}.html", ("all", "odd") if int(slug) % 2 else ("all",))
    for slug in LARGE
}  # fmt: skip
SHAPES = {"wide": chart.WIDE, "narrow": chart.NARROW, "paper": chart.PAPER}
ROOMS = {"wide": 644, "narrow": 400, "paper": 760}  # what fits without being made illegibly small


@pytest.fixture(params=SHAPES)
def shape(request: pytest.FixtureRequest) -> Shape:
    return SHAPES[request.param]


def test_no_two_boxes_touch_and_all_lie_inside(shape: Shape) -> None:
    drawn = chart.drawing(LARGE, STOPS, shape)
    boxes = drawn.layout.boxes
    assert [box.name for box in boxes] == list(LARGE)
    for a, b in combinations(boxes, 2):
        assert a.row != b.row or abs(a.x - b.x) >= shape.box + 8
    assert all(shape.box / 2 <= b.x <= drawn.layout.width - shape.box / 2 for b in boxes)
    assert max(len([b for b in boxes if b.row == row]) for row in range(drawn.layout.rows)) <= (
        shape.columns
    )


@pytest.mark.parametrize("name", SHAPES)
def test_a_large_map_is_no_wider_than_its_page(name: str) -> None:
    assert chart.drawing(LARGE, STOPS, SHAPES[name]).layout.width <= ROOMS[name]


def test_lines_lead_down_from_each_need_to_each_chapter(shape: Shape) -> None:
    drawn = chart.drawing(LARGE, STOPS, shape)
    row = {box.name: box.row for box in drawn.layout.boxes}
    x = {box.name: box.x for box in drawn.layout.boxes}
    for slug, found in needs.essential(LARGE).items():
        for need in found:
            steps = [s for s in drawn.layout.segments if s.source == need and slug in s.targets]
            assert [s.row for s in steps] == list(range(row[need], row[slug]))
            assert (steps[0].x, steps[-1].to) == (x[need], x[slug])
            assert all(a.to == b.x for a, b in pairwise(steps))


def test_no_line_runs_through_a_box(shape: Shape) -> None:
    drawn = chart.drawing(LARGE, STOPS, shape)
    for segment in drawn.layout.segments:
        for box in drawn.layout.boxes:
            if box.row == segment.row and not segment.first:
                assert abs(box.x - segment.x) > shape.box / 2


def test_the_same_graph_is_drawn_the_same_each_time() -> None:
    def draw() -> str:
        return chart.svg(chart.drawing(LARGE, STOPS, chart.WIDE), LARGE, STOPS, "wide")

    assert draw() == draw()


def test_every_chapter_is_a_link_that_says_all_of_it() -> None:
    text = chart.svg(chart.drawing(LARGE, STOPS, chart.WIDE), LARGE, STOPS, "wide")
    assert re.findall(r'href="([^"]+)" aria-label="([^"]+)"', text) == [
        (f"{slug}.html", f"said {slug}") for slug in LARGE
    ]
    assert "Chapter 1 &amp; &lt;more&gt;" in text
    assert ": a title" not in text  # what follows a colon has no room


def test_a_line_belongs_to_a_path_when_both_its_ends_do() -> None:
    text = chart.svg(chart.drawing(LARGE, STOPS, chart.WIDE), LARGE, STOPS, "wide")
    lines = re.findall(r'data-from="(\d+)" data-to="([\d ]+)" data-paths="([^"]*)"', text)
    assert lines
    for source, targets, paths in lines:
        odd = int(source) % 2 and any(int(target) % 2 for target in targets.split())
        assert paths == ("all odd" if odd else "all")


def test_on_paper_the_map_fits_the_page() -> None:
    drawn: Drawing = chart.drawing(LARGE, STOPS, chart.PAPER)
    text = chart.tikz(drawn, STOPS, {slug: f"chapters/{slug}" for slug in LARGE}, lambda said: said)
    (scale,) = re.findall(r"\[x=([\d.]+)cm", text)
    assert float(scale) * drawn.layout.width <= 14.01
    assert float(scale) * drawn.height <= 20.01
    assert min(float(size) for size in re.findall(r"\\fontsize\{([\d.]+)\}", text)) >= 5
    assert text.count(r"\node") == 35


def test_an_empty_book_has_an_empty_map() -> None:
    assert chart.drawing({}, {}, chart.WIDE).height == 0
