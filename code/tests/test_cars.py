"""The table of cars: what the reader gets, and what is kept for the test."""

import pytest
import torch
from tensorbook import cars, data


def test_readers_get_four_cars_of_five_and_are_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    learnt = data.cars()
    assert len(learnt) == 319
    assert "data: Auto MPG, 319 cars of 1970 to 1982; 79 more are hidden" in capsys.readouterr().out
    assert learnt.names[0] == "chevrolet chevelle malibu"
    assert learnt.mpg[0] == 18
    first = {name: column[0].item() for name, column in learnt.numbers.items()}
    wanted = {
        "displacement": 307,
        "horsepower": 130,
        "weight": 3504,
        "acceleration": 12,
        "year": 70,
    }
    assert first == wanted
    assert {name: column[0] for name, column in learnt.categories.items()} == {
        "cylinders": "8",
        "origin": "USA",
    }


def test_what_is_hidden_and_what_is_learnt_are_the_whole_file() -> None:
    learnt, hidden = data.cars(), cars.held_back()
    assert (len(learnt), len(hidden)) == (319, 79)
    assert hidden.names[0] == "ford torino"  # the fifth row of the file
    assert len(learnt.mpg) + len(hidden.mpg) == 398
    total = learnt.numbers["weight"].sum() + hidden.numbers["weight"].sum()
    assert total.item() == pytest.approx(398 * 2970.4246, rel=1e-6)  # the mean that UCI's file has


def test_six_engines_are_not_known_and_nothing_else_is_missing() -> None:
    learnt, hidden = data.cars(), cars.held_back()
    holes = [part.numbers["horsepower"].isnan().sum().item() for part in (learnt, hidden)]
    assert holes == [4, 2]
    for part in (learnt, hidden):
        for name, column in part.numbers.items():
            assert name == "horsepower" or column.isfinite().all()
        assert part.mpg.isfinite().all()
        assert all(len(column) == len(part) for column in part.categories.values())


def test_rows_keeps_each_car_together_and_in_the_order_asked_for() -> None:
    learnt = data.cars()
    pair = learnt.rows(torch.tensor([7, 2]))
    assert pair.names == [learnt.names[7], learnt.names[2]]
    assert pair.categories["origin"] == [learnt.categories["origin"][i] for i in (7, 2)]
    assert torch.equal(pair.numbers["weight"], learnt.numbers["weight"][[7, 2]])
    assert torch.equal(pair.mpg, learnt.mpg[[7, 2]])


def test_every_category_of_the_hidden_cars_is_met_in_training() -> None:
    learnt, hidden = data.cars(), cars.held_back()
    for name, column in hidden.categories.items():
        assert set(column) <= set(learnt.categories[name])
