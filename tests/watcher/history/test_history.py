from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest

from tests.cases import for_each
from tests.watcher.history_generator import Saga, events
from tests.watcher.history_helpers import (
    BOATS,
    CENSUS,
    CREWS,
    SURVEY,
    TEXT,
    build_timelines,
    events_of,
    revision,
    stories,
    timelines_from,
)
from watcher.model import Snapshot

LENGTH = 200


@pytest.mark.parametrize("seed", [4, 11])
def test_the_timelines_equal_the_script_that_wrote_the_history(seed: int):
    saga = Saga(seed)
    saga.play(LENGTH)
    expected, result = Counter(saga.events), events(build_timelines(saga.snapshots()))
    assert not result - expected, "phantom changes"
    assert (expected & result).total() >= 0.98 * expected.total(), sorted(map(str, (expected - result).elements()))


@for_each(
    "after",
    [
        TEXT.replace("the survey counted 21 million boats", "by the count of the survey there were 21 million boats"),
        TEXT.replace("21 million", "21,000,000"),
        TEXT.replace(f"{BOATS}\n\n", "").replace(CREWS, f"{CREWS}\n\n{BOATS}"),
        TEXT.replace("== Harbours ==", "== Ports =="),
        TEXT.replace("url=https://survey", "access-date=2026-01-01 |url=https://survey"),
        TEXT.replace("of the sea.", "of the wide sea."),
    ],
    ids=["reworded", "another scale", "moved", "section renamed", "citation tidied", "neighbour changed"],
)
def test_what_does_not_touch_a_figure_leaves_its_life_alone(after: str):
    assert [len(timeline.episodes) for timeline in timelines_from(TEXT, after)] == [1, 1]


def test_a_figure_keeps_its_life_while_its_year_rolls_on():
    boats = timelines_from(TEXT, TEXT.replace("2012", "2016").replace("21 million", "25 million"))[0]
    assert events_of(boats) == [(1, "added", "21 million"), (2, "changed", "25 million")]
    assert [field.name for field in boats.episodes[1].fields] == ["value", "as_of"]


def test_the_base_of_a_rate_is_no_figure_of_its_own():
    text = "The rate was under 3 thefts per 100,000 people in 2008.\n\nOf 100,000 sailors 12 drowned."
    shown = stories(timelines_from(text, text.replace("3 thefts", "4 thefts")))
    assert sorted(len(story) for story in shown) == [1, 1, 2]


def test_a_number_that_points_back_is_no_figure():
    text = "There were 12 boats and 14 nets. These two kinds were of the two villages."
    assert len(timelines_from(text)) == 2


@for_each(
    ("text", "count"),
    [
        ("The tide is the same for all three.", 0),
        ("The tide is the same for all three harbours.", 1),
        ("The boats stay in harbour for two reasons.", 0),
        ("The ferry may well one day reach the quay.", 0),
        ("The ferry took one day to the quay.", 1),
        ("While two people may both call themselves sailors, their boats differ.", 0),
        ("While two people drowned, the others swam.", 1),
        ("Though two people or crews might both call themselves so, their boats differ.", 0),
        ("If two people worked for the same time, they got the same.", 0),
        ("The guild fears that 300 people may have drowned.", 1),
        ("The guild said that two people drowned and that the ferry may sink.", 1),
        ("In all 12 drowned.", 1),
        ("The guild set sail for the eight-hour day.", 0),
        ("The guild works an eight-hour day.", 1),
        ("Among people under age 25, the rate was 60%.", 1),
        ("The guild chose by a vote of 12-7-30 (12 in favour, 7 opposed and 30 abstentions).", 3),
        ("The guild chose by a vote of 12-7.", 2),
    ],
)
def test_a_number_that_names_supposes_or_says_who_is_meant_is_no_figure(text: str, count: int):
    assert len(timelines_from(text)) == count


def test_one_is_an_article_where_nothing_is_counted():
    text = (
        "Tides (12 vols, by Ann Gull). The harbour is one big family, one step from the sea. One sailor sang. The choir"
        " One Minute Silence came."
    )
    assert timelines_from(text) == []


def test_a_date_beside_a_name_alone_is_no_claim():
    assert timelines_from("Harbour Press, 2004.", subject="claim") == []
    assert len(timelines_from("Harbour Press closed in 2004.", subject="claim")) == 1


