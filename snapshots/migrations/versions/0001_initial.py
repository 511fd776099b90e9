"""Create all tables: articles, members of lists, revisions, texts, comparisons, findings, alerts, reviews, histories, accounts, counters."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only if the column is declared as INTEGER, which has 64 bits there.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)

# Each table comes after the tables that it references.
TABLES = """
    article unreached_watch event image outage watch_source member text revision rendering comparison finding alert
    delivery attempt sent_fact mute suppressed review review_event history_batch history_progress cited_statistic
    cited_work contradiction user_account session token saved_filter last_seen counter wiki_lock
""".split()


def upgrade() -> None:
    _create_articles()
    _create_lists()
    _create_revisions()
    _create_comparisons()
    _create_alerts()
    _create_mutes()
    _create_reviews()
    _create_histories()
    _create_accounts()
    _create_workers()


def _create_articles() -> None:
    """Create the tables of watched articles, their images and their events."""
    op.create_table(
        "article",
        sa.Column("id", KEY, nullable=False),
        sa.Column("wiki", sa.Text(), nullable=False),
        sa.Column("page_id", sa.BigInteger(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("registered_at", TIME, nullable=False),
        sa.Column("cursor", sa.BigInteger(), nullable=True),
        sa.Column("checked_at", TIME, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("protection", sa.Text(), nullable=True),
        sa.Column("images_revision_id", sa.BigInteger(), nullable=True),
        sa.Column("images_checked_at", TIME, nullable=True),
        sa.Column("reserved_until", TIME, nullable=True),
        sa.Column("touched", sa.Text(), nullable=True),
        sa.Column("cited_revision_id", sa.BigInteger(), nullable=True),
        sa.Column("cited_version", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article")),
        sa.UniqueConstraint("wiki", "page_id", name=op.f("uq_article_wiki_page_id")),
    )
    op.create_index(op.f("ix_article_wiki_title"), "article", ["wiki", "title"], unique=False)
    op.create_table(
        "unreached_watch",
        sa.Column("id", KEY, nullable=False),
        sa.Column("wiki", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("checked_at", TIME, nullable=False),
        sa.Column("notified_at", TIME, nullable=True),
        sa.Column("reached_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_unreached_watch")),
        sa.UniqueConstraint("wiki", "title", name=op.f("uq_unreached_watch_wiki_title")),
    )
    op.create_table(
        "event",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("event_group", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("notified_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_event_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
    )
    op.create_index(
        op.f("ix_event_article_id_event_group_id"), "event", ["article_id", "event_group", "id"], unique=False
    )
    op.create_index(op.f("ix_event_notified_at_id"), "event", ["notified_at", "id"], unique=False)
    op.create_table(
        "image",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("sha1", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_image_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("article_id", "file", name=op.f("uq_image_article_id_file")),
    )
    op.create_table(
        "outage",
        sa.Column("id", KEY, nullable=False),
        sa.Column("service", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("began_at", TIME, nullable=False),
        sa.Column("ended_at", TIME, nullable=True),
        sa.Column("notified_at", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outage")),
        sa.UniqueConstraint("service", name=op.f("uq_outage_service")),
    )


def _create_lists() -> None:
    """Create the tables of lists of articles and their members."""
    op.create_table(
        "watch_source",
        sa.Column("id", KEY, nullable=False),
        sa.Column("wiki", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("definition", sa.Text(), nullable=False),
        sa.Column("members", sa.Integer(), nullable=False),
        sa.Column("refreshed_at", TIME, nullable=True),
        sa.Column("tried_at", TIME, nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch_source")),
        sa.UniqueConstraint("wiki", "key", name=op.f("uq_watch_source_wiki_key")),
    )
    op.create_table(
        "member",
        sa.Column("id", KEY, nullable=False),
        sa.Column("source_id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("listed_at", TIME, nullable=False),
        sa.Column("joined_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(
            ["source_id"], ["watch_source.id"], name=op.f("fk_member_source_id_watch_source"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_member_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_member")),
        sa.UniqueConstraint("source_id", "article_id", name=op.f("uq_member_source_id_article_id")),
    )
    op.create_index(
        op.f("ix_member_source_id_active_article_id"), "member", ["source_id", "active", "article_id"], unique=False
    )
    op.create_index(op.f("ix_member_article_id_active"), "member", ["article_id", "active"], unique=False)


def _create_revisions() -> None:
    """Create the tables of texts, revisions and renderings."""
    op.create_table(
        "text",
        sa.Column("id", KEY, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("base_id", KEY, nullable=True),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["base_id"], ["text.id"], name=op.f("fk_text_base_id_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_text")),
        sa.UniqueConstraint("digest", name=op.f("uq_text_digest")),
    )
    op.create_index(op.f("ix_text_base_id"), "text", ["base_id"], unique=False)
    op.create_table(
        "revision",
        sa.Column("id", KEY, nullable=False),
        sa.Column("wiki", sa.Text(), nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("editor", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("minor", sa.Boolean(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=True),
        sa.Column("sha1", sa.Text(), nullable=True),
        sa.Column("content_model", sa.Text(), nullable=True),
        sa.Column("text_hidden", sa.Boolean(), nullable=False),
        sa.Column("bot", sa.Boolean(), nullable=True),
        sa.Column("new_account", sa.Boolean(), nullable=True),
        sa.Column("groups", sa.Text(), nullable=True),
        sa.Column("text_id", KEY, nullable=True),
        sa.Column("seen_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_revision_article_id_article")),
        sa.ForeignKeyConstraint(["text_id"], ["text.id"], name=op.f("fk_revision_text_id_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_revision")),
        sa.UniqueConstraint("wiki", "revision_id", name=op.f("uq_revision_wiki_revision_id")),
    )
    op.create_index(op.f("ix_revision_text_id"), "revision", ["text_id"], unique=False)
    op.create_index(
        op.f("ix_revision_article_id_at_revision_id"), "revision", ["article_id", "at", "revision_id"], unique=False
    )
    op.create_table(
        "rendering",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("revision_id", sa.BigInteger(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("text_id", KEY, nullable=False),
        sa.Column("sources", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("volatile", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_rendering_article_id_article")),
        sa.ForeignKeyConstraint(["text_id"], ["text.id"], name=op.f("fk_rendering_text_id_text")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rendering")),
    )
    op.create_index(op.f("ix_rendering_article_id_id"), "rendering", ["article_id", "id"], unique=False)
    op.create_index(op.f("ix_rendering_text_id"), "rendering", ["text_id"], unique=False)


def _create_comparisons() -> None:
    """Create the tables of comparisons and findings."""
    op.create_table(
        "comparison",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("before_id", KEY, nullable=False),
        sa.Column("after_id", KEY, nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("parser", sa.Text(), nullable=False),
        sa.Column("rules", sa.Text(), nullable=False),
        sa.Column("worst", sa.Integer(), nullable=True),
        sa.Column("unread", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["after_id"], ["revision.id"], name=op.f("fk_comparison_after_id_revision")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_comparison_article_id_article")),
        sa.ForeignKeyConstraint(["before_id"], ["revision.id"], name=op.f("fk_comparison_before_id_revision")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_comparison")),
        sa.UniqueConstraint(
            "article_id", "before_id", "after_id", name=op.f("uq_comparison_article_id_before_id_after_id")
        ),
    )
    op.create_index(op.f("ix_comparison_after_id"), "comparison", ["after_id"], unique=False)
    op.create_index(op.f("ix_comparison_before_id"), "comparison", ["before_id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", KEY, nullable=False),
        sa.Column("comparison_id", KEY, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparison.id"], name=op.f("fk_finding_comparison_id_comparison")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
        sa.UniqueConstraint("comparison_id", "position", name=op.f("uq_finding_comparison_id_position")),
    )
    op.create_index(op.f("ix_finding_severity_kind"), "finding", ["severity", "kind"], unique=False)


def _create_alerts() -> None:
    """Create the tables of alerts, deliveries, attempts and sent facts."""
    op.create_table(
        "alert",
        sa.Column("id", KEY, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("comparison_id", KEY, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["comparison_id"], ["comparison.id"], name=op.f("fk_alert_comparison_id_comparison")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert")),
        sa.UniqueConstraint("key", name=op.f("uq_alert_key")),
    )
    op.create_index(op.f("ix_alert_comparison_id"), "alert", ["comparison_id"], unique=False)
    op.create_table(
        "delivery",
        sa.Column("id", KEY, nullable=False),
        sa.Column("alert_id", KEY, nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("not_before", TIME, nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.Column("queued_at", TIME, nullable=False),
        sa.Column("done_at", TIME, nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("labels", sa.Text(), nullable=True),
        sa.Column("severity", sa.Integer(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.Column("notified_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_delivery_alert_id_alert")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delivery")),
        sa.UniqueConstraint("key", name=op.f("uq_delivery_key")),
    )
    op.create_index(op.f("ix_delivery_alert_id"), "delivery", ["alert_id"], unique=False)
    op.create_index(op.f("ix_delivery_batch"), "delivery", ["batch"], unique=False)
    op.create_index(op.f("ix_delivery_state_done_at"), "delivery", ["state", "done_at"], unique=False)
    op.create_index(op.f("ix_delivery_state_not_before"), "delivery", ["state", "not_before"], unique=False)
    op.create_table(
        "attempt",
        sa.Column("id", KEY, nullable=False),
        sa.Column("delivery_id", KEY, nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_attempt_delivery_id_delivery")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attempt")),
    )
    op.create_index(op.f("ix_attempt_delivery_id"), "attempt", ["delivery_id"], unique=False)
    op.create_table(
        "sent_fact",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("alert_id", KEY, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.ForeignKeyConstraint(["alert_id"], ["alert.id"], name=op.f("fk_sent_fact_alert_id_alert")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_sent_fact_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_fact")),
    )
    op.create_index(op.f("ix_sent_fact_alert_id"), "sent_fact", ["alert_id"], unique=False)
    op.create_index(
        op.f("ix_sent_fact_article_id_resolved_at"), "sent_fact", ["article_id", "resolved_at"], unique=False
    )


def _create_mutes() -> None:
    """Create the tables of mutes and of the articles of which they suppress findings."""
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
        "suppressed",
        sa.Column("id", KEY, nullable=False),
        sa.Column("mute_id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_suppressed_article_id_article")),
        sa.ForeignKeyConstraint(["mute_id"], ["mute.id"], name=op.f("fk_suppressed_mute_id_mute")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suppressed")),
        sa.UniqueConstraint("mute_id", "article_id", name=op.f("uq_suppressed_mute_id_article_id")),
    )


def _create_reviews() -> None:
    """Create the tables of reviews and their audit trail."""
    op.create_table(
        "review",
        sa.Column("finding_id", KEY, nullable=False),
        sa.Column("comparison_id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("edit_id", sa.BigInteger(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("editor", sa.Text(), nullable=True),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("muted_by", KEY, nullable=True),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_review_article_id_article")),
        sa.ForeignKeyConstraint(
            ["comparison_id"], ["comparison.id"], name=op.f("fk_review_comparison_id_comparison"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_review_finding_id_finding"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["muted_by"], ["mute.id"], name=op.f("fk_review_muted_by_mute")),
        sa.PrimaryKeyConstraint("finding_id", name=op.f("pk_review")),
    )
    op.create_index(
        op.f("ix_review_article_id_rank_at_finding_id"),
        "review",
        ["article_id", "rank", "at", "finding_id"],
        unique=False,
    )
    op.create_index(op.f("ix_review_at_finding_id"), "review", ["at", "finding_id"], unique=False)
    op.create_index(op.f("ix_review_comparison_id"), "review", ["comparison_id"], unique=False)
    op.create_index(op.f("ix_review_edit_id"), "review", ["edit_id"], unique=False)
    op.create_index(op.f("ix_review_muted_by"), "review", ["muted_by"], unique=False)
    op.create_index(op.f("ix_review_rank_at_finding_id"), "review", ["rank", "at", "finding_id"], unique=False)
    op.create_index(
        op.f("ix_review_state_article_id_rank"), "review", ["state", "article_id", "rank"], unique=False
    )
    op.create_index(
        op.f("ix_review_state_assignee_rank"), "review", ["state", "assignee", "rank"], unique=False
    )
    op.create_index(
        op.f("ix_review_state_edit_id_rank_at"), "review", ["state", "edit_id", "rank", "at"], unique=False
    )
    op.create_index(op.f("ix_review_state_editor_rank"), "review", ["state", "editor", "rank"], unique=False)
    op.create_index(op.f("ix_review_state_kind_rank"), "review", ["state", "kind", "rank"], unique=False)
    op.create_index(
        op.f("ix_review_state_rank_at_finding_id"),
        "review",
        ["state", "rank", "at", "finding_id"],
        unique=False,
    )
    op.create_table(
        "review_event",
        sa.Column("id", KEY, nullable=False),
        sa.Column("finding_id", KEY, nullable=False),
        sa.Column("batch", KEY, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("mute_id", KEY, nullable=True),
        sa.Column("undoes", KEY, nullable=True),
        sa.Column("answers", KEY, nullable=True),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_review_event_finding_id_finding"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["mute_id"], ["mute.id"], name=op.f("fk_review_event_mute_id_mute")),
        sa.ForeignKeyConstraint(["undoes"], ["review_event.id"], name=op.f("fk_review_event_undoes_review_event")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_review_event")),
    )
    op.create_index(op.f("ix_review_event_undoes"), "review_event", ["undoes"], unique=False)
    op.create_index(op.f("ix_review_event_batch"), "review_event", ["batch"], unique=False)
    op.create_index(op.f("ix_review_event_finding_id"), "review_event", ["finding_id"], unique=False)


def _create_histories() -> None:
    """Create the tables of timelines of elements, and of statistics by the works that they cite."""
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
    op.create_table(
        "cited_statistic",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("block", sa.BigInteger(), nullable=False),
        sa.Column("since", TIME, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_cited_statistic_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cited_statistic")),
    )
    op.create_index(
        op.f("ix_cited_statistic_article_id_block"), "cited_statistic", ["article_id", "block"], unique=False
    )
    op.create_table(
        "cited_work",
        sa.Column("work", sa.Text(), nullable=False),
        sa.Column("statistic_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(
            ["statistic_id"],
            ["cited_statistic.id"],
            name=op.f("fk_cited_work_statistic_id_cited_statistic"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("work", "statistic_id", name=op.f("pk_cited_work")),
    )
    op.create_index(op.f("ix_cited_work_statistic_id"), "cited_work", ["statistic_id"], unique=False)
    op.create_table(
        "contradiction",
        sa.Column("id", KEY, nullable=False),
        sa.Column("first_id", KEY, nullable=False),
        sa.Column("second_id", KEY, nullable=False),
        sa.Column("at", TIME, nullable=False),
        *(
            sa.ForeignKeyConstraint(
                [f"{side}_id"],
                ["cited_statistic.id"],
                name=op.f(f"fk_contradiction_{side}_id_cited_statistic"),
                ondelete="CASCADE",
            )
            for side in ("first", "second")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contradiction")),
        sa.UniqueConstraint("first_id", "second_id", name=op.f("uq_contradiction_first_id_second_id")),
    )
    op.create_index(op.f("ix_contradiction_second_id"), "contradiction", ["second_id"], unique=False)


def _create_accounts() -> None:
    """Create the tables of accounts, and of saved filters and last visits of each reader."""
    op.create_table(
        "user_account",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("password", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_user_account")),
        sa.UniqueConstraint("name", name=op.f("uq_user_account_name")),
    )
    op.create_table(
        "session",
        sa.Column("id", KEY, nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("user_id", KEY, nullable=True),
        sa.Column("at", TIME, nullable=False),
        sa.Column("expires_at", TIME, nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["user_account.id"], name=op.f("fk_session_user_id_user_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_session")),
        sa.UniqueConstraint("digest", name=op.f("uq_session_digest")),
    )
    op.create_index(op.f("ix_session_user_id"), "session", ["user_id"], unique=False)
    op.create_table(
        "token",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("digest", name=op.f("uq_token_digest")),
        sa.UniqueConstraint("name", name=op.f("uq_token_name")),
    )
    op.create_table(
        "saved_filter",
        sa.Column("id", KEY, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_filter")),
        sa.UniqueConstraint("reader", "name", name=op.f("uq_saved_filter_reader_name")),
    )
    op.create_table(
        "last_seen",
        sa.Column("id", KEY, nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_last_seen")),
        sa.UniqueConstraint("reader", name=op.f("uq_last_seen_reader")),
    )


def _create_workers() -> None:
    """Create the tables that workers share: counters and the request locks of wikis."""
    op.create_table(
        "counter",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=False),
        sa.Column("amount", sa.Float(), nullable=False),
        sa.Column("at", TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_counter")),
        sa.UniqueConstraint("name", "labels", name=op.f("uq_counter_name_labels")),
    )
    op.create_table(
        "wiki_lock",
        sa.Column("wiki", sa.Text(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", TIME, nullable=True),
        sa.PrimaryKeyConstraint("wiki", name=op.f("pk_wiki_lock")),
    )


def downgrade() -> None:
    for table in reversed(TABLES):
        op.drop_table(table)
