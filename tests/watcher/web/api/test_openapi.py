from __future__ import annotations

from fastapi import FastAPI

from tests.watcher.web.conftest import WebClient
from watcher.web.api.routes import document
from watcher.web.auth.authorization import route_permissions


def test_every_call_is_described_with_its_scope_and_its_refusals(site: FastAPI):
    paths = document()["paths"]
    routes = {(rule.path, method.lower()) for rule in route_permissions(site.routes) for method in rule.methods}
    described = {(path, method) for path, methods in paths.items() for method in methods}
    hidden = {("/api/v1", "get"), ("/api/v1/openapi.json", "get")}
    assert described == {route for route in routes if route[0].startswith("/api/")} - hidden
    for methods in paths.values():
        for operation in methods.values():
            assert operation["x-scope"] in ("read", "review", "admin")
            assert operation["security"] == [{"token": []}, {"session": []}]
            assert operation["description"]
            assert {"401", "403", "422"} <= set(operation["responses"])


def test_the_page_for_people_lists_all_calls_and_loads_nothing_from_elsewhere(bot: WebClient):
    page = bot.get("/api/v1").text
    assert "PATCH /api/v1/watches" in page
    assert "https://" not in page
    assert bot.get("/api/v1/openapi.json").json() == document()
