"""Test that a pinned sentence missing from its article is named with the closest sentence."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.flows.harness import TEXT, WikiHarness
from tests.watcher.cli.conftest import inbox, watcher
from tests.watcher.services.stories import Player, story_test
from watcher.errors import ConfigError, InputError
from watcher.services.alerting.mutes import find_missing
from watcher.services.operations.probes import run_checks
from watcher.services.watchlist import pin_sentence

__all__ = ["inbox", "watcher"]
PIN = "In 2012, the survey counted 21 million boats in all harbours."
OTHER_YEAR = PIN.replace("2012", "2016")


class PinPlayer(Player):
    """Plays stories of a page with pinned sentences."""

    def missing(self, *messages: str) -> None:
        """What is said of pinned sentences and named statistics that the article does not have."""
        with self.world.services() as services:
            result = [*find_missing(services.index, services.watchlist.watches)]
        assert [pin.message for pin in result] == [*messages]

    def pinned(self, *summaries: str) -> None:
        """The severity and the beginning of each notice about a pinned sentence in the newest alert."""
        notices = [notice for notice in self.world.alerts()[-1].alert.notices if "pinned" in notice.summary]
        seen = [f"{notice.severity.label} {notice.kind.value} {notice.summary}" for notice in notices]
        assert [text[: len(begin)] for text, begin in zip(seen, summaries, strict=True)] == [*summaries]


test_a_pinned_sentence = story_test(__file__, {"PIN": PIN}, PinPlayer)


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


def test_doctor_status_and_check_name_what_is_missing(world: WikiHarness, watcher: Callable[..., Any]):
    world.edit(f"== Boats and ships ==\n{TEXT}")
    sections, labels = ["boats and SHIPS", "boats and sloops", "Mars"], [{"label": "botas", "low": "1"}]
    world.watch("Tide", claims=[PIN, OTHER_YEAR], statistic=labels, sections=sections)
    lacks = "Tide: the article has no heading “{}”, which its `sections` name"
    lines = [
        f"Tide: the pinned sentence “{OTHER_YEAR}” is not in the article; the closest sentence is “{PIN}”",
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
