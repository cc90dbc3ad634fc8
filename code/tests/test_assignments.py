"""What the checkers of the assignments turn away, and what they let pass."""

import pytest
import torch
from tensorbook.cars import Cars, held_back
from tensorbook.exercises import image_model, tabular_regression, your_own_gpt
from torch import Tensor, nn


def names_in_parts() -> tuple[list[str], str, str]:
    text = your_own_gpt.names_to_learn()
    cut = text.index("\n", int(0.9 * len(text))) + 1
    learn, held = text[:cut], text[cut:]
    return [*sorted(set(learn)), your_own_gpt.UNKNOWN], learn, held


def even(text: str) -> Tensor:
    letters, _, _ = names_in_parts()
    return torch.full((len(text), len(letters)), -torch.tensor(len(letters)).log().item())


def test_fewer_letters_than_the_text_has_are_refused() -> None:
    letters, learn, held = names_in_parts()
    with pytest.raises(AssertionError, match="not the letters"):
        your_own_gpt.gpt([letters[0], your_own_gpt.UNKNOWN], even, learn, held)


def test_triples_that_learn_from_little_are_refused() -> None:
    letters, learn, held = names_in_parts()
    with pytest.raises(AssertionError, match="as they were cut"):
        your_own_gpt.gpt(letters, even, learn[:100_000], held)


def test_a_held_back_part_that_was_learnt_is_refused() -> None:
    letters, learn, _ = names_in_parts()
    with pytest.raises(AssertionError, match="stands in the part to learn from"):
        your_own_gpt.gpt(letters, even, learn, learn[-5000:])


def test_a_look_ahead_that_begins_late_is_refused() -> None:
    letters, learn, held = names_in_parts()

    def late(text: str) -> Tensor:
        odds = even(text)
        for place in range(600, len(text) - 1):
            odds[place] = -1e3
            odds[place, letters.index(text[place + 1])] = 0
        return odds

    with pytest.raises(AssertionError, match="with what comes later"):
        your_own_gpt.gpt(letters, late, learn, held)


class Zero(nn.Module):
    """A sound network whose scores are all zero before training."""

    def __init__(self, K: int) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for C, width in ((3, 16), (16, 32), (32, 64), (64, 96)):
            layers += [nn.MaxPool2d(2)] if layers else []
            layers += [nn.Conv2d(C, width, 3, padding=1), nn.BatchNorm2d(width), nn.ReLU()]
        self.features, self.scores = nn.Sequential(*layers), nn.Linear(96, K)
        nn.init.zeros_(self.scores.weight)

    def forward(self, X: Tensor) -> Tensor:
        scores: Tensor = self.scores(self.features(X).mean((2, 3)))
        return scores


def test_a_network_that_starts_at_zero_passes() -> None:
    torch.manual_seed(0)
    image_model.network(Zero)


def test_hidden_cars_that_were_read_are_refused() -> None:
    hidden = held_back()
    rows = zip(hidden.names, hidden.numbers["weight"].tolist(), hidden.mpg.tolist(), strict=True)
    read = {(name, weight): tabular_regression.LITRES / mpg for name, weight, mpg in rows}

    def predict(cars: Cars) -> Tensor:
        papers = zip(cars.names, cars.numbers["weight"].tolist(), strict=True)
        return torch.tensor([read[car] for car in papers])

    with pytest.raises(AssertionError, match="were the hidden cars read"):
        tabular_regression.predict(predict)
