"""The book's Sphinx extension: each module does one thing and has its own `setup`."""

from __future__ import annotations

from typing import Any

from sphinx.application import Sphinx

from book.sphinx import (
    assets,
    bundle,
    catalogue,
    cells,
    contract,
    engine,
    files,
    folds,
    formulas,
    functions,
    giants,
    heights,
    landing,
    latex,
    markers,
    names,
    offline,
    page,
    percent,
    preview,
    published,
    routes,
    search,
    shapes,
    status,
    symbols,
    tables,
    terms,
    ways,
)


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up every part, the engine first: what the others show must be current."""
    for part in (
        engine,
        assets,
        formulas,
        cells,
        names,
        shapes,
        functions,
        giants,
        files,
        markers,
        contract,
        folds,
        heights,
        tables,
        percent,
        symbols,
        terms,
        catalogue,
        status,
        landing,
        routes,
        ways,
        search,
        page,
        preview,
        published,
        latex,
        bundle,
        offline,
    ):
        part.setup(app)
    return {"version": "1", "parallel_read_safe": False, "parallel_write_safe": False}
