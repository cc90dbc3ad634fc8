"""Which operator, function or axis a mutation puts in the place of which, and what it leaves alone."""

from __future__ import annotations

import ast
import re


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


OPERATORS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"), ast.Mod: ("%", "//"),
}  # fmt: skip
COMPARISONS: dict[type[ast.AST], tuple[str, str]] = {
    ast.Lt: ("<", ">"), ast.Gt: (">", "<"), ast.LtE: ("<=", ">="), ast.GtE: (">=", "<="),
    ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="),
}  # fmt: skip
WHOLE: dict[type[ast.AST], tuple[str, str]] = {  # between whole numbers, equality happens
    ast.Lt: ("<", "<="), ast.Gt: (">", ">="), ast.LtE: ("<=", "<"), ast.GtE: (">=", ">"),
}  # fmt: skip

_PAIRS = """max min, amax amin, maximum minimum, fmax fmin, argmax argmin, sum mean, nansum nanmean,
var std, cumsum cumprod, sin cos, sinh cosh, tril triu, ceil floor, softmax log_softmax,
cummax cummin, mul div, mul_ div_, add_ sub_, max_pool1d avg_pool1d, max_pool2d avg_pool2d"""
SWAPPED = dict(pair.split() for pair in _PAIRS.split(","))
SWAPPED |= {b: a for a, b in SWAPPED.items()} | {"prod": "sum", "log1p": "log", "expm1": "exp"}

DROPPED = _words(
    "exp exp2 log log2 log10 sqrt rsqrt square abs neg negative reciprocal relu tanh sigmoid sign"
    " flip clamp clip diag inv pinv inverse erf softplus conj"
)
TRANSPOSED = _words("t transpose swapaxes swapdims adjoint")
AXIS = _words(
    "sum mean prod softmax log_softmax logsumexp cumsum cumprod argmax argmin max min amax amin"
    " var std unsqueeze cat stack diff unbind nansum nanmean median"
)
SYMMETRIC = _words("randn randn_like standard_normal")

# Calls that make example data. Their arguments are shapes and values, not formulas,
# except in those that turn what was computed into a tensor.
CONSTRUCTORS = _words(
    "rand randn randint randperm rand_like randn_like randint_like normal bernoulli multinomial"
    " poisson arange linspace logspace tensor as_tensor zeros ones full eye empty zeros_like"
    " ones_like full_like empty_like new_zeros new_ones new_full new_tensor new_empty manual_seed"
    " Generator device array default_rng standard_normal uniform choice permutation meshgrid"
)
LITERAL = _words("tensor as_tensor array new_tensor full")
# Calls whose arguments are shapes, sizes or places.
SHAPES = _words(
    "reshape view expand repeat tile unflatten unfold size squeeze flatten chunk split tensor_split"
    " to broadcast_to expand_as view_as movedim range islice"
)
LAYER = re.compile(
    r"(Linear|Conv|Embedding|LSTM|GRU|RNN|LayerNorm|BatchNorm|Dropout|Sequential|Multihead"
    r"|Transformer|Parameter|SGD|Adam|DataLoader|Generator)"
)
# Calls and methods that only say something, and what is only said in them.
SILENT = _words(
    "print glue live display check_exercise isinstance len getattr hasattr str repr format type id"
    " __repr__ __str__ extra_repr"
)
KEYWORDS = _words("dtype device generator rtol atol standard_error relation size shape key out")
# Methods that change their object but not their arguments.
GROWING = _words(
    "append extend update add insert pop remove clear sort reverse step zero_grad load_state_dict"
    " train eval setdefault discard register_buffer"
)
DRAWING = _words("plt ax axes axis")
