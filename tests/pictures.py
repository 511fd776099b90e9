"""The demo becomes the pictures of the README: `python -m tests.pictures`, with Debian's chromium."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import sync_playwright

from flows.demonstration import demonstrate

FOLDER = Path(__file__).resolve().parents[1] / "deploy" / "pictures"
CHROMIUM = os.environ.get("WATCHER_CHROMIUM", "/usr/bin/chromium")
SHOWN = "+4 million (+19 %)"
WIDTH, HEIGHT = 1100, 850


def report_with(folder: Path, words: str) -> Path:
    """The demo's report of the comparison that says these words."""
    for path in sorted((folder / "reports").glob("*.html")):
        if words in path.read_text(encoding="utf-8"):
            return path
    raise RuntimeError(f"no report of the demo says {words!r}: choose other words")


def main() -> None:
    """Run the demo in a throw-away folder and take the picture of one of its reports."""
    with TemporaryDirectory() as temporary:
        demonstrate(Path(temporary) / "demo")
        page_file = report_with(Path(temporary) / "demo", SHOWN)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            page.goto(page_file.as_uri())
            FOLDER.mkdir(exist_ok=True)
            page.screenshot(path=FOLDER / "report.png")
            browser.close()
    print(f"{FOLDER / 'report.png'}: {(FOLDER / 'report.png').stat().st_size:,} bytes", file=sys.stderr)


if __name__ == "__main__":
    main()
