"""What an expression may stand for, as far as can be told without running it; None is unknown."""

from __future__ import annotations

import ast
import types
from dataclasses import dataclass, field
from typing import Any, TypeAlias


@dataclass(frozen=True)
class Known:
    """A module, function, class or constant of an installed package, by the name it was reached."""

    value: Any
    name: str
    owner: Value = None  # what a method was taken from

    @property
    def is_module(self) -> bool:
        return isinstance(self.value, types.ModuleType)


@dataclass(frozen=True)
class Instance:
    """An object of a class of an installed package."""

    of: type
    name: str


@dataclass(frozen=True)
class Items:
    """A tuple, a list or what else can be iterated: its parts where they are told apart, or any."""

    parts: tuple[Value, ...] = ()
    each: Value = None

    def item(self, index: int) -> Value:
        """The part at `index`, or what any part is."""
        return self.parts[index] if -len(self.parts) <= index < len(self.parts) else self.each


@dataclass(frozen=True)
class Table:
    """A dictionary, by what its values are."""

    each: Value = None


@dataclass(frozen=True)
class Gives:
    """A function of which only the result is known, such as what `torch.func.grad` returns."""

    result: Value


@dataclass(eq=False)
class Scope:
    """Names and what they stand for; a name that is not here is looked for in the scope around."""

    names: dict[str, Value] = field(default_factory=dict)
    around: Scope | None = None

    def get(self, name: str) -> Value:
        if name in self.names or self.around is None:
            return self.names.get(name)
        return self.around.get(name)


@dataclass(eq=False)
class Local:
    """A function or a lambda of the chapter; `cell` is where it was written."""

    node: ast.FunctionDef | ast.Lambda
    scope: Scope
    cell: int
    owner: Value = None


@dataclass(eq=False)
class LocalClass:
    """A class of the chapter, with its methods and the classes that it builds on."""

    name: str
    bases: tuple[Value, ...]
    members: Scope


@dataclass(eq=False)
class LocalInstance:
    """An object of such a class; `fields` are what its methods put into `self`."""

    of: LocalClass
    fields: dict[str, Value] = field(default_factory=dict)


Value: TypeAlias = (
    Known | Instance | Items | Table | Gives | Local | LocalClass | LocalInstance | None
)
