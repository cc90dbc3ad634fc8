"""What the checkers of *From notebook to product* refuse: plausible answers that are wrong."""

import json

import numpy as np
import pytest
import torch
from tensorbook.exercises.notebook_to_product import check_exercise
from torch import Tensor


def test_two_bytes_do_not_fit_into_sixteen_bits(capsys: pytest.CaptureFixture[str]) -> None:
    def at_least_one(wide: int, narrow: int, accumulator: int) -> int:
        return max(1, (2 ** (accumulator - 1) - 1) // ((2**wide - 1) * (2**narrow - 1)))

    check_exercise("ex-np-depth", at_least_one)
    assert "8 and 8 bits into 16" in capsys.readouterr().out


def test_a_reader_must_heed_the_offsets(capsys: pytest.CaptureFixture[str]) -> None:
    kinds = {"F32": np.float32, "F16": np.float16, "I64": np.int64, "U8": np.uint8}

    def one_after_another(blob: bytes) -> dict[str, Tensor]:
        at = 8 + int.from_bytes(blob[:8], "little")
        tensors = {}
        for name, entry in json.loads(blob[8:at]).items():
            if name != "__metadata__":
                kind, count = kinds[entry["dtype"]], int(np.prod(entry["shape"]))
                numbers = np.frombuffer(blob, kind, count, at).reshape(entry["shape"])
                tensors[name] = torch.from_numpy(numbers.copy())
                at += numbers.nbytes
        return tensors

    check_exercise("ex-np-header", one_after_another)
    assert "numbers of a tensor" in capsys.readouterr().out


def test_a_monitor_must_heed_alpha(capsys: pytest.CaptureFixture[str]) -> None:
    def always_five_percent(reference: Tensor, window: Tensor, alpha: float) -> bool:
        error = (reference.var(0) / len(reference) + window.var(0) / len(window)).sqrt()
        return bool(((reference.mean(0) - window.mean(0)).abs() / error > 2.5).any())

    check_exercise("ex-np-monitor", always_five_percent)
    assert "`alpha` = 0" in capsys.readouterr().out
