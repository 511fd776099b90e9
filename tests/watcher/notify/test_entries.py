"""Test that a message tells as one what a reader takes for one: cells of a table, findings of a sentence."""

from dataclasses import replace

from tests.watcher.notify.test_messages import DIFF, NEW, NOTICE, OLD, REVIEW, a_revision, an_alert
from watcher.model import Alert, AlertTopic, Kind, Notice, Severity
from watcher.notify import compose
from watcher.notify.entries import entries

UNSOURCED = ("source-unchanged", "unsourced")
WHY = ("no source is cited beside it, before or after", "no year says when it holds")


def a_cell(row: str, column: str, old: str | None, new: str | None, **more: object) -> Notice:
    """A changed cell, as an alert has it."""
    made = Notice(
        kind=Kind.STATISTIC_CHANGED,
        severity=Severity.HIGH,
        section=("Table",),
        summary=f"{row} × {column}: {old} → {new}, no source",
        old_sentence=old,
        new_sentence=new,
        old_text=old,
        new_text=new,
        reasons=UNSOURCED,
        explanations=WHY,
        edits=(a_revision(1234567891, "TableFan"),),
        diff_url=DIFF,
        review_url=REVIEW,
        label=f"{row} × {column}",
    )
    return replace(made, **more)  # type: ignore[arg-type]


def resolved(cells: list[Notice], end: str) -> Alert:
    back = [
        replace(cell, summary=f"{cell.label}: back to {cell.new_text} (was {cell.old_text}){end}", reasons=())
        for cell in cells
    ]
    return replace(an_alert(*back, title="Ports of the coast"), topic=AlertTopic.RESOLVED)


TEAMS = [("Havn SK", "28", "29"), ("Viken FK", "27", "28"), ("Elv IF", "26", "27"), ("Sund FF", "25", "26")]
ROUND = [
    a_cell(team, column, str(int(old) + shift), str(int(new) + shift))
    for team, old, new in TEAMS
    for column, shift in (("Played", 0), ("Points", 30))
]
COLUMN = [a_cell(port, "Berths", old, f"9{old}") for port, old in zip("ABCDEFGH", map(str, range(10, 18)), strict=True)]


def test_a_round_a_column_or_a_row_is_one_line_with_its_first_cells_and_what_else_there_is():
    claim = replace(NOTICE, kind=Kind.CLAIM_CHANGED, summary="matches played on 28 November → 30 November", reasons=())
    message = compose(an_alert(claim, *ROUND, title="2026–27 Coast League"))
    assert message.subject == (
        "High: 2026–27 Coast League: 8 cells changed: Havn SK × Played 28 → 29 (Table), no source, +1 claim"
    )
    body = message.text.splitlines()
    assert body[2] == (
        "high · Table: 8 cells changed: Havn SK × Played 28 → 29, Havn SK × Points 58 → 59, Viken FK × Played 27 → 28, "
        "Viken FK × Points 57 → 58, Elv IF × Played 26 → 27, Elv IF × Points 56 → 57 and 2 more cells, no source"
    )
    assert body[3] == f"Why high: {'; '.join(WHY)}"
    assert "Before: “28”" not in message.text
    assert "matches played on 28 November → 30 November" in message.text
    assert " more: " not in message.text
    assert "8 cells of “Berths” changed: A 10 → 910, B 11 → 911, " in compose(an_alert(*COLUMN)).text
    row = [a_cell("Havn SK", column, "1", "2") for column in ("Won", "Drawn", "Lost")]
    assert "3 cells of “Havn SK” changed: Won 1 → 2, Drawn 1 → 2, Lost 1 → 2" in compose(an_alert(*row)).text


def test_a_column_that_is_restored_says_so_once_with_who_did_it():
    back = [replace(cell, old_text=cell.new_text, new_text=cell.old_text) for cell in COLUMN]
    message = compose(resolved(back, ", undone by DrSource after 16 hours"))
    assert message.subject.startswith(
        "Resolved: Ports of the coast: 8 cells of “Berths” are back, undone by DrSource after 16 hours: A 10 (was 910)"
    )
    assert message.text.count("undone by") == 1
    assert "F 15 (was 915) and 2 more cells\n" in message.text


def test_cells_that_came_or_went_are_told_as_such():
    came = [a_cell(port, "Berths", None, "4") for port in "ABC"]
    gone = [a_cell(port, "Berths", "4", None) for port in "ABC"]
    assert "A 4 added, B 4 added, C 4 added" in compose(an_alert(*came)).text
    assert "A 4 removed, B 4 removed, C 4 removed" in compose(an_alert(*gone)).text
    assert "are back" in compose(resolved(came, "")).text
    assert "A 4 gone again, B 4 gone again" in compose(resolved(gone, "")).text


def test_two_cells_and_cells_of_other_edits_or_sections_stay_apart():
    two = [a_cell(port, "Berths", "1", "2") for port in "AB"]
    by_another = a_cell("C", "Berths", "1", "2", edits=(a_revision(1234567892, "Ann"),))
    elsewhere = a_cell("D", "Berths", "1", "2", section=("Other",))
    assert [entry.notice for entry in entries(an_alert(*two, by_another, elsewhere))] == [*two, by_another, elsewhere]


