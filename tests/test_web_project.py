"""The project of a network in a web page, opened in a browser as a reader would."""

from __future__ import annotations

import gzip
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser
from reading import served

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "chapters/projects/network-in-a-page.md"
RUNTIME = ROOT / "book/site/onnxruntime"


def delivered(folder: Path) -> None:
    """What the chapter's solution writes, and the runtime beside it."""
    cells = re.findall(r"```\{code-cell\} ipython3\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    names: dict[str, Any] = {}
    for cell in cells:
        if any(part in cell for part in (":tags: [stub]", "mystnb:", "tempfile.Temp")):
            continue
        code = re.sub(r"^:tags:.*\n|^check_exercise\(.*\n", "", cell, flags=re.MULTILINE)
        exec(compile(code, "cell", "exec"), names)
    names["deliver"](folder)
    shutil.copy(RUNTIME / "ort.wasm.bundle.min.mjs", folder)
    wasm = gzip.decompress((RUNTIME / "ort-wasm-simd-threaded.wasm.gz").read_bytes())
    (folder / "ort-wasm-simd-threaded.wasm").write_bytes(wasm)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("page")
    delivered(folder)
    with served(folder) as address:
        yield address


def test_the_delivered_page_agrees_with_pytorch_and_reads_a_drawing(
    chromium: Browser, site: str
) -> None:
    page, asked, wrong = chromium.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.goto(site)
    said = "document.querySelector('output').value"
    page.wait_for_function(f"!{said}.includes('way')", timeout=60_000)
    assert page.evaluate(said).startswith("Ready: 8 examples")
    box = page.locator("canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"]
    page.mouse.move(x, y + 0.3 * box["height"])
    page.mouse.down()
    page.mouse.move(x, y + 0.7 * box["height"], steps=30)
    page.mouse.up()
    page.wait_for_function(f"{said}.startsWith('I read a')")
    scores = page.evaluate("fetch('vectors.json').then((file) => file.json())")[2]["scores"]
    page.fill("#which", "2")
    page.wait_for_function(f"{said}.startsWith('I read a {scores.index(max(scores))},')")
    assert not wrong
    assert all(address.startswith((site, "blob:", "data:")) for address in asked)
