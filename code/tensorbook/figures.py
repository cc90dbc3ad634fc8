"""Figures: one look for all of them, and a still that comes alive on the page."""

from __future__ import annotations

import base64
import html
import io
import json
from typing import TYPE_CHECKING, Any

from tensorbook.report import KEY, publish

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STYLE = "tensorbook.book"  # for plt.style.use


def live(
    name: str,
    data: dict[str, Any],
    still: Figure,
    *,
    alt: str,
    files: dict[str, bytes] | None = None,
    runtime: str = "",
) -> None:
    """Show a figure that the reader can act on.

    On the site, the script `live/<name>.js` takes over and draws `data`; in the PDF, in a
    notebook, and without JavaScript, the reader sees `still`.

    Args:
        name: the figure's script, such as `"convolution-stepper"`.
        data: what the script needs, computed by the chapter; must be JSON (lists, numbers, text).
        still: a Matplotlib figure that makes the same point without moving.
        alt: what a reader who cannot see it must know, 10 to 40 words.
        files: what is too large for the page, such as a trained network, by name. The site keeps
            them apart, and the script loads them when the reader asks.
        runtime: a program that comes with the book and is loaded in the same way; there is
            `"onnxruntime"`, which runs ONNX networks.

    Raises:
        ValueError: `data` is not JSON, or `alt` is empty.
    """
    import matplotlib.pyplot as plt

    if not alt.strip():
        raise ValueError(f"{name}: a figure needs alt text")
    try:
        payload = json.dumps(data, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"{name}: data must be JSON; use .tolist() on tensors ({error})"
        ) from error
    svg, pdf = _render(still, "svg"), _render(still, "pdf")
    plt.close(still)
    page = _page(name, payload, svg, alt, files or {}, runtime)
    publish(
        {"text/html": page, "application/pdf": pdf, "text/plain": f"[figure: {alt}]"},
        {KEY: {"live": name, "bytes": len(payload), "runtime": runtime}},
        otherwise=f"[figure: {alt}]",
    )


def _page(
    name: str, payload: str, svg: bytes, alt: str, files: dict[str, bytes], runtime: str
) -> str:
    """The figure for the site, whose builder takes still and files out of the page."""
    still = f"data:image/svg+xml;base64,{_base64(svg)}"
    uses = f' data-runtime="{html.escape(runtime)}"' if runtime else ""
    safe = payload.replace("</", "<\\/")
    blocks = [f'<script type="application/json">{safe}</script>']
    for file, content in files.items():
        kind = f'type="application/octet-stream" data-file="{html.escape(file)}"'
        blocks.append(f"<script {kind}>{_base64(content)}</script>")
    return (
        f'<div class="live" data-live="{html.escape(name)}" data-alt="{html.escape(alt)}"{uses}>'
        f'<img src="{still}" alt="{html.escape(alt)}">{"".join(blocks)}</div>'
    )


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _render(figure: Figure, kind: str) -> bytes:
    import matplotlib

    buffer = io.BytesIO()
    # No date and fixed ids: the same figure gives the same bytes at every run.
    metadata: dict[str, Any] = {"Date": None} if kind == "svg" else {"CreationDate": None}
    with matplotlib.rc_context({"svg.hashsalt": "tensorbook"}):
        figure.savefig(buffer, format=kind, metadata=metadata, bbox_inches="tight")
    return buffer.getvalue()
