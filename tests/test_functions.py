"""PyTorch's functions in cells: which are used, where they stand, and where they are documented."""

from __future__ import annotations

import functools
import types
import zlib
from pathlib import Path

import pytest
import tiny
import torch

from book import contents
from book.findings import BookError
from book.functions import addresses
from book.functions.addresses import address
from book.functions.reader import uses
from book.markers import hidden
from book.names import names

ROOTS = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional}  # as the chapters import them
HEAD = "import torch\nimport torch.nn.functional as F\nfrom torch import nn\n\nx = torch.randn(3)\n"


def used(*cells: str) -> set[str]:
    """The names that the cells use, but for `torch.randn` of the first."""
    found = uses(enumerate([HEAD, *cells]))
    return {use.name for use in found if use.cell > 0}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("torch.exp(x)", {"torch.exp"}),
        ("F.cross_entropy(x, x)", {"torch.nn.functional.cross_entropy"}),
        ("nn.functional.relu(x)", {"torch.nn.functional.relu"}),
        ("from torch.func import grad as slope\nslope(abs)", {"torch.func.grad"}),
        ("import torch.linalg as la\nla.svd(x)", {"torch.linalg.svd"}),
        ("x.softmax(0)", {"torch.Tensor.softmax"}),
        ("(x + 1).pow(2).sum().item()", {f"torch.Tensor.{m}" for m in ("pow", "sum", "item")}),
        ("(2 - x).abs()", {"torch.Tensor.abs"}),
        ("(x > 0).any()", {"torch.Tensor.any"}),
        ("x[0].exp()", {"torch.Tensor.exp"}),
        ("a, b = x, 2\na.log()\nb.log()", {"torch.Tensor.log"}),
        ("for row in x:\n    row.sum()", {"torch.Tensor.sum"}),
        ("for k, (a, s) in enumerate(zip(x, 'abc')):\n    a.sin(), s.split()", {"torch.Tensor.sin"}),
        ("[t.tanh() for t in (x, x)]", {"torch.Tensor.tanh"}),
        ("{'a': x}['a'].cos()", {"torch.Tensor.cos"}),
        ("{torch.exp: 1, **{}}", {"torch.exp"}),
        ("for name, t in {'a': x}.items():\n    t.cos()", {"torch.Tensor.cos"}),
        ("def f(z):\n    return z.exp()\n\nf(x).log()", {"torch.Tensor.exp", "torch.Tensor.log"}),
        ("def f(z):\n    return z.split(2)\n\nf('a b')", set()),
        ("f = lambda z: z.floor()\nf(x)", {"torch.Tensor.floor"}),
        ("def never_called():\n    return torch.eye(2)", {"torch.eye"}),
        ("def f(n):\n    return x.abs() if n == 0 else f(n - 1).neg()\n\nf(3)", {"torch.Tensor.abs"}),
        ("sum(t for t in [x]).sqrt()", {"torch.Tensor.sqrt"}),
        ("map(torch.relu, x)", {"torch.relu"}),
        ("x.max(dim=0).values.exp()", {"torch.Tensor.max", "torch.Tensor.exp"}),
        ("q, r = torch.linalg.qr(x)\nr.det()", {"torch.linalg.qr", "torch.Tensor.det"}),
        ("x.T.shape", {"torch.Tensor.T", "torch.Tensor.shape"}),
        ("x.numpy().sum()", {"torch.Tensor.numpy"}),
        ("torch.finfo(torch.float32).eps", {"torch.finfo", "torch.float32"}),
        ("with torch.no_grad():\n    x.neg()", {"torch.no_grad", "torch.Tensor.neg"}),
        ("@torch.no_grad()\ndef f():\n    pass", {"torch.no_grad"}),
        ("torch.Generator().manual_seed(0)", {"torch.Generator", "torch.Generator.manual_seed"}),
        ("x += x.exp()\nx.log()", {"torch.Tensor.exp", "torch.Tensor.log"}),
        ("import numpy as np\nnp.exp(x)", set()),
        ("x.no_such_method()", set()),
        ("torch.no_such_function()", set()),
        ("import torch.no_such_module\nfrom torch.nowhere import f\nf(x)", set()),
        ("from tensorbook import data\ndata.mnist().train.flip(0)", {"torch.Tensor.flip"}),
        ("x = 'text'\nx.split()", set()),
        ("%timeit torch.exp(x)", set()),
    ],
)  # fmt: skip
def test_a_use_is_known_by_its_full_name(source: str, expected: set[str]) -> None:
    assert used(source) == expected


def test_a_network_gives_tensors_and_its_parameters_are_tensors() -> None:
    source = """\
net = nn.Sequential(nn.Linear(3, 2), nn.Tanh())
net(x).mean().backward()
for p in net.parameters():
    p.grad
optimiser = torch.optim.SGD(net.parameters(), lr=0.1)
optimiser.zero_grad()
"""
    assert used(source) == {
        "torch.nn.Sequential", "torch.nn.Linear", "torch.nn.Tanh", "torch.Tensor.mean",
        "torch.Tensor.backward", "torch.nn.Module.parameters", "torch.Tensor.grad",
        "torch.optim.SGD", "torch.optim.Optimizer.zero_grad",
    }  # fmt: skip


def test_a_class_of_the_chapter_is_read_through() -> None:
    source = """\
class Layer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.inner = nn.Linear(width, 2)
        self.scale = torch.ones(2)

    def forward(self, z):
        return self.scale.exp() * self.inner(z.flatten()).relu()


Layer(3)(x).argmax()
Layer(3).eval()
"""
    assert used(source) == {
        "torch.nn.Module", "torch.nn.Linear", "torch.ones", "torch.Tensor.exp",
        "torch.Tensor.flatten", "torch.Tensor.relu", "torch.Tensor.argmax", "torch.nn.Module.eval",
    }  # fmt: skip


