"""Where PyTorch documents a name: by the layout of its pages, which a small table completes.

Most names have a page of their own, `generated/<name>.html`. Others share a page, where the name is
the anchor. `unknown` compares the addresses with the inventory that PyTorch publishes.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import urlretrieve

from sphinx.util.inventory import InventoryFile

from book.findings import BookError, Finding

HOMES = {
    "torch": "https://docs.pytorch.org/docs/stable/",
    "torchvision": "https://docs.pytorch.org/vision/stable/",
}
INVENTORY = "objects.inv"
# Documented under another name: `page#anchor`, or the name that has a page.
ELSEWHERE = {
    "torch.autograd.Function.apply": "autograd.html#torch.autograd.Function",
    "torch.autograd.gradcheck": "torch.autograd.gradcheck.gradcheck",
    "torch.autograd.gradgradcheck": "torch.autograd.gradcheck.gradgradcheck",
    "torch.inference_mode": "torch.autograd.grad_mode.inference_mode",
    "torch.set_grad_enabled": "torch.autograd.grad_mode.set_grad_enabled",
    "torch.nn.Parameter": "torch.nn.parameter.Parameter",
    "torch.Tensor.dtype": "tensor_attributes.html#torch.dtype",
    "torch.Tensor.layout": "tensor_attributes.html#torch.layout",
    "torch.autocast": "amp.html#torch.autocast",
    "torch.Generator": "torch.Generator",
    "torch.Tensor": "tensors.html#torch.Tensor",
    "torch.Tensor.relu": "torch.nn.functional.relu",
    "torch.device": "tensor_attributes.html#torch.device",
    "torch.finfo": "type_info.html#torch.finfo",
    "torch.iinfo": "type_info.html#torch.iinfo",
    "torch.log_softmax": "torch.nn.functional.log_softmax",
    "torch.relu": "torch.nn.functional.relu",
}
# Names that share a page, by what they begin with; the longest that fits decides.
SHARED = {
    "torch.Tensor.T": "tensors.html",
    "torch.Tensor.H": "tensors.html",
    "torch.Tensor.mT": "tensors.html",
    "torch.Tensor.mH": "tensors.html",
    "torch.Size": "size.html",
    "torch.amp.": "amp.html",
    "torch.autograd.Function": "autograd.html",
    "torch.autograd.graph.": "autograd.html",
    "torch.autograd.profiler.": "autograd.html",
    "torch.dtype": "tensor_attributes.html",
    "torch.distributed.": "distributed.html",
    "torch.distributions.": "distributions.html",
    "torch.export.": "export.html",
    "torch.hub.": "hub.html",
    "torch.nn.init.": "nn.init.html",
    "torch.onnx.": "onnx.html",
    "torch.profiler.": "profiler.html",
    "torch.testing.": "testing.html",
    "torch.utils.benchmark.": "benchmark_utils.html",
    "torch.utils.checkpoint.": "checkpoint.html",
    "torch.utils.data.": "data.html",
}
# Of these we know no page at all.
NOWHERE = ("torch.utils.flop_counter.", "torch.return_types.")


def address(name: str) -> str:
    """The address of the documentation of `name`; '' when PyTorch does not document it."""
    place = _place(name)
    return HOMES[name.split(".")[0]] + place if place else ""


def _place(name: str) -> str:
    owner = name.rpartition(".")[0]
    found = _find(name)
    if _is_dtype(found):
        return "tensor_attributes.html#torch.dtype"
    if name in ELSEWHERE:
        other = ELSEWHERE[name]
        return other if "#" in other else f"generated/{other}.html"
    if name.startswith(NOWHERE) or not getattr(found, "__doc__", None) or isinstance(found, float):
        return ""
    for length in (len(name), *sorted(map(len, SHARED), reverse=True)):
        start = name[:length]
        exact = start == name or start.endswith(".")
        if exact and start in SHARED:
            return f"{SHARED[start]}#{_anchor(name, found)}"
    parent = _find(owner)
    if isinstance(parent, type) and owner not in ("torch.Tensor", "torch.optim.Optimizer"):
        return _place(owner).partition("#")[0] + f"#{name}"  # a method, on the page of its class
    return f"generated/{name}.html"


def _anchor(name: str, found: object) -> str:
    """Distributions are documented under the module that defines them."""
    if not name.startswith("torch.distributions."):
        return name
    of = found if isinstance(found, type) else _find(name.rpartition(".")[0])
    member = "" if isinstance(found, type) else "." + name.rpartition(".")[2]
    return f"{getattr(of, '__module__', '')}.{getattr(of, '__qualname__', '')}{member}"


def _find(name: str) -> object:
    """The object called `name`; None when there is none."""
    parts = name.split(".")
    found: object = importlib.import_module(parts[0])
    for part in parts[1:]:
        found = getattr(found, part, None)
    return found


def _is_dtype(found: object) -> bool:
    return isinstance(found, importlib.import_module("torch").dtype)


def check(names: Iterable[str]) -> list[str]:
    """Those of `names` whose addresses are wrong, by the inventories that the sites publish.

    Raises:
        BookError: an inventory cannot be had.
    """
    wrong, wanted = [], list(names)
    with TemporaryDirectory() as folder:
        for home in HOMES.values():
            file = Path(folder, INVENTORY)
            try:
                urlretrieve(home + INVENTORY, file)
            except OSError as error:
                message = f"{home}{INVENTORY} cannot be read ({error}); try again with a network"
                raise BookError(Finding(Path("_config.yml"), 1, message, "inventory")) from error
            wrong += unknown(wanted, home, file)
    return wrong


def unknown(names: Iterable[str], home: str, inventory: Path) -> list[str]:
    """Those of `names` whose address below `home` the inventory does not list."""
    with inventory.open("rb") as file:
        found = InventoryFile.load(file, home, lambda base, place: base + place)
    listed = {entry[2] for kind in found.values() for entry in kind.values()}
    listed |= {place.partition("#")[0] for place in listed if "/generated/" in place}
    addresses = {name: address(name) for name in names}
    return [n for n, a in addresses.items() if a.startswith(home) and a not in listed]
