"""Each chapter as a notebook and as a plain script that run alone, without the rest of the book.

`export` writes them, `run` executes what was written, each in an empty folder.
"""

from book.notebooks.export import export
from book.notebooks.trial import run

__all__ = ["export", "run"]
