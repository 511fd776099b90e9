"""Test that a variant of a name is no change, and that another name is one."""

from __future__ import annotations

import pytest

from watcher import compare_wikitext
from watcher.diff.names import Names
from watcher.model import Severity


def loudest(old: str, new: str, title: str | None = None) -> Severity:
    return max(finding.severity for finding in compare_wikitext(old, new, title=title).findings)


LEAD = "'''Ada Maria Corvik''' (born 1950) is a painter. "


@pytest.mark.parametrize(("old", "new"), [("Ada", "Corvik"), ("Corvik", "Ada Corvik"), ("Maria", "Corvik")])
def test_the_subject_under_another_part_of_its_name_is_the_same_person(old, new):
    texts = [f"{LEAD}In that winter {name} taught drawing to the children of the harbour." for name in (old, new)]
    assert loudest(*texts, title="Ada Corvik (painter)") < Severity.MEDIUM


def test_another_person_in_the_place_of_the_subject_is_reported():
    texts = [f"{LEAD}In that winter {name} taught drawing to the children." for name in ("Corvik", "Lindqvist")]
    assert loudest(*texts, title="Ada Corvik") >= Severity.MEDIUM


def test_another_label_of_one_link_is_the_same_thing():
    old = "The horse won the [[Northern Derby]] in May."
    assert loudest(old, old.replace("[[Northern Derby]]", "[[Northern Derby|Harbour Stakes]]")) < Severity.MEDIUM
    assert loudest(old, old.replace("[[Northern Derby]]", "[[Harbour Stakes]]")) >= Severity.MEDIUM


def test_a_long_name_spelt_otherwise_by_a_letter_is_mended():
    old = "The letters went to Alexandrowitch in the spring."
    assert loudest(old, old.replace("Alexandrowitch", "Aleksandrowitch")) < Severity.MEDIUM


def test_without_a_title_no_word_is_the_subjects():
    assert Names().subject == frozenset()
    assert Names(title="Ada Corvik (painter)", texts=(LEAD, LEAD)).subject == {"ada", "maria", "corvik"}
