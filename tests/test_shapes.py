"""Shapes: what a run records, that recording changes nothing, and what a reader gets to see."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import tiny

from book import contents, execute, kernel, measure
from book.store import Store

IMPORTS = """\
import inspect
import sys
import warnings
import torch
from torch import nn
torch.manual_seed(0);"""

RECORDED = [
    IMPORTS,
    "x = torch.randn(3, 4, requires_grad=True)\nloss = (x * 0 + 2).mean()\nloss.backward()\nx.grad",
    "net = nn.Linear(784, 10)\nnet.weight, torch.float32\nepochs, rate, half = 20, 0.5, torch.tensor(0.25)",
    "x = x.detach().numpy()\nshape, pair = (3, 4), [torch.zeros(2), torch.zeros(3)]",
    "def late(a, scale=2.0):\n    total = a * scale\n    return total.sum()",
    "late(torch.ones(5, dtype=torch.float64))\nlate(torch.ones(7))",
    """\
class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(2, 3))

    @property
    def costly(self):
        raise RuntimeError("a property was read")

    def forward(self, x):
        return x @ self.weight

layer = Layer()
y = layer(torch.ones(4, 2))
layer.weight, [layer.costly for _ in []];""",
    "def fails(x):\n    half = x.chunk(2)[0]\n    return half @ x\n\nfails(torch.ones(4, 2))",
    "def depth(n):\n    return n if n == 0 else depth(n - 1)\n\ndepth(3)",
    "def batches(z):\n    for row in z:\n        yield row\n\nrows = list(batches(torch.ones(2, 6)))",
    "@torch.no_grad()\ndef still(v):\n    return v + 1\n\nstill(torch.ones(9)).shape",
    "class Half(nn.Module):\n    def __init__(self):\n        self.size = 3\n\nhalf = Half()\nhalf.size;",
]

# Whatever could tell that a function is not as it was written. No cell writes to both streams: in
# which order two arrive is left to chance.
DELICATE = [
    IMPORTS,
    "def f(n):\n    return f(n + 1)\n\nf(0)",
    "def g(x):\n    y = x\n    return 1 / (y - y)\n\ndef outer(x):\n    return g(x)\n\nouter(2)",
    "def fib(n):\n    return n if n < 2 else fib(n - 1) + fib(n - 2)\n\nfib(12)",
    "def warned():\n    warnings.warn('look here', stacklevel=2)\n    if 1 is 1:\n        return 2\n\nwarned()",
    "def draw(n):\n    return torch.randn(n)\n\ndraw(2), draw(2)",
    "def names(a):\n    b = 1\n    return sorted(locals()), sorted(vars()), b\n\nnames(1)",
    """\
class Base:
    def who(self):
        return "base"

class Child(Base):
    __slots__ = ("kept",)
    def who(self):
        return super().who() + __class__.__name__

