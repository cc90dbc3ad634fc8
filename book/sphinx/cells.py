"""Outputs of cells: figures with their size, stills in files of their own, tracebacks folded."""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.images import get_image_size

RAISED = re.compile(r"^(?:\w+\.)*\w*(?:Error|Exception|Warning|Interrupt|Failed|Exit)(?:: .*|)$")
STILL = re.compile(r'<img src="data:image/svg\+xml;base64,(?P<data>[^"]+)"')
SIZE = re.compile(r'<svg\b[^>]*?\bwidth="([\d.]+)(pt|px|)"\s+height="([\d.]+)(?:pt|px|)"', re.S)


SAID = 3  # lines of a message that are seen before its traceback unfolds
CELL = re.compile(r"(?:/tmp/ipykernel_\d+/\d+\.py|<>):(\d+): ")  # where IPython keeps a cell


def setup(app: Sphinx) -> None:
    """Connect the transforms."""
    app.add_post_transform(Warnings)
    app.add_post_transform(Figures)
    app.add_post_transform(Stills)
    app.add_post_transform(Tracebacks)


class Figures(SphinxPostTransform):
    """Give each figure its size, so that nothing jumps, and load it when it comes near."""

    default_priority = 21
    formats = ("html",)

    def run(self, **options: object) -> None:
        for image in self.document.findall(nodes.image):
            file = Path(self.app.srcdir) / image["uri"].lstrip("/")
            size = size_of(file) if file.is_file() else None
            if size and not {"width", "height", "scale"} & set(image.attributes):
                image["width"], image["height"] = (f"{n}px" for n in size)
            image["loading"] = "lazy"


class Stills(SphinxPostTransform):
    """Move the stills of live figures out of the page: most readers never see them."""

    default_priority = 22
    formats = ("html",)

    def run(self, **options: object) -> None:
        up = "../" * self.env.docname.count("/")
        for raw in list(self.document.findall(nodes.raw)):
            if 'class="live"' in raw.astext():
                text = STILL.sub(lambda m: self._file(m["data"], up), raw.astext())
                raw.parent.replace(raw, nodes.raw("", text, format="html"))

    def _file(self, data: str, up: str) -> str:
        svg = base64.b64decode(data)
        name = f"{hashlib.sha256(svg).hexdigest()[:32]}.svg"
        folder = Path(self.app.outdir) / "_images"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(svg)
        size = _svg_size(svg.decode("utf-8"))
        box = f' width="{size[0]}" height="{size[1]}"' if size else ""
        return f'<img loading="lazy" src="{up}_images/{name}"{box}'


class Warnings(SphinxPostTransform):
    """Name the line of the cell, not a temporary file that differs at each run."""

    default_priority = 23
    formats = ("html",)

    def run(self, **options: object) -> None:
        for block in list(self.document.findall(nodes.literal_block)):
            if "stderr" in block["classes"]:
                text = CELL.sub(r"line \1: ", block.astext())
                block.children = [nodes.Text(text)]
                block.rawsource = text


class Tracebacks(SphinxPostTransform):
    """Show what was raised; the way there unfolds."""

    default_priority = 23
    formats = ("html",)

    def run(self, **options: object) -> None:
        for block in list(self.document.findall(nodes.literal_block)):
            if "traceback" in block["classes"]:
                block["force"] = True  # what a message goes on to say need not be Python
                said = escape(raised(block.astext()))
                opening = (
                    f'<details class="raised"><summary><code>{said}</code>'
                    '<span class="unfold"> the whole traceback</span></summary>'
                )
                before = nodes.raw("", opening, format="html")
                after = nodes.raw("", "</details>", format="html")
                block.parent.replace(block, [before, block, after])


def raised(traceback: str) -> str:
    """The line of a traceback that names the error, and the first of what it goes on to say."""
    lines = [line.rstrip() for line in traceback.splitlines() if line.strip()]
    named = [i for i, line in enumerate(lines) if RAISED.match(line)]
    first = named[-1] if named else max(len(lines) - 1, 0)
    said = [line.strip() for line in lines[first : first + SAID]] or ["an error"]
    return "\n".join([*said, "…"] if len(lines) > first + SAID else said)


def size_of(file: Path) -> tuple[int, int] | None:
    """Width and height of an image in CSS pixels."""
    if file.suffix == ".svg":
        return _svg_size(file.read_text(encoding="utf-8")[:4000])
    return get_image_size(str(file))


def _svg_size(text: str) -> tuple[int, int] | None:
    match = SIZE.search(text)
    if not match:
        return None
    scale = 4 / 3 if match[2] == "pt" else 1
    return round(float(match[1]) * scale), round(float(match[3]) * scale)
