"""The test of the network in a web page: its folder, read without a browser."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from tensorbook.checks import Exercises, expect
from tensorbook.report import say
from tensorbook.small_digits import small_digits

check_exercise = Exercises()

MARGIN = 0.03  # above the nearest class mean
LARGEST = 500_000  # bytes of the network
RUNTIME = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")  # not handed in
ELSEWHERE = re.compile(r"""(?:https?:|wss?:)//(?!www\.w3\.org/)|["'(=]\s*//\w""")


def _digits() -> tuple[Tensor, Tensor]:
    X, y = small_digits(7)
    return X.flatten(1), y


HIDDEN = 600


def to_learn() -> tuple[Tensor, Tensor]:
    """Two thirds of scikit-learn's digits: `(1197, 64)` shares of ink in [0, 1], and labels."""
    X, y = _digits()
    return X[HIDDEN:].clone(), y[HIDDEN:].clone()


def prepare(ink: list[int]) -> Tensor:
    """A flat 32×32 bitmap, cut out, enlarged by whole numbers and counted: `(64,)` in [0, 1]."""
    on = [divmod(i, 32) for i, v in enumerate(ink) if v]
    shares = torch.zeros(64)
    if not on:
        return shares
    top, left = (min(place[k] for place in on) for k in (0, 1))
    height, width = (
        max(place[k] for place in on) - least + 1 for k, least in ((0, top), (1, left))
    )
    size = max(height, width)
    for r in range(32):
        for c in range(32):
            y, x = (
                (2 * k + 1) * size // 64 - (size - n) // 2 for k, n in ((r, height), (c, width))
            )
            if 0 <= y < height and 0 <= x < width:
                shares[8 * (r // 4) + c // 4] += ink[32 * (top + y) + left + x] / 16
    return shares


@check_exercise.checker("ex-network-in-a-page")
def folder(deliver: Callable[[Path], Any]) -> None:
    with tempfile.TemporaryDirectory() as place:
        net = deliver(Path(place))
        if net is ... or net is None:
            raise NotImplementedError
        assert isinstance(net, nn.Module), f"return the network, not {type(net).__name__}"
        _files(Path(place))
        scores = _agrees(net.eval().cpu(), Path(place) / "model.onnx")
        _vectors(Path(place) / "vectors.json", scores)
        _page(Path(place))
        _reads(scores)


def _files(place: Path) -> None:
    for name in ("index.html", "model.onnx", "vectors.json"):
        assert (place / name).is_file(), f"the folder has no {name}"
    size = (place / "model.onnx").stat().st_size
    assert size <= LARGEST, (
        f"model.onnx has {size / 1000:,.0f} kB; {LARGEST / 1000:.0f} is the limit"
    )
    extra = [file.name for file in place.rglob("*.data")]
    assert not extra, f"the weights lie in {', '.join(extra)}; a page wants them in model.onnx"


Scores = Callable[[Tensor], Tensor]


def _agrees(net: nn.Module, file: Path) -> Scores:
    """The file's scores, after they were held to the network's."""
    import onnxruntime  # type: ignore[import-untyped]

    session = onnxruntime.InferenceSession(file.read_bytes(), providers=["CPUExecutionProvider"])
    ins, outs = session.get_inputs(), session.get_outputs()
    names = [part.name for part in (*ins, *outs)]
    assert names == ["pixels", "scores"], (
        f"inputs and outputs are called {names}, not pixels, scores"
    )
    free = ins[0].shape[0]
    assert not isinstance(free, int), (
        f"the file takes batches of {free} alone: which axis is dynamic?"
    )

    def scores(x: Tensor) -> Tensor:
        return torch.as_tensor(session.run(["scores"], {"pixels": x.numpy()})[0])

    X, _ = _digits()
    dice = torch.Generator().manual_seed(3)
    for x in (X[:HIDDEN], torch.rand(7, 64, generator=dice), torch.zeros(1, 64), X[:1]):
        with torch.inference_mode():
            wanted = net(x.clone())
        assert tuple(wanted.shape) == (len(x), 10), f"the network gives {tuple(wanted.shape)}"
        expect(scores(x), wanted, f"{len(x)} inputs: the file's scores are not the network's; in which "
               "mode was it exported?", rtol=1e-3, atol=1e-3)  # fmt: skip
    alone = torch.cat([scores(x[None]) for x in X[:20]])
    expect(scores(X[:20]), alone, "scores depend on the company of an input", rtol=1e-3, atol=1e-3)
    return scores


def _vectors(file: Path, scores: Scores) -> None:
    vectors = json.loads(file.read_text(encoding="utf-8"))
    assert isinstance(vectors, list), "vectors.json is a list"
    assert len(vectors) >= 5, f"vectors.json has {len(vectors)} examples, five are the least"
    found = []
    for k, vector in enumerate(vectors):
        for name, size in (("ink", 1024), ("pixels", 64), ("scores", 10)):
            n = len(vector.get(name, ()))
            assert n == size, f"example {k}: {name} has {n} numbers, not {size}"
        assert set(vector["ink"]) <= {0, 1}, f"example {k}: ink is 0 or 1"
        pixels = torch.tensor(vector["pixels"], dtype=torch.float32)
        expect(pixels, prepare(vector["ink"]), f"example {k}: its pixels are not its ink, cut out, enlarged and "
               "counted, as `prepare` does it", atol=1e-5)  # fmt: skip
        expect(torch.tensor(vector["scores"]), scores(pixels[None])[0], f"example {k}: its scores are not those of "
               "model.onnx for its pixels", rtol=1e-3, atol=2e-3)  # fmt: skip
        found.append(pixels)
    kinds = len(torch.stack(found).unique(dim=0))
    assert kinds >= 5, f"only {kinds} of the examples differ"


class _Reader(HTMLParser):
    """What of a page matters here: its elements with attributes, and the words inside some."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words: dict[int, str] = {}
        self.open: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag in ("input", "select", "textarea"):
            inside = any(self.elements[i][0] == "label" for i in self.open)
            self.elements[-1][1]["_label"] = "yes" if inside else None
        for i in self.open if tag == "img" else ():
            self.words[i] = self.words.get(i, "") + (self.elements[-1][1].get("alt") or "")
        if tag in ("button", "label", "title"):
            self.open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.elements[self.open[-1]][0] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        for i in self.open:
            self.words[i] = self.words.get(i, "") + data.strip()


def _page(place: Path) -> None:
    texts = {
        file: file.read_text(encoding="utf-8")
        for file in sorted(place.rglob("*"))
        if file.suffix in {".html", ".js", ".mjs", ".css"} and file.name not in RUNTIME
    }
    for file, text in texts.items():
        away = ELSEWHERE.search(text)
        assert not away, (
            f"{file.name} names an address elsewhere, near {text[away.start() :][:24]!r}"
        )
    together = "".join(texts.values())
    for name in ("model.onnx", "vectors.json", RUNTIME[0]):
        assert name in together, f"neither the page nor its scripts name {name}"
    page = _Reader()
    page.feed(texts[place / "index.html"])
    for tag, attributes in page.elements:
        address = attributes.get("src") or (tag == "link" and attributes.get("href")) or ""
        if address and not address.startswith("data:") and Path(address).name not in RUNTIME:
            assert (place / address.split("?")[0]).is_file(), f"index.html asks for {address}, which is not there"  # fmt: skip
    _named(page)


def _named(page: _Reader) -> None:
    """What a reader who cannot see the page needs."""
    tags = [tag for tag, _ in page.elements]
    assert any(tag == "html" and a.get("lang") for tag, a in page.elements), "which language? <html lang=…>"  # fmt: skip
    titled = any(t == "title" and page.words.get(i) for i, (t, _) in enumerate(page.elements))
    assert titled, "the page has no title"
    drawn = [a for tag, a in page.elements if tag in ("canvas", "svg")]
    shown = [a for a in drawn if a.get("aria-hidden") != "true"]
    assert shown, "nothing to draw on: no canvas"
    assert all(a.get("aria-label") or a.get("aria-labelledby") for a in shown), "a canvas or svg without aria-label"  # fmt: skip
    assert all(a.get("alt") is not None for tag, a in page.elements if tag == "img"), (
        "an img without alt"
    )
    labelled = {
        a["for"]
        for i, (tag, a) in enumerate(page.elements)
        if tag == "label" and a.get("for") and page.words.get(i)
    }
    for i, (tag, a) in enumerate(page.elements):
        named = a.get("aria-label") or a.get("aria-labelledby") or a.get("title")
        if tag == "button" or (tag == "input" and a.get("type") in ("button", "submit", "reset")):
            assert page.words.get(i) or a.get("value") or named, "a button without a word"
        elif tag in ("input", "select", "textarea") and a.get("type") != "hidden":
            assert named or a.get("_label") or a.get("id") in labelled, (
                f"{tag}: a control without a label"
            )
    live = "output" in tags or any(a.get("aria-live") for _, a in page.elements)
    assert live, "the answer changes unheard: an output, or aria-live"


def _reads(scores: Scores) -> None:
    X, y = _digits()
    learnt, labels = to_learn()
    means = torch.stack([learnt[labels == k].mean(0) for k in range(10)])
    hidden, truth = X[:HIDDEN], y[:HIDDEN]
    base = (torch.cdist(hidden, means).argmin(1) == truth).double().mean().item()
    share = (scores(hidden).argmax(1) == truth).double().mean().item()
    line = f"model.onnx reads {share:.1%} of {HIDDEN} hidden digits, the nearest mean {base:.1%}"
    assert share >= base + MARGIN, f"{line}; {base + MARGIN:.1%} is the goal"
    say(line, {"hidden": share, "baseline": base})
