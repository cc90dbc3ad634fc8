"""The contract on the page: a check's line leads to its equation, and an exercise's verdict shows."""

from __future__ import annotations

import re
from collections import Counter
from html import escape

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

from book.sphinx import state

CHECK = re.compile(r"^✓ (?P<label>eq-[\w-]+): (?P<said>.+)$")
VERDICT = re.compile(r"^(?P<mark>[✓✗…]) (?P<label>ex-[\w-]+): (?P<said>.+)$")
NUMBER = re.compile(r"\d+e[-+]\d+")
KINDS = {"✓": ("right", "right"), "✗": ("wrong", "not yet right"), "…": ("waiting", "waiting")}


def setup(app: Sphinx) -> None:
    """Restyle the lines that `check` and `check_exercise` print."""
    app.add_post_transform(Lines)


class Lines(SphinxPostTransform):
    """Runs once MyST-NB has chosen each output's format (its priority is 4)."""

    default_priority = 20
    formats = ("html",)

    def run(self, **options: object) -> None:
        seen: Counter[str] = Counter()
        known = state.of(self.app).equations
        for block in list(self.document.findall(nodes.literal_block)):
            if "text_plain" not in block["classes"]:
                continue
            text = block.astext().strip()
            if match := CHECK.match(text):
                label = match["label"]
                seen[label] += 1
                number = known[label].number if label in known else "?"
                html = _check(label, number, match["said"], seen[label])
            elif match := VERDICT.match(text):
                html = _verdict(match["mark"], match["label"], match["said"])
            else:
                continue
            block.parent.replace(block, nodes.raw("", html, format="html"))


def _check(label: str, number: str, said: str, count: int) -> str:
    anchor = f"check-{label}" + (f"-{count}" if count > 1 else "")
    return (
        f'<p class="check" id="{anchor}"><span class="mark" aria-label="checked" role="img">✓</span> '
        f'<a href="#equation-{label}" title="Back to equation ({number})">({number})</a> '
        f'<code>{label}</code><span class="said">{_unbroken(said)}</span></p>'
    )


def _unbroken(said: str) -> str:
    """Keep numbers such as 6e-08 on one line."""
    return NUMBER.sub(_number, escape(said))


def _number(match: re.Match[str]) -> str:
    return "0" if match[0] == "0e+00" else f'<span class="number">{match[0]}</span>'


def _verdict(mark: str, label: str, said: str) -> str:
    kind, name = KINDS[mark]
    return (
        f'<p class="verdict {kind}"><span class="mark" role="img" aria-label="{name}">{mark}</span> '
        f'<a href="#{label}">{label}</a> <span class="said">{escape(said)}</span></p>'
    )
