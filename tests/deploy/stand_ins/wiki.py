"""Serve a wiki and a receiver of alerts for the containers of the compose stack: GET /edit changes the article."""

import json
import threading
from datetime import UTC, datetime
from typing import Any

from watcher.demo import FakeWikiServer, WikiStore, servers
from watcher.demo.servers import WebhookReceiver

BEFORE = (
    "The survey counted 21 million boats in 2012.<ref>{{cite web|title=Boats|url=https://boats.example.org/}}</ref>\n"
)


def everywhere(server: type[Any]) -> type[Any]:
    """Return a server that listens on all addresses, so that other containers can reach it."""

    class Everywhere(server):  # type: ignore[misc]
        def __init__(self, address: tuple[str, int], *rest: Any) -> None:
            super().__init__(("0.0.0.0", address[1]), *rest)

    return Everywhere


class EditableWiki(FakeWikiServer):
    inbox: WebhookReceiver

    def respond(self, path: str, agent: str) -> servers.Response:
        if path == "/edit":
            self.store.edit("Boats", BEFORE.replace("21 million", "25 million"), editor="Ann")
            return 200, {}, b"edited"
        if path == "/inbox":
            titles = [json.loads(body)["title"] for body in self.inbox.bodies]
            return 200, {"Content-Type": "application/json"}, json.dumps(titles).encode()
        return super().respond(path, agent)


servers._Server = everywhere(servers._Server)  # type: ignore[misc]
store = WikiStore(now=lambda: datetime.now(UTC))
store.edit("Boats", BEFORE, editor="Ann")
with EditableWiki(store, port=8090) as wiki, WebhookReceiver(port=8091) as wiki.inbox:
    threading.Event().wait()