def test_the_worst_cells_come_first_and_give_the_reasons():
    worst = a_cell("Z", "Berths", "1", "10", severity=Severity.CRITICAL, explanations=("10 times more",))
    (entry,) = entries(an_alert(*COLUMN, worst))
    assert entry.notice.severity is Severity.CRITICAL
    assert entry.notice.summary.startswith("9 cells of “Berths” changed: Z 1 → 10, A 10 → 910")
    assert entry.notice.explanations == ("10 times more",)
    assert len(entry.notices) == 9


def test_findings_of_one_sentence_quote_it_once():
    dropped = replace(NOTICE, kind=Kind.CLAIM_CHANGED, severity=Severity.MEDIUM, summary="removed: “fraud”")
    message = compose(
        an_alert(replace(NOTICE, explanations=("same source",)), replace(dropped, explanations=("gone",)))
    )
    assert "same year; removed: “fraud”\n" in message.text
    assert "Why high: " in message.text
    assert "gone" in message.text
    assert message.text.count(OLD) == message.text.count(NEW) == 1
    assert "+1" not in message.subject


def a_renaming(number: int, section: str, summary: str = "Kiev → Kyiv (“the port of Kyiv {} was”)") -> Notice:
    return replace(
        NOTICE, kind=Kind.CLAIM_CHANGED, summary=summary.format(number), section=(section,), label="", reasons=(),
        old_sentence=f"The port of Kiev {number} was built.", new_sentence=f"The port of Kyiv {number} was built.",
    )  # fmt: skip


def test_one_replacement_in_several_sentences_is_one_entry_with_an_example():
    notices = [a_renaming(1, "Ports"), a_renaming(2, "Ports"), a_renaming(3, "Trade")]
    (entry,) = entries(an_alert(*notices))
    assert entry.notice.summary == "Kiev → Kyiv in 3 sentences of 2 sections"
    assert entry.notice.new_sentence == "The port of Kyiv 1 was built."
    assert entry.notices == tuple(notices)
    compounds = [a_renaming(1, "Ports", "東港区 → 西港区"), a_renaming(2, "Ports", "東区 → 西区")]
    (entry,) = entries(an_alert(*compounds, replace(a_renaming(3, "Ports", "東 → 西"), severity=Severity.LOW)))
    assert entry.notice.summary == "東区 → 西区 in 3 sentences"  # told by the shortest of the most severe


def test_other_words_and_what_became_of_the_source_stay_apart():
    notices = [
        a_renaming(1, "Ports"),
        a_renaming(2, "Ports", "Kiev → Kyiv (“the port of Kyiv {} was”), source removed"),
        a_renaming(3, "Ports", "Kiev → Lviv (“the port of Lviv {} was”)"),
    ]
    assert [entry.notices for entry in entries(an_alert(*notices))] == [(notice,) for notice in notices]


def test_what_ends_two_findings_of_one_sentence_is_told_once():
    end = ", undone by Ann after 8 minutes"
    both = [replace(NOTICE, summary=f"back to {value}{end}", reasons=()) for value in ("21 million", "“fraud”")]
    text = compose(replace(an_alert(*both), topic=AlertTopic.RESOLVED)).text
    assert f"back to 21 million; back to “fraud”{end}\n" in text


def test_a_field_is_named_in_words_and_a_cell_is_not_quoted_after_its_values():
    field = replace(
        NOTICE,
        kind=Kind.CLAIM_CHANGED,
        summary="population_estimate: increase → decrease",
        label="population_estimate",
        old_sentence="increase 1,373,101",
        new_sentence="decrease 1,373,101",
        reasons=("source-changed",),
    )
    message = compose(an_alert(field, title="Estonia"))
    assert message.subject == "High: Estonia: Population estimate: increase → decrease (lead), source changed"
    assert "Before: “increase 1,373,101”\nNow: “decrease 1,373,101”" in message.text
    assert "Before" not in compose(an_alert(a_cell("A", "Berths", "5", "50"))).text


def test_a_disputed_value_is_called_so_in_the_subject():
    disputed = a_cell("2020", "Debt", "21.1", "19.1", reasons=(*UNSOURCED, "flipped-before"))
    assert compose(an_alert(disputed, title="Estonia")).subject == (
        "High: Estonia: 2020 × Debt: 21.1 → 19.1 (Table), no source, disputed"
    )
    whole = replace(disputed, label="", summary="table updated: 4 cells in 1 column (Debt), no source")
    assert compose(an_alert(whole, title="Estonia")).subject == (
        "High: Estonia: table updated: 4 cells in 1 column (Debt), no source, disputed (Table)"
    )


def test_edit_summaries_read_as_on_the_wiki():
    alert = an_alert(NOTICE)
    comment = "/* Trade */ Undid revision 203 by [[Special:Contributions/Ann|Ann]] ([[User talk:Ann|talk]])"
    text = compose(replace(alert, after=replace(alert.after, comment=comment))).text
    assert "UTC: “→ Trade: Undid revision 203 by Ann (talk)”" in text
