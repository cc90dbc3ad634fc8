"""Say something in a cell's output that a reader can read and the book can count."""

from __future__ import annotations

import base64
from typing import Any

KEY = "tensorbook"


def in_notebook() -> bool:
    """True inside a Jupyter kernel, where outputs can carry metadata."""
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    shell = get_ipython()
    return shell is not None and getattr(shell, "kernel", None) is not None


def say(line: str, record: dict[str, Any]) -> None:
    """Show `line`; in a notebook, attach `record` to the output so that the build can collect it."""
    publish({"text/plain": line}, {KEY: record}, otherwise=line)


def glue(name: str, value: object) -> None:
    """Lend `value` to the chapter's prose, where `{glue:text}`name`` shows it.

    Nothing is displayed. In a plain script this does nothing at all.
    """
    if not in_notebook():
        return
    # MyST-NB finds a glued value by these two marks, which the scrapbook format defined.
    # The value is read back as a Python literal, so text keeps its quotes here.
    text = {"application/papermill.record/text/plain": repr(value)}
    scrap = {"name": name, "mime_prefix": "application/papermill.record/"}
    publish(text, {"scrapbook": scrap}, otherwise=None)


def publish(bundle: dict[str, Any], metadata: dict[str, Any], otherwise: str | None) -> None:
    """Display a MIME bundle (bytes are encoded) in a notebook; print `otherwise` in a script."""
    if not in_notebook():
        if otherwise is not None:
            print(otherwise)
        return
    from IPython.display import publish_display_data

    encoded = {
        mime: base64.b64encode(data).decode() if isinstance(data, bytes) else data
        for mime, data in bundle.items()
    }
    publish_display_data(encoded, metadata)
