"""Colours of code, light and dark: few, quiet, and at least 4.5 : 1 against their background."""

from __future__ import annotations

from typing import ClassVar

from pygments.style import Style
from pygments.token import (
    Comment,
    Error,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    Token,
    _TokenType,
)


def _styles(
    ink: str, quiet: str, blue: str, green: str, orange: str, violet: str
) -> dict[_TokenType, str]:
    return {
        Token: ink,
        Comment: f"italic {quiet}",
        Keyword: blue,
        Keyword.Constant: orange,
        Operator.Word: blue,
        Name.Builtin: violet,
        Name.Builtin.Pseudo: violet,
        Name.Decorator: violet,
        Name.Function: f"bold {ink}",
        Name.Class: f"bold {ink}",
        Name.Exception: orange,
        Number: orange,
        String: green,
        Error: ink,
    }


class Light(Style):
    """On warm paper."""

    background_color = "#f5f3ec"
    styles: ClassVar = _styles("#22252b", "#5c636e", "#1d4f91", "#2a6436", "#93400f", "#5f3a94")


class Dark(Style):
    """On a dark desk."""

    background_color = "#1d2127"
    styles: ClassVar = _styles("#e4e2dc", "#9aa1ab", "#8db7f0", "#9bcd98", "#eba877", "#c8a9ee")
