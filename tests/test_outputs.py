"""What executed cells must satisfy, beyond not failing."""

from pathlib import Path

import pytest
import tiny

from book import contents, execute, outputs
from book.execute import STORE
from book.findings import Finding
from book.store import Store

EXERCISE = """
```{{exercise-start}} Halve
:label: ex-half
```
Halve it.
```{{exercise-end}}
```

```{{code-cell}} ipython3
:tags: [stub]
{stub}
```

```{{solution-start}} ex-half
:class: dropdown
```
So.

```{{code-cell}} ipython3
:tags: [solution]
{solution}
```

```{{solution-end}}
```
"""
CHECKER = """\
from tensorbook.checks import Exercises, expect
check_exercise = Exercises()
@check_exercise.checker("ex-half")
def half(answer): expect(answer(4.0), 2.0, "no")
"""
RIGHT, WRONG = (f'check_exercise("ex-half", lambda x: {body})' for body in ("x / 2", "x"))


def findings(root: Path, body: str, torch: str = "") -> list[Finding]:
    tiny.write(root, {"x": tiny.chapter("# T\n\n" + body)})
    book = contents.load(root)
    (outcome,) = execute.run(book)
    assert outcome.state == "ran", outcome
    if torch:
        (root / "requirements.txt").write_text(f"torch=={torch}\n", encoding="utf-8")
    return outputs.findings(book, Store(root / STORE))


CASES = {
    "raises-nothing": tiny.cell("x = 1", "raises-exception"),
    "stderr": tiny.cell("import sys\nprint('careful', file=sys.stderr)"),
    "warns-nothing": tiny.cell("x = 1", "warns"),
    "figure-alt": tiny.cell("import matplotlib.pyplot as plt\nplt.plot([1, 2]);"),
    "figure-twice": "```{code-cell} ipython3\n---\nmystnb:\n  figure:\n    caption: A line.\n"
    "  image:\n    alt: a rising line\n---\nfrom tensorbook import check\n"
    "import matplotlib.pyplot as plt\ncheck('eq-x', 1, 1)\nplt.plot([1, 2]);\n```\n",
    "live-size": tiny.cell(
        "import random\nimport matplotlib.pyplot as plt\nfrom tensorbook import live\n"
        "noise = random.Random(0).randbytes(20_000).hex()  # twice as long, half as dense\n"
        "live('big', {'x': noise + noise[::-1]}, plt.figure(), alt='a big figure')"
    ),
    "runtime": tiny.cell(
        "import matplotlib.pyplot as plt\nfrom tensorbook import live\n"
        "live('reader', {}, plt.figure(), alt='a figure', runtime='onnx')"
    ),
    "exercise-stub": tiny.cell(CHECKER) + EXERCISE.format(stub=RIGHT, solution=RIGHT),
    "exercise-solution": tiny.cell(CHECKER) + EXERCISE.format(stub=WRONG, solution=WRONG),
    "exercise-no-stub": tiny.cell(CHECKER) + EXERCISE.format(stub="x = 1", solution=RIGHT),
    "exercise-no-solution": tiny.cell(CHECKER) + EXERCISE.format(stub=WRONG, solution="x = 1"),
}


@pytest.mark.parametrize("name", CASES)
def test_an_output_that_breaks_a_promise_is_named(tmp_path: Path, name: str) -> None:
    (finding,) = findings(tmp_path, CASES[name])
    assert finding.id == name
    assert finding.file == Path("chapters/part/x.md")
    assert finding.line > 13


def test_promises_that_are_kept_are_no_findings(tmp_path: Path) -> None:
    body = (
        tiny.cell("1 / 0", "raises-exception")
        + tiny.cell("import warnings\nwarnings.warn('look')", "warns")
        + "```{code-cell} ipython3\n---\nmystnb:\n  image:\n    alt: a rising line\n---\n"
        "import matplotlib.pyplot as plt\nplt.plot([1, 2]);\n```\n"
        + tiny.cell(CHECKER)
        + EXERCISE.format(stub=WRONG, solution=RIGHT)
    )
    assert findings(tmp_path, body) == []


@pytest.mark.parametrize("body", [CASES["stderr"], CASES["warns-nothing"]])
def test_what_an_older_pytorch_warns_of_is_not_held_against_a_chapter(
    tmp_path: Path, body: str
) -> None:
    for torch, held in (("1.0", True), ("999.0", False)):
        (tmp_path / torch).mkdir()
        assert bool(findings(tmp_path / torch, body, torch)) is held
