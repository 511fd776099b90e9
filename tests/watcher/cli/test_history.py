import csv
import io
import json
from xml.etree import ElementTree as ET

import pytest

from tests.dumps import export
from tests.flows.harness import CHANGED, SOURCE, TEXT, WikiHarness

OTHER = "<ref>{{cite web |title=Harbour census |url=https://census.example.org/harbours/all}}</ref>"


@pytest.fixture
def edited(world: WikiHarness) -> WikiHarness:
    """A page whose figure was changed and put back, and then got another source."""
    world.edit(CHANGED, editor="Gull")
    world.edit(TEXT, editor="Tern")
    world.edit(TEXT.replace(SOURCE, OTHER), editor="Auk")
    return world


@pytest.mark.usefixtures("edited")
def test_json_csv_and_svg_stand_alone_on_standard_output(watcher):
    timelines = json.loads(watcher("history", "Tide", "--format", "json").out)
    rows = list(csv.DictReader(io.StringIO(watcher("history", "Tide", "--format", "csv").out)))
    assert {live["subject"] for live in timelines} >= {"statistic", "reference"}
    assert len(rows) == sum(len(live["episodes"]) for live in timelines)
    done = watcher("history", "Tide", "--statistic", "boats", "--format", "svg")
    drawing = ET.fromstring(done.out.encode())
    links = [link.get("href", "") for link in drawing.iter("{http://www.w3.org/2000/svg}a")]
    assert [link.partition("?")[2] for link in links[:2]] == ["oldid=1", "diff=2&oldid=1"]


def test_a_dump_is_imported_without_the_wiki_and_a_broken_one_is_one_line(watcher, edited: WikiHarness):
    dump = edited.folder / "tide.xml"
    dump.write_bytes(export(edited.store, "Tide"))
    edited.wiki.requests.clear()
    done = watcher("history", "Tide", "--dump", str(dump), "--offline", "--statistic", "boats")
    assert (done.code, [*edited.wiki.requests]) == (0, [])
    assert f"Tide: 4 revisions in {dump}, 4 of them new" in done.err
    assert "lasted 1 minute, undone by Tern in 3" in done.out
    dump.write_bytes(dump.read_bytes()[:-100])
    assert watcher("history", "Tide", "--dump", str(dump)).refuses()


def test_blame_names_the_revisions_in_which_the_value_and_its_source_can_be_read_first(watcher, edited: WikiHarness):
    now = edited.store.by_title["Tide"].revisions[-1].text
    edited.edit("It rises and falls.", editor="Vandal")
    edited.edit(now, editor="Tern")
    edited.edit(now.replace("21 million", "22 million"), editor="Knot")
    edited.edit(now.replace("21 million", "22 million").replace("== Harbours", "== Ports"), editor="Plover")
    edited.edit(now.replace("21 million", "23 million").replace("== Harbours", "== Ports"), editor="Skua")
    edited.edit(now.replace("21 million", "22 million").replace("== Harbours", "== Ports"), editor="Plover")
    (boats,) = json.loads(watcher("blame", "Tide", "--format", "json").out)
    texts = {saved.id: saved.text for saved in edited.store.by_title["Tide"].revisions}
    assert boats["value_by"]["id"] == min(number for number, text in texts.items() if "22 million" in text) == 7
    assert boats["source_by"]["id"] == min(number for number, text in texts.items() if OTHER in text) == 4


def test_what_is_stored_is_not_fetched_again_and_shown_of_a_page_that_was_deleted(watcher, edited: WikiHarness):
    watcher("history", "Tide")
    edited.wiki.requests.clear()
    watcher("history", "Tide")
    assert not [query for query in edited.wiki.requests if "content" in query.get("rvprop", "").split("|")]
    edited.store.delete("Tide")
    done = watcher("history", "Tide", "--statistic", "boats")
    assert done.code == 3
    assert "showing what is stored" in done.err
    assert "25 million" in done.out


@pytest.mark.parametrize("command", ["history", "blame"])
def test_what_is_stored_is_shown_without_asking_the_wiki(watcher, edited: WikiHarness, command: str):
    asked = watcher(command, "Tide").out
    edited.wiki.requests.clear()
    edited.wiki.refuse(99)
    done = watcher(command, "Tide", "--offline")
    assert (done.code, done.out, list(edited.wiki.requests)) == (0, asked, [])
