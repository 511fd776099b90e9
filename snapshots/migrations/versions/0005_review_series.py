"""Let the review queue show a series (edits of several articles by one editor with one summary) as one edit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("review", sa.Column("series", sa.Text(), nullable=True))
    op.create_index(op.f("ix_review_series_at"), "review", ["series", "at"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_review_series_at"), "review")
    op.drop_column("review", "series")
