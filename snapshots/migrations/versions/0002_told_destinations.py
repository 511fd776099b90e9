"""Store sent facts per destination: facts belong to a delivery, which references its article."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# SQLite numbers rows by itself only if the column is declared as INTEGER, which has 64 bits there.
KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME = sa.DateTime(timezone=True)


def upgrade() -> None:
    # Plain SQL, because a batch would write the constraints of the table in a different order each time.
    kind = KEY.dialect_impl(op.get_bind().dialect).compile(op.get_bind().dialect)
    op.execute(
        f"ALTER TABLE delivery ADD COLUMN article_id {kind} "
        "CONSTRAINT fk_delivery_article_id_article REFERENCES article (id)"
    )
    op.create_index(op.f("ix_delivery_article_id_state"), "delivery", ["article_id", "state"])
    op.execute(
        "UPDATE delivery SET article_id = (SELECT comparison.article_id FROM comparison "
        "JOIN alert ON alert.comparison_id = comparison.id WHERE alert.id = delivery.alert_id)"
    )
    _rename_facts("sent_fact", "sent_fact_before")
    op.create_table(
        "sent_fact",
        sa.Column("id", KEY, nullable=False),
        sa.Column("article_id", KEY, nullable=False),
        sa.Column("delivery_id", KEY, nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("section", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("old", sa.Text(), nullable=True),
        sa.Column("new", sa.Text(), nullable=True),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("resolved_at", TIME, nullable=True),
        sa.Column("resolved_by", KEY, nullable=True),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_sent_fact_delivery_id_delivery")),
        sa.ForeignKeyConstraint(["resolved_by"], ["delivery.id"], name=op.f("fk_sent_fact_resolved_by_delivery")),
        sa.ForeignKeyConstraint(["article_id"], ["article.id"], name=op.f("fk_sent_fact_article_id_article")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sent_fact")),
    )
    # Facts belonged to an alert, so each delivery of the alert gets a copy. Cells and sections were not recorded.
    op.execute(
        'INSERT INTO sent_fact (article_id, delivery_id, subject, label, section, unit, since, old, "new", sentence, resolved_at) '
        'SELECT fact.article_id, delivery.id, fact.subject, \'\', \'\', \'\', 0, fact.old, fact."new", fact.sentence, fact.resolved_at '
        "FROM sent_fact_before AS fact JOIN delivery ON delivery.alert_id = fact.alert_id ORDER BY fact.id, delivery.id"
    )
    op.drop_table("sent_fact_before")
    op.create_index(op.f("ix_sent_fact_delivery_id"), "sent_fact", ["delivery_id"])
    op.create_index(op.f("ix_sent_fact_resolved_by"), "sent_fact", ["resolved_by"])
    op.create_index(op.f("ix_sent_fact_article_id_resolved_at"), "sent_fact", ["article_id", "resolved_at"])


def downgrade() -> None:
    _rename_facts("sent_fact", "sent_fact_after", ("delivery_id", "resolved_by"))
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
    op.execute(
        'INSERT INTO sent_fact (article_id, alert_id, subject, old, "new", sentence, resolved_at) '
        'SELECT fact.article_id, delivery.alert_id, fact.subject, fact.old, fact."new", fact.sentence, '
        "min(fact.resolved_at) FROM sent_fact_after AS fact JOIN delivery ON delivery.id = fact.delivery_id "
        'GROUP BY fact.article_id, delivery.alert_id, fact.subject, fact.old, fact."new", fact.sentence'
    )
    op.drop_table("sent_fact_after")
    op.create_index(op.f("ix_sent_fact_alert_id"), "sent_fact", ["alert_id"])
    op.create_index(op.f("ix_sent_fact_article_id_resolved_at"), "sent_fact", ["article_id", "resolved_at"])
    op.drop_index(op.f("ix_delivery_article_id_state"), "delivery")
    with op.batch_alter_table("delivery") as delivery:
        delivery.drop_column("article_id")


def _rename_facts(old: str, new: str, indexed: tuple[str, ...] = ("alert_id",)) -> None:
    """Rename the table of facts, and drop its indexes and constraints, whose names its replacement needs."""
    for column in (*indexed, "article_id_resolved_at"):
        op.drop_index(op.f(f"ix_sent_fact_{column}"), old)
    op.execute(f"CREATE TABLE {new} AS SELECT * FROM {old}")
    op.drop_table(old)
