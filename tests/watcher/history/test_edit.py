from __future__ import annotations

from tests.cases import for_each
from tests.watcher.history_helpers import BOATS, CREWS, SURVEY, TEXT, stories, timelines_from

TABLE = "{{| class=wikitable\n! Port !! Boats\n|-\n| Havnes || {} boats\n|-\n| Gullport || {} boats\n|}}\n"


def ends(*texts: str) -> list[list[str]]:
    """The verbs of each life."""
    return [[verb for _, verb, _ in story] for story in stories(timelines_from(*texts))]


@for_each(
    ("texts", "verbs"),
    [
        ((TEXT, TEXT.replace("21", "22")), [["added", "changed"], ["added"]]),
        ((TEXT, TEXT.replace(BOATS, "")), [["added", "removed"], ["added"]]),
        ((TEXT, TEXT.replace(SURVEY, "")), [["added", "resourced"], ["added"]]),
        ((TEXT.replace(BOATS, ""), TEXT), [["added"], ["added"]]),
        ((TEXT, TEXT.replace("21 million boats", "the boats")), [["added", "removed"], ["added"]]),
        ((TEXT, f"{TEXT}\n{BOATS}\n"), [["added"], ["added"], ["added"]]),
        ((f"{TEXT}\n{BOATS}\n", TEXT), [["added"], ["added"], ["added", "removed"]]),
    ],
    ids=["changed", "removed", "source lost", "added", "figure alone removed", "said twice", "said once again"],
)
def test_each_figure_lives_its_own_life(texts: tuple[str, ...], verbs: list[list[str]]):
    assert sorted(ends(*texts)) == sorted(verbs)


def test_sentences_that_change_places_keep_their_figures():
    text = f"{BOATS}\n\n{CREWS}\n"
    assert ends(text, f"{CREWS}\n\n{BOATS}\n") == [["added"], ["added"]]


def test_short_cells_are_not_taken_for_others_that_are_gone():
    first, second = TABLE.format(12, 15), TABLE.replace("| Havnes || {} boats\n|-\n", "").format(15)
    third = second.replace("15", "12")
    result = stories(timelines_from(first, second, third))
    assert result == [
        [(1, "added", "12"), (2, "removed", None)],
        [(1, "added", "15"), (3, "changed", "12")],
    ]


def test_a_wording_that_comes_back_on_the_same_source_is_no_change_of_source():
    other = TEXT.replace("the survey counted 21 million boats", "by the survey there were 21 million boats")
    cited = (text.replace("reports/all-ports", "archive/all-ports") for text in (other, TEXT))
    assert ends(TEXT, other, *cited) == [["added"], ["added"]]


NAMES = "Arn Bex Cove Dale Elm Firth Glen Holm Inver Jar Kirk Loch".split()
PORTS = "\n\n".join(
    f"The port of {name} had {at} cranes in 1990, as its master wrote." for at, name in enumerate(NAMES, 11)
)


def test_an_article_that_was_pasted_into_itself_states_nothing_twice():
    pasted = f"{PORTS}\n\n{PORTS}"
    once = ends(PORTS)
    assert len(once) == 12
    for after in (PORTS, f"{PORTS}\n\nA pier."):
        assert ends(PORTS, pasted, after) == once
    assert ends(pasted) == once


def test_a_claim_without_its_cue_goes_on_in_a_copy():
    cued, plain = (f"Ships of the northern towns {cue}unload at the old quay." for cue in ("never ", ""))
    copied = f"{plain}\n\n== Copy ==\n{plain}\n"
    [claim] = timelines_from(cued, plain, copied, copied.replace(plain, "Boats.", 1), subject="claim")
    assert [episode.verb for episode in claim.episodes] == ["added", "changed"]


def test_a_copy_that_was_changed_states_a_fact_of_its_own():
    pasted = f"{PORTS}\n\n{PORTS}"
    changed = pasted.replace("11 cranes", "99 cranes", 1)
    assert sorted(ends(PORTS, pasted, changed)) == [["added"]] * 13
    assert sorted(ends(PORTS, pasted, changed, PORTS)) == [["added"]] * 12 + [["added", "removed"]]
    gone = pasted.replace("The port of Arn had 11 cranes", "The port of Arn had cranes")
    assert sorted(ends(PORTS, pasted, gone)) == [["added"]] * 11 + [["added", "removed"]]


def test_a_pasted_article_that_is_blanked_and_restored_is_what_it_was():
    pasted = f"{PORTS}\n\n{PORTS}"
    assert ends(PORTS, pasted, "", pasted, PORTS) == [["added", "removed", "restored"]] * 12


@for_each(
    ("before", "after", "count"),
    [
        ("Tarn has the largest harbour of the coast.", "The largest harbour on the whole coast is that of Tarn.", 1),
        ("Tarn has the largest harbour of the coast.", "Most fishermen of Bex were the first who used nylon nets.", 2),
        (
            "Of the towns of the coast, Tarn has the largest harbour.",
            "Of the men of the islands, most fishermen never used the nets of the north.",
            2,
        ),
        (
            "Tarn has the largest harbour of the coast.",
            "Tarn has the largest harbour of the coast, of granite from Bex, and its piers came after the flood.",
            1,
        ),
    ],
    ids=["reworded", "another claim", "only little words in common", "continued"],
)
def test_a_claim_in_the_place_of_another_is_not_the_same(before: str, after: str, count: int):
    frame = "Tide is the sea.\n\n{}\n\nIts harbours are old."
    claims = timelines_from(frame.format(before), frame.format(after), subject="claim")
    largest = [claim for claim in claims if "Tide" not in claim.episodes[0].sentence]
    assert len(largest) == count


@for_each(
    ("after", "verbs"),
    [
        ("The oldest quay of Tarn was built for sailors of the northern towns.", ["added", "changed"]),
        ("The oldest quay of Tarn was built for merchants by the northern towns.", ["added"]),
        ("The oldest quay of Tarn was built for a merchant of the northern town.", ["added"]),
        ("The oldest quay of Tarn was built for merchants of the rich northern towns.", ["added"]),
        ("The oldest quay of Tarn was built for merchants of these northern towns there.", ["added"]),
    ],
    ids=["one word for another", "small words", "other forms", "one word more", "connecting words"],
)
def test_a_longer_word_in_place_of_another_changes_a_claim(after: str, verbs: list[str]):
    before = "The oldest quay of Tarn was built for merchants of the northern towns."
    [claim] = timelines_from(before, after, subject="claim")
    assert [episode.verb for episode in claim.episodes] == verbs
