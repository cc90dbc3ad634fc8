"""Which operator, function or axis a mutation puts in the place of which."""

from __future__ import annotations

import ast
import re

OPERATORS = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"), ast.Mod: ("%", "//"),
}  # fmt: skip
COMPARISONS = {
    ast.Lt: [("<", ">")], ast.Gt: [(">", "<")], ast.LtE: [("<=", ">=")], ast.GtE: [(">=", "<=")],
    ast.Eq: [("==", "!=")], ast.NotEq: [("!=", "==")],
}  # fmt: skip
WHOLE = {  # between whole numbers, equality happens
    ast.Lt: ("<", "<="), ast.Gt: (">", ">="), ast.LtE: ("<=", "<"), ast.GtE: (">=", ">"),
}  # fmt: skip

_PAIRS = """
max min, amax amin, maximum minimum, fmax fmin, argmax argmin, sum mean, nansum nanmean, var std,
cumsum cumprod, sin cos, sinh cosh, tril triu, ceil floor, softmax log_softmax, cummax cummin,
mul div, mul_ div_, add_ sub_, max_pool1d avg_pool1d, max_pool2d avg_pool2d
"""
SWAPPED = {a: b for pair in _PAIRS.replace("\n", " ").split(",") for a, b in [pair.split()]}
SWAPPED |= {b: a for a, b in SWAPPED.items()} | {"prod": "sum", "log1p": "log", "expm1": "exp"}

DROPPED = frozenset(
    "exp exp2 log log2 log10 sqrt rsqrt square abs neg negative reciprocal relu tanh sigmoid sign"
    " flip clamp clip diag inv pinv inverse erf softplus conj".split()
)
TRANSPOSED = frozenset("t transpose swapaxes swapdims adjoint".split())
AXIS = frozenset(
    "sum mean prod softmax log_softmax logsumexp cumsum cumprod argmax argmin max min amax amin"
    " var std unsqueeze cat stack diff unbind nansum nanmean median".split()
)
SYMMETRIC = frozenset("randn randn_like standard_normal".split())

# Calls whose arguments are shapes, sizes or places, and calls that compute nothing.
SHAPES = frozenset(
    "reshape view expand repeat tile unflatten unfold size squeeze flatten chunk split tensor_split"
    " to broadcast_to expand_as view_as tile movedim range islice".split()
)
SILENT = frozenset(
    "print glue live check_exercise isinstance len getattr hasattr str repr format type id"
    " __repr__ __str__ extra_repr backward_hook".split()
)
KEYWORDS = frozenset(
    "dtype device generator rtol atol standard_error relation size shape key out".split()
)
LAYER = re.compile(r"(Linear|Conv|Embedding|LSTM|GRU|RNN|LayerNorm|BatchNorm|Dropout|Sequential"
                   r"|Multihead|Transformer|Parameter|SGD|Adam|DataLoader|Generator)")  # fmt: skip
