"""A notebook's cells as a plain script: text as comments, code between `# %%` marks."""

from __future__ import annotations

import ast
import re

from book.notebooks.cells import Item

FOLD = re.compile(r"<details>\n<summary>(.*?)</summary>\n|\n</details>")


def script(items: list[Item]) -> str:
    """The script; `# %%` opens a cell for VS Code, Spyder and Jupytext."""
    return "\n\n".join(_cell(item) for item in items) + "\n"


def line_in_chapter(items: list[Item], number: int) -> int:
    """The chapter's line that stands behind line `number` of the script."""
    here = 1
    for item in items:
        length = _cell(item).count("\n") + 1
        if number < here + length:
            inside = number - here - 1 - item.shift  # the first line is the mark
            return item.line + max(0, inside) if item.kind == "code" else item.line
        here += length + 1
    return items[-1].line


def _cell(item: Item) -> str:
    if item.kind == "markdown":
        text = FOLD.sub(lambda m: f"{m[1]}:\n" if m[1] else "", item.source).strip()
        return "\n".join(["# %% [markdown]", *(f"# {line}".rstrip() for line in text.splitlines())])
    shown = "\n\nplt.show()" if item.plots else ""
    return f"# %%\n{_python(item.source)}{shown}"


def _python(source: str) -> str:
    """Source that plain Python reads: a notebook's own commands become comments."""
    try:
        ast.parse(source)
    except SyntaxError:
        lines = [re.sub(r"^(\s*)(?=[%!])", r"\1# ", line) for line in source.splitlines()]
        try:
            ast.parse("\n".join(lines))
        except SyntaxError:  # the error is the point: a script could not start with it
            lines = [f"# {line}".rstrip() for line in source.splitlines()]
        return "\n".join(lines)
    return source
