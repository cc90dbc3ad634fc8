"""What the installed PyTorch says of itself: which names exist, and what its functions return."""

from __future__ import annotations

import functools
import importlib
import importlib.util
import inspect
import re
import types
from typing import Any

from book.functions.values import Gives, Instance, Items, Known, Value

PACKAGES = ("torch", "torchvision", "tensorbook")  # what is imported; all else stays unknown
INDEXED = ("torch", "torchvision")  # what readers look up
RETURNS = re.compile(r"^\s*\w+\(.*\)\s*->\s*(?P<kind>.+)$", re.M)
MANY = re.compile(r"^(?:\(|\[|list|seq|tuple)", re.I)
SEVERAL = re.compile(r"(?:tuple|list|iterator|iterable|sequence)\[.*(?:Tensor|Parameter)\b", re.I)
# Attributes that give a tensor, and those that also belong to the tuples that max, sort, topk return.
TENSORS = {"T", "mT", "H", "mH", "grad", "data", "real", "imag"}
OF_TUPLES = {"values", "indices"}
# Of these modules every function returns a tensor, even where its documentation does not say so.
NUMERIC = ("torch.nn.functional.", "torch.linalg.", "torch.fft.", "torch.special.")


@functools.cache
def tensor() -> Instance:
    """A tensor."""
    return Instance(importlib.import_module("torch").Tensor, "torch.Tensor")


def module(name: str) -> Value:
    """The module `name`, when it belongs to a package that we follow."""
    if name.split(".")[0] not in PACKAGES:
        return None
    try:
        return Known(importlib.import_module(name), name)
    except ModuleNotFoundError:  # a cell may show what Python says of a name that is wrong
        return None


def member(owner: Known, attribute: str) -> Value:
    """What `owner.attribute` is, of a module or a class."""
    if attribute.startswith("__"):
        return None
    if not hasattr(owner.value, attribute):
        inner = f"{owner.name}.{attribute}"
        exists = hasattr(owner.value, "__path__") and importlib.util.find_spec(inner)
        return module(inner) if exists else None
    found = getattr(owner.value, attribute)
    name = found.__name__ if isinstance(found, types.ModuleType) else f"{owner.name}.{attribute}"
    return Known(found, name)


def attribute(owner: Instance, name: str) -> tuple[str, Value]:
    """The documented name of `owner.name` (empty when it has none), and what it gives."""
    if owner == tensor() and name in OF_TUPLES:
        return "", owner
    declared = _declared(owner.of, name)
    home = next((c for c in owner.of.__mro__ if name in vars(c)), None)
    if home is None or home is object or name.startswith("__"):
        return "", declared
    full = f"{public_name(home)}.{name}"
    found = getattr(owner.of, name)
    if callable(found):
        return full, Known(found, full, owner)
    if owner == tensor():
        return full, owner if name in TENSORS else None
    return "", declared


def _declared(of: type, name: str) -> Value:
    """What the class says that its field holds."""
    for base in of.__mro__:
        kind = inspect.get_annotations(base).get(name)
        if kind is not None:
            return _annotated(kind)
    return None


def _annotated(kind: Any) -> Value:
    """What an annotation such as `Tensor` stands for, be it an object or its name."""
    plain = isinstance(kind, type) and not hasattr(kind, "__args__")
    text = kind.__name__ if plain else str(kind).removeprefix("torch.")
    if text in ("Tensor", "Parameter"):
        return tensor()
    if plain and kind.__module__.split(".")[0] in PACKAGES:
        return Instance(kind, public_name(kind))
    return Items(each=tensor()) if SEVERAL.search(text) else None


def public_name(of: type) -> str:
    """The shortest name by which a class can be had, which is the one that is documented."""
    if issubclass(tensor().of, of) and of is not object:
        return "torch.Tensor"
    parts = of.__module__.split(".")
    for end in range(1, len(parts) + 1):
        place = importlib.import_module(".".join(parts[:end]))
        if getattr(place, of.__name__, None) is of:
            return f"{place.__name__}.{of.__name__}"
    return f"{of.__module__}.{of.__qualname__}"


def called(function: Known) -> Value:
    """What calling `function` gives."""
    if isinstance(function.value, type):
        if issubclass(function.value, tensor().of):
            return tensor()
        return Instance(function.value, function.name)
    if function.name.startswith("torch.func."):
        given = Gives(tensor())
        return Items((tensor(), given)) if function.name == "torch.func.vjp" else given
    if function.name in ("torch.vmap", "torch.compile"):
        return Gives(tensor())
    declared = getattr(function.value, "__annotations__", {}).get("return")
    if isinstance(declared, str):  # the annotation's own module knows what it names
        declared = getattr(function.value, "__globals__", {}).get(declared, declared)
    if str(declared) in ("T", "Self", "~T", "typing.Self"):
        return function.owner
    if declared is not None and (found := _annotated(declared)):
        return found
    said = RETURNS.search(function.value.__doc__ or "") if callable(function.value) else None
    if said:
        return _documented(said["kind"], function.owner)
    return tensor() if function.name.startswith(NUMERIC) else None


def _documented(kind: str, owner: Value) -> Value:
    """What the arrow of a documented signature points at."""
    if kind.strip() == "self":
        return owner
    if "Tensor" not in kind:
        return None
    return Items(each=tensor()) if MANY.match(kind.strip()) else tensor()
