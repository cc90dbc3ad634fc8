"""The year of hours: nothing is missing but what the source leaves out."""

import pytest
import torch
from tensorbook import data


def test_every_hour_of_the_year_has_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    hours = data.bikes()
    assert "data: Bike Sharing, the 8,760 hours of 2011" in capsys.readouterr().out
    assert torch.equal(hours.hour, torch.arange(24).repeat(365))
    assert torch.equal(hours.day, torch.arange(1, 366).repeat_interleave(24))
    assert hours.weekday[0] == 6  # 1 January 2011 was a Saturday
    assert torch.equal(hours.weekday[24:], (hours.weekday[:-24] + 1) % 7)
    assert hours.rentals[:3].tolist() == [16, 40, 32]


def test_the_holes_are_the_same_in_every_column() -> None:
    hours = data.bikes()
    holes = hours.rentals.isnan()
    assert holes.sum() == 115
    assert torch.equal(holes, hours.weather == -1)
    for column in hours.numbers.values():
        assert torch.equal(holes, column.isnan())
        assert ((column[~holes] >= 0) & (column[~holes] <= 1)).all()
    assert hours.rentals[~holes].min() >= 1
