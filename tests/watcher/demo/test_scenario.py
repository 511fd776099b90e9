import re
from datetime import UTC, datetime

import pytest

from tests.cases import for_each
from tests.simulators import WikiStore
from watcher.demo.servers import STORY, TITLE, ScenarioEdit, apply_edits, texts

BY_LABEL = {step.label: (at, text) for step, at, text in texts()}
LABELS = [step.label for step in STORY]


def before(label: str) -> str:
    return BY_LABEL[LABELS[LABELS.index(label) - 1]][1]


def after(label: str) -> str:
    return BY_LABEL[label][1]


def test_the_article_has_one_of_everything() -> None:
    text = after("baseline")
    assert 8_000 < len(text.encode()) < 12_000
    assert text.count("{{cite ") >= 20
    for part in ("[[File:", "<gallery", '{| class="wikitable', "\n* ", "== History ==", "[[Category:"):
        assert part in text, part
    assert after("revert of the vandalism") == before("vandalism")


@for_each(("label", "gone", "come"))
def test_a_step_changes_what_its_label_says(label: str, gone: str, come: str) -> None:
    assert come in after(label)
    assert come not in before(label)
    assert gone in before(label)
    assert gone not in after(label)


def test_all_references_used_by_name_are_defined() -> None:
    for label in LABELS:
        if label != "vandalism":
            used = set(re.findall(r'<ref name="(\w+)" />', after(label)))
            assert used <= set(re.findall(r'<ref name="(\w+)">', after(label))), label


def test_playing_saves_a_step_each_time_one_is_asked_for() -> None:
    store = WikiStore(now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
    steps = apply_edits(store)
    step, _ = next(steps)
    assert (step.label, len(store.by_title[TITLE].revisions)) == ("baseline", 1)
    rest = list(steps)
    assert [saved.id for saved in store.by_title[TITLE].revisions][1:] == [made for _, made in rest]
    assert [saved.text for saved in store.by_title[TITLE].revisions] == [text for _, _, text in texts()]
    assert [saved.editor for saved in store.by_title[TITLE].revisions] == [step.editor for step in STORY]


@pytest.mark.parametrize("text", ["nothing", "old and old"])
def test_a_swap_that_would_miss_or_hit_twice_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="expects one 'old'"):
        ScenarioEdit(label="", editor="", swaps=(("old", "new"),)).applied(text)


def test_a_section_moves_with_its_subsections() -> None:
    text = "Lead\n\n== A ==\na\n\n== B ==\nb\n=== B1 ===\nb1\n\n== C ==\nc"
    moved = "Lead\n\n== X ==\nb\n=== B1 ===\nb1\n\n== A ==\na\n\n== C ==\nc"
    assert ScenarioEdit(label="", editor="", section=("B", "X", "A")).applied(text) == moved
