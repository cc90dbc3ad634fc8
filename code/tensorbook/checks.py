"""Hold an equation to account: compute both sides, compare them, and say by how much they differ."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import torch
from torch import Tensor

from tensorbook.report import say

Relation = Literal["==", "<="]


class CheckFailed(AssertionError):
    """The two sides of an equation differ by more than rounding explains."""


def check(
    label: str,
    left: Any,
    right: Any,
    *,
    relation: Relation = "==",
    rtol: float | None = None,
    atol: float | None = None,
    standard_error: Any = None,
) -> None:
    """Compare the two sides of the equation `label` and print one line.

    Args:
        label: the equation's label in the chapter, such as `"eq-softmax"`.
        left, right: tensors, numbers, or (nested) sequences of numbers, of equal shape. Two
            independent computations of the same thing.
        relation: `"=="`, or `"<="` for an inequality, which holds up to the tolerance.
        rtol, atol: relative and absolute tolerance; by default those of
            `torch.testing.assert_close` for the less precise of the two dtypes.
        standard_error: for a simulation against a closed form, the standard error of the
            estimate, of a shape that broadcasts; the sides may then differ by four of them.

    Raises:
        CheckFailed: the sides differ, in value or in shape. Both are shown.
        ValueError: there is nothing to compare.
    """
    a, b = _tensor(left), _tensor(right)
    if a.shape != b.shape:
        raise CheckFailed(
            f"{label}: the sides have shapes {tuple(a.shape)} and {tuple(b.shape)}\n{_show(a, b)}"
        )
    if a.numel() == 0:
        raise ValueError(f"{label}: nothing to compare, both sides are empty")
    where = str(a.device if a.device.type != "cpu" else b.device)
    default_rtol, default_atol = _tolerance(a, b)
    a, b = (side.detach().to("cpu", _widest(a, b)) for side in (a, b))
    rtol, atol = (
        rtol if rtol is not None else default_rtol,
        atol if atol is not None else default_atol,
    )
    allowed = atol + rtol * torch.where(b.isfinite(), b.abs(), 0.0)  # inf matches inf alone
    if standard_error is not None:
        allowed = (4.0 * _tensor(standard_error).detach().to(allowed)).expand_as(allowed)
    excess = _difference(a, b, relation)
    largest = excess.max().item() if not excess.isnan().any() else float("nan")
    if not bool((excess <= allowed).all()):
        bad = int((~(excess <= allowed)).sum())
        raise CheckFailed(
            f"{label}: {bad} of {a.numel()} values differ, by up to {largest:.2g}\n{_show(a, b)}"
        )
    count = f"{a.numel()} value{'s' if a.numel() != 1 else ''}"
    record = {"check": label, "values": a.numel(), "difference": largest, "device": where}
    if standard_error is not None:
        ratio = (4.0 * excess / allowed).max().item()
        record["standard_errors"] = ratio
        say(f"✓ {label}: {count}, within {ratio:.1f} standard errors", record)
    elif relation == "<=":
        record["relation"] = relation
        say(f"✓ {label}: {count}, the inequality holds", record)
    else:
        say(f"✓ {label}: {count}, largest difference {largest:.0e}", record)


class Exercises:
    """The checkers of one chapter's exercises: call it with a label and the reader's answer.

    A checker raises `AssertionError` with a hint when the answer is wrong; any other error that
    the answer raises is reported by its name. Nothing is raised to the reader, so that the
    cells after an unsolved exercise still run.
    """

    def __init__(self) -> None:
        self._checkers: dict[str, Callable[..., None]] = {}

    def checker(self, label: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
        """Register the decorated function as the checker of the exercise `label`."""

        def register(function: Callable[..., None]) -> Callable[..., None]:
            self._checkers[label] = function
            return function

        return register

    @property
    def labels(self) -> list[str]:
        """The labels of all exercises that have a checker."""
        return list(self._checkers)

    def __call__(self, label: str, *answer: Any) -> None:
        """Say whether `answer` solves the exercise `label`, or what is wrong with it."""
        if label not in self._checkers:
            raise KeyError(f"no exercise is called {label!r}; there are {', '.join(self.labels)}")
        try:
            self._checkers[label](*answer)
        except NotImplementedError:
            passed, line = False, f"… {label}: waiting for your answer"
        except AssertionError as error:
            passed, line = False, f"✗ {label}: {_first_line(error) or 'not yet right'}"
        except Exception as error:  # the reader's code may raise anything, and should be told what
            passed, line = False, f"✗ {label}: {type(error).__name__}: {_first_line(error)}"
        else:
            passed, line = True, f"✓ {label}: right"
        say(line, {"exercise": label, "passed": passed})


def expect(
    got: Any, wanted: Any, hint: str, *, rtol: float | None = None, atol: float | None = None
) -> None:
    """In a checker: raise `AssertionError(hint)` unless `got` is close to `wanted`.

    `...`, what a stub returns, counts as no answer and raises `NotImplementedError`.
    """
    if got is ... or got is None:
        raise NotImplementedError
    a, b = _tensor(got), _tensor(wanted)
    if a.shape != b.shape:
        raise AssertionError(f"{hint} (shape {tuple(a.shape)}, expected {tuple(b.shape)})")
    default_rtol, default_atol = _tolerance(a, b)
    dtype = _widest(a, b)
    close = torch.isclose(
        a.detach().cpu().to(dtype),
        b.detach().cpu().to(dtype),
        rtol=rtol if rtol is not None else default_rtol,
        atol=atol if atol is not None else default_atol,
        equal_nan=True,
    )
    if not bool(close.all()):
        raise AssertionError(hint)


def _tensor(value: Any) -> Tensor:
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (list, tuple)) and any(isinstance(item, Tensor) for item in value):
        return torch.stack([_tensor(item) for item in value])
    # Python's floats are doubles: keep them so, or a check in float64 would be held to float32.
    return torch.as_tensor(value, dtype=torch.float64 if isinstance(value, float) else None)


def _widest(a: Tensor, b: Tensor) -> torch.dtype:
    if a.is_complex() or b.is_complex():
        return torch.complex128
    return torch.float64


def _tolerance(a: Tensor, b: Tensor) -> tuple[float, float]:
    """`assert_close`'s (rtol, atol) for the less precise of the two floating-point dtypes."""
    table = {
        torch.float16: (1e-3, 1e-5),
        torch.bfloat16: (1.6e-2, 1e-5),
        torch.float32: (1.3e-6, 1e-5),
        torch.complex64: (1.3e-6, 1e-5),
        torch.float64: (1e-7, 1e-7),
        torch.complex128: (1e-7, 1e-7),
    }
    pairs = [table.get(side.dtype, (0.0, 0.0)) for side in (a, b)]
    return max(p[0] for p in pairs), max(p[1] for p in pairs)


def _difference(a: Tensor, b: Tensor, relation: Relation) -> Tensor:
    """How far each value is from what the relation allows; equal infinities differ by 0."""
    if relation == "<=":
        return torch.where(a <= b, torch.zeros_like(a), a - b)
    if relation != "==":
        raise ValueError(f"relation must be '==' or '<=', not {relation!r}")
    return torch.where(a == b, torch.zeros_like((a - b).abs()), (a - b).abs())


def _show(a: Tensor, b: Tensor) -> str:
    return f"left:  {a}\nright: {b}"


def _first_line(error: BaseException) -> str:
    return str(error).strip().split("\n", 1)[0]
