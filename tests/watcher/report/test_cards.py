import json
from dataclasses import replace

from tests.cases import for_each
from tests.watcher.report.conftest import a_change, a_finding
from watcher.model import Comparison, FieldChange, Figure, Finding, Kind, Location, Mention, Statistic
from watcher.report.labels import kind_label
from watcher.report.page import Bounds, Card, rows, sentences, stored_card
from watcher.text.word_diff import diff_sentences


def shown(finding: Finding, **bounds: int) -> Card:
    return Card(finding, 1, Bounds(**bounds), {}, frozenset())


def test_a_changed_statistic_shows_both_numbers_the_step_and_the_words():
    shown_card = shown(a_finding())
    assert (shown_card.old, shown_card.new) == ("21 million", "25 million travellers")
    assert shown_card.difference == "+4 million (+19 %)"
    assert shown_card.words is not None
    assert [p.text for p in shown_card.words.pieces if p.kind != "same"] == ["21", "25"]
    assert shown_card.source_verdict == "same source"
    assert shown_card.reasons == ("It still cites the same source.",)
    assert shown_card.section == ("Lead",)


@for_each("kind", list(Kind))
def test_every_kind_makes_a_card(kind: Kind):
    shown_card = shown(a_finding(kind, location=Location(section=("A", "B"))))
    assert shown_card.kind_label == kind_label(kind)
    assert shown_card.section == ("A", "B")
    assert (shown_card.old is None) == (kind.verb == "added")


def test_every_text_of_a_card_is_bounded():
    long = "long " * 5_000
    whole = a_finding(
        Kind.FIGURE_CHANGED,
        summary=long,
        old=Figure(file=long, caption=long),
        new=Figure(file=long, caption=long + "!", alt=long),
        location=Location(section=(long,) * 50),
    )
    shown_card = shown(whole, value=100, sentence=100)
    texts = [shown_card.summary, *shown_card.section, *(row.new or "" for row in shown_card.rows)]
    assert max(map(len, texts)) <= 200
    assert len(shown_card.section) <= 8


def test_places_that_still_state_the_old_figure_are_shown():
    mentions = tuple(Mention(sentence=f"Sentence {n}.", location=Location(section=("A", str(n)))) for n in range(7))
    shown_card = shown(a_finding(elsewhere=mentions))
    assert [(m.path, m.text) for m in shown_card.mentions][:2] == [
        (("A", "0"), "Sentence 0."),
        (("A", "1"), "Sentence 1."),
    ]
    assert (len(shown_card.mentions), shown_card.mentions_left_out) == (5, 2)


SAME = (
    "anchor", "subject", "verb", "kind_label", "severity", "severity_label", "section", "where", "summary",
    "reasons", "headline",
)  # fmt: skip


def test_every_kind_of_finding_comes_back_from_its_json(all_kinds: Comparison):
    for number, finding in enumerate(all_kinds.findings, start=1):
        stored = stored_card(json.loads(json.dumps(finding.to_dict())), number)
        made = stored_card(finding.to_dict(), number, all_kinds)
        assert {name: getattr(stored, name) for name in SAME} == {name: getattr(made, name) for name in SAME}
        assert [each and each.file for each in stored.figures] == [each and each.file for each in made.figures]
        if finding.change.old_sentence and finding.change.new_sentence and finding.change.kind.subject != "tag":
            assert stored_card(finding.to_dict(), number).words == made.words  # marked as in the report


def test_the_finding_of_another_version_is_still_shown():
    made = stored_card({"kind": "weather.changed", "severity": "low", "summary": "it rains"}, 3)
    assert (made.summary, made.severity_label, made.section, made.words) == ("it rains", "Low", ("Lead",), None)


def test_fields_that_went_or_changed_stand_side_by_side():
    shown = [(row.label, row.old, row.new) for row in rows(a_finding(Kind.REFERENCE_REMOVED), 600)]
    assert shown == [
        ("Title", "Toll audit", None),
        ("Work", "Labour office", None),
        ("Date", "2012", None),
        ("Address", "https://example.org/audit", None),
    ]
    changed = a_finding(Kind.REFERENCE_CHANGED, fields=(FieldChange(name="url", old="https://a.example", new=None),))
    assert [(row.label, row.old, row.new) for row in rows(changed, 600)] == [("Address", "https://a.example", None)]
    # what the headline says is not repeated as a field
    fields = tuple(FieldChange(name=name, old="1", new="2") for name in ("value", "text", "as_of"))
    assert [row.label for row in rows(a_finding(fields=fields), 600)] == ["As of"]


def test_a_change_at_the_end_of_a_long_sentence_stays_in_sight():
    sentence = "word " * 900
    cut = diff_sentences(f"{sentence}21 end", f"{sentence}25 end", 300)
    assert [piece.text for piece in cut.pieces if piece.kind != "same"] == ["21", "25"]
    assert sum(len(piece.text) for piece in cut.pieces) <= 320
    cut = diff_sentences(" ".join(f"a{n} same" for n in range(900)), " ".join(f"b{n} same" for n in range(900)), 300)
    assert sum(len(piece.text) for piece in cut.pieces) <= 400


def test_a_statistic_that_came_marks_only_its_number_and_a_tag_nothing():
    sentence = "There are now 25 million travellers."
    known = a_change().new
    assert isinstance(known, Statistic)
    quantity = replace(known.quantity, start=14, end=24)
    added = a_finding(Kind.STATISTIC_ADDED, new=replace(known, quantity=quantity), new_sentence=sentence)
    marked = sentences(added, 1500)
    assert marked is not None
    assert [(p.kind, p.text) for p in marked.pieces] == [
        ("same", "There are now "),
        ("new", "25 million"),
        ("same", " travellers."),
    ]
    added = a_finding(Kind.STATISTIC_ADDED, new_sentence="Another sentence.")  # which its span does not fit
    assert sentences(added, 1500) == diff_sentences("", "Another sentence.", 100)
    marked = sentences(a_finding(Kind.TAG_ADDED), 1500)
    assert marked is not None
    assert {piece.kind for piece in marked.pieces} == {"same"}
