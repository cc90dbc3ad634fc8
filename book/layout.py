"""A graph in layers: where each box stands and how the lines between them run.

Boxes come in rows, what is needed above what needs it, at most so many a row. A line that passes rows
runs through an invisible point in each of them; all lines from one box share a trunk. Rows are ordered
so that few lines cross, and boxes stand close to what they are connected with. The same graph always
gives the same layout.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 24
Node = tuple[str, int]  # a box and its row, or a point of the box's trunk in a later row


@dataclass(frozen=True)
class Box:
    """A box: the row it stands in, and its centre's distance from the left."""

    name: str
    row: int
    x: float


@dataclass(frozen=True)
class Segment:
    """A piece of a line from `source` towards `targets`: from row `row` at `x` to the next row at `to`.

    `first` is True when `source` itself stands in that row.
    """

    source: str
    targets: tuple[str, ...]
    row: int
    x: float
    to: float
    first: bool


@dataclass(frozen=True)
class Layout:
    """Boxes in the order they were given, segments from top to bottom, and the whole width."""

    boxes: tuple[Box, ...]
    segments: tuple[Segment, ...]
    width: float
    rows: int


def layered(
    graph: Mapping[str, Sequence[str]], *, columns: int, box: float, trunk: float
) -> Layout:
    """Lay out `graph`, in which each name comes after the names it needs.

    Args:
        columns: how many boxes a row may hold.
        box, trunk: the room that a box takes up, and a line that passes by.
    """
    row = _rows(graph, columns)
    links = _links(graph, row)
    order = _ordered(_initial(row, links), links)
    room = {node: box if node[1] == row[node[0]] else trunk for line in order for node in line}
    x = _placed(order, links, room)
    boxes = tuple(Box(name, row[name], x[name, row[name]]) for name in graph)
    segments = tuple(
        Segment(upper[0], targets, upper[1], x[upper], x[lower], upper[1] == row[upper[0]])
        for (upper, lower), targets in links.items()
    )
    return Layout(boxes, segments, _widest(order, room), len(order))


def _widest(order: list[list[Node]], room: Mapping[Node, float]) -> float:
    return max((sum(room[node] for node in line) for line in order), default=0.0)


def _rows(graph: Mapping[str, Sequence[str]], columns: int) -> dict[str, int]:
    """Each box as high as its needs and the room in the rows allow."""
    row: dict[str, int] = {}
    taken: dict[int, int] = defaultdict(int)
    for name, needs in graph.items():
        place = max((row[need] + 1 for need in needs), default=0)
        while taken[place] >= columns:
            place += 1
        row[name] = place
        taken[place] += 1
    return row


def _links(
    graph: Mapping[str, Sequence[str]], row: Mapping[str, int]
) -> dict[tuple[Node, Node], tuple[str, ...]]:
    """Connections from one row to the next, with the boxes that each leads to."""
    links: dict[tuple[Node, Node], tuple[str, ...]] = {}
    for name, needs in graph.items():
        for need in needs:
            passed: list[Node] = [(need, r) for r in range(row[need], row[name])]
            for pair in pairwise([*passed, (name, row[name])]):
                links[pair] = (*links.get(pair, ()), name)
    return dict(sorted(links.items(), key=lambda item: (item[0][0][1], item[0])))


def _initial(
    row: Mapping[str, int], links: Mapping[tuple[Node, Node], tuple[str, ...]]
) -> list[list[Node]]:
    rows: list[list[Node]] = [[] for _ in range(max(row.values(), default=-1) + 1)]
    for name, place in row.items():
        rows[place].append((name, place))
    for node in dict.fromkeys(n for pair in links for n in pair):
        if node not in rows[node[1]]:
            rows[node[1]].append(node)
    return rows


def _ordered(
    rows: list[list[Node]], links: Mapping[tuple[Node, Node], tuple[str, ...]]
) -> list[list[Node]]:
    """Sort each row by the middle of its neighbours above, then below, and keep the best."""
    best, fewest = rows, _crossings(rows, links)
    for sweep in range(SWEEPS):
        near = _neighbours(links, above=sweep % 2 == 0)
        place = {node: i for line in rows for i, node in enumerate(line)}
        for line in rows if sweep % 2 == 0 else rows[::-1]:
            middle = {n: _mean([place[m] for m in near[n]], place[n]) for n in line}
            line.sort(key=lambda n, middle=middle: middle[n])  # type: ignore[misc]
            place |= {node: i for i, node in enumerate(line)}
        if (count := _crossings(rows, links)) < fewest:
            best, fewest = [list(line) for line in rows], count
    return best


def _neighbours(
    links: Mapping[tuple[Node, Node], tuple[str, ...]], *, above: bool
) -> dict[Node, list[Node]]:
    near: dict[Node, list[Node]] = defaultdict(list)
    for upper, lower in links:
        near[lower if above else upper].append(upper if above else lower)
    return near


def _crossings(rows: list[list[Node]], links: Mapping[tuple[Node, Node], tuple[str, ...]]) -> int:
    place = {node: i for line in rows for i, node in enumerate(line)}
    by_row: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for upper, lower in links:
        by_row[upper[1]].append((place[upper], place[lower]))
    return sum(
        (a[0] - b[0]) * (a[1] - b[1]) < 0
        for pairs in by_row.values()
        for i, a in enumerate(pairs)
        for b in pairs[:i]
    )


def _placed(
    rows: list[list[Node]],
    links: Mapping[tuple[Node, Node], tuple[str, ...]],
    room: Mapping[Node, float],
) -> dict[Node, float]:
    """Distances from the left: each row as near to its neighbours' middles as its order allows."""
    width = _widest(rows, room)
    x: dict[Node, float] = {}
    for line in rows:
        x |= _spread(line, [width / 2] * len(line), room, width)
    up, down = _neighbours(links, above=True), _neighbours(links, above=False)
    for sweep in range(SWEEPS):
        for line in rows if sweep % 2 == 0 else rows[::-1]:
            first = up if sweep % 2 == 0 else down
            near = {n: first[n] or up[n] + down[n] for n in line}
            wanted = [_mean([x[m] for m in near[n]], x[n]) for n in line]
            x |= _spread(line, wanted, room, width)
    return x


def _spread(
    line: list[Node], wanted: list[float], room: Mapping[Node, float], width: float
) -> dict[Node, float]:
    """The places nearest to `wanted`, in least squares, that leave each its room within `width`."""
    rooms = [room[node] for node in line]
    offsets = [sum(rooms[:i]) + own / 2 for i, own in enumerate(rooms)]
    pools: list[tuple[float, int]] = []  # sum and count of places that move as one
    for value, offset in zip(wanted, offsets, strict=True):
        pools.append((value - offset, 1))
        while len(pools) > 1 and pools[-2][0] / pools[-2][1] > pools[-1][0] / pools[-1][1]:
            total, count = pools.pop()
            pools[-1] = (pools[-1][0] + total, pools[-1][1] + count)
    flat = [total / count for total, count in pools for _ in range(count)]
    most = width - sum(rooms)
    shifts = [min(max(shift, 0.0), most) for shift in flat]
    return {n: round(s + o, 2) for n, s, o in zip(line, shifts, offsets, strict=True)}


def _mean(values: Sequence[float], default: float) -> float:
    return sum(values) / len(values) if values else default
