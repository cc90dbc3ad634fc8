"""Style sheets without the rules that no page uses, and without the space between the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import tinycss2

NAMES = re.compile(r'\s(?:class|id)="([^"]*)"')
TAGS = re.compile(r"<([a-z][\w-]*)")
WORDS = re.compile(r"[\w-]+")
GROUPS = ("media", "supports", "layer", "container")
REFERENCES = re.compile(r"var\(\s*(--[\w-]+)")


def used(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Names of tags, classes and identifiers: those of the pages, and each word of the scripts."""
    names: set[str] = set()
    for page in pages:
        names.update(TAGS.findall(page))
        for said in set(NAMES.findall(page)):
            names.update(said.split())
    for script in scripts:
        names.update(WORDS.findall(script))
    return names


def purge(css: str, names: set[str]) -> str:
    """The style sheet with the rules and variables that matter to a page with these `names` alone.

    Raises:
        ValueError: the style sheet is not CSS; the message names the line.
    """
    while True:  # a rule that goes may have been the last to speak of a variable
        less = _purge(css, names | set(REFERENCES.findall(css)))
        if less == css:
            return css
        css = less


def _purge(css: str, names: set[str]) -> str:
    sheet = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    rules = list(_rules(sheet, names))
    text = "".join(text for kind, text in rules if kind != "font-face")
    return "".join(t for kind, t in rules if kind != "font-face" or _family(t) in text)


def _rules(rules: Iterable[Any], names: set[str]) -> Iterator[tuple[str, str]]:
    for rule in rules:
        if rule.type == "error":
            raise ValueError(f"line {rule.source_line} of the style sheet: {rule.message}")
        if rule.type == "qualified-rule":
            if text := _rule(rule, names):
                yield "rule", text
        elif rule.type == "at-rule" and (text := _at_rule(rule, names)):
            yield rule.lower_at_keyword, text


def _at_rule(rule: Any, names: set[str]) -> str:
    opening = f"@{rule.at_keyword}{_tight(rule.prelude, ' ')}"
    if rule.content is None:
        return opening + ";"
    if rule.lower_at_keyword not in GROUPS:
        return f"{opening}{{{_declarations(rule.content, names)}}}"
    inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
    text = "".join(text for _, text in _rules(inner, names))
    return f"{opening}{{{text}}}" if text else ""


def _rule(rule: Any, names: set[str]) -> str:
    kept = [tokens for tokens in _selectors(rule.prelude) if _needs(tokens) <= names]
    body = _declarations(rule.content, names)
    if not kept or not body:
        return ""
    return f"{','.join(_tight(tokens) for tokens in kept)}{{{body}}}"


def _selectors(prelude: list[Any]) -> Iterator[list[Any]]:
    for comma, tokens in groupby(prelude, key=lambda token: token == ","):
        if not comma:
            yield list(tokens)


def _needs(selector: list[Any]) -> set[str]:
    """What must be on a page for the selector to match; what stands in brackets is not asked."""
    needed, before = set(), ""
    for token in selector:
        if token.type == "hash" or (token.type == "ident" and before != ":"):
            needed.add(token.value)
        before = token.value if token.type == "literal" else ""
    return needed


def _declarations(content: list[Any], names: set[str]) -> str:
    said = []
    for part in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if part.type == "declaration":
            if part.name.startswith("--") and part.name not in names:
                continue
            important = "!important" if part.important else ""
            said.append(f"{part.name}:{_tight(part.value)}{important};")
        elif part.type == "qualified-rule":  # a step of an animation, or a nested rule
            said.append(f"{_tight(part.prelude)}{{{_declarations(part.content, names)}}}")
        elif part.type == "error":
            raise ValueError(f"line {part.source_line} of the style sheet: {part.message}")
    return "".join(said).removesuffix(";")


def _tight(tokens: list[Any], lead: str = "") -> str:
    """The tokens as text, with one space where there was any, after `lead` unless there are none."""
    plain = [token for token in tokens if token.type != "comment"]
    spaced = (" " if token.type == "whitespace" else token.serialize() for token in plain)
    text = "".join(spaced).strip()
    return lead + text if text else ""


def _family(face: str) -> str:
    match = re.search(r"""font-family:["']?([^;"'}]+)""", face)
    return match[1] if match else ""
