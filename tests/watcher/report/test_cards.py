from collections.abc import Callable
from dataclasses import replace

from tests.cases import for_each
from watcher.model import Figure, Finding, Kind, Location, Mention
from watcher.report.cards import Bounds, Card, Context, card

PLAIN = Context(known={}, edited=frozenset(), bounds=Bounds())


def shown(finding: Finding, **bounds: int) -> Card:
    return card(finding, 1, replace(PLAIN, bounds=Bounds(**bounds)))


def test_a_changed_statistic_shows_both_numbers_the_step_and_the_words(finding: Callable[..., Finding]):
    shown_card = shown(finding())
    assert (shown_card.old, shown_card.new, shown_card.difference) == (
        "21 million",
        "25 million travellers",
        "+4 million (+19 %)",
    )
    assert shown_card.words is not None
    assert [p.text for p in shown_card.words.pieces if p.kind != "same"] == ["21", "25"]
    assert shown_card.source_verdict == "same source"
    assert shown_card.reasons == ("It still cites the same source.",)
    assert shown_card.section == ("Lead",)


@for_each("kind", list(Kind))
def test_every_kind_makes_a_card(finding: Callable[..., Finding], kind: Kind):
    shown_card = shown(finding(kind, location=Location(section=("A", "B"))))
    assert shown_card.kind == kind.value
    assert shown_card.section == ("A", "B")
    assert (shown_card.old is None) == (kind.verb == "added")


def test_every_text_of_a_card_is_bounded(finding: Callable[..., Finding]):
    long = "long " * 5_000
    whole = finding(
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


def test_places_that_still_state_the_old_figure_are_shown(finding: Callable[..., Finding]):
    mentions = tuple(Mention(sentence=f"Sentence {n}.", location=Location(section=("A", str(n)))) for n in range(7))
    shown_card = shown(finding(elsewhere=mentions))
    assert [(m.path, m.sentence) for m in shown_card.mentions][:2] == [
        (("A", "0"), "Sentence 0."),
        (("A", "1"), "Sentence 1."),
    ]
    assert (len(shown_card.mentions), shown_card.mentions_left_out) == (5, 2)
