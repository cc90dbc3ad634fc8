"""The order in which symbols are listed."""

from book.alphabet import apart, order


def test_letters_come_before_greek_ones_and_signs_last() -> None:
    wanted = ["$B, T$", "$x_i$", r"$\hat x$", r"$\mathbf{x}$", "$X$", r"$\mathbf{X}$", "$y$"]
    wanted += [
        r"$\alpha$",
        r"$\varepsilon$",
        r"$\eta$",
        r"$\lambda_{\max}$",
        r"$\Omega$",
        r"$\odot$",
    ]
    assert sorted(set(wanted), key=order) == wanted


def test_a_letter_is_found_behind_an_operator() -> None:
    assert order(r"$\nabla f$")[:2] == order("$f$")[:2] == (0, "f")
    assert order(r"$\frac{\partial L}{\partial z}$")[:2] == (0, "l")


def test_a_row_of_several_symbols_comes_apart() -> None:
    assert apart(r"$\mathbf{w}, b$", "`w`, `b`", "`(D,)`, `()`") == [
        (r"$\mathbf{w}$", "`w`", "`(D,)`"),
        ("$b$", "`b`", "`()`"),
    ]
    assert apart(r"$a_{i,j}$, $c$", "`a`", "`()`") == [
        ("$a_{i,j}$", "`a`", "`()`"),
        ("$c$", "`a`", "`()`"),
    ]
