"""MyST's blocks as plain Markdown: formulas, notes, lists of terms; what is only markup goes."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser

from book.chapter import parse
from book.myst import DIRECTIVE
from book.notebooks import directives
from book.notebooks.inline import convert as inline
from book.notebooks.page import Page

EXTENSIONS = {"amsmath", "colon_fence", "deflist", "dollarmath", "html_image", "tasklist"}
GONE = {
    "front_matter", "myst_target", "myst_line_comment", "myst_block_break",
    "footnote_reference_open",
}  # fmt: skip
REPLACED = GONE | {
    "fence", "colon_fence", "math_block", "math_block_label", "amsmath", "code_block", "html_block",
    "dl_open", "table_open",
}  # fmt: skip


@cache
def _parser() -> MarkdownIt:
    return create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), RendererHTML)


def tokens(text: str) -> list[Token]:
    """MyST's own view of `text`."""
    return _parser().parse(text)


def directive_of(token: Token) -> str:
    """The name of the directive that a fence opens, or an empty string."""
    match = DIRECTIVE.match(token.info.strip()) if token.type in ("fence", "colon_fence") else None
    return match["name"] if match else ""


def convert(page: Page, text: str, line: int, *, quoted: bool = False) -> str:
    """Plain Markdown for `text`, whose first line is `line` of the chapter.

    Args:
        quoted: in a block quote, where a formula must stay on one line, for notebooks take formulas
            out before they see the quote and would find `>` in them.

    Raises:
        BookError: a directive, role or link that has no plain form, or that leads nowhere.
    """
    lines, done, parts = text.splitlines(), 0, list[str]()
    for token in tokens(text):
        if token.type not in REPLACED or token.map is None or token.map[0] < done:
            continue  # within something that is replaced already
        start, done_before, done = token.map[0], done, token.map[1]
        if start > done_before:
            parts.append(inline(page, "\n".join(lines[done_before:start]), line + done_before))
        block = _block(page, token, lines[start:done], line + start, quoted)
        if block:
            parts.append(block)
        elif not parts or not parts[-1] or parts[-1].endswith("\n"):
            while done < len(lines) and not lines[done].strip():
                done += 1  # what is gone leaves no hole
    parts.append(inline(page, "\n".join(lines[done:]), line + done))
    return "\n".join(parts).strip("\n")


def footnotes(page: Page, text: str, line: int) -> dict[str, str]:
    """The footnotes that `text` defines, converted, by label."""
    found, lines = {}, text.splitlines()
    for token in tokens(text):
        if token.type == "footnote_reference_open" and token.map:
            body = " ".join(part.strip() for part in lines[slice(*token.map)]).strip()
            body = re.sub(r"^\[\^[^\]]+\]:\s*", "", body)
            found[token.meta["label"]] = inline(page, body, line + token.map[0])
    return found


def _block(page: Page, token: Token, lines: list[str], line: int, quoted: bool) -> str:
    """What a block becomes, with the indentation or quote mark that it had."""
    kind = token.type
    if kind in GONE:
        return ""
    if kind == "table_open":
        return inline(page, "\n".join(lines), line, table=True)
    if kind == "code_block" or (kind == "fence" and not directive_of(token)):
        return "\n".join(lines)
    if kind == "html_block":
        return _html(page, "\n".join(lines), line)
    if kind == "dl_open":
        return inline(page, _definitions(lines), line)
    prefix, bare = _unprefixed(lines)
    quoted = quoted or ">" in prefix
    if kind in ("fence", "colon_fence"):
        plain = _directive(page, bare, line, quoted)
    else:
        label = token.info if kind == "math_block_label" else ""
        plain = directives.formula(page, token.content, label, line, quoted)
    return _prefixed(prefix, plain)


def _directive(page: Page, lines: list[str], line: int, quoted: bool) -> str:
    def body(text: str, at: int, inner: bool = False) -> str:
        return convert(page, text, at, quoted=quoted or inner)

    directive = parse(Path(), "\n".join(lines)).directives[0]
    return directives.convert(page, directive, line - 1, body, quoted)


def _prefixed(prefix: str, text: str) -> str:
    """`text` where a fence stood: its marks before the first line, as much room before the others."""
    hanging = re.sub(r"[^>\s]", " ", prefix)
    shown = [f"{hanging}{part}".rstrip() for part in text.splitlines()]
    if shown:
        shown[0] = prefix + shown[0].removeprefix(hanging)
    return "\n".join(shown)


def _unprefixed(lines: list[str]) -> tuple[str, list[str]]:
    """What stands before a fence in a list or a quote, and the lines without it."""
    match = re.match(r"^(?:[\s>]|[-*+]\s|\d+[.)]\s)*", lines[0])
    prefix = match[0] if match else ""
    rest = [line[len(prefix) :] for line in lines[1:]]
    return prefix, [lines[0][len(prefix) :], *rest]


def _html(page: Page, text: str, line: int) -> str:
    def absolute(match: re.Match[str]) -> str:
        return match[1] + page.address(match[2], line, raw=True) + match[3]

    return re.sub(r"(<img\b[^>]*?\bsrc=[\"'])([^\"']+)([\"'])", absolute, text)


def _definitions(lines: list[str]) -> str:
    """A list of terms as bullets: notebooks know no definition lists."""
    shown: list[str] = []
    for line in lines:
        if match := re.match(r"^\s*:\s+(.*)$", line):
            joint = ": " if shown and shown[-1].endswith("**") else "; "
            shown[-1] += joint + match[1]
        elif line.strip() and not line[0].isspace():
            shown.append(f"- **{line.strip()}**")
        elif line.strip():
            shown[-1] += " " + line.strip()
    return "\n".join(shown) + "\n"
