"""How fast pages are: serves the built site as a host would and asks Lighthouse, several times.

    npm install --global lighthouse
    python -m tests.speed [--runs 3] [PAGE …]

Not a test: the scores depend on the machine. What does not (bytes, blocking scripts, sizes of images)
is held by `tests/test_pages.py`.
"""

from __future__ import annotations

import argparse
import functools
import gzip
import http.server
import json
import os
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from book import browser

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
PAGES = ["chapters/learning/classification.html"]
PACKED = {".html", ".css", ".js", ".svg", ".json", ".txt", ".xml", ".webmanifest"}
SCORES = ("performance", "accessibility", "best-practices", "seo")
TIMES = {
    "FCP s": ("first-contentful-paint", 1000),
    "LCP s": ("largest-contentful-paint", 1000),
    "TBT ms": ("total-blocking-time", 1),
    "shift": ("cumulative-layout-shift", 1),
    "KB": ("total-byte-weight", 1024),
}


class Host(http.server.SimpleHTTPRequestHandler):
    """Sends what compresses well compressed, and lets browsers keep it for ten minutes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        if not file.is_file():
            self.send_error(404)
            return
        content = file.read_bytes()
        self.send_response(200)
        if file.suffix in PACKED and "gzip" in self.headers.get("Accept-Encoding", ""):
            content = gzip.compress(content, 6)
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Type", self.guess_type(str(file)))
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "max-age=600")
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[str]:
    """The address of a server for `folder`, for as long as the block lasts."""
    handler = functools.partial(Host, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


def lighthouse(address: str) -> dict[str, Any]:
    """One report of Lighthouse, with its default throttling of a telephone."""
    program = os.environ.get("LIGHTHOUSE") or shutil.which("lighthouse")
    if program is None:
        sys.exit("speed: there is no lighthouse here; npm install --global lighthouse")
    flags = ["--quiet", "--output=json", "--chrome-flags=--headless=new --no-sandbox"]
    only = f"--only-categories={','.join(SCORES)}"
    environment = os.environ | {"CHROME_PATH": str(browser.path())}
    done = subprocess.run(
        [program, address, *flags, only], capture_output=True, text=True, env=environment
    )
    if done.returncode:
        sys.exit(f"speed: lighthouse stopped on {address}\n{done.stderr}")
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def row(report: dict[str, Any]) -> dict[str, float]:
    """The numbers that we hold ourselves to."""
    scores = {name: 100 * report["categories"][name]["score"] for name in SCORES}
    audits = report["audits"]
    return scores | {k: audits[name]["numericValue"] / by for k, (name, by) in TIMES.items()}


def lost(report: dict[str, Any]) -> list[str]:
    """What cost points, by Lighthouse's own titles."""
    audits, categories = report["audits"], report["categories"]
    weighed = {r["id"] for c in categories.values() for r in c["auditRefs"] if r["weight"]}
    return sorted(
        f"{name} ({audits[name]['score']}): {audits[name]['title']}"
        for name in weighed
        if (audits[name]["score"] or 0) < 0.9
        and audits[name]["scoreDisplayMode"] != "notApplicable"
    )


def main() -> None:
    """Print one line a page, the median of its runs, and what cost points in the last one."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--site", type=Path, default=SITE, help="the folder to serve")
    parser.add_argument("--keep", type=Path, help="write each page's last report here")
    parser.add_argument("pages", nargs="*", default=PAGES)
    chosen = parser.parse_args()
    print(" ".join(f"{name:>9.9}" for name in (*SCORES, *TIMES)), " page")
    with served(chosen.site) as address:
        for page in chosen.pages:
            reports = [lighthouse(address + page) for _ in range(chosen.runs)]
            rows = [row(report) for report in reports]
            middle = {name: statistics.median(r[name] for r in rows) for name in rows[0]}
            print(" ".join(f"{value:9.3g}" for value in middle.values()), f" {page}")
            print("\n".join(f"    {line}" for line in lost(reports[-1])))
            if chosen.keep:
                name = page.replace("/", "-") + ".json"
                (chosen.keep / name).write_text(json.dumps(reports[-1]), encoding="utf-8")


if __name__ == "__main__":
    main()
