"""The command line: `python -m book COMMAND`. Until the environment stands, standard library only."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if sys.version_info < (3, 11):
    sys.exit(
        "book: Python 3.11 or newer is needed; this is "
        + sys.version.split()[0]
        + ". On Debian 12 or Ubuntu 24.04: apt-get install python3 python3-venv, then use that one."
    )

from book import setup
from book.findings import BookError

ROOT = Path(__file__).resolve().parent.parent


def arguments() -> argparse.ArgumentParser:
    """Every command and option."""
    parser = argparse.ArgumentParser(prog="python -m book", description="Build the book.")
    parser.add_argument("--no-setup", action="store_true", help="use this Python as it is")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, help: str, **options: bool) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help)
        if options.get("chapters"):
            sub.add_argument(
                "chapters", nargs="*", metavar="CHAPTER", help="slugs or paths; all by default"
            )
        if options.get("jobs"):
            sub.add_argument("--jobs", type=_positive, metavar="N", help="how many at once")
        if options.get("json"):
            sub.add_argument("--json", action="store_true", help="print JSON on standard output")
        return sub

    command("setup", "make .venv with what requirements.txt pins")
    command(
        "build",
        "execute the chapters; write the site, the PDF, the e-book and the notebooks",
        jobs=True,
    )
    command("run", "execute the chapters that changed", chapters=True, jobs=True, json=True)
    command("html", "write the site to _build/html", jobs=True)
    command("pdf", "write the PDF to _build/pdf", jobs=True)
    command("epub", "write the site, and from it the e-book to _build/epub", jobs=True)
    notebooks = command(
        "notebooks", "write the notebooks to _build/notebooks", chapters=True, jobs=True
    )
    notebooks.add_argument("--run", action="store_true", help="execute each in an empty folder")
    branch = command("branch", "write the branch that readers run to _build/branch", jobs=True)
    branch.add_argument(
        "--push",
        metavar="REMOTE",
        help="publish it as the branch `notebooks` of REMOTE, if it differs",
    )
    branch.add_argument(
        "--built", action="store_true", help="publish what is there; needs git and nothing else"
    )
    trial = command("try", "execute notebooks as readers do, in a new environment", chapters=True)
    trial.add_argument("--on", choices=("colab", "binder"), required=True, help="whose environment")
    trial.add_argument("--torch", metavar="VERSION", help="this one instead of that place's own")
    command("check", "look for mistakes in the sources, executing nothing", json=True)
    command("equations", "list every equation with its check", json=True)
    functions = command("functions", "list what the cells use of PyTorch, and where")
    functions.add_argument(
        "--online", action="store_true", help="compare the addresses with PyTorch's own inventory"
    )
    ready = command("ready", "say whether the stored runs may be published")
    ready.add_argument(
        "--device", choices=("any", "gpu"), default="any", help="refuse what ran without a GPU"
    )
    changes = command("changes", "compare two outputs of `status --json`, in Markdown")
    changes.add_argument("base", type=Path, metavar="BASE.json")
    changes.add_argument("now", type=Path, metavar="NOW.json")
    command("links", "ask whether every site that the sources link to is still there")
    versions = command("versions", "execute the chapters with other versions, apart")
    versions.add_argument("which", choices=("oldest", "pinned", "newest", "everything"))
    versions.add_argument("chapters", nargs="*", metavar="CHAPTER", help="slugs; all by default")
    command("sbom", "write the bill of materials to _build/sbom.cdx.json")
    command("status", "say of every chapter what ran where, and what was checked", json=True)
    command("record", "add the seconds of the stored runs to evidence/seconds.json")
    mutate = command(
        "mutate",
        "flip signs, factors and axes; see which checks notice",
        chapters=True,
        jobs=True,
        json=True,
    )
    mutate.add_argument(
        "--record", action="store_true", help="add the numbers to evidence/mutations.json"
    )
    measure = command("measure", "time chapters with and without recording shapes", chapters=True)
    measure.add_argument("--pairs", type=_positive, default=3, metavar="N", help="runs of each")
    serve = command("serve", "live preview: build again when a source changes", jobs=True)
    serve.add_argument("--port", type=_port, default=8000, metavar="N")
    test = command("test", "lint, type-check and test the book's own code")
    test.add_argument(
        "--quick", action="store_true", help="leave out what needs TeX, a browser or the whole book"
    )
    test.add_argument("arguments", nargs=argparse.REMAINDER, help="passed on to pytest")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text} is not a whole number of at least 1")
    return int(text)


def _port(text: str) -> int:
    if _positive(text) > 65535:
        raise argparse.ArgumentTypeError(f"{text} is no port; the largest is 65535")
    return int(text)


def main() -> int:
    parser = arguments()
    options = parser.parse_args()
    if options.command == "branch" and options.built:
        if not options.push:
            parser.error("--built says what to --push, so name a REMOTE")
        return _publish(options.push)
    if options.command == "try" and options.on == "binder" and options.torch:
        parser.error("Binder's PyTorch is the pinned one; leave --torch out")
    if not options.no_setup:
        try:
            setup.ensure(ROOT, options.command, quick=getattr(options, "quick", False))
        except BookError as error:
            print(error, file=sys.stderr)
            return 1
        if options.command == "setup":
            return 0
        setup.enter(ROOT)  # does not come back unless this is the book's own Python
    from book.commands import dispatch

    return dispatch(ROOT, options)


def _publish(remote: str) -> int:
    """What the job that may write to the repository does: nothing is set up, no chapter is read."""
    from book.branch import push

    try:
        setup.say(push.publish(ROOT, remote))
    except BookError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        print("book: stopped; what was done is kept", file=sys.stderr)
        sys.exit(130)
