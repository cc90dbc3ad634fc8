"""What counts as a mistake in a formula, and what does not."""

from __future__ import annotations

from tiny_formulas import IMPORTS, chapter_of

from book.mutation.formulas import Mutation, mutations
from book.mutation.reader import read


def found(*cells: str) -> list[Mutation]:
    chapter = chapter_of(IMPORTS, *cells)
    return mutations(chapter, read(chapter))


def changes(*cells: str) -> set[str]:
    return {f"{m.before} → {m.after}" for m in found(*cells)}


def changes_of(expression: str) -> set[str]:
    """The mutations of a function of x and y that returns the expression."""
    return changes(f"""
        def f(x, y):
            return {expression}

        check("eq-f", f(x, y), 1.0)
    """)


# What is mutated.


def test_a_sign_is_flipped_or_dropped() -> None:
    assert changes_of("-x + y") == {"-x + y → -x - y", "-x → x"}
    assert changes_of("(-1) ** x") == {"(-1) ** x → ((-1) * (x))", "-1 → 1"}


def test_a_factor_becomes_a_divisor_and_a_literal_one_another_number() -> None:
    assert changes_of("2 * x") == {"2 * x → 2 / x", "2 * x → 3 * x"}
    assert changes_of("x / 0.5") == {"x / 0.5 → x * 0.5", "x / 0.5 → x / 1.0"}
    assert changes_of("(x - 1) // y") == {"x - 1 → x + 1", "(x - 1) // y → (x - 1) / y"}


def test_an_exponent_changes_however_it_is_written() -> None:
    assert changes_of("x**2") == {"x**2 → x**3"}
    assert changes_of("x.pow(2)") == {"x.pow(2) → x.pow(3)"}
    assert changes_of("x**0.5") == {"x**0.5 → x**1.0"}
    assert changes_of("x**y") == {"x**y → ((x) * (y))"}


def test_a_function_is_left_out_or_becomes_its_neighbour() -> None:
    assert changes_of("x.exp()") == {"x.exp() → x"}
    assert changes_of("torch.exp(-x)") == {"torch.exp(-x) → (-x)", "-x → x"}
    assert changes_of("(x - y).exp().sum()") == {
        "(x - y).exp().sum() → (x - y).exp().mean()",
        "(x - y).exp() → (x - y)",
        "x - y → x + y",
    }
    assert changes_of("torch.maximum(x, y)") == {"torch.maximum(x, y) → torch.minimum(x, y)"}
    assert changes_of("math.sqrt(x)") == {"math.sqrt(x) → x"}
    assert changes_of("torch.where(x, 0, y)") == {"torch.where(x, 0, y) → torch.where(x, y, 0)"}


def test_an_axis_becomes_another_one_and_never_the_same_counted_backwards() -> None:
    assert "x.sum(dim=0) → x.sum(dim=1)" in changes_of("x.sum(dim=0)")
    assert "x.mean(1) → x.mean(0)" in changes_of("x.mean(1)")
    assert "torch.softmax(x, -1) → torch.softmax(x, -2)" in changes_of("torch.softmax(x, -1)")
    assert "x.sum((1, 2)) → x.sum((2,))" in changes_of("x.sum((1, 2))")
    assert changes_of("torch.stack([x, y], dim=1)") == {
        "torch.stack([x, y], dim=1) → torch.stack([x, y], dim=0)"
    }


def test_a_transposition_is_left_out_or_turned() -> None:
    assert changes_of("x @ y.T") == {"y.T → y"}
    assert changes_of("x.transpose(1, 2)") == {"x.transpose(1, 2) → x"}
    assert changes_of("x.permute(0, 2, 1)") == {"x.permute(0, 2, 1) → x.permute(0, 1, 2)"}
    assert "x[:, None] → x[None, :]" in changes_of("x[:, None] - y")
    assert changes_of("torch.outer(x, y)") == {"torch.outer(x, y) → torch.outer(y, x)"}
    assert changes_of("torch.outer(x, x)") == set()


def test_a_comparison_turns_and_between_whole_numbers_also_gains_equality() -> None:
    assert changes_of("(x > 0) * y") == {"x > 0 → x < 0", "(x > 0) * y → (x > 0) / y"}
    assert changes_of("torch.arange(x)[:, None] >= torch.arange(x)") >= {
        "torch.arange(x)[:, None] >= torch.arange(x) → torch.arange(x)[:, None] > torch.arange(x)"
    }


def test_the_sign_in_an_index_is_flipped_but_its_numbers_stay() -> None:
    assert changes_of("x[2 * y + 1]") == {"2 * y + 1 → 2 * y - 1"}
    assert changes_of("x[1:-1]") == set()
    assert changes_of("x[y - 1 : y + 2]") == {"y - 1 → y + 1"}


def test_a_formula_inside_the_call_of_check_is_mutated() -> None:
    assert changes('check("eq-sum", a * b, torch.mul(a, b))') == {
        "a * b → a / b",
        "torch.mul(a, b) → torch.div(a, b)",
    }


def test_formulas_are_followed_through_names_functions_and_loops() -> None:
    assert changes("""
        def inner(x):
            return -x

        def outer(x):
            return inner(x)

        unused = torch.ones(3) - outer(torch.ones(3))
        value = outer(torch.ones(3))
        for ours, theirs in zip([value + value], [torch.full((3,), -2.0)]):
            check("eq-loop", ours, theirs)
    """) == {"-x → x", "value + value → value - value"}


def test_a_gradient_leads_back_to_the_loss_that_filled_it() -> None:
    assert "w * w → w / w" in changes("""
        w = torch.randn(3, requires_grad=True)
        loss = (w * w).sum()
        loss.backward()
        check("eq-grad", w.grad, torch.tensor([0.0, 1.0, 2.0]))
    """)


