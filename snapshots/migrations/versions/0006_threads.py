"""Which message a delivery follows at its destination."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("delivery", sa.Column("thread", sa.Text(), nullable=True))


def downgrade() -> None:
    op.drop_column("delivery", "thread")
