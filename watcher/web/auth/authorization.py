"""Declare the required scope of every route; a route that declares none is denied to everybody."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from fastapi import HTTPException, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts
from starlette.routing import BaseRoute

from snapshots import Scope

Declared = TypeVar("Declared", bound=Callable[..., Any])
_DECLARED: Final = "watcher_needs"


def require(scope: Scope | None, what: Declared) -> Declared:
    """Declare the scope that an endpoint, or a dependency of endpoints, requires; None for nothing."""
    setattr(what, _DECLARED, scope)
    return what


def public(endpoint: Declared) -> Declared:
    """Let everybody use an endpoint."""
    return require(None, endpoint)


@dataclass(frozen=True, slots=True, kw_only=True)
class RoutePermission:
    """One route: whether it is `declared`, and the scope that it needs (None for nothing)."""

    path: str
    pattern: re.Pattern[str]
    methods: frozenset[str]
    endpoint: Callable[..., Any] | None
    declared: bool
    needs: Scope | None


def route_permissions(routes: Sequence[BaseRoute]) -> tuple[RoutePermission, ...]:
    """Return the permissions of all routes, in the order in which they match.

    A route needs the most that it or one of its dependencies declares.
    """
    rules = []
    for route in iter_route_contexts(routes):
        calls = [route.endpoint, *_dependencies(getattr(route, "dependant", None))]
        declared = [getattr(call, _DECLARED) for call in calls if hasattr(call, _DECLARED)]
        asked = [scope for scope in declared if scope is not None]
        rules.append(
            RoutePermission(
                path=route.path or "",
                pattern=route.path_regex,
                methods=frozenset(route.methods or ()),
                endpoint=route.endpoint,
                declared=bool(declared),
                needs=next((scope for scope in asked if all(scope.includes(other) for other in asked)), None),
            )
        )
    return tuple(rules)


def _dependencies(dependant: Dependant | None) -> Iterator[Callable[..., Any] | None]:
    for item in dependant.dependencies if dependant else ():
        yield item.call
        yield from _dependencies(item)


def permission_for(rules: Sequence[RoutePermission], path: str, method: str) -> RoutePermission | None:
    """Return the first rule that this request falls under; None where the answer is 404 or 405 anyway."""
    for rule in rules:
        # A mounted application names no methods: it answers all, so it is asked for its declaration as well.
        if rule.pattern.match(path) and (method in rule.methods or not rule.methods):
            return rule
    return None


def assert_authorized(request: Request) -> None:
    """Refuse an endpoint that is not the one which AuthMiddleware let the request through to.

    A dependency of every route: should router and middleware ever match a request differently, nothing runs.
    """
    if request.scope.get("endpoint") is not getattr(request.state, "admitted", None):
        raise HTTPException(403)
