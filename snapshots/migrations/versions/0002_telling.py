"""What was told and to whom, what is muted, and digests in the outbox."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("delivery", sa.Column("batch", sa.Text(), nullable=True))
    op.create_index(op.f("ix_delivery_batch"), "delivery", ["batch"])
    op.add_column("delivery", sa.Column("told_at", TIME, nullable=True))
    op.add_column("event", sa.Column("told_at", TIME, nullable=True))
    # What happened before this release is no news any more.
    op.execute("UPDATE event SET told_at = at")
    op.execute("UPDATE delivery SET told_at = done_at WHERE state = 'dead'")

    op.create_table(
        "told",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("alert_id", KEY, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_told_article_id_article")),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_told_alert_id_alert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_told")),
    )
    op.create_index(op.f("ix_told_article_id_resolved_at"), "told", ["article_id", "resolved_at"])

    op.create_table(
        "mute",
        sa.Column("id", KEY, nullable=False),
        sa.Column("wiki", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("rule", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=True),
        sa.Column("until", TIME, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mute")),
    )
    op.create_table(
        "withheld",
        sa.Column("id", KEY, nullable=False),
        sa.Column("mute_id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_withheld_article_id_article")),
        sa.ForeignKeyConstraint(["mute_id"], ["mute.id"], name=op.f("fk_withheld_mute_id_mute")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withheld")),
        sa.UniqueConstraint("mute_id", "article_id", name=op.f("uq_withheld_mute_id_article_id")),
    )


def downgrade() -> None:
    op.drop_table("withheld")
    op.drop_table("mute")
    op.drop_table("told")
    op.drop_column("event", "told_at")
    op.drop_column("delivery", "told_at")
    op.drop_index(op.f("ix_delivery_batch"), "delivery")
    op.drop_column("delivery", "batch")
