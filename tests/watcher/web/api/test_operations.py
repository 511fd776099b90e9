from __future__ import annotations

from collections.abc import Callable

from fastapi import FastAPI

from snapshots import Scope
from tests.watcher.web.conftest import WebClient

Asking = Callable[..., WebClient]


def test_who_asks_is_known(asking: Asking):
    assert asking(Scope.REVIEW).get("/api/v1/me").json() == {
        "name": "bot-review",
        "signed_in": True,
        "scopes": ["read", "review"],
    }
    assert asking(None).get("/api/v1/me").json() == {"name": "", "signed_in": False, "scopes": ["read"]}


def test_what_was_given_up_is_queued_once_more_by_admins(asking: Asking, site: FastAPI):
    archive, now = site.state.services.archive, site.state.services.now()
    (delivery,) = archive.outbox.claim(now, limit=1, owner="test")
    archive.outbox.mark_failed(delivery, now, "the receiver is away", None)
    (dead,) = asking(Scope.READ).get("/api/v1/deliveries?state=dead").json()
    assert (dead["destination"], dead["log"][0]["error"]) == ("inbox", "the receiver is away")
    assert asking(Scope.REVIEW).post("/api/v1/deliveries/retry").status_code == 403
    assert asking(Scope.ADMIN).post("/api/v1/deliveries/retry").json() == {"queued": 1}
    assert asking(Scope.READ).get("/api/v1/deliveries?state=dead").json() == []
