"""Sphinx's LaTeX writer, with the book's own numbers, its own blocks, and a trace back to the sources.

Before each block stands a comment `%@ file:line`, so that what LaTeX says of a line of its input can
be said of a line of the chapter (`book.texlog`).
"""

from __future__ import annotations

import re
from pathlib import Path

from docutils import nodes
from docutils.nodes import Element
from sphinx.writers.latex import LaTeXTranslator

from book.sphinx import state
from book.sphinx.latex_nodes import chapter_number, number_of

MARKED = (nodes.literal_block, nodes.figure, nodes.table, nodes.title, nodes.image)
TITLED = ("paper_exercise", "paper_solution", "paper_equations")
# What Latin Modern has no glyph for is set in the fallback font; this is what it certainly has.
PLAIN = re.compile(r"[^\u0000-\u024f\u2002-\u200a\u2010-\u2022\u2026\u2030-\u203a\u20ac\u2122]+")
BREAKS = re.compile(r"(?<=[\w)\]}])((?:\\_|\\sphinxhyphen\{\}|[./=,])+)(?=[A-Za-z(\[{])")


class PaperTranslator(LaTeXTranslator):
    """The writer; numbers come from Sphinx's environment and are those of the site."""

    def mark(self, node: Element) -> None:
        """Leave a trace of where this block comes from."""
        source, line = getattr(node, "source", None), getattr(node, "line", None)
        if source and line and str(source).endswith(".md"):
            path = Path(str(source))
            root = Path(str(self.builder.srcdir))
            name = path.relative_to(root).as_posix() if path.is_relative_to(root) else path.name
            newline = "" if self.body and self.body[-1].endswith("\n") else "\n"
            self.body.append(f"{newline}%@ {name}:{line}\n")

    def dispatch_visit(self, node: nodes.Node) -> None:
        if isinstance(node, MARKED) and not self.in_title and not self.in_caption:
            self.mark(node)
        super().dispatch_visit(node)
        if isinstance(node, nodes.Admonition) and self.body[-1].endswith(":}"):
            self.body[-1] = self.body[-1][:-2] + "}"  # a title needs no colon

    def visit_paragraph(self, node: Element) -> None:
        super().visit_paragraph(node)
        self.mark(node)

    def encode(self, text: str) -> str:
        encoded = super().encode(text)
        return PLAIN.sub(lambda m: rf"\bookglyph{{{m[0]}}}", encoded)

    def visit_literal(self, node: Element) -> None:
        """Code in a sentence may break after a dot, an underscore, a comma."""
        text = super().encode(node.astext())
        self.body.append(rf"\sphinxcode{{\sphinxupquote{{{BREAKS.sub(_breakable, text)}}}}}")
        raise nodes.SkipNode

    # --- pages and parts

    def visit_start_of_file(self, node: Element) -> None:
        super().visit_start_of_file(node)
        number = chapter_number(self.builder.env, node["docname"])
        self.body.append(rf"\booknumbered{{{number}}}" if number else r"\bookunnumbered")
        self.body.append("\n")

    def visit_paper_part(self, node: Element) -> None:
        start = r"\booknumberedpart" if node["numbered"] else r"\bookunnumbered"
        self.body.append(f"\n{start}\n\\part{{{self.encode(node['caption'])}}}\n")
        raise nodes.SkipNode

    def visit_paper_moved(self, node: Element) -> None:
        self.curfilestack.append(node["docname"])

    def depart_paper_moved(self, node: Element) -> None:
        self.curfilestack.pop()

    # --- equations, figures, tables: numbers as on the site

    def visit_math_block(self, node: Element) -> None:
        latex = "\n".join(line for line in node.astext().split("\n") if line.strip())
        label = node.get("label")
        name = f"\\label{{equation:{node['docname']}:{label}}}" if label else ""
        if node.get("nowrap"):
            self.body.append(name)
            self.mark(node)
            self.body.append(latex + "\n")
            raise nodes.SkipNode
        number = number_of(self.builder.env, node["docname"], "displaymath", node) if label else ""
        tag = f"\\tag{{{number}}}" if label else ""
        kind = "equation" if label else "equation*"
        inner = "aligned" if _is_split(latex) else ""
        self.body.append(
            f"\\begin{{{kind}}}{name}{tag}\n" + (f"\\begin{{{inner}}}\n" if inner else "")
        )
        self.mark(node)
        self.body.append(latex + "\n" + (f"\\end{{{inner}}}\n" if inner else ""))
        self.body.append(f"\\end{{{kind}}}\n")
        record = state.of(self.builder.app).equations.get(label) if label else None
        if record and record.state == "exempt":
            self.body.append(f"\\bookexempt{{{self.encode(record.reason)}}}\n")
        raise nodes.SkipNode

    def visit_math_reference(self, node: Element) -> None:
        label = f"equation:{node['docname']}:{node['target']}"
        self.body.append(rf"\hyperref[{label}]{{(\ref*{{{label}}})}}")
        raise nodes.SkipNode

    def visit_figure(self, node: Element) -> None:
        super().visit_figure(node)
        self._number(node, "figure")

    def visit_image(self, node: Element) -> None:
        if not {"width", "height", "scale"} & set(node.attributes) and node["uri"].endswith(".pdf"):
            node["scale"] = 85  # so that a figure's lettering is a little smaller than the text
        super().visit_image(node)

    def _number(self, node: Element, kind: str) -> None:
        number = number_of(self.builder.env, self.curfilestack[-1], kind, node)
        if number:
            self.body.append(f"\\booknumber{{{kind}}}{{{number}}}\n")

    def visit_paper_check(self, node: Element) -> None:
        text = super().encode(node["text"])
        record = state.of(self.builder.app).equations.get(node["label"])
        if record:
            target = f"equation:{record.path.removesuffix('.md')}:{record.label}"
            text = rf"\hyperref[{target}]{{{text}}}"
        self.mark(node)
        self.body.append(f"\\bookcheckline{{{text}}}{{{f'({record.number})' if record else ''}}}\n")
        raise nodes.SkipNode

    def visit_paper_equations(self, node: Element) -> None:
        self.body.append("\n\\bookeqchapter")

    def depart_paper_equations(self, node: Element) -> None:
        for docname, label, number in node["equations"]:
            name = super().encode(label)
            self.body.append(f"\\bookeqline{{equation:{docname}:{label}}}{{{number}}}{{{name}}}\n")

    # --- exercises

    def visit_title(self, node: Element) -> None:
        if getattr(node.parent, "tagname", "") in TITLED:
            self.body.append("{")
            self.context.append("}\n")
            self.in_title = 1
        else:
            super().visit_title(node)

    def visit_paper_exercise(self, node: Element) -> None:
        self.body.append(f"\n\\phantomsection\\label{{exercise:{node['label']}}}")
        self.body.append(f"\\bookexercise{{{node['number']}}}")

    def depart_paper_exercise(self, node: Element) -> None:
        if node["solution"]:
            self.body.append(f"\n\\bookexerciseend{{{node['solution']}}}\n")

    def visit_paper_solution(self, node: Element) -> None:
        self.body.append(f"\n\\phantomsection\\label{{{node['own']}}}")
        self.body.append(f"\\booksolution{{exercise:{node['label']}}}{{{node['number']}}}")

    def depart_paper_solution(self, node: Element) -> None:
        pass

    # --- bibliography

    def visit_paper_references(self, node: Element) -> None:
        self.body.append("\n\\begin{bookreferences}\n")

    def depart_paper_references(self, node: Element) -> None:
        self.body.append("\\end{bookreferences}\n")

    def visit_paper_reference(self, node: Element) -> None:
        name = f"cite.{self.curfilestack[-1]}:{node['ids'][0]}"  # what Sphinx's citations link to
        self.body.append(
            rf"\item \hypertarget{{{name}}}{{}}{self.hypertarget_to(node, anchor=True)}"
        )

    def depart_paper_reference(self, node: Element) -> None:
        self.body.append("\n")


def _breakable(match: re.Match[str]) -> str:
    return match[1] + r"\bookbreak{}"


def _is_split(latex: str) -> bool:
    r"""Whether `\\` or `&` stands outside all environments, so that lines must be aligned."""
    depth = 0
    for token in re.findall(r"\\begin\b|\\end\b|\\\\|\\&|&", latex):
        depth += (token == r"\begin") - (token == r"\end")
        if depth == 0 and token in ("\\\\", "&"):
            return True
    return False
