"""Files that a figure loads when its reader asks: packed at the build, unpacked in the page."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import tiny
from playwright.sync_api import Browser
from reading import served

from book import contents, execute, html
from book.live import RUNTIMES
from book.sphinx.files import FOLDER, PART, SITE, gz, pack

LIVE = """```{code-cell} ipython3
---
mystnb:
  figure:
    caption: A number from far away.
---
import matplotlib.pyplot as plt
import torch

from tensorbook import live

dice = torch.Generator().manual_seed(1)
noise = torch.randint(256, (700_000,), generator=dice)
files = {"noise.bin": bytes(noise.tolist()), "word.txt": b"<once>"}
live("digit-reader", {}, plt.figure(), alt="nothing yet", files=files)
```
"""
# On the page, in the place of the figure of this name.
LOADER = """live.register("digit-reader", (root, data, ui, still) => {
  const said = ui.says(root);
  ui.button(root, "Load", async () => {
    const files = await ui.use("files");
    const shares = [];
    const { "noise.bin": noise, "word.txt": word } = await files.load(root, ui, (share) => shares.push(share));
    const sum = noise.reduce((total, byte) => total + byte, 0);
    said(`${noise.length} ${sum} ${new TextDecoder().decode(word)} ${shares.at(-1)} ${still.tagName}`);
  });
});"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tiny.write(tmp_path_factory.mktemp("book"), {"far": tiny.chapter("# Far\n\n" + LIVE)})
    book = contents.load(root)
    assert [o.finding for o in execute.run(book) if o.finding] == []
    built = html.build(book)
    (built / "_static" / "live" / "digit-reader.js").write_text(LOADER, encoding="utf-8")
    return built


@pytest.fixture(scope="module")
def browser(folder: Path, chromium: Browser) -> Browser:
    """The browser, opened after the folder was built, which takes an event loop of its own."""
    return chromium


@pytest.fixture(params=["server", "folder"])
def address(request: pytest.FixtureRequest, folder: Path) -> Iterator[str]:
    if request.param == "folder":
        yield folder.as_uri() + "/"
        return
    with served(folder) as site:
        yield site


def test_a_figure_gets_its_files_when_asked_and_not_before(
    folder: Path, browser: Browser, address: str
) -> None:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address + "chapters/part/far.html")
    button = page.get_by_role("button", name="Load")
    button.scroll_into_view_if_needed()
    assert not [url for url in asked if FOLDER.as_posix() in url]
    button.click()
    page.locator(".live-says:not(:empty)").wait_for()
    said = page.locator(".live-says").inner_text().split()
    import torch

    noise = torch.randint(256, (700_000,), generator=torch.Generator().manual_seed(1))
    assert said == ["700000", str(noise.sum().item()), "<once>", "1", "IMG"]
    assert len([url for url in asked if FOLDER.as_posix() in url]) == 3  # two parts and a word
    page.close()


def test_the_page_carries_addresses_and_sizes_and_no_contents(folder: Path) -> None:
    text = (folder / "chapters" / "part" / "far.html").read_text(encoding="utf-8")
    assert len(text) < 30_000
    found = re.findall(
        r'data-file="(\S+)" data-at="(\w+)" data-parts="(\d+)" data-bytes="(\d+)"', text
    )
    assert [(name, parts) for name, _, parts, _ in found] == [("noise.bin", "2"), ("word.txt", "1")]
    for _, at, parts, size in found:
        scripts = [folder / FOLDER / f"{at}-{i}.js" for i in range(int(parts))]
        assert sum(script.stat().st_size for script in scripts) == int(size)
    assert "wasm-unsafe-eval" not in text


def test_parts_put_together_are_the_file(tmp_path: Path) -> None:
    content = b"".join(i.to_bytes(4, "big") for i in range(400_000))
    compressed = gzip.compress(content, 0, mtime=0)
    assert pack(tmp_path, compressed) == pack(tmp_path, compressed)
    name, count, _ = pack(tmp_path, compressed)
    assert count == -(-len(compressed) // PART) == 5
    joined = b""
    for index in range(count):
        script = (tmp_path / f"{name}-{index}.js").read_text(encoding="utf-8")
        joined += base64.b64decode(json.loads(script.split(", ")[1].removesuffix(");\n")))
    assert gzip.decompress(joined) == content
    assert gz(content) == gz(content)


def test_the_runtime_is_the_one_that_was_published() -> None:
    folder = SITE / "onnxruntime"
    sums = dict(reversed(line.split()) for line in (folder / "SHA256SUMS").read_text().splitlines())
    files = {file.removesuffix(".gz"): (folder / file) for file in RUNTIMES["onnxruntime"]}
    assert set(sums) == set(files)
    for name, file in files.items():
        content = file.read_bytes()
        content = gzip.decompress(content) if file.suffix == ".gz" else content
        assert hashlib.sha256(content).hexdigest() == sums[name]
