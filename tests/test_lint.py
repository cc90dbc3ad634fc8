"""Bad input: each mistake is named with its file, its line and its cure, before anything runs."""

from pathlib import Path

import pytest
import tiny
from tiny import findings, only


def test_a_reference_in_a_block_that_shows_how_to_write_one_is_not_followed(tmp_path: Path) -> None:
    shown = "````md\n```{math}\n:label: eq-none\nx\n```\n\nSee {eq}`eq-none`.\n````\n"
    root = tiny.write(tmp_path, {"x": tiny.chapter("# T\n\n" + shown)})
    assert tiny.findings(root) == []
    after = {"x": tiny.chapter("# T\n\n" + shown + "\nSee {eq}`eq-none`.\n")}
    assert tiny.only(tiny.write(tmp_path / "after", after)).id == "ref-unknown"


def test_a_good_book_has_no_findings(tmp_path: Path) -> None:
    assert findings(tiny.write(tmp_path)) == []


BAD_CHAPTERS = {
    "eq-unchecked": ("# T\n\n```{math}\n:label: eq-a\n1\n```\n", 'add check("eq-a", …)'),
    "check-unknown": ("# T\n\n" + tiny.cell('check("eq-none", 1, 1)'), "eq-none"),
    "fence": ("# T\n\n```{note}\nhello\n", "never closed"),
    "title": ("Hello.\n", "# Title"),
    "tag": ("# T\n\n" + tiny.cell("x = 1", "hide-inpt"), "hide-input"),
    "cell-syntax": ("# T\n\n" + tiny.cell("x = (1"), "never closed"),
    "cell-exit": ("# T\n\n" + tiny.cell("x = 1\nexit()"), "take it out"),
    "cell-wide": ("# T\n\n" + tiny.cell(f"x = {'1' * 77}"), "break the line at 80 characters"),
    "cell-option": ("# T\n\n```{code-cell} ipython3\n---\n- a\n---\nx = 1\n```\n", "key: value"),
    "setting": ("# T\n\n```{code-cell} ipython3\n---\nmystnb: hello\n---\nx = 1\n```\n", "mystnb"),
    "cell-nested": ("# T\n\n::::{note}\n" + tiny.cell("x = 1") + "::::\n", "does not run"),
    "image-missing": ("# T\n\n![a cat](cat.png)\n", "cat.png"),
    "image-remote": ("# T\n\n![a cat](https://example.org/cat.png)\n", "another host"),
    "figure-alt": ("# T\n\n```{figure} ../part/x.md\n```\n", "alt"),
    "exercise-unsolved": (
        "# T\n\n```{exercise-start} A\n:label: ex-a\n```\nDo.\n```{exercise-end}\n```\n", "solution-start",
    ),
    "solution-open": (
        "# T\n\n```{exercise-start} A\n:label: ex-a\n```\nDo.\n```{exercise-end}\n```\n"
        "```{solution-start} ex-a\n```\nSo.\n", "solution-end",
    ),
    "solution-unknown": ("# T\n\n```{solution-start} ex-b\n```\nSo.\n```{solution-end}\n```\n", "ex-b"),
    "ref-unknown": ("# T\n\nSee {eq}`eq-none`.\n", "eq-none"),
    "cite-unknown": ("# T\n\nSee {cite:t}`nobody1900nothing`.\n", "references.bib"),
    "footnote": ("# T\n\nSee[^none].\n", "[^none]"),
    "latex": ("# T\n\n```{math}\n\\frac{1}{2\n```\n", "KaTeX"),
    "label-twice": (
        "# T\n\n(here)=\n## A\n\n(here)=\n## B\n", "choose another",
    ),
    "dollar": ("# T\n\nThe value $x is open.\n\n$y$ is not.\n", "close it"),
    "live-script": ("# T\n\n" + tiny.cell("live('no-such', {}, f, alt='a')"), "live/no-such.js"),
    "live-name": ("# T\n\n" + tiny.cell("live(name, {}, f, alt='a')"), "write the figure's name"),
    "term-twice": ("# T\n\nA {dfn}`tree` is a {dfn}`tree`.\n", "is marked in line 18 already"),
    "term-letter": ("# T\n\nA {dfn}`π`.\n", "begins with no letter"),
    "data-undeclared": ("# T\n\n" + tiny.cell("data.mnist()"), "book: data: [mnist]"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("latex", "named"),
    [
        ("a = b \\tag{1}", "`\\tag` breaks the PDF"),
        ("\\begin{align}\na &= b\n\\end{align}", "`\\begin{align}` breaks the PDF"),
        ("\\begin{equation*} a = b \\end{equation*}", "`\\begin{equation*}` breaks the PDF"),
        ("\\textcolor{red}{a} = b", "`\\textcolor` is hard to read in one of the themes"),
    ],
)
def test_latex_that_breaks_somewhere_is_named(tmp_path: Path, latex: str, named: str) -> None:
    tiny.write(tmp_path, {"a": tiny.chapter(f"# T\n\n```{{math}}\n{latex}\n```\n")})
    assert any(f.id == "latex" and named in f.message for f in tiny.findings(tmp_path))


@pytest.mark.parametrize("name", BAD_CHAPTERS)
def test_a_mistake_in_a_chapter_is_named_with_file_line_and_cure(tmp_path: Path, name: str) -> None:
    body, cure = BAD_CHAPTERS[name]
    finding = only(tiny.write(tmp_path, {"x": tiny.chapter(body)}))
    assert finding.id == name
    assert finding.file == Path("chapters/part/x.md")
    assert finding.line > (0 if name == "title" else 13)
    assert cure in finding.message


def test_the_line_that_is_too_wide_is_found_as_readers_see_it(tmp_path: Path) -> None:
    fits, wide = f"y = {'1' * 76}", f"z = {'1' * 77}"
    body = (
        "# T\n\n"
        + tiny.cell(f"{fits}  # same: a remark\n\n{wide}")
        + tiny.cell(wide, "remove-cell")
    )
    root = tiny.write(tmp_path, {"x": tiny.chapter(body)})
    lines = (root / "chapters/part/x.md").read_text("utf-8").splitlines()
    finding = only(root)
    assert (finding.id, finding.line) == ("cell-wide", lines.index(wide) + 1)


def test_labels_are_unique_in_the_whole_book(tmp_path: Path) -> None:
    finding = only(
        tiny.write(tmp_path, {"x": tiny.chapter(tiny.GOOD), "y": tiny.chapter(tiny.GOOD)})
    )
    assert (finding.id, finding.file.stem) == ("label-twice", "y")
    assert "chapters/part/x.md:" in finding.message


def test_code_cells_without_a_kernel_are_not_shown_unexecuted(tmp_path: Path) -> None:
    finding = only(tiny.write(tmp_path, {"x": "# T\n\n" + tiny.cell("x = 1")}))
    assert (finding.id, finding.line) == ("no-kernel", 1)


def test_a_duplicate_bibliography_entry_is_named_at_its_line(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    entry = "@book{a2000b,\n title = {T},\n author = {A},\n year = {2000}\n}\n"
    (root / "chapters/references.bib").write_text(entry + entry)
    assert only(root).id == "bibliography"


def test_bibtex_that_cannot_be_read_is_named_at_its_line(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    (root / "chapters/references.bib").write_text("@book{a,\n title = {T\n")
    finding = only(root)
    assert (finding.id, finding.file) == ("bibliography", Path("chapters/references.bib"))
    assert finding.line >= 2


@pytest.mark.parametrize("name", ["_toc.yml", "_config.yml"])
def test_invalid_yaml_is_named_at_its_line(tmp_path: Path, name: str) -> None:
    root = tiny.write(tmp_path)
    path = root / name
    path.write_text(path.read_text() + "broken: [1\nnext: 2\n")
    finding = only(root)
    assert (finding.file, finding.id) == (Path(name), "yaml")
    assert finding.line >= len(path.read_text().splitlines()) - 1


@pytest.mark.parametrize("name", ["_toc.yml", "_config.yml"])
def test_an_empty_or_missing_settings_file_is_an_error(tmp_path: Path, name: str) -> None:
    root = tiny.write(tmp_path)
    (root / name).write_text("")
    assert only(root).id == "yaml"
    (root / name).unlink()
    assert only(root).id == "config"


def test_a_mistyped_setting_gets_the_name_that_was_meant(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    path = root / "_config.yml"
    path.write_text(path.read_text().replace("execute:", "excute:"))
    assert "did you mean `execute`?" in only(root).message


def test_a_chapter_that_does_not_exist_is_named_where_it_is_listed(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    (root / "_toc.yml").write_text(
        (root / "_toc.yml").read_text() + "      - file: chapters/part/gone\n"
    )
    finding = only(root)
    assert (finding.file, finding.line, finding.id) == (Path("_toc.yml"), 8, "toc-missing")


def test_a_chapter_that_is_not_listed_is_named(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    (root / "chapters/part/orphan.md").write_text("# O\n")
    assert (only(root).file, only(root).id) == (Path("chapters/part/orphan.md"), "toc-orphan")


def test_a_chapter_listed_twice_is_named(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    (root / "_toc.yml").write_text(
        (root / "_toc.yml").read_text() + "      - file: chapters/part/sums\n"
    )
    assert only(root).id == "toc-twice"


def test_a_file_that_is_not_utf_8_is_named_at_its_line(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    (root / "chapters/part/sums.md").write_bytes(b"# T\n\ncaf\xe9\n")
    assert (only(root).id, only(root).line) == ("encoding", 3)


HEADERS = [
    "needs: 5",
    "needs: [[a]]",
    "data: mnist",
    "data: {mnist: 1}",
    "minutes: soon",
    "minutes: -1",
    "minutes: true",
    "timeout: 3",
    "accelerator: TPU",
]


@pytest.mark.parametrize("setting", HEADERS)
def test_a_header_of_the_wrong_shape_is_named_at_its_line(tmp_path: Path, setting: str) -> None:
    key = setting.split(":")[0]
    text = tiny.chapter("# T\n")
    lines = [line for line in text.splitlines() if not line.strip().startswith(f"{key}:")]
    at = lines.index("book:") + 1
    root = tiny.write(tmp_path, {"x": "\n".join([*lines[:at], f"  {setting}", *lines[at:]]) + "\n"})
    finding = only(root)
    assert (finding.file, finding.line, finding.id) == (
        Path("chapters/part/x.md"),
        at + 1,
        "setting",
    )


CONTENTS = {
    "parts: words": 3,
    "parts:\n  - words": 3,
    "parts:\n  - caption: One": 3,
    "parts:\n  - caption: One\n    chapters: words": 5,
    "parts:\n  - caption: One\n    chapters:\n      - words": 5,
    "parts:\n  - caption: One\n    numberd: true\n    chapters: []": 5,
}


@pytest.mark.parametrize("parts", CONTENTS)
def test_contents_of_the_wrong_shape_are_named_at_their_line(tmp_path: Path, parts: str) -> None:
    root = tiny.write(tmp_path, {})
    (root / "_toc.yml").write_text(f"format: jb-book\nroot: index\n{parts}\n")
    finding = findings(root)[0]
    assert (finding.file, finding.id) == (Path("_toc.yml"), "setting")
    assert abs(finding.line - CONTENTS[parts]) <= 1


@pytest.mark.parametrize("name", ["_toc.yml", "_config.yml", "chapters/references.bib"])
def test_a_settings_file_that_is_not_utf_8_is_named(tmp_path: Path, name: str) -> None:
    root = tiny.write(tmp_path)
    (root / name).write_bytes(b"title: caf\xe9\n")
    assert (only(root).file, only(root).id) == (Path(name), "encoding")


def test_a_setting_of_the_wrong_type_is_named_at_its_line(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    path = root / "_config.yml"
    path.write_text(path.read_text().replace("timeout: 180", "timeout: eight"))
    finding = only(root)
    assert "execute.timeout" in finding.message
    assert path.read_text().splitlines()[finding.line - 1].strip() == "timeout: eight"


def test_two_pages_of_one_name_or_a_name_with_spaces_are_refused(tmp_path: Path) -> None:
    root = tiny.write(tmp_path, {"sums": "# S\n", "my sums": "# M\n"})
    assert only(root).id == "slug"
    other = tmp_path / "other"
    other.mkdir()
    root = tiny.write(other, {"sums": "# S\n"})
    (root / "chapters" / "two").mkdir()
    (root / "chapters/two/sums.md").write_text("# Again\n")
    contents_file = root / "_toc.yml"
    contents_file.write_text(contents_file.read_text() + "      - file: chapters/two/sums\n")
    assert only(root).id == "slug-twice"


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    root = tiny.write(tmp_path)
    page = root / "chapters/part/sums.md"
    page.write_bytes(b"\xef\xbb\xbf" + page.read_bytes())
    assert findings(root) == []
