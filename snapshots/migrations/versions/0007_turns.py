"""Whose turn it is to ask a wiki, and which pages a run is to check."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("article", sa.Column("queued_until", TIME, nullable=True))
    op.create_table(
        "turn",
        sa.Column("wiki", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.PrimaryKeyConstraint("wiki", name=op.f("pk_turn")),
    )


def downgrade() -> None:
    op.drop_table("turn")
    op.drop_column("article", "queued_until")
