"""The map of chapters as a drawing: SVG for the site, TikZ for paper, both from one layout."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from book import needs
from book.layout import Box, Layout, Segment, layered


@dataclass(frozen=True)
class Stop:
    """What a box says, and where it leads.

    Attributes:
        facts: the short line under the title, such as `4 · 35 min`.
        said: the whole of it in words.
        paths: the keys of the reading paths that it is on.
    """

    title: str
    facts: str
    said: str
    href: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """The measures of a drawing, in pixels.

    Attributes:
        columns: boxes in a row, each as wide as `box`.
        characters: in a line of a title, which is `line` high.
        pad: above and below a title; `foot` is what the facts below it take up.
        between: rows.
    """

    columns: int
    box: int
    characters: int
    line: int = 16
    pad: int = 11
    foot: int = 15
    between: int = 30


WIDE = Shape(columns=3, box=172, characters=22)
NARROW = Shape(columns=2, box=138, characters=17)
PAPER = Shape(columns=4, box=132, characters=20, line=13, pad=7, foot=0, between=22)
ROOM, TRUNK = 14, 12  # beside a box; of a line that passes by
TEXT_WIDTH, TEXT_HEIGHT, PIXEL = 14.0, 20.0, 0.023  # of the PDF's page, in centimetres
POINTS = 28.45  # in a centimetre


@dataclass(frozen=True)
class Drawing:
    """A layout with heights: where each row begins, and the lines of each title."""

    layout: Layout
    titles: Mapping[str, list[str]]
    tops: tuple[float, ...]
    heights: tuple[float, ...]
    shape: Shape

    @property
    def height(self) -> float:
        return self.tops[-1] + self.heights[-1] + 1 if self.tops else 0


def drawing(graph: needs.Graph, stops: Mapping[str, Stop], shape: Shape) -> Drawing:
    """Lay the chapters of `graph` out; only the needs that do not follow from others are drawn."""
    found = layered(
        needs.essential(graph), columns=shape.columns, box=shape.box + ROOM, trunk=TRUNK
    )
    titles = {slug: _lines(stops[slug].title, shape.characters) for slug in graph}
    heights = [0.0] * found.rows
    for box in found.boxes:
        heights[box.row] = max(
            heights[box.row], 2 * shape.pad + shape.line * len(titles[box.name]) + shape.foot
        )
    tops, top = [], 1.0
    for height in heights:
        tops.append(top)
        top += height + shape.between
    return Drawing(found, titles, tuple(tops), tuple(heights), shape)


def svg(drawn: Drawing, graph: needs.Graph, stops: Mapping[str, Stop], name: str) -> str:
    """The drawing as an SVG with a link for each chapter."""
    width, height = drawn.layout.width, drawn.height
    parts = [
        f'<svg class="{name}" viewBox="0 0 {_n(width)} {_n(height)}" width="{_n(width)}" '
        f'height="{_n(height)}" role="group" aria-label="Map of the chapters">'
    ]
    parts += [_line(drawn, segment, stops) for segment in drawn.layout.segments]
    for box in drawn.layout.boxes:
        below = needs.everything(graph, box.name)
        parts.append(_box(drawn, box, stops[box.name], [n for n in graph if n in below]))
    return "".join(parts) + "</svg>"


def _box(drawn: Drawing, box: Box, stop: Stop, below: Sequence[str]) -> str:
    shape, titles = drawn.shape, drawn.titles[box.name]
    left, top = box.x - shape.box / 2, drawn.tops[box.row]
    first = top + shape.pad + 12
    lines = "".join(
        f'<tspan x="{_n(left + 12)}" y="{_n(first + shape.line * i)}">{escape(line)}</tspan>'
        for i, line in enumerate(titles)
    )
    foot = first + shape.line * len(titles) + 1
    return (
        f'<a class="stop" href="{escape(stop.href)}" aria-label="{escape(stop.said)}" '
        f'data-slug="{box.name}" data-needs="{" ".join(below)}" data-paths="{" ".join(stop.paths)}">'
        f'<rect x="{_n(left)}" y="{_n(top)}" width="{shape.box}" '
        f'height="{_n(drawn.heights[box.row])}" rx="6"/>'
        f'<text>{lines}<tspan class="facts" x="{_n(left + 12)}" y="{_n(foot)}">'
        f"{escape(stop.facts)}</tspan></text></a>"
    )


def _line(drawn: Drawing, segment: Segment, stops: Mapping[str, Stop]) -> str:
    x, to, row = segment.x, segment.to, segment.row
    start = drawn.tops[row] + drawn.heights[row]
    end = drawn.tops[row + 1]
    straight = "" if segment.first else f"M{_n(x)} {_n(drawn.tops[row])}V{_n(start)}"
    middle = (start + end) / 2
    curve = f"M{_n(x)} {_n(start)}C{_n(x)} {_n(middle)} {_n(to)} {_n(middle)} {_n(to)} {_n(end)}"
    on = set(stops[segment.source].paths) & {p for t in segment.targets for p in stops[t].paths}
    return (
        f'<path d="{straight}{curve}" data-from="{segment.source}" '
        f'data-to="{" ".join(segment.targets)}" data-paths="{" ".join(sorted(on))}"/>'
    )


def tikz(
    drawn: Drawing,
    stops: Mapping[str, Stop],
    pages: Mapping[str, str],
    text: Callable[[str], str],
) -> str:
    """The drawing as a TikZ picture that fits a page.

    Args:
        pages: the document's name of each chapter, for links.
        text: writes a string as LaTeX.
    """
    width, height = max(drawn.layout.width, 1), max(drawn.height, 1)
    scale = min(PIXEL, TEXT_WIDTH / width, TEXT_HEIGHT / height)
    lines = [rf"\begin{{tikzpicture}}[x={scale:.5f}cm,y=-{scale:.5f}cm]"]
    lines += [_drawn_line(drawn, segment) for segment in drawn.layout.segments]
    for box in drawn.layout.boxes:
        said = r"\\".join(text(line) for line in drawn.titles[box.name])
        target = rf"\detokenize{{{pages[box.name]}::doc}}"
        lines.append(_drawn_box(drawn, box, scale, rf"\hyperref[{target}]{{{said}}}"))
    return "\n".join([*lines, r"\end{tikzpicture}"])


def _drawn_box(drawn: Drawing, box: Box, scale: float, text: str) -> str:
    shape, high, points = drawn.shape, drawn.heights[box.row], scale * POINTS
    wide = f"minimum width={shape.box * scale:.2f}cm,text width={(shape.box - 14) * scale:.2f}cm"
    font = rf"\fontsize{{{11 * points:.1f}}}{{{shape.line * points:.1f}}}\selectfont"
    return (
        rf"\node[bookstop,{wide},minimum height={high * scale:.2f}cm,font={font}] "
        rf"at ({_n(box.x)},{_n(drawn.tops[box.row] + high / 2)}) {{{text}}};"
    )


def _drawn_line(drawn: Drawing, segment: Segment) -> str:
    x, to, row = _n(segment.x), _n(segment.to), segment.row
    start, end = drawn.tops[row] + drawn.heights[row], drawn.tops[row + 1]
    middle = _n((start + end) / 2)
    down = "" if segment.first else f"({x},{_n(drawn.tops[row])})--"
    return rf"\draw[bookmap] {down}({x},{_n(start)})..controls({x},{middle})and({to},{middle})..({to},{_n(end)});"


def _lines(title: str, characters: int) -> list[str]:
    """A title in lines of about as many characters, without what follows a colon."""
    return textwrap.wrap(title.split(": ")[0], characters, break_long_words=False)


def _n(value: float) -> str:
    """A coordinate without needless digits."""
    return f"{value:.1f}".removesuffix(".0")
