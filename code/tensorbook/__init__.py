"""What the chapters of *Equations That Run* import.

`check` holds an equation to account, `glue` lends a number to the prose, `live` shows a figure
that the reader can act on. Everything else lives in a module named for what it gives.
"""

from tensorbook.checks import CheckFailed, check
from tensorbook.figures import live
from tensorbook.report import glue

__all__ = ["CheckFailed", "check", "glue", "live"]
__version__ = "0.1.0"
