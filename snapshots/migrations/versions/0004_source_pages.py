"""Add the tables of cited pages that were read, and of findings that wait for them."""

import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "0004", "0003", None, None

TIME = sa.DateTime(timezone=True)
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "source_page",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("problem", sa.Text(), nullable=True),
        sa.Column("answered_at", TIME, nullable=True),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_source_page")),
    )
    op.create_table(
        "source_request",
        sa.Column("finding_id", KEY, nullable=False),
        sa.Column("addresses", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_source_request_finding_id_finding"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_source_request")),
    )
    op.create_index(op.f("ix_source_page_at"), "source_page", ["at"])


def downgrade() -> None:
    op.drop_table("source_request")
    op.drop_table("source_page")
