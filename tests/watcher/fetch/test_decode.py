"""Test decoding with synthetic answers: each is the smallest that shows one quirk of the Action API."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.cases import for_each
from watcher.errors import Corrupt, Refused, WatcherError
from watcher.fetch import decode, pages
from watcher.fetch.decode import maybe_int, require, timestamp

TEXT = {"contentmodel": "wikitext", "contentformat": "text/x-wiki", "content": "Hello."}
REVISION: dict[str, Any] = {
    "revid": 8, "parentid": 7, "minor": True, "user": "Ann", "timestamp": "2026-01-02T03:04:05Z", "size": 6,
    "sha1": "ab", "slots": {"main": TEXT}, "comment": "why", "tags": ["mw-undo"],
}  # fmt: skip


def holding(*revisions: dict[str, Any], **page: Any) -> dict[str, Any]:
    return {"query": {"pages": [{"pageid": 2, "ns": 0, "title": "T", "revisions": list(revisions), **page}]}}


def snapshot(entry: dict[str, Any], *, with_text: bool = True) -> Any:
    return decode.snapshots("T on example", holding(entry), "example", with_text=with_text)[0]


def without(*keys: str) -> dict[str, Any]:
    return {key: value for key, value in REVISION.items() if key not in keys}


def test_a_revision_is_read_whole() -> None:
    assert snapshot(REVISION).wikitext == "Hello."
    revision = snapshot(REVISION).revision
    assert (revision.id, revision.parent_id, revision.at) == (8, 7, datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC))
    assert (revision.minor, revision.tags, revision.size, revision.sha1) == (True, ("mw-undo",), 6, "ab")
    assert (revision.content_model, revision.text_hidden) == ("wikitext", False)
    assert (revision.article.wiki, revision.article.page_id, revision.article.title) == ("example", 2, "T")


def test_hidden_values_are_none() -> None:
    hidden = without("user", "comment", "sha1") | {
        "userhidden": True, "commenthidden": True, "sha1hidden": True, "suppressed": True,
        "slots": {"main": {"contentmodel": "wikitext", "texthidden": True}},
    }  # fmt: skip
    got = snapshot(hidden)
    assert (got.wikitext, got.revision.editor, got.revision.comment, got.revision.sha1) == (None, None, None, None)
    assert got.revision.text_hidden


def test_a_value_that_stands_beside_its_flag_is_taken() -> None:
    seen = REVISION | {"userhidden": True, "commenthidden": True, "slots": {"main": TEXT | {"texthidden": True}}}
    got, text = snapshot(seen).revision, snapshot(seen).wikitext
    assert (text, got.editor, got.comment, got.text_hidden) == ("Hello.", "Ann", "why", False)
    # Cut or refused: an index of PostgreSQL holds 2,704 bytes, and nothing was stored of a page with a longer name.
    assert len(snapshot(REVISION | {"user": "\U00020000" * 9_000}).revision.editor.encode()) <= 2_400
    with pytest.raises(Corrupt, match="a title of 601 characters"):
        decode.snapshots("T", holding(REVISION, title="T" * 601), "example", with_text=True)


def test_a_hidden_text_shows_by_its_sha1_where_no_text_was_asked_for() -> None:
    entry = without("sha1") | {"sha1hidden": True, "slots": {"main": {"contentmodel": "wikitext"}}}
    assert snapshot(entry, with_text=False).revision.text_hidden
    assert not snapshot(REVISION | {"slots": {"main": {}}}, with_text=False).revision.text_hidden


def test_what_is_empty_lost_missing_or_new_is_read_as_such() -> None:
    assert snapshot(REVISION | {"slots": {"main": TEXT | {"content": ""}}}).wikitext == ""
    lost = snapshot(REVISION | {"slots": {"main": {"textmissing": True}}})
    assert (lost.wikitext, lost.revision.text_hidden) == (None, False)
    assert snapshot(without("parentid")).revision.parent_id == 0
    assert snapshot(REVISION | {"novelty": [1], "roles": ["main"]}).revision.id == 8  # keys of later versions
    got = {"batchcomplete": True, "query": {"pages": [{"pageid": 2, "ns": 0, "title": "T"}]}}
    assert decode.snapshots("T", got, "example", with_text=True) == ()


@for_each(("less", "more", "lacks"))
def test_a_revision_without_what_matters_is_not_taken(less: str, more: dict[str, Any], lacks: str) -> None:
    with pytest.raises(Corrupt, match=lacks):
        snapshot(without(less) | more)


@for_each(("got", "error"))
def test_an_answer_without_the_page_says_what_is_wrong(got: str, error: str) -> None:
    with pytest.raises(WatcherError, match="T on example") as raised:
        decode.snapshots("T on example", json.loads(got), "example", with_text=True)
    assert type(raised.value).__name__ == error


@for_each(("body", "content_type", "expected"))
def test_a_body_that_is_no_json_object_is_corrupt(body: str, content_type: str, expected: str) -> None:
    with pytest.raises(Corrupt, match=expected):
        decode.parse_json("T", body.encode("latin-1"), content_type)
    with pytest.raises(Corrupt, match="not JSON or was cut short"):
        decode.parse_json("T", b"[" * 200_000, "application/json")


@for_each(("code", "error"))
def test_an_error_inside_http_200_is_named_for_what_to_do_next(code: str, error: str) -> None:
    for got in ({"error": {"code": code, "info": "Why."}}, {"errors": [{"code": code, "text": "Why."}]}):
        trouble = decode.error("T on example", got, 5.0)
        assert type(trouble).__name__ == error
        assert str(trouble).startswith(f"T on example: the wiki answers {code}: Why; ")


def test_an_error_of_a_shape_never_seen_is_still_an_error() -> None:
    assert type(decode.error("T", {"error": "down"}, None)) is Refused
    assert type(decode.error("T", {"errors": [{"info": 7}]}, None)) is Refused
    trouble = decode.error("T", {"error": {"code": "x", "info": "one\ntwo\x0bthree " + "long " * 200}}, None)
    assert ("\n" in str(trouble), len(str(trouble)) < 400) == (False, True)


@for_each(("got", "keys", "rest"))
def test_continuing_goes_by_continue_alone(got: dict[str, Any], keys: tuple[str, ...], rest: dict[str, str]) -> None:
    assert decode.continuation("w", got, *keys) == rest


def test_pages_of_an_answer_cut_short_are_put_together() -> None:
    bare = {"pageid": 2, "ns": 0, "title": "T"}
    full = bare | {"lastrevid": 9, "contentmodel": "wikitext", "touched": "2026-01-01T00:00:00Z"}
    got = pages.lookup("T", "example", [{"query": {"pages": [bare]}}, {"query": {"pages": [full]}}])
    assert got.by_title["T"].latest == 9
    with pytest.raises(Corrupt, match="lacks 'lastrevid'"):
        pages.lookup("T", "example", [{"query": {"pages": [bare]}}])


@for_each(("entries", "expected"))
def test_protection_says_who_alone_may_do_what(entries: tuple[dict[str, Any], ...], expected: str) -> None:
    page = {"pageid": 7, "ns": 0, "title": "A", "lastrevid": 1, "protection": [*entries]}
    assert pages.lookup("T", "example", [{"query": {"pages": [page]}}]).by_id[7].protection == expected


def test_a_wiki_s_own_names_come_lower_case_and_once() -> None:
    got = {
        "query": {
            "general": {"lang": "de"},
            "namespaces": {
                "0": {"id": 0, "name": ""},
                "6": {"id": 6, "name": "Datei", "canonical": "File"},
                "14": {"id": 14, "name": "Kategorie", "canonical": "Category"},
                "1": {"id": 1, "name": "Diskussion", "canonical": "Talk"},
                "10": {"id": 10, "name": "Vorlage", "canonical": "Template"},
                "-1": {"id": -1, "name": "Spezial", "canonical": "Special"},
            },
            "namespacealiases": [{"id": 6, "alias": "Bild"}, {"id": 6, "alias": "Image"}, {"id": 1, "alias": "Disk"}],
            "interwikimap": [{"prefix": "en", "url": "https://en.wikipedia.org/wiki/$1"}],
        }
    }
    dialect = decode.dialect("site", got)
    assert dialect.language == "de"
    assert dialect.file_namespaces == ("datei", "file", "bild", "image")
    assert dialect.category_namespaces == ("kategorie", "category")
    assert dialect.template_namespaces == ("vorlage", "template")
    assert dialect.talk_namespaces == ("diskussion", "talk", "disk")
    assert dialect.interwiki == ("en",)


ANN: dict[str, Any] = {
    "userid": 4, "name": "Ann", "groups": ["*", "user", "sysop"], "rights": ["edit", "block"],
    "registration": "2026-01-01T00:00:00Z", "editcount": 12,
}  # fmt: skip


def accounts(*entries: dict[str, Any]) -> list[decode.Account]:
    return list(decode.accounts("accounts on example", {"query": {"users": list(entries)}}))


def test_an_account_has_its_groups_without_those_of_everybody() -> None:
    (account,) = accounts(ANN)
    assert (account.name, account.groups, account.bot, account.edit_count) == ("Ann", ("sysop",), False, 12)
    (account,) = accounts(ANN | {"groups": ["flood"], "rights": ["edit", "bot"]})
    assert account.bot  # who has the right of bots, whatever the group is called
    nobody = [{"name": "192.0.2.1", "invalid": True}, {"name": "Gone", "missing": True}, {"name": "No number"}]
    assert accounts(*nobody) == []


@for_each(
    ("more", "day", "new"),
    [({}, 4, True), ({}, 5, False), ({"editcount": 9}, 9, True), ({"registration": None}, 1, False)],
)
def test_an_account_is_new_until_four_days_and_ten_edits(more: dict[str, Any], day: int, new: object) -> None:
    (account,) = accounts(ANN | more)
    assert account.is_new(datetime(2026, 1, day, tzinfo=UTC)) is new


def test_an_account_with_an_absurd_answer_is_refused_or_read_as_plain() -> None:
    with pytest.raises(Corrupt):
        accounts(ANN | {"registration": "long ago"})
    (account,) = accounts(ANN | {"groups": "sysop", "rights": 3, "editcount": "many"})
    assert (account.groups, account.bot, account.edit_count) == ((), False, 0)


def test_a_number_that_no_database_stores_is_corrupt() -> None:
    for number in (2**63, 10**30, -(2**63) - 1):
        with pytest.raises(Corrupt, match="unexpected 'revid'"):
            require("T", {"revid": number}, "revid", int)
        assert maybe_int(number) is None
    assert require("T", {"revid": 2**63 - 1}, "revid", int) == 2**63 - 1


@for_each("text", ["yesterday", "2026-01-01T00:00:00", "", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_without_a_zone_is_corrupt(text: str) -> None:
    with pytest.raises(Corrupt, match="unexpected timestamp"):
        timestamp("T", text)
