"""A year of hours: how many bicycles were hired in Washington, D.C., and in what weather."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tensorbook.report import say

if TYPE_CHECKING:
    from torch import Tensor

_FILE = Path(__file__).parent / "files" / "bikes.csv"  # its licence lies beside it
_NUMBERS = ("temperature", "humidity", "wind")


@dataclass(frozen=True)
class Bikes:
    """The 8,760 hours of 2011, in order.

    Attributes:
        rentals: `(8760,)` float32, bicycles hired in the hour; `nan` in 115 hours of which the
            table has no row.
        hour: `(8760,)` int64, 0 to 23.
        day: `(8760,)` int64, day of the year, 1 to 365.
        weekday: `(8760,)` int64, 0 for Sunday to 6.
        workingday: `(8760,)` bool, false on weekends and holidays.
        weather: `(8760,)` int64, 0 clear, 1 mist, 2 light rain or snow, 3 storm; -1 where there is
            no row.
        numbers: by name, `(8760,)` float32 in [0, 1] as the source scaled them, `nan` where there
            is no row: `temperature` (0 for -8 °C, 1 for 39 °C), `humidity` (1 for 100 %) and
            `wind` (1 for 67 km/h).
    """

    rentals: Tensor
    hour: Tensor
    day: Tensor
    weekday: Tensor
    workingday: Tensor
    weather: Tensor
    numbers: dict[str, Tensor]


def bikes() -> Bikes:
    """Hourly hire of bicycles in 2011 (Fanaee-T and Gama, 2014), under CC BY 4.0.

    The table comes with the library; `files/bikes.LICENSE.txt` names its source.
    """
    import torch

    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))

    def number(name: str) -> Tensor:
        return torch.tensor([float(row[name] or "nan") for row in rows])

    def whole(name: str) -> Tensor:
        return torch.tensor([int(row[name]) for row in rows])

    kinds = {"": -1, "clear": 0, "mist": 1, "rain": 2, "storm": 3}
    weather = torch.tensor([kinds[row["weather"]] for row in rows])
    hours = Bikes(
        number("rentals"), whole("hour"), whole("day"), whole("weekday"),
        whole("workingday").bool(), weather, {name: number(name) for name in _NUMBERS},
    )  # fmt: skip
    source = "Bike Sharing, the 8,760 hours of 2011 in Washington, D.C."
    say(f"data: {source}", {"data": "bikes", "kind": "real", "source": source})
    return hours
