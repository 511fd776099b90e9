from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from snapshots import Archive
from snapshots.database import insert_or_ignore
from snapshots.tables import TextRow

pytestmark = pytest.mark.dialect


def a_row(digest: bytes, body: bytes) -> dict[str, Any]:
    return {"digest": digest, "base_id": None, "number": 0, "size": len(body), "body": body}


def test_a_row_with_a_known_key_is_left_as_it_is_and_the_others_are_inserted(archive: Archive):
    with archive.database.write() as session:
        insert_or_ignore(session, TextRow, [a_row(b"1", b"first")])
        insert_or_ignore(session, TextRow, [a_row(b"1", b"second"), a_row(b"2", b"third")])
        insert_or_ignore(session, TextRow, [])
        assert sorted(session.exec(select(TextRow.body))) == [b"first", b"third"]
