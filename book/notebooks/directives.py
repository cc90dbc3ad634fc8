"""MyST's directives as what notebooks render: quotes, foldable details, formulas, fences."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

from book.myst import Directive
from book.notebooks.inline import convert as inline
from book.notebooks.page import Page

ADMONITIONS = {"note", "hint", "tip", "warning", "important", "caution", "danger", "error",
               "attention", "seealso", "admonition", "margin", "sidebar", "topic"}  # fmt: skip
TITLES = {"seealso": "See also", "margin": "", "sidebar": "", "topic": "", "admonition": ""}
CONTAINERS = {"div", "container", "grid", "grid-item", "tab-set", "only"}
CODE = {"code-block", "code", "sourcecode"}
TITLED = {"table", "card", "tab-item", "grid-item-card", "rubric", "centered"}
QUOTES = {"epigraph", "pull-quote", "highlights"}
# What only a page needs: its contents, its index, its bibliography, code for one kind of output.
GONE = {"toctree", "tableofcontents", "contents", "bibliography", "index", "raw", "exercise-start",
        "exercise-end", "solution-start", "solution-end"}  # fmt: skip

Converter = Callable[..., str]  # (text, line, quoted=False) -> plain Markdown


def convert(page: Page, directive: Directive, above: int, body: Converter, quoted: bool) -> str:
    """Plain Markdown for a directive; `above` lines of the chapter stand before it.

    Raises:
        BookError: the directive has no plain form.
    """
    name = directive.name
    if name == "math":
        latex = "\n".join(filter(None, [directive.argument, directive.body]))
        label = str(directive.options.get("label") or directive.options.get("name") or "").strip()
        return formula(page, latex, label, above + directive.line, quoted)
    for names, handle in HANDLERS:
        if name.partition(":")[0] in names:
            return handle(page, directive, above, body)
    message = f"the directive {{{name}}} has no plain form; use another"
    raise page.problem(above + directive.line, message, "directive")


def _quotation(page: Page, directive: Directive, above: int, body: Converter) -> str:
    return quote(body(directive.body, above + directive.body_line, True))


def _fence(page: Page, directive: Directive, above: int, body: Converter) -> str:
    return f"```{directive.argument}\n{directive.body}\n```"


def _container(page: Page, directive: Directive, above: int, body: Converter) -> str:
    """A box as its contents, under its title in bold."""
    text = body(directive.body, above + directive.body_line)
    if directive.name not in TITLED or not directive.argument:
        return text
    return f"**{inline(page, directive.argument, above + directive.line)}**\n\n{text}"


def formula(page: Page, latex: str, label: str, line: int, quoted: bool) -> str:
    """A displayed formula with the number that the book gives it."""
    shown = page.latex(latex, line)
    target = page.around.targets.get(label) if label else None
    tag = f"\\tag{{{target.number}}}" if target else ""
    if quoted:
        return f"$$ {' '.join([*shown.splitlines(), tag]).strip()} $$"
    return "\n".join(filter(None, ["$$", shown, tag, "$$"]))


def quote(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def details(summary: str, text: str) -> str:
    """A block that unfolds; the empty lines make notebooks read `text` as Markdown."""
    return f"<details>\n<summary>{_summary(summary)}</summary>\n\n{text}\n\n</details>"


def _summary(markdown: str) -> str:
    """One line of Markdown as HTML, for inside a tag Markdown is not read; formulas stay."""
    parts = re.split(r"(\$[^$]+\$|`[^`]+`)", markdown)
    for index, part in enumerate(parts):
        if part.startswith("`"):
            parts[index] = f"<code>{html.escape(part[1:-1], quote=False)}</code>"
        elif not part.startswith("$"):
            text = html.escape(part, quote=False)
            text = re.sub(r"\[([^\]]*)\]\(([^)]*)\)", r'<a href="\2">\1</a>', text)
            text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
            parts[index] = re.sub(r"\*(.+?)\*", r"<i>\1</i>", text)
    return "".join(parts)


def _note(page: Page, directive: Directive, above: int, body: Converter) -> str:
    name, line = directive.name, above + directive.line
    titled = name in TITLES or name == "dropdown" or name.startswith("prf:")
    default = TITLES.get(name, "" if name == "dropdown" else name.removeprefix("prf:").capitalize())
    argument = inline(page, directive.argument, line)
    title = (argument or default) if titled else default
    text, first = directive.body, above + directive.body_line
    if argument and not titled:  # `:::{note} Text begins here`
        text, first = f"{directive.argument}\n{directive.body}", line
    if name.startswith("prf:") and argument:
        title = f"{default}: {argument}"
    if name == "dropdown" or "dropdown" in str(directive.options.get("class", "")).split():
        return details(title or "More", body(text, first))
    converted = body(text, first, True)
    return quote(f"**{title}**\n\n{converted}" if title else converted)


def _exercise(page: Page, directive: Directive, above: int, body: Converter) -> str:
    text = body(directive.body, above + directive.body_line)
    if directive.name == "solution":
        return details(solution_title(page, directive.argument), text)
    label = str(directive.options.get("label", ""))
    return f"{exercise_title(page, label, above + directive.line)}\n\n{text}"


def exercise_title(page: Page, label: str, line: int) -> str:
    """`### Exercise 3.4. The log-partition`."""
    target = page.around.targets.get(label)
    name = target.name if target and target.name else "Exercise"
    title = inline(page, target.title, line) if target else ""
    return f"### {name}. {title}".rstrip(". ")


def solution_title(page: Page, label: str) -> str:
    target = page.around.targets.get(label.strip())
    return f"Solution to {target.name}" if target and target.name else "Solution"


def _image(page: Page, directive: Directive, above: int, body: Converter) -> str:
    line = above + directive.line
    alt = str(directive.options.get("alt") or "").replace("\n", " ")
    picture = f"![{alt}]({page.address(directive.argument, line, raw=True)})"
    if directive.name == "image" or not directive.body.strip():
        return picture
    label = str(directive.options.get("name") or "")
    return f"{picture}\n\n{caption(page, label, directive.body, above + directive.body_line)}"


def caption(page: Page, label: str, text: str, line: int) -> str:
    """`**Fig. 3.1.** What it shows.`"""
    target = page.around.targets.get(label) if label else None
    number = f"**{target.name}.** " if target and target.name else ""
    return number + inline(page, text, line)


def _glossary(page: Page, directive: Directive, above: int, body: Converter) -> str:
    shown: list[str] = []
    for line in directive.body.splitlines():
        if line.strip() and not line[0].isspace():
            shown.append(f"- **{line.strip()}**:")
        elif line.strip() and shown:
            shown[-1] += " " + line.strip()
    return inline(page, "\n".join(shown), above + directive.body_line)


HANDLERS: list[tuple[set[str], Callable[[Page, Directive, int, Converter], str]]] = [
    (ADMONITIONS | {"dropdown", "prf"}, _note),
    ({"exercise", "solution"}, _exercise),
    ({"figure", "image"}, _image),
    (CONTAINERS | TITLED, _container),
    (CODE, _fence),
    (QUOTES, _quotation),
    ({"glossary"}, _glossary),
    (GONE, lambda page, directive, above, body: ""),
]
