"""Test digests: the most severe alerts first, as many as fit, the others counted."""

from dataclasses import replace

import pytest

from tests.watcher.notify.test_messages import DIFF, NEW, NOTICE, OLD, a_revision, an_alert, notices
from watcher.model import AlertTopic, Notice, Severity
from watcher.notify import compose, compose_digest
from watcher.notify.entries import fold_reversals

DEEP = "68 % of wells are deep."
LOW = replace(
    NOTICE, severity=Severity.LOW, summary="68 % → 70 % of wells", old_sentence=DEEP, new_sentence="70" + DEEP[2:]
)


def test_every_alert_is_given_the_weightiest_first():
    message = compose_digest([an_alert(LOW, title="Ebb"), an_alert(NOTICE, title="Tide")], "k-team")
    assert message.subject == "High digest: 2 findings in Tide, Ebb"
    assert message.text.splitlines()[:10] == [
        "High digest: 2 findings in Tide, Ebb",
        "",
        "Tide",
        "high · lead: 21 million → 25 million people (+19 %), same source, same year",
        f"Before: “{OLD}”",
        f"Now: “{NEW}”",
        "by Marian, 2026-03-04 05:06 UTC: “new number”",
        DIFF,
        "http://127.0.0.1:8765/comparisons/42",
        "watcher explain Tide 1234567890 1234567891",
    ]
    assert "k-team" not in message.text
    assert (message.severity, message.key) == (Severity.HIGH, "k-team")
    for body in (message.text, message.markdown, message.html):
        assert body.index("Tide") < body.index("Ebb")


def test_a_digest_of_one_alert_is_that_alert_and_strangers_words_stay_words():
    assert compose_digest([an_alert(NOTICE)], "k") == compose(an_alert(NOTICE), "k")
    with pytest.raises(ValueError, match="needs an alert"):
        compose_digest([], "k")
    hostile = replace(NOTICE, summary="<script>alert(1)</script> @everyone [x](http://e.example)")
    message = compose_digest([an_alert(hostile, title="<b>@here"), an_alert(LOW)], "k")
    assert "<script>" not in message.html
    assert "@everyone" not in message.text + message.markdown + message.html
    assert "](http://e" not in message.markdown


def test_what_does_not_fit_is_counted_and_nothing_is_cut_in_the_middle():
    message = compose_digest([an_alert(NOTICE, title=f"Article {n}") for n in range(60)], "k")
    assert "High digest: 60 findings in Article 0, Article 1 and 58 more" in message.text
    for body, limit in ((message.text, 3_500), (message.markdown, 1_800), (message.html, 3_600)):
        shown = body.count("21 million → 25 million people")
        assert shown > 1
        assert f"+{60 - shown} more alerts" in body
        assert len(body.encode() if body is message.text else body) <= limit
    message = compose_digest([replace(an_alert(*notices(40)), not_listed=37), an_alert(LOW, title="Ebb")], "k")
    assert "and 30 more: 30 statistics\n37 further changes not listed" in message.text
    assert all("37 further" in body for body in (message.markdown, message.html, message.mail))
    far = "From the north of the bay to its south, " * 20
    long = replace(NOTICE, old_sentence=far + OLD, new_sentence=far + NEW)
    text = compose_digest([an_alert(long), an_alert(LOW, title="Ebb")], "k").text
    assert text.count("at 21 million worldwide.”") == text.count("at 25 million worldwide.”") == 1


@pytest.mark.parametrize(("others", "lead"), [([LOW], "Low"), ([], "Resolved")])
@pytest.mark.parametrize("group", [False, True])
def test_what_is_resolved_raises_no_severity(others: list[Notice], lead: str, group: bool):  # noqa: FBT001  a table
    over = [replace(an_alert(NOTICE, title=title), topic=AlertTopic.RESOLVED) for title in ("Tide", "Ebb")]
    message = compose_digest([*over, *map(an_alert, others)], "k", group=group)
    assert message.subject.startswith(f"{lead}: " if group else f"{lead} digest: ")
    assert message.is_resolved is not bool(others)


@pytest.mark.parametrize("group", [False, True])
def test_what_is_resolved_has_a_part_of_its_own(group: bool):  # noqa: FBT001  a table
    over = replace(an_alert(NOTICE, title="Tide"), topic=AlertTopic.RESOLVED)
    message = compose_digest([over, an_alert(LOW, title="Ebb")], "k", group=group)
    begin = "Low: Ebb: 68 % → 70 % of wells (lead), same source" if group else "Low digest: 1 finding in Ebb"
    assert message.subject == f"{begin}; resolved: Tide"
    for body in (message.text, message.markdown, message.html, message.mail):
        end = body[body.index("Changed") :]  # behind the subject
        parts = [end.index(words) for words in ("Changed", "68 % →", "Resolved", "21 million →")]
        assert parts == sorted(parts)
    assert "\nResolved: " not in message.text