@pytest.mark.parametrize(
    ("item", "count"),
    [
        ("Harbour Press of Gullport, 2004. p. 82", 0),
        ("See Gull Press, 2001, page 9.", 0),
        ("Gull-Smith / University of Gullport, 2006, p. 126", 0),
        ("University of Gullport (1990)", 1),
        ("Harbour Press closed in 2004.", 1),
    ],
)
def test_a_source_in_a_list_is_no_claim(item: str, count: int):
    assert len(timelines_from(f"* {item}\n", subject="claim")) == count


def test_a_revert_gives_no_figure_another_author_and_no_new_life():
    wrong = TEXT.replace("21 million", "99 million")
    boats, crews = timelines_from(TEXT, wrong, TEXT)
    assert events_of(boats) == [(1, "added", "21 million"), (2, "changed", "99 million"), (3, "changed", "21 million")]
    assert [(episode.origin.id, episode.undone) for episode in boats.episodes] == [(1, False), (2, True), (1, False)]
    assert boats.episodes[1].duration is not None
    assert boats.episodes[1].duration.days == 1
    assert len(crews.episodes) == 1


@pytest.mark.parametrize(("hours", "count"), [(23, 2), (25, 3)])
def test_what_stood_for_less_than_a_day_and_was_undone_has_no_timeline(hours: int, count: int):
    texts = (TEXT, f"{TEXT} In all 40 boats sank.", TEXT)
    begun = revision(1).at
    timelines = build_timelines(
        Snapshot(
            revision=replace(revision(number), at=begun + timedelta(hours=hours) * (number == len(texts))),
            wikitext=text,
        )
        for number, text in enumerate(texts, 1)
    )
    assert sum(timeline.subject == "statistic" for timeline in timelines) == count


def test_a_blanked_page_that_is_restored_takes_nobody_s_life():
    boats, crews = timelines_from(TEXT, "", TEXT)
    assert events_of(boats) == [(1, "added", "21 million"), (2, "removed", None), (3, "restored", "21 million")]
    assert boats.episodes[0].ended is None
    assert crews.latest.origin.id == 1


def test_a_wrong_figure_that_is_put_right_by_hand_in_a_larger_edit_is_undone_all_the_same():
    wrong = TEXT.replace("21 million", "99 million")
    boats = timelines_from(TEXT, wrong, TEXT.replace("rise and fall", "fall and rise"))[0]
    assert [episode.undone for episode in boats.episodes] == [False, True, False]
    assert boats.latest.origin.id == 1


def test_a_sentence_that_is_dropped_and_comes_back_elsewhere_goes_on_with_its_life():
    without = TEXT.replace(BOATS, "")
    boats = timelines_from(
        TEXT, without, without.replace("of the sea.", "of the sea, daily."), f"{without}\n{BOATS}\n"
    )[0]
    assert events_of(boats) == [(1, "added", "21 million"), (2, "removed", None), (4, "restored", "21 million")]


def test_another_source_is_reported_with_who_gave_it():
    boats = timelines_from(TEXT, TEXT.replace(SURVEY, CENSUS), TEXT.replace(SURVEY, CENSUS).replace("21", "22"))[0]
    assert [episode.verb.value for episode in boats.episodes] == ["added", "resourced", "changed"]
    assert (boats.latest.origin.id, boats.latest.source_origin.id) == (3, 2)
    assert boats.latest.sources == ("Census of boats",)


def test_a_name_that_cites_another_work_gives_every_user_another_source():
    named = SURVEY.replace("<ref>", '<ref name="s">')
    other = CENSUS.replace("<ref>", '<ref name="s">')
    text = TEXT.replace(SURVEY, '<ref name="s" />') + f"\n== Notes ==\n<references>{named}</references>\n"
    boats = timelines_from(text, text.replace(named, other))[0]
    assert [(episode.verb.value, episode.sources) for episode in boats.episodes] == [
        ("added", ("Tidal survey of all ports",)),
        ("resourced", ("Census of boats",)),
    ]


def test_the_cells_of_a_table_live_on_their_own_though_they_say_the_same():
    table = "{| class=wikitable\n! Year !! Boats\n|-\n| 2010 || 12,400\n|-\n| 2011 || 12,400\n|}\n"
    changed = table.replace("2011 || 12,400", "2011 || 13,900")
    result = [story for story in stories(timelines_from(table, changed)) if len(story) > 1]
    assert result == [[(1, "added", "12,400"), (2, "changed", "13,900")]]


def test_a_text_that_the_wiki_hides_is_passed_over():
    boats = timelines_from(TEXT, None, TEXT.replace("21 million", "22 million"))[0]
    assert events_of(boats) == [(1, "added", "21 million"), (3, "changed", "22 million")]


