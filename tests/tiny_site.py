"""A tiny book with one of everything that a page can hold."""

from __future__ import annotations

from pathlib import Path

import tiny

GALLERY = r"""# Everything at once

What can a page hold, and does it hold?
A {dfn}`page <page; leaf>` is one side.
By the end you have seen all of it, as {eq}`eq-shift` and {numref}`fig-line` show, and $\softmax(\mathbf{z})$ too.

| symbol | code | shape | meaning |
|---|---|---|---|
| $\mathbf{z}$ | `z` | `(K,)` | scores |
| $c$ | `c` | `()` | a shift |
| $a_i, x$ | — | `()` | coefficients and unknown of a polynomial |

```{code-cell} ipython3
import matplotlib.pyplot as plt
import torch

from tensorbook import check, live
from tensorbook.checks import Exercises, expect

plt.style.use("tensorbook.book")
torch.manual_seed(1)
check_exercise = Exercises()


@check_exercise.checker("ex-double")
def double(answer):
    expect(answer(2.0), 4.0, "two times two is four")
```

## A claim

```{math}
:label: eq-shift
\frac{e^{z_i + c}}{\sum_{j=1}^{K} e^{z_j + c}} = \frac{e^{z_i}}{\sum_{j=1}^{K} e^{z_j}}.
```

```{code-cell} ipython3
def peculiar_softmax(z):
    e = torch.exp(z)
    return e / e.sum()


z, c = torch.randn(5), torch.randn(1)
check("eq-shift", peculiar_softmax(z + c), torch.softmax(z, 0))
check("eq-shift", peculiar_softmax(z), torch.softmax(z, 0))
peculiar_softmax(z)
```

```{math}
:label: eq-wide
f(x) = a_0 + a_1 x + a_2 x^2 + a_3 x^3 + a_4 x^4 + a_5 x^5 + a_6 x^6 + a_7 x^7 + a_8 x^8 + a_9 x^9 + a_{10} x^{10} + a_{11} x^{11} + a_{12} x^{12}.
```

% eq-wide is not checked: it names a polynomial, no more

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-line
    caption: A line goes up, by $c$ at each step.
  image:
    alt: A straight line from the lower left to the upper right.
tags: [hide-input]
---
plt.plot([0, 1, 2], [0, 1, 2])
plt.show()
```

```{code-cell} ipython3
---
mystnb:
  figure:
    name: fig-live
    caption: A number that the reader moves.
---
figure, axis = plt.subplots()
axis.plot([1, 2])
live("kernel-editor", {"values": [1, 2, 3]}, figure,
     alt="A line that is not moving yet.")
```

## A table

| number | second | third | fourth | fifth | sixth | seventh | eighth | ninth | tenth | eleventh | twelfth |
|---|---|---|---|---|---|---|---|---|---|---|---|
| 1000000 | 2000000 | 3000000 | 4000000 | 5000000 | 6000000 | 7000000 | 8000000 | 9000000 | 10000000 | 11000000 | 12000000 |

## A pitfall

```{code-cell} ipython3
:tags: [raises-exception]
torch.randn(2, 3) @ torch.randn(2, 3)
```

```{code-cell} ipython3
print(" ".join(str(n) for n in range(60)))
```

:::{dropdown} A derivation
```{math}
a = b
```
:::

## Exercises

```{exercise-start} Double
:label: ex-double
```
Write `double(x)`.

```{hint}
:class: dropdown
Add it to itself.
```

```{code-cell} ipython3
:tags: [stub]
def double(x):
    return ...  # your line here


check_exercise("ex-double", double)
```
```{exercise-end}
```

```{solution-start} ex-double
:class: dropdown
```
Twice.

```{code-cell} ipython3
:tags: [solution]
def double(x):
    return x + x


check_exercise("ex-double", double)
```
```{solution-end}
```
"""

# Takes the place of the figure that the tiny page names.
SLIDER = """live.register("kernel-editor", (root, data, ui) => {
  const said = ui.says(root);
  const draw = (v) => said(`now ${data.values[v]}`);
  ui.slider(root, { label: "index", min: 0, max: 2, step: 1, value: 0 }, draw);
  draw(0);
});"""

LONG_MESSAGE = r"""raise ValueError("three cures:\n\t(1) `a`\n\n\t(2) $b?\n\t(3) neither")"""

PATHS = """# Map and reading paths

```{book-map}
```

```{book-path} short
:title: Short path to sums
:to: sums

Short it is.
```

```{book-path} far
:title: Path to far away
:to: gallery
:later: far-away
```

```{book-path} mathematics
:title: Mathematics only
:without-code:
```
"""

APPENDIX = """\
  - caption: Appendices
    chapters:
      - file: chapters/appendix/paths
      - file: chapters/appendix/notation
      - file: chapters/appendix/equations
      - file: chapters/appendix/functions
      - file: chapters/appendix/terms
      - file: chapters/appendix/references
"""


def write(root: Path) -> Path:
    """Two chapters and the book's own landing page and appendix, below `root`."""
    sums = tiny.chapter(f"{tiny.GOOD}\n{tiny.cell(LONG_MESSAGE, 'raises-exception')}")
    tiny.write(root, {"sums": sums, "gallery": tiny.chapter(GALLERY, needs="[sums]")})
    (root / "chapters" / "appendix").mkdir()
    for page in ("notation", "equations", "functions", "terms", "references"):
        file = Path("chapters", "appendix", f"{page}.md")
        (root / file).write_text((tiny.HERE / file).read_text("utf-8"), "utf-8")
    (root / "chapters" / "appendix" / "paths.md").write_text(PATHS, "utf-8")
    with (root / "_toc.yml").open("a", encoding="utf-8") as toc:
        toc.write(APPENDIX)
    (root / "index.md").write_text((tiny.HERE / "index.md").read_text("utf-8"), "utf-8")
    return root