def test_a_group_lists_the_worst_of_each_article_and_names_all_others():
    alerts = [an_alert(NOTICE, LOW, title=f"Article {n}") for n in range(60)]
    message = compose_digest(alerts, "k", group=True)
    assert message.subject == "High: 60 articles changed by Marian: Article 0, Article 1 and 58 more"
    for body in (message.text, message.markdown, message.html, message.mail):
        shown = body.count("21 million → 25 million people")
        assert shown > 1
        assert "All by Marian" in body
        assert f"+{60 - shown} more alerts: Article {shown}, Article {shown + 1}, " in body
        assert LOW.summary not in body
    assert message.mail.count("21 million → 25 million people") > message.mail.count("</h2>")
    assert "All by Marian with the edit summary “new number”" in message.text


def test_a_group_of_resolutions_is_resolved_and_they_come_last_among_others():
    alerts = [replace(an_alert(NOTICE, title=f"Article {n}"), topic=AlertTopic.RESOLVED) for n in range(2)]
    alerts[1] = replace(alerts[1], notices=(replace(NOTICE, edits=(alerts[0].after, a_revision(1, "Ben"))),))
    message = compose_digest(alerts, "k", group=True)
    assert message.subject.startswith("Resolved: 2 articles restored by Marian, Ben: Article 0")
    assert message.is_resolved
    mixed = compose_digest([*alerts, an_alert(LOW, title="Tide")], "k", group=True)
    assert mixed.subject == "Low: Tide: 68 % → 70 % of wells (lead), same source; resolved: Article 0, Article 1"


def test_turns_about_one_sentence_are_one_alert_with_their_number_and_editors():
    changed = replace(NOTICE, old_sentence="It has 21 wells.", new_sentence="It has 25 wells.")
    back = replace(NOTICE, old_sentence="It has 25 wells.", new_sentence="It has 21 wells.", summary="back to 21 wells")
    turns = [
        replace(an_alert(changed), after=replace(an_alert().after, editor="Vandal")),
        replace(an_alert(back), after=replace(an_alert().after, editor="Alice"), topic=AlertTopic.RESOLVED),
    ]
    other = an_alert(replace(NOTICE, old_sentence=None, new_sentence="A third."), title="Ebb")
    folded, alone = fold_reversals([*turns, other])
    assert alone == other
    assert folded.topic is AlertTopic.RESOLVED
    assert folded.notices[0].summary == "back to 21 wells, changed 2 times since the last message, by Vandal, Alice"
    assert fold_reversals([turns[1], turns[0]])[0].topic is AlertTopic.UPDATE
    (folded,) = fold_reversals([an_alert(changed), an_alert(back)])
    summary = "back to 21 wells, changed 2 times since the last message and as it was then, by Marian"
    assert folded.notices[0].summary == summary


def test_what_an_alert_says_besides_a_turn_is_kept_and_a_moved_page_is_one_article():
    def about(old: str, new: str) -> Notice:
        return replace(
            NOTICE, summary=f"{old} → {new} wells", old_sentence=f"{old} wells.", new_sentence=f"{new} wells."
        )

    first = an_alert(about("21", "25"), about("7", "8"))
    later = replace(
        an_alert(about("25", "30")),
        article=replace(first.article, title="Wells of the coast"),
        after=replace(first.after, id=first.after.id + 1),
    )
    message = compose_digest(fold_reversals([later, first]), "k", group=True)
    assert message.subject == "High: Wells of the coast changed 2 times by Marian"
    assert "7 → 8 wells" in message.text
    assert "25 → 30 wells, changed 2 times since the last message, by Marian" in message.text
    assert "21 → 25" not in message.text
    digest = compose_digest([*fold_reversals([first, later]), an_alert(LOW, title="Ebb")], "k")
    assert digest.subject == "High digest: 3 findings in Wells of the coast, Ebb"


def test_cells_of_equal_values_are_no_turns_of_each_other():
    cell = replace(NOTICE, old_sentence="5", new_sentence="6", section=("Table",))
    alerts = [an_alert(replace(cell, label=f"{row} × Won", summary=f"{row} × Won: 5 → 6")) for row in ("Havn", "Elv")]
    assert fold_reversals(alerts) == alerts
    assert len(fold_reversals([alerts[0], alerts[0]])) == 1


def test_entries_that_are_too_many_keep_who_and_the_difference():
    alerts = [
        replace(an_alert(NOTICE, title=f"Article {n}", editor=f"Editor {n % 2}"), report_url=None) for n in range(12)
    ]
    message = compose_digest(alerts, "k", group=True)
    assert message.subject == "High: 12 articles changed by Editor 0, Editor 1: Article 0, Article 1 and 10 more"
    assert message.text.count("by Editor 1, 2026-03-04 05:06 UTC") == message.text.count(DIFF) // 2 > 3
    assert "Before: " not in message.text
