"""Files that a figure loads when its reader asks: taken out of the page, packed as scripts.

A page opened from a folder may load scripts and nothing else, so each file is compressed, written
in base64 and cut into scripts that hand their part to `live/shared/files.js`. It is the same on a server,
where it costs no more than the file itself, compressed.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from html import escape, unescape
from pathlib import Path

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from book.live import RUNTIMES
from book.sphinx.assets import SITE

LICENSES = ("LICENSE", "ThirdPartyNotices.txt")
FOLDER = Path("_static", "files")
PART = 3 * 2**17  # bytes in one script; a multiple of three ends without padding
BLOCK = re.compile(
    r'<script type="application/octet-stream" data-file="(?P<name>[^"]*)">(?P<data>[^<]*)</script>'
)
RUNTIME = re.compile(r' data-runtime="(?P<name>[^"]*)"')


def setup(app: Sphinx) -> None:
    """Connect the transform."""
    app.add_post_transform(Files)


class Files(SphinxPostTransform):
    """Put each file of a live figure beside the page, and its address and size into the page."""

    default_priority = 24
    formats = ("html",)

    def run(self, **options: object) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            text = raw.astext()
            if 'class="live"' in text and (BLOCK.search(text) or RUNTIME.search(text)):
                made = nodes.raw("", self._packed(text), format="html")
                made.source, made.line = raw.source, raw.line
                raw.parent.replace(raw, made)

    def _packed(self, text: str) -> str:
        out = Path(self.app.outdir)
        text = BLOCK.sub(
            lambda m: _block(out, unescape(m["name"]), gz(base64.b64decode(m["data"]))), text
        )
        wanted = RUNTIME.search(text)
        if not wanted:
            return text
        blocks = self._runtime(out, unescape(wanted["name"]))
        return text.removesuffix("</div>") + blocks + "</div>"

    def _runtime(self, out: Path, name: str) -> str:
        files = RUNTIMES.get(name, ())  # that there is none of this name, `book.outputs` says
        for file in LICENSES if files else ():
            target = out / "_static" / name / file
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes((SITE / name / file).read_bytes())
        return "".join(_block(out, *_vendored(SITE / name / file)) for file in files)


def pack(folder: Path, compressed: bytes) -> tuple[str, int, int]:
    """Write gzip bytes as scripts below `folder`; returns their name, their count and their size."""
    name = hashlib.sha256(compressed).hexdigest()[:32]
    folder.mkdir(parents=True, exist_ok=True)
    size, count = 0, 0
    for count, start in enumerate(range(0, len(compressed), PART), start=1):
        encoded = base64.b64encode(compressed[start : start + PART]).decode()
        script = f'live.part("{name}-{count - 1}", "{encoded}");\n'
        (folder / f"{name}-{count - 1}.js").write_text(script, encoding="utf-8")
        size += len(script)
    return name, count, size


def gz(content: bytes) -> bytes:
    """Compressed, without a date: the same content gives the same bytes."""
    return gzip.compress(content, 9, mtime=0)


def _vendored(file: Path) -> tuple[str, bytes]:
    content = file.read_bytes()
    return (file.stem, content) if file.suffix == ".gz" else (file.name, gz(content))


def _block(out: Path, name: str, compressed: bytes) -> str:
    """The data block that tells `live/shared/files.js` where the file is."""
    at, count, size = pack(out / FOLDER, compressed)
    return (
        f'<script type="application/octet-stream" data-file="{escape(name)}" data-at="{at}"'
        f' data-parts="{count}" data-bytes="{size}"></script>'
    )