# What is not.


def test_example_data_is_left_alone() -> None:
    assert changes("""
        N, D = 5, 2 * 3
        x = 3 * torch.randn(N, D) + 1
        w = torch.linspace(-1, 1, D - 1)
        y = x @ torch.ones(D) + 0.1 * torch.randn(N)

        def f(x):
            return x

        check("eq-f", f(x - y), y)
        check("eq-g", f(2 * torch.ones(3)), f(w))
    """) == {"x - y → x + y"}


def test_what_both_sides_of_a_check_read_is_input_and_no_formula() -> None:
    assert changes("""
        def any_function(x):
            return (x * x).sum()

        def slope(x):
            return 2 * x

        x = torch.randn(3)
        x = x / x.norm()
        check("eq-slope", slope(x), torch.func.grad(any_function)(x))
        check("eq-any", torch.func.jacrev(any_function)(x), torch.func.jacfwd(any_function)(x))
    """) == {"2 * x → 2 / x", "2 * x → 3 * x", "x * x → x / x", "(x * x).sum() → (x * x).mean()"}
    assert not changes("""
        def any_function(x):
            return (x * x).sum()

        x = torch.randn(3)
        check("eq-any", torch.func.jacrev(any_function)(x), torch.func.jacfwd(any_function)(x))
    """)


def test_an_input_that_a_loop_renews_is_still_input() -> None:
    assert changes("""
        def twice(x):
            return x + x

        x = torch.randn(3)
        for _ in range(2):
            check("eq-twice", twice(x), torch.mul(x, 2.0))
            x = x * x
    """) == {"x + x → x - x", "torch.mul(x, 2.0) → torch.div(x, 2.0)"}


def test_a_choice_between_results_does_not_make_them_input() -> None:
    assert "w - lr * w → w + lr * w" in changes("""
        def fit(lr):
            w = torch.ones(2)
            for _ in range(3):
                w = w - lr * w
            return w

        tried = {lr: fit(lr) for lr in (0.1, 0.2)}
        lr = min(tried, key=lambda lr: tried[lr].sum())
        W, model = tried[lr], nn.Parameter(torch.ones(2))
        optimizer = torch.optim.SGD([model], lr=lr)
        for _ in range(3):
            optimizer.zero_grad()
            (model * model / 2).sum().backward()
            optimizer.step()
        check("eq-fit", W, model)
    """)


def test_tolerances_shapes_strings_and_control_are_left_alone() -> None:
    assert not changes("""
        def f(x, eps=1e-3 / 2):
            "a docstring - with * signs"
            assert x.ndim - 1 >= 0
            if x.dim() == 2:
                raise ValueError("a" + "b" * 2)
            for _ in range(2 * 3):
                x = x.reshape(len(x) // 2, 2 * 1).flatten()
            return x

        e = 2 * torch.ones(()) / 7
        check("eq-f", f(torch.ones(4)), torch.ones(4), rtol=2 * 1e-3, standard_error=e * 3)
        glue("a", 2 * e)
    """)


def test_a_training_loop_and_the_sign_of_noise_are_left_alone() -> None:
    assert not changes("""
        def train(w, optimizer):
            for _ in range(3):
                (w * w).sum().backward()
                optimizer.step()
            return w

        check("eq-w", train(1, 2), 3)
    """)
    assert changes_of("x + y * torch.randn_like(x)") == {
        "y * torch.randn_like(x) → y / torch.randn_like(x)"
    }


def test_cells_of_exercises_and_those_that_show_mistakes_are_left_alone() -> None:
    for tag in ("stub", "solution", "raises-exception", "warns", "slow", "no-mutate"):
        assert not changes(f'# tags: {tag}\ncheck("eq-a", a - b, b)')


def test_what_no_check_uses_is_left_alone() -> None:
    assert not changes("def unused(x):\n    return -x", 'check("eq-a", 1.0, 1.0)')


def test_a_figure_of_the_data_does_not_feed_the_check_after_it() -> None:
    assert not changes("""
        import matplotlib.pyplot as plt
        x, scale = torch.randn(3), torch.ones(3) - math.pi
        figure, panels = plt.subplots(1, 2)
        for panel in panels:
            panel.plot(x, x * scale)
        check("eq-x", x, x.clone())
    """)


# How it is told.


def test_a_mutation_knows_its_line_and_shows_the_expression() -> None:
    cells = ["x = torch.ones(3)\n\n", "\n\ny = 2.0\nθ = x.sum() - y  # é\ncheck('eq-a', θ, 1.0)"]
    chapter = chapter_of(IMPORTS, *cells)
    made = {m.before: m for m in mutations(chapter, read(chapter))}
    minus = made["x.sum() - y"]
    assert minus.after == "x.sum() + y"
    assert chapter.text.split("\n")[minus.line - 1] == "θ = x.sum() - y  # é"
    assert "θ = x.sum() + y  # é" in minus.source


def test_of_a_long_expression_the_line_that_changes_is_shown() -> None:
    made = found("""
        def f(x):
            return (
                x  # minus - here means nothing
                - 2
            )

        check("eq-f", f(x), 1.0)
    """)
    assert [(m.before, m.after) for m in made] == [("- 2", "+ 2")]


def test_a_mark_gives_its_reason_to_its_line_and_on_a_def_line_to_the_function() -> None:
    made = found("""
        def f(x):
            y = -x  # same: squared below
            return y + x

        def g(x):  # same: only an example
            return -x

        check("eq-f", f(x), g(x))
    """)
    assert [(m.before, m.reason) for m in made] == [
        ("-x", "squared below"),
        ("y + x", ""),
        ("-x", "only an example"),
    ]
