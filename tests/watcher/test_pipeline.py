"""Test that two texts give a Comparison, without side effects, and no finding where they say the same."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import for_each
from watcher import compare_wikitext
from watcher.model import Article, Dialect, Kind, Policy, Revision, Severity, Snapshot
from watcher.pipeline import changes_between, compare, compare_images

OLD = "Bread is old.\n\n== Flour ==\nIn 2012 there were 21 million sacks.<ref>{{cite web|title=Sacks|url=https://a.example/}}</ref>\n"
NEW = OLD.replace("21", "25")
PAGE = Article(wiki="enwiki", page_id=7, title="Bread")
FIRST = Revision(article=PAGE, id=1, parent_id=0, at=datetime(2026, 3, 1, tzinfo=UTC), editor="A", comment="")
SECOND = replace(FIRST, id=2, parent_id=1)


def snapshots(old: str | None, new: str | None) -> tuple[Snapshot, Snapshot]:
    return Snapshot(revision=FIRST, wikitext=old), Snapshot(revision=SECOND, wikitext=new)


@given(st.text(alphabet="ab 12.=\n{}[]|<>'&", max_size=80))
def test_a_text_does_not_differ_from_itself(text: str):
    assert compare_wikitext(text, text).findings == ()


@pytest.mark.parametrize("spacing", ["  ", "\n"], ids=["blanks", "a line"])
def test_blank_space_is_no_change(spacing: str):
    assert compare_wikitext(OLD, OLD + spacing).findings == ()


@for_each(("old", "new", "is_same"))
def test_the_words_of_a_unit_are_part_of_the_figure(old: str, new: str, is_same: bool):  # noqa: FBT001  a case
    before, after = (OLD.replace("In 2012 there were 21 million sacks.", sentence) for sentence in (old, new))
    severities = [finding.severity for finding in compare_wikitext(before, after).findings]
    assert max(severities) is Severity.INFO if is_same else max(severities) >= Severity.MEDIUM


def test_threads_do_not_disturb_each_other():
    texts = [(OLD, OLD.replace("21", str(number))) for number in range(30, 60)]
    alone = [compare_wikitext(*pair) for pair in texts]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda pair: compare_wikitext(*pair), texts))
    assert together == alone


def test_the_policy_decides_what_is_pinned():
    changed = OLD.replace("Bread is old", "Bread is new")
    plain = compare_wikitext(OLD, changed).worst
    pinned = compare_wikitext(OLD, changed, policy=Policy(pinned=("Bread is old.",))).worst
    assert pinned is not None
    assert plain is None or pinned > plain


def test_the_wikis_own_words_are_known():
    german = Dialect(language="de", file_namespaces=("file", "datei"))
    result = compare_wikitext("Brot.", "Brot.\n[[Datei:Brot.jpg|mini|Ein Brot]]", wiki=german).findings
    assert Kind.FIGURE_ADDED in {finding.change.kind for finding in result}


def test_two_revisions_are_compared_with_their_names_on_it():
    comparison = compare(*snapshots(OLD, NEW), policy=Policy(), dialect=Dialect())
    assert (comparison.article, comparison.before, comparison.after) == (PAGE, FIRST, SECOND)
    assert len(comparison.findings) == 1


@pytest.mark.parametrize("pair", [(None, NEW), (OLD, None), (None, None)], ids=["old", "new", "both"])
def test_a_hidden_text_is_not_taken_for_an_empty_one(pair: tuple[str | None, str | None]):
    assert compare(*snapshots(*pair), policy=Policy(), dialect=Dialect()).findings == ()


def test_changes_come_with_the_other_places_of_the_old_figure():
    twice = OLD + "\n== Sum ==\nAll in all, 21 million sacks.\n"
    changes, _ = changes_between(twice, twice.replace("21", "25", 1))
    [moved] = [change for change in changes if change.kind is Kind.STATISTIC_CHANGED]
    assert [mention.location.section for mention in moved.elsewhere] == [("Sum",)]


BANNER = "{{WikiProject Bread|importance=low}}\nThe mill burned down in 1904. --~~~~\n[[File:Mill.jpg|thumb|The mill]]"
BANNER += "\nIts miller wrote a book about rye." * 20


@for_each(("title", "changes", "worst"))
def test_talk_pages_state_no_facts_and_pictures_of_templates_are_decoration(
    title: str, changes: tuple[tuple[str, str], ...], worst: str
):
    wiki, after = Dialect(talk_namespaces=("talk", "diskussion")), BANNER
    for old, new in changes:
        after = after.replace(old, new)
    assert compare_wikitext(BANNER, after, wiki=wiki, title=title).worst.label == worst
    assert compare_wikitext(BANNER, "", wiki=wiki, title="Talk:Mill").worst is Severity.CRITICAL


def test_what_is_pinned_on_a_talk_page_is_reported_as_anywhere():
    policy = Policy(pinned=("The mill burned down in 1904.",))
    changed = BANNER.replace("1904", "1940")
    assert compare_wikitext(BANNER, changed, policy=policy, title="Talk:Mill").worst is Severity.CRITICAL


@pytest.mark.parametrize(("title", "worst"), [("Mill", Severity.MEDIUM), ("Template:Mill", Severity.LOW)])
def test_so_are_pictures_that_were_uploaded_anew(title: str, worst: Severity):
    page = replace(PAGE, title=title)
    before, after = (
        Snapshot(revision=replace(revision, article=page), wikitext=BANNER) for revision in (FIRST, SECOND)
    )
    seen = ({"Mill.jpg": (digest, None)} for digest in ("a" * 40, "b" * 40))
    assert compare_images(before, after, *seen, policy=Policy(), dialect=Dialect()).worst is worst
