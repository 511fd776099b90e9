"""Test that a watch's setting is declared once: file, editor, starter, form and API follow."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from tests.cases import for_each
from watcher.config import default_watchlist
from watcher.config.loader import EXAMPLES
from watcher.config.settings import TABLES, WATCH_SETTINGS, Watch


def test_each_key_that_must_be_there_has_an_example():
    needed = {name for table in TABLES.values() for name, field in table.model_fields.items() if field.is_required()}
    assert needed == set(EXAMPLES)


@for_each("name", WATCH_SETTINGS)
def test_the_first_watchlist_offers_every_setting_of_a_watch_with_its_description(name: str):
    lines = default_watchlist().splitlines()
    at = next(number for number, line in enumerate(lines) if line.removeprefix("# ").startswith(f"{name} = "))
    assert lines[at - 1].casefold() == f"# {Watch.model_fields[name].description}.".casefold()


MADE_UP = '''    cooldown: Duration = Field(default=timedelta(hours=1), title="Wait between two alerts")
    """how long after an alert the next one is held"""
'''
SEEN = """
from watcher.config import Watch, default_watchlist, edit_watch, parse_watchlist
from watcher.web.api.routes import document
from watcher.web.api.models import UpdateWatchRequest
from watcher.web.pages.watchlist import form_values, settings_of
from pathlib import Path

text = edit_watch(default_watchlist(), "enwiki", "Human trafficking", {"cooldown": "5m"})
watch = parse_watchlist(text, Path("watchlist.toml"), environ={}).watches[0]
api = document()["components"]["schemas"]
print(watch.cooldown, 'cooldown = "1h"' in default_watchlist(), form_values(settings_of(Watch, {}), watch)["cooldown"])
print(UpdateWatchRequest.model_validate({"wiki": "w", "title": "T", "cooldown": "4h"}).settings())
print("cooldown" in api["Watch"]["properties"], "cooldown" in api["UpdateWatchRequest"]["properties"])
"""


def test_a_new_setting_is_one_field_in_one_file(tmp_path: Path):
    root = Path(__file__).parents[3]
    for package in ("watcher", "flows", "snapshots"):
        shutil.copytree(root / package, tmp_path / package)  # with what is compiled, which takes two seconds anew
    file = tmp_path / "watcher/config/settings.py"
    before = file.read_text(encoding="utf-8")
    file.write_text(before.replace("    paused: bool", f"{MADE_UP}    paused: bool"), encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-c", SEEN],
        check=False,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["0:05:00 True 5m", "{'cooldown': '4h'}", "True True"], done.stderr
