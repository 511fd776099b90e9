"""Test edits of several people within one check: alert, message, queue and feed name each for their own."""

from __future__ import annotations

from tests.flows.harness import CHANGED, SOURCE, TEXT, WikiHarness
from watcher.model import Alert
from watcher.notify.messages import compose

HALLS = "\nSome 4,200 people work in 12 halls.\n\n== Law ==\nSailing was forbidden in 1931.\n"


BOTH = CHANGED.replace("Every harbour keeps", "No harbour keeps")


def only_alert(world: WikiHarness) -> Alert:
    (delivery,) = world.alerts()
    return delivery.alert


def test_the_editor_of_a_comma_is_not_named_for_the_figure(either_world: WikiHarness) -> None:
    world = either_world
    world.check()
    number = world.edit(CHANGED, editor="Vandal", comment="fix typo")
    world.edit_and_check(CHANGED.replace("on the wall", "on a wall"), editor="Alice", comment="article")
    alert = only_alert(world)
    assert [(edit.id, edit.editor, edit.comment) for edit in alert.notices[0].edits] == [(number, "Vandal", "fix typo")]
    text = compose(alert).text
    assert "by Vandal" in text
    assert "“fix typo”" in text
    assert "Alice" not in text
    assert f"diff={number}&oldid={number - 1}" in text
    (finding,) = (finding for finding in world.findings() if finding.editor == "Vandal")
    assert (finding.kind, finding.body["revision"]["editor"]) == ("statistic.changed", "Vandal")


def test_two_editors_of_two_figures_are_named_beside_their_own(world: WikiHarness) -> None:
    world.edit_and_check(TEXT + HALLS)
    world.edit(CHANGED + HALLS, editor="Ann")
    world.edit_and_check(CHANGED + HALLS.replace("4,200", "4,900"), editor="Ben")
    alert = only_alert(world)
    assert [notice.edits[0].editor for notice in alert.notices] == ["Ann", "Ben"]
    lines = compose(alert).text.splitlines()
    assert any("25 million" in line and line.endswith("by Ann") for line in lines)
    assert any("4,900" in line and line.endswith("by Ben") for line in lines)
    assert any(line.startswith("by Ann, Ben, ") for line in lines)


def test_an_alert_that_replaces_an_unsent_one_names_the_editors_of_both(world: WikiHarness) -> None:
    world.edit_and_check(TEXT + HALLS)
    world.edit_and_check(CHANGED + HALLS, editor="Ann")
    world.edit_and_check(CHANGED + HALLS.replace("4,200", "4,900"), editor="Ben")
    alert = world.alerts()[-1].alert
    assert {notice.edits[0].editor for notice in alert.notices} == {"Ann", "Ben"}


def test_a_page_replaced_is_one_notice_and_a_count(world: WikiHarness) -> None:
    long = TEXT + "".join(f"\nIn hall {n} of the year, {1_000 + n * 7} people mend boats.{SOURCE}\n" for n in range(60))
    world.edit_and_check(long)
    world.edit_and_check(long.replace("1,", "2,")[: len(TEXT)], editor="Vandal")
    alert = only_alert(world)
    assert [str(notice.severity.label) for notice in alert.notices] == ["critical"]
    assert alert.not_listed > 10
    assert f"{alert.not_listed} further changes not listed" in compose(alert).text


def test_an_edit_beside_the_one_that_replaced_the_page_is_still_listed(world: WikiHarness) -> None:
    rest = "".join(f"\nSome {1_000 + n * 7} people mend boats in hall {n}.\n" for n in range(60))
    world.edit_and_check(TEXT + rest)
    world.edit(TEXT + rest.replace("1000", "9000"), editor="Ann")
    world.edit(CHANGED, editor="Vandal")
    world.edit_and_check(CHANGED.replace("Every harbour keeps", "No harbour keeps"), editor="Ben")
    assert {edit.editor for notice in only_alert(world).notices for edit in notice.edits} == {"Vandal", "Ben"}


def test_a_value_that_goes_to_and_fro_is_named_as_such(either_world: WikiHarness) -> None:
    world = either_world
    reworded = TEXT.replace("on the wall", "on a wall")
    world.check()
    for number, text in enumerate((CHANGED, reworded, CHANGED)):
        world.edit_and_check(text, editor=f"192.0.2.{number}")
    newest = [finding for finding in world.findings() if finding.kind == "statistic.changed"][-1]
    assert newest.body["reasons"][-4:] == ["flipped-before", "account", "first-edit", "no-summary"]
    assert "this was changed to and fro before, in revision 3" in newest.body["explanations"]


def test_edits_that_were_undone_before_are_known_of_the_next(either_world: WikiHarness) -> None:
    world = either_world
    world.check()
    for number, text in enumerate((CHANGED, TEXT, BOTH, TEXT, CHANGED + "\n.", TEXT)):
        world.edit(text, editor="Ben" if number % 2 else "Ann")
        world.clock.advance(minutes=1)
    world.check()
    world.edit_and_check(TEXT.replace("21 million", "29 million"), editor="Ann")
    newest = max(world.findings(), key=lambda finding: finding.severity)
    assert (newest.rank, newest.body["context"]) == (
        newest.severity.lowest_rank + 3,
        {
            "points": 3,
            "known": [
                "an earlier edit by the same editor, revision 6, was undone",
                "3 of the last 7 edits of the article were undone",
                "no edit summary",
            ],
        },
    )
