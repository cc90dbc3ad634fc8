"""Names in cells: where they stand, whose they are, and what the page's code says about them."""

import re
from html import unescape

import pytest
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import Python3Lexer

from book.names import Name, names
from book.sphinx.names import marked

SOURCE = """\
import torch.nn as nn
from torch import func


def scaled(x, k=2):
    y = x.shape[0]  # é
    shift = lambda x: x + y
    return [v.grad for v in y] + shift(x).sum(dim=k)


class Layer(nn.Module):
    width = 3

    def forward(self, é):
        return self.weight * é + width


print(f"é {x:.2f} {Layer().width}", x < 3)
"""


def said(source: str) -> set[tuple[str, str, str | None]]:
    return {(name.path, name.role, name.scope) for name in names(source)}


def test_every_name_stands_where_it_is_said_to_stand() -> None:
    found = names(SOURCE)
    assert all(SOURCE.startswith(name.text, name.offset) for name in found)
    words = {m.start() for m in re.finditer(r"\b(x|k|y|é|dim|width|forward|grad)\b", SOURCE)}
    comment_and_text = {SOURCE.index("é"), SOURCE.index('"é') + 1}
    assert words - comment_and_text <= {name.offset for name in found}


@pytest.mark.parametrize(
    "expected",
    [
        ("torch.nn", "import", None),
        ("torch.func", "import", None),
        ("scaled", "definition", ""),
        ("k", "parameter", "scaled"),
        ("x.shape", "attribute", "scaled"),
        ("y", "variable", "scaled"),
        ("v.grad", "attribute", None),
        (".sum", "attribute", None),
        ("dim", "keyword", None),
        ("self.weight", "attribute", "Layer.forward"),
        ("width", "variable", "Layer"),
        ("width", "variable", ""),  # a method does not see the class around it
        ("x", "variable", ""),
    ],
)
def test_a_name_has_a_role_and_belongs_to_a_scope(expected: tuple[str, str, str | None]) -> None:
    assert expected in said(SOURCE)


def test_what_is_no_plain_python_has_no_names() -> None:
    assert names("%timeit x\n") == ()


def test_attributes_land_on_their_name_and_change_no_text() -> None:
    html = highlight(SOURCE, Python3Lexer(), HtmlFormatter())
    marks = {name: {"data-at": str(name.offset)} for name in names(SOURCE)}
    done = marked(html, SOURCE, marks)
    plain = unescape(re.sub(r"<[^>]*>", "", done))
    assert plain == unescape(re.sub(r"<[^>]*>", "", html))
    landed = {int(at): text for at, text in re.findall(r'data-at="(\d+)">([^<]+)<', done)}
    assert landed == {name.offset: unescape(name.text) for name in marks}


def test_a_link_goes_inside_and_a_class_joins_the_others() -> None:
    source = "y = relu(x)\n"
    html = (
        '<div class="highlight"><pre><span></span>y = <span class="n">relu</span>(x)\n</pre></div>'
    )
    relu = Name(4, "relu", "relu", "variable")
    done = marked(html, source, {relu: {"href": "a?b&c", "title": "t", "class": "known"}})
    assert '<span class="known n"><a href="a?b&amp;c" title="t">relu</a></span>(x)' in done
