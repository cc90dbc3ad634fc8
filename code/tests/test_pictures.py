"""Coloured pictures: CIFAR-10 or the tiles that stand in for it, heroes, flowers."""

from pathlib import Path

import pytest
import torch
from tensorbook import data, sprites


def test_a_part_of_cifar_is_what_torchvision_reads() -> None:
    if not data.locate("cifar10"):
        pytest.skip("CIFAR-10 is not on this machine")
    from torchvision import datasets

    images = data.cifar10(20, 10)
    assert images.kind == "real"
    assert (images.train.shape, images.test.shape) == ((20, 3, 32, 32), (10, 3, 32, 32))
    known = datasets.CIFAR10(data.locate("cifar10"), train=True)
    assert torch.equal(
        (images.train[7] * 255).round().byte(), torch.tensor(known.data[7]).permute(2, 0, 1)
    )
    assert images.train_labels.tolist() == known.targets[:20]
    assert images.classes[int(images.train_labels[0])] == "frog"


def test_without_cifar_tiles_of_ten_kinds_stand_in_and_say_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from torchvision import datasets

    def refuse(*args: object, **kwargs: object) -> None:
        raise RuntimeError("no mirror answers")

    monkeypatch.setenv("TENSORBOOK_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(datasets.CIFAR10, "download", refuse)
    images = data.cifar10(1000)
    assert images.kind == "stand-in"
    assert "data: CIFAR-10 could not be had; " in capsys.readouterr().out
    assert (images.train.shape, images.test.shape) == ((1000, 3, 32, 32), (400, 3, 32, 32))


def test_tiles_are_of_ten_kinds_and_none_is_learnt_from_and_tested_on() -> None:
    images = data.tiles()
    assert images.classes == sprites.KINDS
    assert (len(images.train), len(images.test)) == (1393, 400)
    for labels in (images.train_labels, images.test_labels):
        assert labels.bincount(minlength=10).min() >= 4
    learnt = {picture.numpy().tobytes() for picture in images.train}
    assert len(learnt) == len(images.train)
    assert not any(picture.numpy().tobytes() in learnt for picture in images.test)
    assert 0 <= images.train.min() < images.train.max() <= 1


def test_heroes_wear_what_their_row_says() -> None:
    pictures, worn = data.heroes(300, seed=5)
    assert (pictures.shape, worn.shape) == ((300, 3, 32, 32), (300, 10))
    assert torch.equal(data.heroes(300, seed=5)[0], pictures)
    assert not torch.equal(data.heroes(300, seed=6)[0], pictures)
    columns = list(sprites.WARDROBE)
    assert (worn[:, columns.index("base")] >= 0).all()  # a body is what all of them have
    share = (worn >= 0).double().mean(0)
    wanted = torch.tensor(list(sprites.WARDROBE.values())).double()
    assert (share - wanted).abs().max() < 0.1
    last = worn[:, columns.index("head")]  # nothing is drawn over a hat
    who = int((last >= 0).nonzero()[0])
    hat = sprites.tiles()["head"][last[who]]
    solid = hat[3] == 1
    assert torch.equal(pictures[who][:, solid], hat[:3, solid])


def test_flowers_are_photographs_whose_photographers_are_named() -> None:
    flowers = data.flowers()
    assert (len(flowers.train), len(flowers.test)) == (500, 250)
    assert flowers.train_labels.bincount().tolist() == [100] * 5
    assert flowers.test_labels.bincount().tolist() == [50] * 5
    assert {picture.size for picture in flowers.train + flowers.test} == {(128, 128)}
    files = Path(sprites.__file__).parent / "files"
    lines = (files / "flowers.LICENSE.txt").read_text(encoding="utf-8").splitlines()
    assert sum(" CC-BY by " in line for line in lines) == 750
