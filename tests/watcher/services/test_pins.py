"""Test that a pinned sentence missing from its article is named with the closest sentence."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.harness import CHANGED, TEXT, WikiHarness
from tests.watcher.cli.conftest import inbox, watcher
from watcher.errors import ConfigError, InputError
from watcher.model import Severity
from watcher.services.mutes import Unmatched, find_missing
from watcher.services.probes import run_checks
from watcher.services.watchlist import pin_sentence

__all__ = ["inbox", "watcher"]
PIN = "In 2012, the survey counted 21 million boats in all harbours."
OTHER_YEAR = PIN.replace("2012", "2016")


def missing(world: WikiHarness) -> list[Unmatched]:
    with world.services() as services:
        return [*find_missing(services.archive, services.watchlist, services.watchlist.watches)]


def pinned(world: WikiHarness, *sentences: str) -> WikiHarness:
    world.watch("Tide", claims=[*sentences]).check()
    return world


def test_a_sentence_that_is_there_is_not_missing(either_world: WikiHarness):
    assert missing(pinned(either_world, PIN, "  “Every harbour keeps a table of its own on the wall”")) == []


def test_a_sentence_that_differs_in_a_digit_is_missing_and_the_other_one_offered(either_world: WikiHarness):
    (pin,) = missing(pinned(either_world, OTHER_YEAR))
    assert (pin.words, pin.closest) == (OTHER_YEAR, PIN)
    assert pin.message == (
        f"the pinned sentence “{OTHER_YEAR}” is nowhere in the article; the closest sentence is “{PIN}”"
    )


def test_nothing_is_offered_where_nothing_is_like_it(world: WikiHarness):
    (pin,) = missing(pinned(world, "Zinc melts at 420 degrees."))
    assert pin.message == "the pinned sentence “Zinc melts at 420 degrees.” is nowhere in the article"


def test_a_change_of_the_other_sentence_is_no_change_of_the_missing_one(world: WikiHarness):
    pinned(world, OTHER_YEAR)
    (outcome,) = world.edit_and_check(CHANGED)
    assert outcome.comparison is not None
    assert [finding.change.is_pinned for finding in outcome.comparison.findings] == [False]
    assert outcome.comparison.worst is Severity.HIGH


def test_a_sentence_that_vanishes_is_an_alert_and_missing_from_then_on(either_world: WikiHarness):
    world = pinned(either_world, PIN)
    world.edit_and_check(TEXT.replace("In 2012, the survey counted 21 million boats in all harbours.", ""))
    (delivery,) = world.alerts()
    (notice,) = (notice for notice in delivery.alert.notices if "pinned" in notice.summary)
    assert (notice.severity, notice.summary) == (Severity.CRITICAL, f"pinned claim removed: “{PIN}”")
    assert [pin.words for pin in missing(world)] == [PIN]
    world.edit_and_check(TEXT)
    assert missing(world) == []
    assert [delivery.alert.topic.value for delivery in world.alerts()][-1] in ("resolved", "change")


def test_the_statistic_of_a_pinned_sentence_is_one_notice(world: WikiHarness):
    pinned(world, PIN)
    world.edit_and_check(CHANGED)
    (delivery,) = world.alerts()
    (notice,) = delivery.alert.notices
    assert (notice.kind.value, notice.severity) == ("statistic.changed", Severity.CRITICAL)
    assert notice.summary.startswith("pinned claim: 21 million → 25 million boats")


def test_a_pin_follows_a_page_that_is_moved(either_world: WikiHarness):
    world = pinned(either_world, PIN)
    world.store.move("Tide", "Tides")
    world.check()
    assert missing(world) == []
    world.edit_and_check(CHANGED, "Tides")
    assert any("pinned claim" in notice.summary for row in world.alerts() for notice in row.alert.notices)
    (pin,) = missing(world)
    assert (pin.watch.title, pin.closest) == ("Tide", PIN.replace("21", "25"))


def test_an_article_that_was_never_checked_has_no_missing_pins(world: WikiHarness):
    world.watch("Ebb", claims=[PIN])
    assert missing(world) == []


def test_a_pinned_sentence_gives_way_to_its_new_wording_or_is_unpinned(watcher: Callable[..., Any], world: WikiHarness):
    gone, other = PIN.replace("21", "20"), "The pilot is on board."
    world.watch("Tide", claims=[gone, other])
    watcher("check")

    def pinned() -> tuple[str, ...]:
        with world.services() as services:
            return services.watchlist.watches[0].claims

    assert watcher("pin", "Tide", PIN, "--instead-of", gone).out == f"Tide: pinned “{PIN}”\n"
    assert pinned() == (PIN, other)
    refused = watcher("unpin", "Tide", "lighthouse")
    assert (refused.code, refused.err.count("\n")) == (2, 1)
    assert f"no pinned sentence has “lighthouse”; pinned: “{PIN}”; “{other}”" in refused.err
    assert "more than one pinned sentence has “the”" in watcher("unpin", "Tide", "the").err
    assert pinned() == (PIN, other)
    assert watcher("unpin", "Tide", "PILOT").out.startswith(f"Tide: no longer pinned “{other}”")
    watcher("unpin", "Tide", PIN)
    assert pinned() == ()


def test_a_sentence_is_pinned_by_a_command_once_and_only_when_it_is_there(
    watcher: Callable[..., Any], world: WikiHarness
):
    watcher("check")
    before = world.path.read_text()
    refused = watcher("pin", "Tide", OTHER_YEAR)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.count("\n") == 1
    assert f"has no sentence “{OTHER_YEAR}”, nothing was pinned; the closest sentence is “{PIN}”" in refused.err
    assert world.path.read_text() == before
    assert watcher("pin", "Tide", PIN).out == f"Tide: pinned “{PIN}”\n"
    assert watcher("pin", "Tide", f" {PIN} ").out == f"Tide: was pinned already: “{PIN}”\n"
    with world.services() as services:
        (watch,) = services.watchlist.watches
        assert watch.claims == (PIN,)
        with pytest.raises(InputError, match="copy one from the article"):
            pin_sentence(services, watch, " ")
    with pytest.raises(ConfigError, match="is not in"), world.services() as services:
        services.index.find("Neap")


def labelled(world: WikiHarness, *labels: str) -> list[tuple[str, str]]:
    world.watch("Tide", statistic=[{"label": label, "low": "1"} for label in labels]).check()
    with world.services() as services:
        result = find_missing(services.archive, services.watchlist, services.watchlist.watches)
        return [(item.words, item.message) for item in result]


def test_a_label_that_names_no_statistic_is_missing_and_the_unit_like_it_offered(either_world: WikiHarness):
    box = "{{Infobox sea\n| depth = 1,200\n}}\n"
    either_world.edit(box + TEXT)
    assert labelled(either_world, "boat", "survey BOATS", "harbours 2012", "depth", "botas", "lighthouses of Mars") == [
        ("botas", "no statistic of the article has the words “botas”; did you mean “boats”?"),
        ("lighthouses of Mars", "no statistic of the article has the words “lighthouses of Mars”"),
    ]


def test_doctor_status_and_check_name_what_is_missing(world: WikiHarness, watcher: Callable[..., Any]):
    world.edit(f"== Boats and ships ==\n{TEXT}")
    sections, labels = ["boats and SHIPS", "boats and sloops", "Mars"], [{"label": "botas", "low": "1"}]
    world.watch("Tide", claims=[PIN, OTHER_YEAR], statistic=labels, sections=sections)
    lacks = "Tide: the article has no heading “{}”, as its `sections` name it"
    lines = [
        f"Tide: the pinned sentence “{OTHER_YEAR}” is nowhere in the article; the closest sentence is “{PIN}”",
        "Tide: no statistic of the article has the words “botas”; did you mean “boats”?",
        f"{lacks.format('boats and sloops')}; did you mean “Boats and ships”?",
        lacks.format("Mars"),
    ]
    assert [line for line in watcher("check").out.splitlines() if line.startswith("! ")] == [
        f"! {each}" for each in lines
    ]
    stated = watcher("status").out
    assert all(line in stated for line in lines)
    reported = json.loads(watcher("status", "--format", "json").out)
    page = {"wiki": "w", "title": "Tide"}
    assert reported["missing_pins"] == [page | {"sentence": OTHER_YEAR, "closest": PIN}]
    assert reported["missing_statistics"] == [page | {"label": "botas", "closest": "boats"}]
    assert [item["heading"] for item in reported["missing_headings"]] == ["boats and sloops", "Mars"]
    subjects = ("pinned sentences", "named statistics", "sections")
    diagnoses = [each for each in run_checks(world.path, {}, now=world.clock) if each.subject in subjects]
    assert [(each.level.value, each.message) for each in diagnoses] == [("warn", line) for line in lines]
