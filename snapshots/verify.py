"""Every stored text is read and its digest compared: what is damaged becomes a line that names its revisions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlmodel import Session, col, select

from snapshots import texts
from snapshots.rows import RevisionRow, TextRow
from watcher.errors import Corrupt

# A line has room for some revisions; a damaged keyframe has a thousand.
NAMED: Final = 5


def damage(session: Session) -> Iterator[str]:
    """One line for each text that cannot be read back as it was stored."""
    for text_id in session.exec(select(TextRow.id).order_by(col(TextRow.id))).all():
        try:
            texts.get(session, text_id)
        except Corrupt as error:
            yield f"{error} ({_users(session, text_id)})"


def _users(session: Session, text_id: int) -> str:
    of_text = select(RevisionRow.wiki, RevisionRow.revision_id).where(col(RevisionRow.text_id) == text_id)
    named = [f"revision {number} of {wiki}" for wiki, number in session.exec(of_text.order_by(col(RevisionRow.id)))]
    more = f" and {len(named) - NAMED} more" if len(named) > NAMED else ""
    return ", ".join(named[:NAMED]) + more if named else "no revision"
