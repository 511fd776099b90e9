"""Where each finding stands with reviewers, what they decided, and until when they have looked."""

from __future__ import annotations

import json
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

INDEXES = {
    "ix_review_state_severity_at_finding_id": ["state", "severity", "at", "finding_id"],
    "ix_review_severity_at_finding_id": ["severity", "at", "finding_id"],
    "ix_review_at_finding_id": ["at", "finding_id"],
    "ix_review_article_id_severity_at_finding_id": ["article_id", "severity", "at", "finding_id"],
    "ix_review_state_kind_severity": ["state", "kind", "severity"],
    "ix_review_state_article_id_severity": ["state", "article_id", "severity"],
    "ix_review_state_editor_severity": ["state", "editor", "severity"],
    "ix_review_state_assignee_severity": ["state", "assignee", "severity"],
    "ix_review_comparison_id": ["comparison_id"],
    "ix_review_muted_by": ["muted_by"],
}


def upgrade() -> None:
    review = op.create_table(
        "review",
        sa.Column("finding_id", KEY, autoincrement=False, nullable=False),
        sa.Column("comparison_id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("editor", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("muted_by", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_review_finding_id_finding"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comparison_id"], ["comparison.id"], name=op.f("fk_review_comparison_id_comparison"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_review_article_id_article")),
        sa.ForeignKeyConstraint(["muted_by"], ["mute.id"], name=op.f("fk_review_muted_by_mute")),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_review")),
    )
    op.create_table(
        "review_step",
        sa.Column("id", KEY, nullable=False),
        sa.Column("finding_id", KEY, nullable=False),
        sa.Column("batch", KEY, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("deed", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("mute_id", KEY, nullable=True),
        sa.Column("undoes", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_review_step_finding_id_finding"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["mute_id"], ["mute.id"], name=op.f("fk_review_step_mute_id_mute")),
        sa.ForeignKeyConstraint(["undoes"], ["review_step.id"], name=op.f("fk_review_step_undoes_review_step")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_step")),
    )
    op.create_index(op.f("ix_review_step_finding_id"), "review_step", ["finding_id"])
    op.create_index(op.f("ix_review_step_batch"), "review_step", ["batch"])
    op.create_table(
        "viewing",
        sa.Column("id", KEY, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_viewing")),
        sa.UniqueConstraint("reader", name=op.f("uq_viewing_reader")),
    )
    _fill(review)
    for name, columns in INDEXES.items():
        op.create_index(op.f(name), "review", columns)


def _fill(review: sa.Table) -> None:
    """All that was found before waits for a review, as it would have done."""
    stored = sa.text(
        "SELECT finding.id AS finding_id, finding.comparison_id, comparison.article_id, finding.severity, comparison.at,"
        " finding.kind, finding.section, finding.summary, finding.body, revision.editor, article.title"
        " FROM finding JOIN comparison ON comparison.id = finding.comparison_id"
        " JOIN revision ON revision.id = comparison.after_id JOIN article ON article.id = comparison.article_id"
        " WHERE finding.id > :last ORDER BY finding.id LIMIT 1000"
    ).columns(at=TIME)
    connection, last = op.get_bind(), 0
    while rows := connection.execute(stored, {"last": last}).mappings().all():
        connection.execute(sa.insert(review), [_queued(dict(row)) for row in rows])
        last = rows[-1]["finding_id"]


def _queued(row: dict[str, Any]) -> dict[str, Any]:
    section, sentence = json.loads(row.pop("section")), json.loads(row.pop("body")).get("sentence") or {}
    words = (row.pop("title"), row["editor"], *section, row.pop("summary"), sentence.get("old"), sentence.get("new"))
    text = "\n".join(word for word in words if word).casefold()[:4000]
    return row | {"section": _storable(" › ".join(section)), "words": _storable(text), "state": "open"}


def _storable(text: str) -> str:
    """JSON escapes carry characters that no engine stores as text."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace").replace("\0", "\ufffd")


def downgrade() -> None:
    op.drop_table("viewing")
    op.drop_table("review_step")
    op.drop_table("review")
