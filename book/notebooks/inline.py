"""MyST within a line: roles, links, images, footnotes and formulas, as plain Markdown."""

from __future__ import annotations

import re
from collections.abc import Callable

from book.notebooks.page import Page
from book.notebooks.targets import Target, page_url
from book.terms import parse

# Alternatives in the order in which Markdown gives them precedence.
TOKEN = re.compile(
    r"""(?P<escape>\\[!-/:-@\[-`{-~])
    | \{(?P<role>[A-Za-z][\w:+.-]*)\}
        (?P<ticks>`+)(?P<content>(?:(?!\n\s*\n).)+?)(?<!`)(?P=ticks)(?!`)
    | (?P<code>(?P<fence>`+)(?!`)(?:(?!\n\s*\n).)+?(?<!`)(?P=fence)(?!`))
    | \$\$(?P<display>(?:(?!\n\s*\n)[^$])+?)\$\$
    | \$(?P<math>(?:\\.|(?!\n\s*\n)[^$\\])+?)\$
    | !\[(?P<alt>[^\]]*)\]\((?P<source>[^()\s]+)(?P<title>\s+"[^"]*")?\)
    | \[\^(?P<note>[^\]\s]+)\]
    | \[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\(
        (?P<href><[^>\n]*>|(?:[^()\s]|\([^()\s]*\))+)(?P<hover>\s+"[^"]*")?\)
    """,
    flags=re.X | re.S,
)
EXPLICIT = re.compile(r"^(?P<text>.*?)\s*<(?P<target>[^<>]+)>$", flags=re.S)
CODE_ROLES = {"code", "literal", "file", "command", "program", "samp"}
STRONG_ROLES = {"guilabel", "menuselection", "strong"}


def convert(page: Page, text: str, line: int, *, table: bool = False) -> str:
    """Plain Markdown for running text whose first line is `line` of the chapter.

    Raises:
        BookError: a role or a link that has no plain form, or that leads nowhere.
    """

    def replace(match: re.Match[str]) -> str:
        here = line + text.count("\n", 0, match.start())
        return _token(page, match, here, table)

    return TOKEN.sub(replace, text)


def _token(page: Page, match: re.Match[str], line: int, table: bool) -> str:
    if match["role"]:
        return _role(page, match["role"], " ".join(match["content"].split()), line)
    if match["math"] is not None or match["display"] is not None:
        latex = (match["math"] or match["display"]).replace("\n", " ")
        if table:  # a notebook takes formulas out before it reads the table
            latex = latex.replace(r"\|", r"\vert ")
        marks = "$" if match["math"] is not None else "$$"
        return f"{marks}{page.latex(latex, line)}{marks}"
    if match["source"]:
        url = page.address(match["source"], line, raw=True)
        return f"![{match['alt']}]({url}{match['title'] or ''})"
    if match["note"]:
        return f"<sup>{page.note(match['note'])}</sup>"
    if match["href"]:
        return _link(page, match, line)
    return match[0]


def _link(page: Page, match: re.Match[str], line: int) -> str:
    href, text = match["href"].strip("<>"), match["text"]
    url = page.address(href, line)
    if text:
        text = convert(page, text, line)
    elif href.startswith("#") and (target := page.around.targets.get(href[1:])):
        text = target.name or convert(page, target.title, line)
    elif href.partition("#")[0].endswith(".md"):
        text = convert(page, page.sibling(href.partition("#")[0], line).title, line)
    else:
        text = url
    return f"[{text}]({url}{match['hover'] or ''})"


def _role(page: Page, name: str, content: str, line: int) -> str:
    if name in ROLES:
        return ROLES[name](page, content, line)
    if name.startswith("cite"):
        return _cite(page, name, content, line)
    if name in CODE_ROLES or name.startswith("py:"):
        return f"`{content}`"
    if name == "dfn":
        return f"*{parse(content).text}*"
    if name in STRONG_ROLES:
        return f"**{content}**"
    raise page.problem(line, f"the role {{{name}}} has no plain form; use another", "role")


def _cite(page: Page, name: str, content: str, line: int) -> str:
    """A citation as the text would read aloud, linked to the source."""
    sources, cited = page.around.bibliography, []
    kind = name.partition(":")[2].rstrip("s") or "p"
    for key in (part.strip() for part in content.split(",")):
        if sources.entry(key) is None:
            message = f"no source is called {key!r}; add it to the bibliography"
            raise page.problem(line, message, "cite")
        page.cited.append(key)
        author, year = sources.authors(key), sources.year(key)
        forms = {"t": f"{author} ({year})", "p": f"{author}, {year}", "ct": f"{author} ({year})",
                 "author": author, "year": year, "yearpar": f"({year})"}  # fmt: skip
        if kind not in forms:
            raise page.problem(line, f"the role {{{name}}} has no plain form; use cite:t", "role")
        cited.append(_linked(forms[kind], sources.url(key)))
    return f"({'; '.join(cited)})" if kind == "p" else ", ".join(cited)


def _linked(text: str, url: str) -> str:
    return f"[{text}]({url.replace('(', '%28').replace(')', '%29')})" if url else text


def _labelled(page: Page, content: str, line: int) -> tuple[str, Target]:
    """The text that a role gives, or an empty string, and what its label stands for."""
    explicit = EXPLICIT.match(content)
    label = (explicit["target"] if explicit else content).strip()
    target = page.around.targets.get(label)
    if target is None:
        raise page.problem(line, f"nothing is labelled {label!r}; mend the reference", "reference")
    return (explicit["text"].strip() if explicit else ""), target


def _reference(page: Page, content: str, line: int) -> str:
    text, target = _labelled(page, content, line)
    if target.kind in ("equation", "exercise"):
        text = text or target.name
    return _linked(convert(page, text or target.title, line), target.url)


def _number(page: Page, content: str, line: int) -> str:
    text, target = _labelled(page, content, line)
    text = text.replace("%s", target.number).replace("{number}", target.number)
    text = text.replace("{name}", target.title) or target.name or target.title
    return _linked(convert(page, text, line), target.url)


def _document(page: Page, content: str, line: int) -> str:
    explicit = EXPLICIT.match(content)
    chapter = page.sibling((explicit["target"] if explicit else content).strip(), line)
    text = explicit["text"] if explicit else chapter.title
    return _linked(convert(page, text, line), page_url(page.around.book, chapter))


def _term(page: Page, content: str, line: int) -> str:
    explicit = EXPLICIT.match(content)
    word = (explicit["target"] if explicit else content).strip()
    target = page.around.targets.term(word)
    if target is None:
        raise page.problem(line, f"the glossary has no term {word!r}", "reference")
    return _linked(explicit["text"] if explicit else word, target.url)


ROLES: dict[str, Callable[[Page, str, int], str]] = {
    "eq": _reference,
    "math:numref": _reference,
    "ref": _reference,
    "numref": _number,
    "doc": _document,
    "term": _term,
    "glue:text": lambda page, content, line: page.glued(content, line),
    "math": lambda page, content, line: f"${page.latex(content, line)}$",
    "kbd": lambda page, content, line: f"<kbd>{content}</kbd>",
    "sub": lambda page, content, line: f"<sub>{content}</sub>",
    "sup": lambda page, content, line: f"<sup>{content}</sup>",
    "abbr": lambda page, content, line: content,
    "emphasis": lambda page, content, line: f"*{content}*",
}
