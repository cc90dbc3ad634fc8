"""Before Sphinx reads a page, bring the store up to date, so that a plain build executes nothing itself.

Whatever starts the build, `python -m book` or `jupyter-book build .`, chapters run through the
book's own engine and the same findings are warnings here.
"""

from __future__ import annotations

import sys
from pathlib import Path

from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.util import logging

from book import contents, equations, execute, frozen, lint, outputs
from book.execute import Outcome, Progress
from book.findings import BookError, Finding
from book.store import Store

logger = logging.getLogger(__name__)


def setup(app: Sphinx) -> None:
    """Connect to the moment at which the configuration is known."""
    app.connect("config-inited", _execute, priority=100)


def _execute(app: Sphinx, config: Config) -> None:
    root = Path(app.srcdir)
    config.nb_execution_mode = "cache"
    config.nb_execution_cache_path = str(root / execute.STORE)
    if (library := str(root / "code")) not in sys.path:  # what the pages say of its functions
        sys.path.insert(0, library)
    try:
        book = contents.load(root)
        config.html_baseurl = book.site  # Sphinx makes the canonical addresses of it
        outcomes = execute.run(book, frozen=frozen.asked(), report=_say)
        failed = [o.finding for o in outcomes if o.finding]
        store = Store(root / execute.STORE)
        found = lint.findings(book) + equations.findings(book, store)
        found += outputs.findings(book, store)
    except BookError as error:
        failed, found = [], error.findings
    for finding in [*failed, *found]:
        warn(finding)
    # MyST-NB would run what is not stored once more, its own way.
    config.nb_execution_excludepatterns = [str(f.file) for f in failed]


def warn(finding: Finding) -> None:
    """Say it as Sphinx does, so that a strict build fails."""
    place = f"{finding.file}:{finding.line}"  # a page's name would need an environment
    logger.warning("%s", finding.message, location=place, type="book", subtype=finding.id)


def _say(event: Outcome | Progress | str) -> None:
    if isinstance(event, Outcome):
        logger.info("%s: %s, %.1f s", event.slug, event.state, event.seconds)
    elif isinstance(event, str):
        logger.info("%s", event)
