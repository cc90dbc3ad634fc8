"""How long a reader waits for a figure that moves: `python -m tests.frame_times [SITE]`.

Opens each page of the built site (`_build/html`) in Chromium, moves every control of every live
figure through its range as a reader would, and prints the median and the worst time of a frame:
the figure's script, and the layout that it makes necessary. A benchmark, not a test: it depends
on the machine and on what else runs there.
"""

from __future__ import annotations

import statistics
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from book import browser

SITE = Path(__file__).resolve().parent.parent / "_build" / "html"
BUDGET = 16.0  # milliseconds

# Moves each control of a figure, one event a frame, and returns the milliseconds of each frame.
DRIVE = """async (root) => {
  const frames = [];
  const frame = () => new Promise(requestAnimationFrame);
  const act = async (change) => {
    await frame();
    const start = performance.now();
    change();
    document.body.offsetHeight;                       // styles and layout, now
    root.querySelectorAll("svg").forEach((svg) => svg.getBBox());
    frames.push(performance.now() - start);
  };
  const set = (control, value, kind) => act(() => {
    control.value = value;
    control.dispatchEvent(new Event(kind, { bubbles: true }));
  });
  for (const select of root.querySelectorAll("select"))
    for (const option of [...select.options, select.options[0]]) await set(select, option.value, "change");
  for (const slider of root.querySelectorAll("input[type=range]")) {
    const [low, high, first] = [Number(slider.min), Number(slider.max), slider.value];
    for (let k = 0; k <= 40; k++) await set(slider, low + (high - low) * k / 40, "input");
    await set(slider, first, "input");
  }
  for (const field of root.querySelectorAll("input[type=number], input[type=text]")) {
    const first = field.value;
    for (const value of ["1", "2", first]) await set(field, value, "input");
  }
  for (const button of root.querySelectorAll("button"))
    for (let k = 0; k < 12; k++) await act(() => button.click());
  return frames;
}"""


def measure(page: Page, address: str) -> list[tuple[str, list[float]]]:
    """The frames of each live figure on the page, in milliseconds, by the figure's name."""
    page.goto(f"{address}#all")  # laid out whole, at once
    found = []
    for box in page.locator(".live[data-live]").all():
        box.scroll_into_view_if_needed()
        root = box.locator(".live-root")
        root.wait_for()
        found.append((box.get_attribute("data-live") or "", root.evaluate(DRIVE)))
    return found


def main(site: Path) -> int:
    """Print one line a figure; 1 when a median is over the budget or there is no figure."""
    with sync_playwright() as play:
        started = play.chromium.launch(executable_path=browser.path(), args=["--no-sandbox"])
        page = started.new_page(viewport={"width": 1280, "height": 900})
        pages = sorted(site.glob("chapters/**/*.html"))
        rows = [row for file in pages for row in measure(page, file.as_uri())]
        started.close()
    print(f"{'figure':26} {'frames':>6} {'median':>8} {'95 %':>8} {'worst':>8}   ms")
    for name, frames in rows:
        late = statistics.quantiles(frames, n=20, method="inclusive")[-1]
        middle, worst = statistics.median(frames), max(frames)
        print(f"{name:26} {len(frames):6} {middle:8.2f} {late:8.2f} {worst:8.2f}")
    return int(not rows or any(statistics.median(frames) > BUDGET for _, frames in rows))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else SITE))
