"""Colours of code on paper: few, dark enough to print, told apart by weight and slant as well."""

from __future__ import annotations

from typing import ClassVar

from pygments.style import Style
from pygments.token import Comment, Error, Generic, Keyword, Literal, Name, Number, Operator, String


class Paper(Style):
    """Bold blue keywords, green strings, grey slanted comments; the rest is black."""

    background_color = "#ffffff"
    styles: ClassVar = {
        Comment: "italic #5f6368",
        Keyword: "bold #0b4f7d",
        Keyword.Constant: "nobold #0b4f7d",
        Operator.Word: "bold #0b4f7d",
        Name.Decorator: "#7a3e9d",
        Name.Exception: "bold #a4262c",
        Number: "#8a4b00",
        String: "#00694a",
        Literal: "#8a4b00",
        Generic.Traceback: "#a4262c",
        Generic.Error: "#a4262c",
        Error: "noinherit",
    }
