"""Data: the real thing where it is, an honest stand-in where it is not."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from tensorbook import data, pretrained, standin


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


def test_photographs_are_small_files_in_colour_with_author_and_licence() -> None:
    files = Path(pretrained.__file__).parent / "files"
    readme = (files / "README.md").read_text(encoding="utf-8")
    for name, picture in data.photographs().items():
        assert picture.mode == "RGB"
        assert min(picture.size) >= 288
        assert (files / f"{name}.jpg").stat().st_size <= 40_000
        assert f"`{name}.jpg`" in readme
    assert standin.FILE.stat().st_size <= 60_000


def test_without_weights_a_network_for_digits_stands_in_and_says_so(
    nowhere: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    trained = data.squeezenet()
    assert trained.kind == "stand-in"
    said = capsys.readouterr()
    assert said.out.startswith("data: SqueezeNet's weights could not be had; ")
    assert not said.err
    assert list(trained.pictures)[-2:] == ["flower", "astronaut"]
    for name, picture in trained.pictures.items():
        scores = trained.network(trained.transforms(picture)[None])
        assert scores.shape == (1, len(trained.categories))
        if name in trained.categories:
            assert trained.categories[int(scores.argmax())] == name
    assert not trained.network.training
    assert str(trained.blank()) == str(trained.network.train())


def test_weights_in_a_folder_are_those_of_torchvision(nowhere: Path) -> None:
    from torchvision import models

    made = models.squeezenet1_1()
    path = nowhere / "data" / data.FILES["squeezenet"][0]
    path.parent.mkdir(parents=True)
    torch.save(made.state_dict(), path)
    hub = torch.hub.get_dir()
    try:
        trained = data.squeezenet()
    finally:
        torch.hub.set_dir(hub)
    assert trained.kind == "real"
    assert len(trained.categories) == 1000
    assert list(trained.pictures) == list(data.photographs())
    x = trained.transforms(trained.pictures["cat"])[None]
    torch.testing.assert_close(trained.network(x), made.eval()(x))
    assert str(trained.blank().eval()) == str(trained.network)


def test_the_stand_in_reads_digits_that_it_was_not_trained_on() -> None:
    _, _, images, labels = standin.digits()
    right = standin.load()(images).argmax(1) == labels
    assert right.float().mean() > 0.9


def test_the_stand_in_is_trained_by_the_function_that_says_so() -> None:
    _, _, images, labels = standin.digits()
    right = standin.train(epochs=10)(images).argmax(1) == labels
    assert right.float().mean() > 0.6  # a third of its epochs; chance is 0.1