def test_a_figure_that_moves_into_another_sentence_lives_on():
    joined = (
        f"In 2012, the survey counted 21 million boats in the harbours of the coast, and {CREWS[0].lower()}{CREWS[1:]}"
    )
    together = f"{BOATS} {CREWS}"
    result = stories(timelines_from(together, joined + SURVEY))
    assert [[verb for _, verb, _ in item if verb in ("removed", "added")] for item in result] == [["added"], ["added"]]


def test_claims_sources_and_pictures_have_lives_too():
    text = TEXT + "\n[[File:Tide.jpg|thumb|The sea]]\n\nThe port is the largest of all ports in the world.\n"
    second = text.replace("Tide.jpg", "Ebb.jpg").replace("is the largest", "is the second-largest")
    assert stories(timelines_from(text, second, subject="figure")) == [
        [(1, "added", "Tide.jpg"), (2, "changed", "Ebb.jpg")]
    ]
    assert stories(timelines_from(text, text.replace(SURVEY, ""), subject="reference")) == [
        [(1, "added", "Tidal survey of all ports"), (2, "removed", None)]
    ]
    claims = [timeline for timeline in timelines_from(text, second, subject="claim") if len(timeline.episodes) > 1]
    assert [episode.verb.value for episode in claims[0].episodes] == ["added", "changed"]


@for_each(
    ("text", "old", "new"),
    [
        ("Ann Gull (born 3 May 1950) is a sailor.", "1950", "1951"),
        ("The harbour of Ebb was opened in 1864.", "1864", "1846"),
        ("{{Infobox person\n| name = Ann Gull\n| birth_date = 3 May 1950\n}}", "3 May", "5 May"),
    ],
    ids=["birth", "event", "infobox"],
)
def test_a_date_has_a_timeline(text: str, old: str, new: str):
    assert [
        [(episode.verb.value, episode.undone) for episode in timeline.episodes]
        for timeline in timelines_from(text, text.replace(old, new), text, subject="claim")
    ] == [[("added", False), ("changed", True), ("changed", False)]]


@for_each(
    "text",
    [
        "In 2012, the survey counted 21 million boats.",
        "(Gull, Boats of Ebb (2nd edition, 1998), p. 12)",
        "[[File:Ebb.jpg|thumb|Boats of Ebb, 1998]]",
        "[[File:Ebb.jpg|thumb|Ebb is the largest port.]]",
        "{{Infobox port\n| boats = 21\n| boats_year = 1998\n}}",
        "{{Infobox port\n| boats = none\n| cleanup = May 1998\n}}",
    ],
    ids=["date of a statistic", "source", "dated caption", "caption", "year of a parameter", "setting"],
)
def test_what_belongs_to_something_else_is_no_claim(text: str):
    assert not timelines_from(text, subject="claim")


FERRY = "The ferry of Ebb is never late, because its captain lives on board and sleeps beside the wheel."


def test_a_claim_that_several_edits_rewrite_bit_by_bit_is_another_one():
    first = FERRY.replace("captain lives", "keeper lives")
    second = first.replace("sleeps beside", "stands behind")
    third = second.replace("on board", "below the bridge")
    verbs = [episode.verb.value for episode in timelines_from(FERRY, first, second, third, subject="claim")[0].episodes]
    assert (verbs[0], verbs[-1]) == ("added", "changed")


def test_a_claim_returns_in_the_same_words_only():
    texts = ("Ebb is the largest port, before Havnes.", "Ebb is the oldest port, before Havnes.")
    claim = timelines_from(*texts, "Ebb is the largest port, before Saltash and Pellport.", subject="claim")[0]
    assert [episode.undone for episode in claim.episodes] == [False, False, False]


def test_a_long_claim_that_is_repeated_is_one():
    twice = f"{FERRY}\n\n== Ferries ==\n{FERRY}"
    texts = (FERRY, twice, f"== Ferries ==\n{FERRY}", "Ebb has no ferry.")
    verbs = [[episode.verb.value for episode in claim.episodes] for claim in timelines_from(*texts, subject="claim")]
    assert verbs == [["added", "removed"], ["added"]]


def test_a_claim_goes_on_while_its_sentence_stands():
    short = "The ferry of Ebb leaves at noon with its captain, two nets and a dog"
    long = f"{short}, and is the fastest of all ferries"
    claims = timelines_from(f"{long}.", f"{short}.", f"{long}.", subject="claim")
    assert [[episode.verb.value for episode in claim.episodes] for claim in claims] == [["added", "changed", "changed"]]


