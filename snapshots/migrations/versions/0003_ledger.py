"""Replace the batches of histories with the ledger, which is filled from the stored revisions in the background."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only if the column is declared as INTEGER, which has 64 bits there.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.drop_table("history_batch")
    op.drop_table("history_progress")
    op.create_table(
        "ledger_head",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("texts", sa.Integer(), nullable=False),
        sa.Column("edits", sa.Integer(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("head", sa.LargeBinary(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_ledger_head_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_head")),
        sa.UniqueConstraint("article_id", name=op.f("uq_ledger_head_article_id")),
    )
    op.create_table(
        "ledger_edit",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_ledger_edit_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ledger_edit")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_ledger_edit_article_id_number")),
    )


def downgrade() -> None:
    op.drop_table("ledger_edit")
    op.drop_table("ledger_head")
    op.create_table(
        "history_batch",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_history_batch_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_batch")),
        sa.UniqueConstraint("article_id", "number", name=op.f("uq_history_batch_article_id_number")),
    )
    op.create_table(
        "history_progress",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("parsed_revisions", sa.Integer(), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("parser_version", sa.Text(), nullable=False),
        sa.Column("state", sa.LargeBinary(), nullable=False),
        sa.Column("current", sa.LargeBinary(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_history_progress_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_history_progress")),
        sa.UniqueConstraint("article_id", name=op.f("uq_history_progress_article_id")),
    )
