"""What there is to read, whole and as its source has it."""

import hashlib

import pytest
import torch
from tensorbook import data
from tensorbook.exercises import your_own_gpt


def test_the_plays_and_the_names_are_their_sources_byte_for_byte() -> None:
    digest = hashlib.md5(data.shakespeare().encode(), usedforsecurity=False).hexdigest()
    assert digest == "6fb458f1232090904fb40fe944165e91"
    assert len(set(data.shakespeare())) == 65
    names = data.names()
    assert len(names) == 32_033
    assert (names[0], names[-1]) == ("emma", "zzyzx")
    digest = hashlib.md5("\n".join(names).encode(), usedforsecurity=False).hexdigest()
    assert digest == "401b3c4cac9e28a586ed15e81256680d"


def test_pairs_are_short_and_begin_as_they_should(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = data.english_french()
    assert len(pairs) == 8_518
    assert "8,518 short sentences" in capsys.readouterr().out
    assert ("I'm fat.", "Je suis gros.") in pairs
    assert all(1 < len(english.split()) <= 5 for english, _ in pairs)


def test_france_lies_near_french_and_a_king_becomes_a_queen() -> None:
    words, vectors = data.glove()
    assert vectors.shape == (len(words), 50) == (5_050, 50)
    assert vectors.dtype == torch.float32
    place = {word: i for i, word in enumerate(words)}
    unit = vectors / vectors.norm(dim=1, keepdim=True)
    near = (unit @ unit[place["france"]]).topk(3).indices
    assert [words[i] for i in near] == ["france", "french", "belgium"]
    wanted = vectors[place["king"]] - vectors[place["man"]] + vectors[place["woman"]]
    assert [words[i] for i in (unit @ wanted).topk(2).indices] == ["king", "queen"]


def test_no_hidden_name_stands_among_those_to_learn_from() -> None:
    learnt, hidden = (
        text.split() for text in (your_own_gpt.names_to_learn(), your_own_gpt._hidden())
    )
    assert len(set(learnt)) == len(learnt)
    assert not set(learnt) & set(hidden)
