"""Tiny books, written by the tests that use them."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from book import contents, lint
from book.findings import BookError, Finding

HERE = Path(__file__).resolve().parent.parent

HEADER = """\
---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
book:
  minutes: {minutes}
  data: {data}
  needs: {needs}
---

"""

GOOD = """\
# Sums

Addition commutes, as {eq}`eq-commute` says.

```{math}
:label: eq-commute
a + b = b + a.
```

```{code-cell} ipython3
from tensorbook import check

a, b = 2.0, 3.0
check("eq-commute", a + b, b + a)
```

| symbol | code | shape | meaning |
|---|---|---|---|
| $a, b$ | `a`, `b` | `()` | numbers |
"""


def chapter(body: str, *, minutes: float = 1, data: str = "[]", needs: str = "[]") -> str:
    """A chapter's text: the usual header and `body`."""
    return HEADER.format(minutes=minutes, data=data, needs=needs) + body


def cell(source: str, tags: str = "") -> str:
    """A code cell as it stands in a chapter."""
    options = f":tags: [{tags}]\n" if tags else ""
    return f"```{{code-cell}} ipython3\n{options}{source}\n```\n"


def write(root: Path, pages: Mapping[str, str] | None = None, *, library: bool = False) -> Path:
    """A book below `root` with these chapters, by slug, in one part; returns `root`.

    With `library`, `code/` is a copy that the test may change; else it is this repository's.
    """
    pages = {"sums": chapter(GOOD)} if pages is None else pages
    (root / "chapters" / "part").mkdir(parents=True, exist_ok=True)
    toc = [
        "format: jb-book",
        "root: index",
        "parts:",
        "  - caption: Part",
        "    numbered: true",
        "    chapters:",
    ]
    for slug, text in pages.items():
        (root / "chapters" / "part" / f"{slug}.md").write_text(text, encoding="utf-8")
        toc.append(f"      - file: chapters/part/{slug}")
    (root / "_toc.yml").write_text("\n".join(toc) + "\n", encoding="utf-8")
    (root / "index.md").write_text("# A tiny book\n", encoding="utf-8")
    (root / "chapters" / "references.bib").touch()
    for name in ("_config.yml", "requirements.in", "requirements.txt"):
        shutil.copy(HERE / name, root / name)
    (root / "book").symlink_to(HERE / "book")
    if library:
        shutil.copytree(HERE / "code" / "tensorbook", root / "code" / "tensorbook")
        shutil.copy(HERE / "code" / "pyproject.toml", root / "code")
    else:
        (root / "code").symlink_to(HERE / "code")
    return root


def findings(root: Path) -> list[Finding]:
    """What `python -m book check` would print."""
    try:
        return lint.findings(contents.load(root))
    except BookError as error:
        return error.findings


def only(root: Path) -> Finding:
    """The one finding of the book below `root`."""
    (finding,) = findings(root)
    return finding
