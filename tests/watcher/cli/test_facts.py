"""Test `watcher facts`: what the parser reads in a text, as JSON for scripts and as lines for people."""

from pathlib import Path

from tests.cases import for_each
from tests.command import run_watcher
from watcher import parse
from watcher.cli.diff import facts_json, facts_lines

TEXT = """\
Ravn is the largest port.<ref name="a">{{cite web|title=Ports|url=https://a.example/}}</ref>
[[File:Ravn.jpg|thumb|The harbour]]

== People ==
In 2012 it had 21,000 people.
"""


def test_every_kind_has_its_list_and_a_statistic_says_where_it_stands_and_what_supports_it():
    written = facts_json(parse(TEXT))
    assert set(written) == {"sections", "figures", "references", "statistics", "claims", "tags", "unread"}
    assert [item["file"] for item in written["figures"]] == ["Ravn.jpg"]
    assert [item["title"] for item in written["references"]] == ["Ports"]
    assert written["claims"][0]["references"] == ["a"]
    assert "year" in {item["measure"] for item in written["statistics"]}
    [statistic] = [item for item in written["statistics"] if item["measure"] == "count"]
    assert (statistic["value"], statistic["section"], statistic["where"]) == ("21000", ["People"], "prose")
    assert (statistic["references"], statistic["sentence"]) == ([], "In 2012 it had 21,000 people.")
    assert not any(facts_json(parse("")).values())


def test_people_read_a_line_for_each_fact():
    lines = list(facts_lines(parse(TEXT)))
    assert "  People" in lines
    assert "  Ravn.jpg: The harbour" in lines
    assert "References: 1" in lines
    assert "Statistics: 1" in lines  # years are listed for scripts only
    assert any("NO SOURCE" in line and "21,000" in line for line in lines)
    assert any(line.startswith("not read: ") for line in facts_lines(parse("{{" * 50 + "a")))


@for_each("options", [(), ("--format", "json")])
def test_a_text_cannot_steer_the_terminal(options: tuple[str, ...], tmp_path: Path):
    written = "In 2012, 21 million\x1b]0;title\x07 victims\u202e were counted.\n[[File:A\x1b[2J.jpg|thumb|cap\x9b2J]]"
    (tmp_path / "page").write_text(written)
    done = run_watcher(tmp_path, "facts", "page", *options)
    assert done.returncode == 0
    assert "21 million" in done.stdout
    assert set(done.stdout).isdisjoint("\x1b\x07\x9b\u202e")
