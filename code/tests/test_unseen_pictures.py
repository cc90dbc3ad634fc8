"""The judge of pictures: whose pictures it shows and hides, who passes, and what it says."""

from pathlib import Path

import pytest
import torch
from PIL import Image
from tensorbook import data, unseen_pictures
from torch import Tensor


@pytest.fixture(autouse=True)
def _stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    tiles = data.tiles()
    monkeypatch.setattr(data, "cifar10", lambda count: tiles)
    monkeypatch.setattr(unseen_pictures, "_loaded", {})


def _folder(place: Path, each: int, kinds: int = 2) -> Path:
    """Pictures of 40×50 pixels, reddish in the first kind's folder and bluish in the second's."""
    dice = torch.Generator().manual_seed(0)
    for k in range(kinds):
        (place / f"kind {k}").mkdir(parents=True)
        for i in range(each):
            pixels = torch.randint(100, (40, 50, 3), generator=dice, dtype=torch.uint8)
            pixels[..., 2 * k] += 150
            picture = Image.frombytes("RGB", (50, 40), bytes(pixels.flatten().tolist()))
            picture.save(place / f"kind {k}" / f"{i}.png")
    return place


def test_the_hidden_pictures_are_not_among_those_to_learn_from(tmp_path: Path) -> None:
    folder = _folder(tmp_path / "own", 100)
    (folder / "kind 0" / "notes.txt").write_text("no picture")
    own = unseen_pictures.to_learn(folder)
    hidden = unseen_pictures._loaded[folder]
    assert own.classes == ("kind 0", "kind 1")
    assert len(own.test) == 0
    assert len(own.train) + len(hidden.test) == 200
    assert 20 <= len(hidden.test) <= 60
    assert own.train.shape[1:] == (3, 32, 32)
    red, blue = own.train[:, 0].mean((1, 2)), own.train[:, 2].mean((1, 2))
    assert torch.equal((blue > red).long(), own.train_labels)


def test_a_folder_that_is_too_small_is_refused_with_a_cure(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="10 pictures are too few; 200 make a start"):
        unseen_pictures.to_learn(_folder(tmp_path / "few", 5))
    with pytest.raises(ValueError, match="1 folders; put the pictures of each kind in one"):
        unseen_pictures.to_learn(_folder(tmp_path / "one", 5, kinds=1))


def test_own_pictures_are_judged_against_a_line_of_their_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = _folder(tmp_path / "own", 100)
    with pytest.raises(AssertionError, match="choose kinds that are harder"):
        unseen_pictures.judge(
            lambda X: (X[:, 2].mean((1, 2)) > X[:, 0].mean((1, 2))).long(), folder
        )
    assert "200 pictures of own" in capsys.readouterr().out


def _knowing(images: Tensor) -> Tensor:
    """The label of the most similar test image: an answer that could not be better."""
    tiles = data.tiles()
    return tiles.test_labels[torch.cdist(images.flatten(1), tiles.test.flatten(1)).argmin(1)]


def test_a_good_answer_passes_and_hears_its_gain_and_how_often_it_looked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        unseen_pictures.judge(_knowing, tmp_path / "none")
    said = capsys.readouterr().out
    assert "of 400 hidden pictures" in said
    assert "(look 2)" in said


def test_a_look_that_fails_counts_too(tmp_path: Path) -> None:
    for look in (1, 2):
        with pytest.raises(AssertionError, match=rf"\(look {look}\); the goal is"):
            unseen_pictures.judge(lambda X: 1 - 1 * (X.mean((1, 2, 3)) > 0.2), tmp_path / "none")


def test_the_linear_classifier_itself_is_not_enough(tmp_path: Path) -> None:
    tiles = data.tiles()
    answer = unseen_pictures.linear(tiles.train, tiles.train_labels)
    with pytest.raises(AssertionError, match="the goal is"):
        unseen_pictures.judge(answer, tmp_path / "none")


def test_classes_that_hang_on_the_batch_are_refused(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="depends on the images beside it"):
        unseen_pictures.judge(lambda X: _knowing(X - X.mean() + 0.2), tmp_path / "none")
