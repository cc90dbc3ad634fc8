"""The worker that lets readers go on without a network, told which files this version of the site has.

`book_offline: false` among Sphinx's settings in `_config.yml` publishes one that removes itself.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from book.sphinx.assets import SITE

WORKER = "worker.js"
# Downloads, and what Sphinx leaves for other programs.
LEFT_OUT = ("notebooks/*", "*.pdf", "reports/*", "objects.inv*", "_sources/*", "404.html", WORKER)
SHELL = (
    "index.html",
    "search.html",
    "offline.html",
    "_static/*.*",
    "_static/fonts/*.woff2",
    "_static/search/*",
)
HEAVY = 1_000_000  # bytes; such a file is kept when it is used, and never before


def setup(app: Sphinx) -> None:
    """Pages learn where the worker is; the worker, once all files are there, what they are."""
    app.add_config_value("book_offline", True, "html", types=(bool,))
    app.connect("builder-inited", _add_page)
    app.connect("html-page-context", _tell)
    app.connect("build-finished", _write, priority=990)


def _add_page(app: Sphinx) -> None:
    if app.builder.name == "html":
        app.config.html_additional_pages["offline"] = "offline.html"


def _tell(
    app: Sphinx,
    pagename: str,
    template: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    context["offline"] = app.config.book_offline


def _write(app: Sphinx, error: Exception | None) -> None:
    if error or app.builder.name != "html":
        return
    site = Path(app.outdir)
    if app.config.book_offline:
        text = told(site) + (SITE / WORKER).read_text(encoding="utf-8")
    else:
        text = (SITE / "worker-off.js").read_text(encoding="utf-8")
    (site / WORKER).write_text(text, encoding="utf-8")


def told(site: Path) -> str:
    """What the worker must know of the files below `site`, as JavaScript."""
    files = {
        file.relative_to(site).as_posix(): file
        for file in sorted(site.rglob("*"))
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(site).parts)
        and not any(file.relative_to(site).match(pattern) for pattern in LEFT_OUT)
    }  # fmt: skip
    digests = {name: _digest(file) for name, file in files.items()}
    known = {
        "VERSION": hashlib.sha256(json.dumps(digests).encode()).hexdigest()[:16],
        "FILES": digests,
        "SHELL": [name for name in files if any(Path(name).match(p) for p in SHELL)],
        "HEAVY": [name for name, file in files.items() if file.stat().st_size > HEAVY],
    }
    return "".join(f"const {name} = {json.dumps(value)};\n" for name, value in known.items())


def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:16]
