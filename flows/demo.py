"""Run the whole product offline: a local wiki, the real flows, and a webhook receiver for the alerts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sys
import time
from importlib.resources import files
from pathlib import Path

from flows.prefect_settings import configure_prefect
from watcher.demo import TITLE, FakeWikiServer, WikiStore, apply_edits
from watcher.demo.servers import WebhookReceiver
from watcher.errors import ConfigError
from watcher.private_files import create_if_missing, make_folder, write_text
from watcher.services.context import clock
from watcher.services.operations.startup import WATCHLIST_VARIABLE

_MARK = ".article-watcher-demo"
# The text of the alert to show, about the edit "quiet change of one figure".
_QUIET = "21 million → 25 million"
# Edits that are undone before the next check, like a vandal's edit on a well-watched page.
_UNSEEN = frozenset({"vandalism"})


def run_demo(folder: Path) -> int:
    """Run the demo in `folder`, which is emptied first if a demo made it; return the exit code.

    Raises ConfigError if the folder contains anything else.
    """
    _clear(folder)
    configure_prefect(folder.resolve() / "prefect", silence_logs=True)
    begun = time.monotonic()
    store = WikiStore(now=clock)
    with FakeWikiServer(store) as wiki, WebhookReceiver() as receiver:
        watchlist = folder / "watchlist.toml"
        text = files("watcher.demo").joinpath("watchlist.toml").read_text(encoding="utf-8")
        text = text.format(port=wiki.port, api=wiki.api_url, title=TITLE, inbox=receiver.port)
        write_text(watchlist, text)
        _print(f"A small wiki runs at {wiki.url}; the watchlist is {watchlist}.")
        _print("Prefect's own server is starting (10 to 20 s the first time) …")
        os.environ[WATCHLIST_VARIABLE] = str(watchlist.resolve())
        os.environ.pop("STATE_DIRECTORY", None)  # so that reports are beside the demo's database, in containers, too
        asyncio.run(_follow(store))
        messages = [str(json.loads(body)["message"]) for body in receiver.bodies]
    reports = {path.stem.partition("-")[2].partition("-")[2]: path for path in (folder / "reports").glob("*.html")}
    _print(f"\n{len(messages)} alerts reached the inbox. The one about the quiet change of a figure, as delivered:\n")
    for message in [text for text in messages if _QUIET in text][:1]:
        _print("\n".join(f"  │ {line}" for line in message.splitlines()))
        _print(f"  ({len(message.encode())} bytes)")
        ids = re.search(r"diff=(\d+)&oldid=(\d+)", message)
        if ids and (path := reports.get(f"{ids[2]}-{ids[1]}")):
            _print(f"\nIts report: {path}")
    _print(f"{len(reports)} reports, one self-contained page for each comparison with findings: {folder / 'reports'}/")
    _print(f"\nDone in {time.monotonic() - begun:.0f} s. Everything is in {folder}/")
    return 0


def _clear(folder: Path) -> None:
    try:
        if folder.exists() and any(folder.iterdir()):
            if not (folder / _MARK).exists():
                raise ConfigError(f"{folder}: is not empty and was not made by the demo; name another with --folder")
            shutil.rmtree(folder)
        make_folder(folder)
        create_if_missing(folder / _MARK)
    except OSError as error:
        raise ConfigError(f"{folder}: cannot be used ({error.strerror}); name another with --folder") from None


async def _follow(store: WikiStore) -> None:
    """Check and deliver once after each edit of the scenario, with the real flows."""
    from flows.deployments import check_pages, deliver_alerts  # noqa: PLC0415  Prefect reads its settings on import

    for step, revision in apply_edits(store):
        comment = f" “{step.comment}”" if step.comment else ""
        _print(f"\nEdit {revision}: {step.label}, by {step.editor}{comment}")
        if step.label in _UNSEEN:
            _print("   (undone before the next check)")
            continue
        result = await check_pages("demowiki", [TITLE])
        for line in result.lines:
            _print(f"   {line}")
        sent = await deliver_alerts()
        if sent.sent:
            _print(f"   {sent.sent} alert delivered")


def _print(text: str) -> None:
    print(text, file=sys.stdout, flush=True)  # noqa: T201  the demo's output is for people
