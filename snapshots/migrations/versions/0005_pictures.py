"""The pictures that articles show, and who alone may edit an article."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("article", sa.Column("protection", sa.Text(), nullable=True))
    op.add_column("article", sa.Column("pictures_of", sa.BigInteger(), nullable=True))
    op.add_column("article", sa.Column("pictures_at", TIME, nullable=True))
    op.create_table(
        "picture",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha1", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_picture_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_picture")),
        sa.UniqueConstraint("article_id", "file", name=op.f("uq_picture_article_id_file")),
    )


def downgrade() -> None:
    op.drop_table("picture")
    op.drop_column("article", "pictures_at")
    op.drop_column("article", "pictures_of")
    op.drop_column("article", "protection")
