"""One line on a value, read without running any code of the chapter's, of hooks or of modes."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import ModuleType
from typing import Any

MISSING = object()
NUMBERS = (bool, int, float, complex)
SHORT = 6  # numbers of a list that are shown
SAMPLE = 16  # items of a list that are compared
# Attributes of tensors that cost nothing; `grad` is one more, with a condition.
OF_TENSORS = {"shape", "dtype", "device", "ndim"}
REGISTERED = ("_parameters", "_buffers", "_modules")


def described(names: Mapping[str, Any], path: str, *, inside: bool) -> str:
    """What `path` refers to, such as `(10, 784) · float32 · cuda:0`; empty when it is not told.

    Args:
        inside: a function is running, perhaps timed, traced or on an accelerator that must not
            wait: read less.
    """
    first, *rest = path.split(".")
    value = names.get(first, MISSING)
    for name in rest:
        value = _member(value, name)
    return "" if value is MISSING else describe(value, inside=inside)


def describe(value: Any, *, inside: bool) -> str:
    """One line on `value`; empty when it is of no kind that is described."""
    kind, torch, numpy = type(value), sys.modules.get("torch"), sys.modules.get("numpy")
    if kind in NUMBERS:
        return _number(value)
    if kind in (list, tuple) and value:
        return _several(value, inside)
    if torch is not None and hasattr(torch, "nn"):
        if issubclass(kind, torch.Tensor):
            return _tensor(torch, value, inside)
        if issubclass(kind, torch.nn.Module):
            return _module(torch, value)
        if kind in (torch.device, torch.dtype):
            return str(value).removeprefix("torch.")
        if kind is torch.Size:
            return _shape(value)
    if numpy is not None and hasattr(numpy, "ndarray"):
        if kind is numpy.ndarray:
            return f"{_shape(value.shape)} · {value.dtype} · numpy"
        if issubclass(kind, numpy.number):
            return f"{_number(value.item())} · {value.dtype} · numpy"
    return ""


def _tensor(torch: Any, value: Any, inside: bool) -> str:
    if torch.jit.is_tracing():  # there, even to ask for a shape is recorded
        return ""
    with torch._C.DisableTorchFunction():
        if value.is_nested:
            return ""
        kind = str(value.dtype).removeprefix("torch.")
        text = f"{_shape(value.shape)} · {kind} · {value.device}"
        if value.dim() == 0 and _readable(torch, value, inside):
            return f"{_number(value.detach().item())} · {text}"
    return text


def _readable(torch: Any, value: Any, inside: bool) -> bool:
    """Whether the number in a tensor can be read, and nobody is watching who would see it."""
    return (
        type(value) in (torch.Tensor, torch.nn.Parameter)
        and (value.device.type == "cpu" or (not inside and value.device.type != "meta"))
        and not torch._C._functorch.is_functorch_wrapped_tensor(value)
        and torch._C._len_torch_dispatch_stack() == 0
        and not torch.autograd._profiler_enabled()
    )


def _module(torch: Any, value: Any) -> str:
    if "_parameters" not in _dictionary(value):  # `super().__init__()` has not run, or never will
        return type(value).__name__
    lazy = torch.nn.parameter.UninitializedParameter
    parameters = list(torch.nn.Module.parameters(value))
    if any(type(p) is lazy for p in parameters):
        return type(value).__name__
    count = sum(p.numel() for p in parameters)
    return f"{type(value).__name__} · {count:,} parameter{'s' if count != 1 else ''}"


def _several(values: Any, inside: bool) -> str:
    """How many there are, and what they all are when that is one and the same."""
    kind = type(values).__name__
    if all(type(v) in NUMBERS for v in values) and len(values) <= SHORT:
        numbers = ", ".join(map(_number, values))
        return f"({numbers})" if kind == "tuple" else f"[{numbers}]"
    if len(values) > SAMPLE or any(type(v) in (list, tuple, *NUMBERS) for v in values):
        return f"{kind} of {len(values)}"
    told = [describe(v, inside=True).split(" · ", 1) for v in values]
    if any(len(parts) < 2 for parts in told) or len({rest for _, rest in told}) > 1:
        return f"{kind} of {len(values)}"
    firsts = list(dict.fromkeys(first for first, _ in told))
    if len(firsts) > 1 and len(values) > SHORT:
        return f"{kind} of {len(values)}"
    shown = f"each {firsts[0]}" if len(firsts) == 1 else ", ".join(first for first, _ in told)
    return f"{kind} of {len(values)} · {shown} · {told[0][1]}"


def _shape(shape: Any) -> str:
    return str(tuple(shape))


def _number(value: Any) -> str:
    if type(value) is int and abs(value) > 10**15:
        return f"an integer of {value.bit_length()} bits"
    exact = repr(value)
    return exact if len(exact) <= 16 else f"{value:.6g}"


def _member(value: Any, name: str) -> Any:
    """An attribute that can be had without a property, a `__getattr__` or a warning."""
    kind, torch = type(value), sys.modules.get("torch")
    if value is MISSING or issubclass(kind, type):
        return MISSING
    if kind is ModuleType:
        return vars(value).get(name, MISSING)
    if torch is not None and issubclass(kind, getattr(torch, "Tensor", ())):
        return _of_tensor(torch, value, name)
    if any(name in vars(base) for base in kind.__mro__):
        return MISSING
    own = _dictionary(value)
    if name in own:
        return own[name]
    if torch is not None and issubclass(kind, torch.nn.Module):
        for registry in REGISTERED:
            if name in own.get(registry, ()):
                return own[registry][name]
    return MISSING


def _dictionary(value: Any) -> dict[str, Any]:
    try:
        own = object.__getattribute__(value, "__dict__")
    except AttributeError:  # it has slots, or none at all
        return {}
    return own if type(own) is dict else {}


def _of_tensor(torch: Any, value: Any, name: str) -> Any:
    with torch._C.DisableTorchFunction():
        if name in OF_TENSORS and not torch.jit.is_tracing():
            return getattr(value, name)
        # PyTorch warns of a gradient that it has not kept.
        if name == "grad" and (value.is_leaf or value.retains_grad):
            return value.grad
    return MISSING