def test_a_function_of_autograd_is_read_through() -> None:
    source = """\
class Cube(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        return z.pow(3)

    @staticmethod
    def backward(ctx, slope):
        return slope.mul(3)


Cube.apply(x).sum()
"""
    assert used(source) == {
        "torch.autograd.Function", "torch.autograd.Function.apply", "torch.Tensor.pow",
        "torch.Tensor.mul", "torch.Tensor.sum",
    }  # fmt: skip


def test_names_live_from_cell_to_cell_and_each_use_is_in_the_cell_that_writes_it() -> None:
    cells = ["def f(z):\n    return z.exp()", "y = f(x)", "y.log()"]
    found = {(use.cell, use.name) for use in uses(enumerate([HEAD, *cells])) if use.cell}
    assert found == {(1, "torch.Tensor.exp"), (3, "torch.Tensor.log")}


def test_a_use_stands_where_its_last_word_begins() -> None:
    source = "é = torch.ones(2)\nprint('é', é.sum(),\n      é . prod())"
    last = [use for use in uses(enumerate([HEAD, source])) if use.cell == 1]
    words = [source[use.offset :].split("(")[0].rstrip(")") for use in last]
    assert words == ["ones", "sum", "prod"]
    assert {use.offset for use in last} <= {name.offset for name in names(source)}


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("torch.softmax", "generated/torch.softmax.html"),
        ("torch.nn.functional.cross_entropy", "generated/torch.nn.functional.cross_entropy.html"),
        ("torch.nn.Linear", "generated/torch.nn.Linear.html"),
        ("torch.Tensor.sum", "generated/torch.Tensor.sum.html"),
        ("torch.Tensor.T", "tensors.html#torch.Tensor.T"),
        ("torch.nn.Module.parameters", "generated/torch.nn.Module.html#torch.nn.Module.parameters"),
        ("torch.optim.Optimizer.zero_grad", "generated/torch.optim.Optimizer.zero_grad.html"),
        ("torch.autograd.gradcheck", "generated/torch.autograd.gradcheck.gradcheck.html"),
        ("torch.inference_mode", "generated/torch.autograd.grad_mode.inference_mode.html"),
        ("torch.float16", "tensor_attributes.html#torch.dtype"),
        ("torch.device", "tensor_attributes.html#torch.device"),
        ("torch.nn.init.zeros_", "nn.init.html#torch.nn.init.zeros_"),
        ("torch.utils.data.DataLoader", "data.html#torch.utils.data.DataLoader"),
        ("torch.distributions.Normal", "distributions.html#torch.distributions.normal.Normal"),
    ],
)
def test_a_name_is_documented_where_pytorch_puts_it(name: str, place: str) -> None:
    assert address(name) == "https://docs.pytorch.org/docs/stable/" + place


@pytest.mark.parametrize("name", ["torch.no_such", "torch.nan", "torch.Tensor.grad_fn"])
def test_what_is_not_documented_has_no_address(name: str) -> None:
    assert address(name) == ""


def test_an_inventory_tells_which_addresses_are_wrong(tmp_path: Path) -> None:
    lines = "torch.exp py:function 1 generated/torch.exp.html#$ -\ntorch.device py:class 1 tensor_attributes.html#$ -\n"
    head = b"# Sphinx inventory version 2\n# Project: x\n# Version: 1\n# compressed by zlib\n"
    file = tmp_path / "objects.inv"
    file.write_bytes(head + zlib.compress(lines.encode()))
    asked = ["torch.exp", "torch.device", "torch.log", "torchvision.ops.nms"]
    home = addresses.HOMES["torch"]
    assert addresses.unknown(asked, home, file) == ["torch.log"]


def test_every_torch_name_in_the_chapters_is_found() -> None:
    """What is written as `torch.…`, `nn.…` or `F.…` is read; nothing of it is passed over."""
    book = contents.load(tiny.HERE)
    for chapter in book.chapters:
        sources = {c.index: hidden(c.source) for c in chapter.cells}
        placed = {(use.cell, use.offset) for use in uses(sources.items())}
        for cell, source in sources.items():
            for name in names(source):
                root, _, rest = name.path.partition(".")
                if root in ROOTS and rest and name.role == "attribute" and "__" not in rest:
                    found = functools.reduce(getattr, rest.split("."), ROOTS[root])
                    module = isinstance(found, types.ModuleType)
                    assert module or (cell, name.offset) in placed, (chapter.slug, cell, name.path)


def test_without_a_network_the_addresses_cannot_be_compared(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(addresses, "HOMES", {"torch": (tmp_path / "nowhere").as_uri() + "/"})
    with pytest.raises(BookError, match="try again with a network"):
        addresses.check(["torch.exp"])


def test_the_addresses_are_compared_with_what_a_site_publishes(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    line = "torch.exp py:function 1 generated/torch.exp.html#$ -\n"
    head = b"# Sphinx inventory version 2\n# Project: x\n# Version: 1\n# compressed by zlib\n"
    (tmp_path / "objects.inv").write_bytes(head + zlib.compress(line.encode()))
    monkeypatch.setattr(addresses, "HOMES", {"torch": tmp_path.as_uri() + "/"})
    assert addresses.check(["torch.exp", "torch.log"]) == ["torch.log"]
