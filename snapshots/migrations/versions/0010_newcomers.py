"""Watches whose page no check has ever reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "newcomer",
        sa.Column("id", KEY, nullable=False),
        sa.Column("wiki", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("checked_at", TIME, nullable=False),
        sa.Column("told_at", TIME, nullable=True),
        sa.Column("arrived_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_newcomer")),
        sa.UniqueConstraint("wiki", "title", name=op.f("uq_newcomer_wiki_title")),
    )


def downgrade() -> None:
    op.drop_table("newcomer")
