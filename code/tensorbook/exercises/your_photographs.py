"""The test of the project that sorts photographs, and the pictures that it may learn from."""

from __future__ import annotations

import tempfile
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils import _pytree as tree

from tensorbook import data
from tensorbook.checks import Exercises
from tensorbook.report import say

if TYPE_CHECKING:
    from PIL.Image import Image

check_exercise = Exercises()

Sort = Callable[..., Any]

MARGIN = {"real": 0.25, "stand-in": 0.02, "own": 0.05}  # above the nearest mean colour
ROOM = 40_000  # bytes of the file
LEARN, HIDDEN = 200, 150  # flowers
SIDE = 256  # pixels of the longer side of one's own pictures, at most


@dataclass(frozen=True)
class Album:
    """Pictures with labels: PIL pictures in RGB, `(N,)` int64, and the kinds."""

    pictures: list[Image]
    labels: Tensor
    classes: tuple[str, ...]


def to_learn(folder: Path | str = "my-photographs") -> Album:
    """Pictures of `folder`, which holds a folder for each kind, but for a hidden fifth.

    200 flowers of five kinds where there is no such folder.

    Raises:
        ValueError: fewer than two kinds, or fewer than 100 pictures.
    """
    return _albums(Path(folder).resolve())[0]


@cache
def _albums(folder: Path) -> tuple[Album, Album, str]:
    if folder.is_dir():
        return *_own(folder), "own"
    flowers = data.flowers()
    return (
        Album(flowers.train[:LEARN], flowers.train_labels[:LEARN], flowers.classes),
        Album(flowers.test[:HIDDEN], flowers.test_labels[:HIDDEN], flowers.classes),
        "flowers",
    )


def _own(folder: Path) -> tuple[Album, Album]:
    kinds = sorted(p for p in folder.iterdir() if p.is_dir() and not p.name.startswith("."))
    parts: tuple[list[tuple[Image, int]], ...] = ([], [])
    for k, kind in enumerate(kinds):
        for file in sorted(kind.iterdir()):
            if picture := _opened(file):
                hidden = zlib.crc32(picture.tobytes()) % 5 == 0  # two copies fall on the same side
                parts[hidden].append((picture, k))
    count = sum(map(len, parts))
    if len(kinds) < 2 or count < 100:
        raise ValueError(
            f"{folder.name}: {count} pictures of {len(kinds)} kinds; 100 are the least"
        )
    names = tuple(kind.name for kind in kinds)
    albums = [
        Album([picture for picture, _ in part], torch.tensor([k for _, k in part]), names)
        for part in parts
    ]
    return albums[0], albums[1]


def _opened(file: Path) -> Image | None:
    from PIL import Image, ImageOps

    try:
        with Image.open(file) as picture:
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            upright.thumbnail((SIDE, SIDE))
            return upright
    except OSError:
        return None


def colours(pictures: list[Image]) -> Tensor:
    """The mean red, green and blue of each picture, `(N, 3)` in [0, 1]: what the baseline sees."""
    from torchvision.transforms.functional import pil_to_tensor

    return torch.stack([pil_to_tensor(p).float().mean((1, 2)) / 255 for p in pictures])


def nearest_colour(album: Album) -> Callable[[list[Image]], Tensor]:
    """The baseline: a picture is of the kind whose mean colour is nearest to its own."""
    seen = colours(album.pictures)
    means = torch.stack([seen[album.labels == k].mean(0) for k in range(len(album.classes))])
    return lambda pictures: torch.cdist(colours(pictures), means).argmin(1)


@check_exercise.checker("ex-project-photographs")
def photographs(
    save: Callable[[Path], None], load: Callable[[Path], Sort], own: Path | str
) -> None:
    learnt, hidden, kind = _albums(Path(own).resolve())
    with tempfile.TemporaryDirectory() as place:
        head = Path(place) / "head.pt"
        save(head)
        if not head.exists():
            raise NotImplementedError
        size = head.stat().st_size
        assert size <= ROOM, f"the file has {size:,} bytes, {ROOM:,} are allowed: only the head"
        state = torch.load(head, weights_only=True, map_location="cpu")
        sort = load(head)
        if sort is ... or sort is None:
            raise NotImplementedError
        plan = _sorted(sort, Path(place) / "in", hidden)
        empty = Path(place) / "empty.pt"
        torch.save(tree.tree_map(_zero, state), empty)
        few = Album(hidden.pictures[:12], hidden.labels[:12], hidden.classes)
        _fill(Path(place) / "few", few)
        blank = set(load(empty)(Path(place) / "few").values())
        assert len(blank) <= 1, (
            "a file of zeros in place of your numbers, and it still tells pictures apart: `load` "
            "should use nothing but its file"
        )
    _judged(plan, learnt, hidden, kind)


