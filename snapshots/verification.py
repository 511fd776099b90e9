"""Read every stored text and report those whose digest does not match, with their revisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlmodel import Session, col, select

from snapshots import texts
from snapshots.tables import RevisionRow, TextRow
from watcher.errors import Corrupt

# A line has room for some revisions; a damaged keyframe has a thousand.
MAX_NAMED_REVISIONS: Final = 5


def find_corrupt_texts(session: Session) -> Iterator[str]:
    """One line for each text that cannot be read back as it was stored."""
    for text_id in session.exec(select(TextRow.id).order_by(col(TextRow.id))).all():
        try:
            texts.load_text(session, text_id)
        except Corrupt as error:
            yield f"{error} ({_users(session, text_id)})"


def _users(session: Session, text_id: int) -> str:
    of_text = select(RevisionRow.wiki, RevisionRow.revision_id).where(col(RevisionRow.text_id) == text_id)
    named = [f"revision {number} of {wiki}" for wiki, number in session.exec(of_text.order_by(col(RevisionRow.id)))]
    more = f" and {len(named) - MAX_NAMED_REVISIONS} more" if len(named) > MAX_NAMED_REVISIONS else ""
    return ", ".join(named[:MAX_NAMED_REVISIONS]) + more if named else "no revision"
