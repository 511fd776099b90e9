"""What the parser sees of a text, as JSON for scripts and as lines for people."""

from __future__ import annotations

from watcher import parse
from watcher.cli.diff import facts_json, facts_text

TEXT = """\
Ravn is the largest port.<ref name="a">{{cite web|title=Ports|url=https://a.example/}}</ref>
[[File:Ravn.jpg|thumb|The harbour]]

== People ==
In 2012 it had 21,000 people.
"""


def test_every_kind_has_its_list():
    written = facts_json(parse(TEXT))
    assert set(written) == {"sections", "figures", "references", "statistics", "claims", "tags", "unread"}
    assert [item["file"] for item in written["figures"]] == ["Ravn.jpg"]
    assert [item["title"] for item in written["references"]] == ["Ports"]
    assert written["claims"][0]["references"] == ["a"]


def test_a_statistic_says_where_it_stands_and_what_supports_it():
    [statistic] = [item for item in facts_json(parse(TEXT))["statistics"] if item["measure"] == "count"]
    assert (statistic["value"], statistic["section"], statistic["where"]) == ("21000", ["People"], "prose")
    assert statistic["references"] == []
    assert statistic["sentence"] == "In 2012 it had 21,000 people."


def test_years_are_listed_for_scripts_and_left_out_for_people():
    assert "year" in {item["measure"] for item in facts_json(parse(TEXT))["statistics"]}
    assert "Statistics: 1\n" in facts_text(parse(TEXT))


def test_people_read_a_line_for_each_fact():
    lines = facts_text(parse(TEXT)).splitlines()
    assert "  People" in lines
    assert "  Ravn.jpg: The harbour" in lines
    assert "References: 1" in lines
    assert any("NO SOURCE" in line and "21,000" in line for line in lines)


def test_what_could_not_be_read_is_said():
    assert "not read: " in facts_text(parse("{{" * 50 + "a"))


def test_an_empty_text_states_nothing():
    assert not any(facts_json(parse("")).values())
