import json
from collections.abc import Callable

from watcher.model import Comparison, Kind
from watcher.report import report


def test_every_change_is_there_in_document_order(all_kinds: Comparison):
    told = json.loads(report(all_kinds, "json"))
    assert [change["kind"] for change in told["changes"]] == [kind.value for kind in Kind]
    assert told["changes"] == json.loads(json.dumps([finding.to_dict() for finding in all_kinds.findings]))
    assert told["article"] == {"wiki": "wiki.example.org", "page_id": 12, "title": "Bridge tolls"}
    assert (told["before"]["id"], told["after"]["editor"]) == (100, "203.0.113.9")
    assert told["unread"] == [{"reason": "braces that never close", "section": []}]


def test_two_plain_texts_have_no_article():
    told = json.loads(report(Comparison(), "json"))
    assert (told["article"], told["before"], told["changes"]) == (None, None, [])


def test_hostile_text_comes_back_as_it_was(soak: Callable[[str], Comparison], hostile: str):
    shown = report(soak(hostile), "json")
    assert json.loads(shown)["unread"][0]["reason"] == hostile
    shown.encode()
