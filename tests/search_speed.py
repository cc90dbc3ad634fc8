"""How well and how fast the search of the built site answers: `PYTHONPATH=.:tests python tests/search_speed.py`.

Prints the share of right answers and the time for each key, here and four times slower, as on a telephone.
It is a measurement, not a test.
"""

from __future__ import annotations

import gzip
import statistics
from pathlib import Path

import queries
from playwright.sync_api import Page, sync_playwright
from reading import served

from book import browser

SITE = Path(__file__).resolve().parents[1] / "_build" / "html"
TYPE = """(texts) => {
  const input = document.querySelector(".search-input");
  const times = [];
  for (const text of texts) {
    for (let end = 1; end <= Math.min(text.length, 60); end++) {
      input.value = text.slice(0, end);
      const before = performance.now();
      input.dispatchEvent(new Event("input"));
      document.body.offsetHeight; // the layout is part of it
      times.push(performance.now() - before);
    }
  }
  return times;
}"""


def quality(page: Page, site: str) -> None:
    asked = queries.load()
    answers = queries.ask(page, site, asked)
    for answer in answers:
        if not answer.right_among(3):
            found = ", ".join(answer.found[i][0] for i in range(min(3, len(answer.found))))
            print(f"  missed: {answer.query.text[:60]!r} → {found or 'nothing'}")
    for kind in dict.fromkeys(q.kind for q in asked):
        own = [a for a in answers if a.query.kind == kind]
        right = [sum(a.right_among(n) for a in own) for n in (1, 3)]
        print(f"  {kind}: {right[0]} first, {right[1]} among three, of {len(own)}")
    first, three = (sum(a.right_among(n) for a in answers) / len(answers) for n in (1, 3))
    print(f"right answer first {first:.1%}, among the first three {three:.1%}, of {len(asked)}")


def speed(page: Page, name: str) -> None:
    times = page.evaluate(TYPE, [query.text for query in queries.load()])
    times.sort()
    print(
        f"{name}: {len(times)} keys, median {statistics.median(times):.1f} ms, "
        f"99 of 100 below {times[len(times) * 99 // 100]:.1f} ms, worst {times[-1]:.1f} ms"
    )


def main() -> None:
    scripts = sorted((SITE / "_static" / "search").glob("*.js"))
    sizes = {s.name: len(gzip.compress(s.read_bytes(), 9)) for s in scripts}
    program = len(gzip.compress((SITE / "_static" / "search.js").read_bytes(), 9))
    print(f"program {program / 1000:.1f} kB, index {sum(sizes.values()) / 1000:.1f} kB (gzip)")
    with served(SITE) as site, sync_playwright() as play:
        opened = play.chromium.launch(executable_path=browser.path(), args=["--no-sandbox"])
        page = opened.new_context(service_workers="block", bypass_csp=True).new_page()
        quality(page, site)
        speed(page, "this machine")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        speed(page, "four times slower, as a telephone")
        opened.close()


if __name__ == "__main__":
    main()
