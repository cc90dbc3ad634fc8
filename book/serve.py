"""The live preview: serve the site, build it again when a source changes, reload the page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from livereload import Server

WATCHED = (
    "chapters/**/*.md",
    "*.md",
    "_toc.yml",
    "_config.yml",
    "code/tensorbook/**/*.py",
    "book/site/**/*",
)


def serve(root: Path, port: int, build: Callable[[], None]) -> None:
    """Build once, then serve `_build/html` on this machine's `port` until interrupted."""
    build()
    server = Server()
    for pattern in WATCHED:
        server.watch(str(root / pattern), build)
    server.serve(root=str(root / "_build" / "html"), port=port, host="127.0.0.1", live_css=False)
