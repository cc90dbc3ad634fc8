"""live(): the bundle that the site, the PDF and notebooks draw from."""

import base64
import json
import re

import matplotlib as mpl
import matplotlib.pyplot as plt
import pytest
from tensorbook import figures, live

mpl.use("agg")


@pytest.fixture
def bundle(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    shown: dict[str, object] = {}
    monkeypatch.setattr(figures, "publish", lambda b, m, otherwise: shown.update(b, metadata=m))
    return shown


def still() -> plt.Figure:
    figure, axes = plt.subplots()
    axes.plot([1, 2], [3, 4])
    return figure


def test_the_page_gets_the_data_and_paper_gets_vectors(bundle: dict[str, object]) -> None:
    live("stepper", {"x": [1, 2], "s": "</script>"}, still(), alt="a line that rises")
    page = str(bundle["text/html"])
    payload = re.search(r"json\">(.*?)</script></div>$", page)
    assert payload is not None
    assert json.loads(payload[1]) == {"x": [1, 2], "s": "</script>"}
    assert 'data-live="stepper"' in page
    assert 'alt="a line that rises"' in page
    assert bytes(bundle["application/pdf"]).startswith(b"%PDF")  # type: ignore[call-overload]


def test_the_same_figure_gives_the_same_bytes(bundle: dict[str, object]) -> None:
    live("stepper", {}, still(), alt="a line")
    first = dict(bundle)
    live("stepper", {}, still(), alt="a line")
    assert first == bundle


def test_tensors_in_the_data_are_refused_with_the_cure(bundle: dict[str, object]) -> None:
    import torch

    with pytest.raises(ValueError, match=r"\.tolist\(\)"):
        live("stepper", {"x": torch.ones(2)}, still(), alt="a line")


def test_a_figure_without_alt_text_is_refused(bundle: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="alt text"):
        live("stepper", {}, still(), alt=" ")


def test_files_and_a_runtime_travel_beside_the_data(bundle: dict[str, object]) -> None:
    content = bytes(range(256))
    files = {"network.onnx": content}
    live("reader", {}, still(), alt="a line", files=files, runtime="onnxruntime")
    page = str(bundle["text/html"])
    block = re.search(r'octet-stream" data-file="network.onnx">(.*?)</script></div>$', page)
    assert block is not None
    assert base64.b64decode(block[1]) == content
    assert 'data-runtime="onnxruntime"' in page
