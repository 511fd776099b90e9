"""Pages, revisions and uploads in, their entries in an answer of the Action API out."""

from __future__ import annotations

import ipaddress
from datetime import datetime
from typing import Any

from watcher.demo.shelf import Leaf, Passing, Saved, Upload

Json = dict[str, Any]

LANGUAGE = {"pagelanguage": "en", "pagelanguagehtmlcode": "en", "pagelanguagedir": "ltr"}
MODELS = {".json": "json", ".css": "css", ".js": "javascript"}


def about(leaf: Leaf) -> Json:
    """What prop=info says of a page."""
    latest = leaf.latest
    flags = {"redirect": leaf.target is not None, "new": len(leaf.revisions) == 1}
    return {
        "contentmodel": model(leaf.title.text), **LANGUAGE, "touched": stamp(latest.at), "lastrevid": latest.id,
        "length": len(latest.text.encode()), **{name: True for name, holds in flags.items() if holds},
    }  # fmt: skip


def revision(saved: Saved, parts: list[str], leaf: Leaf) -> Json:
    """What prop=revisions says of a revision, in the order that MediaWiki has it."""
    # In the order that MediaWiki has them; what is hidden leaves a flag in the place of its value.
    values: dict[str, Json] = {
        "ids": {"revid": saved.id, "parentid": saved.parent_id},
        "flags": {"minor": saved.minor},
        "user": {"userhidden": True} if "user" in saved.hidden else _who(saved.editor),
        "timestamp": {"timestamp": stamp(saved.at)},
        "size": {"size": len(saved.text.encode())},
        "sha1": {"sha1hidden": True} if "content" in saved.hidden else {"sha1": saved.sha1},
        "slots": {"slots": {"main": _slot(saved, parts, model(leaf.title.text))}},
        "comment": {"commenthidden": True} if "comment" in saved.hidden else {"comment": saved.comment},
        "tags": {"tags": list(saved.tags)},
    }
    asked = {*parts, "slots"} if {"content", "contentmodel"} & set(parts) else set(parts)
    chosen = [value for part, value in values.items() if part in asked]
    return {key: value for part in chosen for key, value in part.items()}


def _slot(saved: Saved, parts: list[str], model: str) -> Json:
    slot: Json = {"contentmodel": model} if "contentmodel" in parts else {}
    if "content" not in parts:
        return slot
    if "content" in saved.hidden:
        return {**slot, "texthidden": True}
    formats = {"json": "application/json", "css": "text/css", "javascript": "text/javascript"}
    return {**slot, "contentformat": formats.get(model, "text/x-wiki"), "content": saved.text}


def passing(change: Passing, parts: list[str]) -> Json:
    """What list=recentchanges says of a change; one of a log has no revisions."""
    values: dict[str, Json] = {
        "title": {"ns": change.title.namespace, "title": change.title.text},
        "ids": {"pageid": change.page_id, "revid": change.revision_id, "old_revid": 0, "rcid": change.id},
        "timestamp": {"timestamp": stamp(change.at)},
    }
    return {
        "type": change.kind,
        **{key: value for part in values if part in parts for key, value in values[part].items()},
    }


def upload(version: Upload, parts: list[str]) -> Json:
    """What prop=imageinfo says of a version of a file."""
    values: dict[str, Json] = {
        "timestamp": {"timestamp": stamp(version.at)},
        "user": {"user": version.editor},
        "comment": {"comment": version.comment},
        "url": {"url": version.url},
        "sha1": {"sha1": version.sha1},
    }
    return {key: value for part, entry in values.items() if part in parts for key, value in entry.items()}


def _who(editor: str) -> Json:
    try:
        ipaddress.ip_address(editor)
    except ValueError:
        return {"user": editor}
    return {"user": editor, "anon": True}


def model(title: str) -> str:
    """Pages of user and MediaWiki space have the model that their name ends in."""
    if not title.startswith(("User:", "MediaWiki:")):
        return "wikitext"
    return next((model for ending, model in MODELS.items() if title.endswith(ending)), "wikitext")


def stamp(at: datetime) -> str:
    """A time as the API writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
