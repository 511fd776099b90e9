from __future__ import annotations

from decimal import Decimal

from watcher.model import Measure
from watcher.parse.quantities.token_stream import Candidate


def test_a_draft_is_a_count_until_a_rule_changes_it() -> None:
    draft = Candidate(0, 1, Decimal(5))

    assert (draft.measure, draft.unit, draft.noun) == (Measure.COUNT, None, False)
