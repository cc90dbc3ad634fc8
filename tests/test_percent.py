"""Percentages look alike on the page, wherever they come from."""

from __future__ import annotations

from docutils import nodes

from book.sphinx.percent import spaced


def test_a_percentage_is_written_with_a_space_that_does_not_break() -> None:
    lent = nodes.inline("", "97%")
    paragraph = nodes.paragraph("", "From 95 % to ", lent, nodes.Text(", or 2.5\n% more, of 12"))
    paragraph += [nodes.Text(" % of all")]
    spaced(paragraph)
    assert paragraph.astext() == "From 95\xa0% to 97\xa0%, or 2.5\xa0% more, of 12\xa0% of all"


def test_code_output_and_formulas_keep_their_percent_signs() -> None:
    kept = [
        nodes.literal("", "f'{x:.0f}%'"),
        nodes.literal_block("", "7 % 3 is 1, accuracy 90%"),
        nodes.math("", r"5\% of 3%"),
        nodes.raw("", "<b>9%</b>", format="html"),
    ]
    section = nodes.section("", *kept)
    before = section.astext()
    spaced(section)
    assert section.astext() == before


def test_a_text_that_does_not_know_its_parent_is_set_as_well() -> None:
    paragraph = nodes.paragraph("", "half is 50%")  # as in the PDF's tree of all pages
    paragraph.children[0].parent = None
    spaced(nodes.section("", paragraph))
    assert paragraph.astext() == "half is 50\xa0%"