def test_a_claim_that_loses_a_clause_changes_however_long_it_is():
    rest = "and all the boats of the bay " * 8
    long = f"The ferry of Ebb is never late, {rest}, because its captain lives on board and sleeps beside the wheel."
    texts = (long, long.replace(", because its captain lives on board and sleeps beside the wheel", ""))
    verbs = [episode.verb.value for episode in timelines_from(*texts, subject="claim")[0].episodes]
    assert verbs == ["added", "changed"]


def test_what_was_removed_for_good_is_not_undone_by_the_end_of_an_edit_war():
    without = TEXT.replace(BOATS, "The harbours of the coast are deep.")
    boats = timelines_from(TEXT, without, TEXT, without)[0]
    assert [(episode.ended and episode.ended.id, episode.undone) for episode in boats.episodes] == [
        (2, False), (3, True), (4, True), (None, False),
    ]  # fmt: skip


@for_each(("author", "count"), [("E3", 2), ("E2", 1)], ids=["somebody else", "the author"])
def test_what_its_own_author_took_back_within_a_day_has_no_timeline(author: str, count: int):
    without = TEXT.replace(BOATS, "The harbours of the coast are deep, as all know.")
    texts = (without, TEXT, TEXT.replace(BOATS, "The harbours of the coast are very deep, as everybody knows."))
    begun = revision(1).at
    timelines = build_timelines(
        Snapshot(
            revision=replace(
                revision(number, author if number == len(texts) else None), at=begun + timedelta(hours=number)
            ),
            wikitext=text,
        )
        for number, text in enumerate(texts, 1)
    )
    assert sum(timeline.subject == "statistic" for timeline in timelines) == count


@for_each(
    "apparatus",
    [
        "== Further reading ==\n* Gull, A. (1999). The 12 tides of three coasts. 240 pages.",
        "== Bibliography ==\n* Two hundred boats. Wharf Press.",
        '{| class="wikitable"\n! header 1\n! header 2\n|-\n| row 1, cell 1\n| row 1, cell 2\n|}',
        "This article takes none of the 12 points of view, and is not about the 14 rivers.",
        "But think of the 12 boats that your harbour never had.",
        "Did they know that 12 boats never sailed?",
        "&lt;ref name=%26quot%3Bgull%26quot%3B%26gt%3B The boats were never counted.",
        "The harbour_%28Ebb%29 was never larger than 12 boats.",
        "&lt;ref&gt;Gull, A. (1999), never one of 12 editors.",
        "Do not forget that the harbour never had 12 boats.",
        "The harbour must never have 12 boats!",
        "NO HARBOUR WITHOUT 12 BOATS!",
        "It would be useful to know whether the 12 boats ever sailed.",
        "The 12 boats that never sailed will be discussed below.",
        "&#35;invoke:Boats|harbour = Ebb |count = 12 |never = 1",
        "<timeline>\nImageSize = width:800 height:12\n</timeline>",
        "See tides of the harbour.",
        "According to the oldest of the 12 boats of the harbour:",
        "The first rule of the 12 boats states:",
        "The harbour master said:",
        "Ann Gull wrote in her Tides of Three Coasts (1999):",
        "He maintained that, in the best of 12 harbours:",
        "In 1999 the guild of the 12 boats stated its first rule as follows:",
        "(Gull, The Oldest Boats of Ebb, 1999)",
        "(Also see boats of the 12 harbours that never sailed.)",
        "Main Article: 1999 Ebb harbour fire",
        "Main articles: 12 boats Ferries of Ebb, the oldest harbour",
        "No, in 12 cases.",
        "Ask the harbour master of the 12 boats to learn more, as he is never away.",
        "This section discusses the 12 boats that never sailed.",
        "The tide presented here is the first of 12.",
        "Here is a short list of the 12 oldest boats.",
        "He argued,",
        "Ann Gull says of the 12 boats,",
        "Say, two boats of the harbour never sail.",
        "Suppose that the harbour never had 12 boats.",
        "Ann Gull====The 12 boats====",
        "My view is that 12 boats are not enough.",
        "This is documented in the Bulletin of Ebb, no 12.",
        "&#124;- &#124;3 &#124;align=right&#124;12 boats that never sailed",
        "For boats that are not of wood, see Boats of Ebb.",
        "See Boats of Ebb for a general account of the 12 that never sailed.",
        "The 12 boats that never sailed are described on http://ebb.example/boats.html",
        "No boats: http://ebb.example/12.html",
        "Ebb: no harbour has 12 boats ... ebb.example/boats/list.html - 12k - Cached",
        "Cf. the 12 boats that never sailed in The Sea.",
        "(There are no others.) Cf: Twelve Boats, or 12 boats in The Sea.",
        "Press of Ebb, 12 Boats, 2003. p. 82",
        "Ebb 12 Boats, Radio Ebb, Not Lost, ebb.net, Quays of Ebb",
        "We never had more than 12 boats.",
        "The harbour is, I think, never larger than 12 boats.",
        "{|\n| Yes. The 12 boats were never seen.\n|}",
        "Not to be confused with the first of 12 boats of Ebb.",
        "The 12 kinds of boats, of which none is the first, are described in their own articles.",
        "Not all of the following kinds of boats sail on 12 tides.",
        "The following kinds of 12 boats should never be counted.",
        "The case against the 12 boats is explained in The Empty Harbour by Ann Gull.",
        "Here, the harbour master writes of the first of 12 tides.",
        "According to the first of all captains",
        "The harbour master says of the 12 boats, while never naming them,",
        "The harbour master says of the 12 boats, while never naming them, –",
        "For information on the 12 boats, none of them here, refer to: Boats of Ebb",
        "— Ann Gull, Not One of 12 Boats",
        "The first of the 12 boats can be found in the corresponding article.",
        "The oldest of 12 boats are described under the articles on each harbour.",
        "(Presumably not to meet any of the 12 boats.)",
        "Gull never asks what tides are in the book of 12 Boats, p. 191&lt;/ref",
        "Tides never end in the book of 12 Boats, edited by Ann Gull, Quay Press, 1978, pp 21-22, 15",
        "<blockquote>\nBut it has never had 12 boats.\n</blockquote>",
    ],
)
def test_what_is_no_statement_of_the_article_has_no_timeline(apparatus: str):
    assert len(timelines_from(f"{TEXT}\n{apparatus}")) == len(timelines_from(TEXT))


