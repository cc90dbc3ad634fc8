"""Data: the real thing where it is, an honest stand-in where it is not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tensorbook import data


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with no data, on which every download fails."""
    from torchvision import datasets

    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no mirror answers")

    monkeypatch.setenv("TENSORBOOK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setattr(datasets.MNIST, "download", refuse)
    monkeypatch.setattr(torch.hub, "download_url_to_file", refuse)
    return tmp_path


@pytest.mark.parametrize(
    ("load", "title"), [(data.mnist, "MNIST"), (data.fashion_mnist, "Fashion-MNIST")]
)
def test_without_data_digits_stand_in_and_say_so(
    nowhere: Path,
    capsys: pytest.CaptureFixture[str],
    load: Callable[[], data.Images],
    title: str,
) -> None:
    images = load()
    assert images.kind == "stand-in"
    assert f"data: {title} could not be had; " in capsys.readouterr().out
    assert images.train.shape == (1500, 1, 28, 28)
    assert images.test.shape == (297, 1, 28, 28)
    assert images.train.min() >= 0
    assert images.train.max() <= 1
    assert images.train_labels.dtype == torch.int64
    assert set(images.train_labels.tolist()) == set(range(10))


def test_the_named_folder_comes_before_the_cache(nowhere: Path) -> None:
    for name in ("cache/tensorbook", "data"):
        for file in data.FILES["mnist"]:
            path = nowhere / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        assert data.locate("mnist") == nowhere / name


def test_weights_are_found_where_torch_hub_keeps_them(nowhere: Path) -> None:
    assert not data.fetch("squeezenet")
    path = nowhere / "torch" / data.FILES["squeezenet"][0]
    path.parent.mkdir(parents=True)
    path.touch()
    assert data.locate("squeezenet") == nowhere / "torch"


def test_half_a_dataset_is_not_there(nowhere: Path) -> None:
    path = nowhere / "data" / data.FILES["mnist"][0]
    path.parent.mkdir(parents=True)
    path.touch()
    assert data.locate("mnist") is None
