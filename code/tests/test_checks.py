"""check() and exercises, with torch.testing.assert_close as the oracle."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from tensorbook import CheckFailed, check
from tensorbook.checks import Exercises, expect


def agrees(left: torch.Tensor, right: torch.Tensor) -> bool:
    try:
        torch.testing.assert_close(left, right)
    except AssertionError:
        return False
    return True


@settings(deadline=None)
@given(st.floats(-6, -1), st.sampled_from([torch.float16, torch.bfloat16, torch.float32]))
def test_check_accepts_exactly_what_assert_close_accepts(
    exponent: float, dtype: torch.dtype
) -> None:
    left = torch.tensor([1.0, 2.0, -3.0], dtype=dtype)
    right = left * (1 + 10**exponent)
    if agrees(left, right):
        check("eq-x", left, right)
    else:
        with pytest.raises(CheckFailed):
            check("eq-x", left, right)


def test_the_line_names_label_count_and_largest_difference(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check("eq-sum", torch.tensor([1.0, 2.0]), torch.tensor([1.0, 2.0]))
    assert capsys.readouterr().out == "✓ eq-sum: 2 values, largest difference 0e+00\n"


def test_a_failure_shows_both_sides() -> None:
    with pytest.raises(
        CheckFailed, match=r"eq-sum: 1 of 2 values differ, by up to 1(.|\n)*left(.|\n)*right"
    ):
        check("eq-sum", [1.0, 2.0], [1.0, 3.0])


def test_equal_values_of_different_shapes_are_not_broadcast() -> None:
    with pytest.raises(CheckFailed, match="shapes"):
        check("eq-x", torch.zeros(3, 1), torch.zeros(3))


def test_nan_is_never_equal_and_equal_infinities_are() -> None:
    with pytest.raises(CheckFailed):
        check("eq-x", float("nan"), float("nan"))
    check("eq-x", torch.tensor([float("inf"), 1.0]), torch.tensor([float("inf"), 1.0]))
    with pytest.raises(CheckFailed):
        check("eq-x", float("inf"), float("-inf"))


def test_a_float64_pair_is_held_to_float64() -> None:
    with pytest.raises(CheckFailed):
        check("eq-x", 1.0, 1.0 + 1e-6)


def test_nothing_to_compare_is_an_error() -> None:
    with pytest.raises(ValueError, match="nothing to compare"):
        check("eq-x", torch.tensor([]), torch.tensor([]))


def test_an_inequality_holds_up_to_rounding_only() -> None:
    check("eq-x", torch.tensor([1.0, 2.0]), torch.tensor([1.0, 3.0]), relation="<=")
    with pytest.raises(CheckFailed):
        check("eq-x", torch.tensor([1.0, 3.1]), torch.tensor([1.0, 3.0]), relation="<=")


def test_a_simulation_may_miss_by_four_standard_errors() -> None:
    check("eq-mean", 0.39, 0.0, standard_error=0.1)
    with pytest.raises(CheckFailed):
        check("eq-mean", 0.41, 0.0, standard_error=0.1)


def test_integers_and_booleans_are_compared_exactly() -> None:
    check("eq-x", [1, 2], torch.tensor([1, 2]))
    with pytest.raises(CheckFailed):
        check("eq-x", torch.tensor([True]), torch.tensor([False]))


def test_complex_numbers_are_compared() -> None:
    value = torch.tensor([1 + 2j, 3 - 1j])
    check("eq-x", value, torch.fft.ifft(torch.fft.fft(value)))
    with pytest.raises(CheckFailed):
        check("eq-x", value, value.conj())


def test_a_checker_passes_hints_waits_and_survives_any_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check_exercise = Exercises()

    @check_exercise.checker("ex-double")
    def _(answer) -> None:  # type: ignore[no-untyped-def]
        expect(answer(2.0), 4.0, "two becomes four")

    check_exercise("ex-double", lambda x: 2 * x)
    check_exercise("ex-double", lambda x: x + 1)
    check_exercise("ex-double", lambda x: ...)
    check_exercise("ex-double", lambda x: x / 0)
    assert capsys.readouterr().out.splitlines() == [
        "✓ ex-double: right",
        "✗ ex-double: two becomes four",
        "… ex-double: waiting for your answer",
        "✗ ex-double: ZeroDivisionError: float division by zero",
    ]


def test_an_exercise_that_does_not_exist_is_named() -> None:
    with pytest.raises(KeyError, match="no exercise is called 'ex-none'"):
        Exercises()("ex-none")


def test_expect_refuses_a_wrong_shape_and_says_which_is_right() -> None:
    with pytest.raises(AssertionError, match=r"hint \(shape \(2, 1\), expected \(2,\)\)"):
        expect(torch.zeros(2, 1), torch.zeros(2), "hint")
