"""Test a week of edits on a real MediaWiki: nothing is lost, told twice or put down to somebody else."""

from collections import Counter
from pathlib import Path

import pytest

from tests.mediawiki.week import Week, read_script, totals
from tests.mediawiki.wiki import RealWiki

WANTS = {"alert", "notice", "resolution", "silence"}


def test_the_script_has_a_week_of_edits_of_many_kinds_that_can_be_made_as_written():
    pages = read_script()
    edits = [edit for page in pages for edit in page.edits]
    assert len(edits) >= 150
    assert len(Counter(edit.do for edit in edits)) >= 10
    assert len({edit.page for edit in edits}) >= 9
    assert len({edit.by for edit in edits}) >= 5
    assert {edit.want for edit in edits} == WANTS
    for page in pages:
        texts = [page.text]
        for edit in page.edits:
            texts.append(edit.text_after(texts))
            assert texts[-1] != texts[-2] or "move" in edit.change, f"{edit.page} at {edit.at}"
        assert [edit.at for edit in page.edits] == sorted(edit.at for edit in page.edits)


@pytest.mark.mediawiki
@pytest.mark.slow
def test_a_week_on_a_real_wiki_is_told_as_it_was_wanted(tmp_path: Path, installed_wiki: Path):
    with RealWiki(tmp_path / "wiki", installed=installed_wiki) as wiki:
        rows = Week(wiki, tmp_path, read_script()).play()
    ledger = "\n".join(row.line for row in rows)
    counts = totals(rows)
    assert [counts[fault][0] for fault in ("lost", "doubled", "wrong editor")] == [0, 0, 0], ledger
    shares = {name: count / among for name, (count, among) in counts.items() if name.endswith("right")}
    assert shares["alerts right"] >= 0.96, ledger
    assert shares["resolutions right"] >= 0.98, ledger
    assert shares["notices right"] == 1, ledger
    assert shares["silences right"] >= 0.82, ledger