def _zero(value: Any) -> Any:
    if isinstance(value, Tensor):
        return torch.zeros_like(value) if value.is_floating_point() else value
    return 0.0 if isinstance(value, float) else value


def _name(i: int) -> str:
    return f"IMG_{1000 + 7 * i}.{('png', 'PNG', 'jpg')[i % 3]}"


def _fill(folder: Path, album: Album) -> None:
    folder.mkdir(parents=True)
    for i, picture in enumerate(album.pictures):
        picture.save(folder / _name(i), quality=95)


def _sorted(sort: Sort, folder: Path, hidden: Album) -> dict[str, str]:
    """Let the reader sort a folder with traps in it, and see that nothing is lost."""
    from PIL import Image

    _fill(folder, hidden)
    first = hidden.classes[0]
    (folder / "notes.txt").write_text("not a picture", encoding="utf-8")
    (folder / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0 not all of it came")
    hidden.pictures[0].convert("L").save(folder / "grey.png")
    Image.new("RGBA", (40, 200), (200, 30, 30, 120)).save(folder / "tall.png")
    for name in hidden.classes:  # an earlier picture has the same name
        (folder / name).mkdir()
        Image.new("RGB", (9, 9)).save(folder / name / _name(0))
    Image.new("RGB", (8, 8)).save(folder / first / "sorted before.png")
    before = _contents(folder)
    plan = sort(folder)
    if plan is ... or plan is None:
        raise NotImplementedError
    assert isinstance(plan, dict), "sort gives a dictionary from file names to kinds"
    assert _contents(folder) == before, "without dry_run=False nothing may be moved or made"
    wanted = {_name(i) for i in range(len(hidden.pictures))} | {"grey.png", "tall.png"}
    got = {str(name) for name in plan}
    assert got <= wanted, (
        f"{sorted(got - wanted)[0]!r} is in the plan: names of pictures that lie in the folder itself"
    )
    assert got == wanted, f"{sorted(wanted - got)[0]!r} is a picture, and not in the plan"
    stray = {str(kind) for kind in plan.values()} - set(hidden.classes)
    assert not stray, f"{sorted(stray)[:1]} is none of the kinds"
    done = sort(folder, dry_run=False)
    assert done == plan, "what is done differs from what was planned"
    after = _contents(folder)
    assert Counter(after.values()) == Counter(before.values()), (
        "pictures were lost, changed or made twice: did one take the place of another of its name?"
    )
    left = {path for path in after if "/" not in path}
    assert left == {"notes.txt", "broken.jpg"}, f"left in the folder: {sorted(left)[:4]}"
    for name, kind in plan.items():
        there = [p for p, content in after.items() if content == before[str(name)]]
        assert any(p.split("/")[0] == kind for p in there), f"{name} is not in {kind}"
    assert sort(folder, dry_run=False) == {}, "a second run finds nothing to sort"
    assert _contents(folder) == after, "a second run changed something"
    return {str(name): str(kind) for name, kind in plan.items()}


def _contents(folder: Path) -> dict[str, int]:
    """A number for the bytes of each file below `folder`."""
    files = [p for p in folder.rglob("*") if p.is_file()]
    return {p.relative_to(folder).as_posix(): hash(p.read_bytes()) for p in files}


def _judged(plan: dict[str, str], learnt: Album, hidden: Album, kind: str) -> None:
    N = len(hidden.pictures)
    answers = torch.tensor([hidden.classes.index(plan[_name(i)]) for i in range(N)])
    share = (answers == hidden.labels).double().mean().item()
    baseline = (nearest_colour(learnt)(hidden.pictures) == hidden.labels).double().mean().item()
    if kind == "flowers":
        kind = "real" if data.fetch("squeezenet") else "stand-in"
    goal, error = baseline + MARGIN[kind], (share * (1 - share) / N) ** 0.5
    line = (
        f"{share:.1%} ± {error:.1%} of {N} hidden pictures right, by colour "
        f"{baseline:.1%}; the goal is {goal:.1%}"
    )
    assert len(answers.unique()) > 1, f"{line}. All go to one place"
    assert share >= goal, line
    say(line, {"hidden": share, "baseline": baseline})
