"""Test that the context of an edit gives reasons and may raise an alert, and lowers only what is routine."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each, parametrize_each
from watcher import compare_wikitext
from watcher.judge import judge
from watcher.judge.context import SIGNALS, EditContext, add_context, signals
from watcher.judge.worth import ESTABLISHED_SCORE
from watcher.model import Article, Finding, Revision, Severity
from watcher.model.revisions import undone
from watcher.pipeline import changes_between

ARTICLE = Article(wiki="w", page_id=1, title="Tide")
EDIT = Revision(
    article=ARTICLE, id=7, parent_id=6, at=datetime(2020, 1, 1, tzinfo=UTC), editor="Ann", comment="new survey"
)
OLD, NEW = "In 2012, the survey counted {} boats in all harbours.".format, "Law"
FIGURE = OLD("21 million"), OLD("25 million")
MEDIUM = "It is estimated that the harbours have many boats.", "It is said that the harbours have many boats."
MANY = tuple(" ".join(f"The town of {name} has {number} boats." for name in "ABCDEFGHI") for number in ("21", "25"))


def findings_of(old: str, new: str, **edit: Any) -> tuple[Finding, ...]:
    made = replace(EDIT, **edit)
    return tuple(replace(finding, edits=(made,)) for finding in compare_wikitext(old, new).findings)


def judged(pair: tuple[str, str], *, severity: Severity | None = None, edit: Any = None, **known: Any) -> Finding:
    """The worst finding of an edit, once it is known what is to be known."""
    findings = findings_of(*pair, **(edit or {}))
    if severity is not None:
        findings = tuple(replace(finding, severity=severity) for finding in findings)
    context = EditContext(edit=findings[0].edits[0], **known)
    return max(add_context(findings, {EDIT.id: context}), key=lambda finding: finding.severity)


def codes(finding: Finding) -> list[str]:
    known = {"summary-differs", "no-summary", "account", "first-edit", "flipped-before", "many-changes", "much-removed"}
    return [reason.code for reason in finding.reasons if reason.code in known | {"contested", "undone-before"}]


def history(texts: str, editors: str = "", size: int = 10_000) -> tuple[Revision, ...]:
    """Revisions 1, 2 … before the edit, one for each letter of `texts`; the same letter is the same text."""
    return tuple(
        replace(EDIT, id=number, parent_id=number - 1, editor=editor, sha1=text, size=size)
        for number, (text, editor) in enumerate(zip(texts, editors or "B" * len(texts), strict=True), 1)
    )


WAR = {"flips": {("", *FIGURE[::-1]): [5]}}
ADDRESS = {"editor": "192.0.2.1"}


@for_each(
    "edit, known, expected",
    [
        ({}, {}, []),
        ({"comment": "fix typo"}, {}, ["summary-differs"]),
        ({"comment": "/* Typos */ new survey"}, {}, []),
        ({"comment": "Format"}, {"earlier_edits": 0}, ["summary-differs", "first-edit"]),
        ({"comment": "officer"}, {}, []),
        ({"comment": ""}, {}, []),  # alone, no summary and an account are nothing to mention
        (ADDRESS, {"earlier_edits": 0}, []),
        ({}, WAR, ["flipped-before"]),
        ({}, {"flips": {("", *FIGURE): [5]}}, ["flipped-before"]),
        ({}, {"flips": {("", *FIGURE): [EDIT.id]}}, []),
        # Who rewrites what they wrote disputes nothing.
        ({"editor": "C"}, WAR | {"history": history("abcde", "BBBBC")}, []),
        ({"editor": "C"}, WAR | {"history": history("abcde", "BBBCB")}, ["flipped-before"]),
        ({"comment": "/* Harbours */"}, WAR, ["flipped-before", "no-summary"]),
        ({"comment": None}, WAR, ["flipped-before"]),
        (ADDRESS, WAR, ["flipped-before", "account"]),
        ({}, {"history": history("abcbdbb")}, []),  # that others were undone is nothing to mention alone
        ({"size": 9_000}, {"history": history("abcdef")}, ["much-removed"]),
        ({"size": 9_100}, {"history": history("abcdef")}, []),
        ({"size": 0}, {"history": history("abcdef", size=400)}, []),  # a line is much of a stub
        ({"size": 9_000}, {"history": history("abcdefg")}, []),  # the revision before is not the edit's parent
        ({"size": None}, {"history": history("abcdef")}, []),
        ({"tags": ("mw-reverted",)}, {}, []),  # hindsight
    ],
)
def test_reasons_say_what_is_known_of_the_edit(edit: dict[str, Any], known: dict[str, Any], expected: list[str]):
    assert codes(judged(FIGURE, edit=edit, **known)) == expected


def test_the_words_name_what_was_done_and_accuse_nobody():
    reasons = [reason.text for reason in judged(FIGURE, edit={"comment": "typo"}, **WAR).reasons]
    assert "the summary says “typo”; a figure changed" in reasons
    assert "this was changed back and forth before, in revision 5" in reasons


@for_each(
    "severity, edit, known, expected",
    [
        (Severity.MEDIUM, ADDRESS, WAR | {"earlier_edits": 0}, Severity.HIGH),
        (Severity.MEDIUM, ADDRESS, WAR, Severity.MEDIUM),  # five points
        (Severity.MEDIUM, ADDRESS, WAR | {"history": history("abacada")}, Severity.HIGH),
        # Who made it, and what happened to others, is no combination without something about the edit.
        (Severity.MEDIUM, ADDRESS, {"earlier_edits": 0, "history": history("abacadaeafagahaia")}, Severity.MEDIUM),
        (Severity.MEDIUM, {}, WAR, Severity.MEDIUM),  # one signal is no combination
        (Severity.MEDIUM, ADDRESS, {"earlier_edits": 0}, Severity.MEDIUM),  # a good first edit is like that
        (Severity.MEDIUM, {"comment": "typo"}, WAR, Severity.MEDIUM),
        (
            Severity.HIGH,
            ADDRESS,
            WAR | {"earlier_edits": 0},
            Severity.HIGH,
        ),  # only a rule or the user calls something critical
        (Severity.CRITICAL, ADDRESS, WAR | {"earlier_edits": 0}, Severity.CRITICAL),
        (Severity.LOW, ADDRESS, WAR | {"earlier_edits": 0}, Severity.LOW),  # what is no alert does not become one
    ],
)
def test_a_combination_raises_an_alert_by_one_step(
    severity: Severity, edit: dict[str, Any], known: dict[str, Any], expected: Severity
):
    assert judged(FIGURE, severity=severity, edit=edit, **known).severity is expected


def test_many_changes_without_a_source_are_counted():
    finding = judged(MANY, severity=Severity.MEDIUM, edit=ADDRESS, earlier_edits=0)
    assert codes(finding) == ["many-changes", "account", "first-edit"]
    assert any(reason.text == "9 such changes in one edit, and no new source" for reason in finding.reasons)
    assert finding.severity is Severity.HIGH
    sourced = MANY[0], MANY[1] + "<ref>{{cite web |title=Census |url=https://census.example.org}}</ref>"
    assert codes(judged(sourced, severity=Severity.MEDIUM, edit=ADDRESS)) == []


def test_where_the_edit_is_not_known_nothing_is_said():
    findings = tuple(replace(finding, edits=(EDIT, replace(EDIT, id=8))) for finding in findings_of(*FIGURE))
    assert add_context(findings, {EDIT.id: EditContext(edit=EDIT, **WAR)}) == findings


@given(
    severity=st.sampled_from(Severity),
    comment=st.none() | st.sampled_from(["", "typo", "new survey"]) | st.text(max_size=30),
    editor=st.none() | st.sampled_from(["Ann", "192.0.2.1", "~2025-1"]),
    earlier=st.none() | st.integers(0, 3),
    flipped=st.booleans(),
)
def test_no_context_lowers_or_silences(
    severity: Severity,
    comment: str | None,
    editor: str | None,
    earlier: int | None,
    flipped: bool,  # noqa: FBT001
):
    known = {"earlier_edits": earlier, "flips": WAR["flips"] if flipped else {}}
    finding = judged(FIGURE, severity=severity, edit={"comment": comment, "editor": editor}, **known)
    assert severity <= finding.severity <= max(severity, Severity.HIGH)
    assert (finding.severity >= Severity.MEDIUM) is (severity >= Severity.MEDIUM)


def test_no_single_signal_raises():
    context = EditContext(edit=replace(EDIT, comment="typo", **ADDRESS), earlier_edits=0, **WAR)
    known = signals(context, findings_of(*FIGURE))
    assert len(known) == len(SIGNALS) - 5
    assert all(signal.points <= 3 for signal in known)


@for_each(
    "texts, expected",
    [
        ("", []),
        ("abcd", []),
        ("aba", [2]),
        ("abcda", [2, 3, 4]),
        ("aab", []),  # a null edit undoes nothing
        ("abab", [2, 3]),
        ("a" + "bcdefghijk" + "a", [*range(2, 12)]),
        ("a" + "bcdefghijkl" + "a", []),  # too long ago
    ],
)
def test_revisions_are_undone_by_one_that_brings_back_an_earlier_text(texts: str, expected: list[int]):
    assert [revision.id for revision in undone(history(texts))] == expected


def test_hidden_texts_are_not_taken_for_the_same():
    hidden = tuple(replace(revision, sha1=None) for revision in history("aba"))
    assert undone(hidden) == []


def test_the_context_orders_findings_of_any_severity_and_says_what_it_counts():
    past = history("abacada", "BABCBDB")
    for severity in Severity:
        finding = judged(FIGURE, severity=severity, edit={"editor": "C"}, history=past)
        assert finding.context == (
            "an earlier edit by the same editor, revision 4, was undone",
            "3 of the last 7 edits of the article were undone",
        )
        assert (finding.rank, finding.points) == (10 * severity + 3, 3)
        assert finding.to_dict()["context"] == {"points": 3, "known": list(finding.context)}
    assert "context" not in judged(FIGURE, history=history("ab")).to_dict()


def test_no_context_lifts_a_finding_past_one_of_a_higher_severity():
    known = WAR | {"earlier_edits": 0, "history": history("abacadaeafagahaia")}
    edit = ADDRESS | {"size": 10, "parent_id": 17}
    finding = judged(FIGURE, severity=Severity.LOW, edit=edit, **known)
    assert finding.points == 9  # eleven are more than a severity has room for
    assert finding.rank < Severity.MEDIUM.lowest_rank


CLUBS = ("Ardal", "Borvik", "Camar", "Dunmor")
ROUND = tuple(
    "{|\n! Club !! Played\n" + "".join(f"|-\n| {club} || {number + at}\n" for at, club in enumerate(CLUBS)) + "|}"
    for number in (20, 21)
)
ESTABLISHED = {"bot": False, "new_account": False, "edit_count": 500, "registered_at": EDIT.at - timedelta(days=30)}


@for_each(
    "edit, expected",
    [
        ({}, Severity.MEDIUM),
        (ADDRESS, Severity.MEDIUM),
        (ESTABLISHED, Severity.LOW),
        (ESTABLISHED | {"registered_at": None}, Severity.LOW),  # from before MediaWiki wrote that down
        ({"bot": True}, Severity.LOW),
        (ESTABLISHED | {"edit_count": 499}, Severity.MEDIUM),
        (ESTABLISHED | {"registered_at": EDIT.at - timedelta(days=29)}, Severity.MEDIUM),
        (ESTABLISHED | {"new_account": True}, Severity.MEDIUM),
    ],
)
def test_a_round_of_a_table_is_low_from_an_established_account(edit: dict[str, Any], expected: Severity):
    finding = judged((ROUND[0], ROUND[1]), edit=edit)
    assert finding.severity is expected
    assert ("established-editor" in [reason.code for reason in finding.reasons]) is (expected is Severity.LOW)


def test_a_box_that_sums_up_a_table_goes_with_its_round():
    box = "{{{{Infobox league\n| matches = {}\n}}}}\nThe league of the straits.\n\n{}".format
    texts = (box(80, ROUND[0]), box(82, ROUND[1]))
    assert judged(texts, edit=ESTABLISHED).severity is Severity.LOW
    assert judged(texts, edit=ADDRESS).severity >= Severity.MEDIUM


BOX = "{{{{Infobox company\n| name = Orrin\n| income = {}\n| staff = {}\n}}}}\nOrrin builds boats.{}".format
REPORT = "<ref>{{cite web |title=Report |url=https://a.example/report}}</ref>"
UPDATED = BOX("€96 million", 810, ""), BOX("€103 million", f"840{REPORT}", "")


@for_each(
    "pair, edit, known, expected",
    [
        (UPDATED, ESTABLISHED, {}, Severity.LOW),
        (UPDATED, {}, {}, Severity.HIGH),
        (UPDATED, ESTABLISHED | {"editor": "A"}, {"history": history("aba", "BAB")}, Severity.HIGH),  # undone before
        ((UPDATED[0], BOX("€103 million", 840, "")), ESTABLISHED, {}, Severity.HIGH),
        ((UPDATED[0], BOX("", f"840{REPORT}", "")), ESTABLISHED, {}, Severity.MEDIUM),
        ((UPDATED[0], BOX("€103 million", 840, f"\n\n== Yard ==\nIt is new.{REPORT}")), ESTABLISHED, {}, Severity.HIGH),
        # What running text says is no value that is kept up to date with others.
        (
            ("The firm has 810 boats.", f"The firm has 840 boats.\n\n== Yard ==\nIt is new.{REPORT}"),
            ESTABLISHED,
            {},
            Severity.HIGH,
        ),
    ],
)
def test_values_are_low_from_an_established_account_that_cites_a_new_source(
    pair: tuple[str, str], edit: dict[str, Any], known: dict[str, Any], expected: Severity
):
    assert judged(pair, edit=edit, **known).severity is expected


SCORE = "Of {} reviews 91% are good.<ref>{{{{cite web|title=Scores|url=http://s.org/x|access-date={}}}}}</ref>".format


@for_each(
    "new, edit, known, expected",
    [
        (SCORE(219, "21 June 2019"), ESTABLISHED, {}, Severity.LOW),
        (SCORE(219, "21 June 2017"), ESTABLISHED, {}, Severity.HIGH),  # an earlier date
        (SCORE(219, "3 May 2018"), ESTABLISHED, {}, Severity.HIGH),
        (SCORE(2190, "21 June 2019"), ESTABLISHED, {}, Severity.CRITICAL),
        (SCORE(219, "21 June 2019"), {}, {}, Severity.HIGH),
        (SCORE(219, "21 June 2019"), ESTABLISHED | {"editor": "A"}, {"history": history("aba", "BAB")}, Severity.HIGH),
    ],
)
def test_a_value_is_low_from_who_looked_its_source_up_again(new: str, edit: Any, known: Any, expected: Severity):
    assert judged((SCORE(214, "3 May 2018"), new), edit=edit, **known).severity is expected


@for_each("edit, expected", [(ESTABLISHED, Severity.LOW), ({}, Severity.HIGH)])
def test_a_value_by_another_source_of_the_page_is_low_from_an_established_account(edit: Any, expected: Severity):
    page = 'It makes {}% of all cheese.<ref name="{}" /> It grew.<ref name="b">{{{{cite web|title=Y|url=http://s.org/y}}}}</ref>'
    page += '\n\nIt began in 1961.<ref name="a">{{{{cite web|title=X|url=http://s.org/x}}}}</ref>'
    finding = judged((page.format(31, "a"), page.format(33, "b")), edit=edit)
    assert (finding.severity, "another source of the page" in finding.summary) == (expected, True)


RENAMED = "[[c:COM:FR|File renamed]]: [[File:Quay.jpg]] → [[File:Quay at_low tide.jpg]]"


@for_each(
    "edit, expected",
    [
        (ESTABLISHED | {"comment": RENAMED}, Severity.LOW),
        (ESTABLISHED | {"comment": "another picture"}, Severity.MEDIUM),
        ({"comment": RENAMED}, Severity.MEDIUM),
    ],
)
def test_a_file_renamed_by_an_established_account_is_low(edit: dict[str, Any], expected: Severity):
    pair = "[[File:Quay.jpg|thumb|The quay.]]", "[[File:Quay at low tide.jpg|thumb|The quay.]]"
    assert judged(pair, edit=edit).severity is expected


REWORDED = "The harbour was closed for 40 days.<ref>[https://a.example Board]</ref>"
SYNONYM = REWORDED.replace("harbour", "port")
RETURNING = ESTABLISHED | {"edit_count": 40, "editor": "A"}
YOUNG = RETURNING | {"registered_at": EDIT.at - timedelta(days=29)}


def reworded(old: str, new: str, score: float = ESTABLISHED_SCORE - 0.1, **edit: Any) -> tuple[Finding, ...]:
    """What the rules say of an edit, each finding with this score."""
    findings = judge(changes_between(old, new)[0], table={})
    return tuple(replace(finding, score=score, edits=(replace(EDIT, **edit),)) for finding in findings)


def in_context(findings: tuple[Finding, ...], **known: Any) -> tuple[Finding, ...]:
    contexts = {EDIT.id: EditContext(edit=findings[0].edits[0], **known)}
    return add_context(findings, contexts, lambda edit: edit.editor == "Trusted")


@for_each(
    "edit, known, expected",
    [
        ({}, {}, Severity.MEDIUM),
        (ADDRESS, {}, Severity.MEDIUM),
        (ESTABLISHED, {}, Severity.LOW),
        (ESTABLISHED | {"new_account": True}, {}, Severity.MEDIUM),
        (ESTABLISHED | {"edit_count": 499}, {}, Severity.MEDIUM),
        ({"editor": "Trusted"}, {}, Severity.LOW),
        (ESTABLISHED | {"editor": "A"}, {"history": history("aba", "BAB")}, Severity.MEDIUM),  # undone before
        (RETURNING, {"history": history("ab", "AB")}, Severity.LOW),
        (RETURNING, {"history": history("ab", "CB")}, Severity.MEDIUM),
        (RETURNING, {"history": history("aba", "BAB")}, Severity.MEDIUM),
        (YOUNG, {"history": history("ab", "AB")}, Severity.MEDIUM),
        (RETURNING | {"bot": None, "edit_count": None}, {"history": history("ab", "AB")}, Severity.MEDIUM),  # not asked
        (ADDRESS, {"history": (replace(EDIT, id=1, **ADDRESS),)}, Severity.MEDIUM),
        (ESTABLISHED | {"size": 9_000}, {"history": history("abcdef")}, Severity.MEDIUM),  # much is removed as well
    ],
)
def test_mere_wording_is_low_from_who_is_known_to_the_wiki_or_the_article(
    edit: dict[str, Any], known: dict[str, Any], expected: Severity
):
    for text in (SYNONYM, REWORDED.replace("was closed for 40 days", "lay for 40 days, idle and empty")):
        assert [finding.severity for finding in in_context(reworded(REWORDED, text, **edit), **known)] == [expected]
    above = in_context(reworded(REWORDED, SYNONYM, ESTABLISHED_SCORE, **edit), **known)
    assert [finding.severity for finding in above] == [Severity.MEDIUM]


@for_each(
    "edit, earlier, expected",
    [
        (ESTABLISHED, [(SYNONYM, REWORDED)], Severity.LOW),
        ({"editor": "Trusted"}, [(SYNONYM, REWORDED)], Severity.LOW),
        ({}, [(SYNONYM, REWORDED)], Severity.MEDIUM),
        (ADDRESS, [(SYNONYM, REWORDED)], Severity.MEDIUM),
        # Who puts back a second time what another one took out is in a war of edits.
        (ESTABLISHED, [(REWORDED, SYNONYM), (SYNONYM, REWORDED)], Severity.MEDIUM),
        (ESTABLISHED, [(REWORDED, SYNONYM)], Severity.MEDIUM),
    ],
)
def test_wording_that_an_established_account_puts_back_is_not_in_dispute(
    edit: dict[str, Any], earlier: list[tuple[str, str]], expected: Severity
):
    findings = reworded(REWORDED, SYNONYM, **edit)
    flips = {("", *(text.partition("<ref>")[0] for text in pair)): [number] for number, pair in enumerate(earlier, 1)}
    (finding,) = in_context(findings, flips=flips)
    assert finding.severity is expected
    assert ("flipped-before" in codes(finding)) is (expected is Severity.MEDIUM)


@for_each("old, new")
def test_more_than_wording_is_lowered_for_nobody(old: str, new: str):
    findings = reworded(REWORDED, SYNONYM.replace(old, new), **ESTABLISHED)
    assert [finding.severity for finding in in_context(findings)] == [finding.severity for finding in findings]


LONE = "<ref>{{cite book |title=Log}}</ref>"


@for_each("edit, alerts", [(ADDRESS, True), (ESTABLISHED, False), (ESTABLISHED | {"new_account": True}, True)])
def test_a_source_that_a_newcomer_takes_off_a_sentence_alerts(edit: dict[str, Any], alerts: bool):  # noqa: FBT001
    findings = in_context(
        findings_of(f"Quays sank.\n\nMills burned.{LONE}", f"Quays sank.{LONE}\n\nMills burned.", **edit)
    )
    assert (max(finding.severity for finding in findings) >= Severity.MEDIUM) is alerts


MILLS = "Ada, Bod and Cad burned mills.<ref>{{cite book |title=Log}}</ref>"


@for_each("edit, alerts", [(ADDRESS, True), (ESTABLISHED, False), (ESTABLISHED | {"new_account": True}, True)])
@parametrize_each("now")
def test_what_a_newcomer_puts_into_a_standing_sentence_alerts(edit: dict[str, Any], alerts: bool, now: str):  # noqa: FBT001
    after = MILLS.replace("Ada, Bod and Cad burned mills", now)
    findings = in_context(findings_of(MILLS, after, **edit))
    assert (max(finding.severity for finding in findings) >= Severity.MEDIUM) is alerts


@for_each("edit, alerts", [(ADDRESS, True), (ESTABLISHED, False)])
def test_a_word_that_a_newcomer_puts_into_a_definition_alerts(edit: dict[str, Any], alerts: bool):  # noqa: FBT001
    findings = in_context(findings_of("Ada is a baker in Ardal.", "Ada is a corrupt baker in Ardal.", **edit))
    assert (max(finding.severity for finding in findings) >= Severity.MEDIUM) is alerts


@for_each(
    "after",
    [
        f"In 1904, 40 mills burned. {MILLS}",
        MILLS.replace("burned mills.", "burned 40 mills.<ref>{{cite book |title=Roll}}</ref>"),
        MILLS.replace("burned mills", "burned old mills"),
    ],
)
def test_a_new_sentence_a_sourced_number_and_a_word_of_a_newcomer_stay_low(after: str):
    findings = in_context(findings_of(MILLS, after, **ADDRESS))
    assert max(finding.severity for finding in findings) < Severity.MEDIUM


@for_each("edit, alerts", [(ADDRESS, True), (ESTABLISHED, False)])
@for_each("added", [" In 1904, 40 mills burned.", "\n* [https://mills.example Mills for sale]"])
def test_a_figure_or_link_that_a_newcomer_puts_behind_a_citation_alerts(edit: dict[str, Any], alerts: bool, added: str):  # noqa: FBT001
    findings = in_context(findings_of(MILLS, MILLS + added, **edit))
    assert (max(finding.severity for finding in findings) >= Severity.MEDIUM) is alerts


def test_wording_beside_another_alert_is_sent_with_it():
    findings = reworded(f"{REWORDED}\n\n{FIGURE[0]}", f"{SYNONYM}\n\n{FIGURE[1]}", **ESTABLISHED)
    assert in_context(findings) == findings


def test_a_cell_that_stands_out_of_a_round_is_lowered_for_nobody():
    falsified = ROUND[1].replace("Camar || 23", "Camar || 61")
    assert judged((ROUND[0], falsified), edit=ESTABLISHED).severity > Severity.MEDIUM


@for_each("goals, expected", [(14, Severity.LOW), (130, Severity.CRITICAL), (12, Severity.HIGH)])
def test_scorers_count_on_with_a_round_by_small_steps(goals: int, expected: Severity):
    scorers = [
        f"\n\n{{|\n! Scorer !! Goals\n|-\n| Jan Moe || {count}\n|-\n| Ole Orr || 9\n|}}" for count in (13, goals)
    ]
    texts = (ROUND[0] + scorers[0], ROUND[1] + scorers[1])
    assert judged(texts, edit=ESTABLISHED).severity is expected


def test_a_table_whose_values_are_all_multiplied_is_no_round():
    old = (
        "{| class=wikitable\n|+ Teas\n! Town !! kg\n"
        + "".join(f"|-\n| {n} || {n * 2.4 + 3}\n" for n in range(1, 7))
        + "|}"
    )
    halved = re.sub(r"\|\| ([\d.]+)", lambda cell: f"|| {float(cell[1]) / 2:.1f}", old)
    assert judged((old, halved), edit=ESTABLISHED).severity > Severity.MEDIUM


@for_each("label, expected", [("Ardal × Played", ["flipped-before"]), ("Borvik × Played", [])])
def test_a_cell_goes_to_and_fro_where_the_same_cell_did(label: str, expected: list[str]):
    pair = ROUND[0].replace("Ardal || 20", "Ardal || 25"), ROUND[0]
    assert codes(judged(pair, flips={(label, "20", "25"): [5]})) == expected