Child().who(), Child.who.__qualname__""",
    "def count():\n    '''Documented.'''\n    yield 1\n    yield 2\n\nnext(count()), count.__doc__, list(count())",
    "def both(x):\n    try:\n        return x.missing\n    finally:\n        print('over')\n\nboth(1)",
    "def parts(a, /, b, *c, d=1, **e):\n    return a, b, c, d, e\n\nprint(inspect.getsource(parts), inspect.signature(parts))\nparts(1, 2, 3, f=4)",
    "x = torch.tensor([1.0], requires_grad=True)\ny = x * 2\ny.sum().backward()\ny.grad_fn is not None",
    "torch.func.vmap(lambda v: v * 2)(torch.ones(2, 3))\ndef cube(v):\n    return (v ** 3).sum()\n\ntorch.func.grad(cube)(torch.ones(2))",
    "def traced(v):\n    return v[0] * v.sum()\n\nsymbols = vars(torch)['ji' + 't']\nwarnings.simplefilter('ignore')\nprint(symbols.trace(traced, torch.ones(2)).graph)",
    "import re\nre.compile('a')\ndef unseen(v):\n    w = v + 1\n    return w",
    "import dis\ndis.dis(unseen)\nunseen(1)",
    "def compiled(v):\n    w = v + 1\n    return w\n\ndis.dis(compiled)\nlen(compiled.__code__.co_code), compiled(1)",
    "def last(v):\n    return v\n\nlast.__code__.co_consts, sorted(k for k in globals() if 'book' in k), sys.gettrace()",
]
NOISY = {1: "raises-exception", 2: "raises-exception", 4: "warns", 9: "raises-exception"}


def page(cells: list[str], tags: dict[int, str] | None = None) -> str:
    tags = tags or {}
    return tiny.chapter(
        "# T\n\n" + "\n".join(tiny.cell(source, tags.get(i, "")) for i, source in enumerate(cells))
    )


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, dict[str, str]]]:
    text = page(RECORDED, {7: "raises-exception"})
    root = tiny.write(tmp_path_factory.mktemp("book"), {"x": text})
    (outcome,) = execute.run(contents.load(root))
    assert outcome.finding is None, outcome.finding
    run = Store(root / execute.STORE).run_of("x")
    assert run is not None
    assert run.shapes is not None
    return run.shapes


FOUND = [
    (1, "", "x", "(3, 4) · float32 · cpu"),
    (1, "", "x.grad", "(3, 4) · float32 · cpu"),
    (1, "", "loss", "2.0 · () · float32 · cpu"),
    (2, "", "net", "Linear · 7,850 parameters"),
    (2, "", "net.weight", "(10, 784) · float32 · cpu"),
    (2, "", "epochs", "20"),
    (2, "", "rate", "0.5"),
    (2, "", "half", "0.25 · () · float32 · cpu"),
    (3, "", "x", "(3, 4) · float32 · numpy"),  # as it was at that cell
    (3, "", "shape", "(3, 4)"),
    (3, "", "pair", "list of 2 · (2,), (3,) · float32 · cpu"),
    (4, "late", "a", "(5,) · float64 · cpu"),  # called in a later cell; the first call counts
    (4, "late", "scale", "2.0"),
    (4, "late", "total", "(5,) · float64 · cpu"),
    (6, "Layer.forward", "x", "(4, 2) · float32 · cpu"),
    (6, "Layer.forward", "self.weight", "(2, 3) · float32 · cpu"),
    (6, "Layer.__init__", "self.weight", "(2, 3) · float32 · cpu"),
    (6, "", "layer", "Layer · 6 parameters"),
    (7, "fails", "half", "(2, 2) · float32 · cpu"),  # it raised, and is seen as it was then
    (8, "depth", "n", "3"),  # the outermost call, not the first that ends
    (9, "batches", "row", "(6,) · float32 · cpu"),
    (10, "still", "v", "(9,) · float32 · cpu"),
    (11, "", "half", "Half"),  # a module that was never set up, as a chapter on modules may show
    (11, "Half.__init__", "self.size", "3"),
]


@pytest.mark.parametrize("expected", FOUND, ids=lambda e: f"{e[0]}-{e[1] or 'cell'}-{e[2]}")
def test_a_run_records_what_names_refer_to(
    shapes: list[dict[str, dict[str, str]]], expected: tuple[int, str, str, str]
) -> None:
    cell, scope, path, told = expected
    assert shapes[cell][scope][path] == told


def test_recording_changes_no_output(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"x": page(DELICATE, NOISY)})
    cost = measure.shapes(root, contents.load(root).chapters[0], repeats=1)
    outputs = [json.loads(text) for text in cost.without[0].outputs]
    raised = [i for i, cell in enumerate(outputs) for o in cell if o["output_type"] == "error"]
    assert raised == [i for i, tag in NOISY.items() if tag == "raises-exception"]
    assert cost.changed == []


def test_a_fault_of_the_recorder_stops_the_run_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tiny.write(tmp_path, {"x": page(["x = 1"])})

    async def run_cells(*arguments: object, **options: object) -> str:
        return json.dumps({"problems": ["ValueError('odd')"]})

    monkeypatch.setattr(kernel, "run_cells", run_cells)
    (outcome,) = execute.run(contents.load(root))
    assert outcome.finding is not None
    assert "odd" in outcome.finding.message


def test_a_run_of_before_shapes_is_run_again_but_can_be_rendered(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"x": page(["x = 1", "", "y = 2"])})
    book = contents.load(root)
    execute.run(book)
    store = Store(root / execute.STORE)
    run = store.run_of("x")
    assert run is not None
    assert run.shapes == [{"": {"x": "1"}}, {}, {"": {"y": "2"}}]
    note = store.notes / "x.json"
    old = json.loads(note.read_text(encoding="utf-8"))
    del old["shapes"]
    note.write_text(json.dumps(old), encoding="utf-8")
    assert execute.run(book, frozen=True)[0].state == "reused"
    assert execute.run(book)[0].state == "ran"


def test_no_heading_can_take_the_name_of_a_part_of_the_page() -> None:
    """A section's id is made of letters, digits and hyphens; one called "shape" was taken for a card."""
    own = [
        *(tiny.HERE / "book" / "site").glob("*.js"),
        *(tiny.HERE / "book" / "site" / "templates").glob("*.html"),
    ]
    own += (tiny.HERE / "book" / "sphinx").glob("*.py")
    names = {
        name
        for file in own
        for name in re.findall(r"""\bid="([^"{]+)"|\.id = "([^"]+)\"""", file.read_text("utf-8"))
        for name in name
        if name
    }
    assert {"_card", "_shape", "_shapes", "_symbols"} <= names
    assert [n for n in sorted(names) if not n.startswith(("_", "svg-", "furo-"))] == []