@for_each(
    "stated",
    [
        'The harbour master wrote "do you see the 12 boats?" in a letter to the king.',
        "The theatre of the harbour showed As You Like It in 12 weeks of the year.",
        "The harbour's 12 boats were filmed for Who Owns the Sea?",
        "The harbour's 12 boats were filmed for the musical Ahoy!",
        "The 12 boats of the harbour were the first of all, the harbour master said.",
        "See The Sea was filmed on 12 of the harbour's boats.",
        "The harbour's 12 boats, which no other has, were counted in 1999 (http://ebb.example/boats.html).",
        "By 1999, 20% of the 12 boats were not in the harbour.",
        "The harbour master said of the 12 boats that none was the first.",
        "They say, and 12 boats show, that no harbour is the first.",
        "(The 12 boats of the harbour are counted on Sundays.)",
        "The harbour master blamed 12 boats for not leaving early enough:",
        "Only one boat sails in winter.",
        "Ebb, Radio Ebb, the Quay, and the Press of Ebb own 12 boats.",
        "The guild argues that we have no duty to sail, and 12 boats agree.",
        'The harbour master wrote: "We never had 12 boats, and I know no others."',
        "Here, the harbour master said, none of the 12 boats was lost.",
        "According to the harbour master, none of the 12 boats was lost",
        "— None of the 12 boats was lost.",
        "(Presumably none of the 12 boats was lost.)",
        "The relevant article of the treaty names none of the 12 boats.",
        "King Otto I sailed with 12 boats, and none was lost.",
        "The following day, none of the 12 boats left.",
        "According to the guild 12 boats were lost in the storm.",
        "No. 12 on the list is a quay with 3,000 boats.",
        "No boat has 12 sails.",
        "They came to learn more about the only 12 boats of Ebb.",
        "The harbour has 12 class I boats, none of them of wood.",
        "I residenti erano 5.000, e nessuno era del porto.",
        "In Ebb hebben we 12 boats, and no other harbour has.",
        "The album We Are Not Boats sold 12 copies.",
        "In each of the following two years, none of the 12 boats left.",
        "The following months, 12 sailors were never seen.",
        "<blockquote>\nThe harbour has never had 12 boats.\n</blockquote>",
    ],
)
def test_a_quotation_or_title_with_a_question_is_part_of_a_statement(stated: str):
    assert len(timelines_from(f"{TEXT}\n{stated}")) > len(timelines_from(TEXT))
