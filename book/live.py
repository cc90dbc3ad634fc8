"""Figures that the reader acts on: where their scripts lie, and what a reader pays for one."""

from __future__ import annotations

import gzip
import re
from pathlib import Path

SITE = Path(__file__).parent / "site"
RUNTIME = SITE / "live.js"
BUDGET = 30_000  # bytes, compressed: the runtime, the figure's script and its data
# What `live(…, runtime=…)` may name: files below `site/<name>/`; a `.gz` there is packed as it is.
RUNTIMES = {"onnxruntime": ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm.gz")}
DATA = re.compile(r'<script type="application/json">(.*?)</script>', flags=re.S)


def script(name: str) -> Path:
    """Where the script of the figure `live("<name>", …)` lies."""
    return SITE / "live" / f"{name}.js"


def weight(name: str, page: str) -> int:
    """The compressed bytes of a live figure, given its HTML; the still is not loaded with it.

    The runtime is counted whole, as if the page had no other figure to share it.
    """
    data = "".join(DATA.findall(page)).encode()
    files = [file for file in (RUNTIME, script(name)) if file.is_file()]
    return sum(len(gzip.compress(part, mtime=0)) for part in [data, *map(Path.read_bytes, files)])
